"""How many requests a second the API answers: `python tests/bench/api.py` prints them for 100 and 10,000 offerings.

A content folder is drawn from a seed; with `APPSHELF_DATA` its texts are those of the 262 real listings. One client
asks over one connection on loopback, as fast as it is answered: lists of 100 records, whole records, changed names.
`page` is the time of a filtered and sorted page of 20. In brackets: what the server's own processor time would allow,
where a machine is busy with other things.
"""

import http.client
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from generator.content_writer import write_offering  # noqa: E402  # found there
from generator.models import Offering  # noqa: E402
from stores import offering  # noqa: E402

TOKEN = "a-token-of-the-benchmark"  # noqa: S105
SECONDS = 3.0


def written(folder: Path, count: int) -> Path:
    """Write a content folder of `count` offerings."""
    data = os.environ.get("APPSHELF_DATA")
    texts = json.loads((Path(data) / "integrations/app_offerings.json").read_text()) if data else [{}]
    draw = random.Random(7)  # noqa: S311
    for number in range(count):
        text = texts[number % len(texts)]
        kept = {key: text.get(key) for key in ("description", "features", "compliance", "card_description")}
        day = f"{draw.randint(2019, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}T08:00:00+01:00"
        record = offering(id=number + 1, reference=f"wdc_{number}", name=f"App {draw.randrange(10**6)}", **kept)
        value = Offering.model_validate({**record, "created_at": day, "updated_at": day})
        write_offering(folder / "offerings" / f"app-{number:05}", value)
    return folder


class Served:
    """`appshelf api` over a folder, and one connection to it."""

    def __init__(self, content: Path) -> None:
        began = time.perf_counter()
        command = [sys.executable, "-m", "generator", "api", "--port", "0", "-q", "--content", str(content)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "APPSHELF_API_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self.process.stdout
        found = re.search(r"http://([\d.]+):(\d+)", self.process.stdout.readline())
        assert found
        self.start = time.perf_counter() - began
        self.connection = http.client.HTTPConnection(found[1], int(found[2]))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask, and return the JSON of the answer."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content[:500]
        return content

    def used(self) -> float:
        """Return the processor time of the server so far, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rate(self, count: int, kind: str) -> tuple[float, float]:
        """Return how many requests of a kind are answered in a second, and in a second of the server's own time."""
        draw = random.Random(3)  # noqa: S311
        times = []
        began, used = time.perf_counter(), self.used()
        while (now := time.perf_counter()) - began < SECONDS:
            number = draw.randint(1, count)
            match kind:
                case "list":
                    self.ask("GET", f"/v1/app_offerings?per_page=100&page={draw.randint(1, max(1, count // 100))}")
                case "get":
                    self.ask("GET", f"/v1/app_offerings/{number}")
                case "page":
                    after = f"20{draw.randint(19, 22)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}T00:00:00Z"
                    self.ask("GET", f"/v1/app_offerings?updated_at=%3E{after}&disabled=false&sort=-updated_at,id")
                case _:
                    self.ask("PATCH", f"/v1/app_offerings/{number}", {"name": f"App {draw.randrange(10**6)}"})
            times.append(time.perf_counter() - now)
        return 1 / statistics.mean(times), len(times) / max(self.used() - used, 0.01)

    def end(self) -> None:
        """End the server."""
        self.connection.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def main() -> None:
    """Print a table."""
    told(f"{'offerings':>9} {'start':>8} {'list/s':>15} {'get/s':>15} {'patch/s':>15} {'page':>17}")
    for count in (100, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            served = Served(written(Path(folder) / "content", count))
            time.sleep(3)  # the first look around is over
            page, own = served.rate(count, "page")
            rates = [served.rate(count, kind) for kind in ("list", "get", "patch")]
            cells = " ".join(f"{f'{rate:,.0f} ({alone:,.0f})':>15}" for rate, alone in rates)
            told(f"{count:>9,} {served.start:>6.1f} s {cells} {1000 / page:>6.1f} ms ({1000 / own:.1f})")
            served.end()


def told(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
