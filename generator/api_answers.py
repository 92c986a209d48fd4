"""What the API answers with: JSON, and refusals in the API's words."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from fastapi import Response

Json = Any
"""What `json` gives and takes."""
Pair = tuple[str, str]
"""A field and what is wrong with it."""

MESSAGES: Final[Mapping[int, str]] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Validation Failed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""What a refusal says when there is no more to say; never the name of a file."""


class RefusedError(Exception):
    """A request that is not done: what it is answered with."""

    def __init__(
        self, status: int, message: str = "", *, errors: Sequence[Pair] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message, errors)
        self.status, self.message, self.errors = status, message or MESSAGES[status], tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Say it as the API does: a message, and for a 422 a list of pairs."""
        told: dict[str, Json] = {"message": self.message}
        if self.errors:
            told["errors"] = [list(pair) for pair in self.errors]
        return answer(told, self.status, self.headers)


def invalid(*errors: Pair) -> RefusedError:
    """Refuse what breaks rules: a 422 with a pair for each."""
    return RefusedError(422, errors=errors)


class JsonResponse(Response):
    """JSON with the media type that the API gives."""

    media_type = "application/json; charset=utf-8"


def answer(value: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a value as JSON."""
    return JsonResponse(encoded(value), status, dict(headers or {}))


def encoded(value: Json) -> bytes:
    """Write a value as JSON: times with seconds and offset, and every character that UTF-8 can carry as itself."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:  # half a character, in a message about it
        return json.dumps(value, default=_spelled, separators=(",", ":")).encode()


def _spelled(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
    return str(value)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=_spelled, separators=(",", ":"))
