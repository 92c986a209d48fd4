"""An ASGI application, or our own API over a copy of `store/`, on a loopback port and a thread of this process."""

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from generator.api import Ways, create_app
from generator.credentials import Secret
from playing import Server
from targets import Target, copied_store, names

OUR_TOKEN = "a-token-for-tests"  # noqa: S105

Application = Callable[[Any, Any, Any], Awaitable[None]]


@contextmanager
def on_loopback(make: Callable[[int], Application]) -> Iterator[str]:
    """Serve the application that `make` returns for a free port; yields its origin, such as ``http://127.0.0.1:50123``.

    The port listens before the server runs, so that the first request waits for it and nobody has to.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:  # asyncio's TCP_NODELAY
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(make(port), log_config=None, ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name=f"server on {port}")
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def our_server(folder: Path) -> Iterator[Target]:
    """Serve a copy of the store, made in `folder`, by our own API."""
    content = copied_store(folder)
    with on_loopback(lambda _: create_app(content, Ways(token=Secret(OUR_TOKEN)))) as origin:
        yield Target(Server(origin, OUR_TOKEN, names()), is_ours=True)
