"""The last step of `markup`: nh3 lets through only the HTML that `_ALLOWED` names.

This module alone makes `markupsafe.Markup`, the type that templates do not escape.
"""

import re
from collections.abc import Mapping
from functools import cache

import nh3
from markupsafe import Markup, escape

from generator.markup_values import LimitError
from generator.markup_words import size

HTML_BYTES = 1024 * 1024
"""The limit of a text's HTML, in bytes of UTF-8."""

PAGE_LEVELS = 2
"""The page's heading is h1, each tab's h2; those of a text come below."""

SIZES = "(max-width: 48rem) 100vw, 44rem"
"""How wide a text's picture is: the window, or the column of a text (44rem, as in the stylesheet)."""

_CLASS = {
    "code": r"language-[A-Za-z0-9+#._-]{1,40}",
    "div": "table",
    "input": "task-list-item-checkbox",
    "li": "task-list-item",
    "ol": "contains-task-list",
    "p": "unrendered",
    "td": "align-(left|center|right)",
    "th": "align-(left|center|right)",
    "ul": "contains-task-list",
}
_LABEL = r"[\w .,:;()&'’/-]{1,120}"
_RELATIVE = r"(?![/\\]{2})[^\\\s:]+"
_ALLOWED: Mapping[tuple[str, str], re.Pattern[str]] = {
    (tag, name): re.compile(pattern)
    for tag, name, pattern in (
        *((tag, "class", pattern) for tag, pattern in _CLASS.items()),
        *((f"h{level}", "id", r"h-[^\s\"'<>&]{1,200}") for level in range(PAGE_LEVELS + 1, 7)),
        ("a", "href", rf"(?i:https?://|mailto:).+|{_RELATIVE}"),
        ("div", "aria-label", _LABEL),
        ("div", "role", "region"),
        ("div", "tabindex", "0"),
        ("img", "alt", r"(?s:.*)"),
        ("img", "decoding", "async"),
        ("img", "height", r"\d+"),
        ("img", "loading", "lazy"),
        ("img", "sizes", re.escape(SIZES)),
        ("img", "src", _RELATIVE),
        ("img", "srcset", rf"{_RELATIVE} \d+w(, {_RELATIVE} \d+w)*"),
        ("img", "width", r"\d+"),
        ("input", "aria-label", _LABEL),
        ("input", "checked", ""),
        ("input", "type", "checkbox"),
        ("ol", "start", r"\d{1,9}"),
    )
}
"""Every attribute that may stand in the HTML, with the whole of its value."""

_FORCED = {"input": {"disabled": ""}, "pre": {"tabindex": "0"}}
"""Attributes that nh3 itself sets: no field can be filled in, and what scrolls is reached by keyboard. One a tag: nh3
sets several in an order that changes from process to process."""

_REL = "nofollow noopener noreferrer"

_TAGS = {tag for tag, _ in _ALLOWED} | {"blockquote", "br", "em", "hr", "mark", "pre", "s", "strong", "u"}
_TAGS |= {"table", "tbody", "thead", "tr"}


def sanitized(html: str) -> Markup:
    """Let through what is allowed. The size is looked at twice: nh3 should not read a giant, nor make one."""
    clean = _cleaner().clean(html) if size(html) <= 2 * HTML_BYTES else html
    if size(clean) > HTML_BYTES:
        raise LimitError(f"its HTML would be larger than {HTML_BYTES:,} bytes")
    return Markup(clean)  # noqa: S704  # the one place where this type is made, of what nh3 let through


def passes_as_link(address: str) -> bool:
    """Tell whether an address may stand in a link; nh3 reads it as browsers do."""
    return " href=" in _cleaner().clean(f'<a href="{escape(address)}"></a>')


@cache
def _cleaner() -> nh3.Cleaner:
    attributes: dict[str, set[str]] = {tag: set() for tag in _TAGS}
    for tag, name in _ALLOWED:
        attributes[tag].add(name)
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=attributes,
        attribute_filter=_permitted,
        set_tag_attribute_values=_FORCED,
        strip_comments=True,
        link_rel=_REL,
        generic_attribute_prefixes=set(),
        url_schemes={"http", "https", "mailto"},
    )


def _permitted(tag: str, name: str, value: str) -> str | None:
    """Judge one attribute; nh3 asks about those that it sets itself, too."""
    if _FORCED.get(tag, {}).get(name) == value or (tag, name, value) == ("a", "rel", _REL):
        return value
    allowed = _ALLOWED.get((tag, name))
    return value if allowed and allowed.fullmatch(value) else None
