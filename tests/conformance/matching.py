"""Whether an answer is the expected one: equality, and a few words for what varies.

    "<integer>" "<boolean>" "<text>" "<list>" "<any>"    a value of that type; text is not empty
    "<time>" "<time or null>" "<time from NAME>"         seconds and offset; at or after the time captured as NAME
    "<uri>" "<nodeID>" "<nodeID of 12>"                  a full address; unpadded base64url of DOMAIN/AppOffering/12
    "<text with WORDS>"                                  text that holds WORDS
    "<KIND as NAME>"                                     the same, and remembered as NAME
    "<NAME>", "…<NAME>…"                                 what was remembered: as it was, or inside other text
    "<129 times x>"                                      129 times the character x
    "...": "..."                                         in an object: other keys may follow
    "..."                                                last in a list: other items may follow
    "<in any order>"                                     first in a list: its items stand in any order
    "key?"                                               in an object: the key may be missing

All else must be equal, types too: ``1`` is not ``1.0`` or ``true``.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

Names = dict[str, Any]

MORE: Final = "..."
ANY_ORDER: Final = "<in any order>"

_WORD = re.compile(r"<([^<>]+)>")
_TIMES = re.compile(r"([0-9]+) times (.)")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")
_LINK = re.compile(r'<(https?://[^<>,;\s"]+)>; rel="([a-z]+)"')


class MismatchError(AssertionError):
    """What was answered is not what was expected; the message says where."""

    def __init__(self, where: str, expected: object, actual: object) -> None:
        super().__init__(f"{where}: expected {_short(expected)}, got {_short(actual)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]}… ({len(text)} characters)"


def _is_time(value: object) -> bool:
    return isinstance(value, str) and bool(_TIME.fullmatch(value))


def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _is_node_id(value: object, number: str = "[1-9][0-9]*") -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        return False
    try:
        told = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(re.fullmatch(rf"[a-z0-9.:\[\]-]+/AppOffering/{number}", told))


_KINDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "any": lambda value: True,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "nodeID": _is_node_id,
    "text": lambda value: isinstance(value, str) and bool(value),
    "time": _is_time,
    "time or null": lambda value: value is None or _is_time(value),
    "uri": _is_uri,
}


def _predicate(kind: str, names: Names) -> Callable[[Any], bool] | None:
    """Return the test that `kind` names, with its argument; ``None`` if it names none."""
    if kind in _KINDS:
        return _KINDS[kind]
    if words := kind.removeprefix("text with ").strip('"') if kind.startswith("text with ") else "":
        return lambda value: isinstance(value, str) and words in value
    if kind.startswith("nodeID of "):
        number = str(names.get(rest := kind.removeprefix("nodeID of "), rest))
        return lambda value: _is_node_id(value, number)
    if kind.startswith("time from "):
        since = datetime.fromisoformat(names[kind.removeprefix("time from ")])
        return lambda value: _is_time(value) and datetime.fromisoformat(value) >= since
    return None


def filled(value: Any, names: Names) -> Any:
    """Replace ``<NAME>`` and ``<129 times x>`` wherever they stand in a JSON value; leave the rest as it is."""
    if isinstance(value, dict):
        return {filled_text(key, names): filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if isinstance(value, str) and (whole := _WORD.fullmatch(value)) and whole[1] in names:
        return names[whole[1]]
    return filled_text(value, names) if isinstance(value, str) else value


def filled_text(text: str, names: Names) -> str:
    """Replace ``<NAME>`` and ``<129 times x>`` inside `text`."""

    def replaced(word: re.Match[str]) -> str:
        if times := _TIMES.fullmatch(word[1]):
            return times[2] * int(times[1])
        return str(names[word[1]]) if word[1] in names else word[0]

    return _WORD.sub(replaced, text)


def match(expected: Any, actual: Any, names: Names, where: str = "body") -> None:
    """Raise `MismatchError` unless `actual` is what `expected` describes; remember in `names` what it captures.

    `ValueError` tells that `expected` itself holds a word that means nothing.
    """
    if isinstance(expected, str) and (word := _WORD.fullmatch(expected)) and not _TIMES.fullmatch(word[1]):
        return _match_word(word[1], actual, names, where)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _match_object(expected, actual, names, where)
    if isinstance(expected, list) and isinstance(actual, list):
        return _match_list(expected, actual, names, where)
    wanted = filled(expected, names)
    if type(wanted) is not type(actual) or wanted != actual:
        raise MismatchError(where, wanted, actual)
    return None


def _match_word(word: str, actual: Any, names: Names, where: str) -> None:
    if word in names:
        if type(names[word]) is not type(actual) or names[word] != actual:
            raise MismatchError(where, names[word], actual)
        return
    kind, _, name = word.partition(" as ")
    holds = _predicate(kind, names)
    if holds is None:
        raise ValueError(f"{where}: <{word}> is no kind of value and no name that was remembered")
    if not holds(actual):
        raise MismatchError(where, f"<{kind}>", actual)
    if name:
        names[name] = actual


def _match_object(expected: dict[str, Any], actual: dict[str, Any], names: Names, where: str) -> None:
    wanted = {key.removesuffix("?"): value for key, value in expected.items() if key != MORE}
    missing = [key for key in wanted if key not in actual and f"{key}?" not in expected]
    unexpected = [key for key in actual if key not in wanted] if MORE not in expected else []
    if missing or unexpected:
        told = [f"without {', '.join(missing)}"] * bool(missing) + [f"with {', '.join(unexpected)}"] * bool(unexpected)
        raise MismatchError(where, f"the keys {', '.join(wanted)}", f"an object {' and '.join(told)}: {actual}")
    for key, value in wanted.items():
        if key in actual:
            match(value, actual[key], names, f"{where}.{key}")


def _match_list(expected: list[Any], actual: list[Any], names: Names, where: str) -> None:
    in_any_order = expected[:1] == [ANY_ORDER]
    has_more = expected[-1:] == [MORE]
    wanted = expected[in_any_order : len(expected) - has_more]
    if len(actual) < len(wanted) or (len(actual) > len(wanted) and not has_more):
        raise MismatchError(where, f"{len(wanted)} items{' or more' * has_more}", actual)
    if not in_any_order:
        for number, (item, other) in enumerate(zip(wanted, actual, strict=False)):
            match(item, other, names, f"{where}[{number}]")
        return
    left = list(actual)
    for number, item in enumerate(wanted):
        found = next((at for at, other in enumerate(left) if _matches(item, other, names)), None)
        if found is None:
            raise MismatchError(f"{where}[{number} of any order]", item, left)
        del left[found]


def _matches(expected: Any, actual: Any, names: Names) -> bool:
    """Whether they match; what was captured is kept only if they do."""
    attempt = dict(names)
    try:
        match(expected, actual, attempt)
    except MismatchError:
        return False
    names.update(attempt)
    return True


def match_header(name: str, expected: str, actual: str | None, names: Names) -> None:
    """Check one header: ``<absent>``, a word of this module, the relations of ``Link``, or equality."""
    where = f"header {name}"
    if expected == "<absent>":
        if actual is not None:
            raise MismatchError(where, "no such header", actual)
    elif actual is None and not (name.lower() == "link" and all(it.endswith("?") for it in expected.split(", "))):
        raise MismatchError(where, expected, "no such header")
    elif name.lower() == "link":
        _match_links(where, expected, actual or "", names)
    elif expected.startswith("<integer"):
        if not re.fullmatch(r"[0-9]+", str(actual)):
            raise MismatchError(where, expected, actual)
        match(expected, int(str(actual)), names, where)
    else:
        match(expected, actual, names, where)


def _match_links(where: str, expected: str, actual: str, names: Names) -> None:
    """Check the relations of a ``Link`` header, such as ``first?, prev, next``, and remember their addresses.

    The form is the narrowest that public clients read: one relation a link, no comma or semicolon in an address.
    """
    found: dict[str, str] = {}
    for part in actual.split(", ") if actual else []:
        link = _LINK.fullmatch(part)
        if not link or link[2] in found:
            raise MismatchError(where, 'links such as <address>; rel="next", each relation once', actual)
        found[link[2]] = link[1]
    wanted = expected.split(", ")
    required = {it for it in wanted if not it.endswith("?")}
    if not required <= set(found) <= {it.removesuffix("?") for it in wanted}:
        raise MismatchError(where, expected, actual)
    names.update(found)
