"""Offerings created and changed once each, whatever becomes of the answers; tokens renewed; files uploaded."""

import re
from typing import Any

import httpx
import pytest

from api_doubles import API, TOKEN, Canned, Handler, World, in_turn, page, raw, sent
from generator.credentials import ClientCredentials, Secret, Token
from generator.errors import (
    AccessError,
    AnswerError,
    AssetError,
    ConflictError,
    ConnectionFailedError,
    FieldsError,
    RemoteError,
    StatusError,
    UsageError,
)
from stores import offering

NEW = {key: value for key, value in offering(features="one\ntwo\n", disabled=False).items() if key != "id"}
RECORD = offering(id=7, features="one\ntwo", disabled=False, source=None)
SEARCH = "GET /v1/app_offerings?fields=id&reference=wdc_note_dispatcher&per_page=100"
LOST = httpx.ReadTimeout("x")
TAKEN = page({"message": "Validation Failed", "errors": [["reference", "has already been taken"]]}, status=422)


# ------------------------------------------------------------------------------------------------- create


def test_create() -> None:
    world = World()
    record = world.client(in_turn(page(RECORD, status=201, ETag='"e"'))).create(NEW)
    assert (record.id, record.fields, record.etag) == (7, RECORD, '"e"')
    assert world.told == ["POST /v1/app_offerings"]
    (request,) = world.asked
    assert sent(request) == NEW
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


POST = "POST /v1/app_offerings"
GET = "GET /v1/app_offerings/7"


@pytest.mark.parametrize(
    ("answers", "told", "naps"),
    [
        pytest.param([LOST, page([{"id": 7}]), page(RECORD)], [POST, SEARCH, GET], [], id="it-had-arrived"),
        pytest.param(
            [LOST, page([]), page(RECORD, status=201)], [POST, SEARCH, POST], [1], id="it-had-not-arrived"
        ),
        pytest.param(
            [page({}, status=502), page([]), page(RECORD, status=201)], [POST, SEARCH, POST], [1], id="502"
        ),
        pytest.param(
            [raw(b"<html>", "text/html", 201), page([{"id": 7}]), page(RECORD)], [POST, SEARCH, GET], [], id="garbled"
        ),
        pytest.param(
            [page({"name": "x"}, status=201), page([{"id": 7}]), page(RECORD)], [POST, SEARCH, GET], [], id="no-id"
        ),
        pytest.param(
            [LOST, page([]), TAKEN, page([{"id": 7}]), page(RECORD)],
            [POST, SEARCH, POST, SEARCH, GET],
            [1],
            id="it-arrived-late",
        ),
        pytest.param([httpx.ConnectError("x"), page(RECORD, status=201)], [POST, POST], [1], id="never-connected"),
        pytest.param(
            [page({}, status=429, Retry_After="9"), page(RECORD, status=201)], [POST, POST], [9], id="429-did-nothing"
        ),
    ],
)  # fmt: skip
def test_an_offering_is_created_once(answers: list[Canned | Exception], told: list[str], naps: list[float]) -> None:
    """When an answer is lost, the API is asked for the reference before anything is sent again."""
    world = World()
    assert world.client(in_turn(*answers)).create(NEW).id == 7
    assert world.told == told
    assert world.naps == naps


def test_an_api_that_loses_every_answer() -> None:
    """Five tries, each with a look in between; then it is told, and nothing is there twice."""
    world = World()

    def handler(request: httpx.Request) -> Canned:
        if request.method == "POST":
            raise LOST
        return page([])

    with pytest.raises(RemoteError, match="no answer for 15 seconds"):
        world.client(handler).create(NEW)
    assert world.told == [POST, SEARCH] * 5


@pytest.mark.parametrize(
    ("fields", "answers", "kind", "told", "asked"),
    [
        pytest.param(NEW, [TAKEN], FieldsError, "reference has already been taken", 1, id="422"),
        pytest.param(NEW, [page({}, status=400)], StatusError, "400 Bad Request", 1, id="400"),
        pytest.param(
            {"name": "x"}, [LOST], RemoteError, "no answer for 15 seconds", 1, id="no-reference-to-ask-for"
        ),
        pytest.param(
            NEW,
            [LOST, page([{"id": 7}]), page(RECORD | {"name": "Another", "features": None})],
            ConflictError,
            "an offering wdc_note_dispatcher is there now that differs in name, features; look at it",
            3,
            id="it-is-another-one",
        ),
        pytest.param(
            NEW,
            [LOST, page({}, status=403)],
            ConnectionFailedError,
            "whether wdc_note_dispatcher is there now could not be found out (api.example.com: GET",
            2,
            id="nobody-says-whether",
        ),
    ],
)  # fmt: skip
def test_what_is_not_created(
    fields: dict[str, Any], answers: list[Canned | Exception], kind: type[Exception], told: str, asked: int
) -> None:
    world = World()
    with pytest.raises(kind, match=re.escape(told)):
        world.client(in_turn(*answers)).create(fields)
    assert len(world.asked) == asked


def test_what_was_sent_is_known_again() -> None:
    """As the API gives it back: references whole, blanks as null, ends of lines and texts as it keeps them."""
    written = {
        "reference": "wdc_note_dispatcher", "service_instance_id": 83, "ui_extension_version_id": 5,
        "description": "a\r\nb\n\n", "features": "", "disabled": False, "picture_uri": "data:image/png;base64,AA==",
        "policy_jwt_claim_expires_in": "2:30", "description_attachments": [{"key": "attachments/x"}],
    }  # fmt: skip
    found = RECORD | {
        "description": "a\nb", "features": None, "ui_extension_version": {"id": 5, "name": "x"},
        "picture_uri": "https://files.example.com/1", "policy_jwt_claim_expires_in": 150, "disabled": None,
    }  # fmt: skip
    assert World().client(in_turn(LOST, page([{"id": 7}]), page(found))).create(written).id == 7


# ------------------------------------------------------------------------------------------------- update


def test_update() -> None:
    world = World()
    record = world.client(in_turn(page(RECORD, ETag='"f"'))).update(7, {"name": "x", "features": None}, etag='"e"')
    assert (record.id, record.etag) == (7, '"f"')
    assert world.told == ["PATCH /v1/app_offerings/7"]
    assert sent(world.asked[0]) == {"name": "x", "features": None}
    assert world.asked[0].headers["if-match"] == '"e"'


@pytest.mark.parametrize("failure", [LOST, httpx.ReadError("x"), page({}, status=502), page({}, status=429)])
def test_values_are_set_again_when_the_answer_is_lost(failure: Canned | Exception) -> None:
    """Setting them twice changes nothing."""
    world = World()
    assert world.client(in_turn(failure, page(RECORD))).update(7, {"name": "x"}).id == 7
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    "settings", [{"etag": '"e"'}, {"fields": {"features_attachments": [{"key": "attachments/a", "inline": True}]}}]
)
def test_files_and_guarded_changes_are_not_sent_twice(settings: dict[str, Any]) -> None:
    world = World()
    with pytest.raises(RemoteError):
        world.client(in_turn(LOST, page(RECORD))).update(7, **({"fields": {"name": "x"}} | settings))
    assert len(world.asked) == 1


def test_somebody_else_changed_it() -> None:
    with pytest.raises(ConflictError) as caught:
        World().client(in_turn(page({"message": "Changed meanwhile"}, status=412))).update(7, {"name": "x"}, etag='"e"')
    assert str(caught.value) == ("api.example.com: PATCH /app_offerings/7: 412 Precondition Failed: Changed meanwhile")
    assert caught.value.status == 412


# ------------------------------------------------------------------------------------------------- OAuth

OAUTH = "https://oauth.example.com/token"
ID, HIDDEN = "client-1", "cl1ent-s3cret"


def grant(granted: object = "t1", **changes: object) -> Canned:
    return page({"access_token": granted, "token_type": "Bearer", "expires_in": 3600} | changes)


def tokens(*grants: Canned | Exception, accepted: tuple[str, ...] = ("t1", "t2")) -> Handler:
    """Grant one after the other, and answer lists to the accepted tokens."""
    grants_left = in_turn(*grants)

    def handler(request: httpx.Request) -> Canned:
        if request.url.host == "oauth.example.com":
            assert "authorization" not in request.headers
            return grants_left(request)
        is_known = request.headers["authorization"].removeprefix("Bearer ") in accepted
        return page([]) if is_known else page({"message": "Unauthorized"}, status=401)

    return handler


def client_world() -> World:
    return World(credentials=ClientCredentials(Secret(ID), Secret(HIDDEN)))


def test_a_token_is_fetched_once_and_again_before_it_expires() -> None:
    world = client_world()
    client = world.client(tokens(grant("t1"), grant("t2")), seconds=1e6)
    for _ in range(3):
        list(client.list())
    assert [request.url.host for request in world.asked] == ["oauth.example.com", *["api.example.com"] * 3]
    assert dict(httpx.QueryParams(world.asked[0].content.decode())) == {
        "grant_type": "client_credentials", "client_id": ID, "client_secret": HIDDEN,
    }  # fmt: skip
    world.seconds += 3539
    list(client.list())
    assert len(world.asked) == 5
    world.seconds += 2
    list(client.list())
    assert [request.headers.get("authorization") for request in world.asked[4:]] == ["Bearer t1", None, "Bearer t2"]


def test_a_token_that_is_not_accepted_any_more_is_renewed_once() -> None:
    world = client_world()
    client = world.client(tokens(grant("old"), grant("t2")))
    list(client.list())
    assert len(world.asked) == 4
    world = client_world()
    with pytest.raises(AccessError, match="401 Unauthorized"):
        list(world.client(tokens(grant("old"))).list())
    assert len(world.asked) == 4


def test_a_personal_token_is_not_renewed() -> None:
    world = World(credentials=Token(Secret("old")))
    with pytest.raises(AccessError):
        list(world.client(tokens(grant())).list())
    assert len(world.asked) == 1


@pytest.mark.parametrize("ends", ["never", "soon", None, -1, 0, True])
def test_an_end_that_nobody_knows(ends: object) -> None:
    """The token is used until it is not accepted."""
    world = client_world()
    client = world.client(tokens(grant(expires_in=ends)))
    for _ in range(3):
        list(client.list())
    assert len(world.asked) == 4


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (page({"error": f"invalid_client {HIDDEN}"}, status=400), AccessError, "gives no token: 400: invalid_client …"),
        (raw(b"<html>", "text/html", 403), AccessError, "gives no token: 403"),
        (raw(status=302, Location="https://evil.example/"), AccessError, "gives no token: 302"),
        (page([]), AnswerError, "answered without a token"),
        (grant(None), AnswerError, "answered without a token"),
        (grant("a b"), AnswerError, "answered without a token"),
        (grant("a\r\nX: y"), AnswerError, "answered without a token"),
        (grant("ü"), AnswerError, "answered without a token"),
        (grant("x" * 20_000), AnswerError, "answered without a token"),
        (grant(token_type="mac"), AnswerError, "gave a token of a kind other than bearer"),  # noqa: S106
        (raw(b"{"), AnswerError, "the answer is no JSON at"),
        (raw(b" " * 70_000), AnswerError, "answered with more than 65,536 bytes"),
    ],
)
def test_no_token(answer: Canned, kind: type[RemoteError], told: str) -> None:
    world = client_world()
    with pytest.raises(kind) as caught:
        list(world.client(tokens(answer)).list())
    assert str(caught.value).startswith(f"oauth.example.com: {told}")
    assert HIDDEN not in str(caught.value)
    assert len(world.asked) == 1


def test_the_token_host_may_be_busy_too() -> None:
    world = client_world()
    list(world.client(tokens(page({}, status=503), httpx.ConnectError("x"), grant())).list())
    assert world.naps == [1, 2]


def test_where_tokens_are_exchanged() -> None:
    """The platform's ``api.`` becomes ``oauth.``; for another API it must be said."""
    world = client_world()
    list(world.client(tokens(grant()), oauth_url=OAUTH).list())
    list(world.client(tokens(grant()), "https://api.example.com/v1", oauth_url=None).list())
    assert [str(request.url) for request in world.asked[::2]] == [OAUTH, OAUTH]
    with pytest.raises(UsageError, match="oauth_url: is needed"):
        world.client(tokens(grant()), "https://example.com/v1")


# ------------------------------------------------------------------------------------------------- attachments

LOCAL = {
    "provider": "local", "upload_uri": f"{API}/attachments", "size_limit": 100, "allowed_extensions": ["png", ".PDF"],
    "local": {"key": "attachments/9/${filename}", "policy": "p"},
}  # fmt: skip
S3 = {
    "provider": "s3", "upload_uri": "https://bucket.example.net/?signature=s3cr3t", "size_limit": 100,
    "allowed_extensions": [], "s3": {"key": "attachments/9/${filename}", "x-amz-signature": "s3cr3t"},
}  # fmt: skip
XML = b'<?xml version="1.0"?><PostResponse><Key>attachments/9/a &amp; b.png</Key></PostResponse>'


def upload(world: World, storage: dict[str, Any], *answers: Canned | Exception, name: str = "a.png") -> str:
    client = world.client(in_turn(page(storage), *answers))
    return client.upload(client.attachment_storage(), name, b"\x89PNG")


def test_upload_to_the_api_itself() -> None:
    world = World()
    assert upload(world, LOCAL, page({"key": "attachments/9/a.png"})) == "attachments/9/a.png"
    assert world.told == ["GET /v1/attachments/storage", "POST /v1/attachments"]
    request = world.asked[1]
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    names = re.findall(rb'Content-Disposition: form-data; name="([^"]*)"', request.content)
    assert names == [b"Content-Type", b"key", b"policy", b"file"]
    assert b'filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n' in request.content


def test_upload_elsewhere_goes_without_the_token() -> None:
    world = World()
    assert upload(world, S3, raw(XML, "application/xml", 201)) == "attachments/9/a & b.png"
    request = world.asked[1]
    assert request.url.host == "bucket.example.net"
    assert not {"authorization", "x-xurrent-account", "cookie"} & request.headers.keys()
    assert TOKEN.encode() not in request.content


def test_an_upload_is_repeated() -> None:
    """A file that no text claims does nothing."""
    world = World()
    failures = (httpx.ReadError("x"), raw(b"", status=503))
    assert upload(world, S3, *failures, raw(b"", status=201)) == "attachments/9/a.png"
    assert world.naps == [1, 2]


@pytest.mark.parametrize(
    "storage",
    [
        [],
        {},
        None,
        LOCAL | {"provider": "ftp"},
        LOCAL | {"size_limit": "100"},
        LOCAL | {"size_limit": -1},
        LOCAL | {"local": {"key": 5}},
        LOCAL | {"local": "x"},
        LOCAL | {"upload_uri": "http://api.example.com/v1/attachments"},
        LOCAL | {"upload_uri": "http://127.0.0.1/"},
        LOCAL | {"upload_uri": "file:///etc/passwd"},
        LOCAL | {"upload_uri": "https://user:pass@bucket.example.net/"},
        LOCAL | {"upload_uri": "https://[::1"},
    ],
    ids=repr,
)
def test_a_storage_that_is_none(storage: Any) -> None:
    world = World()
    with pytest.raises(AnswerError, match=r"^api\.example\.com: "):
        upload(world, storage, page({"key": "attachments/x"}))
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (raw(status=302, Location="https://evil.example/"), "takes no upload: 302"),
        (raw(b"s3cr3t", status=403), "takes no upload: 403"),
        (page({"key": "/etc/passwd"}), "took the upload and named no key"),
        (page({"key": 5}), "took the upload and named no key"),
        (page({"key": "attachments/" + "x" * 2048}), "took the upload and named no key"),
    ],
)
def test_an_upload_that_fails(answer: Canned, told: str) -> None:
    world = World()
    with pytest.raises(AnswerError) as caught:
        upload(world, LOCAL, answer)
    assert str(caught.value) == f"api.example.com: {told}"
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    ("name", "storage", "told"),
    [
        ("a.exe", LOCAL, "the API takes no files that end in .exe"),
        ("png", LOCAL, "has no extension"),
        ("a.png", LOCAL | {"size_limit": 3}, "4 bytes, and the API takes at most 3"),
    ],
)
def test_a_file_that_the_storage_does_not_take(name: str, storage: dict[str, Any], told: str) -> None:
    """It is told before anything is sent."""
    world = World()
    with pytest.raises(AssetError, match=re.escape(told)):
        upload(world, storage, name=name)
    assert len(world.asked) == 1
