"""What must hold for every site, whatever the store; and the few things that tests of whole sites share.

    check_site(folder)                  an `AssertionError` that names every page and what is wrong with it
    tree(folder)                        the files of a folder by path
    build_site(content, output, …)      one build, told nothing of its progress
    public(name="Dusk")                 an offering as pages get it

Pages are read as a browser reads them, by a parser, and links are resolved against the page they stand on.
"""

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from generator.models import Picture, PublicOffering
from generator.networks import Network
from generator.settings import Settings

if TYPE_CHECKING:
    from generator.build import Report

MANIFEST = ".appshelf.json"
NOWHERE = Path("no templates of its own")
ROOT = "https://site.invalid/"
"""Stands for the place of a site: links are resolved as if it was served from here."""

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_OPTIONAL_END = frozenset(("li", "p", "dt", "dd", "tr", "td", "th", "thead", "tbody", "option"))
_FORBIDDEN = frozenset(("style", "iframe", "frame", "object", "embed", "base", "applet", "math", "marquee"))
_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns")
_SCHEMES = frozenset(("https", "http", "mailto"))
_WITHOUT_LINKS = "404.html"


def public(**changes: Any) -> PublicOffering:
    """Return an offering as pages get it, with nothing but the fields that none lacks, and `changes`."""
    fields: dict[str, Any] = {
        "id": 1,
        "reference": "wdc_note_dispatcher",
        "name": "Log Note Dispatcher",
        "card_description": "",
        "publisher": "",
        "categories": (),
        "tags": (),
        "featured": False,
        "draft": False,
        "created_at": None,
        "updated_at": None,
        "picture": Picture("media/0a1b.svg", 256, 256),
        "description": "",
        "features": "",
        "compliance": "",
        "changes": (),
        "attachments": (),
        "screenshots": (),
        "assurances": (),
        "website": None,
        "support": None,
        "install_url": None,
        "configuration_uri_template": None,
        "policy_jwt_alg": None,
        "requires_enabled_oauth_person": False,
        "has_ui_extension": False,
    }
    unset = dict.fromkeys(field.name for field in dataclasses.fields(PublicOffering))
    return PublicOffering(**{**unset, **fields, **changes})


def _nobody(host: str, port: int) -> Sequence[str]:
    raise OSError("tests know no host")


NO_NETWORK = Network(_nobody)
"""A network in which no name or address leads anywhere."""


def build_site(content: Path, output: Path, network: Network = NO_NETWORK, **settings: Any) -> "Report":
    """Build a store with our own templates, unless `settings` say otherwise."""
    from generator.build import build  # here, as the tests of pure modules need none of it

    settings.setdefault("templates", content.parent / NOWHERE)
    return build(Settings(content=content, output=output, **settings), lambda *_: None, network)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder` by its path from there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_site(folder: Path, base_url: str | None = None) -> None:
    """Prove that a built site holds together; `base_url` is the one that it was built for."""
    files = tree(folder)
    pages = {path: parse(content) for path, content in files.items() if path.endswith(".html")}
    wrong = [f"{path}: {it}" for path, page in pages.items() for it in (*page.wrong, *_page_faults(page))]
    for path, page in pages.items():
        wrong += [f"{path}: {it}" for it in _link_faults(path, page, pages, files, base_url)]
    for path in (it for it in files if it.endswith(".css")):
        wrong += [f"{path}: {it}" for it in _stylesheet_faults(path, files)]
    wrong += [*_manifest_faults(files), *_sitemap_faults(files, base_url)]
    assert not wrong, "\n".join(wrong[:40])
    assert "index.html" in pages


@dataclass
class ParsedPage:
    """What a page holds that can be wrong."""

    ids: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    """Element, attribute and address, of everything that a browser loads or follows."""
    tags: Counter[str] = field(default_factory=Counter)
    references: list[tuple[str, str]] = field(default_factory=list)
    canonical: list[str] = field(default_factory=list)
    language: str = ""
    title: str = ""
    words: str = ""
    wrong: list[str] = field(default_factory=list)


def parse(content: bytes) -> ParsedPage:
    """Read a page."""
    parser = _Parser()
    parser.feed(content.decode())
    parser.close()
    if not content.lstrip().lower().startswith(b"<!doctype html>"):
        parser.page.wrong.append("does not begin with its doctype")
    parser.page.wrong += [f"<{tag}> is never closed" for tag in parser.open if tag not in _OPTIONAL_END]
    parser.page.words = " ".join(parser.page.words.split())
    return parser.page


_DATA = {"type": "application/ld+json"}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = ParsedPage()
        self.open: list[str] = []
        self.is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        page, values = self.page, {name: value or "" for name, value in attrs}
        page.tags[tag] += 1
        if tag not in _VOID:
            self.open.append(tag)
        if len(values) < len(attrs):
            page.wrong.append(f"<{tag}> has an attribute twice")
        self._look_for_scripts(tag, values)
        self._look_for_links(tag, values)
        page.references += [(name, part) for name in _REFERENCES for part in values.get(name, "").split()]
        if "id" in values:
            page.ids.append(values["id"])
        if tag == "html":
            page.language = values.get("lang", "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open:
            self.page.wrong.append(f"</{tag}> closes nothing")
            return
        while (inner := self.open.pop()) != tag:
            if inner not in _OPTIONAL_END:
                self.page.wrong.append(f"</{tag}> closes <{inner}>")

    def handle_data(self, data: str) -> None:
        if "script" in self.open and data.strip():
            self._look_at_data(data)
        elif self.open[-1:] == ["title"] and "svg" not in self.open:
            self.page.title += data
        elif "body" in self.open:
            self.page.words += data

    def _look_for_scripts(self, tag: str, values: dict[str, str]) -> None:
        wrong = self.page.wrong
        if tag in _FORBIDDEN:
            wrong.append(f"has a <{tag}>")
        if tag == "script" and "src" not in values and values != _DATA:
            wrong.append("has a <script> without src")
        self.is_data = tag == "script" and values == _DATA
        wrong += [f"<{tag}> has {name}=" for name in values if name.startswith("on") or name in {"style", "srcdoc"}]
        if tag == "meta" and values.get("http-equiv", "").lower() not in {"", "content-security-policy"}:
            wrong.append(f"<meta http-equiv={values['http-equiv']}>")
        if tag == "form" and "action" in values:
            wrong.append("has a form that is sent somewhere")

    def _look_at_data(self, data: str) -> None:
        """Inside a script there may be data that no browser runs: whole JSON, in which nothing can end the script."""
        if not self.is_data:
            self.page.wrong.append("has an inline script")
        elif set("<>&'") & set(data):
            self.page.wrong.append("has data that may end its script")
        else:
            json.loads(data)

    def _look_for_links(self, tag: str, values: dict[str, str]) -> None:
        if tag == "link" and values.get("rel") == "canonical":
            self.page.canonical.append(values.get("href", ""))
            return
        for name in ("href", "src", "data-src", "poster"):
            if name in values:
                self.page.links.append((tag, name, values[name]))
        for candidate in filter(None, values.get("srcset", "").split(",")):
            self.page.links.append((tag, "srcset", candidate.split()[0]))
        if "data-address" in values:
            self.page.links.append((tag, "data-address", values["data-address"]))


def _page_faults(page: ParsedPage) -> Iterator[str]:
    if page.tags["h1"] != 1:
        yield f"has {page.tags['h1']} h1"
    if not page.title.strip():
        yield "has no title"
    if not page.language:
        yield "has no lang"
    if page.tags["main"] != 1:
        yield f"has {page.tags['main']} main"
    yield from (f"id {id_!r} stands {count} times" for id_, count in Counter(page.ids).items() if count > 1)
    yield from (f"id {id_!r} is none" for id_ in page.ids if not id_ or re.search(r"\s", id_))
    yield from (f"{name} names {id_!r}, which is not there" for name, id_ in page.references if id_ not in page.ids)


def _link_faults(
    path: str, page: ParsedPage, pages: dict[str, ParsedPage], files: dict[str, bytes], base_url: str | None
) -> Iterator[str]:
    canonical = [base_url + path.removesuffix("index.html")] if base_url else []
    if page.canonical != canonical and path != _WITHOUT_LINKS:
        yield f"canonical is {page.canonical}, expected {canonical}"
    for tag, name, address in page.links:
        told = f"<{tag} {name}={address[:100]!r}>"
        scheme = urlsplit(address.replace("{account}", "account")).scheme
        is_ours = re.fullmatch(r"[A-Za-z0-9/._~%-]*(\?[a-z0-9_=&-]+)?(#.*)?", address)
        if re.search(r"[\s\\]", address) or not (scheme or is_ours):
            yield f"{told} needs escaping"
        if scheme:
            if tag != "a" or scheme not in _SCHEMES:
                yield f"{told} is absolute"
            elif base_url and address.startswith(base_url):
                yield f"{told} is an absolute link to the site itself"
            continue
        target, fragment = _target(path, address, base_url)
        if target is None or target not in files:
            yield f"{told} leads to {target}, which is not there"
        elif fragment and (target not in pages or unquote(fragment) not in pages[target].ids):
            yield f"{told} leads to a place that is not there"


def _target(path: str, address: str, base_url: str | None) -> tuple[str | None, str]:
    """Return the file that a link leads to, by its path in the site, and the place in it."""
    address, fragment = urldefrag(address)
    address = address.partition("?")[0]
    if address.startswith("//"):
        return None, fragment
    if path == _WITHOUT_LINKS:  # shown under any address: its links begin with the path of the site
        prefix = urlsplit(base_url or "").path or "/"
        if not address:
            return path, fragment
        return unquote(address.removeprefix(prefix)) if address.startswith(prefix) else None, fragment
    if address.startswith("/"):
        return None, fragment
    resolved = urljoin(ROOT + path, address) if address else ROOT + path
    return unquote(resolved.removeprefix(ROOT)) if _stays(path, address) else None, fragment


def _stays(path: str, address: str) -> bool:
    """Whether a link climbs no higher than the site's root; a browser would forgive it, a sub-folder does not."""
    depth = path.count("/")
    for part in address.split("/")[:-1]:
        depth += -1 if part == ".." else part != "."
        if depth < 0:
            return False
    return True


def _stylesheet_faults(path: str, files: dict[str, bytes]) -> Iterator[str]:
    style = files[path].decode()
    if "@import" in style:
        yield "has an @import"
    for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", style):
        target, _ = _target(path, address, None)
        if not address.startswith("data:") and target not in files:
            yield f"url({address}) leads nowhere"


def _manifest_faults(files: dict[str, bytes]) -> Iterator[str]:
    """Compare the manifest with what is there: exactly that, to the byte."""
    listed = {it["path"]: (it["size"], it["sha256"]) for it in json.loads(files[MANIFEST])["files"]}
    there = {path: (len(it), sha256(it).hexdigest()) for path, it in files.items() if path != MANIFEST}
    there.pop(".gitignore", None)
    if listed != there:
        yield f"{MANIFEST}: differs from the files at {sorted(listed.items() ^ there.items())[:3]}"
    for one, other in Counter(path.casefold() for path in there).items():
        if other > 1:
            yield f"{one}: {other} files whose names differ only in case"


def _sitemap_faults(files: dict[str, bytes], base_url: str | None) -> Iterator[str]:
    if ("sitemap.xml" in files) != bool(base_url):
        yield f"sitemap.xml: {'is missing' if base_url else 'is there without a base_url'}"
    if base_url and "sitemap.xml" in files:
        located = re.findall(r"<loc>([^<]*)</loc>", files["sitemap.xml"].decode())
        pages = {base_url + it.removesuffix("index.html") for it in files if it.rpartition("/")[2] == "index.html"}
        if sorted(located) != sorted(pages):
            yield f"sitemap.xml: differs from the pages at {sorted(set(located) ^ pages)[:3]}"
