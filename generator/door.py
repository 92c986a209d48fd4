"""Who is let in by a server on an author's machine.

A page of another site can make the author's browser ask us by our address (then it sends its own Origin), or by a name
of its own that it lets resolve to us (DNS rebinding; then the Host is not ours): both are refused.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Door:
    """Who is let in by the name under which, and the site from which, a request comes. `host` is where we listen."""

    host: str

    def admits_host(self, hosts: Sequence[str]) -> bool:
        """Whether the values of the Host header name us, once.

        Loopback and `host` are ours; when we listen beyond loopback, any IP address is, as only names can be rebound.
        """
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None:
            return False
        name = (match["six"] or match["name"]).lower()
        if name in {"localhost", self.host.lower()}:
            return True
        address = _ip_address(name)
        return address is not None and (address.is_loopback or not _is_loopback(self.host))

    def admits_origin(self, origins: Sequence[str], host: str) -> bool:
        """Whether the values of the Origin header are none at all, or that of our own pages under this Host."""
        return not origins or list(origins) == [f"http://{host.lower()}"]


def _ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _ip_address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)
