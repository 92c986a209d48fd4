"""A hostile store in headless Chromium: no script of an author's runs, and no request leaves for another origin.

Served once under the strict policy, and once without any, so that the pages alone must hold. Every page is looked at as
it is, and after a click on everything in it that stays on the site.
"""

import re
from collections.abc import Callable
from functools import cache
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browsing import Handler, OpenHandler, needs_browser, served
from hostile_store import INPUTS, Input, fitted_record, write_hostile
from site_checks import build_site

pytestmark = needs_browser

STEP = 20
EVERY_DAY = 120
"""Every so-many-th input stands in all places of a store: of the longer tests, of those of every day."""
POLICIES = [
    pytest.param(Handler, id="strict policy", marks=pytest.mark.long),
    pytest.param(OpenHandler, id="no policy"),
]

CANARY = """
for (const name of ["alert", "confirm", "prompt", "print", "msgbox", "open"])
  window[name] = (...told) => console.error(`canary: ${name}(${told}) ran at ${location.href}`);
"""
"""Runs before anything of a page, in every frame: whatever a payload calls is told."""

CLICK_EVERYTHING = """
() => {
  const stays = (a) => a.protocol === "javascript:" || a.protocol === "data:" || (a.href.includes("#") &&
    a.href.split("#")[0] === location.href.split("#")[0]);  // a link to this very page would load it again
  const things = [...document.querySelectorAll("a, button, summary, input, label, [tabindex], [role], img, details")];
  let clicked = 0;
  for (const thing of things) {
    const link = thing.closest("a");
    if ((link && !stays(link)) || thing.matches(".panel > .sheet > [data-print]")) continue;  // ours, which prints
    for (const kind of ["mouseover", "focus", "pointerenter"]) thing.dispatchEvent(new Event(kind, { bubbles: true }));
    thing.click();
    clicked += 1;
  }
  for (const it of document.querySelectorAll("details")) it.open = true;
  return clicked;
}
"""
LOOK = """
() => {
  const wrong = [];
  for (const it of document.querySelectorAll("*")) {
    for (const { name } of it.attributes) if (/^on|^style$|^srcdoc$/.test(name)) wrong.push(`<${it.tagName} ${name}>`);
    const forbidden = /^(iframe|object|embed|style|base|template|math|frame)$/i;
    const isBlank = it.matches("template[data-card], template[data-topic]");
    if (forbidden.test(it.tagName) && !isBlank) wrong.push(`<${it.tagName}>`);
    const address = it.getAttribute("href") || it.getAttribute("src") || "";
    if (address && !/^(https?|mailto):$/.test(new URL(address, location.href).protocol)) wrong.push(address);
  }
  const isData = (it) => it.type === "application/ld+json" && JSON.parse(it.textContent);
  const ours = /\\/(assets\\/(theme|store|find|apps|viewer|compare)\\.[0-9a-f]+|apps\\/[\\w-]+\\/compare)\\.js$/;
  const isOurs = (it) => ours.test(it.src);
  const scripts = [...document.scripts].filter((it) => !isOurs(it) && !isData(it));
  return wrong.concat(scripts.map((it) => `script ${it.src} ${it.textContent}`));
}
"""


SEARCH = """
async () => {
  const field = document.querySelector("[data-finder]") && "[type=search]";
  const input = document.querySelector(field || "[role=combobox]");
  if (!input) return;
  input.focus();
  for (const words of ["a", "e", ""]) {
    input.value = words;
    input.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 20));
  }
}
"""
"""What is found is made by a script, of the same hostile words."""

COMPARED = """
async () => {
  const main = document.querySelector("[data-compare]");
  while (main && !main.matches("[data-ready]")) await new Promise(requestAnimationFrame);
}
"""
"""The apps of a comparison come by scripts of their own."""


def swept(browser: Browser, folder: Path, handler: type[SimpleHTTPRequestHandler]) -> tuple[list[str], int]:
    """Visit every page of a site; return what went wrong, and how many things were clicked."""
    wrong: list[str] = []
    clicked = 0
    with served(folder, handler) as address:
        context = browser.new_context(bypass_csp=handler is OpenHandler)  # a policy inside the pages does not count
        context.add_init_script(CANARY)
        context.on("console", lambda it: wrong.append(f"{it.type}: {it.text}") if it.type != "log" else None)
        context.on("weberror", lambda it: wrong.append(str(it.error)))
        context.on("request", lambda it: it.url.startswith(address) or wrong.append(f"request: {it.url}"))
        context.on("dialog", lambda it: (wrong.append(f"dialog: {it.message}"), it.dismiss()))
        context.route(lambda url: not url.startswith(address), lambda route: route.abort())
        page = context.new_page()
        for path in [*sorted(it.relative_to(folder).as_posix() for it in folder.rglob("*.html")), *_compared(folder)]:
            clicked += _visit(page, address + path, wrong)
            wrong += [f"{page.url}: opened {other.url}" for other in context.pages if other != page]
        context.close()
    return wrong, clicked


def _compared(folder: Path) -> list[str]:
    """Every app of a site in a comparison, four at a time."""
    names = sorted(path.parent.name for path in folder.glob("apps/*/compare.js"))
    fours = (names[start : start + 4] for start in range(0, len(names), 4))
    return ["compare/index.html?" + "&".join(f"app={name}" for name in four) for four in fours]


def _visit(page: Page, address: str, wrong: list[str]) -> int:
    page.goto(address)
    page.evaluate(COMPARED)
    wrong += [f"{address}: {it}" for it in page.evaluate(LOOK)]
    clicked = page.evaluate(CLICK_EVERYTHING)
    page.evaluate("new Promise(requestAnimationFrame)")  # what a click began has had its turn
    page.evaluate(SEARCH)
    wrong += [f"{address}, searched: {it}" for it in page.evaluate(LOOK)]
    if re.split("[?#]", page.url)[0] != address.partition("?")[0]:
        wrong.append(f"{address}: a click led to {page.url}")
    assert isinstance(clicked, int)
    return clicked


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Path]:
    """Build a store of every n-th input, in all places; its texts hold all the inputs between them."""

    @cache
    def build(start: int, step: int) -> Path:
        root = tmp_path_factory.mktemp("chromium")
        chosen: dict[str, Input] = {f"{n:03}": INPUTS[n] for n in range(start, len(INPUTS), step)}
        records: dict[str, dict[str, Any]] = {}
        for folder, it in chosen.items():
            records[folder] = fitted_record(it, int(folder) + 1)
            texts = [other.text for other in INPUTS[int(folder) : int(folder) + step] if len(other.text) < 8000]
            records[folder]["features"] = "\n\n".join(texts)
        content = write_hostile(root / "content", records, chosen)
        build_site(content, root / "site")
        return root / "site"

    return build


def test_nothing_runs_and_nothing_leaves(browser: Browser, store: Callable[[int, int], Path]) -> None:
    """With no policy to help: the pages alone must hold."""
    wrong, clicked = swept(browser, store(0, EVERY_DAY), OpenHandler)
    assert wrong == []
    assert clicked > 20


@pytest.mark.long
@pytest.mark.parametrize(
    ("start", "handler"),
    [
        pytest.param(start, handler, id=f"every input from {start}, {name}", marks=pytest.mark.xdist_group(name))
        for start in range(STEP)
        for name, handler in [("no policy", OpenHandler) if start % 2 else ("strict policy", Handler)]
    ],
)
def test_nothing_of_any_input_runs_in_any_place(
    browser: Browser, store: Callable[[int, int], Path], handler: type[SimpleHTTPRequestHandler], start: int
) -> None:
    """All the inputs, most of which the sweep of every day has in texts alone; half of them under the policy."""
    assert swept(browser, store(start, STEP), handler)[0] == []


LIVE = {
    "a handler": "<img src=data:, onerror=alert(1)>",
    "a script": "<script>alert(1)</script>",
    "a click": "<button onclick=alert(1)>x</button>",
    "an address": "<a href='javascript:alert(1)'>x</a>",
    "a picture from elsewhere": "<img src=http://evil.invalid/x.png>",
    "a frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "a style": "<p style='color:red'>x</p>",
}


@pytest.mark.parametrize("handler", POLICIES)
@pytest.mark.parametrize(
    "html",
    [pytest.param(it, id=name, marks=[] if name == "a click" else pytest.mark.long) for name, it in LIVE.items()],
)
def test_the_sweep_finds_what_is_live(
    browser: Browser, tmp_path: Path, html: str, handler: type[SimpleHTTPRequestHandler]
) -> None:
    """Else it would prove nothing; without a policy, it is seen to run or to leave."""
    (tmp_path / "index.html").write_text(f"<!doctype html><title>x</title>{html}")
    (tmp_path / "favicon.ico").write_bytes(b"x")
    wrong, _ = swept(browser, tmp_path, handler)
    assert wrong
    if handler is OpenHandler and "style=" not in html:
        assert any("canary" in it or "request: http://evil.invalid" in it for it in wrong), wrong
