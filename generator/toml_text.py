"""Values as the text of a TOML file, in the layout of an ``offering.toml``."""

import json
import re
from collections.abc import Mapping, Set
from datetime import date, time
from typing import Any, Final

from generator.content import EXTRA
from generator.documents import Location

HEADED: Final[Set[Location]] = {(EXTRA,), ("store",), ("store", "assurances")}
"""What is written under a header of its own."""


def table_text(values: Mapping[str, Any], path: Location = ()) -> str:
    """Write a table: its values, then what stands under headers of their own."""
    headed = {key: value for key, value in values.items() if (*path, key) in HEADED and value}
    parts = [f"{_key(key)} = {toml_lines(value)}\n" for key, value in values.items() if (*path, key) not in HEADED]
    for key, value in headed.items():
        name = ".".join((*map(str, path), key))
        if isinstance(value, dict):
            inner = table_text(value, (*path, key))
            parts.append(inner if inner.startswith("\n[") else f"\n[{name}]\n{inner}")
        else:
            parts += [f"\n[[{name}]]\n{table_text(block, (*path, key))}" for block in value]
    return "".join(parts)


def toml_lines(value: Any) -> str:
    """Write a value on one line; a list of tables or a long one with an entry on each."""
    text = toml_value(value)
    if isinstance(value, list) and (len(text) > 100 or any(isinstance(inner, dict) for inner in value)):
        return "[\n" + "".join(f"  {toml_value(inner)},\n" for inner in value) + "]"
    return text


def toml_value(value: Any) -> str:
    """Write a value as TOML on one line; raises `TypeError` for what TOML cannot say."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(toml_value, value))}]"
        case dict():
            return f"{{ {', '.join(f'{_key(key)} = {toml_value(inner)}' for key, inner in value.items())} }}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)
