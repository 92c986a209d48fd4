"""The API described: an OpenAPI document for programs, and a page for people that loads nothing from elsewhere."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from importlib.metadata import version
from typing import Any, Final

from generator.api_answers import MESSAGES
from generator.api_paging import MOST_PER_PAGE, PER_PAGE
from generator.api_schemas import Schema, schemas
from generator.filters import FILTERS, PREDEFINED, READABLE, SORTABLE

_KINDS: Final[Mapping[type, str]] = {int: "number", str: "text", bool: "boolean"}
_ID: Final[Schema] = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The numeric id, or the nodeID.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 200},
}
_PERSON_ID: Final[Schema] = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "Any: nobody is in a team here.",
    "schema": {"type": "string", "minLength": 1},
}
_FIELDS: Final[Schema] = {
    "name": "fields",
    "in": "query",
    "style": "form",
    "explode": False,
    "description": "The fields to give; always id. An empty name is left out.",
    "schema": {"type": "array", "items": {"enum": [*READABLE, ""]}},
}
_COUNTS: Final = ("Per-Page", "Current-Page", "Total-Pages", "Total-Entries")
_READING: Final = (400, 401, 403, 408, 413, 415, 429)
_WRITING: Final = (*_READING, 409, 422, 500)


@lru_cache(maxsize=8)
def document(base: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the API at `base`."""
    one = {"get": _get_one(), "patch": _update("update"), "put": _update("replace")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "App Offerings API",
            "version": version("appshelf"),
            "description": "The App Offerings API over a content folder, served by appshelf.",
        },
        "servers": [{"url": f"{base}/v1"}],
        "security": [{"token": []}],
        "paths": {
            "/": {"get": _operation("root", "Say that the API is there", _ok({"type": "object", "maxProperties": 0}))},
            "/me": {"get": _operation("me", "Say who asks", _ok(_PERSON))},
            "/people/me": {"get": _operation("person", "Say who asks", _ok(_PERSON))},
            "/people/{id}/teams": {"get": _operation("teams", "List teams", _ok(_NOTHING), parameters=[_PERSON_ID])},
            "/app_offerings": {"get": _get_list("list", "List all app offerings"), "post": _create()},
            **{f"/app_offerings/{name}": {"get": _get_list(name, _PREDEFINED[name])} for name in PREDEFINED},
            "/app_offerings/{id}": one,
            "/attachments/storage": {"get": _operation("storage", "Say where attachments are uploaded", _ok(_STORAGE))},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
        },
    }


_PREDEFINED: Final[Mapping[str, str]] = {
    "latest_internal": "List drafts",
    "latest_published": "List what is published",
    "all_latest_published": "List what is published, by trusted accounts too",
    "consumed": "List what is installed here; always empty",
}
_PERSON: Final[Schema] = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "account": {"type": "object"}},
    "required": ["id", "name", "account"],
}
_NOTHING: Final[Schema] = {"type": "array", "maxItems": 0}
_STORAGE: Final[Schema] = {
    "type": "object",
    "properties": {
        "provider": {"const": "local"},
        "upload_uri": {"type": "string", "format": "uri"},
        "size_limit": {"type": "integer"},
        "allowed_extensions": {"type": "array", "items": {"type": "string"}},
        "local": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]},
    },
    "required": ["provider", "upload_uri", "size_limit", "allowed_extensions", "local"],
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ok(schema: Schema, status: int = 200) -> dict[str, Schema]:
    return {str(status): {"description": "Done" if status == 200 else "Created", "content": _content(schema)}}


def _operation(
    name: str, summary: str, answers: Mapping[str, Schema], refusals: Sequence[int] = _READING, **more: Any
) -> Schema:
    refused = {
        str(status): {
            "description": MESSAGES[status],
            "content": _content(_ref("ValidationError" if status == 422 else "Error")),
        }
        for status in sorted(refusals)
    }
    return {"operationId": name, "summary": summary, **more, "responses": {**answers, **refused}}


def _get_list(name: str, summary: str) -> Schema:
    items = {"type": "array", "items": _ref("AppOfferingPart"), "maxItems": MOST_PER_PAGE}
    answers = _ok(items)
    answers["200"]["headers"] = {
        "Link": {"description": "first, prev and next", "schema": {"type": "string"}},
        **{f"X-Pagination-{part}": {"schema": {"type": "integer"}} for part in _COUNTS},
    }
    sorting = [*(sign + name for name in SORTABLE for sign in ("", "-")), ""]
    parameters: list[Schema] = [
        _FIELDS,
        {
            "name": "sort", "in": "query", "style": "form", "explode": False,
            "description": "Fields to sort by; name when there is none. A minus turns the direction.",
            "schema": {"type": "array", "items": {"enum": sorting}},
        },
        _parameter("per_page", {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": PER_PAGE}),
        _parameter("page", {"type": "integer", "minimum": 1, "maximum": 10**9}, "The older way to page."),
        _parameter("search_after", {"type": "string"}, "A cursor, from the Link header."),
        _parameter("search_before", {"type": "string"}, "A cursor, from the Link header."),
        *(_parameter(field, {"type": "string"}, _filtered(kind)) for field, kind in FILTERS.items()),
    ]  # fmt: skip
    return _operation(name, summary, answers, parameters=parameters)


def _parameter(name: str, schema: Schema, description: str = "") -> Schema:
    return {"name": name, "in": "query", "schema": schema, **({"description": description} if description else {})}


def _filtered(kind: type) -> str:
    told = f"A filter on a {_KINDS.get(kind, 'time')}: =value, =!value, = for empty, =! for present"
    return (
        told + ("; =<v, =<=v, =>v, =>=v, =>a<b" if kind not in {str, bool} else "") + ("; =1,2" if kind is int else "")
    )


def _get_one() -> Schema:
    answers = {**_ok({"anyOf": [_ref("AppOffering"), _ref("AppOfferingPart")]}), "304": {"description": "Not Modified"}}
    return _operation("get", "Get a single app offering", answers, (*_READING, 404), parameters=[_ID, _FIELDS])


def _body(schema: str) -> Schema:
    return {"required": True, "content": _content(_ref(schema))}


def _create() -> Schema:
    return _operation(
        "create", "Create an app offering", _ok(_ref("AppOffering"), 201), _WRITING,
        requestBody=_body("AppOfferingCreation"),
    )  # fmt: skip


def _update(name: str) -> Schema:
    return _operation(
        name, "Update an app offering", _ok(_ref("AppOffering")), (*_WRITING, 404, 412),
        parameters=[_ID], requestBody=_body("AppOfferingChange"),
    )  # fmt: skip


# --- For people

STYLE: Final = """
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
body { color: #1a1a1a; background: #fff; }
h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .75rem 1rem; background: #f3f3f0; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #e3e3e3; text-align: left; vertical-align: top; }
.method { display: inline-block; min-width: 4rem; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616; } pre { background: #262626; } th, td { border-color: #333; }
}
"""


def page(described: Mapping[str, Any]) -> str:
    """Write an OpenAPI document as a page of HTML, without a script and with one stylesheet of ours."""
    base = described["servers"][0]["url"]
    operations = "\n".join(
        _section(base + path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )
    tables = "\n".join(_schema_section(name, it) for name, it in described["components"]["schemas"].items())
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(described["info"]["title"])}</title><link rel="stylesheet" href="/api.css"></head>
<body>
<h1>{escape(described["info"]["title"])}</h1>
<p>{escape(described["info"]["description"])} For programs: <a href="/openapi.json">openapi.json</a>.</p>
<pre>curl -H "Authorization: Bearer $APPSHELF_API_TOKEN" {escape(base)}/app_offerings</pre>
{operations}
{tables}
</body></html>
"""


def _section(address: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = [
        (it["name"], it["in"], it.get("description", ""), _told(it["schema"])) for it in operation.get("parameters", [])
    ]
    answers = [(status, it["description"]) for status, it in operation["responses"].items()]
    body = operation.get("requestBody")
    takes = f"<p>Takes {_told(body['content']['application/json']['schema'])}.</p>" if body else ""
    head = f'<h2><span class="method">{method.upper()}</span> <code>{escape(address)}</code></h2>'
    parameters = _table(("Parameter", "In", "", "Value"), rows)
    return f"{head}<p>{escape(operation['summary'])}.</p>{takes}{parameters}{_table(('Status', ''), answers)}"


def _schema_section(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (key, "required" if key in required else "", _told(value), value.get("description", ""))
        for key, value in schema["properties"].items()
    ]
    return f"<h2><code>{escape(name)}</code></h2>{_table(('Field', '', 'Value', ''), rows)}"


def _told(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    short = {key: value for key, value in schema.items() if key not in {"description", "properties", "required"}}
    return json.dumps(short, ensure_ascii=False)[:300]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    if not lines:
        return ""
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    return f"<table><tr>{heads}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
