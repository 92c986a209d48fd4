"""JSON Schemas (draft 2020-12) of what ``v1/`` publishes, to stand beside it. Types and limits come from the models."""

import json
from collections.abc import Mapping
from typing import Any, Final

from generator.models import Offering

_MEANINGS: Final = {
    "id": "The number of the record.",
    "reference": "Identifies the app in all its versions.",
    "name": "The name of the app.",
    "card_description": "A short description.",
    "configuration_uri_template": "Where a customer configures the app; {account} becomes the account id.",
    "created_at": "When the record was created.",
    "picture_uri": "Its picture: an address, or a path from the root of the site when that has none.",
    "policy_jwt_alg": "The algorithm that signs the requests to its webhook.",
    "requires_enabled_oauth_person": "The app acts as a person whom people can @mention.",
    "updated_at": "When the record was last changed.",
}
_TEXTS: Final = {
    "description": "What the app does; Markdown.",
    "features": "What it offers; Markdown.",
    "compliance": "How it treats data; Markdown.",
}
_ADDRESS: Final = {"type": "string", "format": "uri-reference"}
_ATTACHMENTS: Final = {
    "description": "The files that belong to the texts.",
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "uri", "size"],
        "properties": {
            "name": {"description": "The name of the file.", "type": "string"},
            "uri": {"description": "Where it is, as picture_uri.", **_ADDRESS},
            "size": {"description": "Its size in bytes.", "type": "integer", "minimum": 0},
        },
    },
}


def record_schemas() -> dict[str, bytes]:
    """Return the schemas by their paths in the site: of the list, and of one whole record.

    Further fields may come; those that are named are in every record.
    """
    fields = Offering.model_json_schema()["properties"]
    listed = {name: _field(name, meaning, fields[name]) for name, meaning in _MEANINGS.items()}
    texts = {name: _field(name, meaning, fields[name]) for name, meaning in _TEXTS.items()}
    listing = {"title": "The app offerings of a store", "type": "array", "items": _object(listed)}
    record = {"title": "An app offering", **_object({**listed, **texts, "attachments": _ATTACHMENTS})}
    return {"v1/app_offerings.schema.json": _written(listing), "v1/app_offering.schema.json": _written(record)}


def _field(name: str, meaning: str, field: Mapping[str, Any]) -> dict[str, Any]:
    if name == "picture_uri":
        return {"description": meaning, **_ADDRESS}
    return {"description": meaning, **{key: value for key, value in field.items() if key not in {"title", "default"}}}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def _written(schema: Mapping[str, Any]) -> bytes:
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
