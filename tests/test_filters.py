"""Filter expressions, fields and sorting: read from raw query strings, written back, and what they mean."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cmp_to_key
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.filters import (
    DEFAULT_FIELDS,
    FILTERS,
    PREDEFINED,
    READABLE,
    SORTABLE,
    Condition,
    Selection,
    SelectionError,
    SortKey,
    parse_selection,
    written,
)
from generator.matching import chosen, order_key

PLUS_TWO = timezone(timedelta(hours=2))
JANUARY = datetime(2016, 1, 15, 23, tzinfo=UTC)
LATER = datetime(2016, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "conditions"),
    [
        ("name=foo", [Condition("name", "=", ("foo",))]),
        ("name=!foo", [Condition("name", "!=", ("foo",))]),
        ("name!=foo", [Condition("name", "!=", ("foo",))]),
        ("name%21=foo", [Condition("name", "!=", ("foo",))]),
        ("name=%21foo", [Condition("name", "!=", ("foo",))]),
        (r"name=\!foo", [Condition("name", "=", ("!foo",))]),
        (r"name=!\!foo", [Condition("name", "!=", ("!foo",))]),
        (r"name=\\!foo", [Condition("name", "=", (r"\!foo",))]),
        (r"name=\foo", [Condition("name", "=", (r"\foo",))]),
        ("name=a=b", [Condition("name", "=", ("a=b",))]),
        ("name=a,b", [Condition("name", "=", ("a,b",))]),
        ("name=<b", [Condition("name", "=", ("<b",))]),
        ("name=Acme+%2B+Co", [Condition("name", "=", ("Acme + Co",))]),
        ("name=%E6%97%A5", [Condition("name", "=", ("日",))]),
        ("sourceID=", [Condition("sourceID", "empty")]),
        ("sourceID", [Condition("sourceID", "empty")]),
        ("sourceID=!", [Condition("sourceID", "present")]),
        ("sourceID!=", [Condition("sourceID", "present")]),
        ("id=7", [Condition("id", "=", (7,))]),
        ("id=1,2,3", [Condition("id", "in", (1, 2, 3))]),
        ("ids=1,2,3", [Condition("id", "in", (1, 2, 3))]),
        ("ids=1", [Condition("id", "in", (1,))]),
        ("id=!1,2", [Condition("id", "not in", (1, 2))]),
        ("ids=!1,2", [Condition("id", "not in", (1, 2))]),
        ("id=<5", [Condition("id", "<", (5,))]),
        ("id=<=5", [Condition("id", "<=", (5,))]),
        ("id=>5", [Condition("id", ">", (5,))]),
        ("id=%3E%3D5", [Condition("id", ">=", (5,))]),
        ("id=>1<9", [Condition("id", ">", (1,)), Condition("id", "<", (9,))]),
        ("id=>=1<=9", [Condition("id", ">=", (1,)), Condition("id", "<=", (9,))]),
        ("updated_at=<2016-01-15T23:00:00Z", [Condition("updated_at", "<", (JANUARY,))]),
        ("updated_at=2016-01-16T01:00:00%2B02:00", [Condition("updated_at", "=", (JANUARY,))]),
        ("updated_at=2016-01-16T01:00:00+02:00", [Condition("updated_at", "=", (JANUARY,))]),
        ("updated_at=2016-01-16 01:00:00 0200", [Condition("updated_at", "=", (JANUARY,))]),
        (
            "created_at=>=2016-01-15T23:00:00Z<2016-02-01T00:00:00Z",
            [Condition("created_at", ">=", (JANUARY,)), Condition("created_at", "<", (LATER,))],
        ),
        *((f"disabled={yes}", [Condition("disabled", "=", (True,))]) for yes in ("1", "t", "Y", "TRUE", "yes", "On")),
        *((f"disabled={no}", [Condition("disabled", "=", (False,))]) for no in ("0", "false", "no", "maybe", "<1")),
        ("disabled=!true", [Condition("disabled", "!=", (True,))]),
        ("disabled=", [Condition("disabled", "empty")]),
        ("name=a&&name=!b&", [Condition("name", "=", ("a",)), Condition("name", "!=", ("b",))]),
        ("colour=blue&per_page=3&Name=x", []),
        ("", []),
    ],
)
def test_an_expression_is_read(query: str, conditions: list[Condition]) -> None:
    assert parse_selection(query).conditions == tuple(conditions)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sort=reference", "Sorting not allowed on fields: reference"),
        ("sort=-id,-disabled,colour,disabled", "Sorting not allowed on fields: disabled, colour"),
        ("fields=id,colour", "Unknown fields: colour"),
        ("fields=description_attachments", "Unknown fields: description_attachments"),
        ("description=x", "Filtering not allowed on fields: description"),
        ("service_instance=1&nodeID!=x", "Filtering not allowed on fields: service_instance, nodeID"),
        ("id=one", 'id: "one" is no whole number'),
        ("id=1,", 'id: "" is no whole number'),
        ("ids=", 'id: "" is no whole number'),
        ("id=1.0", 'id: "1.0" is no whole number'),
        ("id=%D9%A1", 'id: "١" is no whole number'),
        ("id=" + "9" * 5000, f'id: "{"9" * 40}…" is no whole number'),
        ("id=>", 'id: "" is no whole number'),
        ("id=<1>9", 'id: "<1>9" is no comparison such as >1, <=9 or >1<=9'),
        ("id=>1>9", 'id: ">1>9" is no comparison such as >1, <=9 or >1<=9'),
        ("id=>1<2<3", 'id: ">1<2<3" is no comparison such as >1, <=9 or >1<=9'),
        ("updated_at=today", "updated_at: 'today' is no date and time such as 2026-04-13T04:19:49-05:00"),
        (
            "updated_at=>2016-01-15T23:00:00",
            'updated_at: "2016-01-15T23:00:00" has no time zone: add an offset such as +02:00, or Z',
        ),
    ],
)
def test_a_query_that_cannot_be_answered_is_told(query: str, message: str) -> None:
    with pytest.raises(SelectionError, match=f"^{re.escape(message)}$"):
        parse_selection(query)


def test_fields_and_sorting() -> None:
    asked = parse_selection("fields=name,+disabled,name&sort=-updated_at,id,updated_at", "latest_published")
    assert asked.shown == ("id", "name", "disabled")
    assert asked.order == (SortKey("updated_at", descending=True), SortKey("id"))
    assert asked.predefined == "latest_published"
    default = parse_selection("fields=&sort=")
    assert (default.shown, default.order) == (DEFAULT_FIELDS, (SortKey("name"),))
    assert set(DEFAULT_FIELDS) < set(READABLE)
    assert parse_selection("fields=" + ",".join(READABLE)).fields == READABLE


# --- Written and read again

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
texts = st.one_of(words, st.sampled_from(["!", r"\!", r"\\!x", "!a,b", "\\", "<1>", "a+b c", "%21", "&=;#", " ", "!!"]))
numbers = st.integers(-(10**18), 10**18)
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.one_of(st.just(UTC), zones))  # noqa: DTZ001
VALUES: Mapping[type, st.SearchStrategy[Any]] = {int: numbers, str: texts, datetime: times, bool: st.booleans()}


def conditions_on(field: str) -> st.SearchStrategy[Condition]:
    value = VALUES[FILTERS[field]]
    kinds = [
        st.builds(Condition, st.just(field), st.sampled_from(("=", "!=")), st.tuples(value)),
        st.builds(Condition, st.just(field), st.sampled_from(("empty", "present"))),
    ]
    if FILTERS[field] in {int, datetime}:
        kinds.append(st.builds(Condition, st.just(field), st.sampled_from(("<", "<=", ">", ">=")), st.tuples(value)))
    if FILTERS[field] is int:
        many = st.lists(value, min_size=1, max_size=4).map(tuple)
        kinds.append(st.builds(Condition, st.just(field), st.sampled_from(("in", "not in")), many))
    return st.one_of(kinds)


conditions = st.lists(st.sampled_from(list(FILTERS)).flatmap(conditions_on), max_size=5).map(tuple)
keys = st.builds(SortKey, st.sampled_from(SORTABLE), st.booleans())
sorts = st.lists(keys, max_size=3, unique_by=lambda key: key.field).map(tuple)
selections = st.builds(
    Selection,
    st.lists(st.sampled_from(READABLE), unique=True).map(tuple),
    conditions,
    sorts,
    st.one_of(st.none(), st.sampled_from(PREDEFINED)),
)


@given(selections)
@example(Selection(conditions=(Condition("id", ">", (1,)), Condition("id", ">=", (2,)), Condition("id", "<", (3,)))))
@example(Selection(conditions=(Condition("id", ">", (1,)), Condition("name", "empty"), Condition("id", "<", (3,)))))
def test_what_is_written_is_read_as_the_same(selection: Selection) -> None:
    query = written(selection)
    assert parse_selection(query, selection.predefined) == selection
    assert query.isascii()
    assert not set(query) & set(" <>#\"'")


@given(texts, st.sampled_from(["name", "sourceID", "reference", "source"]))
def test_text_is_found_however_a_client_encodes_it(text: str, field: str) -> None:
    expression = written(Selection(conditions=(Condition(field, "=", (text,)),))).partition("=")[2]
    decoded = parse_selection(f"{field}={expression}").conditions[0].values[0]
    assert decoded == text
    escaped = "\\" + text if text.lstrip("\\").startswith("!") else text
    for encode in (quote, quote_plus):
        assert parse_selection(f"{field}={encode(escaped)}").conditions == (Condition(field, "=", (text,)),)


@given(st.text(max_size=60))
def test_any_query_is_read_or_refused(query: str) -> None:
    try:
        found = parse_selection(query)
    except SelectionError as error:
        assert len(str(error)) < 2000
    else:
        assert chosen([{"id": 1}], found.conditions) in ([], [{"id": 1}])


# --- What they mean


def record(number: int, name: str | None = None, **values: object) -> dict[str, object]:
    return {"id": number, "name": name, "disabled": False, **values}


DUSK = record(1, "dusk", sourceID="a,b", updated_at=JANUARY)
DAWN = record(2, "Dawn", sourceID=None, updated_at=LATER, disabled=True)
NOON = record(3, "noon", sourceID="", updated_at=None)
DAY = (DUSK, DAWN, NOON)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3]),
        ("name=dusk", [1]),
        ("name=Dusk", []),
        ("name=!dusk", [2, 3]),
        ("sourceID=a,b", [1]),
        ("sourceID=", [2, 3]),
        ("sourceID=!", [1]),
        ("sourceID=!a,b", [2, 3]),
        ("id=1,3", [1, 3]),
        ("ids=!1,3", [2]),
        ("id=>1<3", [2]),
        ("id=>=1<=3", [1, 2, 3]),
        ("updated_at=2016-01-16T01:00:00+02:00", [1]),
        ("updated_at=!2016-01-15T23:00:00Z", [2, 3]),
        ("updated_at=<=2016-02-01T00:00:00Z", [1, 2]),
        ("updated_at=>2016-01-15T18:00:00-05:00", [2]),
        ("updated_at=", [3]),
        ("disabled=yes", [2]),
        ("disabled=whatever", [1, 3]),
        ("disabled=", []),
        ("name=dusk&id=1", [1]),
        ("name=dusk&id=2", []),
    ],
)
def test_what_a_filter_finds(query: str, found: list[int]) -> None:
    assert [it["id"] for it in chosen(DAY, parse_selection(query).conditions)] == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", [2, 1, 3]),
        ("name", [2, 1, 3]),
        ("-name", [3, 1, 2]),
        ("updated_at", [1, 2, 3]),
        ("-updated_at", [2, 1, 3]),
        ("-id", [3, 2, 1]),
    ],
)
def test_what_a_sort_puts_first(sort: str, order: list[int]) -> None:
    key = order_key(parse_selection(f"sort={sort}").order)
    assert [it["id"] for it in sorted(DAY, key=key)] == order


sortable = st.fixed_dictionaries(
    {
        "id": st.integers(1, 30),
        "name": st.one_of(st.none(), st.text("aAbß\u0130", max_size=3)),
        "sourceID": st.one_of(st.none(), st.text("xX", max_size=2)),
        "created_at": st.one_of(st.none(), times),
        "updated_at": st.one_of(st.none(), times),
    }
)


@given(st.lists(sortable, max_size=12, unique_by=lambda it: it["id"]), sorts)
def test_an_order_is_that_of_its_words(records: list[dict[str, Any]], sort: tuple[SortKey, ...]) -> None:
    """Field after field, each in its direction, nulls last in both; then by id."""

    def compare(one: dict[str, Any], other: dict[str, Any]) -> int:
        for it in sort:
            a, b = one[it.field], other[it.field]
            a, b = (value.casefold() if isinstance(value, str) else value for value in (a, b))
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return (-1 if a < b else 1) * (-1 if it.descending else 1)
        return -1 if one["id"] < other["id"] else 1

    assert sorted(records, key=order_key(sort)) == sorted(records, key=cmp_to_key(compare))
