"""What may stand in a built page, written down once more: elements and attributes by template, and some values.

A page is read by a parser; whatever is not named here is a fault. Links, ids and nesting are `site_checks`' business.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from generator.settings import PACKAGED_TEMPLATES

Rules = Mapping[str, frozenset[str]]

_EVERYWHERE = """
    html lang
    head
    meta charset content name http-equiv property
    title
    link href rel title type
    script defer src type
    body
    header class
    a aria-current class data-category href rel
    nav aria-label class
    form class data-search role
    input aria-keyshortcuts aria-label autocapitalize autocomplete enterkeyhint maxlength name
    input placeholder spellcheck type
    kbd aria-hidden
    button aria-label aria-pressed class data-theme-switch title type
    svg aria-hidden class focusable height viewbox width
    circle cx cy fill r stroke stroke-width
    path class d fill stroke stroke-width
    rect class height rx width
    main class id tabindex
    div class data-scroll
    h1
    h2 class id
    p class data-paper-address
    span aria-hidden class
    img alt class decoding height loading sizes src srcset width
    details class
    summary class
    footer class
"""
_IN_LISTS = """
    ul aria-label class
    ol
    li class data-topic data-until
    a aria-label
    h3 class
    section aria-labelledby class
    time class datetime
"""
_IN_FINDER = """
    div data-all data-finder data-found data-none data-texts hidden
    template data-card
    p data-near data-some data-told hidden role
    button aria-controls aria-expanded data-clear data-more data-reset data-switch hidden
    span data-chosen data-count data-names hidden
    label class
    select aria-label data-sort
    option value
    form aria-label data-choices hidden id
    fieldset
    legend
    details
    summary
    input checked value
    ul data-shelf
    h2 data-nothing
"""
_IN_TABLE = """
    b aria-hidden class
    a download title
    section aria-labelledby class
    details
    summary
    div aria-label role tabindex
    table
    thead
    tbody
    tr
    th scope
    td class
    span data-until
    ul aria-label class
    ol
    li class
    a aria-label
"""
_OF_CHANGES = """
    del
    ins
"""
_IN_UPDATES = """
    li data-compliance
    label
    input data-only-compliance
"""
_IN_TEXTS = """
    blockquote
    br
    code class
    div aria-label role tabindex
    em
    h3 id
    h4 id
    h5 id
    h6 id
    hr
    input aria-label checked class disabled type
    mark
    ol class start
    pre tabindex
    s
    strong
    table
    tbody
    td class
    th class
    thead
    tr
    u
"""
_IN_DETAIL = """
    h4
    a data-address download
    a data-original
    article class
    button data-close data-step
    dialog aria-label class data-viewer
    div data-pagefind-body dir id
    span data-place
    aside aria-labelledby class
    b data-account
    button aria-controls data-cancel data-change data-copy data-print
    dd class
    details data-contents
    div data-actions
    dl class
    dt id
    q
    h3 id
    figcaption
    figure
    form aria-labelledby class hidden id
    h1 class
    h3 class
    input aria-describedby autocapitalize autocomplete id maxlength name required spellcheck
    label for
    nav data-name data-tabs
    p data-aim data-known data-leads data-wrong hidden id role
    section data-panel id
    span data-until role
"""
_IN_COMPARISON = """
    div data-compare data-columns data-empty data-list data-names data-over data-root hidden aria-hidden aria-label role
    div tabindex
    form data-adding
    label class for
    input aria-autocomplete aria-controls aria-expanded class data-only id role
    ul aria-label hidden id role
    p data-done data-full data-hint data-near data-paper data-same data-told hidden role
    button data-clear data-copy
    span aria-level data-mark hidden role
    b aria-hidden class
    code data-here hidden
    table
    thead
    tbody class data-blank data-others
    tr class data-acts data-blank data-heads data-row data-silent hidden
    th data-across scope
    td
    template data-topic
"""


def _rules(*tables: str) -> Rules:
    allowed: dict[str, frozenset[str]] = {}
    for line in "\n".join(tables).split("\n"):
        if parts := line.split():
            allowed[parts[0]] = allowed.get(parts[0], frozenset()) | frozenset(parts[1:])
    return allowed


RULES: Mapping[str, Rules] = {
    "404.html": _rules(_EVERYWHERE),
    "index.html": _rules(_EVERYWHERE, _IN_LISTS, _IN_FINDER),
    "security.html": _rules(_EVERYWHERE, _IN_TABLE),
    "compare.html": _rules(_EVERYWHERE, _IN_COMPARISON),
    "group.html": _rules(_EVERYWHERE, _IN_LISTS),
    "updated.html": _rules(_EVERYWHERE, _IN_LISTS, _OF_CHANGES, _IN_UPDATES),
    "offering.html": _rules(_EVERYWHERE, _IN_LISTS, _OF_CHANGES, _IN_TEXTS, _IN_DETAIL),
}
_FOLDERS = {
    "apps": "offering.html",
    "categories": "group.html",
    "compare": "compare.html",
    "publishers": "group.html",
    "security": "security.html",
    "updated": "updated.html",
}
_NAMES = ("theme", "store", "find", "viewer", "compare")
_SCRIPTS = tuple(re.compile(rf"[\w./-]*assets/{name}\.[0-9a-f]{{12}}\.js") for name in _NAMES)
"""The first two always; to find among several apps, to view pictures, and to compare, the others."""
_FROM_TEXTS = re.compile(
    r"language-[\w+#.-]{1,40}|align-(left|center|right)|table|unrendered|contains-task-list|task-list-item(-checkbox)?"
)


def template_of(path: str) -> str:
    """Name the template of the page at a path in the site."""
    return path if path == "404.html" else _FOLDERS.get(path.partition("/")[0], "index.html")


def page_faults(path: str, content: bytes) -> Iterator[str]:
    """Tell everything in the page at `path` that its template has no place for."""
    reader = _Reader(RULES[template_of(path)])
    reader.feed(content.decode())
    reader.close()
    yield from reader.faults
    ours = [next((n for n, it in enumerate(_SCRIPTS) if it.fullmatch(script)), None) for script in reader.scripts]
    usual = ([0, 1], [0, 1, 2], [0, 1, 3], [0, 1, 2, 3])
    if ours not in (([0, 1, 2, 4],) if template_of(path) == "compare.html" else usual):
        yield f"has the scripts {reader.scripts}"


class _Reader(HTMLParser):
    def __init__(self, rules: Rules) -> None:
        super().__init__(convert_charrefs=True)
        self.rules = rules
        self.faults: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.rules:
            self.faults.append(f"has a <{tag}>")
            return
        for name, value in attrs:
            if name not in self.rules[tag] or not _permits(tag, name, value or ""):
                self.faults.append(f"has <{tag} {name}={(value or '')[:80]!r}>")
        self.scripts += [value or "" for name, value in attrs if tag == "script" and name == "src"]

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"has <!--{data[:80]}-->")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"has <?{data[:80]}>")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"has <![{data[:80]}]>")

    def handle_decl(self, decl: str) -> None:
        if decl != "doctype html":
            self.faults.append(f"has <!{decl[:80]}>")


_TYPES = {
    "input": {"checkbox", "radio", "search", "text"},
    "link": {"application/atom+xml"},
    "script": {"application/ld+json"},
}


def _permits(tag: str, name: str, value: str) -> bool:
    """Judge values that could do harm beyond a link: classes, ids, and what scripts read."""
    match name:
        case "class":
            return all(word in _own_words() or _FROM_TEXTS.fullmatch(word) for word in value.split())
        case "id":
            return value in _own_words() or bool(
                re.fullmatch(r"(h|title|month|topic|changed|text)-\S+|description|features", value)
            )
        case "data-address":
            return value.startswith("https://")
        case "http-equiv":
            return value.lower() == "content-security-policy"
        case "type":
            return value in _TYPES.get(tag, {"button", "submit"})
        case _:
            return not name.startswith("on") and name not in {"style", "srcdoc", "formaction", "ping"}


@cache
def _own_words() -> frozenset[str]:
    """Every word in our templates: a class or an id that they give, among others."""
    templates = (path.read_text() for path in Path(PACKAGED_TEMPLATES).glob("*.html"))
    return frozenset(word for text in templates for word in re.findall(r"[\w-]+", text))
