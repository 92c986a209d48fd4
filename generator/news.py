"""What changed in the apps of a store, and when: for the list of updates, the page of an app and the feeds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from generator.cards import Card
from generator.models import TEXT_NAMES, Change

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Update:
    """An app at a moment at which its record changed, and what that did to its texts, in their order.

    Without a moment, it is what changed since the record's last date.
    """

    card: Card
    at: datetime | None
    changes: tuple[Change, ...]

    @property
    def place(self) -> str:
        """The id of the place on the app's page that tells of it: the same for ever."""
        if self.at is None:
            return "changed-since"
        seconds, rest = divmod((self.at - _EPOCH) // timedelta(microseconds=1), 1_000_000)
        return f"changed-{seconds}" + (f"-{rest:06}" if rest else "")

    @property
    def of_compliance(self) -> Change | None:
        """What it did to the text about security and compliance, if anything."""
        return next((change for change in self.changes if change.text == "compliance"), None)


def updates_of(card: Card) -> tuple[Update, ...]:
    """Return what changed in the texts of an app, newest first; before that, what has no date yet."""
    moments: dict[datetime | None, list[Change]] = {}
    for change in reversed(card.offering.changes):
        moments.setdefault(change.at, []).append(change)
    updates = [Update(card, at, _in_order(changes)) for at, changes in moments.items()]
    return tuple(sorted(updates, key=_newest_first))


def _in_order(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return a change of each text, the last one, in the order of the texts."""
    last = {change.text: change for change in reversed(changes)}
    return tuple(last[name] for name in TEXT_NAMES if name in last)


def _newest_first(update: Update) -> tuple[float, int]:
    return (-update.at.timestamp() if update.at else float("-inf")), update.card.offering.id


def latest(cards: Sequence[Card]) -> list[Update]:
    """Return every dated update of the apps, newest first; those too that left the texts as they were."""
    found: list[Update] = []
    for card in cards:
        dated = {update.at: update for update in updates_of(card) if update.at}
        if at := card.offering.updated_at:
            dated.setdefault(at, Update(card, at, ()))
        found += dated.values()
    return sorted(found, key=_newest_first)


def of_compliance(updates: Sequence[Update]) -> list[Update]:
    """Return the updates that changed a text about security and compliance."""
    return [update for update in updates if update.of_compliance]
