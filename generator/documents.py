"""What authors wrote: files read under limits, and TOML with the positions of its values.

Every file comes from an author's folder and is untrusted: a link out of the folder, a device or a file of
unexpected size is a problem with a name, never a hang or a traceback.
"""

import codecs
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from generator.errors import InputError, Problem

TOML_BYTES = 1024 * 1024
_BEYOND = 1024 * 1024
"""How much longer a text may be and still be read, to tell whether it is text at all."""

Location = tuple[int | str, ...]
"""Where a value stands in a document: keys and indexes from the top, as pydantic gives them."""


class Document(Protocol):
    """Something in which a value has a position."""

    @property
    def where(self) -> str:
        """The file, as the author knows it."""

    def line_of(self, location: Location) -> int | None:
        """Return the line, from 1, of the value at `location` or of the nearest part around it."""


@dataclass(frozen=True)
class TomlDocument:
    """A TOML file: its values, and its text for the positions of problems."""

    where: str
    text: str
    values: Mapping[str, Any]

    def line_of(self, location: Location) -> int | None:
        """Return the line of the key at `location`; of its table when the key itself is missing; else ``None``."""
        for length in range(len(location), 0, -1):
            if line := self._lines.get(tuple(str(part) for part in location[:length])):
                return line
        return None

    @cached_property
    def _lines(self) -> Mapping[tuple[str, ...], int]:
        return _toml_lines(self.text)


def shown(path: Path) -> str:
    """Name a file for a person: relative to the working folder when it is inside."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere; or the working folder itself is gone
        return str(path)


def refusal(path: Path, root: Path) -> str | None:
    """Say why a file may not be read, or ``None`` for a regular file inside `root`."""
    try:
        real, real_root = os.path.realpath(path), os.path.realpath(root)  # strings: a path object costs as much again
        if real != real_root and not real.startswith(os.path.join(real_root, "")):  # noqa: PTH118
            return f"leads out of {shown(root)}"
        return None if stat.S_ISREG(path.stat().st_mode) else "is not a regular file"
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a name that no file can have
        return (getattr(error, "strerror", None) or "cannot be a file").lower()


def read_bytes(path: Path, *, root: Path, limit: int, beyond: int = 0) -> bytes:
    """Read a regular file that stands inside `root` and holds at most `limit` bytes.

    A file up to `beyond` bytes longer is read too, for a caller that has more to say about it. Raises `InputError`
    for anything else: missing, a device or FIFO (which is not waited for), a link that leads out of `root`, too
    large, unreadable.
    """
    if reason := refusal(path, root):
        raise InputError([Problem(shown(path), "", reason)])
    try:
        with open(path, "rb", opener=_without_waiting) as file:  # Path.open knows no opener
            if (size := os.fstat(file.fileno()).st_size) > limit + beyond:
                raise InputError([Problem(shown(path), "", f"{size:,} bytes, at most {limit:,}")])
            return file.read(limit + beyond)
    except OSError as error:
        raise InputError([Problem(shown(path), "", (error.strerror or str(error)).lower())]) from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file that may have become a FIFO meanwhile; then there is nothing to wait for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, *, root: Path, limit: int) -> str:
    """Read UTF-8 text, with or without a byte order mark, which does not count; otherwise as `read_bytes`."""
    content = read_bytes(path, root=root, limit=limit, beyond=_BEYOND)
    if content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        raise InputError([Problem(shown(path), "", "is UTF-16; save it as UTF-8")])
    content = content.removeprefix(codecs.BOM_UTF8)
    if len(content) > limit:
        raise InputError([Problem(shown(path), "", f"{len(content):,} bytes, at most {limit:,}")])
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: byte 0x{content[error.start]:02X}"
        raise InputError([Problem(shown(path), "", reason, line=line)]) from None


_PART = r"(?:[A-Za-z0-9_-]+|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')"
_MOST_PARTS = 64
_LONG_KEY = re.compile(rf"(?<![\w\"'-])(?:(?>{_PART})[ \t]*+\.[ \t]*+){{{_MOST_PARTS}}}")


def read_toml(path: Path, *, root: Path) -> TomlDocument:
    """Read a TOML file inside `root`; raises `InputError` with the position of a mistake in its grammar."""
    text = read_text(path, root=root, limit=TOML_BYTES)
    if found := _LONG_KEY.search(text):  # tomllib takes the square of a key's parts: an hour for a mebibyte
        line = text.count("\n", 0, found.start()) + 1
        raise InputError([Problem(shown(path), "", f"holds a key of more than {_MOST_PARTS} parts", line=line)])
    try:
        return TomlDocument(shown(path), text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError([_toml_mistake(path, str(error), text)]) from None
    except ValueError:  # Python's own limit
        raise InputError([Problem(shown(path), "", "holds a number of more than 4,300 digits")]) from None
    except RecursionError:
        raise InputError([Problem(shown(path), "", "is nested too deeply")]) from None


def _toml_mistake(path: Path, message: str, text: str) -> Problem:
    reason = message.split(" (at ")[0]
    if match := re.search(r"at line (\d+), column (\d+)", message):
        line, column = int(match[1]), int(match[2])
    else:
        line, column = text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1
    return Problem(shown(path), "", f"is no TOML: {reason[:1].lower()}{reason[1:]}", line=line, column=column)


_PATH = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEAD = re.compile(rf"[ \t]*(?:\[(?P<list>\[)?[ \t]*(?P<table>{_PATH})[ \t]*\]\]?|(?P<key>{_PATH})[ \t]*=)?")
"""What a line of TOML begins with: ``[table]``, ``[[table]]``, ``key =`` or nothing of the kind."""
_VALUE = re.compile(
    r"#[^\n]*"
    r'|"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|[\[{]|[\]}]|\n|[^#\"'\[\]{}\n]+|.",
    re.DOTALL,
)


def _toml_lines(text: str) -> dict[tuple[str, ...], int]:
    """Find the line of every table and key; not of those inside a value, which have the line of its key."""
    found: dict[tuple[str, ...], int] = {}
    counts: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    offset, line = 0, 1
    while offset < len(text):
        if head := _HEAD.match(text, offset):
            offset = head.end()
            if head["table"]:
                table = _toml_path(head["table"])
                if head["list"]:
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, str(counts[table]))
                _note_path(found, table, line)
            elif head["key"]:
                _note_path(found, (*table, *_toml_path(head["key"])), line)
        end = _toml_line_end(text, offset)
        line += text.count("\n", offset, end)
        offset = end
    return found


def _toml_line_end(text: str, offset: int) -> int:
    """Find the end of the line at `offset`; a value's brackets and texts may hold line ends of their own."""
    depth = 0
    while (part := _VALUE.match(text, offset)) is not None:
        offset = part.end()
        depth += (part[0] in "[{") - (part[0] in "]}")
        if part[0] == "\n" and depth <= 0:
            break
    return offset


def _note_path(found: dict[tuple[str, ...], int], path: tuple[str, ...], number: int) -> None:
    """Remember where a path, and each table around it, is first named."""
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], number)


def _toml_path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
