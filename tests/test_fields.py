"""The value types one by one: what they take, what they refuse and in which words, and properties of them."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from generator import fields

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def accepts(kind: Any, value: object) -> bool:
    """Tell whether a type takes a value; anything but a `ValidationError` is a defect."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def reason(kind: Any, value: object) -> str:
    """Return the words in which a value is refused."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (error,) = caught.value.errors()
    return error["msg"]


HIDDEN_HOSTS = [
    "https://./",
    "https://%65vil.example/",
    "https://good.example%40evil.example/",
    "https://good.example&#64;evil.example/",
    "https://good.example;evil.example/",
    "https://" + "x" * 64 + ".example/",
]
"""Hosts that a browser reads otherwise than a person, or not at all."""
HIDDEN_MAIL = ['mailto:"<script>"@b.example', "mailto:a%40b.example,c@d.example", "mailto:a@b.example&bcc=c"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param(fields.Name, "", "String should have at least 1 character", id="name-empty"),
        pytest.param(fields.Name, "  ", "holds only spaces, and is required", id="name-spaces"),
        pytest.param(fields.Name, "a\nb", "holds a line break or tab, and must be one line", id="name-two-lines"),
        pytest.param(fields.Name, "a\tb", "holds a line break or tab, and must be one line", id="name-tab"),
        pytest.param(fields.Name, "a\0b", "holds the control character U+0000", id="name-nul"),
        pytest.param(fields.Name, "a\u2028b", "holds the control character U+2028", id="name-line-separator"),
        pytest.param(fields.Audience, "a\x1b[31m", "holds the control character U+001B", id="audience-escape"),
        pytest.param(fields.Audience, "é" * 1025, "2,050 bytes, at most 2,048", id="audience-long"),
        pytest.param(fields.Text, "é" * 32768 + "a", "65,537 bytes, at most 65,536", id="text-long"),
        pytest.param(
            fields.Timestamp,
            "2021-04-13T04:19:49",
            "has no time zone: add an offset such as +02:00, or Z",
            id="time-without-zone",
        ),
        pytest.param(
            fields.Timestamp,
            "soon",
            "'soon' is no date and time such as 2026-04-13T04:19:49-05:00",
            id="time-in-words",
        ),
        pytest.param(
            fields.Timestamp, 5, "expected a date and time such as 2026-04-13T04:19:49-05:00", id="time-number"
        ),
        pytest.param(
            fields.Timestamp,
            "0001-01-01T00:00:00+01:00",
            "is outside the years that a calendar can hold",
            id="time-before-the-calendar",
        ),
        pytest.param(
            fields.Timestamp,
            "2021-04-13T04:19:49+01:00:30",
            "has an offset that is no whole minute",
            id="time-offset-in-seconds",
        ),
        pytest.param(
            fields.Minutes,
            "2:60",
            'expected minutes as a whole number, or hours and minutes as "2:30"',
            id="duration-sixty-minutes",
        ),
        pytest.param(fields.Day, "30.06.2027", "'30.06.2027' is no date such as 2027-06-30", id="day-german"),
        pytest.param(fields.Day, 2027, "expected a date such as 2027-06-30, without quotes", id="day-number"),
        pytest.param(fields.WebAddress, "https://[::1", "'https://[::1' is no valid address", id="address-broken"),
        pytest.param(
            fields.WebAddress,
            "javascript:alert(1)",
            "must be a full address that begins with https:// and holds no user name",
            id="address-script",
        ),
        pytest.param(
            fields.AttachmentFile,
            "../x",
            "must name a file of this folder, such as attachments/report.pdf",
            id="file-above",
        ),
    ],
)
def test_reasons(kind: Any, value: object, expected: str) -> None:
    """A reason of our own is a phrase that can follow the name of the field."""
    assert reason(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (fields.Timestamp, "x" * 100_000),
        (fields.Day, "x" * 100_000),
        (fields.WebAddress, "https://[" + "x" * 2000),
        (fields.Minutes, "9" * 100_000),
        (fields.PolicyJwtAlg, "x" * 100_000),
    ],
    ids=["time", "day", "address", "duration", "algorithm"],
)
def test_reasons_stay_short(kind: Any, value: object) -> None:
    """A reason does not repeat a value of any length."""
    assert len(reason(kind, value)) < 200


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        pytest.param(fields.Count, [0, 1, 2**63 - 1], [-1, 2**63, 1.0, True, "1", None], id="Count"),
        pytest.param(fields.Label, ["x", "é" * 64, "🚀" * 64], ["", " ", "x" * 65, 5, None], id="Label"),
        pytest.param(fields.Caption, ["", "x" * 255], ["x" * 256, "a\nb", 5, None], id="Caption"),
        pytest.param(
            fields.Day,
            ["2027-06-30", "2028-02-29", date(2027, 6, 30), "0001-01-01", "9999-12-31"],
            ["2027-02-29", "2027-6-30", "", "2027-06-30T00:00:00", datetime(2027, 6, 30), True, None],  # noqa: DTZ001
            id="Day",
        ),
        pytest.param(
            fields.WebAddress,
            ["https://example.com", "http://example.com:8080/a?b=c#d", "https://müller.example/ü", "https://[::1]/"],
            [
                "example.com",
                "https:example.com",
                "mailto:a@b.example",
                "https://a\\b",
                "https://" + "x" * 2048,
                *HIDDEN_HOSTS,
            ],
            id="WebAddress",
        ),
        pytest.param(
            fields.Contact,
            ["mailto:a@b.example", "https://example.com/help"],
            [
                "a@b.example",
                "mailto:",
                "mailto:a@b@c",
                "mailto:a@b.example?subject=x",
                "javascript:alert(1)",
                *HIDDEN_MAIL,
            ],
            id="Contact",
        ),
        pytest.param(
            fields.AttachmentFile,
            ["attachments/a.pdf", "attachments/a b/ü.pdf", "attachments/.../x"],
            ["attachments", "attachments/", "/attachments/a", "attachments/../a", "attachments/a/", "a.pdf", None],
            id="AttachmentFile",
        ),
    ],
)
def test_what_a_type_takes(kind: Any, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if not accepts(kind, value)] == []
    assert [value for value in bad if accepts(kind, value)] == []


@given(hours=st.integers(0, 9_999), minutes=st.integers(0, 59))
def test_hours_and_minutes(hours: int, minutes: int) -> None:
    assert TypeAdapter(fields.Minutes).validate_python(f"{hours}:{minutes:02}") == hours * 60 + minutes


@given(text=st.text(st.sampled_from("aé日🚀"), min_size=500, max_size=1100))
def test_an_audience_fits_when_its_bytes_do(text: str) -> None:
    assert accepts(fields.Audience, text) == (len(text.encode()) <= 2048)


@given(moment=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), offset=st.integers(-1439, 1439))  # noqa: DTZ001
def test_every_offset_is_kept(moment: datetime, offset: int) -> None:
    """The same instant, and the same words on the way back."""
    written = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset))).isoformat()
    adapter = TypeAdapter(fields.Timestamp)
    assert adapter.dump_python(adapter.validate_python(written), mode="json").replace("Z", "+00:00") == written


@pytest.mark.parametrize("kind", ["Timestamp", "Day", "Minutes", "WebAddress", "Contact", "AttachmentFile", "Name"])
@given(value=WORDS | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(st.none()) | st.binary())
def test_nothing_breaks_a_type(kind: str, value: object) -> None:
    """Any value is taken or refused, never answered by another error."""
    accepts(getattr(fields, kind), value)


@given(parts=st.lists(st.sampled_from(["a", "..", ".", "", "attachments", "ü", "a\\..\\b", "C:"]), max_size=5))
def test_a_file_never_leaves_its_folder(parts: list[str]) -> None:
    path = "/".join(parts)
    if accepts(fields.AttachmentFile, path):
        assert parts[0] == "attachments"
        assert not {"", ".", ".."} & set(parts)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (fields.Timestamp, {"type": "string", "format": "date-time"}),
        (fields.Day, {"type": "string", "format": "date"}),
        (fields.PolicyJwtAlg, {"type": "string", "enum": ["rs256", "rs384", "rs512", "es256", "es384", "es512"]}),
        (fields.Name, {"type": "string", "minLength": 1, "maxLength": 128}),
        (fields.Id, {"type": "integer", "minimum": 1, "exclusiveMaximum": 2**63}),
    ],
    ids=["time", "day", "algorithm", "name", "id"],
)
def test_types_tell_editors_what_they_take(kind: Any, schema: dict[str, object]) -> None:
    """JSON Schemas are made from the types, so that an editor checks what we check."""
    assert TypeAdapter(kind).json_schema() == schema
