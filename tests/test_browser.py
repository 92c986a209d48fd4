"""What a visitor does, in a real browser: the example store, served with the headers that a host should send."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from browsing import as_new, becomes, needs_browser, served, visitor
from generator.build import build
from generator.settings import Settings

CONTENT = Path(__file__).parent.parent / "content"
INSTALL = "https://acme.example.com/apps/wdc_asset_bridge/install"
DETAIL = "apps/wdc_asset_bridge/index.html"
NO_ACCOUNT = "This is neither a short name (letters, digits and hyphens) nor an address that leads there."

pytestmark = needs_browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "shop" / "site"
    settings = Settings(
        content=CONTENT,
        output=folder,
        templates=folder.parent / "none",
        base_url="https://apps.example.com/shop/site/",  # only its path matters: the links of 404.html begin with it
    )
    build(settings, lambda *_: None)
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the site from a sub-folder, where a link that begins with a slash would break."""
    with served(site.parent.parent) as address:
        yield f"{address}shop/site/"


@pytest.fixture(scope="module")
def same_page(browser: Browser, address: str) -> Iterator[Page]:
    with visitor(browser, address, INSTALL) as context:
        yield context.new_page()


@pytest.fixture
def page(same_page: Page) -> Page:
    return as_new(same_page)


def open_panels(page: Page) -> list[str]:
    return [it.get_attribute("id") or "" for it in page.locator("[data-panel]").all() if it.is_visible()]


def test_the_first_tab_is_open(page: Page) -> None:
    page.goto(DETAIL)
    assert open_panels(page) == ["description"]
    expect(page.get_by_role("tab", selected=True)).to_have_text("Description")


def test_a_click_opens_a_tab_and_names_it_in_the_address(page: Page) -> None:
    page.goto(DETAIL)
    page.get_by_role("tab", name="Features").click()
    assert open_panels(page) == ["features"]
    assert page.url.endswith("#features")


def test_back_returns_to_the_tab_before(page: Page) -> None:
    page.goto(DETAIL)
    page.get_by_role("tab", name="Features").click()
    page.get_by_role("tab", name="Security").click()
    page.go_back()
    assert open_panels(page) == ["features"]
    page.go_back()
    assert open_panels(page) == ["description"]


@pytest.mark.parametrize(
    ("keys", "opened"),
    [
        pytest.param(["ArrowRight"], "features", id="right: the next"),
        pytest.param(["End", "ArrowRight"], "description", id="right at the end: the first"),
        pytest.param(["ArrowLeft"], "changes", id="left at the beginning: the last"),
        pytest.param(["End"], "changes", id="End: the last"),
        pytest.param(["End", "Home"], "description", id="Home: the first"),
    ],
)
def test_keys_move_between_tabs(page: Page, keys: list[str], opened: str) -> None:
    page.goto(DETAIL)
    page.get_by_role("tab", selected=True).focus()
    for key in keys:
        page.keyboard.press(key)
    assert open_panels(page) == [opened]
    assert page.evaluate("document.activeElement.hash") == f"#{opened}"


def test_only_the_open_tab_is_a_stop_of_the_tab_key(page: Page) -> None:
    page.goto(DETAIL)
    page.get_by_role("tab", selected=True).focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "description"


def test_a_link_to_a_tab_opens_it(page: Page) -> None:
    page.goto(f"{DETAIL}#compliance")
    assert open_panels(page) == ["compliance"]


def test_a_link_to_a_heading_opens_its_tab_and_shows_it(page: Page) -> None:
    page.goto(DETAIL)
    heading = page.locator("#compliance .prose h3").nth(2)
    page.goto("about:blank")
    page.goto(f"{DETAIL}#h-compliance-encryption")
    assert open_panels(page) == ["compliance"]
    expect(page.locator("#h-compliance-encryption")).to_be_in_viewport()
    assert heading.count() == 1


def test_a_broken_fragment_shows_the_first_tab(page: Page) -> None:
    page.goto(f"{DETAIL}#%E0%A4%A")
    assert open_panels(page) == ["description"]


def test_without_javascript_all_texts_stand_under_each_other(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(DETAIL)
    assert open_panels(page) == ["description", "features", "compliance", "changes"]
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Features").click()
    expect(page.get_by_role("heading", name="Features", level=2)).to_be_in_viewport()
    context.close()


def test_print_shows_all_texts(page: Page) -> None:
    page.goto(DETAIL)
    page.emulate_media(media="print")
    assert open_panels(page) == ["description", "features", "compliance", "changes"]


def test_security_and_compliance_is_printed_as_a_sheet_of_its_own(page: Page) -> None:
    page.goto(f"{DETAIL}#compliance")
    expect(page.get_by_role("button", name="Print this sheet")).to_be_visible()
    page.emulate_media(media="print")
    assert open_panels(page) == ["compliance"]
    expect(page.locator(".facts")).to_be_visible()
    expect(page.locator("#compliance .hash").first).to_be_visible()
    expect(page.get_by_role("button", name="Print this sheet")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".topics li").count() > 0
    for folded in page.locator(".topics li").all():
        expect(folded).to_be_visible()
    expect(page.locator(".on-paper")).to_contain_text("https://apps.example.com/shop/site/apps/wdc_asset_bridge/ · ")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".topics details[open]").count() == 0
    page.emulate_media(media="screen")


BELONGS = """() => {
  const it = document.activeElement;
  const { left, right, top, bottom } = it.getBoundingClientRect();
  const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return it === document.body || it.contains(seen) || seen?.contains(it) ? "" : it.outerHTML.slice(0, 120);
}"""


@pytest.mark.parametrize(
    ("path", "size"),
    [
        pytest.param(f"{DETAIL}#compliance", (390, 844), id="a text on a phone"),
        pytest.param(f"{DETAIL}#compliance", (1280, 720), id="a text on a laptop", marks=pytest.mark.long),
        pytest.param("security/index.html", (390, 844), id="the table on a phone", marks=pytest.mark.long),
        pytest.param("security/index.html", (1280, 720), id="the table on a laptop"),
    ],
)
def test_what_has_the_focus_is_never_covered(page: Page, path: str, size: tuple[int, int]) -> None:
    """Backwards from the end of a page, everything comes in at its top, where something sticks."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(path)
    page.locator(".foot a").last.focus()
    covered = []
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        covered.append(page.evaluate(BELONGS))
    assert [it for it in covered if it] == []


def test_of_all_updates_only_those_of_security(page: Page) -> None:
    page.goto("updated/index.html")
    everything = page.locator(".row:visible").count()
    only = page.get_by_role("checkbox", name="Only changes in Security & Compliance")
    only.focus()
    page.keyboard.press("Space")
    rows = page.locator(".row:visible")
    assert 0 < rows.count() < everything
    assert rows.count() == page.locator(".row:visible:has(.changed :text('Security & Compliance'))").count()
    assert page.url.endswith("?only=compliance")
    page.reload()
    expect(only).to_be_checked()
    only.click()
    assert page.locator(".row:visible").count() == everything


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("acme", id="its name"),
        pytest.param(" ACME ", id="in capitals"),
        pytest.param("https://acme.example.com/self-service", id="an address of it"),
        pytest.param("acme.example.com", id="its host"),
    ],
)
def test_get_this_app_asks_once_for_the_account(page: Page, given: str) -> None:
    page.goto(DETAIL)
    page.get_by_role("link", name="Get this app").click()
    page.get_by_label("Your account").fill(given)
    expect(page.locator("[data-leads]")).to_have_text("Leads to acme.example.com")
    page.route(INSTALL, lambda route: route.fulfill(body="installed"))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(INSTALL)
    page.go_back()  # to where what is remembered can be forgotten


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param("", "Please enter your account.", id="nothing"),
        pytest.param("Acme Corp", NO_ACCOUNT, id="its long name"),
        pytest.param("St. Anna Hospital", NO_ACCOUNT, id="a name with a dot"),
        pytest.param("https://evil.org/inbox", NO_ACCOUNT, id="an address elsewhere"),
    ],
)
def test_what_is_no_account_is_told(page: Page, given: str, told: str) -> None:
    page.goto(DETAIL)
    page.get_by_role("link", name="Get this app").click()
    page.get_by_label("Your account").fill(given)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text(told)
    expect(page.get_by_label("Your account")).to_be_focused()
    assert page.url.endswith("index.html")


def test_the_account_is_remembered(page: Page) -> None:
    page.goto(DETAIL)
    page.evaluate("localStorage.setItem('appshelf-account', 'acme')")
    page.reload()
    install = page.get_by_role("link", name="Get this app")
    expect(install).to_have_attribute("href", INSTALL)


@pytest.mark.long
@pytest.mark.parametrize("account", ["Acme Corp", "a/../b", "javascript:", "a.b", "é"])
def test_no_other_account_gets_into_an_address(page: Page, account: str) -> None:
    page.goto(DETAIL)
    page.evaluate("account => localStorage.setItem('appshelf-account', account)", account)
    page.reload()
    expect(page.get_by_role("link", name="Get this app")).to_have_attribute("href", "#account")


def test_the_theme_is_remembered(page: Page) -> None:
    page.goto("index.html")
    page.get_by_role("button", name="Dark theme").click()
    page.goto(DETAIL)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "true")


def test_pictures_are_viewed_one_after_another_by_keyboard(page: Page) -> None:
    page.goto(DETAIL)
    first, second = page.locator("#description .enlarge").all()
    first.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Pictures")
    expect(viewer.get_by_role("status")).to_have_text("1 / 2")
    expect(viewer.get_by_role("button", name="Previous picture")).to_be_hidden()
    expect(viewer.get_by_role("img")).to_have_js_property("src", first.evaluate("it => it.href"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # there is no third
    expect(viewer.get_by_role("status")).to_have_text("2 / 2")
    expect(viewer.get_by_role("img")).to_have_accessible_name(second.locator("img").get_attribute("alt") or "")
    expect(viewer.get_by_role("button", name="Next picture")).to_be_hidden()
    page.keyboard.press("Home")
    expect(viewer.get_by_role("status")).to_have_text("1 / 2")
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(second).to_be_focused()


def test_pictures_are_viewed_by_mouse(page: Page) -> None:
    page.goto(DETAIL)
    page.locator("#description .enlarge").first.click()
    viewer = page.get_by_role("dialog", name="Pictures")
    becomes(page, "document.querySelector('dialog img').naturalWidth > 0")
    assert results_of(page) == []
    viewer.get_by_role("button", name="Next picture").click()
    expect(viewer.get_by_role("status")).to_have_text("2 / 2")
    expect(viewer.get_by_role("button", name="Close")).to_be_focused()
    expect(viewer.locator("figcaption")).not_to_be_empty()
    viewer.get_by_role("button", name="Close").click()
    expect(viewer).to_be_hidden()
    page.locator("#description .enlarge").first.click(modifiers=["Alt"])  # the browser's own way with a link
    expect(viewer).to_be_hidden()


@pytest.mark.long
@pytest.mark.parametrize(("begin", "end", "place"), [(300, 100, "2 / 2"), (100, 300, "1 / 2"), (200, 190, "1 / 2")])
def test_pictures_are_viewed_by_touch(browser: Browser, address: str, begin: int, end: int, place: str) -> None:
    with visitor(browser, address, has_touch=True, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(DETAIL)
        page.locator("#description .enlarge").first.tap()
        fingers = context.new_cdp_session(page)
        for kind, points in (
            ("touchStart", [{"x": begin, "y": 300}]),
            ("touchMove", [{"x": end, "y": 305}]),
            ("touchEnd", []),
        ):
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(place)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


PAGES = [
    "index.html",
    DETAIL,
    f"{DETAIL}#features",
    f"{DETAIL}#compliance",
    f"{DETAIL}#changes",
    "security/index.html",
    "updated/index.html",
    "compare/index.html",
    "compare/index.html?app=wdc_asset_bridge&app=wdc_directory_sync&app=wdc_note_dispatcher",
]


def results_of(page: Page) -> list[str]:
    """What axe finds on a page as it is."""
    return [it["id"] for it in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("path", [*PAGES, "404.html"])
def test_no_page_scrolls_sideways(page: Page, path: str) -> None:
    page.goto(path)
    for width in (320, 390, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "path", [it if it in PAGES[:2] else pytest.param(it, marks=pytest.mark.long) for it in (*PAGES, "404.html")]
)
def test_axe_finds_nothing(page: Page, path: str) -> None:
    page.goto(path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        results = Axe().run(page)
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"


@pytest.mark.long
@pytest.mark.parametrize("accent", ["#000000", "#ffffff", "#ffee00", "#00ff88", "#ff0000", "#7f7f7f", "#8899ff"])
def test_words_stay_readable_in_any_accent(page: Page, accent: str) -> None:
    page.goto(DETAIL)
    page.evaluate("accent => document.documentElement.style.setProperty('--accent', accent)", accent)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        results = Axe().run(page, options={"runOnly": ["color-contrast"]})
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"


def test_from_the_list_of_updates_to_what_changed(page: Page) -> None:
    """What a visitor does who wants to know what changed last month."""
    page.goto("updated/index.html")
    june = page.get_by_role("region", name="June 2026")
    june.get_by_role("link", name="Security & Compliance").click()
    assert open_panels(page) == ["changes"]
    expect(page.get_by_role("heading", name="9 June 2026")).to_be_in_viewport()
    expect(page.locator("#changes del").get_by_text("12 January")).to_be_visible()


@pytest.mark.long
def test_the_whole_row_of_an_update_still_leads_to_its_app(page: Page) -> None:
    page.goto("updated/index.html")
    row = page.get_by_role("region", name="June 2026").get_by_role("listitem").first
    row.scroll_into_view_if_needed()
    box = row.locator(".line").bounding_box()
    assert box
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    expect(page).to_have_url(re.compile(rf"{DETAIL}$"))
    assert open_panels(page) == ["description"]


def test_the_facts_and_the_text_lead_to_what_changed(page: Page) -> None:
    page.goto(f"{DETAIL}#compliance")
    page.locator("#compliance").get_by_role("link", name="what changed").click()
    assert open_panels(page) == ["changes"]
    page.get_by_role("tab", name="Description").click()
    page.get_by_role("link", name="What changed").click()
    assert open_panels(page) == ["changes"]


def test_without_javascript_what_changed_is_reached_too(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("updated/index.html")
    page.get_by_role("region", name="June 2026").get_by_role("link", name="Security & Compliance").click()
    expect(page.get_by_role("heading", name="9 June 2026")).to_be_in_viewport()
    context.close()


@pytest.mark.long
def test_removed_and_added_words_differ_without_colour(page: Page) -> None:
    page.goto(f"{DETAIL}#changes")
    for media in ("screen", "print"):
        page.emulate_media(media=media)  # type: ignore[arg-type]
        lines = page.evaluate(
            "['del', 'ins'].map((it) => getComputedStyle(document.querySelector(`.edits ${it}`)).textDecorationLine)"
        )
        assert lines == ["line-through", "underline"]
    assert "[removed: 90] [added: 30] days" in " ".join((page.locator("#changes").text_content() or "").split())


def test_the_store_works_from_a_file(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Asset Bridge").click()
    page.get_by_role("tab", name="Features").click()
    assert open_panels(page) == ["features"]
    assert page.evaluate("document.querySelector('img.picture').naturalWidth") > 0
    page.close()
