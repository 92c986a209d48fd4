"""The client over our own API: whatever is asked, in pages of whatever size, is what the records themselves say.

The reference is a plain reading of the platform's documentation over a list; it shares no code with server or client.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.api import Ways, create_app
from generator.api_requests import Endpoint
from generator.client import Client
from generator.credentials import Secret, Token
from generator.filters import Condition, Predefined, SortKey
from generator.paging import ApiRecord
from stores import offering, without, write_store

TOKEN = Secret("walking")
Fields = dict[str, Any]


class InProcess(httpx.BaseTransport):
    """Answers from an ASGI application in this process; `before` is called before each request."""

    def __init__(self, app: Any, before: Callable[[], None] = lambda: None) -> None:
        self._transport, self._before = httpx.ASGITransport(app), before
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._before()
        request.read()
        answer, content = self._runner.run(self._answer(request))
        return httpx.Response(answer.status_code, headers=answer.headers.raw, stream=_Whole(content))

    async def _answer(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        answer = await self._transport.handle_async_request(request)
        return answer, b"".join([part async for part in answer.aiter_raw()])

    def close(self) -> None:
        self._runner.close()


class _Whole(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content


@contextmanager
def api_over(records: Sequence[Fields], before: Callable[[Path], None] = lambda folder: None) -> Iterator[Client]:
    """Serve the records from a content folder, and give a client of the API; `before` may touch the folder."""
    with tempfile.TemporaryDirectory() as parent:
        folder = write_store(Path(parent) / "content", {f"offering-{it['id']}": it for it in records})
        transport = InProcess(create_app(folder, Ways(TOKEN)), lambda: before(folder))
        with httpx.Client(transport=transport) as http:
            yield Client(http, Endpoint("http://127.0.0.1:8001/v1", credentials=Token(TOKEN)), pace=())


# ------------------------------------------------------------------------------------------------- records

_WORDS = st.sampled_from(
    ["a", "A", "ä", "b", "B", "straße", "STRASSE", "z", "!x", "\\!x", "a,b", "a&b=c", "<1", "%2C+ "]
)
_MOMENTS = st.sampled_from(
    ["2021-04-13T04:19:49-05:00", "2021-04-13T09:19:49+00:00", "2021-04-13T09:19:50Z", "2020-02-29T23:59:59+14:00"]
)


def record(number: int, name: str, **fields: object) -> Fields:
    """Return a record whose reference nobody else has."""
    given = {name: value for name, value in fields.items() if value is not None}
    return offering(id=number, reference=f"wdc_{number}", name=name, **given)


RECORDS = st.lists(
    st.builds(
        record,
        st.integers(1, 40),
        _WORDS,
        source=st.none() | _WORDS,
        sourceID=st.none() | _WORDS,
        created_at=st.none() | _MOMENTS,
        updated_at=st.none() | _MOMENTS,
        disabled=st.none() | st.booleans(),
        draft=st.none() | st.booleans(),
    ),
    min_size=6,
    max_size=16,
    unique_by=lambda it: it["id"],
)
FIELDS = st.lists(
    st.sampled_from(["id", "name", "reference", "created_at", "updated_at", "sourceID", "description", "disabled"]),
    unique=True,
)
SORT = st.lists(
    st.builds(SortKey, st.sampled_from(["id", "sourceID", "name", "created_at", "updated_at"]), st.booleans()),
    max_size=3,
    unique_by=lambda key: key.field,
)
_BOUNDS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_NUMBERS = st.integers(1, 40)
FILTERS = st.lists(
    st.one_of(
        st.builds(Condition, st.just("id"), _BOUNDS, st.tuples(_NUMBERS)),
        st.builds(
            Condition, st.just("id"), st.sampled_from(["in", "not in"]), st.lists(_NUMBERS, min_size=2).map(tuple)
        ),
        st.builds(
            Condition, st.sampled_from(["name", "source", "sourceID"]), st.sampled_from(["=", "!="]), st.tuples(_WORDS)
        ),
        st.builds(Condition, st.just("reference"), st.just("="), st.tuples(_NUMBERS.map(lambda it: f"wdc_{it}"))),
        st.builds(
            Condition,
            st.sampled_from(["created_at", "updated_at"]),
            _BOUNDS,
            st.tuples(_MOMENTS.map(datetime.fromisoformat)),
        ),
        st.builds(
            Condition,
            st.sampled_from(["source", "sourceID", "created_at", "updated_at"]),
            st.sampled_from(["empty", "present"]),
        ),
        st.builds(Condition, st.just("disabled"), st.sampled_from(["=", "!="]), st.tuples(st.booleans())),
    ),
    max_size=2,
)
VIEWS: st.SearchStrategy[Predefined | None] = st.sampled_from(
    [None, None, None, "latest_published", "latest_published", "latest_internal", "consumed"]
)


@dataclass(frozen=True)
class Query:
    """What is asked of a list."""

    fields: list[str]
    filters: list[Condition]
    sort: list[SortKey]
    view: Predefined | None
    per_page: int | None


QUERIES = st.lists(
    st.builds(Query, FIELDS, st.just([]) | FILTERS, SORT, VIEWS, st.integers(1, 5) | st.none()), min_size=4, max_size=8
)

# ------------------------------------------------------------------------------------------------- the reference


def value(it: Fields, field: str) -> Any:
    """Return what a field holds, as it is compared."""
    if field == "disabled":
        return it.get("disabled", False)
    found = it.get(field) or (it.get("created_at") if field == "updated_at" else None)
    return datetime.fromisoformat(found) if found and field.endswith("_at") else found


def meets(it: Fields, condition: Condition) -> bool:
    found, values = value(it, condition.field), condition.values
    match condition.operator:
        case "empty":
            return not found
        case "present":
            return bool(found)
        case "=" | "in":
            return found in values
        case "!=" | "not in":
            return found not in values
        case "<":
            return found is not None and found < values[0]
        case "<=":
            return found is not None and found <= values[0]
        case ">":
            return found is not None and found > values[0]
        case _:
            return found is not None and found >= values[0]


def in_order(records: Sequence[Fields], sort: Sequence[SortKey]) -> list[Fields]:
    """Sort stably by the last key first: nulls at the end in both directions, and the id decides what is left."""
    ordered = sorted(records, key=lambda it: it["id"])
    for key in reversed(sort or [SortKey("name")]):
        there = [it for it in ordered if value(it, key.field) is not None]
        folded = sorted({_folded(value(it, key.field)) for it in there}, reverse=key.descending)
        there.sort(key=lambda it: folded.index(_folded(value(it, key.field))))
        ordered = there + [it for it in ordered if value(it, key.field) is None]
    return ordered


def _folded(found: Any) -> Any:
    return found.casefold() if isinstance(found, str) else found


def is_in(it: Fields, view: Predefined | None) -> bool:
    is_draft = it.get("draft", False)
    return {None: True, "latest_published": not is_draft, "latest_internal": is_draft}.get(view, False)


# ------------------------------------------------------------------------------------------------- properties


def walks_and_compares(records: list[Fields], queries: list[Query]) -> None:
    """All that fit, once each, in order, with the fields that were asked for."""
    with api_over(records) as client:
        for ask in queries:
            fitting = [it for it in records if is_in(it, ask.view) and all(meets(it, one) for one in ask.filters)]
            expected = in_order(fitting, ask.sort)
            found = list(client.list(ask.fields, ask.filters, ask.sort, view=ask.view, per_page=ask.per_page))
            assert [it.id for it in found] == [it["id"] for it in expected], ask
            for answered, original in zip(found, expected, strict=True):
                compare(answered, original, ask.fields)


@settings(max_examples=25)
@given(RECORDS, QUERIES)
def test_a_walk_gives_what_the_records_say(records: list[Fields], queries: list[Query]) -> None:
    walks_and_compares(records, queries)


@pytest.mark.long
@settings(max_examples=400)
@given(RECORDS, QUERIES)
def test_many_walks_give_what_the_records_say(records: list[Fields], queries: list[Query]) -> None:
    walks_and_compares(records, queries)


def compare(answered: ApiRecord, original: Fields, fields: Sequence[str]) -> None:
    """Refuse an answer that holds other fields than were asked for, or other values."""
    if fields:
        assert answered.fields.keys() == {"id", *fields} | ({"disabled"} if value(original, "disabled") else set())
    for name in answered.fields.keys() & {"name", "reference", "sourceID", "created_at", "updated_at", "disabled"}:
        shown = answered.fields[name]
        is_time = name.endswith("_at") and shown is not None
        assert (datetime.fromisoformat(shown) if is_time else shown) == value(original, name), name


_CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(41, 60), _WORDS),
        st.tuples(st.just("delete"), st.integers(1, 40), st.just("")),
        st.tuples(st.just("rename"), st.integers(1, 40), _WORDS),
    ),
    max_size=3,
)


@settings(max_examples=30)
@example([record(1, "a"), record(2, "a"), record(3, "a")], [[], [("rename", 1, "ä")]], [], 1)
@given(
    st.lists(st.builds(record, st.integers(1, 40), _WORDS), min_size=3, max_size=12, unique_by=lambda it: it["id"]),
    st.lists(_CHANGES, max_size=8),
    st.sampled_from([[], [SortKey("name", descending=True)], [SortKey("id")]]),
    st.integers(1, 3),
)
def test_a_walk_while_records_come_and_go(
    records: list[Fields], changes: list[list[tuple[str, int, str]]], sort: list[SortKey], per_page: int
) -> None:
    """Nothing that was there throughout is missed or repeated, and nothing at all comes twice."""
    left, touched = list(changes), set()

    def change(folder: Path) -> None:
        for kind, number, name in left.pop(0) if left else ():
            place = folder / "offerings" / f"offering-{number}"
            if kind == "insert" and not place.exists():
                write_store(folder, {place.name: record(number, name)})
                touched.add(number)
            elif place.exists() and kind in {"delete", "rename"}:
                shutil.rmtree(place)
                if kind == "rename":
                    write_store(folder, {place.name: record(number, name)})
                touched.add(number)

    with api_over(records, change) as client:
        walked = client.list(fields=("name",), sort=sort, per_page=per_page)
        found = [it.id for it in walked]
    steady = [it for it in records if it["id"] not in touched]
    assert len(set(found)) == len(found)
    assert [number for number in found if number not in touched] == [it["id"] for it in in_order(steady, sort)]
    assert set(found) <= {it["id"] for it in records} | touched


def test_writes_and_files_by_the_client() -> None:
    """What the client creates, uploads and changes is what it reads."""
    with api_over([record(1, "One")]) as client:
        made = client.create(
            {"name": "Two", "reference": "wdc_two", "service_instance_id": 83, "policy_jwt_alg": "rs512"}
            | {"webhook_uri_template": "https://hooks.example.com/"}
        )
        storage = client.attachment_storage()
        key = client.upload(storage, "notes.txt", b"words")
        text = {"description": f"[notes]({key})", "description_attachments": [{"key": key, "inline": False}]}
        changed = client.update(made.id, text, etag=made.etag)
        read = client.get(made.id)
        assert read.etag == changed.etag
        assert without(read.fields, "attachments") == without(changed.fields, "attachments")
        (attachment,) = read.fields["attachments"]
        assert (attachment["name"], attachment["size"]) == ("notes.txt", 5)
        assert [it.id for it in client.list(view="latest_internal")] == [made.id]
        assert sorted(it.id for it in client.list()) == sorted([1, made.id])
