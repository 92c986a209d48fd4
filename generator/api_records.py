"""One offering of the content folder as the API gives it.

What is stored and what is given differ in three ways: addresses of files are signed for each answer, a service
instance without a name gets the one that other offerings give it, and an offering without updates was last updated
when it was made (specification, field "updated_at").
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from generator.addresses import attachment_key
from generator.api_answers import Json, encoded
from generator.catalog import Listing, LocalFile
from generator.filters import FILTERS, LATER_FIELDS, READABLE, SORTABLE
from generator.models import TEXT_NAMES, Offering, Referenced

DOMAIN: Final = "xurrent.com"
"""What our nodeIDs begin with; those of any other domain are understood too."""
PICTURE_KEY: Final = "picture"
"""Stands for the picture file where attachments have their key."""

_NODE_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")
_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_MENTIONED: Final = re.compile(r"attachments/[^\s<>\[\]\"']+")

Address = Callable[[int, str], str]
"""From the id of an offering and the key of a file to the address at which it may be fetched for a while."""
Names = Mapping[int, str]
"""The service instances that the content folder names."""


@dataclass(frozen=True)
class StoredFile:
    """An attachment of an offering: `inline` when a text shows or links it, `size` in bytes."""

    file: LocalFile
    inline: bool
    size: int


@dataclass(frozen=True)
class Stored:
    """An offering as it stands in its folder. `values` are what filters and sorting look at."""

    listing: Listing
    folder: Path
    files: tuple[StoredFile, ...]
    values: Mapping[str, object]

    @property
    def id(self) -> int:
        """The number of the offering."""
        return self.listing.offering.id

    def file(self, key: str) -> LocalFile | None:
        """Return the file that has an address of ours under this key."""
        if key == PICTURE_KEY:
            return self.listing.picture
        return next((it.file for it in self.files if it.file.key == key), None)


def stored(listing: Listing, folder: Path) -> Stored:
    """Look at an offering as the API does. Sizes of files are looked up; one that is gone has none."""
    offering = listing.offering
    times = {name: _instant(getattr(offering, name) or offering.created_at) for name in ("created_at", "updated_at")}
    values = {name: times.get(name, getattr(offering, _ATTRIBUTES[name])) for name in {*FILTERS, *SORTABLE}}
    mentioned = _mentioned(offering) if listing.attachments else frozenset()
    files = (StoredFile(it, it.key in mentioned, _size(it.path)) for it in listing.attachments)
    blank_as_null = {name: None if value == "" else value for name, value in values.items()}
    return Stored(listing, folder, tuple(files), blank_as_null)


def _instant(moment: datetime | None) -> datetime | None:
    """Return the moment that the API shows, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0) if moment else None


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # thousands at once
    except OSError:
        return 0


def _mentioned(offering: Offering) -> frozenset[str]:
    texts = (getattr(offering, name) or "" for name in TEXT_NAMES)
    found = (match[0] for text in texts for match in _MENTIONED.finditer(text))
    return frozenset(attachment_key(part) for it in found for part in _endings(it))


def _endings(address: str) -> Iterable[str]:
    """Return an address as it may be meant: a closing bracket or stop may be the text's."""
    yield address
    while address and address[-1] in ").,;:!?":
        address = address[:-1]
        yield address
    if ")" in address:
        yield address.partition(")")[0]


def fields_of(it: Stored, wanted: Iterable[str], names: Names, address: Address) -> dict[str, Json]:
    """Return the wanted fields of a record, blank ones as null; ``disabled`` of a disabled one is always there."""
    given = {name: _FIELDS[name](it, names, address) for name in wanted}
    if it.listing.offering.disabled:
        given["disabled"] = True
    return given


def whole_record(it: Stored, names: Names, address: Address) -> dict[str, Json]:
    """Return all fields of a record."""
    return fields_of(it, WHOLE, names, address)


def etag(it: Stored, names: Names) -> str:
    """Return the record's entity tag: a hash of all that is stored, whatever part is asked for, without addresses."""
    content = encoded(whole_record(it, names, lambda number, key: f"{number}/{key}"))
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def node_id(number: int) -> str:
    """Return the nodeID: base64url of ``<domain>/AppOffering/<id>`` without padding."""
    return base64.urlsafe_b64encode(f"{DOMAIN}/AppOffering/{number}".encode()).rstrip(b"=").decode()


def id_named(text: str) -> int | None:
    """Return the id that a path segment names, as a number or a nodeID; ``None`` for anything else."""
    if _NUMBER.fullmatch(text):
        return int(text)
    if not _NODE_ID.fullmatch(text):
        return None
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    match = re.fullmatch(r"[a-z0-9.-]+/AppOffering/([1-9][0-9]{0,18})", decoded)
    return int(match[1]) if match else None


# --- Field by field

_Field = Callable[[Stored, Names, Address], Json]
_ATTRIBUTES: Final = {info.alias or name: name for name, info in Offering.model_fields.items()}


def _plain(name: str) -> _Field:
    attribute = _ATTRIBUTES[name]
    return lambda it, *_: None if (value := getattr(it.listing.offering, attribute)) == "" else value


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _service_instance(it: Stored, names: Names, _: Address) -> Json:
    instance = it.listing.offering.service_instance
    return {**_referenced(instance), "name": instance.name or names.get(instance.id)}


def _ui_extension_version(it: Stored, *_: object) -> Json:
    version = it.listing.offering.ui_extension_version
    return {**_referenced(version), "version": version.version} if version else None


def _referenced(part: Referenced) -> dict[str, Json]:
    return {"id": part.id, "name": part.name, **(part.model_extra or {})}


def _attachments(it: Stored, _: Names, address: Address) -> Json:
    return [
        {
            "key": each.file.key,
            "name": unquote(each.file.key.rpartition("/")[2]),
            "uri": address(it.id, each.file.key),
            "inline": each.inline,
            "size": each.size,
        }
        for each in it.files
    ]


def _picture(it: Stored, _: Names, address: Address) -> Json:
    return address(it.id, PICTURE_KEY) if it.listing.picture else it.listing.offering.picture_uri or None


_FIELDS: Final[Mapping[str, _Field]] = {
    **{name: _plain(name) for name in READABLE if name not in LATER_FIELDS},
    **{name: lambda it, *_, name=name: (it.listing.offering.model_extra or {}).get(name) for name in LATER_FIELDS},
    "attachments": _attachments,
    "created_at": lambda it, *_: _time(it.listing.offering.created_at),
    "nodeID": lambda it, *_: node_id(it.id),
    "picture_uri": _picture,
    "service_instance": _service_instance,
    "ui_extension_version": _ui_extension_version,
    "updated_at": lambda it, *_: _time(it.listing.offering.updated_at or it.listing.offering.created_at),
}
_FIRST: Final = ("id", "nodeID", "sourceID", "source", "reference", "name", "created_at", "updated_at")
WHOLE: Final = (*_FIRST, *(name for name in READABLE if name not in {*_FIRST, *LATER_FIELDS}))
"""What a single record gives: every readable field of the specification; the short ones first, as its example has."""
