"""What differs between two texts, word by word, as a buyer reads it. Pure.

    blocks ──▶ which of them differ ──▶ which became which ──▶ words removed and added ──▶ shortened, to be shown

A text is a row of blocks: its headings, paragraphs, items and rows, each one line of plain words. The work is bounded
by steps that are counted, never by a clock: what is beyond them is told as rewritten.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from generator.characters import whole_characters
from generator.edits import Steps, shortest_edits
from generator.runs import SIMILAR, Run, tokens, word_runs

STEPS = 300_000
"""For one text: a tenth of a second."""
CONTEXT = 80
"""Characters of what stayed, on either side of what changed."""
LONGEST = 600
"""Characters of a run that are shown."""
MOST_EDITS = 24
MOST_CHARACTERS = 4_000
"""What is shown of one text's change; further edits are counted."""
_BRIEF = 160
_PAIRS = 2_500
"""So many blocks with so many others are compared, to find which became which."""


@dataclass(frozen=True)
class Block:
    """A line of plain words, single-spaced; `heading` has the words of the heading that it stands under."""

    words: str
    heading: str


@dataclass(frozen=True)
class Edit:
    """What became of one block, in runs; `heading` has the words of the heading that it stands under."""

    heading: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Difference:
    """What to show of a change: some edits, and how many more there are. Without any, the text was rewritten."""

    edits: tuple[Edit, ...]
    more: int = 0

    @property
    def count(self) -> int:
        """How many edits there are, shown or not."""
        return len(self.edits) + self.more


def difference(old: Sequence[Block], new: Sequence[Block], steps: int = STEPS) -> Difference | None:
    """Tell what to show of the change from `old` to `new`; ``None`` when not a word differs."""
    edits = every_edit(old, new, Steps(steps))
    if edits is None:
        return Difference(())
    return abridged(edits) if edits else None


def every_edit(old: Sequence[Block], new: Sequence[Block], steps: Steps) -> list[Edit] | None:
    """Tell every block that differs, whole; ``None`` when it takes more than `steps` to find them."""
    regions = shortest_edits([it.words for it in old], [it.words for it in new], steps)
    if regions is None:
        return None
    pairs = (pair for removed, added in regions for pair in _pairs(old[removed], new[added]))
    return [_edit(before, after, steps) for before, after in pairs]


def _pairs(removed: Sequence[Block], added: Sequence[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Tell which removed block became which added one, in order; the others went, or are new."""
    count = len(removed) * len(added)
    links = _likely(removed, added) if count <= _PAIRS else _in_place(removed, added)
    one = other = 0
    for i, j in [*links, (len(removed), len(added))]:
        yield from ((it, None) for it in removed[one:i])
        yield from ((None, it) for it in added[other:j])
        if i < len(removed):
            yield removed[i], added[j]
        one, other = i + 1, j + 1


def _in_place(removed: Sequence[Block], added: Sequence[Block]) -> list[tuple[int, int]]:
    """Of as many blocks as there were before, each became the one in its place."""
    return [(n, n) for n in range(len(removed))] if len(removed) == len(added) else []


def _likely(removed: Sequence[Block], added: Sequence[Block]) -> list[tuple[int, int]]:
    """Find the pairs, in order, that have the most in common."""
    bags = [Counter(tokens(it.words)) for it in removed], [Counter(tokens(it.words)) for it in added]
    best = [[(0.0, -1)] * (len(added) + 1) for _ in range(len(removed) + 1)]
    for i in range(len(removed) - 1, -1, -1):
        for j in range(len(added) - 1, -1, -1):
            alike = _alike(bags[0][i], bags[1][j])
            together = best[i + 1][j + 1][0] + alike if alike >= SIMILAR else -1.0
            best[i][j] = max((together, 0), (best[i + 1][j][0], 1), (best[i][j + 1][0], 2), key=lambda it: it[0])
    links: list[tuple[int, int]] = []
    i = j = 0
    while i < len(removed) and j < len(added):
        step = best[i][j][1]
        if step == 0:
            links.append((i, j))
        i, j = i + (step in {0, 1}), j + (step in {0, 2})
    return links


def _alike(one: Counter[str], other: Counter[str]) -> float:
    """Return which part of the longer one's letters both have, from 0 to 1."""
    fewer, more = sorted((one, other), key=len)
    shared = sum(min(count, more[word]) * len(word) for word, count in fewer.items() if word in more)
    return shared / max(_letters(one), _letters(other), 1)


def _letters(bag: Counter[str]) -> int:
    return sum(count * len(word) for word, count in bag.items())


def _edit(before: Block | None, after: Block | None, steps: Steps) -> Edit:
    heading = (after or before or Block("", "")).heading
    return Edit(heading, word_runs(before.words if before else "", after.words if after else "", steps))


# What is shown of it.


def abridged(edits: Sequence[Edit]) -> Difference:
    """Shorten edits to what surrounds their changes, and to as many as people read."""
    shown: list[Edit] = []
    left = MOST_CHARACTERS
    for edit in edits[:MOST_EDITS]:
        short = Edit(shortened(edit.heading, CONTEXT), _shortened(edit.runs, CONTEXT, LONGEST))
        left -= sum(len(run.words) for run in short.runs)
        if left < 0 and shown:
            break
        shown.append(short)
    return Difference(tuple(shown), len(edits) - len(shown))


def brief(told: Difference, number: int = 0) -> tuple[Run, ...]:
    """Return the beginning of an edit, counted from 0, for a line in a list; nothing of a text that was rewritten."""
    runs = _shortened(told.edits[number].runs, _BRIEF // 4, _BRIEF // 2) if told.edits else ()
    lengths = accumulate(len(run.words) for run in runs)
    shown = runs[: sum(length <= _BRIEF for length in lengths) + 1]
    return shown if len(shown) == len(runs) else (*shown, Run("=", " …"))


def _shortened(runs: Sequence[Run], context: int, longest: int) -> tuple[Run, ...]:
    short: list[Run] = []
    for n, run in enumerate(runs):
        words = run.words
        if run.kind != "=":
            words = shortened(words, longest)
        elif n in {0, len(runs) - 1} and len(runs) > 1:
            words = shortened(words, context) if n else _ending(words, context)
        elif len(words) > 2 * context + 20:
            words = f"{shortened(words, context)}{_ending(words, context)[1:]}"
        short.append(Run(run.kind, words))
    return tuple(short)


def shortened(words: str, limit: int) -> str:
    """Return the beginning of some words, up to about `limit` characters, with "…" when it was cut."""
    if len(words) <= limit:
        return words
    space = words.rfind(" ", limit // 2, limit)
    cut = words[:space] if space > 0 else whole_characters(words, limit)
    return f"{cut.rstrip(' …')} …"


def _ending(words: str, limit: int) -> str:
    """Return the end of some words, up to about `limit` characters, with "…" when it was cut."""
    if len(words) <= limit:
        return words
    start = len(words) - limit
    space = words.find(" ", start, start + limit // 2)
    cut = words[space:] if space > 0 else words[len(whole_characters(words, start)) :]
    return f"… {cut.lstrip(' …')}"
