"""The account markup ("basic text formatting") as rules for markdown-it.

It differs from CommonMark in ``**bold**``, ``__italic__``, ``+underline+``, ``~strikethrough~``, the colours
``<c #0000ff>text</c>`` and ``<m #00ff00>background</m>``, ``<@209|Ellen Brown>``, ``<knowledge_article#90>``, and
tables of ``<table>``, ``<tr>``, ``<th>`` and ``<td>`` whose cells' words stand on lines of their own (source: Xurrent,
"Basic text formatting"). Plain ``https://…`` become links, too: our own addition. All is decided on lines and tokens,
never by replacing text, so nothing happens inside a code span or a fence.

No colour is kept, as a page allows no inline style: a background becomes ``<mark>``, a text colour just its words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

_WIDTHS = {"*": 2, "_": 2, "+": 1, "~": 1}
"""How many of a character make one marker; a longer run of `+` or `~` (C++, ~~~) is text."""

_TAGS = {"*": "strong", "_": "em", "+": "u", "~": "s", "m": "mark", "c": ""}
"""What a pair of markers becomes; no tag: the markers vanish and the words stay."""

_COLOUR = re.compile(r"<([cm]) #(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})>|</([cm])>")
_MENTION = re.compile(r"<(@)\d{1,20}\|([^<>\n]{1,200})>")
_RECORD = re.compile(r"<([a-z][a-z_]{0,63})(#\d{1,20})>")

_ADDRESS = re.compile(r"(?<!\w)https?://[^\s<>\"`]+")
_NOT_AN_END = ".,;:!?'*_~|"
"""What follows an address in a sentence, rather than ends it."""

_TABLE_LINE = re.compile(r"(?:</?(?:table|tr|th|td)>[ \t]*)+")
_TABLE_TAG = re.compile(r"<(/?)(table|tr|th|td)>")
_PARENT = {"table": "", "tr": "table", "th": "tr", "td": "tr"}
_TABLE_LEVELS = 4
"""``table``, ``tbody``, ``tr``, ``td``: how much deeper than the table its words stand."""


def account_markup(parser: MarkdownIt) -> None:
    """Teach `parser` the account markup (a markdown-it plugin)."""
    parser.disable(["emphasis", "strikethrough"])
    parser.inline.ruler.before("emphasis", "account_pairs", _read_marker)
    parser.inline.ruler.before("autolink", "account_brackets", _read_brackets)
    parser.inline.ruler2.after("balance_pairs", "account_pairs", _apply_pairs)
    parser.block.ruler.before("table", "account_table", _read_table, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.core.ruler.after("text_join", "account_addresses", _link_addresses)


# Pairs of markers. The library matches openers with closers (`balance_pairs`), so pairs never cross.


def _read_marker(state: StateInline, silent: bool) -> bool:
    """Read a run of `*`, `_`, `+` or `~` as markers, each a text of its own until its partner is known."""
    char = state.src[state.pos]
    width = _WIDTHS.get(char)
    if silent or width is None:
        return False
    run = state.scanDelims(state.pos, char == "*")
    count, rest = divmod(run.length, width)
    if width == 1 and run.length > 1:
        count, rest = 0, run.length
    closes_only = run.can_close and not run.can_open
    if rest and not closes_only:
        _push_text(state, char * rest)
    for _ in range(count):
        _push_delimiter(state, char * width, char, opens=run.can_open, closes=run.can_close)
    if rest and closes_only:
        _push_text(state, char * rest)
    state.pos += run.length
    return True


def _read_brackets(state: StateInline, silent: bool) -> bool:
    """Read a colour's tags, a mention or a reference to a record; anything else in ``<>`` is for other rules."""
    if state.src[state.pos] != "<":
        return False
    if words := _MENTION.match(state.src, state.pos) or _RECORD.match(state.src, state.pos):
        if not silent:
            _push_text(state, words[1] + words[2])
        state.pos = words.end()
        return True
    colour = _COLOUR.match(state.src, state.pos)
    if silent or not colour:
        return False
    _push_delimiter(state, colour[0], colour[1] or colour[2], opens=bool(colour[1]), closes=bool(colour[2]))
    state.pos = colour.end()
    return True


def _push_text(state: StateInline, text: str) -> None:
    state.push("text", "", 0).content = text


def _push_delimiter(state: StateInline, text: str, kind: str, *, opens: bool, closes: bool) -> None:
    _push_text(state, text)
    place = len(state.tokens) - 1
    # A length of 0 turns off CommonMark's "rule of 3", which is about `*` and `**` sharing one character.
    state.delimiters.append(Delimiter(ord(kind), length=0, token=place, end=-1, open=opens, close=closes))


def _apply_pairs(state: StateInline) -> None:
    inner = (meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta)
    for delimiters in (state.delimiters, *inner):
        for opener in delimiters:
            tag = _TAGS.get(chr(opener.marker))
            if tag is not None and opener.end >= 0:
                _become(state.tokens[opener.token], tag, opens=True)
                _become(state.tokens[delimiters[opener.end].token], tag, opens=False)


def _become(token: Token, tag: str, *, opens: bool) -> None:
    token.content = ""
    if tag:
        token.type, token.tag = f"{tag}_{'open' if opens else 'close'}", tag
        token.nesting = 1 if opens else -1


# Tables.


@dataclass
class _Cell:
    """A cell: `th` or `td`, and the lines of its words."""

    tag: str
    first: int
    end: int


@dataclass
class _Table:
    """Rows of cells, and the line after ``</table>``."""

    rows: list[list[_Cell]] = field(default_factory=list)
    end: int = 0


def _read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start) or not _line(state, start).startswith("<table>"):
        return False
    if state.level + 2 * _TABLE_LEVELS > state.md.options.maxNesting:
        return False  # too deep: its cells, and some lists in them, must have room
    table = _layout(state, start, end)
    if table is None or not table.rows:
        return False
    if not silent:
        _push_table(state, start, table)
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _layout(state: StateBlock, start: int, end: int) -> _Table | None:
    """Find rows and cells; none when tags are missing or misplaced: then all of it is text.

    A second ``<table>`` is misplaced, so no line is looked at twice, however many tables begin and never end.
    """
    table, within = _Table(), [""]
    for line in range(start, end):
        text = _line(state, line)
        if text and state.sCount[line] < state.blkIndent:
            return None  # the list item or quote around the table ends here
        if not _TABLE_LINE.fullmatch(text):
            if text and within[-1] not in {"th", "td"}:
                return None
            continue
        for closing, tag in _TABLE_TAG.findall(text):
            if table.end or not _take_tag(table, within, line, tag, closing=bool(closing)):
                return None
            if within == [""]:
                table.end = line + 1
        if table.end:
            return table
    return None


def _take_tag(table: _Table, within: list[str], line: int, tag: str, *, closing: bool) -> bool:
    """Follow one tag: `within` names the open ones, the innermost last. False when the tag is misplaced."""
    if closing:
        if within[-1] != tag:
            return False
        within.pop()
        if tag in {"th", "td"}:
            table.rows[-1][-1].end = line
        return True
    if within[-1] != _PARENT[tag]:
        return False
    within.append(tag)
    if tag == "tr":
        table.rows.append([])
    elif tag != "table":
        table.rows[-1].append(_Cell(tag, line + 1, line + 1))
    return True


def _push_table(state: StateBlock, start: int, table: _Table) -> None:
    state.push("table_open", "table", 1).map = [start, table.end]
    has_head = all(cell.tag == "th" for cell in table.rows[0])
    for group, rows in (("thead", table.rows[:has_head]), ("tbody", table.rows[has_head:])):
        if rows:
            state.push(f"{group}_open", group, 1)
            for row in rows:
                _push_row(state, row)
            state.push(f"{group}_close", group, -1)
    state.push("table_close", "table", -1)
    state.line = table.end


def _push_row(state: StateBlock, row: list[_Cell]) -> None:
    state.push("tr_open", "tr", 1)
    for cell in row:
        state.push(f"{cell.tag}_open", cell.tag, 1)
        _push_words(state, cell)
        state.push(f"{cell.tag}_close", cell.tag, -1)
    state.push("tr_close", "tr", -1)


def _push_words(state: StateBlock, cell: _Cell) -> None:
    """Read a cell's lines as blocks; a single paragraph stands in its cell without ``<p>``."""
    if cell.first >= cell.end:
        return
    line_max, before = state.lineMax, len(state.tokens)
    state.lineMax = cell.end
    state.md.block.tokenize(state, cell.first, cell.end)
    state.lineMax = line_max
    words = state.tokens[before:]
    if [token.type for token in words] == ["paragraph_open", "inline", "paragraph_close"]:
        words[0].hidden = words[-1].hidden = True


# Plain addresses. Not the library's linkify: it takes over a minute for 64 KB of `http://(`.


def _link_addresses(state: StateCore) -> None:
    for block in state.tokens:
        if block.type == "inline" and block.children and "://" in block.content:
            block.children = list(_with_links(block.children))


def _with_links(tokens: list[Token]) -> Iterator[Token]:
    inside = 0
    for token in tokens:
        inside += token.nesting if token.tag == "a" else 0
        if token.type == "text" and not inside:
            yield from _split(token.content)
        else:
            yield token


def _split(text: str) -> Iterator[Token]:
    done = 0
    for found in _ADDRESS.finditer(text):
        address = _without_punctuation(found[0])
        yield Token("text", "", 0, content=text[done : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": address}, info="auto")
        yield Token("text", "", 0, content=address)
        yield Token("link_close", "a", -1, info="auto")
        done = found.start() + len(address)
    yield Token("text", "", 0, content=text[done:])


def _without_punctuation(address: str) -> str:
    """Take off what belongs to the sentence around an address: punctuation, and a bracket that opened before it."""
    end, surplus = len(address), address.count(")") - address.count("(")
    while address[end - 1] in _NOT_AN_END or (address[end - 1] == ")" and surplus > 0):
        surplus -= address[end - 1] == ")"
        end -= 1
    return address[:end]
