"""Exchanges are read as they are written, and played byte for byte against whoever answers."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from exchanges import Exchange, read_exchanges
from playing import FailedError, Player, Server
from serving import on_loopback

BACK = """\
## One thing

- documented: A thing is told.

~~~ http
GET /v1/things?at=<2021-01-01T00:00:00+01:00&name!=a,b
X-Odd-Case: <token>
~~~
~~~ http
200 OK
X-Kept: yes

{"id": "<integer as id>", "name": "a"}
~~~
~~~ http
PATCH /v1/things/<id>
Content-Type: application/json

{"id": "<id>", "note": "No. <id>, <3 times é>"}
~~~
~~~ http
204
~~~
"""


def exchange(text: str) -> Exchange:
    (only,) = read_exchanges("things", text)
    return only


class Things:
    """A server of two answers, which remembers what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.heard: list[tuple[str, bytes, dict[str, str], bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        raw = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        self.heard.append((scope["method"], raw, headers, body))
        status, answered, content = self.answers.pop(0)
        named = [(name.lower().encode(), value.encode()) for name, value in answered.items()]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": content})


JSON = {"Content-Type": "application/json; charset=utf-8"}
THING = (200, {**JSON, "X-Kept": "yes"}, b'{"id": 12, "name": "a"}')
DONE: tuple[int, dict[str, str], bytes] = (204, {}, b"")


@pytest.fixture
def things() -> Things:
    return Things()


Play = Callable[..., Any]


@pytest.fixture
def play(things: Things) -> Iterator[Play]:
    naps: list[float] = []
    with on_loopback(lambda port: things) as origin, httpx.Client(trust_env=False) as http:

        def played(text: str, *answers: tuple[int, dict[str, str], bytes], waits: bool = False) -> Any:
            things.answers = list(answers)
            player = Player(http, Server(origin, "secret"), naps.append if waits else None)
            return player.play(exchange(text)), naps

        yield played


def test_what_is_sent_is_what_is_written(things: Things, play: Play) -> None:
    names, _ = play(BACK, THING, DONE)
    (_, target, headers, _), (method, path, _, body) = things.heard
    assert target == b"/v1/things?at=<2021-01-01T00:00:00+01:00&name!=a,b"
    assert (headers["authorization"], headers["x-odd-case"]) == ("Bearer secret", "secret")
    assert (method, path, body.decode()) == ("PATCH", b"/v1/things/12", '{"id": 12, "note": "No. 12, ééé"}')
    assert names["id"] == 12


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ((404, JSON, b"{}"), DONE, "step 1, status: expected 200, got 404"),
        ((200, JSON, b'{"id": 12, "name": "a"}'), DONE, "step 1, header X-Kept: expected 'yes', got 'no such header'"),
        ((200, {"X-Kept": "yes"}, b"{}"), DONE, "step 1, header Content-Type"),
        ((200, {"X-Kept": "yes", "Content-Type": "application/json"}, b"{}"), DONE, "step 1, header Content-Type"),
        ((200, {**JSON, "X-Kept": "yes"}, b"<html>"), DONE, "step 1, body: expected 'JSON'"),
        ((200, {**JSON, "X-Kept": "yes"}, b'{"id": NaN}'), DONE, "step 1, body: expected 'JSON'"),
        (
            (200, {**JSON, "X-Kept": "yes"}, b'{"id": 12, "name": "b"}'),
            DONE,
            "step 1, body.name: expected 'a', got 'b'",
        ),
        (THING, (200, JSON, b"{}"), "step 2, status: expected 204, got 200"),
    ],
)
def test_what_is_not_as_expected_fails(play: Play, first: Any, second: Any, told: str) -> None:
    with pytest.raises(FailedError) as failure:
        play(BACK, first, second)
    assert told in str(failure.value)


def test_a_body_where_none_is_expected_fails(play: Play) -> None:
    with pytest.raises(FailedError, match="body: expected 'none'"):
        play("## A\n\n- decision: b.\n\n~~~ http\nGET /a\n~~~\n~~~ http\n200\n~~~\n", (200, {}, b"x"))


def test_an_address_that_leads_elsewhere_is_not_followed(play: Play) -> None:
    text = '## A\n\n- decision: b.\n\n~~~ http\nGET /a\n~~~\n~~~ http\n200\n\n{"uri": "<uri as uri>"}\n~~~\n'
    text += "~~~ http\nGET <uri>\n~~~\n~~~ http\n200\n~~~\n"
    with pytest.raises(AssertionError, match="the address to follow"):
        play(text, (200, JSON, b'{"uri": "http://elsewhere.example/"}'))


def test_a_header_can_be_left_out(things: Things, play: Play) -> None:
    text = "## A\n\n- decision: b.\n\n~~~ http\nGET /a\nAuthorization: <absent>\n~~~\n~~~ http\n200\n~~~\n"
    play(text, (200, {}, b""))
    assert "authorization" not in things.heard[0][2]


def test_a_form_has_the_line_ends_of_its_standard(things: Things, play: Play) -> None:
    form = "Content-Type: multipart/form-data; boundary=x\n\n--x\na: b\n\nc\n--x--"
    play(f"## A\n\n- decision: b.\n\n~~~ http\nPOST /a\n{form}\n~~~\n~~~ http\n200\n~~~\n", (200, {}, b""))
    assert things.heard[0][3] == b"--x\r\na: b\r\n\r\nc\r\n--x--"


def test_a_server_that_is_asked_too_often_is_asked_again_when_it_says(things: Things, play: Play) -> None:
    busy = (429, {"Retry-After": "3"}, b"")
    text = "## A\n\n- decision: b.\n\n~~~ http\nGET /a\n~~~\n~~~ http\n200\n~~~\n"
    assert play(text, busy, (429, {"Retry-After": "never"}, b""), (200, {}, b""), waits=True)[1] == [3.0, 2.0]
    with pytest.raises(FailedError, match="expected 200, got 429"):
        play(text, busy)
    assert len(things.heard) == 4


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- documented: A thing is told.\n", "", "at least one rule"),
        ("documented", "imagined", "'imagined' is no mark"),
        ("GET /v1", "FETCH /v1", "is no request"),
        ("200 OK", "fine", "is no status"),
        ("X-Kept: yes", "X-Kept yes", "'X-Kept yes' is no header"),
        ('"a"}\n', '"a"\n', "Expecting ',' delimiter"),
        ("~~~ http\n204\n~~~\n", "", "pairs of a request and an answer"),
        ("~~~ http\n204", "Then:\n\n~~~ http\n204", "stands outside of the blocks"),
        ("- documented", "- needs: luck\n- documented", "needs 'luck', which nobody has"),
    ],
)
def test_an_exchange_that_cannot_be_read_is_named(old: str, new: str, told: str) -> None:
    assert old in BACK
    with pytest.raises(ValueError, match=r"^things\.md: One thing: ") as refused:
        exchange(BACK.replace(old, new, 1))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("request_line", "status", "writes"),
    [("GET /a", 200, False), ("POST /a", 201, True), ("PATCH /a", 422, True), ("POST /a", 401, False)],
)
def test_what_may_change_something_is_known(request_line: str, status: int, writes: bool) -> None:
    text = f"## A\n\n- decision: b.\n\n~~~ http\n{request_line}\n~~~\n~~~ http\n{status}\n~~~\n"
    assert exchange(text).writes is writes
