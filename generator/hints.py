"""What no rule forbids and an author would still rather know before a visitor sees it; told by ``appshelf check``."""

import re
from collections.abc import Iterator, Sequence

from generator.catalog import Listing
from generator.errors import Problem
from generator.models import TEXT_NAMES
from generator.topics import ATTESTED

_UNFINISHED = re.compile(r"\b(?:(?i:lorem ipsum)|TODO|FIXME|TBD|this app is being written)\b")
_CUT = re.compile(r"(?:[,;:–-]|\b(?:a|an|and|at|by|for|from|in|of|on|or|that|the|to|with))$", re.IGNORECASE)
_ENDS = re.compile(r"[.!?…。！？][)\"'”’»]*$")
_CARD_DESCRIPTION_IS_LONG = 240
_SHORTEST_NAME = 6


def hints(listings: Sequence[Listing]) -> Iterator[Problem]:
    """Yield warnings about the offerings that visitors will see."""
    for listing in listings:
        yield from _unfinished(listing)
        yield from _cut_short(listing)
        yield from _undeclared(listing)
        if not listing.picture and not listing.offering.picture_uri:
            yield listing.place.problem("picture_uri", "has no picture: a monogram stands in", warning=True)
    yield from _twins(listings)


def _unfinished(listing: Listing) -> Iterator[Problem]:
    for name in TEXT_NAMES:
        text = getattr(listing.offering, name) or ""
        if found := _UNFINISHED.search(text):
            yield listing.place.note(name, text.count("\n", 0, found.start()) + 1, f"“{found[0]}” looks unfinished")


def _cut_short(listing: Listing) -> Iterator[Problem]:
    words = (listing.offering.card_description or "").rstrip()
    is_long_without_end = len(words) >= _CARD_DESCRIPTION_IS_LONG and not _ENDS.search(words)
    if words and (is_long_without_end or _CUT.search(words)):
        yield listing.place.problem("card_description", "ends in the middle of a sentence", warning=True)


def _undeclared(listing: Listing) -> Iterator[Problem]:
    """Find standards that the compliance text names while no assurance does: buyers filter by what is declared."""
    text = listing.offering.compliance or ""
    declared = " ".join(assurance.topic for assurance in listing.store.assurances)
    named = [(found, topic) for topic in ATTESTED if (found := topic.words.search(text))]
    missing = [(found.start(), topic.name) for found, topic in named if not topic.words.search(declared)]
    if missing:
        line = text.count("\n", 0, min(missing)[0]) + 1
        names = " and ".join(filter(None, [", ".join(name for _, name in missing[:-1]), missing[-1][1]]))
        reason = f"mentions {names}, but declares nothing about {'it' if len(missing) == 1 else 'them'}"
        yield listing.place.note("compliance", line, f"{reason} ([[store.assurances]])")


def _twins(listings: Sequence[Listing]) -> Iterator[Problem]:
    """Find names that differ by at most one letter; numbers tell apart what they count.

    Two words are one letter apart when leaving one letter out of each (or of one) makes them equal, so each name is
    looked up by what it is without each of its letters: no pair is compared.
    """
    seen: dict[str, Listing] = {}
    for listing in sorted(listings, key=lambda listing: listing.offering.reference):
        words = re.sub(r"[\W_]+", "", listing.offering.name.casefold())
        if len(words) < _SHORTEST_NAME:
            continue
        variants = {words, *(words[:i] + words[i + 1 :] for i, letter in enumerate(words) if not letter.isdigit())}
        twins = {id(seen[it]): seen[it] for it in variants if it in seen}
        for twin in twins.values():
            reason = f"is nearly “{twin.offering.name}” ({twin.offering.reference})"
            yield listing.place.problem("name", reason, warning=True)
        seen.update(dict.fromkeys(variants, listing))
