"""JSON that reads one way only, against what hostile and broken sources send."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.strict_json import MOST_DEEP, MOST_DIGITS, StrictJsonError, parse

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.booleans())
def test_honest_json_is_read_as_it_is(value: Any, is_ascii: bool, has_mark: bool) -> None:
    content = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass" if is_ascii else "replace")
    expected = json.loads(content.decode())
    assert parse((b"\xef\xbb\xbf" if has_mark else b"") + content) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b" \n", "is empty", id="blank"),
        pytest.param(b'[{"id": 1}, {"id"', "is no JSON at its end, as if it broke off", id="truncated"),
        pytest.param(b'[{"id": 1}', "is no JSON at its end, as if it broke off", id="unclosed"),
        pytest.param(b"[1] [2]", "is no JSON at character 4", id="two-values"),
        pytest.param(b"<html><body>Log in", "is no JSON at character 0", id="login-page"),
        pytest.param(b"[NaN]", "holds NaN, which JSON does not know", id="NaN"),
        pytest.param(b"[-Infinity]", "holds -Infinity, which JSON does not know", id="infinity"),
        pytest.param(b"[1e999]", "holds a number beyond all that a computer counts", id="overflow"),
        pytest.param(b'{"id": 1, "name": "x", "id": 2}', "holds a key twice in one object", id="key-twice"),
        pytest.param(b'[{"a": {"b": 1, "\\u0062": 2}}]', "holds a key twice in one object", id="key-twice-escaped"),
        pytest.param(b"9" * 4301, f"holds a number of more than {MOST_DIGITS} digits", id="4301-digits"),
        pytest.param(b"0." + b"9" * 4301, f"holds a number of more than {MOST_DIGITS} digits", id="4301-decimals"),
        pytest.param(b"[" * 100_000, f"is nested more than {MOST_DEEP} deep", id="100,000-deep"),
        pytest.param(b"[" * 65 + b"]" * 65, f"is nested more than {MOST_DEEP} deep", id="65-deep"),
        pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, f"is nested more than {MOST_DEEP} deep", id="65-objects-deep"),
        pytest.param('[{"id": 1}]'.encode("utf-16"), "is UTF-16 or UTF-32, and JSON is UTF-8", id="UTF-16-with-mark"),
        pytest.param('[{"id": 1}]'.encode("utf-16-le"), "is UTF-16 or UTF-32, and JSON is UTF-8", id="UTF-16-LE"),
        pytest.param('[{"id": 1}]'.encode("utf-16-be"), "is UTF-16 or UTF-32, and JSON is UTF-8", id="UTF-16-BE"),
        pytest.param('[{"id": 1}]'.encode("utf-32"), "is UTF-16 or UTF-32, and JSON is UTF-8", id="UTF-32"),
        pytest.param('["ü"]'.encode("latin-1"), "is not UTF-8 at byte 2", id="latin-1"),
        pytest.param(b"[" + b"[]," * 250_000 + b"0]", "holds more than 250,000 values", id="many-lists"),
        pytest.param(b'{"":' * 200_000, "holds more than 250,000 values", id="many-objects"),
        pytest.param(b'["a\nb"]', "is no JSON at character 3", id="line-break-in-text"),
        pytest.param(b'["a\0b"]', "is no JSON at character 3", id="NUL-in-text"),
        pytest.param(b"[1,]", "is no JSON at character 3", id="trailing-comma"),
        pytest.param(b"{'id': 1}", "is no JSON at character 1", id="single-quotes"),
        pytest.param(b"[01]", "is no JSON at character 2", id="leading-zero"),
        pytest.param(b"// no\n[]", "is no JSON at character 0", id="comment"),
    ],
)
def test_refused(content: bytes, reason: str) -> None:
    with pytest.raises(StrictJsonError) as caught:
        parse(content)
    assert str(caught.value) == reason


def test_the_deepest_and_the_longest_that_are_read() -> None:
    assert parse(b"[" * MOST_DEEP + b"]" * MOST_DEEP)
    assert parse(b"9" * MOST_DIGITS) == int("9" * MOST_DIGITS)


def test_marks_inside_of_texts_are_no_values() -> None:
    """Texts of 64 KB that consist of brackets are tried, too."""
    text = '[{:,"\\' * 60_000
    assert parse(json.dumps([text]).encode()) == [text]


def test_real_records(real_listings: Path) -> None:
    content = real_listings.read_bytes()
    assert parse(content) == json.loads(content)
