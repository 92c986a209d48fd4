"""The words of a text: freed of what deceives a reader, and gathered from tokens."""

from collections.abc import Iterable

from markdown_it.token import Token

from generator.characters import clean, deceits
from generator.markup_values import Note

# Characters.


def readable(text: str) -> tuple[str, list[Note]]:
    """Return the text as a page may show it (`characters.clean`), and say where it differs."""
    notes = [Note(text.count("\n", 0, at) + 1, reason) for at, reason in deceits(text)]
    return (clean(text), notes) if notes else (text, notes)


def size(text: str) -> int:
    """Return a text's size in bytes of UTF-8; halves of surrogate pairs count, too."""
    return len(text.encode("utf-8", "surrogatepass"))


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
