"""Files replaced together: all or none, and nothing that somebody else wrote is lost."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.safe_edits import STAGED, Edit, EditedMeanwhileError, _exchange, _exchange_by_link, commit

OLD, NEW, THEIRS = b"old\n", b"new\n", b"theirs\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dusk"
    folder.mkdir()
    (folder / "a").write_bytes(OLD)
    (folder / "b").write_bytes(OLD)
    return folder


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_all_edits_are_made_and_what_stood_there_is_kept(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (folder / "a").chmod(0o640)
    edits = [Edit(folder / "a", OLD, NEW), Edit(folder / "b", OLD, None), Edit(folder / "sub/c", None, NEW)]
    commit(edits, kept)
    assert (folder / "sub/c").read_bytes() == NEW
    assert held(folder / "sub") == {"c": NEW}
    (folder / "sub/c").unlink()
    (folder / "sub").rmdir()
    assert held(folder) == {"a": NEW}
    assert held(kept) == {"a": OLD, "b": OLD}
    assert (folder / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "stale",
    [
        lambda folder: Edit(folder / "b", THEIRS, NEW),
        lambda folder: Edit(folder / "b", THEIRS, None),
        lambda folder: Edit(folder / "b", None, NEW),
        lambda folder: Edit(folder / "gone", OLD, NEW),
        lambda folder: Edit(folder / "gone", OLD, None),
    ],
    ids=["replaced", "removed", "appeared", "vanished", "vanished before it is removed"],
)
def test_with_one_file_edited_meanwhile_nothing_changes(
    folder: Path, tmp_path: Path, stale: Callable[[Path], Edit]
) -> None:
    """Also those before it are put back: the replaced, the new and the removed one."""
    (folder / "d").write_bytes(OLD)
    before = held(folder)
    edits = [Edit(folder / "a", OLD, NEW), Edit(folder / "c", None, NEW), Edit(folder / "d", OLD, None), stale(folder)]
    with pytest.raises(EditedMeanwhileError):
        commit(edits, tmp_path / "kept")
    assert held(folder) == before


def test_a_file_that_cannot_be_staged_changes_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "wall").write_bytes(b"")
    before = held(folder)
    with pytest.raises(OSError, match="wall"):
        commit([Edit(folder / "a", OLD, NEW), Edit(folder / "wall/c", None, NEW)], tmp_path / "kept")
    assert held(folder) == before


def test_an_edit_that_changes_nothing_touches_nothing(folder: Path, tmp_path: Path) -> None:
    before = (folder / "a").stat()
    commit([Edit(folder / "a", OLD, OLD)], tmp_path / "kept")
    assert (folder / "a").stat() == before
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("exchange", [_exchange, _exchange_by_link])
def test_two_files_change_places(folder: Path, exchange: Callable[[Path, Path], None]) -> None:
    (folder / "a").write_bytes(NEW)
    exchange(folder / "a", folder / "b")
    assert held(folder) == {"a": OLD, "b": NEW}
    with pytest.raises(FileNotFoundError):
        exchange(folder / "a", folder / "gone")
    assert held(folder) == {"a": OLD, "b": NEW}


def test_whoever_saves_at_the_same_time_loses_nothing(folder: Path, tmp_path: Path) -> None:
    """An editor that replaces the file again and again, against one that commits: every version is read by somebody.

    A version of the editor's is lost if it neither stands there afterwards, nor was read before it was written over.
    """
    path, kept = folder / "a", tmp_path / "kept"
    read: set[bytes] = set()
    conflicts, done = 0, threading.Event()

    def edit() -> None:
        for number in range(400):
            beside = folder / f"editor-{number}"
            beside.write_bytes(b"editor %d\n" % number)
            os.replace(beside, path)  # noqa: PTH105
        done.set()

    editor = threading.Thread(target=edit)
    editor.start()
    number = 0
    while not done.is_set():
        number += 1
        before = path.read_bytes()
        try:
            commit([Edit(path, before, b"ours %d\n" % number)], kept)
            read.add(before)
        except EditedMeanwhileError:
            conflicts += 1
    editor.join()
    last = b"editor 399\n"
    assert path.read_bytes() == last or last in read
    assert not [name for name in held(folder) if name.startswith(STAGED)]
