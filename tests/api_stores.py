"""The API over a content folder, to test with.

api(folder)                          a client of the application, in this process; ``faults=…`` as in `Ways`
together(folder, [(method, path, json), …])   the answers to requests that are all on their way at once
Served(folder)                       ``appshelf api`` as a process of its own, on loopback
"""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from generator.api import Ways, create_app
from generator.credentials import Secret

TOKEN = "a-token-for-tests"  # noqa: S105
ORIGIN = "http://127.0.0.1:8001"
SECONDS = 20

_CALL = {"Authorization": f"Bearer {TOKEN}"}


def application(content: Path, **ways: Any) -> FastAPI:
    """Return the application over a content folder."""
    return create_app(content, Ways(token=Secret(TOKEN), **ways))


def api(content: Path | ASGIApp, **ways: Any) -> httpx.Client:
    """Return a client that shows the token; without its lifespan the application looks at the disk before each list."""
    app = application(content, **ways) if isinstance(content, Path) else content
    return httpx.Client(transport=_Inside(app), base_url=ORIGIN, headers=_CALL)


class _Inside(httpx.BaseTransport):
    """Calls an application in this process, one request at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await httpx.ASGITransport(self._app, raise_app_exceptions=False).handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        content = b"".join([piece async for piece in answer.stream])
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content))


def together(app: FastAPI, requests: Iterable[tuple[str, str, Any]]) -> list[httpx.Response]:
    """Send all requests at once, and return their answers in order."""

    async def send() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=_CALL) as client:
            calls = (client.request(method, path, json=body) for method, path, body in requests)
            return list(await asyncio.gather(*calls))

    return asyncio.run(send())


class Served:
    """``appshelf api`` over `content`, as a process."""

    def __init__(self, content: Path, *flags: str, token: str | None = TOKEN) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("APPSHELF_API")}
        environment |= {"NO_COLOR": "1"} | ({"APPSHELF_API_TOKEN": token} if token else {})
        command = [sys.executable, "-m", "generator", "api", "--port", "0", "--content", str(content), *flags]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout
        self.first = self.process.stdout.readline()
        found = re.fullmatch(r"The API is at (http://(127\.0\.0\.1):(\d+))/v1 until you press Ctrl-C\.\n", self.first)
        assert found, self.first + self.process.communicate()[1]
        self.origin, self.address = found[1], (found[2], int(found[3]))

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def client(self, **more: Any) -> httpx.Client:
        """Return a client that shows the token."""
        return httpx.Client(base_url=self.origin, headers=_CALL, timeout=SECONDS, trust_env=False, **more)

    def end(self, number: int = signal.SIGINT) -> tuple[str, str]:
        """End it by a signal, and return what it told on stdout and stderr."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=SECONDS)

    def raw(self, pieces: bytes | Sequence[bytes]) -> bytes:
        """Send bytes as they are, and return all that comes back until the connection is closed."""
        with socket.create_connection(self.address, timeout=SECONDS) as connection:
            try:
                for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                    connection.sendall(piece)
            except OSError:  # it has heard enough
                pass
            return _all(connection)


def _all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except ConnectionError:
        pass
    return answer


def message(answer: httpx.Response) -> str:
    """Return what a refusal says."""
    body = answer.json()
    assert set(body) <= {"message", "errors"}
    return str(body["message"])
