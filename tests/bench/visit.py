"""What a visit costs: `python tests/bench/visit.py` prints Lighthouse's scores, and what a slow phone sees.

The 262 real listings that `APPSHELF_DATA` names are built and served as a host would: compressed, with the headers of
``_headers``, over HTTP/1.1. Lighthouse (npm's `lighthouse@12`; `LIGHTHOUSE` names its command, when it is not on the
path) looks at the pages in light and dark as it does by default: as a phone. Its figures of speed are simulated; the
second table is observed in headless Chromium with a processor four times slower, on slow 4G (1.6 Mbit/s down, 0.75 up,
150 ms a round trip; the figures of Lighthouse's own throttling).
"""

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browsing import CHROMIUM, FLAGS, becomes, chromium, served  # noqa: E402  # found there
from generator.build import build  # noqa: E402
from generator.headers import POLICY, headers_for, with_index  # noqa: E402
from generator.settings import Settings  # noqa: E402

ROUNDS = 5
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
WATCH = """
window.seen = { lcp: 0, shift: 0, late: 0 };
new PerformanceObserver((list) => { for (const it of list.getEntries()) seen.lcp = it.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
const shifted = (it) => { if (!it.hadRecentInput) seen.shift += it.value; };
new PerformanceObserver((list) => list.getEntries().forEach(shifted))
  .observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => { for (const it of list.getEntries()) seen.late = Math.max(seen.late, it.duration); })
  .observe({ type: "event", buffered: true, durationThreshold: 16 });
"""


class Host(SimpleHTTPRequestHandler):
    """A static host as they are: compressed words, the headers of the site, connections that stay."""

    protocol_version = "HTTP/1.1"
    sent = 0

    def do_GET(self) -> None:  # the library's name
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        found = path.is_file()
        content = (path if found else Path(self.directory) / "404.html").read_bytes()
        kind = self.guess_type(str(path)) if found else "text/html"
        self.send_response(200 if found else 404)
        if kind.startswith(("text/", "application/json", "image/svg")):
            content = gzip.compress(content, 9)
            self.send_header("Content-Encoding", "gzip")
            kind += "; charset=utf-8"
        address = self.path.partition("?")[0]
        for name, value in (headers_for(address) | {"Content-Security-Policy": with_index(POLICY)}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(content)
        Host.sent += len(content)

    def log_message(self, *_: object) -> None:
        pass


def scores(address: str, *flags: str) -> str:
    """Lighthouse's four scores of a page, and the audits of the last three that are not perfect."""
    command = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse") or ""
    chrome = " ".join([*FLAGS, *flags])
    only = ",".join(CATEGORIES)
    done = subprocess.run(
        [command, address, "--quiet", "--output=json", f"--chrome-flags={chrome}", f"--only-categories={only}"],
        env=os.environ | {"CHROME_PATH": CHROMIUM or ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return f"Lighthouse failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}"
    found: dict[str, Any] = json.loads(done.stdout)
    numbers = [round(100 * found["categories"][name]["score"]) for name in CATEGORIES]
    refs = [ref["id"] for name in CATEGORIES[1:] for ref in found["categories"][name]["auditRefs"] if ref["weight"]]
    faults = [
        name
        for name in refs
        if (found["audits"][name]["score"] or 0) < 1 and found["audits"][name]["score"] is not None
    ]
    return "  ".join(f"{number:>4}" for number in numbers) + "   " + " ".join(faults)


def slow(page: Page) -> Page:
    """Make a page as slow as a cheap phone far from a mast."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8},
    )
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page


def visit(browser: Browser, address: str, *, search: bool) -> tuple[float, float, float, float]:
    """Visit a page as a new visitor; return largest paint (s), layout shift, slowest answer (ms) and bytes (KB)."""
    with browser.new_context(viewport={"width": 412, "height": 823}, device_scale_factor=2) as context:
        page = slow(context.new_page())
        page.add_init_script(WATCH)
        Host.sent = 0
        page.goto(address, wait_until="networkidle")
        sent = Host.sent
        lcp = page.evaluate("seen.lcp")
        if search:
            page.get_by_role("searchbox").click()
            becomes(page, "window.appshelf")
            page.keyboard.type("monitor", delay=120)
            page.wait_for_timeout(2500)
        found = page.evaluate("seen")
        return lcp / 1000, found["shift"], found["late"], sent / 1000


def main() -> None:
    source = Path(os.environ["APPSHELF_DATA"]) / "integrations" / "app_offerings.json"
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        content = shutil.copytree(ROOT / "content", Path(name) / "content")  # a build keeps history there
        build(Settings(content, site, source=str(source), indexes=True), lambda *_: None)
        details = sorted(site.glob("apps/*/index.html"), key=lambda path: path.stat().st_size)
        detail = details[len(details) // 2].relative_to(site).as_posix()
        pages = {
            "list": "index.html",
            "detail": detail,
            "matrix": "security/index.html",
            "updated": "updated/index.html",
        }
        if (site / "compare").exists():
            slugs = [path.parent.name for path in details[len(details) // 2 :][:3]]
            pages["compare"] = f"compare/index.html?app={'&app='.join(slugs)}"
        with served(site, Host) as address:
            print(f"{'Lighthouse':<24} {'  '.join(f'{it[:4]:>4}' for it in CATEGORIES)}", flush=True)  # noqa: T201
            for page, path in pages.items():
                for scheme, flag in (("light", "1"), ("dark", "0")):
                    row = scores(address + path, f"--blink-settings=preferredColorScheme={flag}")
                    print(f"{f'{page}, {scheme}':<24} {row}", flush=True)  # noqa: T201
            print(f"{'slow phone':<24} LCP s   shift   INP ms   KB", flush=True)  # noqa: T201
            with chromium() as browser:
                for page, path in pages.items():
                    runs = [visit(browser, address + path, search=page == "list") for _ in range(ROUNDS)]
                    lcp, shift, late, sent = (statistics.median(it) for it in zip(*runs, strict=True))
                    print(f"{page:<24} {lcp:5.2f} {shift:7.3f} {late:8.0f} {sent:4.0f}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
