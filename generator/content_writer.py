"""The content folder, written: `generator.content` in the other direction.

    Offering ──▶ wanted ─┐
    file ──▶ read back ──┴─▶ what differs ──▶ laid over the file ──▶ read back again, as a proof ──▶ replaced

In an ``offering.toml`` a person's comments, order and spelling stay, apart from what changed. No comment is ever
lost: one whose key goes stays on a line of its own.
"""

import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from tomlkit.exceptions import TOMLKitError

from generator.catalog import derived_id
from generator.content import EXTRA, file_fields
from generator.documents import TOML_BYTES, read_bytes, read_text, shown
from generator.errors import InputError, OutputError
from generator.fields import TEXT_BYTES
from generator.models import TEXT_NAMES, Offering, StoreEntry
from generator.toml_edit import laid_over, same
from generator.toml_text import table_text

SCHEMA_LINE: Final = "#:schema ../../schemas/offering.schema.json"
"""How an ``offering.toml`` names its schema to editors."""

_STORE: Final = "store"
_FIRST: Final = ("reference", "name", "card_description")
_LAST: Final = ("id", "created_at", "updated_at")
_NO_ENTRY: Final = StoreEntry()


def write_offering(folder: Path, offering: Offering, store: StoreEntry = _NO_ENTRY, *, draft: bool = False) -> None:
    """Write ``offering.toml`` and the three texts into `folder`, which is made if it is absent.

    Defaults and ``None`` are left out, and so is an id that is derived from the reference; a null inside `[extra]`,
    which TOML cannot say, is dropped. Attachments and nodeID are not written. Each file is replaced as a whole, and
    only if it changes; a text that is ``None`` has no file. Raises `OutputError` with the name of the file that
    cannot be written, or that would not read back as the same offering.
    """
    path = folder / "offering.toml"
    before = _standing(path)
    try:
        after = offering_toml(before, offering, store, draft=draft, folder_name=folder.name)
        content = after.encode()
    except (ValueError, TypeError, RecursionError, TOMLKitError) as error:
        raise OutputError(f"{shown(path)}: {error}; it was left as it is") from None
    if len(content) > TOML_BYTES:
        raise OutputError(f"{shown(path)}: would have {len(content):,} bytes, at most {TOML_BYTES:,}")
    replace_file(path, content)
    for name in TEXT_NAMES:
        _write_text(folder / f"{name}.md", getattr(offering, name))


def offering_toml(
    before: str, offering: Offering, store: StoreEntry = _NO_ENTRY, *, draft: bool = False, folder_name: str = ""
) -> str:
    """Return the text of an ``offering.toml`` for the offering: `before`, apart from what changed.

    Without a reference in `before`, `folder_name` is the one it has. Raises `ValueError` for text that is no TOML,
    or that is written in a way that cannot be changed in place.
    """
    wanted = _wanted(offering, store, draft=draft)
    assumed = {"reference": folder_name} if before else {}
    bom, lines = ("\ufeff", before[1:]) if before.startswith("\ufeff") else ("", before)
    windows = "\r\n" in lines and lines.count("\r\n") == lines.count("\n")
    text = lines.replace("\r\n", "\n") if windows else lines
    if before and same(_as_read(text, assumed, wanted), wanted):
        return before
    after = laid_over(text, _as_read(text, assumed, wanted), wanted) if text else _new_file(wanted)
    if not same(_as_read(after, assumed, wanted), wanted):
        raise ValueError("cannot be changed as it is written; use plain keys, [store] and [[store.assurances]]")
    return bom + (after.replace("\n", "\r\n") if windows else after)


def replace_file(path: Path, content: bytes) -> bool:
    """Replace the file as a whole, or leave it untouched when it holds `content`; tell whether it was written.

    Folders above it are made. A link is replaced, never followed. Raises `OutputError` with the file's name.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:
            file.write(content)
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"{shown(path)}: {(error.strerror or str(error)).lower()}") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return True


def _standing(path: Path) -> str:
    """Read the file that a person wrote, ``""`` when there is none yet."""
    try:
        if not path.exists() and not path.is_symlink():
            return ""
        return read_bytes(path, root=path.parent, limit=TOML_BYTES).decode()
    except (InputError, UnicodeDecodeError, OSError) as error:
        raise OutputError(f"{shown(path)}: cannot be read, and was left as it is: {error}") from None


def _write_text(path: Path, text: str | None) -> None:
    """Write a text byte for byte; a second U+FEFF keeps a leading one from being read as a byte order mark."""
    try:
        if text is None:
            path.unlink(missing_ok=True)
            return
        with suppress(InputError):
            if path.exists() and read_text(path, root=path.parent, limit=TEXT_BYTES) == text:
                return
    except OSError as error:
        raise OutputError(f"{shown(path)}: {(error.strerror or str(error)).lower()}") from None
    replace_file(path, (("\ufeff" if text.startswith("\ufeff") else "") + text).encode())


# --- Values: what the file should say, and what it says, in the same plain shape


def _wanted(offering: Offering, store: StoreEntry, *, draft: bool) -> dict[str, Any]:
    """Return the file's values in their order: no texts, no default, no ``None``."""
    fields = _plain(offering)
    inner = [key for key in file_fields() if key not in {*_FIRST, *_LAST}]
    derived = fields["id"] == derived_id(offering.reference)
    keys = [key for key in (*_FIRST, *inner, *_LAST) if key in fields and not (key == "id" and derived)]
    return {
        **({"draft": True} if draft else {}),
        **{key: fields[key] for key in keys},
        EXTRA: _plain(offering.model_extra or {}),
        _STORE: _plain(store),
    }


def _as_read(text: str, assumed: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Read a file into the shape of `_wanted`. A value that breaks a rule stands as it is."""
    values = {**assumed, **tomllib.loads(text)}
    have = _fields_read(Offering, {key: values[key] for key in file_fields() if key in values})
    if have.get("id") == derived_id(wanted["reference"]):
        del have["id"]
    if values.get("draft", False) is not False:
        have["draft"] = values["draft"]
    store, extra = values.get(_STORE, {}), values.get(EXTRA, {})
    return {
        **have,
        EXTRA: extra,
        _STORE: _fields_read(StoreEntry, store) if isinstance(store, dict) else store,
    }


def _fields_read(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    read = {}
    for key, (adapter, default) in _adapters(model).items():
        if key in values:
            read[key] = values[key]
            with suppress(ValidationError):
                read[key] = _plain(adapter.validate_python(values[key]))
            if same(read[key], _plain(default)):
                del read[key]
    return read


@cache
def _adapters(model: type[BaseModel]) -> Mapping[str, tuple[TypeAdapter[Any], object]]:
    """Return for each key of a model what reads one value of it, and its default."""
    adapters = {}
    for name, info in model.model_fields.items():
        kind: Any = Annotated[info.annotation, None, *info.metadata]
        adapters[info.alias or name] = TypeAdapter(kind), info.default
    return adapters


def _plain(value: Any) -> Any:
    """Turn a checked value into what TOML knows; defaults and nulls go."""
    match value:
        case BaseModel():
            fields = type(value).model_fields.items()
            known = {i.alias or n: v for n, i in fields if (v := getattr(value, n)) != i.default}
            return _plain({**known, **(value.model_extra or {})})
        case dict():
            return {key: _plain(inner) for key, inner in value.items() if inner is not None}
        case list() | tuple():
            return [_plain(inner) for inner in value if inner is not None]
        case _:
            return value


def _new_file(values: Mapping[str, Any]) -> str:
    return f"{SCHEMA_LINE}\n\n{table_text(values)}"
