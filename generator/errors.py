"""What can go wrong, and who has to act.

    AppshelfError            exit status
    ├── InputError           1   the offerings or settings have problems; it carries all of them
    ├── AssetError           1   one picture or attachment cannot be used; `build` gives it its place
    ├── DownloadError        1   one picture or attachment cannot be fetched; `build` makes a warning of it
    ├── OutputError          1   the output folder cannot be, or must not be, written
    └── UsageError           2   the command was called in a wrong way

Everything below `cli` raises one of these for what a person can mend; anything else is a defect of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing for the author to mend, printed as ``where[:line[:column]]: field: reason``.

    `where` is a file as the author knows it (relative to the working folder where that is shorter), `line` and
    `column` count from 1, `field` is the API's name of a field or a dotted path into the file. A `warning` does
    not stop a build, unless it is strict.
    """

    where: str
    field: str
    reason: str
    line: int | None = None
    column: int | None = None
    warning: bool = False

    @property
    def position(self) -> tuple[str, int, int, str]:
        """What to sort problems by: file, line, column, field."""
        return self.where, self.line or 0, self.column or 0, self.field

    def __str__(self) -> str:
        position = "".join(f":{n}" for n in (self.line, self.column) if n is not None)
        subject = f"{self.field}: " if self.field else ""
        told = f"{self.where}{position}: {subject}{self.reason}"
        return "".join(char if char.isprintable() else "\ufffd" for char in told)  # a terminal obeys what it is sent


class AppshelfError(Exception):
    """The root of the tree; `cli` turns it into a message and `exit_status`."""

    exit_status: ClassVar[int] = 1


class InputError(AppshelfError):
    """The input has problems: `problems` holds every one that was found, warnings too, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.position))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["InputError"], tuple[tuple[Problem, ...]]]:
        """Let a worker process hand the error to the main one, whole."""
        return InputError, (self.problems,)


class AssetError(AppshelfError):
    """A picture or attachment that cannot be used; the message is a reason, without the file's name."""


class DownloadError(AppshelfError):
    """A picture or attachment that cannot be fetched; the message is a reason, and names no more than the host."""


class OutputError(AppshelfError):
    """The output folder cannot be written, or is not ours to write."""


class UsageError(AppshelfError):
    """A wrong flag or argument."""

    exit_status: ClassVar[int] = 2
