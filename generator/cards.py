"""Offerings as lists show them: each with its addresses and its groups. Pure."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import quote

from generator.addresses import slugs
from generator.characters import visible
from generator.models import PublicOffering
from generator.settings import Store

GroupKind = Literal["category", "publisher"]
_GroupKey = tuple[GroupKind, str]

_FOLDER: Mapping[GroupKind, str] = {"category": "categories", "publisher": "publishers"}


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

    @property
    def slug(self) -> str:
        """The folder of its page, which is its name in addresses."""
        return self.path.split("/")[1]

    @property
    def declared(self) -> Mapping[str, date | None]:
        """The topics that its provider declared, each with its last day; several assurances: the latest one's."""
        last: dict[str, date] = {}
        for it in self.offering.assurances:
            last[it.topic] = max(last.get(it.topic, date.min), it.valid_until or date.max)
        return {topic: day if day < date.max else None for topic, day in last.items()}


@dataclass(frozen=True)
class Shelf:
    """Every card of a store, by name and then id as the API's lists have them; and its groups, by name."""

    cards: tuple[Card, ...]
    categories: tuple[Group, ...]
    publishers: tuple[Group, ...]

    def members(self) -> Mapping[Group, Sequence[Card]]:
        """Return the cards of each group."""
        members: dict[Group, list[Card]] = defaultdict(list)
        for card in self.cards:
            for group in (*card.categories, card.publisher):
                members[group].append(card)
        return members


def shelve(store: Store, offerings: Sequence[PublicOffering]) -> Shelf:
    """Give every offering its addresses and its groups."""
    groups = _groups(store, offerings)
    in_order = sorted(offerings, key=lambda offering: (offering.name.casefold(), offering.id))
    folders = slugs([offering.reference for offering in in_order])
    cards = tuple(
        Card(
            offering=offering,
            path=f"apps/{folders[offering.reference]}/index.html",
            publisher=groups["publisher", _key(_publisher(store, offering))],
            categories=tuple(groups["category", key] for key in dict.fromkeys(map(_key, offering.categories))),
            install=_install_address(offering.install_url or store.install_url, offering.reference),
            configure=offering.configuration_uri_template,
        )
        for offering in in_order
    )
    return Shelf(cards, _of_kind(groups, "category"), _of_kind(groups, "publisher"))


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


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", visible(name)).casefold().strip()
