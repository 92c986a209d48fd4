"""One file from the web: followed through a few redirects, each judged anew, within limits of bytes and time.

    with web(network, reach) as http:
        fetched = Fetcher(http, reach).fetch(address, FetchLimits(...))

The client has no token, no cookies and nothing from the environment. What an address may be is decided here, whom a
connection may be made to in `networks`, and how long and how much in `wire`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from generator.connections import DeadlineTransport
from generator.errors import DeadlineError, DownloadError, RemoteError
from generator.networks import PORTS, Network, Reach, checked_port, guarded, judged_literal, plain_host
from generator.wire import Limits, opened

MOST_REDIRECTS = 3
LONGEST_ADDRESS = 8192
"""In characters; signed addresses of object stores take up to 2,000."""

_LONGEST_VALIDATOR = 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = dict(zip(("http", "https"), PORTS, strict=True))
_HEADERS = {"User-Agent": "appshelf", "Accept": "*/*"}


@dataclass(frozen=True)
class FetchLimits:
    """At most so many bytes, and so many seconds for all of it, redirects included."""

    bytes: int
    seconds: float


@dataclass(frozen=True)
class Validators:
    """What a host told of a file, to ask it later whether there is another (RFC 9110, section 8.8)."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return what asks for the file only if it changed."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if _can_be_sent(value)}


NOTHING_KNOWN = Validators()


def _can_be_sent(value: str) -> bool:
    """Whether a host's words may be a header of ours: not nothing, not endless, and no more than ASCII."""
    return 0 < len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()


@dataclass(frozen=True)
class Fetched:
    """A file as a host gave it; `content` is ``None`` when it is the one that was known."""

    content: bytes | None
    validators: Validators


@contextmanager
def web(network: Network, reach: Reach, connections: int) -> Iterator[httpx.Client]:
    """Open the client of downloads: without a token, and unable to meet an address that `networks` refuses."""
    transport = DeadlineTransport(
        resolve=guarded(network.resolve, reach), ssl_context=network.ssl_context, connections=connections
    )
    with httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as http:
        yield http


@dataclass(frozen=True)
class Fetcher:
    """Fetches over a given client; `reach` are the places that may be met beyond the public internet."""

    http: httpx.Client
    reach: Reach

    def fetch(self, address: str, limits: FetchLimits, known: Validators = NOTHING_KNOWN) -> Fetched:
        """Return the file at `address`; raises `DownloadError`, whose reason names a host and no more of an address."""
        ends = time.monotonic() + limits.seconds
        url = checked_address(address, self.reach)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = self._asked(url, Limits(limits.bytes, seconds=max(ends - time.monotonic(), 0)), known)
            except DeadlineError as error:
                late = f"{url.host}: no whole answer within {limits.seconds:g} seconds"
                raise DownloadError(late if error.arrived else str(error)) from None
            except RemoteError as error:
                raise DownloadError(str(error)) from None
            if isinstance(answer, Fetched):
                return answer
            url = _followed(url, answer, self.reach)
        raise DownloadError(f"{url.host}: more than {MOST_REDIRECTS} redirects")

    def _asked(self, url: httpx.URL, limits: Limits, known: Validators) -> Fetched | str:
        """Ask once, for the file or for where it is now."""
        request = httpx.Request("GET", url, headers={**_HEADERS, **known.headers()})
        with opened(self.http, request, limits) as answer:
            if answer.status in _REDIRECTS and (location := answer.headers.get("Location")):
                return str(location)
            if answer.status == 304 and known.headers():
                return Fetched(None, known)
            if answer.status != 200:
                raise DownloadError(f"{url.host} answered {answer.status}")
            content = answer.read()
            told = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
            return Fetched(content, Validators(*(value if _can_be_sent(value) else "" for value in told)))


def _followed(url: httpx.URL, location: str, reach: Reach) -> httpx.URL:
    try:
        target = url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise DownloadError(f"{url.host} leads to what is no address") from None
    if url.scheme == "https" and target.scheme == "http":
        raise DownloadError(f"{url.host} leads from https to http")
    return checked_address(str(target), reach)


def checked_address(address: str, reach: Reach) -> httpx.URL:
    """Return an address that may be asked, its host in plain spelling.

    Raises `DownloadError` for anything but http and https at a permitted port, without a user's name. A host that is
    an address is judged already here.
    """
    if len(address) > LONGEST_ADDRESS:
        raise DownloadError(f"an address of {len(address):,} characters, at most {LONGEST_ADDRESS:,}")
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        raise DownloadError("is no valid address") from None
    if url.scheme not in {"https", "http"}:
        raise DownloadError("is no address that begins with https:// or http://")
    if url.userinfo:
        raise DownloadError("its address holds a user's name")
    host = plain_host(url.raw_host.decode("ascii", "replace"))
    port = _PORTS[url.scheme] if url.port is None else url.port
    checked_port(host, port, reach)
    judged_literal(host, port, reach)
    return url.copy_with(host=host, fragment=None)
