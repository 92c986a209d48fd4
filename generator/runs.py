"""The words of a line that were removed, and those that were added: so marked as people would mark them. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from generator.edits import Region, Steps, shortest_edits

Kind = Literal["=", "-", "+"]
"""Words that stayed, were removed, or were added."""

MOST_RUNS = 40
"""Of one block: with more, both versions are easier to read than what tells them apart."""

SIMILAR = 0.4
"""Lines that have less than this part in common are two lines, not two versions of one."""

_SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts that write words without spaces between them: each character is a word."""
_PUNCTUATION = r"\s!-/:-@\[-`{-~¡-©«-±´¶-¸»¿×÷‐-⁯、-〿！-／：-＠［-｀｛-･"
_TOKEN = re.compile(
    rf" ?(?:[{_SPACELESS}][\u3099\u309a\ufe00-\ufe0f]*"
    rf"|[^{_PUNCTUATION}{_SPACELESS}]+(?:[^\s{_SPACELESS}][^{_PUNCTUATION}{_SPACELESS}]+)*|.)",
    re.DOTALL,
)
"""A word with the space before it; signs inside it (``1.3``, ``and/or``) are its own, those at its edges are not."""


class Run(NamedTuple):
    """Words of one kind, with the space before them: the runs of an edit follow each other as they are."""

    kind: Kind
    words: str


def tokens(words: str) -> list[str]:
    """Part words, each with the space before it; the first one has one, too, so that it is the same anywhere."""
    return _TOKEN.findall(f" {words}")


def word_runs(old: str, new: str, steps: Steps) -> tuple[Run, ...]:
    """Return the runs of words that turn `old` into `new`: those that stayed or went are `old`, the others `new`.

    Versions that have little in common, or that take more than `steps` to compare, follow each other whole.
    """
    before, after = (tokens(words) if words else [] for words in (old, new))
    regions = shortest_edits(before, after, steps) if before and after else None
    if regions is not None:
        regions = _joined(_placed(regions, before, after), before)
        kept = len(old) - sum(len("".join(before[removed])) for removed, _ in regions)
        if len(regions) * 3 <= MOST_RUNS and kept >= SIMILAR / 2 * max(len(old), len(new)):
            return _told(regions, before, after)
    return _told([(slice(0, len(before)), slice(0, len(after)))], before, after)


def _placed(regions: Sequence[Region], before: Sequence[str], after: Sequence[str]) -> Iterator[Region]:
    """Move what was only added, or only removed, to where people would mark it: often it fits in several places.

    Of "in the EU (Dublin)" and "in the EU (Dublin) or the UK (Leeds)" not ") or the UK (Leeds" was added.
    """
    stop = 0
    for n, (removed, added) in enumerate(regions):
        is_added = removed.start == removed.stop
        if is_added or added.start == added.stop:
            words, part, other = (after, added, removed) if is_added else (before, removed, added)
            last = len(words) if n + 1 == len(regions) else regions[n + 1][is_added].start
            by = _best_shift(words, part, stop, last)
            part, other = slice(part.start + by, part.stop + by), slice(other.start + by, other.stop + by)
            removed, added = (other, part) if is_added else (part, other)
        yield removed, added
        following = regions[n + 1] if n + 1 < len(regions) else None
        if following:
            stop = (added if following[0].start == following[0].stop else removed).stop


def _best_shift(words: Sequence[str], part: slice, first: int, last: int) -> int:
    """Return how far to move a part, so that it begins after a sign or ends before one if it can."""
    by, shifts = 0, [0]
    while part.start + by > first and words[part.start + by - 1] == words[part.stop + by - 1]:
        by -= 1
        shifts.append(by)
    by = 0
    while part.stop + by < last and words[part.start + by] == words[part.stop + by]:
        by += 1
        shifts.append(by)

    def fits(by: int) -> int:
        start, stop = part.start + by, part.stop + by
        follows_sign = start == 0 or not _is_word(words[start - 1])
        precedes_sign = stop == len(words) or not _is_word(words[stop])
        return 2 * follows_sign + precedes_sign

    return max(sorted(shifts), key=fits)


def _joined(regions: Iterable[Region], before: Sequence[str]) -> list[Region]:
    """Join regions with no more than a word between them: read together they are easier than in turns."""
    joined: list[Region] = []
    for removed, added in regions:
        if joined and sum(map(_is_word, before[joined[-1][0].stop : removed.start])) < 2:
            last = joined.pop()
            removed, added = slice(last[0].start, removed.stop), slice(last[1].start, added.stop)
        joined.append((removed, added))
    return joined


def _is_word(token: str) -> bool:
    return any(map(str.isalnum, token))


def _told(regions: Iterable[Region], before: Sequence[str], after: Sequence[str]) -> tuple[Run, ...]:
    runs: list[Run] = []
    at = 0
    for removed, added in regions:
        runs += [Run("=", "".join(before[at : removed.start])), Run("-", "".join(before[removed]))]
        runs.append(Run("+", "".join(after[added])))
        at = removed.stop
    runs.append(Run("=", "".join(before[at:])))
    return tuple(_without_first_space([run for run in runs if run.words]))


def _without_first_space(runs: Iterable[Run]) -> Iterator[Run]:
    """Take the space away that no block begins with, from whatever either version begins with."""
    begun: set[Kind] = set()
    for run in runs:
        versions: set[Kind] = {"-", "+"} if run.kind == "=" else {run.kind}
        yield run if begun & versions else Run(run.kind, run.words.removeprefix(" "))
        begun |= versions
