"""Text to safe HTML; text to plain words.

Anybody may have written a text, and every visitor sees it. So `render` goes in steps, of which none trusts the one
before: characters that deceive are taken out; markdown-it reads the rest into tokens, with HTML off; every address,
heading and picture among the tokens is judged and rewritten; nh3 lets through only what `_ALLOWED` names. A text
beyond a limit, or one that breaks the library, comes out as its escaped words with a note: never raw, and never as
an exception. All of it is a pure function of its arguments.

This module alone makes `markupsafe.Markup`, the type that templates do not escape.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_block import StateBlock, blockquote, paragraph
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from generator.account_markup import account_markup

Flavour = Literal["commonmark", "xurrent"]

ENGINE = f"appshelf 1, markdown-it-py {version('markdown-it-py')}, nh3 {version('nh3')}"
"""Changes whenever the HTML of some text may change, so it belongs into every key of a cache of rendered texts.

Raise the first number with every change to this module or to `account_markup` that changes HTML.
"""

TEXT_BYTES = 64 * 1024
"""A text's limit, in bytes of UTF-8 (API specification: description, features and compliance are "max 64KB")."""

HTML_BYTES = 1024 * 1024
"""The limit of a text's HTML, in bytes of UTF-8."""

_ATTRIBUTE_CHARACTERS = 512 * 1024
"""All addresses and titles together: one of 32 KB, used thousands of times, makes 179 MB of HTML from 64 KB."""

_QUOTED_LINES = 100_000
"""How often quotes may look at a line. Each looks at all that may belong to it and may then give them back, to be
looked at again: `>>` and a line of words, by turns, take minutes in the library. A text of 64 KB that is one quote
of ten levels needs 30,000 looks."""

_BLOCK_TOKENS = 60_000
"""Three for a table's cell, five for a list's item: a text of 64 KB that needs more is an attack on our time."""

_NESTING = 20
"""Blocks in blocks, links in links: nh3's time grows with the square of the depth."""

_DEPTH = _NESTING - 2
"""Where blocks become paragraphs: what the library finds at `_NESTING` it drops, and a list adds two levels at once."""

_ADDRESS_CHARACTERS = 2048
_SLUG_CHARACTERS = 64
_NOTES = 100

_PAGE_LEVELS = 2
"""The page's heading is h1, each tab's h2; those of a text come below."""


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
class Note:
    """Something that the author should know; `line` counts from 1 in the text."""

    line: int | None
    reason: str


@dataclass(frozen=True)
class Rendered:
    """A text made safe.

    `plain` has its words, single-spaced and without markup; `shown` the keys of attachments shown as pictures.
    """

    html: Markup
    plain: str
    headings: tuple[Heading, ...]
    shown: frozenset[str]
    notes: tuple[Note, ...]


class _LimitError(Exception):
    """The text is beyond a limit; the message is a reason."""


def render(text: str, *, flavour: Flavour, prefix: str, targets: Mapping[str, Target]) -> Rendered:
    """Turn a text into HTML that cannot hurt a visitor.

    `prefix` is the tab's name, part of each heading's id, so that the texts of a page never share one. `targets` holds
    the attachments by key (``"attachments/flow.png"``); an address ``attachments/…`` not among them becomes text.
    """
    readable, notes = _readable(text.removeprefix("\ufeff"))
    try:
        return _render(readable, notes, flavour, _Translation(prefix, targets), size=_size(text))
    except _LimitError as limit:
        return _unrendered(readable, notes, str(limit))
    except Exception as error:  # the library's: whatever went wrong there, the words can still be shown
        return _unrendered(readable, notes, f"cannot be read as markup ({type(error).__name__})")


def excerpt(plain: str, limit: int = 160) -> str:
    """Shorten plain words to at most `limit` characters, at the end of a sentence or a word, with "…" when cut."""
    if len(plain) <= limit:
        return plain
    end = limit - 1
    sentence = max(plain.rfind(stop, 0, end) for stop in (". ", "! ", "? "))
    if sentence > limit // 2:
        return plain[: sentence + 1] + " …"
    word = plain.rfind(" ", 0, end + 1)
    cut = plain[:word] if word > 0 else _whole_characters(plain, end)
    return cut.rstrip(" ,;:.–—-") + "…"


def mentioned(text: str, keys: Iterable[str]) -> frozenset[str]:
    """Return those of `keys` (like ``"attachments/flow.png"``) that the text names.

    It does not read markup, so it may return a few too many (a key inside a code span), but never too few: a key may
    be written percent-encoded, with entities or backslashes, composed or decomposed, and with spaces in ``<…>``.
    """
    written = _key(unescapeAll(_readable(text)[0]))
    return frozenset(key for key in keys if _names(written, unicodedata.normalize("NFC", key)))


def _names(written: str, key: str) -> bool:
    return key in written and bool(re.search(rf"(?<![\w/.%-]){re.escape(key)}(?![\w/%-]|\.\w)", written))


# The way of a text.


def _render(text: str, notes: list[Note], flavour: Flavour, translation: "_Translation", size: int) -> Rendered:
    if size > TEXT_BYTES:
        raise _LimitError(f"{size:,} bytes, at most {TEXT_BYTES:,}")
    parser, env = _parser(flavour), dict[str, Any]()
    tokens = parser.parse(text, env)
    _check_attributes(tokens)
    plain = translation.translate(tokens)
    html = parser.renderer.render(tokens, parser.options, env)
    if deep := env.get("deep"):
        notes.append(Note(deep, f"nested deeper than {_DEPTH} levels: shown without structure"))
    found = _few([*notes, *translation.notes])
    return Rendered(_sanitized(html), plain, tuple(translation.headings), frozenset(translation.shown), found)


def _unrendered(text: str, notes: list[Note], reason: str) -> Rendered:
    """Show a text's words as they were written, as many as a text may have."""
    kept = text.encode()[:TEXT_BYTES].decode(errors="ignore")
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", kept.replace("\r", "\n")))
    html = "\n".join(f'<p class="unrendered">{escape(part)}</p>' for part in paragraphs if part)
    note = Note(None, f"{reason}: shown without formatting")
    return Rendered(_sanitized(html), " ".join(kept.split()), (), frozenset(), _few([note, *notes]))


def _few(notes: Sequence[Note]) -> tuple[Note, ...]:
    several = tuple(dict.fromkeys(notes))
    more = len(several) - _NOTES
    return several if more <= 0 else (*several[:_NOTES], Note(None, f"and {more:,} notes more"))


# Characters.

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
"""Bidirectional overrides, embeddings and isolates, which show words in an order that nobody wrote; and the BOM.
Joiners stay: emoji and several scripts need them."""


def _readable(text: str) -> tuple[str, list[Note]]:
    """Replace what no page may hold, take out what deceives a reader, and say where."""
    found = (
        (_UNPRINTABLE.search(text), "a control character or half a surrogate pair: replaced"),
        (_DECEIVING.search(text), "an invisible character that turns or hides words: left out"),
    )
    notes = [Note(text.count("\n", 0, match.start()) + 1, reason) for match, reason in found if match]
    return (_clean(text), notes) if notes else (text, notes)


def _clean(text: str) -> str:
    return _DECEIVING.sub("", _UNPRINTABLE.sub("\ufffd", text))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _whole_characters(text: str, end: int) -> str:
    """Return up to `end` characters, and no half of several that are drawn as one."""
    while end > 1 and (unicodedata.category(text[end])[0] == "M" or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    return text[:end]


def _quoted(text: str) -> str:
    """Show an author's words inside a note: short, and harmless to a terminal."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[:80])
    return f"“{shown}…”" if len(text) > 80 else f"“{shown}”"


# The parsers.


class _Parser(MarkdownIt):
    """Leaves every address as it was written: `_Translation` judges them all, in one place."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # the library's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  # the library's name
        return link


@cache
def _parser(flavour: Flavour) -> MarkdownIt:
    options = {"maxNesting": _NESTING, "html": False, "linkify": False, "typographer": False}
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
    if state.level < _DEPTH:
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
            raise _LimitError("its quotes are too tangled")
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
        raise _LimitError("too many cells, items or paragraphs")


def _check_attributes(tokens: Sequence[Token]) -> None:
    if sum(len(str(value)) for token in _every(tokens) for value in token.attrs.values()) > _ATTRIBUTE_CHARACTERS:
        raise _LimitError("its links and pictures repeat too long an address or title")


def _every(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or ())


# From the library's tokens to ours.

_TASK = re.compile(r"\[([ xX])\][ \t\n]+")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,40}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_SIZES = "(max-width: 48rem) 100vw, 44rem"
"""How wide a text's picture is: the window, or the column of a text (44rem, as in the stylesheet)."""

_Attributes: TypeAlias = dict[str, str | int | float]


class _Translation:
    """Rewrites one text's tokens, and gathers what `Rendered` says beside the HTML."""

    def __init__(self, prefix: str, targets: Mapping[str, Target]) -> None:
        self.headings: list[Heading] = []
        self.shown: set[str] = set()
        self.notes: list[Note] = []
        self._prefix = prefix
        self._targets = {_key(key): (key, target) for key, target in targets.items()}
        self._ids: dict[str, str] = {}
        self._github = Counter[str]()
        self._tables = 0

    def translate(self, tokens: list[Token]) -> str:
        """Rewrite `tokens` in place; return the plain words."""
        self._clean_entities(tokens)
        _mark_tasks(tokens)
        self._name_headings(tokens)
        plain = " ".join(" ".join(_block_words(token) for token in tokens).split())
        for token in tokens:
            if token.type == "inline" and token.children:
                token.children = self._inline(token.children, (token.map or [0])[0] + 1)
        tokens[:] = self._blocks(tokens)
        return plain

    def _clean_entities(self, tokens: list[Token]) -> None:
        """Do once more what `_readable` did: an entity may have brought back what it took out."""
        for token in _every(tokens):
            readable, notes = _readable(token.content)
            if notes:
                token.content = readable
                self.notes += [Note(None, note.reason) for note in notes]

    # Headings.

    def _name_headings(self, tokens: list[Token]) -> None:
        """Give each heading its level and id; one without words becomes a paragraph."""
        named: list[tuple[int, str]] = []
        for i, token in enumerate(tokens):
            if token.type == "heading_open":
                if words := _words(tokens[i + 1].children):
                    named.append((i, words))
                else:
                    token.tag = tokens[i + 2].tag = "p"
        used = sorted({tokens[i].tag for i, _ in named})
        ranks = {tag: min(rank, 6) for rank, tag in enumerate(used, _PAGE_LEVELS + 1)}
        level, taken = _PAGE_LEVELS, dict[str, int]()
        for i, words in named:
            level = min(ranks[tokens[i].tag], level + 1)
            heading = Heading(level, self._new_id(words, taken), words)
            tokens[i].tag = tokens[i + 2].tag = f"h{level}"
            tokens[i].attrs = {"id": heading.id}
            self.headings.append(heading)

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
        label = f"Table {self._tables} ({self._prefix})"
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
                if depth <= _NESTING:  # emphasis within emphasis, which `maxNesting` does not bound
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
        alt, address = _words(token.children), str(token.attrs["src"])
        if not alt:
            self._note(line, f"picture {_quoted(address)} has no alternative text")
        key, target = self._targets.get(_key(address), ("", None))
        if target and target.image:
            self.shown.add(key)
            return [_img(target.image, alt)]
        if not target and _web_address(address):
            self._note(line, f"picture {_quoted(address)} is no attachment: linked, not shown")
        href = self._href(address, line)
        words = Token("text", "", 0, content=alt or _last_part(address))
        if href is None or within:
            return [words]
        return [Token("link_open", "a", 1, attrs={"href": href}), words, Token("link_close", "a", -1)]

    def _href(self, address: str, line: int) -> str | None:
        """Judge one address as it was written; none when it must be text, which a note then says."""
        if len(address) <= _ADDRESS_CHARACTERS:
            if address.startswith("#"):
                return self._heading_link(address, line)
            if _key(address).startswith("attachments/"):
                return self._attachment_link(address, line)
        if (href := _web_address(address)) is None:
            kind = "address" if _SCHEME.match(address) or len(address) > _ADDRESS_CHARACTERS else "relative link"
            verdict = "cannot be a link" if kind == "address" else "leads nowhere here"
            self._note(line, f"{kind} {_quoted(address)} {verdict}: shown as text")
        elif href.startswith("http:"):
            self._note(line, f"http link {_quoted(address)}: anybody on the way can read and change it")
        return href

    def _heading_link(self, address: str, line: int) -> str | None:
        name = unicodedata.normalize("NFKC", unquote(address[1:])).lower()
        id_ = name and (self._ids.get(name) or self._ids.get(_slug(name)))
        if not id_:
            self._note(line, f"no heading {_quoted(address)}: shown as text")
            return None
        return f"#{id_}"

    def _attachment_link(self, address: str, line: int) -> str | None:
        _, target = self._targets.get(_key(address), ("", None))
        if target is None:
            self._note(line, f"no file {_quoted(address)}: shown as text")
            return None
        return target.href

    def _note(self, line: int, reason: str) -> None:
        self.notes.append(Note(line, reason))


def _close_link(done: list[Token], token: Token, start: int | None) -> None:
    """End a link; one without words shows its address, since a link must have a name."""
    if start is None:
        return
    if not _words(done[start:]):
        href = str(done[start - 1].attrs["href"])
        done.append(Token("text", "", 0, content=_last_part(href)))
    done.append(token)


def _img(image: Image, alt: str) -> Token:
    attrs: _Attributes = {"src": image.src}
    if image.srcset:
        attrs |= {"srcset": image.srcset, "sizes": _SIZES}
    attrs |= {"alt": alt, "width": image.width, "height": image.height, "loading": "lazy", "decoding": "async"}
    return Token("picture", "img", 0, attrs=attrs)


def _mark_tasks(tokens: list[Token]) -> None:
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
                children[:0] = [_checkbox(done=task[1] != " "), Token("text", "", 0, content=" ")]
                token.attrs, lists[-1].attrs["class"] = {"class": "task-list-item"}, "contains-task-list"


def _item_words(tokens: list[Token], i: int) -> list[Token]:
    """Return what stands in the first line of the item at `i`, if that begins with words."""
    first, inline = tokens[i + 1], tokens[i + 2 : i + 3]
    children = inline[0].children if first.type == "paragraph_open" and inline else None
    return children if children and children[0].type == "text" else []


def _checkbox(*, done: bool) -> Token:
    attrs: _Attributes = {"class": "task-list-item-checkbox", "type": "checkbox"}
    attrs |= {"aria-label": "done", "checked": ""} if done else {"aria-label": "not done"}
    return Token("checkbox", "input", 0, attrs=attrs)


# Words.


def _words(tokens: Iterable[Token] | None) -> str:
    return " ".join("".join(map(_inline_words, tokens or ())).split())


def _inline_words(token: Token) -> str:
    if token.type == "image":
        return _words(token.children)
    if token.type == "picture":
        return str(token.attrs["alt"])
    return " " if token.type in {"softbreak", "hardbreak"} else token.content


def _block_words(token: Token) -> str:
    return _words(token.children) if token.type == "inline" else token.content


def _slug(words: str) -> str:
    """Letters, digits and their marks in lower case, anything else as ``-``: an id that needs no escaping."""
    folded = unicodedata.normalize("NFKC", words).lower()
    kept = "".join(char if char.isalnum() or unicodedata.category(char)[0] == "M" else "-" for char in folded)
    return re.sub("-+", "-", kept).strip("-")[:_SLUG_CHARACTERS].strip("-")


def _github_slug(words: str) -> str:
    """What GitHub makes of a heading, and so what authors write: no punctuation, ``-`` for each space."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


# Addresses.

_TRICKS = re.compile(r"[\s\\\x00-\x20\x7f-\xa0]")
"""Characters that browsers skip or turn (``java<tab>script:``, ``https:\\\\``): no honest address needs them."""

_HOST = r"(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
_WEB = re.compile(rf"https?://{_HOST}(?:[/?#][!-;=?-~]*)?", re.IGNORECASE)
_MAIL_FIELD = r"(?:subject|body)=[!-%'-;=?-~]*"
_MAIL = re.compile(
    r"mailto:[a-z0-9.!#$&'*+/=^_`{|}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
    rf"(?:\?{_MAIL_FIELD}(?:&{_MAIL_FIELD})*)?",
    re.IGNORECASE,
)
"""A mail may be begun for the visitor; other fields could add a reader or, in old programs, a file."""


def _web_address(written: str) -> str | None:
    """Return the address as the page will have it, if it is one of ``https``, ``http`` or ``mailto`` and hides nothing.

    What is judged is the very string that will be emitted: ASCII, percent-encoded, its host in Punycode. nh3 has its
    say, too: it reads addresses as browsers do, and drops those whose host no browser would accept.
    """
    if len(written) > _ADDRESS_CHARACTERS or _TRICKS.search(written):
        return None
    try:
        address = normalizeLink(written)
    except ValueError:  # a host that has no Punycode
        return None
    if len(address) > _ADDRESS_CHARACTERS or not (_WEB.fullmatch(address) or _MAIL.fullmatch(address)):
        return None
    return address if " href=" in _cleaner().clean(f'<a href="{escape(address)}"></a>') else None


def _key(address: str) -> str:
    """Return an attachment's key as one spelling of it: percent-decoded and composed (NFC)."""
    return unicodedata.normalize("NFC", unquote(address))


def _last_part(address: str) -> str:
    """Name what has no name after the last part of its address, or the whole of it when that ends in ``/``."""
    return _clean(unquote(address.partition("?")[0].rpartition("/")[2])) or address


# The last step.

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
_RELATIVE = r"(?![/\\]{2})[^\\\s:]+"
_ALLOWED: Mapping[tuple[str, str], re.Pattern[str]] = {
    (tag, name): re.compile(pattern)
    for tag, name, pattern in (
        *((tag, "class", pattern) for tag, pattern in _CLASS.items()),
        *((f"h{level}", "id", r"h-[^\s\"'<>&]{1,200}") for level in range(_PAGE_LEVELS + 1, 7)),
        ("a", "href", rf"(?i:https?://|mailto:).+|{_RELATIVE}"),
        ("div", "aria-label", r"Table \d+ \([\w -]*\)"),
        ("div", "role", "region"),
        ("div", "tabindex", "0"),
        ("img", "alt", r"(?s:.*)"),
        ("img", "decoding", "async"),
        ("img", "height", r"\d+"),
        ("img", "loading", "lazy"),
        ("img", "sizes", re.escape(_SIZES)),
        ("img", "src", _RELATIVE),
        ("img", "srcset", rf"{_RELATIVE} \d+w(, {_RELATIVE} \d+w)*"),
        ("img", "width", r"\d+"),
        ("input", "aria-label", "done|not done"),
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


def _sanitized(html: str) -> Markup:
    """Let through what is allowed. The size is looked at twice: nh3 should not read a giant, nor make one."""
    clean = _cleaner().clean(html) if _size(html) <= 2 * HTML_BYTES else html
    if _size(clean) > HTML_BYTES:
        raise _LimitError(f"its HTML would be larger than {HTML_BYTES:,} bytes")
    return Markup(clean)  # noqa: S704  # the one place where this type is made, of what nh3 let through
