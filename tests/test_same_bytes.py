"""Same input, same bytes: in any folder, time zone, locale, hash seed, order of files and number of jobs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import generator
from site_checks import MANIFEST, build_site, tree
from stores import RandomStore, random_store, several, write_records, write_store

BASE = "https://apps.example.com/"
COUNT = 28
"""More than two shares of work, so that two jobs do take turns."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RandomStore:
    return random_store(tmp_path_factory.mktemp("same") / "content", seed=11, count=COUNT)


@pytest.fixture(scope="module")
def expected(store: RandomStore) -> dict[str, bytes]:
    """The site as a plain build in this process makes it."""
    site = store.folder.parent / "expected"
    build_site(store.folder, site, base_url=BASE, indexes=True)
    return tree(site)


def copied(store: Path, target: Path, *, backwards: bool) -> Path:
    """Copy a content folder file by file, in the order of names or against it."""
    files = sorted((path for path in store.rglob("*") if path.is_file()), reverse=backwards)
    for path in files:
        copy = target / path.relative_to(store)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target


def built(content: Path, folder: Path, *flags: str, **environment: str) -> dict[str, bytes]:
    """Build in a process of its own, from another working folder."""
    folder.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "generator", "build", "--content", content, "--base-url", BASE, "--quiet", *flags],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(generator.__file__).parents[1]), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tree(folder / "site")


def assert_same(made: dict[str, bytes], expected: dict[str, bytes]) -> None:
    assert sorted(made) == sorted(expected)
    assert [path for path, content in expected.items() if made[path] != content] == []
    assert made[MANIFEST] == expected[MANIFEST]


pytestmark = pytest.mark.xdist_group("same bytes")


@pytest.mark.long
@pytest.mark.parametrize(
    ("jobs", "backwards", "environment"),
    [
        pytest.param(1, True, {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "7"}, id="one job, elsewhere"),
        pytest.param(
            2,
            False,
            {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "0"},
            id="two jobs, elsewhere",
        ),
    ],
)
def test_a_build_elsewhere_makes_the_same_bytes(
    store: RandomStore,
    expected: dict[str, bytes],
    tmp_path: Path,
    jobs: int,
    backwards: bool,
    environment: dict[str, str],
) -> None:
    content = copied(store.folder, tmp_path / "somewhere else, ü" / "content", backwards=backwards)
    made = built(content, tmp_path / "work", "--jobs", str(jobs), **environment)
    assert_same(made, expected)


@pytest.mark.long
def test_several_jobs_here_make_the_same_bytes(store: RandomStore, expected: dict[str, bytes], tmp_path: Path) -> None:
    build_site(store.folder, tmp_path / "site", base_url=BASE, jobs=3, indexes=True)
    assert_same(tree(tmp_path / "site"), expected)


def test_no_path_or_time_of_the_machine_is_in_the_site(store: RandomStore, expected: dict[str, bytes]) -> None:
    place = str(store.folder.parent).encode()
    assert [path for path, content in expected.items() if place in content or b"app-000" in content] == []


@pytest.mark.long
def test_a_second_build_writes_nothing(store: RandomStore, tmp_path: Path) -> None:
    build_site(store.folder, tmp_path / "site", base_url=BASE)
    before = _traces(tmp_path / "site")
    for jobs in (1, 2):
        report = build_site(store.folder, tmp_path / "site", base_url=BASE, jobs=jobs)
        assert _traces(tmp_path / "site") == before
        assert report.committed
        assert (report.committed.written, report.committed.removed) == (0, 0)
        assert report.committed.unchanged == report.files


def _traces(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """What any writing would change, in files and folders, the output folder itself among them."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {path: (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) for path, status in found.items()}


def test_a_change_of_one_text_writes_little(tmp_path: Path) -> None:
    """The page and its record; the other pages keep their time, which hosts and caches go by."""
    content = write_store(tmp_path / "content", several(5, description="One."))
    build_site(content, tmp_path / "site")
    before = _traces(tmp_path / "site")
    (content / "offerings/wdc_app_3/description.md").write_text("Two.")
    build_site(content, tmp_path / "site")
    after = _traces(tmp_path / "site")
    changed = {path.relative_to(tmp_path / "site").as_posix() for path in after if after[path] != before[path]}
    files = {path for path in changed if (tmp_path / "site" / path).is_file()}
    page = "apps/wdc_app_3/index.html"
    assert files == {page, "v1/app_offerings/3.json", MANIFEST}


def test_the_order_of_a_record_file_changes_nothing(tmp_path: Path) -> None:
    records = several(8, description="Words", features="* more")
    content = write_store(tmp_path / "content")
    for name, them in (("forwards", records), ("backwards", records[::-1])):
        file = write_records(tmp_path / f"{name}.json", them)
        build_site(content, tmp_path / name, source=str(file))
    assert_same(tree(tmp_path / "forwards"), tree(tmp_path / "backwards"))


def test_the_order_of_keys_changes_nothing(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content")
    for name, records in (("forwards", several(3)), ("backwards", [dict([*it.items()][::-1]) for it in several(3)])):
        build_site(content, tmp_path / name, source=str(write_records(tmp_path / f"{name}.json", records)))
    assert_same(tree(tmp_path / "forwards"), tree(tmp_path / "backwards"))


def test_the_manifest_is_sorted(expected: dict[str, bytes]) -> None:
    paths = [file["path"] for file in json.loads(expected[MANIFEST])["files"]]
    assert paths == sorted(paths)
