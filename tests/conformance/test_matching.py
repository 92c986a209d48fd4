"""The runner is strict: what is not described is a mismatch, and every word of its language can fail."""

from typing import Any

import pytest

from matching import MismatchError, Names, filled, match, match_header

NODE = "bG9jYWxob3N0L0FwcE9mZmVyaW5nLzEy"  # localhost/AppOffering/12
OTHER = "bG9jYWxob3N0L1BlcnNvbi8xMg"  # localhost/Person/12

PAIRS: list[tuple[str, Any, Any, bool]] = [
    ("equal", {"a": [1, None, "x"]}, {"a": [1, None, "x"]}, True),
    ("another value", {"a": 1}, {"a": 2}, False),
    ("another type of number", {"a": 1}, {"a": 1.0}, False),
    ("true is not one", {"a": 1}, {"a": True}, False),
    ("a key too many", {"a": 1}, {"a": 1, "b": 2}, False),
    ("a key too few", {"a": 1, "b": None}, {"a": 1}, False),
    ("more keys allowed", {"a": 1, "...": "..."}, {"a": 1, "b": 2}, True),
    ("more keys allowed, but not fewer", {"a": 1, "...": "..."}, {"b": 2}, False),
    ("a key that may be missing", {"a?": 1}, {}, True),
    ("a key that may be missing, with another value", {"a?": 1}, {"a": 2}, False),
    ("an object for a list", [], {}, False),
    ("a list in its order", [1, 2], [2, 1], False),
    ("a list in any order", ["<in any order>", 1, 2], [2, 1], True),
    ("a list in any order, one twice", ["<in any order>", 1, 2], [1, 1], False),
    ("a longer list", [1], [1, 2], False),
    ("a longer list, allowed", [1, "..."], [1, 2], True),
    ("a shorter list, never allowed", [1, 2, "..."], [1], False),
    ("any order, and more", ["<in any order>", 3, "..."], [1, 2, 3], True),
    ("any order, and more, but not without it", ["<in any order>", 3, "..."], [1, 2], False),
    ("integer", "<integer>", 7, True),
    ("integer is no boolean", "<integer>", True, False),
    ("integer is no text", "<integer>", "7", False),
    ("boolean", "<boolean>", False, True),
    ("boolean is no number", "<boolean>", 0, False),
    ("text", "<text>", "x", True),
    ("text is not empty", "<text>", "", False),
    ("text with words", "<text with per_page>", "per_page: 1 to 100", True),
    ("text without these words", "<text with per_page>", "a number", False),
    ("time", "<time>", "2021-04-13T04:19:49-05:00", True),
    ("time has an offset", "<time>", "2021-04-13T04:19:49", False),
    ("time has no fraction", "<time>", "2021-04-13T04:19:49.5-05:00", False),
    ("time is not null", "<time>", None, False),
    ("time or null", "<time or null>", None, True),
    ("uri", "<uri>", "https://example.com/a?b=c", True),
    ("uri is full", "<uri>", "/a/b", False),
    ("list", "<list>", [1], True),
    ("list is no object", "<list>", {}, False),
    ("any", "<any>", None, True),
    ("nodeID", "<nodeID>", NODE, True),
    ("nodeID is not padded", "<nodeID>", f"{NODE}=", False),
    ("nodeID of another class", "<nodeID>", OTHER, False),
    ("nodeID of its id", "<nodeID of 12>", NODE, True),
    ("nodeID of another id", "<nodeID of 1>", NODE, False),
    ("times", "<3 times é>", "ééé", True),
    ("times, one fewer", "<3 times é>", "éé", False),
]


@pytest.mark.parametrize(("expected", "actual", "holds"), [pytest.param(*it[1:], id=it[0]) for it in PAIRS])
def test_what_matches(expected: Any, actual: Any, holds: bool) -> None:
    if holds:
        match(expected, actual, {})
        return
    with pytest.raises(MismatchError):
        match(expected, actual, {})


def test_a_mismatch_says_where() -> None:
    with pytest.raises(MismatchError, match=r"body\[1\]\.name: expected 'b', got 'c'"):
        match([{"name": "a"}, {"name": "b"}], [{"name": "a"}, {"name": "c"}], {})


def test_a_word_that_means_nothing_is_a_mistake_of_the_exchange() -> None:
    with pytest.raises(ValueError, match="<interger> is no kind of value"):
        match("<interger>", 1, {})


def test_what_is_remembered_is_found_again() -> None:
    names: Names = {}
    match({"id": "<integer as id>", "at": "<time as at>"}, {"id": 7, "at": "2021-04-13T04:19:49-05:00"}, names)
    assert filled({"id": "<id>", "name": "No. <id>"}, names) == {"id": 7, "name": "No. 7"}
    match({"id": "<id>", "at": "<time from at>"}, {"id": 7, "at": "2021-04-13T11:19:50+02:00"}, names)
    with pytest.raises(MismatchError):
        match("<id>", "7", names)
    with pytest.raises(MismatchError):
        match("<time from at>", "2021-04-13T11:19:48+02:00", names)


def test_what_did_not_match_is_not_remembered() -> None:
    names: Names = {}
    match(["<in any order>", {"id": "<integer as id>", "name": "b"}], [{"id": 2, "name": "b"}], names)
    match(
        ["<in any order>", {"id": "<integer as other>", "name": "d"}, {"id": 3, "name": "c"}],
        [{"id": 3, "name": "c"}, {"id": 4, "name": "d"}],
        names,
    )
    assert names == {"id": 2, "other": 4}


FIRST, NEXT = '<http://a.example/v1?x=1>; rel="first"', '<http://a.example/v1?x=2>; rel="next"'


@pytest.mark.parametrize(
    ("name", "expected", "actual", "holds"),
    [
        ("ETag", '"a"', '"a"', True),
        ("ETag", '"a"', '"b"', False),
        ("ETag", "<text>", None, False),
        ("Link", "<absent>", None, True),
        ("Link", "<absent>", FIRST, False),
        ("Retry-After", "<integer>", "12", True),
        ("Retry-After", "<integer>", "soon", False),
        ("Link", "first, next", f"{FIRST}, {NEXT}", True),
        ("Link", "next, first", f"{FIRST}, {NEXT}", True),
        ("Link", "first", f"{FIRST}, {NEXT}", False),
        ("Link", "first, next", FIRST, False),
        ("Link", "first?, next", NEXT, True),
        ("Link", "first?", None, True),
        ("Link", "first", None, False),
        ("Link", "next", '<http://a.example/v1?fields=a,b>; rel="next"', False),
        ("Link", "next", '<http://a.example/v1>; rel="next"; title="x"', False),
        ("Link", "next", f"{NEXT}, {NEXT}", False),
        ("Link", "next", '</v1?x=2>; rel="next"', False),
    ],
)
def test_headers(name: str, expected: str, actual: str | None, holds: bool) -> None:
    if holds:
        match_header(name, expected, actual, {})
        return
    with pytest.raises(MismatchError):
        match_header(name, expected, actual, {})


def test_the_addresses_of_link_are_remembered() -> None:
    names: Names = {}
    match_header("Link", "first, next", f"{FIRST}, {NEXT}", names)
    assert names == {"first": "http://a.example/v1?x=1", "next": "http://a.example/v1?x=2"}
