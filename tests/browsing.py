"""A real browser for tests, and a static host that forbids everything a page of ours has no need of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, sync_playwright

from generator.headers import POLICY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

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


class Handler(SimpleHTTPRequestHandler):
    """A static host that forbids everything a page of ours has no need of."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class OpenHandler(SimpleHTTPRequestHandler):
    """A static host that sends no policy at all: what the pages hold must be enough."""

    def log_message(self, *_: object) -> None:
        pass
