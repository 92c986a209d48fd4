"""Stores in which every place that an author controls holds hostile words.

INPUTS                      each input of `payloads`, as it stands in words, in texts, in addresses, as a file
raw_record(input, 7)        an offering with the input in every place, as it is
fitted_record(input, 7)     the same, in every place as much of it as the rules of that place let through
write_hostile(folder, …)    a content folder of fitted records, with their files

What a field lets through is written down here once more, as the specification and the README have it.
"""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payloads import ADDRESSES, TEMPLATES, TEXTS
from stores import offering, picture, says_something, write_store

INTERNAL = "zqinternal"
"""Ends the words in fields that no page shows."""


@dataclass(frozen=True)
class Input:
    """One hostile input: `words` for one line, `text` for a text, `address` for an address."""

    name: str
    words: str
    text: str
    address: str

    @property
    def file(self) -> str:
        """The name of a file: anything but a slash, within what a file system allows."""
        name = self.words.replace("/", "⁄").replace("\0", "␀").encode()[:200].decode(errors="ignore")
        return f"a{name}.txt"


def _inputs() -> Iterable[Input]:
    for name, text in TEXTS.items():
        yield Input(name, text, text, text)
    for name, address in ADDRESSES.items():
        text = "\n\n".join(template.format(address) for template in TEMPLATES.values())
        yield Input(f"{name}, an address", address, text, address)


INPUTS: Sequence[Input] = [it for it in _inputs() if not re.search("[\ud800-\udfff]", it.text)]
"""TOML cannot hold half a surrogate pair; the catalogue's files try it."""


@dataclass(frozen=True)
class Place:
    """A field of one line: where it stands, how much it holds, and whether it must say something."""

    field: str
    limit: int
    required: bool = False
    shown: bool = True

    def refuses(self, words: str) -> bool:
        """Whether the field's rules, as the specification and the README have them, refuse these words."""
        if len(words) > self.limit or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", words):
            return True
        return self.required and not says_something(words)

    def fitted(self, words: str) -> str:
        """As much of the words as the field takes."""
        line = " ".join(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", "", words).split())
        return line[: self.limit].strip() or "x"


PLACES = (
    Place("name", 128, required=True),
    Place("card_description", 255),
    Place("reference", 161, required=True),
    Place("store.categories[0]", 64, required=True),
    Place("store.publisher", 64, required=True),
    Place("store.screenshots[0].caption", 255),
    Place("store.assurances[0].topic", 64, required=True),
    Place("store.assurances[0].status", 64, required=True),
    Place("store.assurances[0].scope", 255),
    Place("store.tags[0]", 64, required=True, shown=False),
    Place("service_instance.name", 2048, shown=False),
    Place("ui_extension_version.name", 2048, shown=False),
    Place("source", 30, shown=False),
    Place("sourceID", 128, shown=False),
)
ADDRESS_PLACES = ("store.website", "store.support", "store.install_url")
"""Fields in which anything but an honest address is an error."""

HONEST = frozenset({"too long once encoded, an address"})
"""Long, and yet it leads where it says."""
GOOD = {
    "store.website": "https://apps.example.com/",
    "store.support": "mailto:help@example.com",
    "store.install_url": "https://{account}.example.com/{reference}",
}


def raw_record(it: Input, number: int) -> dict[str, Any]:
    """The input as it is, everywhere."""
    words = {place.field: it.words for place in PLACES}
    return _record(it, number, words, dict.fromkeys(ADDRESS_PLACES, it.address))


def fitted_record(it: Input, number: int, addresses: dict[str, str] | None = None) -> dict[str, Any]:
    """The input everywhere, as far as it is let through; the reference ends in the number, so that none clashes."""
    words = {place.field: place.fitted(it.words) for place in PLACES}
    words["reference"] = f"{words['reference'][:150]} {number}"
    for place in PLACES:
        if not place.shown and not place.field.startswith("store."):
            words[place.field] = f"{words[place.field][: place.limit - 10]}{INTERNAL}"
    record = _record(it, number, words, GOOD | (addresses or {}))
    record["store"]["assurances"][0]["evidence"] = f"attachments/{it.file}"
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", it.file):
        del record["store"]["assurances"][0]["evidence"]
    return record


def _record(it: Input, number: int, words: dict[str, str], addresses: dict[str, str]) -> dict[str, Any]:
    assurance = {name: words[f"store.assurances[0].{name}"] for name in ("topic", "status", "scope")}
    return offering(
        id=number,
        name=words["name"],
        reference=words["reference"],
        card_description=words["card_description"],
        description=it.text,
        features=it.text,
        compliance=it.text,
        service_instance={"id": 83, "name": words["service_instance.name"]},
        ui_extension_version={"id": 9, "name": words["ui_extension_version.name"]},
        source=words["source"],
        sourceID=words["sourceID"],
        store={
            "categories": [words["store.categories[0]"]],
            "tags": [words["store.tags[0]"]],
            "publisher": words["store.publisher"],
            "screenshots": [{"file": "attachments/shot.png", "caption": words["store.screenshots[0].caption"]}],
            "assurances": [assurance],
            **{field.removeprefix("store."): address for field, address in addresses.items()},
        },
    )


SHOT = picture(random.Random(5), "png", (60, 40))  # noqa: S311  # a picture, no secret


def write_hostile(folder: Path, records: dict[str, dict[str, Any]], inputs: dict[str, Input]) -> Path:
    """Write a store of fitted records, by folder, with the files of their inputs."""
    files: dict[str, bytes | str] = {}
    for name, it in inputs.items():
        files[f"offerings/{name}/attachments/{it.file}"] = it.text.replace("\0", "")
        files[f"offerings/{name}/attachments/shot.png"] = SHOT
    return write_store(folder, records, store={"per_page": 8}, files=files)
