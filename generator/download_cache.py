"""Files fetched by earlier builds: what they were, what their hosts told of them, and their content by its hash.

    .cache/downloads/<xx>/<hash of what it is>.json    one file that a record names, and the copy it has
    .cache/downloads/files/<SHA-256>                   the copies

An entry that does not read back, or a copy that is not what its name says, counts as absent.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from generator.cache import forget_unused, read_whole, touch, write_whole
from generator.errors import DownloadError

_ENTRY_BYTES = 32 * 1024


@dataclass(frozen=True)
class Copy:
    """Our copy of a file, and what was known of it when it was fetched.

    `address` is where from, without what is different at each time; `version` is the record's `updated_at` as text, and
    `announced` the size that it told; `etag` and `last_modified` are the host's words.
    """

    address: str
    version: str
    announced: int | None
    etag: str
    last_modified: str
    sha256: str
    size: int


_COPY = TypeAdapter(Copy)


@dataclass(frozen=True)
class DownloadCache:
    """Copies on two shelves: `lasting` may hold those of earlier builds, `passing` goes with this one.

    What is fetched goes to the lasting shelf. Without one (a check, which writes nothing), or when it cannot be
    written, it goes to the passing one. `reads` is false for a build that forgets what earlier ones remembered.
    """

    lasting: Path
    passing: Path
    reads: bool = True
    writes: bool = True

    def find(self, identity: str, limit: int) -> tuple[Copy, Path, bytes] | None:
        """Return the copy that an earlier build made, its file and its content; ``None`` without a sound one."""
        if not self.reads:
            return None
        entry = read_whole(_entry(self.lasting, identity), _ENTRY_BYTES)
        if entry is None:
            return None
        try:
            copy = _COPY.validate_json(entry)
        except ValidationError:
            return None
        path = self.lasting / "files" / copy.sha256
        content = read_whole(path, limit) if len(copy.sha256) == 64 and copy.sha256.isalnum() else None
        if content is None or hashlib.sha256(content).hexdigest() != copy.sha256:
            return None
        if self.writes:
            touch(path)
            touch(_entry(self.lasting, identity))
        return copy, path, content

    def keep(self, identity: str, copy: Copy, content: bytes) -> Path:
        """Keep a file and return where it lies; raises `DownloadError` when it can be kept nowhere."""
        copy = replace(copy, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        if self.writes:
            try:
                return self._put(self.lasting, identity, copy, content)
            except OSError:  # read-only, full, or not ours to write: this build can do without
                pass
        try:
            return self._put(self.passing, identity, copy, content)
        except OSError as error:
            raise DownloadError(f"cannot be kept: {(error.strerror or str(error)).lower()}") from None

    def renew(self, identity: str, copy: Copy) -> None:
        """Write down anew what is known of a copy that is kept."""
        if self.writes:
            try:
                write_whole(_entry(self.lasting, identity), _COPY.dump_json(copy))
            except OSError:  # the next build asks again
                return

    def forget_unused(self) -> None:
        """Remove what no build used for long."""
        if self.writes:
            forget_unused(self.lasting)

    def _put(self, shelf: Path, identity: str, copy: Copy, content: bytes) -> Path:
        path = shelf / "files" / copy.sha256
        write_whole(path, content)
        write_whole(_entry(shelf, identity), _COPY.dump_json(copy))
        return path


def _entry(shelf: Path, identity: str) -> Path:
    name = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    return shelf / name[:2] / f"{name}.json"
