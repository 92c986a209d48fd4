"""What changed, from build to build: told with the record's date, kept in the content folder, on no page by mistake."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import generator
from generator.build import check
from generator.differences import Block, difference
from generator.errors import InputError
from generator.fields import TEXT_BYTES
from generator.history import past_of, tell
from generator.history_file import FILE_BYTES, KEPT, Past, file_name, past_bytes, read_past
from generator.models import TEXT_NAMES, Change, Offering
from generator.settings import Settings
from generator.workshop import View, Workshop
from page_rules import page_faults
from site_checks import build_site, check_site, tree
from stores import offering, texts, told, write_records, write_store, write_toml

BASE = "https://apps.example.com/shop/"
ATOM = "{http://www.w3.org/2005/Atom}"
EXAMPLE = Path(__file__).parent.parent / "content"
MARCH, APRIL, MAY = (f"2026-0{month}-03T09:00:00+02:00" for month in (3, 4, 5))
POLICY = "# Retention\n\nLogs are kept for {} days."


def app(days: int = 30, at: str | None = MARCH, **changes: Any) -> dict[str, Any]:
    return offering(reference="dusk", name="Dusk", compliance=POLICY.format(days), updated_at=at, **changes)


def record(days: int = 30, at: str | None = MARCH, **changes: Any) -> Offering:
    return Offering.model_validate(app(days, at, **changes))


def after(*records: Offering) -> Past:
    """What is kept once each of these was built."""
    past: Past | None = None
    for it in records:
        chronicle = tell(past, it, "commonmark")
        past = past_of(it, chronicle) if past is None or not chronicle.is_kept else past
    assert past is not None
    return past


def shown(changes: tuple[Change, ...]) -> list[tuple[str, str, str]]:
    """Changes as text, date, and the words of the first edit."""
    return [
        (change.text, change.at.isoformat() if change.at else "", "".join(run.words for run in edit.runs))
        for change in changes
        for edit in change.difference.edits[:1]
    ]


# ------------------------------------------------------------------------------------------- dates, without a clock


def test_an_app_that_is_new_did_not_change() -> None:
    chronicle = tell(None, record(), "commonmark")
    assert (chronicle.changes, chronicle.is_kept) == ((), False)


WORDS = "Logs are kept for 30 90 days."


@pytest.mark.parametrize(
    ("first", "then", "date", "is_kept"),
    [
        pytest.param(MARCH, MAY, MAY, False, id="a newer date: the change is of that day"),
        pytest.param(MARCH, MARCH, "", True, id="the same date: the change has none yet"),
        pytest.param(MARCH, "2026-03-03T07:00:00Z", "", True, id="the same instant, written in another way"),
        pytest.param(MARCH, None, "", True, id="no date any more"),
        pytest.param(None, None, "", True, id="never a date"),
        pytest.param(None, MAY, MAY, False, id="the first date"),
        pytest.param(MAY, MARCH, MARCH, False, id="a date that was wrong and was mended"),
    ],
)
def test_the_date_of_a_change_is_the_records(first: str | None, then: str | None, date: str, is_kept: bool) -> None:
    chronicle = tell(after(record(30, first)), record(90, then), "commonmark")
    assert shown(chronicle.changes) == [("compliance", date, WORDS)]
    assert chronicle.is_kept == is_kept


def test_a_record_that_was_never_updated_has_the_date_of_its_creation() -> None:
    old, new = record(30, None, created_at=MARCH), record(90, None, created_at=MAY)
    assert shown(tell(after(old), new, "commonmark").changes) == [("compliance", MAY, WORDS)]


def test_changes_without_a_date_become_one_with_the_next_date() -> None:
    past = after(record(30), record(60), record(90))
    assert past.updated_at == datetime.fromisoformat(MARCH)
    assert shown(tell(past, record(90, MAY), "commonmark").changes) == [("compliance", MAY, WORDS)]
    assert tell(past, record(30, MAY), "commonmark").changes == ()


def test_a_newer_date_alone_is_no_change() -> None:
    chronicle = tell(after(record()), record(at=MAY), "commonmark")
    assert (chronicle.changes, chronicle.is_kept) == ((), True)


def test_other_formatting_is_kept_and_not_told() -> None:
    new = Offering.model_validate(app(at=MAY) | {"compliance": POLICY.format("*30*")})
    chronicle = tell(after(record()), new, "commonmark")
    assert (chronicle.changes, chronicle.is_kept) == ((), False)


def test_each_text_keeps_its_last_changes() -> None:
    """Many changes of one text push out none of another."""
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(KEPT + 5)]
    records = [record(n, day.isoformat(), features=f"Version {n // (KEPT + 3)}") for n, day in enumerate(days)]
    changes = after(*records).changes
    assert [change.text for change in changes].count("compliance") == KEPT
    assert [change.text for change in changes].count("features") == 1
    assert changes[0].at == days[5]


def versions(text: str, features: str | None, at: str | None) -> Offering:
    return Offering.model_validate(app(at=at) | {"compliance": text, "features": features})


DATES = st.sampled_from([MARCH, APRIL, MAY, None])
RECORDS = st.lists(st.builds(versions, texts(), texts() | st.none(), DATES), min_size=1, max_size=5)


@given(RECORDS)
def test_what_is_told_is_the_same_before_and_after_it_is_kept(records: list[Offering]) -> None:
    past: Past | None = None
    for it in records:
        chronicle = tell(past, it, "commonmark")
        if not chronicle.is_kept:
            past = past_of(it, chronicle)
            again = tell(past, it, "commonmark")
            assert (again.changes, again.is_kept) == (chronicle.changes, True)


# ---------------------------------------------------------------------------------------------------- the file


@given(RECORDS)
def test_what_is_kept_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, records: list[Offering]) -> None:
    past = after(*records)
    content = tmp_path_factory.mktemp("kept")
    write_past(content, past)
    assert read_past(content, "dusk") == past


def write_past(content: Path, past: Past) -> Path:
    path = content / "history/dusk.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(past_bytes("dusk", past))
    return path


def test_a_file_has_a_line_for_each_line_of_a_text(tmp_path: Path) -> None:
    path = write_past(tmp_path, after(record(30), record(90, MAY)))
    assert path.read_text().splitlines() == [
        "{",
        ' "reference": "dusk",',
        f' "updated_at": "{MAY}",',
        ' "changes": [',
        f'  {{"at": "{MAY}", "text": "compliance", "edits": [{{"heading": "Retention", "words": '
        '[["=", "Logs are kept for"], ["-", " 30"], ["+", " 90"], ["=", " days."]]}]}',
        " ],",
        ' "description": [],',
        ' "features": [],',
        ' "compliance": [',
        '  "# Retention",',
        '  "",',
        '  "Logs are kept for 90 days."',
        " ]",
        "}",
    ]


def test_the_largest_file_of_ours_can_be_read(tmp_path: Path) -> None:
    line = " ".join(f'"{"🚀" * 140}" {n}' for n in range(13 * 8))
    told = difference([Block(line, "h" * 200)] * 30, [Block(re.sub(r" (\d+)", r" x\1 y", line), "h" * 200)] * 30)
    assert told
    changes = tuple(Change(name, datetime(2026, 1, 1, tzinfo=UTC), told) for name in TEXT_NAMES for _ in range(KEPT))
    long = {name: '"' * TEXT_BYTES if name == "features" else "\n" * TEXT_BYTES for name in TEXT_NAMES}
    path = write_past(tmp_path, Past(None, long, changes))
    assert path.stat().st_size < FILE_BYTES
    assert read_past(tmp_path, "dusk").texts == long


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        pytest.param("wdc_dusk", r"wdc_dusk\.json", id="a plain name"),
        pytest.param("Noon / at: twelve", r"noon-at-twelve\.[0-9a-f]{16}\.json", id="with signs"),
        pytest.param("../../etc/passwd", r"etc-passwd\.[0-9a-f]{16}\.json", id="a path"),
        pytest.param("夜明け", r"app\.[0-9a-f]{16}\.json", id="another script"),
        pytest.param("con", r"con\.[0-9a-f]{16}\.json", id="a device"),
        pytest.param("a" * 161, r"a{48}\.[0-9a-f]{16}\.json", id="long"),
        pytest.param("Dusk", r"dusk\.[0-9a-f]{16}\.json", id="capitals, which not every system tells apart"),
    ],
)
def test_names_of_files(reference: str, name: str) -> None:
    assert re.fullmatch(name, file_name(reference))


GOOD = {"reference": "dusk", "updated_at": MARCH, "changes": [], "description": [], "features": [], "compliance": []}
CHANGE = {"at": MARCH, "text": "features", "edits": [{"words": [["+", "New"]]}]}
BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no JSON": ('{\n "reference": <<<<<<< HEAD\n', "history/dusk.json:2:15: is no JSON: expected value"),
    "broken off": ("", "history/dusk.json:1:1: is no JSON: EOF while parsing a value"),
    "not UTF-8": (b'{"reference": "\xff"}', "history/dusk.json:1:16: is no JSON: invalid unicode code point"),
    "a list": ("[]", "history/dusk.json:1: expected a table of values, got a list"),
    "of another app": (
        json.dumps(GOOD | {"reference": "dawn"}, indent=1),
        "history/dusk.json:2: reference: is dawn, and by its name the file is that of dusk",
    ),
    "a number for lines": (
        json.dumps(GOOD | {"features": 7}, indent=1),
        "history/dusk.json:6: features: expected a list, got the number 7",
    ),
    "an unknown key": (
        json.dumps(GOOD | {"compliances": []}, indent=1),
        "history/dusk.json:8: compliances: unknown key; did you mean compliance?",
    ),
    "a key less": (json.dumps({"reference": "dusk"}), "history/dusk.json:1: updated_at: is missing, and required"),
    "a change of what is no text": (
        json.dumps(GOOD | {"changes": [CHANGE | {"text": "name"}]}, indent=1),
        'history/dusk.json:7: changes[0].text: "name" is none of description, features or compliance',
    ),
    "a change at no time": (
        json.dumps(GOOD | {"changes": [CHANGE | {"at": "yesterday"}]}, indent=1),
        "history/dusk.json:6: changes[0].at: 'yesterday' is no date and time such as 2026-04-13T04:19:49-05:00",
    ),
    "too many changes": (
        json.dumps(GOOD | {"changes": [CHANGE] * 31}, indent=1),
        "history/dusk.json:4: changes: 31 entries, at most 30",
    ),
    "a long run": (
        json.dumps(GOOD | {"changes": [CHANGE | {"edits": [{"words": [["+", "x" * 2001]]}]}]}, indent=1),
        "history/dusk.json:13: changes[0].edits[0].words[0][1]: 2,001 characters, at most 2,000",
    ),
    "a long text": (
        json.dumps(GOOD | {"features": ["x" * 65_537]}, indent=1),
        "history/dusk.json:6: features: 65,537 bytes, at most 65,536",
    ),
    "a long file": (" " * (FILE_BYTES + 1), "history/dusk.json: 4,194,305 bytes, at most 4,194,304"),
    "nested deep": ("[" * 100_000, "history/dusk.json:1:202: is no JSON: recursion limit exceeded"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    broken, problem = BROKEN[name]
    content = write_store(tmp_path / "content", [app(90, MAY)], files={"history/dusk.json": broken})
    before = tree(content)
    with pytest.raises(InputError) as caught:
        build_site(content, tmp_path / "site")
    assert problem in told(caught.value.problems, content)
    assert tree(content) == before
    assert not (tmp_path / "site").exists()
    with pytest.raises(InputError) as caught:
        check(Settings(content, templates=tmp_path), lambda *_: None)
    assert problem in told(caught.value.problems, content)


def _link(content: Path) -> None:
    (content / "elsewhere.json").write_text(json.dumps(GOOD))
    (content / "history/dusk.json").symlink_to("../elsewhere.json")


PLANTED = {
    "a link": (_link, "history/dusk.json: is a link; put the file itself here"),
    "a FIFO": (lambda content: os.mkfifo(content / "history/dusk.json"), "history/dusk.json: is not a regular file"),
    "a folder": (lambda content: (content / "history/dusk.json").mkdir(), "history/dusk.json: is not a regular file"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_only_plain_files_are_read(tmp_path: Path, name: str) -> None:
    plant, problem = PLANTED[name]
    content = write_store(tmp_path / "content", [app()])
    (content / "history").mkdir()
    plant(content)
    with pytest.raises(InputError) as caught:
        build_site(content, tmp_path / "site")
    assert told(caught.value.problems, content) == [problem]


@pytest.mark.parametrize("kind", ["a file", "a link"])
def test_only_a_plain_folder_is_used(tmp_path: Path, kind: str) -> None:
    content = write_store(tmp_path / "content", [app()])
    if kind == "a file":
        (content / "history").write_text("mine")
    else:
        (tmp_path / "elsewhere").mkdir()
        (content / "history").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError) as caught:
        build_site(content, tmp_path / "site")
    assert told(caught.value.problems, content) == ["history: is no folder; what changed is kept in one of this name"]


# ------------------------------------------------------------------------------------------------ whole stores


def edited(content: Path, days: int, at: str | None, **changes: Any) -> None:
    folder = content / "offerings/dusk"
    record = app(days, at, **changes)
    for name in TEXT_NAMES:
        if name in record:
            (folder / f"{name}.md").write_text(record.pop(name))
    write_toml(folder / "offering.toml", record)


def entries(site: Path, feed: str) -> list[dict[str, str]]:
    root = ElementTree.parse(site / feed).getroot()  # noqa: S314  # ours
    return [
        {
            name: " ".join("".join(it.itertext()).split())
            for name in ("id", "title", "updated", "summary", "content")
            if (it := entry.find(f"{ATOM}{name}")) is not None
        }
        for entry in root.findall(f"{ATOM}entry")
    ]


def traces(folder: Path) -> dict[str, tuple[int, int]]:
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {str(path): (status.st_ino, status.st_mtime_ns) for path, status in found.items()}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A store that was built, and then one text of it changed, and the date of its record."""
    content = write_store(tmp_path / "content", {"dusk": app(), "dawn": offering(id=2, reference="dawn", name="Dawn")})
    build_site(content, tmp_path / "site", base_url=BASE)
    assert sorted(path.name for path in (content / "history").iterdir()) == ["dawn.json", "dusk.json"]
    edited(content, 90, MAY)
    return tmp_path


def test_a_change_is_told_by_the_build_that_meets_it(shop: Path) -> None:
    build_site(shop / "content", shop / "site", base_url=BASE)
    check_site(shop / "site", BASE)
    page = (shop / "site/apps/dusk/index.html").read_text()
    assert '<del><span class="hidden">[removed: </span>30<span class="hidden">]</span></del>' in page
    assert '<time datetime="2026-05-03T09:00:00+02:00">3 May 2026</time></h3>' in page
    assert "What changed" not in (shop / "site/apps/dawn/index.html").read_text()
    updated = (shop / "site/updated/index.html").read_text()
    (place,) = re.findall(r'<ul class="changed".*?<a href="\.\./apps/dusk/index\.html#([^"]*)"', updated, re.DOTALL)
    assert f'<h3 id="{place}">' in page
    kept = json.loads((shop / "content/history/dusk.json").read_text())
    assert (kept["updated_at"], len(kept["changes"]), kept["compliance"][-1]) == (MAY, 1, "Logs are kept for 90 days.")


def test_a_change_is_in_the_feeds(shop: Path) -> None:
    assert not (shop / "site/compliance.xml").exists()
    build_site(shop / "content", shop / "site", base_url=BASE)
    (entry,) = entries(shop / "site", "compliance.xml")
    assert entry == {
        "id": f"{BASE}apps/dusk/#changed-1777791600",
        "title": "Dusk",
        "updated": MAY,
        "content": "Retention Logs are kept for [removed: 30] [added: 90] days.",
    }
    (news,) = entries(shop / "site", "feed.xml")
    assert news["summary"] == "Dusk Security & Compliance: Logs are kept for [removed: 30] [added: 90] days."
    assert (
        'title="App store: changes in Security &amp; Compliance" href="../../compliance.xml"'
        in (shop / "site/apps/dusk/index.html").read_text()
    )
    build_site(shop / "content", shop / "elsewhere")
    assert not (shop / "elsewhere/compliance.xml").exists()


def test_the_next_build_writes_nothing_and_says_the_same(shop: Path) -> None:
    build_site(shop / "content", shop / "site", base_url=BASE)
    before = traces(shop)
    for jobs in (1, 2):
        build_site(shop / "content", shop / "site", base_url=BASE, jobs=jobs)
        assert traces(shop) == before


def test_where_nothing_can_be_kept_the_pages_are_the_same(shop: Path) -> None:
    """A build between a kill and the next one, or one in CI whose history nobody commits."""
    kept = (shop / "content/history/dusk.json").read_bytes()
    build_site(shop / "content", shop / "site", base_url=BASE)
    (shop / "content/history/dusk.json").write_bytes(kept)
    build_site(shop / "content", shop / "again", base_url=BASE)
    assert tree(shop / "again") == tree(shop / "site")


def test_a_change_goes_through_all_its_dates(shop: Path) -> None:
    build_site(shop / "content", shop / "site", base_url=BASE)
    edited(shop / "content", 60, "2026-06-09T00:00:00+02:00", features="Dims.")
    build_site(shop / "content", shop / "site", base_url=BASE)
    assert [entry["updated"] for entry in entries(shop / "site", "compliance.xml")] == [
        "2026-06-09T00:00:00+02:00",
        MAY,
    ]
    months = re.findall(
        r"<h2 [^>]*>(\w+) 2026|class=\"name\"[^>]*><a[^>]*>(\w+)", (shop / "site/updated/index.html").read_text()
    )
    assert ["".join(it) for it in months] == ["June", "Dusk", "May", "Dusk"]
    check_site(shop / "site", BASE)


def test_a_change_without_a_date_is_on_the_page_alone(shop: Path) -> None:
    edited(shop / "content", 90, MARCH)
    before = tree(shop / "content")
    build_site(shop / "content", shop / "site", base_url=BASE)
    assert tree(shop / "content") == before
    page = (shop / "site/apps/dusk/index.html").read_text()
    assert '<h3 id="changed-since">Since 3 March 2026</h3>' in page
    assert "[added: </span>90" in page
    assert "90" not in (shop / "site/updated/index.html").read_text().partition("<main")[2]
    assert not (shop / "site/compliance.xml").exists()


def test_a_record_without_any_date(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", {"dusk": app(at=None)})
    build_site(content, tmp_path / "site", base_url=BASE)
    edited(content, 90, None)
    build_site(content, tmp_path / "site", base_url=BASE)
    assert '<h3 id="changed-since">Without a date</h3>' in (tmp_path / "site/apps/dusk/index.html").read_text()
    check_site(tmp_path / "site", BASE)


@pytest.mark.parametrize("state", ["draft", "disabled"])
def test_what_nobody_sees_has_no_history(tmp_path: Path, state: str) -> None:
    content = write_store(tmp_path / "content", {"dusk": app() | {state: True}})
    for days, at in ((30, MARCH), (90, MAY)):
        edited(content, days, at, **{state: True})
        build_site(content, tmp_path / "site", base_url=BASE, drafts=True)
    assert not (content / "history").exists()
    assert not any(b"What changed</" in it for path, it in tree(tmp_path / "site").items() if path.startswith("apps/"))


def test_history_itself_is_not_published(shop: Path) -> None:
    build_site(shop / "content", shop / "site", base_url=BASE)
    assert not [path for path in tree(shop / "site") if "history" in path]
    assert b"changes" not in (shop / "site/v1/app_offerings/1.json").read_bytes()


def test_a_file_of_records_has_a_history_too(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content")
    for days, at in ((30, MARCH), (90, MAY)):
        file = write_records(tmp_path / "records.json", [app(days, at)])
        build_site(content, tmp_path / "site", source=str(file), base_url=BASE)
    assert [it["updated"] for it in entries(tmp_path / "site", "compliance.xml")] == [MAY]
    assert list(tree(content)) == ["history/dusk.json"]


def test_without_a_content_folder_none_is_made(tmp_path: Path) -> None:
    file = write_records(tmp_path / "records.json", [app()])
    build_site(tmp_path / "content", tmp_path / "site", source=str(file))
    assert not (tmp_path / "content").exists()


HOSTILE = "</li><script>alert(1)</script> \u202e {{ 7 * 7 }} ]]> & <!-- \x01"


def test_hostile_history_harms_nobody(tmp_path: Path) -> None:
    change = {
        "at": MARCH,
        "text": "compliance",
        "edits": [{"heading": HOSTILE, "words": [["-", HOSTILE], ["+", f"x {HOSTILE}"], ["=", ""], ["+", " "]]}],
    }
    kept = GOOD | {"changes": [change, change, change | {"edits": []}], "compliance": app()["compliance"].split("\n")}
    content = write_store(tmp_path / "content", {"dusk": app()}, files={"history/dusk.json": json.dumps(kept)})
    build_site(content, tmp_path / "site", base_url=BASE)
    check_site(tmp_path / "site", BASE)
    (entry,) = entries(tmp_path / "site", "compliance.xml")
    assert "alert" not in entry["id"]
    for path in ("apps/dusk/index.html", "updated/index.html", "feed.xml", "compliance.xml"):
        page = (tmp_path / "site" / path).read_text()
        assert not re.search("<script>|\u202e|\x01|49", page), path
        if path.endswith(".html"):
            assert [*page_faults(path, page.encode())] == []


def test_preview_and_check_show_changes_and_write_nothing(shop: Path) -> None:
    before = traces(shop / "content")
    settings = Settings(shop / "content", templates=shop / "none", base_url=BASE)
    check(settings, lambda *_: None)
    preview = Workshop(settings, shop / "files")
    preview.update()
    page = preview.show("apps/dusk/index.html", View())
    assert page
    assert b"[added: </span>90" in (page.content or b"")
    assert traces(shop / "content") == before


def test_a_preview_follows_the_history_and_the_text(shop: Path) -> None:
    preview = Workshop(Settings(shop / "content", templates=shop / "none", base_url=BASE), shop / "files")
    preview.update()
    build_site(shop / "content", shop / "site", base_url=BASE)
    assert not preview.update()  # kept or not, it is the same edition
    edited(shop / "content", 365, "2026-06-09T00:00:00+02:00")
    assert preview.update()
    page = preview.show("apps/dusk/index.html", View())
    assert b"[added: </span>365" in ((page and page.content) or b"")
    (shop / "content/history/dusk.json").write_text("{")
    preview.update()
    assert [problem.where.rpartition("/")[2] for problem in preview.problems] == ["dusk.json"]
    (shop / "content/history/dusk.json").unlink()
    preview.update()
    assert preview.problems == ()


# ------------------------------------------------------------------------------------------------------ trouble

RUN = "generator.cli.main(['build', '--jobs', '1', '--strict', *sys.argv[1:]])\n"
BEGIN = "import os, sys, errno, generator.build, generator.cli, generator.history, encodings.idna\n"
READ_ONLY = """
def fail(event, arguments):
    writes = event == 'open' and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes and 'content/' in str(arguments[0]):
        raise OSError(errno.EROFS, 'Read-only file system')
sys.addaudithook(fail)
"""
KILLED = """
def fail(event, arguments):
    if event == 'os.rename' and 'content/history' in str(arguments[1]):
        os._exit(9)
sys.addaudithook(fail)
"""


def run(shop: Path, harm: str) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own, which comes to harm."""
    return subprocess.run(
        [sys.executable, "-c", f"{BEGIN}{harm}\n{RUN}", "--base-url", BASE, "--no-search"],
        cwd=shop,
        env={**os.environ, "PYTHONPATH": str(Path(generator.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_read_only_folder_is_a_warning(shop: Path) -> None:
    before = tree(shop / "content")
    done = run(shop, READ_ONLY)
    assert done.returncode == 0, done.stderr
    assert "content/history: dusk.json: read-only file system; what changed could not be kept" in done.stderr
    assert tree(shop / "content") == before
    assert "[added: </span>90" in (shop / "site/apps/dusk/index.html").read_text()


def test_a_kill_before_history_is_kept_loses_nothing(shop: Path) -> None:
    before = tree(shop / "content")
    assert run(shop, KILLED).returncode == 9
    killed = tree(shop / "site")
    assert all(path.startswith("history/.dusk.json.") for path in tree(shop / "content").keys() - before.keys())
    build_site(shop / "content", shop / "site", base_url=BASE)
    assert tree(shop / "site") == killed
    assert json.loads((shop / "content/history/dusk.json").read_text())["updated_at"] == MAY


# --------------------------------------------------------------------------------------------------- the example


def test_the_history_of_the_example_is_whole(tmp_path: Path) -> None:
    """A build leaves the folder as it is; when it does not, build the store and commit its history."""
    shutil.copytree(EXAMPLE, tmp_path / "content")
    before = tree(tmp_path / "content")
    build_site(tmp_path / "content", tmp_path / "site", base_url=BASE)
    assert tree(tmp_path / "content") == before
    assert len(entries(tmp_path / "site", "compliance.xml")) == 4
    kept = {name for name in before if name.startswith("history/")}
    shown = {name for name in tree(tmp_path / "site") if re.fullmatch("apps/[^/]*/index.html", name)}
    assert len(kept) == len(shown)


def test_problems_of_every_file_are_told_at_once(tmp_path: Path) -> None:
    files = {"history/dusk.json": "{", "history/dawn.json": "[]"}
    records = {"dusk": app(), "dawn": offering(id=2, reference="dawn", name="Dawn"), "night": offering(id=3, name="")}
    content = write_store(tmp_path / "content", records, files=files)
    with pytest.raises(InputError) as caught:
        build_site(content, tmp_path / "site")
    places = [line.partition(" ")[0] for line in told(caught.value.problems, content)]
    assert places == ["history/dawn.json:1:", "history/dusk.json:1:1:", "offerings/night/offering.toml:3:"]
