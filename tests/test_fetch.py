"""One file from the web, from hosts on this machine that lie, stall, explode and lead astray."""

import gzip
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.errors import DownloadError
from generator.fetch import NOTHING_KNOWN, Fetched, Fetcher, FetchLimits, Validators, checked_address, web
from generator.networks import Network, Reach
from loopback import Conversation, Server, serving

LIMITS = FetchLimits(bytes=1000, seconds=20)
SECRET = "X-Amz-Signature=s3cr3t"  # noqa: S105  # of nothing


def known(host: str, port: int) -> Sequence[str]:
    """Every name of these tests is at this machine."""
    return ["127.0.0.1"]


@contextmanager
def fetching(*places: tuple[str, int], context: ssl.SSLContext | None = None) -> Iterator[Fetcher]:
    reach = Reach(frozenset(places))
    with web(Network(known, context), reach, connections=2) as http:
        yield Fetcher(http, reach)


def fetch(server: Server, path: str = "/a.png", limits: FetchLimits = LIMITS, **told: str) -> Fetched:
    with fetching(("127.0.0.1", server.port)) as fetcher:
        return fetcher.fetch(f"{server.url}{path}", limits, Validators(**told))


def refused(server: Server, path: str = "/a.png", limits: FetchLimits = LIMITS) -> str:
    with pytest.raises(DownloadError) as caught:
        fetch(server, f"{path}?{SECRET}", limits)
    assert "s3cr3t" not in str(caught.value)
    return str(caught.value)


def always(body: bytes = b"", status: str = "200 OK", **headers: str) -> Callable[[Conversation], None]:
    def answer(conversation: Conversation) -> None:
        while conversation.asked():
            conversation.answer(body, status, **headers)

    return answer


def says(*parts: bytes) -> Callable[[Conversation], None]:
    def answer(conversation: Conversation) -> None:
        if conversation.asked():
            conversation.say(*parts)

    return answer


def test_a_file_and_what_its_host_tells_of_it() -> None:
    with serving(always(b"a picture", etag='"1"', last_modified="Sat, 03 May 2025 10:00:00 GMT")) as server:
        fetched = fetch(server)
    assert fetched == Fetched(b"a picture", Validators('"1"', "Sat, 03 May 2025 10:00:00 GMT"))


def test_nothing_of_ours_is_told_to_a_host() -> None:
    with serving(always(b"x", set_cookie="who=we")) as server, fetching(("127.0.0.1", server.port)) as fetcher:
        for _ in range(2):
            fetcher.fetch(f"{server.url}/a", LIMITS)
    assert {name for asked in server.requests for name in asked.headers} == {
        *("host", "user-agent", "accept", "accept-encoding")
    }
    assert {asked.headers["user-agent"] for asked in server.requests} == {"appshelf"}


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(always(b"x")) as server, serving(always(b"proxied")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert fetch(server).content == b"x"
    assert proxy.requests == []


def test_a_file_that_did_not_change_is_not_sent_again() -> None:
    def answer(conversation: Conversation) -> None:
        while asked := conversation.asked():
            is_known = asked.headers.get("if-none-match") == '"1"'
            conversation.answer(b"" if is_known else b"x", "304 Not Modified" if is_known else "200 OK", etag='"1"')

    with serving(answer) as server:
        assert fetch(server).content == b"x"
        assert fetch(server, etag='"1"') == Fetched(None, Validators('"1"'))
        assert fetch(server, etag='"0"').content == b"x"


def test_unchanged_is_no_answer_to_somebody_who_knows_nothing() -> None:
    with serving(always(status="304 Not Modified")) as server:
        assert refused(server) == "127.0.0.1 answered 304"


@pytest.mark.parametrize("tag", ['"\u00e9"', "x" * 2000, '"\t"', ""])
def test_a_tag_that_cannot_be_told_back_is_none(tag: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: 1\r\n\r\nx".encode("latin-1")
    with serving(says(answer)) as server:
        assert fetch(server) == Fetched(b"x", Validators())
    assert Validators(etag=tag).headers() == {}


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "204 No Content", "206 Partial", "500 Oh"])
def test_an_answer_that_is_no_file(status: str) -> None:
    with serving(always(b"" if status.startswith("204") else b"x", status)) as server:
        assert refused(server) == f"127.0.0.1 answered {status[:3]}"


# Sizes


def test_the_largest_file_and_one_byte_more() -> None:
    with serving(always(b"x" * 1000)) as server:
        assert fetch(server).content == b"x" * 1000
    with serving(always(b"x" * 1001)) as server:
        assert "more than 1,000 bytes" in refused(server)


def test_an_enormous_length_is_refused_before_the_body() -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n")) as server:
        began = time.monotonic()
        assert "more than 1,000 bytes" in refused(server)
        assert time.monotonic() - began < 10


def test_a_body_without_a_length_that_never_ends() -> None:
    def answer(conversation: Conversation) -> None:
        conversation.asked()
        conversation.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while not conversation.stopped.is_set():
            conversation.say(b"x" * 65536)

    with serving(answer) as server:
        assert "more than 1,000 bytes" in refused(server)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"], "broke off"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"], "broke off"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n"], "broke off"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], "broke off"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"], "broke off"),
        ([b"220 mail.example ready\r\n"], "did not speak HTTP"),
        ([], "broke off"),
    ],
    ids=["too short", "cut in chunks", "no number", "negative", "two lengths", "another protocol", "nothing"],
)
def test_an_answer_that_lies_or_breaks_off(parts: list[bytes], reason: str) -> None:
    with serving(says(*parts)) as server:
        assert reason in refused(server)


def test_bytes_beyond_the_length_are_no_part_of_the_file() -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef")) as server:
        assert fetch(server).content == b"abc"


def test_a_packed_file_is_unpacked_within_the_limit() -> None:
    with serving(always(gzip.compress(b"<svg/>"), content_encoding="gzip")) as server:
        assert fetch(server).content == b"<svg/>"
    with serving(always(gzip.compress(b"x" * 10_000_000)[:990], content_encoding="gzip")) as server:
        assert "more than 1,000 bytes" in refused(server)
    with serving(always(b"x", content_encoding="br")) as server:
        assert "packing" in refused(server)


# Time


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"])
def test_one_byte_at_a_time_ends_in_time(head: bytes) -> None:
    def answer(conversation: Conversation) -> None:
        conversation.asked()
        conversation.say(head)
        conversation.drip(b"x" * 1000, every=0.2)

    with serving(answer) as server:
        began = time.monotonic()
        assert refused(server, limits=FetchLimits(1000, seconds=1)) == "127.0.0.1: no whole answer within 1 seconds"
        assert time.monotonic() - began < 8


def test_redirects_share_one_deadline() -> None:
    def answer(conversation: Conversation) -> None:
        while conversation.asked():
            conversation.stopped.wait(0.6)
            conversation.answer(status="302 Found", location="/next")

    with serving(answer) as server:
        began = time.monotonic()
        with pytest.raises(DownloadError, match=r"no (whole answer|connection) within"):
            fetch(server, limits=FetchLimits(1000, seconds=1))
        assert time.monotonic() - began < 8


def test_a_host_that_is_down() -> None:
    with serving(always()) as server:
        pass
    assert refused(server) == "127.0.0.1: no connection (refused)"


# Redirects


def redirecting(targets: dict[str, str], status: str = "302 Found") -> Callable[[Conversation], None]:
    def answer(conversation: Conversation) -> None:
        while asked := conversation.asked():
            path = asked.target.partition("?")[0]
            if path in targets:
                conversation.answer(status=status, location=targets[path])
            else:
                conversation.answer(b"found")

    return answer


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_three_redirects_are_followed_and_a_fourth_is_not(status: str) -> None:
    hops = {f"/{n}": f"/{n + 1}" for n in range(4)}
    with serving(redirecting(hops, status)) as server:
        assert fetch(server, "/1").content == b"found"
        assert refused(server, "/0") == "127.0.0.1: more than 3 redirects"
        assert len(server.requests) == 8


def test_a_loop_of_redirects_ends() -> None:
    with serving(redirecting({"/a": "/b", "/b": "/a"})) as server:
        assert refused(server, "/a") == "127.0.0.1: more than 3 redirects"
        assert len(server.requests) == 4


def _led(target: str) -> tuple[str, list[str]]:
    """Fetch from a host that leads to `target`; return the reason of the refusal, and what the target's was asked."""
    with serving(always(b"internal")) as inner:
        where = target.replace("PORT", str(inner.port))
        with serving(redirecting({"/a": where})) as server, pytest.raises(DownloadError) as caught:
            fetch(server, "/a")
    return str(caught.value), [asked.target for asked in inner.requests]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://127.0.0.1:PORT/x", "port"),
        ("http://localhost:PORT/x", "port"),
        ("//internal.example:PORT/x", "port"),
        ("http://internal.example/x", "this machine"),
        ("http://127.0.0.1/x", "this machine"),
        ("http://0x7f000001/x", "not written as an address"),
        ("http://2130706433/", "not written as an address"),
        ("http://[::ffff:127.0.0.1]/x", "in IPv6"),
        ("http://[::1]/x", "this machine"),
        ("http://169.254.169.254/latest/meta-data/", "local link"),
        ("http://127。0。0。1/", "this machine"),
        ("http://１２７.0.0.1/", "did not speak HTTP"),
        ("http://me:pw@127.0.0.1:PORT/x", "user's name"),
        ("file:///etc/passwd", "no address that begins with"),
        ("gopher://127.0.0.1:PORT/x", "no address that begins with"),
        ("http://[::1", "did not speak HTTP"),
    ],
)
def test_no_redirect_leads_into_the_network(target: str, reason: str) -> None:
    told, asked = _led(target)
    assert reason in told
    assert asked == []


def test_a_redirect_may_not_leave_https(tmp_path: Path) -> None:
    certificate, context = certified(tmp_path, "pictures.example")
    with serving(always(b"in the clear")) as plain:
        target = {"/a": f"http://plain.example:{plain.port}/x"}
        with serving(secured(certificate, redirecting(target))) as server:
            places = ("pictures.example", server.port), ("plain.example", plain.port)
            led = pytest.raises(DownloadError, match=r"^pictures\.example leads from https to http$")
            with fetching(*places, context=context) as fetcher, led:
                fetcher.fetch(f"https://pictures.example:{server.port}/a", LIMITS)
    assert plain.requests == []


# Whom a connection is made to


def test_a_name_of_this_machine_is_not_asked() -> None:
    """Also for a literal, and for one that answered otherwise before; nothing is connected to."""
    with serving(always(b"internal")) as server, fetching() as fetcher:
        for host in ("internal.example", "127.0.0.1", "[::1]", "localhost", "127.1", "internal.example."):
            with pytest.raises(DownloadError):
                fetcher.fetch(f"http://{host}/", LIMITS)
            with pytest.raises(DownloadError, match=r"port|number"):
                fetcher.fetch(f"http://{host}:{server.port}/", LIMITS)
    assert server.requests == []


def test_the_connection_is_made_to_the_address_that_was_judged() -> None:
    """A name is resolved once a connection: what it answers the second time has no effect on the first."""
    asked: list[str] = []

    def changing(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with serving(always(b"judged")) as server:
        reach = Reach(frozenset([("pictures.example", server.port)]))
        with web(Network(changing), reach, connections=1) as http:
            url = f"http://pictures.example:{server.port}/a"
            assert Fetcher(http, reach).fetch(url, LIMITS).content == b"judged"
    assert asked == ["pictures.example"]
    assert server.requests[0].headers["host"] == f"pictures.example:{server.port}"


def test_a_name_that_answers_with_loopback_the_second_time() -> None:
    answers = iter([["127.0.0.2", "1.1.1.1"]])
    told = pytest.raises(DownloadError, match=r"^rebind\.example is not fetched from: 127\.0\.0\.2 is this machine$")
    with web(Network(lambda host, port: next(answers)), Reach(), connections=1) as http, told:
        Fetcher(http, Reach()).fetch("http://rebind.example/", LIMITS)


def certified(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for `name`, and a context that trusts nothing else."""
    subject = ["-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{name}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", *key, *subject, "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    whole = folder / "both.pem"
    whole.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return whole, ssl.create_default_context(cafile=folder / "certificate.pem")


def secured(certificate: Path, inner: Callable[[Conversation], None]) -> Callable[[Conversation], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def answer(conversation: Conversation) -> None:
        with context.wrap_socket(conversation.connection, server_side=True) as connection:
            inner(Conversation(connection, conversation.stopped, conversation.requests))

    return answer


def test_a_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    """The connection is made to an address, and still the certificate must be the name's."""
    certificate, context = certified(tmp_path, "pictures.example")
    with serving(secured(certificate, always(b"secure"))) as server:
        places = ("pictures.example", server.port), ("other.example", server.port)
        with fetching(*places, context=context) as fetcher:
            assert fetcher.fetch(f"https://pictures.example.:{server.port}/a", LIMITS).content == b"secure"
            with pytest.raises(
                DownloadError, match=r"^other\.example: no connection \(its certificate is not valid\)$"
            ):
                fetcher.fetch(f"https://other.example:{server.port}/a", LIMITS)
        with fetching(*places) as fetcher, pytest.raises(DownloadError, match="its certificate is not valid"):
            fetcher.fetch(f"https://pictures.example:{server.port}/a", LIMITS)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("", "a.png", "//x/a.png", "ftp://x/a", "data:image/png;base64,AA", "javascript:alert(1)", "https://"),
        *("https://u@x.example/", "https://u:p@x.example/", "https://x.example:22/", "https://x.example:0/"),
        *("https://x.example:65536/", "https://a b/", "https://x\n.example/", "https://x.example/" + "a" * 9000),
    ],
)
def test_what_is_no_address_to_fetch(address: str) -> None:
    with pytest.raises(DownloadError):
        checked_address(address, Reach())


def test_an_address_in_its_plain_form() -> None:
    assert str(checked_address("HTTPS://Pictures.Example.:443/a%20b?c#d", Reach())).startswith(
        "https://pictures.example"
    )
    assert checked_address("https://x.example/a?b=1", Reach()).raw_path == b"/a?b=1"
    assert NOTHING_KNOWN.headers() == {}
