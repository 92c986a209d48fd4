"""A list of the API over all of its pages, and nothing that only looks like it.

A list that ends early would publish part of a catalogue as the whole, and one that does not end would be read for
ever: both are refused. The cursors of the platform hold their place when records appear or vanish; a record that is
met twice, as it was renamed on the way or an older server counts pages, is given once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from pydantic import TypeAdapter, ValidationError

from generator.documents import Location
from generator.errors import AnswerError, InputError
from generator.fields import Id
from generator.links import LinkError, next_address
from generator.models import Offering
from generator.reasons import explain

MOST_PAGES: Final = 4_000
MOST_STALE: Final = 100
"""Pages in a row of records that were met before: these were renamed to stand further on, or the list is a circle."""
_ID: Final = TypeAdapter[int](Id)


@dataclass(frozen=True)
class ApiRecord:
    """A record as the API gave it: its checked `id`, and `fields` by their API names, of which none else is checked."""

    id: int
    fields: Mapping[str, Any]
    etag: str | None = None

    def offering(self, where: str) -> Offering:
        """Return a whole record as an `Offering`, every field checked.

        Raises `InputError` with every problem, named by `where` (the host, say) and the id.
        """
        given = {name: value for name, value in self.fields.items() if value is not None or name not in _NEVER_NULL}
        try:
            return Offering.model_validate(given)
        except ValidationError as error:
            raise InputError(explain(error, _Unlined(f"{where} record {self.id}"), Offering)) from None


_NEVER_NULL: Final = {
    info.alias or name
    for name, info in Offering.model_fields.items()
    if not info.is_required() and info.default is not None
}
"""Fields that the API gives as null when they are blank, and that are never ``None`` here."""


@dataclass(frozen=True)
class _Unlined:
    """A document that has no lines."""

    where: str

    def line_of(self, location: Location) -> None:
        """Return nothing."""


@dataclass(frozen=True)
class ListPage:
    """One page: its records, where the list goes on, and how many records it says there are in all."""

    records: tuple[ApiRecord, ...]
    next: httpx.URL | None
    total: int | None


def read_page(value: Any, headers: httpx.Headers, asked: httpx.URL, base: httpx.URL) -> ListPage:
    """Read one answer of a list; raises `AnswerError`."""
    if not isinstance(value, list):
        raise AnswerError(f"{base.host}: answered with something else than a list of records")
    records = tuple(
        read_record(record, base.host, place=f"record {at} of a page") for at, record in enumerate(value, 1)
    )
    if len({record.id for record in records}) < len(records):
        raise AnswerError(f"{base.host}: answered with a page that holds one id twice")
    try:
        following = next_address(", ".join(headers.get_list("link")), asked, base)
    except LinkError as error:
        raise AnswerError(f"{base.host}: its Link header {error}") from None
    return ListPage(records, following, _total(headers))


def read_record(value: Any, host: str, *, place: str = "the record", etag: str | None = None) -> ApiRecord:
    """Read one record; raises `AnswerError` for one without an id that can be one."""
    if not isinstance(value, dict):
        raise AnswerError(f"{host}: {place} is no object")
    if "id" not in value:
        raise AnswerError(f"{host}: {place} has no id")
    try:
        return ApiRecord(_ID.validate_python(value["id"]), value, etag)
    except ValidationError:
        raise AnswerError(f"{host}: {place} has an id that is no whole number from 1 to 2^63") from None


def walk(fetch: Callable[[httpx.URL], ListPage], first: httpx.URL) -> Iterator[ApiRecord]:
    """Yield the records of every page from `first` on, each id once, asking for a page when it is needed.

    Raises `AnswerError` for a list that comes back to a page, brings nothing new for long, has more than `MOST_PAGES`,
    or ends on its first page although it says that there is more.
    """
    host = first.host
    asked: set[str] = set()
    known: set[int] = set()
    stale = 0
    address: httpx.URL | None = first
    while address is not None:
        if str(address) in asked:
            raise AnswerError(f"{host}: the list leads back to a page that was read already")
        if len(asked) == MOST_PAGES:
            raise AnswerError(f"{host}: the list has more than {MOST_PAGES:,} pages")
        asked.add(str(address))
        page = fetch(address)
        fresh = [record for record in page.records if record.id not in known]
        stale = stale + 1 if page.records and not fresh else 0
        if stale == MOST_STALE:
            raise AnswerError(f"{host}: the list goes on and brings nothing new")
        known.update(record.id for record in fresh)
        if len(asked) == 1 and page.next is None:
            _refuse_early_end(page, host)
        yield from fresh
        address = page.next


def _refuse_early_end(page: ListPage, host: str) -> None:
    """Refuse a first page that leads nowhere and says that there is more, as behind a proxy that drops ``Link``.

    One answer says both, so they must agree. Over several pages they need not: records come and go between them.
    """
    if page.total is not None and len(page.records) < page.total:
        met = f"{len(page.records):,} records"
        raise AnswerError(f"{host}: the list ends after {met}, and says that there are {page.total:,}")


def _total(headers: httpx.Headers) -> int | None:
    text = headers.get("x-pagination-total-entries", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
