"""How long the client takes to fetch 10,000 offerings: `python tests/bench/client.py [COUNT]` prints seconds.

`appshelf api` serves the content folder of `tests/bench/api.py` in a process of its own, on loopback. Everything (all
fields of a store, 25 records a page) and little (ids, names and dates, 100 a page) are fetched as fast as they come,
and at the pace that stays below the platform's limits.
"""
# ruff: noqa: T201  # printing is what it is for

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "bench")]

from api import TOKEN, Served, written  # noqa: E402  # found there

from generator.api_requests import Endpoint  # noqa: E402
from generator.client import Client, open_http  # noqa: E402
from generator.credentials import Secret, Token  # noqa: E402
from generator.filters import READABLE  # noqa: E402
from generator.pacing import PLATFORM, Window  # noqa: E402

LITTLE = ("id", "name", "created_at", "updated_at")


def fetch(address: str, fields: Sequence[str], pace: Sequence[Window]) -> tuple[int, float, float]:
    """Return how many records came, the seconds that it took, and those of this process's processor."""
    with open_http() as http:
        client = Client(http, Endpoint(f"{address}/v1", credentials=Token(Secret(TOKEN))), pace=pace)
        began, worked = time.perf_counter(), time.process_time()
        count = sum(1 for _ in client.list(fields))
        return count, time.perf_counter() - began, time.process_time() - worked


def main(count: int) -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as folder:
        served = Served(written(Path(folder) / "content", count))
        address = f"http://{served.connection.host}:{served.connection.port}"
        print("| fetched | pace | records | seconds | of which this process |\n|---|---|---|---|---|")
        for name, fields in (("all fields", READABLE), ("ids, names, dates", LITTLE)):
            for pace, windows in (("unpaced", ()), ("paced", PLATFORM)):
                records, seconds, worked = fetch(address, fields, windows)
                print(f"| {name} | {pace} | {records:,} | {seconds:.1f} | {worked:.1f} |", flush=True)
        served.end()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\nMost memory of this process: {peak} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
