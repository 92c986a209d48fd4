"""JSON (RFC 8259) from somebody else, read so that everybody would read it the same.

What the RFC leaves open and parsers settle in different ways is refused: a key given twice, NaN and infinities,
numbers of any length, another encoding than UTF-8, any depth.
"""

import codecs
import itertools
import json
import re
from collections.abc import Iterable
from typing import Any, Final

MOST_DEEP: Final = 64
"""Arrays and objects within each other; a record of the API has four."""
MOST_DIGITS: Final = 400
"""Of one number: more than any float or id needs, and less than it takes to hang the conversion."""
MOST_VALUES: Final = 250_000
"""Of one text, keys among them; 100 records of the API have a few thousand. Small values take a hundred times the
memory of their text."""

_STRING_OR_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,:\[{]', re.DOTALL)
_UTF_16_OR_32 = re.compile(rb"\xff\xfe|\xfe\xff|\x00|.\x00", re.DOTALL)


class StrictJsonError(ValueError):
    """What is no JSON, or could be read in two ways; the message is a reason in words of ours."""


def parse(content: bytes) -> Any:
    """Return the value that `content` holds; a byte order mark is passed over. Raises `StrictJsonError`."""
    if _UTF_16_OR_32.match(content):
        raise StrictJsonError("is UTF-16 or UTF-32, and JSON is UTF-8")
    if _holds_more_values(content):
        raise StrictJsonError(f"holds more than {MOST_VALUES:,} values")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"is not UTF-8 at byte {error.start:,}") from None
    except json.JSONDecodeError as error:
        if not text.strip():
            raise StrictJsonError("is empty") from None
        is_at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        at = "its end, as if it broke off" if is_at_end else f"character {error.pos:,}"
        raise StrictJsonError(f"is no JSON at {at}") from None
    except RecursionError:
        raise StrictJsonError(_TOO_DEEP) from None
    _refuse_depth(value)
    return value


_TOO_DEEP: Final = f"is nested more than {MOST_DEEP} deep"


def _holds_more_values(content: bytes) -> bool:
    """Whether there are more than `MOST_VALUES`: each follows one of these marks, outside of a text."""
    if sum(content.count(mark) for mark in (b",", b":", b"[", b"{")) <= MOST_VALUES:
        return False
    marks = (match for match in _STRING_OR_MARK.finditer(content) if content[match.start()] != 0x22)
    return next(itertools.islice(marks, MOST_VALUES, None), None) is not None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise StrictJsonError("holds a key twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise StrictJsonError(f"holds a number of more than {MOST_DIGITS} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    if len(digits) > MOST_DIGITS:
        raise StrictJsonError(f"holds a number of more than {MOST_DIGITS} digits")
    if (value := float(digits)) in {float("inf"), float("-inf")}:
        raise StrictJsonError("holds a number beyond all that a computer counts")
    return value


def _constant(name: str) -> None:
    raise StrictJsonError(f"holds {name}, which JSON does not know")


def _refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(MOST_DEEP):
        level = [it for inner in level for it in _parts(inner) if isinstance(it, list | dict)]
        if not level:
            return
    raise StrictJsonError(_TOO_DEEP)


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
