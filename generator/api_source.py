"""The App Offerings API as a `Source`: the offerings of one view, fetched whole, and the last whole fetch remembered.

A list that ends too early, or that suddenly is short, is the worst thing that an API can give: the store would lose
offerings without a word. So a fetch counts only when it is complete, and one of less than half of the last known
offerings replaces nothing until somebody says that it is right.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pydantic_core

from generator.cache import read_whole, write_whole
from generator.catalog import Overlay, Place, Record
from generator.documents import Location
from generator.errors import AnswerError
from generator.fields import is_web

FIELDS: Final = (
    *("id", "reference", "name", "card_description", "description", "features", "compliance", "attachments"),
    *("picture_uri", "configuration_uri_template", "created_at", "updated_at", "disabled", "policy_jwt_alg"),
    *("requires_enabled_oauth_person", "ui_extension_version", "service_instance", "webhook_uri_template"),
)
"""What a store shows, and the two required fields that every record is checked for; nothing else is asked for."""

_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Fetch:
    """A complete list of records as the API gave them, and when."""

    records: tuple[Mapping[str, Any], ...]
    at: datetime


@dataclass(frozen=True)
class ApiRecords:
    """The records of a fetch, with what the content folder lays over them. `where` is the host of the API."""

    where: str
    fetch: Fetch
    laid_over: Sequence[Overlay] = ()
    holds_versions: bool = True

    def records(self) -> Iterator[Record]:
        """Yield every record in the order of the list."""
        for fields in self.fetch.records:
            yield Record(Place(ApiDocument(f"{self.where} {_called(fields)}")), fields)


@dataclass(frozen=True)
class ApiDocument:
    """One record of an API; its values have no lines."""

    where: str

    def line_of(self, location: Location) -> None:
        """Return nothing."""


def _called(fields: Mapping[str, Any]) -> str:
    """Name a record for people: by its id and its reference, as far as it has them."""
    reference = fields.get("reference")
    number = f"record {str(fields.get('id'))[:20]}"
    return f"{number} ({reference[:161]})" if isinstance(reference, str) else number


def api_host(url: str) -> str:
    """Return the host of an API, as people call it."""
    return urlsplit(url).hostname or url


def api_place(url: str) -> tuple[str, int]:
    """Return the host and port of an API: files on its own origin may be fetched wherever it is."""
    parts = urlsplit(url)
    return (parts.hostname or "").removesuffix("."), parts.port or (443 if parts.scheme == "https" else 80)


def fetch_file(cache: Path, url: str, account: str, view: str) -> Path:
    """Return where the last complete fetch of a view is remembered."""
    name = hashlib.sha256("\n".join((url, account, view)).encode()).hexdigest()[:32]
    return cache / "fetches" / f"{name}.json"


def remember(path: Path, fetch: Fetch) -> None:
    """Keep a complete fetch, without the signatures of its addresses, which soon expire. Raises `OSError`."""
    records = [_unsigned(record) for record in fetch.records]
    content = json.dumps({"at": fetch.at.isoformat(), "records": records}, ensure_ascii=True).encode()
    write_whole(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def last_fetch(path: Path) -> Fetch | None:
    """Return the last complete fetch; ``None`` when there is none, or when it is not what was written."""
    digest, _, content = (read_whole(path, _MOST_BYTES) or b"").partition(b"\n")
    if hashlib.sha256(content).hexdigest().encode() != digest:
        return None
    try:
        kept = pydantic_core.from_json(content)
        return Fetch(tuple(kept["records"]), datetime.fromisoformat(kept["at"]))
    except (ValueError, LookupError, TypeError):  # whole, and of another version of ours
        return None


def now() -> datetime:
    """Return the moment of a fetch; it is told to people, and is in no site."""
    return datetime.now(UTC).replace(microsecond=0)


def _unsigned(record: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {**record, "picture_uri": _without_query(record.get("picture_uri"))}
    if isinstance(attachments := record.get("attachments"), list):
        kept["attachments"] = [
            {**it, "uri": _without_query(it.get("uri"))} if isinstance(it, dict) else it for it in attachments
        ]
    return kept


def _without_query(address: object) -> object:
    return address.partition("?")[0] if isinstance(address, str) and is_web(address) else address


def refuse_shrunken(host: str, count: int, before: int) -> None:
    """Raise `AnswerError` for less than half of the offerings that were there `before`."""
    if count * 2 < before:
        raise AnswerError(
            f"{host}: gave {count:,} offerings, and the last time there were {before:,}; nothing was changed. "
            "If that is right, say so with --allow-shrink"
        )
