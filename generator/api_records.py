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
_SHOWN: Final = re.compile(
    r"!\[(?:\\.|[^\]\\]){0,1000}+\]\(\s*(?:<(attachments/[^<>\n]+)>|(attachments/(?:[^\s()<>]|\([^\s()<>]*\))+))"
)

Address = Callable[[int, str], str]
"""From the id of an offering and the key of a file to the address at which it may be fetched for a while."""
Known = Mapping[tuple[str, int], Mapping[str, Json]]
"""What the content folder says of the records that offerings refer to, by field and id."""


@dataclass(frozen=True)
class StoredFile:
    """An attachment of an offering: `inline` when a text shows it (and does not only link it), `size` in bytes."""

    file: LocalFile
    inline: bool
    size: int


@dataclass(frozen=True)
class Stored:
    """An offering as it stands in its folder.

    `values` are what filters and sorting look at, and whether it is a ``draft``.
    """

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
    shown = _shown(offering) if listing.attachments else frozenset()
    files = (StoredFile(it, it.key in shown, _size(it.path)) for it in listing.attachments)
    blank_as_null = {name: None if value == "" else value for name, value in values.items()}
    return Stored(listing, folder, tuple(files), {**blank_as_null, "draft": listing.draft})


def _instant(moment: datetime | None) -> datetime | None:
    """Return the moment that the API shows, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0) if moment else None


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # thousands at once
    except OSError:
        return 0


def _shown(offering: Offering) -> frozenset[str]:
    """Return the keys of the files that a text shows: ``![…](attachments/…)``."""
    texts = (getattr(offering, name) or "" for name in TEXT_NAMES)
    return frozenset(attachment_key(match[1] or match[2]) for text in texts for match in _SHOWN.finditer(text))


def fields_of(it: Stored, wanted: Iterable[str], known: Known, address: Address) -> dict[str, Json]:
    """Return the wanted fields of a record, blank ones as null; ``disabled`` of a disabled one is always there."""
    given = {name: _FIELDS[name](it, known, address) for name in wanted}
    if it.listing.offering.disabled:
        given["disabled"] = True
    return given


def whole_record(it: Stored, known: Known, address: Address) -> dict[str, Json]:
    """Return all fields of a record."""
    return fields_of(it, WHOLE, known, address)


def etag(it: Stored, known: Known) -> str:
    """Return the record's entity tag: a hash of all that is stored, whatever part is asked for, without addresses."""
    content = encoded(whole_record(it, known, lambda number, key: f"{number}/{key}"))
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

_Field = Callable[[Stored, Known, Address], Json]
_ATTRIBUTES: Final = {info.alias or name: name for name, info in Offering.model_fields.items()}


def _plain(name: str) -> _Field:
    attribute = _ATTRIBUTES[name]
    return lambda it, *_: None if (value := getattr(it.listing.offering, attribute)) == "" else value


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _service_instance(it: Stored, known: Known, _: Address) -> Json:
    return _referenced("service_instance", it.listing.offering.service_instance, known)


def _ui_extension_version(it: Stored, known: Known, _: Address) -> Json:
    version = it.listing.offering.ui_extension_version
    return _referenced("ui_extension_version", version, known) if version else None


def _referenced(field: str, part: Referenced, known: Known) -> dict[str, Json]:
    """Give a reference; where the offering says nothing of the record, what others say of it."""
    blank = {key: None for key in type(part).model_fields if key != "id"}
    own = {key: value for key, value in part.model_dump().items() if value is not None}
    return {"id": part.id, **blank, **known.get((field, part.id), {}), **own}


def _attachments(it: Stored, _: Known, address: Address) -> Json:
    return [
        {
            "key": each.file.key,
            "name": each.file.key.rpartition("/")[2],
            "uri": address(it.id, each.file.key),
            "inline": each.inline,
            "size": each.size,
        }
        for each in it.files
    ]


def _picture(it: Stored, _: Known, address: Address) -> Json:
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
