"""One exchange under limits, against hosts that lie, stall, drip and explode: each ends in time, in words of ours."""

import gzip
import logging
import socket
import ssl
import subprocess
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from generator.connections import DeadlineTransport
from generator.errors import AnswerError, ConnectionFailedError, DeadlineError, RemoteError, TooLargeError
from generator.wire import Limits, exchange, opened
from loopback import PEAK, Conversation, serving

SECRET = "s3cr3t-t0k3n"  # noqa: S105  # of nothing
MIB = 1 << 20


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(transport=DeadlineTransport()) as client:
        yield client


def ask(http: httpx.Client, url: str, limits: Limits, method: str = "GET") -> bytes:
    request = http.build_request(method, f"{url}/pages?signature={SECRET}", headers={"Authorization": SECRET})
    return exchange(http, request, limits).body


def failing(http: httpx.Client, url: str, limits: Limits) -> RemoteError:
    """Ask, and return the error, which must keep secrets to itself in every form that a person may see."""
    with pytest.raises(RemoteError) as caught:
        ask(http, url, limits)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in told
    assert "/pages" not in str(caught.value)
    assert caught.value.exit_status == 3
    return caught.value


def always(*parts: bytes) -> Callable[[Conversation], None]:
    def answer(conversation: Conversation) -> None:
        while conversation.asked():
            conversation.say(*parts)
            if not any(b"content-length" in part.lower() for part in parts):
                return

    return answer


def packed(body: bytes, encoding: str = "gzip") -> Callable[[Conversation], None]:
    def answer(conversation: Conversation) -> None:
        while conversation.asked():
            conversation.answer(body, content_encoding=encoding)

    return answer


# ------------------------------------------------------------------------------------------------- what goes well


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(packed(b"plain", "identity"), b"plain", id="plain"),
        pytest.param(packed(gzip.compress(b"packed")), b"packed", id="gzip"),
        pytest.param(
            packed(gzip.compress(b"pac") + gzip.compress(b"") + gzip.compress(b"ked")), b"packed", id="members"
        ),
        pytest.param(packed(gzip.compress(bytes(3 * MIB + 7))), bytes(3 * MIB + 7), id="many-pieces"),
        pytest.param(packed(b""), b"", id="empty-though-gzip"),
        pytest.param(always(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"), b"until the end", id="until-closed"),
        pytest.param(
            always(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), b"ok", id="1xx"
        ),
        pytest.param(
            always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), b"ok", id="chunked"
        ),
    ],
)
def test_body(http: httpx.Client, answer: Callable[[Conversation], None], body: bytes) -> None:
    """Only gzip is asked for, and it is unpacked, one member after the other."""
    with serving(answer) as server:
        assert ask(http, server.url, Limits(4 * MIB, seconds=20)) == body
        assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB])
@pytest.mark.parametrize("chunk", [1, 7, 4096, MIB])
def test_gzip_in_pieces(size: int, chunk: int) -> None:
    """However it is cut on the way, and wherever a piece is just full."""
    content = gzip.compress(bytes(size)) + gzip.compress(b"end")
    chunks = [content[start : start + chunk] for start in range(0, len(content), chunk)]

    class Cut(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from chunks

    headers = {"Content-Encoding": "gzip"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=Cut()))
    with httpx.Client(transport=transport) as http:
        request = http.build_request("GET", "http://x/")
        assert exchange(http, request, Limits(size + 3)).body == bytes(size) + b"end"
        with pytest.raises(TooLargeError):
            exchange(http, http.build_request("GET", "http://x/"), Limits(size + 2))
        chunks.pop()
        if chunk == 1:
            with pytest.raises(ConnectionFailedError, match="broke off"):
                exchange(http, http.build_request("GET", "http://x/"), Limits(size + 3))


def test_limit_counts_exactly(http: httpx.Client) -> None:
    for body in (bytes(1000), gzip.compress(bytes(1000))):
        encoding = "identity" if len(body) == 1000 else "gzip"
        with serving(packed(body, encoding)) as server:
            assert len(ask(http, server.url, Limits(1000))) == 1000
            assert isinstance(failing(http, server.url, Limits(999)), TooLargeError)


def test_a_redirect_is_an_answer() -> None:
    """It is not followed, even by a client that follows redirects."""
    says = always(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    with serving(says) as server, httpx.Client(follow_redirects=True) as http:
        request = http.build_request("GET", server.url)
        assert exchange(http, request, Limits(10)).status == 302
        assert [asked.target for asked in server.requests] == ["/"]


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified")])
def test_the_length_of_a_body_that_does_not_come(http: httpx.Client, method: str, status: str) -> None:
    with serving(always(f"HTTP/1.1 {status}\r\nContent-Length: 5000\r\n\r\n".encode())) as server:
        assert ask(http, server.url, Limits(10), method) == b""


def test_a_connection_is_used_again(http: httpx.Client) -> None:
    """A deadline belongs to its request: a connection that met one serves the next for its whole time."""
    connections = []

    def answer(conversation: Conversation) -> None:
        connections.append(conversation)
        packed(b"ok", "identity")(conversation)

    with serving(answer) as server:
        for seconds in (0.5, 20.0, 0.5):
            assert ask(http, server.url, Limits(10, seconds=seconds)) == b"ok"
    assert len(connections) == 1


def test_a_name_leads_where_it_is_told_to() -> None:
    """`resolve` decides about addresses; the other side still sees the name."""
    with (
        serving(packed(b"ok", "identity")) as server,
        httpx.Client(transport=DeadlineTransport(resolve=lambda host, port: ["127.0.0.1"])) as http,
    ):
        assert ask(http, f"http://shop.example:{server.port}", Limits(10)) == b"ok"
        assert server.requests[0].headers["host"] == f"shop.example:{server.port}"


# ------------------------------------------------------------------------------------------------- what takes too long


def drips_headers(conversation: Conversation) -> None:
    conversation.asked()
    conversation.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"s" * 400, every=0.05)


def drips_body(conversation: Conversation) -> None:
    conversation.asked()
    conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    conversation.drip(b"s" * 400, every=0.05)


def drips_chunks(conversation: Conversation) -> None:
    conversation.asked()
    conversation.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    conversation.drip(b"1\r\nx\r\n" * 70, every=0.05)


def goes_on_with_1xx(conversation: Conversation) -> None:
    conversation.asked()
    for _ in range(1000):
        conversation.say(b"HTTP/1.1 102 Processing\r\n\r\n")
        if conversation.stopped.wait(0.02):
            return


def says_nothing(conversation: Conversation) -> None:
    conversation.asked()
    conversation.stopped.wait(20)


def takes_nothing(conversation: Conversation) -> None:
    conversation.stopped.wait(20)


@pytest.mark.parametrize(
    "answer", [drips_headers, drips_body, drips_chunks, goes_on_with_1xx, says_nothing, takes_nothing]
)
def test_deadline(http: httpx.Client, answer: Callable[[Conversation], None]) -> None:
    """No host stretches an exchange: every byte comes within the time for one read, and all of them too late."""
    with serving(answer) as server:
        began = time.monotonic()
        error = failing(http, server.url, Limits(MIB, seconds=0.6, read=20))
        assert isinstance(error, DeadlineError)
        assert "127.0.0.1" in str(error)
        assert time.monotonic() - began < 15


def test_one_read_has_its_own_time(http: httpx.Client) -> None:
    with serving(says_nothing) as server:
        began = time.monotonic()
        assert isinstance(failing(http, server.url, Limits(MIB, seconds=30, read=0.3)), DeadlineError)
        assert time.monotonic() - began < 15


def test_a_body_that_is_never_taken(http: httpx.Client) -> None:
    """An upload ends by its deadline too, however little the other side takes at a time."""
    with serving(takes_nothing) as server:
        request = http.build_request("POST", server.url, content=bytes(32 * MIB))
        began = time.monotonic()
        with pytest.raises(DeadlineError):
            exchange(http, request, Limits(10, seconds=0.6))
        assert time.monotonic() - began < 15


def test_a_handshake_that_never_ends(http: httpx.Client) -> None:
    with serving(lambda conversation: conversation.drip(b"\x16\x03\x03\x40\x00" + bytes(5000), 0.05)) as server:
        began = time.monotonic()
        error = failing(http, server.url.replace("http", "https"), Limits(10, seconds=20, connect=0.5))
        assert isinstance(error, DeadlineError)
        assert not error.arrived
        assert time.monotonic() - began < 15


def test_a_name_that_is_looked_up_for_ever() -> None:
    """The system's look-up cannot be ended, so it is not waited for."""
    with serving(takes_nothing) as server:

        def hangs(host: str, port: int) -> list[str]:
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.recv(1)
            return []

        with httpx.Client(transport=DeadlineTransport(resolve=hangs)) as http:
            error = failing(http, "http://shop.example", Limits(10, connect=0.3))
    assert isinstance(error, DeadlineError)
    assert not error.arrived


def test_between_chunks_any_transport_is_watched() -> None:
    """Over a transport of another make, time is looked at whenever something comes."""
    moments = iter(range(0, 1000, 4))

    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x"

    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Slow()))
    with httpx.Client(transport=transport) as http, pytest.raises(DeadlineError):
        exchange(http, http.build_request("GET", "http://x/"), Limits(MIB), clock=lambda: float(next(moments)))


# ------------------------------------------------------------------------------------------------- what is too much


def bomb(size: int) -> bytes:
    """Zeros, packed a thousandfold in one member; its end is never reached."""
    packer = zlib.compressobj(9, wbits=31)
    first, block = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + block * (size // MIB - 1)


def endless(conversation: Conversation) -> None:
    conversation.asked()
    conversation.say(b"HTTP/1.1 200 OK\r\n\r\n")
    while not conversation.stopped.is_set():
        conversation.say(bytes(65536))


def nothing_but_members(conversation: Conversation) -> None:
    conversation.asked()
    conversation.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    while not conversation.stopped.is_set():
        conversation.say(gzip.compress(b"") * 1000)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(packed(bomb(64 * MIB)), id="bomb"),
        pytest.param(packed(gzip.compress(b"x" * 600_000) * 2), id="members-that-add-up"),
        pytest.param(endless, id="endless"),
        pytest.param(nothing_but_members, id="endless-and-empty"),
        pytest.param(always(b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), id="announced"),
        pytest.param(always(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 19 + b"\r\n\r\n"), id="enormous"),
    ],
)
def test_too_large(http: httpx.Client, answer: Callable[[Conversation], None]) -> None:
    with serving(answer) as server:
        error = failing(http, server.url, Limits(MIB, seconds=20))
        assert isinstance(error, TooLargeError)
        assert str(error) == "127.0.0.1: answered with more than 1,048,576 bytes"


def test_headers_without_end(http: httpx.Client) -> None:
    with serving(always(b"HTTP/1.1 200 OK\r\n", *[b"X-More: " + b"x" * 1000 + b"\r\n"] * 1000)) as server:
        assert isinstance(failing(http, server.url, Limits(MIB, seconds=20)), RemoteError)


_EATER = f"""
import sys, httpx
sys.path.insert(0, sys.argv[2])
from generator.connections import DeadlineTransport
from generator.errors import TooLargeError
from generator.wire import Limits, exchange
{PEAK}
with httpx.Client(transport=DeadlineTransport()) as http:
    before = peak(start=True)
    try:
        exchange(http, http.build_request("GET", sys.argv[1]), Limits(8 << 20))
    except TooLargeError:
        print(int(peak() - before))
"""


def test_memory_a_bomb_takes() -> None:
    """A gibibyte in a mebibyte takes no more memory than its limit, here 8 MiB, and a little for the work."""
    with serving(packed(bomb(1024 * MIB))) as server:
        root = str(Path(__file__).parent.parent)
        done = subprocess.run(
            [sys.executable, "-c", _EATER, server.url, root], capture_output=True, text=True, timeout=60, check=True
        )
    assert int(done.stdout) < 24, done


# ------------------------------------------------------------------------------------------------- what is broken


def resets(conversation: Conversation) -> None:
    conversation.asked()
    conversation.reset()


def resets_in_headers(conversation: Conversation) -> None:
    conversation.asked()
    conversation.say(b"HTTP/1.1 200 OK\r\nContent-")
    conversation.reset()


def resets_in_body(conversation: Conversation) -> None:
    conversation.asked()
    conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    conversation.reset()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(resets, ConnectionFailedError, id="reset"),
        pytest.param(resets_in_headers, ConnectionFailedError, id="reset-in-headers"),
        pytest.param(resets_in_body, ConnectionFailedError, id="reset-in-body"),
        pytest.param(
            lambda it: (it.asked(), it.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
            ConnectionFailedError,
            id="lying-length",
        ),
        pytest.param(lambda it: (it.asked(), it.say(b"SSH-2.0-x\r\n")), ConnectionFailedError, id="not-http"),
        pytest.param(
            always(f"HTTP/1.1 200 OK\r\nbad {SECRET}\r\n\r\n".encode()), ConnectionFailedError, id="bad-header"
        ),
        pytest.param(
            always(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), ConnectionFailedError, id="negative-length"
        ),
        pytest.param(packed(gzip.compress(b"x" * 1000)[:-9]), ConnectionFailedError, id="truncated-gzip"),
        pytest.param(packed(b"no gzip at all"), AnswerError, id="no-gzip"),
        pytest.param(packed(gzip.compress(b"x") + b"rest"), AnswerError, id="gzip-and-more"),
        pytest.param(packed(gzip.compress(b"x" * 99)[:-8] + bytes(8)), AnswerError, id="wrong-checksum"),
        pytest.param(packed(b"x", "br"), AnswerError, id="another-packing"),
        pytest.param(packed(gzip.compress(gzip.compress(b"x")), "gzip, gzip"), AnswerError, id="packed-twice"),
    ],
)
def test_broken(http: httpx.Client, answer: Callable[[Conversation], None], kind: type[RemoteError]) -> None:
    with serving(answer) as server:
        error = failing(http, server.url, Limits(MIB, seconds=20))
    assert type(error) is kind
    assert error.arrived


def test_nobody_there(http: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    error = failing(http, url, Limits(10))
    assert (type(error), str(error), error.arrived) == (
        ConnectionFailedError,
        "127.0.0.1: no connection (refused)",
        False,
    )


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_no_such_host(failure: Exception) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise failure

    with httpx.Client(transport=DeadlineTransport(resolve=resolve)) as http:
        error = failing(http, "http://shop.example", Limits(10))
    assert str(error) == "shop.example: no connection (there is no such host)"
    assert not error.arrived


_CERTIFY = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2")


def test_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    certificate = tmp_path / "own.pem"
    subprocess.run(
        [*_CERTIFY, "-keyout", "own.pem", "-out", "cert"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    certificate.write_text(certificate.read_text() + (tmp_path / "cert").read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def answer(conversation: Conversation) -> None:
        with context.wrap_socket(conversation.connection, server_side=True) as secured:
            secured.recv(1)

    with serving(answer) as server, httpx.Client(transport=DeadlineTransport()) as http:
        error = failing(http, server.url.replace("http", "https"), Limits(10, seconds=20))
        assert str(error) == "127.0.0.1: no connection (its certificate is not valid)"
        assert server.requests == []


def test_a_refusal_of_the_resolver_is_its_own() -> None:
    """A guard in front of the addresses says in its own words why it lets nobody through."""

    def resolve(host: str, port: int) -> list[str]:
        raise AnswerError(f"{host}: leads into a private network")

    with httpx.Client(transport=DeadlineTransport(resolve=resolve)) as http:
        assert str(failing(http, "http://shop.example", Limits(10))) == "shop.example: leads into a private network"


def test_logs_tell_no_address(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """By themselves, httpx tells whole addresses at INFO, httpcore the headers of answers at DEBUG."""
    caplog.set_level(logging.DEBUG)
    says = always(f"HTTP/1.1 200 OK\r\nSet-Cookie: {SECRET}\r\nContent-Length: 0\r\n\r\n".encode())
    with serving(says) as server:
        request = http.build_request("GET", f"{server.url}/?s={SECRET}")
        with opened(http, request, Limits(10)) as answer:
            assert answer.status == 200
    assert caplog.records == []
