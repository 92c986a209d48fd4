"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from browsing import chromium

# The same examples in every run and on every worker: a failure that appears once can be met again.
settings.register_profile(
    "appshelf",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("appshelf")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `conformance/`: pytest reads them in this file alone, whatever folder is named."""
    group = parser.getgroup("conformance", "conformance to the App Offerings API (tests/conformance)")
    group.addoption("--target", metavar="URL", help="try this server instead of Appshelf's; token: APPSHELF_API_TOKEN")
    group.addoption("--target-writes", action="store_true", help="make and change drafts on the --target, too")


@pytest.fixture(scope="session")
def real_listings() -> Path:
    """262 real listings in the API's shape; they lie outside the repository."""
    folder = os.environ.get("APPSHELF_DATA")
    if not folder:
        pytest.skip("APPSHELF_DATA names no folder, so the 262 real listings are not tried")
    return Path(folder) / "integrations" / "app_offerings.json"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for a module; while it runs, its thread can run no event loop, so it cannot stay for the next."""
    with chromium() as browser:
        yield browser
