"""Markup, in every place that an author or an API record controls: refused by its name, or shown as words.

Each input of `payloads` stands in every text, name, card description, reference, category, tag, publisher, caption,
assurance, file name and address of an offering, and in the words of ``store.toml``. The pages are read by a parser.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from generator.catalog import read_catalog
from generator.characters import clean
from generator.content import ContentFolder
from generator.errors import InputError, Problem
from generator.languages import load_language
from generator.pages import plan_pages
from generator.render import Renderer, load_static
from generator.settings import PACKAGED_TEMPLATES, Store, load_store
from hostile_store import (
    ADDRESS_PLACES,
    GOOD,
    HONEST,
    INPUTS,
    INTERNAL,
    PLACES,
    Input,
    Place,
    fitted_record,
    raw_record,
    write_hostile,
)
from page_rules import page_faults
from site_checks import ParsedPage, build_site, check_site, parse, public, tree
from stores import several, write_records, write_store, write_toml

BASE = "https://apps.example.com/shop/"
SHARES = 8
"""So many stores hold the inputs between them: categories stand on every list, so one store would be slow."""

EVERY_DAY = 2
"""So many of them are built every day; the longer tests build the others."""

Fields = dict[str, Any]


def of_share(share: int) -> dict[str, Input]:
    """The inputs of one store by the folders of their offerings."""
    return {f"{number:03}": it for number, it in enumerate(INPUTS) if number % SHARES == share}


def cases() -> Iterator[Any]:
    for number, it in enumerate(INPUTS):
        share = number % SHARES
        yield pytest.param(share, f"{number:03}", it, id=f"markup: {it.name}", marks=_marks(share))


def _marks(share: int) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xdist_group(f"hostile {share}"), *([] if share < EVERY_DAY else [pytest.mark.long])]


SHARE = [pytest.param(n, id=f"store {n}", marks=_marks(n)) for n in range(SHARES)]


@dataclass(frozen=True)
class HostileSite:
    """A built store of one share: its records, its files, and its pages as a parser reads them."""

    folder: Path
    records: Mapping[str, Fields]
    files: Mapping[str, bytes]
    pages: Mapping[str, ParsedPage]
    details: Mapping[str, str]
    """The path of each offering's page, by its folder."""


@pytest.fixture(scope="session")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Mapping[tuple[str, str], Problem]]:
    """The problems of a store that holds the inputs as they are, by folder and field."""

    @cache
    def refuse(share: int) -> Mapping[tuple[str, str], Problem]:
        records = {folder: raw_record(it, int(folder) + 1) for folder, it in of_share(share).items()}
        content = write_hostile(tmp_path_factory.mktemp("raw"), records, of_share(share))
        problems = read_catalog(ContentFolder(content)).problems
        return {(Path(it.where).parent.name, it.field): it for it in problems if not it.warning}

    return refuse


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], HostileSite]:
    """Build the store of one share, with as much of each input as every place lets through."""

    @cache
    def build(share: int) -> HostileSite:
        root, inputs = tmp_path_factory.mktemp("hostile"), of_share(share)
        records = {
            folder: fitted_record(it, int(folder) + 1, dict.fromkeys(ADDRESS_PLACES, it.address))
            if it.name in HONEST
            else fitted_record(it, int(folder) + 1)
            for folder, it in inputs.items()
        }
        content = write_hostile(root / "content", records, inputs)
        report = build_site(content, root / "site", base_url=BASE)
        assert report.offerings == len(inputs)
        files = tree(root / "site")
        pages = {path: parse(content) for path, content in files.items() if path.endswith(".html")}
        by_reference = {_copied(files[path]): path for path in pages if path.startswith("apps/")}
        details = {folder: by_reference[record["reference"]] for folder, record in records.items()}
        return HostileSite(root, records, files, pages, details)

    return build


def _copied(content: bytes) -> str:
    """What the button beside the reference copies."""
    found: list[str] = []

    class Finder(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if tag == "button" and name == "data-copy")

    Finder().feed(content.decode())
    return found[0]


def value_at(record: Fields, field: str) -> str:
    """Return the value of a field such as ``store.assurances[0].topic``."""
    value: Any = record
    for part in re.findall(r"\w+", field):
        value = value[int(part)] if part.isdigit() else value[part]
    assert isinstance(value, str)
    return value


def seen(words: str) -> str:
    return " ".join(clean(words).split())


@pytest.mark.parametrize(("share", "folder", "it"), list(cases()))
def test_refused_by_name_or_shown_as_words(share: int, folder: str, it: Input, built: Any, refusals: Any) -> None:
    """In each place; and in the pages of this offering stands nothing that its template has no place for."""
    problems, site = refusals(share), built(share)
    for place in PLACES:
        problem = problems.get((folder, place.field))
        assert bool(problem) == place.refuses(it.words), (place, problem)
    for field in ADDRESS_PLACES:
        assert bool(problems.get((folder, field))) == (it.name not in HONEST), field
    path = site.details[folder]
    assert list(page_faults(path, site.files[path])) == []
    words = site.pages[path].words
    for place in PLACES:
        if place.shown:
            assert seen(value_at(site.records[folder], place.field)) in words, place
    assert seen(site.records[folder]["name"]) in seen(site.pages[path].title)


@pytest.mark.parametrize("share", SHARE)
def test_every_page_of_a_hostile_store(share: int, built: Any) -> None:
    """Lists, groups and the rest: nothing but their templates' elements, and every link leads to a file of the site."""
    site = built(share)
    check_site(site.folder / "site", BASE)
    faults = [f"{path}: {it}" for path in site.pages for it in page_faults(path, site.files[path])]
    assert faults == []
    assert sum(path.startswith("categories/") for path in site.pages) > len(site.records) // 2


@pytest.mark.parametrize("share", SHARE)
def test_files_for_programs_stay_well_formed(share: int, built: Any) -> None:
    """JSON holds no character that could end a script, and says what was written; XML parses; names are good."""
    site = built(share)
    ElementTree.fromstring(site.files["sitemap.xml"])  # noqa: S314  # our own file
    listed = json.loads(site.files["v1/app_offerings.json"])
    assert {it["reference"] for it in listed} == {it["reference"] for it in site.records.values()}
    for path, content in site.files.items():
        assert re.fullmatch(r"[^\x00-\x1f<>\"'\\:|?*]+", path.replace("'", "")), path
        assert ".." not in path.split("/")
        if path.startswith("v1/"):
            assert not re.search(rb"[<>&']", content), path
    whole = {it["id"]: json.loads(site.files[f"v1/app_offerings/{it['id']}.json"]) for it in listed}
    for record in site.records.values():
        if "attachments/" not in record["description"]:
            assert whole[record["id"]]["description"] == record["description"]


@pytest.mark.parametrize("share", SHARE)
def test_attachments_by_hostile_names_are_text(share: int, built: Any) -> None:
    """A host serves them by their extension, so it is one that no browser runs; their own names are gone."""
    site = built(share)
    names = [path for path in site.files if path.startswith("files/")]
    assert len(names) >= len(site.records)
    for path in names:
        assert path.endswith((".txt", ".png")), path
        assert unquote(path) == path


@pytest.mark.parametrize("share", SHARE)
def test_names_of_instances_and_extensions_are_on_no_page(share: int, built: Any) -> None:
    site = built(share)
    assert [path for path, content in site.files.items() if INTERNAL.encode() in content] == []


@pytest.mark.parametrize("share", SHARE[:2])
def test_records_from_a_file_become_the_same_pages(share: int, built: Any, tmp_path: Path) -> None:
    """What an API record controls, it controls no more than an author; names of its attachments are nobody's."""
    site = built(share)
    records, overlays = [], {}
    for folder, record in site.records.items():
        api = {key: value for key, value in record.items() if key != "store"}
        name = Place("attachments", 2048).fitted(of_share(share)[folder].words)
        api["attachments"] = [{"key": name, "name": name, "uri": name}]
        records.append(api)
        overlays[folder] = {"reference": record["reference"], "store": record["store"]}
    content = write_hostile(tmp_path / "content", overlays, of_share(share))
    file = write_records(tmp_path / "records.json", records)
    build_site(content, tmp_path / "site", source=str(file), base_url=BASE)
    assert tree(tmp_path / "site") == site.files


# The words of the store itself


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    folders = (PACKAGED_TEMPLATES,)
    language = load_language(folders, "en")
    return Renderer(Store(), folders, load_static(folders, Store(), language), language)


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(it, id=f"markup in store.toml: {it.name}", marks=[pytest.mark.long] if number % 4 else [])
        for number, it in enumerate(INPUTS)
    ],
)
def test_words_of_the_store(it: Input, tmp_path: Path, renderer: Renderer) -> None:
    """Its title, tagline and provider are refused with their field, or are words on every page."""
    fields: dict[str, tuple[Fields, int]] = {
        "title": ({"title": it.words}, 64),
        "tagline": ({"tagline": it.words}, 255),
        "provider.name": ({"provider": {"name": it.words}}, 64),
    }
    for field, (store, limit) in fields.items():
        write_toml(tmp_path / "store.toml", store)
        is_refused = len(it.words) > limit or bool(re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", it.words))
        try:
            loaded = load_store(tmp_path)
        except InputError as error:
            assert {problem.field for problem in error.problems} == {field}
            assert is_refused or clean(it.words) != it.words, error
            continue
        assert not is_refused
        pages = plan_pages(loaded, [public(install_url="https://{account}.example.com/{reference}")])
        for page in pages:
            if page.path.endswith(".html"):
                content = renderer.render(page).content
                assert list(page_faults(page.path, content)) == [], (field, page.path)
                shown = parse(content).words.replace(". ", " ")
                if field != "tagline" or page.path == "index.html":
                    assert seen(it.words).rstrip(".").replace(". ", " ") in shown, (field, page.path)


@pytest.mark.parametrize(
    "it", [it for it in INPUTS if it.name.endswith("an address")], ids=lambda it: f"markup: {it.name}"
)
def test_addresses_of_the_store(it: Input, tmp_path: Path) -> None:
    """Each is refused with its field."""
    store = {"provider": {"url": it.address, "support": it.address}, "install_url": it.address, "base_url": it.address}
    write_toml(tmp_path / "store.toml", store)
    fields = {"provider.url", "provider.support", "install_url", "base_url"}
    if it.name in HONEST:
        load_store(tmp_path)
        return
    with pytest.raises(InputError) as caught:
        load_store(tmp_path)
    assert {problem.field for problem in caught.value.problems} == fields


@pytest.mark.long
@pytest.mark.parametrize("field", ["configuration_uri_template", "picture_uri", "webhook_uri_template"])
def test_addresses_of_a_record_are_on_no_page(field: str, tmp_path: Path) -> None:
    """The API sets no rule for these: no error, but a warning that names the field, and no link, picture or word."""
    place = Place(field, 240)
    offered = [it.address for it in INPUTS if not place.refuses(it.address) and it.name not in HONEST]
    assert len(offered) > 150
    records = several(len(offered))
    for record, address in zip(records, offered, strict=True):
        record[field] = f"{address}/{INTERNAL}"
    content = write_store(tmp_path / "content", records)
    report = build_site(content, tmp_path / "site")
    check_site(tmp_path / "site")
    assert [path for path, content in tree(tmp_path / "site").items() if INTERNAL.encode() in content] == []
    if field != "webhook_uri_template":
        assert len([it for it in report.warnings if it.field == field]) == len(offered)


def test_good_addresses_are_links(tmp_path: Path) -> None:
    """Else the others would prove nothing."""
    entry = {field.removeprefix("store."): address for field, address in GOOD.items()}
    write_store(tmp_path / "content", several(1, store=entry))
    build_site(tmp_path / "content", tmp_path / "site")
    page = (tmp_path / "site/apps/wdc_app_1/index.html").read_text()
    assert 'href="https://apps.example.com/"' in page
    assert 'href="mailto:help@example.com"' in page
    assert 'data-address="https://{account}.example.com/wdc_app_1"' in page
