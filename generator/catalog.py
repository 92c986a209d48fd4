"""Records in, a `Catalog` out: each record is checked, then the records against each other.

Every problem of a load is reported at once. Where records come from is a `Source`'s business: the content folder,
a JSON file.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.documents import Document, Location, TomlDocument, dotted, explain
from generator.errors import InputError, Problem
from generator.fields import Flag
from generator.models import Offering, StoreEntry, TextName


@dataclass(frozen=True)
class LocalFile:
    """A file of the author's: `key` is how texts name it, such as ``"attachments/flow.png"``.

    It is read, when it is needed, only if it stands inside `root`.
    """

    key: str
    path: Path
    root: Path


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

    def store_problem(self, *location: int | str, reason: str) -> Problem:
        """Tell a problem of the store's part of the offering, at `location` from ``"store"`` on."""
        document, within = (self.extras, ()) if self.extras else (self.document, self.within)
        line = document.line_of((*within, *location))
        return Problem(document.where, dotted(location), reason, line=line)

    def note(self, name: TextName, line: int | None, reason: str) -> Problem:
        """Tell a warning about line `line` of the text `name`; in its own file when it has one."""
        if name in self.texts:
            return Problem(self.texts[name], name, reason, line=line, warning=True)
        spot = f", line {line} of the text" if line else ""
        return self.problem(name, reason + spot, warning=True)


@dataclass(frozen=True)
class Record:
    """One offering as a source holds it, unchecked.

    `fields` go by their API names. `extras` are ``draft`` and ``store``, the two keys that the API does not know.
    `problems` are those met while reading; a record without `fields` could not be read at all.
    """

    place: Place
    fields: Mapping[str, Any]
    extras: Mapping[str, Any] = field(default_factory=dict)
    picture: LocalFile | None = None
    attachments: tuple[LocalFile, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Overlay:
    """What the content folder lays over a record from elsewhere: a `[store]` table, a picture, attachments."""

    document: TomlDocument
    reference: str
    picture: LocalFile | None
    attachments: tuple[LocalFile, ...]


class Source(Protocol):
    """Somewhere that offerings come from."""

    holds_versions: bool
    """Whether several records of one reference are versions of one offering, rather than a mistake."""

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
    """The offerings of a store, one listing a reference, ordered by reference; and what to tell their authors."""

    listings: tuple[Listing, ...]
    warnings: tuple[Problem, ...]

    def shown(self, *, drafts: bool = False) -> tuple[Listing, ...]:
        """Return what visitors see: nothing disabled, and no draft unless asked for."""
        return tuple(it for it in self.listings if not it.offering.disabled and (drafts or not it.draft))

    @property
    def disabled(self) -> int:
        """How many are left out because they may no longer be installed by new customers."""
        return sum(it.offering.disabled for it in self.listings)

    @property
    def drafts(self) -> int:
        """How many are not yet published (and not disabled)."""
        return sum(it.draft and not it.offering.disabled for it in self.listings)


class _Extras(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    draft: Flag = False
    store: StoreEntry = StoreEntry()


def load_catalog(source: Source, account: str = "") -> Catalog:
    """Check every record of `source`, and the records against each other.

    `account` is the account name that a missing reference begins with. Raises `InputError` with all problems and
    warnings when there is at least one problem.
    """
    listings: list[Listing] = []
    problems: list[Problem] = []
    for record in source.records():
        listing, found = _check(record, account)
        problems += found
        if listing:
            listings.append(listing)
    problems += _clashes(listings, versions=source.holds_versions)
    if any(not problem.warning for problem in problems):
        raise InputError(sorted(problems, key=_position))
    return Catalog(tuple(_latest(listings)), tuple(sorted(problems, key=_position)))


def derived_reference(account: str, name: str) -> str:
    """Derive a reference as the specification does (field "reference"): ``wdc``, ``My App`` → ``wdc_my_app``."""
    return f"{account}_{name.lower().replace(' ', '_')}"


def derived_id(reference: str) -> int:
    """Give an offering without an id one that stays the same: a positive number below 2**48."""
    return int.from_bytes(hashlib.sha256(reference.encode("utf-8", "replace")).digest()[:6]) or 1


def _check(record: Record, account: str) -> tuple[Listing | None, list[Problem]]:
    problems = list(record.problems)
    if not record.fields:
        return None, problems
    offering = extras = None
    try:
        offering = Offering.model_validate(_completed(record.fields, account))
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


def _completed(fields: Mapping[str, Any], account: str) -> Mapping[str, Any]:
    """Fill in the reference and the id that a record leaves out, where they can be derived."""
    completed = dict(fields)
    name, reference = fields.get("name"), fields.get("reference")
    if "reference" not in fields and account and isinstance(name, str):
        completed["reference"] = reference = derived_reference(account, name)
    if "id" not in fields and isinstance(reference, str):
        completed["id"] = derived_id(reference)
    return completed


def _clashes(listings: Sequence[Listing], *, versions: bool) -> Iterator[Problem]:
    """Find references and ids that two records have; a version shares its reference, never its id."""
    by_id: dict[int, Listing] = {}
    by_reference: dict[str, Listing] = {}
    for listing in listings:
        offering = listing.offering
        if (other := by_id.setdefault(offering.id, listing)) is not listing:
            yield listing.place.problem("id", f"{offering.id} is also the id of {_told(other)}")
        if (other := by_reference.setdefault(offering.reference, listing)) is not listing and not versions:
            yield listing.place.problem(
                "reference", f"{offering.reference} is also the reference of {_told(other)}"
            )


def _told(listing: Listing) -> str:
    line = listing.place.document.line_of((*listing.place.within, "reference"))
    return f"{listing.place.document.where}{f':{line}' if line else ''}"


def _latest(listings: Iterable[Listing]) -> Iterator[Listing]:
    """Of the versions of an offering, keep the published one with the highest id; a draft only if all are."""
    versions: dict[str, list[Listing]] = defaultdict(list)
    for listing in listings:
        versions[listing.offering.reference].append(listing)
    for _, them in sorted(versions.items()):
        yield max(them, key=lambda listing: (not listing.draft, listing.offering.id))


def _position(problem: Problem) -> tuple[str, int, int, str]:
    return problem.where, problem.line or 0, problem.column or 0, problem.field
