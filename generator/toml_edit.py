"""An ``offering.toml`` changed in place: a file as tomlkit parses it, made to say what is wanted.

What did not change stays as a person wrote it, and every comment stays.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from difflib import SequenceMatcher
from typing import Any, Final, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, Item, Key, Table, Whitespace

from generator.documents import Location
from generator.toml_text import HEADED, table_text, toml_lines, toml_value

_NO_HEADERS: Final = ("",)
"""Stands for the path of a table in dotted keys, which can hold no header."""
_ABSENT: Final = object()
_STRING: Final = r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_COMMENT: Final = re.compile(rf"{_STRING}|(#[^\n]*)", re.DOTALL)

_Body = list[tuple[Key | None, Item]]
"""What tomlkit holds of a table: its keys, comments and blank lines, in order."""


def laid_over(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the text of a file, which says `before`, so that it says `after`. May raise `TOMLKitError`."""
    document = tomlkit.parse(text if text.endswith("\n") else text + "\n")
    _lay(document.body, (), before, after)
    return document.as_string()


def _lay(body: _Body, path: Location, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Make the body of the table at `path` say `after`, where it said `before`."""
    for key in [*after, *(key for key in before if key not in after)]:
        old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
        places = [index for index, (it, _) in enumerate(body) if it is not None and it.key == key]
        if same(old, new) or (places and new is not _ABSENT and _changed(body, places, (*path, key), (old, new))):
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
    table.value.body.extend([*_parsed(table_text(value)), *below])
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
            return _spoken(text) == comments and same(tomllib.loads(f"x = {text}")["x"], item.unwrap())
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
        elif not same(before, after):
            item[key] = tomlkit.value(toml_value(after))


def _revalue(body: _Body, place: int, inner: str, new: Any) -> None:
    """Write a value where another stands; its comments stay, those `inner` to it above it."""
    key, old = body[place]
    ((_, item),) = _parsed(f"x = {toml_lines(new)}\n")
    for part in ("indent", "comment_ws", "comment", "trail"):
        setattr(item.trivia, part, getattr(old.trivia, part))
    body[place : place + 1] = [*_parsed(inner), (key, item)]


def _insert(body: _Body, path: Location, key: str, values: Mapping[str, Any]) -> None:
    """Write a key after the one that comes before it in `values`, or else before the one that comes after."""
    entries = _parsed(table_text({key: values[key]}, path))
    if (*path, key) in HEADED:
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


# --- Values compared


def _exact(value: object) -> str:
    """Spell a value so that only the same value of the same type is spelled alike; times with their offset."""
    return json.dumps(value, sort_keys=True, default=lambda inner: [type(inner).__name__, str(inner)])


def same(one: object, other: object) -> bool:
    """Tell whether two values are the same and of the same types: 1 is not 1.0, nor true."""
    return _exact(one) == _exact(other)
