"""Which files have to be fetched for an offering: what its record names by an address, and the folder does not hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from generator.catalog import Listing
from generator.fields import is_web

MOST_ATTACHMENTS = 1000
"""Of one offering, as in the content folder."""

_SIGNING = frozenset(
    (
        *("signature", "sig", "expires", "expiry", "exp", "policy", "key-pair-id", "token", "hmac"),
        *("awsaccesskeyid", "googleaccessid"),
        *("se", "sp", "sv", "sr", "st", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv"),
    )
)
_SIGNING_PREFIXES = ("x-amz-", "x-goog-", "x-ms-", "x-oss-")
"""Parts of a query that are different each time a store of files signs the same address."""


@dataclass(frozen=True)
class Wanted:
    """A file that a record names: what it is, where from, and what the record tells of its state.

    `identity` stays the same from build to build, whatever becomes of the address. `version` is the record's
    ``updated_at``, or nothing; `announced` the size that the record tells, in bytes.
    """

    kind: Literal["picture", "attachment"]
    identity: str
    address: str
    key: str
    name: str
    version: str
    announced: int | None = None


def wanted_of(listing: Listing, namespace: str) -> Iterator[Wanted]:
    """Yield the files of a listing that must be fetched. What lies in the content folder comes before any address."""
    offering = listing.offering
    version = offering.updated_at.isoformat() if offering.updated_at else ""
    address = offering.picture_uri or ""
    if is_web(address) and listing.picture is None:
        yield Wanted("picture", f"{namespace}\n{offering.id}", address, "picture_uri", "", version)
    seen = {file.key for file in listing.attachments}
    for record in islice(offering.attachments, MOST_ATTACHMENTS):
        if record.key not in seen:
            seen.add(record.key)
            name = record.name or record.key.rpartition("/")[2]
            identity = f"{namespace}\n{offering.id}\n{record.key}"
            yield Wanted("attachment", identity, record.uri or "", record.key, name, version, record.size)


def names_addresses(listing: Listing) -> bool:
    """Whether anything has to be fetched for a listing."""
    return any(True for _ in wanted_of(listing, ""))


def steady(address: str) -> str:
    """Return an address without what a store of files adds anew each time: the signature and its expiry."""
    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return ""
    kept = [it for it in query if it[0].lower() not in _SIGNING and not it[0].lower().startswith(_SIGNING_PREFIXES)]
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(kept)}"
