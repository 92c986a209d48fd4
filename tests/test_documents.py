"""Files read under limits, and the words and positions in which a mistake is told."""

import contextlib
import os
import pickle
import threading
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.documents import (
    TomlDocument,
    read_bytes,
    read_text,
    read_toml,
    shown,
)
from generator.errors import InputError, Problem
from generator.reasons import dotted, unknown
from stores import told

LIMIT = 65_536


def mistakes(read: Callable[[], object], folder: Path) -> list[str]:
    """Return the problems of a reading that must fail, in their author's words."""
    with pytest.raises(InputError) as caught:
        read()
    return told(caught.value.problems, folder)


def at_once(read: Callable[[], Any]) -> Any:
    """Return what a call returns or raises; fail when it waits."""
    outcome: list[Any] = []

    def call() -> None:
        try:
            outcome.append(read())
        except InputError as error:
            outcome.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert outcome, "reading waits for ever"
    return outcome[0]


def text_of(folder: Path, content: bytes, limit: int = LIMIT) -> str:
    (folder / "x.md").write_bytes(content)
    return read_text(folder / "x.md", root=folder, limit=limit)


# ------------------------------------------------------------------------------------------------- problems


@pytest.mark.parametrize(
    ("problem", "printed"),
    [
        (Problem("a.toml", "name", "is missing"), "a.toml: name: is missing"),
        (Problem("a.toml", "name", "is blank", line=4), "a.toml:4: name: is blank"),
        (Problem("a.toml", "", "is no TOML", line=4, column=2), "a.toml:4:2: is no TOML"),
        (Problem("a.md", "", "is UTF-16"), "a.md: is UTF-16"),
        (Problem("a.toml", "store.tags[0]", "is blank", line=9, warning=True), "a.toml:9: store.tags[0]: is blank"),
    ],
)
def test_a_problem_reads_where_line_column_field_reason(problem: Problem, printed: str) -> None:
    """design.md: ``where[:line[:column]]: field: reason``."""
    assert str(problem) == printed


def test_an_error_of_many_problems_survives_its_way_between_processes() -> None:
    problems = (Problem("a", "b", "c", line=1), Problem("d", "e", "f", warning=True))
    again = pickle.loads(pickle.dumps(InputError(problems)))  # noqa: S301 our own bytes
    assert (again.problems, str(again), again.exit_status) == (problems, "a:1: b: c\nd: e: f", 1)


def test_a_file_is_named_relative_to_where_the_author_works(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    with contextlib.chdir(tmp_path):
        assert shown(Path("content/store.toml")) == "content/store.toml"
        assert shown(tmp_path / "content" / "store.toml") == "content/store.toml"
        assert shown(Path("/etc/hosts")) == "/etc/hosts"


def test_a_file_is_named_even_if_the_working_folder_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with contextlib.chdir(tmp_path):
        os.chdir("gone")
        (tmp_path / "gone").rmdir()
        assert shown(Path("content/store.toml")) == "content/store.toml"


@pytest.mark.parametrize(
    ("location", "printed"),
    [
        (("name",), "name"),
        (("store", "assurances", 0, "topic"), "store.assurances[0].topic"),
        ((3, "service_instance", "id"), "[3].service_instance.id"),
        ((), ""),
    ],
)
def test_a_location_as_people_write_it(location: tuple[int | str, ...], printed: str) -> None:
    assert dotted(location) == printed


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("nmae", "unknown key; did you mean name?"),
        ("card_descripton", "unknown key; did you mean card_description?"),
        ("SourceID", "unknown key; did you mean sourceID?"),
        ("weather", "unknown key"),
        ("", "unknown key"),
    ],
)
def test_an_unknown_key_names_the_nearest(key: str, reason: str) -> None:
    assert unknown("key", key, ["name", "card_description", "reference", "sourceID"]) == reason


# ------------------------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(b"\xef\xbb\xbf", "", id="mark-alone"),
        pytest.param(b"\xef\xbb\xbf# Head\n", "# Head\n", id="byte-order-mark"),
        pytest.param("é日🚀".encode(), "é日🚀", id="multi-byte"),
        pytest.param(b"a\r\nb\r\n", "a\r\nb\r\n", id="crlf-is-kept"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfx", "\ufeffx", id="only-one-mark-is-taken-off"),
    ],
)
def test_texts_are_utf8_with_or_without_a_mark(tmp_path: Path, content: bytes, text: str) -> None:
    assert text_of(tmp_path, content) == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("héllo".encode("utf-16"), "x.md: is UTF-16; save it as UTF-8", id="utf-16-little"),
        pytest.param(b"\xfe\xff" + "héllo".encode("utf-16-be"), "x.md: is UTF-16; save it as UTF-8", id="utf-16-big"),
        pytest.param(b"one\ntwo\n\xff\n", "x.md:3: is not UTF-8: byte 0xFF", id="no-utf-8"),
        pytest.param(b"one\r\ncaf\xe9\r\n", "x.md:2: is not UTF-8: byte 0xE9", id="latin-1"),
        pytest.param(b"\xe2\x82", "x.md:1: is not UTF-8: byte 0xE2", id="cut-in-a-character"),
        pytest.param(b"a\n\xc0\x80", "x.md:2: is not UTF-8: byte 0xC0", id="overlong-nul"),
        pytest.param(b"\n\n\n\xed\xa0\x80", "x.md:4: is not UTF-8: byte 0xED", id="surrogate"),
        pytest.param(b"\xef\xbb\xbfa\n\x80", "x.md:2: is not UTF-8: byte 0x80", id="after-a-mark"),
    ],
)
def test_other_encodings_are_told_with_their_line(tmp_path: Path, content: bytes, reason: str) -> None:
    assert mistakes(lambda: text_of(tmp_path, content), tmp_path) == [reason]


@given(content=st.binary(max_size=60))
def test_any_bytes_are_text_or_a_problem(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Nothing but the exact text of a file, or an `InputError`, comes of reading it."""
    folder = tmp_path_factory.mktemp("bytes")
    try:
        assert text_of(folder, content).encode() == content.removeprefix(b"\xef\xbb\xbf")
    except InputError:
        with pytest.raises(UnicodeDecodeError):
            content.decode()


# ------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"x" * LIMIT, id="ascii"),
        pytest.param("é".encode() * (LIMIT // 2), id="two-bytes"),
        pytest.param("🚀".encode() * (LIMIT // 4), id="emoji"),
        pytest.param(b"\xef\xbb\xbf" + b"x" * LIMIT, id="and-a-mark-that-does-not-count"),
    ],
)
def test_exactly_64_kb_is_read_and_a_byte_more_is_not(tmp_path: Path, content: bytes) -> None:
    assert len(text_of(tmp_path, content).encode()) == LIMIT
    assert mistakes(lambda: text_of(tmp_path, content + b"x"), tmp_path) == ["x.md: 65,537 bytes, at most 65,536"]


@pytest.mark.parametrize("size", [17 * 1024**2, 1024**4], ids=["17-mebibytes", "1-tebibyte"])
def test_an_enormous_file_is_refused_unread(tmp_path: Path, size: int) -> None:
    """Its size is looked at first; and the limit that is told is the text's own."""
    path = tmp_path / "x.md"
    path.touch()
    os.truncate(path, size)
    problems = mistakes(lambda: read_text(path, root=tmp_path, limit=LIMIT), tmp_path)
    assert problems == [f"x.md: {size:,} bytes, at most 65,536"]


def test_bytes_have_the_limit_of_their_caller(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_bytes(tmp_path / "x", root=tmp_path, limit=5) == b"12345"
    problems = mistakes(lambda: read_bytes(tmp_path / "x", root=tmp_path, limit=4), tmp_path)
    assert problems == ["x: 5 bytes, at most 4"]


# ------------------------------------------------------------------------------------------------- what is a file


def _folder(path: Path) -> None:
    path.mkdir()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _link_in_a_linked_folder(path: Path) -> None:
    path.symlink_to("door/secret.md")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: None, "no such file or directory", id="missing"),
        pytest.param(_folder, "is not a regular file", id="folder"),
        pytest.param(_fifo, "is not a regular file", id="fifo"),
        pytest.param(_link_to("pipe"), "is not a regular file", id="link-to-a-fifo"),
        pytest.param(_link_to("."), "is not a regular file", id="link-to-a-folder"),
        pytest.param(_link_to("nothing.md"), "no such file or directory", id="link-to-nothing"),
        pytest.param(_link_to("../secret.md"), "leads out of", id="link-out"),
        pytest.param(_link_to("../nothing.md"), "leads out of", id="link-out-to-nothing"),
        pytest.param(_link_to("/etc/passwd"), "leads out of", id="link-to-etc-passwd"),
        pytest.param(_link_to("/dev/zero"), "leads out of", id="link-to-a-device"),
        pytest.param(_link_in_a_linked_folder, "leads out of", id="link-through-a-folder-link"),
    ],
)
def test_only_a_regular_file_inside_is_read(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """Anything else is a problem with a name, at once: a FIFO is not waited for, a link out is not followed."""
    root = tmp_path / "content"
    root.mkdir()
    (tmp_path / "secret.md").write_text("secret")
    os.mkfifo(root / "pipe")
    (root / "door").symlink_to(tmp_path)
    make(root / "x.md")
    answer = at_once(lambda: read_text(root / "x.md", root=root, limit=LIMIT))
    assert isinstance(answer, InputError)
    (problem,) = told(answer.problems, tmp_path)
    assert problem.startswith(f"content/x.md: {reason}")
    assert "secret" not in problem


def test_a_link_to_itself_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to("b.md")
    (tmp_path / "b.md").symlink_to("a.md")
    (problem,) = mistakes(lambda: read_text(tmp_path / "a.md", root=tmp_path, limit=LIMIT), tmp_path)
    assert problem.startswith("a.md: ")


@pytest.mark.parametrize("path", ["../secret.md", "inside/../../secret.md", "door/secret.md"])
def test_a_path_does_not_lead_out(tmp_path: Path, path: str) -> None:
    root = tmp_path / "content"
    (root / "inside").mkdir(parents=True)
    (root / "door").symlink_to(tmp_path)
    (tmp_path / "secret.md").write_text("secret")
    (problem,) = mistakes(lambda: read_text(root / path, root=root, limit=LIMIT), tmp_path)
    assert "leads out of" in problem


def test_a_folder_with_the_beginning_of_our_name_is_outside(tmp_path: Path) -> None:
    """``content-secret`` does not stand inside ``content``."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content-secret").mkdir()
    (tmp_path / "content-secret" / "x.md").write_text("secret")
    (tmp_path / "content" / "x.md").symlink_to("../content-secret/x.md")
    (problem,) = mistakes(
        lambda: read_text(tmp_path / "content" / "x.md", root=tmp_path / "content", limit=LIMIT), tmp_path
    )
    assert problem.startswith("content/x.md: leads out of")


def test_links_inside_are_followed(tmp_path: Path) -> None:
    """A shared text may be linked from several offerings; the folder itself may be a link, too."""
    real = tmp_path / "real"
    (real / "shared").mkdir(parents=True)
    (real / "shared" / "terms.md").write_text("Terms")
    (real / "a.md").symlink_to("shared/terms.md")
    (real / "b").symlink_to("shared")
    (tmp_path / "content").symlink_to("real")
    for root in (real, tmp_path / "content"):
        assert read_text(root / "a.md", root=root, limit=LIMIT) == "Terms"
        assert read_text(root / "b" / "terms.md", root=root, limit=LIMIT) == "Terms"


def test_a_device_is_not_read() -> None:
    answer = at_once(lambda: read_bytes(Path("/dev/zero"), root=Path("/dev"), limit=LIMIT))
    assert isinstance(answer, InputError)


# ------------------------------------------------------------------------------------------------- TOML


def toml(folder: Path, content: str | bytes) -> TomlDocument:
    (folder / "x.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_toml(folder / "x.toml", root=folder)


@pytest.mark.parametrize(
    ("content", "values"),
    [
        pytest.param("", {}, id="empty"),
        pytest.param("# only a comment", {}, id="comment"),
        pytest.param("\ufeffname = 'x'\n", {"name": "x"}, id="byte-order-mark"),
        pytest.param("name = 'x'\r\n[store]\r\ntags = []\r\n", {"name": "x", "store": {"tags": []}}, id="crlf"),
        pytest.param("name = 'é日🚀'", {"name": "é日🚀"}, id="multi-byte-and-no-last-line-break"),
    ],
)
def test_toml_is_read(tmp_path: Path, content: str, values: dict[str, object]) -> None:
    assert toml(tmp_path, content).values == values


@pytest.mark.parametrize(
    ("content", "position"),
    [
        pytest.param("name = 'x'\nname2 = \n", "2:9", id="no-value"),
        pytest.param('name = "x\n', "1:10", id="open-quote"),
        pytest.param("a = 1\nb = 2\nname is here\n", "3:6", id="no-equals"),
        pytest.param("[store\n", "1:7", id="open-table"),
        pytest.param("a = 1\n[store]\n[store]\n", "3:7", id="table-twice"),
        pytest.param("a = 1 b = 2\n", "1:7", id="two-on-a-line"),
        pytest.param("é = 1\n", "1:1", id="bare-key-of-letters"),
        pytest.param("a = 'ééé' x\n", "1:11", id="columns-count-characters"),
        pytest.param("\ufeffa = 'x' x\n", "1:9", id="a-mark-is-no-column"),
        pytest.param("a = 1\r\nb = 2\r\nc = x\r\n", "3:5", id="crlf"),
        pytest.param("a = 2026-02-30\n", "1:5", id="no-such-day"),
        pytest.param('a = 1\nb = "x\0y"\n', "2:7", id="nul"),
        pytest.param("a = 1\rb = 2\n", "1:6", id="lone-carriage-return"),
        pytest.param("a = [1,\n\n", "3:1", id="open-list-at-the-end"),
        pytest.param("a = [1,", "1:8", id="open-list-without-last-line-break"),
        pytest.param('a = """\nx\n', "3:1", id="open-text-of-many-lines"),
    ],
)
def test_a_mistake_in_the_grammar_has_its_line_and_column(tmp_path: Path, content: str, position: str) -> None:
    (problem,) = mistakes(lambda: toml(tmp_path, content), tmp_path)
    assert problem.startswith(f"x.toml:{position}: is no TOML: "), problem


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("a = " + "[" * 5000, id="brackets"),
        pytest.param("a = " + "[" * 5000 + "]" * 5000, id="closed-brackets"),
        pytest.param("a = " + "{a = " * 5000, id="tables"),
        pytest.param("a = " + "[{a = " * 5000, id="lists-of-tables"),
        pytest.param("a = 1" + "1" * 4300, id="a-number-of-4301-digits"),
        pytest.param("a = 0x" + "f" * 600_000 + "\nb = !", id="a-long-hexadecimal"),
        pytest.param("a" + ".a" * 1000 + " = 1\na = 2\n", id="dotted-keys"),
        pytest.param("a = 1e999_\n", id="a-broken-float"),
        pytest.param(b"a = '\xff'\n", id="no-utf-8"),
        pytest.param("name = 'x'".encode("utf-16"), id="utf-16"),
        pytest.param(b"\0" * 100, id="nothing-but-nul"),
        pytest.param("x = '" + "y" * 1024 * 1024 + "'", id="more-than-a-mebibyte"),
    ],
)
def test_hostile_toml_is_a_problem(tmp_path: Path, content: str | bytes) -> None:
    """Never another error, whatever stands in the file."""
    (problem,) = mistakes(lambda: toml(tmp_path, content), tmp_path)
    assert problem.startswith("x.toml")
    assert len(problem) < 500


def test_toml_is_read_in_time_that_grows_with_its_size(tmp_path: Path) -> None:
    """`tomllib` takes the square of a key's parts: 15,000 of them seconds, those of a mebibyte an hour."""
    began = time.process_time()
    with contextlib.suppress(InputError):
        toml(tmp_path, "a" + ".a" * 15_000 + " = 1\n")
    assert time.process_time() - began < 1


@given(content=st.text(st.sampled_from("ab=.[]{}\"'#\n\r\t 0x1-:TZ\\,é"), max_size=60))
def test_any_text_is_toml_or_a_problem(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    folder = tmp_path_factory.mktemp("toml")
    try:
        document = toml(folder, content)
    except InputError as error:
        (problem,) = error.problems
        assert problem.line is None or 1 <= problem.line <= content.count("\n") + 1
    else:
        for key in document.values:
            line = document.line_of((key,))
            assert line is None or 1 <= line <= content.count("\n") + 1


# ------------------------------------------------------------------------------------------------- positions

OFFERING = '''\
# A comment
name = "One"

card_description = """
name = "not this"
disabled = 5
"""
  policy_jwt_alg="rs256"
"webhook_uri_template" = "x"
'source' = 'y'
service_instance = { id = 83, name = "Ours" }
store.publisher = "Acme"
ui_extension_version . id = 5
compliance = \'\'\'
[store]
id = 9\'\'\'
id = 7

[[store.assurances]]
topic = "ISO 27001"
status = "Certified"

[[store.assurances]]   # the second
topic = "SOC 2"

# [[store.assurances]]
[[ store . assurances ]]
"status" = "x"

[extra]
deep.er = 1
'''


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("name",), 2),
        (("card_description",), 4),
        (("policy_jwt_alg",), 8),
        (("webhook_uri_template",), 9),
        (("source",), 10),
        (("service_instance",), 11),
        (("service_instance", "id"), 11),
        (("service_instance", "missing"), 11),
        (("store", "publisher"), 12),
        (("ui_extension_version", "id"), 13),
        (("compliance",), 14),
        (("id",), 17),
        (("store", "assurances", 0), 19),
        (("store", "assurances", 0, "topic"), 20),
        (("store", "assurances", 0, "scope"), 19),
        (("store", "assurances", 1), 23),
        (("store", "assurances", 1, "topic"), 24),
        (("store", "assurances", 1, "status"), 23),
        (("store", "assurances", 2, "status"), 28),
        (("extra",), 30),
        (("extra", "deep", "er"), 31),
        # A part that has no line of its own begins where its first part does.
        (("store", "assurances"), 19),
        (("store",), 12),
        (("ui_extension_version",), 13),
        (("extra", "deep"), 31),
    ],
    ids=lambda value: dotted(value) if isinstance(value, tuple) else "",
)
def test_the_line_of_a_key(location: tuple[int | str, ...], line: int, ending: str) -> None:
    text = OFFERING.replace("\n", ending)
    assert TomlDocument("x.toml", text, tomllib.loads(text)).line_of(location) == line


@pytest.mark.parametrize(
    ("text", "location", "line"),
    [
        pytest.param("[stor.e]\nx = 1\n", ("stor",), 1, id="table-within-an-unnamed-one"),
        pytest.param("a = 1\nstor.e = 1\n", ("stor",), 2, id="dotted-key-within-an-unnamed-one"),
        pytest.param("[[store.assurances]]\ntopic = 'x'\n", ("store",), 1, id="list-of-tables-of-an-unnamed-one"),
        pytest.param("x = [\n  ['a'],\n]\ny = 1\n", ("y",), 4, id="after-a-list-of-lists"),
        pytest.param("[s]\nx = [\n  ['a'],\n]\ny = 1\n", ("s", "y"), 5, id="in-a-table-after-a-list-of-lists"),
        pytest.param('x = 1  # """\ny = 1\n', ("y",), 2, id="after-a-comment-with-quotes"),
        pytest.param("x = \"it's '''quoted\"\ny = 1\n", ("y",), 2, id="after-a-text-with-quotes"),
        pytest.param('x = """a"""\ny = 1\n', ("y",), 2, id="after-quotes-of-one-line"),
        pytest.param('x = """a\n\\"""\ny = 2\n"""\ny = 1\n', ("y",), 5, id="after-an-escaped-quote"),
        pytest.param("[a]\nx = 1\n[b]\nx = 1\n", ("b", "x"), 4, id="the-same-key-in-another-table"),
        pytest.param("[a]\nx = 1\n[a.b]\nx = 1\n", ("a", "b", "x"), 4, id="in-a-table-within"),
        pytest.param("\"a b\".'c.d' = 1\n", ("a b", "c.d"), 1, id="quoted-keys-with-dots"),
        pytest.param("x = [\n  1,\n  2,\n]\n", ("x", 1), 1, id="entry-of-a-list"),
    ],
)
def test_the_line_of_a_key_elsewhere(text: str, location: tuple[int | str, ...], line: int) -> None:
    assert TomlDocument("x.toml", text, tomllib.loads(text)).line_of(location) == line


def test_a_key_that_is_nowhere_has_no_line() -> None:
    text = "[store]\ntags = []\n"
    assert TomlDocument("x.toml", text, tomllib.loads(text)).line_of(("name",)) is None
