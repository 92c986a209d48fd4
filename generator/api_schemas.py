"""JSON Schemas of what the API takes and gives, made from the models so that no limit grows old."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from generator.api_bodies import PICTURE_URL, REFERENCES, WRITABLE
from generator.api_records import WHOLE
from generator.filters import LATER_FIELDS
from generator.models import Offering, nature

Schema = dict[str, Any]

_NEVER_NULL: Final = frozenset(
    {
        "attachments",
        "disabled",
        "id",
        "name",
        "nodeID",
        "reference",
        "requires_enabled_oauth_person",
        "service_instance",
    }
)
"""What every record has; all else may be blank, which is null."""
_FLAG_WORDS: Final = (
    "^(1|[Tt]|[Yy]|[Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|0|[Ff]|[Nn]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff])?$"
)
_ONE_LINE: Final = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
_LINE: Final = {"type": "string", "maxLength": 2048, "pattern": _ONE_LINE}
_PICTURE: Final = (
    r"^(https?://[^\u0000-\u0020\u007f-\u009f\u2028\u2029]+"
    r"|data:image/(png|jpeg|gif|webp|svg\+xml);base64,([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)?$"
)
_WHOLE_NUMBER: Final = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
_WRITTEN_NUMBER: Final = {"anyOf": [_WHOLE_NUMBER, {"type": "string", "pattern": "^([1-9][0-9]{0,17})?$"}]}
"""Some clients write every value as text, and an empty one for null."""
_WRITTEN_DURATION: Final = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        {"type": "string", "pattern": "^([0-9]{1,9}|[0-9]{1,6}:[0-5][0-9])?$"},
    ]
}
_TEXT_BYTES: Final = 64 * 1024
_REFERENCED: Final[Mapping[str, Schema]] = {
    "service_instance": {"id": _WHOLE_NUMBER, "name": {**_LINE, "type": ["string", "null"]}},
    "ui_extension_version": {
        "id": _WHOLE_NUMBER,
        "name": {**_LINE, "type": ["string", "null"]},
        "version": {"anyOf": [_WHOLE_NUMBER, {"type": "null"}]},
    },
}
_ATTACHMENT: Final[Schema] = {
    "type": "object",
    "properties": {
        "key": {"type": "string"},
        "name": {"type": "string"},
        "uri": {"type": "string", "format": "uri", "description": "Signed; expires within a day."},
        "inline": {"type": "boolean"},
        "size": {"type": "integer", "minimum": 0},
    },
    "required": ["key", "name", "uri", "inline", "size"],
    "additionalProperties": False,
}
_ATTACHMENT_CHANGE: Final[Schema] = {
    "type": "object",
    "properties": {
        "key": _LINE,
        "inline": {"type": "boolean"},
        "_destroy": {"type": "boolean"},
    },
    "required": ["key"],
}


def schemas() -> dict[str, Schema]:
    """Return all schemas by their names in the OpenAPI document."""
    read = {name: _read(name) for name in (*WHOLE, *LATER_FIELDS)}
    written = {name: _written(name) for name in WRITABLE}
    for name in REFERENCES:
        written[f"{name}_id"] = _WRITTEN_NUMBER if nature(name).required else _or_null(_WRITTEN_NUMBER)
    ignored = {name: {"description": "Ignored: read-only."} for name in WHOLE if nature(name).access == "read-only"}
    change = _object({**written, **ignored, **{name: {"description": "Ignored."} for name in LATER_FIELDS}})
    required = [name for name in WRITABLE if nature(name).required and name not in {"reference", *REFERENCES}]
    return {
        "AppOffering": _object({name: read[name] for name in WHOLE}, WHOLE),
        "AppOfferingPart": _object(read, ["id"]),
        "AppOfferingChange": change,
        "AppOfferingCreation": {
            **change,
            "required": required,
            "anyOf": [{"required": ["service_instance"]}, {"required": ["service_instance_id"]}],
        },
        "Error": _object({"message": {"type": "string"}}, ["message"]),
        "ValidationError": _object(
            {
                "message": {"const": "Validation Failed"},
                "errors": {
                    "type": "array",
                    "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
                },
            },
            ["message", "errors"],
        ),
    }


def _object(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _read(name: str) -> Schema:
    schema = _value(name, is_read=True)
    if name == "disabled":
        schema = {**schema, "description": "Always there when true, asked for or not."}
    return schema if name in _NEVER_NULL else _or_null(schema)


def _written(name: str) -> Schema:
    schema = _value(name, is_read=False)
    return schema if nature(name).required and name != "reference" else _or_null(schema)


def _value(name: str, *, is_read: bool) -> Schema:
    """Return the schema of a value that is not null."""
    if name in LATER_FIELDS:
        return {"type": "boolean"}
    if name in _REFERENCED:
        parts = _REFERENCED[name]
        required = list(parts) if is_read else ["id"]
        return {"type": "object", "properties": parts, "required": required}
    if name == "attachments":
        return {"type": "array", "items": _ATTACHMENT}
    if name.endswith("_attachments"):
        return {"type": "array", "items": _ATTACHMENT_CHANGE}
    if name in {"created_at", "updated_at"}:
        return {"type": "string", "format": "date-time"}
    if name == "nodeID":
        return {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
    return _scalar(name, is_read=is_read)


def _scalar(name: str, *, is_read: bool) -> Schema:
    schema = _own(name)
    if name == "policy_jwt_claim_expires_in":
        return {"type": "integer", "minimum": 0, "maximum": 2**31 - 1} if is_read else _WRITTEN_DURATION
    if schema.get("type") == "boolean" and not is_read:
        return {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": _FLAG_WORDS}]}
    if name == "picture_uri":
        return {"type": "string", "maxLength": PICTURE_URL, "pattern": ".*" if is_read else _PICTURE}
    if name in {"description", "features", "compliance"}:
        return {"type": "string", "maxLength": _TEXT_BYTES, "description": "At most 64 KB of UTF-8."}
    if name == "policy_jwt_audience":
        return {"type": "string", "maxLength": 2048, "description": "At most 2 KB of UTF-8.", "pattern": _ONE_LINE}
    if schema.get("type") == "string" and "enum" not in schema:
        return {**schema, "pattern": _ONE_LINE}
    return schema


def _own(name: str) -> Schema:
    """Return the model's own schema of a field, without null, title and default."""
    schema = copy.deepcopy(Offering.model_json_schema()["properties"][name])
    choices = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    if len(choices) == 1:
        schema = choices[0]
    elif choices:
        schema = {"anyOf": choices}
    return {key: value for key, value in schema.items() if key not in {"title", "default"}}
