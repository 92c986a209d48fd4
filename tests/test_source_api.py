"""The API as a source: the same bytes as its folder, and what becomes of a store when the API fails."""

import hashlib
import json
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from generator import cli
from generator.api import Ways, create_app
from generator.build import build, check
from generator.catalog import load_catalog
from generator.content_writer import write_offering
from generator.credentials import Secret
from generator.errors import AccessError, AnswerError, ConnectionFailedError, InputError, RemoteError
from generator.networks import Network, system_addresses
from generator.record_file import RecordFile
from generator.settings import TOKEN, Settings
from generator.workshop import Workshop
from loopback import Conversation, serving
from serving import on_loopback
from site_checks import build_site, check_site, tree
from stores import Fields, offering, random_store, several, without, write_store, write_toml

EXAMPLE = Path(__file__).parents[1] / "content"
SECRET = "a-token-for-tests"  # noqa: S105  # of nothing
HERE = Network(system_addresses, sleep=lambda _: None)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)


def pointed(folder: Path, url: str, store: dict[str, Any] | None = None, overlays: Path | None = None) -> Path:
    """Write a content folder that holds no offering: settings, and for each of `overlays` its `[store]` table."""
    content = write_store(folder / "content", store={**(store or {}), "api": {"url": f"{url}/v1"}})
    for file in sorted(overlays.glob("offerings/*/offering.toml")) if overlays else ():
        values = tomllib.loads(file.read_text("utf-8"))
        if "store" in values and not values.get("draft") and not values.get("disabled"):
            own = {"reference": values.get("reference", file.parent.name), "store": values["store"]}
            place = content / "offerings" / file.parent.name
            place.mkdir(parents=True)
            write_toml(place / "offering.toml", own)
    return content


def settings_of(content: Path) -> dict[str, Any]:
    path = content / "store.toml"
    return without(tomllib.loads(path.read_text("utf-8")), "api") if path.exists() else {}


def assert_same_bytes(content: Path, work: Path) -> dict[str, bytes]:
    """Build a folder, and the API that serves it, and compare the sites; return the site."""
    build_site(content, work / "from folder", base_url="https://apps.example.com/")
    with on_loopback(lambda _: create_app(content, Ways(Secret(SECRET)))) as url:
        store = settings_of(content)
        own = pointed(work / "by api", url, store, content)
        if "logo" in store:
            shutil.copy(content / store["logo"], own / store["logo"])
        shutil.copytree(content / "history", own / "history")
        report = build_site(own, work / "from api", HERE, source="api", base_url="https://apps.example.com/")
    made, expected = tree(work / "from api"), tree(work / "from folder")
    assert sorted(made) == sorted(expected), report.warnings
    assert [path for path, content in expected.items() if made[path] != content] == []
    return made


@pytest.mark.long
def test_the_example_store_from_its_api(tmp_path: Path) -> None:
    site = assert_same_bytes(EXAMPLE, tmp_path)
    assert sum(path.startswith("apps/") for path in site) > 9


@pytest.mark.parametrize("seed", [11, pytest.param(3, marks=pytest.mark.long)])
def test_a_store_with_pictures_and_attachments_from_its_api(tmp_path: Path, seed: int) -> None:
    site = assert_same_bytes(random_store(tmp_path / "content", seed=seed, count=12).folder, tmp_path)
    assert sum(path.startswith("files/") for path in site) > 6
    assert sum(path.endswith(".webp") for path in site) > 20


def test_odd_names_and_dates_from_their_api(tmp_path: Path) -> None:
    """Names that an address has to escape, in both Unicode forms; a record that was never updated."""
    names = ("data model (1).csv", "100%.txt", "a%20b.txt", "Übersicht.txt", "e\u0301.txt", "a+b&c=d.txt", "x/y z.txt")
    files = {f"offerings/odd/attachments/{name}": f"words of {name}" for name in names}
    text = "[one](<attachments/data model (1).csv>) [two](attachments/%C3%9Cbersicht.txt)"
    dated = {"created_at": "2026-01-02T03:04:05-05:00"}
    records = {
        "odd": offering(description=text, **dated),
        "plain": offering(id=2, reference="wdc_p", name="P", **dated),
    }
    site = assert_same_bytes(write_store(tmp_path / "content", records, files=files), tmp_path)
    assert sum(path.startswith("files/") for path in site) == len(names)


@pytest.mark.long
def test_real_listings_from_their_api(tmp_path: Path, real_listings: Path) -> None:
    content = write_store(tmp_path / "content", store={"title": "Real listings"})
    for listing in load_catalog(RecordFile(real_listings)).listings:
        write_offering(content / "offerings" / f"{listing.offering.id}", listing.offering, listing.store)
    site = assert_same_bytes(content, tmp_path)
    assert sum(path.startswith("apps/") for path in site) > 100


# An API that fails


class Api:
    """An API of one page, which answers as it is told; `asked` are the queries that it met."""

    def __init__(self, *records: Fields) -> None:
        self.records: list[Any] = list(records)
        self.status = "200 OK"
        self.files: dict[str, bytes] = {}
        self.targets: list[str] = []
        self.tokens: dict[str, set[str | None]] = {}

    def answer(self, conversation: Conversation) -> None:
        while asked := conversation.asked():
            path = asked.target.partition("?")[0]
            self.targets.append(asked.target)
            self.tokens.setdefault(path, set()).add(asked.headers.get("authorization"))
            if path.startswith("/files/"):
                found = path in self.files
                conversation.answer(self.files.get(path, b""), "200 OK" if found else "404 Not Found", etag='"1"')
            else:
                conversation.answer(json.dumps(self.records).encode(), self.status)


class Shop:
    """A store that is built from an `Api`."""

    def __init__(self, folder: Path, url: str, **store: Any) -> None:
        self.folder, self.url = folder, url
        self.content = pointed(folder, url, store)

    def settings(self, **changes: Any) -> Settings:
        return Settings(self.content, self.folder / "site", self.folder / "none", **{"source": "api", **changes})

    def build(self, **changes: Any) -> list[str]:
        return [str(problem) for problem in build(self.settings(**changes), lambda *_: None, HERE).warnings]

    @property
    def site(self) -> dict[str, bytes]:
        return tree(self.folder / "site")

    def apps(self) -> int:
        return sum(path.startswith("apps/") and path.endswith(".html") for path in self.site)


@contextmanager
def shop_of(folder: Path, *records: Fields, **store: Any) -> Iterator[tuple[Shop, Api]]:
    api = Api(*records)
    with serving(api.answer) as server:
        yield Shop(folder, server.url, **store), api


@contextmanager
def gone(folder: Path, *records: Fields) -> Iterator[Shop]:
    """A store that was built once, and whose API is no more."""
    with shop_of(folder, *records) as (shop, _):
        assert shop.build() == []
    yield shop


def test_only_what_a_store_needs_is_asked_for(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(2), account="wdc") as (shop, api):
        assert shop.build() == []
        check_site(tmp_path / "site")
    (target,) = api.targets
    assert target.startswith("/v1/app_offerings/latest_published?")
    asked = target.partition("fields=")[2].partition("&")[0].split(",")
    assert {"description", "attachments", "picture_uri"} <= set(asked)
    assert not {"nodeID", "source", "sourceID", "policy_jwt_audience", "policy_jwt_claim_expires_in"} & set(asked)


def test_another_view(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(1)) as (shop, api):
        write_toml(shop.content / "store.toml", {"api": {"url": f"{shop.url}/v1", "view": "consumed"}})
        shop.build()
    assert api.targets[0].startswith("/v1/app_offerings/consumed?")


def test_files_on_the_api_s_own_origin_are_fetched_without_its_token(tmp_path: Path) -> None:
    with shop_of(tmp_path) as (shop, api):
        api.files = {"/files/terms.txt": b"Terms."}
        files = [{"key": "attachments/1/terms.txt", "name": "terms.txt", "uri": f"{shop.url}/files/terms.txt?sig=1"}]
        api.records = [offering(attachments=files)]
        assert shop.build() == []
        assert b"Terms." in shop.site.values()
        assert api.tokens["/files/terms.txt"] == {None}
        assert api.tokens["/v1/app_offerings/latest_published"] == {f"Bearer {SECRET}"}


def test_with_the_network_gone_the_last_complete_fetch_is_built_and_told_of(tmp_path: Path) -> None:
    with shop_of(tmp_path) as (shop, api):
        api.files = {"/files/a.txt": b"words"}
        file = {"key": "attachments/a.txt", "uri": f"{shop.url}/files/a.txt?sig=1"}
        api.records = [*several(3, attachments=[file])]
        assert shop.build() == []
        before = shop.site
    shutil.rmtree(tmp_path / "site")
    (told,) = shop.build()
    assert told.startswith("127.0.0.1: no connection (refused); the 3 offerings of 20")
    assert told.endswith(" are used, the last ones that were fetched")
    assert shop.site == before, "pictures and attachments too, and no request for each of them"


@pytest.mark.parametrize("flag", [{"strict": True}, {"caches": False}])
def test_strictly_or_without_the_cache_nothing_stands_in(tmp_path: Path, flag: dict[str, bool]) -> None:
    with gone(tmp_path, *several(3)) as shop:
        before = shop.site
        with pytest.raises(ConnectionFailedError) as caught:
            shop.build(**flag)
        assert caught.value.exit_status == 3
        assert shop.site == before


@pytest.mark.parametrize("damage", ["cut", "a bit", "another version", "gone"])
def test_a_damaged_fetch_stands_in_for_nothing(tmp_path: Path, damage: str) -> None:
    with gone(tmp_path, *several(3)) as shop:
        (kept,) = (tmp_path / ".cache/fetches").iterdir()
        assert kept.stat().st_mode & 0o777 == 0o600
        content = kept.read_bytes()
        if damage == "gone":
            kept.unlink()
        elif damage == "another version":
            kept.write_bytes(hashlib.sha256(b"[]").hexdigest().encode() + b"\n[]")
        else:
            kept.write_bytes(content[:-9] if damage == "cut" else content.replace(b"App 2", b"App 7"))
        with pytest.raises(ConnectionFailedError):
            shop.build()
        assert shop.apps() == 3


def test_signatures_are_not_kept(tmp_path: Path) -> None:
    with shop_of(tmp_path) as (shop, api):
        file = {"key": "attachments/a.txt", "uri": f"{shop.url}/files/a.txt?X-Amz-Signature=s1gned"}
        api.records = [offering(attachments=[file], picture_uri=f"{shop.url}/files/p.png?sig=s1gned")]
        shop.build()
    assert not any(b"s1gned" in content for content in tree(tmp_path / ".cache").values())


@pytest.mark.parametrize(
    ("status", "stands_in"),
    [("503 Service Unavailable", True), ("500 Oh", True), ("401 Unauthorized", False), ("404 Not Found", False)],
)
def test_which_answers_are_a_failure_of_the_network(tmp_path: Path, status: str, stands_in: bool) -> None:
    """An API that is down comes back; one that says no has a reason, which somebody has to mend."""
    with shop_of(tmp_path, *several(3)) as (shop, api):
        shop.build()
        api.status = status
        if stands_in:
            (told,) = shop.build()
            assert status[:3] in told
        else:
            with pytest.raises(RemoteError, match=status[:3]):
                shop.build()
        assert shop.apps() == 3


def test_an_answer_that_cannot_be_trusted_replaces_nothing(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(3)) as (shop, api):
        shop.build()
        before = shop.site
        for records in ([{"name": "without id"}], [offering(id="1")], [offering(), offering()], ["text"]):
            api.records = records
            with pytest.raises(AnswerError):
                shop.build()
        assert shop.site == before


def test_less_than_half_of_the_last_known_offerings_replaces_nothing(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(10)) as (shop, api):
        shop.build()
        for fewer in ([], several(4)):
            api.records = fewer
            for _ in range(2):  # a refusal is not forgotten
                with pytest.raises(
                    AnswerError, match=r"gave \d offerings, and the last time there were 10;.*--allow-shr"
                ):
                    shop.build()
                with pytest.raises(AnswerError):
                    check(shop.settings(), lambda *_: None, HERE)
                with pytest.raises(AnswerError):
                    shop.build(caches=False)
            assert shop.apps() == 10
        api.records = several(5)
        shop.build()
        assert shop.apps() == 5
        api.records = several(2)
        shop.build(allow_shrink=True)
        assert shop.apps() == 2
        api.records = several(1)
        shop.build()
        assert shop.apps() == 1


def test_without_a_cache_the_site_says_how_many_there_were(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(10)) as (shop, api):
        shop.build()
        shutil.rmtree(tmp_path / ".cache")
        api.records = []
        with pytest.raises(AnswerError, match="there were 10"):
            shop.build()
        assert shop.apps() == 10


def test_a_first_build_takes_what_there_is(tmp_path: Path) -> None:
    with shop_of(tmp_path) as (shop, _):
        assert shop.build() == []
        check_site(tmp_path / "site")


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(2, description="Words.")) as (shop, _):
        before = tree(tmp_path)
        assert check(shop.settings(), lambda *_: None, HERE).offerings == 2
        assert tree(tmp_path) == before


def test_problems_of_records_are_told_with_id_and_reference(tmp_path: Path) -> None:
    wrong = [
        offering(id=7, reference="wdc_long", name="Long", card_description="x" * 256),
        offering(id=8, reference="wdc_odd", name="Odd", disabled="yes"),
        offering(id=9, reference=None, name="None"),
    ]
    with shop_of(tmp_path, *wrong) as (shop, _), pytest.raises(InputError) as caught:
        shop.build()
    assert [str(problem) for problem in caught.value.problems] == [
        "127.0.0.1 record 7 (wdc_long): card_description: 256 characters, at most 255",
        '127.0.0.1 record 8 (wdc_odd): disabled: expected true or false, got the text "yes"',
        "127.0.0.1 record 9: reference: expected text, got null",
    ]


def test_several_versions_are_one_offering(tmp_path: Path) -> None:
    with shop_of(tmp_path, offering(id=1, name="Old"), offering(id=2, name="New")) as (shop, _):
        shop.build()
        assert shop.apps() == 1
        assert any(b"<h1" in it and b"New" in it for it in shop.site.values())


def test_a_folder_s_own_table_is_laid_over_a_record(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(2)) as (shop, _):
        write_store(shop.content, {"one": {"reference": "wdc_app_1", "store": {"publisher": "Acme"}}})
        write_store(shop.content, {"lost": {"reference": "wdc_lost", "store": {"publisher": "Acme"}}})
        (told,) = shop.build()
        assert told.endswith("no record of 127.0.0.1 has this reference")
        assert "publishers/acme/index.html" in shop.site


def test_a_mistake_in_the_settings_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(1)) as (shop, api):
        write_toml(shop.content / "store.toml", {"api": {"url": f"{shop.url}/v1"}, "per_pag": 3})
        with pytest.raises(InputError, match="per_pag"):
            shop.build()
        assert api.targets == []


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with shop_of(tmp_path, *several(3)) as (shop, api):
        api.files = {"/files/a.txt": b"words"}
        api.records[0]["attachments"] = [{"key": "attachments/a.txt", "uri": f"{shop.url}/files/a.txt"}]
        build(shop.settings(), lambda *progress: told.append(progress), HERE)
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["fetch", "check", "download", "files", "history", "plan", "render", "commit"]
    assert [done for stage, done, _ in told if stage == "fetch"] == [0, 1, 2, 3]
    assert [it for it in told if it[0] == "download"][-1] == ("download", 1, 1)


def test_without_a_token_the_api_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN)
    with shop_of(tmp_path, *several(1)) as (shop, api):
        api.status = "401 Unauthorized"
        with pytest.raises(AccessError, match="401"):
            shop.build()
        assert api.tokens["/v1/app_offerings/latest_published"] == {None}


# The preview


def test_a_preview_asks_once_and_lays_later_edits_over_it(tmp_path: Path) -> None:
    with shop_of(tmp_path) as (shop, api):
        api.files = {"/files/a.txt": b"words"}
        records = several(3)
        records[0]["attachments"] = [{"key": "attachments/a.txt", "uri": f"{shop.url}/files/a.txt?sig=1"}]
        records[1]["picture_uri"] = f"{shop.url}/files/lost.png?sig=1"
        api.records = records
        write_store(shop.content, {"one": {"reference": "wdc_app_1", "store": {"publisher": "Acme"}}})
        with closing(Workshop(shop.settings(), tmp_path / "files", network=HERE)) as workshop:
            assert workshop.update()
            assert _words(workshop, "publishers/acme/index.html")
            asked = list(api.targets)
            assert len(asked) == 3
            overlay = shop.content / "offerings/one/offering.toml"
            overlay.write_text(overlay.read_text().replace("Acme", "Widgets"))
            assert workshop.update()
            assert "Widgets" in _words(workshop, "apps/wdc_app_1/index.html")
            assert "a.txt" in _words(workshop, "apps/wdc_app_1/index.html")
            assert not workshop.update()
            assert workshop.edition
            assert [it.field for it in workshop.edition.problems(workshop.view)] == ["picture_uri"]
        assert api.targets == asked, "neither records, files nor failures are asked for again"


def _words(workshop: Workshop, path: str) -> str:
    shown = workshop.show(path, workshop.view)
    assert shown
    assert not shown.problems
    return (shown.content or b"").decode()


def test_a_preview_without_network_shows_the_last_fetch_and_says_so(tmp_path: Path) -> None:
    with gone(tmp_path, *several(2)) as shop:
        with closing(Workshop(shop.settings(), tmp_path / "files", network=HERE)) as workshop:
            workshop.update()
            assert "App 2" in _words(workshop, "index.html")
            (notice,) = workshop.notices
            assert "the 2 offerings of 20" in notice.reason
        strict = Workshop(shop.settings(strict=True), tmp_path / "other", network=HERE)
        with closing(strict), pytest.raises(ConnectionFailedError):
            strict.update()


def test_a_preview_asks_when_the_settings_can_be_read(tmp_path: Path) -> None:
    with shop_of(tmp_path, *several(2)) as (shop, api):
        whole = (shop.content / "store.toml").read_text()
        (shop.content / "store.toml").write_text(f"{whole}\ntitel = 3\n")
        with closing(Workshop(shop.settings(), tmp_path / "files", network=HERE)) as workshop:
            workshop.update()
            assert [problem.field for problem in workshop.problems] == ["api.titel"]
            assert api.targets == []
            (shop.content / "store.toml").write_text(whole)
            workshop.update()
            assert "App 1" in _words(workshop, "index.html")


# The command line


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Call the command line with ``--source api`` in the store's folder; return its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(command: str, *flags: str) -> tuple[object, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, "--source", "api", *flags])
        said = capfd.readouterr()
        assert SECRET not in said.out + said.err
        return stopped.value.code, said.out, said.err

    return call


def test_building_from_the_command_line(tmp_path: Path, call: Any) -> None:
    with shop_of(tmp_path, *several(4)) as (shop, api):
        status, out, err = call("build")
        assert (status, err) == (0, "")
        assert out.startswith("Built 4 offerings into site")
        assert call("check")[0] == 0
        api.records = [offering(id=5, reference="wdc_five", name="x" * 129), *several(2)]
        status, out, err = call("build")
        assert status == 1
        assert "127.0.0.1 record 5 (wdc_five): name: 129 characters, at most 128" in err
        api.records = several(1)
        status, out, err = call("build")
        assert (status, out) == (3, "")
        assert err.startswith(
            "appshelf: 127.0.0.1: gave 1 offerings, and the last time there were 3; nothing was changed"
        )
        assert call("check")[0] == 3
        status, out, _ = call("build", "--json")
        assert status == 3
        assert json.loads(out)["ok"] is False
        assert call("build", "--allow-shrink")[0] == 0
        assert shop.apps() == 1


@pytest.mark.long
def test_the_command_line_without_network(tmp_path: Path, call: Any) -> None:
    with shop_of(tmp_path, *several(2)):
        assert call("build")[0] == 0
    status, out, err = call("build", "--quiet")
    assert (status, out) == (0, "")
    assert err.startswith("1 warning:\n  127.0.0.1: no connection (refused); the 2 offerings of 20")


@pytest.mark.long
def test_the_command_line_without_network_strictly(tmp_path: Path, call: Any) -> None:
    """Asked five times, with the pauses that a real API gets."""
    with shop_of(tmp_path, *several(2)):
        assert call("build")[0] == 0
    status, out, err = call("build", "--strict")
    assert (status, out) == (3, "")
    assert err.startswith("appshelf: 127.0.0.1: no connection (refused)")
