"""How soon the preview shows the store, and a saved change: `python tests/bench/preview.py` prints medians in seconds.

A store of 1,000 offerings with pictures and attachments is drawn from a seed; with `APPSHELF_DATA`, the 262 real
listings are shown too. Times are as an author waits for them: from the command to the loaded page, and from a saved
file to the page that shows it, in headless Chromium.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browsing import chromium  # noqa: E402  # found there
from generator.addresses import slugs  # noqa: E402
from stores import random_store, write_store  # noqa: E402

ROUNDS = 7


def started(folder: Path, *flags: str) -> tuple[subprocess.Popen[str], str]:
    """Start the preview and return it with its address."""
    command = [sys.executable, "-m", "generator", "preview", "--port", "0", "-q", *flags]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stdout
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found
    return process, found[0]


def cold(browser: Browser, folder: Path, *flags: str) -> float:
    """From the command to the loaded list."""
    page = browser.new_page()
    began = time.perf_counter()
    process, address = started(folder, *flags)
    page.goto(address)
    seconds = time.perf_counter() - began
    page.close()
    process.terminate()
    process.wait()
    return seconds


def saved(browser: Browser, folder: Path, file: Path) -> list[float]:
    """From a saved change in `file` to the page that shows it."""
    reference = tomllib.loads((file.parent / "offering.toml").read_text())["reference"]
    process, address = started(folder)
    page = browser.new_page()
    page.goto(f"{address}apps/{slugs([reference])[reference]}/")
    page.wait_for_timeout(500)
    original, times = file.read_text(), []
    for number in range(ROUNDS):
        marker = f"Marker{time.time_ns()}"
        began = time.perf_counter()
        file.write_text(original + f"\n\n{marker}\n")
        page.get_by_text(marker).wait_for(state="attached")
        times.append(time.perf_counter() - began)
        page.wait_for_timeout(300 + number)
    file.write_text(original)
    process.terminate()
    process.wait()
    return times


def told(name: str, times: list[float]) -> None:
    print(f"{name:<58} {statistics.median(times):.2f}   ({min(times):.2f} to {max(times):.2f})", flush=True)  # noqa: T201


def main() -> None:
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        random_store(folder / "content", seed=1, count=1000)
        told("1,000 offerings with files: command to first page", [cold(browser, folder)])
        file = folder / "content/offerings/app-00000/description.md"
        told("1,000 offerings: saved text to reloaded page", saved(browser, folder, file))
        if data := os.environ.get("APPSHELF_DATA"):
            real = folder / "real"
            write_store(real / "content")
            source = str(Path(data) / "integrations" / "app_offerings.json")
            times = [cold(browser, real, "--source", source) for _ in range(ROUNDS)]
            told("262 real listings: command to first page", times)
        told("the example store: command to first page", [cold(browser, ROOT) for _ in range(ROUNDS)])


if __name__ == "__main__":
    main()
