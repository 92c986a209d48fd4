"""Names and paths: every hostile one builds a whole site inside its folder, or is refused by its name.

What a name becomes is `test_addresses`' and `test_filetypes`' business; here whole stores are built, checked and kept
inside their folder.
"""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from generator.addresses import slugs
from generator.errors import InputError, OutputError
from generator.filetypes import safe_name
from generator.manifest import check_path
from site_checks import build_site, check_site, tree
from stores import offering, several, write_records, write_store

HOSTILE_NAMES = {
    **{f"path {name}": name for name in ("..", ".", "../..", "../../etc/passwd", "/abs", "a\\b", "..\\..\\x", "C:x")},
    **{f"encoded {name}": name for name in ("%2e%2e%2f", "%2e%2e/%2e%2e", "..%2fx", "%5c..%5cx", "..%c0%afx", "%00")},
    **{f"device {name}": name for name in ("CON", "nul.txt", "aux", "COM1", "lpt9.log", "com¹", "CONIN$")},
    **{f"of ours {name}": name for name in ("index", "assets", "404", "_headers", "page", "v1", ".appshelf.json")},
    **{f"of git {name}": name for name in (".git", ".gitignore", ".htaccess", "_redirects", ".well-known")},
    **{f"option {name}": name for name in ("-rf", "--output=/", "-", "~", "~root", "$HOME", "`id`", "$(id)", "*", "?")},
    "trailing dot": "name.",
    "trailing space": "name x ",
    "dots alone": "...",
    "161 characters": "x" * 161,
    "161 two-byte characters": "é" * 161,
    "161 four-byte characters": "🚀" * 161,
    "ligature": "ﬁle",
    "Kelvin sign": "\u212aelvin",
    "sharp s": "Straße",
    "dotted capital i": "İstanbul",
    "decomposed": "Cafe\u0301",
    "another script": "日本語",
    "right to left": "العربية",
    "combining storm": "z" + "\u0301" * 100,
    "like a hash": "deadbeef",
    "like a hash behind a name": "a-deadbeef",
    "prototype": "__proto__",
    "constructor": "constructor",
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=[f"names and paths: {name}" for name in HOSTILE_NAMES])
def test_a_hostile_name_in_every_place(tmp_path: Path, name: str) -> None:
    """Reference, name, category and publisher: every page stands inside the site, and every link leads to a file."""
    record = offering(reference=name, name=name[:128], store={"categories": [name[:64]], "publisher": name[:64]})
    content = write_store(tmp_path / "content", {"app": record}, store={"title": name[:64]})
    build_site(content, tmp_path / "site", base_url="https://apps.example.com/shop/")
    check_site(tmp_path / "site", "https://apps.example.com/shop/")
    assert {path.name for path in tmp_path.iterdir()} == {"content", "site"}
    (listed,) = json.loads((tmp_path / "site/v1/app_offerings.json").read_text())
    assert listed["reference"] == name
    for path in tree(tmp_path / "site"):
        if path != ".appshelf.json":
            check_path(path)


TWINS: dict[str, tuple[str, ...]] = {
    "case": ("slack", "Slack", "SLACK"),
    "composed and not": ("Caf\u00e9", "Cafe\u0301"),
    "ligature": ("ﬁle", "file"),
    "Kelvin sign": ("\u212a", "K", "k"),
    "sharp s": ("Straße", "STRASSE", "strasse"),
    "dotted capital i": ("İ", "I", "i", "ı"),
    "punctuation": ("a b", "a-b", "a/b", "a.b", "a%20b"),
    "scripts without letters of ours": ("日本", "中国", "🚀"),
    "the same for 160 characters": ("x" * 160 + "1", "x" * 160 + "2"),
    "invisible": ("a\u200bb", "ab", "a\u202eb"),
}


@pytest.mark.parametrize("names", TWINS.values(), ids=[f"names and paths: alike by {name}" for name in TWINS])
def test_names_that_are_alike_have_pages_of_their_own(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Also where a file system sees no case and no Unicode form; `check_site` compares so."""
    records = [offering(id=n, reference=name, name=name[-128:]) for n, name in enumerate(names, 1)]
    content = write_store(tmp_path / "content", {f"app-{record['id']}": record for record in records})
    build_site(content, tmp_path / "site")
    check_site(tmp_path / "site")
    assert len(list((tmp_path / "site/apps").iterdir())) == len(names)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"id": 2}, "is also the reference of", id="names and paths: the same reference twice"),
        pytest.param({"reference": "other"}, "is also the id of", id="names and paths: the same id twice"),
        pytest.param({"reference": "x" * 162}, "162 characters", id="names and paths: 162 characters"),
        pytest.param({"reference": "a\0b"}, "control character U+0000", id="names and paths: NUL"),
        pytest.param({"reference": "a\nb"}, "line break", id="names and paths: a line break"),
        pytest.param({"reference": " "}, "only spaces", id="names and paths: a space"),
    ],
)
def test_what_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    content = write_store(tmp_path / "content", {"one": offering(), "two": offering(**changes)})
    with pytest.raises(InputError, match=re.escape(reason)):
        build_site(content, tmp_path / "site")
    assert not (tmp_path / "site").exists()


FILE_NAMES = [
    *(
        "a\\b.txt",
        "C:x.txt",
        "%2e%2e%2f.txt",
        "CON",
        "nul.txt",
        "x.",
        "x ",
        "-rf",
        "index.html",
        "a.php",
        "a.js",
        "a.svg",
    ),
    *("é" * 120, "Cafe\u0301.txt", "ﬁle.txt", "İ.txt", "a\nb.txt", "a\tb", "\u202etxt.exe", "a\u200b.txt", '"><b>.txt'),
    *("x?y#z.txt", "a;b.txt", "a|b", "a*b", "_headers", "404.html", "~", "a" * 250, "🚀" * 60, "$(id).txt", "a'b.txt"),
]


@pytest.mark.long
@pytest.mark.parametrize("name", FILE_NAMES, ids=[f"names and paths: file {ascii(name)[:40]}" for name in FILE_NAMES])
def test_a_hostile_file_name(tmp_path: Path, name: str) -> None:
    """Published as text under a name that is safe everywhere; nothing else of the name is left."""
    content = write_store(tmp_path / "content", [offering()], files={})
    attachments = content / "offerings/wdc_note_dispatcher/attachments"
    attachments.mkdir()
    (attachments / name).write_text("words")
    build_site(content, tmp_path / "site")
    check_site(tmp_path / "site")
    (path,) = (path for path in tree(tmp_path / "site") if path.startswith("files/"))
    published = path.rpartition("/")[2]
    assert safe_name(published) == published
    assert published.endswith(".txt")


def traversals() -> set[str]:
    """Some twenty thousand ways to write "two folders up": every part in every spelling."""
    dots = ("..", "%2e%2e", ".%2e", "%252e%252e", "%c0%ae%c0%ae", "..;", "...", ".. ", "..%00", "\uff0e\uff0e", "․․")
    slashes = ("/", "\\", "%2f", "%5c", "%252f", "%c0%af", "//", "\\/", "/./", "\u2215", "\uff0f", "⧵", "%e0%80%af")
    ends = ("etc/passwd", "windows\\win.ini", "index.html", "", ".env", "etc/passwd%00.png", "file:///etc/passwd")
    starts = ("", "/", "./", "C:", "file:", "\\\\host\\share")
    parts = itertools.product(starts, dots, slashes, dots, slashes, ends)
    return {"".join(it) for it in itertools.islice(parts, 0, None, 4)}


@pytest.mark.long
def test_traversals_as_references_and_file_names() -> None:
    """Names and paths: more than 23,000 traversal strings; every folder and file name is one plain segment."""
    names = traversals()
    assert len(names) > 23_000
    found = slugs(names)
    assert len(set(found.values())) == len(names)
    for slug in found.values():
        check_path(f"apps/{slug}/index.html")
    for name in names:
        safe = safe_name(name)
        check_path(f"files/{safe}")
        assert not {"/", "\\", ".."} & {safe, *safe}


PLANTED = ["index.html", "apps", "assets", "v1", "media", ".appshelf.json"]


@pytest.mark.long
@pytest.mark.parametrize("target", ["/etc", "../victim", "../victim/file", "nowhere", "."])
@pytest.mark.parametrize("place", PLANTED, ids=[f"names and paths: a link planted at {name}" for name in PLANTED])
def test_a_link_planted_in_the_output(tmp_path: Path, place: str, target: str) -> None:
    """Nothing is written or deleted through it: refused by its name, or a link in a file's place is replaced."""
    content = write_store(tmp_path / "content", several(2))
    build_site(content, tmp_path / "site")
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_text("mine")
    planted = tmp_path / "site" / place
    planted.rename(tmp_path / "moved")
    planted.symlink_to(target)
    write_store(content, [offering(id=7, reference="new", name="New")])
    try:
        build_site(content, tmp_path / "site")
    except OutputError as error:
        assert str(planted) in str(error) or ".appshelf.json" in str(error) or "not made by" in str(error), error
        assert planted.is_symlink()
    else:
        check_site(tmp_path / "site")
        assert not planted.is_symlink()
    assert tree(tmp_path / "victim") == {"file": b"mine"}


def test_records_of_a_file_have_no_paths_of_their_own(tmp_path: Path) -> None:
    """Names and paths: an API record's reference, attachments and picture lead nowhere."""
    evil = {"key": "../../../etc/passwd", "name": "../../x.html", "uri": "file:///etc/passwd"}
    records = [offering(reference="../../../tmp/x", attachments=[evil], picture_uri="file:///etc/passwd")]
    content = write_store(tmp_path / "content")
    file = write_records(tmp_path / "records.json", records)
    build_site(content, tmp_path / "site", source=str(file))
    check_site(tmp_path / "site")
    assert not any(b"etc/passwd" in it for it in tree(tmp_path / "site").values())
