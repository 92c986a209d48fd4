"""Tells at once when something changes below folders, or in a file."""

import asyncio
import os
import time
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
_SOON_SECONDS = 1.0
_SELDOM_SECONDS = 3.0
_SHARE = 50
"""A look that nothing asked for takes at most this fraction of the time."""


Touched = frozenset[str] | None
"""The absolute paths of what changed; ``None``: it may be anything."""


async def changes(folders: Sequence[Path], files: Sequence[Path], stop: asyncio.Event) -> AsyncIterator[Touched]:
    """Yield what may have changed, once for a burst of changes, until `stop` is set.

    A folder may vanish and come back. The system tells of changes at once; a second after the start and after a burst,
    and every few seconds, anything may have changed: behind links, on network drives and in new folders the system may
    tell nothing. Whoever takes long over a look is asked for fewer. Hidden files, as editors make them beside their
    own, do not count.
    """
    folders = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100  # links stay links
    next_look = time.monotonic() + _SOON_SECONDS
    while not stop.is_set():
        standing = _standing(folders)
        before = _standing(files)
        try:
            async with aclosing(_batches(standing, stop)) as batches:
                async for batch in batches:
                    now, began = _standing(files), time.monotonic()
                    is_look = now != before or began >= next_look
                    if batch or is_look:
                        yield None if is_look else frozenset(path for _, path in batch)
                        ended = time.monotonic()
                        usual = _SOON_SECONDS if batch else _SELDOM_SECONDS
                        next_look = ended + max(usual, _SHARE * (ended - began))
                    before = now
                    if _standing(folders) != standing or not _removed(batch).isdisjoint(standing):
                        next_look = 0.0
                        break
        except Exception:  # the library's: out of watches, a folder that went meanwhile, a name that is no UTF-8
            yield None
            await asyncio.sleep(_SOON_SECONDS)
            next_look = 0.0  # meanwhile nobody watched


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
