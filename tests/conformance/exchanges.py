"""Exchanges with the API, read from `exchanges/*.md`: the request, and the answer that the rules ask for.

A heading names an exchange. Below it stand the rules that it holds, each with its mark and quoted, then pairs of
`http` blocks: what is sent, and what must be answered (see README.md in this folder).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

HERE: Final = Path(__file__).parent
Mark = Literal["specified", "documented", "recorded", "decision"]
MARKS: Final[tuple[Mark, ...]] = get_args(Mark)

_SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)
_ITEM = re.compile(r"^- ([a-z]+): (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^~~~ http( verbatim)?\n(.*?)^~~~$", re.MULTILINE | re.DOTALL)
_REQUEST_LINE = re.compile(r"(GET|HEAD|POST|PATCH|PUT|DELETE|OPTIONS) (\S.*)")
_STATUS_LINE = re.compile(r"([1-5][0-9]{2})(?: [A-Za-z ]+)?")
_HEADER = re.compile(r"([A-Za-z0-9-]+): (.+)")


@dataclass(frozen=True)
class Claim:
    """A rule that an exchange holds: where it comes from, and its words."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Request:
    """A request as it is written down. `target`, values and `body` may hold ``<NAME>``; `body` may be ``None``."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: str | None
    verbatim: bool


@dataclass(frozen=True)
class Expected:
    """An answer as it is written down. `body`: ``None`` for an empty one, ``...`` for any, else JSON or plain text."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str | None

    @property
    def is_json(self) -> bool:
        """Whether the body is described as JSON."""
        return self.body is not None and self.body[:1] in {"{", "[", '"'}

    @property
    def value(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body or "null")


@dataclass(frozen=True)
class Exchange:
    """A named exchange of one or more steps. One that `needs_fixture` speaks of the records of `store/`."""

    file: str
    title: str
    claims: tuple[Claim, ...]
    needs_fixture: bool
    steps: tuple[tuple[Request, Expected], ...] = field(repr=False)

    @property
    def name(self) -> str:
        """Name it for people and as a test's id."""
        return f"{self.file}: {self.title}"

    @property
    def anchor(self) -> str:
        """Return the anchor that a heading gets when the file is shown as a page."""
        kept = re.sub(r"[^\w\- ]", "", self.title.lower())
        return f"exchanges/{self.file}.md#{kept.replace(' ', '-')}"

    @property
    def writes(self) -> bool:
        """Whether it may change what the server holds: it sends a writing request that is not simply turned away."""
        turned_away = {400, 401, 403, 404, 405, 413, 415}
        return any(
            sent.method in {"POST", "PATCH", "PUT", "DELETE"} and expected.status not in turned_away
            for sent, expected in self.steps
        )

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Return the marks of its claims, each once, the strongest first."""
        return tuple(mark for mark in MARKS if any(claim.mark == mark for claim in self.claims))


def load_exchanges(folder: Path = HERE / "exchanges") -> tuple[Exchange, ...]:
    """Read every exchange; `ValueError` names the file and heading of one that cannot be read."""
    return tuple(
        exchange
        for path in sorted(folder.glob("*.md"))
        for exchange in read_exchanges(path.stem, path.read_text("utf-8"))
    )


def read_exchanges(file: str, text: str) -> Iterator[Exchange]:
    """Read the exchanges of one file's text."""
    parts = _SECTION.split(text)[1:]
    for title, section in zip(parts[::2], parts[1::2], strict=True):
        try:
            yield _exchange(file, title, section)
        except ValueError as error:
            raise ValueError(f"{file}.md: {title}: {error}") from None


def _exchange(file: str, title: str, section: str) -> Exchange:
    prose, blocks = section.split("~~~", 1)[0], _BLOCK.findall(section)
    if left := _BLOCK.sub("", section.removeprefix(prose)).strip():
        raise ValueError(f"stands outside of the blocks: {left[:60]!r}")
    items = _ITEM.findall(prose)
    if stray := [kind for kind, _ in items if kind not in {*MARKS, "needs"}]:
        raise ValueError(f"{stray[0]!r} is no mark; one of {', '.join(MARKS)}")
    if needs := [text for kind, text in items if kind == "needs" and text != "the store of this folder"]:
        raise ValueError(f"needs {needs[0]!r}, which nobody has; write: needs: the store of this folder")
    claims = tuple(Claim(kind, text.strip()) for kind, text in items if kind in MARKS)
    if not claims or not blocks or len(blocks) % 2:
        raise ValueError("an exchange has at least one rule, and pairs of a request and an answer")
    steps = tuple(
        (_request(sent, bool(verbatim)), _expected(answer))
        for (verbatim, sent), (_, answer) in zip(blocks[::2], blocks[1::2], strict=True)
    )
    return Exchange(file, title, claims, any(kind == "needs" for kind, _ in items), steps)


def _request(block: str, verbatim: bool) -> Request:
    first, headers, body = _message(block)
    if not (line := _REQUEST_LINE.fullmatch(first)):
        raise ValueError(f"{first!r} is no request such as GET /v1/app_offerings")
    return Request(line[1], line[2], headers, body, verbatim)


def _expected(block: str) -> Expected:
    first, headers, body = _message(block)
    if not (line := _STATUS_LINE.fullmatch(first)):
        raise ValueError(f"{first!r} is no status such as 200 OK")
    expected = Expected(int(line[1]), headers, body)
    if expected.is_json:
        _ = expected.value
    return expected


def _message(block: str) -> tuple[str, tuple[tuple[str, str], ...], str | None]:
    head, blank, body = block.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    headers = [_HEADER.fullmatch(line) for line in lines]
    if None in headers:
        raise ValueError(f"{lines[headers.index(None)]!r} is no header")
    return first, tuple((it[1], it[2]) for it in headers if it), body.rstrip("\n") if blank else None
