"""Where each part of a page was written, and how much of its limit it uses: what the preview tells an author."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import AfterValidator, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from generator.catalog import Listing
from generator.documents import read_toml, shown
from generator.errors import InputError, Problem
from generator.fields import AtMostBytes
from generator.models import TEXT_NAMES, Offering, StoreEntry
from generator.settings import Store


def written_of(listing: Listing, field: str) -> str:
    """Tell the file and line of an offering's field, and how much of its limit is used.

    `field` is the API's name of it, or ``store.`` and a key of the store's table. A file is told with its folder:
    ``dusk/offering.toml:4 · 212 of 255``.
    """
    if field == "attachments":
        return _files(listing)
    if field in TEXT_NAMES:
        place = listing.place.note(field, None, "")
        return _told(place, _used(Offering, field, listing.offering))
    if field.startswith("store."):
        key = field.removeprefix("store.")
        place = listing.place.store_problem("store", key, reason="")
        return _told(place, _used(StoreEntry, key, listing.store))
    return _told(listing.place.problem(field, ""), _used(Offering, field, listing.offering))


def written_in(content: Path, store: Store, field: str) -> str:
    """Tell the line of a key of ``store.toml`` in the content folder, and how much of its limit is used."""
    path = content / "store.toml"
    try:
        line = read_toml(path, root=content).line_of((field,))
    except InputError:  # there is none, and the defaults hold
        line = None
    return _told(Problem(shown(path), field, "", line=line), _used(Store, field, store))


def _told(place: Problem, used: str) -> str:
    position = f":{place.line}" if place.line else ""
    return f"{_with_folder(place.where)}{position}{used}"


def _with_folder(where: str) -> str:
    return "/".join(Path(where).parts[-2:])


def _used(model: type[BaseModel], field: str, values: BaseModel) -> str:
    value = getattr(values, field)
    if value in (None, "", ()):
        return f" · {field}: not set"
    limit = limit_of(model.model_fields[field])
    if not isinstance(value, str) or limit is None:
        return ""
    number, unit = limit
    count = len(value.encode()) if unit else len(value)
    return f" · {count:,} of {number:,}{unit}"


def limit_of(info: FieldInfo) -> tuple[int, str] | None:
    """Return the limit in a field's type, in characters or ``" bytes"``; ``None`` where there is none."""
    for rule in _rules(info):
        if isinstance(rule, StringConstraints) and rule.max_length:
            return rule.max_length, ""
        if isinstance(rule, AfterValidator) and isinstance(rule.func, AtMostBytes):
            return rule.func.limit, " bytes"
    return None


def _rules(info: FieldInfo) -> Iterator[object]:
    yield from info.metadata
    pending: list[Any] = [info.annotation]
    while pending:
        part = pending.pop()
        yield from getattr(part, "__metadata__", ())
        pending += get_args(part)


def _files(listing: Listing) -> str:
    if not listing.attachments:
        return _told(listing.place.problem("attachments", ""), "")
    count = len(listing.attachments)
    local = [file for file in listing.attachments if not file.fetched]
    where = shown(local[0].root) if local else listing.place.problem("attachments", "").where
    return f"{_with_folder(where)} · {count} file{'' if count == 1 else 's'}"
