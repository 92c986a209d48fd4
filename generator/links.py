"""The ``Link`` header (RFC 8288, section 3), and the one next address that may be asked.

A comma or semicolon inside an address or a quoted title ends nothing. What cannot be read is refused rather than
passed over: a next page that is missed would make part of a list look like the whole.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx

_MOST = 64 * 1024
_ADDRESS = re.compile(r"[ \t]*<([^<>\x00-\x20\x7f]*)>[ \t]*")
_PARAMETER = re.compile(
    r";[ \t]*(?:([^\s\"(),/:;<=>?@\[\\\]{}]+)[ \t]*"  # the name of a parameter, or nothing
    r"(?:=[ \t]*(?:\"((?:\\.|[^\"\\])*)\"|([^\s\",;]+))?)?)?[ \t]*"  # its value, quoted or not
)
_EMPTY = re.compile(r"[ \t]*(?:,[ \t]*)*")


class LinkError(ValueError):
    """A ``Link`` header that cannot be read, or that leads where nobody should go."""


@dataclass(frozen=True)
class Link:
    """One link as it was written: its target, its relation types in lower case, its other parameters."""

    target: str
    relations: frozenset[str]
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_links(header: str) -> list[Link]:
    """Read the value of a ``Link`` header, several of them joined by commas; raises `LinkError`.

    Of a parameter given twice the first counts (RFC 8288, section 3.3).
    """
    if len(header) > _MOST:
        raise LinkError(f"holds {len(header):,} characters of links")
    found, at = [], _end(_EMPTY, header, 0)
    while at < len(header):
        match = _ADDRESS.match(header, at)
        if not match:
            raise LinkError("holds a link that cannot be read")
        target, at = match[1], match.end()
        parameters: dict[str, str] = {}
        while (match := _PARAMETER.match(header, at)) is not None:
            at = match.end()
            if match[1]:
                quoted = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else None
                parameters.setdefault(match[1].lower(), quoted if quoted is not None else match[3] or "")
        if at < len(header) and header[at] != ",":
            raise LinkError("holds a link that cannot be read")
        at = _end(_EMPTY, header, at)
        relations = frozenset(parameters.pop("rel", "").lower().split())
        found.append(Link(target, relations, parameters))
    return found


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def next_address(header: str, asked: httpx.URL, base: httpx.URL) -> httpx.URL | None:
    """Return where the list goes on, or ``None`` where it ends.

    `asked` is the address of the page that carries `header`; the next must be of the same origin as `base` and below
    its path, as the token goes with it. Raises `LinkError` for another, and for two that differ.
    """
    targets = {_joined(asked, link.target) for link in _about(parse_links(header), asked) if "next" in link.relations}
    if len(targets) > 1:
        raise LinkError("names two different next pages")
    for target in targets:
        if origin(target) != origin(base) or target.userinfo:
            raise LinkError("leads to another origin for its next page")
        if not target.path.startswith(f"{base.path.rstrip('/')}/"):
            raise LinkError("leads out of the API for its next page")
        return target
    return None


def _about(links: Iterable[Link], asked: httpx.URL) -> Iterable[Link]:
    """Leave out links that begin at another resource (RFC 8288, section 3.2)."""
    for link in links:
        if "anchor" not in link.parameters or _joined(asked, link.parameters["anchor"]) == asked:
            yield link


def _joined(asked: httpx.URL, target: str) -> httpx.URL:
    try:
        return asked.join(target).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise LinkError("holds an address that is none") from None


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454); a port that the scheme implies is given too."""
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)
