"""The bodies of writes: JSON parsed strictly, and made into the values that the models check."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from generator.api_answers import Json, Pair, RefusedError
from generator.filters import LATER_FIELDS
from generator.models import TEXT_NAMES, Offering, nature
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
ATTACHED: Final = tuple(f"{name}_attachments" for name in TEXT_NAMES)

_TRUE: Final = frozenset({"1", "t", "y", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "f", "n", "false", "no", "off"})
_DIGITS: Final = re.compile(r"[0-9]{1,19}")


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


def values_of(body: Mapping[str, Json]) -> tuple[dict[str, Any], list[Pair]]:
    """Take what may be written out of a body: references in either form, text that means a number, true or false."""
    errors = [(name[:64], unknown("field", name, KNOWN)) for name in body if name not in KNOWN]
    values = {name: value for name, value in body.items() if name in WRITABLE}
    for name, target in _IDS.items():
        if name in body:
            values[target] = None if body[name] in (None, "") else {"id": body[name]}
    for name in _FLAGS:
        if name in values:
            values[name] = flag(values[name])
    for name in REFERENCES:
        if isinstance(given := values.get(name), dict) and "id" in given:
            values[name] = {**given, "id": _number(given["id"])}
    if "policy_jwt_claim_expires_in" in values:
        values["policy_jwt_claim_expires_in"] = _number(values["policy_jwt_claim_expires_in"])
    for name in ATTACHED:
        if name in values and values[name] is None:
            values[name] = []
    return {name: None if value == "" else value for name, value in values.items()}, errors


def _number(value: Json) -> Json:
    """Read a number that came as text: a public client writes every value so."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def flag(value: Json) -> Json:
    """Read a boolean that came as text; anything that means neither is given back for the model to refuse."""
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE or not word else value
    return False if value is None else value


def decoded(uri: str) -> bytes | None:
    """Return the content of a data URL in base64, or ``None``."""
    head, comma, text = uri.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
