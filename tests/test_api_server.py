"""``appshelf api`` as a person and a client meet it: in a terminal, on a port, with faults, and killed."""

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from api_stores import SECONDS, TOKEN, Served, api, application, message
from generator.api_faults import Faults
from stores import several, write_store

WORDS = ["first", "second", "third"]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_store(tmp_path / "content", several(3))


def until(holds: Callable[[], bool]) -> None:
    """Ask again until it holds; a test that waits longer than `SECONDS` has failed."""
    for _ in range(SECONDS * 20):
        if holds():
            return
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "0.05"], timeout=SECONDS, check=True)
    raise AssertionError("it never came to be")


# --- The command


def test_it_says_where_it_is_and_how_it_is_asked(content: Path) -> None:
    """A token that was made for the run is shown once, and works; one that was set is not shown."""
    with Served(content, token=None) as served:
        assert served.process.stdout
        lines = [served.process.stdout.readline().rstrip() for _ in range(4)]
        assert lines[0] == "  serves     3 app offerings"
        made = re.fullmatch(r"  token      (\S{32})  \(for this run; set APPSHELF_API_TOKEN to choose one\)", lines[1])
        assert made
        assert lines[2] == f'  ask        curl -H "Authorization: Bearer {made[1]}" {served.origin}/v1/app_offerings'
        assert lines[3] == f"  described  {served.origin}/"
        answer = httpx.get(f"{served.origin}/v1/app_offerings", headers={"Authorization": f"Bearer {made[1]}"})
        assert len(answer.json()) == 3
        assert httpx.get(f"{served.origin}/v1/app_offerings").status_code == 401
        _, told = served.end()
    assert served.process.returncode == 130
    line = r"\d\d:\d\d:\d\d  %s  GET    /v1/app_offerings  \d+\.\d ms\n"
    assert re.fullmatch(line % 200 + line % 401, told)
    with Served(content, "-q") as served:
        assert served.process.stdout
        assert [served.process.stdout.readline() for _ in range(2)][1] == (
            f'  ask        curl -H "Authorization: Bearer $APPSHELF_API_TOKEN" {served.origin}/v1/app_offerings\n'
        )
        told = "".join(served.end(signal.SIGTERM))
    assert TOKEN not in served.first + told
    assert served.process.returncode == 143


def failed(*flags: str, **more: str) -> tuple[int, str]:
    environment = os.environ | {"NO_COLOR": "1", "APPSHELF_API_TOKEN": TOKEN} | more
    command = [sys.executable, "-m", "generator", "api", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 3, env=environment, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_wrong_call(content: Path, tmp_path: Path) -> None:
    here = ("--content", str(content))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, told = failed(*here, "--port", port)
    assert (status, told.strip()) == (
        2,
        f"appshelf: cannot listen at 127.0.0.1, port {port}: address already in use; choose another --port",
    )
    status, told = failed(*here, "--fault", "429,explode")
    assert status == 2
    assert "'explode' is none of 429, 503, slow, reset, drop, limits" in told
    status, told = failed("--content", str(tmp_path / "none"))
    assert status == 1
    assert "offerings: no such folder" in told
    status, told = failed(*here, APPSHELF_API_TOKEN="two words")  # noqa: S106
    assert (status, "two words" in told) == (2, False)


def test_an_edit_shows_without_being_asked_for(content: Path) -> None:
    """In a list of a large folder nothing but the system's word of a change makes the server look."""
    with Served(content) as served, served.client() as client:

        def names() -> list[str]:
            return [it["name"] for it in client.get("/v1/app_offerings").json()]

        path = content / "offerings/wdc_app_1/offering.toml"
        for turn in range(3):
            path.write_text(re.sub(r'name = "(App 1|Turn \d)"', f'name = "Turn {turn}"', path.read_text(), count=1))
            until(lambda turn=turn: f"Turn {turn}" in names())  # type: ignore[misc]
        write_store(content, [{**several(4)[3], "name": "Appeared"}])
        until(lambda: "Appeared" in names())
        path.parent.rename(content / ".gone")
        until(lambda: "Turn 2" not in names())
        assert client.get("/v1/app_offerings/1").status_code == 404
        assert client.patch("/v1/app_offerings/2", json={"name": "Patched"}).status_code == 200
        assert "Patched" in names()


def test_its_own_description_loads_nothing_from_elsewhere(content: Path) -> None:
    """A page without a script under a policy that would not let one run; and no token is needed to read it."""
    client = api(content)
    client.headers.pop("Authorization")
    page = client.get("/")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert re.findall(r'(?:src|href)="([^"]*)"', page.text) == ["/api.css", "/openapi.json"]
    assert not re.search(r"<script|style=|\son\w+=", page.text)
    assert client.get("/api.css").headers["Content-Type"] == "text/css; charset=utf-8"
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    schemas = described["components"]["schemas"]
    assert schemas["AppOffering"]["properties"]["name"]["maxLength"] == 128
    assert set(schemas["AppOffering"]["required"]) == set(schemas["AppOffering"]["properties"])
    assert "description_attachments" not in schemas["AppOffering"]["properties"]
    assert schemas["AppOfferingChange"]["properties"]["reference"]["maxLength"] == 161
    for name in schemas:
        assert f"<code>{name}</code>" in page.text


def test_an_answer_is_compressed_for_who_asks(content: Path) -> None:
    client = api(content)
    for accepted in ("gzip", "identity"):
        answer = client.get("/v1/app_offerings", headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == ("gzip" if accepted == "gzip" else None)
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert len(answer.json()) == 3


# --- Faults


def test_every_third_request_meets_the_next_fault(content: Path) -> None:
    client = api(content, faults=("429", "503"))
    answers = [client.get("/v1/app_offerings/1") for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 503] * 2
    assert [answers[at].headers.get("Retry-After") for at in (2, 8)] == ["1", None]
    assert message(answers[2]) == "Too Many Requests"
    assert answers[5].headers["Content-Type"].startswith("text/html")
    assert client.get("/").status_code == 200


def test_limits_are_those_of_the_platform(content: Path) -> None:
    client = api(content, faults=("limits",))
    statuses = [client.get("/v1").status_code for _ in range(25)]
    assert statuses.index(429) == 20
    assert client.get("/v1").headers["Retry-After"] in {"1", "2"}


def test_connections_that_break(content: Path) -> None:
    """A reset comes before anything is done; an answer that breaks off belongs to a write that has happened."""
    with Served(content, "--fault", "reset,drop") as served, served.client() as client:
        name = "/v1/app_offerings/1"
        for _ in range(2):
            assert client.get(name).status_code == 200
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.patch(name, json={"name": "Reset"})
        for _ in range(2):
            assert client.get(name).json()["name"] == "App 1"
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
            client.patch(name, json={"name": "Dropped"})
        assert client.get(name).json()["name"] == "Dropped"
        _, told = served.end()
    assert "Traceback" not in told
    assert "Exception" not in told


def test_a_slow_answer_is_whole(content: Path) -> None:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    inner = application(content)
    whole = api(inner).get("/v1/app_offerings").content
    slow = Faults(inner, ("slow",), sleep=sleep)
    client = api(slow)
    assert [client.get("/v1/app_offerings").content for _ in range(3)] == [whole] * 3
    assert len(naps) == 20
    assert sum(naps) == pytest.approx(4.0)


# --- Killed


@pytest.mark.long
def test_a_killed_server_leaves_every_file_whole(tmp_path: Path) -> None:
    """Kill -9 at a random moment during 200 writes, eight times: each file is one that a write made, or the first."""
    draw = random.Random(5)  # noqa: S311
    content = write_store(tmp_path / "content", several(4))
    texts = {name: "\n".join([name] * 4000) + "\nend\n" for name in WORDS}

    def write(served: Served, turn: int) -> None:
        word = draw.choice(WORDS)
        body = {"description": texts[word], "features": texts[word], "card_description": f"{word} {turn}"}
        with suppress(httpx.HTTPError), served.client() as client:
            client.patch(f"/v1/app_offerings/{1 + turn % 4}", json=body)
            client.post(
                "/v1/app_offerings",
                json={
                    **{k: v for k, v in several(1)[0].items() if k not in {"id", "reference"}},
                    "name": f"New {draw.random()}",
                },
            )

    for _ in range(8):
        with Served(content, "-q") as served, ThreadPoolExecutor(4) as pool:
            writes = [pool.submit(write, served, turn) for turn in range(25)]
            writes[draw.randrange(20)].result()
            served.process.send_signal(signal.SIGKILL)
            for done in writes:
                done.result()
        for folder in (content / "offerings").iterdir():
            if folder.name.startswith("."):
                continue
            assert tomllib.loads((folder / "offering.toml").read_text())["policy_jwt_alg"] == "rs512"
            for name in ("description.md", "features.md"):
                if (folder / name).exists():
                    assert (folder / name).read_text() in texts.values()
    client = api(content)
    listed = client.get("/v1/app_offerings?per_page=100")
    assert int(listed.headers["X-Pagination-Total-Entries"]) == sum(
        not path.name.startswith(".") for path in (content / "offerings").iterdir()
    )


def test_a_connection_is_kept_for_more_than_one_request(content: Path) -> None:
    with Served(content) as served:
        connection = http.client.HTTPConnection(*served.address, timeout=SECONDS)
        for _ in range(3):
            connection.request("GET", "/v1", headers={"Authorization": f"Bearer {TOKEN}"})
            assert connection.getresponse().read() == b"{}"
        connection.close()
