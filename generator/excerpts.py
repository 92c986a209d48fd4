"""The lines around a problem, as the author wrote them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator.documents import read_text, refusal
from generator.errors import InputError, Problem

_AROUND = 2
_LONGEST = 240
_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """A line of a file, counted from 1. The one that `is_meant` has the problem, before its `column` (0: somewhere)."""

    number: int
    before: str
    after: str
    is_meant: bool


def excerpt(problem: Problem, roots: Iterable[Path]) -> tuple[Line, ...]:
    """Return the line of a problem with two before and after it; none when it has no line or cannot be read.

    Only regular files inside one of `roots` are read. A long line is cut around the column.
    """
    path = Path(problem.where)
    root = next((root for root in roots if refusal(path, root) is None), None)
    if problem.line is None or root is None:
        return ()
    try:
        lines = read_text(path, root=root, limit=_FILE_BYTES).split("\n")
    except InputError:
        return ()
    first, last = max(problem.line - _AROUND, 1), min(problem.line + _AROUND, len(lines))
    return tuple(_line(n, lines[n - 1].rstrip("\r"), problem) for n in range(first, last + 1))


def _line(number: int, text: str, problem: Problem) -> Line:
    is_meant = number == problem.line
    column = min((problem.column or 1) - 1, len(text)) if is_meant else 0
    start = max(column - _LONGEST // 2, 0)
    before, after = text[start:column], text[column : start + _LONGEST]
    cut_before, cut_after = "…" if start else "", "…" if start + _LONGEST < len(text) else ""
    return Line(number, cut_before + _visible(before), _visible(after) + cut_after, is_meant)


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in text)
