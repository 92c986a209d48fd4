"""Builds that meet trouble, through the command line: a clear error, and the old site whole."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import generator
from site_checks import check_site, tree
from stores import offering, several, write_store

pytestmark = pytest.mark.long

BEGIN = "import os, resource, signal, sys, generator.build, generator.cli, generator.public, encodings.idna\n"
RUN = "generator.cli.main(['build', '--jobs', '1', *sys.argv[1:]])\n"

Answer = tuple[int, str]


def build(shop: Path, *flags: str, harm: str = "") -> Answer:
    """Build in a process of its own, which comes to harm first; return its status and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGIN}{harm}\n{RUN}", *flags],
        cwd=shop,
        env={**os.environ, "PYTHONPATH": str(Path(generator.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A store that was built, and then changed."""
    write_store(tmp_path / "content", several(3))
    assert build(tmp_path)[0] == 0
    write_store(tmp_path / "content", [offering(id=9, reference="new", name="New", description="word " * 5000)])
    return tmp_path


HARMS = {
    "full disk": (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))",
        "File too large",
    ),
    "too many open files": (
        "[os.dup(2) for _ in range(20)]; resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))",
        "oo many open files",
    ),
    "EIO while staging": (
        "import errno\n"
        "def fail(event, arguments):\n"
        "    if event == 'open' and 'appshelf-stage' in str(arguments[0]):\n"
        "        raise OSError(errno.EIO, 'Input/output error')\n"
        "sys.addaudithook(fail)",
        "Input/output error",
    ),
    "a disk that is read-only": (
        "import errno\n"
        "def fail(event, arguments):\n"
        "    writes = event == 'open' and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)\n"
        "    if (writes and 'site' in str(arguments[0])) or event in ('os.mkdir', 'os.rename'):\n"
        "        raise OSError(errno.EROFS, 'Read-only file system')\n"
        "sys.addaudithook(fail)",
        "ead-only file system",
    ),
}


@pytest.mark.parametrize(("harm", "reason"), HARMS.values(), ids=[f"builds: {name}" for name in HARMS])
def test_the_system_refuses(shop: Path, harm: str, reason: str) -> None:
    before = tree(shop / "site")
    status, said = build(shop, harm=harm)
    assert (status, "Traceback" in said) == (1, False), said
    assert reason in said
    assert tree(shop / "site") == before
    assert build(shop)[0] == 0
    check_site(shop / "site")


def _beside(shop: Path) -> str:
    (shop / "mine").mkdir()
    (shop / "mine" / "thesis.txt").write_text("mine")
    return "mine"


WRONG_PLACES: dict[str, Callable[[Path], str]] = {
    "the root": lambda shop: "/",
    "the working folder": lambda shop: ".",
    "the content": lambda shop: "content",
    "inside the content": lambda shop: "content/offerings",
    "a folder that is not ours": _beside,
    "a parent": lambda shop: "..",
    "home": lambda shop: str(Path.home()),
}


@pytest.mark.parametrize("place", WRONG_PLACES.values(), ids=[f"builds: --output is {name}" for name in WRONG_PLACES])
def test_the_output_is_in_a_wrong_place(shop: Path, place: Callable[[Path], str]) -> None:
    output = place(shop)
    before = tree(shop)
    status, said = build(shop, "--output", output)
    assert (status, "Traceback" in said) == (1, False), said
    assert said.startswith("appshelf: ")
    assert tree(shop) == before


def test_a_template_error_in_one_of_500_pages(tmp_path: Path) -> None:
    """Builds: told with template and line; not one page of the new site appears."""
    write_store(tmp_path / "content", several(1))
    assert build(tmp_path)[0] == 0
    before = tree(tmp_path / "site")
    for record in several(500)[1:]:
        write_store(tmp_path / "content", [record])
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/offering.html").write_text("{{ 1 // (card.offering.id - 321) }}")
    status, said = build(tmp_path, "--templates", "templates")
    assert status == 1
    assert "templates/offering.html:1: ZeroDivisionError" in said
    assert tree(tmp_path / "site") == before
