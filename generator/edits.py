"""The fewest edits that turn one sequence into another (Myers, 1986), within a number of steps. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Steps:
    """How many comparisons may still be made: what bounds the time of a hostile text, whatever the machine."""

    left: int


Region = tuple[slice, slice]
"""What stands in the old sequence, and what stands in the new one instead; one of the two may be empty."""


def shortest_edits(old: Sequence[str], new: Sequence[str], steps: Steps) -> list[Region] | None:
    """Return the regions in which the sequences differ, in order; ``None`` when `steps` do not suffice to find them."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    old_end, new_end = len(old) - end, len(new) - end
    if start in {old_end, new_end}:  # only added, or only removed
        return [(slice(start, old_end), slice(start, new_end))] if old_end != new_end else []
    trail = _trail(old[start:old_end], new[start:new_end], steps)
    if trail is None:
        return None
    return _regions(trail, old_end - start, new_end - start, start)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Count how many things both begin with."""
    return next(
        (n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


def _trail(old: Sequence[str], new: Sequence[str], steps: Steps) -> list[dict[int, int]] | None:
    """Walk until both ends are reached; for each number of edits, how far each diagonal had come before."""
    reached, trail = {1: 0}, list[dict[int, int]]()
    for edits in range(len(old) + len(new) + 1):
        trail.append(dict(reached))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reached[diagonal - 1] < reached[diagonal + 1])
            here = begin = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            while here < len(old) and here - diagonal < len(new) and old[here] == new[here - diagonal]:
                here += 1
            reached[diagonal] = here
            if here >= len(old) and here - diagonal >= len(new):
                return trail
            steps.left -= here - begin + 1
            if steps.left < 0:
                return None
    raise AssertionError("as many edits as things always suffice")


def _regions(trail: list[dict[int, int]], old_end: int, new_end: int, offset: int) -> list[Region]:
    """Walk a trail back, and join edits that touch."""
    found: list[tuple[int, int, int, int]] = []
    x, y = old_end, new_end
    for edits in range(len(trail) - 1, 0, -1):
        reached, diagonal = trail[edits], x - y
        down = diagonal == -edits or (diagonal != edits and reached[diagonal - 1] < reached[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        from_x = reached[before]
        from_y = from_x - before
        to_x, to_y = (from_x, from_y + 1) if down else (from_x + 1, from_y)
        if found and (to_x, to_y) == found[-1][::2]:
            found[-1] = (from_x, found[-1][1], from_y, found[-1][3])
        else:
            found.append((from_x, to_x, from_y, to_y))
        x, y = from_x, from_y
    return [
        (slice(old_from + offset, old_to + offset), slice(new_from + offset, new_to + offset))
        for old_from, old_to, new_from, new_to in reversed(found)
    ]
