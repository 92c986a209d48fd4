"""The system's Chromium, for tests of what a visitor or an author does."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

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
