"""The lines around a problem, as the preview shows them."""

import os
from pathlib import Path

import pytest

from generator.errors import Problem
from generator.excerpts import Line, excerpt

LINES = [f"line {n}" for n in range(1, 11)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "offering.toml"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def numbers(lines: tuple[Line, ...]) -> list[int]:
    return [line.number for line in lines]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(5, [3, 4, 5, 6, 7], id="in the middle"),
        pytest.param(1, [1, 2, 3], id="at the beginning"),
        pytest.param(10, [8, 9, 10], id="at the end"),
        pytest.param(99, [], id="beyond the end, as the file has changed since"),
        pytest.param(None, [], id="without a line"),
    ],
)
def test_two_lines_before_and_after(file: Path, line: int | None, expected: list[int]) -> None:
    lines = excerpt(Problem(str(file), "name", "is wrong", line=line), [file.parent])
    assert numbers(lines) == expected
    assert [it.number for it in lines if it.is_meant] == ([line] if expected else [])


def test_the_line_is_parted_at_the_column(file: Path) -> None:
    lines = excerpt(Problem(str(file), "", "is wrong", line=2, column=6), [file.parent])
    assert lines[1] == Line(2, "line ", "2", is_meant=True)
    assert lines[0] == Line(1, "", "line 1", is_meant=False)


@pytest.mark.parametrize("column", [1, 5_000, 9_999, 20_000])
def test_a_long_line_is_cut_around_the_column(file: Path, column: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(10_000))
    file.write_text(text, encoding="utf-8")
    (line,) = excerpt(Problem(str(file), "", "is wrong", line=1, column=column), [file.parent])
    assert len(line.before) + len(line.after) <= 242
    assert (line.before + line.after).strip("…") in text
    if column <= len(text):
        assert line.after[0] == text[column - 1]


def test_what_a_terminal_or_page_would_obey_is_replaced(file: Path) -> None:
    file.write_bytes(b"a\x1b[31m\xe2\x80\xaeb\r\nnext\r\n")
    lines = excerpt(Problem(str(file), "", "is wrong", line=1), [file.parent])
    assert lines[0].after == "a\ufffd[31m\ufffdb"
    assert lines[1].after == "next"


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("gone.toml", id="a file that is gone"),
        pytest.param("folder", id="a folder"),
        pytest.param("fifo", id="a FIFO, which is not waited for"),
        pytest.param("link.toml", id="a link out of the folder"),
        pytest.param("binary.toml", id="no text"),
        pytest.param("a\0b", id="a name that no file can have"),
    ],
)
def test_without_a_readable_file_inside_there_is_none(tmp_path: Path, place: str) -> None:
    content = tmp_path / "content"
    (content / "folder").mkdir(parents=True)
    (tmp_path / "secret.toml").write_text("password = 1")
    (content / "link.toml").symlink_to(tmp_path / "secret.toml")
    (content / "binary.toml").write_bytes(b"\xff\xfe\x00")
    os.mkfifo(content / "fifo")
    assert excerpt(Problem(str(content / place), "", "is wrong", line=1), [content]) == ()


def test_a_file_in_any_of_the_roots_is_read(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert numbers(excerpt(Problem(str(file), "", "", line=1), [other, file.parent])) == [1, 2, 3]
    assert excerpt(Problem(str(file), "", "", line=1), [other]) == ()
