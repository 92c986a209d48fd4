"""What is kept of an offering's texts: a file in the content folder, which its author commits.

It is JSON with a line for every change and for every line of a text, so that git compares and merges it as it does the
texts themselves. Each offering has its own, so that two authors of two offerings never meet in one.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from generator.addresses import slugs
from generator.characters import clean
from generator.differences import Difference, Edit
from generator.documents import shown
from generator.errors import InputError, Problem
from generator.fields import TEXT_BYTES, Count, Reference, Timestamp
from generator.models import TEXT_NAMES, Change, TextName
from generator.reasons import explain
from generator.record_file import JsonDocument, read_json
from generator.runs import Kind, Run

FOLDER: Final = "history"
KEPT: Final = 10
"""Changes of each text."""
FILE_BYTES: Final = 4 * 1024 * 1024
"""More than a file of ours can hold: three texts of 64 KB in lines, and the changes of each."""

Texts = Mapping[TextName, str]


@dataclass(frozen=True)
class Past:
    """What is kept of an offering: its texts as they were when its record said `updated_at`, and dated changes.

    The changes led to these texts, the oldest first.
    """

    updated_at: datetime | None
    texts: Texts
    changes: tuple[Change, ...] = ()


@cache
def file_name(reference: str) -> str:
    """Name the file of an offering, by its reference alone; what is no plain name gets a hash after a dot."""
    slug = slugs([reference])[reference]
    if slug == reference:
        return f"{slug}.json"
    words = re.sub("-?[0-9a-f]{8}$", "", slug)  # its hash is too short to keep apart what strangers call their apps
    return f"{words or 'app'}.{hashlib.sha256(reference.encode()).hexdigest()[:16]}.json"


Words = Annotated[str, Field(strict=True, max_length=2_000), AfterValidator(clean)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Edit(_Part):
    heading: Words = ""
    words: Annotated[tuple[tuple[Kind, Words], ...], Field(max_length=100)]


class _Change(_Part):
    at: Timestamp
    text: TextName
    edits: Annotated[tuple[_Edit, ...], Field(max_length=100)]
    more: Count = 0


class _Past(_Part):
    reference: Reference
    updated_at: Timestamp | None
    changes: Annotated[tuple[_Change, ...], Field(max_length=KEPT * len(TEXT_NAMES))]
    description: tuple[str, ...]
    features: tuple[str, ...]
    compliance: tuple[str, ...]


def read_past(content: Path, reference: str) -> Past:
    """Read the file of an offering. Raises `InputError` with every problem of it."""
    path = content / FOLDER / file_name(reference)
    if path.is_symlink():
        raise InputError([Problem(shown(path), "", "is a link; put the file itself here")])
    document = JsonDocument(path)
    try:
        kept = _Past.model_validate(read_json(path, root=content, limit=FILE_BYTES))
        texts = {name: "\n".join(getattr(kept, name)) for name in TEXT_NAMES}
    except ValidationError as error:
        raise InputError(explain(error, document, _Past)) from None
    if problems := [*_misfits(kept, reference, texts, document)]:
        raise InputError(problems)
    return Past(kept.updated_at, texts, tuple(map(_change, kept.changes)))


def _misfits(kept: _Past, reference: str, texts: Texts, document: JsonDocument) -> Iterator[Problem]:
    if kept.reference != reference:
        reason = f"is {kept.reference}, and by its name the file is that of {reference}"
        yield Problem(document.where, "reference", reason, line=document.line_of(("reference",)))
    for name, text in texts.items():
        if (size := len(text.encode())) > TEXT_BYTES:
            reason = f"{size:,} bytes, at most {TEXT_BYTES:,}"
            yield Problem(document.where, name, reason, line=document.line_of((name,)))


def _change(it: _Change) -> Change:
    edits = (Edit(edit.heading, tuple(Run(kind, words) for kind, words in edit.words)) for edit in it.edits)
    return Change(it.text, it.at, Difference(tuple(edits), it.more))


def past_bytes(reference: str, past: Past) -> bytes:
    """Write a past as JSON, with a line for every change and for every line of a text: so that versions compare."""
    values: dict[str, Any] = {
        "reference": reference,
        "updated_at": past.updated_at and past.updated_at.isoformat(),
        "changes": [_written(change) for change in past.changes],
        **{name: past.texts[name].split("\n") if past.texts[name] else [] for name in TEXT_NAMES},
    }
    lines = (
        f" {_json(key)}: {_rows(value) if isinstance(value, list) else _json(value)}" for key, value in values.items()
    )
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _written(change: Change) -> dict[str, Any]:
    told = change.difference
    edits = [{"heading": it.heading, "words": it.runs} if it.heading else {"words": it.runs} for it in told.edits]
    more = {"more": told.more} if told.more else {}
    return {"at": change.at and change.at.isoformat(), "text": change.text, "edits": edits, **more}


def _rows(values: Sequence[Any]) -> str:
    return "[\n  " + ",\n  ".join(map(_json, values)) + "\n ]" if values else "[]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
