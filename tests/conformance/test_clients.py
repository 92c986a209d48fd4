"""A public client of the API, unchanged, against ``appshelf api`` as a process: the PyPI package `xurrent`."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from processes import PROCESS_TOKEN, appshelf_api
from stores import several, write_store
from targets import copied_store, references, unique

requests = pytest.importorskip("requests", reason="needs the extra `conformance`")
core = pytest.importorskip("xurrent.core", reason="needs the extra `conformance`")

pytestmark = pytest.mark.conformance

NAMES = [
    *("!Urgent Relay", "alert intake", "Asset Bridge", "Chat Requests", "Directory Sync", "Legacy Import, CSV"),
    *("Log Note Dispatcher Integration", "mirror", "Mirror", "Straße Alarm", "STRASSE Relay", "Undated Clock"),
]
MANY = 230


def client(origin: str, token: str = PROCESS_TOKEN, **options: Any) -> Any:
    """Make the client as its documentation does, apart from a logger that leaves the root logger alone."""
    return core.XurrentApiHelper(
        f"{origin}/v1", api_key=token, api_account="wdc", logger=logging.getLogger("xurrent"), **options
    )


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with appshelf_api(copied_store(tmp_path_factory.mktemp("client"))) as address:
        yield address


@pytest.fixture
def api(origin: str) -> Any:
    return client(origin, resolve_user=False)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 230 offerings: three pages of a hundred."""
    folder = tmp_path_factory.mktemp("many") / "content"
    write_store(folder, {record["reference"]: record for record in several(MANY)})
    return folder


def test_it_starts(origin: str) -> None:
    """By default it asks who it is, and for that person's teams."""
    started = client(origin)
    assert started.api_user.id
    assert started.api_user_teams == []


def test_it_lists(api: Any) -> None:
    assert [record["name"] for record in api.api_call("/app_offerings") if record["id"] < 100] == NAMES


def test_it_lists_all_pages(many: Path) -> None:
    """Three pages of a hundred, and then pages whose addresses hold lists of fields and of sort keys."""
    with appshelf_api(many) as address:
        api = client(address, resolve_user=False)
        assert sorted(record["reference"] for record in api.api_call("/app_offerings")) == sorted(references(many))
        query = "/app_offerings?fields=name,reference&sort=-updated_at,id&id=>1"
        found = [record["id"] for record in api.api_call(query, per_page=7)]
        assert len(set(found)) == len(found) == MANY - 1


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"source": "catalogue"}, [12, 21]),
        ({"name": "Legacy Import, CSV"}, [14]),
        ({"updated_at": ">=2025-05-06T10:05:05+02:00", "id": "<100"}, [21, 22]),
        ({"fields": "name,sourceID", "id": "1,22", "sort": "-id"}, [22, 1]),
    ],
)
def test_it_filters(api: Any, query: dict[str, str], ids: list[int]) -> None:
    found = api.api_call(f"/app_offerings?{api.create_filter_string(query)}")
    assert [record["id"] for record in found] == ids


def test_it_asks_for_predefined_filters(api: Any) -> None:
    found = {record["id"] for record in api.api_call("/app_offerings/latest_published?fields=id&id=<100")}
    assert found == {1, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22}


def test_it_gets_by_id_and_by_nodeid(api: Any) -> None:
    """It writes ``per_page`` behind a nodeID, and reads nodeIDs itself."""
    record = api.api_call("/app_offerings/1")
    assert (record["id"], record["reference"]) == (1, "note-dispatcher")
    assert api.decode_api_id(record["nodeID"]).endswith("/AppOffering/1")
    assert api.api_call(f"/app_offerings/{record['nodeID']}") == record


def test_it_creates_and_updates(api: Any) -> None:
    reference = unique()
    made = api.api_call(
        "/app_offerings",
        "POST",
        {
            "name": "Made by a client",
            "reference": reference,
            "service_instance_id": 83,
            "policy_jwt_alg": "es384",
            "webhook_uri_template": "https://hooks.widget.example.com/{account}",
        },
    )
    assert (made["reference"], made["disabled"], made["card_description"]) == (reference, False, None)
    changed = api.api_call(f"/app_offerings/{made['id']}", "PATCH", {"card_description": "Changed", "disabled": "true"})
    assert (changed["card_description"], changed["disabled"], changed["name"]) == ("Changed", True, made["name"])
    assert api.api_call(f"/app_offerings/{made['id']}") == changed
    assert api.api_call(f"/app_offerings?reference={reference}&fields=id") == [{"id": made["id"], "disabled": True}]


def test_it_is_told_what_is_wrong(api: Any) -> None:
    with pytest.raises(requests.exceptions.HTTPError) as refused:
        api.api_call("/app_offerings", "POST", {"name": ""})
    answer = refused.value.response
    assert answer.status_code == 422
    assert ["name", "can't be blank"] in answer.json()["errors"]


def test_it_is_not_let_in_with_another_token(origin: str) -> None:
    with pytest.raises(requests.exceptions.HTTPError) as refused:
        client(origin, "another-token", resolve_user=False).api_call("/app_offerings")
    assert (refused.value.response.status_code, refused.value.response.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize(
    ("fault", "status", "retry_after", "kind", "body"),
    [
        ("429", 429, "1", "application/json; charset=utf-8", '{"message":"Too Many Requests"}'),
        ("503", 503, None, "text/html", "<html>"),
    ],
)
def test_a_fault_is_what_the_platform_answers(
    tmp_path: Path, fault: str, status: int, retry_after: str | None, kind: str, body: str
) -> None:
    with appshelf_api(copied_store(tmp_path), "--fault", fault) as address, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {PROCESS_TOKEN}"
        answers = [session.get(f"{address}/v1/app_offerings/1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, status]
    assert answers[2].headers.get("Retry-After") == retry_after
    assert answers[2].headers["Content-Type"].startswith(kind)
    assert answers[2].text.startswith(body)


def test_it_meets_429_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every third request is refused, once with ``Retry-After`` and once without; nothing is missed or repeated."""
    with appshelf_api(copied_store(tmp_path), "--fault", "429") as address:
        api = client(address, resolve_user=False)
        with caplog.at_level(logging.WARNING, "xurrent"):
            found = api.api_call("/app_offerings", per_page=2)
        assert [record["name"] for record in found] == NAMES
        assert caplog.messages.count("Rate limit reached. Retrying after 1 seconds...") == len(caplog.messages) >= 2
        changed = [api.api_call("/app_offerings/1", "PATCH", {"features": f"No. {number}"}) for number in range(3)]
        assert [record["features"] for record in changed] == ["No. 0", "No. 1", "No. 2"]
