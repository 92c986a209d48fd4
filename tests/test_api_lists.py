"""Lists of the API: pages that hold while records come and go, and what stands on the disk."""

import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_stores import ORIGIN, api, application, message
from generator.api_answers import RefusedError
from generator.api_index import Index
from generator.api_paging import Place, cursor, headers, page_at, read_place
from generator.filters import SORTABLE, SortKey
from generator.matching import order_key
from stores import offering, several, write_store

# --- Pages of a list that changes

names = st.one_of(st.none(), st.text("aAbß", max_size=2))
rows = st.fixed_dictionaries({"id": st.integers(1, 40), "name": names, "sourceID": names})
sorts = st.lists(
    st.builds(SortKey, st.sampled_from(["name", "sourceID", "id"]), st.booleans()),
    min_size=1,
    max_size=2,
    unique_by=lambda key: key.field,
).map(tuple)


def numbers(found: Mapping[int, Any], order: tuple[SortKey, ...]) -> list[dict[str, Any]]:
    return sorted(found.values(), key=order_key(order))


@settings(max_examples=150)
@given(st.lists(rows, max_size=25), sorts, st.integers(1, 5), st.data())
def test_what_is_there_throughout_is_met_once_in_its_order(
    records: list[dict[str, Any]], order: tuple[SortKey, ...], per_page: int, data: st.DataObject
) -> None:
    """Walking from page to page, forwards and back, while records appear and vanish between them."""
    for way in ("search_after", "search_before"):
        held = {it["id"]: it for it in records}
        throughout = dict(held)
        met: list[int] = []
        place = Place(per_page, way, key=(2,) if way == "search_before" else ())  # type: ignore[arg-type]
        while True:
            page = page_at(numbers(held, order), place, order)
            met += [it["id"] for it in (page.rows if way == "search_after" else reversed(page.rows))]  # type: ignore[misc]
            if not page.rows or (page.end >= page.total if way == "search_after" else not page.start):
                break
            edge = page.rows[-1] if way == "search_after" else page.rows[0]
            place = read_place(f"per_page={per_page}&{way}={cursor(edge, order)}", order)
            for row in data.draw(st.lists(rows, max_size=2)):
                if held.pop(row["id"], None):
                    throughout.pop(row["id"], None)
                elif row["id"] not in met:
                    held[row["id"]] = row
        expected = [it["id"] for it in numbers(throughout, order)]
        if way == "search_before":
            expected.reverse()
        assert len(met) == len(set(met))
        assert [number for number in met if number in throughout] == expected


@given(st.dictionaries(st.sampled_from(SORTABLE), st.booleans(), min_size=1, max_size=3), st.data())
def test_a_cursor_is_the_key_of_its_record(directions: dict[str, bool], data: st.DataObject) -> None:
    order = tuple(SortKey(field, descending) for field, descending in directions.items())
    times = st.one_of(st.none(), st.datetimes(timezones=st.timezones()).map(lambda it: it.replace(microsecond=0)))
    record = data.draw(
        st.fixed_dictionaries(
            {
                "id": st.integers(1, 2**63 - 1),
                "name": st.text(st.characters(exclude_categories=["Cs"]), max_size=128),
                "sourceID": st.one_of(st.none(), st.text("a,;<>\"' é", max_size=20)),
                "created_at": times.filter(lambda it: not it or 1 < it.year < 9999),
                "updated_at": times.filter(lambda it: not it or 1 < it.year < 9999),
            }
        )
    )
    written = cursor(record, order)
    assert not set(written) & set(',;<>" =&')
    assert read_place(f"search_after={written}", order).key == order_key(order)(record)


BY_ID = cursor({"id": 1}, (SortKey("id"),))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("per_page=0", "per_page: expected a whole number from 1 to 100"),
        ("per_page=101", "per_page: expected a whole number from 1 to 100"),
        ("per_page=ten", "per_page: expected a whole number from 1 to 100"),
        ("per_page=", "per_page: expected a whole number from 1 to 100"),
        ("page=0", "page: expected a whole number from 1 to 1,000,000,000"),
        ("page=-1", "page: expected a whole number from 1 to 1,000,000,000"),
        ("search_after=x", "search_after: is no cursor of this list in this order"),
        ("search_before=" + "A" * 5000, "search_before: is no cursor of this list in this order"),
        (
            "search_after=" + cursor({"id": 1}, (SortKey("id"),)),
            "search_after: is no cursor of this list in this order",
        ),
        ("search_after=WyJuYW1lIiwwLDFd", "search_after: is no cursor of this list in this order"),
        ("page=1&search_after=x", "page and search_after cannot be given together"),
    ],
    ids=lambda value: value[:20],
)
def test_a_place_that_is_none(query: str, told: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_place(query, (SortKey("name"),))
    assert (refused.value.status, refused.value.message) == (400, told)


def test_links_hold_no_character_that_cuts_them() -> None:
    """Public clients split the header at commas and semicolons; a raw ``<`` or quote would end an address."""
    page = page_at([{"id": n, "name": "x"} for n in range(9)], Place(2, page=2), (SortKey("name"),))
    link = headers(page, "http://h/v1", 'fields=id,name&updated_at=<2020;"é&page=2&per_page=2', (SortKey("name"),))[
        "Link"
    ]
    assert link.count(",") == 2
    assert link.count(";") == 3
    assert "fields=id%2Cname&updated_at=%3C2020%3B%22" in link
    assert "page=2&" not in link.replace("per_page=2", "")


def walked(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Follow the next links from page to page."""
    while True:
        answer = client.get(path)
        yield from answer.json()
        if "next" not in answer.links:
            return
        path = answer.links["next"]["url"]
        assert path.startswith(ORIGIN)


def test_all_pages_are_all_records(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", several(45))
    client = api(content)
    for query in ("", "?per_page=7", "?sort=-id&per_page=10&fields=id,name", "?name=!App+3&per_page=11&sort=name"):
        found = [it["id"] for it in walked(client, f"/v1/app_offerings{query}")]
        assert sorted(found) == [n for n in range(1, 46) if "App" not in query or n != 3]
        assert len(found) == len(set(found))
    last = client.get("/v1/app_offerings?page=99")
    assert (last.json(), last.headers["X-Pagination-Current-Page"]) == ([], "4")
    assert len(client.get(last.links["prev"]["url"]).json()) == 5


# --- What stands on the disk


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_store(tmp_path / "content", several(3), files={"offerings/.hidden/offering.toml": "x"})


def test_what_a_person_saves_is_served(content: Path) -> None:
    """A changed, a new, a renamed and a removed offering; and a text beside it."""
    client = api(content)
    first = content / "offerings/wdc_app_1"
    written = (first / "offering.toml").read_text()
    for name in ("One", "Uno", "Ein"):
        (first / "offering.toml").write_text(written.replace("App 1", name))
        (first / "description.md").write_text(f"About {name}")
        record = client.get("/v1/app_offerings/1").json()
        assert (record["name"], record["description"]) == (name, f"About {name}")
    write_store(content, {"new": offering(id=9, reference="new", name="New")})
    (content / "offerings/wdc_app_2").rename(content / "offerings/elsewhere")
    (content / "offerings/wdc_app_3/offering.toml").unlink()
    (content / "offerings/wdc_app_3").rmdir()
    assert {it["id"] for it in client.get("/v1/app_offerings").json()} == {1, 2, 9}
    assert client.get("/v1/app_offerings/3").status_code == 404
    served = api(content)
    (content / "offerings/new/offering.toml").unlink()
    (content / "offerings/new").rmdir()
    assert served.patch("/v1/app_offerings/9", json={"name": "Gone"}).status_code == 404


def test_a_mistake_keeps_the_last_good_reading(content: Path) -> None:
    """It is told, once; a write is refused until it is mended; and what was never good is not there."""
    told: list[str] = []
    client = api(content, problem=lambda problem: told.append(str(problem)))
    path = content / "offerings/wdc_app_1/offering.toml"
    good = path.read_text()
    path.write_text(good.replace("name =", "nme =", 1))
    write_store(content, {"bad": {"name": 3}})
    for _ in range(3):
        assert {it["id"] for it in client.get("/v1/app_offerings").json()} == {1, 2, 3}
        assert client.get("/v1/app_offerings/1").json()["name"] == "App 1"
    assert sum(": nme: unknown key; did you mean name?" in line for line in told) == 1
    assert any("offerings/bad/offering.toml:1: name: expected text" in line for line in told)
    refused = client.patch("/v1/app_offerings/1", json={"name": "New"})
    assert refused.status_code == 409
    assert message(refused).startswith("The files of this app offering hold a mistake")
    assert "nme =" in path.read_text()
    path.write_text(good)
    assert client.patch("/v1/app_offerings/1", json={"name": "New"}).status_code == 200


def test_an_index_looks_only_where_it_is_told(content: Path) -> None:
    index = Index(content)
    index.load()
    for number in (1, 2):
        path = content / f"offerings/wdc_app_{number}/offering.toml"
        path.write_text(path.read_text().replace(f"App {number}", "Changed"))
    changed = str(content.absolute() / "offerings/wdc_app_1/offering.toml")
    index.refresh(frozenset({changed, "/elsewhere/x", str(content.absolute() / "store.toml")}))
    found = [index.find(number) for number in (1, 2)]
    assert [it.listing.offering.name for it in found if it] == ["Changed", "App 2"]
    index.refresh()
    assert (it := index.find(2))
    assert it.listing.offering.name == "Changed"


def test_an_offering_is_there_while_it_is_read_again(content: Path) -> None:
    """Whoever asks at that moment finds it: by its id, by its reference, and in a list."""
    index = Index(content)
    index.load()
    done = threading.Event()

    def read_again() -> None:
        for _ in range(300):
            index.reread(content.absolute() / "offerings/wdc_app_1")
        done.set()

    reader = threading.Thread(target=read_again)
    found: set[tuple[bool, bool, int]] = set()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    try:
        reader.start()
        while not done.is_set():
            with index.ordered((SortKey("name"),)) as rows:
                count = len(rows)
            found.add((index.find(1) is not None, index.with_reference("wdc_app_1") is not None, count))
        reader.join()
    finally:
        sys.setswitchinterval(usual)
    assert found == {(True, True, 3)}


def test_the_account_is_followed_too(content: Path) -> None:
    client = api(application(content))
    assert client.get("/v1/me").json()["account"]["id"] == "local"
    (content / "store.toml").write_text('account = "wdc"\n')
    assert client.get("/v1/people/me").json()["account"]["id"] == "wdc"
    (content / "store.toml").write_text("account =\n")
    assert client.get("/v1/me").json()["account"]["id"] == "wdc"
