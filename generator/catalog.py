"""Records in, a `Catalog` out: each record is checked, then the records against each other.

Every problem of a load is reported at once. Where records come from is a `Source`'s business: the content folder,
a JSON file.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.documents import Document, Location
from generator.errors import InputError, Problem
from generator.fields import Flag
from generator.models import Offering, StoreEntry, TextName
from generator.reasons import dotted, explain


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine: `key` is how texts name it, such as ``"attachments/flow.png"``.

    It is read, when it is needed, only if it stands inside `root`. It is published as `name`, or else as its path has
    it. One that was `fetched` is a copy of what a record names by an address, and its author sees no path of it.
    """

    key: str
    path: Path
    root: Path
    name: str = ""
    fetched: bool = False


@dataclass(frozen=True)
class Place:
    """Where an offering was written: for the positions of its problems.

    Texts may have files of their own, named in `texts`; ``draft`` and ``store`` may stand in a document of theirs.
    """

    document: Document
    within: Location = ()
    texts: Mapping[TextName, str] = field(default_factory=dict)
    extras: Document | None = None

    def problem(self, name: str, reason: str, *, warning: bool = False) -> Problem:
        """Tell a problem of the field `name`."""
        line = self.document.line_of((*self.within, name))
        return Problem(self.document.where, name, reason, line=line, warning=warning)

    def store_problem(self, *location: int | str, reason: str, warning: bool = False) -> Problem:
        """Tell a problem of the store's part of the offering, at `location` from ``"store"`` on."""
        document, within = (self.extras, ()) if self.extras else (self.document, self.within)
        line = document.line_of((*within, *location))
        return Problem(document.where, dotted(location), reason, line=line, warning=warning)

    def note(self, name: TextName, line: int | None, reason: str) -> Problem:
        """Tell a warning about line `line` of the text `name`; in its own file when it has one."""
        if name in self.texts:
            return Problem(self.texts[name], name, reason, line=line, warning=True)
        spot = f", line {line} of the text" if line else ""
        return self.problem(name, reason + spot, warning=True)


@dataclass(frozen=True)
class Record:
    """One offering as a source holds it, unchecked.

    `fields` go by their API names, and are ``None`` when they could not be read at all. `extras` are ``draft`` and
    ``store``, the two keys that the API does not know. `problems` are those met while reading.
    """

    place: Place
    fields: Mapping[str, Any] | None
    extras: Mapping[str, Any] = field(default_factory=dict)
    picture: LocalFile | None = None
    attachments: tuple[LocalFile, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Overlay:
    """What the content folder lays over a record from elsewhere: a `[store]` table, a picture, attachments.

    An overlay that `is_alone` holds nothing else, so it must fit a record. One that `hides` its offering (a draft, or
    disabled) must not: the record would show what the folder means to hide.
    """

    place: Place
    reference: str
    extras: Mapping[str, Any]
    is_alone: bool
    hides: bool
    picture: LocalFile | None
    attachments: tuple[LocalFile, ...]
    problems: tuple[Problem, ...] = ()


class Source(Protocol):
    """Somewhere that offerings come from."""

    @property
    def where(self) -> str:
        """What people call it."""

    @property
    def holds_versions(self) -> bool:
        """Whether several records of one reference are versions of one offering, rather than a mistake."""

    @property
    def laid_over(self) -> Sequence[Overlay]:
        """What to lay over the records of the same references."""

    def records(self) -> Iterator[Record]:
        """Yield every record, in any order."""


@dataclass(frozen=True)
class Listing:
    """A checked offering with its store entry and its files."""

    offering: Offering
    store: StoreEntry
    draft: bool
    place: Place
    picture: LocalFile | None
    attachments: tuple[LocalFile, ...]


@dataclass(frozen=True)
class Catalog:
    """The offerings of a store, one listing a reference, ordered by reference; and what to tell their authors.

    An offering with a problem is in no listing.
    """

    listings: tuple[Listing, ...]
    problems: tuple[Problem, ...]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that stop nothing."""
        return tuple(problem for problem in self.problems if problem.warning)

    def shown(self, *, drafts: bool = False, disabled: bool = False) -> tuple[Listing, ...]:
        """Return what visitors see: no draft unless asked for, and nothing disabled unless an author looks on."""
        return tuple(it for it in self.listings if (disabled or not it.offering.disabled) and (drafts or not it.draft))

    @property
    def disabled(self) -> int:
        """How many are left out because they may no longer be installed by new customers."""
        return sum(it.offering.disabled for it in self.listings)

    @property
    def drafts(self) -> int:
        """How many are not yet published (and not disabled)."""
        return sum(it.draft and not it.offering.disabled for it in self.listings)


_BLANK = {
    info.alias or name
    for name, info in Offering.model_fields.items()
    if not info.is_required() and info.default is not None
}
"""Fields that a record may hold as null, as the API shows what is blank, and that are never ``None`` here."""


class _Extras(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    draft: Flag = False
    store: StoreEntry = StoreEntry()


Check = Callable[[Record], tuple[Listing | None, Sequence[Problem]]]


def load_catalog(source: Source, account: str = "") -> Catalog:
    """Check the offerings of `source` as `read_catalog` does; raises `InputError` if there is a problem."""
    catalog = read_catalog(source, account)
    if len(catalog.warnings) < len(catalog.problems):
        raise InputError(catalog.problems)
    return catalog


def read_catalog(source: Source, account: str = "", check: Check | None = None) -> Catalog:
    """Check every record of `source`, and the records against each other.

    `account` is the account name that a missing reference begins with; `check` stands in for `check_record`. Raises
    `InputError` only when `source` as a whole cannot be read; all other problems are told in the result.
    """
    records = [_completed(record, account) for record in source.records()]
    problems = [*_clashes(records, versions=source.holds_versions), *_misfits(records, source)]
    overlays = {overlay.reference: overlay for overlay in source.laid_over}
    listings: list[Listing] = []
    for record in records:
        listing, found = (check or check_record)(_overlaid(record, overlays))
        problems += found
        if listing:
            listings.append(listing)
    return Catalog(tuple(_latest(listings)), tuple(sorted(problems, key=lambda problem: problem.position)))


def derived_reference(account: str, name: str) -> str:
    """Derive a reference as the specification does (field "reference"): ``wdc``, ``My App`` → ``wdc_my_app``."""
    return f"{account}_{name.lower().replace(' ', '_')}"


def derived_id(reference: str) -> int:
    """Give an offering without an id one that stays the same: a positive number below 2**48."""
    return int.from_bytes(hashlib.sha256(reference.encode("utf-8", "replace")).digest()[:6]) or 1


def _completed(record: Record, account: str) -> Record:
    """Fill in what a record leaves out: defaults for blanks, the reference and the id where they can be derived."""
    if record.fields is None:
        return record
    fields = {key: value for key, value in record.fields.items() if value is not None or key not in _BLANK}
    name, reference = fields.get("name"), fields.get("reference")
    if "reference" not in fields and account and isinstance(name, str):
        fields["reference"] = reference = derived_reference(account, name)
    if "id" not in fields and isinstance(reference, str):
        fields["id"] = derived_id(reference)
    return replace(record, fields=fields)


def _overlaid(record: Record, overlays: Mapping[str, Overlay]) -> Record:
    overlay = overlays.get(_text(record, "reference"))
    if overlay is None:
        return record
    return replace(
        record,
        place=replace(record.place, extras=overlay.place.document),
        extras=overlay.extras,
        picture=overlay.picture,
        attachments=overlay.attachments,
    )


def check_record(record: Record) -> tuple[Listing | None, Sequence[Problem]]:
    """Check one record by itself: its listing, unless it has a problem, and all that there is to tell."""
    problems = list(record.problems)
    if record.fields is None:
        return None, problems
    offering = extras = None
    try:
        offering = Offering.model_validate(record.fields)
    except ValidationError as error:
        problems += explain(error, record.place.document, Offering, record.place.within)
    try:
        extras = _Extras.model_validate(record.extras)
    except ValidationError as error:
        own = record.place.extras
        problems += explain(error, own or record.place.document, _Extras, () if own else record.place.within)
    if not offering or not extras or any(not problem.warning for problem in problems):
        return None, problems
    problems += [
        record.place.problem(name, "is null, and the specification requires it", warning=True)
        for name in ("policy_jwt_alg", "webhook_uri_template")
        if getattr(offering, name) is None
    ]
    listing = Listing(offering, extras.store, extras.draft, record.place, record.picture, record.attachments)
    return listing, problems


def _clashes(records: Iterable[Record], *, versions: bool) -> Iterator[Problem]:
    """Find references and ids that two records have; versions share a reference, and never an id."""
    by_id: dict[int, Record] = {}
    by_reference: dict[str, Record] = {}
    for record in records:
        number, reference = (record.fields or {}).get("id"), _text(record, "reference")
        same = by_reference.setdefault(reference, record) if reference else record
        if same is not record and not versions:
            yield record.place.problem("reference", f"{reference} is also the reference of {_told(same)}")
        elif type(number) is int and (other := by_id.setdefault(number, record)) is not record:
            yield record.place.problem("id", f"{number} is also the id of {_told(other)}")


def _misfits(records: Iterable[Record], source: Source) -> Iterator[Problem]:
    """Find what is wrong with the overlays: unreadable, two of one reference, or alone and without a record."""
    references = {_text(record, "reference") for record in records}
    seen: dict[str, Overlay] = {}
    for overlay in source.laid_over:
        yield from overlay.problems
        other = seen.setdefault(overlay.reference, overlay)
        if other is not overlay and overlay.reference:
            reason = f"{overlay.reference} is also the reference of {other.place.document.where}"
            yield overlay.place.problem("reference", reason)
        if overlay.hides and overlay.reference in references:
            yield overlay.place.problem("reference", f"is hidden here, but {source.where} would show it")
        if overlay.is_alone and overlay.reference not in {"", *references}:
            reason = f"no record of {source.where} has this reference"
            yield overlay.place.problem("reference", reason, warning=True)


def _text(record: Record, name: str) -> str:
    value = (record.fields or {}).get(name)
    return value if isinstance(value, str) else ""


def _told(record: Record) -> str:
    line = record.place.document.line_of((*record.place.within, "reference"))
    return f"{record.place.document.where}{f':{line}' if line else ''}"


def _latest(listings: Iterable[Listing]) -> Iterator[Listing]:
    """Of the versions of an offering, keep the published one with the highest id; a draft only if all are."""
    versions: dict[str, list[Listing]] = defaultdict(list)
    for listing in listings:
        versions[listing.offering.reference].append(listing)
    for _, them in sorted(versions.items()):
        yield max(them, key=lambda listing: (not listing.draft, listing.offering.id))
