"""The headings of a text: each gets a level below the page's, and an id that links can name."""

import re
import unicodedata
from collections import Counter
from urllib.parse import unquote

from markdown_it.token import Token

from generator.markup_policy import PAGE_LEVELS
from generator.markup_values import Heading
from generator.markup_words import words_of

_SLUG_CHARACTERS = 64


class Headings:
    """Names one text's headings; `found` has them in order."""

    def __init__(self, prefix: str) -> None:
        self.found: list[Heading] = []
        self._prefix = prefix
        self._ids: dict[str, str] = {}
        self._github = Counter[str]()

    def name(self, tokens: list[Token]) -> None:
        """Give each heading its level and id; one without words becomes a paragraph."""
        named: list[tuple[int, str]] = []
        for i, token in enumerate(tokens):
            if token.type == "heading_open":
                if words := words_of(tokens[i + 1].children):
                    named.append((i, words))
                else:
                    token.tag = tokens[i + 2].tag = "p"
        used = sorted({tokens[i].tag for i, _ in named})
        ranks = {tag: min(rank, 6) for rank, tag in enumerate(used, PAGE_LEVELS + 1)}
        level, taken = PAGE_LEVELS, dict[str, int]()
        for i, words in named:
            level = min(ranks[tokens[i].tag], level + 1)
            heading = Heading(level, self._new_id(words, taken), words)
            tokens[i].tag = tokens[i + 2].tag = f"h{level}"
            tokens[i].attrs = {"id": heading.id}
            self.found.append(heading)

    def _new_id(self, words: str, taken: dict[str, int]) -> str:
        """Make an id that no other heading has, and remember what the author may call it."""
        slug = base = _slug(words) or "section"
        while slug in taken:
            taken[base] += 1
            slug = f"{base}-{taken[base]}"
        taken[slug] = 1
        id_ = f"h-{self._prefix}-{slug}"
        github = _github_slug(words)
        again = f"-{self._github[github]}" if self._github[github] else ""
        self._github[github] += 1
        for name in (slug, github + again):
            self._ids.setdefault(name, id_)
        return id_

    def id_of(self, address: str) -> str | None:
        """Return the id of the heading that ``#…`` means, as we or as GitHub would name it."""
        name = unicodedata.normalize("NFKC", unquote(address[1:])).lower()
        return (self._ids.get(name) or self._ids.get(_slug(name))) if name else None


def _slug(words: str) -> str:
    """Letters, digits and their marks in lower case, anything else as ``-``: an id that needs no escaping."""
    folded = unicodedata.normalize("NFKC", words).lower()
    kept = "".join(char if char.isalnum() or unicodedata.category(char)[0] == "M" else "-" for char in folded)
    return re.sub("-+", "-", kept).strip("-")[:_SLUG_CHARACTERS].strip("-")


def _github_slug(words: str) -> str:
    """What GitHub makes of a heading, and so what authors write: no punctuation, ``-`` for each space."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
