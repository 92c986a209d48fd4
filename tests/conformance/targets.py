"""Where the exchanges are played: our own server over copies of `store/`, or another one that ``--target`` names."""

import os
import secrets
import shutil
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from exchanges import HERE, Exchange
from playing import Server

STORE: Final = HERE / "store"
SERVICE_INSTANCE: Final = 83
TOKEN: Final = "APPSHELF_API_TOKEN"  # noqa: S105 - the name of the variable


@dataclass(frozen=True)
class Target:
    """A server, and what may be asked of it. One that `holds_store` has just the records of `store/`."""

    server: Server
    is_ours: bool = False
    holds_store: bool = False
    may_write: bool = False


class TargetError(Exception):
    """The server of ``--target`` cannot be tried; the message says why, and what to do."""


def copied_store(folder: Path) -> Path:
    """Copy the store to `folder`, where a server may change it."""
    return Path(shutil.copytree(STORE, folder / "content"))


def unique() -> str:
    """Return sixteen letters that nobody has used as a reference."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))


def names(service_instance: int = SERVICE_INSTANCE) -> dict[str, Any]:
    """Return what exchanges may name of a server's data."""
    return {"service instance": service_instance, "service instance in words": str(service_instance)}


def why_not(exchange: Exchange, target: Target) -> str | None:
    """Say why an exchange cannot be tried against a server; ``None`` if it can."""
    if target.is_ours:
        return None
    if exchange.needs_fixture and not target.holds_store:
        return "speaks of the records of tests/conformance/store, which this server does not hold"
    if not target.holds_store and "decision" in exchange.marks:
        return "holds a decision of Appshelf's own, which another server need not share"
    if exchange.writes and exchange.needs_fixture:
        return "needs the records of tests/conformance/store as they were, and changes them"
    if exchange.writes and not target.may_write:
        return "writes, and --target-writes was not given"
    return None


def ask_target(http: httpx.Client, address: str, *, may_write: bool) -> Target:
    """Learn what the server of ``--target`` holds; raises `TargetError` when it does not answer as an API does."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.rstrip("/") not in {"", "/v1"}:
        raise TargetError(f"--target {address}: expected an address such as https://api.example.com")
    origin = f"{parts.scheme}://{parts.netloc}"
    if not (token := os.environ.get(TOKEN)):
        raise TargetError(f"--target {address}: {TOKEN} holds no token")
    wanted = "/v1/app_offerings?per_page=100&fields=reference,service_instance"
    try:
        answer = http.get(origin + wanted, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        records = {record["reference"]: record for record in answer.json()}
    except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
        raise TargetError(
            f"--target {address}: {type(error).__name__} for the list of app offerings: {error}"
        ) from None
    used = [it["service_instance"]["id"] for it in records.values() if it["service_instance"]]
    return Target(
        Server(origin, token, names(used[0] if used else SERVICE_INSTANCE)),
        holds_store=set(records) == references(STORE),
        may_write=may_write,
    )


def references(store: Path) -> set[str]:
    """Return the references of a content folder's offerings."""
    lines = (path.read_text("utf-8").splitlines() for path in store.glob("offerings/*/offering.toml"))
    return {line.split('"')[1] for them in lines for line in them if line.startswith("reference = ")}
