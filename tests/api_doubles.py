"""Doubles at the border of the API client: the world's time, and an API that answers as a function does.

world = World()
client = world.client(lambda request: page([{"id": 1}]))
world.naps        how long the client slept, each time
world.asked       the requests that were sent
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from generator.api_requests import Endpoint
from generator.client import Client
from generator.credentials import Credentials, Secret, Token

API = "https://api.example.com/v1"
TOKEN = "tok-3n.of+nobody/=="  # noqa: S105  # of nothing


@dataclass(frozen=True)
class Canned:
    """An answer, byte for byte as it is sent."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def sent(self) -> httpx.Response:
        """Return it as a response that nobody has read or unpacked."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return httpx.Response(self.status, headers=headers, stream=_Bytes(self.content))


class _Bytes(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content


Handler = Callable[[httpx.Request], Canned]


def page(records: object, *, to: str | None = None, status: int = 200, **headers: str) -> Canned:
    """Answer with a JSON value, and a link to the next page where `to` names one."""
    links = {"Link": f'<{to}>; rel="next"'} if to else {}
    return raw(json.dumps(records).encode(), status=status, **links, **headers)


def raw(content: bytes = b"", kind: str = "application/json", status: int = 200, **headers: str) -> Canned:
    """Answer with these very bytes; `_` in a header's name stands for a hyphen."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(status, {"Content-Type": kind, **given}, content)


@dataclass
class World:
    """Time that passes only when somebody sleeps, chance that always takes the most, and a list of what was asked."""

    seconds: float = 1000.0
    naps: list[float] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)
    credentials: Credentials | None = field(default_factory=lambda: Token(Secret(TOKEN)))

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.naps.append(seconds)
        self.seconds += seconds

    def clock(self) -> float:
        """Return the time."""
        return self.seconds

    def now(self) -> float:
        """Return the time of day: 2026-01-01T00:00:00Z when the world begins."""
        return 1_767_225_600.0 + self.seconds - 1000.0

    def client(self, handler: Handler, url: str = API, **settings: Any) -> Client:
        """Return a client whose requests `handler` answers, or fails by raising."""

        def answer(request: httpx.Request) -> httpx.Response:
            request.read()
            self.asked.append(request)
            return handler(request).sent()

        oauth_url = settings.pop("oauth_url", None)
        return Client(
            httpx.Client(transport=httpx.MockTransport(answer), trust_env=False),
            Endpoint(url, "wdc", self.credentials, oauth_url),
            sleep=self.sleep,
            clock=self.clock,
            now=self.now,
            jitter=lambda low, high: high,
            **({"pace": ()} | settings),
        )

    @property
    def told(self) -> list[str]:
        """Return what was asked, as methods and paths with their queries."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.asked]


def in_turn(*answers: Canned | Exception) -> Handler:
    """Give, or raise, one answer after the other; the last one again and again."""
    left = list(answers)

    def handler(request: httpx.Request) -> Canned:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def ids(records: Iterable[Any]) -> list[int]:
    """Return the ids of records."""
    return [record.id for record in records]


def sent(request: httpx.Request) -> Any:
    """Return the JSON that a request carried."""
    return json.loads(request.content)
