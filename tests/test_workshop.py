"""The store while its author works on it: what a change, a mistake and its mending make of the pages."""

import gc
import os
import re
import shutil
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generator.build import build
from generator.errors import Problem, UsageError
from generator.remembered import RememberedFolder, is_settled, signature, touched_folders
from generator.settings import Settings
from generator.workshop import View, Workshop
from stores import offering, random_store, several, told, write_records, write_store

USUAL = View()
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def settle(folder: Path) -> None:
    """Make files as old as those that nobody is writing at this moment."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)


def workshop(folder: Path, **settings: object) -> Workshop:
    """Return a workshop with its first edition, over ``folder/content``."""
    settle(folder / "content")
    usual = Settings(folder / "content", templates=folder / "templates", base_url="http://127.0.0.1:8000/")
    made = Workshop(replace(usual, **settings), folder / "files")  # type: ignore[arg-type]
    made.update()
    return made


def page(shop: Workshop, path: str = "index.html", view: View = USUAL) -> str:
    """Return a page that is as it should be."""
    shown = shop.show(path, view)
    assert shown
    assert not shown.problems
    return (shown.content or b"").decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(
        tmp_path / "content",
        {
            "dusk": offering(reference="wdc_dusk", name="Dusk", description="Evening.", card_description="Lights."),
            "dawn": offering(id=2, reference="wdc_dawn", name="Dawn", description="Morning."),
            "night": offering(id=3, reference="wdc_night", name="Night", draft=True),
            "noon": offering(id=4, reference="wdc_noon", name="Noon", disabled=True),
        },
        store={"title": "Lamps", "account": "wdc"},
        files={"offerings/dusk/attachments/terms.txt": "terms", "offerings/dusk/picture.png": PNG},
    )
    return tmp_path


def test_every_page_and_file_is_that_of_a_build(tmp_path: Path) -> None:
    """But for the marks that tell where a part is written."""
    random_store(tmp_path / "content", seed=3, count=20)
    shop = workshop(tmp_path, drafts=True)
    build(replace(shop.settings, output=tmp_path / "site"), lambda *_: None)
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file() and path.name != ".appshelf.json"]
    assert len(files) > 100
    for file in files:
        shown = shop.show(file.relative_to(tmp_path / "site").as_posix(), View(drafts=True))
        assert shown
        assert re.sub(rb' data-written="[^"]*"', b"", shown.content or b"") == file.read_bytes(), file


def test_without_a_change_nothing_is_made_anew(folder: Path) -> None:
    shop = workshop(folder)
    stamp = shop.stamp
    assert not shop.update()
    assert shop.stamp == stamp


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a text": ("apps/wdc_dusk/index.html", lambda c: (c / "offerings/dusk/description.md").write_text("Late.")),
    "a short field": (
        "index.html",
        lambda c: write_toml_line(c / "offerings/dusk/offering.toml", 'name = "Dusk"', 'name = "Dusk II"'),
    ),
    "the store": ("index.html", lambda c: (c / "store.toml").write_text('title = "Candles"')),
    "a picture": ("index.html", lambda c: (c / "offerings/dusk/picture.png").unlink()),
    "an attachment": (
        "apps/wdc_dusk/index.html",
        lambda c: (c / "offerings/dusk/attachments/terms.txt").write_text("other terms"),
    ),
    "a new offering": ("index.html", lambda c: add_eve(c)),
    "an offering less": ("index.html", lambda c: shutil.rmtree(c / "offerings/dawn")),
    "a template": ("404.html", lambda c: write_template(c.parent, "404.html", "<p>Lost in {{ site.store.title }}.")),
    "a stylesheet": ("index.html", lambda c: write_template(c.parent, "assets/store.css", "p { color: red }")),
}


def write_toml_line(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def add_eve(content: Path) -> None:
    file = shutil.copytree(content / "offerings/dawn", content / "offerings/eve") / "offering.toml"
    file.write_text(file.read_text().replace("id = 2", "id = 9").replace("dawn", "eve").replace("Dawn", "Eve"))


def write_template(folder: Path, name: str, text: str) -> None:
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows(folder: Path, change: str) -> None:
    path, apply = CHANGES[change]
    shop = workshop(folder)
    before, stamp = page(shop, path), shop.stamp
    apply(folder / "content")
    assert shop.update()
    assert shop.stamp > stamp
    assert page(shop, path) != before


@pytest.mark.long
@pytest.mark.parametrize("is_told", [False, True], ids=["anything may have changed", "the changed paths are told"])
@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_pages_are_those_of_a_new_workshop(folder: Path, change: str, is_told: bool) -> None:
    """Whatever is remembered, nothing stale is shown."""
    settle(folder)
    shop = workshop(folder)
    before = set(signature([folder / "content"]))
    CHANGES[change][1](folder / "content")
    changed = {path for path, *_ in before ^ set(signature([folder / "content"]))}
    shop.update(touched=changed if is_told else None)
    fresh = Workshop(shop.settings, folder / "other files")
    fresh.update()
    page(fresh, "index.html")
    assert fresh.edition
    for path in (*fresh.edition.windows[USUAL].pages, *fresh.edition.windows[USUAL].shared):
        assert shop.show(path, USUAL) == fresh.show(path, USUAL), path


def test_told_where_to_look_it_looks_nowhere_else(folder: Path) -> None:
    """And what was missed shows when it looks everywhere."""
    settle(folder)
    shop = workshop(folder)
    offerings = folder / "content/offerings"
    replaced = {name: offerings / name / "description.md" for name in ("dusk", "dawn")}
    for file in replaced.values():
        file.write_text("Marked.")
    assert shop.update(touched=[str(replaced["dusk"])])
    shown = {name: "Marked." in page(shop, f"apps/wdc_{name}/index.html") for name in replaced}
    assert shown == {"dusk": True, "dawn": False}
    assert shop.update()
    assert "Marked." in page(shop, "apps/wdc_dawn/index.html")


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        pytest.param(None, None, id="anything"),
        pytest.param([], set(), id="nothing"),
        pytest.param(["offerings/a/offering.toml", "offerings/b/attachments/x.pdf"], {"a", "b"}, id="files"),
        pytest.param(["offerings/a"], {"a"}, id="the folder of an offering"),
        pytest.param(["store.toml", "../templates/index.html"], set(), id="other files"),
        pytest.param(["offerings"], None, id="all offerings"),
        pytest.param(["."], None, id="the content folder"),
        pytest.param(["offerings-old/a/offering.toml"], set(), id="a folder with a similar name"),
    ],
)
def test_the_offerings_in_which_something_changed(tmp_path: Path, paths: list[str] | None, names: object) -> None:
    absolute = None if paths is None else [os.path.normpath(tmp_path / "content" / path) for path in paths]
    assert touched_folders(tmp_path / "content", absolute) == names


def test_two_changes_within_one_tick_of_the_clock(folder: Path) -> None:
    """A file of the same size, time and inode may be another: one that changed just now is read again."""
    shop = workshop(folder)
    text = folder / "content/offerings/dusk/description.md"
    for words in ("First..", "Second."):
        text.write_text(words)
        now = text.stat().st_atime_ns
        os.utime(text, ns=(now, now))
        shop.update()
        assert words in page(shop, "apps/wdc_dusk/index.html")


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "TOML of an offering": (
        lambda c: (c / "offerings/dusk/offering.toml").write_text("name = = 1"),
        "content/offerings/dusk/offering.toml:1:8: is no TOML: invalid value",
    ),
    "TOML of the store": (
        lambda c: (c / "store.toml").write_text("titel = 1"),
        "content/store.toml:1: titel: unknown key; did you mean title?",
    ),
    "a text that is no UTF-8": (
        lambda c: (c / "offerings/dusk/description.md").write_bytes(b"ok\n\xff"),
        "content/offerings/dusk/description.md:2: is not UTF-8: byte 0xFF",
    ),
    "a text that is a folder": (
        lambda c: (c / "offerings/dusk/description.md").unlink() or (c / "offerings/dusk/description.md").mkdir(),
        "content/offerings/dusk/description.md: is not a regular file",
    ),
    "a broken picture": (
        lambda c: (c / "offerings/dusk/picture.png").write_bytes(PNG[:30]),
        "content/offerings/dusk/picture.png: picture: ",
    ),
    "a program attached": (
        lambda c: (c / "offerings/dusk/attachments/terms.txt").write_bytes(b"MZ\0"),
        "content/offerings/dusk/attachments/terms.txt: attachments: type not allowed: a program for Windows",
    ),
    "a template's grammar": (
        lambda c: write_template(c.parent, "group.html", "{% if %}"),
        "templates/group.html:1: ",
    ),
    "a template's names": (
        lambda c: write_template(c.parent, "index.html", "\n{{ nothing.here }}"),
        "templates/index.html:2: UndefinedError: 'nothing' is undefined",
    ),
    "the offerings gone": (
        lambda c: shutil.move(c / "offerings", c / "gone"),
        "content/offerings: no such folder",
    ),
    "the content gone": (lambda c: shutil.move(c, c.parent / "gone"), "content/offerings: no such folder"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_with_a_mistake_the_last_good_page_stays_until_it_is_mended(folder: Path, mistake: str) -> None:
    apply, expected = MISTAKES[mistake]
    shop = workshop(folder)
    before = {path: page(shop, path) for path in ("index.html", "apps/wdc_dusk/index.html", "404.html")}
    shutil.copytree(folder / "content", folder / "kept", copy_function=shutil.copy2)
    apply(folder / "content")
    assert shop.update()
    assert any(line.startswith(expected) for line in told(shop.problems, folder)), told(shop.problems, folder)
    for path, words in before.items():
        shown = shop.show(path, USUAL)
        assert shown
        assert (shown.content, shown.problems) == (words.encode(), shop.problems)
    shutil.rmtree(folder / "content", ignore_errors=True)
    shutil.rmtree(folder / "templates", ignore_errors=True)
    shutil.copytree(folder / "kept", folder / "content", copy_function=shutil.copy2)
    assert shop.update()
    assert shop.problems == ()
    assert {path: page(shop, path) for path in before} == before


def test_another_mistake_replaces_the_first(folder: Path) -> None:
    shop = workshop(folder)
    toml = folder / "content/offerings/dusk/offering.toml"
    for wrong in ("a = 1", "b = 2"):
        toml.write_text(wrong)
        assert shop.update()
        assert any(problem.field == wrong[0] for problem in shop.problems)


def test_a_mistake_from_the_beginning(folder: Path) -> None:
    (folder / "content/store.toml").write_text("title = 1")
    shop = workshop(folder)
    shown = shop.show("index.html", USUAL)
    assert shown
    assert shown.content is None
    assert told(shown.problems, folder) == ["content/store.toml:1: title: expected text, got the number 1"]


def test_a_page_that_alone_cannot_be_rendered_is_shown_as_it_was(folder: Path) -> None:
    shop = workshop(folder)
    before = page(shop, "apps/wdc_dusk/index.html")
    write_template(folder, "offering.html", "{{ card.offering.name }}{% if card.offering.id == 1 %}{{ x }}{% endif %}")
    assert shop.update()
    assert page(shop, "apps/wdc_dawn/index.html") == "Dawn"
    shown = shop.show("apps/wdc_dusk/index.html", USUAL)
    assert shown
    assert shown.content == before.encode()
    assert told(shown.problems, folder)[0].startswith("templates/offering.html:1: UndefinedError: 'x' is undefined")


def test_a_defect_of_ours_is_told_over_the_last_good_page(folder: Path) -> None:
    shop = workshop(folder)
    shop.fail(Problem("appshelf", "", "a defect"))
    shown = shop.show("index.html", USUAL)
    assert shown
    assert shown.content
    assert [str(problem) for problem in shown.problems] == ["appshelf: a defect"]


@pytest.mark.parametrize(
    ("view", "names"),
    [
        pytest.param(View(), ["Dawn", "Dusk"], id="as visitors see it"),
        pytest.param(View(drafts=True), ["Dawn", "Dusk", "Night Draft"], id="with drafts"),
        pytest.param(View(disabled=True), ["Dawn", "Dusk", "Noon Disabled"], id="with what is disabled"),
        pytest.param(View(drafts=True, disabled=True), ["Dawn", "Dusk", "Night Draft", "Noon Disabled"], id="all"),
    ],
)
def test_views(folder: Path, view: View, names: list[str]) -> None:
    words = re.sub("<template.*?</template>", "", page(workshop(folder), "index.html", view), flags=re.DOTALL)
    cards = re.findall(r'<li class="card">(.*?)</li>\n', words, re.DOTALL)
    shown = [
        " ".join(re.sub("<[^>]*>", " ", re.sub('<p class="line".*', "", card, flags=re.S)).split()) for card in cards
    ]
    assert shown == names


def test_a_mistake_in_the_files_of_a_draft_is_told_where_drafts_are_shown(folder: Path) -> None:
    (folder / "content/offerings/night/picture.png").write_bytes(b"no picture")
    shop = workshop(folder)
    assert "Dusk" in page(shop)
    shown = shop.show("index.html", View(drafts=True))
    assert shown
    assert told(shown.problems, folder)[0].startswith("content/offerings/night/picture.png: picture: ")


def test_records_of_a_json_file(tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.json", several(3))
    write_store(tmp_path / "content", store={"title": "Lamps"})
    shop = workshop(tmp_path, source=str(records))
    assert "App 3" in page(shop)
    write_records(records, several(2))
    assert shop.update()
    assert "App 3" not in page(shop)
    records.write_text("[")
    assert shop.update()
    assert "records.json:1:1: is no JSON" in str(shop.problems[0])


def test_a_source_that_nobody_knows_is_a_wrong_call(tmp_path: Path) -> None:
    write_store(tmp_path / "content")
    with pytest.raises(UsageError, match="--source elsewhere"):
        workshop(tmp_path, source="elsewhere")


def test_warnings_are_told_with_the_page_they_are_about(folder: Path) -> None:
    (folder / "content/offerings/dusk/description.md").write_text("[lost](attachments/lost.pdf)")
    shop = workshop(folder)
    shown = shop.show("apps/wdc_dusk/index.html", USUAL)
    assert shown
    assert any("attachments/lost.pdf" in str(problem) for problem in shown.warnings)
    assert not any("lost" in str(problem) for problem in (shop.show("index.html", USUAL) or shown).warnings)


def test_strict_warnings_are_mistakes(folder: Path) -> None:
    (folder / "content/offerings/dusk/unknown.txt").write_text("x")
    assert workshop(folder).problems == ()
    assert [problem.warning for problem in workshop(folder, strict=True).problems] == [True]


def test_a_broken_template_is_not_seen_by_pages_that_nobody_looked_at_before(folder: Path) -> None:
    """An edition has its templates as they were, in every view."""
    shop = workshop(folder)
    replace_in_toml(folder, "Dusk", "Dusk II")
    shop.update()
    write_template(folder, "offering.html", "{% if %}")
    assert shop.update()
    for view, path in ((USUAL, "apps/wdc_dusk/index.html"), (View(drafts=True), "apps/wdc_night/index.html")):
        shown = shop.show(path, view)
        assert shown
        assert b"Dusk II" in (shown.content or b"")
        assert shown.problems == shop.problems != ()


def replace_in_toml(folder: Path, old: str, new: str) -> None:
    write_toml_line(folder / "content/offerings/dusk/offering.toml", f'name = "{old}"', f'name = "{new}"')


@pytest.mark.parametrize("words", ["[]]", "[]", "", None])
def test_a_broken_json_file_leaves_the_last_good_pages(tmp_path: Path, words: str | None) -> None:
    records = write_records(tmp_path / "records.json", several(3))
    write_store(tmp_path / "content", store={"title": "Lamps"})
    shop = workshop(tmp_path, source=str(records))
    write_records(records, several(4))
    shop.update()
    records.write_text(words) if words is not None else records.unlink()
    if words != "[]":
        assert shop.update()
        assert "records.json" in str(shop.problems[0])
    shown = shop.show("apps/wdc_app_2/index.html", USUAL)
    assert shown
    assert b"App 2" in (shown.content or b"")


def test_lines_that_move_are_told_where_they_are_now(folder: Path) -> None:
    shop = workshop(folder)
    assert 'data-written="content/store.toml:1 · 5 of 64"' in page(shop)
    text = (folder / "content/store.toml").read_text()
    (folder / "content/store.toml").write_text(f"# one\n# two\n{text}")
    assert shop.update()
    assert 'data-written="content/store.toml:3 · 5 of 64"' in page(shop)


def test_a_file_that_was_taken_out_is_not_given_out(folder: Path) -> None:
    shop = workshop(folder)
    assert shop.edition
    path = shop.edition.shelved["wdc_dusk"].stock.attachments[0].download.path
    assert shop.show(path, USUAL)
    shutil.rmtree(folder / "content/offerings/dusk/attachments")
    shop.update()
    assert shop.show(path, USUAL) is None


def test_files_of_a_draft_belong_to_the_views_that_show_it(folder: Path) -> None:
    (folder / "content/offerings/night/attachments").mkdir()
    (folder / "content/offerings/night/attachments/plan.txt").write_text("secret")
    shop = workshop(folder)
    assert shop.edition
    path = shop.edition.shelved["wdc_night"].stock.attachments[0].download.path
    assert shop.show(path, USUAL) is None
    assert shop.show(path, View(drafts=True))


def test_old_editions_are_forgotten(folder: Path) -> None:
    shop = workshop(folder)
    editions = []
    for number in range(5):
        page(shop, "index.html" if number % 2 else "updated/index.html")
        editions.append(weakref.ref(shop.edition))
        replace_in_toml(folder, f"Dusk{number}" if number else "Dusk", f"Dusk{number + 1}")
        shop.update()
    gc.collect()
    assert [edition() for edition in editions] == [None] * 5


# ------------------------------------------------------------------------------------------------ what is remembered


def test_only_what_changed_is_read_again(folder: Path) -> None:
    content = folder / "content"
    settle(content)
    remembered = RememberedFolder(content)
    first = {record.place.document.where: record for record in remembered.records()}
    (content / "offerings/dusk/features.md").write_text("More.")
    second = {record.place.document.where: record for record in remembered.records()}
    assert [Path(where).parent.name for where in first if second[where] is not first[where]] == ["dusk"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda f: (f / "features.md").write_text("new"), id="a file more"),
        pytest.param(lambda f: (f / "description.md").unlink(), id="a file less"),
        pytest.param(lambda f: (f / "attachments/terms.txt").write_text("TERMS"), id="the same size, another time"),
        pytest.param(lambda f: (f / "attachments/terms.txt").rename(f / "attachments/words.txt"), id="another name"),
        pytest.param(lambda f: (f / "attachments/more").mkdir(), id="a folder more"),
        pytest.param(lambda f: (f / "picture.png").unlink() or (f / "picture.png").symlink_to("x"), id="a broken link"),
    ],
)
def test_a_signature_differs_after_every_change(folder: Path, change: Callable[[Path], object]) -> None:
    settle(folder / "content")
    before = signature([folder / "content"])
    change(folder / "content/offerings/dusk")
    assert signature([folder / "content"]) != before


def test_links_to_folders_are_not_followed(folder: Path) -> None:
    """Two of them that lead up would be looked through for ever."""
    for name in ("one", "two"):
        (folder / "content/offerings/dusk/attachments" / name).symlink_to("../..", target_is_directory=True)
    assert len(signature([folder / "content"])) < 40


def test_what_is_new_is_not_settled(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("x")
    assert not is_settled(signature([tmp_path / "new"]))
    os.utime(tmp_path / "new", (1, 1))
    assert is_settled(signature([tmp_path / "new"]))
    assert is_settled(())
