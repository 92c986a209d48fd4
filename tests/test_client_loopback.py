"""The client on real sockets: hosts that drip, reset and explode, and other origins, which never hear of it."""

import gzip
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_doubles import TOKEN
from generator.api_requests import Endpoint
from generator.client import Client, open_http
from generator.credentials import Secret, Token
from generator.errors import AnswerError, ConnectionFailedError, DeadlineError
from loopback import PEAK, Conversation, Server, serving

MIB = 1 << 20
Answer = Callable[[Conversation], None]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with open_http() as client:
        yield client


def client_of(http: httpx.Client, server: Server, **settings: Any) -> Client:
    endpoint = Endpoint(f"{server.url}/v1", "wdc", Token(Secret(TOKEN)))
    return Client(http, endpoint, **({"sleep": lambda seconds: None} | settings))


def says(value: object, **headers: str) -> Answer:
    def answer(conversation: Conversation) -> None:
        while conversation.asked():
            conversation.answer(json.dumps(value).encode(), **headers)

    return answer


# ------------------------------------------------------------------------------------------------- other origins


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
@pytest.mark.parametrize("way", ["next", "redirect", "upload"])
def test_another_origin_hears_nothing(http: httpx.Client, way: str, host: str) -> None:
    """Not the token, and not even that somebody is there: another port is another origin."""
    met: list[Conversation] = []
    with serving(met.append) as other:
        address = f"http://{host}:{other.port}/v1/app_offerings"
        storage = {"provider": "local", "upload_uri": address, "size_limit": 9, "local": {"key": "attachments/x"}}
        answers: dict[str, Answer] = {
            "next": says([{"id": 1}], Link=f'<{address}>; rel="next"'),
            "redirect": lambda it: (it.asked(), it.answer(b"", "307 Temporary Redirect", Location=address))[1],
            "upload": says(storage),
        }
        with serving(answers[way]) as server:
            client = client_of(http, server)
            with pytest.raises(AnswerError, match=r"origin|redirect|secure"):
                list(client.list()) if way != "upload" else client.upload(client.attachment_storage(), "a.txt", b"x")
            assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {TOKEN}"]
    assert met == []


# ------------------------------------------------------------------------------------------------- slow and broken


def drips(conversation: Conversation) -> None:
    conversation.asked()
    conversation.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"s" * 1000, every=0.02)


def test_a_sync_ends_in_time(http: httpx.Client) -> None:
    """Even where nothing but headers drip, of which no part is ever late."""
    with serving(drips) as server:
        began = time.monotonic()
        with pytest.raises(DeadlineError, match=r"^127\.0\.0\.1: "):
            list(client_of(http, server, seconds=1.0).list())
        assert time.monotonic() - began < 15


def test_resets_pass(http: httpx.Client) -> None:
    """Before the answer, in its headers and in its body: it is asked for again."""
    tries = iter([b"", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{", None])

    def answer(conversation: Conversation) -> None:
        conversation.asked()
        part = next(tries)
        if part is None:
            conversation.answer(b'[{"id": 1}]')
        else:
            conversation.say(part)
            conversation.reset()

    naps: list[float] = []
    with serving(answer) as server:
        client = client_of(http, server, sleep=naps.append, jitter=lambda low, high: high)
        assert [record.id for record in client.list()] == [1]
    assert naps == [1, 2, 4]


def test_an_api_that_goes_away(http: httpx.Client) -> None:
    with serving(says([{"id": 1}], Link='<?p=2>; rel="next"')) as server:
        records = client_of(http, server).list()
        assert next(records).id == 1
    with pytest.raises(ConnectionFailedError, match="no connection"):
        next(records)


# ------------------------------------------------------------------------------------------------- bombs


def zeros(size: int) -> bytes:
    """Zeros in one gzip member, a thousandfold smaller."""
    packer = zlib.compressobj(9, wbits=31)
    first, block = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + block * (size // MIB - 1)


BOMBS = {
    "a-gibibyte": zeros(1024 * MIB),
    "lists": gzip.compress(b"[" + b"[]," * (10 * MIB) + b"[]]"),
    "objects": gzip.compress(b"[" + b'{"a":{}},' * (3 * MIB) + b"0]"),
    "numbers": gzip.compress(b"[" + b"0.5," * (7 * MIB) + b"0]"),
    "depth": gzip.compress(b'{"a":' * (6 * MIB)),
    "digits": gzip.compress(b"9" * (31 * MIB)),
}

_EATER = f"""
import sys
sys.path.insert(0, sys.argv[2])
from generator.api_requests import Endpoint
from generator.client import Client, open_http
from generator.errors import AnswerError
{PEAK}
with open_http() as http:
    for bomb in sys.argv[3:]:
        before = peak(start=True)
        try:
            Client(http, Endpoint(sys.argv[1] + "/" + bomb)).get(1)
        except AnswerError as error:
            print(bomb, int(peak() - before), error, sep="|")
"""


def test_bombs_take_no_more_memory_than_a_page() -> None:
    """None of them makes us take more than a page of 32 MiB, read whole once and copied twice."""

    def answer(conversation: Conversation) -> None:
        while request := conversation.asked():
            conversation.answer(BOMBS[request.target.split("/")[1]], content_encoding="gzip")

    with serving(answer) as server:
        root = str(Path(__file__).parent.parent)
        done = subprocess.run(
            [sys.executable, "-c", _EATER, server.url, root, *BOMBS],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
    told = [line.split("|") for line in done.stdout.splitlines()]
    assert [name for name, *_ in told] == list(BOMBS), done
    assert all(int(grown) < 160 for _, grown, _ in told), done.stdout
    assert {error.split(": ")[-1] for *_, error in told} == {
        "answered with more than 33,554,432 bytes",
        "the answer holds more than 250,000 values",
        "the answer holds a number of more than 400 digits",
    }
