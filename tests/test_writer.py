"""The writer: what it writes, what it leaves alone, what it refuses, and what a kill cannot break."""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import generator
from generator.errors import OutputError
from generator.manifest import MANIFEST, Entry, Plan, plan_commit
from generator.writer import Committed, open_output

Site = Mapping[str, bytes]

FIRST: Site = {
    "index.html": b"<h1>Apps</h1>",
    "apps/slack/index.html": b"<h1>Slack</h1>",
    "apps/jira/index.html": b"<h1>Jira</h1>",
    "assets/store.1f0c.css": b"body{}",
    ".nojekyll": b"",
}
SECOND: Site = {
    "index.html": b"<h1>Apps, anew</h1>",
    "apps/slack/index.html": b"<h1>Slack</h1>",
    "apps/teams/index.html": b"<h1>Teams</h1>",
    "assets/store.77aa.css": b"body{margin:0}",
    ".nojekyll": b"",
}


def build(folder: Path, site: Site, inputs: Sequence[Path] = ()) -> Committed:
    with open_output(folder, inputs=inputs) as output:
        return output.commit([output.put(path, content) for path, content in site.items()])


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` but the manifest; a link shows where it leads."""
    return {
        path.relative_to(folder).as_posix(): b"-> " + os.fsencode(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in folder.rglob("*")
        if (path.is_symlink() or path.is_file()) and path != folder / MANIFEST
    }


def folders(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()
    }


def parents_of(paths: Iterable[str]) -> set[str]:
    return {parent.as_posix() for path in paths for parent in Path(path).parents if parent.name}


def traces(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """What any writing would change: inode and times of every file and folder, and of the output itself."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {path: (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) for path, status in found.items()}


def plant(folder: Path, site: Site) -> None:
    for path, content in site.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def manifest(*paths: str) -> bytes:
    files = [{"path": path, "size": 1, "sha256": "0" * 64} for path in paths]
    return json.dumps({"made_by": "appshelf", "format": 1, "files": files}).encode()


def listed(folder: Path) -> set[str]:
    return {file["path"] for file in json.loads((folder / MANIFEST).read_bytes())["files"]}


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a script in another process; it has the writer and `build` at hand."""
    opening = "import json, os, sys\nfrom pathlib import Path\nfrom generator.errors import OutputError\n"
    opening += "from generator.writer import open_output\n"
    return subprocess.Popen(
        [sys.executable, "-S", "-c", opening + script, *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(generator.__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(script: str, *arguments: str) -> str:
    with start(script, *arguments) as process:
        answer, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return answer


def entry(path: str, *, changed: bool = True) -> Entry:
    return Entry(path, 1, "0" * 64, changed)


# The plan


@pytest.mark.parametrize(
    ("before", "after", "plan"),
    [
        pytest.param([], [], Plan((), (), ()), id="nothing"),
        pytest.param(
            [],
            [entry("index.html"), entry("assets/store.css")],
            Plan((), ("assets/store.css", "index.html"), ()),
            id="pages move after what they show",
        ),
        pytest.param(["index.html"], [entry("index.html", changed=False)], Plan((), (), ()), id="unchanged"),
        pytest.param(["b.html", "a.html"], [], Plan((), (), ("a.html", "b.html")), id="gone"),
        pytest.param(["apps/x"], [entry("apps/x/i.html")], Plan(("apps/x",), ("apps/x/i.html",), ()), id="to folder"),
        pytest.param(["x/y/i.html"], [entry("x")], Plan(("x/y/i.html",), ("x",), ()), id="to file"),
        pytest.param(["apps/xy"], [entry("apps/x")], Plan((), ("apps/x",), ("apps/xy",)), id="no folder of it"),
    ],
)
def test_plan(before: list[str], after: list[Entry], plan: Plan) -> None:
    assert plan_commit(before, after) == plan


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(["index.html", "index.html"], id="twice"),
        pytest.param(["files/A.pdf", "files/a.pdf"], id="case"),
        pytest.param(["files/é.pdf", "files/e\u0301.pdf"], id="composed or not"),
        pytest.param(["files/straße", "files/STRASSE"], id="sharp s"),
        pytest.param(["files/\u212a", "files/k"], id="Kelvin sign"),
        pytest.param(["apps/x", "apps/x/index.html"], id="file and folder"),
        pytest.param(["apps/x/index.html", "Apps/X"], id="file and folder, in another case"),
        pytest.param(["../x"], id="unsafe"),
    ],
)
def test_paths_that_cannot_both_be_there_are_our_defect(paths: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        plan_commit([], [entry(path) for path in paths])


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "apps/../../x",
            "apps/./x",
            "apps//x",
            "apps/",
            ".",
            "//host/share",
        ),
        *(
            "apps\\x",
            "..\\x",
            "x" * 256,
            "ü" * 128 + "/x",
            "C:x",
            "c:/x",
            "a\0b",
            "a\nb",
            "a\x1bb",
            "a\x7f",
            "a\x85",
            "\ud800",
        ),
        *(
            MANIFEST,
            ".gitignore",
            ".GitIgnore",
            ".APPSHELF.json",
            ".appshelf-stage",
            ".appshelf-stage.0a/x",
            ".gitignore/x",
        ),
    ],
)
def test_an_unsafe_path_is_our_defect_and_nothing_is_written(tmp_path: Path, path: str) -> None:
    with open_output(tmp_path / "site", inputs=[]) as output:
        with pytest.raises(ValueError, match=r"."):
            output.put(path, b"x")
        assert not list((tmp_path / "site").iterdir())


@pytest.mark.parametrize(
    "path",
    ["a b/ü/%2e%2e/x", "ü" * 127 + "x/y", "...", ".nojekyll", "v1/app_offerings.json", "a/.gitignore", "-rf", "CC:"],
)
def test_a_path_that_only_looks_unsafe_is_written(tmp_path: Path, path: str) -> None:
    build(tmp_path / "site", {path: b"x"})
    assert tree(tmp_path / "site") == {path: b"x"}


# What is written


def test_a_first_build_makes_the_folder_the_site_and_a_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "site"
    assert build(folder, {"b.html": b"bee", "a/ü.html": b""}) == Committed(written=2, unchanged=0, removed=0)
    assert tree(folder) == {"b.html": b"bee", "a/ü.html": b""}
    assert (folder / MANIFEST).read_text("utf-8") == (
        '{"made_by": "appshelf", "format": 1, "files": [\n'
        f'{{"path": "a/ü.html", "size": 0, "sha256": "{sha256().hexdigest()}"}},\n'
        f'{{"path": "b.html", "size": 3, "sha256": "{sha256(b"bee").hexdigest()}"}}\n'
        "]}\n"
    )


def test_put_tells_what_it_found(tmp_path: Path) -> None:
    build(tmp_path, FIRST)
    with open_output(tmp_path, inputs=[]) as output:
        digest = sha256(b"<h1>Apps</h1>").hexdigest()
        assert output.put("index.html", b"<h1>Apps</h1>") == Entry("index.html", 13, digest, changed=False)
        assert output.put("index.html", b"<h1>apps</h1>").changed
        assert output.put("new.html", b"").changed
    assert tree(tmp_path) == FIRST


def test_a_second_build_writes_nothing_at_all(tmp_path: Path) -> None:
    """Not a file, not the manifest, not for a moment a staging folder: each would leave a trace in a time or inode."""
    build(tmp_path / "site", FIRST)
    before = traces(tmp_path / "site")
    assert build(tmp_path / "site", FIRST) == Committed(written=0, unchanged=5, removed=0)
    assert traces(tmp_path / "site") == before


def test_a_build_replaces_what_changed_removes_what_is_gone_and_keeps_what_is_not_ours(tmp_path: Path) -> None:
    foreign = {".gitignore": b"*", "CNAME": b"apps.example", "apps/jira/notes.txt": b"mine"}
    build(tmp_path, FIRST)
    plant(tmp_path, foreign)
    slack = traces(tmp_path)[tmp_path / "apps/slack/index.html"]
    assert build(tmp_path, SECOND) == Committed(written=3, unchanged=2, removed=2)
    assert tree(tmp_path) == {**SECOND, **foreign}
    assert traces(tmp_path)[tmp_path / "apps/slack/index.html"] == slack
    assert listed(tmp_path) == set(SECOND)


def test_a_file_of_ours_that_a_person_changed_or_deleted_is_made_anew(tmp_path: Path) -> None:
    build(tmp_path, FIRST)
    (tmp_path / "index.html").write_bytes(b"<h1>Oops</h1>")
    (tmp_path / "apps/jira/index.html").unlink()
    assert build(tmp_path, FIRST) == Committed(written=2, unchanged=3, removed=0)
    assert tree(tmp_path) == FIRST


def test_what_is_gone_already_is_no_error(tmp_path: Path) -> None:
    """Also where a person put a folder, or a file in a folder's place: those are not what we made."""
    build(tmp_path, {"a": b"a", "b": b"b", "c/x": b"c", "d/x": b"d"})
    for path in ("a", "b", "c/x", "d/x"):
        (tmp_path / path).unlink()
    (tmp_path / "d").rmdir()
    plant(tmp_path, {"b/mine": b"b", "d": b"mine"})
    build(tmp_path, {})
    assert tree(tmp_path) == {"b/mine": b"b", "d": b"mine"}
    assert folders(tmp_path) == {"b"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"apps/x": b"file"}, {"apps/x/y/index.html": b"page"}, id="a file becomes a folder"),
        pytest.param({"apps/x/y/index.html": b"page"}, {"apps/x": b"file"}, id="a folder becomes a file"),
    ],
)
def test_file_and_folder_change_places(tmp_path: Path, before: Site, after: Site) -> None:
    build(tmp_path, before)
    if (tmp_path / "apps" / "x").is_dir():
        (tmp_path / "apps" / "x" / "empty" / "too").mkdir(parents=True)
    assert build(tmp_path, after) == Committed(written=1, unchanged=0, removed=1)
    assert tree(tmp_path) == after


def test_two_commits_of_one_build(tmp_path: Path) -> None:
    """As a search index needs it, which is made over the finished pages."""
    with open_output(tmp_path / "site", inputs=[]) as output:
        output.commit([output.put("index.html", b"page")])
        again = [output.put("index.html", b"page"), output.put("pagefind/index", b"words")]
        assert output.commit(again) == Committed(written=1, unchanged=1, removed=0)
    assert tree(tmp_path / "site") == {"index.html": b"page", "pagefind/index": b"words"}


def test_an_entry_that_was_not_put_is_our_defect(tmp_path: Path) -> None:
    build(tmp_path, FIRST)
    with open_output(tmp_path, inputs=[]) as output, pytest.raises(ValueError, match="not put"):
        output.commit([output.put("index.html", b"new"), entry("apps/x")])
    assert tree(tmp_path) == FIRST


@pytest.mark.parametrize("exists", [True, False])
def test_without_a_commit_nothing_is_left_behind(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "deep" / "site"
    if exists:
        build(folder, FIRST)
    with pytest.raises(KeyboardInterrupt), open_output(folder, inputs=[]) as output:
        output.put("index.html", b"new")
        raise KeyboardInterrupt
    assert tree(folder) == (FIRST if exists else {})
    assert exists or not list(tmp_path.iterdir())


def test_an_error_of_the_system_inside_a_build_is_not_explained_as_ours(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_output(tmp_path / "site", inputs=[]):
        (tmp_path / "content.md").read_bytes()


def test_modes_follow_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        build(tmp_path / "site", FIRST)
    finally:
        os.umask(umask)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "site", *(tmp_path / "site").rglob("*"))}
    assert modes == {path: 0o750 if path.is_dir() else 0o640 for path in modes}


# Folders that are not ours


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a store in it, which is the working folder."""
    for path in ("store/content/offerings", "store/templates", "full", "kept"):
        (tmp_path / path).mkdir(parents=True)
    plant(tmp_path, {"file": b"", "full/thesis.txt": b"mine", "kept/.gitignore": b"*\n!.gitignore\n"})
    (tmp_path / "link").symlink_to("store/content")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "store")
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("/", "root of the file system"),
        ("..", "home folder"),
        (".", "working folder"),
        ("content", "is or holds content"),
        ("templates", "is or holds templates"),
        ("content/site", "is inside content"),
        ("content/offerings/../site/deep", "is inside content"),
        ("../link", "is or holds content"),
        ("../link/site", "is inside content"),
        ("../file", "not a folder"),
        ("../file/site", "Not a directory"),
        ("../loop", "File exists"),
        ("../full", "holds thesis.txt"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_folder_that_is_not_ours_is_refused(home: Path, folder: str, reason: str) -> None:
    before = traces(home)
    refused = pytest.raises(OutputError, match=reason)
    with refused as raised, open_output(Path(folder), inputs=[Path("content"), Path("templates")]):
        pass
    assert str(raised.value).startswith(f"{Path(folder)}: ")
    assert traces(home) == before


def test_a_parent_of_the_content_is_refused_even_when_it_is_marked_as_ours(home: Path) -> None:
    (home / "full" / "content").mkdir()
    (home / "full" / MANIFEST).write_bytes(manifest())
    with pytest.raises(OutputError, match="which the site is made from"):
        build(home / "full", {}, inputs=[home / "full" / "content"])


def test_a_folder_with_only_a_gitignore_is_empty_and_keeps_it(home: Path) -> None:
    build(home / "kept", FIRST)
    build(home / "kept", {})
    assert tree(home / "kept") == {".gitignore": b"*\n!.gitignore\n"}
    assert not folders(home / "kept")


def test_a_link_to_a_good_folder_is_resolved(home: Path) -> None:
    (home / "public").symlink_to("kept")
    build(home / "public", {"index.html": b"page"})
    assert (home / "kept" / "index.html").read_bytes() == b"page"
    assert (home / "public").is_symlink()


# What is planted in the folder


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe{\x00}\x00", b"[" * 200_000, b'{"format": ' + b"1" * 5000 + b"}"),
        manifest().replace(b"appshelf", b"hugo"),
        manifest().replace(b": 1", b": 2"),
        manifest().replace(b'"made_by"', b'"more": 1, "made_by"'),
        manifest().replace(b"[]", b'["index.html"]'),
        manifest().replace(b"[]", b'{"index.html": 1}'),
        manifest("index.html").replace(b'"size": 1', b'"size": -1'),
        manifest("index.html").replace(b'"size": 1', b'"size": "1"'),
        manifest("index.html").replace(b'"0000', b'"xyz0'),
        manifest("index.html").replace(b'"index.html"', b'["index.html"]'),
        manifest("index.html").replace(b'"size"', b'"mode": 7, "size"'),
        *(
            manifest("index.html", path)
            for path in ("../victim", "/etc/passwd", "a/../../victim", "a\\b", "C:x", "", "a//b")
        ),
        *(manifest(path) for path in ("a\0b", "\ud800", ".gitignore", MANIFEST, "index.html/.")),
    ],
)
def test_a_planted_manifest_is_refused_and_nothing_is_deleted(tmp_path: Path, content: bytes) -> None:
    plant(
        tmp_path,
        {"site/index.html": b"old", "site/.gitignore": b"*", f"site/{MANIFEST}": content, "victim": b"safe"},
    )
    before = traces(tmp_path)
    with pytest.raises(OutputError, match=r"site/\.appshelf\.json: is damaged .*; restore it"):
        build(tmp_path / "site", {})
    assert traces(tmp_path) == before


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_manifest_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    plant(tmp_path, {"elsewhere.json": manifest("index.html"), "site/index.html": b"mine"})
    target = tmp_path / "site" / MANIFEST
    match kind:
        case "link":
            target.symlink_to("../elsewhere.json")
        case "folder":
            target.mkdir()
        case _:
            os.mkfifo(target)
    with pytest.raises(OutputError, match="no file that appshelf wrote"):
        build(tmp_path / "site", {})
    assert (tmp_path / "site" / "index.html").read_bytes() == b"mine"


def test_a_linked_folder_is_not_written_through(tmp_path: Path) -> None:
    build(tmp_path / "site", FIRST)
    (tmp_path / "site" / "apps").rename(tmp_path / "victim")
    (tmp_path / "site" / "apps").symlink_to("../victim")
    before = traces(tmp_path / "victim")
    for site in (FIRST, SECOND, {"apps/new/index.html": b"x"}):
        with pytest.raises(OutputError, match="site/apps: is a link"):
            build(tmp_path / "site", site)
    assert traces(tmp_path / "victim") == before


def test_nothing_is_deleted_through_a_linked_folder(tmp_path: Path) -> None:
    plant(tmp_path, {f"site/{MANIFEST}": manifest("apps/thesis.txt"), "victim/thesis.txt": b"mine"})
    (tmp_path / "site" / "apps").symlink_to("../victim")
    with pytest.raises(OutputError, match="site/apps: is a link"):
        build(tmp_path / "site", {"index.html": b"page"})
    assert tree(tmp_path / "victim") == {"thesis.txt": b"mine"}
    assert tree(tmp_path / "site") == {"apps": b"-> ../victim"}


@pytest.mark.parametrize("planted", [b"<h1>Apps</h1>", b"mine"])
def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path, planted: bytes) -> None:
    """Also when it leads to the very bytes of the page; and when the page is gone, the link goes, not its target."""
    plant(tmp_path, {"victim": planted})
    build(tmp_path / "site", FIRST)
    for path, target in (("index.html", "../victim"), (".nojekyll", "/dev/zero")):
        (tmp_path / "site" / path).unlink()
        (tmp_path / "site" / path).symlink_to(target)
    build(tmp_path / "site", FIRST)
    assert tree(tmp_path / "site") == FIRST
    (tmp_path / "site" / "index.html").unlink()
    (tmp_path / "site" / "index.html").symlink_to("../victim")
    build(tmp_path / "site", {})
    assert tree(tmp_path / "site") == {}
    assert (tmp_path / "victim").read_bytes() == planted


def test_another_name_of_a_file_keeps_its_bytes(tmp_path: Path) -> None:
    build(tmp_path / "site", FIRST)
    (tmp_path / "backup.html").hardlink_to(tmp_path / "site" / "index.html")
    build(tmp_path / "site", SECOND)
    assert (tmp_path / "backup.html").read_bytes() == FIRST["index.html"]


@pytest.mark.parametrize(
    ("foreign", "path"),
    [
        pytest.param("about.html", "about.html", id="a file"),
        pytest.param("docs", "docs/index.html", id="a file where a folder comes"),
        pytest.param("docs/a/mine.txt", "docs", id="a folder where a file comes"),
    ],
)
@pytest.mark.parametrize("content", [b"page", b"mine"])
def test_a_foreign_file_in_the_way_stops_the_build_before_it_begins(
    tmp_path: Path, foreign: str, path: str, content: bytes
) -> None:
    """Even one with the very bytes of the page: once listed, it would be deleted some day."""
    build(tmp_path, FIRST)
    plant(tmp_path, {foreign: content})
    before = tree(tmp_path)
    with pytest.raises(OutputError, match=f"{tmp_path / foreign}: is in the way of {path}"):
        build(tmp_path, {**SECOND, path: b"page"})
    assert tree(tmp_path) == before


@pytest.mark.parametrize("target", ["nowhere", "../victim"])
def test_a_foreign_link_in_the_way_stops_the_build(tmp_path: Path, target: str) -> None:
    plant(tmp_path, {"victim": b"mine"})
    build(tmp_path / "site", {})
    (tmp_path / "site" / "index.html").symlink_to(target)
    with pytest.raises(OutputError, match=r"is in the way of index\.html"):
        build(tmp_path / "site", {"index.html": b"page"})
    assert (tmp_path / "victim").read_bytes() == b"mine"


def test_leftovers_are_cleared_and_not_followed(tmp_path: Path) -> None:
    plant(tmp_path, {"site/.appshelf-stage.0a1b/x": b"staged", "site/.appshelf-stage.file": b"", "victim/x": b"mine"})
    (tmp_path / "site" / ".appshelf-stage.link").symlink_to("../victim")
    build(tmp_path / "site", FIRST)
    assert tree(tmp_path / "site") == FIRST
    assert tree(tmp_path / "victim") == {"x": b"mine"}


# A system that refuses


@pytest.mark.parametrize(
    ("limit", "site"),
    [
        pytest.param(3000, {"index.html": "new", "apps/big.html": "x" * 5000}, id="a page"),
        pytest.param(3000, {f"apps/{number}.html": "new" for number in range(50)}, id="the manifest"),
    ],
)
def test_a_full_disk_leaves_the_old_site(tmp_path: Path, limit: int, site: Mapping[str, str]) -> None:
    """A limit on the size of files stands for the disk: it, too, stops a write half-way."""
    build(tmp_path, FIRST)
    before = tree(tmp_path)
    answer = finish(
        "import resource, signal\n"
        "folder, limit, site = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "try:\n"
        "    with open_output(folder, inputs=[]) as output:\n"
        "        output.commit([output.put(path, text.encode()) for path, text in site.items()])\n"
        "except OutputError as error:\n"
        "    print(error)\n",
        *(str(tmp_path), str(limit), json.dumps(site)),
    )
    assert answer.startswith(str(tmp_path))
    assert answer.endswith(": File too large\n")
    assert tree(tmp_path) == before
    assert listed(tmp_path) == set(FIRST)


def test_without_rights_the_old_site_stays() -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "site"
        build(folder, FIRST)
        Path(parent).chmod(0o755)
        folder.chmod(0o555)
        answer = finish(
            "import encodings.idna\n"
            "if os.geteuid() == 0: os.setuid(65534)\n"
            "try:\n"
            "    with open_output(Path(sys.argv[1]), inputs=[]) as output:\n"
            "        output.put('index.html', b'new')\n"
            "except OutputError as error:\n"
            "    print(error)\n",
            str(folder),
        )
        folder.chmod(0o755)
        assert answer == f"{Path(os.path.realpath(folder)) / 'index.html'}: Permission denied\n"
        assert tree(folder) == FIRST


# Several processes

HOLD = """
with open_output(Path(sys.argv[1]), inputs=[]) as output:
    output.put("index.html", b"staged")
    worker = os.fork()
    os.write(1, b"%d\\n" % (worker or os.getpid()))
    sys.stdin.read()
    if not worker: os._exit(0)
"""
"""Opens the folder, and forks a worker that, like a real one, knows nothing of its parent's end."""


def test_a_second_build_is_refused_at_once_and_a_killed_one_blocks_nobody(tmp_path: Path) -> None:
    """Not even when a worker outlives it: that is why the worker must not keep the lock."""
    build(tmp_path, FIRST)
    with start(HOLD, str(tmp_path)) as process:
        assert process.stdout
        worker = int(process.stdout.readline())
        assert int(process.stdout.readline()) == worker
        with pytest.raises(OutputError, match=f"{tmp_path}: another build is writing it"):
            build(tmp_path, SECOND)
        process.kill()
        process.wait(timeout=30)
        os.kill(worker, 0)  # it is still there
        assert build(tmp_path, SECOND) == Committed(written=3, unchanged=2, removed=2)
        assert tree(tmp_path) == SECOND


def test_the_lock_ends_with_the_build_and_is_one_folder_s(tmp_path: Path) -> None:
    for _ in range(2):
        with open_output(tmp_path / "one", inputs=[]) as output, open_output(tmp_path / "other", inputs=[]):
            output.commit([])
            with pytest.raises(OutputError, match="another build"), open_output(tmp_path / "one", inputs=[]):
                pass


def test_forked_workers_put_at_once(tmp_path: Path) -> None:
    build(tmp_path, {f"apps/{number}/index.html": b"old" for number in range(100)})
    answer = finish(
        "import multiprocessing\n"
        "with open_output(Path(sys.argv[1]), inputs=[]) as output:\n"
        "    jobs = [(f'apps/{n}/index.html', b'old' if n < 50 else b'page %d' % n) for n in range(400)]\n"
        "    with multiprocessing.get_context('fork').Pool(4) as pool:\n"
        "        entries = pool.starmap(output.put, jobs, chunksize=7)\n"
        "    print(output.commit(entries))\n",
        str(tmp_path),
    )
    assert answer == "Committed(written=350, unchanged=50, removed=0)\n"
    assert tree(tmp_path) == {f"apps/{n}/index.html": b"old" if n < 50 else b"page %d" % n for n in range(400)}


# Kills

HARMED_BUILDS = """
import errno, signal

def build(folder, files, harm, at):
    left = at if harm != "alarm" else 0

    def count(event, arguments):
        nonlocal left
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir"):
            left -= 1
            if left == 0 and harm == "kill": os.kill(os.getpid(), signal.SIGKILL)
            if left == 0 and harm == "fail": raise OSError(errno.EIO, os.strerror(errno.EIO))

    sys.addaudithook(count)
    try:
        with open_output(Path(folder), inputs=[]) as output:
            entries = [output.put(path, text.encode()) for path, text in files.items()]
            signal.setitimer(signal.ITIMER_REAL, at if harm == "alarm" else 0)
            output.commit(entries)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except OutputError as error:
        return 9 if "Input/output error" in str(error) else 8
    return 7 if harm == "fail" and left <= 0 else 0

for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(build(*json.loads(line)))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Builds, each time in a fork of its own that comes to harm: just before its at-th change of the file system it is
killed, or that change fails; or it is ended so many seconds into its commit, by the signal of a timer, which nothing
catches either. It answers 0 when it came to no harm, 7 when it could do without the change, 9 when it gave up."""

HarmedBuild = Callable[[Path, Site, str, float], int]

TURNED: Site = {
    "index.html": b"<h1>Apps, turned</h1>",
    "apps/slack": b"a file, where a folder was",
    "apps/teams/index.html": b"<h1>Teams</h1>",
    "assets/store.1f0c.css": b"body{}",
    "assets/store.77aa.css": b"body{margin:0}",
    ".nojekyll/index.html": b"a folder, where a file was",
}


@pytest.fixture(scope="module")
def harmed_build() -> Iterator[HarmedBuild]:
    """Build a site in another process that comes to harm, and tell how it ended."""
    with start(HARMED_BUILDS) as process:
        orders, answers = process.stdin, process.stdout
        assert orders
        assert answers

        def order(folder: Path, site: Site, harm: str, at: float) -> int:
            files = {path: content.decode() for path, content in site.items()}
            print(json.dumps([str(folder), files, harm, at]), file=orders, flush=True)
            return int(answers.readline())

        yield order
        orders.close()


def assert_whole(folder: Path, before: Site, after: Site) -> None:
    """Every file is the old or the new one, none that both have is missing, and the manifest knows each.

    The start page's stylesheet, old or new, is there as long as the page is.
    """
    found = {path: content for path, content in tree(folder).items() if not path.startswith(".appshelf-stage.")}
    assert [path for path, content in found.items() if content not in (before.get(path), after.get(path))] == []
    assert before.keys() & after.keys() <= found.keys()
    for site in (before, after):
        if found.get("index.html") == site.get("index.html"):
            assert {path for path in site if path.startswith("assets/")} <= found.keys()
    assert found.keys() <= (listed(folder) if (folder / MANIFEST).exists() else set())


every_change = pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, FIRST, id="a first build"),
        pytest.param(FIRST, TURNED, id="every kind of change"),
        pytest.param(TURNED, FIRST, id="and back"),
    ],
)


@pytest.mark.long
@every_change
def test_a_kill_at_each_change_of_the_file_system_is_mended_by_the_next_build(
    tmp_path: Path, harmed_build: HarmedBuild, before: Site, after: Site
) -> None:
    status, at = -signal.SIGKILL, 0
    while status == -signal.SIGKILL:
        at += 1
        folder = tmp_path / str(at)
        if before:
            build(folder, before)
        status = harmed_build(folder, after, "kill", at)
        if folder.exists():
            assert_whole(folder, before, after)
        build(folder, after)
        assert tree(folder) == after
        assert folders(folder) == parents_of(after)
    assert status == 0
    assert at > 20


@pytest.mark.long
@every_change
def test_a_change_that_the_system_refuses_is_explained_and_mended_by_the_next_build(
    tmp_path: Path, harmed_build: HarmedBuild, before: Site, after: Site
) -> None:
    """Before the first page moves, the old site is untouched; afterwards every file is whole. No stage is left."""
    ends: list[int] = []
    while 0 not in ends:
        folder = tmp_path / str(len(ends))
        if before:
            build(folder, before)
        ends.append(harmed_build(folder, after, "fail", len(ends) + 1))
        if folder.exists():
            assert_whole(folder, before, after)
            stages = [path for path in folder.iterdir() if path.name.startswith(".appshelf-stage")]
            assert not stages or ends[-1] == 7  # what it could do without was the end of the stage itself
        if not before and not (folder / MANIFEST).exists():
            assert not folder.exists()
        build(folder, after)
        assert tree(folder) == after
    assert set(ends) <= {0, 7, 9}
    assert ends.count(9) > 15


@pytest.mark.long
def test_a_commit_killed_at_any_moment_leaves_every_file_whole(tmp_path: Path, harmed_build: HarmedBuild) -> None:
    """Thirty times; each time the site before is the one that was mended after the last kill."""
    chance = random.Random(4)  # noqa: S311  # a seed makes a failure come again
    site: Site = {}
    build(tmp_path, site)
    killed = 0
    for version in range(30):
        text = b"version %d " % version * 200
        after = {f"apps/{chance.randrange(200)}/{name}": text for _ in range(40) for name in ("index.html", "a.json")}
        status = harmed_build(tmp_path, after, "alarm", 0.0001 + 0.02 * chance.random() ** 3)
        assert status in (0, -signal.SIGALRM)
        killed += status != 0
        assert_whole(tmp_path, site, after)
        build(tmp_path, after)
        assert tree(tmp_path) == after
        site = after
    assert killed > 5


# All trees

segments = st.sampled_from(["a", "b", "c", "index.html"])
paths = st.lists(segments, min_size=1, max_size=3).map("/".join)


def without_clashes(site: dict[str, bytes]) -> dict[str, bytes]:
    return {
        path: content
        for path, content in site.items()
        if not any(f"{path}/" == other[: len(path) + 1] for other in site)
    }


sites = st.dictionaries(paths, st.sampled_from([b"", b"one", b"two", b"three"]), max_size=8).map(without_clashes)


@settings(max_examples=100, deadline=None)
@given(before=sites, after=sites, foreign=st.lists(st.sampled_from(["", "a/", "b/", "a/b/", "c/a/"]), max_size=2))
def test_the_folder_becomes_exactly_the_site_and_what_is_not_ours(
    before: Site, after: Site, foreign: list[str]
) -> None:
    """Or nothing is touched, when something of a person's stands in the way."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "site"
        build(folder, before)
        mine = {f"{place}mine.txt": b"mine" for place in foreign if not _is_file_on(place, before)}
        plant(folder, mine)
        if any(path.startswith(f"{page}/") for path in mine for page in after):
            with pytest.raises(OutputError, match="in the way"):
                build(folder, after)
            assert tree(folder) == {**before, **mine}
            return
        committed = build(folder, after)
        assert tree(folder) == {**after, **mine}
        assert folders(folder) == parents_of([*after, *mine])
        assert committed.written + committed.unchanged == len(after)
        assert committed.unchanged == sum(before.get(path) == content for path, content in after.items())
        assert committed.removed == len(before.keys() - after.keys())
        assert listed(folder) == set(after)


def _is_file_on(place: str, site: Site) -> bool:
    """Whether the site has a file where the folder `place` would have to be."""
    return any(f"{place}".startswith(f"{path}/") for path in site)
