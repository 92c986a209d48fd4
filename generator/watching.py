"""Tells at once when something changes below folders, or in a file."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

from watchfiles import Change, awatch
from watchfiles.main import FileChange

_STEP_MS = 20
"""How long a burst of changes must pause to be over."""
_BURST_MS = 200
"""After so long a burst is told, whether it is over or not."""
_LOOK_MS = 100
"""How often is looked whether files changed, and whether a folder went or came: nothing tells of those."""
_LOOKS_AFTERWARDS = 10
_SELDOM_SECONDS = 1.0


async def changes(folders: Sequence[Path], files: Sequence[Path], stop: asyncio.Event) -> AsyncIterator[None]:
    """Yield whenever something may have changed, once for a burst of changes, until `stop` is set.

    A folder may vanish and come back. The first yield comes at once, and another a second after a burst: what is written
    into a new folder before the system watches that is not told. Hidden files, as editors make them beside their own, do not
    count. Where the system cannot watch, it yields every second.
    """
    folders = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100  # links stay links
    while not stop.is_set():
        standing = _standing(folders)
        before = _standing(files)
        try:
            async with aclosing(_batches(standing, stop)) as batches:
                looks_left = 1
                async for batch in batches:
                    now = _standing(files)
                    looks_left -= 1
                    if batch or looks_left == 0 or now != before:
                        yield
                    if batch:
                        looks_left = _LOOKS_AFTERWARDS
                    before = now
                    if _standing(folders) != standing or not _removed(batch).isdisjoint(standing):
                        break
        except OSError:  # out of watches, or a folder that went meanwhile
            yield
            await asyncio.sleep(_SELDOM_SECONDS)


def _batches(folders: Iterable[Path], stop: asyncio.Event) -> AsyncGenerator[set[FileChange], None]:
    return awatch(
        *folders,
        watch_filter=lambda _, path: not os.path.basename(path).startswith("."),  # noqa: PTH119  # thousands a second
        step=_STEP_MS,
        debounce=_BURST_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    )


def _removed(batch: set[FileChange]) -> set[Path]:
    """Return what was removed; a folder that is made anew may have the identity of the old one, but not its watch."""
    return {Path(path) for change, path in batch if change is Change.deleted}


def _standing(paths: Sequence[Path]) -> dict[Path, tuple[int, ...]]:
    """What stands at paths: a folder by its identity alone, a file by time and size too."""
    standing: dict[Path, tuple[int, ...]] = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        at = (status.st_dev, status.st_ino)
        standing[path] = at if path.is_dir() else (*at, status.st_mtime_ns, status.st_size)
    return standing
