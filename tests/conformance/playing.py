"""Exchanges played against a server: each request sent byte for byte as it is written, each answer compared."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from exchanges import Exchange, Expected, Request
from matching import MismatchError, Names, filled, filled_text, match, match_header

JSON_TYPE: Final = "application/json; charset=utf-8"
ANYTHING: Final = "..."


@dataclass(frozen=True)
class Server:
    """Where exchanges are played: its origin, the token to show, and what is known of its data in `names`."""

    origin: str
    token: str
    names: Mapping[str, Any] = field(default_factory=dict)


class FailedError(AssertionError):
    """An answer was not the expected one: which step, where, and both messages."""


class Player:
    """Plays exchanges. `wait` is called with the seconds that a server asks for when it is asked too often."""

    def __init__(self, http: httpx.Client, server: Server, wait: Callable[[float], None] | None = None) -> None:
        self.http = http
        self.server = server
        self.wait = wait

    def play(self, exchange: Exchange, **names: Any) -> Names:
        """Play every step and return all that was captured; `FailedError` tells the first answer that is another."""
        known = {"token": self.server.token, **self.server.names, **names}
        for number, (sent, expected) in enumerate(exchange.steps, 1):
            request = self._built(sent, known)
            answer = self._sent(request, expected)
            try:
                check(expected, answer, known)
            except MismatchError as mismatch:
                raise FailedError(f"{exchange.name}\n  step {number}, {mismatch}\n{_told(request, answer)}") from None
        return known

    def _built(self, sent: Request, names: Names) -> httpx.Request:
        target = filled_text(sent.target, names)
        if target.startswith("http"):
            if not target.startswith(f"{self.server.origin}/"):
                raise MismatchError("the address to follow", f"one of {self.server.origin}", target)
            target = target.removeprefix(self.server.origin)
        headers = {"Authorization": f"Bearer {self.server.token}", "Accept-Encoding": "identity"}
        for name, value in sent.headers:
            headers = {key: item for key, item in headers.items() if key.lower() != name.lower()}
            if value != "<absent>":
                headers[name] = filled_text(value, names)
        return self.http.build_request(
            sent.method,
            self.server.origin,
            headers=headers,
            content=_body(sent, names),
            extensions={"target": target.encode("ascii")},
        )

    def _sent(self, request: httpx.Request, expected: Expected) -> httpx.Response:
        answer = self.http.send(request)
        for _ in range(5):
            if not self.wait or answer.status_code != 429 or expected.status == 429:
                break
            asked = answer.headers.get("Retry-After", "")
            self.wait(min(float(asked) if asked.isdigit() else 2.0, 60.0))
            answer = self.http.send(request)
        return answer


def _body(sent: Request, names: Names) -> bytes | None:
    """Fill in a body. JSON keeps the types of what it names; a form has the line ends that its standard asks for."""
    if sent.body is None:
        return None
    if sent.verbatim:
        return filled_text(sent.body, names).encode()
    if any(name.lower() == "content-type" and value.startswith("multipart/") for name, value in sent.headers):
        return filled_text(sent.body, names).replace("\n", "\r\n").encode()
    return json.dumps(filled(json.loads(sent.body), names), ensure_ascii=False).encode()


def check(expected: Expected, answer: httpx.Response, names: Names) -> None:
    """Raise `MismatchError` unless `answer` is what is expected; remember in `names` what it captures."""
    if answer.status_code != expected.status:
        raise MismatchError("status", expected.status, answer.status_code)
    wanted = list(expected.headers)
    if expected.is_json and all(name.lower() != "content-type" for name, _ in wanted):
        wanted.append(("Content-Type", JSON_TYPE))
    for name, value in wanted:
        match_header(name, value, answer.headers.get(name), names)
    if expected.body is None:
        if answer.content:
            raise MismatchError("body", "none", answer.text)
    elif expected.is_json:
        match(expected.value, _parsed(answer), names)
    elif expected.body != ANYTHING:
        match(expected.body, answer.text, names)


def _parsed(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content, parse_constant=_no_constant)
    except ValueError as error:
        raise MismatchError("body", "JSON", f"{answer.text[:200]!r} ({error})") from None


def _no_constant(name: str) -> Any:
    """Refuse ``NaN`` and its like, which are no JSON."""
    raise ValueError(f"{name} is no JSON")


def _told(request: httpx.Request, answer: httpx.Response) -> str:
    target = request.extensions["target"].decode()
    body = request.content.decode(errors="replace")[:600]
    lines = [f"  > {request.method} {target}", f"  > {body}" if body else "  >", f"  < {answer.status_code}"]
    lines += [f"  < {name}: {value}" for name, value in answer.headers.multi_items()]
    return "\n".join([*lines, f"  < {answer.text[:1500]}"])
