"""Which folders are ours to write, and by one build at a time."""

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from generator.errors import OutputError
from generator.manifest import KEPT, MANIFEST, STAGE, Entry, parse_manifest

if sys.platform != "win32":
    import fcntl


def refuse_misplaced(folder: Path, real: Path, inputs: Iterable[Path]) -> None:
    """Raise `OutputError` for a place where no site belongs; `folder` is its name, `real` where it really is."""

    def refuse(reason: str) -> OutputError:
        return OutputError(f"{folder}: {reason}; choose a folder that is for the site alone")

    if real == real.parent:
        raise refuse("is the root of the file system")
    if _is_same(real, Path(os.path.expanduser("~"))):  # noqa: PTH111  # Path.home() fails where there is none
        raise refuse("is your home folder")
    if _is_same(real, Path.cwd()):
        raise refuse("is the working folder")
    for source in inputs:
        real_source = Path(os.path.realpath(source))
        if _is_within(real_source, real):
            raise refuse(f"is or holds {source}, which the site is made from")
        if _is_within(real, real_source):
            raise refuse(f"is inside {source}, which the site is made from")
    if real.exists() and not real.is_dir():
        raise refuse("is not a folder")


def _is_same(path: Path, other: Path) -> bool:
    """Compare what is there, too: a file system may know one folder by several names (case, mounts)."""
    return path == other or (path.exists() and other.exists() and path.samefile(other))


def _is_within(path: Path, folder: Path) -> bool:
    return any(_is_same(each, folder) for each in (path, *path.parents))


def refuse_not_ours(folder: Path, real: Path) -> None:
    """Raise `OutputError` for a folder that holds what we did not make, and no manifest of ours."""
    names = sorted(path.name for path in real.iterdir())
    foreign = [name for name in names if name != KEPT and not _is_stage(name)]
    if MANIFEST in names:
        read_manifest(real)
    elif foreign:
        reason = f"holds {foreign[0]} and no {MANIFEST}, so it is not ours to write; choose an empty folder"
        raise OutputError(f"{folder}: {reason}")


def clear_leftovers(real: Path) -> None:
    """Remove what killed builds staged."""
    for leftover in [path for path in real.iterdir() if _is_stage(path.name)]:
        if is_file(leftover):
            leftover.unlink()
        else:
            shutil.rmtree(leftover)


def _is_stage(name: str) -> bool:
    return name.startswith(f"{STAGE}.")


_locks: set[int] = set()


def lock(folder: Path, real: Path) -> int | None:
    """Lock the folder itself, which leaves no file behind, until `unlock` or the end of this process."""
    if sys.platform == "win32":
        return None
    _unlock_in_forks()
    held = os.open(real, os.O_RDONLY | os.O_DIRECTORY)
    _locks.add(held)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        unlock(held)
        raise OutputError(f"{folder}: another build is writing it; try again when that has ended") from error
    except OSError:  # a file system without such locks (some network drives): build without
        return held
    return held


def unlock(held: int | None) -> None:
    """Let go of what `lock` returned; a worker that gave its copy back already has nothing to do."""
    if held in _locks:
        _locks.remove(held)
        os.close(held)


@cache
def _unlock_in_forks() -> None:
    """Let forked workers close their copies, or one that outlives a killed build would keep the folder locked."""

    def close_all() -> None:
        while _locks:
            os.close(_locks.pop())

    os.register_at_fork(after_in_child=close_all)


def manifest_bytes(folder: Path) -> bytes:
    """Read the manifest as it stands; no bytes when there is none."""
    target = folder / MANIFEST
    mode = standing(target)
    if mode and not stat.S_ISREG(mode):
        raise OutputError(f"{target}: is no file that appshelf wrote; remove it, or choose another folder")
    return target.read_bytes() if mode else b""


def read_manifest(folder: Path) -> Mapping[str, Entry]:
    """Read what the last build made, by path. Anyone may have written it: no path in it leaves the folder."""
    if not standing(folder / MANIFEST):
        return {}
    try:
        return {entry.path: entry for entry in parse_manifest(manifest_bytes(folder))}
    except (ValueError, RecursionError) as error:
        reason = f"is damaged ({error}); restore it, or empty the folder and build again"
        raise OutputError(f"{folder / MANIFEST}: {reason}") from error


def standing(target: Path) -> int:
    """What stands at `target`, a link for itself; 0 when nothing does."""
    try:
        return target.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def is_file(target: Path) -> bool:
    """Whether anything stands there that is not a folder; a link is a file."""
    mode = standing(target)
    return mode != 0 and not stat.S_ISDIR(mode)
