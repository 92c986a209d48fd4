"""Files: whatever stands in a content folder or a file of records, through the command line itself.

A mistake is a named problem and exit status 1, within a deadline; the old site stays as it was. What is no mistake
builds.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import generator
from generator import cli
from hostile_store import SHOT
from site_checks import tree
from stores import offering, several, write_records, write_store

SECONDS = 10
"""The deadline of one call; the slowest takes a tenth of a second."""

GOOD = """\
name = "One"
policy_jwt_alg = "rs256"
service_instance = { id = 83, name = "Ours" }
webhook_uri_template = "https://hooks.example.com/{account}"
"""
TOML, STORE, TEXT = "offerings/app/offering.toml", "store.toml", "offerings/app/description.md"
PICTURE, ATTACHMENT, RECORDS = "offerings/app/picture.png", "offerings/app/attachments/x.txt", "records.json"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was built before anything went wrong."""
    shop = tmp_path_factory.mktemp("files")
    write_store(shop / "content", several(1), store={"title": "Shop"}, files={TOML: GOOD, TEXT: "Words\n"})
    write_records(shop / "content" / RECORDS, several(2))
    assert run(shop, "build")[0] == 0
    return shop


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "shop"))


@contextmanager
def deadline() -> Iterator[None]:
    """Fail when the block waits for something that never comes."""

    def stop(*_: object) -> None:
        raise AssertionError(f"it hangs: not done after {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(shop: Path, command: str, *flags: str) -> tuple[int, str]:
    """Call the command line; return its status and what it said on stderr."""
    said = shop / "said"
    folders = ("--content", str(shop / "content"), "--output", str(shop / "site"), "--jobs", "1")
    with said.open("w+") as stream, deadline():
        sys.stderr.flush()
        kept, sys.stderr = sys.stderr, stream
        try:
            cli.main([command, *folders, *flags])
        except SystemExit as stopped:
            assert isinstance(stopped.code, int)
            return stopped.code, said.read_text() if not stream.flush() else ""
        finally:
            sys.stderr = kept
    raise AssertionError("the command line did not exit")


def must_fail(shop: Path, file: str, reason: str, *flags: str) -> None:
    """A build must tell a problem of `file`, for this reason, in short lines, and leave the site alone."""
    before = tree(shop / "site")
    status, said = run(shop, "build", *flags)
    assert status == 1, said
    assert "Traceback" not in said
    told = [line for line in said.splitlines() if file in line]
    assert any(reason in line for line in told), said[:2000]
    assert max(map(len, said.splitlines())) < 600
    assert tree(shop / "site") == before
    assert not [path for path in (shop / "site").iterdir() if path.name.startswith(".appshelf-stage")]


def must_build(shop: Path, *flags: str) -> str:
    status, said = run(shop, "build", *flags)
    assert status == 0, said
    return said


def cases(table: dict[str, tuple[Any, ...]]) -> list[Any]:
    return [pytest.param(*values, id=f"files: {name}") for name, values in table.items()]


# TOML: each of these as an offering.toml and as a store.toml

BROKEN_TOML: dict[str, tuple[str | bytes, str]] = {
    "UTF-16 with a mark": (GOOD.encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "UTF-16, big end first": (b"\xfe\xff" + GOOD.encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "is no TOML"),
    "UTF-32": (GOOD.encode("utf-32"), "UTF-"),
    "an invalid byte": (b'name = "\xff"\n', "is not UTF-8: byte 0xFF"),
    "Latin-1": ('name = "Café"\n'.encode("latin-1"), "is not UTF-8: byte 0xE9"),
    "an overlong NUL": (b'name = "\xc0\x80"\n', "is not UTF-8: byte 0xC0"),
    "a surrogate in bytes": (b'name = "\xed\xa0\x80"\n', "is not UTF-8"),
    "a lone surrogate escape": ('name = "\\ud800"\n', "is no TOML"),
    "a long escape out of range": ('name = "\\U00110000"\n', "is no TOML"),
    "NUL": ("name = 'a\0b'\n", "is no TOML"),
    "NUL alone": (b"\0" * 5000, "is no TOML"),
    "a control in a comment": ("# a\x07b\nname = 1\n", "is no TOML"),
    "a lone carriage return": ("name = 1\rtitle = 2\n", "is no TOML"),
    "two marks": ("\ufeff\ufeffname = 1\n", "is no TOML"),
    "YAML": ("---\nname: One\ntags:\n  - a\n  - b\n", "is no TOML"),
    "YAML with an alias": ("a: &a [1]\nb: *a\n", "is no TOML"),
    "YAML with a tag": ("a: !!python/object/apply:os.system ['true']\n", "is no TOML"),
    "JSON": (json.dumps(offering(), indent=1), "is no TOML"),
    "INI": ("[store]\nname: One\n; comment\n", "is no TOML"),
    "a login page": ("<!DOCTYPE html><title>Log in</title>\n", "is no TOML"),
    "a script": ("#!/bin/sh\necho hello\n", "is no TOML"),
    "a key twice": ('name = "a"\nname = "b"\n', "is no TOML"),
    "a key twice, quoted": ('name = "a"\n"name" = "b"\n', "is no TOML"),
    "a table twice": ("[store]\n[store]\n", "is no TOML"),
    "a dotted key in a value": ("store = 1\nstore.tags = []\n", "is no TOML"),
    "a dotted key and its table": ("a.b = 1\n[a]\nb = 2\n", "is no TOML"),
    "a table in an inline table": ("a = {}\n[a.b]\n", "is no TOML"),
    "a list and a list of tables": ("a = []\n[[a]]\n", "is no TOML"),
    "a table and a list of tables": ("[a]\n[[a]]\n", "is no TOML"),
    "cut in a text": ('name = "On', "is no TOML"),
    "cut in a list": ("tags = [1,\n", "is no TOML"),
    "cut in a table": ("[sto", "is no TOML"),
    "no such day": ("a = 2026-02-30\n", "is no TOML"),
    "a leading zero": ("a = 01\n", "is no TOML"),
    "a comma too many": ("a = { b = 1,, }\n", "is no TOML"),
    "null": ("a = null\n", "is no TOML"),
    "5,000 brackets": ("a = " + "[" * 5000, "is nested too deeply"),
    "5,000 closed brackets": ("a = " + "[" * 5000 + "]" * 5000, "is nested too deeply"),
    "5,000 tables": ("a = " + "{a = " * 5000 + "1" + "}" * 5000, "is nested too deeply"),
    "a key of 5,000 parts": ("a" + ".a" * 5000 + " = 1\n", "a key of more than 64 parts"),
    "a table of 5,000 parts": ("[a" + ".a" * 5000 + "]\n", "a key of more than 64 parts"),
    "a number of 4,301 digits": ("a = " + "1" * 4301 + "\n", "a number of more than 4,300 digits"),
    "more than a mebibyte": ("#" * (1024 * 1024 + 1), "1,048,577 bytes, at most 1,048,576"),
}


OFTEN = ["UTF-16 with a mark", "NUL", "YAML", "JSON", "a key twice", "5,000 brackets", "more than a mebibyte"]


def broken_toml() -> Iterator[Any]:
    """Both files have one reader, so of the store's some are enough for every day."""
    for name, (content, reason) in BROKEN_TOML.items():
        yield pytest.param(TOML, content, reason, id=f"files: offering.toml, {name}")
        marks = [] if name in OFTEN else [pytest.mark.long]
        yield pytest.param(STORE, content, reason, id=f"files: store.toml, {name}", marks=marks)


@pytest.mark.parametrize(("file", "content", "reason"), list(broken_toml()))
def test_broken_toml(shop: Path, file: str, content: str | bytes, reason: str) -> None:
    (shop / "content" / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    must_fail(shop, file, reason)


STRANGE_OFFERINGS = {
    "nothing": ("", "name: is missing, and required"),
    "only a mark": ("\ufeff", "name: is missing, and required"),
    "a date for text": (GOOD + "source = 2026-01-01\n", "source: expected text, got a date"),
    "a time for text": (GOOD + "source = 07:32:00\n", "source: expected text, got a time"),
    "a date for a flag": (GOOD + "disabled = 2026-01-01\n", "disabled: expected true or false"),
    "infinity for an id": (GOOD + "id = inf\n", "id: expected a whole number"),
    "no number for an id": (GOOD + "id = nan\n", "id: expected a whole number"),
    "a fraction for an id": (GOOD + "id = 1.0\n", "id: expected a whole number"),
    "text for an id": (GOOD + 'id = "1"\n', "id: expected a whole number"),
    "true for an id": (GOOD + "id = true\n", "id: expected a whole number"),
    "a negative id": (GOOD + "id = -1\n", "id: -1 is less than 1"),
    "an id of 70 bits": (GOOD + f"id = {2**70}\n", "is too large"),
    "a hexadecimal id of 5,000 digits": (GOOD + f"id = 0x{'f' * 5000}\n", "is too large"),
    "no number for minutes": (GOOD + "policy_jwt_claim_expires_in = nan\n", "policy_jwt_claim_expires_in: "),
    "yes for a flag": (GOOD + 'disabled = "yes"\n', "disabled: expected true or false"),
    "an unknown algorithm": (GOOD.replace("rs256", "none"), '"none" is none of rs256'),
    "a list of tables for a table": (GOOD + "[[store]]\ntags = []\n", "store: expected a table of values, got a list"),
    "a table for a list": (GOOD + "[store]\ntags = { a = 1 }\n", "store.tags: expected a list"),
    "text for a list": (GOOD + '[store]\ntags = "a"\n', "store.tags: expected a list"),
    "a list within a list": (GOOD + "[store]\ntags = [['a']]\n", "store.tags[0]: expected text, got a list"),
    "an empty key": (GOOD + '"" = 1\n', ": unknown key"),
    "a key of JavaScript's": (GOOD + "__proto__ = { a = 1 }\n", "__proto__: unknown key"),
    "a key with a dot": (GOOD + '"store.tags" = []\n', "store.tags: unknown key"),
    "a key that looks like ours": (GOOD + '"nаme" = "Cyrillic"\n', "unknown key"),
    "a key of a megabyte": (GOOD + f"{'k' * 900_000} = 1\n", "unknown key"),
    "10,000 keys": (GOOD + "".join(f"k{n} = 1\n" for n in range(10_000)), "k9999: unknown key"),
    "a text in the wrong file": (GOOD + 'description = "x"\n', "texts have files of their own"),
}


@pytest.mark.parametrize(("content", "reason"), cases(STRANGE_OFFERINGS))
def test_strange_values_of_an_offering(shop: Path, content: str, reason: str) -> None:
    (shop / "content" / TOML).write_text(content)
    before = tree(shop / "site")
    status, said = run(shop, "build")
    assert status == 1
    assert "Traceback" not in said
    told = [line for line in said.splitlines() if TOML in line and reason in line]
    assert told, said[:2000]
    assert len(told[0]) < 600 or "k" * 1000 in content
    assert tree(shop / "site") == before


STRANGE_STORES = {
    "a date for text": ("title = 2026-01-01\n", "title: expected text, got a date"),
    "infinity for a count": ("per_page = inf\n", "per_page: expected a whole number"),
    "zero for a count": ("per_page = 0\n", "per_page: 0 is less than 1"),
    "true for a count": ("per_page = true\n", "per_page: expected a whole number, got true"),
    "a number for text": ("title = 5\n", "title: expected text, got the number 5"),
    "a style in the colour": ('accent = "#1f5c4d}body{display:none"\n', "accent: "),
    "an address in the colour": ('accent = "url(https://evil.example)"\n', "accent: "),
    "markup in the language": ("language = 'en\"><script>'\n", "language: "),
    "a path in the account": ('account = "../x"\n', "account: "),
    "a logo elsewhere": ('logo = "../../etc/passwd"\n', "passwd"),
    "a logo by its whole path": ('logo = "/etc/passwd"\n', "passwd: leads out of"),
    "a logo of NUL": ('logo = "a\\u0000b"\n', "cannot be a file"),
    "a logo that is a folder": ('logo = "offerings"\n', "is not a regular file"),
    "a logo that is no picture": ('logo = "store.toml"\n', "logo"),
    "a logo that is not there": ('logo = "logo.png"\n', "no such file"),
    "an unknown flavour": ('markup = "html"\n', '"html" is none of commonmark or xurrent'),
    "a base address with a query": ('base_url = "https://a.example/?x"\n', "base_url: "),
    "a base address of a script": ('base_url = "javascript:alert(1)"\n', "base_url: "),
    "an unknown key": ("titel = 'x'\n", "titel: unknown key; did you mean title?"),
}


@pytest.mark.parametrize(("content", "reason"), cases(STRANGE_STORES))
def test_strange_values_of_the_store(shop: Path, content: str, reason: str) -> None:
    (shop / "content" / STORE).write_text(content)
    must_fail(shop, "content", reason)


GOOD_TOML = {
    "a byte order mark": "\ufeff" + GOOD,
    "CRLF": GOOD.replace("\n", "\r\n"),
    "no last line break": GOOD.rstrip("\n"),
    "comments and blank lines": f"# é 日本\n\n\n{GOOD}\n\n# end",
    "quoted keys": GOOD.replace("name = ", '"name" = ', 1),
}


@pytest.mark.parametrize("content", GOOD_TOML.values(), ids=[f"files: {name}" for name in GOOD_TOML])
def test_toml_that_is_no_mistake(shop: Path, content: str) -> None:
    before = tree(shop / "site")
    (shop / "content" / TOML).write_bytes(content.encode())
    must_build(shop)
    assert tree(shop / "site") == before


# Texts

BAD_TEXTS: dict[str, tuple[bytes, str]] = {
    "UTF-16 with a mark": ("Wörter".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "UTF-16, big end first": (b"\xfe\xff" + "Wörter".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
    "an invalid byte": (b"a\nb\n\xff\n", "3: is not UTF-8: byte 0xFF"),
    "a surrogate in bytes": (b"a\n\xed\xa0\x80", "2: is not UTF-8: byte 0xED"),
    "cut in a character": ("é".encode()[:1], "is not UTF-8"),
    "65,537 bytes": (b"x" * 65_537, "65,537 bytes, at most 65,536"),
    "65,537 bytes of two": ("é".encode() * 32_768 + b"x", "65,537 bytes, at most 65,536"),
    "65,537 bytes of four": ("🚀".encode() * 16_384 + b"x", "65,537 bytes, at most 65,536"),
    "2 mebibytes": (b"x" * (2 << 20), "2,097,152 bytes, at most 65,536"),
}


@pytest.mark.parametrize(("content", "reason"), cases(BAD_TEXTS))
def test_texts_that_are_none(shop: Path, content: bytes, reason: str) -> None:
    """All three are told together."""
    for name in ("description", "features", "compliance"):
        (shop / f"content/offerings/app/{name}.md").write_bytes(content)
    must_fail(shop, "features.md", reason)
    assert run(shop, "check")[1].count(reason.rpartition(": ")[2]) == 3


GOOD_TEXTS: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf# Words",
    "CRLF": b"# Words\r\n\r\n* one\r\n",
    "lone carriage returns": b"# Words\r\rone\r",
    "NUL": b"one\0two",
    "UTF-16 without a mark": "Words".encode("utf-16-le"),
    "YAML before the text": b"---\ntitle: x\n---\n\n# Words",
    "TOML before the text": b"+++\ntitle = 'x'\n+++\n",
    "5,000 brackets": b"[" * 5000 + b"]" * 5000,
    "5,000 quotes": b">" * 5000 + b" deep",
    "exactly 65,536 bytes": "é".encode() * 32_768,
    "nothing": b"",
    "white space": b" \t\r\n\x0b\x0c",
}


@pytest.mark.parametrize("content", GOOD_TEXTS.values(), ids=[f"files: {name}" for name in GOOD_TEXTS])
def test_texts_that_are_some(shop: Path, content: bytes) -> None:
    (shop / "content" / TEXT).write_bytes(content)
    assert "Traceback" not in must_build(shop)


# What is no file, in each place where one is read


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        folder, name = os.path.split(path)
        back = os.open(".", os.O_RDONLY)
        os.chdir(folder)  # the name of a socket is short
        made.bind(name)
        os.fchdir(back)
        os.close(back)


def _huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 42)


def _loop(path: Path) -> None:
    path.symlink_to(f"{path.name}-2")
    path.with_name(f"{path.name}-2").symlink_to(path.name)


NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a FIFO": (os.mkfifo, "is not a regular file"),
    "a socket": (_socket, "is not a regular file"),
    "a folder": (Path.mkdir, "regular file"),
    "a link to a device": (_link("/dev/zero"), "leads out of"),
    "a link to a file of the system": (_link("/etc/passwd"), "leads out of"),
    "a link to a file of the process": (_link("/proc/self/environ"), "leads out of"),
    "a link to a parent": (_link("../../.."), "leads out of"),
    "a link to nothing": (_link("nothing"), "no such file"),
    "a loop of links": (_loop, ""),
    "an enormous file": (_huge, "4,398,046,511,104 bytes, at most"),
}
PLACES = {
    "offering.toml": TOML,
    "store.toml": STORE,
    "a text": TEXT,
    "a picture": PICTURE,
    "an attachment": ATTACHMENT,
    "a file of records": RECORDS,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("make", "reason"), cases(NO_FILES))
def test_what_is_no_file(shop: Path, make: Callable[[Path], None], reason: str, place: str) -> None:
    path = shop / "content" / PLACES[place]
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    make(path)
    if place == "an attachment" and path.is_dir() and not path.is_symlink():
        must_build(shop)  # attachments may stand in folders
        return
    flags = ("--source", str(path)) if place == "a file of records" else ()
    must_fail(shop, path.name, reason, *flags)


def test_a_device_is_no_file_of_records(shop: Path) -> None:
    """A device by its own name is no file of records."""
    status, said = run(shop, "build", "--source", "/dev/zero")
    assert (status, "expected content, api, or a file that ends in .json" in said) == (2, True)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        pytest.param("offerings/app/attachments", "/etc", id="files: a link for the folder of attachments"),
        pytest.param("offerings/app/attachments", "../wdc_app_1", id="files: a link to another's folder"),
        pytest.param("offerings/other", "/etc", id="files: a link for the folder of an offering"),
        pytest.param("offerings/other", "..", id="files: a link to the parent of all offerings"),
        pytest.param("offerings/other", ".", id="files: a link to the offerings themselves"),
    ],
)
def test_links_for_folders(shop: Path, link: str, target: str) -> None:
    """None is walked without end, and nothing behind it is published."""
    (shop / "content" / link).symlink_to(target)
    must_fail(shop, link.rpartition("/")[2], "")


# JSON

R = several(2)


def _with(**changes: object) -> str:
    return json.dumps([offering(**changes)])


BROKEN_JSON: dict[str, tuple[str | bytes, str]] = {
    "UTF-16 with a mark": (json.dumps(R).encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "UTF-16, big end first": (b"\xfe\xff" + json.dumps(R).encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
    "UTF-16 without a mark": (json.dumps(R).encode("utf-16-le"), "is no JSON"),
    "UTF-32": (json.dumps(R).encode("utf-32"), "UTF-16"),
    "an invalid byte": (b'[{"name": "\xff"}]', "is no JSON"),
    "NUL": (b'[{"name": "a\0b"}]', "is no JSON"),
    "a lone high surrogate": (_with(name="a\ud83d"), ""),
    "a lone low surrogate": (_with(name="a\ude80"), ""),
    "surrogates the wrong way": (_with(description="\ude80\ud83d"), ""),
    "empty": ("", "is no JSON"),
    "a login page": ("<!DOCTYPE html><title>Log in</title>", "is no JSON"),
    "YAML": ("- id: 1\n  name: One\n", "is no JSON"),
    "TOML": (GOOD, "is no JSON"),
    "JSON with comments": ("[ // none\n]", "is no JSON"),
    "JSON lines": (f"{json.dumps(R[0])}\n{json.dumps(R[1])}\n", "is no JSON"),
    "single quotes": ("[{'id': 1}]", "is no JSON"),
    "a comma too many": ("[{},]", "is no JSON"),
    "cut in a text": (json.dumps(R)[:40], "is no JSON"),
    "cut in a list": (json.dumps(R)[:-1], "is no JSON"),
    "cut in an escape": ('[{"name": "\\u00', "is no JSON"),
    "NaN": ('[{"id": NaN}]', "is no JSON"),
    "Infinity": ('[{"id": Infinity}]', "is no JSON"),
    "minus Infinity": ('[{"id": -Infinity}]', "is no JSON"),
    "5,000 brackets": ("[" * 5000 + "]" * 5000, "is no JSON"),
    "100,000 brackets": ("[" * 100_000, "is no JSON"),
    "100,000 objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "is no JSON"),
    "a number of 4,301 digits": (_with(id=-7).replace("-7", "1" * 4301), ""),
    "a number beyond floats": (_with(id=-7).replace("-7", "1e400"), ""),
    "an object for the list": (json.dumps(R[0]), "expected an array of records"),
    "an object in the list's place": ('{"app_offerings": {}}', "expected an array of records"),
    "null": ("null", "expected an array of records"),
    "a number": ("5", "expected an array of records"),
    "a list in the list": (json.dumps([R]), "is no record: expected an object"),
    "a text in the list": ('["x"]', "is no record: expected an object"),
    "an empty object": ("[{}]", "is missing, and required"),
    "a key twice, the last one wrong": (_with().replace('"id": 1', '"id": 1, "id": "1"'), "id: expected a whole"),
    "the same id twice": (json.dumps([offering(), offering(reference="other")]), "id: 1 is also the id of"),
    "text for an id": (_with(id="1"), '[0].id: expected a whole number, got the text "1"'),
    "a fraction for an id": (_with(id=1.0), "[0].id: expected a whole number, got the number 1.0"),
    "true for an id": (_with(id=True), "[0].id: expected a whole number, got true"),
    "a negative id": (_with(id=-1), "[0].id: -1 is less than 1"),
    "an id of 70 bits": (_with(id=2**70), "is too large"),
    "null for an id": (_with(id=None), "[0].id: "),
    "null for a name": (_with(name=None), "[0].name: expected text, got null"),
    "null for a reference": (_with(reference=None), "[0].reference: expected text, got null"),
    "null for an instance": (
        _with(service_instance=None),
        "[0].service_instance: expected a table of values, got null",
    ),
    "a list for an instance": (_with(service_instance=[]), "[0].service_instance: expected a table of values"),
    "yes for a flag": (_with(disabled="yes"), '[0].disabled: expected true or false, got the text "yes"'),
    "a number for a flag": (_with(disabled=1), "[0].disabled: expected true or false, got the number 1"),
    "an unknown algorithm": (_with(policy_jwt_alg="none"), '"none" is none of rs256'),
    "an object for a text": (_with(description={"html": "x"}), "[0].description: expected text"),
    "a list for a text": (_with(features=["x"]), "[0].features: expected text, got a list"),
    "a text too long": (_with(compliance="é" * 32_769), "65,538 bytes, at most 65,536"),
    "a name too long": (_with(name="🚀" * 129), "129 characters, at most 128"),
    "a control in a name": (_with(name="a\0b"), "holds the control character U+0000"),
    "a blank name": (_with(name="\u200b\u2060"), "holds only characters that nobody can see"),
    "a time without a zone": (_with(created_at="2021-04-13T04:19:49"), "has no time zone"),
    "a number for a time": (_with(created_at=1618285789), "[0].created_at: expected a date and time"),
    "a page of a megabyte in a number's place": (_with(id="9" * 1_000_000), "[0].id: expected a whole number"),
}


@pytest.mark.parametrize(("content", "reason"), cases(BROKEN_JSON))
def test_broken_records(shop: Path, content: str | bytes, reason: str) -> None:
    (shop / RECORDS).write_bytes(content if isinstance(content, bytes) else content.encode())
    must_fail(shop, RECORDS, reason, "--source", str(shop / RECORDS))


GOOD_JSON: dict[str, str] = {
    "a byte order mark": "\ufeff" + json.dumps(R),
    "CRLF": json.dumps(R, indent=1).replace("\n", "\r\n"),
    "the list in an object": json.dumps({"app_offerings": R, "total": 2}),
    "new unknown fields": json.dumps([{**it, "later": {"deep": ["x"]}, "__proto__": {"a": 1}} for it in R]),
    "a deep unknown field": json.dumps([{**R[0], "later": -7}, R[1]]).replace("-7", "[" * 150 + "]" * 150),
    "a key twice, the same": json.dumps(R).replace('"id": 1', '"id": 9, "id": 1'),
}


@pytest.mark.parametrize("content", GOOD_JSON.values(), ids=[f"files: {name}" for name in GOOD_JSON])
def test_records_that_are_no_mistake(shop: Path, content: str) -> None:
    for folder in ("app", "wdc_app_1"):
        shutil.rmtree(shop / "content/offerings" / folder)
    (shop / RECORDS).write_bytes(content.encode())
    must_build(shop, "--source", str(shop / RECORDS))
    listed = json.loads((shop / "site/v1/app_offerings.json").read_text())
    assert [it["id"] for it in listed] == [1, 2]
    assert "__proto__" not in str(tree(shop / "site"))


# Files that cannot be read, or not any more: each build in a process of its own

BUILDS = """
import json, os, shutil, sys
import generator.build, generator.cli, generator.assets, generator.public, encodings.idna, encodings.utf_8_sig

def build(shop, name, what):
    path = os.path.join(shop, "content", name)

    def vanish(event, arguments):
        if event == "open" and arguments[0] == path and os.path.exists(path):
            shutil.rmtree(os.path.dirname(path)) if what == "folder" else os.unlink(path)

    if what == "unreadable":
        os.chmod(path, 0)
        if os.geteuid() == 0: os.setgid(65534), os.setuid(65534)
    else:
        sys.addaudithook(vanish)
    flags = ["--source", path] if name.endswith(".json") else []
    os.dup2(os.open(os.path.join(shop, "said"), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666), 2)
    folders = ["--content", os.path.join(shop, "content"), "--output", os.path.join(shop, "site"), "--jobs", "1"]
    generator.cli.main(["build", *folders, *flags])

for line in sys.stdin:
    if not (child := os.fork()):
        build(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Callable[..., tuple[int, str]]]:
    """Build in another process, in which a file cannot be read, or vanishes just before it is opened."""
    python = [sys.executable, "-c", BUILDS]
    environment = {**os.environ, "PYTHONPATH": str(Path(generator.__file__).parents[1])}
    with subprocess.Popen(python, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        orders, answers = process.stdin, process.stdout
        assert orders
        assert answers

        def order(shop: Path, name: str, what: str) -> tuple[int, str]:
            print(json.dumps([str(shop), name, what]), file=orders, flush=True)
            return int(answers.readline()), (shop / "said").read_text()

        yield order
        orders.close()


@pytest.mark.parametrize("what", ["unreadable", "vanished", "folder"])
@pytest.mark.parametrize("name", [TOML, STORE, TEXT, PICTURE, ATTACHMENT, RECORDS])
def test_a_file_that_cannot_be_read(built: Path, elsewhere: Any, name: str, what: str) -> None:
    if what == "folder" and name in {STORE, RECORDS}:
        what = "vanished"  # their folder is the content itself
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        shop = Path(shutil.copytree(built, Path(parent) / "shop"))
        write_store(shop / "content", files={ATTACHMENT: "words", PICTURE: SHOT})
        for path in (shop, *shop.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        before = tree(shop / "site")
        status, said = elsewhere(shop, name, what)
        assert status == 1, said
        assert "Traceback" not in said
        reason = "permission denied" if what == "unreadable" else "no such file or directory"
        assert any(Path(name).name in line and reason in line for line in said.splitlines()), said
        assert tree(shop / "site") == before


def test_the_deadline_is_one(shop: Path) -> None:
    """Else a hang would hang the tests."""
    began = time.monotonic()
    with pytest.raises(AssertionError, match="it hangs"), deadline():
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        os.mkfifo(shop / "pipe")
        (shop / "pipe").read_bytes()
    assert time.monotonic() - began < SECONDS
