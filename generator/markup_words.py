"""The words of a text: freed of what deceives a reader, and gathered from tokens."""

import re
import unicodedata
from collections.abc import Iterable

from markdown_it.token import Token

from generator.markup_values import Note

# Characters.

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
"""Bidirectional overrides, embeddings and isolates, which show words in an order that nobody wrote; and the BOM.
Joiners stay: emoji and several scripts need them."""


def readable(text: str) -> tuple[str, list[Note]]:
    """Replace what no page may hold, take out what deceives a reader, and say where."""
    found = (
        (_UNPRINTABLE.search(text), "a control character or half a surrogate pair: replaced"),
        (_DECEIVING.search(text), "an invisible character that turns or hides words: left out"),
    )
    notes = [Note(text.count("\n", 0, match.start()) + 1, reason) for match, reason in found if match]
    return (clean(text), notes) if notes else (text, notes)


def clean(text: str) -> str:
    """Do what `readable` does, and say nothing."""
    return _DECEIVING.sub("", _UNPRINTABLE.sub("\ufffd", text))


def size(text: str) -> int:
    """Return a text's size in bytes of UTF-8; halves of surrogate pairs count, too."""
    return len(text.encode("utf-8", "surrogatepass"))


def whole_characters(text: str, end: int) -> str:
    """Return up to `end` characters, and no half of several that are drawn as one."""
    while end > 1 and (unicodedata.category(text[end])[0] == "M" or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    return text[:end]


def quoted(text: str) -> str:
    """Show an author's words inside a note: short, and harmless to a terminal."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[:80])
    return f"“{shown}…”" if len(text) > 80 else f"“{shown}”"


# Tokens.


def words_of(tokens: Iterable[Token] | None) -> str:
    """Return the words in a line of tokens, single-spaced; a picture's are its alternative text."""
    return " ".join("".join(map(_inline_words, tokens or ())).split())


def _inline_words(token: Token) -> str:
    if token.type == "image":
        return words_of(token.children)
    if token.type == "picture":
        return str(token.attrs["alt"])
    return " " if token.type in {"softbreak", "hardbreak"} else token.content


def block_words(token: Token) -> str:
    """Return the words of one block."""
    return words_of(token.children) if token.type == "inline" else token.content
