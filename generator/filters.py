"""What is asked of a list of the API: ``?fields=``, ``?sort=``, filter expressions and predefined filters.

    query string ──▶ Selection ──▶ predicate, order      `api` answers (`generator.matching`)
                         └───────▶ query string          `client` asks

Expressions are parsed once, from the raw query string: operators stand in values (``name=!foo``), and in one older
spelling in the key (``name!=foo``). What is written here is read here as the same. The rules are those of the
specification's sections "Filtering" and "Sorting", and the platform's documentation of filters; what neither says is
our own decision, and marked so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast
from urllib.parse import quote, unquote_plus

from pydantic import TypeAdapter, ValidationError

from generator.errors import AppshelfError
from generator.fields import Timestamp
from generator.models import Offering, nature

Value = int | str | bool | datetime
Operator = Literal["=", "!=", "in", "not in", "empty", "present", "<", "<=", ">", ">="]
Predefined = Literal["latest_internal", "latest_published", "all_latest_published", "consumed"]
PREDEFINED: Final[tuple[Predefined, ...]] = ("latest_internal", "latest_published", "all_latest_published", "consumed")
"""Path segments below ``/app_offerings``: drafts, published, those of trusted accounts too, installed here."""

DEFAULT_FIELDS: Final = (
    "created_at", "id", "name", "nodeID", "policy_jwt_alg", "policy_jwt_audience", "policy_jwt_claim_expires_in",
    "reference", "service_instance", "sourceID", "updated_at", "webhook_uri_template",
)  # fmt: skip
"""What a list gives when nothing is asked for (specification, section "Collection Fields")."""
FILTERS: Final[Mapping[str, type]] = {
    "id": int,
    "source": str,
    "sourceID": str,
    "reference": str,
    "name": str,
    "created_at": datetime,
    "updated_at": datetime,
    "disabled": bool,
}
"""Fields that may be filtered on, and their types (specification, section "Filtering")."""
SORTABLE: Final = ("id", "sourceID", "name", "created_at", "updated_at")
"""Fields that may be sorted by (specification, section "Sorting")."""
LATER_FIELDS: Final = ("openid_connect_discovery",)
"""Fields that the platform has added since; clients ask for them, and they are null here."""

_FIELDS: Final = tuple(info.alias or name for name, info in Offering.model_fields.items())
READABLE: Final = (*(name for name in _FIELDS if nature(name).access != "write-only"), *LATER_FIELDS)
"""What ``?fields=`` may name: all of a record, and no write-only field."""

_TRUE: Final = frozenset({"1", "t", "y", "true", "yes", "on"})
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_COMPARED: Final = re.compile(r"([<>]=?)([^<>]*)(?:([<>]=?)([^<>]*))?")
_ESCAPED: Final = re.compile(r"\\*!")
_LOST_PLUS: Final = re.compile(r"(?<=[0-9]) (?=[0-9]{2}:?[0-9]{2}$)")
_TIMESTAMP: Final = TypeAdapter[datetime](Timestamp)


class SelectionError(AppshelfError):
    """A query that asks for what there is not, or in a way that cannot be read; the message is the API's."""


@dataclass(frozen=True)
class Condition:
    """One filter: the value of `field` compared with `values`, of which ``in`` and ``not in`` take any number.

    ``empty`` and ``present`` take none. Blank text is empty; a null equals nothing and is neither less nor more, so
    ``!=`` and ``not in`` hold for it (our decision).
    """

    field: str
    operator: Operator
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class SortKey:
    """A field to sort by; nulls come last in both directions."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Selection:
    """What is asked of a list. No `fields` and no `sort` mean the defaults."""

    fields: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...] = ()
    predefined: Predefined | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """The fields that a record of the list has: those asked for and always ``id``, or the defaults."""
        return tuple(dict.fromkeys(("id", *self.fields))) if self.fields else DEFAULT_FIELDS

    @property
    def order(self) -> tuple[SortKey, ...]:
        """What the list is sorted by: what was asked for, or the name (specification, section "Sorting")."""
        return self.sort or (SortKey("name"),)


# --- Read


def parameters(query: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a raw query string, in its order, decoded as forms are.

    A name ends at the first ``=``. Bytes that are no UTF-8 become U+FFFD.
    """
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            yield unquote_plus(name), unquote_plus(value)


def parse_selection(query: str, predefined: Predefined | None = None) -> Selection:
    """Read a raw query string; raises `SelectionError` with the API's message.

    A parameter that is no field is not ours to read, and ignored (our decision). Conditions are joined by AND, also
    several on one field.
    """
    given = list(parameters(query))
    asked = [name.removesuffix("!") for name, _ in given]
    if refused := [name for name in asked if name in _KNOWN and name not in FILTERS]:
        raise SelectionError(f"Filtering not allowed on fields: {_listed(refused)}")
    fields = _names(given, "fields")
    if strange := [name for name in fields if name not in READABLE]:
        raise SelectionError(f"Unknown fields: {_listed(strange)}")
    sort = tuple(SortKey(name.removeprefix("-"), name.startswith("-")) for name in _names(given, "sort"))
    if strange := [key.field for key in sort if key.field not in SORTABLE]:
        raise SelectionError(f"Sorting not allowed on fields: {_listed(strange)}")
    first = {key.field: key for key in reversed(sort)}  # a field's second mention changes nothing
    conditions = (found for name, value in given for found in _conditions(name, value))
    return Selection(
        tuple(dict.fromkeys(fields)),
        tuple(conditions),
        tuple(key for key in sort if first[key.field] is key),
        predefined,
    )


_KNOWN: Final = frozenset({*_FIELDS, *LATER_FIELDS})


def _names(given: Iterable[tuple[str, str]], parameter: str) -> list[str]:
    lists = (value.split(",") for name, value in given if name == parameter)
    return [name.strip() for names in lists for name in names if name.strip()]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name[:64] for name in list(dict.fromkeys(names))[:20])


def _conditions(name: str, text: str) -> Iterator[Condition]:
    """Read the expression of one parameter; a range is two conditions."""
    field, negated = name.removesuffix("!"), name.endswith("!")
    if field == "ids":
        yield _listing("id", text.removeprefix("!"), negated=negated or text.startswith("!"))
    if field not in FILTERS:
        return
    if not negated and text.startswith("!"):
        negated, text = True, text[1:]
    kind = FILTERS[field]
    if text == "":
        yield Condition(field, "present" if negated else "empty")
    elif kind is int and "," in text:
        yield _listing(field, text, negated=negated)
    elif kind in {int, datetime} and not negated and text[0] in "<>":
        yield from _bounds(field, text)
    else:
        yield Condition(field, "!=" if negated else "=", (_value(field, text),))


def _listing(field: str, text: str, *, negated: bool) -> Condition:
    return Condition(field, "not in" if negated else "in", tuple(_value(field, part) for part in text.split(",")))


def _bounds(field: str, text: str) -> Iterator[Condition]:
    match = _COMPARED.fullmatch(text)
    if not match or (match[3] and not (match[1][0] == ">" and match[3][0] == "<")):
        raise SelectionError(f"{field}: {_quoted(text)} is no comparison such as >1, <=9 or >1<=9")
    yield Condition(field, cast(Operator, match[1]), (_value(field, match[2]),))
    if match[3]:
        yield Condition(field, cast(Operator, match[3]), (_value(field, match[4]),))


def _value(field: str, text: str) -> Value:
    kind = FILTERS[field]
    if kind is bool:
        return text.strip().lower() in _TRUE
    if kind is int:
        if not _INTEGER.fullmatch(text.strip()):
            raise SelectionError(f"{field}: {_quoted(text)} is no whole number")
        return int(text)
    if kind is datetime:
        return _time(field, text)
    return text[1:] if _ESCAPED.match(text) and text[0] == "\\" else text


def _time(field: str, text: str) -> datetime:
    """Read a time; the plus of an offset that was not encoded arrives as a space."""
    try:
        return _TIMESTAMP.validate_python(_LOST_PLUS.sub("+", text.strip()))
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        told = reason if reason.startswith(("'", '"')) else f"{_quoted(text)} {reason}"
        raise SelectionError(f"{field}: {told}") from None


def _quoted(text: str) -> str:
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


# --- Write


def written(selection: Selection) -> str:
    """Write a selection as a query string, without ``?``; its predefined filter is a segment of the path.

    `parse_selection` reads it as an equal one, if its values are those that can be asked for: text that is not
    blank in ``=`` and ``!=``, and whole numbers alone in ``in`` and ``not in``.
    """
    parts = [f"fields={quote(','.join(selection.fields), safe=',')}"] if selection.fields else []
    parts += [f"{name}={quote(text, safe='!:')}" for name, text in _expressions(selection.conditions)]
    if selection.sort:
        names = (f"{'-' if key.descending else ''}{key.field}" for key in selection.sort)
        parts.append(f"sort={quote(','.join(names), safe=',')}")
    return "&".join(parts)


def _expressions(conditions: tuple[Condition, ...]) -> Iterator[tuple[str, str]]:
    """Yield a name and an expression for each condition; a lower and an upper bound that follow each other are one."""
    above: Condition | None = None
    for condition in conditions:
        if above and condition.field == above.field and condition.operator in {"<", "<="}:
            yield above.field, _spelled(above) + _spelled(condition)
            above = None
            continue
        if above:
            yield above.field, _spelled(above)
        above = condition if condition.operator in {">", ">="} else None
        if condition.operator in {"in", "not in"}:
            yield "ids", _spelled(condition)
        elif not above:
            yield condition.field, _spelled(condition)
    if above:
        yield above.field, _spelled(above)


def _spelled(condition: Condition) -> str:
    values = ",".join(_spelled_value(value) for value in condition.values)
    match condition.operator:
        case "=" | "in" | "empty":
            return values
        case "!=" | "not in" | "present":
            return f"!{values}"
        case _:
            return condition.operator + values


def _spelled_value(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case str():
            return f"\\{value}" if _ESCAPED.match(value) else value
        case _:
            return str(value)
