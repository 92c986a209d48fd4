"""The store while its author works on it: made anew after every change, from what is remembered.

Only what changed is read and drawn again, and a page is rendered when it is asked for, so that a change shows at once
in a large store too. An edition is whole: with a problem anywhere, the last good one stays.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from generator.build import Progress, Shelved, lay_out, notes, read_store, refuse, stocking
from generator.catalog import Catalog, Listing, read_catalog
from generator.errors import InputError, Problem
from generator.history import Chronicle, RememberedChronicles
from generator.manifest import Entry, check_path
from generator.models import Picture, PublicOffering
from generator.networks import INTERNET, Network
from generator.origin import Origin
from generator.pages import Page
from generator.provenance import written_in, written_of
from generator.public import Logo, Stock, load_logo, present
from generator.remembered import (
    RememberedChecks,
    RememberedFolder,
    Signature,
    is_settled,
    signature,
    touched_folders,
)
from generator.render import Desk, Renderer
from generator.settings import Settings, Store
from generator.spread import spread
from generator.templates_now import Templates

_KEPT_PAGES = 64


@dataclass(frozen=True)
class View:
    """What an author wants to see beside what visitors will."""

    drafts: bool = False
    disabled: bool = False


@dataclass(frozen=True)
class Window:
    """One view of the store, laid out. `pages` and `shared`, the files of all pages, go by path.

    `files` are the paths of the pictures and attachments of its offerings.
    """

    listings: Sequence[Listing]
    pages: Mapping[str, Page]
    shared: Mapping[str, bytes]
    files: frozenset[str]
    renderer: Renderer
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class Edition:
    """The store at one moment, and its windows as far as anybody looked. Equal editions look alike in all of them."""

    store: Store
    catalog: Catalog
    shelved: Mapping[str, Shelved]
    logo: Logo
    templates: Signature
    other_files: Signature
    not_supplied: Mapping[str, tuple[Problem, ...]]
    chronicles: Mapping[str, Chronicle]
    loader: "Templates" = field(compare=False)
    windows: dict[View, Window] = field(default_factory=dict, compare=False)

    def problems(self, view: View) -> list[Problem]:
        """Return what is to be told of the offerings in a view, and of the store as a whole."""
        seen = self.catalog.shown(drafts=view.drafts, disabled=view.disabled)
        shown = [it.offering.reference for it in seen]
        of_files = [it for name in shown for it in (*self.not_supplied.get(name, ()), *self.shelved[name].problems)]
        of_history = [it for name in shown for it in self.chronicles[name].problems]
        return [*self.logo.problems, *self.catalog.problems, *of_files, *of_history]


@dataclass(frozen=True)
class Shown:
    """What stands at an address: its content, if there is any, and what to tell; with `problems` the last good one."""

    content: bytes | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class Workshop:
    """Makes editions of one store, and remembers what the next one needs. Pictures and attachments lie in `folder`.

    `update` is called by one thread at a time, `show` by any. `stamp` grows whenever something else is to be seen.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        progress: Progress = lambda *_: None,
        network: Network = INTERNET,
    ) -> None:
        self.settings = settings
        self.notices: tuple[Problem, ...] = ()
        self._origin = Origin(settings, network)
        self._progress = progress
        self.view = View(drafts=settings.drafts)
        self.stamp = 0
        self.problems: tuple[Problem, ...] = ()
        self.edition: Edition | None = None
        self._folder = folder
        self._editions = 0
        self._content = RememberedFolder(settings.content)
        self._checks = RememberedChecks()
        self._stock: dict[str, tuple[Listing, Signature, Shelved]] = {}
        self._drawn: dict[tuple[str, str], Picture] = {}
        self._chronicles = RememberedChronicles(settings.content)
        self._presented: dict[str, tuple[Listing, Stock, Chronicle, PublicOffering]] = {}
        self._tried: Signature | None = None
        self._rendered: OrderedDict[tuple[View, str], tuple[int, Shown]] = OrderedDict()
        self._lock = threading.RLock()

    def update(self, jobs: int = 1, *, touched: Collection[str] | None = None) -> bool:
        """Make the edition anew, and tell whether anything else is to be seen. With problems the last good one stays.

        `jobs` may be more than one only before threads are started: it is the number of processes that are forked.
        With `touched`, the absolute paths of what changed, offerings are looked at only there.
        """
        problems: tuple[Problem, ...] = ()
        self._content = replace(self._content, touched=touched_folders(self.settings.content, touched))
        try:
            edition: Edition | None = self._made(jobs)
        except InputError as error:
            edition, problems = self.edition, error.problems
        return self._settle(edition, problems)

    def close(self) -> None:
        """Give up what was fetched for these editions alone."""
        self._origin.close()

    def fail(self, problem: Problem) -> None:
        """Show `problem` over the last good edition."""
        self._settle(self.edition, (problem,))

    def _settle(self, edition: Edition | None, problems: tuple[Problem, ...]) -> bool:
        if self.stamp and (edition, problems) == (self.edition, self.problems):
            return False
        with self._lock:
            self._editions += edition is not self.edition
            self.edition, self.problems = edition, problems
            self.stamp += 1
        return True

    def show(self, path: str, view: View) -> Shown | None:
        """Return what stands at `path`, a path in the site; ``None`` when nothing does."""
        with self._lock:
            if self.edition is None:
                return Shown(None, self.problems)
            try:
                window = self._window(self.edition, view)
                if path in window.pages:
                    return self._page(window, view, path)
            except InputError as error:
                return Shown(None, error.problems)
        if path in window.shared:
            return Shown(window.shared[path])
        return Shown((self._folder / path).read_bytes()) if path in window.files else None

    def _page(self, window: Window, view: View, path: str) -> Shown:
        """Render a page, once an edition; one that cannot be rendered is shown as it was before."""
        before = self._rendered.get((view, path))
        if before is None or before[0] != self._editions:
            try:
                page = window.renderer.render(window.pages[path])
            except InputError as error:
                return Shown(before[1].content if before else None, error.problems, window.warnings)
            warnings = (*window.warnings, *notes(window.listings, page.notes))
            before = self._editions, Shown(page.content, self.problems, warnings)
            self._rendered[view, path] = before
            self._rendered.move_to_end((view, path))
            if len(self._rendered) > _KEPT_PAGES:
                self._rendered.popitem(last=False)
        return Shown(before[1].content, self.problems, before[1].warnings)

    def _made(self, jobs: int) -> Edition:
        settings = self.settings
        store, problems = read_store(settings)
        if self._origin.is_remote:
            refuse(problems, strict=False)  # they may be about what to fetch
            self.notices = tuple(self._origin.fetch(store, partial(self._progress, "fetch")))
        catalog = read_catalog(self._origin.source(self._content), store.account, self._checks.check)
        supplied = self._origin.supply(store, catalog.listings, partial(self._progress, "download"))
        if supplied.listings is not catalog.listings:
            catalog = replace(catalog, listings=tuple(supplied.listings))
        logo = load_logo(settings.content, store.logo)
        shelved = self._shelved(catalog.listings, jobs)
        chronicles = self._chronicles.tell(catalog.listings, store.markup)
        others = [settings.content / "store.toml", Path(settings.source)]
        templates = signature(settings.template_folders)
        before = self.edition
        is_settled_loader = before is not None and before.templates == templates and is_settled(templates)
        loader = before.loader if before and is_settled_loader else Templates(settings.template_folders)
        told = supplied.by_reference
        edition = Edition(store, catalog, shelved, logo, templates, signature(others), told, chronicles, loader)
        refuse([*problems, *edition.problems(self.view)], strict=settings.strict)
        if edition == before:
            edition = before
        if before and self._tried != templates:
            self._try_templates(edition)
        return edition

    def _try_templates(self, edition: Edition) -> None:
        """Render a page of every template, as a mistake in one should be told wherever the author looks."""
        window = self._window(edition, self.view)
        firsts = {page.template: page for page in reversed(list(window.pages.values()))}
        for page in firsts.values():
            window.renderer.render(page)
        self._tried = edition.templates

    def _window(self, edition: Edition, view: View) -> Window:
        if view not in edition.windows:
            edition.windows[view] = self._laid_out(edition, view)
        return edition.windows[view]

    def _laid_out(self, edition: Edition, view: View) -> Window:
        problems = edition.problems(view)
        refuse(problems, strict=self.settings.strict)
        listings = edition.catalog.shown(drafts=view.drafts, disabled=view.disabled)
        offerings = [self._present(it, edition) for it in listings]
        disabled = frozenset(it.offering.reference for it in listings if it.offering.disabled)
        desk = Desk(self._written(edition, listings), disabled, edition.loader)
        settings = replace(self.settings, indexes=False)  # an index is made from pages that stand in a folder
        layout = lay_out(settings, edition.store, offerings, edition.logo, desk=desk)
        problems += layout.warnings
        refuse(problems, strict=self.settings.strict)
        pages = {page.path: page for page in layout.pages}
        files = frozenset(path for it in listings for path in _paths_of(edition.shelved[it.offering.reference].stock))
        return Window(listings, pages, layout.shared, files, layout.renderer, tuple(problems))

    def _present(self, listing: Listing, edition: Edition) -> PublicOffering:
        name = listing.offering.reference
        stock, chronicle = edition.shelved[name].stock, edition.chronicles[name]
        known = self._presented.get(name)
        if not (known and known[0] is listing and known[1] is stock and known[2] == chronicle):
            known = listing, stock, chronicle, present(listing, stock, chronicle.changes)
            self._presented[name] = known
        return known[3]

    def _written(self, edition: Edition, listings: Sequence[Listing]) -> Callable[[object, str], str | None]:
        by_reference = {listing.offering.reference: listing for listing in listings}

        def written(it: object, field: str) -> str | None:
            try:
                if isinstance(it, PublicOffering):
                    return written_of(by_reference[it.reference], field)
                return written_in(self.settings.content, edition.store, field)
            except (LookupError, ValueError, OSError):  # a JSON file that is no longer what the edition was read from
                return None

        return written

    def _shelved(self, listings: Sequence[Listing], jobs: int) -> Mapping[str, Shelved]:
        """Make the files of what changed, and take the others as they are."""
        seen = {it.offering.reference: (it, self._signature(it)) for it in listings}
        known = {name: it for name, it in self._stock.items() if it[:2] == seen.get(name)}
        fresh = [it for it in listings if it.offering.reference not in known]
        every = spread(stocking(fresh, self._keep, self._drawn), len(fresh), jobs)
        for number, made in enumerate(every):
            name = fresh[number].offering.reference
            self._progress("files", number + 1, len(fresh))
            self._drawn |= made.drawn
            known[name] = (*seen[name], made)
        self._stock = {name: it for name, it in known.items() if is_settled(it[1])}
        return {name: made for name, (_, _, made) in known.items()}

    def _signature(self, listing: Listing) -> Signature:
        """Look at the files of a listing, if anything there may have changed."""
        paths, known = _paths(listing), self._stock.get(listing.offering.reference)
        is_known = known and known[0] is listing and not self._content.touches(paths)
        return known[1] if known and is_known else signature(paths)

    def _keep(self, path: str, content: bytes) -> Entry:
        check_path(path)
        target = self._folder / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return Entry(path, len(content), sha256="", changed=False)


def _paths(listing: Listing) -> list[Path]:
    return [file.path for file in (listing.picture, *listing.attachments) if file]


def _paths_of(stock: Stock) -> Iterator[str]:
    """Yield the paths of an offering's pictures and attachments."""
    figures = [it.figure for it in stock.attachments if it.figure]
    for picture in (stock.picture, *figures):
        yield from (picture.path, *(variant.path for variant in picture.variants))
    yield from (attachment.download.path for attachment in stock.attachments)
