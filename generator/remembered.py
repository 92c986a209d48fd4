"""The content folder read again and again: what did not change since is not read."""

import os
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generator.catalog import Listing, Record, check_record
from generator.content import ContentFolder
from generator.errors import Problem

Signature = tuple[tuple[str, int, int, int, int], ...]
"""Files by path, times of content and of status, size and inode: equal when none of them changed."""

Touched = frozenset[str] | None
"""The names of the folders of offerings in which something changed; with ``None`` it may be in any of them."""

_UNSETTLED_NS = 100_000_000
"""A file may change twice within one tick of its clock (10 ms and less); one that changed just now is not trusted."""


def signature(paths: Iterable[Path]) -> Signature:
    """Look at files and folders without reading them; a folder stands for all that is in it, but for linked folders."""
    return tuple(seen for path in paths for seen in _looked_at(os.fspath(path), is_folder=path.is_dir()))


def is_settled(seen: Signature) -> bool:
    """Whether every file has been as it is for long enough that its next change must show."""
    return max((changed for _, changed, *_ in seen), default=0) < time.time_ns() - _UNSETTLED_NS


def _looked_at(path: str, *, is_folder: bool) -> Iterator[tuple[str, int, int, int, int]]:
    try:
        status = os.stat(path)  # noqa: PTH116  # a path object costs as much as the look
        yield path, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
        if is_folder:
            with os.scandir(path) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    yield from _looked_at(entry.path, is_folder=entry.is_dir(follow_symlinks=False))
    except OSError:  # gone, or not ours to look into: reading it will tell
        yield path, 0, 0, 0, 0


class RememberedChecks:
    """What came of checking a record, for as long as it stays as it is."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], tuple[Record, tuple[Listing | None, Sequence[Problem]]]] = {}

    def check(self, record: Record) -> tuple[Listing | None, Sequence[Problem]]:
        """Check a record, if it is not the one that stood at its place before."""
        place = record.place.document.where, record.place.within
        known = self._known.get(place)
        if known is None or known[0] != record:
            known = self._known[place] = record, check_record(record)
        return known[1]


@dataclass(frozen=True)
class RememberedFolder(ContentFolder):
    """A content folder whose records are remembered for as long as the files of an offering stay as they are."""

    memory: dict[Path, tuple[Signature, Record]] = field(default_factory=dict, compare=False)
    touched: Touched = None

    def record(self, folder: Path) -> Record:
        """Read the offering in `folder`, if anything in it changed since it was last read."""
        remembered = self.memory.get(folder)
        if remembered and self.touched is not None and folder.name not in self.touched:
            return remembered[1]
        seen = signature([folder])
        if remembered and remembered[0] == seen:
            return remembered[1]
        self.memory.pop(folder, None)
        record = super().record(folder)
        if is_settled(seen):
            self.memory[folder] = seen, record
        return record

    def touches(self, paths: Iterable[Path]) -> bool:
        """Whether any of the paths may have changed; one that is not below the folder of an offering always may."""
        if self.touched is None:
            return True
        offerings = os.fspath(self.folder / "offerings") + os.sep
        names = map(os.fspath, paths)
        return any(
            not name.startswith(offerings) or name[len(offerings) :].split(os.sep, 1)[0] in self.touched
            for name in names
        )


def touched_folders(content: Path, paths: Collection[str] | None) -> Touched:
    """Tell from the absolute paths of changed files which folders under ``offerings/`` changed."""
    if paths is None:
        return None
    offerings = os.path.abspath(content / "offerings")  # noqa: PTH100  # links stay links, as the watcher has them
    names: set[str] = set()
    for path in paths:
        if path.startswith(offerings + os.sep):
            names.add(path[len(offerings) + 1 :].split(os.sep, 1)[0])
        elif offerings == path or offerings.startswith(path + os.sep):
            return None
    return frozenset(names)
