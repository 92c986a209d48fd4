"""What no text can do: run a script, load from elsewhere, leave the allow-list, or take long."""

import json
import os
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.markup import HTML_BYTES, TEXT_BYTES, Flavour, Image, Rendered, Target, mentioned, render
from payloads import ADDRESSES, HARMLESS, TEMPLATES, TEXTS, every_handler

FLAVOURS: tuple[Flavour, ...] = get_args(Flavour)

TARGETS = {
    "attachments/a.png": Target("../../files/1/a.png", Image("../../media/a.webp", "../../media/a.webp 9w", 9, 9)),
    "attachments/b.pdf": Target("../../files/2/b.pdf", None),
}
OURS = {target.href for target in TARGETS.values()}

# The allow-list once more, written down independently of the module that it checks.

ALLOWED: dict[str, dict[str, str]] = {
    **{
        tag: {} for tag in ("blockquote", "br", "em", "hr", "mark", "s", "strong", "table", "tbody", "thead", "tr", "u")
    },
    **{tag: {"id": r"h-tab-[^\s\"'<>&]+"} for tag in ("h3", "h4", "h5", "h6")},
    **{tag: {"class": r"align-(left|right|center)"} for tag in ("th", "td")},
    "a": {
        "href": r"https?://[!-~]+|mailto:[!-~]+|#h-tab-\S+|\.\./\.\./files/.+",
        "rel": "nofollow noopener noreferrer",
    },
    "code": {"class": r"language-[\w#+.-]{1,40}"},
    "div": {"class": "table", "role": "region", "tabindex": "0", "aria-label": r"Table \d+ \(tab\)"},
    "img": {
        "src": r"\.\./\.\./media/a\.webp",
        "srcset": r"\.\./\.\./media/a\.webp 9w",
        "sizes": r"\(max-width: 48rem\) 100vw, 44rem",
        "width": "9",
        "height": "9",
        "alt": "(?s:.*)",
        "loading": "lazy",
        "decoding": "async",
    },
    "input": {
        "type": "checkbox",
        "disabled": "",
        "checked": "",
        "class": "task-list-item-checkbox",
        "aria-label": "(not )?done",
    },
    "li": {"class": "task-list-item"},
    "ol": {"start": r"\d+", "class": "contains-task-list"},
    "p": {"class": "unrendered"},
    "pre": {"tabindex": "0"},
    "ul": {"class": "contains-task-list"},
}
ALWAYS = {"a": {"href", "rel"}, "img": {"src", "alt", "width", "height"}, "input": {"type", "disabled", "aria-label"}}
VOID = {"br", "hr", "img", "input"}


class Checker(HTMLParser):
    """Reads HTML as a browser would, and fails at anything that is not allowed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}>"
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        assert ALWAYS.get(tag, set()) <= set(names), f"<{tag} {names}>"
        for name, value in attrs:
            assert name in ALLOWED[tag], f"<{tag} {name}>"
            assert re.fullmatch(ALLOWED[tag][name], value or ""), f"<{tag} {name}={value!r}>"
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        assert not (tag == "a" and "a" in self.open)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"<![{data}]>")


def checked(text: str, flavour: Flavour) -> Rendered:
    """Render `text`, and assert all that must hold for every text there is."""
    result = render(text, flavour=flavour, prefix="tab", targets=TARGETS)
    checker = Checker()
    checker.feed(result.html)
    checker.close()
    assert not checker.open
    assert len(checker.ids) == len(set(checker.ids))
    assert checker.ids == [heading.id for heading in result.headings]
    for href in checker.hrefs:
        if href.startswith("#"):
            assert href[1:] in checker.ids
        elif not re.match("https?:|mailto:", href):
            assert href in OURS
        assert not re.match(r"https?://[^/?#]*@", href)
        assert len(href) <= 2048
    assert len(result.html.encode()) <= HTML_BYTES
    assert result.shown <= mentioned(text, TARGETS)
    for words in (result.html, result.plain):
        assert not re.search("[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]", words)
    assert result.plain == " ".join(result.plain.split())
    assert not any("cannot be read" in note.reason for note in result.notes), result.notes
    return result


# Any text at all.

PIECES = st.sampled_from(
    [
        *"[]()!<>*_~+`#-=|:&{}\"'@/.\\ abé١ﬁ🎉\n\t\r\x00\ud800\u202e\u200d\u0301\u2028",
        *("\n\n", "    ", "1. ", "- ", "> ", "[x] ", "[ ] ", "](", "]: ", "![", "```", "~~~", "**", "__", "---"),
        *("|-|-", ":-:"),
        *("<table>", "<tr>", "<th>", "<td>", "</td>", "</th>", "</tr>", "</table>", "<c #000>", "</c>"),
        *("<m #000000>", "</m>"),
        *("<@1|a>", "<a#1>", "{:a}", "{:", "#a", "#h-tab-a", "attachments/a.png", "attachments/b.pdf"),
        *("https://a.b", "http://a.b"),
        *("mailto:a@b", "javascript:x", "//a.b", "data:x", "https://xn--", "&#x202e;", "&#9;", "&lt;", "<script>"),
        *("<svg>", "<!--"),
        *("<![CDATA[", "<b onclick=x>", "style=", "<a href=", "{{", "%00", "%2e"),
    ]
)
ANY_TEXT = st.text() | st.lists(PIECES, max_size=60).map("".join)
ANY = settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("flavour", FLAVOURS)
@ANY
@given(text=ANY_TEXT)
def test_any_text_stays_within_the_allow_list(flavour: Flavour, text: str) -> None:
    checked(text, flavour)


# Hostile texts.


def _hostile() -> Iterator[tuple[str, str]]:
    yield from TEXTS.items()
    for kind, template in TEMPLATES.items():
        for name, address in ADDRESSES.items():
            yield f"{name}, as {kind}", template.format(address)


HOSTILE = dict(_hostile())


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=[f"markup: {name}" for name in HOSTILE])
def test_hostile_text(text: str, flavour: Flavour) -> None:
    """Nothing in it can run, and nothing in it leaves the allow-list."""
    checked(text, flavour)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_handler_of_every_element(flavour: Flavour) -> None:
    """Some ten thousand, as many in a text as it may hold."""
    vectors = list(every_handler())
    assert len(vectors) > 10_000
    for start in range(0, len(vectors), 1500):
        result = checked("\n".join(vectors[start : start + 1500]), flavour)
        assert "unrendered" not in result.html
        assert result.plain.count("alert") == len(vectors[start : start + 1500])


@pytest.mark.parametrize("name", [name for name in ADDRESSES if name not in HARMLESS])
def test_hostile_address_is_text(name: str) -> None:
    """Neither a link nor a picture: only its words are left."""
    for kind in ("link", "picture", "reference"):
        html = checked(TEMPLATES[kind].format(ADDRESSES[name]), "commonmark").html
        assert "<a" not in html and "<img" not in html, html


# Complexity. A text of 64 KB that asks for as much work, or as much HTML, as it can.


def _table(columns: int, rows: int, row: str = "|") -> str:
    return "|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + f"{row}\n" * rows


_UNITS = [
    *("[a", "![", "![[]()", "[a](", "[a][b]", "[a]\n", "[a]:\n", "[a]: b\n", "[a]: b '", "[a](b '"),
    *("[a]((", "[](#a)", "# a\n[b](#a)\n", "[ü](https://ü/)", "[a](https://a.b)", "<![CDATA[", "<!--", "<a b='"),
    *("<a@b",),
    *("<https://a.b>", "http://(", "**x", "*a _b", "*a **b", "*a*", "~", "~~a", "`", "`a", "\\"),
    *(">", "> a\n", ">\nb\n", ">>\nb\n", ">>>>>>>>>>>>>>>>>\nb\n", "> ```\n", "> [a\n", "- ", "- > ", "- a\n"),
    *("- a\n  - b\n",),
    *("- [x] a\n", "1. [x] *a*\n", "# a\n", "#\n", "# ﷺ\n", "```\n", "    a\n", "|", "|-|\n", "a|b\n"),
    *("a|b\n-|-\n",),
    *("&amp;", "&#x202e;", ":", "{:", "[a](b){:c}", '"\n\n', "\n", "\t", "\x00", "\u202e", "é", "🎉", "a\u0301"),
    *("a\n", "a\n\n"),
    *("![](attachments/a.png)", "[![a](attachments/a.png)](https://a.b)"),
]
_ACCOUNT_UNITS = [
    *(">", "~", "+a ", "+a+ ", "__a **b +c ~d ", "<c #000>a", "<m #000>a</m>", "</c>", "<c #000>**a", "<@1|a>"),
    *("<@1|", "<a#1>", "https://", "http://(", "https://a.b/ ", "https://a.b/(", "(https://a.b)))", "<table>\n"),
    *("<tr>\n",),
    *("<table><tr><th>\na\n", "<table><tr><td>\n</td></tr></table>\n", "> <table>\n> <tr>\n"),
]

_WHOLE = {
    "brackets, nested": "[" * 32_768 + "]" * 32_768,
    "links, nested": "[" * 16_000 + "a" + "](b)" * 12_000,
    "pictures, nested": "![" * 10_000 + "a" + "](b)" * 10_000,
    "emphasis, nested": "*a " * 15_000 + "a* " * 6_000,
    "strong emphasis, nested": "**a " * 9_000 + "a** " * 7_000,
    "emphasis around one letter": "*" * 32_000 + "a" + "*" * 32_000,
    "backtick runs of all lengths": "a".join("`" * length for length in range(1, 360)),
    "backtick runs with a space": " ".join("`" * length for length in range(1, 360)),
    "lists 1,000 deep": "- " * 1000 + "a\n" + "- " * 1000,
    "lists 250 deep, indented": "".join("  " * depth + "- a\n" for depth in range(250)),
    "quotes 65,536 deep": ">" * 65_536,
    "quotes with lazy lines": ">" * 17 + "a\n" + "b\n" * 32_000,
    "quotes with lazy lines, by turns": (">" * 8 + "a\n" + "b\n" * 10) * 2_000,
    "lists with lazy lines": "- " * 8 + "a\n" + "b\n" * 32_000,
    **{f"table of {columns} columns": _table(columns, 40_000) for columns in (2, 100, 16_000)},
    "table, full": _table(50, 600, "|" + "a|" * 50),
    "table, just below its limit": _table(2, 8_000, "|a|b|"),
    "one definition, 10,900 links": "[a]: /" + "x" * 32_768 + "\n\n" + "[a]" * 10_900,
    "one definition, 8,000 pictures": "[a]: <" + "x" * 32_768 + ">\n\n" + "![a]" * 8_000,
    "one title, 8,000 links": "[a]: /b '" + "x" * 32_768 + "'\n\n" + "[a] " * 8_000,
    "one long address, just allowed": "[a]: https://a.b/" + "x" * 2_000 + "\n\n" + "[a]" * 20_000,
    "one attachment, 16,000 pictures": "[a]: attachments/a.png\n\n" + "![a]" * 16_000,
    "one attachment, 16,000 links": "[a]: attachments/b.pdf\n\n" + "[a]" * 20_000,
    "definitions, all different": "".join(f"[{n}]: b\n" for n in range(5_500)),
    "headings that collide": "".join(f"# a-{n}\n# a\n" for n in range(3_800)),
    "label of 30 KB": "[" + "a" * 30_000 + "]: b\n\n[" + "a" * 30_000 + "]",
}
_ACCOUNT_WHOLE = {
    "underlines, nested": "+a " * 9_000 + "a+ " * 12_000,
    "marks, nested": "<m #000>a " * 3_600 + "</m> " * 3_600,
    "tables planted in quotes": ">" * 16 + "a\n" + "<table>\n" * 8_000,
    "brackets behind an address": "https://a.b/" + ")" * 65_000,
}


def _complex() -> Iterator[tuple[Flavour, str, str]]:
    kinds: tuple[tuple[Flavour, list[str], dict[str, str]], ...] = (
        ("commonmark", _UNITS, _WHOLE),
        ("xurrent", _ACCOUNT_UNITS, _ACCOUNT_WHOLE),
    )
    for flavour, units, whole in kinds:
        for name, text in ({repr(unit): unit * (TEXT_BYTES // len(unit) + 1) for unit in units} | whole).items():
            yield flavour, name, text.encode()[:TEXT_BYTES].decode(errors="ignore")


COMPLEX = list(_complex())


ORDINARY = ("Some words, **many of them**, [with a link](https://example.com/a), and a few more.\n\n" * 900)[
    :TEXT_BYTES
]


def _timed(text: str, flavour: Flavour) -> tuple[Rendered, float]:
    start = time.process_time()
    result = render(text, flavour=flavour, prefix="tab", targets=TARGETS)
    return result, time.process_time() - start


@pytest.mark.long
@pytest.mark.parametrize(
    ("flavour", "name", "text"), COMPLEX, ids=[f"complexity: {case[1]}, {case[0]}" for case in COMPLEX]
)
def test_complexity(flavour: Flavour, name: str, text: str) -> None:
    """64 KB of anything take little time and little room.

    At most 15 times the time of an ordinary text, which is 2 s where that takes 0.13 s; the worst measured is 10.4.
    """
    result, took = _timed(text, flavour)
    if took > 0.5:  # else there is nothing to compare
        pairs = [(took, _timed(ORDINARY, flavour)[1])]
        pairs += [(_timed(text, flavour)[1], _timed(ORDINARY, flavour)[1]) for _ in range(2)]
        assert min(its / ordinary for its, ordinary in pairs) < 15, pairs
    assert len(result.html.encode()) <= HTML_BYTES
    assert len(result.plain.encode()) <= 4 * TEXT_BYTES


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("char", ["a", "é", "€", "🎉"])
def test_the_limit_is_in_bytes(char: str, flavour: Flavour) -> None:
    """65,536 bytes are a text, 65,537 are too many: in UTF-8, however few characters they are."""
    size = len(char.encode())
    whole = char * (TEXT_BYTES // size) + "a" * (TEXT_BYTES % size)
    assert "unrendered" not in checked(whole, flavour).html
    assert "65,537 bytes, at most 65,536" in checked(whole + "a", flavour).notes[0].reason


@pytest.mark.parametrize("char", ['"', "<", '"\n\n', "\x00", "\x00\n\n", "\ud800"])
def test_words_of_a_text_too_large_are_bounded(char: str) -> None:
    """What is shown instead of a text of many kilobytes is not as many, and as safe."""
    result = checked(char * 300_000, "commonmark")
    assert "unrendered" in result.html
    assert len(result.plain) <= TEXT_BYTES


# Real texts.


@pytest.mark.long
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_real_listings(flavour: Flavour) -> None:
    """What people write is rendered, all of it, and none of it as mere words."""
    folder = os.environ.get("APPSHELF_DATA")
    if not folder:
        pytest.skip("APPSHELF_DATA names no folder with integrations/app_offerings.json, the 262 real listings.")
    records = json.loads((Path(folder) / "integrations" / "app_offerings.json").read_text())
    texts = [record[name] for record in records for name in ("description", "features", "compliance") if record[name]]
    assert len(texts) > 700
    for text in texts:
        assert "unrendered" not in checked(text, flavour).html
