"""Several files of a person's folder replaced together, and nothing that the person wrote meanwhile is lost.

    staged and flushed beside ──▶ exchanged one by one ──▶ what came out is what was read? ──▶ kept
                                          └── no: all put back as it was, and the caller is told

A file is always whole: its old or its new content, also after a kill or a power cut. What stands at a path is
exchanged in one step where the system can (Linux ``renameat2``, macOS ``renamex_np``), so that what came out is
exactly what would have been overwritten. Elsewhere a link holds on to it, and an editor that replaces the file within
microseconds may win or lose; then, too, its bytes stay in the folder of kept files.
"""

import ctypes
import errno
import os
import secrets
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

STAGED: Final = ".appshelf-"
"""What names of ours begin with while they are not yet in their place; readers skip hidden names."""


class EditedMeanwhileError(Exception):
    """A file no longer holds what was read; nothing has been changed."""


@dataclass(frozen=True)
class Edit:
    """What shall stand at a path instead of what was read there; ``None`` is no file."""

    path: Path
    before: bytes | None
    after: bytes | None


def commit(edits: Sequence[Edit], kept: Path) -> None:
    """Make all the edits, or none when a file is not as it was read; then raise `EditedMeanwhileError`.

    What stood there before is moved into the folder `kept`, one generation of it. Raises `OSError` when a file
    cannot be written; then, too, nothing has been changed.
    """
    edits = [edit for edit in edits if edit.before != edit.after]
    staged: dict[Path, Path] = {}
    done: list[Edit] = []
    try:
        for edit in edits:
            staged[edit.path] = stage(edit.path, edit.after)
        for edit in edits:
            _apply(edit, staged[edit.path], kept)
            done.append(edit)
    except BaseException:
        for edit in reversed(done):
            _undo(edit, staged[edit.path], kept)
        for path in staged.values():
            path.unlink(missing_ok=True)
        raise
    for edit in edits:
        _keep(staged[edit.path], kept / edit.path.name)


def stage(path: Path, content: bytes | None) -> Path:
    """Write content into a new hidden file beside `path`, flushed to the disk; without content only name it."""
    beside = path.with_name(f"{STAGED}{path.name}.{secrets.token_hex(6)}")
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                with suppress(OSError, AttributeError):  # nothing stands there yet; Windows has no such call
                    os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    return beside


def _apply(edit: Edit, staged: Path, kept: Path) -> None:
    """Put the staged file in its place; what stood there is then at the staged path."""
    if edit.before is None:
        try:
            os.link(staged, edit.path)
        except FileExistsError:
            raise EditedMeanwhileError from None
        staged.unlink()
        return
    try:
        if edit.after is None:
            edit.path.rename(staged)
        else:
            _exchange(staged, edit.path)
    except FileNotFoundError:
        raise EditedMeanwhileError from None
    if _content(staged) != edit.before:
        _put_back(edit, staged, kept)
        raise EditedMeanwhileError


def _undo(edit: Edit, staged: Path, kept: Path) -> None:
    """Take an edit back, unless somebody has written over it since."""
    if edit.before is not None:
        _put_back(edit, staged, kept)
        return
    with suppress(FileNotFoundError, FileExistsError):
        edit.path.rename(staged)
        if _content(staged) != edit.after:
            os.link(staged, edit.path)


def _put_back(edit: Edit, staged: Path, kept: Path) -> None:
    """Put back what came out. If somebody has written there since, theirs stays, and what came out is kept."""
    try:
        if edit.after is None:
            os.link(staged, edit.path)
            return
        _exchange(staged, edit.path)
        if _content(staged) != edit.after:
            _exchange(staged, edit.path)
            _keep(staged, kept / edit.path.name)
    except (FileExistsError, FileNotFoundError):
        _keep(staged, kept / edit.path.name)


def _keep(path: Path, kept: Path) -> None:
    """Move what stood at a path to where a person finds it; where that cannot be, it goes."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        path.replace(kept)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno == errno.EXDEV:
            with suppress(OSError):
                kept.write_bytes(path.read_bytes())
        path.unlink(missing_ok=True)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


# --- Two files change places


def _exchange(one: Path, other: Path) -> None:
    """Let two files change places, in one step where the system can; raises `FileNotFoundError` if one is gone."""
    swap = _swap()
    if swap is not None:
        code = swap(os.fsencode(one), os.fsencode(other))
        if code == 0:
            return
        if code not in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}:
            raise OSError(code, os.strerror(code), str(one))
    _exchange_by_link(one, other)


def _exchange_by_link(one: Path, other: Path) -> None:
    aside = one.with_name(f"{one.name}.aside")
    os.link(other, aside)
    one.replace(other)
    aside.rename(one)


@cache
def _swap() -> Callable[[bytes, bytes], int] | None:
    """Return the system's own exchange of two paths, which returns an error's number or 0."""
    library: Any = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE (linux/fs.h)
        return lambda one, other: _failed(library.renameat2(here, one, here, other, exchange))
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        return lambda one, other: _failed(library.renamex_np(one, other, 2))  # RENAME_SWAP (sys/stdio.h)
    return None


def _failed(code: int) -> int:
    return ctypes.get_errno() or errno.EIO if code else 0
