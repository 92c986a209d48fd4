"""A text as a row of blocks: its headings, paragraphs, items, rows of tables and lines of code, in plain words."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from generator.characters import clean
from generator.differences import Block
from generator.fields import TEXT_BYTES
from generator.markup_parser import parse
from generator.markup_values import Flavour
from generator.markup_words import block_words, readable, size

_TASK = re.compile(r"\A\[([ xX])\] ")


def blocks(text: str, flavour: Flavour) -> tuple[Block, ...]:
    """Return the words of a text, block by block; of one that cannot be read as markup, its paragraphs as written."""
    words, _ = readable(text.removeprefix("\ufeff"))
    try:
        found = _blocks(parse(words, flavour)[0]) if size(text) <= TEXT_BYTES else _paragraphs(words)
        return tuple(Block(clean(it.words), clean(it.heading)) for it in found)  # an entity may bring deceit back
    except Exception:  # the library's: then the page shows it as plain words, too
        return tuple(_paragraphs(words))


def _paragraphs(text: str) -> Iterator[Block]:
    yield from (Block(" ".join(part.split()), "") for part in re.split(r"\n\s*\n", text) if part.strip())


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    heading = ""
    row: list[str] | None = None
    for i, token in enumerate(tokens):
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield from (Block(cells, heading) for cells in [" | ".join(row or ())] if cells)
            row = None
        elif token.type in {"fence", "code_block"}:
            lines = (" ".join(line.split()) for line in token.content.splitlines())
            yield from (Block(line, heading) for line in lines if line)
        elif token.type == "inline" and (words := block_words(token)):
            if row is not None:
                row.append(words)
            elif tokens[i - 1].type == "heading_open":
                heading = words
                yield Block(words, "")
            else:
                is_item = i > 1 and tokens[i - 2].type == "list_item_open"
                yield Block(_TASK.sub(_box, words) if is_item else words, heading)


def _box(task: re.Match[str]) -> str:
    return "☐ " if task[1] == " " else "☑ "
