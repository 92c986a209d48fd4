"""``pytest tests/conformance --target URL``: the exchanges against servers that run elsewhere."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchanges import load_exchanges
from processes import PROCESS_TOKEN, appshelf_api
from stores import several, write_store
from targets import TOKEN, copied_store

pytestmark = pytest.mark.conformance

EXCHANGES = load_exchanges()
READING = [exchange for exchange in EXCHANGES if not exchange.writes]
CREATED = datetime(2026, 4, 13, 4, 19, 49, tzinfo=UTC)
ALONE = [exchange for exchange in READING if not exchange.needs_fixture and "decision" not in exchange.marks]


def tried(origin: str, *flags: str, token: str | None = PROCESS_TOKEN) -> tuple[int, str]:
    """Run the exchanges against a server; return the exit status, and all that was printed."""
    environment = {key: value for key, value in os.environ.items() if key != TOKEN and not key.startswith("PYTEST")}
    if token:
        environment[TOKEN] = token
    here = Path(__file__)
    command = [sys.executable, "-m", "pytest", str(here.with_name("test_exchanges.py")), "--target", origin, *flags]
    done = subprocess.run(
        [*command, "-n", "0", "-q", "-p", "no:cacheprovider"],
        cwd=here.parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def contents(folder: Path) -> dict[str, str]:
    """Return every file below `folder` with its hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_server_that_holds_the_store_is_only_read(tmp_path: Path) -> None:
    content = copied_store(tmp_path)
    before = contents(content)
    with appshelf_api(content) as origin:
        status, printed = tried(origin)
    assert status == 0, printed
    assert f"{len(READING)} passed, {len(EXCHANGES) - len(READING)} skipped" in printed
    assert contents(content) == before


def test_a_server_that_holds_the_store_is_written_to_if_asked(tmp_path: Path) -> None:
    content = copied_store(tmp_path)
    before = contents(content)
    with appshelf_api(content) as origin:
        status, printed = tried(origin, "--target-writes")
    assert status == 0, printed
    after = contents(content)
    assert {path: after.get(path) for path in before} == before, "a record of the store was changed"
    assert len(after) > len(before) + 50


def test_a_server_with_records_of_its_own(tmp_path: Path) -> None:
    """What speaks of our store is skipped, and so are our own decisions; each with a sentence."""
    store = write_store(tmp_path / "content", several(30, created_at=CREATED), store={"account": "elsewhere"})
    with appshelf_api(store) as origin:
        status, printed = tried(f"{origin}/v1")
    assert status == 0, printed
    assert f"{len(ALONE)} passed, {len(EXCHANGES) - len(ALONE)} skipped" in printed
    assert "speaks of the records of tests/conformance/store, which this server does not hold" in printed
    assert "holds a decision of Appshelf's own, which another server need not share" in printed
    assert "writes, and --target-writes was not given" in printed


@pytest.mark.parametrize(
    ("token", "told"),
    [(None, "APPSHELF_API_TOKEN holds no token"), ("another-token", "HTTPStatusError for the list of app offerings")],
)
def test_a_server_that_lets_nobody_in(tmp_path: Path, token: str | None, told: str) -> None:
    with appshelf_api(copied_store(tmp_path)) as origin:
        status, printed = tried(origin, token=token)
    assert status == pytest.ExitCode.USAGE_ERROR
    assert told in printed
    assert "another-token" not in printed


@pytest.mark.parametrize("address", ["127.0.0.1:80", "ftp://127.0.0.1", "http://127.0.0.1:9/elsewhere"])
def test_an_address_that_is_none(address: str) -> None:
    status, printed = tried(address)
    assert (status, "expected an address such as https://api.example.com" in printed) == (4, True)


def test_a_server_that_answers_nothing() -> None:
    status, printed = tried("http://127.0.0.1:9")
    assert (status, "ConnectError for the list of app offerings" in printed) == (4, True)
