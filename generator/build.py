"""The main flow: from content to a site. Start here.

    records ──▶ Catalog ──▶ PublicOfferings ──▶ [Page] ──▶ files ──▶ site/
          check        present             plan       render    commit

Each arrow is one function, each noun one frozen type, and nothing flows back. Only the outer arrows touch the
world: a build either commits a whole new site or leaves the old one as it was.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from generator import fulltext
from generator.catalog import Listing, read_catalog
from generator.errors import InputError, Problem
from generator.headers import headers_file
from generator.hints import hints
from generator.history import UNTOLD, Chronicle, chronicling, keep_pasts, past_of
from generator.history_file import Past
from generator.languages import load_language
from generator.manifest import Entry
from generator.models import PublicOffering
from generator.networks import INTERNET, Network
from generator.origin import Origin
from generator.pages import Page, plan_pages, says_something
from generator.public import Drawn, Logo, Stock, load_logo, present, take_stock
from generator.record_schemas import record_schemas
from generator.render import NO_DESK, Desk, Renderer, TextNote, load_static
from generator.settings import Settings, Store, load_store
from generator.spread import spread
from generator.topics import topics_in
from generator.wanted import names_addresses
from generator.writer import Committed, open_output

T = TypeVar("T")
Keep = Callable[[str, bytes], Entry]
"""What becomes of a finished file, ``keep(path, content)``: it is staged for the site, or only counted."""
Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Report:
    """What a build or check did. `seconds` go by stage; `committed` is ``None`` when nothing was to be written."""

    offerings: int
    pages: int
    files: int
    disabled: int
    drafts: int
    has_address: bool
    warnings: tuple[Problem, ...]
    seconds: Mapping[str, float]
    committed: Committed | None = None


def build(settings: Settings, progress: Progress, network: Network = INTERNET) -> Report:
    """Build the store into ``settings.output``; `network` is where files are fetched from that records name.

    Raises `InputError` with every problem of the input (with ``strict``, warnings too), `RemoteError` when the API
    failed and `OutputError` when the folder cannot or must not be written; then the folder holds what it held before.
    When the full-text index alone fails, `OutputError` too: the pages are the new ones, and search by names works.
    Whoever ends it in the middle of the commit leaves every file whole, old or new, and the next build does the rest.
    """
    watch = _Watch(progress)
    inputs = [settings.content, settings.templates]
    with closing(Origin(settings, network)) as origin, open_output(settings.output, inputs=inputs) as output:
        made = _make(settings, origin, output.put, watch)
        index = output.standing(fulltext.FOLDER) if made.index else ()
        with watch.stage("commit"):
            committed = output.commit([*made.entries, *index])
            unkept = keep_pasts(settings.content, made.pasts)
        if made.index and not fulltext.is_made_from(index, made.index):
            with watch.stage("search"):
                index = fulltext.make_index(output, made.index)
                standing = [replace(entry, changed=False) for entry in made.entries]
                committed = committed.then(output.commit([*standing, *index]))
    report = made.report
    files, warnings = report.files + len(index), (*report.warnings, *unkept)
    return replace(report, files=files, committed=committed, warnings=warnings)


def check(settings: Settings, progress: Progress, network: Network = INTERNET) -> Report:
    """Do all that `build` does, write nothing, and add hints to its warnings."""
    with closing(Origin(settings, network, keeps=False)) as origin:
        return _make(settings, origin, _count, _Watch(progress), thorough=True).report


def _make(settings: Settings, origin: Origin, keep: Keep, watch: "_Watch", *, thorough: bool = False) -> "_Made":
    """Run the flow up to the finished files, and hand each of them to `keep`.

    With problems it ends as soon as they are gathered; `thorough` goes on with what is sound, to tell all there is.
    """
    store, problems = read_store(settings)
    if origin.is_remote:
        refuse(problems, strict=False)  # they may be about what to fetch
        with watch.stage("fetch"):
            problems += origin.fetch(store, watch.told)

    with watch.stage("check"):
        catalog = read_catalog(origin.source(), store.account)
        listings: Sequence[Listing] = catalog.shown(drafts=settings.drafts)

    if any(map(names_addresses, listings)):
        with watch.stage("download"):
            supplied = origin.supply(store, listings, watch.told)
            listings, problems = supplied.listings, [*problems, *supplied.problems]

    with watch.stage("files"):
        stocked = watch.counted(spread(stocking(listings, keep), len(listings), settings.jobs), len(listings))
        logo = load_logo(settings.content, store.logo)
        problems += [*logo.problems, *catalog.problems, *(problem for one in stocked for problem in one.problems)]

    with watch.stage("history"):
        chronicles, wrong = _chronicles(settings, listings, store, watch)
        problems += wrong
        if not thorough:
            refuse(problems, strict=False)

    with watch.stage("plan"):
        offerings = [
            present(listing, one.stock, chronicle.changes)
            for listing, one, chronicle in zip(listings, stocked, chronicles, strict=True)
        ]
        layout = lay_out(settings, store, offerings, logo)
        pages = layout.pages
        problems += layout.warnings

    with watch.stage("render"):
        work = _rendering(pages, layout.renderer, keep)
        rendered = watch.counted(spread(work, len(pages), settings.jobs), len(pages))
        problems += hints(listings) if thorough else ()
        problems += notes(listings, [note for one in rendered for note in one.notes])
        refuse(problems, strict=settings.strict)

    entries = [
        *(keep(path, content) for path, content in layout.shared.items()),
        *(e for one in stocked for e in one.entries),
        *(one.entry for one in rendered),
    ]
    unique = tuple({entry.path: entry for entry in entries}.values())
    report = Report(
        offerings=len(listings),
        pages=sum(page.path.endswith(".html") for page in pages),
        files=len(unique),
        disabled=catalog.disabled,
        drafts=0 if settings.drafts else catalog.drafts,
        has_address=store.base_url is not None,
        warnings=tuple(problems),
        seconds=watch.seconds,
    )
    texts = [(page.entry.path, page.texts) for page in rendered if page.texts]
    index = fulltext.key_of(texts, store.language) if layout.has_index and texts else None
    pasts = tuple(
        (listing.offering.reference, past_of(listing.offering, chronicle))
        for listing, chronicle in zip(listings, chronicles, strict=True)
        if not chronicle.is_kept
    )
    return _Made(report, unique, index, pasts)


@dataclass(frozen=True)
class _Made:
    """The finished files, without the full-text index; and what follows their commit.

    `index` tells what the index is made from, if there is to be one, `pasts` what history to keep, by reference.
    """

    report: Report
    entries: tuple[Entry, ...]
    index: bytes | None
    pasts: tuple[tuple[str, Past], ...]


def _chronicles(
    settings: Settings, listings: Sequence[Listing], store: Store, watch: "_Watch"
) -> tuple[Sequence[Chronicle], list[Problem]]:
    """Tell what changed in the texts of each listing, and what is wrong with what is kept of them."""
    try:
        work = chronicling(settings.content, listings, store.markup)
    except InputError as error:
        return [UNTOLD] * len(listings), list(error.problems)
    chronicles = watch.counted(spread(work, len(listings), settings.jobs), len(listings))
    return chronicles, [problem for it in chronicles for problem in it.problems]


@dataclass(frozen=True)
class Layout:
    """A store laid out: its pages, what renders them, and by path the files that all of them share.

    `has_index` tells that its pages rely on a full-text index, `warnings` what the author should know.
    """

    pages: Sequence[Page]
    renderer: Renderer
    shared: Mapping[str, bytes]
    has_index: bool
    warnings: Sequence[Problem]


def lay_out(
    settings: Settings, store: Store, offerings: Sequence[PublicOffering], logo: Logo, *, desk: Desk = NO_DESK
) -> Layout:
    """Plan the pages of a store, with the templates as they are now; `desk` is where an author looks on."""
    language = load_language(settings.template_folders, store.language)
    static = load_static(settings.template_folders, store, language)
    has_index = settings.indexes and len(offerings) > 1 and any(map(says_something, offerings))
    shared = {".nojekyll": b"", "_headers": headers_file(has_index=has_index), **record_schemas()}
    shared |= {file.path: file.content for file in logo.assets}
    shared |= {file.path: file.content for file in static.values()}
    topics = topics_in(language.topic_names, language.topic_words)
    pages = plan_pages(store, offerings, logo.picture, topics=topics, has_index=has_index)
    renderer = Renderer(store, settings.template_folders, static, language, desk)
    return Layout(pages, renderer, shared, has_index, language.warnings)


def read_store(settings: Settings) -> tuple[Store, list[Problem]]:
    """Read the store's settings; with a problem there, the offerings can still be checked."""
    try:
        return load_store(settings.content, settings.base_url), []
    except InputError as error:
        return Store(), list(error.problems)


@dataclass(frozen=True)
class Shelved:
    """A listing's stock, what was kept of its files, what was drawn, and what the author should know."""

    stock: Stock
    entries: tuple[Entry, ...]
    drawn: Drawn
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Rendered:
    entry: Entry
    notes: tuple[TextNote, ...]
    texts: str | None


def stocking(listings: Sequence[Listing], keep: Keep, known: Drawn = MappingProxyType({})) -> Callable[[int], Shelved]:
    """Make the files of one listing, but those of `known` pictures, and keep them where that happens.

    Files never travel between processes.
    """

    def work(number: int) -> Shelved:
        stocked = take_stock(listings[number], known)
        entries = tuple(keep(asset.path, asset.content) for asset in stocked.assets)
        return Shelved(stocked.stock, entries, stocked.drawn, stocked.problems)

    return work


def _rendering(pages: Sequence[Page], renderer: Renderer, keep: Keep) -> Callable[[int], _Rendered]:
    def work(number: int) -> _Rendered:
        rendered = renderer.render(pages[number])
        return _Rendered(keep(rendered.path, rendered.content), rendered.notes, rendered.texts)

    return work


def notes(listings: Sequence[Listing], found: Sequence[TextNote]) -> list[Problem]:
    """Give what was found in texts its places; each is told once, in however many pages its text stands."""
    places = {listing.offering.reference: listing.place for listing in listings}
    return [places[note.reference].note(note.text, note.line, note.reason) for note in dict.fromkeys(found)]


def refuse(problems: Sequence[Problem], *, strict: bool) -> None:
    """Raise `InputError` if any of the problems stops a build."""
    if any(strict or not problem.warning for problem in problems):
        raise InputError(problems)


def _count(path: str, content: bytes) -> Entry:
    return Entry(path, len(content), sha256="", changed=False)


class _Watch:
    """Times the stages, and tells how far each has come."""

    def __init__(self, progress: Progress) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._stage = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._stage, began = name, time.perf_counter()
        self._progress(name, 0, 0)
        yield
        self.seconds[name] = time.perf_counter() - began

    def told(self, done: int, total: int) -> None:
        """Tell how far the stage has come."""
        self._progress(self._stage, done, total)

    def counted(self, results: Generator[T, None, None], total: int) -> list[T]:
        gathered: list[T] = []
        with closing(results):  # an interrupt ends the workers now, before what they staged is cleared away
            for result in results:
                gathered.append(result)
                self.told(len(gathered), total)
        return gathered
