"""JSON Schemas (draft 2020-12) of ``offering.toml`` and ``store.toml``: editors complete and check with them.

Types, limits, choices and defaults come from the models; only what a key means is said here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import AfterValidator, BaseModel

from generator.content import EXTRA, file_fields
from generator.content_writer import replace_file
from generator.fields import AtMostBytes
from generator.models import Offering, StoreEntry, nature
from generator.settings import Store

OFFERING_SCHEMA: Final = "schemas/offering.schema.json"
STORE_SCHEMA: Final = "schemas/store.schema.json"
"""Where the schemas stand in a content folder."""

MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "Offering": {
        "reference": "Identifies the app in all its versions. Fixed once the app is published.",
        "name": "The name of the app.",
        "card_description": "A short description, shown on the card of the app.",
        "configuration_uri_template": "Where a customer configures the app; {account} becomes the account id.",
        "disabled": "The app may no longer be installed by new customers; the store does not show it.",
        "picture_uri": "The app's picture as a data: address; simpler is a file picture.svg, png, jpg, webp or gif.",
        "policy_jwt_alg": "The algorithm that signs the requests to the app's webhook.",
        "policy_jwt_audience": "The audience that the signed requests name.",
        "policy_jwt_claim_expires_in": 'How long a signature is valid: minutes, or hours and minutes as "2:30".',
        "requires_enabled_oauth_person": "The app acts as a person whom people can @mention.",
        "service_instance": "The service instance of the requests that are registered about the app.",
        "source": "The system that the app's record comes from.",
        "sourceID": "The identifier of the app's record in that system.",
        "ui_extension_version": "The form on the Configuration tab, once the app is installed.",
        "webhook_uri_template": "Where the app receives its events; {account} becomes the account id.",
        "id": "The number of the record; the API gives it.",
        "created_at": "When the record was created; the API says so.",
        "updated_at": "When the record was last changed; the API says so.",
    },
    "Referenced": {"id": "The number of the record.", "name": "Its name, for people who read this file."},
    "UiExtensionVersion": {
        "id": "The number of the record.",
        "name": "Its name, for people who read this file.",
        "version": "The number of the version.",
    },
    "StoreEntry": {
        "categories": "Where visitors find the app.",
        "tags": "Further words to find it by.",
        "publisher": "Who offers the app, when it is not the provider of the store.",
        "website": "The app's own page.",
        "support": "Where users get help: an address that begins with https:// or mailto:.",
        "featured": "The app is put forward.",
        "screenshots": "Pictures from attachments/, shown below the description.",
        "install_url": "Where the app is installed from, when it is not the store's own address.",
        "assurances": "What you declare about security and compliance.",
    },
    "ScreenshotFile": {"file": "A picture, such as attachments/report.png.", "caption": "What the picture shows."},
    "Assurance": {
        "topic": "What is declared, such as ISO 27001 or Data location.",
        "status": "What holds, such as Certified or European Union.",
        "scope": "What it holds for.",
        "evidence": "A file that proves it, such as attachments/certificate.pdf.",
        "valid_until": "The last day on which it holds.",
    },
    "Store": {
        "title": "The name of the store.",
        "tagline": "A sentence below the title.",
        "base_url": "Where the store is published. The sitemap and canonical addresses need it.",
        "language": "The language of the texts and of the pages around them; the words of en, de and nl come along.",
        "account": "The name of the account that the apps belong to.",
        "per_page": "How many cards stand on a page.",
        "markup": "How the texts are written: CommonMark, or the account's own formatting.",
        "accent": "The colour of links and buttons; made darker or lighter where words would be hard to read.",
        "radius": "How round the corners of buttons, fields and pictures are, in CSS pixels.",
        "logo": "A picture in the content folder, shown beside the title.",
        "install_url": "Where Get this app leads; {account} and {reference} are filled in.",
        "provider": "Who runs the store.",
        "downloads": "How pictures and attachments are fetched that a record names by an address.",
        "api": "The App Offerings API that offerings are read from and written to.",
    },
    "DownloadRules": {
        "allow_hosts": "Hosts that files may be fetched from though they are not public: names, or names with a port.",
        "limits": "How large they may be, in MiB, and how many seconds one may take.",
    },
    "DownloadLimits": {
        "picture_mib": "The largest picture.",
        "attachment_mib": "The largest attachment.",
        "site_mib": "The most of all together.",
        "seconds": "The longest time for one.",
    },
    "Api": {
        "url": "Its address. The token is sent there, and nowhere else.",
        "oauth_url": "Where a client's id and secret are exchanged for a token.",
        "view": "Which offerings are shown: one of the API's predefined filters.",
    },
    "Provider": {
        "name": "The name of the provider; apps without a publisher are its own.",
        "url": "The provider's own page.",
        "support": "Where visitors get help: an address that begins with https:// or mailto:.",
    },
}
"""What each key means, by the model and the key's name in the file; a description in the model itself wins."""

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "Offering": {
        "card_description": "Says in one sentence what changes for the people who use it.",
        "configuration_uri_template": "https://{account}.example.com/settings",
        "disabled": True,
        "picture_uri": "data:image/png;base64,…",
        "policy_jwt_audience": "https://example.com/hook",
        "policy_jwt_claim_expires_in": 10,
        "requires_enabled_oauth_person": True,
        "service_instance": {"id": 1, "name": "Name of your service instance"},
        "source": "our-registry",
        "sourceID": "app-1",
        "ui_extension_version": {"id": 1, "name": "Settings", "version": 1},
        "webhook_uri_template": "https://example.com/hook?account={account}",
    },
    "StoreEntry": {
        "categories": ["Automation"],
        "tags": ["calendar", "notifications"],
        "publisher": "Name of the publisher",
        "website": "https://example.com/app",
        "support": "mailto:help@example.com",
        "featured": True,
        "screenshots": [{"file": "attachments/report.png", "caption": "The report of a run."}],
        "install_url": "https://example.com/install?account={account}",
    },
    "Assurance": {
        "topic": "ISO 27001",
        "status": "Certified",
        "scope": "Hosting and support",
        "evidence": "attachments/certificate.pdf",
        "valid_until": "2030-06-30",
    },
    "Store": {
        "base_url": "https://apps.example.com/",
        "account": "your-account",
        "logo": "logo.svg",
        "install_url": "https://{account}.example.com/apps/{reference}/install",
    },
    "Api": {"oauth_url": "https://oauth.xurrent.com/token"},
    "DownloadRules": {"allow_hosts": ["files.example.com"], "limits": {"site_mib": 500, "seconds": 30}},
    "Provider": {"url": "https://example.com/", "support": "mailto:apps@example.com"},
}
"""A value of a key, where an example says more than words; the comments of new files show them, too."""

_DRAFT: Final = "Not yet published: left out of the store, unless drafts are asked for."
_LATER: Final = "Fields of a later version of the API, kept for the way back and never shown."
_ENTRY: Final = "What only the store knows of the app."


def offering_schema() -> dict[str, Any]:
    """Return the schema of an ``offering.toml``. The folder's name may stand in for the reference."""
    offering, entry = _model_schema(Offering), _model_schema(StoreEntry)
    definitions = {**offering.pop("$defs"), **entry.pop("$defs")}
    fields = {name: offering["properties"][name] for name in file_fields()}
    for name, field in fields.items():
        if nature(name).access == "read-only":
            field["readOnly"] = True
        if limit := byte_limit(name):
            field |= {"maxLength": limit, "description": f"{field['description']} At most {limit:,} bytes."}
    return _document(
        "An app offering",
        {
            "draft": {"description": _DRAFT, "type": "boolean", "default": False},
            **fields,
            EXTRA: {"description": _LATER, "type": "object"},
            "store": {"description": _ENTRY, **entry},
        },
        required=[name for name in file_fields() if nature(name).required and name != "reference"],
        definitions={name: definitions[name] for name in MEANINGS if name in definitions},
    )


def store_schema() -> dict[str, Any]:
    """Return the schema of a ``store.toml``."""
    store = _model_schema(Store)
    return _document("The settings of a store", store["properties"], required=[], definitions=store["$defs"])


def write_schemas(content: Path) -> tuple[Path, Path]:
    """Write both schemas into a content folder, where they differ, and return their paths.

    Same models, same bytes. Raises `OutputError` with the name of a file that cannot be written.
    """
    paths = content / OFFERING_SCHEMA, content / STORE_SCHEMA
    for path, schema in zip(paths, (offering_schema(), store_schema()), strict=True):
        replace_file(path, (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode())
    return paths


def in_words(field: Mapping[str, Any], *, required: bool = False) -> str:
    """Tell in a few words what the schema of a key says: its meaning, whether it is required, its limits."""
    words = [field.get("description", "")]
    if required:
        words.append("Required.")
    if "enum" in field:
        words.append(f"One of {', '.join(field['enum'])}.")
    if "maxLength" in field and "bytes" not in words[0]:
        words.append(f"At most {field['maxLength']:,} characters.")
    if "maxItems" in field:
        each = field["items"].get("maxLength")
        words.append(f"At most {field['maxItems']}{f', each of at most {each} characters' if each else ''}.")
    if "maximum" in field:
        words.append(f"From {field['minimum']:,} to {field['maximum']:,}.")
    return " ".join(words)


def byte_limit(field: str) -> int | None:
    """Return an offering field's limit in bytes of UTF-8, or ``None`` for one that counts characters or nothing."""
    info = next(info for name, info in Offering.model_fields.items() if field == (info.alias or name))
    rules = (
        rule for kind in (info.annotation, *get_args(info.annotation)) for rule in getattr(kind, "__metadata__", ())
    )
    limits = (rule.func for rule in rules if isinstance(rule, AfterValidator))
    return next((rule.limit for rule in limits if isinstance(rule, AtMostBytes)), None)


def _document(
    title: str, properties: Mapping[str, Any], *, required: list[str], definitions: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": dict(properties),
        "$defs": dict(definitions),
    }


def _model_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema and those of its parts, with the meaning of every key."""
    schema = model.model_json_schema()
    parts = {name: _described(name, part) for name, part in schema.get("$defs", {}).items()}
    return {**_described(model.__name__, schema), "$defs": parts}


def _described(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    meanings, examples = MEANINGS.get(name, {}), EXAMPLES.get(name, {})
    properties = {
        key: {
            **({"description": meanings[key]} if key in meanings else {}),
            **_without_null(field),
            **({"examples": [examples[key]]} if key in examples else {}),
        }
        for key, field in schema["properties"].items()
    }
    return {
        "type": "object",
        **({} if schema["additionalProperties"] else {"additionalProperties": False}),
        **({"required": schema["required"]} if "required" in schema else {}),
        "properties": properties,
    }


def _without_null(field: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what TOML cannot say, and titles and defaults that say nothing."""
    choices = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: value for key, value in field.items() if key not in {"title", "anyOf", "default"}}
    default = field.get("default")
    plain = isinstance(default, bool | int) or (isinstance(default, str) and default)
    return {
        **(choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}),
        **rest,
        **({"default": default} if plain else {}),
    }
