"""The ``Link`` header of RFC 8288, and the one next page that a token may be sent to."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.links import Link, LinkError, next_address, parse_links

BASE = httpx.URL("https://api.example.com/v1")
ASKED = httpx.URL("https://api.example.com/v1/app_offerings?per_page=25")


def following(header: str, asked: httpx.URL = ASKED, base: httpx.URL = BASE) -> str | None:
    found = next_address(header, asked, base)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ("", []),
        (" , ,", []),
        ("<a>", [Link("a", frozenset())]),
        ('<a>; rel="next"', [Link("a", frozenset({"next"}))]),
        ("<a>;rel=next", [Link("a", frozenset({"next"}))]),
        ('<a> ; REL = "Prev  NEXT"', [Link("a", frozenset({"prev", "next"}))]),
        ('<a,b>; rel="next", <c>; rel=last', [Link("a,b", frozenset({"next"})), Link("c", frozenset({"last"}))]),
        (
            '<a>; title="one, <b>; rel=\\"next\\""; rel="prev"',
            [Link("a", frozenset({"prev"}), {"title": 'one, <b>; rel="next"'})],
        ),
        ('<a>; rel="prev"; rel="next"', [Link("a", frozenset({"prev"}))]),
        ("<a>; rel=next;; type=text/html;", [Link("a", frozenset({"next"}), {"type": "text/html"})]),
        ("<a>; title*=UTF-8''%e2%82%ac; rel=next", [Link("a", frozenset({"next"}), {"title*": "UTF-8''%e2%82%ac"})]),
        ("<a>; flag; rel=next", [Link("a", frozenset({"next"}), {"flag": ""})]),
        ("<>; rel=self", [Link("", frozenset({"self"}))]),
    ],
)
def test_read(header: str, links: list[Link]) -> None:
    assert parse_links(header) == links


@pytest.mark.parametrize(
    "header",
    ["a", "<a", '<a>; rel="next', "<a> rel=next", "<a>, b", '<a>; rel="x" y', "<a>; =x, <b>", "<a b>; rel=next"],
)
def test_what_cannot_be_read_is_refused(header: str) -> None:
    """A next page that is passed over would make part of a list look like the whole."""
    with pytest.raises(LinkError):
        parse_links(header)


_TOKEN = st.text("abcxyz", min_size=1, max_size=6)
_LINKS = st.lists(
    st.builds(
        Link,
        st.text("ab/?&=,;:'()%2C", max_size=12),
        st.frozensets(_TOKEN.map(str.lower), min_size=1, max_size=3),
        st.dictionaries(_TOKEN.filter(lambda name: name != "rel"), st.text('ab,;<>"\\ =', max_size=12), max_size=3),
    ),
    max_size=5,
)


@given(_LINKS)
def test_written_and_read_is_the_same(links: list[Link]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    written = [
        f"<{link.target}>; rel={quoted(' '.join(sorted(link.relations)))}"
        + "".join(f"; {name}={quoted(value)}" for name, value in link.parameters.items())
        for link in links
    ]
    assert parse_links(", ".join(written)) == links


@given(st.text('<>;,="\\ relnxta\t', max_size=60))
def test_nothing_hangs_or_crashes(header: str) -> None:
    try:
        parse_links(header)
    except LinkError:
        return


def test_long_headers_take_no_long_time() -> None:
    for header in ("<a>; " * 13_000, "<a>;rel=" + '"' + "\\a" * 32_000, ";" * 65_000, "<a>" + " " * 65_000 + "x"):
        with pytest.raises(LinkError):
            parse_links(header[:65_536])
    with pytest.raises(LinkError, match="characters of links"):
        parse_links("," * 70_000)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("", None),
        ('<https://api.example.com/v1/app_offerings?page=1>; rel="first"', None),
        (
            '<https://api.example.com/v1/app_offerings?fields=id%2Cname&search_after=x>; rel="next"',
            "https://api.example.com/v1/app_offerings?fields=id%2Cname&search_after=x",
        ),
        ('<HTTPS://API.example.com:443/v1/a?b>; rel="next"', "https://api.example.com/v1/a?b"),
        ('</v1/app_offerings?page=2#top>; rel="prev next"', "https://api.example.com/v1/app_offerings?page=2"),
        ('<?search_after=x>; rel="next"', "https://api.example.com/v1/app_offerings?search_after=x"),
        ('<?p=2>; rel="next", <?p=2>; rel="next last"', "https://api.example.com/v1/app_offerings?p=2"),
        ('<?p=2>; rel="next"; anchor="https://other.example/"', None),
        ('<?p=2>; rel="nextish"; title="rel=next, <?p=3>; rel=next"', None),
    ],
)
def test_next(header: str, address: str | None) -> None:
    assert following(header) == address


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/v1/app_offerings",
        "http://api.example.com/v1/app_offerings",
        "https://api.example.com:8443/v1/app_offerings",
        "https://api.example.com.evil.example/v1/app_offerings",
        "https://api.example.com@evil.example/v1/app_offerings",
        "https://user:pass@api.example.com/v1/app_offerings",
        "//evil.example/v1/app_offerings",
        "/\\evil.example/v1",
        "https://api.example.com/other/app_offerings",
        "https://api.example.com/v1",
        "https://api.example.com/v1/../admin",
        "../../admin",
        "https://api.example.com/v10/app_offerings",
        "ftp://api.example.com/v1/app_offerings",
        "file:///v1/app_offerings",
        "javascript:alert(1)",
        "https://[::1/v1/",
        "https://api.example.com:99999/v1/",
        "https://аpi.example.com/v1/app_offerings",
        "https://127.0.0.1/v1/app_offerings",
    ],
)
def test_a_next_page_elsewhere_is_refused(target: str) -> None:
    """Httpx would follow and send the token along."""
    with pytest.raises(LinkError):
        assert following(f'<{target}>; rel="next"') is None


@pytest.mark.parametrize("target", ["https:evil.example/v1/", "\\\\evil.example\\v1", "?to=//evil.example", "%2e%2e/x"])
def test_odd_spellings_stay_at_home(target: str) -> None:
    """Wherever they lead, it is below the API's own address."""
    assert (following(f'<{target}>; rel="next"') or "").startswith("https://api.example.com/v1/")


def test_two_different_next_pages_are_refused() -> None:
    with pytest.raises(LinkError, match="two different next pages"):
        following('<?p=2>; rel="next", <?p=3>; rel="next"')
