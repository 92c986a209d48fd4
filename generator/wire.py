"""One request, one answer, within limits: of time, of bytes on the wire, and of bytes once unpacked.

    with opened(http, request, Limits(bytes=5 << 20, seconds=30)) as answer:
        for chunk in answer.chunks(): …

Nothing is followed, repeated or trusted here. A redirect is an answer like any other. Whatever the network does is
raised as one of `ConnectionFailedError`, `DeadlineError`, `TooLargeError` and `AnswerError`, in words of ours that
hold neither a query nor a header. The deadline is exact over `connections.DeadlineTransport`; over another transport
it is looked at between the chunks.
"""

import logging
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx

from generator.errors import AnswerError, ConnectionFailedError, DeadlineError, RemoteError, TooLargeError

Clock = Callable[[], float]

_PIECE = 1 << 20
"""Bytes unpacked at once: what a bomb can take at most before it is noticed."""

_LONGER = 64 * 1024
"""How much longer than its content a packed body may be: gzip adds a few bytes to what cannot be made smaller."""


@dataclass(frozen=True)
class Limits:
    """What one exchange may cost: `bytes` of the body, on the wire and unpacked, and seconds.

    `seconds` bounds everything from the look-up of the name to the last byte; `connect` and `read` bound one step.
    """

    bytes: int
    seconds: float = 60.0
    connect: float = 5.0
    read: float = 15.0


@dataclass(frozen=True)
class Answer:
    """A whole answer. `body` is unpacked."""

    status: int
    headers: httpx.Headers
    body: bytes


class Opened:
    """An answer whose body is still to come: `status`, `headers`, and the body once, as `chunks` or as `read`."""

    def __init__(self, response: httpx.Response, limits: Limits, late: "Callable[[], None]") -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._response, self._limits, self._late = response, limits, late

    def chunks(self) -> Iterator[bytes]:
        """Yield the body, unpacked, in pieces of at most a mebibyte.

        Raises `TooLargeError` before more than the limit was taken in or given out, and `AnswerError` for a packing
        other than gzip or a broken one.
        """
        packing = self.headers.get("content-encoding", "").strip().lower()
        if packing not in {"", "identity", "gzip", "x-gzip"}:
            raise AnswerError(f"{_host(self._response)}: answered in a packing that was not asked for")
        is_packed = packing.endswith("gzip")
        most = self._limits.bytes + (_LONGER if is_packed else 0)
        self._refuse_announced(most)
        pieces = self._unpacked(self._raw(most)) if is_packed else self._raw(most)
        given = 0
        for piece in pieces:
            given += len(piece)
            if given > self._limits.bytes:
                raise self._too_large()
            yield piece

    def read(self) -> bytes:
        """Return the whole body; raises as `chunks` does."""
        return b"".join(self.chunks())

    def _refuse_announced(self, most: int) -> None:
        if self._response.request.method == "HEAD" or self.status in {204, 304}:
            return  # the length is that of a body which does not come (RFC 9110, section 8.6)
        announced = self.headers.get("content-length", "")
        if announced.isascii() and announced.isdecimal():
            is_over = len(announced.lstrip("0")) > 15 or int(announced[-16:]) > most
            if is_over:
                raise self._too_large()

    def _raw(self, most: int) -> Iterator[bytes]:
        taken = 0
        for chunk in self._response.iter_raw():
            self._late()
            taken += len(chunk)
            if taken > most:
                raise self._too_large()
            yield chunk

    def _unpacked(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        """Unpack gzip (RFC 1952: one member after another), a bounded piece at a time."""
        unpacker, is_within = _unpacker(), False
        try:
            for chunk in packed:
                rest = chunk
                while rest:
                    if piece := unpacker.decompress(rest, _PIECE):
                        yield piece
                    rest, is_within = unpacker.unconsumed_tail, True
                    if unpacker.eof:
                        rest, unpacker, is_within = unpacker.unused_data, _unpacker(), False
            while is_within and (piece := unpacker.decompress(b"", _PIECE)):
                yield piece  # what the last bytes still stand for
        except zlib.error:
            raise AnswerError(f"{_host(self._response)}: answered with broken gzip") from None
        if is_within and not unpacker.eof:
            raise ConnectionFailedError(f"{_host(self._response)}: the answer broke off")

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"{_host(self._response)}: answered with more than {self._limits.bytes:,} bytes")


def _unpacker() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


@contextmanager
def opened(
    http: httpx.Client, request: httpx.Request, limits: Limits, clock: Clock = time.monotonic
) -> Iterator[Opened]:
    """Send `request` and give its answer as soon as the headers are there; the body is read within the block.

    Only gzip is asked for. Redirects, cookies, and credentials of the client or of the environment play no part. Raises
    `RemoteError` of one of the kinds above, from inside the block too.
    """
    _keep_addresses_out_of_logs()
    ends = clock() + limits.seconds
    host = request.url.host

    def late() -> None:
        if clock() > ends:
            raise DeadlineError(f"{host}: no whole answer within {limits.seconds:g} seconds")

    request.headers["Accept-Encoding"] = "gzip"
    request.headers.pop("Cookie", None)
    request.extensions = {
        **request.extensions,
        "deadline": limits.seconds,
        "timeout": {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.seconds},
    }
    with _in_our_words(host, limits):
        response = http.send(request, stream=True, follow_redirects=False, auth=None)
        with closing(response):
            late()
            yield Opened(response, limits, late)


def exchange(http: httpx.Client, request: httpx.Request, limits: Limits, clock: Clock = time.monotonic) -> Answer:
    """Send `request` and return the whole answer; raises as `opened` does."""
    with opened(http, request, limits, clock) as answer:
        return Answer(answer.status, answer.headers, answer.read())


@contextmanager
def _in_our_words(host: str, limits: Limits) -> Iterator[None]:
    """Raise what httpx raises as an error of ours: a message of httpx or the other side may hold anything."""
    failure: RemoteError
    try:
        yield
        return
    except (httpx.ConnectTimeout, httpx.PoolTimeout):
        failure = DeadlineError(f"{host}: no connection within {limits.connect:g} seconds", arrived=False)
    except httpx.TimeoutException:
        failure = DeadlineError(
            f"{host}: no answer for {limits.read:g} seconds, or not whole within {limits.seconds:g}"
        )
    except httpx.ConnectError as error:
        failure = ConnectionFailedError(f"{host}: no connection ({_why(error)})", arrived=False)
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
        failure = AnswerError(f"{host}: cannot be asked at all", arrived=False)
    except httpx.RemoteProtocolError:
        failure = ConnectionFailedError(f"{host}: the connection broke off, or did not speak HTTP")
    except httpx.TransportError:
        failure = ConnectionFailedError(f"{host}: the connection broke off")
    raise failure from None  # a traceback must not lead back to the request and its token


def _why(error: httpx.ConnectError) -> str:
    """Tell in a word why there is no connection, from what lies below httpx's error."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    told = "\n".join(f"{type(cause).__name__} {cause}" for cause in causes)
    if "SSL" in told or "certificate" in told:
        return "its certificate is not valid" if "CERTIFICATE_VERIFY" in told else "no secure connection"
    if "refused" in told:
        return "refused"
    return "there is no such host" if "gaierror" in told or "no address" in told else "not reachable"


def _host(response: httpx.Response) -> str:
    return response.request.url.host


class _WithoutAddresses(logging.Filter):
    """Drops what httpx and httpcore tell about single requests: whole addresses, and headers of answers."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO


_WITHOUT_ADDRESSES = _WithoutAddresses()
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))


def _keep_addresses_out_of_logs() -> None:
    """Filter the loggers of httpx and httpcore; doing it again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_WITHOUT_ADDRESSES)
