"""Records picked and put in order as a `Selection` asks: what the API's filters and sorting mean, in one place."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, cast

from generator.filters import Condition, SortKey

Filterable = Mapping[str, object]
"""The values of a record by their API names, times as `datetime` with an offset."""
OrderKey = tuple[object, ...]
"""What a record is ordered by; keys of one order compare with each other alone."""


def predicate(conditions: Iterable[Condition]) -> Callable[[Filterable], bool]:
    """Return what tells whether a record meets all the conditions."""
    tests = [_test(condition) for condition in conditions]
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _test(condition: Condition) -> Callable[[Filterable], bool]:
    field, wanted = condition.field, frozenset(condition.values)
    match condition.operator:
        case "empty":
            return lambda record: record.get(field) in (None, "")
        case "present":
            return lambda record: record.get(field) not in (None, "")
        case "=" | "in":
            return lambda record: record.get(field) in wanted
        case "!=" | "not in":
            return lambda record: record.get(field) not in wanted
    compare = _COMPARISONS[condition.operator]
    (bound,) = condition.values
    return lambda record: (value := record.get(field)) is not None and compare(value, bound)


_COMPARISONS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "<": lambda value, bound: value < bound,  # type: ignore[operator]  # both are of the field's type
    "<=": lambda value, bound: value <= bound,  # type: ignore[operator]
    ">": lambda value, bound: value > bound,  # type: ignore[operator]
    ">=": lambda value, bound: value >= bound,  # type: ignore[operator]
}


def order_key(order: tuple[SortKey, ...]) -> Callable[[Filterable], OrderKey]:
    """Return what a record is ordered by: its values under `order`, then its id.

    Text is casefolded, times are instants, nulls are last in both directions (our decision). No two records have the
    same key, so that a place in the order can be named by the values and the id of the record that stood there.
    """

    def key(record: Filterable) -> OrderKey:
        parts = (part for it in order for part in _order_part(record.get(it.field), descending=it.descending))
        return (*parts, record["id"])

    return key


def _order_part(value: object, *, descending: bool) -> tuple[object, object]:
    """Return what one value is ordered by: nulls after all others, whatever the direction."""
    match value:
        case None:
            return 1, 0
        case str():
            text = value.casefold()
            return 0, (*(-ord(letter) for letter in text), 1) if descending else text
        case datetime():
            instant = (value.astimezone(UTC) - _EPOCH) // _MICROSECOND
            return 0, -instant if descending else instant
        case _:
            return 0, -cast(int, value) if descending else value


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = datetime.resolution
