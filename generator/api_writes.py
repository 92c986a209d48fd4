"""What a POST or PATCH asks for, checked against every rule before a file is touched. Pure.

body ──▶ values ──▶ Offering                 422 with all that is wrong, or the offering as it shall be
              └──▶ attachments, picture      the files that come and go with it
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from generator.api_answers import Json, Pair, RefusedError, invalid
from generator.api_records import Known
from generator.catalog import derived_reference
from generator.filetypes import PictureFormat, picture_format
from generator.filters import LATER_FIELDS
from generator.models import TEXT_NAMES, AttachmentChange, Offering, nature
from generator.reasons import unknown

BODY_BYTES: Final = 1024 * 1024
"""Of a body apart from a picture that it carries."""
PICTURE_BYTES: Final = 2 * 1024 * 1024
"""A picture in a data URL is smaller than that."""
PICTURE_URL: Final = 4 * -(-PICTURE_BYTES // 3) + 64
"""The longest data URL of such a picture."""

_NAMES: Final = {info.alias or name: name for name, info in Offering.model_fields.items()}
REFERENCES: Final = ("service_instance", "ui_extension_version")
WRITABLE: Final = tuple(name for name in _NAMES if nature(name).access != "read-only")
_IDS: Final = {f"{name}_id": name for name in REFERENCES}
_IGNORED: Final = {*(name for name in _NAMES if nature(name).access == "read-only"), *LATER_FIELDS}
KNOWN: Final = (*WRITABLE, *_IDS, *sorted(_IGNORED))
"""What a body may hold; what is read-only is ignored, as a record comes back with it (our decision)."""
_FLAGS: Final = ("disabled", "requires_enabled_oauth_person")
_ATTACHED: Final = tuple(f"{name}_attachments" for name in TEXT_NAMES)
_REQUIRED: Final = tuple(name for name in _NAMES if nature(name).required and name != "reference")

_TRUE: Final = frozenset({"1", "t", "y", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "f", "n", "false", "no", "off"})
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
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


def read_body(content: bytes) -> dict[str, Json]:
    """Parse a body strictly; raises `RefusedError` (400, 413).

    No NaN, no key twice, no other encoding than UTF-8, nothing but an object.
    """
    try:
        body = json.loads(content.decode(), parse_constant=_refused_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # UnicodeDecodeError too, and a number of more than 4,300 digits
        raise RefusedError(400, "Invalid JSON string posted") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "Invalid JSON string posted: expected an object")
    picture = body.get("picture_uri")
    if len(content) - (len(picture) if isinstance(picture, str) and picture.startswith("data:") else 0) > BODY_BYTES:
        raise RefusedError(413)
    return body


def _refused_constant(name: str) -> None:
    raise ValueError(name)


def _once(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError
    return values


def creation(body: Mapping[str, Json], context: Context, source: str | None) -> Change:
    """Return the offering that a POST asks for, with no id of its own yet (1).

    A missing reference is derived from the name (specification, field "reference"); `source` comes from a header.
    Raises `RefusedError` with everything that is wrong.
    """
    values, errors = _values(body)
    if source is not None and values.get("source") is None:
        values["source"] = source
    name = values.get("name")
    if not values.get("reference") and isinstance(name, str) and name.strip():
        values["reference"] = default_reference(context.account, name)
    values = _named(values, context.known, None)
    return _change({"id": 1, **values}, values, errors, None)


def amendment(body: Mapping[str, Json], context: Context, before: Standing) -> Change:
    """Return the offering that a PATCH asks for; what the body does not name stays. Raises `RefusedError`."""
    values, errors = _values(body)
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


# --- From JSON to values


def _values(body: Mapping[str, Json]) -> tuple[dict[str, Any], list[Pair]]:
    """Take what may be written out of a body: references in either form, text that means a number, true or false."""
    errors = [(name[:64], unknown("field", name, KNOWN)) for name in body if name not in KNOWN]
    values = {name: value for name, value in body.items() if name in WRITABLE}
    for name, target in _IDS.items():
        if name in body:
            values[target] = None if body[name] in (None, "") else {"id": body[name]}
    for name in _FLAGS:
        if name in values:
            values[name] = _flag(values[name])
    for name in REFERENCES:
        if isinstance(given := values.get(name), dict) and "id" in given:
            values[name] = {**given, "id": _number(given["id"])}
    if "policy_jwt_claim_expires_in" in values:
        values["policy_jwt_claim_expires_in"] = _number(values["policy_jwt_claim_expires_in"])
    for name in _ATTACHED:
        if name in values and values[name] is None:
            values[name] = []
    return {name: None if value == "" else value for name, value in values.items()}, errors


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


def _number(value: Json) -> Json:
    """Read a number that came as text: a public client writes every value so."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def _flag(value: Json) -> Json:
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE or not word else value
    return False if value is None else value


# --- From values to an offering


def _change(fields: dict[str, Any], asked: Mapping[str, Any], errors: list[Pair], before: Standing | None) -> Change:
    own_picture = before.picture_address if before else None
    picture, keeps, mistakes = _picture(asked, own_picture)
    if picture or (keeps and "picture_uri" in asked):
        fields["picture_uri"] = before.offering.picture_uri if before and keeps else None
    changes, more = _attachment_changes(asked)
    fields = {name: value for name, value in fields.items() if name not in _ATTACHED}
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
    for name in _ATTACHED:
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
    return {key: _flag(value) if key in {"inline", "_destroy"} else value for key, value in entry.items()}


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
        return None, False, [] if _is_address(uri) else [("picture_uri", "is no https:// address and no data URL")]
    content = _decoded(uri)
    if content is None:
        return None, False, [("picture_uri", "is no data URL in base64")]
    if len(content) >= PICTURE_BYTES:
        return None, False, [("picture_uri", f"is too large (maximum is {PICTURE_BYTES - 1:,} bytes)")]
    kind = picture_format(content)
    if kind is None:
        return None, False, [("picture_uri", "is no JPG, GIF, WEBP, PNG or SVG picture")]
    return NewPicture(content, ENDINGS[kind]), False, []


def _is_address(uri: str) -> bool:
    return uri.startswith(("https://", "http://"))


def _decoded(uri: str) -> bytes | None:
    head, comma, text = uri.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


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
