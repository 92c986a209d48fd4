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
TEXTS = st.text() | st.lists(PIECES, max_size=60).map("".join)
ANY = settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("flavour", FLAVOURS)
@ANY
@given(text=TEXTS)
def test_any_text_stays_within_the_allow_list(flavour: Flavour, text: str) -> None:
    checked(text, flavour)


# Hostile texts, each with the name of what it tries.

_ADDRESSES = {
    "javascript": "javascript:alert(1)",
    "mixed case": "jAvAsCrIpT:alert(1)",
    "leading control": "\x01javascript:alert(1)",
    "leading entity of a control": "&#1;javascript:alert(1)",
    "leading space": "%20javascript:alert(1)",
    "leading no-break space": "\xa0javascript:alert(1)",
    "inner tab": "<java\tscript:alert(1)>",
    "inner tab as entity": "java&#x09;script:alert(1)",
    "inner tab by name": "java&Tab;script:alert(1)",
    "inner newline as entity": "java&#10;script:alert(1)",
    "inner newline by name": "java&NewLine;script:alert(1)",
    "inner return": "java&#13;script:alert(1)",
    "colon as entity": "javascript&colon;alert(1)",
    "colon as number": "javascript&#58;alert(1)",
    "colon as long number": "javascript&#0000058;alert(1)",
    "colon percent-encoded": "javascript%3Aalert(1)",
    "letters percent-encoded": "%6A%61vascript:alert(1)",
    "letters as entities": "&#106;&#97;&#118;&#97;script:alert(1)",
    "hexadecimal entities": "&#x6A;&#x61;vascript:alert(1)",
    "escaped letters": "javascript\\:alert(1)",
    "full width": "ｊａｖａｓｃｒｉｐｔ:alert(1)",
    "full-width colon": "javascript：alert(1)",
    "long s": "javaſcript:alert(1)",
    "zero width inside": "java\u200bscript:alert(1)",
    "soft hyphen inside": "java\xadscript:alert(1)",
    "bidi inside": "java\u202escript:alert(1)",
    "byte order mark before": "\ufeffjavascript:alert(1)",
    "bidi as entity inside": "java&#x202e;script:alert(1)",
    "NUL inside": "java\x00script:alert(1)",
    "javascript with slashes": "javascript://example.com/%0Aalert(1)",
    "javascript in a web address' clothes": "javascript:https://example.com",
    "view-source": "view-source:javascript:alert(1)",
    "feed": "feed:javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "data, base64": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data picture": "data:image/svg+xml,<svg onload=alert(1)>",
    "data picture the library lets pass": "data:image/png;base64,AAAA",
    "vbscript": "vbscript:msgbox(1)",
    "livescript": "livescript:x",
    "file": "file:///etc/passwd",
    "blob": "blob:https://example.com/x",
    "filesystem": "filesystem:https://example.com/x",
    "intent": "intent://x#Intent;scheme=http;end",
    "ms-msdt": "ms-msdt:/id PCWDiagnostic",
    "about": "about:blank",
    "tel": "tel:112",
    "wss": "wss://evil.example",
    "two slashes": "//evil.example",
    "three slashes": "///evil.example",
    "backslashes": "\\\\evil.example",
    "slash and backslash": "/\\evil.example",
    "backslash and slash": "\\/evil.example",
    "slash, tab, slash": "/&#9;/evil.example",
    "no slash": "https:evil.example",
    "one slash": "https:/evil.example",
    "scheme with backslashes": "https:\\\\evil.example",
    "no host": "https://",
    "no host but a path": "https:///evil.example",
    "no host but a port": "https://:80/",
    "a dot for a host": "https://./",
    "user": "https://user@evil.example",
    "user and password": "https://bank.example:443@evil.example/",
    "user, percent-encoded at": "https://bank.example%40evil.example/",
    "user by backslash": "https://bank.example\\@evil.example/",
    "user by entity": "https://bank.example&#64;evil.example",
    "full-width slash in the host": "https://bank.example／evil.example",
    "question mark look-alike in the host": "https://bank.example？.evil.example",
    "full-width at": "https://bank＠evil.example",
    "percent in the host": "https://%65vil.example",
    "space in the host": "<https://bank evil.example>",
    "quote in the host": 'https://evil.example"onmouseover=alert(1)',
    "angle in the host": "https://evil.example<b>",
    "quotes in the path": "https://example.com/\"onmouseover='alert(1)'",
    "markup in the query": "https://example.com/?<script>alert(1)</script>",
    "port out of range": "https://example.com:999999/",
    "bad IPv6": "https://[::1",
    "IPv6 with a zone": "https://[fe80::1%25eth0]/",
    "too long": "https://example.com/" + "x" * 2029,
    "too long once encoded": "https://example.com/" + "é" * 1000,
    "label too long for Punycode": "https://" + "ü" * 300 + ".example",
    "mail with an attachment": "mailto:a@b.example?attach=/etc/passwd",
    "mail with a header": "mailto:a@b.example?subject=x%0ABcc:c@d.example&bcc=x",
    "mail with markup": 'mailto:"<script>"@b.example',
    "mail to nobody": "mailto:",
    "relative": "../../admin",
    "absolute path": "/admin",
    "query only": "?a=b",
    "an id of the page": "#search",
    "an id of ours that is not there": "#h-tab-nothing",
    "text fragment": "#:~:text=password",
    "script in a fragment": '#"><script>alert(1)</script>',
    "attachment out of its folder": "attachments/../../../etc/passwd",
    "attachment out of its folder, encoded": "attachments/%2e%2e/%2e%2e/x",
    "attachment by another case": "ATTACHMENTS/a.png",
    "attachment with more behind": "attachments/a.png?x",
    "attachment with NUL": "attachments/a.png%00.html",
    "attachment with a scheme": "attachments/javascript:alert(1)",
}
_TEMPLATES = {
    "link": "[x]({})",
    "picture": "![x]({})",
    "reference": "[x][r] ![x][r]\n\n[r]: {}",
    "autolink": "<{}>",
    "bare": "{}",
}

_TEXTS = {
    "script": "<script>alert(1)</script>",
    "script in a block": "\n\n<script>\nalert(1)\n</script>\n",
    "script never closed": "<script src=//evil.example/x.js",
    "end of a script": "</script><script>alert(1)</script>",
    "image with handler": "<img src=x onerror=alert(1)>",
    "slashes for spaces": "<img/src=x/onerror=alert(1)>",
    "svg onload": "<svg/onload=alert(1)>",
    "svg with style": "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "svg with a title": "<svg></p><title><a id='</title><img src=x onerror=alert(1)>'>",
    "math mutation": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src onerror=a()&gt;'>",
    "math annotation": "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)>",
    "noscript mutation": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "template": "<template><img src=x onerror=alert(1)></template>",
    "select": "<select><template><style><!--</style><a rel='--></style></template></select><img src onerror=a()>'>",
    "form nesting": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "textarea": "<textarea></textarea><img src=x onerror=alert(1)>",
    "xmp": "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "plaintext": "<plaintext><img src=x onerror=alert(1)>",
    "iframe": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "object and embed": "<object data=x></object><embed src=x>",
    "form": "<form action=https://evil.example><input name=password><button formaction=javascript:x>",
    "base": "<base href=https://evil.example>",
    "meta refresh": "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "link to a stylesheet": "<link rel=stylesheet href=https://evil.example>",
    "style": "<style>@import 'https://evil.example'</style><p style='background:url(https://evil.example)'>",
    "comment": "<!-- <img src=x onerror=alert(1)> -->",
    "comment that ends early": "<!--><img src=x onerror=alert(1)>-->",
    "CDATA": "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "processing instruction": "<?xml-stylesheet href='javascript:alert(1)'?>",
    "declaration": "<!DOCTYPE html [<!ENTITY x 'y'>]>",
    "entities of a tag": "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
    "entities twice": "&amp;lt;script&amp;gt;",
    "overlong numbers": "&#99999999999; &#x110000; &#0; &#xD800;",
    "quote in alt": '![x" onerror="alert(1)](attachments/a.png)',
    "entity of a quote in alt": "![x&quot; onerror=&quot;alert(1)](attachments/a.png)",
    "tag in alt": "![<img src=x onerror=alert(1)>](attachments/a.png)",
    "quote in a title": "[a](https://example.com 'x\" onclick=\"alert(1)')",
    "tag in a title": '![a](attachments/a.png "<script>alert(1)</script>")',
    "picture in alt": "![![x](javascript:x)](attachments/a.png)",
    "fence info": '```js" onx=1\nx\n```',
    "fence info with a tag": "~~~ <script>alert(1)</script>\nx\n~~~",
    "fence info as entities": "```&quot;&gt;&lt;script&gt;\nx\n```",
    "fence info with our class": "``` unrendered table\nx\n```",
    "tag in code": "`<script>alert(1)</script>`",
    "tag in indented code": "    </code></pre><script>alert(1)</script>",
    "attributes with a handler": "[a](https://example.com){:onclick=alert(1)}",
    "attributes with a style": '![a](attachments/a.png){:style="position:fixed"}',
    "attributes with a tag": "![a](attachments/a.png){:<script>}",
    "id location": "# location",
    "id config": "# config\n\n# document\n\n# body\n\n# cookie",
    "id __proto__": "# `__proto__`\n\n# constructor\n\n# toString",
    "id with a quote": '# a" onclick="alert(1)',
    "id with a tag": "# <img src=x onerror=alert(1)>",
    "id of combining marks": "# " + "a" + "\u0301" * 5000,
    "id of signs that grow": "# " + "ﷺ" * 500,
    "id of another text": "# h-tab-x\n\n[a](#h-features-x)",
    "id by attributes": "# a {#location}\n\n# b {: #location }",
    "name": "<a name=location>x</a> <p id=config>",
    "template syntax": "{{7*7}} {{ config }} {% include '/etc/passwd' %} ${7*7} <%= 7*7 %> #{7*7}",
    "our own region": '<div class="table" role="region" tabindex="0" aria-label="Table 1 (tab)">',
    "our own paragraph": '<p class="unrendered">x</p>',
    "our own checkbox": '- <input type="checkbox" class="task-list-item-checkbox" disabled="">',
    "our own heading": '<h3 id="h-tab-a">a</h3>\n\n# a',
    "line separators": "a\u2028b\u2029c\x85d",
    "bidi override": "\u202egnp.exe\u202c",
    "byte order mark as entity": "&#xfeff;abc [&#xfeff;](https://example.com)",
    "bidi isolate": "\u2066abc\u2069",
    "bidi in a link": "[\u202ehttps://good.example](https://evil.example)",
    "bidi in a heading": "# \u202eabc",
    "bidi in alt": "![\u202eabc](attachments/a.png) ![&#x202e;abc](attachments/a.png)",
    "bidi in code": "`\u202eabc`\n\n```\n\u202eabc\n```",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e",
    "combining storm": "z" + "\u0489" * 20_000,
    "NUL": "a\x00b <scr\x00ipt>",
    "lone surrogates": "a\ud800b\udfffc",
    "lone surrogate in an address": "[a](https://example.com/\ud800)",
    "surrogate in a key": "![a](attachments/\udc80.png)",
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\x9b31m",
    "noncharacters": "\ufffe\uffff\U0001fffe",
    "private use and unassigned": "\ue000\U000f0000\U000e0001",
    "form feed in a tag": "<img\x0csrc=x\x0conerror=alert(1)>",
    "table cell": "| <script>alert(1)</script> | `|` |\n|:-:|--|\n| [a](javascript:x) | x |",
    "table alignment": "|a|\n|:-:|\n\n<table style='x'><tr align=x>",
    "task": "- [x] <script>alert(1)</script>\n- [ ] [a](javascript:x)",
    "colour with a handler": "<c #000 onclick=alert(1)>x</c> <c #000000\">x</c> <m #'>x</m>",
    "colour across a link": "<m #000>[a</m>](https://example.com) **<c #000>x**</c>",
    "mention with a tag": '<@1|<script>alert(1)</script>> <@1|"onclick=x>',
    "record with a tag": "<script#1> <svg#1 onload=x> <a_b#1>",
    "block table with a handler": "<table onclick=x><tr><td>\nx\n</td></tr></table>",
    "block table with scripts": "<table><tr><td>\n<script>alert(1)</script>\n</td></tr></table>",
    "block table in disorder": "<table><td>\nx\n</td></table>\n<tr>\n</table></td>",
    "bare address with quotes": "https://example.com/\"onclick=alert(1) https://example.com/'x'<b>",
    "bare address with markers": "https://example.com/**a**__b__`c` +https://example.com+ [https://a.b](https://c.d)",
}


def _hostile() -> Iterator[tuple[str, str]]:
    yield from _TEXTS.items()
    for kind, template in _TEMPLATES.items():
        for name, address in _ADDRESSES.items():
            yield f"{name}, as {kind}", template.format(address)


HOSTILE = dict(_hostile())


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text(text: str, flavour: Flavour) -> None:
    """Nothing in it can run, and nothing in it leaves the allow-list."""
    checked(text, flavour)


_HARMLESS = {  # what looks hostile, and yet may be a link: it leads where it says, by an allowed scheme
    "percent in the host",
    "quotes in the path",
    "markup in the query",
}


@pytest.mark.parametrize("name", [name for name in _ADDRESSES if name not in _HARMLESS])
def test_hostile_address_is_text(name: str) -> None:
    """Neither a link nor a picture: only its words are left."""
    for kind in ("link", "picture", "reference"):
        html = checked(_TEMPLATES[kind].format(_ADDRESSES[name]), "commonmark").html
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


@pytest.mark.long
@pytest.mark.parametrize(("flavour", "name", "text"), COMPLEX, ids=[f"{case[0]} {case[1]}" for case in COMPLEX])
def test_complexity(flavour: Flavour, name: str, text: str) -> None:
    """64 KB of anything take little time and little room. The worst measured is 1.5 s; a slow machine may take 10."""
    start = time.process_time()
    result = render(text, flavour=flavour, prefix="tab", targets=TARGETS)
    assert time.process_time() - start < 10, name
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
