"""Who may ask the API, and how much they may say; and that no answer or log tells what it should not."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_stores import ORIGIN, TOKEN, Served, api, message
from generator.api_guard import Allowance
from stores import offering, several, write_store

JSON_TYPE = "application/json"
JSON = {"Content-Type": JSON_TYPE}
STEPS = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e%252f",
    "..%c0%af",
    "%uff0e%uff0e/",
    "..;/",
)
NEW = {
    "name": "Dawn",
    "policy_jwt_alg": "rs256",
    "service_instance_id": 83,
    "webhook_uri_template": "https://hooks.example.com/",
}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "secret.txt").write_text("the secret of this machine")
    return write_store(
        folder / "content",
        {"dusk": offering(reference="dusk")},
        files={"offerings/dusk/attachments/a.txt": "attached", ".env": "KEY=hidden"},
    )


@pytest.fixture(scope="module")
def served(content: Path) -> Iterator[Served]:
    with Served(content) as served:
        yield served


@pytest.mark.parametrize(
    ("host", "listens", "status"),
    [
        ("127.0.0.1:8001", "127.0.0.1", 200),
        ("localhost", "127.0.0.1", 200),
        ("[::1]:8001", "127.0.0.1", 200),
        ("evil.example", "127.0.0.1", 403),
        ("127.0.0.1.evil.example", "127.0.0.1", 403),
        ("192.0.2.7", "127.0.0.1", 403),
        ("192.0.2.7", "0.0.0.0", 200),  # noqa: S104
        ("evil.example", "0.0.0.0", 403),  # noqa: S104
        ("", "127.0.0.1", 403),
        ("127.0.0.1, evil.example", "127.0.0.1", 403),
        ("127.0.0.1@evil.example", "127.0.0.1", 403),
    ],
)
def test_the_host_must_be_ours(content: Path, host: str, listens: str, status: int) -> None:
    assert api(content, host=listens).get("/v1", headers={"Host": host}).status_code == status


def test_two_hosts_are_refused(content: Path, served: Served) -> None:
    two = [("Host", "127.0.0.1:8001"), ("Host", "evil.example"), ("Authorization", f"Bearer {TOKEN}")]
    client = api(content)
    client.headers.clear()
    assert client.get("/v1", headers=two).status_code == 403
    assert served.raw(b"GET /v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:8001", "http://localhost:8001", ""]
)
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("POST", JSON),
        ("PATCH", JSON),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("POST", {"Content-Type": "text/plain"}),
        ("OPTIONS", {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}),
    ],
)
def test_another_sites_page_gets_nothing(content: Path, origin: str, method: str, headers: dict[str, str]) -> None:
    """Even with the token: a 403 that no page may read, and nothing is written."""
    client = api(content)
    for path in ("/v1/app_offerings", "/v1/app_offerings/1"):
        answer = client.request(method, path, headers={**headers, "Origin": origin}, content=b"{}")
        assert (answer.status_code, message(answer)) == (403, "Forbidden")
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_our_own_page_may_ask(content: Path) -> None:
    assert api(content).get("/v1", headers={"Origin": ORIGIN}).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        [TOKEN],
        ["Bearer"],
        ["Bearer "],
        [f"Basic {TOKEN}"],
        [f"Bearer {TOKEN}x"],
        [f"Bearer {TOKEN[:-1]}"],
        ["Bearer ünïcödé"],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
    ],
)
def test_without_the_token_there_is_nothing(content: Path, values: list[str]) -> None:
    client = api(content)
    del client.headers["Authorization"]
    headers = [("Authorization", value.encode()) for value in values]
    for method, path in (("GET", "/v1"), ("GET", "/v1/app_offerings/1"), ("POST", "/v1/app_offerings"), ("GET", "/x")):
        answer = client.request(method, path, headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "X-RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_scheme_is_read_in_any_case(content: Path, scheme: str) -> None:
    assert api(content).get("/v1", headers={"Authorization": f"{scheme} {TOKEN}"}).json() == {}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json; charset=utf-8"}, b"{}", 422),
        ({"Content-Type": 'Application/JSON; charset="UTF-8"'}, b"{}", 422),
        ({"Content-Type": "application/json; charset=utf-16"}, b"{}", 415),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"name=x", 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ({"Content-Type": ""}, b"{}", 415),
        ({"Content-Type": "application/jsonp"}, b"{}", 415),
        ({**JSON, "Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0), 415),
        ({**JSON, "Content-Encoding": "identity"}, b"{}", 422),
        (JSON, b"", 400),
        (JSON, b'{"name": NaN}', 400),
        (JSON, b'{"name": "a", "name": "b"}', 400),
        (JSON, '{"name": "a"}'.encode("utf-16"), 400),
        (JSON, b"\xef\xbb\xbf{}", 400),
        (JSON, b'{"name": "\xff"}', 400),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"name": ' + b"9" * 5000 + b"}", 400),
        (JSON, b"[{}]", 400),
        (JSON, b'"name"', 400),
        (JSON, b'{"name": "\\ud800"}', 422),
        (JSON, b'{"\\ud800": 1}', 422),
        (JSON, b'{"description": "' + b"x" * 1024 * 1024 + b'"}', 413),
    ],
    ids=(
        "charset", "quoted charset", "UTF-16", "text", "form", "multipart", "no type", "JSONP", "gzip", "identity",
        "empty", "NaN", "key twice", "UTF-16 bytes", "byte order mark", "no UTF-8", "deep", "4,301 digits", "list",
        "string", "half a character", "half a key", "over 1 MiB",
    ),
)  # fmt: skip
def test_what_a_body_may_be(content: Path, headers: dict[str, str], body: bytes, status: int) -> None:
    client = api(content)
    for method, path in (("POST", "/v1/app_offerings"), ("PATCH", "/v1/app_offerings/1")):
        answer = client.request(method, path, headers=headers, content=body)
        if method == "PATCH" and body == b"{}" and status == 422:
            assert answer.status_code == 200
        else:
            assert answer.status_code == status, answer.text
            assert message(answer)


def memory(served: Served) -> int:
    """Return the most memory that the process has had, in KiB."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@pytest.mark.long
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"Content-Length: 1073741824", b"x" * 65536),
        (b"Content-Length: 99999999999999999999", b"x"),
        (b"Transfer-Encoding: chunked", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        (b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    ],
    ids=["1 GB", "more than there is", "endless", "endless gzip"],
)
@pytest.mark.parametrize("start", ["POST /v1/app_offerings", "GET /v1/app_offerings", "PATCH /v1/app_offerings/1"])
def test_a_body_without_end_is_not_taken_in(served: Served, start: str, head: bytes, piece: bytes) -> None:
    """It is refused before it is read, in little memory, and the connection ends."""
    called = (
        f"{start} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    )
    before = memory(served)
    answer = served.raw([called.encode() + head + b"\r\n\r\n", *[piece] * 2000])
    assert re.match(rb"HTTP/1\.1 (413|415|400) ", answer), answer[:300]
    assert memory(served) - before < 40_000
    with served.client() as client:
        assert client.get("/v1").status_code == 200


@pytest.mark.parametrize("prefix", ["/", "/v1/", "/v1/app_offerings/", "/v1/files/1/", "/v1/attachments/"])
@pytest.mark.parametrize("step", STEPS)
def test_no_path_leads_to_a_file(served: Served, prefix: str, step: str) -> None:
    """Whatever is asked for, an address is looked up among those that exist, and never becomes a path."""
    call = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    for target in ("secret.txt", "content/.env", "etc/passwd", "offerings/dusk/offering.toml"):
        for times in (1, 3, 12):
            answer = served.raw(f"GET {prefix}{step * times}{target} HTTP/1.1\r\n{call}".encode())
            assert re.match(rb"HTTP/1\.1 40[0345] ", answer), answer[:200]
            assert not re.search(rb"secret of|hidden|root:|policy_jwt", answer)


@pytest.mark.parametrize(
    "path",
    ["x" * 9000, "%00", "a%0d%0aX-Evil:1", "%ff%fe", "1/1", "１", "-1", "0", "9" * 300],
    ids=lambda path: path[:12],
)
def test_strange_ids_are_not_found(content: Path, path: str) -> None:
    answer = api(content).get(f"/v1/app_offerings/{path}", follow_redirects=False)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_what_is_left_is_told() -> None:
    now = [1000.0]
    allowance = Allowance(lambda: now[0])
    first = allowance.spend()
    assert first == {"X-RateLimit-Limit": "3600", "X-RateLimit-Remaining": "3599", "X-RateLimit-Reset": "4600"}
    for _ in range(4000):
        last = allowance.spend()
    assert last["X-RateLimit-Remaining"] == "0"
    now[0] = 4600
    assert allowance.spend() == first | {"X-RateLimit-Reset": "8200"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/app_offerings/1", "GET, HEAD, OPTIONS, PATCH, PUT"),
        ("PATCH", "/v1/app_offerings", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/v1", "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/v1/app_offerings", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_other_methods_are_told_which_there_are(content: Path, method: str, path: str, allowed: str) -> None:
    answer = api(content).request(method, path, headers=JSON)
    assert answer.headers["Allow"] == allowed
    assert answer.status_code == (204 if method == "OPTIONS" else 405)


def test_head_is_get_without_its_body(content: Path, served: Served) -> None:
    for path in ("/v1/app_offerings", "/v1/app_offerings/1", "/v1/app_offerings/none"):
        got, headed = (api(content).request(method, path) for method in ("GET", "HEAD"))
        assert headed.content == b""
        same = ("content-length", "content-type", "etag", "x-pagination-total-entries")
        assert [headed.headers.get(name) for name in same] == [got.headers.get(name) for name in same]
        assert headed.status_code == got.status_code
    with served.client() as client:
        assert client.head("/v1/app_offerings").headers["x-pagination-total-entries"] == "1"


def test_neither_token_nor_signature_is_told(content: Path) -> None:
    """Not in the terminal, not with a query, an upload or a wrong token; and no control character reaches it."""
    with Served(content) as served, served.client() as client:
        client.get("/v1/app_offerings", params={"token": TOKEN})
        address = client.get("/v1/app_offerings/1").json()["attachments"][0]["uri"]
        assert client.get(address).content == b"attached"
        upload = client.get("/v1/attachments/storage").json()["upload_uri"]
        client.post(upload, files={"file": b"x"})
        client.get("/v1/a%1b%5b2Jb")
        client.get("/v1", headers={"Authorization": "Bearer another"})
        told = "".join(served.end())
    assert "GET    /v1/files/1/attachments/a.txt" in told
    assert not [
        it for it in (TOKEN, "another", address.partition("signature=")[2], upload.rpartition(".")[2]) if it in told
    ]
    assert "\x1b" not in told


def test_no_message_names_a_file(content: Path, tmp_path: Path) -> None:
    """Not when an offering is broken, not when nothing can be written."""
    copy = write_store(tmp_path / "content", several(2))
    client = api(copy)
    (copy / "offerings/wdc_app_1/offering.toml").write_text("name =")
    broken = client.patch("/v1/app_offerings/1", json={"name": "New"})
    client.get("/v1/app_offerings/2")
    (copy / "offerings/wdc_app_2/description.md").mkdir()
    failed = client.patch("/v1/app_offerings/2", json={"description": "New"})
    (copy / "offerings").rename(copy / "gone")
    absent = client.post("/v1/app_offerings", json=NEW)
    assert [broken.status_code, failed.status_code, absent.status_code] == [409, 409, 500]
    for answer in (broken, failed, absent):
        assert not re.search(r"/|\.toml|\.md|content|tmp", message(answer)), answer.text
