"""What the steps of `markup` hand to each other: pictures, targets, headings, passages and notes.

Whoever renders a text finds these names in `markup`.
"""

from dataclasses import dataclass
from typing import Literal

Flavour = Literal["commonmark", "xurrent"]


@dataclass(frozen=True)
class Image:
    """Our own copy of a picture, as the page should show it; width and height in pixels.

    `src` is relative to the page. `srcset` is "" or like ``"../../media/a.webp 720w, ../../media/b.webp 1440w"``.
    """

    src: str
    srcset: str
    width: int
    height: int


@dataclass(frozen=True)
class Target:
    """What stands behind one address ``attachments/…``: our copy of the file, relative to the page.

    `image` says how to show it inline, when it is a picture.
    """

    href: str
    image: Image | None


@dataclass(frozen=True)
class Heading:
    """A heading as it stands in the HTML (`level` 3 to 6, `id` with its prefix), for a table of contents."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Passage:
    """The words of a paragraph, an item, or a row of a table, single-spaced; it stands under `heading`."""

    words: str
    heading: Heading | None


@dataclass(frozen=True)
class Note:
    """Something that the author should know; `line` counts from 1 in the text."""

    line: int | None
    reason: str


@dataclass(frozen=True)
class Labels:
    """What is said inside a text for those who listen: of a table, by its ``{number}`` in a ``{text}``; of a task."""

    table: str = "Table {number} ({text})"
    done: str = "done"
    undone: str = "not done"


class LimitError(Exception):
    """The text is beyond a limit; the message is a reason."""
