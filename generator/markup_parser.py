"""A text read into the library's tokens and written as its HTML: CommonMark or account markup, under limits.

The library bounds neither time nor size, so here stand the rules that stop a text made to exhaust us.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, paragraph
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from generator.account_markup import account_markup
from generator.markup_values import Flavour, LimitError

_ATTRIBUTE_CHARACTERS = 512 * 1024
"""All addresses and titles together: one of 32 KB, used thousands of times, makes 179 MB of HTML from 64 KB."""

_QUOTED_LINES = 100_000
"""How often quotes may look at a line. Each looks at all that may belong to it and may then give them back, to be
looked at again: `>>` and a line of words, by turns, take minutes in the library. A text of 64 KB that is one quote
of ten levels needs 30,000 looks."""

_BLOCK_TOKENS = 60_000
"""Three for a table's cell, five for a list's item: a text of 64 KB that needs more is an attack on our time."""

NESTING = 20
"""Blocks in blocks, links in links: nh3's time grows with the square of the depth."""

DEPTH = NESTING - 2
"""Where blocks become paragraphs: what the library finds at `NESTING` it drops, and a list adds two levels at once."""


def parse(text: str, flavour: Flavour) -> tuple[list[Token], int | None]:
    """Return the tokens of a text, and the line, from 1, where it is nested too deep to keep its structure, if any.

    Addresses are as they were written, good or bad. Raises `LimitError`.
    """
    env = dict[str, Any]()
    tokens = _parser(flavour).parse(text, env)
    _check_attributes(tokens)
    return tokens, env.get("deep")


def html_of(tokens: Sequence[Token], flavour: Flavour) -> str:
    """Write tokens as HTML, safe or not."""
    parser = _parser(flavour)
    return str(parser.renderer.render(tokens, parser.options, {}))


class _Parser(MarkdownIt):
    """Leaves every address as it was written: `markup_addresses` judges them all, in one place."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # the library's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  # the library's name
        return link


@cache
def _parser(flavour: Flavour) -> MarkdownIt:
    options = {"maxNesting": NESTING, "html": False, "linkify": False, "typographer": False}
    parser = _Parser("js-default", options)
    parser.block.ruler.before("table", "flatten", _flatten)
    parser.inline.ruler.push("attributes", _skip_attributes)
    parser.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.core.ruler.after("block", "bound", _bound)
    if flavour == "xurrent":
        parser.use(account_markup)
    return parser


def _flatten(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read what is nested too deep as paragraphs."""
    if state.level < DEPTH:
        return False
    state.env.setdefault("deep", start + 1)
    return paragraph(state, start, end, silent)


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a quote; it may reach to the next blank line, and so many lines it costs."""
    if not silent and state.src.startswith(">", state.bMarks[start] + state.tShift[start]):
        line = start
        while line < end and not state.isEmpty(line):
            line += 1
        state.env["quoted"] = state.env.get("quoted", 0) + line - start
        if state.env["quoted"] > _QUOTED_LINES:
            raise LimitError("its quotes are too tangled")
    return blockquote(state, start, end, silent)


_ATTRIBUTES = re.compile(r"\{:[^{}\[\]`\n]{0,200}\}")


def _skip_attributes(state: StateInline, silent: bool) -> bool:
    """Drop Kramdown's ``{:width="300"}`` directly after a link or picture: texts of the platform have it there."""
    if silent or state.src[state.pos] != "{" or state.pending or not state.tokens:
        return False
    found = _ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if not found or state.tokens[-1].type not in {"image", "link_close"}:
        return False
    state.pos = found.end()
    return True


def _bound(state: StateCore) -> None:
    """Stop before the words inside the blocks are read, which is the larger part of the work."""
    if len(state.tokens) > _BLOCK_TOKENS:
        raise LimitError("too many cells, items or paragraphs")


def _check_attributes(tokens: Sequence[Token]) -> None:
    if sum(len(str(value)) for token in every_token(tokens) for value in token.attrs.values()) > _ATTRIBUTE_CHARACTERS:
        raise LimitError("its links and pictures repeat too long an address or title")


def every_token(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens, and after each those within it."""
    for token in tokens:
        yield token
        yield from every_token(token.children or ())
