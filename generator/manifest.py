"""What a build made: its entries, the manifest that lists them, and the plan from one build to the next. Pure."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MANIFEST = ".appshelf.json"
"""What we made, one line a file. It marks a folder as ours."""
STAGE = ".appshelf-stage"
"""Where a build gathers its files; each build's folder has a name of its own that begins so."""
KEPT = ".gitignore"
"""Never ours, and never in the way."""

_FORBIDDEN = re.compile(r"[\\\x00-\x1f\x7f-\x9f]|^[A-Za-z]:")
_LONGEST = 255  # bytes of a name, on ext4, xfs and btrfs alike; refused here, it cannot stop a commit half-way
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """One file of the site: its path (relative, parted by ``/``), its size in bytes, its SHA-256 in hexadecimal.

    `changed` is false when the output folder holds these very bytes already.
    """

    path: str
    size: int
    sha256: str
    changed: bool


@dataclass(frozen=True)
class Plan:
    """What a commit does, in this order, by path.

    First `clear` what stands where a folder comes, or in the folder where a file comes. Pages move after what they
    show, and `remove` is last, so that a visitor who comes in between finds every link.
    """

    clear: tuple[str, ...]
    move: tuple[str, ...]
    remove: tuple[str, ...]


def plan_commit(made_before: Iterable[str], entries: Sequence[Entry]) -> Plan:
    """Decide what to move and what to remove, given the paths of the last build. Pure.

    Raises `ValueError` (a defect of ours) for a path that could leave the folder, and for two that cannot both be
    there: equal, equal but for case or Unicode form, or one a file and the other below it.
    """
    _refuse_clashes([entry.path for entry in entries])
    wanted = {entry.path for entry in entries}
    folders = set(all_parents(wanted))
    gone = sorted(set(made_before) - wanted)
    clear = {path for path in gone if path in folders or not wanted.isdisjoint(parents(path))}
    changed = (entry.path for entry in entries if entry.changed)
    return Plan(
        clear=tuple(path for path in gone if path in clear),
        move=tuple(sorted(changed, key=lambda path: (path.endswith(".html"), path))),
        remove=tuple(path for path in gone if path not in clear),
    )


def parse_manifest(content: bytes) -> Iterator[Entry]:
    """Read a manifest that anyone may have written; raises `ValueError` for all but the paths of a site."""
    match json.loads(content):
        case {"made_by": "appshelf", "format": 1, "files": [*files], **others} if not others:
            yield from map(_parse_entry, files)
        case _:
            raise ValueError("not a manifest of format 1")


def _parse_entry(file: object) -> Entry:
    match file:
        case {"path": str(path), "size": int(size), "sha256": str(sha256), **others} if (
            not others and size >= 0 and _SHA256.fullmatch(sha256)
        ):
            check_path(path)
            return Entry(path, size, sha256, changed=False)
        case _:
            raise ValueError(f"not a path, size and SHA-256: {str(file)[:80]}")


def render_manifest(files: Mapping[str, Entry]) -> bytes:
    """Write a manifest: one line a file, sorted, so that two builds compare well."""
    entries = (files[path] for path in sorted(files))
    lines = (json.dumps({"path": e.path, "size": e.size, "sha256": e.sha256}, ensure_ascii=False) for e in entries)
    return ('{"made_by": "appshelf", "format": 1, "files": [\n' + ",\n".join(lines) + "\n]}\n").encode()


def check_path(path: str) -> None:
    """Raise `ValueError` unless `path` stays inside the folder on every system, and is not a name of our own."""
    segments = path.split("/")
    if _FORBIDDEN.search(path) or not {"", ".", ".."}.isdisjoint(segments):
        raise ValueError(f"{path!r} is no path inside the output folder")
    first = segments[0].casefold()
    if first in (MANIFEST, KEPT) or first.startswith(STAGE):
        raise ValueError(f"{path!r} is a name that no page may have")
    if any(len(segment.encode()) > _LONGEST for segment in segments):  # a lone surrogate is a ValueError, too
        raise ValueError(f"{path!r} has a name of more than {_LONGEST} bytes")


def _refuse_clashes(paths: Sequence[str]) -> None:
    folded: dict[str, str] = {}
    for path in paths:
        check_path(path)
        if (key := _folded(path)) in folded:
            raise ValueError(f"{path!r} and {folded[key]!r} are one file where case and Unicode form do not count")
        folded[key] = path
    for key, path in folded.items():
        for parent in parents(key):
            if parent in folded:
                raise ValueError(f"{folded[parent]!r} is a file, and cannot be the folder of {path!r} too")


def _folded(path: str) -> str:
    """Equal for paths that some file system takes for one (Unicode 3.13, D145: canonical caseless match)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def parents(path: str) -> list[str]:
    """``a/b/c`` has the parents ``a`` and ``a/b``."""
    return [path[:end] for end, letter in enumerate(path) if letter == "/"]


def all_parents(paths: Iterable[str]) -> list[str]:
    """Every parent of every path, once, each after its own parents."""
    return list(dict.fromkeys(parent for path in paths for parent in parents(path)))
