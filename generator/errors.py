"""What can go wrong, and who has to act.

    AppshelfError            exit status
    ├── InputError           1   the offerings or settings have problems; it carries all of them
    ├── AssetError           1   one picture or attachment cannot be used; `build` gives it its place
    ├── DownloadError        1   one picture or attachment cannot be fetched; `build` makes a warning of it
    ├── SelectionError       1   a query of the API that asks for what there is not (in `filters`)
    ├── OutputError          1   the output folder cannot be, or must not be, written
    ├── UsageError           2   the command was called in a wrong way
    └── RemoteError          3   the API, the network or a host failed
        ├── ConnectionFailedError   nobody answered, or the connection broke off
        ├── DeadlineError           no whole answer within the time allowed
        ├── AnswerError             an answer that cannot be trusted: no JSON, leads elsewhere, never ends
        │   └── TooLargeError       an answer over its limit
        └── StatusError             an answer that says no
            ├── AccessError         401, 403: the token is missing, wrong, or not allowed to
            ├── NotFoundError       404
            ├── ConflictError       409, 412: changed by somebody else meanwhile
            ├── FieldsError         422: `errors` names the fields
            └── RateLimitError      429, again and again

Everything below `cli` raises one of these for what a person can mend; anything else is a defect of ours.
"""

from collections.abc import Iterable, Sequence
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


class RemoteError(AppshelfError):
    """The API, the network or a host failed.

    The message names a host and a path of ours at most: never a token, a query or a whole address. `arrived` is
    false when the request certainly did not reach the other side, so that repeating it does nothing twice.
    """

    exit_status: ClassVar[int] = 3

    def __init__(self, message: str, *, arrived: bool = True) -> None:
        super().__init__(message)
        self.arrived = arrived


class ConnectionFailedError(RemoteError):
    """Nobody answered, or the connection broke off."""


class DeadlineError(RemoteError):
    """No whole answer within the time allowed."""


class AnswerError(RemoteError):
    """An answer that cannot be trusted: no JSON, in disguise, leading elsewhere, without an end."""


class TooLargeError(AnswerError):
    """An answer over its limit, as it came or once it was unpacked."""


class StatusError(RemoteError):
    """An answer that says no: its `status`, and what it says of fields as pairs of field and reason."""

    def __init__(self, message: str, *, status: int, errors: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.errors = tuple(errors)


class AccessError(StatusError):
    """The token is missing, wrong, or not allowed to do this (401, 403)."""


class NotFoundError(StatusError):
    """There is no such record (404)."""


class ConflictError(StatusError):
    """Somebody else changed the record meanwhile (409, 412)."""


class FieldsError(StatusError):
    """The API refuses the values of some fields (422)."""


class RateLimitError(StatusError):
    """The API asks to wait, and did so again after every wait (429)."""
