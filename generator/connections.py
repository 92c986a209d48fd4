"""Connections that keep a deadline: an httpx transport over httpcore's pool.

httpx counts each read by itself, so a host that sends one byte every few seconds, in the headers or in the body,
is never too late. Here no single step of a request may last beyond its end: neither looking up the name, connecting,
the TLS handshake, nor any write or read.

A request carries its whole time, in seconds, in ``request.extensions["deadline"]``; without it only httpx's own
time-outs hold. What is raised is httpx's: `httpx.ConnectTimeout`, `httpx.ReadTimeout` and their like.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import httpcore
import httpx

Resolve = Callable[[str, int], Sequence[str]]
"""From a host's name and a port to the IP addresses to try, in order. May raise `OSError`, or an error of its own."""

MOST_CONNECTIONS = 10
IDLE_SECONDS = 3.0
"""How long an unused connection is kept: less than servers do, which else close it just as the next request comes."""

_PIECE = 16 * 1024
"""Bytes written at once: a reader that takes little at a time must not make one write last."""

_Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


def resolved(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of `host`, without repeats."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))


class DeadlineTransport(httpx.BaseTransport):
    """HTTP/1.1 over TCP and TLS, each request within its deadline.

    `resolve` decides which addresses a name may lead to; certificates are still checked against the name. Proxies of
    the environment are not used.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = resolved,
        ssl_context: ssl.SSLContext | None = None,
        connections: int = MOST_CONNECTIONS,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(),
            max_connections=connections,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_Backend(resolve),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is read while it is iterated over."""
        timeouts = dict(request.extensions.get("timeout") or {})
        if (seconds := request.extensions.get("deadline")) is not None:
            ends = time.monotonic() + seconds
            timeouts = {step: _Until(timeouts.get(step), ends) for step in ("connect", "read", "write", "pool")}
        with _as_httpx():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={**request.extensions, "timeout": timeouts},
                )
            )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _as_httpx():
            self._answer.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raise what httpcore raises as the error of the same name in httpx, with words of no host's choosing."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__)(type(error).__name__) from error


class _Until(float):
    """The seconds that one step may take, and the moment that none may outlast; httpcore hands it down as it is."""

    ends: float

    def __new__(cls, seconds: float | None, ends: float) -> Self:
        left = max(ends - time.monotonic(), 0.0)
        it = super().__new__(cls, left if seconds is None else min(seconds, left))
        it.ends = ends
        return it


def _left(timeout: float | None, too_late: type[httpcore.TimeoutException]) -> float | None:
    """Return the seconds that a step may take now; raises `too_late` when the deadline has passed."""
    if not isinstance(timeout, _Until):
        return timeout
    left = timeout.ends - time.monotonic()
    if left <= 0:
        raise too_late
    return min(float(timeout), left)


class _Stream(httpcore.NetworkStream):
    """A connection of which every step ends by the deadline of the request that takes it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; each gets its share of the time that is left for all."""
        ends = None if timeout is None else time.monotonic() + (_left(timeout, httpcore.ConnectTimeout) or 0.0)
        addresses = self._addresses(host, port, timeout)
        failure: Exception = httpcore.ConnectError("no address")
        for number, address in enumerate(addresses):
            share = None if ends is None else (ends - time.monotonic()) / (len(addresses) - number)
            if share is not None and share <= 0:
                raise httpcore.ConnectTimeout
            try:
                return _Stream(super().connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> Sequence[str]:
        """Resolve on a thread of its own, as nothing else ends a look-up that hangs."""
        answers: queue.SimpleQueue[Sequence[str] | BaseException] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self._resolve(host, port))
            except BaseException as error:  # handed over to the one who waits
                answers.put(error)

        threading.Thread(target=look_up, daemon=True, name="resolve").start()
        try:
            answer = answers.get(timeout=_left(timeout, httpcore.ConnectTimeout))
        except queue.Empty:
            raise httpcore.ConnectTimeout from None
        if isinstance(answer, (OSError, UnicodeError)):
            raise httpcore.ConnectError("no address") from answer
        if isinstance(answer, BaseException):
            raise answer
        return answer
