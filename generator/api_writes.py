"""What a POST or PATCH asks for, checked against every rule before a file is touched. Pure.

body ──▶ values ──▶ Offering                 422 with all that is wrong, or the offering as it shall be
└──▶ attachments, picture      the files that come and go with it
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from generator.api_answers import Json, Pair, invalid
from generator.api_bodies import ATTACHED, PICTURE_BYTES, REFERENCES, decoded, flag, values_of
from generator.api_records import Known
from generator.catalog import derived_reference
from generator.filetypes import PictureFormat, picture_format
from generator.models import AttachmentChange, Offering, nature

_NAMES: Final = {info.alias or name: name for name, info in Offering.model_fields.items()}
_REQUIRED: Final = tuple(name for name in _NAMES if nature(name).required and name != "reference")
_CHANGES: Final = TypeAdapter[tuple[AttachmentChange, ...]](tuple[AttachmentChange, ...])

ENDINGS: Final[Mapping[PictureFormat, str]] = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WebP": "webp", "SVG": "svg"}


@dataclass(frozen=True)
class NewPicture:
    """A picture to store: its content, and the ending of its file."""

    content: bytes
    ending: str


@dataclass(frozen=True)
class Change:
    """What a write asks for: the offering as it shall be, and files that come and go.

    `added` has the keys of uploads, each with the field that names it. `picture` is the picture file as it shall be;
    with `keeps_picture` it stays as it is.
    """

    offering: Offering
    added: Mapping[str, str]
    removed: tuple[str, ...]
    picture: NewPicture | None
    keeps_picture: bool


@dataclass(frozen=True)
class Standing:
    """What a PATCH changes: the offering, whether it is a draft, its attachments' keys, and its picture's address."""

    offering: Offering
    draft: bool
    keys: frozenset[str]
    picture_address: str | None


@dataclass(frozen=True)
class Context:
    """What is known beside the offering: the account's name, and the records that offerings refer to."""

    account: str
    known: Known


def creation(body: Mapping[str, Json], context: Context, source: str | None) -> Change:
    """Return the offering that a POST asks for, with no id of its own yet (1).

    A missing reference is derived from the name (specification, field "reference"); `source` comes from a header.
    Raises `RefusedError` with everything that is wrong.
    """
    values, errors = values_of(body)
    if source is not None and values.get("source") is None:
        values["source"] = source
    name = values.get("name")
    if not values.get("reference") and isinstance(name, str) and name.strip():
        values["reference"] = default_reference(context.account, name)
    values = _named(values, context.known, None)
    return _change({"id": 1, **values}, values, errors, None)


def amendment(body: Mapping[str, Json], context: Context, before: Standing) -> Change:
    """Return the offering that a PATCH asks for; what the body does not name stays. Raises `RefusedError`."""
    values, errors = values_of(body)
    standing = _as_values(before.offering)
    if "reference" in values:
        name = values.get("name", before.offering.name)
        if not values["reference"] and before.draft and isinstance(name, str):
            values["reference"] = default_reference(context.account, name)
        elif not before.draft and values["reference"] != before.offering.reference:
            errors.append(("reference", "can't be changed once the app offering is published"))
            values["reference"] = before.offering.reference
    values = _named(values, context.known, before.offering)
    return _change({**standing, **values}, values, errors, before)


def default_reference(account: str, name: str) -> str:
    """Derive a reference from the name; without an account there is no prefix (our decision)."""
    return derived_reference(account, name) if account else derived_reference("", name).removeprefix("_")


def _as_values(offering: Offering) -> dict[str, Any]:
    named = {name: getattr(offering, field) for name, field in _NAMES.items()}
    return {**{name: value for name, value in named.items() if value is not None}, **(offering.model_extra or {})}


def _named(values: dict[str, Any], known: Known, before: Offering | None) -> dict[str, Any]:
    """Complete references by what is known of the same id: what the offering says of it, or else what others do."""
    completed = dict(values)
    for field in REFERENCES:
        given, standing = values.get(field), getattr(before, field, None)
        if not isinstance(given, dict) or type(number := given.get("id")) is not int:
            continue
        same = standing.model_dump(by_alias=True) if standing and standing.id == number else {}
        told = {**known.get((field, number), {}), **same, **given}
        completed[field] = {key: value for key, value in told.items() if value is not None}
    return completed


# --- From values to an offering


def _change(fields: dict[str, Any], asked: Mapping[str, Any], errors: list[Pair], before: Standing | None) -> Change:
    own_picture = before.picture_address if before else None
    picture, keeps, mistakes = _picture(asked, own_picture)
    if picture or (keeps and "picture_uri" in asked):
        fields["picture_uri"] = before.offering.picture_uri if before and keeps else None
    changes, more = _attachment_changes(asked)
    fields = {name: value for name, value in fields.items() if name not in ATTACHED}
    absent = {name: None for name in _REQUIRED if name not in fields}
    blank = [(name, "can't be blank") for name in _REQUIRED if fields.get(name) is None]
    told = {name for name, _ in blank}
    if not fields.get("reference") and "name" in told:
        told.add("reference")  # it would follow from the name
    offering = None
    try:
        offering = Offering.model_validate({**absent, **fields})
    except ValidationError as error:
        errors += [pair for pair in _pairs(error) if pair[0] not in told]
    errors += [*blank, *mistakes, *more, *_misfits(changes, before)]
    if errors or offering is None:
        raise invalid(*_in_order(errors))
    standing = before.keys if before else frozenset[str]()
    added = {it.key: name for name, it in changes if not it.destroy and it.key not in standing}
    removed = tuple(dict.fromkeys(it.key for _, it in changes if it.destroy))
    return Change(offering, added, removed, picture, keeps)


def _in_order(errors: Iterable[Pair]) -> list[Pair]:
    """Order what is wrong as the specification orders fields; what is unknown comes first."""
    rank = {name: number for number, name in enumerate(_NAMES, 1)}
    return sorted(dict.fromkeys(errors), key=lambda pair: rank.get(pair[0], 0))


def _attachment_changes(asked: Mapping[str, Any]) -> tuple[list[tuple[str, AttachmentChange]], list[Pair]]:
    changes: list[tuple[str, AttachmentChange]] = []
    errors: list[Pair] = []
    for name in ATTACHED:
        if name not in asked:
            continue
        given = asked[name]
        try:
            listed = _CHANGES.validate_python(
                [_change_values(it) for it in given] if isinstance(given, list) else given
            )
            changes += [(name, it) for it in listed]
        except ValidationError as error:
            errors += [(name, reason) for _, reason in _pairs(error)]
    return changes, errors


def _change_values(entry: Json) -> Json:
    if not isinstance(entry, dict):
        return entry
    return {key: flag(value) if key in {"inline", "_destroy"} else value for key, value in entry.items()}


def _misfits(changes: Iterable[tuple[str, AttachmentChange]], before: Standing | None) -> Iterator[Pair]:
    standing = before.keys if before else frozenset[str]()
    for name, it in changes:
        if it.destroy and it.key not in standing:
            yield name, f"no attachment has the key {it.key[:200]}"


def _picture(asked: Mapping[str, Any], own_address: str | None) -> tuple[NewPicture | None, bool, list[Pair]]:
    """Return the picture to store, whether the picture file stays, and what is wrong.

    Our own address coming back changes nothing: a client may write what it has read. Its signature may be older.
    """
    uri = asked.get("picture_uri")
    if "picture_uri" not in asked:
        return None, True, []
    if not isinstance(uri, str):
        return None, False, []
    if own_address and uri.partition("?")[0] == own_address.partition("?")[0]:
        return None, True, []
    if uri[:5].lower() != "data:":
        is_address = uri.startswith(("https://", "http://"))
        return None, False, [] if is_address else [("picture_uri", "is no https:// address and no data URL")]
    content = decoded(uri)
    if content is None:
        return None, False, [("picture_uri", "is no data URL in base64")]
    if len(content) >= PICTURE_BYTES:
        return None, False, [("picture_uri", f"is too large (maximum is {PICTURE_BYTES - 1:,} bytes)")]
    kind = picture_format(content)
    if kind is None:
        return None, False, [("picture_uri", "is no JPG, GIF, WEBP, PNG or SVG picture")]
    return NewPicture(content, ENDINGS[kind]), False, []


# --- What is wrong, in the API's words


def _pairs(error: ValidationError) -> Iterator[Pair]:
    for details in error.errors(include_url=False):
        location = details["loc"]
        name = str(location[0]) if location else ""
        within = ".".join(map(str, location[1:]))
        reason = _reason(details)
        yield name, f"{within} {reason}" if within else reason


def _reason(details: ErrorDetails) -> str:
    context: Mapping[str, Any] = details.get("ctx", {})
    match details["type"]:
        case "missing" | "string_too_short":
            return "can't be blank"
        case "string_too_long":
            return f"is too long (maximum is {context['max_length']} characters)"
        case "literal_error":
            return "is not included in the list"
        case "appshelf":
            reason = str(context["reason"])
            return "can't be blank" if reason.endswith("required") else reason
        case "string_unicode":
            return "holds half a character (a lone surrogate)"
        case "string_type":
            return "can't be blank" if details["input"] is None else "is not a string"
        case "int_type" | "int_from_float":
            return "is not an integer"
        case "bool_type":
            return "is not a boolean"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "is not an object"
        case "tuple_type" | "list_type":
            return "is not a list"
        case "greater_than_equal":
            return f"must be greater than or equal to {context['ge']}"
        case "less_than":
            return f"must be less than {context['lt']}"
    return details["msg"][:1].lower() + details["msg"][1:]
