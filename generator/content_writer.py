"""The content folder, written: `generator.content` in the other direction.

    Offering ──▶ wanted ─┐
    file ──▶ read back ──┴─▶ what differs ──▶ laid over the file ──▶ read back again, as a proof ──▶ replaced

In an ``offering.toml`` a person's comments, order and spelling stay, apart from what changed. No comment is ever
lost: one whose key goes stays on a line of its own.
"""

import json
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from datetime import date, time
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, cast

import tomlkit
from pydantic import BaseModel, TypeAdapter, ValidationError
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, Item, Key, Table, Whitespace

from generator.catalog import derived_id
from generator.content import EXTRA, file_fields
from generator.documents import TOML_BYTES, Location, read_bytes, read_text, shown
from generator.errors import InputError, OutputError
from generator.fields import TEXT_BYTES
from generator.models import TEXT_NAMES, Offering, StoreEntry

SCHEMA_LINE: Final = "#:schema ../../schemas/offering.schema.json"
"""How an ``offering.toml`` names its schema to editors."""

_STORE: Final = "store"
_HEADED: Final[Set[Location]] = {(EXTRA,), (_STORE,), (_STORE, "assurances")}
"""What is written under a header of its own."""
_NO_HEADERS: Final = ("",)
"""Stands for the path of a table in dotted keys, which can hold no header."""
_FIRST: Final = ("reference", "name", "card_description")
_LAST: Final = ("id", "created_at", "updated_at")
_NO_ENTRY: Final = StoreEntry()
_ABSENT: Final = object()
_STRING: Final = r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_COMMENT: Final = re.compile(rf"{_STRING}|(#[^\n]*)", re.DOTALL)

_Body = list[tuple[Key | None, Item]]
"""What tomlkit holds of a table: its keys, comments and blank lines, in order."""


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
    if before and _same(_as_read(text, assumed, wanted), wanted):
        return before
    after = _laid_over(text, _as_read(text, assumed, wanted), wanted) if text else _new_file(wanted)
    if not _same(_as_read(after, assumed, wanted), wanted):
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
            if _same(read[key], _plain(default)):
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


def _exact(value: object) -> str:
    """Spell a value so that only the same value of the same type is spelled alike; times with their offset."""
    return json.dumps(value, sort_keys=True, default=lambda inner: [type(inner).__name__, str(inner)])


def _same(one: object, other: object) -> bool:
    return _exact(one) == _exact(other)


# --- Changes: a file as tomlkit parses it, made to say what is wanted


def _laid_over(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    document = tomlkit.parse(text if text.endswith("\n") else text + "\n")
    _lay(document.body, (), before, after)
    return document.as_string()


def _lay(body: _Body, path: Location, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Make the body of the table at `path` say `after`, where it said `before`."""
    for key in [*after, *(key for key in before if key not in after)]:
        old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
        places = [index for index, (it, _) in enumerate(body) if it is not None and it.key == key]
        if _same(old, new) or (places and new is not _ABSENT and _changed(body, places, (*path, key), (old, new))):
            continue
        for index in reversed(places):
            _take_out(body, index)
        if new is not _ABSENT:
            _insert(body, path, key, after)


def _changed(body: _Body, places: Sequence[int], path: Location, values: tuple[Any, Any]) -> bool:
    """Change the value that stands at `places` from one to the other; say whether its form allows that."""
    items = [body[index][1] for index in places]
    old, new = values
    if all(isinstance(item, Table) for item in items) and isinstance(old, dict) and isinstance(new, dict):
        dotted = any(key and key.is_dotted() for key, _ in (body[index] for index in places))
        _lay_parts(items, _NO_HEADERS if dotted else path, old, new)
    elif len(items) > 1 or isinstance(items[0], Table):
        return False
    elif isinstance(items[0], AoT):
        if not (isinstance(old, list) and isinstance(new, list) and len(old) == len(items[0])):
            return False
        _lay_blocks(body, places[0], path, (list(old), new))
    else:
        inner = _spoken(items[0].as_string())
        if not _amended(items[0], old, new):
            _revalue(body, places[0], inner, new)
    return True


def _lay_parts(tables: Sequence[Any], path: Location, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Lay over a table that may stand in several places: a key changes where it is, a new one goes to the main one."""
    main = next((table for table in tables if not table.is_super_table()), tables[0])
    spoken = [{key.key for key, _ in table.value.body if key is not None} for table in tables]
    new = after.keys() - set().union(*spoken)
    for table, keys in zip(tables, spoken, strict=True):
        if table.is_super_table():
            _hush(table)
        mine = keys | new if table is main else keys
        _lay(table.value.body, path, _only(before, mine), _only(after, mine))


def _hush(table: Table) -> None:
    """Forget the comment that tomlkit notes for ``a``, too, when it stands beside ``[a.b]``."""
    table.trivia.comment = table.trivia.comment_ws = ""


def _only(values: Mapping[str, Any], keys: Set[str]) -> Mapping[str, Any]:
    return {key: value for key, value in values.items() if key in keys}


def _lay_blocks(body: _Body, place: int, path: Location, values: tuple[list[Any], list[Any]]) -> None:
    """Lay over ``[[…]]`` blocks. What stands between two of them belongs to the second, or to what follows."""
    blocks: list[Table] = cast(AoT, body[place][1]).body
    old, new = values
    for paired, end, missing in _steps(old, new):
        for index in reversed(range(paired, end)):
            above = blocks[index - 1].value.body if index else body[:place]
            above.append((None, blocks.pop(index)))
            _take_out(above, len(above) - 1)
            del old[index]
            if index == 0:
                body[:place] = above
        for value in reversed(missing):
            below = _cut_tail(blocks[paired - 1].value.body) if paired else _parsed("\n")
            blocks.insert(paired, _block(value, below))
            old.insert(paired, value)
    for block, before, after in zip(blocks, old, new, strict=True):
        _lay(block.value.body, path, before, after)


def _steps(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int, int, Sequence[Any]]]:
    """Say, from the back, what makes one list as long as the other with the fewest entries changed.

    Each step removes ``old[paired:end]``, and puts the `missing` ones at ``paired``.
    """
    matcher = SequenceMatcher(None, [*map(_exact, old)], [*map(_exact, new)], autojunk=False)
    for _, i1, i2, j1, j2 in reversed(matcher.get_opcodes()):
        both = min(i2 - i1, j2 - j1)
        yield i1 + both, i2, new[j1 + both : j2]


def _block(value: Mapping[str, Any], below: _Body) -> Table:
    table = tomlkit.table()
    table.trivia.indent = "\n"
    table.value.body.extend([*_parsed(_table_text(value)), *below])
    return table


def _cut_tail(body: _Body) -> _Body:
    """Take the comments and blank lines off the end of a body."""
    end = max((index for index, (key, _) in enumerate(body, 1) if key is not None), default=0)
    tail = body[end:]
    del body[end:]
    return tail


def _take_out(body: _Body, index: int) -> None:
    """Remove an entry, with the blank line above a header; its comments stay, and what stands below its keys."""
    item = body[index][1]
    tables = item.body if isinstance(item, AoT) else [item]
    rest = _cut_tail(tables[-1].value.body) if isinstance(tables[-1], Table) else []
    for table in tables:
        if isinstance(table, Table) and table.is_super_table():
            _hush(table)
    spoken = "".join(_spoken(f"{table.trivia.comment}\n{table.as_string()}") for table in tables)
    blank = _has_header(item) and index and isinstance(body[index - 1][1], Whitespace)
    body[index - 1 if blank else index : index + 1] = [*_parsed(spoken), *rest]


def _amended(item: Any, old: Any, new: Any) -> bool:
    """Change a list or inline table entry by entry; say whether it reads well and has kept its comments."""
    comments = _spoken(item.as_string())
    if isinstance(new, dict | list) and type(old) is type(new):
        with suppress(TOMLKitError, LookupError, ValueError):
            _amend(item, old, new)
            text = item.as_string()
            return _spoken(text) == comments and _same(tomllib.loads(f"x = {text}")["x"], item.unwrap())
    return False


def _amend(item: Any, old: Any, new: Any) -> None:
    if isinstance(new, dict):
        for key in [key for key in old if key not in new]:
            del item[key]
        pairs = {key: (old.get(key, _ABSENT), value) for key, value in new.items()}
    else:
        old = list(old)
        for paired, end, missing in _steps(old, new):
            for index in reversed(range(paired, end)):
                del item[index], old[index]
            for value in reversed(missing):
                item.insert(paired, tomlkit.value(toml_value(value)))
                old.insert(paired, value)
        pairs = dict(enumerate(zip(old, new, strict=True)))
    for key, (before, after) in pairs.items():
        if isinstance(after, dict | list) and type(before) is type(after):
            _amend(item[key], before, after)
        elif not _same(before, after):
            item[key] = tomlkit.value(toml_value(after))


def _revalue(body: _Body, place: int, inner: str, new: Any) -> None:
    """Write a value where another stands; its comments stay, those `inner` to it above it."""
    key, old = body[place]
    ((_, item),) = _parsed(f"x = {_lines(new)}\n")
    for part in ("indent", "comment_ws", "comment", "trail"):
        setattr(item.trivia, part, getattr(old.trivia, part))
    body[place : place + 1] = [*_parsed(inner), (key, item)]


def _insert(body: _Body, path: Location, key: str, values: Mapping[str, Any]) -> None:
    """Write a key after the one that comes before it in `values`, or else before the one that comes after."""
    entries = _parsed(_table_text({key: values[key]}, path))
    if (*path, key) in _HEADED:
        below: _Body = []
        for _ in path:  # the text begins with a blank line, and names the tables around it
            entries, below = [entries[0], *entries[-1][1].value.body], _cut_tail(body)
        body += [*entries, *below]
    else:
        order = list(values)
        rank = order.index(key)
        index = _index(body, path, order[:rank], order[rank + 1 :])
        body[index:index] = entries


def _index(body: _Body, path: Location, earlier: Sequence[str], later: Sequence[str]) -> int:
    lines = {key.key: i for i, (key, item) in enumerate(body) if key and (key.is_dotted() or not _has_header(item))}
    after = next((lines[key] + 1 for key in reversed(earlier) if key in lines), None)
    before = next((_above(body, lines[key]) for key in later if key in lines), None)
    if after is not None or before is not None or path:
        return after or before or 0
    for index, (key, item) in enumerate(body):  # below the first comments, above the first header
        if key is not None:
            return _above(body, index)
        if isinstance(item, Whitespace):
            return index + 1
    return len(body)


def _has_header(item: Item) -> bool:
    return isinstance(item, Table | AoT)


def _above(body: _Body, index: int) -> int:
    """Return the index of the first of the comments right above an entry; ``#:schema`` belongs to none."""
    while index and isinstance(body[index - 1][1], Comment) and "#:schema" not in body[index - 1][1].as_string():
        index -= 1
    return index


def _spoken(text: str) -> str:
    """Return the comments in a piece of TOML, each on a line."""
    return "".join(f"{match[1].rstrip()}\n" for match in _COMMENT.finditer(text) if match[1])


def _parsed(text: str) -> _Body:
    return tomlkit.parse(text).body


# --- Text: new keys and tables


def _new_file(values: Mapping[str, Any]) -> str:
    return f"{SCHEMA_LINE}\n\n{_table_text(values)}"


def _table_text(values: Mapping[str, Any], path: Location = ()) -> str:
    """Write a table: its values, then what stands under headers of their own."""
    headed = {key: value for key, value in values.items() if (*path, key) in _HEADED and value}
    parts = [f"{_key(key)} = {_lines(value)}\n" for key, value in values.items() if (*path, key) not in _HEADED]
    for key, value in headed.items():
        name = ".".join((*map(str, path), key))
        if isinstance(value, dict):
            inner = _table_text(value, (*path, key))
            parts.append(inner if inner.startswith("\n[") else f"\n[{name}]\n{inner}")
        else:
            parts += [f"\n[[{name}]]\n{_table_text(block, (*path, key))}" for block in value]
    return "".join(parts)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)


def _lines(value: Any) -> str:
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
