"""An offering created once, although the answer may be lost.

A POST whose answer did not come may have arrived or not. It is sent again only after the API was asked for the
reference, which is unique: an offering that holds what was sent is the one that was made.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import httpx

from generator.api_requests import ApiRequests
from generator.errors import (
    AnswerError,
    ConflictError,
    ConnectionFailedError,
    DeadlineError,
    FieldsError,
    RemoteError,
    StatusError,
)
from generator.filters import Condition
from generator.paging import ApiRecord, read_record
from generator.patience import TRIES

_REFERENCES: Final = {"service_instance_id": "service_instance", "ui_extension_version_id": "ui_extension_version"}
_UNLIKE: Final = frozenset({"picture_uri", "policy_jwt_claim_expires_in"})
"""Fields that come back in another form than they were sent: an address for a picture, minutes for ``"2:30"``."""

Find = Callable[..., Iterator[ApiRecord]]
"""`Client.list`."""


def create(requests: ApiRequests, find: Find, address: httpx.URL, fields: Mapping[str, Any]) -> ApiRecord:
    """Create an offering and return it whole, each try with a look at the reference before the next.

    Raises the failure that was met when there is no ``reference`` to ask for; `ConflictError` when an offering with
    the reference appeared that does not hold what was sent.
    """
    for attempt in range(1, TRIES + 1):
        try:
            reply = requests.write("POST", address, fields, "unless it arrived", expected=201)
            return read_record(reply.value, requests.host, etag=reply.headers.get("etag"))
        except (ConnectionFailedError, DeadlineError, StatusError, AnswerError) as error:
            if found := _arrived(requests, find, fields, error, is_first=attempt == 1):
                return found
            if attempt == TRIES or not _is_lost(error) or not fields.get("reference"):
                raise
            requests.patience.back_off(attempt, requests.host)
    raise AssertionError("the last try returns or raises")


def _is_lost(error: RemoteError) -> bool:
    """Whether the request may have arrived although nothing says so."""
    return error.status >= 500 if isinstance(error, StatusError) else error.arrived


def _arrived(
    requests: ApiRequests, find: Find, fields: Mapping[str, Any], error: RemoteError, *, is_first: bool
) -> ApiRecord | None:
    """Look whether an earlier try made the offering; a refusal after a lost answer may be its own echo."""
    is_echo = isinstance(error, FieldsError) and not is_first
    if not (_is_lost(error) or is_echo) or not (reference := fields.get("reference")):
        return None
    for whole in _called(requests, find, str(reference)):
        if different := _differences(whole.fields, fields):
            raise ConflictError(
                f"{requests.host}: POST /app_offerings: no answer came, and an offering {reference} is there now"
                f" that differs in {', '.join(different)}; look at it before you try again",
                status=409,
            ) from error
        return whole
    return None


def _called(requests: ApiRequests, find: Find, reference: str) -> list[ApiRecord]:
    """Return the offerings with this reference, whole."""
    try:
        records = list(find(("id",), (Condition("reference", "=", (reference,)),)))
        replies = [requests.get(requests.address(f"/app_offerings/{record.id}")) for record in records]
    except RemoteError as error:
        raise ConnectionFailedError(
            f"{requests.host}: POST /app_offerings: no answer came, and whether {reference} is there now could not be"
            f" found out ({error}); look before you try again"
        ) from error
    return [read_record(reply.value, requests.host, etag=reply.headers.get("etag")) for reply in replies]


def _differences(found: Mapping[str, Any], sent: Mapping[str, Any]) -> list[str]:
    """Return the fields that do not hold what was sent, as far as they come back at all."""
    return [
        name
        for name, value in sent.items()
        if not name.endswith("_attachments")
        and name not in _UNLIKE
        and _comparable(found.get(_REFERENCES.get(name, name))) != _comparable(value)
    ]


def _comparable(value: Any) -> Any:
    """Return what two spellings of one value share: a record its id, a text its lines."""
    if isinstance(value, dict):
        return value.get("id")
    if isinstance(value, str):
        return "\n".join(value.splitlines()).rstrip() or None
    return None if value is False else value
