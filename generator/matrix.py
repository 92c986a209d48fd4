"""Security and compliance across the store: apps by topics, each declared, quoted or neither. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress

from generator.cards import Card
from generator.markup import Flavour, passages
from generator.models import DeclaredAssurance
from generator.topics import Answer, Topics, answers, may_answer, topic_of


@dataclass(frozen=True)
class Column:
    """A topic of the table; `key` is a topic's, or the name of an assurance that is about none of them."""

    key: str
    name: str


@dataclass(frozen=True)
class Cell:
    """What an app says about a topic: what its provider declared, and in how many sentences the text names it."""

    declared: tuple[DeclaredAssurance, ...]
    quotes: int

    @property
    def is_filled(self) -> bool:
        """Whether the app says anything about the topic."""
        return bool(self.declared or self.quotes)

    @property
    def valid_until(self) -> date | None:
        """The last day on which anything of what was declared holds; none when some of it has no end."""
        days = [assurance.valid_until for assurance in self.declared]
        return max((day for day in days if day), default=None) if all(days) else None


@dataclass(frozen=True)
class Row:
    """An app, and a cell for each column."""

    card: Card
    cells: tuple[Cell, ...]

    @property
    def is_filled(self) -> bool:
        """Whether the app says anything about any of the topics."""
        return any(cell.is_filled for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """Some apps by topics. What no app says anything about has no column, an app that says nothing no row."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unnamed: tuple[Column, ...]
    silent: tuple[Card, ...]


def outspoken(cards: Sequence[Card], topics: Topics) -> list[Card]:
    """Return the apps that may say something by topic."""
    return [card for card in cards if card.offering.assurances or may_answer(card.offering.compliance, topics)]


def columns(cards: Sequence[Card], topics: Topics) -> tuple[Column, ...]:
    """Return our topics, and after them what else anybody declared, by name."""
    names = {assurance.topic for card in cards for assurance in card.offering.assurances}
    others = sorted((name for name in names if not topic_of(name, topics)), key=str.casefold)
    return (*(Column(topic.key, topic.name) for topic in topics), *(Column(name, name) for name in others))


def rows(cards: Sequence[Card], shown: Sequence[Column], topics: Topics, flavour: Flavour) -> tuple[Row, ...]:
    """Read the texts of some apps, and tell for each what it says of each topic."""
    return tuple(_row(card, shown, topics, flavour) for card in cards)


def table(cards: Sequence[Card], shown: Sequence[Column], topics: Topics, flavour: Flavour) -> Table:
    """Read the texts of some apps, and leave out of the table what nobody says."""
    read = rows(cards, shown, topics, flavour)
    used = [any(row.cells[i].is_filled for row in read) for i in range(len(shown))]
    return Table(
        columns=tuple(compress(shown, used)),
        rows=tuple(Row(row.card, tuple(compress(row.cells, used))) for row in read if row.is_filled),
        unnamed=tuple(it for it, is_used in zip(shown, used, strict=True) if not is_used),
        silent=tuple(row.card for row in read if not row.is_filled),
    )


def declared(card: Card, topics: Topics) -> Mapping[Column, Sequence[DeclaredAssurance]]:
    """Return what an app's provider declared, by the columns that it is about, in the order of its declaration."""
    found: dict[Column, list[DeclaredAssurance]] = {}
    for assurance in card.offering.assurances:
        topic = topic_of(assurance.topic, topics)
        column = Column(topic.key, topic.name) if topic else Column(assurance.topic, assurance.topic)
        found.setdefault(column, []).append(assurance)
    return found


def _row(card: Card, shown: Sequence[Column], topics: Topics, flavour: Flavour) -> Row:
    text = card.offering.compliance
    read = passages(text, flavour=flavour, prefix="compliance") if may_answer(text, topics) else ()
    said = {it.topic.key: it for it in answers(read, topics)}
    promised = declared(card, topics)
    return Row(card, tuple(_cell(promised.get(it, ()), said.get(it.key)) for it in shown))


def _cell(promised: Sequence[DeclaredAssurance], said: Answer | None) -> Cell:
    return Cell(tuple(promised), len(said.quotes) if said else 0)
