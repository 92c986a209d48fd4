"""`Offering` against the specification, section "Fields"; the tables below are copied from it by hand."""

import json
from dataclasses import fields as dataclass_fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel, ValidationError

from generator.models import (
    Assurance,
    AttachmentChange,
    AttachmentRecord,
    Offering,
    PublicOffering,
    Referenced,
    ScreenshotFile,
    StoreEntry,
    UiExtensionVersion,
    nature,
)
from stores import ALGORITHMS, Fields, offering, offerings, without

READ_WRITE, READ_ONLY, WRITE_ONLY = "read-write", "read-only", "write-only"

# name, access, required on writing, default when left out ("required": reading needs it)
SPECIFICATION = [
    ("attachments", READ_ONLY, False, ()),
    ("card_description", READ_WRITE, False, None),
    ("configuration_uri_template", READ_WRITE, False, None),
    ("compliance", READ_WRITE, False, None),
    ("compliance_attachments", WRITE_ONLY, False, ()),
    ("created_at", READ_ONLY, False, None),
    ("description", READ_WRITE, False, None),
    ("description_attachments", WRITE_ONLY, False, ()),
    ("disabled", READ_WRITE, False, False),
    ("features", READ_WRITE, False, None),
    ("features_attachments", WRITE_ONLY, False, ()),
    ("id", READ_ONLY, False, "required"),
    ("name", READ_WRITE, True, "required"),
    ("picture_uri", READ_WRITE, False, None),
    ("policy_jwt_alg", READ_WRITE, True, "required"),
    ("policy_jwt_audience", READ_WRITE, False, None),
    ("policy_jwt_claim_expires_in", READ_WRITE, False, None),
    ("reference", READ_WRITE, True, "required"),
    ("requires_enabled_oauth_person", READ_WRITE, False, False),
    ("service_instance", READ_WRITE, True, "required"),
    ("source", READ_WRITE, False, None),
    ("sourceID", READ_WRITE, False, None),
    ("ui_extension_version", READ_WRITE, False, None),
    ("updated_at", READ_ONLY, False, None),
    ("webhook_uri_template", READ_WRITE, True, "required"),
]
LISTED_BY_DEFAULT = {"nodeID"}  # section "Collection Fields" names it, "Fields" does not

TEXTS = ("description", "features", "compliance")
FIELD_BY_FIELD = [pytest.param(*row, id=row[0]) for row in SPECIFICATION]


def api_names(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def read(**changes: object) -> Offering:
    return Offering.model_validate(offering(**changes))


def value_of(record: Offering, field: str) -> Any:
    return getattr(record, {"sourceID": "source_id", "nodeID": "node_id"}.get(field, field))


def refused(record: Fields) -> set[str]:
    """Return the fields at fault in a record that must not be accepted."""
    with pytest.raises(ValidationError) as caught:
        Offering.model_validate(record)
    return {str(error["loc"][0]) for error in caught.value.errors()}


# ------------------------------------------------------------------------------------------------- the fields


def test_the_fields_are_those_of_the_specification() -> None:
    """Section "Fields", no more and no fewer; and nodeID, which lists give."""
    assert api_names(Offering) == {row[0] for row in SPECIFICATION} | LISTED_BY_DEFAULT


def test_every_field_of_the_list_response_is_known() -> None:
    """Section "Collection Fields"."""
    listed = (
        "created_at id name nodeID policy_jwt_alg policy_jwt_audience policy_jwt_claim_expires_in reference "
        "service_instance sourceID updated_at webhook_uri_template"
    )
    assert set(listed.split()) <= api_names(Offering)


@pytest.mark.parametrize(("field", "access", "required", "default"), FIELD_BY_FIELD)
def test_access_and_requirement(field: str, access: str, required: bool, default: object) -> None:
    """Who may set a field, and whether a record must have it."""
    assert (nature(field).access, nature(field).required) == (access, required)


@pytest.mark.parametrize(("field", "access", "required", "default"), FIELD_BY_FIELD)
def test_a_field_left_out(field: str, access: str, required: bool, default: object) -> None:
    """A missing field has the specification's default; a required one is missed."""
    record = without(offering(), field)
    if default == "required":
        assert refused(record) == {field}
    else:
        assert value_of(Offering.model_validate(record), field) == default


@pytest.mark.parametrize("name", ["source_id", "node_id", "version", ""])
def test_nature_knows_api_names_only(name: str) -> None:
    with pytest.raises(KeyError):
        nature(name)


def test_the_record_of_the_specification_is_read() -> None:
    """Section "Get a single app offering", as it stands there."""
    record = Offering.model_validate_json(
        """{
          "id": 1, "sourceID": null, "reference": "note-dispatcher", "name": "Log Note Dispatcher Integration",
          "created_at": "2021-04-13T04:19:49-05:00", "updated_at": "2021-04-13T04:19:51-05:00",
          "service_instance": {"id": 83, "name": "Our Integration"}, "policy_jwt_alg": "rs512",
          "webhook_uri_template":
            "https://jfgd645.execute-api.eu-west-1.amazonaws.com/Prod/integration/?account={account}",
          "...": "..."
        }"""
    )
    assert (record.id, record.source_id, record.reference) == (1, None, "note-dispatcher")
    assert record.name == "Log Note Dispatcher Integration"
    minus_five = timezone(timedelta(hours=-5))
    assert record.created_at == datetime(2021, 4, 13, 4, 19, 49, tzinfo=minus_five)
    assert record.updated_at == datetime(2021, 4, 13, 4, 19, 51, tzinfo=minus_five)
    assert record.service_instance == Referenced(id=83, name="Our Integration")
    assert record.policy_jwt_alg == "rs512"
    assert record.webhook_uri_template == (
        "https://jfgd645.execute-api.eu-west-1.amazonaws.com/Prod/integration/?account={account}"
    )


# ------------------------------------------------------------------------------------------------- strings

LIMITS = [  # field, characters, whether the specification requires it
    ("card_description", 255, False),
    ("configuration_uri_template", 255, False),
    ("name", 128, True),
    ("reference", 161, True),
    ("source", 30, False),
    ("sourceID", 128, False),
    ("webhook_uri_template", 255, True),
]
LIMITED = pytest.mark.parametrize(("field", "limit", "required"), [pytest.param(*row, id=row[0]) for row in LIMITS])
ONE_CHARACTER = pytest.mark.parametrize(
    "character",
    [
        pytest.param("x", id="ascii"),
        pytest.param("é", id="two-bytes"),
        pytest.param("日", id="three-bytes"),
        pytest.param("🚀", id="emoji-four-bytes"),
    ],
)


@LIMITED
@ONE_CHARACTER
def test_a_string_at_its_limit(field: str, limit: int, required: bool, character: str) -> None:
    """A limit such as "max 255" counts characters, however many bytes they take."""
    assert value_of(read(**{field: character * limit}), field) == character * limit


@LIMITED
@ONE_CHARACTER
def test_a_string_one_over_its_limit(field: str, limit: int, required: bool, character: str) -> None:
    assert refused(offering(**{field: character * (limit + 1)})) == {field}


@LIMITED
def test_an_empty_string(field: str, limit: int, required: bool) -> None:
    """Nothing is no name; an optional field may be empty."""
    if required:
        assert refused(offering(**{field: ""})) == {field}
    else:
        assert value_of(read(**{field: ""}), field) == ""


@pytest.mark.parametrize("field", ["name", "reference", "webhook_uri_template"])
@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000 "])
def test_spaces_are_no_required_value(field: str, blank: str) -> None:
    assert refused(offering(**{field: blank})) == {field}


@LIMITED
@pytest.mark.parametrize("value", [5, 1.5, True, ["x"], {"x": "y"}, b"x", date(2026, 1, 1)], ids=repr)
def test_only_text_is_a_string(field: str, limit: int, required: bool, value: object) -> None:
    assert refused(offering(**{field: value})) == {field}


@pytest.mark.parametrize("field", [row[0] for row in LIMITS] + ["policy_jwt_audience"])
@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u2028"], ids=ascii)
def test_control_characters_are_refused(field: str, character: str) -> None:
    """They change how a terminal, a header or a script reads the rest."""
    assert refused(offering(**{field: f"a{character}b"})) == {field}


@pytest.mark.parametrize("field", ["name", "reference", "source", "webhook_uri_template"])
@pytest.mark.parametrize("character", ["\n", "\r", "\t"], ids=ascii)
def test_short_fields_are_one_line(field: str, character: str) -> None:
    assert refused(offering(**{field: f"a{character}b"})) == {field}


@pytest.mark.parametrize("field", ["name", "card_description", "description", "policy_jwt_audience", "picture_uri"])
def test_half_a_character_is_refused(field: str) -> None:
    """A lone surrogate cannot be written as UTF-8, so it must not get further."""
    assert refused(offering(**{field: "a\ud83d"})) == {field}


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "مرحبا",
        "e\u0301",
        "a\u202eb",
        "a\u200bb",
        " padded ",
        "../../etc/passwd",
    ],
    ids=ascii,
)
def test_strings_are_kept_as_they_are(name: str) -> None:
    """Nothing is trimmed, composed or cleaned here: pages escape what they show."""
    assert (read(name=name).name, read(reference=name).reference) == (name, name)


def test_picture_uri_has_no_short_limit() -> None:
    """It is an "Optional string" without a limit; it may be a data URL of a picture under 2 MB (api.md)."""
    address = "data:image/png;base64," + "A" * (2 * 1024 * 1024 * 4 // 3)
    assert read(picture_uri=address).picture_uri == address


# ------------------------------------------------------------------------------------------------- texts in bytes

BYTES = [*((name, 65_536) for name in TEXTS), ("policy_jwt_audience", 2_048)]
IN_BYTES = pytest.mark.parametrize(("field", "limit"), [pytest.param(*row, id=row[0]) for row in BYTES])


@IN_BYTES
@ONE_CHARACTER
def test_a_text_at_its_limit_in_bytes(field: str, limit: int, character: str) -> None:
    """A limit such as "max 64KB" counts bytes of UTF-8: exactly the limit is accepted, one byte more is not."""
    size = len(character.encode())
    text = character * (limit // size) + "x" * (limit % size)
    assert len(text.encode()) == limit
    assert value_of(read(**{field: text}), field) == text
    assert refused(offering(**{field: text + "x"})) == {field}


@IN_BYTES
def test_a_text_may_be_empty_or_null(field: str, limit: int) -> None:
    assert value_of(read(**{field: ""}), field) == ""
    assert value_of(read(**{field: None}), field) is None


@IN_BYTES
@pytest.mark.parametrize("value", [5, True, [], {}, b"x"], ids=repr)
def test_only_text_is_a_text(field: str, limit: int, value: object) -> None:
    assert refused(offering(**{field: value})) == {field}


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_keeps_every_line_break(field: str) -> None:
    text = "\ufeff# Head\r\n\r\n\tcode\n\n"
    assert value_of(read(**{field: text}), field) == text


# ------------------------------------------------------------------------------------------------- numbers, flags

NO_IDS = [
    pytest.param("1", id="text"),
    pytest.param(True, id="true"),
    pytest.param(1.0, id="float"),
    pytest.param(-1, id="negative"),
    pytest.param(0, id="zero"),
    pytest.param(2**70, id="beyond-64-bits"),
    pytest.param(2**63, id="one-beyond-63-bits"),
    pytest.param(None, id="null"),
    pytest.param([1], id="list"),
    pytest.param(float("nan"), id="nan"),
]


@pytest.mark.parametrize("value", NO_IDS)
def test_what_is_no_id(value: object) -> None:
    """Nothing is converted silently."""
    assert refused(offering(id=value)) == {"id"}
    assert refused(offering(service_instance={"id": value})) == {"service_instance"}
    assert refused(offering(ui_extension_version={"id": value})) == {"ui_extension_version"}


@pytest.mark.parametrize("value", [1, 2**31, 2**53 + 1, 2**63 - 1])
def test_what_is_an_id(value: int) -> None:
    assert read(id=value).id == value


@pytest.mark.parametrize("field", ["disabled", "requires_enabled_oauth_person"])
@pytest.mark.parametrize("value", ["yes", "true", "false", "", 1, 0, 1.0, [], None], ids=repr)
def test_only_true_and_false_are_booleans(field: str, value: object) -> None:
    assert refused(offering(**{field: value})) == {field}


@pytest.mark.parametrize("field", ["disabled", "requires_enabled_oauth_person"])
@pytest.mark.parametrize("value", [True, False])
def test_booleans(field: str, value: bool) -> None:
    assert value_of(read(**{field: value}), field) is value


@pytest.mark.parametrize("algorithm", ["rs256", "rs384", "rs512", "es256", "es384", "es512"])
def test_the_six_algorithms(algorithm: str) -> None:
    assert read(policy_jwt_alg=algorithm).policy_jwt_alg == algorithm


@pytest.mark.parametrize("value", ["hs256", "none", "RS256", " rs256", "", "es521", 256, True, ["rs256"]], ids=repr)
def test_other_algorithms_are_refused(value: object) -> None:
    assert refused(offering(policy_jwt_alg=value)) == {"policy_jwt_alg"}


@pytest.mark.parametrize(
    ("given_value", "minutes"),
    [(0, 0), (90, 90), ("2:30", 150), ("0:00", 0), ("02:05", 125), ("100:59", 6059), (525_600, 525_600)],
    ids=repr,
)
def test_durations_are_minutes(given_value: object, minutes: int) -> None:
    """Whole minutes, or hours and minutes (api.md)."""
    assert read(policy_jwt_claim_expires_in=given_value).policy_jwt_claim_expires_in == minutes


@pytest.mark.parametrize(
    "value",
    ["2:60", "2:3", "-1", "-1:30", ":30", "2:", "2:30:00", "90", "", " 2:30", "2h", "٢:30", -1, True, 1.5, 90.0, [90]],
    ids=ascii,
)
def test_what_is_no_duration(value: object) -> None:
    assert refused(offering(policy_jwt_claim_expires_in=value)) == {"policy_jwt_claim_expires_in"}


@pytest.mark.parametrize("value", [2**31, 2**70], ids=["2**31", "2**70"])
def test_a_duration_of_millennia_is_refused(value: int) -> None:
    assert refused(offering(policy_jwt_claim_expires_in=value)) == {"policy_jwt_claim_expires_in"}


# ------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
@pytest.mark.parametrize(
    ("written", "offset"),
    [
        ("2021-04-13T04:19:49-05:00", timedelta(hours=-5)),
        ("2021-04-13T04:19:49+05:30", timedelta(hours=5, minutes=30)),
        ("2021-04-13T04:19:49+00:00", timedelta(0)),
        ("2021-04-13T04:19:49Z", timedelta(0)),
        ("2021-04-13T04:19:49.250+14:00", timedelta(hours=14)),
        ("0001-01-01T00:00:00Z", timedelta(0)),
        ("9999-12-31T23:59:59Z", timedelta(0)),
        ("1969-12-31T23:59:59-12:00", timedelta(hours=-12)),
    ],
)
def test_times_keep_their_offset(field: str, written: str, offset: timedelta) -> None:
    moment = value_of(read(**{field: written}), field)
    assert isinstance(moment, datetime)
    assert moment.utcoffset() == offset
    assert moment.isoformat() == datetime.fromisoformat(written).isoformat()


def test_the_offset_comes_back_as_it_was_written() -> None:
    """As the specification's example has it."""
    record = read(created_at="2021-04-13T04:19:49-05:00")
    assert json.loads(record.model_dump_json())["created_at"] == "2021-04-13T04:19:49-05:00"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2021-04-13T04:19:49", id="no-offset"),
        pytest.param(datetime(2021, 4, 13, 4, 19, 49), id="toml-local-time"),  # noqa: DTZ001 that is the mistake
        pytest.param(date(2021, 4, 13), id="toml-date"),
        pytest.param(time(4, 19, 49), id="toml-time"),
        pytest.param("2021-04-13", id="day-alone"),
        pytest.param("yesterday", id="words"),
        pytest.param("", id="empty"),
        pytest.param("2021-02-30T00:00:00Z", id="no-such-day"),
        pytest.param("2021-04-13T25:00:00Z", id="no-such-hour"),
        pytest.param("2021-04-13T04:19:49+25:00", id="no-such-offset"),
        pytest.param("10000-01-01T00:00:00Z", id="year-10000"),
        pytest.param("0000-01-01T00:00:00Z", id="year-0"),
        pytest.param("-0001-01-01T00:00:00Z", id="before-year-0"),
        pytest.param("0001-01-01T00:00:00+01:00", id="before-the-first-instant"),
        pytest.param("9999-12-31T23:59:59-01:00", id="after-the-last-instant"),
        pytest.param("2021-04-13T04:19:49-05:00 and more", id="trailing-words"),
        pytest.param(1618305589, id="epoch-seconds"),
        pytest.param(1618305589.5, id="epoch-float"),
        pytest.param(True, id="true"),
        pytest.param(["2021-04-13T04:19:49Z"], id="list"),
    ],
)
@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_what_is_no_time(field: str, value: object) -> None:
    assert refused(offering(**{field: value})) == {field}


def test_a_time_of_toml_is_kept() -> None:
    moment = datetime(2024, 11, 20, 14, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert read(created_at=moment).created_at == moment
    assert read(created_at=moment.astimezone(UTC)).created_at == moment


# ------------------------------------------------------------------------------------------------- null


@pytest.mark.parametrize("field", ["policy_jwt_alg", "webhook_uri_template"])
def test_null_in_two_required_fields_is_read(field: str) -> None:
    """Real records hold it, so reading accepts it (api.md); whoever writes still has to fill them in."""
    assert value_of(read(**{field: None}), field) is None


@pytest.mark.parametrize("field", ["id", "name", "reference", "service_instance"])
def test_null_in_other_required_fields_is_refused(field: str) -> None:
    assert refused(offering(**{field: None})) == {field}


@pytest.mark.parametrize("field", [row[0] for row in SPECIFICATION if row[3] is None])
def test_blank_optional_fields_are_null(field: str) -> None:
    """A record has "all fields, blank ones as null" (api.md)."""
    assert value_of(read(**{field: None}), field) is None


# ------------------------------------------------------------------------------------------------- parts


def test_a_reference_to_another_record() -> None:
    """Its id is needed; names and keys of a later version may come with it."""
    record = read(service_instance={"id": 83, "localname": "Unsere"})
    assert (record.service_instance.id, record.service_instance.name) == (83, None)
    assert record.service_instance.model_extra == {"localname": "Unsere"}


def test_a_ui_extension_version_has_a_version() -> None:
    record = read(ui_extension_version={"id": 5, "name": "Settings", "version": 7})
    assert record.ui_extension_version == UiExtensionVersion(id=5, name="Settings", version=7)


@pytest.mark.parametrize("field", ["service_instance", "ui_extension_version"])
@pytest.mark.parametrize("value", [83, "83", [], {}, {"name": "x"}, {"id": 1, "name": 5}], ids=repr)
def test_what_is_no_reference_to_a_record(field: str, value: object) -> None:
    assert refused(offering(**{field: value})) == {field}


def test_attachments_have_the_shape_that_the_api_gives() -> None:
    """`key`, `name`, `uri`, `inline`, `size`, and what some clients' models add."""
    given_file = {
        "id": 9,
        "key": "attachments/5/flow.png",
        "name": "flow.png",
        "uri": "https://s3.example.com/flow.png?X-Amz-Signature=abc",
        "inline": True,
        "size": 12_345,
        "created_at": "2021-04-13T04:19:49-05:00",
    }
    (file,) = read(attachments=[given_file]).attachments
    assert (file.key, file.name, file.inline, file.size) == ("attachments/5/flow.png", "flow.png", True, 12_345)
    assert file.uri == "https://s3.example.com/flow.png?X-Amz-Signature=abc"
    assert file.model_extra == {"id": 9, "created_at": "2021-04-13T04:19:49-05:00"}


@pytest.mark.parametrize(
    "value",
    ["flow.png", {}, {"key": "a"}, [5], [{}], [{"key": None}], [{"key": "a", "size": -1}], [{"key": "a", "inline": 1}]],
    ids=repr,
)
def test_what_is_no_list_of_attachments(value: object) -> None:
    assert refused(offering(attachments=value)) == {"attachments"}


@pytest.mark.parametrize("field", ["description_attachments", "features_attachments", "compliance_attachments"])
def test_write_only_attachments_add_and_remove(field: str) -> None:
    """`{"key", "inline"}` adds a stored file, `{"key", "_destroy": true}` removes one (api.md)."""
    changes = value_of(read(**{field: [{"key": "a", "inline": True}, {"key": "b", "_destroy": True}]}), field)
    assert [(it.key, it.inline, it.destroy) for it in changes] == [("a", True, False), ("b", False, True)]


def test_a_removal_is_written_as_the_api_names_it() -> None:
    change = AttachmentChange.model_validate({"key": "b", "_destroy": True})
    assert change.model_dump(by_alias=True) == {"key": "b", "inline": False, "_destroy": True}


# ------------------------------------------------------------------------------------------------- the whole record


def test_unknown_fields_are_kept() -> None:
    """A later version of the API may send more: that is no mistake, and not lost on the way back."""
    record = read(openid_connect_discovery="https://x.example/", new={"a": [1, None]})
    assert record.model_extra == {"openid_connect_discovery": "https://x.example/", "new": {"a": [1, None]}}


@pytest.mark.parametrize(
    ("value", "field"),
    [
        pytest.param(read(), "name", id="Offering"),
        pytest.param(Referenced(id=1), "id", id="Referenced"),
        pytest.param(AttachmentRecord(key="a"), "uri", id="AttachmentRecord"),
        pytest.param(AttachmentChange(key="a"), "key", id="AttachmentChange"),
        pytest.param(StoreEntry(), "featured", id="StoreEntry"),
        pytest.param(Assurance(topic="a", status="b"), "topic", id="Assurance"),
    ],
)
def test_values_are_frozen(value: BaseModel, field: str) -> None:
    with pytest.raises(ValidationError):
        setattr(value, field, "other")


@given(record=offerings())
def test_a_record_comes_back_as_it_was(record: Fields) -> None:
    """What was read and is written again, by the API's names, is the same record; instants for times."""
    first = Offering.model_validate(record)
    written = json.loads(first.model_dump_json(by_alias=True))
    assert Offering.model_validate(written) == first
    assert {field: _instant(written[field]) for field in record} == {f: _instant(v) for f, v in record.items()}


def _instant(value: object) -> object:
    """Tell times apart by what they mean: Z and +00:00 are the same."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 18 else value
    except ValueError:
        return value


@pytest.mark.parametrize("record", [None, 5, "x", [], [offering()]], ids=repr)
def test_only_an_object_is_a_record(record: object) -> None:
    with pytest.raises(ValidationError):
        Offering.model_validate(record)


# ------------------------------------------------------------------------------------------------- the store's part


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("categories", ["Assets", "Überwachung"]),
        ("tags", ["a", "b c"]),
        ("publisher", "Acme <Ltd>"),
        ("website", "https://example.com/apps?a=1#b"),
        ("website", "http://example.com"),
        ("support", "mailto:help@example.com"),
        ("support", "https://help.example.com/"),
        ("featured", True),
        ("screenshots", [{"file": "attachments/a.png", "caption": "One"}, {"file": "attachments/b/c.png"}]),
        ("install_url", "https://{account}.example.com/{reference}"),
        ("assurances", [{"topic": "ISO 27001", "status": "Certified", "valid_until": date(2027, 6, 30)}]),
        (
            "assurances",
            [{"topic": "a", "status": "b", "scope": "c", "evidence": "attachments/d.pdf", "valid_until": "2027-06-30"}],
        ),
    ],
)
def test_what_a_store_may_say_of_an_offering(key: str, good: object) -> None:
    """`[store]` of design.md."""
    assert key in StoreEntry.model_validate({key: good}).model_fields_set


BAD_ADDRESSES = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "/\\evil.example",
    "https:\\\\evil.example",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://@example.com/",
    "https://",
    "https:///path",
    "https://[::1",
    "ftp://example.com/",
    "www.example.com",
    "https://example.com/a b",
    "https://example.com/\n",
    "https://example.com/\u2028",
    "",
    5,
]


@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=ascii)
@pytest.mark.parametrize("key", ["website", "support", "install_url"])
def test_addresses_that_lead_nowhere_good_are_refused(key: str, address: object) -> None:
    """A page would leave them out; their author has to be told."""
    with pytest.raises(ValidationError):
        StoreEntry.model_validate({key: address})


@pytest.mark.parametrize(
    "contact",
    [
        "help@example.com",
        "mailto:",
        "mailto:help",
        "mailto:a@b.example?bcc=c@d.example",
        "mailto:a b@c.example",
        "tel:1",
    ],
)
def test_what_is_no_support_address(contact: str) -> None:
    with pytest.raises(ValidationError):
        StoreEntry.model_validate({"support": contact})


@pytest.mark.parametrize(
    "file",
    [
        "picture.png",
        "/etc/passwd",
        "../attachments/x.pdf",
        "attachments",
        "attachments/",
        "attachments//x.pdf",
        "attachments/./x.pdf",
        "attachments/../x.pdf",
        "attachments/a/../../x.pdf",
        "Attachments/x.pdf",
        "https://example.com/x.pdf",
        "attachments/x\0.pdf",
        "",
        5,
    ],
    ids=ascii,
)
def test_evidence_and_screenshots_are_files_of_the_offering(file: object) -> None:
    for entry in ({"assurances": [{"topic": "a", "status": "b", "evidence": file}]}, {"screenshots": [{"file": file}]}):
        with pytest.raises(ValidationError):
            StoreEntry.model_validate(entry)


def test_names_of_files_are_composed() -> None:
    """A name typed in a file and one given by a file system are the same: NFC."""
    entry = ScreenshotFile(file="attachments/U\u0308bersicht.png")
    assert entry.file == "attachments/\u00dcbersicht.png"


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"categories": "Assets"}, id="text-for-a-list"),
        pytest.param({"categories": [""]}, id="blank-category"),
        pytest.param({"categories": ["x" * 65]}, id="long-category"),
        pytest.param({"tags": [5]}, id="number-for-a-tag"),
        pytest.param({"featured": "yes"}, id="text-for-a-flag"),
        pytest.param({"screenshots": ["attachments/a.png"]}, id="screenshot-without-table"),
        pytest.param({"screenshots": [{"caption": "x"}]}, id="screenshot-without-file"),
        pytest.param({"assurances": [{"topic": "x"}]}, id="assurance-without-status"),
        pytest.param({"assurances": [{"status": "x"}]}, id="assurance-without-topic"),
        pytest.param({"assurances": {"topic": "x", "status": "y"}}, id="table-for-a-list"),
        pytest.param({"assurances": [{"topic": "x", "status": "y", "valid_until": "soon"}]}, id="no-day"),
        pytest.param({"assurances": [{"topic": "x", "status": "y", "valid_until": 2027}]}, id="year-for-a-day"),
        pytest.param(
            {"assurances": [{"topic": "x", "status": "y", "valid_until": datetime(2027, 6, 30, tzinfo=UTC)}]},
            id="moment-for-a-day",
        ),
        pytest.param({"assurances": [{"topic": "x", "status": "y", "evidnce": "z"}]}, id="unknown-key-within"),
        pytest.param({"category": ["x"]}, id="unknown-key"),
    ],
)
def test_what_a_store_may_not_say(entry: Fields) -> None:
    with pytest.raises(ValidationError):
        StoreEntry.model_validate(entry)


# ------------------------------------------------------------------------------------------------- what is public

NEVER_LEAVE = {
    "webhook_uri_template",
    "policy_jwt_audience",
    "policy_jwt_claim_expires_in",
    "source",
    "sourceID",
    "source_id",
    "nodeID",
    "node_id",
    "service_instance",
    "description_attachments",
    "features_attachments",
    "compliance_attachments",
    "picture_uri",
    "ui_extension_version",
    "disabled",
}


def test_what_never_leaves_has_no_place_on_a_page() -> None:
    """design.md, "Fields that never leave": a page cannot show what its record does not hold."""
    assert {it.name for it in dataclass_fields(PublicOffering)} & NEVER_LEAVE == set()


def test_the_algorithms_of_the_builders_are_those_of_the_specification() -> None:
    assert set(ALGORITHMS) == {"rs256", "rs384", "rs512", "es256", "es384", "es512"}
