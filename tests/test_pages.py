"""Which pages a store has, at which paths, and what they get: by value, as `plan_pages` is pure."""

import random
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.cards import Card, Group
from generator.likeness import RELATED, Related
from generator.models import Attachment, DeclaredAssurance, Download, Picture, PublicOffering, Screenshot
from generator.pages import UPDATED, Page, Pager, Site, Tab, plan_pages
from generator.settings import Provider, Store
from site_checks import public

BASE = "https://apps.example.com/shop/"


def app(number: int, **changes: Any) -> PublicOffering:
    """One of many offerings; its name sorts by its number."""
    fields = {"id": number, "reference": f"app-{number:03}", "name": f"App {number:03}"}
    return public(**{**fields, **changes})


def apps(count: int, **changes: Any) -> list[PublicOffering]:
    return [app(number, **changes) for number in range(1, count + 1)]


def plan(offerings: Sequence[PublicOffering], **store: Any) -> dict[str, Page]:
    """The pages of a store by path; no two have the same one."""
    pages = plan_pages(Store(title="Widget Apps", **store), offerings)
    by_path = {page.path: page for page in pages}
    assert len(by_path) == len(pages)
    return by_path


def below(pages: Iterable[str], folder: str) -> list[str]:
    return [path for path in pages if path.startswith(folder)]


def cards(page: Page) -> tuple[Card, ...]:
    if "updates" in page.context:
        return tuple(update.card for update in page.context["updates"])  # type: ignore[attr-defined]
    return tuple(page.context["cards"])  # type: ignore[call-overload]


def names(page: Page) -> list[str]:
    return [card.offering.name for card in cards(page)]


def references(page: Page) -> list[str]:
    return [card.offering.reference for card in cards(page)]


def pager(page: Page) -> Pager:
    found = page.context["pager"]
    assert isinstance(found, Pager)
    return found


def card_of(offering: PublicOffering, others: Sequence[PublicOffering] = (), **store: Any) -> Card:
    found = [page.context["card"] for page in plan([offering, *others], **store).values() if "card" in page.context]
    return next(it for it in found if isinstance(it, Card) and it.offering == offering)


# Which pages there are


def test_the_pages_of_a_store() -> None:
    store = [
        app(1, reference="wdc_dusk", categories=("Lights", "Rooms")),
        app(2, reference="wdc_dawn", categories=("Lights",), publisher="Acme Ltd"),
    ]
    pages = plan(store, base_url=BASE, provider=Provider(name="Widget Data Center"))
    (list_of_apps,) = below(pages, "assets/")
    assert re.fullmatch(r"assets/apps\.[0-9a-f]{12}\.js", list_of_apps)
    assert {path: page.template for path, page in pages.items()} == {
        list_of_apps: "apps.js",
        "index.html": "index.html",
        "compare/index.html": "compare.html",
        "apps/wdc_dusk/index.html": "offering.html",
        "apps/wdc_dusk/compare.js": "app.js",
        "apps/wdc_dawn/index.html": "offering.html",
        "apps/wdc_dawn/compare.js": "app.js",
        "categories/lights/index.html": "group.html",
        "categories/rooms/index.html": "group.html",
        "publishers/widget-data-center/index.html": "group.html",
        "publishers/acme-ltd/index.html": "group.html",
        "updated/index.html": "updated.html",
        "v1/app_offerings.json": "v1.json",
        "v1/app_offerings/1.json": "v1.json",
        "v1/app_offerings/2.json": "v1.json",
        "404.html": "404.html",
        "robots.txt": "robots.txt",
        "sitemap.xml": "sitemap.xml",
    }


def test_an_empty_store_still_has_its_pages() -> None:
    pages = plan([])
    expected = {"index.html", "updated/index.html", "v1/app_offerings.json", "404.html", "robots.txt"}
    assert pages.keys() == expected
    assert cards(pages["index.html"]) == ()
    assert pages["v1/app_offerings.json"].context["record"] == []


def test_without_a_base_url_there_is_no_sitemap() -> None:
    assert "sitemap.xml" not in plan(apps(1))


def test_the_sitemap_lists_every_page_for_people_and_when_it_changed() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    store = [app(1, updated_at=moment, categories=("Lights",)), *(app(n) for n in range(2, 5))]
    pages = plan(store, base_url=BASE, per_page=2)
    locations = dict(pages["sitemap.xml"].context["locations"])  # type: ignore[call-overload]
    assert set(locations) == {path for path in pages if path.endswith("index.html")}
    assert {path for path, changed in locations.items() if changed} == {"apps/app-001/index.html"}
    assert locations["apps/app-001/index.html"] == moment


# Lists


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, [0]), (1, [1]), (47, [47]), (48, [48]), (49, [48, 1]), (96, [48, 48]), (97, [48, 48, 1])],
)
def test_a_list_begins_a_new_page_after_per_page_apps(count: int, sizes: list[int]) -> None:
    pages = plan(apps(count))
    paths = [path for path in pages if path == "index.html" or path.startswith("page/")]
    assert paths == ["index.html", *(f"page/{number}/index.html" for number in range(2, len(sizes) + 1))]
    assert [len(cards(pages[path])) for path in paths] == sizes
    assert [name for path in paths for name in names(pages[path])] == [it.name for it in apps(count)]


@pytest.mark.parametrize(("per_page", "last"), [(1, 5), (2, 3), (4, 2), (5, 1), (1000, 1)])
def test_the_store_says_how_many_apps_a_page_has(per_page: int, last: int) -> None:
    paths = plan(apps(5), per_page=per_page)
    assert len(below(paths, "page/")) == last - 1


def test_a_pager_knows_its_neighbours() -> None:
    pages = plan(apps(5), per_page=2)
    paths = ("index.html", "page/2/index.html", "page/3/index.html")
    assert [pager(pages[path]) for path in paths] == [Pager(number, paths) for number in (1, 2, 3)]
    assert [pager(pages[path]).path for path in paths] == list(paths)
    assert [pager(pages[path]).previous for path in paths] == [None, "index.html", "page/2/index.html"]
    assert [pager(pages[path]).next for path in paths] == ["page/2/index.html", "page/3/index.html", None]


def test_categories_and_publishers_are_paged_too() -> None:
    pages = plan(apps(49, categories=("Lights",), publisher="Acme"))
    for folder in ("categories/lights/", "publishers/acme/"):
        assert below(pages, folder) == [f"{folder}index.html", f"{folder}page/2/index.html"]
        assert [len(cards(pages[path])) for path in below(pages, folder)] == [48, 1]
        assert pager(pages[f"{folder}page/2/index.html"]).previous == f"{folder}index.html"


def test_lists_go_by_name_and_then_id_whatever_the_case() -> None:
    store = [app(3, name="zebra"), app(1, name="Beta"), app(9, name="alpha"), app(4, name="ALPHA")]
    assert references(plan(store)["index.html"]) == ["app-004", "app-009", "app-001", "app-003"]


def test_featured_apps_lead_the_index_and_no_other_list() -> None:
    store = [*apps(3, categories=("Lights",)), app(4, featured=True, categories=("Lights",)), app(5, featured=True)]
    pages = plan(store)
    assert names(pages["index.html"]) == ["App 004", "App 005", "App 001", "App 002", "App 003"]
    assert names(pages["categories/lights/index.html"]) == ["App 001", "App 002", "App 003", "App 004"]


# Categories and publishers


@pytest.mark.parametrize(
    ("spellings", "title", "path"),
    [
        (["Lights"], "Lights", "lights"),
        (["lights", "Lights", "Lights"], "Lights", "lights"),
        (["LIGHTS", "Lights"], "LIGHTS", "lights"),
        (["ﬁles", "Files", "files"], "Files", "files"),
        (["Straße", "STRASSE", "STRASSE"], "STRASSE", "strasse"),
        (["Ｌｉｇｈｔｓ", "Lights", "Lights"], "Lights", "lights"),
        (["\u212aelvin", "kelvin", "kelvin"], "kelvin", "kelvin"),
        (["Caf\u00e9", "Caf\u00e9", "Cafe\u0301"], "Caf\u00e9", "cafe"),
        ([" Lights ", "Lights", "Lights"], "Lights", "lights"),
    ],
)
def test_spellings_of_a_category_are_one(spellings: list[str], title: str, path: str) -> None:
    """The one that most apps use is shown; of equals, the first by code point."""
    pages = plan([app(number, categories=(name,)) for number, name in enumerate(spellings, 1)])
    assert below(pages, "categories/") == [f"categories/{path}/index.html"]
    group = pages[f"categories/{path}/index.html"].context["group"]
    assert group == Group("category", title, f"categories/{path}/index.html", len(spellings))


def test_different_categories_never_share_a_page() -> None:
    categories = ("C++", "C#", "セキュリティ", "監視", "Index", "CON", "-rf", "…", "İ", "x" * 64)
    pages = plan([app(number, categories=(name,)) for number, name in enumerate(categories, 1)])
    assert len(below(pages, "categories/")) == len(categories)
    assert all(re.fullmatch(r"categories/[a-z0-9][a-z0-9_-]*/index.html", it) for it in below(pages, "categories/"))


def test_an_app_that_names_a_category_twice_is_in_it_once() -> None:
    pages = plan([app(1, categories=("Lights", "lights", "Rooms"))])
    assert names(pages["categories/lights/index.html"]) == ["App 001"]
    shown = card_of(app(1, categories=("Lights", "lights", "Rooms"))).categories
    assert [(it.path, it.count) for it in shown] == [
        ("categories/lights/index.html", 1),
        ("categories/rooms/index.html", 1),
    ]


def test_an_app_keeps_the_order_of_its_categories() -> None:
    shown = card_of(app(1, categories=("Rooms", "Lights"))).categories
    assert [group.name for group in shown] == ["Rooms", "Lights"]


def test_a_category_and_a_publisher_of_one_name_are_two() -> None:
    pages = plan([app(1, categories=("Acme",), publisher="Acme"), app(2, categories=("Acme",), publisher="Other")])
    assert names(pages["categories/acme/index.html"]) == ["App 001", "App 002"]
    assert names(pages["publishers/acme/index.html"]) == ["App 001"]


@pytest.mark.parametrize(
    ("own", "provider", "expected"),
    [("Acme", "Widget Data Center", "Acme"), ("", "Widget Data Center", "Widget Data Center"), ("", "", "Widget Apps")],
)
def test_who_publishes_an_app(own: str, provider: str, expected: str) -> None:
    """Whom it names, otherwise the store's provider, otherwise the store."""
    settings = Provider(name=provider) if provider else Provider()
    assert card_of(app(1, publisher=own), provider=settings).publisher.name == expected


def test_every_page_knows_all_groups_by_name() -> None:
    store = [app(1, categories=("beta", "Alpha", "Über")), app(2, categories=("Gamma", "beta"), publisher="acme")]
    for page in plan(store).values():
        if site := page.context.get("site"):
            assert isinstance(site, Site)
            assert [(it.name, it.count) for it in site.categories] == [
                ("Alpha", 1),
                ("beta", 2),
                ("Gamma", 1),
                ("Über", 1),
            ]
            assert [it.name for it in site.publishers] == ["acme", "Widget Apps"]
            assert site.total == 2  # fmt: skip


# Recently updated


def at(text: str, minutes: int) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(minutes=minutes)))


def test_updated_goes_by_instant_and_not_by_the_clock_on_the_wall() -> None:
    store = [
        app(1, name="Kolkata, fourth", updated_at=at("2026-01-02T04:00", 330)),  # 22:30 the day before, UTC
        app(2, name="Chicago, first", updated_at=at("2026-01-01T23:30", -300)),  # 04:30
        app(3, name="Tallinn, third", updated_at=at("2026-01-02T03:00", 120)),  # 01:00
        app(4, name="London, second", updated_at=at("2026-01-02T02:00", 0)),  # 02:00
        app(5, name="never"),
    ]
    shown = names(plan(store)["updated/index.html"])
    assert shown == ["Chicago, first", "London, second", "Tallinn, third", "Kolkata, fourth"]


def test_updated_at_the_same_instant_goes_by_id() -> None:
    moments = [at("2026-01-02T00:00", 0), at("2026-01-02T02:00", 120), at("2026-01-01T19:00", -300)]
    store = [app(n, name=f"{9 - n}", updated_at=moment) for n, moment in zip((3, 1, 2), moments, strict=True)]
    assert references(plan(store)["updated/index.html"]) == ["app-001", "app-002", "app-003"]


def test_updated_shows_the_newest_hundred() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    store = [app(number, updated_at=start + timedelta(days=number)) for number in range(1, UPDATED + 11)]
    shown = references(plan(store)["updated/index.html"])
    assert len(shown) == UPDATED == 100
    assert (shown[0], shown[-1]) == ("app-110", "app-011")


# Related apps


def related(offering: PublicOffering, others: Sequence[PublicOffering]) -> list[str]:
    page = plan([offering, *others])[card_of(offering, others).path]
    shown = page.context["related"]
    assert isinstance(shown, Related)
    return [card.offering.reference for card in shown.cards]


def test_related_apps_share_a_category_or_else_the_publisher() -> None:
    mine = app(1, categories=("Lights",), publisher="Acme")
    others = [
        app(2, categories=("Lights",), publisher="Other"),
        app(3, categories=("Rooms",), publisher="Acme"),
        app(4, categories=("Rooms",), publisher="Other"),
    ]
    assert related(mine, others) == ["app-002", "app-003"]


def test_an_app_alone_has_no_related_ones() -> None:
    assert related(app(1, categories=("Lights",)), [app(2, publisher="Other")]) == []


def test_an_app_that_shares_two_categories_is_related_once() -> None:
    assert related(app(1, categories=("Lights", "Rooms")), [app(2, categories=("Rooms", "Lights"))]) == ["app-002"]


GROUPED = st.lists(
    st.tuples(
        st.sets(st.sampled_from(["Lights", "lights", "Rooms", "セキュリティ"]), max_size=3),
        st.sampled_from(["", "Acme", "Other"]),
    ),
    max_size=14,
)


@given(GROUPED)
def test_related_apps_hold_for_any_store(grouped: list[tuple[set[str], str]]) -> None:
    store = [
        app(number, categories=tuple(sorted(categories)), publisher=publisher)
        for number, (categories, publisher) in enumerate(grouped, 1)
    ]
    details = [page for page in plan(store).values() if page.template == "offering.html"]
    shelf = {page.path: page.context["card"] for page in details}
    for page in details:
        card, found = page.context["card"], page.context["related"]
        assert isinstance(card, Card)
        assert isinstance(found, Related)
        shown = found.cards
        mine = {*card.categories, card.publisher}
        near = [it for it in shelf.values() if isinstance(it, Card) and it is not card]
        near = [it for it in near if mine & {*it.categories, it.publisher}]
        assert len(shown) == min(RELATED, len(near)) == len(set(shown))
        assert set(shown) <= set(near)


# Tabs


def attachment(key: str, *, listed: bool = True) -> Attachment:
    name = key.rpartition("/")[2]
    return Attachment(f"attachments/{key}", Download(name, f"files/{name}", 9, "0" * 64, "PDF"), None, listed)


def tabs(**changes: Any) -> tuple[Tab, ...]:
    page = plan([app(1, **changes)])["apps/app-001/index.html"]
    found = page.context["tabs"]
    assert isinstance(found, tuple)
    return found


def feet(**changes: Any) -> dict[str, list[str]]:
    """Which files stand at the foot of which tab."""
    return {tab.name: [it.key.removeprefix("attachments/") for it in tab.attachments] for tab in tabs(**changes)}


def test_a_tab_by_value() -> None:
    file = attachment("a.pdf")
    shown = tabs(description="One", features="Two", compliance="Three", attachments=(file,))
    assert shown == (
        Tab("app-001", "description", "One", (file,), (file,)),
        Tab("app-001", "features", "Two", (), (file,)),
        Tab("app-001", "compliance", "Three", (), (file,)),
    )


DECLARED = DeclaredAssurance("ISO 27001", "Certified", None, None, date(2027, 6, 30))
SHOT = Screenshot(Picture("media/1.webp", 800, 600), "At work")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"description": " \n\t", "features": "", "compliance": "\n"}, [], id="only spaces"),
        pytest.param({"features": "x"}, ["features"], id="one text"),
        pytest.param({"compliance": "x", "description": "x"}, ["description", "compliance"], id="in their order"),
        pytest.param({"attachments": (attachment("a.pdf"),)}, ["description"], id="only a file"),
        pytest.param({"screenshots": (SHOT,)}, ["description"], id="only a screenshot"),
        pytest.param({"assurances": (DECLARED,)}, ["compliance"], id="only an assurance"),
        pytest.param(
            {"features": "x", "attachments": (attachment("a.png", listed=False),)}, ["features"], id="an unlisted file"
        ),
    ],
)
def test_an_empty_tab_is_not_shown(fields: dict[str, Any], expected: list[str]) -> None:
    assert [tab.name for tab in tabs(**fields)] == expected


@pytest.mark.parametrize(
    ("texts", "owner"),
    [
        ({}, "description"),
        ({"features": "[a](attachments/a.pdf)"}, "features"),
        ({"compliance": "[a](attachments/a.pdf)"}, "compliance"),
        ({"compliance": "[a](attachments/a.pdf)", "features": "![a](attachments/a.pdf)"}, "features"),
        ({"description": "[a](attachments/a.pdf)", "compliance": "[a](attachments/a.pdf)"}, "description"),
        ({"features": "[a](attachments/%61.pdf)"}, "features"),
        ({"features": "[a]\n\n[a]: <attachments/a.pdf> 'A'"}, "features"),
        ({"features": "[a](attachments/a.pdf.zip) [b](attachments/b/a.pdf)"}, "description"),
        ({"features": "[a](https://example.com/attachments/a.pdf)"}, "description"),
    ],
)
def test_an_attachment_belongs_to_the_text_that_mentions_it(texts: dict[str, str], owner: str) -> None:
    fields = {"description": "x", "features": "x", "compliance": "x", **texts}
    found = feet(**fields, attachments=(attachment("a.pdf"),))
    assert found == {name: ["a.pdf"] if name == owner else [] for name in ("description", "features", "compliance")}


def test_evidence_belongs_to_the_compliance_text_wherever_it_is_mentioned() -> None:
    proof, other = attachment("iso.pdf"), attachment("other.pdf")
    found = feet(
        description="[x](attachments/iso.pdf) [y](attachments/other.pdf)",
        attachments=(proof, other),
        assurances=(DeclaredAssurance("ISO 27001", "Certified", None, proof.download, None), DECLARED),
    )
    assert found == {"description": ["other.pdf"], "compliance": ["iso.pdf"]}


def test_a_screenshot_stands_at_no_foot() -> None:
    files = (attachment("shot.png", listed=False), attachment("a.pdf"))
    assert feet(description="x", attachments=files, screenshots=(SHOT,)) == {"description": ["a.pdf"]}


def test_every_tab_knows_all_files_for_its_links() -> None:
    files = (attachment("shot.png", listed=False), attachment("a.pdf"))
    assert all(tab.files == files for tab in tabs(description="x", features="y", attachments=files))


# Addresses of an app


@pytest.mark.parametrize(
    ("own", "of_the_store", "reference", "expected"),
    [
        (None, None, "wdc_dusk", None),
        (None, "https://{account}.example.com/{reference}/get", "wdc_dusk", "https://{account}.example.com/wdc_dusk/get"),
        ("https://get.example.com/?a={account}", "https://x.example.com/", "r", "https://get.example.com/?a={account}"),
        ("https://example.com/{reference}?r={reference}", None, "r", "https://example.com/r?r=r"),
        (None, "https://example.com/{reference}", "a/b ?#&é", "https://example.com/a%2Fb%20%3F%23%26%C3%A9"),
        (None, "https://example.com/{reference}", "{account}", "https://example.com/%7Baccount%7D"),
    ],
)  # fmt: skip
def test_where_an_app_is_got(own: str | None, of_the_store: str | None, reference: str, expected: str | None) -> None:
    """An app's own address wins; ``{account}`` is left for the visitor, and a reference cannot fake it."""
    assert card_of(app(1, reference=reference, install_url=own), install_url=of_the_store).install == expected


def test_where_an_app_is_configured() -> None:
    template = "https://{account}.example.com/settings"
    assert card_of(app(1, configuration_uri_template=template)).configure == template
    assert card_of(app(1)).configure is None


# Records


def test_records_stand_under_their_ids_and_lists_go_by_name() -> None:
    pages = plan([app(1, name="b"), app(2**62, name="A")], base_url=BASE)
    listed = pages["v1/app_offerings.json"].context["record"]
    assert isinstance(listed, list)
    assert [record["name"] for record in listed] == ["A", "b"]
    assert all("description" not in record for record in listed)
    one = pages[f"v1/app_offerings/{2**62}.json"].context["record"]
    assert isinstance(one, dict)
    assert (one["name"], one["picture_uri"]) == ("A", f"{BASE}media/0a1b.svg")
    assert "description" in one


# For any store

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=64).filter(str.strip)


@st.composite
def stores(draw: st.DrawFn) -> list[PublicOffering]:
    tricky = st.sampled_from(["index", "CON", "-rf", "..", "ﬁle", "file", "İ", "a/b", "a\\b", "Straße", "STRASSE"])
    found = draw(st.lists(NAMES | tricky, unique=True, max_size=9))
    zones = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    moments = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001
    return [
        app(
            number,
            reference=reference,
            name=draw(NAMES),
            categories=tuple(draw(st.lists(NAMES | tricky, max_size=3))),
            publisher=draw(st.just("") | NAMES | tricky),
            featured=draw(st.booleans()),
            updated_at=draw(moments),
        )
        for number, reference in enumerate(found, 1)
    ]


@given(stores(), st.integers(1, 4))
def test_paths_are_safe_and_apart_for_any_store(store: list[PublicOffering], per_page: int) -> None:
    pages = plan(store, per_page=per_page, base_url=BASE)
    assert all(
        re.fullmatch(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*(\.[0-9a-f]{12})?\.(html|js|json|txt|xml)", it)
        for it in pages
    )
    assert len([path for path in below(pages, "apps/") if path.endswith(".html")]) == len(store)
    listed = [it for path in pages for it in (cards(pages[path]) if re.match(r"index|page/", path) else ())]
    assert sorted(it.offering.id for it in listed) == sorted(it.id for it in store)


@given(stores(), st.integers(0, 99))
def test_a_plan_depends_on_no_order(store: list[PublicOffering], seed: int) -> None:
    shuffled = random.Random(seed).sample(store, len(store))  # noqa: S311 an order, no secret
    assert plan_pages(Store(), shuffled) == plan_pages(Store(), store)
