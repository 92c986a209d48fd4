"""Security and compliance across the store: apps by topics, each declared, quoted or neither. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.cards import Card
from generator.markup import Flavour, passages
from generator.models import DeclaredAssurance
from generator.topics import Answer, Topics, answers, topic_of


@dataclass(frozen=True)
class Column:
    """A topic of the table; `key` is a topic's, or the name of an assurance that is about none of them."""

    key: str
    name: str


@dataclass(frozen=True)
class Cell:
    """What an app says about a topic: what its provider declared, and how often the text names it, first where.

    `place` is the id of the heading above the first sentence that names it; "" when the text has none there.
    """

    declared: tuple[DeclaredAssurance, ...]
    quotes: int
    place: str


@dataclass(frozen=True)
class Row:
    """An app, and a cell for each column."""

    card: Card
    cells: tuple[Cell, ...]


def outspoken(cards: Sequence[Card]) -> list[Card]:
    """Return the apps that say anything about security or compliance."""
    return [card for card in cards if card.offering.compliance.strip() or card.offering.assurances]


def columns(cards: Sequence[Card], topics: Topics) -> tuple[Column, ...]:
    """Return our topics, and after them what else anybody declared, by name."""
    names = {assurance.topic for card in cards for assurance in card.offering.assurances}
    others = sorted((name for name in names if not topic_of(name, topics)), key=str.casefold)
    return (*(Column(topic.key, topic.name) for topic in topics), *(Column(name, name) for name in others))


def rows(cards: Sequence[Card], shown: Sequence[Column], topics: Topics, flavour: Flavour) -> tuple[Row, ...]:
    """Read the texts of some apps, and tell for each what it says of each topic."""
    return tuple(_row(card, shown, topics, flavour) for card in cards)


def declared(card: Card, topics: Topics) -> Mapping[Column, Sequence[DeclaredAssurance]]:
    """Return what an app's provider declared, by the columns that it is about, in the order of its declaration."""
    found: dict[Column, list[DeclaredAssurance]] = {}
    for assurance in card.offering.assurances:
        topic = topic_of(assurance.topic, topics)
        column = Column(topic.key, topic.name) if topic else Column(assurance.topic, assurance.topic)
        found.setdefault(column, []).append(assurance)
    return found


def _row(card: Card, shown: Sequence[Column], topics: Topics, flavour: Flavour) -> Row:
    read = passages(card.offering.compliance, flavour=flavour, prefix="compliance")
    said = {it.topic.key: it for it in answers(read, topics)}
    promised = declared(card, topics)
    return Row(card, tuple(_cell(promised.get(it, ()), said.get(it.key)) for it in shown))


def _cell(promised: Sequence[DeclaredAssurance], said: Answer | None) -> Cell:
    quotes = said.quotes if said else ()
    heading = quotes[0].heading if quotes else None
    return Cell(tuple(promised), len(quotes), heading.id if heading else "")
