"""Records against each other: versions, clashes, what is derived, and every problem of a load at once."""

import hashlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalog import Catalog, Overlay, Place, Record, derived_id, derived_reference, load_catalog
from generator.content import ContentFolder
from generator.documents import Location
from generator.errors import InputError
from generator.record_file import RecordFile
from stores import offering, offerings, several, told, without, write_records, write_store


@dataclass(frozen=True)
class Sheet:
    """A document in which the value of every record stands in a line of its own."""

    where: str = "sheet"

    def line_of(self, location: Location) -> int | None:
        return int(location[0]) + 1


@dataclass(frozen=True)
class Sheets:
    """Records from nowhere, as a source."""

    written: tuple[Record, ...]
    holds_versions: bool = True
    laid_over: tuple[Overlay, ...] = ()
    where: str = "nowhere"

    @classmethod
    def of(cls, *records: dict[str, Any], versions: bool = True) -> "Sheets":
        return cls(tuple(_record(number, fields) for number, fields in enumerate(records)), versions)

    def records(self) -> Iterator[Record]:
        yield from self.written


def _record(number: int, fields: dict[str, Any]) -> Record:
    extras = {key: fields[key] for key in ("draft", "store") if key in fields}
    return Record(Place(Sheet(), (number,)), without(fields, *extras), extras)


def problems(source: Any, folder: Path = Path("/nowhere"), account: str = "") -> list[str]:
    """Return the problems of a load that must fail, in their order."""
    with pytest.raises(InputError) as caught:
        load_catalog(source, account)
    return told(caught.value.problems, folder)


def references(catalog: Catalog, *, drafts: bool = False) -> list[str]:
    return [listing.offering.reference for listing in catalog.shown(drafts=drafts)]


# ------------------------------------------------------------------------------------------------- what is shown


def test_offerings_are_ordered_by_reference() -> None:
    """Whatever the order of their records: the same input gives the same site."""
    records = several(12)
    expected = sorted(record["reference"] for record in records)
    assert references(load_catalog(Sheets.of(*records))) == expected
    assert references(load_catalog(Sheets.of(*reversed(records)))) == expected


def test_what_visitors_see() -> None:
    """design.md: drafts only with ``--drafts``, disabled offerings never."""
    plain, draft, disabled, both = several(4)
    draft["draft"] = both["draft"] = disabled["disabled"] = both["disabled"] = True
    catalog = load_catalog(Sheets.of(plain, draft, disabled, both))
    assert references(catalog) == ["wdc_app_1"]
    assert references(catalog, drafts=True) == ["wdc_app_1", "wdc_app_2"]
    assert (catalog.disabled, catalog.drafts) == (2, 1)


def test_a_store_may_be_empty() -> None:
    assert load_catalog(Sheets.of()) == Catalog((), ())


# ------------------------------------------------------------------------------------------------- versions


def version(number: int, **changes: object) -> dict[str, Any]:
    return offering(id=number, name=f"Version {number}", **changes)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize(
    ("versions", "chosen", "is_shown"),
    [
        pytest.param([version(1), version(12), version(9)], "Version 12", True, id="highest-id"),
        pytest.param(
            [version(1), version(12, draft=True), version(9)], "Version 9", True, id="a-draft-is-not-preferred"
        ),
        pytest.param(
            [version(1, draft=True), version(12, draft=True), version(9, draft=True)],
            "Version 12",
            False,
            id="all-of-them-drafts",
        ),
        pytest.param([version(1), version(12), version(9, disabled=True)], "Version 12", True, id="older-disabled"),
        pytest.param([version(1), version(12, disabled=True), version(9)], "Version 12", False, id="newest-disabled"),
        pytest.param(
            [version(1), version(12, draft=True), version(9, disabled=True)],
            "Version 9",
            False,
            id="disabled-draft",
        ),
    ],
)
def test_of_several_versions_one_is_shown(
    versions: list[dict[str, Any]], chosen: str, is_shown: bool, order: tuple[int, ...]
) -> None:
    """design.md: "the published one with the highest id is shown", wherever it stands."""
    catalog = load_catalog(Sheets.of(*(versions[n] for n in order)))
    (listing,) = catalog.listings
    assert listing.offering.name == chosen
    assert bool(catalog.shown()) == is_shown


def test_versions_of_several_offerings_do_not_mix() -> None:
    records = [offering(id=n, reference=f"app_{n % 3}", name=f"Version {n}") for n in range(1, 10)]
    shown = load_catalog(Sheets.of(*records)).shown()
    assert [(it.offering.reference, it.offering.id) for it in shown] == [("app_0", 9), ("app_1", 7), ("app_2", 8)]


@given(ids=st.lists(st.integers(1, 2**63 - 1), min_size=1, max_size=8, unique=True), drafts=st.sets(st.integers(0, 7)))
def test_the_version_with_the_highest_id(ids: list[int], drafts: set[int]) -> None:
    catalog = load_catalog(Sheets.of(*(version(id_, draft=n in drafts) for n, id_ in enumerate(ids))))
    published = [id_ for n, id_ in enumerate(ids) if n not in drafts]
    assert [it.offering.id for it in catalog.listings] == [max(published or ids)]


# ------------------------------------------------------------------------------------------------- clashes


@pytest.mark.parametrize("versions", [True, False], ids=["versions", "no-versions"])
def test_an_id_belongs_to_one_record(versions: bool) -> None:
    """Versions share a reference, never an id; a problem names both places."""
    first, second, third = several(3)
    source = Sheets.of(first, second, {**third, "id": 1}, versions=versions)
    assert problems(source) == ["sheet:3: id: 1 is also the id of sheet:1"]


def test_two_versions_with_one_id_are_a_problem() -> None:
    assert problems(Sheets.of(offering(), offering())) == ["sheet:2: id: 1 is also the id of sheet:1"]


def test_two_folders_with_one_reference_are_a_problem(tmp_path: Path) -> None:
    """In a content folder they are no versions; the problem names both files and the line of the other."""
    first, second = several(2, reference="wdc_same")
    write_store(tmp_path, {"one": first, "two": second})
    assert problems(ContentFolder(tmp_path), tmp_path) == [
        "offerings/two/offering.toml:2: reference: wdc_same is also the reference of offerings/one/offering.toml:2"
    ]


def test_a_folders_name_may_clash_with_a_reference(tmp_path: Path) -> None:
    first, second = several(2)
    write_store(tmp_path, {"a": {**first, "reference": "two"}, "two": without(second, "reference")})
    assert problems(ContentFolder(tmp_path), tmp_path) == [
        "offerings/two/offering.toml: reference: two is also the reference of offerings/a/offering.toml:2"
    ]


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    """Two folders with one reference and no ids: nobody wrote an id, so none is told to clash."""
    first, second = (without(it, "id") for it in several(2, reference="wdc_same"))
    write_store(tmp_path, {"one": first, "two": second})
    assert problems(ContentFolder(tmp_path), tmp_path) == [
        "offerings/two/offering.toml:1: reference: wdc_same is also the reference of offerings/one/offering.toml:1"
    ]


def test_three_folders_with_one_reference(tmp_path: Path) -> None:
    write_store(tmp_path, dict(zip("abc", several(3, reference="wdc_same"), strict=True)))
    assert [problem.partition(": ")[0] for problem in problems(ContentFolder(tmp_path), tmp_path)] == [
        "offerings/b/offering.toml:2",
        "offerings/c/offering.toml:2",
    ]


def test_references_that_differ_in_case_are_two(tmp_path: Path) -> None:
    first, second = several(2)
    write_store(tmp_path, {"a": {**first, "reference": "app"}, "b": {**second, "reference": "App"}})
    assert references(load_catalog(ContentFolder(tmp_path))) == ["App", "app"]


# ------------------------------------------------------------------------------------------------- all at once


def test_every_problem_of_a_load_is_told_at_once(tmp_path: Path) -> None:
    """Sorted by file, then by line as a number; whatever was wrong with the others."""
    first, second, third, fourth = several(4)
    write_store(
        tmp_path,
        {
            "d": {**fourth, "disabled": "yes"},
            "a": {**first, **{f"unknown_{n}": n for n in range(10)}, "name": "x" * 129},
            "b": second,
            "c": third,
        },
        files={
            "offerings/b/offering.toml": 'name = "x"\nname = "y"\n',
            "offerings/c/description.md": "x" * 65_537,
            "offerings/c/picture.png": b"",
            "offerings/c/picture.jpg": b"",
            "offerings/e/description.md": "no record",
            "offerings/f.txt": "stray",
        },
    )
    told_problems = problems(ContentFolder(tmp_path), tmp_path)
    assert [problem.split(": ")[0] for problem in told_problems] == [
        "offerings/a/offering.toml:3",
        "offerings/a/offering.toml:6",
        "offerings/a/offering.toml:7",
        "offerings/a/offering.toml:8",
        "offerings/a/offering.toml:9",
        "offerings/a/offering.toml:10",
        "offerings/a/offering.toml:11",
        "offerings/a/offering.toml:12",
        "offerings/a/offering.toml:13",
        "offerings/a/offering.toml:14",
        "offerings/a/offering.toml:15",
        "offerings/b/offering.toml:2:11",
        "offerings/c/description.md",
        "offerings/c/picture.jpg",
        "offerings/d/offering.toml:6",
        "offerings/e/offering.toml",
        "offerings/f.txt",
    ]


def test_problems_of_the_api_and_of_the_store_are_told_together(tmp_path: Path) -> None:
    write_store(tmp_path, {"a": offering(name="", draft="no", store={"featured": 1, "tags": "x"})})
    assert problems(ContentFolder(tmp_path), tmp_path) == [
        "offerings/a/offering.toml:3: name: is blank, and required",
        'offerings/a/offering.toml:6: draft: expected true or false, got the text "no"',
        "offerings/a/offering.toml:13: store.featured: expected true or false, got the number 1",
        'offerings/a/offering.toml:14: store.tags: expected a list, got the text "x"',
    ]


def test_a_clash_is_told_beside_other_problems(tmp_path: Path) -> None:
    """A mistake in one of two records with one reference must not hide that they clash until the next run."""
    first, second = several(2, reference="wdc_same")
    write_store(tmp_path, {"one": {**first, "disabled": "yes"}, "two": second})
    fields = [problem.split(": ")[1] for problem in problems(ContentFolder(tmp_path), tmp_path)]
    assert fields == ["disabled", "reference"]


def test_warnings_stand_beside_problems(tmp_path: Path) -> None:
    first, second = several(2)
    write_records(tmp_path / "r.json", [{**first, "policy_jwt_alg": None}, {**second, "disabled": "yes"}])
    with pytest.raises(InputError) as caught:
        load_catalog(RecordFile(tmp_path / "r.json"))
    assert [problem.warning for problem in caught.value.problems] == [True, False]


def test_null_in_required_fields_is_a_warning(tmp_path: Path) -> None:
    """Real records hold it: they are shown, and their author is told (api.md)."""
    write_records(tmp_path / "r.json", [offering(policy_jwt_alg=None, webhook_uri_template=None)])
    catalog = load_catalog(RecordFile(tmp_path / "r.json"))
    assert len(catalog.shown()) == 1
    assert told(catalog.warnings, tmp_path) == [
        "r.json:10: policy_jwt_alg: is null, and the specification requires it",
        "r.json:11: webhook_uri_template: is null, and the specification requires it",
    ]
    assert all(warning.warning for warning in catalog.warnings)


def test_a_record_with_nothing_in_it_is_a_problem() -> None:
    """An empty object lacks every required field: it must not vanish."""
    assert {problem.split(": ")[1] for problem in problems(Sheets.of({}))} >= {
        "[0].name",
        "[0].policy_jwt_alg",
        "[0].reference",
        "[0].service_instance",
        "[0].webhook_uri_template",
    }


@pytest.mark.parametrize(
    ("number_of_keys", "write"),
    [
        pytest.param(500, lambda n: {f"key_{k}": k for k in range(n)}, id="unknown-keys"),
        pytest.param(500, lambda n: {"store": {"tags": list(range(n))}}, id="tags-that-are-numbers"),
    ],
)
def test_many_mistakes_are_told_in_a_moment(tmp_path: Path, number_of_keys: int, write: Any) -> None:
    """An author must not make a check hang: time grows with the file, not with its square."""
    write_store(tmp_path, {"a": {**offering(), **write(number_of_keys)}})
    began = time.process_time()
    problems(ContentFolder(tmp_path), tmp_path)
    assert time.process_time() - began < 0.5


@given(records=st.lists(offerings(), max_size=4, unique_by=(lambda it: it["id"], lambda it: it["reference"])))
def test_valid_records_are_all_loaded(records: list[dict[str, Any]]) -> None:
    catalog = load_catalog(Sheets.of(*records, versions=False))
    assert [it.offering.reference for it in catalog.listings] == sorted(it["reference"] for it in records)
    assert catalog.disabled == sum(bool(it.get("disabled")) for it in records)


# ------------------------------------------------------------------------------------------------- what is derived


@pytest.mark.parametrize(
    ("account", "name", "reference"),
    [
        ("wdc", "Log Note Dispatcher Integration", "wdc_log_note_dispatcher_integration"),
        ("wdc", "App", "wdc_app"),
        ("wdc", "A  B ", "wdc_a__b_"),
        ("wdc", "Tartu ÜLIKOOL", "wdc_tartu_ülikool"),
        ("wdc", "Große Straße", "wdc_große_straße"),
        ("wdc", "C++ / C#, v2.0", "wdc_c++_/_c#,_v2.0"),
        ("wdc", "already_under_score", "wdc_already_under_score"),
        ("my-account", "日本語 メモ", "my-account_日本語_メモ"),
    ],
)
def test_the_reference_defaults_to_the_name(account: str, name: str, reference: str) -> None:
    """Specification, field "reference": lower case, all spaces to underscores, the account name in front."""
    assert derived_reference(account, name) == reference


def test_a_record_without_reference_gets_the_derived_one() -> None:
    record = without(offering(name="Log Note Dispatcher Integration"), "reference", "id")
    (listing,) = load_catalog(Sheets.of(record), "wdc").listings
    assert listing.offering.reference == "wdc_log_note_dispatcher_integration"
    assert listing.offering.id == derived_id("wdc_log_note_dispatcher_integration")


def test_without_an_account_no_reference_is_derived() -> None:
    assert problems(Sheets.of(without(offering(), "reference"))) == ["sheet:1: [0].reference: is missing, and required"]


def test_null_is_no_missing_reference() -> None:
    assert problems(Sheets.of(offering(reference=None)), account="wdc") == [
        "sheet:1: [0].reference: expected text, got null"
    ]


def test_a_derived_reference_has_the_limit_of_a_written_one() -> None:
    record = without(offering(name="x" * 128), "reference")
    assert problems(Sheets.of(record), account="a" * 40) == ["sheet:1: [0].reference: 169 characters, at most 161"]
    assert load_catalog(Sheets.of(record), "a" * 32).listings


def test_a_folders_name_is_the_reference_that_is_missing(tmp_path: Path) -> None:
    """design.md: in a content folder it is the folder that names an offering, not the account."""
    write_store(tmp_path, {"note-dispatcher": without(offering(), "reference")})
    assert references(load_catalog(ContentFolder(tmp_path), "wdc")) == ["note-dispatcher"]


def test_a_derived_id_stays_the_same() -> None:
    """Across releases and machines: it stands in addresses. The first 48 bits of SHA-256, in hexadecimal."""
    assert derived_id("wdc_note_dispatcher") == 0x7403C3F85032
    assert derived_id("wdc_ülikool") == int(hashlib.sha256("wdc_ülikool".encode()).hexdigest()[:12], 16)


def test_derived_ids_differ_and_are_ids() -> None:
    ids = {derived_id(f"wdc_app_{number}") for number in range(10_000)}
    assert len(ids) == 10_000
    assert all(0 < id_ < 2**53 for id_ in ids), "a browser's JSON keeps whole numbers up to 2**53"


@given(reference=st.text(max_size=161))
def test_every_text_has_an_id(reference: str) -> None:
    assert 0 < derived_id(reference) < 2**53


def test_a_written_id_wins(tmp_path: Path) -> None:
    first, second = several(2)
    write_store(tmp_path, {"a": {**first, "id": 4711}, "b": without(second, "id")})
    ids = [it.offering.id for it in load_catalog(ContentFolder(tmp_path)).listings]
    assert ids == [4711, derived_id(second["reference"])]


def test_a_derived_id_does_not_move_with_the_folder(tmp_path: Path) -> None:
    record = without(offering(), "id")
    write_store(tmp_path / "one", {"a": record})
    write_store(tmp_path / "two", {"b": record})
    one, two = (load_catalog(ContentFolder(tmp_path / name)).listings[0].offering for name in ("one", "two"))
    assert one.id == two.id


def test_problems_met_while_reading_are_kept() -> None:
    """A record that could not be read at all still tells why."""
    place = Place(Sheet(), (0,))
    warning = place.problem("name", "is odd", warning=True)
    broken = replace(warning, reason="is broken", warning=False)
    assert problems(Sheets((Record(place, None, problems=(broken, warning)),))) == [
        "sheet:1: name: is broken",
        "sheet:1: name: is odd",
    ]
    assert load_catalog(Sheets((Record(place, offering(), problems=(warning,)),))).warnings == (warning,)
