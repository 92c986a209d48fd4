"""Slugs, by table and by property; and relative links, resolved as a browser does it."""

import hashlib
import random
import re
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.addresses import relative, slugs

SLUG = re.compile(r"[a-z0-9_-]{1,64}")
DEVICES = ["CON", "con", "prn", "aux", "nul", "com0", "com1", "lpt9", "com¹"]


def short_hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


# Slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("wdc_note_dispatcher", "wdc_note_dispatcher"),
        ("Log Note Dispatcher", "log-note-dispatcher"),
        ("C++ / C# <Tools>", "c-c-tools"),
        ("Tartu Ülikool", "tartu-ulikool"),
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("ﬁle Mover", "file-mover"),
        ("İstanbul", "istanbul"),
        ("STRASSE", "strasse"),
        ("\u212aelvin", "kelvin"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\\b", "a-b"),
        ("C:x", "c-x"),
        ("%2e%2e%2f", "2e-2e-2f"),
        ("-rf", "rf"),
        ("  spaces  ", "spaces"),
        ("trailing. ", "trailing"),
        ("nul.txt", "nul-txt"),
        ("7", "7"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_slug_is_what_the_name_says(name: str, slug: str) -> None:
    assert slugs([name]) == {name: slug}


@pytest.mark.parametrize(
    "name",
    [
        *("index", "Index", "assets", "page", "404", "_headers", "_", "__proto__", "a_", *DEVICES),
        *("日本語のメモ", "🚀", "Ελληνικά", "العربية", "...", "-", "", " "),
        *("x" * 65, "é" * 161, "日本" * 80, f"{'x' * 47}-{'y' * 40}"),
    ],
)
def test_a_name_that_cannot_stand_alone_gets_its_hash(name: str) -> None:
    """Reserved, long, and without a letter that an address may have."""
    slug = slugs([name])[name]
    assert slug.endswith(short_hash(name))
    assert SLUG.fullmatch(slug)
    assert slug[0] not in "-_"


@pytest.mark.parametrize(
    "names",
    [
        ("Slack", "slack", "SLACK"),
        ("ﬁle", "file"),
        ("\u212a", "K", "k"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("İ", "I", "i"),
        ("a b", "a-b", "a--b", "a/b", "-a b-"),
        ("日本", "中国", ""),
        ("Straße", "Strae"),
        ("x" * 70 + "1", "x" * 70 + "2"),
    ],
)
def test_names_that_collide_all_get_their_hash(names: tuple[str, ...]) -> None:
    """All of them, so that none loses its address to the one that happened to come first."""
    found = slugs(names)
    assert len(set(found.values())) == len(names)
    assert all(slug.endswith(short_hash(name)) for name, slug in found.items())


def test_strasse_does_not_collide_with_its_sharp_s() -> None:
    found = slugs(["Straße", "STRASSE"])
    assert len(set(found.values())) == 2


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["a", "A", f"a-{short_hash('a')}"], id="of a collision"),
        pytest.param(["index", f"index-{short_hash('index')}"], id="of a reserved name"),
        pytest.param(["日本", short_hash("日本")], id="of a name without letters"),
        pytest.param(["x" * 65, f"{'x' * 48}-{short_hash('x' * 65)}"], id="of a long name"),
    ],
)
def test_nobody_takes_a_slug_by_naming_an_app_like_its_hash(names: list[str]) -> None:
    found = slugs(names)
    assert len(set(found.values())) == len(names), found


TRICKY = st.sampled_from(["a", "A", "a b", "a-b", "index", "İ", "i", "ﬁle", "file", "-rf", "CON", "日本", "x" * 65])
ALIKE = TRICKY.map(lambda name: f"{name[:48].lower()}-{short_hash(name)}")
NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=161)


@given(st.sets(NAMES | TRICKY, max_size=20))
def test_slugs_are_safe_unique_and_independent_of_order(names: set[str]) -> None:
    found = slugs(sorted(names))
    assert found.keys() == names
    assert all(SLUG.fullmatch(slug) for slug in found.values())
    assert not any(slug.startswith(("-", "_")) for slug in found.values())
    assert len(set(found.values())) == len(names)
    assert slugs(random.Random(1).sample(sorted(names), len(names))) == found  # noqa: S311 an order, no secret


@given(st.sets(TRICKY | ALIKE, max_size=12))
def test_slugs_of_tricky_names_are_unique(names: set[str]) -> None:
    assert len(set(slugs(names).values())) == len(names)


def test_slugs_take_any_iterable_once() -> None:
    assert slugs(name for name in ("a", "b")) == {"a": "a", "b": "b"}
    assert slugs([]) == {}


# Links


@pytest.mark.parametrize(
    ("source", "target", "link"),
    [
        ("index.html", "index.html", "index.html"),
        ("index.html", "apps/slack/index.html", "apps/slack/index.html"),
        ("apps/slack/index.html", "index.html", "../../index.html"),
        ("apps/slack/index.html", "apps/jira/index.html", "../jira/index.html"),
        ("apps/slack/index.html", "apps/slack/index.html", "index.html"),
        ("page/2/index.html", "page/3/index.html", "../3/index.html"),
        ("page/2/index.html", "index.html", "../../index.html"),
        ("categories/a/index.html", "categories/a/page/2/index.html", "page/2/index.html"),
        ("categories/a/page/2/index.html", "categories/a/index.html", "../../index.html"),
        ("updated/index.html", "media/1f.svg", "../media/1f.svg"),
        ("index.html", "files/1f/data model.csv", "files/1f/data%20model.csv"),
        ("index.html", "files/1f/100%.txt", "files/1f/100%25.txt"),
        ("index.html", "a:b.txt", "a%3Ab.txt"),
        ("index.html", "files/Übersicht.pdf", "files/%C3%9Cbersicht.pdf"),
        ("index.html", "files/a#b?c.pdf", "files/a%23b%3Fc.pdf"),
        ("index.html", "files/\"'<&>.pdf", "files/%22%27%3C%26%3E.pdf"),
    ],
)
def test_a_link_leads_from_page_to_file(source: str, target: str, link: str) -> None:
    assert relative(source, target) == link


PARTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="/"), min_size=1, max_size=12).filter(
    lambda part: part not in {".", ".."}
)
PATHS = st.lists(PARTS | st.sampled_from(["apps", "files", "index.html", "a:b", "..."]), min_size=1, max_size=5).map(
    "/".join
)


@given(source=PATHS, target=PATHS, root=st.sampled_from(["https://apps.example.com/", "file:///srv/shop/site/"]))
def test_a_browser_resolves_a_link_to_its_target(source: str, target: str, root: str) -> None:
    link = relative(source, target)
    address = urljoin(root + quote(source, safe="/"), link)
    assert unquote(urlsplit(address).path) == urlsplit(root).path + target


@given(source=PATHS, target=PATHS)
def test_a_link_needs_no_escaping_and_has_no_scheme(source: str, target: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", relative(source, target))
    assert not relative(source, target).startswith("/")
