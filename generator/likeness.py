"""Which other apps a visitor of one may want: those whose cards have most in common with its own. Pure.

Apps are compared by the words of their names, card descriptions, tags and categories, and by the categories: by the
cosine of tf-idf vectors, in which a word counts for more the fewer apps have it.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from generator.cards import Card, Group

RELATED = 4

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_COMMON = 0.1
"""A word that a larger share of the apps has relates none of them."""
_FEW = 4
"""As many apps may have a word, in a store of any size."""
_COMPARED = 150
"""Of a large store, about as many apps are compared with each: those that share what is rarest."""
_READ = 400
"""Of as many descriptions, as many characters tell how rare words are: on cards alone, "into" seems a rare one."""

_Vector = Mapping[str, float]
"""What an app has in common with others, the rarest first, and how much of the app each is."""
_Index = Mapping[str, Sequence[tuple[int, float]]]
"""The places of the apps that have something in common, and how much of each it is."""


@dataclass(frozen=True)
class Related:
    """Other apps, the most alike first; `alike` is false where they have nothing but the publisher in common."""

    cards: tuple[Card, ...]
    alike: bool


def related(cards: Sequence[Card], members: Mapping[Group, Sequence[Card]]) -> dict[str, Related]:
    """Choose up to four others for each app, by its path: like ones, then those of its categories and its publisher."""
    vectors = _vectors(cards)
    index: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, vector in enumerate(vectors):
        for mark, part in vector.items():
            index[mark].append((place, part))
    places = {(group, card.path): place for group, them in members.items() for place, card in enumerate(them)}

    def neighbours(card: Card) -> Iterator[Card]:
        for group in _groups(card):
            them, place = members[group], places[group, card.path]
            yield from (them[(place + step) % len(them)] for step in range(1, min(RELATED + 1, len(them))))

    def choose(place: int) -> Related:
        card = cards[place]
        like = _most_alike(place, cards, _likeness(place, vectors[place], index))
        chosen = {other.path: other for other in (*like, *neighbours(card))}
        return Related(tuple(chosen.values())[:RELATED], bool(like) or any(it.count > 1 for it in card.categories))

    return {card.path: choose(place) for place, card in enumerate(cards)}


def _groups(card: Card) -> tuple[Group, ...]:
    return (*card.categories, card.publisher)


def _marks(card: Card) -> Mapping[str, int]:
    """Weigh what an app may have in common with others: words, by where they stand, and the paths of its categories."""
    offering = card.offering
    places = (
        (1, [offering.card_description]),
        (2, [offering.name, *(group.name for group in card.categories)]),
        (3, offering.tags),
    )
    words = {word: weight for weight, texts in places for text in texts for word in _split(text)}
    return {**words, **{group.path: 2 for group in card.categories}}


def _split(text: str) -> list[str]:
    return _WORD.findall(_ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold()))


def _vectors(cards: Sequence[Card]) -> list[_Vector]:
    bags = [_marks(card) for card in cards]
    count = Counter(mark for bag in bags for mark in bag)
    rarity = _rarity(cards, count)
    categories = {group.path for card in cards for group in card.categories}
    most = max(_FEW, _COMMON * len(cards))
    telling = {mark for mark, number in count.items() if number > 1 and (number <= most or mark in categories)}

    def vector(bag: Mapping[str, int]) -> _Vector:
        parts = {mark: weight * rarity[mark] for mark, weight in bag.items()}
        length = math.sqrt(math.fsum(part * part for part in parts.values()))
        shared = sorted(telling & bag.keys(), key=lambda mark: (count[mark], mark))
        return {mark: parts[mark] / length for mark in shared if parts[mark]}

    return [vector(bag) for bag in bags]


def _rarity(cards: Sequence[Card], count: Mapping[str, int]) -> Mapping[str, float]:
    """Tell how rare everything is that so many cards have (inverse document frequency): 0 where all have it."""
    read = [card.offering.description[:_READ] for card in cards[:_READ]]
    told = Counter(word for text in read for word in set(_split(text)))
    return {mark: -math.log(max(number / len(cards), told[mark] / len(read))) for mark, number in count.items()}


def _likeness(place: int, vector: _Vector, index: _Index) -> Mapping[int, float]:
    """Tell how like an app others are, by their places; those that have nothing in common with it are left out."""
    likeness: dict[int, float] = {}
    compared = 0
    for mark, part in vector.items():
        compared += len(index[mark])
        if compared > _COMPARED:
            break
        for other, its_part in index[mark]:
            likeness[other] = likeness.get(other, 0.0) + part * its_part
    likeness.pop(place, None)
    return likeness


def _most_alike(place: int, cards: Sequence[Card], likeness: Mapping[int, float]) -> list[Card]:
    """Pick the most alike; equals go by the first group that they share, and by name from the app on."""
    groups = _groups(cards[place])

    def order(other: int) -> tuple[float, int, int]:
        shared = [number for number, group in enumerate(groups) if group in _groups(cards[other])]
        return -likeness[other], min(shared, default=len(groups)), (other - place) % len(cards)

    least = nlargest(RELATED, likeness.values())[-1:]
    best = [other for other, much in likeness.items() if much >= least[0]]
    return [cards[other] for other in sorted(best, key=order)[:RELATED]]
