"""The full-text index: what stands in the texts of a committed site, found by Pagefind and read by the list page.

Pagefind (pagefind.app, version 1.5) reads the finished pages of the offerings, of which it takes the elements marked
``data-pagefind-body``. Its index is files that a browser loads in part. It takes about 1.5 s for 250 apps, and 20 s
for 10,000, so an index whose texts did not change is kept.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from generator.errors import OutputError
from generator.manifest import Entry
from generator.writer import Output

FOLDER: Final = "pagefind/"
_KEY: Final = f"{FOLDER}made-from.txt"
_PAGES: Final = "apps/**/index.html"
_SECONDS: Final = 600
_NO_WORDS: Final = "was not able to build an index"
_USED: Final = ("pagefind.js", "pagefind-worker.js", "pagefind-entry.json", "*.pf_meta", "wasm.*.pagefind", "*/*.pf_*")
"""Pagefind's own interfaces are left out: ours draws what is found."""


def key_of(texts: Iterable[tuple[str, str]], language: str) -> bytes:
    """Tell what an index is made from: pages as path and hash of their texts, in any order, and their language."""
    lines = [f"pagefind {version('pagefind')} {language}", *sorted(f"{text} {path}" for path, text in texts)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest().encode() + b"\n"


def is_made_from(index: Iterable[Entry], key: bytes) -> bool:
    """Whether `index`, the files of one, was made from what `key` tells."""
    sha256 = hashlib.sha256(key).hexdigest()
    return any(entry.path == _KEY and entry.sha256 == sha256 for entry in index)


def make_index(output: Output, key: bytes, program: Path | None = None) -> tuple[Entry, ...]:
    """Index the pages that stand in the folder and stage the index, by Pagefind's `program` unless another is named.

    Pages whose texts show no words (definitions of links, say) have an empty index. Raises `OutputError` when it fails.
    """
    with tempfile.TemporaryDirectory(prefix="appshelf-search-") as name:
        made = Path(name) / "index"
        pages = ("--site", str(output.folder), "--glob", _PAGES)
        _run(program or _pagefind(), *pages, "--keep-index-url", "--output-path", str(made), cwd=name)
        files = sorted({path for pattern in _USED for path in made.glob(pattern)})
        entries = [output.put(FOLDER + path.relative_to(made).as_posix(), path.read_bytes()) for path in files]
    return (*entries, output.put(_KEY, key))


def _pagefind() -> Path:
    from pagefind_bin import get_executable

    return Path(get_executable())


def _run(program: Path, *arguments: str, cwd: str) -> None:
    # It takes its settings from the folder and the environment, too; a store's index comes from neither.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAGEFIND_")}
    try:
        done = subprocess.run(  # noqa: S603  # its own program, and paths of ours
            [program, "--silent", *arguments],
            cwd=cwd, env=environment, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputError(f"the search index: {error}; --no-search builds without it") from error
    if done.returncode and _NO_WORDS not in done.stderr:
        reason = (done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}").splitlines()[-1]
        raise OutputError(f"the search index: Pagefind failed: {reason}; --no-search builds without it")
