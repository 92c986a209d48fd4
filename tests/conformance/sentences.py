"""The sentences of the specification, and what holds each of them.

`specification.txt` is its text, one sentence a line below the headings of its sections and fields; nothing is added
or left out. Exchanges quote a sentence as ``SECTION: sentence``; an end of ``…`` stands for the rest of a long one.
`held_by.toml` names the tests that hold what an exchange cannot show: what a visitor sees.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exchanges import HERE, Exchange

SPECIFICATION: Final = HERE / "specification.txt"
HELD_BY: Final = HERE / "held_by.toml"

REST: Final = "…"


@dataclass(frozen=True)
class Sentence:
    """One sentence of the specification. `part` is its section, or the field that it speaks of."""

    part: str
    text: str
    is_field: bool

    @property
    def quoted(self) -> str:
        """The words by which it is quoted."""
        return f"{self.part}: {self.text}"


def load_sentences(path: Path = SPECIFICATION) -> tuple[Sentence, ...]:
    """Read the sentences in their order."""
    found: list[Sentence] = []
    section = part = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# "):
            section = part = line[2:]
        elif line.startswith("## "):
            part = line[3:]
        elif line and not line.startswith("#"):
            found.append(Sentence(part, line.lstrip("—-• "), is_field=section == "Fields"))
    return tuple(found)


def quoted(claim: str, sentences: Iterable[Sentence]) -> Sentence:
    """Return the sentence that a claim quotes; `ValueError` if there is none, or more than one."""
    found = [
        it
        for it in sentences
        if it.quoted == claim or (claim.endswith(REST) and it.quoted.startswith(claim.removesuffix(REST).rstrip()))
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} sentences of the specification read {claim!r}")
    return found[0]


def holders(sentences: Iterable[Sentence], exchanges: Iterable[Exchange]) -> Mapping[Sentence, tuple[Exchange, ...]]:
    """Map each sentence to the exchanges that quote it; `ValueError` names one that quotes what nobody wrote."""
    sentences = tuple(sentences)
    held: dict[Sentence, list[Exchange]] = {sentence: [] for sentence in sentences}
    for exchange in exchanges:
        for claim in exchange.claims:
            if claim.mark != "specified":
                continue
            try:
                held[quoted(claim.text, sentences)].append(exchange)
            except ValueError as error:
                raise ValueError(f"{exchange.name}: {error}") from None
    return {sentence: tuple(them) for sentence, them in held.items()}


def held_elsewhere(path: Path = HELD_BY) -> Mapping[str, tuple[str, ...]]:
    """Read which tests (``tests/test_x.py::test_y``) hold a sentence, by the words by which it is quoted."""
    table = tomllib.loads(path.read_text("utf-8"))
    return {sentence: tuple(tests) for sentence, tests in table.items()}
