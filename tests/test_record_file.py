"""A JSON file of API records as a source: its forms, its mistakes with their lines, and what is laid over it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalog import Catalog, load_catalog
from generator.content import ContentFolder
from generator.errors import InputError
from generator.record_file import RecordFile
from stores import offering, offerings, several, told, without, write_records, write_store

REQUIRED = ("id", "name", "policy_jwt_alg", "reference", "service_instance", "webhook_uri_template")


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "records.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(folder: Path, content: object, account: str = "") -> Catalog:
    """Load a file of this text, or of these records."""
    if isinstance(content, str | bytes):
        return load_catalog(RecordFile(write(folder, content)), account)
    return load_catalog(RecordFile(write_records(folder / "records.json", content)), account)


def problems(folder: Path, content: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(folder, content)
    return told(caught.value.problems, folder)


def overlaid(folder: Path, records: object, account: str = "") -> Catalog:
    """Load records with what the content folder beside them lays over them, as ``--source FILE.json`` does."""
    path = write_records(folder / "records.json", records)
    return load_catalog(RecordFile(path, tuple(ContentFolder(folder).overlays())), account)


def overlay_problems(folder: Path, records: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        overlaid(folder, records)
    return told(caught.value.problems, folder)


# ------------------------------------------------------------------------------------------------- its forms


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda records: records, id="array"),
        pytest.param(lambda records: {"app_offerings": records}, id="object"),
        pytest.param(
            lambda records: {"app_offering": [{}], "total": 3, "app_offerings": records, "links": {"next": None}},
            id="object-with-more",
        ),
    ],
)
def test_an_array_or_an_object_of_records(tmp_path: Path, form: Any) -> None:
    """design.md, "Commands": an array as the list gives it, or ``{"app_offerings": […]}``."""
    records = several(3)
    assert [it.offering.name for it in load(tmp_path, form(records)).shown()] == ["App 1", "App 2", "App 3"]


@pytest.mark.parametrize("text", ["[]", '{"app_offerings": []}', "\n [ ]\n", "\ufeff[]"], ids=ascii)
def test_no_record_is_no_mistake(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == Catalog((), ())


@pytest.mark.parametrize("text", ["{}", "null", '"x"', "5", '{"app_offerings": {}}', '{"app_offerings": null}'])
def test_anything_else_is_no_list_of_records(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem == 'records.json: expected an array of records, or {"app_offerings": […]}'


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    text = "\ufeff" + json.dumps([offering(name="Ülikool 🚀")])
    assert load(tmp_path, text).listings[0].offering.name == "Ülikool 🚀"


def test_escapes_are_characters(tmp_path: Path) -> None:
    text = json.dumps([offering(name="Ülikool 🚀", description="a\u2028b\u0000")], ensure_ascii=True)
    (listing,) = load(tmp_path, text).listings
    assert (listing.offering.name, listing.offering.description) == ("Ülikool 🚀", "a\u2028b\u0000")


def test_several_versions_of_one_offering(tmp_path: Path) -> None:
    """A file may hold them, as the API does: the highest id is shown."""
    records = [offering(id=n, name=f"Version {n}") for n in (3, 10, 7)]
    assert [it.offering.name for it in load(tmp_path, records).listings] == ["Version 10"]


@given(records=st.lists(offerings(), max_size=3, unique_by=(lambda it: it["id"], lambda it: it["reference"])))
def test_every_valid_record_is_read(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> None:
    catalog = load(tmp_path_factory.mktemp("records"), records)
    assert sorted(it.offering.id for it in catalog.listings) == sorted(it["id"] for it in records)


# ------------------------------------------------------------------------------------------------- positions

LINES = """\
[
 {
  "id": 1,
  "reference": "a",
  "name": "A", "policy_jwt_alg": "rs256",
  "service_instance": {
   "id": 83,
   "name": "} ] \\" , {"
  },
  "webhook_uri_template": "x"
 },

 {
  "id": 2, "reference": "b", "name": "B",
  "policy_jwt_alg":
    "rs512",
  "webhook_uri_template": null,
  "service_instance": {"id": 84},
  "attachments": [
   {"key": "a"},
   {"key": "b",
    "inline": false}
  ], "disabled": false
 }
]
"""


@pytest.mark.parametrize("form", ["array", "object"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("old", "new", "line", "field", "reason"),
    [
        pytest.param('"id": 1', '"id": "1"', 3, "[0].id", 'expected a whole number, got the text "1"', id="first"),
        pytest.param('"A"', '""', 5, "[0].name", "is blank, and required", id="on-a-line-with-others"),
        pytest.param('"id": 83', '"id": 0', 7, "[0].service_instance.id", "0 is less than 1", id="nested"),
        pytest.param('  "name": "A", ', "  ", 2, "[0].name", "is missing, and required", id="missing"),
        pytest.param(
            '{"id": 84}', "{}", 18, "[1].service_instance.id", "is missing, and required", id="missing-in-nested"
        ),
        pytest.param(
            '"rs512"',
            '"hs256"',
            16,
            "[1].policy_jwt_alg",
            '"hs256" is none of rs256, rs384, rs512, es256, es384 or es512',
            id="value-below-its-key",
        ),
        pytest.param(
            '"inline": false',
            '"inline": "no"',
            22,
            "[1].attachments[1].inline",
            'expected true or false, got the text "no"',
            id="entry-of-a-list",
        ),
        pytest.param(
            '"disabled": false',
            '"disabled": 5',
            23,
            "[1].disabled",
            "expected true or false, got the number 5",
            id="last-of-the-last",
        ),
    ],
)
def test_a_mistake_has_the_line_of_its_value(
    tmp_path: Path, old: str, new: str, line: int, field: str, reason: str, ending: str, form: str
) -> None:
    assert LINES.count(old) == 1
    text = LINES.replace(old, new)
    if form == "object":
        text, line, field = f'{{\n"total": [{{"a": 1}}],\n"app_offerings":\n{text}}}', line + 3, f"app_offerings{field}"
    (problem,) = [p for p in problems(tmp_path, text.replace("\n", ending)) if "is null, and the" not in p]
    assert problem == f"records.json:{line}: {field}: {reason}"


def test_a_warning_has_the_line_of_its_value(tmp_path: Path) -> None:
    assert told(load(tmp_path, LINES).warnings, tmp_path) == [
        "records.json:17: webhook_uri_template: is null, and the specification requires it"
    ]


@pytest.mark.parametrize("value", ["null", "5", '"x"', "[]", "true"])
def test_what_is_no_record(tmp_path: Path, value: str) -> None:
    assert problems(tmp_path, f"[\n{json.dumps(offering())},\n{value}\n]") == [
        "records.json:3: is no record: expected an object"
    ]


def test_an_empty_object_is_a_problem(tmp_path: Path) -> None:
    """It lacks every required field; a login page's ``[{}]`` must not become an empty store."""
    told_problems = problems(tmp_path, "[\n {}\n]")
    assert {problem.split(": ")[1] for problem in told_problems} >= {f"[0].{name}" for name in REQUIRED if name != "id"}
    assert {problem.split(": ")[0] for problem in told_problems} == {"records.json:2"}


def test_all_problems_of_a_file_are_told(tmp_path: Path) -> None:
    """In the order of their lines: 9 before 10."""
    records = [*several(12), 5]
    for record in records[:12]:
        record["disabled"] = "yes"
    lines = [int(problem.split(":")[1]) for problem in problems(tmp_path, records)]
    assert len(lines) == 13
    assert lines == sorted(lines)


# ------------------------------------------------------------------------------------------------- no JSON


@pytest.mark.parametrize(
    ("text", "position"),
    [
        pytest.param('[{"id": 1,\n "name": "x', "2:11", id="cut-in-a-text"),
        pytest.param('[{"id": 1,\n', "2:1", id="cut-after-a-line"),
        pytest.param("", "1:1", id="empty"),
        pytest.param('[{"id": 1,}]', "1:11", id="comma-before-the-end"),
        pytest.param('[\n{"id": NaN}\n]', "2:8", id="nan"),
        pytest.param('[\n{"id": -Infinity}\n]', "2:", id="infinity"),
        pytest.param("[\n{'id': 1}\n]", "2:2", id="single-quotes"),
        pytest.param("[] []", "1:4", id="two-documents"),
        pytest.param('[{"ééé": x}]', "1:10", id="columns-count-characters"),
        pytest.param('\ufeff[{"a": x}]', "1:8", id="a-mark-is-no-column"),
        pytest.param('[\r\n{"a": x}\r\n]', "2:7", id="crlf"),
        pytest.param("<!DOCTYPE html>", "1:1", id="a-login-page"),
        pytest.param("[01]", "1:", id="leading-zero"),
        pytest.param('["\t"]', "1:", id="tab-in-a-text"),
        pytest.param("[1\0]", "1:3", id="nul"),
    ],
)
def test_what_is_no_json_has_its_position(tmp_path: Path, text: str, position: str) -> None:
    """Lines and columns count from 1."""
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"records.json:{position}"), problem
    assert ": is no JSON: " in problem


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(json.dumps([offering()]).encode("utf-16"), "is UTF-16; save it as UTF-8", id="utf-16-little"),
        pytest.param(b"\xfe\xff" + "[]".encode("utf-16-be"), "is UTF-16; save it as UTF-8", id="utf-16-big"),
        pytest.param("[]".encode("utf-16-le"), "is no JSON", id="utf-16-without-mark"),
        pytest.param(b'[{"name":\n"\xff"}]', "is no JSON", id="no-utf-8"),
        pytest.param(b'[{"name":\n"\xed\xa0\x80"}]', "is no JSON", id="surrogate-bytes"),
        pytest.param(b"[" * 100_000, "is no JSON", id="100000-brackets"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "is no JSON", id="100000-closed-brackets"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "is no JSON", id="100000-objects"),
        pytest.param(json.dumps([offering(id=-7)]).replace("-7", "1" * 4301).encode(), "", id="4301-digits"),
        pytest.param(json.dumps([offering(id=-7)]).replace("-7", "1" * 4300).encode(), "", id="4300-digits"),
        pytest.param(json.dumps([offering(id=-7)]).replace("-7", "1e400").encode(), "", id="beyond-floats"),
        pytest.param(json.dumps([offering(name="a\ud83d")]).encode(), "", id="lone-high-surrogate"),
        pytest.param(json.dumps([offering(name="a\ude80")]).encode(), "", id="lone-low-surrogate"),
        pytest.param(json.dumps([offering(name="a\ude80\ud83d")]).encode(), "", id="surrogates-the-wrong-way"),
    ],
)
def test_a_hostile_file_is_a_short_problem(tmp_path: Path, content: bytes, reason: str) -> None:
    """safety.md, "API": never another error, and no value of any length repeated."""
    (problem,) = problems(tmp_path, content)
    assert problem.startswith("records.json")
    assert reason in problem
    assert len(problem) < 400


def test_a_deep_value_of_an_unknown_field_does_no_harm(tmp_path: Path) -> None:
    """As deep as the reader allows; positions are still found beside it."""
    deep = "[" * 150 + "]" * 150
    text = json.dumps([offering(new=-7, disabled="yes")], indent=1).replace("-7", deep)
    (problem,) = problems(tmp_path, text)
    assert problem == 'records.json:13: [0].disabled: expected true or false, got the text "yes"'


def test_a_key_twice(tmp_path: Path) -> None:
    """Either refused, or the last one counts: then a mistake in it has its own line, not that of the first."""
    text = json.dumps([offering()], indent=1).replace('"id": 1,', '"disabled": true,\n"id": 1,\n"disabled": "yes",')
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("records.json:5: ")


@pytest.mark.parametrize(
    "text",
    [
        '{"app_offerings": [], "app_offerings": [5]}',
        '{"app_offerings": [{}], "app_offerings": [{}, 5]}',
        '{"app_offerings": 5, "app_offerings": [5]}',
    ],
)
def test_the_list_twice(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: None, "no such file or directory", id="missing"),
        pytest.param(Path.mkdir, "is not a regular file", id="folder"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, make: Any, reason: str) -> None:
    make(tmp_path / "records.json")
    with pytest.raises(InputError) as caught:
        load_catalog(RecordFile(tmp_path / "records.json"))
    assert told(caught.value.problems, tmp_path) == [f"records.json: {reason}"]


def test_many_mistakes_in_one_record_are_told_in_a_moment(tmp_path: Path) -> None:
    """Time grows with the file, not with its square."""
    began = time.process_time()
    assert len(problems(tmp_path, [offering(attachments=[{"key": 1}] * 1000)])) == 1000
    assert time.process_time() - began < 0.5


# ------------------------------------------------------------------------------------------------- what is laid over


def test_a_store_table_is_laid_over_the_record_of_its_reference(tmp_path: Path) -> None:
    """design.md: an ``offering.toml`` of ``reference`` and ``[store]``, whatever its folder is called."""
    write_store(
        tmp_path,
        {"any": {"reference": "wdc_app_1", "store": {"publisher": "Acme", "featured": True}}},
        files={"offerings/any/picture.png": b"x", "offerings/any/attachments/report.pdf": b"x"},
    )
    catalog = overlaid(tmp_path, several(2))
    dressed, bare = catalog.listings
    assert catalog.warnings == ()
    assert (dressed.offering.name, dressed.store.publisher, dressed.store.featured) == ("App 1", "Acme", True)
    assert dressed.picture is not None
    assert [file.key for file in dressed.attachments] == ["attachments/report.pdf"]
    assert (bare.store.publisher, bare.picture, bare.attachments) == (None, None, ())


def test_a_folders_name_is_the_reference_that_is_missing(tmp_path: Path) -> None:
    write_store(tmp_path, {"wdc_app_2": {"store": {"publisher": "Acme"}}})
    assert [it.store.publisher for it in overlaid(tmp_path, several(2)).listings] == [None, "Acme"]


def test_every_version_wears_the_overlay(tmp_path: Path) -> None:
    write_store(tmp_path, {"app": {"reference": "wdc_app", "store": {"publisher": "Acme"}}})
    for order in ((1, 2), (2, 1)):
        (listing,) = overlaid(tmp_path, [offering(id=n, reference="wdc_app") for n in order]).listings
        assert (listing.offering.id, listing.store.publisher) == (2, "Acme")


def test_a_derived_reference_is_one_too(tmp_path: Path) -> None:
    """A record without reference has the one that the specification derives from its name."""
    write_store(tmp_path, {"app": {"reference": "wdc_app_1", "store": {"publisher": "Acme"}}})
    (listing,) = overlaid(tmp_path, [without(several(1)[0], "reference")], "wdc").listings
    assert listing.store.publisher == "Acme"


def test_an_overlay_that_fits_no_record_is_a_warning(tmp_path: Path) -> None:
    """A reference with a slip of the pen would otherwise lose its badge without a word."""
    write_store(tmp_path, {"b": {"reference": "wdc_ap_1", "store": {"featured": True}}, "wdc_app_9": {"store": {}}})
    assert told(overlaid(tmp_path, several(1)).warnings, tmp_path) == [
        "offerings/b/offering.toml:1: reference: no record of records.json has this reference",
        "offerings/wdc_app_9/offering.toml: reference: no record of records.json has this reference",
    ]


def test_a_mistake_in_an_overlay_has_its_own_file_and_line(tmp_path: Path) -> None:
    toml = 'reference = "wdc_app_1"\n[store]\nfeatured = "yes"\ncategoris = []\n'
    write_store(tmp_path, files={"offerings/a/offering.toml": toml})
    assert overlay_problems(tmp_path, several(1)) == [
        'offerings/a/offering.toml:3: store.featured: expected true or false, got the text "yes"',
        "offerings/a/offering.toml:4: store.categoris: unknown key; did you mean categories?",
    ]


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        pytest.param('reference = "wdc_app_1"\n[stor]\nfeatured = true\n', ":2: stor: unknown key", id="stor"),
        pytest.param("reference = 5\n[store]\nfeatured = true\n", ":1: reference: expected text", id="number"),
    ],
)
def test_a_mistake_around_the_store_table_is_told(tmp_path: Path, toml: str, message: str) -> None:
    """design.md: an unknown key is a problem with file and line, wherever the records come from."""
    write_store(tmp_path, files={"offerings/a/offering.toml": toml})
    (problem,) = overlay_problems(tmp_path, several(1))
    assert problem.startswith(f"offerings/a/offering.toml{message}")


def test_two_overlays_of_one_reference_are_a_problem(tmp_path: Path) -> None:
    """design.md: two folders with one reference are a problem; the second must not win silently."""
    overlay = {"reference": "wdc_app_1", "store": {"publisher": "Acme"}}
    write_store(tmp_path, {"a": overlay, "b": {**overlay, "store": {"publisher": "Other"}}})
    (problem,) = overlay_problems(tmp_path, several(1))
    assert problem.startswith("offerings/b/offering.toml:1: reference: ")
    assert "offerings/a/offering.toml" in problem


def test_two_pictures_in_an_overlay_are_a_problem(tmp_path: Path) -> None:
    write_store(
        tmp_path,
        {"a": {"reference": "wdc_app_1", "store": {}}},
        files={"offerings/a/picture.png": b"x", "offerings/a/picture.svg": b"x"},
    )
    (problem,) = overlay_problems(tmp_path, several(1))
    assert "is a second picture" in problem


def test_problems_of_overlays_and_records_are_told_together(tmp_path: Path) -> None:
    """All at once, not one a run."""
    (record,) = several(1, disabled="yes")
    broken = {f"offerings/{name}/offering.toml": "[store\n" for name in ("a", "b")}
    write_store(tmp_path, files=broken)
    starts = [problem.split(": ")[0] for problem in overlay_problems(tmp_path, [record])]
    assert starts == ["offerings/a/offering.toml:1:7", "offerings/b/offering.toml:1:7", "records.json:12"]


def test_hidden_folders_lay_nothing_over(tmp_path: Path) -> None:
    write_store(tmp_path, files={"offerings/.old/offering.toml": 'reference = "wdc_app_1"\n[store]\nfeatured = 5\n'})
    assert not overlaid(tmp_path, several(1)).listings[0].store.featured


def test_without_a_content_folder_nothing_is_laid_over(tmp_path: Path) -> None:
    catalog = overlaid(tmp_path, several(1))
    assert (len(catalog.listings), catalog.warnings) == (1, ())


# ------------------------------------------------------------------------------------------------- real listings


def test_the_real_listings(real_listings: Path) -> None:
    """262 of them load without a word; 18 are disabled, so 244 are shown."""
    catalog = load_catalog(RecordFile(real_listings))
    assert (len(catalog.listings), len(catalog.shown()), catalog.disabled) == (262, 244, 18)
    assert catalog.warnings == ()


def test_a_blank_that_the_api_shows_as_null_is_its_default(tmp_path: Path) -> None:
    """api.md: all fields of a record are there, blank ones as null."""
    blank = dict.fromkeys(("disabled", "requires_enabled_oauth_person", "attachments", "card_description"))
    (listing,) = load(tmp_path, [offering(**blank)]).listings
    offered = listing.offering
    assert (offered.disabled, offered.requires_enabled_oauth_person, offered.attachments) == (False, False, ())
    assert offered.card_description is None


def test_what_the_folder_hides_no_record_shows(tmp_path: Path) -> None:
    """An author who wrote `disabled` meant it, wherever the records come from."""
    (record,) = several(1)
    write_store(tmp_path, {"app": {**record, "disabled": True}})
    assert overlay_problems(tmp_path, [record]) == [
        "offerings/app/offering.toml:2: reference: is hidden here, but records.json would show it"
    ]
