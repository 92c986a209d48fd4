"""Writes of the API as edits of a content folder: a person's files stay as they are, apart from what changed.

Each write holds the lock of its offering, reads what stands on the disk, plans the edits, and makes them together or
not at all. What a person wrote meanwhile is never lost (`generator.safe_edits`): the write is refused with a 409.
"""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tomlkit.exceptions import TOMLKitError

from generator.addresses import slugs
from generator.api_answers import Json, RefusedError, invalid
from generator.api_files import Uploads
from generator.api_index import Index, ReadError
from generator.api_records import Address, Stored, etag
from generator.api_writes import Change, Context, NewPicture, Standing, amendment, creation
from generator.catalog import derived_id
from generator.content_writer import offering_toml
from generator.documents import TOML_BYTES
from generator.models import TEXT_NAMES, Offering
from generator.safe_edits import STAGED, Edit, EditedMeanwhileError, commit, stage

_EDITED: Final = "The files of this app offering were changed meanwhile, and nothing was written"
_BROKEN: Final = "The files of this app offering hold a mistake, which has to be mended first"
_RIGID: Final = "The file of this app offering cannot be changed in place as it is written"
_FAILED: Final = "The files of this app offering cannot be written"
_OLD_SECONDS: Final = 3600


class ContentStore:
    """The offerings of a content folder, as the API creates and changes them. `account` is asked for each write."""

    def __init__(
        self,
        index: Index,
        uploads: Uploads,
        kept: Path,
        account: Callable[[], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.index = index
        self._uploads, self._kept, self._account, self._clock = uploads, kept, account, clock
        self._creating = threading.Lock()

    def create(self, body: dict[str, Json], source: str | None) -> Stored:
        """Make a draft; raises `RefusedError` with all that is wrong, and for a reference that is taken."""
        change = creation(body, self._context(), source)
        with self._creating:
            self._refuse_taken(change.offering.reference)
            now = self._now()
            update = {"id": self._free_id(change.offering.reference), "created_at": now, "updated_at": now}
            offering = change.offering.model_copy(update=update)
            files = self._added(change)
            folder = self._written(offering, change.picture, files)
            with self.index.lock(folder):
                it = self._reread(folder)
        self._claim(change)
        return it

    def amend(self, number: int, body: dict[str, Json], admits: Callable[[str], bool], address: Address) -> Stored:
        """Change an offering; raises `RefusedError`: 404, 409, 412 when its tag is not admitted, 422."""
        found = self.index.find(number) or self.index.fresh(number)
        if found is None:
            raise RefusedError(404)
        with self.index.lock(found.folder):
            before = self._reread(found.folder)
            if before.id != number:
                raise RefusedError(404)
            if not admits(etag(before, self.index.known)):
                raise RefusedError(412)
            change = amendment(body, self._context(), _standing(before, address))
            is_renamed = change.offering.reference != before.listing.offering.reference
            guard: AbstractContextManager[object] = self._creating if is_renamed else nullcontext()
            with guard:
                if is_renamed:
                    self._refuse_taken(change.offering.reference)
                edits = self._edits(before, change)
                if not edits:
                    return before
                self._commit(edits, before.folder)
                it = self._reread(before.folder)
        self._claim(change)
        return it

    def sweep(self) -> None:
        """Remove what earlier servers staged and were killed over; what is younger than an hour may be another's."""
        self._uploads.sweep()
        for path in [*self.index.offerings.glob(f"{STAGED}*"), *self.index.offerings.glob(f"*/{STAGED}*")]:
            with suppress(OSError):
                if path.lstat().st_mtime < time.time() - _OLD_SECONDS:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    # --- Planned

    def _context(self) -> Context:
        return Context(self._account(), self.index.known)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(int(self._clock()), UTC)

    def _refuse_taken(self, reference: str) -> None:
        if self.index.with_reference(reference):
            raise invalid(("reference", "has already been taken"))

    def _free_id(self, reference: str) -> int:
        """Return the id that follows from the reference, unless an offering that was renamed has it."""
        number = derived_id(reference)
        while self.index.find(number):
            number += 1
        return number

    def _added(self, change: Change) -> list[tuple[str, bytes]]:
        files = [(key, self._uploads.content(key)) for key in change.added]
        if missing := [key for key, content in files if content is None]:
            raise invalid(*((change.added[key], f"no uploaded file has the key {key[:200]}") for key in missing))
        return [(key, content) for key, content in files if content is not None]

    def _claim(self, change: Change) -> None:
        for key in change.added:
            self._uploads.forget(key)

    def _edits(self, before: Stored, change: Change) -> Sequence[Edit]:
        """Plan what changes on the disk; ``updated_at`` only if anything else does."""
        path = before.folder / "offering.toml"
        standing = _bytes(path)
        document = before.listing.place.document
        if standing is None or _decoded(standing) != getattr(document, "text", None):
            raise RefusedError(409, _EDITED)
        edits = [
            *_text_edits(before, change.offering),
            *_picture_edits(before, change),
            *(Edit(before.folder / key, None, content) for key, content in self._added(change)),
            *_removals(before, change.removed),
        ]
        if not edits and change.offering == before.listing.offering:
            return []
        text = standing.decode()
        offering = change.offering.model_copy(update={"updated_at": self._now()})
        return [*edits, Edit(path, standing, _in_toml(text, offering, before))]

    # --- Done

    def _reread(self, folder: Path) -> Stored:
        try:
            return self.index.reread(folder)
        except ReadError:
            raise RefusedError(409, _BROKEN) if folder.is_dir() else RefusedError(404) from None

    def _commit(self, edits: Sequence[Edit], folder: Path) -> None:
        try:
            commit(edits, self._kept / folder.name)
        except EditedMeanwhileError:
            raise RefusedError(409, _EDITED) from None
        except OSError:
            raise RefusedError(500, _FAILED) from None

    def _written(self, offering: Offering, picture: NewPicture | None, files: Sequence[tuple[str, bytes]]) -> Path:
        """Write a new folder, which appears as a whole."""
        offerings = self.index.offerings
        name = slugs([offering.reference])[offering.reference]
        staged = offerings / f"{STAGED}{secrets.token_hex(6)}"
        try:
            staged.mkdir()
            for path, content in _new_files(offering, picture, name):
                stage(staged / path, content).rename(staged / path)
            for key, content in files:
                stage(staged / key, content).rename(staged / key)
            return _renamed(staged, offerings, name)
        except OSError:
            raise RefusedError(500, _FAILED) from None
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def _renamed(staged: Path, offerings: Path, name: str) -> Path:
    """Give a staged folder its name, or one like it that is free."""
    for ending in ("", *(f"-{secrets.token_hex(4)}" for _ in range(8))):
        target = offerings / (name + ending)
        if not os.path.lexists(target):
            with suppress(OSError):  # somebody was faster
                return staged.rename(target)
    raise FileExistsError(name)


def _standing(it: Stored, address: Address) -> Standing:
    keys = frozenset(each.file.key for each in it.files)
    picture = address(it.id, "picture") if it.listing.picture else None
    return Standing(it.listing.offering, it.listing.draft, keys, picture)


def _in_toml(text: str, offering: Offering, it: Stored) -> bytes:
    try:
        after = offering_toml(
            text, offering, it.listing.store, draft=it.listing.draft, folder_name=it.folder.name
        ).encode()
    except (ValueError, TypeError, RecursionError, TOMLKitError):
        raise RefusedError(409, _RIGID) from None
    if len(after) > TOML_BYTES:
        raise RefusedError(413)
    return after


def _new_files(offering: Offering, picture: NewPicture | None, folder_name: str) -> Iterator[tuple[str, bytes]]:
    try:
        yield "offering.toml", offering_toml("", offering, draft=True, folder_name=folder_name).encode()
    except (ValueError, TypeError, RecursionError):
        raise invalid(("base", "holds a value that an offering.toml cannot hold")) from None
    for name in TEXT_NAMES:
        if text := getattr(offering, name):
            yield f"{name}.md", _encoded(text)
    if picture:
        yield f"picture.{picture.ending}", picture.content


def _text_edits(before: Stored, offering: Offering) -> Iterator[Edit]:
    for name in TEXT_NAMES:
        old, new = getattr(before.listing.offering, name), getattr(offering, name)
        if (old or None) == (new or None):
            continue
        path = before.folder / f"{name}.md"
        standing = _bytes(path)
        if (None if standing is None else _decoded(standing)) != old:
            raise RefusedError(409, _EDITED)
        yield Edit(path, standing, _encoded(new) if new else None)


def _picture_edits(before: Stored, change: Change) -> Iterator[Edit]:
    if change.keeps_picture:
        return
    old = before.listing.picture.path if before.listing.picture else None
    new = before.folder / f"picture.{change.picture.ending}" if change.picture else None
    if new and change.picture:
        yield Edit(new, _bytes(new), change.picture.content)
    if old and old != new:
        yield Edit(old, _bytes(old), None)


def _removals(before: Stored, keys: Sequence[str]) -> Iterator[Edit]:
    for key in keys:
        if file := before.file(key):
            yield Edit(file.path, _bytes(file.path), None)


def _encoded(text: str) -> bytes:
    """Write a text byte for byte; a second U+FEFF keeps a leading one from being read as a byte order mark."""
    return (("\ufeff" if text.startswith("\ufeff") else "") + text).encode()


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise RefusedError(500, _FAILED) from None


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
