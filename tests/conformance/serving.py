"""An ASGI application on a loopback port, on a thread of this process."""

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

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
