"""A real browser for tests, and a static host that forbids everything a page of ours has no need of."""

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from generator.headers import POLICY, with_index

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

NAMED_BY_CONTENT = re.compile("/(?:assets|files|media)/")

needs_browser = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here; on Debian `apt-get install chromium` brings it"),
    pytest.mark.xdist_group("browser"),
]
"""Marks of a module that drives it: one worker has it, so that two do not fight for the processor."""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visitor(browser: Browser, address: str, *allowed: str, **more: Any) -> Iterator[BrowserContext]:
    """A fresh visitor of the site at `address`.

    Whatever breaks in a page, or leaves for another origin but for the `allowed` addresses, fails the test.
    """
    context = browser.new_context(base_url=address, **more)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(f"{error.page and error.page.url}: {error.error}"))
    context.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    context.on("request", lambda request: request.url.startswith(address) or wrong.append(request.url))
    yield context
    context.close()
    assert [it for it in wrong if it not in allowed] == []


def becomes(page: Page, condition: str, *, seconds: float = 20) -> None:
    """Wait until a condition, an expression of JavaScript, holds in the page; only as long as `seconds`.

    Playwright's `wait_for_function` makes code of a string, which the policy of our pages forbids: it fails unless the
    condition holds at its first look.
    """
    look = (
        f"({condition}) ? done() : performance.now() > end ? fail(Error(`not within {seconds} s`)) : setTimeout(look)"
    )
    page.evaluate(
        f"() => new Promise((done, fail) => {{ const end = performance.now() + {seconds * 1000};"
        f" const look = () => {{ {look}; }}; look(); }})"
    )


def as_new(page: Page) -> Page:
    """Make a page as a new visitor has it, which takes a fifth of the time that a new visitor takes."""
    if page.url != "about:blank":
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.goto("about:blank")  # to the same page with another fragment is no way at all
    page.unroute_all()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(media="null", color_scheme="null")
    return page


class OpenHandler(SimpleHTTPRequestHandler):
    """A static host that sends no policy at all: what the pages hold must be enough.

    Connections stay, and what is named by its content is not asked for again, as with any host.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def end_headers(self) -> None:
        if NAMED_BY_CONTENT.search(self.path):
            self.send_header("Cache-Control", "max-age=3600, immutable")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Handler(OpenHandler):
    """A static host that forbids everything a page of ours has no need of."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", with_index(POLICY))  # each page has its own, stricter, besides
        super().end_headers()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Tell what went wrong, unless a visitor left while a file was on its way."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def served(folder: Path, handler: type[SimpleHTTPRequestHandler] = Handler) -> Iterator[str]:
    """Serve a folder; yield its address."""
    with _Server(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
