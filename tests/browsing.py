"""A real browser for tests, and a static host that forbids everything a page of ours has no need of."""

import shutil
from http.server import SimpleHTTPRequestHandler

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


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
