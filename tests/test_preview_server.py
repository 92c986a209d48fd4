"""Who may ask the preview, by raw requests on loopback; and live reload's protocol."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tornado.netutil import bind_sockets
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from generator.door import Door
from generator.preview_answers import PreviewAnswers
from generator.preview_server import PreviewServer
from generator.settings import Settings
from generator.workshop import Workshop
from stores import offering, write_store

SECONDS = 10
HELLO = {"command": "hello", "protocols": ["http://livereload.com/protocols/official-7"]}


class Served:
    """A preview's server in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        write_store(folder / "content", {"dusk": offering(name="Dusk")}, store={"title": "Lamps"})
        shop = Workshop(Settings(folder / "content", templates=folder / "none"), folder / "files")
        shop.update()
        self.answers = PreviewAnswers(shop)
        self.sockets = bind_sockets(0, "127.0.0.1")
        self.port: int = self.sockets[0].getsockname()[1]
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._started.wait(SECONDS)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.server = PreviewServer(self.answers, "127.0.0.1", self.sockets)
        self.server.serve()
        self._started.set()
        await self._stop.wait()
        await self.server.close()

    def reload_all(self) -> None:
        self._loop.call_soon_threadsafe(self.server.reload_all)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SECONDS)

    def ask(self, request: str | bytes) -> bytes:
        """Send a request as it stands, with PORT for our port, and return all that comes back."""
        content = request if isinstance(request, bytes) else request.encode()
        answer = b""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection,
            suppress(ConnectionError),  # a server may hang up on the impolite
        ):
            connection.sendall(content.replace(b"PORT", str(self.port).encode()))
            while part := connection.recv(65536):
                answer += part
        return answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("server"))
    yield served
    served.close()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


GET = "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n"
HOSTS = {
    "ours": ("Host: 127.0.0.1:PORT", 200),
    "ours by name": ("Host: localhost:PORT", 200),
    "ours in capitals": ("HOST: LOCALHOST:PORT", 200),
    "ours, IPv6": ("Host: [::1]:PORT", 200),
    "ours through a tunnel's port": ("Host: localhost:9999", 200),
    "ours without a port": ("Host: localhost", 200),
    "another loopback address": ("Host: 127.1.2.3:PORT", 200),
    "foreign": ("Host: evil.example", 403),
    "foreign with our port": ("Host: evil.example:PORT", 403),
    "foreign that begins as ours": ("Host: localhost.evil.example:PORT", 403),
    "foreign that ends as ours": ("Host: evil-localhost:PORT", 403),
    "foreign with an at": ("Host: localhost@evil.example", 403),
    "a public address": ("Host: 93.184.216.34:PORT", 403),
    "a private address": ("Host: 192.168.1.7:PORT", 403),
    "an address in another spelling": ("Host: 0x7f000001:PORT", 403),
    "an address as a number": ("Host: 2130706433:PORT", 403),
    "two, ours first": ("Host: 127.0.0.1:PORT\r\nHost: evil.example", 400),
    "two, ours last": ("Host: evil.example\r\nHost: 127.0.0.1:PORT", 400),
    "two in a line": ("Host: 127.0.0.1:PORT, evil.example", 400),
    "ours with a dot": ("Host: localhost.:PORT", 403),
    "ours with a path": ("Host: localhost:PORT/x", 400),
    "empty": ("Host:", 403),
    "none": ("X-Host: localhost", 400),
    "in a forwarding header": ("Host: evil.example\r\nX-Forwarded-Host: localhost:PORT", 403),
}


@pytest.mark.parametrize("case", HOSTS)
def test_host_check(served: Served, case: str) -> None:
    """servers: foreign, empty, double Host (DNS rebinding)."""
    header, expected = HOSTS[case]
    answer = served.ask(f"GET / HTTP/1.1\r\n{header}\r\nConnection: close\r\n\r\n")
    assert status(answer) in ({400, 403} if expected >= 400 else {expected})
    assert (b"Dusk" in answer) == (expected == 200)


ORIGINS = {
    "none": ("", 200),
    "ours": ("Origin: http://127.0.0.1:PORT", 200),
    "foreign": ("Origin: https://evil.example", 403),
    "null, as from a sandboxed frame or a file": ("Origin: null", 403),
    "another port of this machine": ("Origin: http://127.0.0.1:1", 403),
    "ours under another name": ("Origin: http://localhost:PORT", 403),
    "ours by https": ("Origin: https://127.0.0.1:PORT", 403),
    "ours as a beginning": ("Origin: http://127.0.0.1:PORT.evil.example", 403),
    "two": ("Origin: http://127.0.0.1:PORT\r\nOrigin: https://evil.example", 403),
    "empty": ("Origin:", 403),
}


@pytest.mark.parametrize("path", ["/", "/v1/app_offerings.json", "/livereload.js", "/~preview/preview.js"])
@pytest.mark.parametrize("case", ORIGINS)
def test_origin_check(served: Served, case: str, path: str) -> None:
    """servers: foreign Origin. Records may be read from anywhere once published, and not while they are written."""
    header, expected = ORIGINS[case]
    answer = served.ask(GET.replace(" / ", f" {path} ") + (f"{header}\r\n" if header else "") + "\r\n")
    assert status(answer) == expected
    assert (b"Dusk" in answer or b"LiveReload" in answer) <= (expected == 200)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"])
def test_nothing_can_be_changed(served: Served, method: str) -> None:
    answer = served.ask(GET.replace("GET", method) + "Content-Length: 0\r\n\r\n")
    assert status(answer) in {400, 405}


def test_a_preflight_allows_nothing(served: Served) -> None:
    answer = served.ask(GET.replace("GET", "OPTIONS") + "Origin: https://evil.example\r\n\r\n")
    assert status(answer) in {403, 405}
    assert b"access-control" not in answer.lower()


def test_a_head_has_the_headers_and_no_body(served: Served) -> None:
    answer = served.ask(GET.replace("GET", "HEAD") + "\r\n")
    assert status(answer) == 200
    assert b"Content-Security-Policy" in answer
    assert answer.endswith(b"\r\n\r\n")


REQUESTS = {
    "no HTTP": "hello\r\n\r\n",
    "an old HTTP": "GET / HTTP/0.9\r\n\r\n",
    "NUL bytes": "GET /\0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a bare newline in a header": "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\nHost: evil.example\r\n\r\n",
    "a body that is too large": GET + "Content-Length: 1000000000\r\n\r\n",
    "two lengths": GET + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a negative length": GET + "Content-Length: -1\r\n\r\n",
    "a length and chunks": GET + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an endless header": GET + "X: " + "a" * 200_000 + "\r\n\r\n",
    "an address of another site": "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "an upgrade to nothing known": GET + "Upgrade: h2c\r\n\r\n",
    "a gzip bomb": GET.encode() + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
}


@pytest.mark.parametrize("case", REQUESTS)
def test_odd_requests_are_refused_and_the_server_lives(served: Served, case: str) -> None:
    answer = served.ask(REQUESTS[case])
    assert b"Traceback" not in answer
    assert case in {"an upgrade to nothing known", "a gzip bomb"} or b"Dusk" not in answer
    assert status(served.ask(GET + "\r\n")) == 200


def test_errors_carry_the_policy_too(served: Served) -> None:
    answer = served.ask("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert b"Content-Security-Policy: default-src 'none'" in answer
    assert b"nosniff" in answer
    assert b"Tornado" not in answer


def test_an_answer_tells_nothing_of_the_server(served: Served) -> None:
    assert b"\r\nServer:" not in served.ask(GET + "\r\n")


# ------------------------------------------------------------------------------------------------------- the socket


def connected(served: Served, host: str = "127.0.0.1", **headers: str) -> ClientConnection:
    """Open a socket as a browser does that was told `host`; wherever that leads, it leads to us."""
    there = socket.create_connection(("127.0.0.1", served.port), timeout=SECONDS)
    return connect(f"ws://{host}:{served.port}/livereload", sock=there, additional_headers=headers)


def received(page: ClientConnection) -> object:
    """Return the next message; ``None`` when the server has hung up."""
    try:
        return json.loads(page.recv(timeout=SECONDS))
    except ConnectionClosed:
        return None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="a foreign WebSocket"),
        pytest.param({"Origin": "null"}, id="a sandboxed frame"),
        pytest.param({"Origin": "http://127.0.0.1:1"}, id="another server of this machine"),
        pytest.param({"host": "evil.example"}, id="a rebound name"),
        pytest.param({"host": "evil.example", "Origin": "http://evil.example"}, id="a rebound name, from its own page"),
    ],
)
def test_a_foreign_page_is_told_nothing(served: Served, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as caught, connected(served, **headers):
        pass
    assert caught.value.response.status_code == 403


def info(stamp: object) -> dict[str, object]:
    return {"command": "info", "plugins": {"appshelf": {"stamp": stamp, "version": "1"}}, "url": "http://127.0.0.1/"}


def test_a_page_is_told_to_load_again(served: Served) -> None:
    with connected(served, Origin=f"http://127.0.0.1:{served.port}") as page:
        page.send(json.dumps(HELLO))
        hello = received(page)
        page.send(json.dumps(info(served.answers.stamp)))
        page.send(json.dumps(HELLO))  # the answer shows that all before was read
        assert received(page) == hello == {**HELLO, "serverName": "appshelf"}
        served.reload_all()
        assert received(page) == {"command": "reload", "path": "/", "liveCSS": False}


def test_a_page_that_missed_a_change_is_told_when_it_connects(served: Served) -> None:
    with connected(served) as page:
        page.send(json.dumps(info("an earlier state")))
        assert received(page) == {"command": "reload", "path": "/", "liveCSS": False}


def test_before_its_hello_a_page_is_told_nothing(served: Served) -> None:
    """Livereload's script breaks on anything that comes sooner."""
    with connected(served) as page:
        served.reload_all()
        page.send(json.dumps(HELLO))
        assert received(page) == {**HELLO, "serverName": "appshelf"}


@pytest.mark.parametrize(
    "message",
    [
        *("", "no JSON", "[]", "null", '"hello"', '{"command": 1}', '{"command": "run"}', b"\x00\xff"),
        *('{"command": "info"}', '{"command": "info", "plugins": []}'),
        pytest.param("[" * 60_000, id="deeply nested"),
        pytest.param("x" * 70_000, id="too long"),
    ],
    ids=repr,
)
def test_who_does_not_speak_the_protocol_is_shown_the_door(served: Served, message: str | bytes) -> None:
    with connected(served) as page:
        page.send(message)
        assert received(page) is None
    assert status(served.ask(GET + "\r\n")) == 200


def test_so_many_pages_and_no_more(served: Served) -> None:
    with ExitStack() as pages:
        for _ in range(100):
            pages.enter_context(connected(served))
        assert received(pages.enter_context(connected(served))) is None


@pytest.mark.parametrize(
    ("host", "asked", "admitted"),
    [
        ("0.0.0.0", "192.168.1.7:8000", True),  # noqa: S104
        ("0.0.0.0", "evil.example:8000", False),  # noqa: S104
        ("192.168.1.7", "192.168.1.7:8000", True),
        ("studio.local", "Studio.local:8000", True),
        ("studio.local", "evil.example:8000", False),
        ("::1", "[::1]:8000", True),
        ("127.0.0.1", "192.168.1.7:8000", False),
    ],
)
def test_beyond_loopback_only_names_can_be_rebound(host: str, asked: str, admitted: bool) -> None:
    assert Door(host).admits_host([asked]) == admitted
