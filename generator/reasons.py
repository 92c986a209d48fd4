"""Broken rules, told as problems in the words of whoever has to mend them."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from generator.documents import Document, Location
from generator.errors import Problem

_FAR = 6
"""Names whose lengths differ by more letters are not mistaken for each other."""


def explain(error: ValidationError, document: Document, known: type[BaseModel], within: Location = ()) -> list[Problem]:
    """Tell each broken rule in `error` as a problem of `document`, in the words of who has to mend it.

    `known` is the model that was checked; an unknown key names the nearest key it has. `within` is where the
    model's values stand in the document.
    """
    return [
        Problem(
            document.where,
            dotted((*within, *details["loc"])),
            _reason(details, known),
            line=document.line_of((*within, *details["loc"])),
        )
        for details in error.errors(include_url=False)
    ]


def dotted(location: Location) -> str:
    """Write a location as people do: ``store.assurances[0].topic``."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return path.removeprefix(".")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Say that a key or file is unknown, and which known one was probably meant."""
    near = (it for it in known if abs(len(it) - len(name)) <= _FAR)
    nearest = difflib.get_close_matches(name[:64].lower(), near, n=1, cutoff=0.6)
    return f"unknown {what}" + (f"; did you mean {nearest[0]}?" if nearest else "")


def _reason(details: ErrorDetails, known: type[BaseModel]) -> str:
    context: Mapping[str, Any] = details.get("ctx", {})
    given = details["input"]
    match details["type"]:
        case "appshelf":
            return str(context["reason"])
        case "missing":
            return "is missing, and required"
        case "extra_forbidden":
            return unknown("key", str(details["loc"][-1]), _keys(known, details["loc"][:-1]))
        case "string_too_long":
            return f"{len(given):,} characters, at most {context['max_length']:,}"
        case "string_too_short":
            return "is blank, and required"
        case "too_long":
            return f"{context['actual_length']:,} entries, at most {context['max_length']:,}"
        case "literal_error":
            return f"{_quoted(given)} is none of {context['expected'].replace(chr(39), '')}"
        case "greater_than_equal":
            return f"{_number(given)} is less than {context['ge']}"
        case "less_than" | "less_than_equal":
            return f"{_number(given)} is too large"
        case "string_pattern_mismatch":
            return f"{_quoted(given)} is not {_FORMS.get(context['pattern'], context['pattern'])}"
        case "string_unicode":
            return "holds half a character (a lone surrogate)"
    if expected := _EXPECTED.get(details["type"]):
        return f"expected {expected}, got {_kind(given)}"
    return details["msg"][:1].lower() + details["msg"][1:]


_FORMS: Mapping[str, str] = {
    "^#[0-9a-fA-F]{6}$": "a colour such as #1f5c4d",
    "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a language such as en or pt-BR",
    "^[a-z0-9-]*$": "of lower-case letters, digits and hyphens alone",
}
"""What the patterns of our models ask for, in words."""

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "model_type": "a table of values",
    "dict_type": "a table of values",
    "tuple_type": "a list",
    "list_type": "a list",
}


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}" if _is_readable(value) else _number(value)
        case str():
            return f"the text {_quoted(value)}"
        case list() | tuple():
            return "a list"
        case dict():
            return "a table of values"
        case _:
            return f"a {type(value).__name__}"


def _number(value: float) -> str:
    """Write a number; of one that fills a page, only that it does."""
    return str(value) if _is_readable(value) else "a number of very many digits"


def _is_readable(value: float) -> bool:
    return not isinstance(value, int) or value.bit_length() <= 128


def _quoted(value: object) -> str:
    text = value if isinstance(value, str) else _kind(value)
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


def _keys(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that a model knows at `location` (following nested models and lists of them)."""
    for part in location:
        if isinstance(part, int):
            continue
        found = next((f for n, f in model.model_fields.items() if part in {n, f.alias}), None)
        nested = _model_in(found.annotation) if found else None
        if nested is None:
            return []
        model = nested
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)
