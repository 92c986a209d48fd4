"""What changed in the texts of an offering, and when: told by the texts as they were, which the content folder keeps.

    content/history/<reference>.json    the texts as they were at a date of their record, and what changed until then

There is no clock: a change has the date of the record (`updated_at`) that brought it. While the record says nothing
newer, the change has no date, and is told anew by each build; with the first newer date it is kept. So a build that
keeps nothing (a folder that is read-only, one that nobody commits) shows the same pages as the one that does.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from generator.catalog import Listing
from generator.content_writer import replace_file
from generator.differences import Difference, difference
from generator.documents import shown
from generator.errors import InputError, OutputError, Problem
from generator.history_file import FOLDER, KEPT, Past, Texts, file_name, past_bytes, read_past
from generator.markup_blocks import blocks
from generator.markup_values import Flavour
from generator.models import TEXT_NAMES, Change, Offering, TextName


@dataclass(frozen=True)
class Chronicle:
    """What to tell of an offering's texts, oldest first; and whether what is kept of them still holds.

    Two are equal when they tell the same, kept or not.
    """

    changes: tuple[Change, ...] = ()
    is_kept: bool = field(default=True, compare=False)
    problems: tuple[Problem, ...] = ()


UNTOLD = Chronicle()


def tell(past: Past | None, offering: Offering, flavour: Flavour) -> Chronicle:
    """Tell what changed since. An offering that is seen for the first time has no past, and did not change."""
    if past is None:
        return Chronicle(is_kept=False)
    now, at = _texts(offering), _date(offering)
    if now == past.texts:
        return Chronicle(past.changes)
    is_newer = at is not None and at != past.updated_at
    found = [
        Change(name, at if is_newer else None, difference)
        for name in TEXT_NAMES
        if (difference := _difference(past.texts[name], now[name], flavour))
    ]
    return Chronicle(tuple(_latest([*past.changes, *found])), is_kept=not is_newer)


def past_of(offering: Offering, chronicle: Chronicle) -> Past:
    """Return what is to be kept, once all of a chronicle has a date."""
    return Past(_date(offering), _texts(offering), chronicle.changes)


def _texts(offering: Offering) -> Texts:
    return {name: getattr(offering, name) or "" for name in TEXT_NAMES}


def _date(offering: Offering) -> datetime | None:
    return offering.updated_at or offering.created_at  # specification, field "updated_at"


def _difference(old: str, new: str, flavour: Flavour) -> Difference | None:
    return difference(blocks(old, flavour), blocks(new, flavour)) if old != new else None


def _latest(changes: Sequence[Change]) -> Iterator[Change]:
    """Yield the last changes of each text; one without a date beside them."""
    seen = Counter[TextName]()
    wanted: list[Change] = []
    for change in reversed(changes):
        seen[change.text] += change.at is not None
        if seen[change.text] <= KEPT or change.at is None:
            wanted.append(change)
    return reversed(wanted)


# The folder.


def chronicling(content: Path, listings: Sequence[Listing], flavour: Flavour) -> Callable[[int], Chronicle]:
    """Return the work of telling what changed in one of the listings; nothing did in what visitors do not see.

    Raises `InputError` when there is something in the folder's place that is none.
    """
    names = kept_names(content)

    def work(number: int) -> Chronicle:
        return chronicle_of(content, listings[number], flavour, names)

    return work


def kept_names(content: Path) -> frozenset[str]:
    """Return the names of the files that are kept; raises `InputError` when the folder is none, or a link."""
    folder = content / FOLDER
    if not os.path.lexists(folder):
        return frozenset()
    try:
        if folder.is_symlink() or not folder.is_dir():
            raise InputError([Problem(shown(folder), "", "is no folder; what changed is kept in one of this name")])
        return frozenset(os.listdir(folder))  # noqa: PTH208  # names alone
    except OSError as error:
        raise InputError([Problem(shown(folder), "", (error.strerror or str(error)).lower())]) from None


def chronicle_of(content: Path, listing: Listing, flavour: Flavour, names: frozenset[str]) -> Chronicle:
    """Tell what changed in the texts of a listing; `names` are those of the files that there are."""
    if listing.draft or listing.offering.disabled:
        return UNTOLD
    reference = listing.offering.reference
    try:
        past = read_past(content, reference) if file_name(reference) in names else None
    except InputError as error:
        return Chronicle(problems=error.problems)
    return tell(past, listing.offering, flavour)


class RememberedChronicles:
    """What changed in the texts of a store whose author works on it: told anew only of what is another one."""

    def __init__(self, content: Path) -> None:
        self._content = content
        self._known: dict[str, tuple[Listing, Flavour, tuple[int, int] | None, Chronicle]] = {}

    def tell(self, listings: Sequence[Listing], flavour: Flavour) -> Mapping[str, Chronicle]:
        """Tell what changed in each listing, by reference; raises `InputError` when there is no such folder."""
        names = kept_names(self._content)
        seen = {name: _status(self._content / FOLDER / name) for name in names}
        known = self._known
        self._known = {}
        for listing in listings:
            reference = listing.offering.reference
            status = seen.get(file_name(reference))
            before = known.get(reference)
            if before is None or before[0] is not listing or before[1:3] != (flavour, status):
                before = listing, flavour, status, chronicle_of(self._content, listing, flavour, names)
            self._known[reference] = before
        return {reference: it[3] for reference, it in self._known.items()}


def _status(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def keep_pasts(content: Path, pasts: Iterable[tuple[str, Past]]) -> list[Problem]:
    """Write what is to be kept, by reference; where there is no content folder, nothing is.

    A warning tells that it could not be written, and then nothing more is tried.
    """
    for reference, past in pasts if content.is_dir() else ():
        try:
            replace_file(content / FOLDER / file_name(reference), past_bytes(reference, past))
        except OutputError as error:
            reason = f"{str(error).removeprefix(f'{shown(content / FOLDER)}{os.sep}')}; what changed could not be kept"
            return [Problem(shown(content / FOLDER), "", reason, warning=True)]
    return []
