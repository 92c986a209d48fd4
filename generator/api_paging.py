"""A page of a list, and the way to the others.

A cursor holds a place in an order by the values and the id of the record that stands at its edge, so that records
that appear or vanish between two requests neither repeat nor hide others.
"""

import base64
import binascii
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote

from generator.api_answers import RefusedError, encoded
from generator.filters import SortKey, parameters
from generator.matching import Filterable, OrderKey, order_key

PER_PAGE: Final = 20
MOST_PER_PAGE: Final = 100

_PAGING: Final = ("per_page", "page", "search_after", "search_before")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_MOST_CURSOR: Final = 4096


@dataclass(frozen=True)
class Place:
    """Where a page begins or ends: after or before a key, or at a page's number, from 1."""

    per_page: int
    kind: Literal["page", "search_after", "search_before"] = "page"
    page: int = 1
    key: OrderKey = ()


@dataclass(frozen=True)
class Page:
    """The values of the records on a page: those from `start` to `end` of `total`."""

    rows: Sequence[Filterable]
    start: int
    total: int
    per_page: int

    @property
    def end(self) -> int:
        """Where the next page begins."""
        return self.start + len(self.rows)

    @property
    def number(self) -> int:
        """Which page it is, from 1; with cursors it may begin between two."""
        return -(-self.start // self.per_page) + 1

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.per_page))


def read_place(query: str, order: tuple[SortKey, ...]) -> Place:
    """Read where a page is from a raw query string; raises `RefusedError` for what cannot be a place (our decision)."""
    given = {name: value for name, value in parameters(query) if name in _PAGING}
    per_page = _number(given, "per_page", PER_PAGE, MOST_PER_PAGE)
    ways = [name for name in _PAGING[1:] if name in given]
    if len(ways) > 1:
        raise RefusedError(400, f"{ways[0]} and {ways[1]} cannot be given together")
    match ways:
        case ["search_after" | "search_before" as way]:
            return Place(per_page, way, key=_key(way, given[way], order))
        case _:
            return Place(per_page, page=_number(given, "page", 1, 10**9))


def _number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= most:
        raise RefusedError(400, f"{name}: expected a whole number from 1 to {most:,}")
    return int(text)


def page_at(rows: Sequence[Filterable], place: Place, order: tuple[SortKey, ...]) -> Page:
    """Cut a page out of all the rows of a list, which are in this order."""
    key = order_key(order)
    match place.kind:
        case "search_after":
            start = bisect_right(rows, place.key, key=key)
        case "search_before":
            end = bisect_left(rows, place.key, key=key)
            start = max(0, end - place.per_page)
            return Page(rows[start:end], start, len(rows), place.per_page)
        case "page":
            start = min((place.page - 1) * place.per_page, len(rows))
    return Page(rows[start : start + place.per_page], start, len(rows), place.per_page)


def headers(page: Page, address: str, query: str, order: tuple[SortKey, ...]) -> dict[str, str]:
    """Return the headers that tell of a page: where the others are, and how many."""
    links = [("first", "")]
    if page.start and page.rows:
        links.append(("prev", f"search_before={cursor(page.rows[0], order)}"))
    elif page.start:
        links.append(("prev", f"page={page.pages}"))
    if page.end < page.total and page.rows:
        links.append(("next", f"search_after={cursor(page.rows[-1], order)}"))
    kept = _kept(query)
    return {
        "Link": ", ".join(f'<{_address(address, kept, extra)}>; rel="{name}"' for name, extra in links),
        "X-Pagination-Per-Page": str(page.per_page),
        "X-Pagination-Current-Page": str(page.number),
        "X-Pagination-Total-Pages": str(page.pages),
        "X-Pagination-Total-Entries": str(page.total),
    }


def _kept(query: str) -> list[str]:
    """Return the parts of a query that all pages share; a raw comma would end an address for some clients."""
    parts = [part for part in query.split("&") if part and part.partition("=")[0] not in _PAGING[1:]]
    return [quote(part, safe="%=!:+*~()@/?") for part in parts]


def _address(address: str, kept: Sequence[str], extra: str) -> str:
    query = "&".join([*kept, *([extra] if extra else [])])
    return f"{address}?{query}" if query else address


# --- Cursors


def cursor(record: Filterable, order: tuple[SortKey, ...]) -> str:
    """Name the place of a record in an order, in words that only we read."""
    content = [_spelled(order), *(record[it.field] for it in order), record["id"]]
    return base64.urlsafe_b64encode(encoded(content)).rstrip(b"=").decode()


def _key(way: str, text: str, order: tuple[SortKey, ...]) -> OrderKey:
    try:
        if len(text) > _MOST_CURSOR:
            raise ValueError
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        spelled, *values, number = content
        if spelled != _spelled(order) or len(values) != len(order) or type(number) is not int:
            raise ValueError
        record = {it.field: _value(it.field, value) for it, value in zip(order, values, strict=True)}
        return order_key(order)({**record, "id": number})
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise RefusedError(400, f"{way}: is no cursor of this list in this order") from None


def _spelled(order: tuple[SortKey, ...]) -> str:
    return ",".join(f"{'-' if it.descending else ''}{it.field}" for it in order)


def _value(field: str, value: object) -> object:
    if value is None:
        return None
    kind = {"id": int}.get(field, str)
    if type(value) is not kind:
        raise ValueError
    if field in {"created_at", "updated_at"}:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError
        return moment
    return value
