"""A JSON file of API records as a `Source`: an array as the API's list gives it, or ``{"app_offerings": […]}``.

The `[store]` tables of a content folder are laid over the records of the same references.
"""

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pydantic_core

from generator.catalog import Overlay, Place, Record
from generator.documents import Location, read_bytes, shown
from generator.errors import InputError, Problem

FILE_BYTES = 1024 * 1024 * 1024
KEY = "app_offerings"

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True)
class RecordFile:
    """A JSON file of records, with what the content folder lays over them."""

    path: Path
    laid_over: Sequence[Overlay] = ()
    holds_versions: bool = True

    @property
    def where(self) -> str:
        """The file, as the author knows it."""
        return shown(self.path)

    def records(self) -> Iterator[Record]:
        """Yield every record of the file in its order."""
        values, prefix = _read(self.path)
        document = JsonDocument(self.path)
        for number, value in enumerate(values):
            place = Place(document, (*prefix, number))
            if isinstance(value, dict):
                yield Record(place, value)
            else:
                yield Record(place, None, problems=(place.problem("", "is no record: expected an object"),))


def _read(path: Path) -> tuple[Sequence[Any], Location]:
    """Parse the file into its records and the location of their array."""
    value = read_json(path, root=path.parent, limit=FILE_BYTES)
    if isinstance(value, list):
        return value, ()
    if isinstance(value, dict) and isinstance(value.get(KEY), list):
        return value[KEY], (KEY,)
    raise InputError([Problem(shown(path), "", f'expected an array of records, or {{"{KEY}": […]}}')])


def read_json(path: Path, *, root: Path, limit: int) -> Any:
    """Read a JSON file that stands inside `root`; raises `InputError` with the position of a mistake."""
    content = read_bytes(path, root=root, limit=limit).removeprefix(codecs.BOM_UTF8)
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise InputError([Problem(shown(path), "", "is UTF-16; save it as UTF-8")])
    try:
        return pydantic_core.from_json(content, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise InputError([_mistake(path, str(error), content)]) from None


def _mistake(path: Path, message: str, content: bytes) -> Problem:
    """Tell a mistake with its position; the parser counts bytes in a line, people count characters."""
    match = re.search(r"(.*?) at line (\d+) column (\d+)", message, re.DOTALL)
    if not match:
        return Problem(shown(path), "", f"is no JSON: {message[:200]}")
    line = int(match[2])
    before = content.split(b"\n", line)[line - 1][: max(int(match[3]) - 1, 0)]
    column = len(before.decode(errors="ignore")) + 1
    return Problem(shown(path), "", f"is no JSON: {match[1][:200]}", line=line, column=column)


@dataclass(frozen=True)
class JsonDocument:
    """A JSON file in which the lines of values are looked up, once there is a problem to tell."""

    path: Path

    @property
    def where(self) -> str:
        """The file, as the author knows it."""
        return shown(self.path)

    def line_of(self, location: Location) -> int | None:
        """Return the line of the value at `location`, or of the nearest part around it that exists."""
        offset = self._skip(0)
        for part in location:
            if part not in (parts_here := self._inside(offset)):
                break
            offset = parts_here[part]
        return bisect_right(self._line_starts, offset)

    @cached_property
    def _text(self) -> str:
        return self.path.read_text("utf-8-sig")

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._text))]

    def _inside(self, offset: int) -> dict[int | str, int]:
        """Where the parts of the object or array at `offset` are; of a key written twice, the last, which counts."""
        if offset not in self._known:
            self._known[offset] = dict(self._members(offset)) if self._text[offset] in "[{" else {}
        return self._known[offset]

    @cached_property
    def _known(self) -> dict[int, dict[int | str, int]]:
        return {}

    def _members(self, offset: int) -> Iterator[tuple[int | str, int]]:
        """Yield the keys or indexes of the object or array at `offset`, with the offsets of their values."""
        is_object = self._text[offset] == "{"
        offset, number = self._skip(offset + 1), 0
        while self._text[offset] not in "]}":
            key: int | str = number
            if is_object:
                key, offset = _DECODER.raw_decode(self._text, offset)
                offset = self._skip(self._skip(offset) + 1)
            yield key, offset
            _, offset = _DECODER.raw_decode(self._text, offset)
            offset, number = self._skip(offset), number + 1
            if self._text[offset] == ",":
                offset = self._skip(offset + 1)

    def _skip(self, offset: int) -> int:
        space = _SPACE.match(self._text, offset)
        return space.end() if space else offset
