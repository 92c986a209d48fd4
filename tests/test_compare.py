"""Apps side by side, in a real browser: which ones, what is shown of them, where they differ, and how one is added."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from browsing import as_new, becomes, needs_browser, served, visitor
from generator.cards import shelve
from generator.matrix import Column, declared
from generator.models import DeclaredAssurance
from generator.settings import Store
from generator.topics import TOPICS
from site_checks import build_site, check_site, public
from stores import offering, picture, write_store

pytestmark = needs_browser

PAIR = "compare/index.html?app=dusk&app=dawn"
FOUR = "compare/index.html?app=dusk&app=dawn&app=noon&app=night"
HOSTILE = "</script><img src=x onerror=alert(1)> {{7*7}} \" ' & <b>bold</b>"
MISSING = "Failed to load resource: the server responded with a status of 404 (File not found)"
FAILED = "Failed to load resource: net::ERR_FAILED"

FEATURES = """## Setting up

See [above](#setting-up), [the terms](attachments/terms.txt) and [elsewhere](https://example.com/x).

![The flow](attachments/flow.png)

| Field | Meaning |
|-------|---------|
| name  | a name  |
"""
TABLE = "| Field | Meaning |\n|---|---|\n| name | a name |\n"


def app(number: int, reference: str, name: str, **changes: Any) -> dict[str, Any]:
    entry = {"categories": ["Lights"], "publisher": "Acme", **changes.pop("store", {})}
    return offering(**{"id": number, "reference": reference, "name": name, "store": entry, **changes})


def shop(folder: Path) -> Path:
    """Build a store of eight apps: two that differ in much, two that differ in nothing, and some to choose from."""
    assurances = [
        {"topic": "ISO/IEC 27001", "status": "Certified", "scope": "All of it", "valid_until": "2027-06-30"},
        {"topic": "Accessibility", "status": "Tested"},
    ]
    records = [
        app(
            1,
            "dusk",
            "Dusk",
            card_description="Dims <the lights> & says good night.",
            features=FEATURES,
            compliance="All traffic uses TLS 1.3. We are bound by the GDPR. Backups are encrypted. TLS 1.2 is off.",
            ui_extension_version={"id": 1},
            updated_at="2026-03-04T05:06:07Z",
            store={"assurances": assurances, "install_url": "https://{account}.example.com/dusk"},
        ),
        app(
            2,
            "dawn",
            "Dawn",
            card_description="Wakes a room, early.",
            configuration_uri_template="https://{account}.example.com/dawn",
            features=FEATURES.replace("name", "other"),
            compliance="Under the GDPR we are a processor.",
            updated_at="2026-03-04T15:06:07Z",
            store={
                "assurances": [{"topic": "ISO 27001", "status": "In progress"}],
                "categories": ["Rooms", "Lights"],
                "install_url": "https://dawn.example.com/",
            },
        ),
        app(
            3,
            "noon",
            "Noon",
            policy_jwt_alg="es256",
            ui_extension_version={"id": 3},
            configuration_uri_template="https://example.com/noon",
        ),
        app(4, "night", "Night " + "with a long name " * 6, features="A word. " * 6_000),
        app(5, "twin-one", "Twin one", features=TABLE, store={"publisher": "Doubles"}),
        app(6, "twin-two", "Twin two", features=TABLE, store={"publisher": "Doubles"}),
        app(7, "cafe", "Café Calendar", store={"publisher": "Doubles"}),
        app(8, "draft", "Draughts", draft=True),
    ]
    chance = random.Random(1)  # noqa: S311  # a picture, no secret
    files: dict[str, bytes | str] = {}
    for name in ("dusk", "dawn"):
        files[f"offerings/{name}/attachments/flow.png"] = picture(chance, "png", (600, 300))
        files[f"offerings/{name}/attachments/terms.txt"] = "Terms"
    content = write_store(folder / "content", records, files=files)
    build_site(content, folder / "sub" / "shop", drafts=True)
    return folder / "sub" / "shop"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("compare"))


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve it from a sub-folder."""
    with served(site.parent) as address:
        yield f"{address}shop/"


@pytest.fixture(scope="module")
def same_page(browser: Browser, address: str) -> Iterator[Page]:
    with visitor(browser, address, MISSING, FAILED, has_touch=True) as context:
        page = context.new_page()
        page.goto("index.html")
        yield page


@pytest.fixture
def page(same_page: Page) -> Page:
    return as_new(same_page)


def heads(page: Page) -> list[str]:
    """The names above the columns, once they are drawn."""
    page.wait_for_selector("[data-compare][data-ready]", state="attached")
    return page.locator("[data-heads] th").all_inner_texts()


def test_nothing_that_is_seen_moves_when_the_apps_come(page: Page) -> None:
    held: list[Route] = []
    page.route("**/apps/dusk/compare.js", lambda route: held.append(route))
    with page.expect_request("**/apps/dusk/compare.js"):
        page.goto(PAIR, wait_until="commit")
    expect(page.get_by_role("combobox")).to_be_visible()
    foot = page.get_by_role("contentinfo")
    expect(foot).not_to_be_in_viewport()
    held[0].continue_()
    assert heads(page) == ["Dusk", "Dawn"]
    expect(foot).not_to_be_in_viewport()


def row(page: Page, name: str, group: str = "") -> list[str]:
    """The words of a row's cells; `group` names its heading, where two rows have one name."""
    body = page.locator("tbody", has=page.get_by_role("heading", name=group)) if group else page.locator("tbody")
    cells = body.locator("tr").filter(has=page.get_by_role("rowheader", name=name)).locator("> td")
    return [" ".join(it.split()) for it in cells.all_inner_texts()]


def asked(page: Page) -> str:
    return page.url.partition("?")[2]


def see(page: Page, *names: str) -> None:
    """Wait until these apps stand side by side, in this order."""
    expect(page.locator("[data-heads] th")).to_have_text([*names])


# ------------------------------------------------------------------------------------------------- what is compared


@pytest.mark.parametrize(
    ("query", "shown", "told"),
    [
        pytest.param("app=dawn&app=dusk", ["Dawn", "Dusk"], "", id="in the order of the address"),
        pytest.param("app=dusk&app=dusk&app=dawn&app=dusk", ["Dusk", "Dawn"], "", id="twice is once"),
        pytest.param("app=dusk", ["Dusk"], "", id="one"),
        pytest.param("", [], "", id="none"),
        pytest.param("app=", [], "", id="a blank one", marks=pytest.mark.long),
        pytest.param("app=gone&app=dusk", ["Dusk"], "There is no app “gone” in this store.", id="unknown"),
        pytest.param("app=__proto__", [], "There is no app “__proto__” in this store.", id="a name of the language"),
        pytest.param(
            "app=constructor",
            [],
            "There is no app “constructor” in this store.",
            id="another one",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "app=../compare&app=%3Cb%3E",
            [],
            "There is no app “../compare” in this store. There is no app “<b>” in this store.",
            id="no names at all",
        ),
        pytest.param(
            "app=dusk&app=dawn&app=noon&app=twin-one&app=twin-two",
            ["Dusk", "Dawn", "Noon", "Twin one"],
            "Only the first four of 5 apps are shown.",
            id="more than four",
        ),
    ],
)
def test_the_address_says_which_apps(page: Page, query: str, shown: list[str], told: str) -> None:
    page.goto(f"compare/index.html?{query}")
    assert heads(page) == shown
    expect(page.locator("[data-told]")).to_have_text(told)


@pytest.mark.long
def test_only_what_is_compared_is_loaded(page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{PAIR}&app=../../x")
    assert heads(page) == ["Dusk", "Dawn"]
    names = [url.rpartition("/shop/")[2] for url in loaded if "/apps/" in url]
    assert names == ["apps/dusk/compare.js", "apps/dawn/compare.js"]


def test_facts_stand_side_by_side(page: Page) -> None:
    page.goto(PAIR)
    heads(page)
    expect(page.get_by_role("rowheader").first).to_have_text("What it does")
    assert row(page, "What it does") == ["Dims <the lights> & says good night.", "Wakes a room, early."]
    assert row(page, "Publisher") == ["Acme", "Acme"]
    assert row(page, "Categories") == ["Lights", "Lights, Rooms"]
    assert row(page, "Updated") == ["4 March 2026", "4 March 2026"]
    assert row(page, "Acts as a person") == ["No", "No"]
    assert row(page, "Webhooks signed with") == ["RS512 (RSA using SHA-512)"] * 2
    expect(page.get_by_role("rowheader", name="State")).to_be_hidden()
    expect(page.get_by_role("rowheader", name="Created")).to_be_hidden()


def test_where_an_app_is_configured_is_told_as_on_its_page(page: Page) -> None:
    page.goto(FOUR)
    heads(page)
    form, own_page = "A form in your account after installing", "A page of its own"
    assert row(page, "Configuration") == [form, own_page, f"{form} · {own_page}", "No"]
    form, own_page = "Has a configuration form after installing", "Is configured on a page of its own"
    for name, told in {"dusk": [form], "dawn": [own_page], "noon": [form], "night": []}.items():
        page.goto(f"apps/{name}/index.html")
        facts = page.get_by_role("complementary", name="Facts").get_by_role("definition")
        said = [words for words in facts.all_inner_texts() if "onfigur" in words]
        assert said == told
        expect(page.get_by_role("link", name="Configure")).to_have_count(int(name in ("dawn", "noon")))


def test_a_draft_says_so(page: Page) -> None:
    page.goto("compare/index.html?app=draft&app=dusk")
    assert heads(page) == ["Draughts\nDraft", "Dusk"]
    assert row(page, "State") == ["Draft, not published yet", "Published"]


def test_what_was_declared_stands_by_topic(page: Page) -> None:
    page.goto("compare/index.html?app=dusk&app=dawn&app=noon")
    heads(page)
    page.clock.set_fixed_time("2026-01-20T12:00:00Z")
    group = "Declared by the provider"
    first, second, third = row(page, "ISO 27001", group)
    assert first == "ISO/IEC 27001 Certified All of it Valid until 30 June 2027"
    assert (second, third) == ("In progress", "not declared")
    assert row(page, "Accessibility", group) == ["Tested", "not declared", "not declared"]
    assert row(page, "Any topic", group) == []


def test_nothing_declared_is_said_and_not_judged(page: Page) -> None:
    page.goto("compare/index.html?app=twin-one&app=twin-two")
    heads(page)
    assert row(page, "Any topic", "Declared") == ["not declared", "not declared"]
    assert row(page, "Any topic", "What the text says") == ["no sentence", "no sentence"]


@pytest.mark.long
def test_what_has_expired_is_told_by_the_visitors_clock(browser: Browser, address: str) -> None:
    with visitor(browser, address) as context:
        page = context.new_page()
        page.clock.set_fixed_time("2027-07-01T12:00:00Z")
        page.goto(PAIR)
        heads(page)
        assert row(page, "ISO 27001", "Declared")[0].endswith("Expired on 30 June 2027")


def test_sentences_are_quoted_by_topic(page: Page) -> None:
    page.goto(PAIR)
    heads(page)
    group = "What the text says"
    assert row(page, "GDPR", group) == ["We are bound by the GDPR.", "Under the GDPR we are a processor."]
    quotes, none = row(page, "Encryption", group)
    assert quotes == "All traffic uses TLS 1.3. Backups are encrypted. 1 more on its page"
    assert none == "no sentence about it"
    more = page.get_by_role("link", name="1 more on its page")
    assert (more.get_attribute("href") or "").endswith("/shop/apps/dusk/index.html#topic-encryption")
    (silent,) = row(page, "No sentence in any of them", group)
    assert silent.startswith("ISO 27001, ISO 27018, SOC 1")
    assert "GDPR" not in silent


def test_features_stand_side_by_side_and_lead_where_they_lead_on_the_apps_page(page: Page, address: str) -> None:
    page.goto(PAIR)
    heads(page)
    texts = page.locator(".texts > tr > td")
    expect(texts).to_have_count(2)
    for number, name in enumerate(("dusk", "dawn")):
        links = texts.nth(number).get_by_role("link")
        hrefs = [it.get_attribute("href") or "" for it in links.all()]
        assert hrefs[0] == f"{address}apps/{name}/index.html#h-features-setting-up"
        assert page.request.get(hrefs[1]).text() == "Terms"
        assert hrefs[2] == "https://example.com/x"
        image = texts.nth(number).get_by_role("img", name="The flow")
        image.scroll_into_view_if_needed()
        image.evaluate("it => it.decode()")  # fails unless it is a picture
    ids = page.locator("[id]").evaluate_all("them => them.map(it => it.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.long
def test_what_names_the_apps_stays_in_sight(page: Page) -> None:
    page.goto(PAIR)
    heads(page)
    page.locator(".texts td table").first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 2000)
    expect(page.get_by_role("columnheader", name="Dusk")).to_be_in_viewport()


@pytest.mark.long
def test_the_title_names_the_apps(page: Page) -> None:
    page.goto(PAIR)
    expect(page).to_have_title("Dusk, Dawn · Compare apps · App store")


# ---------------------------------------------------------------------------------------------- where they differ


def marked(page: Page) -> list[str]:
    """The names of the rows that are marked as differing."""
    rows = page.get_by_role("rowheader", name="(differs)").all_inner_texts()
    return [name.partition("≠")[0].strip() for name in rows]


def test_rows_that_differ_are_marked_in_words_too(page: Page) -> None:
    page.goto(PAIR)
    heads(page)
    assert marked(page) == ["Categories", "Configuration", "ISO 27001", "Accessibility"]
    expect(page.get_by_role("rowheader", name="Categories (differs)")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Publisher", exact=True)).to_be_visible()


@pytest.mark.long
def test_one_app_differs_from_nothing(page: Page) -> None:
    page.goto("compare/index.html?app=dusk&only=differences")
    assert heads(page) == ["Dusk"]
    assert marked(page) == []
    assert row(page, "Publisher") == ["Acme"]
    expect(page.get_by_label("Only differences")).to_be_hidden()


def test_texts_differ_anyway_and_are_not_marked_but_equal_ones_can_be_hidden(page: Page) -> None:
    page.goto(f"{PAIR}&only=differences")
    heads(page)
    for name in ("What it does", "GDPR", "Encryption"):
        expect(page.get_by_role("rowheader", name=name, exact=True)).to_be_visible()
    page.goto("compare/index.html?app=twin-one&app=twin-two")
    heads(page)
    expect(page.locator(".texts")).to_be_visible()
    page.get_by_label("Only differences").check()
    expect(page.locator(".texts")).to_be_hidden()


def test_only_differences_and_back(page: Page) -> None:
    page.goto(PAIR)
    heads(page)
    page.get_by_label("Only differences").check()
    expect(page.get_by_role("rowheader", name="Publisher")).to_be_hidden()
    expect(page.get_by_role("rowheader", name="Categories")).to_be_visible()
    assert asked(page) == "app=dusk&app=dawn&only=differences"
    page.reload()
    expect(page.get_by_label("Only differences")).to_be_checked()
    expect(page.get_by_role("rowheader", name="Publisher")).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("rowheader", name="Publisher")).to_be_visible()
    expect(page.get_by_label("Only differences")).not_to_be_checked()


@pytest.mark.long
def test_two_that_differ_in_nothing(page: Page) -> None:
    page.goto("compare/index.html?app=twin-one&app=twin-two&only=differences")
    heads(page)
    expect(page.get_by_text("No row differs.")).to_be_visible()
    for name in ("Facts", "Features"):
        expect(page.get_by_role("heading", name=name)).to_be_hidden()
    page.get_by_label("Only differences").uncheck()
    expect(page.get_by_text("No row differs.")).to_be_hidden()
    assert marked(page) == []


# -------------------------------------------------------------------------------------------- choosing and removing


def test_an_app_is_removed_and_back_brings_it_back(page: Page) -> None:
    page.goto("compare/index.html?app=dusk&app=dawn&app=noon")
    heads(page)
    page.get_by_role("button", name="Remove Dawn").click()
    see(page, "Dusk", "Noon")
    assert asked(page) == "app=dusk&app=noon"
    expect(page.get_by_role("button", name="Remove Noon")).to_be_focused()
    expect(page.locator("[data-done]")).to_have_text("Dawn removed")
    page.go_back()
    see(page, "Dusk", "Dawn", "Noon")
    page.get_by_role("button", name="Start again").click()
    see(page)
    expect(page.get_by_role("heading", name="No apps chosen yet")).to_be_visible()
    expect(page.get_by_role("combobox")).to_be_focused()
    assert page.url.endswith("compare/index.html")


@pytest.mark.long
def test_the_last_one_removed_leads_to_the_beginning(page: Page) -> None:
    page.goto("compare/index.html?app=dusk")
    heads(page)
    page.get_by_role("button", name="Remove Dusk").press("Enter")
    expect(page.get_by_role("heading", name="No apps chosen yet")).to_be_visible()
    expect(page.get_by_role("combobox")).to_be_focused()


def test_apps_are_added_by_keyboard(page: Page) -> None:
    page.goto("compare/index.html")
    heads(page)
    field = page.get_by_role("combobox")
    field.focus()
    page.keyboard.type("d")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Dawn")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Dawn")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("d")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    page.keyboard.type("cafe dou")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    see(page, "Café Calendar")
    expect(page.locator("[data-done]")).to_have_text("Café Calendar added")
    expect(field).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(options.first).to_contain_text("Dawn")
    expect(page.get_by_role("option", name="Café")).to_have_count(0)
    page.keyboard.press("Enter")
    see(page, "Café Calendar", "Dawn")
    assert asked(page) == "app=cafe&app=dawn"


def test_apps_are_added_by_touch(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("compare/index.html?app=dusk")
    heads(page)
    page.get_by_role("combobox").tap()
    page.get_by_role("option", name="Noon").tap()
    see(page, "Dusk", "Noon")
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.long
def test_enter_without_a_match_adds_nothing(page: Page) -> None:
    page.goto("compare/index.html?app=dusk")
    heads(page)
    page.get_by_role("combobox").fill("<b>zzz</b>")
    expect(page.locator("[data-hint]")).to_have_text("No app matches “<b>zzz</b>”.")
    page.keyboard.press("Enter")
    assert asked(page) == "app=dusk"
    page.keyboard.press("Escape")
    expect(page.locator("[data-hint]")).to_be_hidden()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("good night", ["Dusk"], id="its card description"),
        pytest.param("nig", ["Night", "Dusk"], id="names first, then beginnings of words"),
        pytest.param("ight", ["Night"], id="the middle of a word only in names"),
        pytest.param("ROOMS", ["Dawn"], id="its category"),
        pytest.param("early-room", ["Dawn"], id="words of several places, with a hyphen"),
        pytest.param("calendar lights", ["Café Calendar"], id="a name and a category"),
        pytest.param("cafe doubles", ["Café Calendar"], id="a name and a publisher"),
        pytest.param("oubles", [], id="the middle of a word of a publisher"),
        pytest.param("lights twenty", [], id="every word counts"),
        pytest.param("<>", [], id="no word at all"),
    ],
)
def test_apps_are_found_by_what_they_do(page: Page, words: str, found: list[str]) -> None:
    page.goto("compare/index.html")
    heads(page)
    page.get_by_role("combobox").fill(words)
    expect(page.locator("[data-hint]")).to_have_text("" if found else f"No app matches “{words}”.")
    expect(page.get_by_role("option")).to_contain_text(found)
    expect(page.get_by_role("option")).to_have_count(len(found))


@pytest.mark.long
def test_one_app_has_related_ones_to_add(page: Page) -> None:
    page.goto("compare/index.html?app=cafe")
    heads(page)
    near = page.locator("[data-near]")
    expect(near).to_contain_text("Add another app to see where they differ")
    near.get_by_role("button", name="Dawn").click()
    see(page, "Café Calendar", "Dawn")
    expect(near).to_be_hidden()
    expect(page.get_by_role("region", name="Comparison")).to_be_focused()


@pytest.mark.long
def test_four_are_enough(page: Page) -> None:
    page.goto("compare/index.html?app=dusk&app=dawn&app=noon")
    heads(page)
    page.get_by_role("combobox").fill("café")
    page.get_by_role("option").click()
    expect(page.locator("[data-heads] th")).to_have_count(4)
    expect(page.get_by_role("combobox")).to_be_hidden()
    expect(page.get_by_text("Four apps at most. Remove one to add another.")).to_be_visible()
    expect(page.get_by_role("region", name="Comparison")).to_be_focused()


# --------------------------------------------------------------------------------------------- from page to page


@pytest.mark.long
def test_apps_gather_from_page_to_page(page: Page) -> None:
    for number, name in enumerate(("dusk", "dawn", "noon", "cafe"), start=1):
        page.goto(f"apps/{name}/index.html")
        page.locator(".actions").get_by_role("link", name="Compare").click()
        expect(page.locator("[data-heads] th")).to_have_count(number)
    assert asked(page) == "app=dusk&app=dawn&app=noon&app=cafe"
    page.goto("apps/dawn/index.html")
    page.locator(".actions").get_by_role("link", name="Compare").click()
    see(page, "Dusk", "Noon", "Café Calendar", "Dawn")
    expect(page.locator("[data-told]")).to_be_hidden()
    page.goto("apps/twin-one/index.html")
    page.locator(".actions").get_by_role("link", name="Compare").click()
    see(page, "Noon", "Café Calendar", "Dawn", "Twin one")
    expect(page.locator("[data-told]")).to_have_text("Four apps at most: the one that was chosen first has made room.")
    page.get_by_role("navigation", name="Store").get_by_role("link", name="Apps").click()
    page.get_by_role("navigation", name="Store").get_by_role("link", name="Compare").click()
    see(page, "Noon", "Café Calendar", "Dawn", "Twin one")


@pytest.mark.long
def test_an_address_that_was_sent_shows_what_it_names(page: Page) -> None:
    page.goto("compare/index.html?app=dusk&app=dawn")
    heads(page)
    page.goto("compare/index.html?app=noon")
    assert heads(page) == ["Noon"]


@pytest.mark.long
def test_back_leads_to_the_page_before(page: Page) -> None:
    page.goto("apps/dusk/index.html")
    page.locator(".actions").get_by_role("link", name="Compare").click()
    see(page, "Dusk")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dusk")


@pytest.mark.long
def test_related_apps_are_compared_at_once(page: Page) -> None:
    page.goto("apps/dusk/index.html")
    page.get_by_role("link", name="Compare them with this app").click()
    expect(page.locator("[data-heads] th")).to_have_count(4)
    assert heads(page)[0] == "Dusk"


@pytest.mark.long
def test_get_this_app(page: Page, address: str) -> None:
    page.goto("compare/index.html?app=dusk&app=dawn&app=noon")
    heads(page)
    links = page.get_by_role("link", name="Get this app")
    hrefs = "them => them.map((it) => it.href)"
    asks = [f"{address}apps/dusk/index.html", "https://dawn.example.com/", f"{address}apps/noon/index.html"]
    assert links.evaluate_all(hrefs) == asks
    for account, leads in [("acme", "https://acme.example.com/dusk"), ("evil.com/", asks[0]), ("A b", asks[0])]:
        page.evaluate("account => localStorage.setItem('appshelf-account', account)", account)
        page.reload()
        heads(page)
        assert links.evaluate_all(hrefs)[0] == leads


# ------------------------------------------------------------------------------------------------ sent and printed


@pytest.mark.long
def test_the_link_is_copied(browser: Browser, address: str) -> None:
    with visitor(browser, address, permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(PAIR)
        heads(page)
        page.get_by_role("button", name="Remove Dawn").click()
        see(page, "Dusk")
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == f"{address}compare/index.html?app=dusk"


@pytest.mark.long
def test_the_link_is_no_longer_copied_once_the_address_is_another(browser: Browser, address: str) -> None:
    with visitor(browser, address, permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(PAIR)
        heads(page)
        page.clock.pause_at("2100-01-01")  # so that no time passes, after which the button forgets by itself
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        page.get_by_label("Only differences").check()
        expect(page.get_by_role("button", name="Copy link")).to_be_visible()
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.url
        page.clock.run_for(1900)
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        page.clock.run_for(200)
        expect(page.get_by_role("button", name="Copy link")).to_be_visible()


@pytest.mark.long
def test_a_link_that_cannot_be_copied_is_ready_to_be(browser: Browser, address: str) -> None:
    with visitor(browser, address) as context:
        context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page = context.new_page()
        page.goto(PAIR)
        heads(page)
        page.get_by_role("button", name="Copy link").click()
        assert page.evaluate("String(getSelection())") == page.url
        expect(page.locator("[data-here]")).to_be_visible()


@pytest.mark.long
def test_paper_has_no_controls(page: Page) -> None:
    page.goto(PAIR)
    heads(page)
    page.emulate_media(media="print")
    for control in ("combobox", "button", "checkbox"):
        assert not [it for it in page.get_by_role(control).all() if it.is_visible()]  # type: ignore[arg-type]
    expect(page.get_by_role("link", name="Get this app").first).to_be_hidden()
    expect(page.get_by_role("rowheader", name="Categories")).to_be_visible()
    expect(page.locator("[data-paper]")).to_have_text(page.url)


@pytest.mark.long
def test_paper_has_no_long_texts_but_says_where_they_are(page: Page) -> None:
    page.goto(FOUR)
    heads(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Features")).to_be_hidden()
    line = page.get_by_text("Features, in the providers’ words, stand on each app’s page.")
    expect(line).to_be_visible()
    sheets = re.findall(rb"/Type /Page\b.*?/MediaBox \[([0-9 .]+)\]", page.pdf(prefer_css_page_size=True), re.DOTALL)
    assert set(sheets) == {b"0 0 792 612"}
    assert len(sheets) <= 3
    page.goto("compare/index.html?app=cafe&app=draft")
    heads(page)
    expect(line).to_be_hidden()


# ----------------------------------------------------------------------------------- where something is missing


@pytest.mark.long
def test_an_app_that_cannot_be_loaded_is_named_and_asked_for_again(page: Page) -> None:
    page.route("**/apps/dawn/compare.js", lambda route: route.abort())
    page.goto(PAIR)
    assert heads(page) == ["Dusk"]
    expect(page.locator("[data-told]")).to_have_text("“Dawn” cannot be loaded at the moment.")
    page.unroute_all()
    page.get_by_role("combobox").fill("dawn")
    page.get_by_role("option").click()
    see(page, "Dusk", "Dawn")
    expect(page.locator("[data-told]")).to_be_hidden()


@pytest.mark.long
def test_without_the_list_nothing_is_claimed(page: Page) -> None:
    def nothing(route: Route) -> None:
        route.abort()

    page.route("**/assets/apps.*", nothing)
    page.goto("compare/index.html?app=gone&app=dusk")
    assert heads(page) == ["Dusk"]
    expect(page.locator("[data-told]")).to_have_text("“gone” cannot be loaded at the moment.")
    page.get_by_role("combobox").fill("dawn")
    expect(page.locator("[data-hint]")).to_have_text("The list of apps cannot be loaded at the moment.")


@pytest.mark.long
def test_a_host_that_answers_everything_with_a_page(page: Page) -> None:
    page.route("**/apps/gone/compare.js", lambda it: it.fulfill(body="/* a page */", content_type="text/javascript"))
    page.goto("compare/index.html?app=gone&app=dusk")
    assert heads(page) == ["Dusk"]
    expect(page.locator("[data-told]")).to_have_text("There is no app “gone” in this store.")


@pytest.mark.long
def test_without_a_memory_it_still_compares(browser: Browser, address: str) -> None:
    with visitor(browser, address) as context:
        forbidden = "{ get() { throw new DOMException('no', 'SecurityError'); } }"
        for storage in ("sessionStorage", "localStorage"):
            context.add_init_script(f"Object.defineProperty(window, '{storage}', {forbidden})")
        page = context.new_page()
        page.goto("compare/index.html?add=dusk")
        see(page, "Dusk")
        page.get_by_role("combobox").fill("dawn")
        page.get_by_role("option").click()
        see(page, "Dusk", "Dawn")


def test_without_a_script_nothing_offers_what_does_not_work(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(PAIR)
    expect(page.get_by_role("heading", name="Comparing needs JavaScript")).to_be_visible()
    expect(page.get_by_role("link", name="see all apps")).to_be_visible()
    expect(page.get_by_role("link", name="what all of them say about security")).to_be_visible()
    expect(page.get_by_role("combobox")).to_be_hidden()
    for path in ("index.html", "apps/dusk/index.html"):
        page.goto(path)
        assert not [it for it in page.get_by_text("Compare").all() if it.is_visible()]
    context.close()


def test_from_a_file(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "compare" / "index.html").as_uri() + "?app=dusk")
    assert heads(page) == ["Dusk"]
    page.get_by_role("combobox").fill("dawn")
    page.get_by_role("option").click()
    see(page, "Dusk", "Dawn")
    page.get_by_role("columnheader", name="Dawn").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dawn")
    page.close()


def test_a_store_of_one_app_has_nothing_to_compare(tmp_path: Path) -> None:
    build_site(write_store(tmp_path / "content", [offering(id=1, reference="only", name="Only")]), tmp_path / "site")
    check_site(tmp_path / "site")
    assert not (tmp_path / "site/compare").exists()
    assert not (tmp_path / "site/apps/only/compare.js").exists()
    assert "Compare" not in (tmp_path / "site/apps/only/index.html").read_text()


# ------------------------------------------------------------------------------------------------ for everybody


@pytest.mark.long
@pytest.mark.parametrize("path", ["compare/index.html", "compare/index.html?app=dusk", PAIR, FOUR])
def test_no_page_scrolls_sideways(page: Page, path: str) -> None:
    page.goto(path)
    heads(page)
    for width in (320, 390, 600, 768, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


THREE = f"{PAIR}&app=noon"


@pytest.mark.long
@pytest.mark.parametrize("width", [320, 390, 600, 800, 1280])
@pytest.mark.parametrize("path", [PAIR, THREE, FOUR])
def test_only_the_page_scrolls_up_and_down(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(path)
    heads(page)
    region = page.get_by_role("region", name="Comparison")
    assert region.evaluate("it => it.scrollHeight - it.clientHeight") == 0
    region.hover()
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 500)
    becomes(page, f"scrollY > {before}")


@pytest.mark.long
@pytest.mark.parametrize(("path", "width"), [(PAIR, 320), (PAIR, 390), (THREE, 600), (FOUR, 800), (FOUR, 1280)])
def test_where_columns_find_room_their_heads_stay_at_the_top_of_the_window(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(path)
    heads(page)
    region = page.get_by_role("region", name="Comparison")
    assert region.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    page.get_by_role("rowheader", name="The whole text").scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    becomes(page, "document.querySelector('[data-heads] th').getBoundingClientRect().top === 0")
    assert {it.bounding_box()["y"] for it in page.locator("[data-heads] th").all()} == {0}  # type: ignore[index]


@pytest.mark.long
@pytest.mark.parametrize("path", [THREE, FOUR])
def test_where_they_do_not_they_scroll_sideways_under_what_stays_in_sight(page: Page, path: str) -> None:
    """The names of rows, and above the columns the names of the apps; by keyboard, too."""
    page.set_viewport_size({"width": 390, "height": 740})
    page.goto(path)
    heads(page)
    region = page.get_by_role("region", name="Comparison")
    assert region.evaluate("it => it.scrollWidth - it.clientWidth") > 50
    names = page.locator("[data-names]")
    expect(names).to_be_hidden()
    name = page.get_by_role("rowheader", name="Webhooks signed with")
    name.scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    expect(names).to_be_in_viewport()
    region.focus()
    page.keyboard.press("ArrowRight")
    becomes(page, "document.querySelector('[data-columns]').scrollLeft > 0")
    assert region.evaluate("it => { it.scrollLeft = 1000; return it.scrollLeft; }") > 50
    left = "it => it.getBoundingClientRect().left"
    last = names.locator("span").last
    expect(last).to_be_in_viewport()
    assert last.evaluate(left) == page.locator("[data-heads] th").last.evaluate(left)
    assert name.locator(".row-name").evaluate(left) == region.evaluate(left)
    page.mouse.wheel(0, -2000)
    expect(names).to_be_hidden()


@pytest.mark.long
@pytest.mark.parametrize(
    "path", ["compare/index.html", "compare/index.html?app=dusk", FOUR, f"{PAIR}&only=differences"]
)
def test_axe_finds_nothing(page: Page, path: str) -> None:
    page.goto(path)
    heads(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert Axe().run(page).response["violations"] == []
    if path != FOUR:
        page.get_by_role("combobox").fill("n")
        expect(page.get_by_role("listbox")).to_be_visible()
        assert Axe().run(page).response["violations"] == []


# ---------------------------------------------------------------------------------------------------------- safety


def test_what_an_author_writes_is_words_here_too(browser: Browser, tmp_path: Path) -> None:
    text = f"# {HOSTILE}\n\n{HOSTILE}\n\n[x](javascript:alert(1)) ![x](javascript:alert(1))"
    line = HOSTILE[:64]
    store = {
        "categories": [line],
        "publisher": line,
        "assurances": [{"topic": line, "status": line, "scope": HOSTILE}, {"topic": "GDPR", "status": line}],
    }
    records = [
        offering(
            id=number,
            reference=f"app{number} {HOSTILE}",
            name=f"{number} {HOSTILE}",
            card_description=HOSTILE,
            description=text,
            features=text,
            compliance=f"The GDPR says {HOSTILE}",
            store=store,
        )
        for number in (1, 2)
    ]
    build_site(write_store(tmp_path / "content", {str(it["id"]): it for it in records}), tmp_path / "site")
    check_site(tmp_path / "site")
    scripts = sorted((tmp_path / "site").glob("apps/*/compare.js"))
    assert not [script for script in scripts if set("<>&'") & set(script.read_text())]
    slugs = [script.parent.name for script in scripts]
    ran = "window.ran = []; for (const it of ['alert', 'confirm']) window[it] = () => window.ran.push(it);"
    with served(tmp_path / "site") as address, visitor(browser, address) as context:
        context.add_init_script(ran)
        page = context.new_page()
        page.goto(f"compare/index.html?app={slugs[0]}&app={slugs[1]}")
        assert heads(page) == [f"1 {HOSTILE}", f"2 {HOSTILE}"]
        assert row(page, "Publisher") == [line, line]
        assert row(page, line, "Declared") == [f"{line} {HOSTILE}"] * 2
        assert HOSTILE in page.locator(".texts td").first.inner_text()
        page.get_by_role("button", name="Remove").first.click()
        see(page, f"2 {HOSTILE}")
        page.get_by_role("combobox").fill("onerror")
        expect(page.get_by_role("option")).to_contain_text(HOSTILE)
        assert page.evaluate("window.ran") == []
        assert page.locator("img[src$='/x'], [onerror]").count() == 0
        assert page.locator("b").get_by_text("bold", exact=True).count() == 0


def test_a_finger_on_the_edge_of_a_button_meets_that_button(browser: Browser, address: str) -> None:
    with visitor(browser, address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(PAIR)
        expect(page.locator("[data-acts] .button")).to_have_count(2)
        met = page.evaluate("""() => [...document.querySelectorAll("[data-acts] :is(a, button)")].map((it) => {
          const { left, right, top, bottom } = it.getBoundingClientRect();
          return [top + 2, bottom - 2].every((y) => it.contains(document.elementFromPoint((left + right) / 2, y)));
        })""")
        assert met == [True] * 4


# ------------------------------------------------------------------------------------------------------- by value


def test_what_was_declared_goes_by_topic_in_its_order() -> None:
    names = ("Accessibility", "ISO/IEC 27001:2022", "gdpr", "ISO 27001")
    assurances = tuple(DeclaredAssurance(name, "Certified", None, None, None) for name in names)
    (card,) = shelve(Store(), [public(assurances=assurances)]).cards
    assert declared(card, TOPICS) == {
        Column("Accessibility", "Accessibility"): [assurances[0]],
        Column("iso-27001", "ISO 27001"): [assurances[1], assurances[3]],
        Column("gdpr", "GDPR"): [assurances[2]],
    }


def test_what_an_author_should_know_of_a_text_is_told_once(tmp_path: Path) -> None:
    """Though the text stands on two pages."""
    records = [app(1, "one", "One", features="![](attachments/gone.png)"), app(2, "two", "Two")]
    report = build_site(write_store(tmp_path / "content", records), tmp_path / "site")
    reasons = [str(problem) for problem in report.warnings]
    assert reasons
    assert len(reasons) == len(set(reasons))
