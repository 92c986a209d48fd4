"""Stage, then commit: writes only what changed, survives a kill, removes what is gone, never leaves its folder.

    put, in any process ──▶ .appshelf-stage.…/ ──▶ commit: claim, clear, move, remove, sign

Three things make a kill harmless at any moment:

- A file comes to its place by one rename, so it is the old one or the new one, whole.
- The manifest lists a file of ours before it appears and until it is gone, so the next build knows what it may
  replace and delete. It says what is ours; what is *there* is read from the files themselves.
- The lock ends with the process, and each build stages under a name of its own, so that a worker that outlives its
  build disturbs no other.

Anyone may have planted links, files or a manifest in the folder: links are never followed, and what the manifest does
not list is neither replaced nor deleted.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from generator.errors import OutputError
from generator.manifest import (
    MANIFEST,
    STAGE,
    Entry,
    Plan,
    all_parents,
    check_path,
    parents,
    plan_commit,
    render_manifest,
)
from generator.output_folder import (
    clear_leftovers,
    is_file,
    lock,
    manifest_bytes,
    read_manifest,
    refuse_misplaced,
    refuse_not_ours,
    standing,
    unlock,
)


@dataclass(frozen=True)
class Committed:
    """How many files a commit wrote, found unchanged, and removed."""

    written: int
    unchanged: int
    removed: int

    def then(self, later: "Committed") -> "Committed":
        """Count two commits of one build as one: what the first wrote, the second found unchanged."""
        return Committed(self.written + later.written, later.unchanged - self.written, self.removed + later.removed)


@contextmanager
def open_output(folder: Path, *, inputs: Iterable[Path]) -> Iterator["Output"]:
    """Open `folder` for one build. It is made if need be, and gone again if nothing was committed to it.

    `inputs` are the folders that the site is made from. A link is resolved and the real folder judged. Raises
    `OutputError`, before anything is written, when the folder is not ours to write or another build is writing it.
    """
    with ExitStack() as leaving:
        with _explained(folder):
            real = Path(os.path.realpath(folder))
            refuse_misplaced(folder, real, inputs)
            leaving.callback(_remove_empty, [path for path in (real, *real.parents) if not path.exists()])
            real.mkdir(parents=True, exist_ok=True)
            leaving.callback(unlock, lock(folder, real))
            refuse_not_ours(folder, real)
            clear_leftovers(real)
        stage = real / f"{STAGE}.{os.urandom(4).hex()}"
        leaving.callback(shutil.rmtree, stage, ignore_errors=True)
        yield Output(real, stage)


@dataclass(frozen=True)
class Output:
    """An output folder that is open for one build. It holds nothing but names, so forked workers may share it."""

    folder: Path
    stage: Path

    def put(self, path: str, content: bytes) -> Entry:
        """Stage one file, unless the folder holds these very bytes at `path`. The site itself is not touched.

        Raises `ValueError` (a defect of ours) for a path that could leave the folder, and `OutputError` when a link
        stands in the way or the system refuses.
        """
        check_path(path)
        target = self.folder / path
        with _explained(target):
            for parent in parents(path):
                _refuse_link(self.folder / parent)
            changed = not _holds(target, content)
            if changed:
                self._write(self._staged(path), content)
        return Entry(path, len(content), hashlib.sha256(content).hexdigest(), changed)

    def standing(self, below: str) -> tuple[Entry, ...]:
        """Return what the last build made below `below`, which ends in a slash; nothing unless all of it still stands.

        It may be committed again as it is.
        """
        with _explained(self.folder):
            listed = [entry for path, entry in read_manifest(self.folder).items() if path.startswith(below)]
        with suppress(OSError):
            if all(self._stands(entry) for entry in listed):
                return tuple(listed)
        return ()

    def _stands(self, entry: Entry) -> bool:
        if any(stat.S_ISLNK(standing(self.folder / parent)) for parent in parents(entry.path)):
            return False
        target = self.folder / entry.path
        if not stat.S_ISREG(standing(target)) or target.stat().st_size != entry.size:
            return False
        return hashlib.sha256(target.read_bytes()).hexdigest() == entry.sha256

    def commit(self, entries: Iterable[Entry]) -> Committed:
        """Make the site exactly `entries`: all of its files, those that did not change too.

        What the last build made and this one did not is removed, with the folders that became empty. Raises
        `ValueError` (a defect of ours) for paths that clash or were not put, and `OutputError` when a link, or a file
        that is not ours, is in the way; then nothing was touched. When the system refuses half-way, `OutputError`
        too: every file is then whole, old or new, and the next build mends the rest.
        """
        entries = tuple(entries)
        wanted = {entry.path: entry for entry in entries}
        signed = render_manifest(wanted)
        with _explained(self.folder):
            present = manifest_bytes(self.folder)
            listed = wanted if present == signed else read_manifest(self.folder)
            plan = plan_commit(listed, entries)
            self._refuse_unready(plan, listed, wanted)
            claim = render_manifest({**listed, **wanted}) if wanted.keys() - listed.keys() else present
            self._apply(plan, claim, signed)
        return Committed(len(plan.move), len(entries) - len(plan.move), len(plan.clear) + len(plan.remove))

    def _apply(self, plan: Plan, claim: bytes, signed: bytes) -> None:
        """Carry out a plan. All that ever changes the site is here, so that it can become one atomic exchange."""
        self._write_manifest(claim)
        self._remove(plan.clear)
        self._move(plan.move)
        self._remove(plan.remove)
        self._write_manifest(signed)

    def _refuse_unready(self, plan: Plan, listed: Mapping[str, Entry], wanted: Mapping[str, Entry]) -> None:
        """Look, before anything is touched, for all that would stop a plan half-way."""
        staged = set(self.stage.iterdir()) if plan.move and self.stage.exists() else set()
        for path in plan.move:
            if self._staged(path) not in staged:
                raise ValueError(f"{path!r} was committed, but not put before")
        for parent in all_parents((*plan.clear, *plan.move, *plan.remove)):
            _refuse_link(self.folder / parent)
        for path in sorted({*plan.move, *(wanted.keys() - listed.keys())}):
            for other in _files_in_the_way(self.folder, path):
                if other not in listed:
                    reason = f"is in the way of {path}, and appshelf did not make it; move it elsewhere"
                    raise OutputError(f"{self.folder / other}: {reason}")

    def _move(self, paths: Sequence[str]) -> None:
        for parent in all_parents(paths):  # all folders first: a disk that is full is full before a page changes
            with _explained(self.folder / parent):
                (self.folder / parent).mkdir(exist_ok=True)
        for path in paths:
            with _explained(self.folder / path):
                _replace(self._staged(path), self.folder / path)

    def _remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            with _explained(self.folder / path):
                if is_file(self.folder / path):
                    (self.folder / path).unlink()
        parents = sorted(all_parents(paths), key=len, reverse=True)  # longest first: children before their parents
        _remove_empty(self.folder / parent for parent in parents)

    def _write_manifest(self, content: bytes) -> None:
        """Replace the manifest if it differs.

        It alone is flushed to the disk: any other file that a power failure spoils is found by the next build, which
        compares bytes, but a spoilt manifest would stop that build.
        """
        if manifest_bytes(self.folder) == content:
            return
        staged = self.stage / MANIFEST
        self._write(staged, content)
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        staged.replace(self.folder / MANIFEST)

    def _write(self, staged: Path, content: bytes) -> None:
        try:
            staged.write_bytes(content)
        except FileNotFoundError:  # the first of this build: where nothing changed there is no staging folder
            self.stage.mkdir(exist_ok=True)
            staged.write_bytes(content)

    def _staged(self, path: str) -> Path:
        """Name a staged file by a hash: no folders to make, none to clash, and no page for a crawler to find."""
        return self.stage / hashlib.sha256(path.encode()).hexdigest()


def _replace(staged: Path, target: Path) -> None:
    """Rename over what stands there: never torn, never absent, and another hard link to it keeps its bytes.

    Measured on ext4 over an existing file of 9 KB: rename 155 µs; unlink, then rename 133 (a visitor may find nothing
    in between); overwrite in place 230 (torn by a kill). A new file takes 10.
    """
    try:
        staged.replace(target)
    except IsADirectoryError:  # its files were listed, and removed; what is left is empty folders
        _remove_empty(Path(folder) for folder, _, _ in os.walk(target, topdown=False))
        staged.replace(target)


def _holds(target: Path, content: bytes) -> bool:
    """Compare size before bytes. A link holds nothing, wherever it leads."""
    if not stat.S_ISREG(standing(target)) or target.stat().st_size != len(content):
        return False
    return target.read_bytes() == content


def _files_in_the_way(folder: Path, path: str) -> Iterator[str]:
    """Find what must go before a file can come to `path`: one there or in a parent's place, or those below it."""
    yield from (place for place in (*parents(path), path) if is_file(folder / place))
    if stat.S_ISDIR(standing(folder / path)):
        below = sorted(each for each in (folder / path).rglob("*") if is_file(each))
        yield from (each.relative_to(folder).as_posix() for each in below)


def _refuse_link(target: Path) -> None:
    if stat.S_ISLNK(standing(target)):
        raise OutputError(f"{target}: is a link, which appshelf does not follow; remove it")


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # not empty, or gone: both are as they should be
            folder.rmdir()


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    """Turn a refusal of the system into an `OutputError` that names `target`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror or error}") from error
