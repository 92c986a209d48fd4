"""The README's table: every sentence of the specification, what holds it, and what the specification does not say.

`python tests/conformance/specification_table.py` writes it into README.md, between its two marks.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from exchanges import Claim, Exchange, load_exchanges
from sentences import Sentence, held_elsewhere, holders, load_sentences

README: Final = Path(__file__).parents[2] / "README.md"
BEGIN: Final = "<!-- specification: begin (python tests/conformance/specification_table.py) -->\n"
END: Final = "<!-- specification: end -->\n"

_SHOWN = 2
_LONG = 160
_PARTS: Final = {"Predefined Filters", "Collection Fields", "Filtering", "Sorting"}
"""Sections inside of "List app offerings"."""


def table() -> str:
    """Return both tables as Markdown."""
    exchanges = load_exchanges()
    held = holders(load_sentences(), exchanges)
    elsewhere = held_elsewhere()
    lines: list[str] = []
    for title, sentences in _sections(held):
        lines += _folded(f"{title}: {_counted(len(sentences), 'sentence')}", "sentence | held by | rests on")
        lines += [_sentence_row(it, held[it], elsewhere.get(it.quoted, ())) for it in sentences]
        lines += ["", "</details>", ""]
    rules = _rules(exchanges)
    lines += _folded(f"What the specification does not say: {_counted(len(rules), 'rule')}", "rule | mark | held by")
    lines += [f"| {_cell(claim.text)} | {claim.mark} | {_links(them, 1)} |" for claim, them in rules.items()]
    return "\n".join([*lines, "", "</details>", ""])


def _sections(sentences: Iterable[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    sections: dict[str, list[Sentence]] = {}
    for it in sentences:
        title = "Fields" if it.is_field else "List app offerings" if it.part in _PARTS else it.part
        sections.setdefault(title, []).append(it)
    yield from sections.items()


def _rules(exchanges: Iterable[Exchange]) -> Mapping[Claim, list[Exchange]]:
    """Map the rules that stand elsewhere to their exchanges: documented ones first, our decisions last."""
    found: dict[Claim, list[Exchange]] = {}
    for exchange in exchanges:
        for claim in exchange.claims:
            if claim.mark != "specified" and exchange not in found.setdefault(claim, []):
                found[claim].append(exchange)
    order = ("documented", "recorded", "decision")
    return dict(sorted(found.items(), key=lambda item: order.index(item[0].mark)))


def _folded(title: str, columns: str) -> list[str]:
    return [f"<details><summary>{title}</summary>", "", f"| {columns} |", "|---|---|---|"]


def _sentence_row(sentence: Sentence, exchanges: Iterable[Exchange], tests: Iterable[str]) -> str:
    exchanges = list(exchanges)
    marks = [mark for mark in ("documented", "recorded", "decision") if any(mark in it.marks for it in exchanges)]
    links = [_links(exchanges)] * bool(exchanges) + [_test_link(test) for test in tests]
    told = f"**{sentence.part}** {sentence.text}" if sentence.is_field or sentence.part in _PARTS else sentence.text
    return f"| {_cell(told)} | {', '.join(links)} | {', '.join(['specified', *marks])} |"


def _cell(text: str) -> str:
    short = text if len(text) <= _LONG else f"{text[:_LONG].rstrip()} …"
    return short.replace("|", "\\|").replace("<", "&lt;")


def _links(exchanges: Iterable[Exchange], most: int = _SHOWN) -> str:
    them = list(exchanges)
    links = [f"[{it.title}](tests/conformance/{it.anchor})" for it in them[:most]]
    return ", ".join([*links, f"and {len(them) - most} more"] if len(them) > most else links)


def _test_link(test: str) -> str:
    path, name = test.split("::")
    return f"[`{name}`]({path})"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def with_table(readme: str) -> str:
    """Return the README's text with the table as it must be; `ValueError` if its two marks are not there, once each."""
    before, found, rest = readme.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended or BEGIN in rest or END in after:
        raise ValueError("README.md: the marks of the specification's table must stand there once each")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
