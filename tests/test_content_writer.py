"""Writing the content folder: read and write are the same rule in both directions."""

import difflib
import functools
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.catalog import Listing, derived_id, load_catalog
from generator.content import ContentFolder
from generator.content_writer import offering_toml, replace_file, write_offering
from generator.errors import OutputError
from generator.fields import TEXT_BYTES, PolicyJwtAlg
from generator.models import TEXT_NAMES, Offering, StoreEntry
from stores import says_something

EXAMPLE = Path(__file__).parent.parent / "content"
MODEST = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))

# --- Every offering that can be: each field absent, small, and at its limit

_ANY = st.characters(exclude_categories=["Cs"])
_LINE = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029")
_SPELLED = st.sampled_from(["\"'\\", "# no comment", "[store]", '"""', "é😀", "\ufeffbom", "{account}", "%7B"])


def line(limit: int, *, required: bool = False) -> st.SearchStrategy[str]:
    whole = _LINE.filter(lambda c: not c.isspace()).map(lambda c: c * limit)
    found = st.one_of(st.text(_LINE, max_size=min(limit, 40)), _SPELLED.filter(lambda s: len(s) <= limit), whole)
    return found.filter(says_something) if required else found


def sized(limit: int, alphabet: st.SearchStrategy[str] = _ANY) -> st.SearchStrategy[str]:
    whole = alphabet.map(lambda c: (c * limit).encode()[:limit].decode(errors="ignore"))
    return st.one_of(st.text(alphabet, max_size=60), whole)


texts = st.one_of(
    sized(TEXT_BYTES), st.sampled_from(["", "\ufeff", "\ufeff# A\r\n", "a\rb\r\nc\n\n", "\x00\x85\u2028", "no end"])
)
ids = st.one_of(st.integers(1, 2**63 - 1), st.just(2**63 - 1))
_ZONES = st.builds(lambda m: timezone(timedelta(minutes=m)), st.integers(-1439, 1439))
_DAYS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))  # noqa: DTZ001
times = st.builds(lambda day, zone: day.replace(fold=0, tzinfo=zone), _DAYS, st.one_of(st.just(UTC), _ZONES))
api_values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(_ANY, max_size=20), times),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(_ANY, max_size=8), inner, max_size=3)),
    max_leaves=5,
)
_KNOWN = {*Offering.model_fields, *(info.alias for info in Offering.model_fields.values())}
later_keys = st.one_of(st.text(_ANY, max_size=12), st.sampled_from(["draft", "store", "extra", "a.b", "new field", ""]))
later = st.dictionaries(later_keys.filter(lambda key: key not in _KNOWN), api_values, max_size=3)


def referenced(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.dictionaries(st.sampled_from(["nodeID", "new key", "localized"]), api_values, max_size=2)
    known = st.fixed_dictionaries({"id": ids}, optional={"name": line(2048), **more})
    return st.builds(lambda one, two: {**one, **two}, inner, known)


records = st.fixed_dictionaries(
    {
        "reference": line(161, required=True),
        "name": line(128, required=True),
        "policy_jwt_alg": st.sampled_from(get_args(PolicyJwtAlg)),
        "service_instance": referenced(),
        "webhook_uri_template": line(255, required=True),
    },
    optional={
        "id": ids,
        "card_description": line(255),
        "configuration_uri_template": line(255),
        "description": texts,
        "features": texts,
        "compliance": texts,
        "created_at": times,
        "updated_at": times,
        "disabled": st.booleans(),
        "picture_uri": line(4000),
        "policy_jwt_audience": sized(2048, st.one_of(_LINE, st.sampled_from("\t\n\r"))),
        "policy_jwt_claim_expires_in": st.one_of(st.integers(0, 2**31 - 1), st.just("2:30")),
        "requires_enabled_oauth_person": st.booleans(),
        "source": line(30),
        "sourceID": line(128),
        "ui_extension_version": referenced(version=ids),
    },
)
offerings = st.builds(
    lambda record, more: Offering.model_validate({"id": derived_id(record["reference"]), **record, **more}),
    records,
    later,
)

labels = line(64, required=True)
files = st.text(_LINE.filter(lambda c: c not in "/."), min_size=1, max_size=20).map(lambda n: f"attachments/{n}")
addresses = st.sampled_from(["https://a.example", "http://b.example:81/ä?x=1#y"])
assurances = st.fixed_dictionaries(
    {"topic": labels, "status": labels},
    optional={"scope": line(255), "evidence": files, "valid_until": st.dates()},
)
stores = st.builds(
    StoreEntry.model_validate,
    st.fixed_dictionaries(
        {},
        optional={
            "categories": st.lists(labels, max_size=10),
            "tags": st.lists(labels, max_size=30),
            "publisher": labels,
            "website": addresses,
            "support": st.one_of(addresses, st.just("mailto:a@b.example")),
            "featured": st.booleans(),
            "screenshots": st.lists(
                st.fixed_dictionaries({"file": files}, optional={"caption": line(255)}), max_size=4
            ),
            "install_url": st.sampled_from(
                ["https://{account}.example.com/{reference}", "https://b.example/?a={reference}"]
            ),
            "assurances": st.lists(assurances, max_size=4),
        },
    ),
)


# --- Both directions


def read(content: Path) -> Listing:
    (listing,) = load_catalog(ContentFolder(content)).listings
    return listing


def told(offering: Offering, store: StoreEntry, draft: bool) -> object:
    """All that an offering says, times with their offset."""
    return repr(offering), offering, offering.model_extra, repr(store), store, draft


def all_bytes(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@MODEST
@given(offering=offerings, store=stores, draft=st.booleans())
def test_an_offering_survives_being_written_and_read(offering: Offering, store: StoreEntry, draft: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        content = Path(temporary)
        write_offering(content / "offerings/some folder", offering, store, draft=draft)
        listing = read(content)
        assert told(listing.offering, listing.store, listing.draft) == told(offering, store, draft)
        written = all_bytes(content)
        write_offering(content / "offerings/some folder", listing.offering, listing.store, draft=listing.draft)
        assert all_bytes(content) == written


@MODEST
@given(
    before=st.tuples(offerings, stores, st.booleans()),
    after=st.tuples(offerings, stores, st.booleans()),
    places=st.randoms(use_true_random=False),
    windows=st.booleans(),
)
def test_any_offering_over_any_other_keeps_every_comment(
    before: tuple[Offering, StoreEntry, bool],
    after: tuple[Offering, StoreEntry, bool],
    places: Random,
    windows: bool,
) -> None:
    offering, store, draft = before
    text = commented(offering_toml("", offering, store, draft=draft), places)
    text = text.replace("\n", "\r\n") if windows else text
    assert offering_toml(text, offering, store, draft=draft) == text
    offering, store, draft = after
    changed = offering_toml(text, offering, store, draft=draft)
    marks = re.findall(r"# mark \d+ \.", text)
    assert sorted(re.findall(r"# mark \d+ \.", changed)) == sorted(marks)
    assert offering_toml(changed, offering, store, draft=draft) == changed
    assert changed.count("\r\n") == (changed.count("\n") if windows else 0)


def commented(text: str, places: Random) -> str:
    """Put comments and blank lines above and beside the lines of a file that we wrote."""
    lines = []
    for number, each in enumerate(text.removesuffix("\n").split("\n")):
        place = places.choice(["", "", "above", "beside", "blank", "both"]) if number else ""
        mark = f"# mark {number} ." if place in {"above", "both"} else ""
        lines += [mark] if place in {"above", "both", "blank"} else []
        lines.append(f"{each}  # mark {number}{number} ." if place in {"beside", "both"} and each else each)
    return "\n".join(lines) + "\n"


# --- What a person wrote

HAND = """\
#:schema ../../schemas/offering.schema.json
# Ours since 2024.

id = 0x7
reference = 'wdc_app'     # never change this
name   = "App"

# Times as the API gives them
created_at = "2021-04-13T04:19:49-05:00"
updated_at = 2021-04-13 04:19:51.000-05:00
policy_jwt_claim_expires_in = "2:30" # hours and minutes
service_instance = {id=83,  name = 'Ours'} # production
webhook_uri_template = "https://hook.example/{account}"
policy_jwt_alg = "rs256"
disabled = false

# What only the store knows
[store]
tags = [
  "one", # first
  "two",
  # and last
  "three",
]

# Until June
[[store.assurances]]
topic = "ISO 27001"
status = "Certified" # by X

# Every spring
[[store.assurances]]
topic = "Penetration test"
status = "Yearly"

# Later fields
[extra]
colour = "red"
"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "offerings" / "app"
    folder.mkdir(parents=True)
    (folder / "offering.toml").write_bytes(HAND.encode())
    return tmp_path


def with_(offering: Offering, **fields: Any) -> Offering:
    return Offering.model_validate({**offering.model_dump(by_alias=True), **fields})


CHANGES: Mapping[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, []),
    "the same values, spelled by us": (
        {"policy_jwt_claim_expires_in": 150, "created_at": "2021-04-13T04:19:49-05:00", "disabled": False}, {}, [],
    ),
    "a name keeps its spaces": ({"name": "New"}, {}, ['-name   = "App"', '+name   = "New"']),
    "a value keeps its comment": (
        {"policy_jwt_claim_expires_in": 5}, {},
        [
            '-policy_jwt_claim_expires_in = "2:30" # hours and minutes',
            "+policy_jwt_claim_expires_in = 5 # hours and minutes",
        ],
    ),
    "a comment outlives its value": (
        {"policy_jwt_claim_expires_in": None}, {},
        ['-policy_jwt_claim_expires_in = "2:30" # hours and minutes', "+# hours and minutes"],
    ),
    "the same moment at another offset": (
        {"updated_at": "2021-04-13T09:19:51Z"}, {},
        ["-updated_at = 2021-04-13 04:19:51.000-05:00", "+updated_at = 2021-04-13T09:19:51+00:00"],
    ),
    "an inline table keeps its shape": (
        {"service_instance": {"id": 84, "name": "Ours"}}, {},
        [
            "-service_instance = {id=83,  name = 'Ours'} # production",
            "+service_instance = {id=84,  name = 'Ours'} # production",
        ],
    ),
    "an explicit default becomes a value": ({"disabled": True}, {}, ["-disabled = false", "+disabled = true"]),
    "a new key has its place": ({"card_description": "Hi"}, {}, ['+card_description = "Hi"']),
    "an id that is the derived one": ({"id": derived_id("wdc_app")}, {}, ["-id = 0x7"]),
    "a field of a later API": ({"size": 1}, {}, ["+size = 1"]),
    "a field of a later API that changed": ({"colour": "blue"}, {}, ['-colour = "red"', '+colour = "blue"']),
    "a list keeps its comments": ({}, {"tags": ("one", "2", "three")}, ['-  "two",', '+  "2",']),
    "a shorter list keeps them above itself": (
        {}, {"tags": ("two", "three")},
        [
            "+# first", "+# and last", '+tags = ["two", "three"]',
            "-tags = [", '-  "one", # first', '-  "two",', "-  # and last", '-  "three",', "-]",
        ],
    ),
    "a block in front goes": (
        {}, {"assurances": ({"topic": "Penetration test", "status": "Yearly"},)},
        ["+# by X", "-[[store.assurances]]", '-topic = "ISO 27001"', '-status = "Certified" # by X'],
    ),
    "a block at the end comes": (
        {},
        {"assurances": (
            {"topic": "ISO 27001", "status": "Certified"}, {"topic": "Penetration test", "status": "Yearly"},
            {"topic": "SOC 2", "status": "Planned", "valid_until": date(2030, 1, 2)},
        )},
        ["+", "+[[store.assurances]]", '+topic = "SOC 2"', '+status = "Planned"', "+valid_until = 2030-01-02"],
    ),
    "a key of the store comes": ({}, {"publisher": "P"}, ['+publisher = "P"']),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "entry", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_only_what_changed_is_rewritten(
    content: Path, fields: dict[str, Any], entry: dict[str, Any], expected: list[str]
) -> None:
    listing = read(content)
    offering = with_(listing.offering, **fields)
    store = StoreEntry.model_validate({**listing.store.model_dump(exclude_defaults=True), **entry})
    write_offering(content / "offerings/app", offering, store)
    after = (content / "offerings/app/offering.toml").read_text()
    changed = [it for it in difflib.ndiff(HAND.splitlines(), after.splitlines()) if it[0] in "+-"]
    assert sorted(it[0] + it[2:] for it in changed) == sorted(expected)
    again = read(content)
    assert told(again.offering, again.store, again.draft) == told(offering, store, False)


FORMS: Mapping[str, list[str]] = {
    "tables of their own": [
        "name = 'a'", "[service_instance]", "id = 1 # s", "[store]", "featured = true",
        "[[store.screenshots]]", "file = 'attachments/a' # f",
    ],
    "dotted keys": ["name = 'a'", "service_instance.id = 1 # s", "store.featured = true # f", "extra.x.y = 1"],
    "inline tables": [
        "service_instance = { id = 1 } # s", "store = { assurances = [{ topic = 'a', status = 'b' }] } # f",
    ],
    "tables apart": [
        "service_instance = { id = 1 } # s", "[store]", "featured = true", "[extra]", "x = [", "  1, # f", "]",
        "[[store.assurances]]", "topic = 'a'", "status = 'b'",
    ],
    "blocks before their table": [
        "service_instance = { id = 1 } # s", "[[store.assurances]]", "topic = 'a' # f", "status = 'b'",
        "[store]", "featured = true",
    ],
    "headers below headers": ["name = 'a'", "[store]", "[extra.x] # s", "y = 1", "[[extra.x.z]] # f", "a = 2"],
    "headers below headers that go": ["[[store.screenshots]] # s", "[extra.a.b] # f", "[[extra.a.c]]", "y = 1"],
    "only comments": ["# s", "", "# f"],
    "values that break a rule": [
        "name = ''", "id = -1 # s", "disabled = 'no'", "[store]", "featured = 'yes' # f", "tags = 3",
    ],
    "a byte order mark": ["\ufeffname = 'a' # s", "", "# f"],
}  # fmt: skip


@pytest.mark.parametrize("end", ["\n", ""], ids=["with a line end", "without"])
@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_toml_can_be_changed(tmp_path: Path, lines: list[str], end: str) -> None:
    """What a person may write in TOML is changed where it stands, and its comments stay."""
    folder = tmp_path / "offerings" / "app"
    folder.mkdir(parents=True)
    text = "\n".join(lines) + end
    (folder / "offering.toml").write_bytes(text.encode())
    write_offering(folder, FULL, FULL_STORE, draft=True)
    listing = read(tmp_path)
    assert told(listing.offering, listing.store, listing.draft) == told(FULL, FULL_STORE, True)
    after = (folder / "offering.toml").read_text("utf-8")
    assert after.startswith("\ufeff") is text.startswith("\ufeff")
    assert [after.count(mark) for mark in ("# s", "# f")] == [text.count("# s"), text.count("# f")]


FULL = Offering.model_validate(
    {
        "id": 5, "reference": "full", "name": "Full", "card_description": "c", "source": "s", "sourceID": "i",
        "policy_jwt_alg": "es512", "webhook_uri_template": "https://h.example", "disabled": True,
        "service_instance": {"id": 2, "name": "N", "later": [1]}, "ui_extension_version": {"id": 3, "version": 4},
        "x": {"y": 2, "z": [{"a": 1}]},
    }
)  # fmt: skip
FULL_STORE = StoreEntry.model_validate(
    {
        "tags": ["t"], "publisher": "P",
        "screenshots": [{"file": "attachments/b", "caption": "c"}, {"file": "attachments/a"}],
        "assurances": [{"topic": "t", "status": "s"}, {"topic": "a", "status": "b", "valid_until": "2030-01-01"}],
    }
)  # fmt: skip


def test_the_example_is_written_as_it_stands(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "content")
    before = all_bytes(tmp_path)
    for listing in load_catalog(ContentFolder(tmp_path / "content")).listings:
        folder = tmp_path / "content" / "offerings" / folder_of(listing)
        write_offering(folder, listing.offering, listing.store, draft=listing.draft)
    assert all_bytes(tmp_path) == before


def folder_of(listing: Listing) -> str:
    return Path(listing.place.document.where).parent.name


def test_a_new_file_reads_well() -> None:
    offering = with_(FULL, created_at="2021-04-13T04:19:49Z", policy_jwt_claim_expires_in=10)
    assert offering_toml("", offering, FULL_STORE, draft=True) == NEW_FILE


NEW_FILE = """\
#:schema ../../schemas/offering.schema.json

draft = true
reference = "full"
name = "Full"
card_description = "c"
disabled = true
policy_jwt_alg = "es512"
policy_jwt_claim_expires_in = 10
service_instance = { id = 2, name = "N", later = [1] }
source = "s"
sourceID = "i"
ui_extension_version = { id = 3, version = 4 }
webhook_uri_template = "https://h.example"
id = 5
created_at = 2021-04-13T04:19:49+00:00

[extra]
x = { y = 2, z = [{ a = 1 }] }

[store]
tags = ["t"]
publisher = "P"
screenshots = [
  { file = "attachments/b", caption = "c" },
  { file = "attachments/a" },
]

[[store.assurances]]
topic = "t"
status = "s"

[[store.assurances]]
topic = "a"
status = "b"
valid_until = 2030-01-01
"""


def test_the_schema_stays_in_the_first_line() -> None:
    text = offering_toml("", FULL).replace("\n\nreference", "\n# Ours\nreference")
    changed = offering_toml(text, FULL, draft=True)
    assert changed.splitlines()[1:4] == ["draft = true", "# Ours", 'reference = "full"']


def test_nulls_of_a_later_api_are_dropped(tmp_path: Path) -> None:
    later = {"gone": None, "list": [1, None], "table": {"a": None, "b": 1}}
    write_offering(tmp_path / "offerings/full", with_(FULL, **later))
    extra = read(tmp_path).offering.model_extra
    assert extra == {"x": {"y": 2, "z": [{"a": 1}]}, "list": [1], "table": {"b": 1}}


def test_attachments_are_not_written(tmp_path: Path) -> None:
    attachments = [{"key": "attachments/a", "uri": "https://signed.example"}]
    fields = {"attachments": attachments, "features_attachments": [{"key": "k"}], "nodeID": "abc"}
    write_offering(tmp_path, with_(FULL, **fields))
    assert (tmp_path / "offering.toml").read_text() == offering_toml("", FULL)


def test_a_folder_name_that_is_the_reference_needs_no_key(tmp_path: Path) -> None:
    folder = tmp_path / "offerings" / "full"
    folder.mkdir(parents=True)
    text = "name = 'Full'\nservice_instance = { id = 1 }\npolicy_jwt_alg = 'rs256'\nwebhook_uri_template = 'h'\n"
    (folder / "offering.toml").write_text(text)
    listing = read(tmp_path)
    write_offering(folder, listing.offering)
    assert (folder / "offering.toml").read_text() == text
    write_offering(folder, with_(listing.offering, reference="moved"))
    assert read(tmp_path).offering.reference == "moved"
    assert read(tmp_path).offering.id == derived_id("full"), "an id stays when the reference changes"


# --- Texts and files


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", b""),
        ("a\r\nb\rc\n\n", b"a\r\nb\rc\n\n"),
        ("no end", b"no end"),
        ("\ufeffmark", b"\xef\xbb\xbf\xef\xbb\xbfmark"),
        ("\ufeff", b"\xef\xbb\xbf\xef\xbb\xbf"),
    ],
    ids=["empty", "all line ends", "no line end", "a mark that is text", "only a mark"],
)
def test_a_text_is_stored_byte_for_byte(tmp_path: Path, text: str, stored: bytes) -> None:
    write_offering(tmp_path / "offerings/full", with_(FULL, features=text))
    assert (tmp_path / "offerings/full/features.md").read_bytes() == stored
    assert read(tmp_path).offering.features == text
    write_offering(tmp_path / "offerings/full", FULL)
    assert not (tmp_path / "offerings/full/features.md").exists(), "None has no file"


def test_the_byte_order_mark_of_an_editor_stays(tmp_path: Path) -> None:
    (tmp_path / "features.md").write_bytes(b"\xef\xbb\xbftext")
    write_offering(tmp_path, with_(FULL, features="text"))
    assert (tmp_path / "features.md").read_bytes() == b"\xef\xbb\xbftext"


def test_files_that_would_not_change_are_untouched(tmp_path: Path) -> None:
    offering = with_(FULL, **dict.fromkeys(TEXT_NAMES, "text"))
    write_offering(tmp_path, offering)
    files = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    write_offering(tmp_path, with_(offering, features="other"))
    moved = [path.name for path, inode in files.items() if path.stat().st_ino != inode]
    assert moved == ["features.md"]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in files}, "no other file is left"


def link_out(folder: Path) -> None:
    (folder / "offering.toml").symlink_to("/etc/hostname")


def nested(depth: int) -> list[Any]:
    return functools.reduce(lambda inner, _: [inner], range(depth), [])


REFUSED: Mapping[str, tuple[Callable[[Path], object], dict[str, Any], str]] = {
    "no TOML": (lambda f: (f / "offering.toml").write_text("a = = 1\n"), {}, "offering.toml: "),
    "not UTF-8": (lambda f: (f / "offering.toml").write_bytes(b"\xff"), {}, "offering.toml: cannot be read"),
    "a folder": (lambda f: (f / "offering.toml").mkdir(), {}, "offering.toml: cannot be read"),
    "a link out of the folder": (link_out, {}, "offering.toml: cannot be read"),
    "a text that is a folder": (lambda f: (f / "features.md").mkdir(), {"features": "x"}, "features.md: "),
    "a text that is a folder and goes": (lambda f: (f / "features.md").mkdir(), {}, "features.md: "),
    "half a character": (lambda f: None, {"later": "\ud800"}, "offering.toml: "),
    "no value of TOML": (lambda f: None, {"later": b"x"}, "offering.toml: TOML has no bytes"),
    "more than can be read again": (lambda f: None, {"picture_uri": "x" * 1024 * 1024}, "at most 1,048,576"),
    "nested too deeply": (lambda f: None, {"later": nested(2000)}, "offering.toml: "),
}


@pytest.mark.parametrize(("prepare", "fields", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_written_is_named(
    tmp_path: Path, prepare: Callable[[Path], object], fields: dict[str, Any], message: str
) -> None:
    prepare(tmp_path)
    before = all_bytes(tmp_path)
    with pytest.raises(OutputError, match=re.escape(message)):
        write_offering(tmp_path, with_(FULL, **fields))
    assert {name: all_bytes(tmp_path)[name] for name in before} == before


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    (tmp_path / "link").symlink_to(outside)
    assert replace_file(tmp_path / "link", b"ours")
    assert outside.read_text() == "theirs"
    assert (tmp_path / "link").read_bytes() == b"ours"


@pytest.mark.parametrize("field", ["policy_jwt_alg", "webhook_uri_template"])
def test_a_null_where_the_api_requires_a_value_is_left_out(tmp_path: Path, field: str) -> None:
    """TOML has no null: the file lacks the key, until a person fills it in."""
    write_offering(tmp_path, with_(FULL, **{field: None}))
    assert field not in (tmp_path / "offering.toml").read_text()
