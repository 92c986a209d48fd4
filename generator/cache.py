"""What is remembered between builds: files in ``.cache/`` beside the content folder. Deleting them is always safe.

Nothing here is ever published, and nothing read from here is trusted: whoever reads proves what it read. Each file is
written beside its place and moved there, so that it is whole or absent, with several builds at once too.
"""

import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

FOLDER = ".cache"
KEPT_DAYS = 30
"""What no build used for so long is removed."""


def cache_folder(content: Path) -> Path:
    """Return the folder of what is remembered of a content folder; it need not exist."""
    return Path(os.path.abspath(content)).parent / FOLDER  # noqa: PTH100  # a link's own place, not its target's


def write_whole(path: Path, content: bytes) -> None:
    """Put a file at `path` as a whole, readable by its owner alone. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def read_whole(path: Path, limit: int) -> bytes | None:
    """Read a file of at most `limit` bytes; ``None`` for one that is absent, longer, or no plain file."""
    try:
        with open(path, "rb", opener=_plainly) as file:  # Path.open knows no opener
            content = file.read(limit + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except OSError:
        return None
    return content if content is not None and len(content) <= limit else None


def _plainly(path: str, flags: int) -> int:
    """Open without following a link, and without waiting for a FIFO."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def touch(path: Path) -> None:
    """Note that a file was used."""
    with suppress(OSError):
        os.utime(path)


def forget_unused(folder: Path) -> None:
    """Remove the files below `folder` that no build used for `KEPT_DAYS`, and what killed ones left unfinished."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            with suppress(OSError):
                if path.lstat().st_mtime < oldest:
                    path.unlink()
