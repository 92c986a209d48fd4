"""Which pages a store has: their paths, templates and contexts. Owns every address of the site; pure.

A path is relative to the site's root and "/"-separated. Templates get values, never records: `Card` and its
`PublicOffering`, `Group`, `Tab`, `Pager`, and the `Site` around them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from generator.cards import Card, Group, shelve
from generator.finder import Finder, found_by
from generator.likeness import related
from generator.markup import mentioned
from generator.matrix import Column, columns, declared, outspoken, rows, table
from generator.models import TEXT_NAMES, Attachment, DeclaredAssurance, Picture, PublicOffering, TextName
from generator.news import Update, latest, of_compliance, updates_of
from generator.records import short_record, whole_record
from generator.settings import PublicStore, Store
from generator.topics import TOPICS, Topics

UPDATED = 100
"""Updates on their page."""
FEED = 50
"""Entries of a feed."""
SECURITY = 50
"""Apps on a page of the table of topics."""


@dataclass(frozen=True)
class Page:
    """One file to render: its path in the site, the template, and what the template gets."""

    path: str
    template: str
    context: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Late(Mapping[str, object]):
    """The values of a page, of which one is worked out only when it is asked for: by the process that renders it."""

    known: Mapping[str, object]
    name: str
    work: Callable[[], object]

    def __getitem__(self, key: str) -> object:
        return self.work() if key == self.name else self.known[key]

    def __iter__(self) -> Iterator[str]:
        yield from (*self.known, self.name)

    def __len__(self) -> int:
        return len(self.known) + 1


@dataclass(frozen=True)
class Tab:
    """One text of the offering with this `reference`, as written.

    `attachments` are listed at its foot; `files` are all of the offering's, for the links and images of the text.
    """

    reference: str
    name: TextName
    text: str
    attachments: tuple[Attachment, ...]
    files: tuple[Attachment, ...]


@dataclass(frozen=True)
class Compared:
    """What a comparison shows of an app beside its facts: what was `declared`, by topic, and two of its texts."""

    declared: Mapping[Column, Sequence[DeclaredAssurance]]
    features: Tab
    compliance: Tab


@dataclass(frozen=True)
class Pager:
    """Where one page of a list stands. `paths` are the paths of all its pages, the first at index 0."""

    number: int
    paths: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path of this page."""
        return self.paths[self.number - 1]

    @property
    def previous(self) -> str | None:
        """The path of the page before, if there is one."""
        return self.paths[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> str | None:
        """The path of the page after, if there is one."""
        return self.paths[self.number] if self.number < len(self.paths) else None


@dataclass(frozen=True)
class Site:
    """What every page knows of the store around it. Groups are sorted by name.

    `finder` is what a browser searches and chooses from; with a single app there is nothing to find or to compare.
    `has_security` tells whether any app may say anything about it by topic, `has_feed` whether there are dates and an
    address for a feed, `has_compliance_feed` whether, beside these, any app is known to have changed what it says;
    `has_index` whether the texts have a full-text index. `topics` are what is looked for in what apps say about it.
    """

    store: PublicStore
    logo: Picture | None
    total: int
    categories: tuple[Group, ...]
    publishers: tuple[Group, ...]
    finder: Finder | None
    has_security: bool
    has_feed: bool
    has_compliance_feed: bool
    has_index: bool
    topics: Topics


def plan_pages(
    store: Store,
    offerings: Sequence[PublicOffering],
    logo: Picture | None = None,
    *,
    topics: Topics = TOPICS,
    has_index: bool = False,
) -> list[Page]:
    """Plan every page of the store, in the order in which they are rendered.

    `has_index` tells that the texts will have a full-text index, which the list page then searches.
    """
    shelf = shelve(store, offerings)
    cards, members = shelf.cards, shelf.members()
    finder = found_by(shelf) if len(cards) > 1 else None
    updates = latest(cards)
    published = [update for update in updates if not update.card.offering.draft] if store.base_url else []
    news, compliance = _news(published), of_compliance(published)[:FEED]
    spoken = outspoken(cards, topics)
    site = Site(
        store=store.public,
        logo=logo,
        total=len(cards),
        categories=shelf.categories,
        publishers=shelf.publishers,
        finder=finder,
        has_security=bool(spoken),
        has_feed=bool(news),
        has_compliance_feed=bool(compliance),
        has_index=has_index,
        topics=topics,
    )
    pages = [
        *_index_pages(site, cards),
        *_group_pages(site, members),
        _updated_page(site, updates),
        *_security_pages(site, cards, spoken),
        *_compare_page(site),
        *_offering_pages(site, cards, members),
        *_record_pages(site, cards),
        *([Page("feed.xml", "feed.xml", {"site": site, "updates": news})] if news else []),
        *([Page("compliance.xml", "compliance.xml", {"site": site, "updates": compliance})] if compliance else []),
        *([Page(finder.path, "apps.js", {"list": finder.list})] if finder else []),
        Page("404.html", "404.html", {"site": site}),
    ]
    return [*pages, *_crawler_pages(site, cards, pages)]


def _news(updates: Sequence[Update]) -> list[Update]:
    """The last update of each app, as its record dates it."""
    return [update for update in updates if update.at == update.card.offering.updated_at][:FEED]


# / and /page/<n>/
def _index_pages(site: Site, cards: Sequence[Card]) -> Iterator[Page]:
    featured_first = sorted(cards, key=lambda card: not card.offering.featured)
    for pager, shown in _paged("", featured_first, site.store.per_page):
        yield Page(pager.path, "index.html", {"site": site, "pager": pager, "cards": shown})


# /categories/<slug>/ and /publishers/<slug>/, paged like the index
def _group_pages(site: Site, members: Mapping[Group, Sequence[Card]]) -> Iterator[Page]:
    for group in (*site.categories, *site.publishers):
        folder = group.path.removesuffix("index.html")
        for pager, shown in _paged(folder, members[group], site.store.per_page):
            yield Page(pager.path, "group.html", {"site": site, "group": group, "pager": pager, "cards": shown})


# /updated/
def _updated_page(site: Site, updates: Sequence[Update]) -> Page:
    """What changed last, newest first; an app without a date is not among them."""
    return Page("updated/index.html", "updated.html", {"site": site, "updates": updates[:UPDATED]})


# /security/, paged, and /security/topics.csv
def _security_pages(site: Site, cards: Sequence[Card], spoken: Sequence[Card]) -> Iterator[Page]:
    """What the apps say about security and compliance by topic; none when no app says anything."""
    if not spoken:
        return
    shown = columns(spoken, site.topics)
    read = partial(table, shown=shown, topics=site.topics, flavour=site.store.markup)
    speaking = {card.path for card in spoken}
    silent = [card for card in cards if card.path not in speaking]
    for pager, part in _paged("security/", spoken, SECURITY):
        context = {"site": site, "pager": pager, "count": len(spoken), "apps": part}
        context["silent"] = [] if pager.next else silent
        yield Page(pager.path, "security.html", Late(context, "table", partial(read, part)))
    late = partial(rows, cards, shown, site.topics, site.store.markup)
    yield Page("security/topics.csv", "security.csv", Late({"site": site, "columns": shown}, "rows", late))


# /compare/
def _compare_page(site: Site) -> Iterator[Page]:
    """Where apps stand side by side: a page without apps, into which a browser loads those of the address."""
    if site.finder:
        yield Page("compare/index.html", "compare.html", {"site": site, "topics": columns((), site.topics)})


# /apps/<slug>/, and /apps/<slug>/compare.js
def _offering_pages(site: Site, cards: Sequence[Card], members: Mapping[Group, Sequence[Card]]) -> Iterator[Page]:
    """The page of each app, and right after it what a comparison shows of it, while its texts are still at hand."""
    others = related(cards, members)
    for card in cards:
        context = {"site": site, "card": card, "related": others[card.path], "updates": updates_of(card)}
        yield Page(card.path, "offering.html", Late(context, "tabs", partial(_tabs, card.offering)))
        if site.finder:
            late = Late(context, "compared", partial(_compared, card, site.topics))
            yield Page(f"apps/{card.slug}/compare.js", "app.js", late)


# /v1/app_offerings.json and /v1/app_offerings/<id>.json
def _record_pages(site: Site, cards: Sequence[Card]) -> Iterator[Page]:
    base_url = site.store.base_url or ""
    yield Page(
        "v1/app_offerings.json", "v1.json", {"record": [short_record(card.offering, base_url) for card in cards]}
    )
    for card in cards:
        path = f"v1/app_offerings/{card.offering.id}.json"
        yield Page(path, "v1.json", Late({}, "record", partial(whole_record, card.offering, base_url)))


# /robots.txt, and /sitemap.xml when the store has an address
def _crawler_pages(site: Site, cards: Sequence[Card], pages: Iterable[Page]) -> Iterator[Page]:
    yield Page("robots.txt", "robots.txt", {"site": site})
    if site.store.base_url:
        dates = {card.path: card.offering.updated_at for card in cards}
        hidden = {card.path for card in cards if card.offering.draft}
        listed = [page.path for page in pages if page.path.endswith("index.html") and page.path not in hidden]
        yield Page("sitemap.xml", "sitemap.xml", {"site": site, "locations": [(p, dates.get(p)) for p in listed]})


def _paged(folder: str, cards: Sequence[Card], per_page: int) -> Iterator[tuple[Pager, Sequence[Card]]]:
    """Cut a list into pages; an empty list still has its first page."""
    count = max(1, -(-len(cards) // per_page))
    paths = (f"{folder}index.html", *(f"{folder}page/{number}/index.html" for number in range(2, count + 1)))
    for number in range(1, count + 1):
        yield Pager(number, paths), cards[(number - 1) * per_page : number * per_page]


def _tabs(offering: PublicOffering) -> tuple[Tab, ...]:
    """Make a tab of every text that says something, or that has something at its foot or head."""
    owners = _owners(offering)
    tabs = (
        _tab(offering, name, tuple(a for a in offering.attachments if a.listed and owners[a.key] == name))
        for name in TEXT_NAMES
    )
    filled = {"compliance": offering.assurances, "description": offering.screenshots}
    return tuple(tab for tab in tabs if tab.text.strip() or tab.attachments or filled.get(tab.name))


def says_something(offering: PublicOffering) -> bool:
    """Whether any of the texts has a letter or digit: a word that one may search for."""
    return any(any(map(str.isalnum, getattr(offering, name))) for name in TEXT_NAMES)


def _tab(offering: PublicOffering, name: TextName, attachments: tuple[Attachment, ...] = ()) -> Tab:
    text: str = getattr(offering, name)
    return Tab(offering.reference, name, text, attachments, offering.attachments)


def _compared(card: Card, topics: Topics) -> Compared:
    offering = card.offering
    return Compared(declared(card, topics), _tab(offering, "features"), _tab(offering, "compliance"))


def _owners(offering: PublicOffering) -> dict[str, TextName]:
    """Tell which text each attachment belongs to: the first that mentions it, otherwise the description.

    Evidence of an assurance belongs to the compliance text, wherever it is mentioned.
    """
    keys = [attachment.key for attachment in offering.attachments]
    owners: dict[str, TextName] = dict.fromkeys(keys, "description")
    for name in reversed(TEXT_NAMES) if keys else ():
        owners |= dict.fromkeys(mentioned(getattr(offering, name), keys), name)
    evidence = {assurance.evidence for assurance in offering.assurances}
    return owners | {a.key: "compliance" for a in offering.attachments if a.download in evidence}
