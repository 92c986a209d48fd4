"""What a browser searches, sorts and chooses from: one short entry an app, and the facets. Pure.

The list is a script, as a page that is opened from a file may load scripts, but may fetch nothing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from generator.cards import Card, Group, Shelf
from generator.models import Picture

_FORMAT = 2
"""Raised when entries change their shape, so that no page meets a list that it cannot read."""

_ICON_PIXELS = 128
"""A card shows its picture at 64 px, twice as fine on most screens."""


@dataclass(frozen=True)
class Option:
    """One choice of a facet: its value in the address of a list, its name, and how many apps it has."""

    value: str
    name: str
    count: int


@dataclass(frozen=True)
class Facet:
    """Something to choose apps by: its key in the address of a list, and its options, common ones first."""

    key: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Finder:
    """The list that a browser searches, the path of its file, and the facets."""

    path: str
    list: Mapping[str, object]
    facets: tuple[Facet, ...]


def found_by(shelf: Shelf) -> Finder:
    """Make the list of a store's apps; its path changes with its content."""
    entries = [_entry(card) for card in shelf.cards]
    listed = {
        "categories": {_slug(group): group.name for group in shelf.categories},
        "publishers": {_slug(group): group.name for group in shelf.publishers},
        "apps": entries,
    }
    content = json.dumps([_FORMAT, listed], sort_keys=True).encode()
    path = f"assets/apps.{hashlib.sha256(content).hexdigest()[:12]}.js"
    return Finder(path, listed, tuple(_facets(shelf)))


def _entry(card: Card) -> Mapping[str, object]:
    """Say of an app what its card shows and what it can be chosen by; what is blank is left out."""
    offering = card.offering
    entry: dict[str, object] = {
        "name": offering.name,
        "line": offering.card_description,
        "path": card.path,
        "picture": _icon(offering.picture),
        "publisher": _slug(card.publisher),
        "category": [_slug(group) for group in card.categories],
        "declared": list(card.declared),
        "until": {topic: day.isoformat() for topic, day in card.declared.items() if day},
        "status": sorted({assurance.status for assurance in card.offering.assurances}),
        "has": _has(card),
        "updated": offering.updated_at.isoformat() if offering.updated_at else "",
        "created": offering.created_at.isoformat() if offering.created_at else "",
        "featured": offering.featured,
        "draft": offering.draft,
    }
    return {key: value for key, value in entry.items() if value}


def _icon(picture: Picture) -> str:
    fitting = [variant for variant in picture.variants if variant.width >= _ICON_PIXELS]
    return min(fitting, key=lambda variant: variant.width).path if fitting else picture.path


def _has(card: Card) -> list[str]:
    """Tell by the keys of addresses what an app has in an account; ``form`` is that it can be configured."""
    offering = card.offering
    return [
        *(["form"] if offering.is_configurable else []),
        *(["person"] if offering.requires_enabled_oauth_person else []),
    ]


def _facets(shelf: Shelf) -> Iterable[Facet]:
    """Yield the facets that tell apps apart; a facet that all apps share, or none has, is no choice."""
    topics = Counter(topic for card in shelf.cards for topic in card.declared)
    has = Counter(key for card in shelf.cards for key in _has(card))
    options = {
        "declared": [Option(topic, topic, count) for topic, count in topics.items()],
        "has": [Option(key, key, count) for key, count in has.items()],
        "publisher": [Option(_slug(it), it.name, it.count) for it in shelf.publishers],
    }
    for key, choices in options.items():
        if any(option.count < len(shelf.cards) for option in choices):
            yield Facet(key, _common_first(choices))


def _common_first(options: Sequence[Option]) -> tuple[Option, ...]:
    return tuple(sorted(options, key=lambda option: (-option.count, option.name.casefold(), option.value)))


def _slug(group: Group) -> str:
    """The folder of a group's list, which is its name in addresses."""
    return group.path.split("/")[1]
