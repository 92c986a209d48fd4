"""Which machines a download may reach: public ones, and those that the store's owner names.

The address of a picture or attachment comes from an offering's author, who must not be able to make a build speak to
the owner's own network. So a name is resolved once, every answer is judged here, and the connection is made to an
answer that was judged: what the name means a moment later does not matter.
"""

import re
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from generator.errors import DownloadError

if TYPE_CHECKING:
    import ssl

PORTS = (80, 443)
"""The ports of the web: what listens elsewhere was not meant for everybody."""

Resolver = Callable[[str, int], Sequence[str]]
"""Answers a host and port with its addresses, as text; raises `OSError` when there are none."""


@dataclass(frozen=True)
class Network:
    """The world outside: who tells the addresses of names, whose certificates count (``None``: the usual), its time."""

    resolve: Resolver
    ssl_context: "ssl.SSLContext | None" = None
    sleep: Callable[[float], None] = time.sleep


_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LIKE_A_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
"""What the last part of a host must look like for a resolver to take the whole for a number (WHATWG URL, "ends in a
number")."""

_NEVER_4 = tuple(map(IPv4Network, ("192.88.99.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24")))
"""Blocks that `ipaddress` calls global, and no web server is in: 6to4 relays (RFC 7526) and AS112 (RFC 7534, 7535)."""
_UNICAST_6 = IPv6Network("2000::/3")
"""All that is given out to the public (RFC 4291, section 2.4); anything else is refused, whatever it is for."""
_NEVER_6: tuple[tuple[IPv6Network, str], ...] = (
    (IPv6Network("2001::/32"), "a Teredo tunnel"),
    (IPv6Network("2001::/23"), "kept for protocols"),
    (IPv6Network("2001:db8::/32"), "kept for examples"),
    (IPv6Network("2002::/16"), "a 6to4 tunnel"),
    (IPv6Network("3fff::/20"), "kept for examples"),
    (IPv6Network("2620:4f:8000::/48"), "kept for AS112"),
)
_WRAPPING_6: tuple[tuple[IPv6Network, str], ...] = (
    (IPv6Network("::ffff:0:0/96"), "an IPv4 address in IPv6"),
    (IPv6Network("64:ff9b::/96"), "an IPv4 address behind NAT64"),
    (IPv6Network("64:ff9b:1::/48"), "an IPv4 address behind NAT64"),
    (IPv6Network("fe80::/10"), "of the local link"),
    (IPv6Network("fc00::/7"), "of a private network"),
    (IPv6Network("ff00::/8"), "for many at once"),
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""The middle of an address that wraps one of IPv4 for a tunnel (RFC 5214, section 6.1)."""


@dataclass(frozen=True)
class Reach:
    """Hosts and ports that may be reached wherever they are: each as a name in lower case and a port."""

    places: frozenset[tuple[str, int]] = frozenset()

    def holds(self, host: str, port: int) -> bool:
        """Whether this place was named by the store's owner, so that its addresses need no judging."""
        return (host, port) in self.places

    @classmethod
    def of(cls, hosts: Iterable[str], places: Iterable[tuple[str, int]] = ()) -> "Reach":
        """Read the entries of `allow_hosts`: a name, for both `PORTS`; a name and its port, for that one alone."""
        named: set[tuple[str, int]] = set(places)
        for entry in hosts:
            host, port = split_entry(entry)
            named |= {(host, port)} if port else {(host, each) for each in PORTS}
        return cls(frozenset(named))


def split_entry(entry: str) -> tuple[str, int | None]:
    """Part ``name``, ``name:port``, ``[::1]`` or ``[::1]:port``; raises `DownloadError` for anything else."""
    match = re.fullmatch(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^\s:/\[\]@]+))(?::(?P<port>[0-9]{1,5}))?", entry)
    port = int(match["port"]) if match and match["port"] else None
    if not match or port == 0 or (port or 0) > 65_535:
        raise DownloadError("expected a host's name, or a name and a port such as files.example.com:8443")
    return plain_host(match["six"] or match["name"]), port


def plain_host(host: str) -> str:
    """Return a host as it is compared and resolved: in lower case, no dot at its end, a number in its one spelling.

    Raises `DownloadError` for what is neither a name of ASCII letters (IDNA has made it so) nor an address in its
    usual spelling: ``0x7f000001``, ``2130706433`` and ``127.1`` are loopback too, and nobody writes them by mistake.
    """
    bare = host.lower().removesuffix(".")
    if ":" in bare and "%" not in bare:  # a scope is of this machine alone
        return str(_read(bare))
    labels = bare.split(".")
    if len(bare) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise DownloadError("its host is no name")
    return str(_read(bare)) if _LIKE_A_NUMBER.fullmatch(labels[-1]) else bare


def _read(address: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(address)
    except ValueError:
        raise DownloadError("its host is a number that is not written as an address") from None


def refusal(address: str) -> str | None:
    """Say why no connection is made to an IP address, or ``None`` for one that belongs to the public internet.

    `ipaddress.is_global` alone would let through multicast and addresses that wrap a private one.
    """
    found = _read(address)
    if isinstance(found, IPv6Address):
        return _refusal_6(found)
    return _refusal_4(found)


def _refusal_4(found: IPv4Address) -> str | None:
    for applies, what in (
        (found.is_unspecified, "no address of a machine"),
        (found.is_loopback, "this machine"),
        (found.is_link_local, "of the local link"),
        (found.is_multicast, "for many at once"),
        (found.is_private, "of a private network, or kept for examples"),
        (found.is_reserved or not found.is_global, "no public one"),
        (any(found in block for block in _NEVER_4), "kept for the network itself"),
    ):
        if applies:
            return f"{found} is {what}"
    return None


def _refusal_6(found: IPv6Address) -> str | None:
    if found.scope_id is not None:
        return "an address of the local link"
    for applies, what in (
        (found.is_unspecified, "no address of a machine"),
        (found.is_loopback, "this machine"),
        *((found in block, what) for block, what in (*_WRAPPING_6, *_NEVER_6)),
        (int(found) >> 32 & 0xFFFF_FFFF in _ISATAP, "a tunnel's"),
        (found not in _UNICAST_6 or not found.is_global or found.is_multicast, "no public one"),
    ):
        if applies:
            return f"{found} is {what}"
    return None


def judged(host: str, port: int, reach: Reach, answers: Sequence[str]) -> Sequence[str]:
    """Return the addresses that `host` resolved to, each once; raises `DownloadError` if one of them may not be met.

    One is enough: a name that answers with a public and a private address is meant to pass a look at the first.
    """
    if not answers:
        raise DownloadError(f"{host} has no address")
    if not reach.holds(host, port):
        for answer in answers:
            if reason := refusal(answer):
                raise DownloadError(f"{host} is not fetched from: {reason}")
    return tuple(dict.fromkeys(answers))


def judged_literal(host: str, port: int, reach: Reach) -> None:
    """Raise `DownloadError` for a host that is itself an address which may not be met; a name is judged later."""
    if re.fullmatch(r"[0-9.]+|.*:.*", host):
        judged(host, port, reach, [host])


def checked_port(host: str, port: int, reach: Reach) -> None:
    """Raise `DownloadError` for a port that is not one of the web's, unless the owner named this place."""
    if port not in PORTS and not reach.holds(host, port):
        raise DownloadError(f"port {port} of {host} is not fetched from; only 80 and 443 are")


def system_addresses(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, which also reads addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def guarded(resolver: Resolver, reach: Reach) -> Resolver:
    """Return a resolver that tells only addresses which may be met; it raises `DownloadError` otherwise."""

    def answers(host: str, port: int) -> Sequence[str]:
        try:
            found = resolver(host, port)
        except (OSError, UnicodeError):
            raise DownloadError(f"{host} has no address") from None
        return judged(host, port, reach, found)

    return answers


INTERNET = Network(system_addresses)
"""The network of this machine."""
