"""What the preview adds to a page: the problems over it, a bar below, and the link to live reload."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import jinja2

from generator.excerpts import excerpt
from generator.settings import PACKAGED_TEMPLATES
from generator.workshop import Shown, View, Workshop

ROOT: Final = "/~preview/"
"""Where the preview's own files are; no page of a store begins with a tilde."""

_FOLDER = PACKAGED_TEMPLATES / "preview"
_MOST = 20


@dataclass(frozen=True)
class Switch:
    """A link of the bar that shows, or hides again, what visitors do not see."""

    label: str
    address: str
    is_on: bool
    count: int


def view_prefix(view: View, usual: View) -> str:
    """Return the folder under which a view stands; the usual one stands at the root."""
    if view == usual:
        return "/"
    parts = [name for name, is_on in (("drafts", view.drafts), ("disabled", view.disabled)) if is_on]
    return f"/~{'+'.join(parts) or 'published'}/"


def views(usual: View) -> dict[str, View]:
    """Return every view by its folder."""
    every = (View(drafts, disabled) for drafts in (False, True) for disabled in (False, True))
    return {view_prefix(view, usual): view for view in every}


class Panel:
    """Lays what there is to tell over the pages of a workshop. Everything told is escaped, as authors wrote it."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._run = secrets.token_hex(4)
        settings = workshop.settings
        self._roots = (settings.content, *settings.template_folders, Path(settings.source).parent)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def stamp(self) -> str:
        """Tell this state of the store from any other, of this run of the preview or an earlier one."""
        return f"{self._run}-{self._workshop.stamp}"

    def lay_over(self, shown: Shown, path: str, view: View, stamp: str) -> bytes:
        """Return the page at `path` with its panel; a page of its own when there is none.

        `stamp` is that of the state which it shows, or of an earlier one.
        """
        page = shown.content
        if page is None:
            page = self._html("empty.html", title="Nothing to show yet" if shown.problems else "Not found")
        head = self._html("head.html", stamp=stamp)
        panel = self._html(
            "panel.html",
            problems=shown.problems,
            excerpts=[excerpt(problem, self._roots) for problem in shown.problems[:_MOST]],
            warnings=shown.warnings,
            switches=self._switches(path, view),
            is_page=shown.content is not None,
            most=_MOST,
        )
        return _before_last(b"</body>", panel, page=_before_last(b"</head>", head, page=page))

    def file(self, name: str) -> bytes | None:
        """Return one of the preview's own stylesheets and scripts."""
        files = {each.name: each for each in _FOLDER.iterdir() if each.suffix in {".css", ".js"}}
        return files[name].read_bytes() if name in files else None

    def _html(self, template: str, **values: object) -> bytes:
        return self._environment.get_template(template).render(root=ROOT, **values).encode()

    def _switches(self, path: str, view: View) -> list[Switch]:
        usual, edition = self._workshop.view, self._workshop.edition
        if edition is None:
            return []
        others = (
            ("Drafts", View(not view.drafts, view.disabled), view.drafts, edition.catalog.drafts),
            ("Disabled", View(view.drafts, not view.disabled), view.disabled, edition.catalog.disabled),
        )
        address = quote(path.removesuffix("index.html").lstrip("/"))  # two slashes would begin with a host
        return [Switch(label, view_prefix(it, usual) + address, is_on, count) for label, it, is_on, count in others]


def _before_last(tag: bytes, part: bytes, *, page: bytes) -> bytes:
    """Put `part` in front of the last `tag`; at the end, for a template that has none."""
    head, found, tail = page.rpartition(tag)
    return head + part + found + tail if found else page + part
