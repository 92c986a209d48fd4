"""A store in another language than English, in a real browser: what its scripts say."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from browsing import needs_browser, served, visitor
from site_checks import build_site
from stores import offering, write_store

pytestmark = needs_browser

MISSING = "Failed to load resource: the server responded with a status of 404 (File not found)"


def test_scripts_speak_german(browser: Browser, tmp_path: Path) -> None:
    account = {"install_url": "https://{account}.example.com/{reference}"}
    record: dict[str, Any] = {"features": "Ja.", "description": "Es gilt: `x`.\n\n    y\n", "store": account}
    records = [
        offering(id=n, reference=f"app_{n}", name=f"Prüfer {n}", **record, ui_extension_version={"id": n})
        for n in (1, 2)
    ]
    write_store(tmp_path / "content", offerings=records, store={"language": "de"})
    build_site(tmp_path / "content", tmp_path / "site")
    with served(tmp_path / "site") as address, visitor(browser, address, MISSING) as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("searchbox", name="Apps suchen").fill("prufer")
        expect(page.get_by_role("status").first).to_have_text("2 von 2 Apps")
        expect(page.locator("[data-shelf] .badges").first).to_have_text("Konfigurierbar")
        page.get_by_role("searchbox").fill("xyzzy")
        expect(page.get_by_role("heading", name="Keine App passt zu „xyzzy“")).to_be_visible()
        page.goto(f"{address}apps/app_1/index.html")
        expect(page.get_by_role("button", name="Code kopieren")).to_be_visible()
        page.get_by_role("link", name="App holen").click()
        page.get_by_role("button", name="Weiter").click()
        expect(page.get_by_role("alert")).to_have_text("Bitte geben Sie Ihren Account ein.")
        page.goto(f"{address}compare/index.html?app=app_1&app=none")
        expect(page.get_by_text("In diesem Store gibt es keine App „none“.")).to_be_visible()
        page.get_by_role("button", name="Entfernen: Prüfer 1").click()
        expect(page.get_by_role("heading", name="Noch keine Apps gewählt")).to_be_visible()
