"""From the library's tokens to ours: every heading, link, picture, table and task rewritten for our pages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from generator.addresses import attachment_key
from generator.markup_addresses import judge, last_part, web_address
from generator.markup_headings import Headings
from generator.markup_parser import NESTING, every_token
from generator.markup_policy import SIZES
from generator.markup_values import Heading, Image, Labels, Note, Passage, Target
from generator.markup_words import block_words, quoted, readable, words_of

_TASK = re.compile(r"\[([ xX])\][ \t\n]+")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,40}")

_Attributes: TypeAlias = dict[str, str | int | float]


class Translation:
    """Rewrites one text's tokens, and gathers what `Rendered` says beside the HTML."""

    def __init__(self, prefix: str, targets: Mapping[str, Target], labels: Labels) -> None:
        self.shown: set[str] = set()
        self.passages: tuple[Passage, ...] = ()
        self.notes: list[Note] = []
        self._prefix = prefix
        self._labels = labels
        self._headings = Headings(prefix)
        self._keys = {attachment_key(key): key for key in targets}
        self._targets = {attachment_key(key): target for key, target in targets.items()}
        self._tables = 0

    @property
    def headings(self) -> Sequence[Heading]:
        """The headings named so far, in order."""
        return self._headings.found

    def translate(self, tokens: list[Token]) -> str:
        """Rewrite `tokens` in place; return the plain words."""
        self._clean_entities(tokens)
        _mark_tasks(tokens, self._labels)
        self._headings.name(tokens)
        plain = " ".join(" ".join(block_words(token) for token in tokens).split())
        self.passages = tuple(self._passages(tokens))
        for token in tokens:
            if token.type == "inline" and token.children:
                token.children = self._inline(token.children, (token.map or [0])[0] + 1)
        tokens[:] = self._blocks(tokens)
        return plain

    def _passages(self, tokens: list[Token]) -> Iterator[Passage]:
        """Yield what people read, block by block; code is no prose, and the head of a table names its columns."""
        headings = iter(self._headings.found)
        heading: Heading | None = None
        row: list[str] | None = None
        for i, token in enumerate(tokens):
            if token.type == "heading_open" and "id" in token.attrs:
                heading = next(headings)
            elif token.type == "tr_open":
                row = []
            elif token.type == "tr_close":
                if row and tokens[i - 1].type != "th_close":
                    yield Passage(" | ".join(filter(None, row)), heading)
                row = None
            elif token.type == "inline" and tokens[i - 1].type != "heading_open" and (words := block_words(token)):
                if row is None:
                    yield Passage(words, heading)
                else:
                    row.append(words)

    def _clean_entities(self, tokens: list[Token]) -> None:
        """Do once more what `readable` did: an entity may have brought back what it took out."""
        for token in every_token(tokens):
            clean, notes = readable(token.content)
            if notes:
                token.content = clean
                self.notes += [Note(None, note.reason) for note in notes]

    # Blocks.

    def _blocks(self, tokens: list[Token]) -> Iterator[Token]:
        for token in tokens:
            if token.type == "table_open":
                yield self._region()
            if token.type in {"th_open", "td_open"} and token.attrs:
                alignment = str(token.attrs["style"]).removeprefix("text-align:")
                token.attrs = {"class": f"align-{alignment}"}  # the page's policy blocks inline styles
            if token.type == "fence":
                first = (unescapeAll(token.info).split() or [""])[0]
                token.info = first if _LANGUAGE.fullmatch(first) else ""
            yield token
            if token.type == "table_close":
                yield Token("region_close", "div", -1, block=True)

    def _region(self) -> Token:
        """Begin what scrolls when a table is wide: reached by keyboard, and told apart from others by its name."""
        self._tables += 1
        label = self._labels.table.replace("{number}", str(self._tables)).replace("{text}", self._prefix)
        attrs: _Attributes = {"class": "table", "role": "region", "tabindex": "0", "aria-label": label}
        return Token("region_open", "div", 1, attrs=attrs, block=True)

    # Words, links and pictures.

    def _inline(self, tokens: list[Token], line: int) -> list[Token]:
        done: list[Token] = []
        links: list[int | None] = []  # for each open link: where in `done` it began, when it is one
        depth = 0
        for token in tokens:
            line += token.type in {"softbreak", "hardbreak"}
            within = any(start is not None for start in links)
            if token.type == "link_open":
                links.append(self._open_link(done, token, line, within))
            elif token.type == "link_close":
                _close_link(done, token, links.pop())
            elif token.type == "image":
                done += self._picture(token, line, within)
            elif not token.nesting:
                done.append(token)
            else:
                depth += max(token.nesting, 0)
                if depth <= NESTING:  # emphasis within emphasis, which `maxNesting` does not bound
                    done.append(token)
                depth += min(token.nesting, 0)
        return done

    def _open_link(self, done: list[Token], token: Token, line: int, within: bool) -> int | None:
        """Begin a link if its address may be one, and it is in no other link."""
        href = self._href(str(token.attrs["href"]), line)
        if href is None or within:
            return None
        token.attrs = {"href": href}
        done.append(token)
        return len(done)

    def _picture(self, token: Token, line: int, within: bool) -> list[Token]:
        """Show our own copy; anything else is never loaded, but linked."""
        alt, address = words_of(token.children), str(token.attrs["src"])
        if not alt:
            self._note(line, f"picture {quoted(address)} has no alternative text")
        key = attachment_key(address)
        target = self._targets.get(key)
        if target and target.image:
            self.shown.add(self._keys[key])
            return [_img(target.image, alt)]
        if not target and web_address(address):
            self._note(line, f"picture {quoted(address)} is no attachment: linked, not shown")
        href = self._href(address, line)
        words = Token("text", "", 0, content=alt or last_part(address))
        if href is None or within:
            return [words]
        return [Token("link_open", "a", 1, attrs={"href": href}), words, Token("link_close", "a", -1)]

    def _href(self, address: str, line: int) -> str | None:
        """Return the link's address; none when it must be text. A note says what the author should know."""
        verdict = judge(address, self._headings, self._targets)
        if verdict.reason:
            self._note(line, verdict.reason)
        return verdict.href

    def _note(self, line: int, reason: str) -> None:
        self.notes.append(Note(line, reason))


def _close_link(done: list[Token], token: Token, start: int | None) -> None:
    """End a link; one without words shows its address, since a link must have a name."""
    if start is None:
        return
    if not words_of(done[start:]):
        href = str(done[start - 1].attrs["href"])
        done.append(Token("text", "", 0, content=last_part(href)))
    done.append(token)


def _img(image: Image, alt: str) -> Token:
    attrs: _Attributes = {"src": image.src}
    if image.srcset:
        attrs |= {"srcset": image.srcset, "sizes": SIZES}
    attrs |= {"alt": alt, "width": image.width, "height": image.height, "loading": "lazy", "decoding": "async"}
    return Token("picture", "img", 0, attrs=attrs)


def _mark_tasks(tokens: list[Token], labels: Labels) -> None:
    """Turn ``[ ]`` and ``[x]`` at the beginning of list items into checkboxes.

    mdit-py-plugins' task lists look for the list of each item anew: 7 s for 64 KB of items.
    """
    lists: list[Token] = []
    for i, token in enumerate(tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open" and (children := _item_words(tokens, i)):
            task = _TASK.match(children[0].content)
            if task:
                children[0].content = children[0].content[task.end() :]
                children[:0] = [_checkbox(task[1] != " ", labels), Token("text", "", 0, content=" ")]
                token.attrs, lists[-1].attrs["class"] = {"class": "task-list-item"}, "contains-task-list"


def _item_words(tokens: list[Token], i: int) -> list[Token]:
    """Return what stands in the first line of the item at `i`, if that begins with words."""
    first, inline = tokens[i + 1], tokens[i + 2 : i + 3]
    children = inline[0].children if first.type == "paragraph_open" and inline else None
    return children if children and children[0].type == "text" else []


def _checkbox(is_done: bool, labels: Labels) -> Token:
    attrs: _Attributes = {"class": "task-list-item-checkbox", "type": "checkbox"}
    attrs |= {"aria-label": labels.done, "checked": ""} if is_done else {"aria-label": labels.undone}
    return Token("checkbox", "input", 0, attrs=attrs)
