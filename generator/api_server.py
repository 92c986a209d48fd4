"""``appshelf api``: the application on a socket, until a signal ends it."""

import asyncio
import errno
import gc
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from generator.api import Ways, create_app
from generator.api_faults import TRANSPORT
from generator.credentials import Secret
from generator.errors import UsageError

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS: Final = 3
_BACKLOG: Final = 512


def serve(content: Path, ways: Ways, port: int, ready: Callable[[str, int], None]) -> int:
    """Serve the content folder until a signal ends it; return the signal's number.

    `ready` hears of the address, and of how many offerings there are. Raises `UsageError` when nobody can listen
    there, and `InputError` as `create_app` does.
    """
    sockets = listening(ways.host, port)
    try:
        gc.disable()  # what is read stays: looking through it for garbage would take as long, and halt requests later
        app = create_app(content, ways)
        gc.freeze()
        gc.enable()
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        address = address_of(ways.host, sockets[0])
        return asyncio.run(_serve(_Server(config), sockets, lambda: ready(address, len(app.state.service.index))))
    except KeyboardInterrupt:  # before there was a loop to hear of it
        return signal.SIGINT
    finally:
        for sock in sockets:
            sock.close()


async def _serve(server: uvicorn.Server, sockets: list[socket.socket], ready: Callable[[], None]) -> int:
    ended_by = [0]

    def end(number: int) -> None:
        server.force_exit = server.should_exit  # a second signal does not wait
        ended_by[0] = number
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, end, number)
    serving = asyncio.create_task(server.serve(sockets=sockets))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if server.started:
        ready()
    await serving
    return ended_by[0]


def new_token() -> Secret:
    """Make a token for one run, for a person who has not set one."""
    return Secret(secrets.token_urlsafe(24))


class _Server(uvicorn.Server):
    """A server that leaves signals to us, and says when it listens."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(H11Protocol):
    """HTTP on connections that send at once, and that a fault can cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, TRANSPORT: transport}
        super().connection_made(transport)


def listening(host: str, port: int) -> list[socket.socket]:
    """Bind every address of a host; raises `UsageError` when nobody can listen there."""
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = sockets[0].getsockname()[1] if port == 0 and len(sockets) > 1 else port
            sock.bind((address[0], chosen, *address[2:]))
            sock.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        for sock in sockets:
            sock.close()
        reason = getattr(error, "strerror", None) or str(error)
        other = "another --port" if getattr(error, "errno", 0) == errno.EADDRINUSE else "another --host or --port"
        raise UsageError(f"cannot listen at {host}, port {port}: {reason.lower()}; choose {other}") from None
    return sockets


def address_of(host: str, sock: socket.socket) -> str:
    """Write where a socket is met; one that listens everywhere is met at loopback."""
    name = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  # compared, not listened at
    return f"http://{f'[{name}]' if ':' in name else name}:{sock.getsockname()[1]}"
