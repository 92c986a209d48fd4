"""The JSON Schemas that editors check `offering.toml` and `store.toml` with."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from generator.content import file_fields
from generator.fields import TEXT_BYTES, PolicyJwtAlg
from generator.models import Assurance, Offering, Referenced, ScreenshotFile, StoreEntry, UiExtensionVersion
from generator.schemas import MEANINGS, byte_limit, offering_schema, store_schema, write_schemas
from generator.settings import Api, DownloadLimits, DownloadRules, Provider, Store

CONTENT = Path(__file__).parent.parent / "content"
MODELS: tuple[type[BaseModel], ...] = (
    Offering, Referenced, UiExtensionVersion, StoreEntry, ScreenshotFile, Assurance, Store, Provider, Api,
    DownloadRules, DownloadLimits,
)  # fmt: skip
KINDS: Mapping[str, type | tuple[type, ...]] = {"object": dict, "array": list, "boolean": bool, "integer": int}


def broken(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Yield the rules of a schema that a TOML value breaks: the few keywords that ours use, and no other."""
    if "$ref" in schema:
        yield from broken(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, where)
    if "anyOf" in schema and all([*broken(value, choice, whole)] for choice in schema["anyOf"]):
        yield f"{where}: anyOf"
    kinds: Any = KINDS.get(schema.get("type", ""), str)
    if schema.get("format") in {"date", "date-time"}:
        kinds = {"date": (date, str), "date-time": (datetime, str)}[schema["format"]]
    if "type" in schema and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is int)):
        yield f"{where}: type"
        return
    rules = {
        "enum": lambda limit: value in limit,
        "minimum": lambda limit: value >= limit,
        "maximum": lambda limit: value <= limit,
        "exclusiveMaximum": lambda limit: value < limit,
        "minLength": lambda limit: len(value) >= limit,
        "maxLength": lambda limit: len(value) <= limit,
        "maxItems": lambda limit: len(value) <= limit,
        "pattern": lambda limit: re.search(limit, value),
        "required": lambda limit: set(limit) <= value.keys(),
    }
    yield from (f"{where}: {rule}" for rule, holds in rules.items() if rule in schema and not holds(schema[rule]))
    if isinstance(value, list):
        for inner in value:
            yield from broken(inner, schema.get("items", {}), whole, f"{where}[]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key, inner in value.items():
            if key not in known and schema.get("additionalProperties") is False:
                yield f"{where}.{key}: additionalProperties"
            yield from broken(inner, known.get(key, {}), whole, f"{where}.{key}")


@pytest.mark.parametrize("path", sorted(CONTENT.glob("offerings/*/offering.toml")), ids=lambda path: path.parent.name)
def test_the_example_offerings_fit(path: Path) -> None:
    schema = offering_schema()
    assert [*broken(tomllib.loads(path.read_text("utf-8")), schema, schema)] == []


def test_the_example_store_fits() -> None:
    schema = store_schema()
    assert [*broken(tomllib.loads((CONTENT / "store.toml").read_text("utf-8")), schema, schema)] == []


GOOD: Mapping[str, Any] = {
    "name": "n", "policy_jwt_alg": "rs256", "service_instance": {"id": 1}, "webhook_uri_template": "https://h.example",
}  # fmt: skip

MISTAKES: Mapping[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "hours and minutes": ({"policy_jwt_claim_expires_in": "2:30"}, []),
    "a time without quotes": ({"created_at": datetime.fromisoformat("2026-01-01T00:00:00Z")}, []),
    "a name at its limit": ({"name": "n" * 128}, []),
    "a name over its limit": ({"name": "n" * 129}, [".name: maxLength"]),
    "a blank name": ({"name": ""}, [".name: minLength"]),
    "an unknown algorithm": ({"policy_jwt_alg": "none"}, [".policy_jwt_alg: enum"]),
    "an id that is text": ({"id": "1"}, [".id: type"]),
    "an id that is zero": ({"id": 0}, [".id: minimum"]),
    "words for a duration": ({"policy_jwt_claim_expires_in": "soon"}, [".policy_jwt_claim_expires_in: anyOf"]),
    "an unknown key": ({"card_descripton": "c"}, [".card_descripton: additionalProperties"]),
    "a text in the wrong file": ({"description": "d"}, [".description: additionalProperties"]),
    "a service instance without id": ({"service_instance": {"name": "n"}}, [".service_instance: required"]),
    "a later key inside a reference": ({"service_instance": {"id": 1, "nodeID": "x"}}, []),
    "a later key": ({"extra": {"any": [{"thing": 1}]}}, []),
    "an unknown key of the store": ({"store": {"category": "c"}}, [".store.category: additionalProperties"]),
    "too many categories": ({"store": {"categories": ["c"] * 11}}, [".store.categories: maxItems"]),
    "an assurance without status": ({"store": {"assurances": [{"topic": "t"}]}}, [".store.assurances[]: required"]),
}


@pytest.mark.parametrize(("fields", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_editors_mark_mistakes(fields: dict[str, Any], expected: list[str]) -> None:
    schema = offering_schema()
    assert [*broken({**GOOD, **fields}, schema, schema)] == expected


def test_the_committed_schemas_are_these(tmp_path: Path) -> None:
    for path in write_schemas(tmp_path):
        assert (CONTENT / path.relative_to(tmp_path)).read_bytes() == path.read_bytes(), "run write_schemas(content)"


def test_schemas_are_written_only_when_they_differ(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path)
    inodes = [path.stat().st_ino for path in paths]
    assert [path.stat().st_ino for path in write_schemas(tmp_path)] == inodes
    paths[0].write_text("{}")
    write_schemas(tmp_path)
    assert json.loads(paths[0].read_text("utf-8")) == offering_schema()


def test_only_keys_that_may_stand_in_the_file_are_offered() -> None:
    assert offering_schema()["properties"].keys() == {"draft", *file_fields(), "extra", "store"}
    assert offering_schema()["required"] == [
        "name", "policy_jwt_alg", "service_instance", "webhook_uri_template",
    ]  # fmt: skip


def test_what_the_api_gives_is_read_only() -> None:
    properties = offering_schema()["properties"]
    read_only = {name for name, schema in properties.items() if schema.get("readOnly")}
    assert read_only == {"id", "created_at", "updated_at"}


def test_limits_choices_and_defaults_are_the_models() -> None:
    properties = offering_schema()["properties"]
    assert properties["policy_jwt_alg"]["enum"] == list(get_args(PolicyJwtAlg))
    assert properties["disabled"]["default"] is False
    assert properties["card_description"]["maxLength"] == 255
    assert store_schema()["properties"]["per_page"]["default"] == Store().per_page
    assert byte_limit("description") == TEXT_BYTES
    assert byte_limit("policy_jwt_audience") == properties["policy_jwt_audience"]["maxLength"]
    assert byte_limit("sourceID") is None


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    keys = {
        model.__name__: {info.alias or n for n, info in model.model_fields.items() if not info.description}
        for model in MODELS
    }
    keys["Offering"] = set(file_fields())
    assert {name: set(meanings) for name, meanings in MEANINGS.items()} == keys


@pytest.mark.parametrize("schema", [offering_schema(), store_schema()], ids=["offering", "store"])
def test_nothing_that_toml_cannot_say_is_asked_for(schema: Mapping[str, Any]) -> None:
    text = json.dumps(schema)
    assert '"null"' not in text
    assert '"x-' not in text
    assert set(re.findall(r"#/\$defs/(\w+)", text)) == schema["$defs"].keys(), "no definition is unused or missing"
