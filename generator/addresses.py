"""Names for folders, and links between the files of a site."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote, unquote

_RESERVED = re.compile(r"index|assets|page|404|_headers|con|prn|aux|nul|(com|lpt)[0-9]|[_-].*|.*[_-]|(.*-)?[0-9a-f]{8}")
"""Names that a host, a file system or a path of ours treats in a way of its own; and what looks like a hash of ours."""


def relative(source: str, target: str) -> str:
    """Return the link from the page at `source` to the file at `target`, both paths in the site."""
    here, there = source.split("/")[:-1], target.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return quote("/".join([".."] * (len(here) - common) + there[common:]), safe="/-._~")


def attachment_key(address: str) -> str:
    """Return the one spelling of an attachment's address in a text: percent-decoded and composed (NFC)."""
    return unicodedata.normalize("NFC", unquote(address))


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Name a folder after each of `names`; the long, reserved and colliding ones get a short hash.

    Of names that collide every one gets its hash, so that a slug depends on the set of names and on no order.
    """
    plain = {name: _slug(name) for name in names}
    taken = Counter(plain.values())
    return {
        name: slug if taken[slug] == 1 and _is_safe(slug) else f"{slug[:48]}-{_short_hash(name)}".lstrip("_-")
        for name, slug in plain.items()
    }


def _slug(name: str) -> str:
    words = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", words).strip("-")


def _is_safe(slug: str) -> bool:
    return bool(slug) and len(slug) <= 64 and not _RESERVED.fullmatch(slug)


def _short_hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]
