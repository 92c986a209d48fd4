"""The client against a broken or hostile API: every case ends, in words of ours, and no other learns the token."""

import base64
import gzip
import itertools
import json
import logging
import pickle
import re
import traceback
from typing import Any

import httpx
import pytest

from api_doubles import API, TOKEN, Canned, Handler, World, ids, in_turn, page, raw
from generator.api_requests import ApiRequests, Endpoint
from generator.credentials import ClientCredentials, Secret
from generator.errors import (
    AccessError,
    AnswerError,
    ConflictError,
    ConnectionFailedError,
    DeadlineError,
    FieldsError,
    InputError,
    NotFoundError,
    RateLimitError,
    RemoteError,
    StatusError,
    TooLargeError,
)
from generator.filters import Condition, SortKey
from generator.pacing import PLATFORM
from generator.paging import ApiRecord, ListPage, walk
from generator.patience import Patience, Timing
from stores import offering

LIST = f"{API}/app_offerings"


def failing(world: World, handler: Handler, **settings: Any) -> RemoteError:
    """List everything, and return the error that it ends with; nobody may learn the token from it."""
    with pytest.raises(RemoteError) as caught:
        list(world.client(handler, **settings).list())
    refuse_secrets(caught.value)
    return caught.value


def refuse_secrets(error: BaseException) -> None:
    told = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    for secret in (TOKEN, base64.b64encode(TOKEN.encode()).decode(), "s3cr3t"):
        assert secret not in told
    assert not re.search(r"\?(?! |\)|$)", str(error)), "no query of an address"


def endless(request: httpx.Request) -> Canned:
    """Answer with one more new record and one more page, for ever."""
    number = int(request.url.params.get("search_after", 0)) + 1
    return page([{"id": number}], to=f"{LIST}?search_after={number}")


# ------------------------------------------------------------------------------------------------- what is asked


def test_what_a_list_asks_for() -> None:
    """The fields that are wanted alone, and few records a page when texts are."""
    world = World()
    client = world.client(lambda request: page([]))
    list(client.list())
    list(client.list(fields=("name", "updated_at"), view="latest_published"))
    list(client.list(fields=("reference", "features")))
    list(client.list(("id",), [Condition("name", "=", ("a&b, ü",))], [SortKey("updated_at", descending=True)]))
    list(client.list(per_page=3))
    assert world.told == [
        "GET /v1/app_offerings?per_page=100",
        "GET /v1/app_offerings/latest_published?fields=name,updated_at&per_page=100",
        "GET /v1/app_offerings?fields=reference,features&per_page=25",
        "GET /v1/app_offerings?fields=id&name=a%26b%2C%20%C3%BC&sort=-updated_at&per_page=100",
        "GET /v1/app_offerings?per_page=3",
    ]
    for request in world.asked:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["x-xurrent-account"] == "wdc"
        assert request.headers["accept"] == "application/json"
        assert request.headers["accept-encoding"] == "gzip"


def test_pages_are_asked_for_when_they_are_needed() -> None:
    world = World()
    records = world.client(endless).list()
    assert (next(records).id, next(records).id) == (1, 2)
    assert len(world.asked) == 2


def test_a_list_over_its_pages() -> None:
    """In the API's order; a record that was renamed on the way, and is met again, is given once."""
    world = World()
    handler = in_turn(
        page([{"id": 3, "name": "a"}, {"id": 1}], to="?search_after=1"),
        page([], to="/v1/app_offerings?search_after=2"),
        page([{"id": 3, "name": "z"}, {"id": 2}]),
    )
    records = list(world.client(handler).list())
    assert ids(records) == [3, 1, 2]
    assert records[0].fields == {"id": 3, "name": "a"}
    assert [it.removeprefix("GET /v1/app_offerings?") for it in world.told] == [
        "per_page=100", "search_after=1", "search_after=2",
    ]  # fmt: skip


def test_get() -> None:
    world = World()
    client = world.client(lambda request: page({"id": 7, "name": "x", "later": [1]}, ETag='"abc"'))
    record = client.get(7, fields=("name",))
    assert (record.id, record.fields["later"], record.etag) == (7, [1], '"abc"')
    assert client.get("eHVycmVudC9BcHBPZmZlcmluZy83").id == 7
    assert world.told == ["GET /v1/app_offerings/7?fields=name", "GET /v1/app_offerings/eHVycmVudC9BcHBPZmZlcmluZy83"]


@pytest.mark.parametrize("identifier", ["", ".", "..", "../admin", "a/b", "7?x", "%2e%2e", "ü", -1, "x" * 300])
def test_get_leaves_its_path_for_nobody(identifier: Any) -> None:
    world = World()
    with pytest.raises(ValueError, match="neither an id nor a nodeID"):
        world.client(lambda request: page({"id": 1})).get(identifier)
    assert world.asked == []


def test_get_refuses_another_record() -> None:
    with pytest.raises(AnswerError, match="the record 8 instead of 7"):
        World().client(lambda request: page({"id": 8})).get(7)


def test_a_record_as_an_offering() -> None:
    """Every field is checked, blanks are null, and what a later version of the API adds is kept."""
    whole = offering(id=7, disabled=None, attachments=None, policy_jwt_alg=None, nodeID="x", later={"a": 1})
    value = World().client(in_turn(page(whole))).get(7).offering("api.example.com")
    assert (value.id, value.disabled, value.attachments, value.node_id) == (7, False, (), "x")
    assert value.model_extra == {"later": {"a": 1}}
    wrong = whole | {"disabled": "yes", "policy_jwt_alg": "none", "name": None}
    with pytest.raises(InputError) as caught:
        World().client(in_turn(page(wrong))).get(7).offering("api.example.com")
    assert [str(problem) for problem in caught.value.problems] == [
        'api.example.com record 7: disabled: expected true or false, got the text "yes"',
        "api.example.com record 7: name: expected text, got null",
        'api.example.com record 7: policy_jwt_alg: "none" is none of rs256, rs384, rs512, es256, es384 or es512',
    ]


# ------------------------------------------------------------------------------------------------- lists that lie

LYING: dict[str, tuple[Handler, str]] = {
    "next-is-itself": (lambda r: page([{"id": 1}], to=str(r.url)), "leads back to a page"),
    "next-is-itself-and-empty": (lambda r: page([], to=str(r.url)), "leads back to a page"),
    "cycle": (
        in_turn(page([{"id": 1}], to="?p=2"), page([{"id": 2}], to="?p=3"), page([{"id": 3}], to="?p=2")),
        "leads back to a page",
    ),
    "cycle-with-new-addresses": (
        lambda r: page([{"id": 1}], to=f"?p={int(r.url.params.get('p', 0)) + 1}"),
        "goes on and brings nothing new",
    ),
    "two-nexts": (
        lambda r: page([], Link='<?p=2>; rel="next", <?p=3>; rel="next"'),
        "Link header names two different next pages",
    ),
    "broken-link": (lambda r: page([], Link='<?p=2>; rel="next'), "Link header holds a link that cannot be read"),
    "id-twice": (lambda r: page([{"id": 1}, {"id": 1}]), "a page that holds one id twice"),
    "no-id": (lambda r: page([{"id": 1}, {"name": "x"}]), "record 2 of a page has no id"),
    "no-record": (lambda r: page([None]), "record 1 of a page is no object"),
    "object-for-a-list": (lambda r: page({"app_offerings": []}), "something else than a list of records"),
    "null": (lambda r: page(None), "something else than a list of records"),
    "link-dropped": (
        lambda r: page([{"id": 1}], X_Pagination_Total_Entries="500"),
        "the list ends after 1 records, and says that there are 500",
    ),
    "empty-where-there-are-500": (
        lambda r: page([], X_Pagination_Total_Entries="500"),
        "the list ends after 0 records, and says that there are 500",
    ),
}


@pytest.mark.parametrize(("handler", "reason"), LYING.values(), ids=LYING)
def test_lists_that_lie(handler: Handler, reason: str) -> None:
    """None is taken for the whole catalogue, and none is read for ever."""
    world = World()
    error = failing(world, handler)
    assert type(error) is AnswerError
    assert str(error).startswith("api.example.com: ")
    assert reason in str(error)
    assert len(world.asked) <= 101


@pytest.mark.parametrize("is_empty", [False, True], ids=["new-records", "no-records"])
def test_endless_lists(is_empty: bool) -> None:
    pages = itertools.count(2)

    def fetch(address: httpx.URL) -> ListPage:
        number = next(pages)
        return ListPage(() if is_empty else (ApiRecord(number, {}),), httpx.URL(f"{LIST}?p={number}"), None)

    with pytest.raises(AnswerError, match=r"^api\.example\.com: the list has more than 4,000 pages$"):
        list(walk(fetch, httpx.URL(LIST)))
    assert next(pages) == 4002


@pytest.mark.parametrize("number", ["1", 1.0, True, None, 0, -1, 2**63, 2**70, [1], {"id": 1}], ids=repr)
def test_ids_that_are_none(number: object) -> None:
    error = failing(World(), lambda request: page([{"id": number}]))
    assert "record 1 of a page has an id that is no whole number" in str(error)


@pytest.mark.parametrize("total", ["", "-5", "1e3", "٣", "9" * 5000, "0", "1"])
def test_a_total_that_says_nothing_else_hinders_nobody(total: str) -> None:
    answer = page([{"id": 1}], X_Pagination_Total_Entries=total)
    assert ids(World().client(in_turn(answer)).list()) == [1]


ELSEWHERE = [
    "https://evil.example/v1/app_offerings",
    "http://api.example.com/v1/app_offerings",
    "https://api.example.com:444/v1/app_offerings",
    "//evil.example/v1/app_offerings",
    "https://api.example.com@evil.example/v1/",
    "https://user@api.example.com/v1/app_offerings",
    "/admin",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_next_page_elsewhere_is_never_asked(target: str) -> None:
    """The token is seen by the API's own origin alone."""
    world = World()
    assert type(failing(world, lambda request: page([{"id": 1}], to=target))) is AnswerError
    assert {(request.url.scheme, request.url.netloc) for request in world.asked} == {("https", b"api.example.com")}
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    "address", ["https://evil.example/v1/x", "http://api.example.com/v1", "https://api.example.com:1"]
)
def test_the_token_goes_to_its_own_origin_alone(address: str) -> None:
    """Whoever asks, whatever for: this is looked at once more where the token is added."""
    world = World()
    http = httpx.Client(transport=httpx.MockTransport(lambda request: raw().sent()))
    requests = ApiRequests(http, Endpoint(API, credentials=world.credentials), Patience(Timing(world.sleep)))
    with pytest.raises(AnswerError, match="leads to another origin, which must not see the token"):
        requests.send("GET", httpx.URL(address), "whenever it failed")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["https://evil.example/v1?token=x", "/v1/other", "", None])
def test_redirects_are_never_followed(status: int, target: str | None) -> None:
    world = World()
    headers = {} if target is None else {"Location": target}
    error = failing(world, lambda request: raw(status=status, **headers))
    assert type(error) is AnswerError
    assert "GET /app_offerings: answered with a redirect" in str(error)
    assert "which is not followed" in str(error)
    assert "token=x" not in str(error)
    assert len(world.asked) == 1


def test_a_redirect_to_no_address_at_all() -> None:
    error = failing(World(), lambda request: raw(status=302, Location="https://[::1/s3cr3t"))
    assert str(error) == "api.example.com: the connection broke off, or did not speak HTTP"


# ------------------------------------------------------------------------------------------------- what is no answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(raw(b"<html>Log in", "text/html; charset=utf-8"), "a web page instead of JSON", id="login-page"),
        pytest.param(raw(b"<html>Log in"), "the answer is no JSON at character 0", id="login-page-in-disguise"),
        pytest.param(raw(b"%PDF", "application/pdf"), "another kind of file instead of JSON", id="pdf"),
        pytest.param(raw(status=204), "answered 204, where 200 was expected", id="204"),
        pytest.param(page([], status=201), "answered 201, where 200 was expected", id="201"),
        pytest.param(page([], status=206), "answered 206, where 200 was expected", id="206"),
        pytest.param(raw(b""), "the answer is empty", id="empty"),
        pytest.param(raw(b'[{"id": 1}, {"id'), "as if it broke off", id="truncated"),
        pytest.param(raw('[{"id": 1}]'.encode("utf-16")), "is UTF-16", id="UTF-16"),
        pytest.param(raw(b'[{"id": 1, "x": NaN}]'), "holds NaN", id="NaN"),
        pytest.param(raw(b'[{"id": 1, "id": 2}]'), "holds a key twice", id="key-twice"),
        pytest.param(raw(b"[" * 100_000), "is nested more than", id="deep"),
        pytest.param(raw(b'[{"id": ' + b"1" * 4301 + b"}]"), "a number of more than", id="digits"),
        pytest.param(raw(b"[]", Content_Encoding="br"), "a packing that was not asked for", id="brotli"),
        pytest.param(raw(b"[]", Content_Encoding="gzip"), "broken gzip", id="no-gzip"),
    ],
)
def test_what_is_no_answer(answer: Canned, reason: str) -> None:
    """It is told at once: asking again would bring the same."""
    world = World()
    error = failing(world, in_turn(answer))
    assert type(error) is AnswerError
    assert reason in str(error)
    assert world.naps == []


def test_a_byte_order_mark_and_gzip_are_read() -> None:
    packed = gzip.compress(b'\xef\xbb\xbf[{"id": 1}]')
    answer = raw(packed, "application/vnd.api+json", Content_Encoding="gzip")
    assert ids(World().client(in_turn(answer)).list()) == [1]


def test_a_page_over_32_mebibytes() -> None:
    packed = gzip.compress(b" " * ((32 << 20) + 1))
    error = failing(World(), in_turn(raw(packed, Content_Encoding="gzip")))
    assert type(error) is TooLargeError
    assert str(error) == "api.example.com: answered with more than 33,554,432 bytes"


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, {"message": "Unknown fields: x"}, StatusError, "400 Bad Request: Unknown fields: x"),
        (401, {"message": "Unauthorized"}, AccessError, "401 Unauthorized (is the token right, and the account?)"),
        (403, {"message": "Forbidden"}, AccessError, "403 Forbidden (is the token right, and the account?)"),
        (404, {"message": "Not Found"}, NotFoundError, "404 Not Found"),
        (409, {"message": "Changed"}, ConflictError, "409 Conflict: Changed"),
        (412, {"message": "Changed"}, ConflictError, "412 Precondition Failed: Changed"),
        (418, None, StatusError, "418 I'm a Teapot"),
        (499, ["x"], StatusError, "499"),
        (400, {"message": ["x"], "errors": "y"}, StatusError, "400 Bad Request"),
        (
            400,
            {"message": f"no {TOKEN} at https://x.example/?a=b\x07"},
            StatusError,
            "400 Bad Request: no … at https://x.example/…",
        ),
        (
            422,
            {"message": "Validation Failed", "errors": [["name", "can't be blank"], ["x"], [1, 2], "y", ["a", "b"]]},
            FieldsError,
            "422 Unprocessable Content: Validation Failed; name can't be blank; a b",
        ),
    ],
)
def test_an_answer_that_says_no(status: int, body: object, kind: type[StatusError], told: str) -> None:
    """It is passed on in its own words, without secrets, and not asked again."""
    world = World()
    error = failing(world, lambda request: page(body, status=status))
    assert type(error) is kind
    assert isinstance(error, StatusError)
    assert str(error).replace("Entity", "Content") == f"api.example.com: GET /app_offerings: {told}"
    assert error.status == status
    assert len(world.asked) == 1
    if status == 422:
        assert error.errors == (("name", "can't be blank"), ("a", "b"))


def test_without_a_token() -> None:
    """A local server may ask for none."""
    world = World(credentials=None)
    error = failing(world, lambda request: page({"message": "Unauthorized"}, status=401))
    assert str(error).endswith("401 Unauthorized (no token was sent; set APPSHELF_API_TOKEN)")
    assert "authorization" not in world.asked[0].headers


# ------------------------------------------------------------------------------------------------- asked again

BUSY = page({"message": "Too Many Requests"}, status=429)
DOWN = raw(b"<html>502 Bad Gateway", "text/html", status=502)


def told_to_wait(header: str, status: int = 429) -> Canned:
    return page({"message": "x"}, status=status, Retry_After=header)


@pytest.mark.parametrize(
    ("failures", "naps"),
    [
        pytest.param([told_to_wait("7")] * 2, [7, 7], id="seconds"),
        pytest.param([told_to_wait("0"), told_to_wait("120")], [0, 120], id="the-least-and-the-most"),
        pytest.param([told_to_wait("Thu, 01 Jan 2026 00:00:09 GMT")], [9], id="date"),
        pytest.param([told_to_wait("7", 503)], [7], id="503"),
        pytest.param([BUSY] * 4, [1, 2, 4, 8], id="none"),
        pytest.param([told_to_wait("Wed, 31 Dec 2025 23:00:00 GMT")], [1], id="past"),
        pytest.param([told_to_wait("-7"), told_to_wait("1000000000"), told_to_wait("soon")], [1, 2, 4], id="nonsense"),
        pytest.param([DOWN] * 4, [1, 2, 4, 8], id="502"),
        pytest.param([page({}, status=500), raw(b"", status=599)], [1, 2], id="500-and-599"),
        pytest.param([httpx.ConnectError("x"), httpx.ReadError("x")], [1, 2], id="no-connection"),
        pytest.param([httpx.RemoteProtocolError("x"), httpx.ReadTimeout("x")], [1, 2], id="broken"),
    ],
)  # fmt: skip
def test_failures_that_pass(failures: list[Canned | Exception], naps: list[float]) -> None:
    """Up to four are waited out, as long as the API asks, or longer each time."""
    world = World()
    assert ids(world.client(in_turn(*failures, page([{"id": 1}]))).list()) == [1]
    assert world.naps == naps


@pytest.mark.parametrize(
    ("failure", "kind", "told"),
    [
        pytest.param(BUSY, RateLimitError, "GET /app_offerings: 429 Too Many Requests", id="429"),
        pytest.param(DOWN, StatusError, "GET /app_offerings: 502 Bad Gateway", id="502"),
        pytest.param(httpx.ConnectError(TOKEN), ConnectionFailedError, "no connection (not reachable)", id="connect"),
        pytest.param(httpx.ReadError(TOKEN), ConnectionFailedError, "the connection broke off", id="reset"),
        pytest.param(httpx.ReadTimeout(TOKEN), DeadlineError, "no answer for 15 seconds, or not whole", id="silence"),
    ],
)
def test_failures_that_stay(failure: Canned | Exception, kind: type[RemoteError], told: str) -> None:
    """Five tries, and no more."""
    world = World()
    error = failing(world, in_turn(failure))
    assert type(error) is kind
    assert str(error).startswith(f"api.example.com: {told}")
    assert len(world.asked) == 5
    assert world.naps == [1, 2, 4, 8]


def test_every_page_has_its_own_tries() -> None:
    world = World()
    handler = in_turn(*[BUSY] * 4, page([{"id": 1}], to="?p=2"), *[DOWN] * 4, page([{"id": 2}]))
    assert ids(world.client(handler).list()) == [1, 2]


def test_a_minute_that_is_spent_is_not_spent_again() -> None:
    """A host that lets its answer drip for the whole time of a request will do so the next time."""
    world = World()

    def drips(request: httpx.Request) -> Canned:
        assert request.extensions["deadline"] == 60
        world.seconds += 60
        raise httpx.ReadTimeout("x")

    assert type(failing(world, drips)) is DeadlineError
    assert len(world.asked) == 1


def test_ten_minutes_a_sync() -> None:
    """However slowly it goes on, and whatever it asks to wait for: the end comes, and is not waited for."""
    world = World()

    def slow(request: httpx.Request) -> Canned:
        world.seconds += 14
        return endless(request)

    error = failing(world, slow)
    assert str(error) == "api.example.com: not done after 10 minutes"
    assert 600 <= world.seconds - 1000 < 615
    assert world.asked[-1].extensions["deadline"] == 12

    world = World()
    error = failing(world, in_turn(*[told_to_wait("120")] * 4, page([{"id": 1}], to="?p=2"), told_to_wait("120")))
    assert str(error) == "api.example.com: would be done only after 10 minutes"
    assert world.naps == [120] * 4


def test_pace() -> None:
    """At most 18 requests in any two seconds: the platform refuses more than about 20."""
    world = World()
    moments = []

    def handler(request: httpx.Request) -> Canned:
        moments.append(world.seconds)
        world.seconds += 0.01
        return endless(request)

    records = world.client(handler, pace=PLATFORM).list()
    assert [next(records).id for _ in range(100)] == list(range(1, 101))
    assert max(len([other for other in moments if moment <= other < moment + 2]) for moment in moments) == 18
    assert moments[-1] - moments[0] < 2 * 100 / 18


# ------------------------------------------------------------------------------------------------- secrets


def test_no_log_tells_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = World()
    handler = in_turn(page([{"id": 1}], to="?search_after=s3cr3t"), BUSY, page({"message": TOKEN}, status=404))
    refuse_secrets(failing(world, handler))
    assert caplog.text == ""


def test_secrets_show_themselves_nowhere() -> None:
    secret = Secret(TOKEN)
    world = World(credentials=ClientCredentials(secret, Secret("other")))
    client = world.client(lambda request: page([]), oauth_url="https://oauth.example.com/token")
    shown = (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        repr(world.credentials),
        repr(client),
        str(vars(client)),
    )
    assert not [it for it in shown if TOKEN in it]
    assert secret == Secret(TOKEN) != Secret("x")
    assert len({secret, Secret(TOKEN)}) == 1
    with pytest.raises(TypeError, match="a secret is not handed to another process"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps({"token": secret})


def test_cookies_and_credentials_of_addresses_play_no_part() -> None:
    world = World()
    answers = in_turn(page([{"id": 1}], to="?p=2", Set_Cookie="a=b"), page([{"id": 2}]))
    assert ids(world.client(answers).list()) == [1, 2]
    assert all("cookie" not in request.headers for request in world.asked)
