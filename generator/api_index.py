"""The offerings of a content folder in memory, kept as they are on the disk.

An offering whose files have a problem keeps its last good reading, and the problem is told; one that never had any is
not there. Two with one id or reference are a problem as well: the folder that comes first by its name is there.
"""

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from generator.api_records import Stored, stored
from generator.catalog import Listing, Record, check_record
from generator.content import ContentFolder
from generator.errors import Problem
from generator.filters import SortKey
from generator.matching import Filterable, order_key
from generator.models import Offering, Referenced
from generator.remembered import Signature, is_settled, signature
from generator.spread import spread
from generator.watching import Touched

Order = tuple[SortKey, ...]
Checked = tuple[Listing | None, Sequence[Problem]]
BY_NAME: Final[Order] = (SortKey("name"),)

_MOST_ORDERS = 16
_NULLABLE: Final = ("policy_jwt_alg", "webhook_uri_template")
"""Required by the specification, and null in real records all the same: read with a warning."""


class ReadError(Exception):
    """An offering that is gone, or cannot be read as it stands; its author has been told why."""


class _Ordered:
    """The values of offerings in an order, and the keys that they are ordered by."""

    def __init__(self, order: Order, offerings: Iterable[Stored]) -> None:
        self._key = order_key(order)
        pairs = sorted(((self._key(it.values), it.values) for it in offerings), key=lambda pair: pair[0])
        self._keys = [key for key, _ in pairs]
        self.rows = [values for _, values in pairs]

    def add(self, values: Filterable) -> None:
        """Put an offering in its place."""
        key = self._key(values)
        place = bisect_left(self._keys, key)
        self._keys.insert(place, key)
        self.rows.insert(place, values)

    def remove(self, values: Filterable) -> None:
        """Take an offering out."""
        place = bisect_left(self._keys, self._key(values))
        del self._keys[place], self.rows[place]


class Index:
    """What stands in a content folder. All methods may be called by any thread; `told` hears of new problems."""

    def __init__(self, content: Path, told: Callable[[Problem], None] = lambda _: None) -> None:
        self.content = content.absolute()
        self.offerings = self.content / "offerings"
        self.known: dict[tuple[str, int], Mapping[str, object]] = {}
        self.is_watched = False
        self._source = ContentFolder(self.content)
        self._told = told
        self._notes: dict[Path, tuple[str, ...]] = {}
        self._broken: set[Path] = set()
        self._seen: dict[Path, Signature] = {}
        self._by_folder: dict[Path, Stored] = {}
        self._by_id: dict[int, Stored] = {}
        self._by_reference: dict[str, Stored] = {}
        self._hidden: dict[Path, str] = {}
        self._said: dict[tuple[str, int], Counter[tuple[tuple[str, object], ...]]] = defaultdict(Counter)
        self._orders: dict[Order, _Ordered] = {}
        self._lock = threading.RLock()
        self._folder_locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)

    def __len__(self) -> int:
        return len(self._by_id)

    # --- Asked

    def find(self, number: int) -> Stored | None:
        """Return the offering with this id as it was last read."""
        with self._lock:  # an offering that is being replaced is out for a moment
            return self._by_id.get(number)

    def is_seen(self, folder: Path) -> bool:
        """Whether the offering in `folder` is on the disk as it was last read."""
        return self._seen.get(folder) == signature([folder])

    def fresh(self, number: int) -> Stored | None:
        """Return the offering with this id as it is on the disk now; its last good reading if that has a problem."""
        found = self.find(number)
        if found and not self.is_seen(found.folder):
            with self.lock(found.folder):
                self._look(found.folder)
            found = self.find(number)
        return found

    def with_reference(self, reference: str) -> Stored | None:
        """Return the offering with this reference as it was last read."""
        with self._lock:
            return self._by_reference.get(reference)

    @contextmanager
    def ordered(self, order: Order) -> Iterator[Sequence[Filterable]]:
        """Hold still, and give the values of all offerings in an order."""
        with self._lock:
            if order not in self._orders:
                if len(self._orders) >= _MOST_ORDERS:
                    self._orders.clear()
                self._orders[order] = _Ordered(order, self._by_id.values())
            yield self._orders[order].rows

    @contextmanager
    def lock(self, folder: Path) -> Iterator[None]:
        """Let nobody else read or write the offering in `folder`."""
        with self._lock:
            lock = self._folder_locks[folder]
        with lock:
            yield

    # --- Kept as it is on the disk

    def load(self, jobs: int = 1) -> None:
        """Read the whole folder; raises `InputError` when there is none."""
        if not self.offerings.is_dir():
            next(self._source.records(), None)  # tells why
        folders = list(self._folders())
        records = spread(lambda number: self._read(folders[number]), len(folders), jobs)
        checked = [(seen, _checked(record)) for seen, record in records]
        for folder, (seen, found) in zip(folders, checked, strict=True):  # apart, so that values lie close together
            self._take(folder, seen, found)
        for order in (BY_NAME, *((SortKey(name, descending=True),) for name in ("updated_at", "created_at"))):
            with self.ordered(order):
                pass

    def refresh(self, touched: Touched = None) -> None:
        """Look again at the offerings that touched paths belong to; with ``None``, at all of them."""
        paths = {Path(path) for path in touched or ()}
        if touched is None or self.offerings in paths or self.content in paths:
            folders = {*self._folders(), *self._by_folder, *self._broken, *self._hidden}
        else:
            inner = (path.relative_to(self.offerings) for path in paths if path.is_relative_to(self.offerings))
            folders = {self.offerings / path.parts[0] for path in inner}
        for folder in sorted(folders):
            if not folder.name.startswith(".") and not self.is_seen(folder):
                with self.lock(folder):
                    self._look(folder)

    def reread(self, folder: Path) -> Stored:
        """Read an offering that its caller has locked; raises `ReadError` when it has a problem or is gone."""
        self._look(folder, again=True)
        with self._lock:
            found = self._by_folder.get(folder)
            if found is None or folder in self._broken:
                raise ReadError
            return found

    def _folders(self) -> Iterator[Path]:
        with suppress(OSError):
            for path in sorted(self.offerings.iterdir()):
                if not path.name.startswith(".") and path.is_dir():
                    yield path

    def _read(self, folder: Path) -> tuple[Signature, Record]:
        return signature([folder]), self._source.record(folder)

    def _look(self, folder: Path, *, again: bool = False) -> None:
        if not folder.is_dir():
            self._take(folder, (), None)
        elif again or not self.is_seen(folder):
            seen, record = self._read(folder)
            self._take(folder, seen, _checked(record))

    def _take(self, folder: Path, seen: Signature, found: Checked | None) -> None:
        """Let what was read stand for what is there; ``None`` for an offering that is gone."""
        listing, problems = found or (None, ())
        with self._lock:
            if seen and is_settled(seen):
                self._seen[folder] = seen
            else:
                self._seen.pop(folder, None)
            before = self._by_folder.get(folder)
            if listing:
                self._put(stored(listing, folder))
            elif found is None:
                self._drop(folder)
                self._hidden.pop(folder, None)
            if self._hidden and _identity(before) != _identity(self._by_folder.get(folder)):
                self._put_hidden()
            self._note(folder, problems)

    def _put(self, it: Stored) -> None:
        self._drop(it.folder)
        others = (self._by_id.get(it.id), self._by_reference.get(it.listing.offering.reference))
        if before := next((other for other in others if other and other.folder < it.folder), None):
            self._hide(it, before)
            return
        for other in others:
            if other and other.folder in self._by_folder:
                self._drop(other.folder)
                self._hide(other, it)
        self._hidden.pop(it.folder, None)
        self._by_folder[it.folder] = self._by_id[it.id] = it
        self._by_reference[it.listing.offering.reference] = it
        self._count(it, 1)
        for order in self._orders.values():
            order.add(it.values)

    def _drop(self, folder: Path) -> None:
        it = self._by_folder.pop(folder, None)
        if it is None:
            return
        del self._by_id[it.id], self._by_reference[it.listing.offering.reference]
        self._count(it, -1)
        for order in self._orders.values():
            order.remove(it.values)

    def _hide(self, it: Stored, other: Stored) -> None:
        reason = f"has the id or the reference of {other.folder.name} too, and is left out"
        problem = it.listing.place.problem("reference", reason)
        if self._hidden.get(it.folder) != str(problem):
            self._told(problem)
        self._hidden[it.folder] = str(problem)
        self._seen.pop(it.folder, None)

    def _put_hidden(self) -> None:
        """Look again at offerings whose id or reference another one had."""
        for folder in sorted(self._hidden):
            listing, _ = _checked(self._source.record(folder)) if folder.is_dir() else (None, ())
            if listing:
                self._put(stored(listing, folder))

    def _count(self, it: Stored, number: int) -> None:
        """Count what an offering says of the records that it refers to; what most of them say is taken to be so."""
        offering = it.listing.offering
        for field, part in _references(offering):
            said = tuple(part.model_dump(exclude={"id"}, exclude_none=True, include={"name", "version"}).items())
            if said:
                of_it = self._said[field, part.id]
                of_it[said] += number
                best = max(of_it, key=lambda each: (of_it[each], str(each)))
                self.known[field, part.id] = dict(best) if of_it[best] > 0 else {}

    def _note(self, folder: Path, problems: Sequence[Problem]) -> None:
        """Tell problems once, for as long as they last; only an error makes an offering broken."""
        told = tuple(map(str, problems))
        if told != self._notes.get(folder, ()):
            for problem in problems:
                self._told(problem)
        self._notes[folder] = told
        if all(problem.warning for problem in problems):
            self._broken.discard(folder)
        else:
            self._broken.add(folder)


def _references(offering: Offering) -> Iterator[tuple[str, Referenced]]:
    yield "service_instance", offering.service_instance
    if offering.ui_extension_version:
        yield "ui_extension_version", offering.ui_extension_version


def _identity(it: Stored | None) -> tuple[int, str] | None:
    return (it.id, it.listing.offering.reference) if it else None


def _checked(record: Record) -> Checked:
    if record.fields is None:
        return None, record.problems
    return check_record(replace(record, fields={**dict.fromkeys(_NULLABLE), **record.fields}))
