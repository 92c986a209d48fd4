"""An API that misbehaves on purpose, for those who test a client against it.

Every third request meets the next of the wanted faults in turn, so that a client that tries again always succeeds:

    429     Too Many Requests, with ``Retry-After: 1``; every other time without the header
    503     a page of HTML, as a proxy in front of an API gives
    slow    the answer comes in small pieces over some seconds
    reset   the connection is reset before anything is done
    drop    the request is done, and the answer breaks off in the middle: a write has happened all the same
    limits  not in turn: the platform's limits are enforced, 3,600 requests an hour and 20 in 2 seconds
"""

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import count, cycle
from typing import Final

from fastapi import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from generator.api_answers import RefusedError
from generator.api_guard import PER_HOUR

FAULTS: Final = ("429", "503", "slow", "reset", "drop", "limits")
TRANSPORT: Final = "appshelf.transport"
"""Where a server of ours leaves a connection's transport in the state of a scope."""

_EVERY: Final = 3
_PIECES: Final = 20
_SLOW_SECONDS: Final = 4.0
_BURST: Final = 20
_BURST_SECONDS: Final = 2.0
_HOUR: Final = 3600.0
_RESET: Final = struct.pack("ii", 1, 0)
_PROXY_PAGE: Final = b"<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"


class ConnectionCutError(Exception):
    """A connection that was cut on purpose, where there is no real one to cut."""


class Faults:
    """Lets requests meet the wanted faults. `sleep` and `clock` are the world's."""

    def __init__(
        self,
        app: ASGIApp,
        wanted: Sequence[str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._sleep, self._clock = app, sleep, clock
        self._in_turn = cycle([fault for fault in wanted if fault != "limits"] or [""])
        self._enforces = "limits" in wanted
        self._requests, self._refusals = count(1), count()
        self._recent: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request meet its fault."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1"):
            await self._app(scope, receive, send)
        elif self._enforces and (wait := self._over_limit()):
            refused = RefusedError(429, headers={"Retry-After": str(wait)})
            await refused.response()(scope, receive, send)
        else:
            fault = next(self._in_turn) if next(self._requests) % _EVERY == 0 else ""
            await self._meet(fault, scope, receive, send)

    def _over_limit(self) -> int:
        """Return for how many seconds a request is too many; 0 for one that counts."""
        now = self._clock()
        while self._recent and self._recent[0] <= now - _HOUR:
            self._recent.popleft()
        for most, seconds in ((_BURST, _BURST_SECONDS), (PER_HOUR, _HOUR)):
            if len(self._recent) >= most and (age := now - self._recent[-most]) < seconds:
                return max(1, -int(age - seconds))
        self._recent.append(now)
        return 0

    async def _meet(self, fault: str, scope: Scope, receive: Receive, send: Send) -> None:
        match fault:
            case "429":
                headers = {"Retry-After": "1"} if next(self._refusals) % 2 == 0 else {}
                await RefusedError(429, headers=headers).response()(scope, receive, send)
            case "503":
                await Response(_PROXY_PAGE, 503, media_type="text/html")(scope, receive, send)
            case "reset":
                _cut(scope, reset=True)
                while (await receive())["type"] != "http.disconnect":
                    pass
            case "slow":
                await self._app(scope, receive, self._in_pieces(send))
            case "drop":
                await self._app(scope, receive, _broken_off(scope, send))
            case _:
                await self._app(scope, receive, send)

    def _in_pieces(self, send: Send) -> Send:
        async def slowly(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) < 2:
                await send(message)
                return
            size = -(-len(body) // _PIECES)
            pieces = [body[start : start + size] for start in range(0, len(body), size)]
            for piece in pieces:
                await self._sleep(_SLOW_SECONDS / len(pieces))
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

        return slowly


def _broken_off(scope: Scope, send: Send) -> Send:
    broken: list[bool] = []

    async def half(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
        elif not broken:
            broken.append(True)
            body = message.get("body", b"")
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            _cut(scope, reset=False)

    return half


def _cut(scope: Scope, *, reset: bool) -> None:
    """End the connection at once; raises `ConnectionCutError` where there is none."""
    transport = scope.get("state", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionCutError
    sock = transport.get_extra_info("socket")
    if reset and sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    else:
        transport.close()
