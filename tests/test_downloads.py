"""Pictures and attachments that records name by an address: what is fetched, remembered, and shown when it fails."""

import io
import json
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import generator
from file_host import NAME, File, Host, hosting
from generator.build import build, check
from generator.catalog import load_catalog
from generator.downloads import Downloads, Sources
from generator.errors import InputError, Problem
from generator.record_file import RecordFile
from generator.settings import DownloadRules, Settings
from generator.wanted import steady
from loopback import Conversation, serving
from site_checks import NO_NETWORK, build_site, check_site, tree
from stores import Fields, offering, pdf, picture, several, write_records, write_store

ROOT = Path(generator.__file__).parents[1]
PNG = picture(random.Random(1), "png", (200, 200))  # noqa: S311  # drawn for tests
OTHER = picture(random.Random(2), "png", (200, 200))  # noqa: S311  # drawn for tests
PDF = pdf("Terms")
DATED = "2026-03-01T09:00:00+00:00"
SIGNED = "X-Amz-Date={0}&X-Amz-Signature=s3cr3t{0}"


@pytest.fixture
def host() -> Iterator[Host]:
    files = {"/a.png": PNG, "/flow.png": OTHER, "/terms.pdf": PDF}
    with hosting(files) as made:
        yield made


class Shop:
    """A store of records from a JSON file, whose files stand at a host."""

    def __init__(self, folder: Path, host: Host, *records: Fields, **rules: Any) -> None:
        self.folder, self.host = folder, host
        store = {"downloads": {"allow_hosts": [host.place], **rules}}
        self.content = write_store(folder / "content", store=store)
        self.records = folder / "records.json"
        self.say(*records)

    def say(self, *records: Fields) -> None:
        write_records(self.records, list(records))

    def build(self, site: str = "site", **settings: Any) -> tuple[Problem, ...]:
        settings = {"source": str(self.records), "network": self.host.network, **settings}
        return build_site(self.content, self.folder / site, **settings).warnings

    def supply(self, **rules: Any) -> tuple[bytes | None, list[str]]:
        """Fetch the files of the one record as a build does; return the picture, and what is to be told."""
        listings = load_catalog(RecordFile(self.records)).listings
        with closing(Downloads(Sources(self.host.network, self.cache, "test"))) as downloads:
            allowed = DownloadRules(allow_hosts=(self.host.place,), **rules)
            supplied = downloads.supply(listings, allowed, lambda *_: None)
            picture = supplied.listings[0].picture
            return picture and picture.path.read_bytes(), reasons(tuple(supplied.problems))

    @property
    def site(self) -> dict[str, bytes]:
        return tree(self.folder / "site")

    @property
    def cache(self) -> Path:
        return self.folder / ".cache"

    def copies(self) -> list[Path]:
        return sorted((self.cache / "downloads/files").iterdir())


def attachment(host: Host, path: str, **more: Any) -> Fields:
    return {"key": f"attachments/1f{path}", "name": path[1:], "uri": host.url(path), "inline": False, **more}


def reasons(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{it.field}: {it.reason}" for it in problems]


def has_picture(site: Mapping[str, bytes]) -> bool:
    return any(path.endswith(".webp") for path in site)


def test_pictures_and_attachments_are_copied_into_the_site(tmp_path: Path, host: Host) -> None:
    text = "![the flow](attachments/1f/flow.png) and [terms](attachments/1f/terms.pdf)"
    files = [attachment(host, "/flow.png", inline=True), attachment(host, "/terms.pdf", size=len(PDF))]
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), attachments=files, description=text))
    assert shop.build() == ()
    check_site(tmp_path / "site")
    assert sorted(host.asked) == ["/a.png", "/flow.png", "/terms.pdf"]
    assert any(path.endswith("/terms.pdf") and content == PDF for path, content in shop.site.items())
    assert [path for path, content in shop.site.items() if NAME.encode() in content] == []


def test_fetched_files_have_the_names_and_bytes_of_local_ones(tmp_path: Path, host: Host) -> None:
    text = "![the flow](attachments/flow.png)"
    files = [attachment(host, path, key=f"attachments{path}") for path in ("/flow.png", "/terms.pdf")]
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), attachments=files, description=text))
    shop.build()
    local = {"picture.png": PNG, "attachments/flow.png": OTHER, "attachments/terms.pdf": PDF}
    own = {f"offerings/wdc_note_dispatcher/{path}": content for path, content in local.items()}
    content = write_store(tmp_path / "local" / "content", [offering(description=text)], files=own)
    build_site(content, tmp_path / "local" / "site")
    assert shop.site == tree(tmp_path / "local" / "site")


def test_a_folder_s_offering_may_name_its_picture_by_an_address(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host)
    write_store(shop.content, [offering(picture_uri=host.url("/a.png"))])
    assert shop.build(source="content") == ()
    assert has_picture(shop.site)


def test_what_lies_in_the_folder_comes_before_any_address(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), attachments=[attachment(host, "/terms.pdf")]))
    own = {"reference": "wdc_note_dispatcher", "store": {"publisher": "Acme"}}
    local = {"offerings/own/picture.png": OTHER, "offerings/own/attachments/1f/terms.pdf": pdf("Own")}
    write_store(shop.content, {"own": own}, files=local)
    assert shop.build() == ()
    assert host.asked == []
    assert pdf("Own") in shop.site.values()


def test_nothing_is_fetched_for_what_nobody_sees(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, *several(2, picture_uri=host.url("/a.png"), disabled=True))
    assert shop.build() == ()
    assert host.asked == []
    assert not shop.cache.exists()


# A second build


def test_a_rebuild_asks_for_nothing_that_did_not_change(tmp_path: Path, host: Host) -> None:
    """Signed addresses are other ones each time; the record's date says that the files are the same."""

    def record(time: int) -> Fields:
        files = [attachment(host, "/terms.pdf", uri=host.url(f"/terms.pdf?{SIGNED.format(time)}"))]
        address = host.url(f"/a.png?size=large&{SIGNED.format(time)}")
        return offering(picture_uri=address, attachments=files, updated_at=DATED)

    shop = Shop(tmp_path, host, record(1))
    assert shop.build() == ()
    before = shop.site
    shop.say(record(2))
    assert shop.build() == ()
    assert len(host.asked) == 2
    assert shop.site == before
    shop.say({**record(3), "updated_at": "2026-03-02T09:00:00+00:00"})
    assert shop.build() == ()
    assert (len(host.asked), len(host.sent)) == (4, 2), "asked whether they changed; they did not"
    shop.build()
    assert len(host.asked) == 4, "and the new date is remembered"


def test_without_a_date_the_host_is_asked_whether_it_changed(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png")))
    shop.build()
    before = shop.site
    assert shop.build() == ()
    assert (host.asked, host.sent) == (["/a.png"] * 2, ["/a.png"])
    assert shop.site == before
    host.files["/a.png"] = File(OTHER)
    assert shop.build() == ()
    assert host.sent == ["/a.png"] * 2
    assert shop.site != before


def test_another_address_is_another_picture(tmp_path: Path, host: Host) -> None:
    """Whatever its date and its tag: a hand edit changes no date."""
    host.files["/b.png"] = File(OTHER)
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), updated_at=DATED))
    shop.build()
    before = shop.site
    shop.say(offering(picture_uri=host.url("/b.png"), updated_at=DATED))
    shop.build()
    assert host.sent == ["/a.png", "/b.png"]
    assert shop.site != before


def test_an_attachment_of_another_size_is_fetched_anew(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(attachments=[attachment(host, "/terms.pdf", size=len(PDF))], updated_at=DATED))
    shop.build()
    host.files["/terms.pdf"] = File(pdf("Other terms, and longer ones"))
    longer = len(host.files["/terms.pdf"].content)
    shop.say(offering(attachments=[attachment(host, "/terms.pdf", size=longer)], updated_at=DATED))
    shop.build()
    assert host.sent == ["/terms.pdf"] * 2


def test_without_the_cache_everything_is_fetched(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), updated_at=DATED))
    shop.build()
    shop.build(caches=False)
    assert host.sent == ["/a.png"] * 2
    host.files.clear()
    (problem,) = shop.build(caches=False)
    assert problem.reason.endswith("; a monogram is shown"), "no earlier copy stands in"


def test_deleting_the_cache_is_safe(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), updated_at=DATED))
    shop.build()
    before = shop.site
    for path in sorted(shop.cache.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert shop.build() == ()
    assert shop.site == before


def _flipped(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


DAMAGES = {
    "a bit": _flipped,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:10]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": Path.unlink,
    "a link": _linked,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a FIFO": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("kind", ["copy", "entry"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_in_the_cache_counts_as_absent(tmp_path: Path, host: Host, damage: Any, kind: str) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), updated_at=DATED))
    shop.supply()
    (entry,) = (shop.cache / "downloads").rglob("*.json")
    damage(shop.copies()[0] if kind == "copy" else entry)
    for _ in range(2):
        assert shop.supply() == (PNG, [])
    if damage is DAMAGES["a folder"]:
        assert len(host.asked) == 3, "it cannot be replaced, so this build did without"
    else:
        assert len(host.asked) == 2


def test_what_no_build_used_for_a_month_is_removed(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), updated_at=DATED))
    shop.supply()
    used = set(shop.cache.rglob("*"))
    left = shop.cache / "downloads/files" / ("0" * 64)
    left.write_bytes(b"x")
    for path in shop.cache.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert shop.supply() == (PNG, [])
    assert set(shop.cache.rglob("*")) == used


def test_an_entry_that_leads_elsewhere_is_not_followed(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png"), updated_at=DATED))
    shop.build()
    (entry,) = (shop.cache / "downloads").rglob("*.json")
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "sha256": "../../../records.json"}))
    assert shop.build() == ()
    assert len(host.asked) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png")))
    shop.cache.write_text("a file stands here")
    assert shop.build() == ()
    assert has_picture(shop.site)


def test_a_check_fetches_and_keeps_nothing(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, *several(1, picture_uri=host.url("/a.png"), description="Words."))
    before = tree(tmp_path)
    settings = Settings(shop.content, tmp_path / "site", tmp_path / "none", source=str(shop.records))
    assert check(settings, lambda *_: None, host.network).warnings == ()
    assert host.asked == ["/a.png"]
    assert tree(tmp_path) == before


def test_builds_at_once_share_a_cache(tmp_path: Path, host: Host) -> None:
    shop = Shop(
        tmp_path, host, *several(6, picture_uri=host.url("/a.png"), attachments=[attachment(host, "/terms.pdf")])
    )
    with ThreadPoolExecutor(4) as pool:
        warnings = list(pool.map(lambda number: shop.build(f"site-{number}"), range(4)))
    assert warnings == [()] * 4
    assert len({json.dumps(sorted(map(repr, tree(tmp_path / f"site-{n}").items()))) for n in range(4)}) == 1
    assert list(shop.cache.rglob("*.tmp")) == []


# What fails


def test_what_cannot_be_had_is_a_warning(tmp_path: Path, host: Host) -> None:
    files = [attachment(host, "/lost.pdf"), {"key": "attachments/none.pdf", "uri": None}]
    shop = Shop(tmp_path, host, offering(picture_uri=host.url(f"/lost.png?{SIGNED}"), attachments=files))
    problems = shop.build()
    check_site(tmp_path / "site")
    assert reasons(problems) == [
        f"picture_uri: {NAME} answered 404; a monogram is shown",
        f"attachments: lost.pdf: {NAME} answered 404; it is left out",
        "attachments: none.pdf: is no address that begins with https:// or http://; it is left out",
    ]
    assert {problem.where for problem in problems} == {str(shop.records)}
    assert all(problem.line for problem in problems)
    assert not has_picture(shop.site)


def test_a_lost_file_that_the_store_shows_is_a_warning_too(tmp_path: Path, host: Host) -> None:
    """It is told once; the screenshot and the evidence that it should have been are left out."""
    files = [attachment(host, "/lost.png"), attachment(host, "/lost.pdf")]
    shop = Shop(tmp_path, host, offering(attachments=files))
    store = {
        "screenshots": [{"file": "attachments/1f/lost.png"}],
        "assurances": [{"topic": "ISO 27001", "status": "Certified", "evidence": "attachments/1f/lost.pdf"}],
    }
    write_store(shop.content, {"own": {"reference": "wdc_note_dispatcher", "store": store}})
    assert [it.reason.partition(":")[0] for it in shop.build()] == ["lost.png", "lost.pdf"]
    check_site(tmp_path / "site")


def test_strictly_it_is_a_problem(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/lost.png")))
    with pytest.raises(InputError, match="answered 404"):
        shop.build(strict=True)
    assert shop.site == {}


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (None, "answered 404"),
        (File(b"no", "403 Forbidden"), "answered 403"),
        (File(b""), "the file is empty"),
        (File(b"<!doctype html><title>Sign in</title>"), "the content is HTML"),
        (File(PNG[: len(PNG) // 2]), "broken or incomplete"),
        (File(b"\x89PNG\r\n\x1a\n"), "broken or incomplete"),
        (File(PNG + b"\0" * (5 << 20)), "more than 5,242,880 bytes"),
    ],
    ids=["gone", "forbidden", "empty", "a page", "half", "a beginning", "too large"],
)
def test_the_last_good_copy_stands_in(tmp_path: Path, host: Host, file: File | None, reason: str) -> None:
    """As often as need be, and no longer."""
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png")))
    assert shop.supply() == (PNG, [])
    host.files = {"/a.png": file} if file else {}
    for _ in range(2):
        content, (told,) = shop.supply()
        assert content == PNG
        assert reason in told
        assert told.endswith("; the copy of an earlier build is used")
    host.files["/a.png"] = File(OTHER)
    assert shop.supply() == (OTHER, [])


def bomb(width: int, height: int) -> bytes:
    """A PNG that is small, and huge once it is unpacked."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
        + chunk(b"IEND", b"")
    )


def test_hostile_pictures_become_monograms(tmp_path: Path) -> None:
    files = {
        "/bomb.png": bomb(50_000, 50_000),
        "/17.png": bomb(17_000, 1_000),
        "/script.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script>",
        "/entity.svg": b"<!DOCTYPE svg [<!ENTITY x 'y'>]><svg xmlns='http://www.w3.org/2000/svg'>&x;</svg>",
        "/run.png": b"MZ\x90\0",
        "/archive.png": b"PK\x03\x04",
    }
    with hosting(files) as host:
        records = several(len(files))
        for record, path in zip(records, files, strict=True):
            record["picture_uri"] = host.url(path)
        shop = Shop(tmp_path, host, *records)
        problems = shop.build()
        check_site(tmp_path / "site")
        assert len(problems) == len(files)
        assert "50,000 × 50,000 pixels, at most 16 megapixels" in problems[0].reason
        assert not has_picture(shop.site)
        assert not any(b"alert(1)" in content for content in shop.site.values())


def test_of_a_picture_only_its_pixels_are_published(tmp_path: Path) -> None:
    """Whatever else its file is or says: a JPEG with a place in its EXIF and a page behind its end."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "secret-place"
    Image.new("RGB", (64, 64), "#345").save(file, "JPEG", exif=exif)
    with hosting({"/a.jpg": file.getvalue() + b"<script>polyglot()</script>"}) as host:
        shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.jpg")))
        assert shop.build() == ()
        assert has_picture(shop.site)
        assert not any(b"secret-place" in it or b"polyglot" in it for it in shop.site.values())


def test_an_attachment_is_what_its_content_says(tmp_path: Path) -> None:
    files = {"/a.pdf": b"<script>alert(1)</script>", "/b.pdf": b"MZ\0", "/c.png": PNG[:60], "/d.html": b"<p>page</p>"}
    with hosting(files) as host:
        shop = Shop(tmp_path, host, offering(attachments=[attachment(host, path) for path in files]))
        problems = shop.build()
        check_site(tmp_path / "site")
        assert [it.reason.partition(":")[0] for it in problems] == ["b.pdf", "c.png"]
        names = [path.rpartition("/")[2] for path in shop.site if path.startswith("files/")]
        assert sorted(names) == ["a.pdf.txt", "d.html.txt"]


def test_a_huge_attachment_is_not_even_asked_for(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(attachments=[attachment(host, "/terms.pdf", size=(20 << 20) + 1)]))
    (problem,) = shop.build()
    assert problem.reason == "terms.pdf: 20.0 MiB, at most 20 MiB; it is left out"
    assert host.asked == []


def test_the_files_of_a_site_have_a_limit_together(tmp_path: Path) -> None:
    """The first offerings by reference keep theirs, whichever answer comes first; earlier copies count."""
    files = {f"/{n}.txt": File(b"%d" % n * 600_000, tags=False) for n in range(1, 5)}
    with hosting(files) as host:
        records = several(4)
        for number, record in enumerate(records, 1):
            record["attachments"] = [attachment(host, f"/{number}.txt")]
        shop = Shop(tmp_path, host, *records, limits={"site_mib": 2})
        for _ in range(2):
            (problem,) = shop.build()
            assert problem.reason == "4.txt: the files of all offerings together are over 2 MiB; it is left out"
            assert sum(path.startswith("files/") for path in shop.site) == 3


def test_no_more_than_eight_are_fetched_at_a_time(tmp_path: Path) -> None:
    lock, now, most = threading.Lock(), [0], [0]
    with hosting({f"/{n}.txt": b"words" for n in range(40)}) as host:
        usual = host.answer

        def counted(conversation: Conversation) -> None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            usual(conversation)
            with lock:
                now[0] -= 1

        with serving(counted) as server:
            host.server = server
            files = [attachment(host, f"/{n}.txt") for n in range(40)]
            shop = Shop(tmp_path, host, offering(attachments=files))
            assert shop.build() == ()
    assert 2 <= most[0] <= 8


def test_a_file_that_vanishes_before_it_is_used_leaves_the_old_site(tmp_path: Path, host: Host) -> None:
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png")))
    shop.build()
    before = shop.site

    def lose(stage: str, done: int, total: int) -> None:
        if stage == "files":
            for path in shop.copies():
                path.unlink()

    settings = Settings(shop.content, tmp_path / "site", tmp_path / "none", source=str(shop.records))
    with pytest.raises(InputError, match="our copy of it is gone or changed; build again"):
        build(settings, lose, host.network)
    assert shop.site == before


def test_an_interrupt_does_not_wait_for_slow_hosts(tmp_path: Path) -> None:
    """Eight files come in, a byte a second each; the command ends at once, and leaves nothing in between."""

    def slow(conversation: Conversation) -> None:
        conversation.asked()
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        conversation.drip(b"x" * 900, every=1)

    with hosting({}) as host, serving(slow) as server:
        host.server = server
        write_store(tmp_path / "content", store={"downloads": {"allow_hosts": [f"127.0.0.1:{server.port}"]}})
        write_records(tmp_path / "records.json", several(20, picture_uri=f"{server.url}/a.png"))
        command = [sys.executable, "-m", "generator", "build", "--source", "records.json"]
        begun = {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
        with subprocess.Popen(command, cwd=tmp_path, env=begun, stderr=subprocess.PIPE) as build_:
            while len(server.requests) < 8 and build_.poll() is None:
                threading.Event().wait(0.05)
            build_.send_signal(signal.SIGINT)
            asked = time.monotonic()
            assert build_.wait(20) == 130
            assert time.monotonic() - asked < 10
            assert b"Traceback" not in (build_.stderr.read() if build_.stderr else b"")
    assert not list(tmp_path.glob("appshelf-*"))
    assert tree(tmp_path / "site") == {}


def test_no_address_in_a_network_is_asked(tmp_path: Path, host: Host) -> None:
    """Without leave, not even this host; and none that no network knows."""
    shop = Shop(tmp_path, host, offering(picture_uri=host.url("/a.png")), allow_hosts=[])
    (problem,) = shop.build()
    assert problem.reason == f"port {host.port} of {NAME} is not fetched from; only 80 and 443 are; a monogram is shown"
    shop.say(offering(picture_uri=f"http://{NAME}/a.png"))
    (problem,) = shop.build()
    assert problem.reason == f"{NAME} is not fetched from: 127.0.0.1 is this machine; a monogram is shown"
    (problem,) = shop.build(network=NO_NETWORK)
    assert problem.reason == f"{NAME} has no address; a monogram is shown"
    assert host.asked == []


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (
            "https://a.example/x?X-Amz-Signature=1&X-Amz-Date=2",
            "https://a.example/x?X-Amz-Signature=3&X-Amz-Date=4",
            True,
        ),
        ("https://a.example/x?Expires=1&Signature=2&Key-Pair-Id=3", "https://a.example/x", True),
        ("https://a.example/x?sv=1&sig=2&se=3", "https://a.example/x?sv=1&sig=9&se=9", True),
        ("https://a.example/x?id=1", "https://a.example/x?id=2", False),
        ("https://a.example/x", "https://b.example/x", False),
        ("https://a.example/x", "https://a.example/y", False),
        ("https://a.example:1/x", "https://a.example:2/x", False),
        ("https://[", "https://[", True),
    ],
)
def test_what_of_an_address_stays(one: str, other: str, is_same: bool) -> None:
    assert (steady(one) == steady(other)) is is_same
