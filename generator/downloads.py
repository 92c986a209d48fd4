"""Pictures and attachments that records name by an address: a site shows only its own, so they are copied for it.

    listings ──▶ Wanted ──▶ a copy of an earlier build, or fetched ──▶ listings with their files

A file that cannot be had is a warning, and stops nothing: the copy of an earlier build stands in for it. Where there
is none, an attachment is left out, and `public` draws a monogram for a picture.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from generator import assets
from generator.catalog import Listing, LocalFile
from generator.download_cache import Copy, DownloadCache
from generator.errors import AssetError, DownloadError, Problem
from generator.networks import Network, Reach
from generator.settings import DownloadRules
from generator.spread import at_once
from generator.wanted import MOST_ATTACHMENTS, Wanted, steady, wanted_of

if TYPE_CHECKING:
    from generator.fetch import Fetched, Fetcher

AT_ONCE = 8
"""How many files are fetched at the same time."""

_FIELDS: dict[str, str] = {"picture": "picture_uri", "attachment": "attachments"}
_ONE_AT_A_TIME = threading.Lock()
"""Pictures are looked at one by one: what Pillow warns of is kept quiet by a setting that all threads share."""

Told = Callable[[int, int], None]
"""Told how many files are done, of how many."""


@dataclass(frozen=True)
class Supplied:
    """Listings with the files that could be had, and by reference what to tell of the others."""

    listings: Sequence[Listing]
    by_reference: Mapping[str, tuple[Problem, ...]]

    @property
    def problems(self) -> list[Problem]:
        """All that is to be told."""
        return [problem for problems in self.by_reference.values() for problem in problems]


@dataclass(frozen=True)
class _Outcome:
    """What came of one file: where it lies and how large it is; or the reason why it does not, or is an older one."""

    file: LocalFile | None = None
    size: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Sources:
    """From where, and into which cache, files are fetched.

    `places` may be met beyond what the rules of a store allow: the configured API's own. Without `is_online` only
    copies of earlier builds are used; without `reads` none of them, and without `writes` none are left for later ones.
    """

    network: Network
    cache: Path
    namespace: str
    places: frozenset[tuple[str, int]] = frozenset()
    is_online: bool = True
    reads: bool = True
    writes: bool = True


class Downloads:
    """Fetches the files of listings, each once for as long as this stands; to be closed after the files were used."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._open = ExitStack()
        self._cache: DownloadCache | None = None
        self._done: dict[tuple[Wanted, DownloadRules], _Outcome] = {}
        self._given: dict[str, tuple[Listing, tuple[_Outcome, ...], Listing]] = {}

    def close(self) -> None:
        """Give up what was fetched for this build alone."""
        self._open.close()

    def supply(self, listings: Sequence[Listing], rules: DownloadRules, told: Told) -> Supplied:
        """Return the listings with the files that their records name, and a warning for each that cannot be had."""
        plans = [tuple(wanted_of(listing, self._sources.namespace)) for listing in listings]
        if not any(plans):
            return Supplied(listings, {})
        outcomes = iter(self._outcomes([it for plan in plans for it in plan], rules, told))
        supplied: list[Listing] = []
        problems: dict[str, tuple[Problem, ...]] = {}
        for listing, plan in zip(listings, plans, strict=True):
            mine = tuple(islice(outcomes, len(plan)))
            supplied.append(self._with_files(listing, plan, mine))
            if told_of := tuple(_problems(listing, plan, mine)):
                problems[listing.offering.reference] = told_of
        return Supplied(supplied, problems)

    def _with_files(self, listing: Listing, plan: Sequence[Wanted], outcomes: tuple[_Outcome, ...]) -> Listing:
        """Return a listing with its files; the very same one as before, when neither changed."""
        known = self._given.get(listing.offering.reference)
        if known is None or known[0] is not listing or known[1] != outcomes:
            known = listing, outcomes, _with_files(listing, plan, outcomes)
            self._given[listing.offering.reference] = known
        return known[2]

    def _outcomes(self, wanted: Sequence[Wanted], rules: DownloadRules, told: Told) -> Sequence[_Outcome]:
        """Obtain every file that was not obtained before, several at once."""
        keys = [(replace(it, address=steady(it.address)), rules) for it in wanted]
        fresh = [number for number, key in enumerate(keys) if key not in self._done]
        if fresh:
            with _Hands(self._sources, self._shelves(), rules) as hands:
                work = at_once(hands.obtain, [wanted[number] for number in fresh], AT_ONCE)
                room = (rules.limits.site_mib << 20) - sum(self._done[key].size for key in keys if key in self._done)
                with closing(work):
                    for count, (number, outcome) in enumerate(zip(fresh, work, strict=True), 1):
                        room -= outcome.size
                        hands.are_full = hands.are_full or room < 0  # in the order of the offerings, not of answers
                        self._done[keys[number]] = _full(rules) if hands.are_full else outcome
                        told(count, len(fresh))
            self._shelves().forget_unused()
        return [self._done[key] for key in keys]

    def _shelves(self) -> DownloadCache:
        if self._cache is None:
            passing = self._open.enter_context(TemporaryDirectory(prefix="appshelf-files-"))
            lasting = self._sources.cache / "downloads"
            self._cache = DownloadCache(lasting, Path(passing), self._sources.reads, self._sources.writes)
        return self._cache


def _full(rules: DownloadRules) -> _Outcome:
    return _Outcome(reason=f"the files of all offerings together are over {rules.limits.site_mib:,} MiB")


class _Hands:
    """Obtains one file at a time, called by several threads. The client is opened when the first has to be fetched.

    Once they `are_full` nothing more is begun.
    """

    are_full = False

    def __init__(self, sources: Sources, cache: DownloadCache, rules: DownloadRules) -> None:
        self._sources, self._cache, self._rules = sources, cache, rules
        self._open = ExitStack()
        self._lock = threading.Lock()
        self._made: Fetcher | None = None

    def __enter__(self) -> "_Hands":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def obtain(self, it: Wanted) -> _Outcome:
        """Return the copy of an earlier build where nothing changed, else the file from its host."""
        if self.are_full:
            return _full(self._rules)
        limit = self._limit(it)
        found = self._cache.find(it.identity, limit)
        known, path = (found[0], found[1]) if found else (None, None)
        if known and path and (not self._sources.is_online or _is_current(known, it)):
            return _Outcome(_local(it, path), known.size)
        try:
            return self._fetched(it, known, path, limit)
        except (DownloadError, AssetError) as error:
            if known and path:
                return _Outcome(_local(it, path), known.size, f"{error}; the copy of an earlier build is used")
            return _Outcome(reason=str(error))

    def _fetched(self, it: Wanted, known: Copy | None, path: Path | None, limit: int) -> _Outcome:
        if not self._sources.is_online:
            raise DownloadError("was never fetched before, and there is no network")
        if it.announced is not None and it.announced > limit:
            raise AssetError(f"{it.announced / 2**20:.1f} MiB, at most {limit >> 20} MiB")
        fetched = self._ask(it, known, limit)
        copy = Copy(
            steady(it.address), it.version, it.announced, fetched.validators.etag, fetched.validators.last_modified,
            known.sha256 if known else "", known.size if known else 0,
        )  # fmt: skip
        if fetched.content is None:
            if not known or not path:
                raise DownloadError("its host calls it unchanged, and it was never fetched before")
            self._cache.renew(it.identity, copy)
            return _Outcome(_local(it, path), known.size)
        with _ONE_AT_A_TIME:
            if it.kind == "picture":
                assets.check_picture(fetched.content)
            else:
                assets.check_attachment(it.name, fetched.content)
        return _Outcome(_local(it, self._cache.keep(it.identity, copy, fetched.content)), len(fetched.content))

    def _ask(self, it: Wanted, known: Copy | None, limit: int) -> "Fetched":
        from generator.fetch import FetchLimits, Validators

        is_same = known is not None and known.address == steady(it.address)  # else another file may have its tag
        validators = Validators(known.etag, known.last_modified) if known and is_same else Validators()
        return self._fetcher().fetch(it.address, FetchLimits(limit, self._rules.limits.seconds), validators)

    def _fetcher(self) -> "Fetcher":
        from generator.fetch import Fetcher, web

        with self._lock:
            if self._made is None:
                reach = Reach.of(self._rules.allow_hosts, self._sources.places)
                http = self._open.enter_context(web(self._sources.network, reach, AT_ONCE))
                self._made = Fetcher(http, reach)
            return self._made

    def _limit(self, it: Wanted) -> int:
        limits = self._rules.limits
        return (limits.picture_mib if it.kind == "picture" else limits.attachment_mib) << 20


def _is_current(known: Copy, it: Wanted) -> bool:
    """Whether the record says that nothing changed; without its date only the host can tell."""
    return bool(it.version) and (known.version, known.announced) == (it.version, it.announced) and (
        known.address == steady(it.address)
    )  # fmt: skip


def _local(it: Wanted, path: Path) -> LocalFile:
    return LocalFile(it.key, path, path.parent, name=it.name or "picture", fetched=True)


def _with_files(listing: Listing, plan: Sequence[Wanted], outcomes: Sequence[_Outcome]) -> Listing:
    picture, attachments = listing.picture, list(listing.attachments)
    for it, outcome in zip(plan, outcomes, strict=True):
        if outcome.file and it.kind == "picture":
            picture = outcome.file
        elif outcome.file:
            attachments.append(outcome.file)
    return replace(listing, picture=picture, attachments=tuple(attachments)) if plan else listing


def _problems(listing: Listing, plan: Sequence[Wanted], outcomes: Sequence[_Outcome]) -> Iterator[Problem]:
    for it, outcome in zip(plan, outcomes, strict=True):
        if outcome.reason:
            instead = "" if outcome.file else "; a monogram is shown" if it.kind == "picture" else "; it is left out"
            name = f"{it.name}: " if it.name else ""
            yield listing.place.problem(_FIELDS[it.kind], f"{name}{outcome.reason}{instead}", warning=True)
    if (beyond := len(listing.offering.attachments) - MOST_ATTACHMENTS) > 0:
        yield listing.place.problem("attachments", f"{beyond:,} more than {MOST_ATTACHMENTS:,} files", warning=True)
