"""Which pages a store has: their paths, templates and contexts. Owns every address of the site; pure.

A path is relative to the site's root and "/"-separated. Templates get values, never records: `Card` and its
`PublicOffering`, `Group`, `Tab`, `Pager`, and the `Site` around them.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import quote

from generator.addresses import slugs
from generator.characters import visible
from generator.markup import mentioned
from generator.models import TEXT_NAMES, Attachment, Picture, PublicOffering, TextName
from generator.records import short_record, whole_record
from generator.settings import PublicStore, Store

GroupKind = Literal["category", "publisher"]
_GroupKey = tuple[GroupKind, str]

_FOLDER: Mapping[GroupKind, str] = {"category": "categories", "publisher": "publishers"}
_TAB_TITLES: tuple[tuple[TextName, str, str], ...] = (
    ("description", "Description", "Description"),
    ("features", "Features", "Features"),
    ("compliance", "Security & Compliance", "Security"),
)
RELATED = 4
UPDATED = 100


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
class Group:
    """A category or a publisher: the page of its offerings, and how many there are."""

    kind: GroupKind
    name: str
    path: str
    count: int


@dataclass(frozen=True)
class Card:
    """An offering with its addresses: its page, its groups, and where a customer gets or configures it.

    `install` and `configure` may hold ``{account}``, for the visitor's own account.
    """

    offering: PublicOffering
    path: str
    publisher: Group
    categories: tuple[Group, ...]
    install: str | None
    configure: str | None


@dataclass(frozen=True)
class Tab:
    """One text of the offering with this `reference`, as written.

    `attachments` are listed at its foot; `files` are all of the offering's, for the links and images of the text.
    """

    reference: str
    name: TextName
    title: str
    short_title: str
    text: str
    attachments: tuple[Attachment, ...]
    files: tuple[Attachment, ...]


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
    """What every page knows of the store around it. Groups are sorted by name."""

    store: PublicStore
    logo: Picture | None
    total: int
    categories: tuple[Group, ...]
    publishers: tuple[Group, ...]


def plan_pages(store: Store, offerings: Sequence[PublicOffering], logo: Picture | None = None) -> list[Page]:
    """Plan every page of the store, in the order in which they are rendered."""
    groups = _groups(store, offerings)
    cards = _cards(store, offerings, groups)
    site = Site(store.public, logo, len(cards), _of_kind(groups, "category"), _of_kind(groups, "publisher"))
    members = _members(cards)
    pages = [
        *_index_pages(site, cards),
        *_group_pages(site, members),
        _updated_page(site, cards),
        *_offering_pages(site, cards, members),
        *_record_pages(site, cards),
        Page("404.html", "404.html", {"site": site}),
    ]
    return [*pages, *_crawler_pages(site, cards, pages)]


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
def _updated_page(site: Site, cards: Sequence[Card]) -> Page:
    """The offerings that changed last, newest first; one without a date is not among them."""
    dated = [(card.offering.updated_at, card) for card in cards if card.offering.updated_at]
    newest = sorted(dated, key=lambda pair: (-pair[0].timestamp(), pair[1].offering.id))
    context = {"site": site, "cards": tuple(card for _, card in newest[:UPDATED])}
    return Page("updated/index.html", "updated.html", context)


# /apps/<slug>/
def _offering_pages(site: Site, cards: Sequence[Card], members: Mapping[Group, Sequence[Card]]) -> Iterator[Page]:
    related = _related(cards, members)
    for card in cards:
        context = {"site": site, "card": card, "related": related[card.path]}
        yield Page(card.path, "offering.html", Late(context, "tabs", partial(_tabs, card.offering)))


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


def _cards(store: Store, offerings: Sequence[PublicOffering], groups: Mapping[_GroupKey, Group]) -> list[Card]:
    """Give every offering its addresses; in the order of the API's lists, by name and then id."""
    in_order = sorted(offerings, key=lambda offering: (offering.name.casefold(), offering.id))
    folders = slugs([offering.reference for offering in in_order])
    return [
        Card(
            offering=offering,
            path=f"apps/{folders[offering.reference]}/index.html",
            publisher=groups["publisher", _key(_publisher(store, offering))],
            categories=tuple(groups["category", key] for key in dict.fromkeys(map(_key, offering.categories))),
            install=_install_address(offering.install_url or store.install_url, offering.reference),
            configure=offering.configuration_uri_template,
        )
        for offering in in_order
    ]


def _publisher(store: Store, offering: PublicOffering) -> str:
    return offering.publisher or store.provider.name or store.title


def _install_address(template: str | None, reference: str) -> str | None:
    return template.replace("{reference}", quote(reference, safe="")) if template else None


def _groups(store: Store, offerings: Sequence[PublicOffering]) -> dict[_GroupKey, Group]:
    """Gather categories and publishers; spellings that nobody can tell apart, or only by case, are one group."""
    spellings: dict[_GroupKey, Counter[str]] = defaultdict(Counter)
    for offering in offerings:
        publisher = _publisher(store, offering)
        spellings["publisher", _key(publisher)][publisher] += 1
        for key, name in {_key(name): name for name in offering.categories}.items():
            spellings["category", key][name] += 1
    groups: dict[_GroupKey, Group] = {}
    for kind, folder in _FOLDER.items():
        folders = slugs([name for of, name in spellings if of == kind])
        for name, slug in folders.items():
            names = spellings[kind, name]
            title = min(names, key=lambda spelling: (-names[spelling], spelling))
            groups[kind, name] = Group(kind, title, f"{folder}/{slug}/index.html", names.total())
    return groups


def _of_kind(groups: Mapping[_GroupKey, Group], kind: GroupKind) -> tuple[Group, ...]:
    mine = (group for group in groups.values() if group.kind == kind)
    return tuple(sorted(mine, key=lambda group: (group.name.casefold(), group.path)))


def _members(cards: Sequence[Card]) -> Mapping[Group, Sequence[Card]]:
    members: dict[Group, list[Card]] = defaultdict(list)
    for card in cards:
        for group in (*card.categories, card.publisher):
            members[group].append(card)
    return members


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", visible(name)).casefold().strip()


def _tabs(offering: PublicOffering) -> tuple[Tab, ...]:
    """Make a tab of every text that says something, or that has something at its foot or head."""
    owners = _owners(offering)
    tabs = (
        Tab(
            reference=offering.reference,
            name=name,
            title=title,
            short_title=short,
            text=getattr(offering, name),
            attachments=tuple(a for a in offering.attachments if a.listed and owners[a.key] == name),
            files=offering.attachments,
        )
        for name, title, short in _TAB_TITLES
    )
    filled = {"compliance": offering.assurances, "description": offering.screenshots}
    return tuple(tab for tab in tabs if tab.text.strip() or tab.attachments or filled.get(tab.name))


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


def _related(cards: Sequence[Card], members: Mapping[Group, Sequence[Card]]) -> dict[str, tuple[Card, ...]]:
    """Choose up to four others for each offering: neighbours in its categories, then those of its publisher."""
    places = {(group, card.path): place for group, them in members.items() for place, card in enumerate(them)}

    def neighbours(card: Card) -> Iterator[Card]:
        for group in (*card.categories, card.publisher):
            them, place = members[group], places[group, card.path]
            yield from (them[(place + step) % len(them)] for step in range(1, min(RELATED + 1, len(them))))

    return {card.path: tuple({other.path: other for other in neighbours(card)}.values())[:RELATED] for card in cards}
