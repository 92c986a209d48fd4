"""Whole stores: from a content folder to a site, and what stays when a build fails.

``tests/golden/site`` is what ``tests/golden/content`` becomes with the templates of ``tests/golden/templates``. After a
change that is meant, make it anew and read the difference:

    cd tests/golden && PYTHONPATH=../.. python -m generator build --no-search
"""

import contextlib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.build import build, check
from generator.errors import AppshelfError, InputError, OutputError, Problem, UsageError
from generator.settings import Settings
from site_checks import MANIFEST, build_site, check_site, parse, tree
from stores import offering, pdf, random_store, several, write_records, write_store

GOLDEN = Path(__file__).parent / "golden"
EXAMPLE = Path(__file__).parent.parent / "content"
BASE = "https://apps.example.com/shop/"

SITE = pytest.mark.xdist_group  # tests that share one built site run on one worker, and build it once


def problems_of(content: Path, output: Path, **settings: Any) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        build_site(content, output, **settings)
    return caught.value.problems


def traces(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What any writing would change."""
    return {
        path: ((folder / path).stat().st_ino, (folder / path).stat().st_mtime_ns, content)
        for path, content in tree(folder).items()
    }


def pages_of(site: Path) -> set[str]:
    return {path for path in tree(site) if path.endswith(".html")}


def details(site: Path) -> set[str]:
    return {path for path in pages_of(site) if path.startswith("apps/")}


def grep(site: Path, words: str) -> set[str]:
    """The files that hold some words, in their bytes or their names."""
    return {path for path, content in tree(site).items() if words.encode() in content or words in path}


# The golden store


def test_the_golden_store_is_the_golden_site(tmp_path: Path) -> None:
    """Byte for byte. Assets that only our own templates bring are left out, and with them the manifest."""
    build_site(GOLDEN / "content", tmp_path / "site", templates=GOLDEN / "templates")
    made, expected = _comparable(tmp_path / "site"), _comparable(GOLDEN / "site")
    assert sorted(made) == sorted(expected)
    for path, content in made.items():
        assert content.decode() == expected[path].decode(), path


def test_the_golden_site_holds_together(tmp_path: Path) -> None:
    """Its templates are small, but its links are those of every store."""
    build_site(GOLDEN / "content", tmp_path / "site", templates=GOLDEN / "templates")
    check_site(tmp_path / "site", "https://lamps.example.com/shop/")


def _comparable(site: Path) -> dict[str, bytes]:
    own = {path.name for path in (GOLDEN / "templates/assets").iterdir()}
    return {
        path: content
        for path, content in tree(site).items()
        if path != MANIFEST and (not path.startswith("assets/") or re.sub(r"\.[0-9a-f]+\.", ".", path[7:]) in own)
    }


# The example store


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("example") / "site"
    report = build_site(EXAMPLE, site, base_url=BASE, strict=True)
    assert report.warnings == ()
    return site


@SITE("example")
def test_the_example_store_holds_together(example: Path) -> None:
    check_site(example, BASE)


@SITE("example")
def test_the_example_store_shows_each_of_its_apps(example: Path) -> None:
    files = (EXAMPLE / "offerings").glob("*/offering.toml")
    apps = [tomllib.loads(file.read_text("utf-8")) for file in files]
    shown = [app for app in apps if not app.get("disabled") and not app.get("draft")]
    headings = {
        re.sub(r"\s+", " ", match[1])
        for path in details(example)
        if (match := re.search(r"<h1[^>]*>(.*?)</h1>", (example / path).read_text("utf-8"), re.DOTALL))
    }
    assert len(shown) > 9
    assert headings == {app["name"] for app in shown}


@SITE("example")
def test_the_example_store_warns_of_nothing_and_hints_at_nothing_but_pictures(example: Path) -> None:
    report = check(Settings(content=EXAMPLE, output=example, templates=example.parent), lambda *_: None)
    assert {problem.field for problem in report.warnings} <= {"picture_uri"}


# The real listings


@pytest.fixture(scope="module")
def real(real_listings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    content = write_store(folder / "content", store={"title": "Real apps", "base_url": BASE})
    build_site(content, folder / "site", source=str(real_listings))
    return folder / "site"


@pytest.mark.long
@SITE("real")
def test_the_real_listings_hold_together(real: Path) -> None:
    check_site(real, BASE)


@pytest.mark.long
@SITE("real")
def test_every_real_listing_that_is_not_disabled_has_its_page(real: Path, real_listings: Path) -> None:
    records = json.loads(real_listings.read_text("utf-8"))
    shown = [record for record in records if not record["disabled"]]
    assert len(details(real)) == len(shown) == 244
    titles = {parse((real / path).read_bytes()).title.partition(" · ")[0] for path in details(real)}
    assert titles == {record["name"] for record in shown}
    listed = json.loads((real / "v1/app_offerings.json").read_text("utf-8"))
    assert {record["id"] for record in listed} == {record["id"] for record in shown}


@pytest.mark.long
@SITE("real")
def test_the_lists_of_the_real_store_hold_every_app_once(real: Path) -> None:
    """Six pages of 48."""
    lists = [path for path in pages_of(real) if re.fullmatch(r"(page/\d+/)?index\.html", path)]
    cards = [
        link
        for path in lists
        for tag, _, link in parse((real / path).read_bytes()).links
        if tag == "a" and "apps/" in link
    ]
    assert len(lists) == 6
    assert len(cards) == len({re.sub(r"^(\.\./)+", "", card) for card in cards}) == 244


# Any store


@pytest.mark.parametrize(
    ("seed", "count", "base_url"), [pytest.param(1, 20, None, marks=pytest.mark.long), (2, 16, BASE), (3, 3, BASE)]
)
def test_a_seeded_store_holds_together(tmp_path: Path, seed: int, count: int, base_url: str | None) -> None:
    store = random_store(tmp_path / "content", seed, count)
    report = build_site(store.folder, tmp_path / "site", base_url=base_url)
    check_site(tmp_path / "site", base_url)
    assert len(details(tmp_path / "site")) == report.offerings == len(store.shown)
    records = json.loads((tmp_path / "site/v1/app_offerings.json").read_text("utf-8"))
    assert {record["reference"] for record in records} == set(store.shown)


def test_a_store_without_offerings_builds(tmp_path: Path) -> None:
    report = build_site(write_store(tmp_path / "content"), tmp_path / "site")
    check_site(tmp_path / "site")
    assert report.offerings == 0
    assert pages_of(tmp_path / "site") == {"index.html", "updated/index.html", "404.html"}


def test_a_folder_without_offerings_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (problem,) = problems_of(tmp_path / "content", tmp_path / "site")
    assert problem.where == str(tmp_path / "content/offerings")
    assert not (tmp_path / "site").exists()


def test_names_that_collide_each_have_their_page(tmp_path: Path) -> None:
    """The third is named like the page of the first would be."""
    references = ("a", "A", "a-ca978112", "index", "ﬁle", "file", "日本", "77710aed")
    records = [offering(id=n, reference=it, name=f"App {n}") for n, it in enumerate(references, 1)]
    content = write_store(tmp_path / "content", {f"folder-{n}": it for n, it in enumerate(records)})
    build_site(content, tmp_path / "site")
    check_site(tmp_path / "site")
    titles = [parse((tmp_path / "site" / path).read_bytes()).title for path in details(tmp_path / "site")]
    assert sorted(title.partition(" · ")[0] for title in titles) == [f"App {n}" for n in range(1, 9)]


@pytest.mark.parametrize(
    "names",
    [
        ("Terms.pdf", "terms.pdf"),
        ("Cafe\u0301.pdf", "Caf\u00e9.pdf"),
        ("STRASSE.pdf", "Straße.pdf"),
        ("ﬁle.pdf", "file.pdf"),
    ],
)
def test_one_file_under_two_names_that_differ_little(tmp_path: Path, names: tuple[str, str]) -> None:
    """Two authors attach the same terms; on a file system that ignores case the two paths would be one."""
    one, two = several(2)
    files = {f"offerings/app-{n}/attachments/{name}": pdf("Terms") for n, name in enumerate(names, 1)}
    content = write_store(tmp_path / "content", {"app-1": one, "app-2": two}, files=files)
    build_site(content, tmp_path / "site")
    check_site(tmp_path / "site")


HOSTILE = '"><img src=x onerror=alert(1)></title><script>alert(1)</script>'


def test_a_hostile_store_holds_together(tmp_path: Path) -> None:
    """No script, no foreign link, no broken page, whatever the fields say."""
    texts = dict.fromkeys(
        ("description", "features", "compliance"), f"# {HOSTILE}\n\n[x](javascript:alert(1)) {HOSTILE}"
    )
    record = offering(
        reference=HOSTILE,
        name=HOSTILE,
        card_description=HOSTILE,
        configuration_uri_template=f"https://example.com/{HOSTILE}".replace(" ", ""),
        picture_uri="javascript:alert(1)",
        **texts,
        store={
            "categories": [HOSTILE[:64], "javascript:alert(1)"],
            "tags": [HOSTILE[:64]],
            "publisher": HOSTILE[:64],
            "website": "https://example.com/?'onclick='alert(1)&lt;script&gt;",
            "support": "mailto:help'onclick='alert`1`'@example.com",
            "screenshots": [],
            "assurances": [{"topic": HOSTILE[:64], "status": HOSTILE[:64], "scope": HOSTILE}],
        },
    )
    files = {'offerings/x/attachments/"><svg onload=alert(1)>.txt': "<script>alert(1)</script>"}
    settings = {"title": HOSTILE[:64], "tagline": HOSTILE, "provider": {"name": HOSTILE[:64]}}
    content = write_store(tmp_path / "content", {"x": record}, store=settings, files=files)
    build_site(content, tmp_path / "site", base_url=BASE)
    check_site(tmp_path / "site", BASE)
    (page,) = details(tmp_path / "site")
    assert HOSTILE in parse((tmp_path / "site" / page).read_bytes()).words


def test_records_of_a_file_take_what_the_folder_lays_over_them(tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.json", {"app_offerings": several(3)})
    overlay = {"app_2": {"reference": "wdc_app_2", "store": {"publisher": "Acme", "categories": ["Lights"]}}}
    files = {"offerings/app_2/attachments/terms.pdf": pdf("Terms")}
    content = write_store(tmp_path / "content", overlay, files=files)
    build_site(content, tmp_path / "site", source=str(records))
    check_site(tmp_path / "site")
    assert len(details(tmp_path / "site")) == 3
    assert {"categories/lights/index.html", "publishers/acme/index.html"} <= pages_of(tmp_path / "site")
    assert "terms.pdf" in (tmp_path / "site/apps/wdc_app_2/index.html").read_text()


# What is left out


def test_a_disabled_offering_is_gone_with_the_next_build(tmp_path: Path) -> None:
    one, two = several(2, store={"categories": ["Lights"]})
    two["store"] = {"categories": ["Rooms"], "publisher": "Acme"}
    content = write_store(
        tmp_path / "content", [one, two], files={"offerings/wdc_app_2/attachments/a.txt": "only theirs"}
    )
    site = tmp_path / "site"
    build_site(content, site, base_url=BASE)
    assert len(grep(site, "wdc_app_2")) > 3
    prepend(content / "offerings/wdc_app_2/offering.toml", "disabled = true\n")
    report = build_site(content, site, base_url=BASE)
    check_site(site, BASE)
    assert report.disabled == 1
    assert report.committed
    assert report.committed.removed > 4
    words = ("wdc_app_2", "App 2", "Rooms", "Acme", "only theirs")
    assert [word for word in words if grep(site, word)] == []
    folders = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_dir()}
    assert not folders & {"apps/wdc_app_2", "categories/rooms", "publishers/acme", "v1/app_offerings/2"}


def test_the_files_of_a_disabled_offering_stop_no_build(tmp_path: Path) -> None:
    one, two = several(2)
    two |= {"disabled": True, "description": "![x](attachments/lost.png)", "picture_uri": "https://example.com/x.png"}
    two["store"] = {"screenshots": [{"file": "attachments/lost.png"}]}
    files = {"picture.png": b"no picture", "attachments/run.exe": b"MZ\0"}
    content = write_store(
        tmp_path / "content", [one, two], files={f"offerings/wdc_app_2/{name}": it for name, it in files.items()}
    )
    report = build_site(content, tmp_path / "site", strict=True)
    assert (report.offerings, report.disabled, report.warnings) == (1, 1, ())


def test_a_draft_is_shown_only_with_drafts(tmp_path: Path) -> None:
    one, two, three = several(3)
    content = write_store(
        tmp_path / "content", [one, {**two, "draft": True}, {**three, "draft": True, "disabled": True}]
    )
    site = tmp_path / "site"
    report = build_site(content, site)
    assert (report.offerings, report.drafts, report.disabled) == (1, 1, 1)
    assert grep(site, "wdc_app_2") == set()
    report = build_site(content, site, drafts=True)
    assert (report.offerings, report.drafts, report.disabled) == (2, 0, 1)
    assert 'content="noindex"' in (site / "apps/wdc_app_2/index.html").read_text()
    assert 'content="noindex"' not in (site / "apps/wdc_app_1/index.html").read_text()
    assert grep(site, "wdc_app_3") == set()
    check_site(site)
    build_site(content, site)
    assert grep(site, "wdc_app_2") == set()


# What fails leaves the old site


@pytest.fixture
def standing(tmp_path: Path) -> tuple[Path, Path]:
    """A store of two, and its site."""
    content = write_store(tmp_path / "content", several(2, description="Words.\n"), store={"title": "Standing"})
    build_site(content, tmp_path / "site")
    return content, tmp_path / "site"


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def prepend(path: Path, text: str) -> None:
    """Write keys that belong to no table."""
    path.write_text(text + path.read_text())


def test_an_error_leaves_the_old_site_whole_and_lists_all_problems(standing: tuple[Path, Path]) -> None:
    content, site = standing
    before = traces(site)
    write_store(content, [offering(id=3, reference="wdc_app_3", name="x" * 129, card_description="y" * 256)])
    write_store(content, {"wrong": {**offering(id=4, reference="wdc_app_4"), "nmae": "App 4"}})
    append(content / "offerings/wdc_app_1/offering.toml", 'policy_jwt_audience = "x\n')
    problems = problems_of(content, site)
    assert {(Path(it.where).parent.name, it.field) for it in problems} == {
        ("wdc_app_1", ""),
        ("wdc_app_3", "name"),
        ("wdc_app_3", "card_description"),
        ("wrong", "nmae"),
    }
    assert all(it.line for it in problems)
    assert traces(site) == before


def test_all_broken_files_are_told_at_once(standing: tuple[Path, Path]) -> None:
    content, site = standing
    before = traces(site)
    for number in (1, 2):
        (content / f"offerings/wdc_app_{number}/picture.png").write_bytes(b"no picture")
    append(
        content / "offerings/wdc_app_1/offering.toml", '[store]\nscreenshots = [{ file = "attachments/lost.png" }]\n'
    )
    problems = problems_of(content, site)
    names = sorted(it.where.removeprefix(f"{content}/offerings/") for it in problems)
    assert names == ["wdc_app_1/offering.toml", "wdc_app_1/picture.png", "wdc_app_2/picture.png"]
    assert traces(site) == before


def test_problems_of_settings_records_and_files_are_told_at_once(standing: tuple[Path, Path]) -> None:
    """Whoever mends a store wants one list, not one a run."""
    content, site = standing
    append(content / "store.toml", "per_page = 0\n")
    prepend(content / "offerings/wdc_app_1/offering.toml", "nmae = 1\n")
    (content / "offerings/wdc_app_2/picture.png").write_bytes(b"no picture")
    problems = problems_of(content, site)
    assert {Path(it.where).name for it in problems} == {"store.toml", "offering.toml", "picture.png"}


def test_a_broken_logo_is_told_with_the_rest(standing: tuple[Path, Path]) -> None:
    content, site = standing
    append(content / "store.toml", 'logo = "logo.png"\n')
    (content / "logo.png").write_bytes(b"no picture")
    (content / "offerings/wdc_app_2/picture.png").write_bytes(b"no picture")
    assert {Path(it.where).name for it in problems_of(content, site)} == {"logo.png", "picture.png"}


def test_strict_makes_warnings_fatal_and_leaves_the_old_site_whole(standing: tuple[Path, Path]) -> None:
    content, site = standing
    before = traces(site)
    (content / "offerings/wdc_app_2/features.md").write_text("One.\n\n[lost](attachments/lost.pdf)\n")
    (content / "offerings/wdc_app_2/notes.md").write_text("unknown")
    problems = problems_of(content, site, strict=True)
    assert {(Path(it.where).name, it.field, it.line) for it in problems} == {
        ("features.md", "features", 3),
        ("notes.md", "", None),
    }
    assert all(it.warning for it in problems)
    assert traces(site) == before
    report = build_site(content, site)
    assert set(report.warnings) == set(problems)
    assert traces(site) != before


BAD_TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "undefined in one page": {"404.html": "\n{{ nothing }}"},
    "syntax": {"404.html": "\n{% if %}"},
    "in a partial": {"_card.html": "\n{{ nothing }}"},
}


@pytest.mark.parametrize("templates", BAD_TEMPLATES.values(), ids=BAD_TEMPLATES)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_template_s_mistake_leaves_the_old_site_whole(
    standing: tuple[Path, Path], tmp_path: Path, templates: Mapping[str, str], jobs: int
) -> None:
    content, site = standing
    before = traces(site)
    ((name, text),) = templates.items()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / name).write_text(text)
    for number in range(10, 40):  # enough that two jobs share the work
        write_store(content, [offering(id=number, reference=f"wdc_app_{number}", name=f"App {number}")])
    problem = problems_of(content, site, templates=tmp_path / "templates", jobs=jobs)[-1]
    assert (problem.where, problem.line) == (str(tmp_path / "templates" / name), 2)
    assert traces(site) == before


@pytest.mark.parametrize("stage", ["files", "render"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_leaves_nothing_behind(standing: tuple[Path, Path], tmp_path: Path, stage: str, jobs: int) -> None:
    """It comes while progress is told, and workers are in the middle of theirs."""
    content, site = standing
    before = traces(site)
    for number in range(10, 60):
        write_store(content, [offering(id=number, reference=f"wdc_app_{number}", name=f"App {number}")])
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/offering.html").write_text("{% for _ in range(10**5) %}{% endfor %}")

    def interrupt(now: str, done: int, total: int) -> None:
        if now == stage and 0 < done < total:
            raise KeyboardInterrupt

    settings = Settings(content=content, output=site, templates=tmp_path / "templates", jobs=jobs)
    with contextlib.suppress(KeyboardInterrupt):
        build(settings, interrupt)
    assert traces(site) == before


def test_a_first_build_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", [offering(name="x" * 129)])
    problems_of(content, tmp_path / "deep/site")
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("output", ["content", "content/site", "."])
def test_a_site_never_replaces_what_it_is_made_from(standing: tuple[Path, Path], output: str) -> None:
    content, _ = standing
    before = tree(content)
    with pytest.raises(OutputError):
        build_site(content, content.parent / output)
    assert tree(content) == before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"source": "spreadsheet"}, "--source spreadsheet"),
        ({"source": "records.toml"}, "--source records.toml"),
        ({"base_url": "apps.example.com"}, "--base-url apps.example.com"),
        ({"base_url": "https://user:secret@example.com/"}, "--base-url"),
        ({"base_url": "https://example.com/?a=1"}, "--base-url"),
        ({"base_url": "https://["}, "--base-url"),
    ],
)
def test_a_wrong_flag_is_told_as_such(standing: tuple[Path, Path], settings: dict[str, Any], words: str) -> None:
    content, site = standing
    before = traces(site)
    with pytest.raises(UsageError, match=words):
        build_site(content, site, **settings)
    assert traces(site) == before


@pytest.mark.parametrize("records", ["lost.json", "folder.json"])
def test_a_source_that_cannot_be_read_is_told_by_its_name(standing: tuple[Path, Path], records: str) -> None:
    content, site = standing
    (content.parent / "folder.json").mkdir()
    with pytest.raises(AppshelfError, match=records):
        build_site(content, site, source=str(content.parent / records))


# Settings


def test_the_flag_wins_over_the_store_s_base_url(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", several(1), store={"base_url": "https://old.example.com/"})
    build_site(content, tmp_path / "site", base_url="https://apps.example.com/shop")
    check_site(tmp_path / "site", BASE)
    assert grep(tmp_path / "site", "old.example.com") == set()


def test_a_store_s_own_template_and_stylesheet(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", several(1), store={"accent": "#abcdef"})
    for name, text in {"404.html": "<!doctype html>Gone", "assets/store.css": "body{}"}.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_text(text)
    build_site(content, tmp_path / "site", templates=tmp_path / "own")
    site = tree(tmp_path / "site")
    assert site["404.html"] == b"<!doctype html>Gone"
    (stylesheet,) = (path for path in site if path.startswith("assets/store.") and path.endswith(".css"))
    assert site[stylesheet] == b"body{}:root{--accent:#abcdef;--radius:10px}\n"
    assert stylesheet.encode() in site["index.html"]
    assert any(path.startswith("assets/theme.") for path in site)


def test_a_logo_stands_on_every_page(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="#123"/></svg>'
    content = write_store(tmp_path / "content", several(1), store={"logo": "logo.svg"}, files={"logo.svg": drawing})
    build_site(content, tmp_path / "site")
    check_site(tmp_path / "site")
    logos = [
        {
            link.rpartition("/")[2]
            for tag, _, link in parse((tmp_path / "site" / path).read_bytes()).links
            if tag == "link"
        }
        for path in pages_of(tmp_path / "site")
    ]
    assert any(name.endswith(".webp") for name in set.intersection(*logos))


def test_links_of_404_begin_with_the_path_of_the_site(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", several(1))
    build_site(content, tmp_path / "site", base_url=BASE)
    links = parse((tmp_path / "site/404.html").read_bytes()).links
    assert links
    assert all(link.startswith(("/shop/", "#")) for _, _, link in links)


# Reports


def test_a_report_counts_what_was_done(tmp_path: Path) -> None:
    one, two, three = several(3)
    content = write_store(tmp_path / "content", [one, {**two, "draft": True}, {**three, "disabled": True}])
    report = build_site(content, tmp_path / "site", base_url=BASE)
    site = tree(tmp_path / "site")
    assert (report.offerings, report.drafts, report.disabled, report.has_address) == (1, 1, 1, True)
    assert report.pages == sum(path.endswith(".html") for path in site)
    assert report.files == len(site) - 1, "all but the manifest"
    assert list(report.seconds) == ["check", "files", "history", "plan", "render", "commit"]
    assert all(seconds >= 0 for seconds in report.seconds.values())
    assert report.committed
    assert (report.committed.written, report.committed.unchanged, report.committed.removed) == (report.files, 0, 0)


def test_progress_is_told_by_stage_and_count(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", several(3))
    told: list[tuple[str, int, int]] = []
    build(Settings(content=content, output=tmp_path / "site"), lambda *progress: told.append(progress))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == [
        "check",
        "files",
        "history",
        "plan",
        "render",
        "commit",
    ]
    assert [it for it in told if it[0] == "files"] == [("files", n, 3 if n else 0) for n in range(4)]
    rendered = [(done, total) for stage, done, total in told if stage == "render"]
    assert rendered[-1][0] == rendered[-1][1] > 3


def test_check_writes_nothing(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", several(1, features="[lost](attachments/lost.pdf) TODO"))
    before = tree(tmp_path)
    report = check(Settings(content=content, output=tmp_path / "site", templates=tmp_path / "none"), lambda *_: None)
    assert tree(tmp_path) == before
    assert not (tmp_path / "site").exists()
    assert report.committed is None
    assert {it.field for it in report.warnings} == {"features", "picture_uri"}


def test_check_finds_what_build_finds_and_hints_besides(standing: tuple[Path, Path]) -> None:
    content, site = standing
    (content / "offerings/wdc_app_2/features.md").write_text("[lost](attachments/lost.pdf)\n")
    (content / "offerings/wdc_app_2/notes.md").write_text("unknown")
    settings = Settings(content=content, output=site, templates=content)
    assert set(build_site(content, site).warnings) < set(check(settings, lambda *_: None).warnings)


def test_check_strictly_fails_where_a_strict_build_fails(standing: tuple[Path, Path]) -> None:
    content, site = standing
    (content / "offerings/wdc_app_2/features.md").write_text("[lost](attachments/lost.pdf)\n")
    with pytest.raises(InputError):
        check(Settings(content=content, output=site, templates=content, strict=True), lambda *_: None)


def test_a_warning_of_a_text_names_its_file_or_its_record(tmp_path: Path) -> None:
    """With `--source FILE.json` a text has no file, so the line within the text is told beside the record's."""
    records = write_records(tmp_path / "records.json", several(1, features="One\n\n[lost](attachments/lost.pdf)"))
    content = write_store(tmp_path / "content")
    (warning,) = build_site(content, tmp_path / "site", source=str(records)).warnings
    assert (warning.where, warning.field) == (str(records), "features")
    assert warning.line
    assert '"features"' in records.read_text().splitlines()[warning.line - 1]
    assert "line 3 of the text" in warning.reason
