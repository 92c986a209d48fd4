"""``appshelf api`` as people run it: a process of its own, on a free port of this machine."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from targets import TOKEN

PROCESS_TOKEN = "a-token-for-processes"  # noqa: S105
_ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")


@contextmanager
def appshelf_api(content: Path, *flags: str) -> Iterator[str]:
    """Run it over a content folder until the end of the block; yields its origin. Ctrl-C must end it with 130."""
    command = [sys.executable, "-m", "generator", "api", "--content", str(content), "--port", "0", *flags]
    environment = {**os.environ, TOKEN: PROCESS_TOKEN}
    with (
        (content.parent / "api.log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            first = process.stdout.readline() if process.stdout else ""
            found = _ADDRESS.search(first)
            assert found, f"{first!r}, {Path(log.name).read_text()}"
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 130
