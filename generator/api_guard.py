"""Who may ask the API, and how much they may say: looked at before anything else.

    Host, Origin ── 403 ──▶ token ── 401 ──▶ media type ── 415 ──▶ length ── 413 ──▶ the application

Bodies are read here, under a limit of bytes and time, by their length if they tell it and as they come if not. A
refused body is not taken in: the connection is closed once the answer is out, and what arrives meanwhile is dropped.
"""

import asyncio
import hmac
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from generator.api_answers import RefusedError
from generator.api_bodies import BODY_BYTES, PICTURE_URL
from generator.api_files import SIZE_LIMIT
from generator.credentials import Secret
from generator.door import Door

PER_HOUR: Final = 3600
"""Requests an hour that the platform allows a token; counted here, and only with ``--fault limits`` enforced."""
_HOUR: Final = 3600
_BODY_SECONDS: Final = 60.0
_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 16 * 1024 * 1024
_SMALL_BYTES: Final = 64 * 1024
_WRITING: Final = frozenset({"POST", "PATCH", "PUT"})
_OPEN: Final = frozenset({"/", "/openapi.json", "/api.css", "/favicon.ico"})
"""What a browser may see of the API without a token: its description."""
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Log = Callable[[str, str, int, float], None]
"""Hears of each request: its method and path, the status, and the seconds that it took; never of a query or header."""


class Allowance:
    """How many requests a token has left in this hour; `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._reset = 0
        self._used = 0

    def spend(self) -> Mapping[str, str]:
        """Count a request, and return the headers that tell what is left."""
        now = self._clock()
        if now >= self._reset:
            self._reset, self._used = int(now) + _HOUR, 0
        self._used += 1
        return {
            "X-RateLimit-Limit": str(PER_HOUR),
            "X-RateLimit-Remaining": str(max(0, PER_HOUR - self._used)),
            "X-RateLimit-Reset": str(self._reset),
        }


class Guard:
    """Lets in who may ask, with a body that fits; everybody else is answered here."""

    def __init__(self, app: ASGIApp, door: Door, token: Secret, allowance: Allowance, log: Log) -> None:
        self._app, self._door, self._token, self._allowance, self._log = app, door, token, allowance, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        began = time.perf_counter()
        speaker = _Speaker(send, is_silent=scope["method"] == "HEAD")
        try:
            await self._admit(scope, receive, speaker)
        finally:
            self._log(scope["method"], _tellable(scope["path"]), speaker.status, time.perf_counter() - began)

    async def _admit(self, scope: Scope, receive: Receive, speaker: "_Speaker") -> None:
        headers = Headers(scope=scope)
        path = _plain_path(scope["path"])
        try:
            self._identify(path, headers, speaker)
            limit = _limit(scope["method"], path, headers)
            body = await _body(receive, headers, limit)
        except RefusedError as error:
            await error.response()(scope, receive, _unfinished(speaker))
            await _linger(receive)
            await speaker({"type": "http.response.body", "body": b""})
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        await self._app({**scope, "path": path, "method": method}, _replayed(body, receive), speaker)

    def _identify(self, path: str, headers: Headers, speaker: "_Speaker") -> None:
        hosts = headers.getlist("host")
        if not self._door.admits_host(hosts) or not self._door.admits_origin(headers.getlist("origin"), hosts[0]):
            raise RefusedError(403, headers={"Connection": "close"})
        is_signed = path.startswith(("/v1/files/", "/v1/attachments/")) and path != "/v1/attachments/storage"
        if path in _OPEN or is_signed:
            return
        if not self._knows(headers.getlist("authorization")):
            raise RefusedError(401, headers={"WWW-Authenticate": "Bearer", "Connection": "close"})
        speaker.extra.update(self._allowance.spend())

    def _knows(self, values: list[str]) -> bool:
        if len(values) != 1:
            return False
        scheme, _, given = values[0].strip().partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token.reveal().encode())
        return scheme.lower() == "bearer" and same


class _Speaker:
    """Sends an answer with the headers that every answer has, and without its body when only its head was asked for."""

    def __init__(self, send: Send, *, is_silent: bool) -> None:
        self._send = send
        self._is_silent = is_silent
        self.status = 0
        self.extra = dict(_HEADERS)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self.extra.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "private, no-cache")
        elif self._is_silent:
            message = {**message, "body": b""}
        await self._send(message)


def _tellable(path: str) -> str:
    """Return a path without the ticket that lets its holder upload."""
    head, dot, _ = path.partition(".") if path.startswith("/v1/attachments/") else (path, "", "")
    return head + ("…" if dot else "")


def _plain_path(path: str) -> str:
    """Return the one spelling of a path of the API: it may end in a slash or ``.json``."""
    if not path.startswith("/v1") or path.startswith("/v1/files/"):
        return path
    return path.removesuffix("/").removesuffix(".json")


def _limit(method: str, path: str, headers: Headers) -> int:
    """Return how many bytes a body may have; raises `RefusedError` for a body of a kind that is not read."""
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RefusedError(
            415, "Unsupported Media Type: bodies are not to be compressed", headers={"Connection": "close"}
        )
    if method not in _WRITING:
        return _SMALL_BYTES
    media_type, _, rest = headers.get("content-type", "").partition(";")
    is_upload = path.startswith("/v1/attachments/")
    wanted = "multipart/form-data" if is_upload else "application/json"
    charset = rest.lower().replace(" ", "").partition("charset=")[2].strip('"').partition(";")[0]
    if len(headers.getlist("content-type")) != 1 or media_type.strip().lower() != wanted:
        raise RefusedError(415, f"Unsupported Media Type: expected {wanted}", headers={"Connection": "close"})
    if not is_upload and charset.strip('"') not in {"", "utf-8", "utf8", "us-ascii"}:
        raise RefusedError(415, "Unsupported Media Type: expected UTF-8", headers={"Connection": "close"})
    return SIZE_LIMIT + _SMALL_BYTES if is_upload else BODY_BYTES + PICTURE_URL


async def _body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """Read a body; raises `RefusedError` for one that is too large, or takes too long."""
    lengths = headers.getlist("content-length")
    if "transfer-encoding" not in headers and set(lengths) <= {"0"}:
        return b""
    if any(not length.isascii() or not length.isdigit() for length in lengths) or len(lengths) > 1:
        raise RefusedError(400, headers={"Connection": "close"})
    if lengths and (len(lengths[0]) > 12 or int(lengths[0]) > limit):
        raise RefusedError(413, headers={"Connection": "close"})
    content = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                content += message.get("body", b"")
                if len(content) > limit:
                    raise RefusedError(413, headers={"Connection": "close"})
                if not message.get("more_body", False):
                    return bytes(content)
    except TimeoutError:
        raise RefusedError(408, headers={"Connection": "close"}) from None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, once."""
    rest = [body]

    async def again() -> Message:
        if rest:
            return {"type": "http.request", "body": rest.pop(), "more_body": False}
        return await receive()

    return again


def _unfinished(speaker: _Speaker) -> Send:
    """Send an answer whole, but do not end it yet: its connection would be cut, and with it what is on the way."""

    async def send(message: Message) -> None:
        await speaker({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    return send


async def _linger(receive: Receive) -> None:
    """Drop what still arrives, for a moment: a connection cut in the middle of it would take the answer along."""
    dropped = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while dropped < _LINGER_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
