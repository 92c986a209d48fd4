"""The client against `appshelf api`, a process of its own that misbehaves on purpose: all is read, and written once."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from generator.api_requests import Endpoint
from generator.client import Client, open_http
from generator.content import ContentFolder
from generator.credentials import Secret, Token
from generator.filters import SortKey
from generator.pacing import PLATFORM
from generator.redaction import origin_of
from stores import offering, several, without, write_store

TOKEN = "a-token-of-the-tests"  # noqa: S105


@contextmanager
def misbehaving(content: Path, faults: str, statuses: Counter[int], **settings: Any) -> Iterator[Client]:
    """Run the server with these faults; `statuses` counts what is answered."""
    command = [sys.executable, "-m", "generator", "api", "--port", "0", "--content", str(content), "--fault", faults]
    environment = os.environ | {"APPSHELF_API_TOKEN": TOKEN}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout
            found = next(match for line in process.stdout if (match := re.search(r"http://[\d.:]+", line)))
            with open_http() as http:
                http.event_hooks["response"].append(lambda response: statuses.update([response.status_code]))
                yield Client(http, Endpoint(f"{found[0]}/v1", credentials=Token(Secret(TOKEN))), **settings)
        finally:
            process.terminate()


def new(number: int) -> dict[str, Any]:
    return without(offering(reference=f"wdc_new_{number}", name=f"New {number}", features=f"No. {number}"), "id")


def test_every_fault_is_overcome(tmp_path: Path) -> None:
    """Refused, down, reset before anything is done, broken off after it was done: each third request meets one."""
    content = write_store(tmp_path / "content", several(30))
    statuses: Counter[int] = Counter()
    naps: list[float] = []
    with misbehaving(content, "429,503,reset,drop", statuses, sleep=naps.append) as client:
        listed = [record.id for record in client.list(("features",), sort=[SortKey("id")], per_page=2)]
        assert listed == list(range(1, 31))
        made = [client.create(new(number)) for number in range(12)]
        for record in made:
            client.update(record.id, {"card_description": f"Card {record.id}"})
        assert [client.get(record.id).fields["card_description"] for record in made] == [
            f"Card {record.id}" for record in made
        ]
    assert statuses[429] > 2
    assert statuses[503] > 2
    assert len(naps) > statuses[429] + statuses[503]  # resets and broken answers, too
    assert 1 in naps, "Retry-After is obeyed"
    references = Counter((record.fields or {})["reference"] for record in ContentFolder(content).records())
    assert references == Counter([f"wdc_app_{n}" for n in range(1, 31)] + [f"wdc_new_{n}" for n in range(12)])


@pytest.mark.long
@pytest.mark.parametrize("pace", [PLATFORM, ()], ids=["paced", "unpaced"])
def test_the_platforms_limits_are_kept(tmp_path: Path, pace: Any) -> None:
    """At the client's pace nothing is refused, and the limits are there: without it, something is."""
    statuses: Counter[int] = Counter()
    content = write_store(tmp_path / "content", several(24))
    with misbehaving(content, "limits", statuses, pace=pace) as client:
        assert len(list(client.list(per_page=1))) == 24
    assert (statuses[429] == 0) == bool(pace)


def test_the_readme(tmp_path: Path) -> None:
    """The program that stands there does what it says, apart from the port."""
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    program = readme.split("<!-- python: client -->\n```python\n")[1].split("\n```")[0]
    content = write_store(tmp_path / "content", several(3, updated_at="2026-04-13T04:19:49-05:00"))
    with misbehaving(content, "429", Counter()) as client:
        done = subprocess.run(
            [sys.executable, "-c", program.replace("http://127.0.0.1:8001", origin_of(client.url))],
            capture_output=True, text=True, check=True, env=os.environ | {"APPSHELF_API_TOKEN": TOKEN},
        )  # fmt: skip
    assert done.stdout == "1 App 1\n2 App 2\n3 App 3\n2026-04-13 04:19:49-05:00\n"


def test_httpx_is_not_needed_to_start() -> None:
    """Commands that ask nobody do not wait for what asks."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, generator.cli, generator.build; print('httpx' in sys.modules)"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.stdout == "False\n"
    assert httpx.__name__ in sys.modules
