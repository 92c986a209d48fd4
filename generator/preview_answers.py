"""What the preview answers to an address: a page in one of its views, a file, or its own script and stylesheets.

An address is looked up among those that exist, and never becomes a path in the file system.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from generator.headers import headers_for
from generator.panel import ROOT, Panel, views
from generator.workshop import Shown, View, Workshop

LIVERELOAD: Final = "/livereload.js"

_TEXT = "text/plain; charset=utf-8"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".xml": "application/xml; charset=utf-8",
    ".zip": "application/zip",
    **dict.fromkeys((".log", ".md", ".txt", ".yaml", ".yml", ""), _TEXT),
}
"""What a static host makes of an extension; anything else is bytes."""


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body, as HTTP has them."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class PreviewAnswers:
    """Answers from a workshop, as a host that follows ``_headers``. Browsers keep only what is named by its hash."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._panel = Panel(workshop)
        self._views = views(workshop.view)

    @property
    def stamp(self) -> str:
        """What a page carries to tell which state of the store it shows."""
        return self._panel.stamp

    def answer(self, address: str) -> Answer:
        """Answer a GET for the path `address`, percent-encoded as it came."""
        stamp = self.stamp  # of before it is looked up: a page that a change overtakes loads again
        try:
            path = unquote_to_bytes(address).decode()
        except UnicodeDecodeError:
            return self._missing(self._workshop.view, "", stamp)
        if path == LIVERELOAD or path.startswith(ROOT):
            return self._own_file(path, stamp)
        folder, view = self._view_of(path)
        inner = path.removeprefix(folder)
        if not inner or inner.endswith("/"):
            inner += "index.html"
        if shown := self._workshop.show(inner, view):
            body = self._panel.lay_over(shown, inner, view, stamp) if _is_page(inner) else shown.content
            return _answer(inner, shown, body)
        if self._workshop.show(f"{inner}/index.html", view):
            return Answer(307, {"Location": f"{quote(path)}/", "Content-Type": _TEXT, **headers_for("/")})
        return self._missing(view, inner, stamp)

    def _view_of(self, path: str) -> tuple[str, View]:
        folder = next((folder for folder in self._views if folder != "/" and path.startswith(folder)), "/")
        return folder, self._views[folder]

    def _missing(self, view: View, asked: str, stamp: str) -> Answer:
        shown = self._workshop.show("404.html", view) or Shown(None)
        return replace(_answer("404.html", shown, self._panel.lay_over(shown, asked, view, stamp)), status=404)

    def _own_file(self, path: str, stamp: str) -> Answer:
        content = _livereload() if path == LIVERELOAD else self._panel.file(path.removeprefix(ROOT))
        if content is None:
            return self._missing(self._workshop.view, "", stamp)
        kind = _TYPES[PurePosixPath(path).suffix]
        return Answer(200, {"Cache-Control": "no-store", **headers_for("/"), "Content-Type": kind}, content)


def _is_page(path: str) -> bool:
    return path.endswith(".html")


def _answer(path: str, shown: Shown, body: bytes | None) -> Answer:
    """Answer with the file at `path`, or with the problems for want of one; only what is as it should be is kept."""
    kind = _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")
    if body is None:
        kind, body = _TEXT, "\n".join(map(str, shown.problems)).encode()
    headers = {"Cache-Control": "no-store", **headers_for(f"/{path}"), "Content-Type": kind}
    if shown.content is not None:
        return Answer(200, headers, body)
    return Answer(500, {**headers, "Cache-Control": "no-store"}, body)


def _livereload() -> bytes:
    """Read livereload's script out of its package, without importing that: its handlers are not ours."""
    package = find_spec("livereload")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("livereload")
    return (Path(package.origin).parent / "vendors" / "livereload.js").read_bytes()
