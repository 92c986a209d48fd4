"""The servers that the exchanges are played against, each started when it is first needed."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from exchanges import Exchange
from playing import Player
from serving import our_server
from targets import Target, TargetError, ask_target


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def named_target(http: httpx.Client, request: pytest.FixtureRequest) -> Target | None:
    """The server of ``--target``, if there is one."""
    if not (address := request.config.getoption("--target")):
        return None
    try:
        return ask_target(http, address, may_write=request.config.getoption("--target-writes"))
    except TargetError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def shared_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Target]]:
    """Our servers by their use: one that is only read, one on which records are made."""
    with ExitStack() as stack:
        started: dict[str, Target] = {}

        def shared(use: str) -> Target:
            if use not in started:
                started[use] = stack.enter_context(our_server(tmp_path_factory.mktemp(use)))
            return started[use]

        yield shared


@pytest.fixture
def target_of(
    named_target: Target | None, shared_servers: Callable[[str], Target], tmp_path: Path
) -> Iterator[Callable[[Exchange], Target]]:
    """The server for an exchange: one of its own if it changes the records that others speak of."""
    with ExitStack() as stack:

        def chosen(exchange: Exchange) -> Target:
            if named_target:
                return named_target
            if exchange.writes and exchange.needs_fixture:
                return stack.enter_context(our_server(tmp_path))
            return shared_servers("writing" if exchange.writes else "reading")

        yield chosen


@pytest.fixture
def player_of(http: httpx.Client, named_target: Target | None) -> Callable[[Target], Player]:
    """Who plays against a server: a patient one where others are served, too."""
    import time

    return lambda target: Player(http, target.server, wait=time.sleep if named_target else None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave alone what needs the extra `conformance`, unless it is asked for: a skipped test would say nothing new."""
    is_asked_for = re.search(r"(?<!not )\bconformance\b", config.getoption("markexpr"))
    needs_extra = collection_path.name in {"test_clients.py", "test_generated_requests.py"}
    return True if needs_extra and not is_asked_for else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Play all exchanges with a ``--target`` on one worker, those that write last: they share its records."""
    if not config.getoption("--target"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group("target"))
    items.sort(key=lambda item: "writes" in item.keywords)
