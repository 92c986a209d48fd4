"""The files of ``/v1``: exactly the public fields, and texts whose attachments are ours."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from generator.models import Attachment, Download, Picture
from generator.records import short_record, whole_record
from site_checks import public

BASE = "https://apps.example.com/shop/"
SHORT = {
    *("id", "reference", "name", "card_description", "configuration_uri_template", "created_at", "updated_at"),
    *("picture_uri", "policy_jwt_alg", "requires_enabled_oauth_person"),
}
WHOLE = SHORT | {"description", "features", "compliance", "attachments"}
MOMENT = datetime(2021, 4, 13, 4, 19, 49, tzinfo=timezone(timedelta(hours=-5)))


def attachment(key: str, path: str | None = None) -> Attachment:
    name = key.rpartition("/")[2]
    return Attachment(key, Download(name, path or f"files/1f2e/{name}", 1234, "0" * 64, "PDF"))


def text_of(text: str, *keys: str, base_url: str = "") -> str:
    record = whole_record(public(description=text, attachments=tuple(map(attachment, keys))), base_url)
    assert isinstance(record["description"], str)
    return record["description"]


def test_a_list_has_these_fields_and_no_other() -> None:
    assert short_record(public(), BASE).keys() == SHORT


def test_a_record_has_these_fields_and_no_other() -> None:
    assert whole_record(public(), BASE).keys() == WHOLE


def test_a_record_by_value() -> None:
    whole: dict[str, Any] = {
        "id": 7,
        "reference": "wdc_dusk",
        "name": "Dusk <&>",
        "card_description": "Dims the lights.",
        "configuration_uri_template": "https://{account}.example.com/dusk",
        "created_at": MOMENT,
        "updated_at": MOMENT.astimezone(UTC),
        "picture": Picture("media/3c.webp", 128, 128),
        "policy_jwt_alg": "es256",
        "requires_enabled_oauth_person": True,
        "has_ui_extension": True,
        "description": "See [terms](attachments/terms.pdf).",
        "features": "* one",
        "attachments": (attachment("attachments/terms.pdf"),),
    }
    assert whole_record(public(**whole), BASE) == {
        "id": 7,
        "reference": "wdc_dusk",
        "name": "Dusk <&>",
        "card_description": "Dims the lights.",
        "configuration_uri_template": "https://{account}.example.com/dusk",
        "created_at": "2021-04-13T04:19:49-05:00",
        "updated_at": "2021-04-13T09:19:49+00:00",
        "picture_uri": "https://apps.example.com/shop/media/3c.webp",
        "policy_jwt_alg": "es256",
        "requires_enabled_oauth_person": True,
        "description": "See [terms](https://apps.example.com/shop/files/1f2e/terms.pdf).",
        "features": "* one",
        "compliance": None,
        "attachments": [
            {"name": "terms.pdf", "uri": "https://apps.example.com/shop/files/1f2e/terms.pdf", "size": 1234}
        ],
    }


def test_what_is_blank_is_null_as_in_the_api() -> None:
    record = whole_record(public(), "")
    blank = {"card_description", "configuration_uri_template", "created_at", "updated_at", "policy_jwt_alg"}
    blank |= {"description", "features", "compliance"}
    assert {key for key, value in record.items() if value is None} == blank
    assert record["attachments"] == []


def test_without_a_base_url_addresses_are_paths_in_the_site() -> None:
    assert short_record(public(), "")["picture_uri"] == "media/0a1b.svg"
    assert text_of("![x](attachments/a.png)", "attachments/a.png") == "![x](files/1f2e/a.png)"


def test_a_time_has_whole_seconds_and_its_offset() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    assert short_record(public(created_at=moment), "")["created_at"] == "2026-01-02T03:04:05+00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![Flow](attachments/flow.png)", "![Flow](files/1f2e/flow.png)"),
        ("[a](attachments/flow.png)[b](attachments/flow.png)", "[a](files/1f2e/flow.png)[b](files/1f2e/flow.png)"),
        ("[a]: attachments/flow.png 'Flow'", "[a]: files/1f2e/flow.png 'Flow'"),
        ("![x](<attachments/data model.csv>)", "![x](<files/1f2e/data%20model.csv>)"),
        ("![x](attachments/data%20model.csv)", "![x](files/1f2e/data%20model.csv)"),
        ("[x](attachments/%C3%9Cbersicht.pdf)", "[x](files/1f2e/%C3%9Cbersicht.pdf)"),
        ("[x](attachments/Übersicht.pdf)", "[x](files/1f2e/%C3%9Cbersicht.pdf)"),
        ("[x](attachments/a.tar)", "[x](files/1f2e/a.tar)"),
        ("[x](attachments/a.tar.gz)", "[x](files/1f2e/a.tar.gz)"),
        ("see attachments/flow.png.", "see files/1f2e/flow.png."),
    ],
)  # fmt: skip
def test_attachments_in_a_text_are_ours(text: str, expected: str) -> None:
    keys = ("flow.png", "data model.csv", "Übersicht.pdf", "a.tar", "a.tar.gz")
    assert text_of(text, *(f"attachments/{key}" for key in keys)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[x](attachments/unknown.png)",
        "[x](attachments/flow.png.bak)",
        "[x](attachments/flow.png/more)",
        "# Words <b>as</b> written\r\n\n  {{ braces }} & \\1 \\g<0>\t",
    ],
)
def test_the_rest_of_a_text_is_as_it_was_written(text: str) -> None:
    assert text_of(text, "attachments/flow.png") == text


@pytest.mark.parametrize(
    "text",
    [
        "[theirs](https://docs.example.com/attachments/flow.png)",
        "[theirs](../attachments/flow.png)",
        "[x](my-attachments/flow.png)",
        "myattachments/flow.png",
    ],
)
def test_an_address_that_only_ends_like_ours_is_left_alone(text: str) -> None:
    assert text_of(text, "attachments/flow.png", base_url=BASE) == text


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("attachments/U\u0308bersicht.pdf", id="decomposed"),
        pytest.param("attachments/%c3%9cbersicht.pdf", id="percent in lower case"),
    ],
)
def test_every_spelling_that_a_page_understands_becomes_ours(address: str) -> None:
    """`markup` finds the file behind each of these, so a link that works on the page must work in the record."""
    assert text_of(f"[x]({address})", "attachments/Übersicht.pdf") == "[x](files/1f2e/%C3%9Cbersicht.pdf)"


def test_a_name_with_a_backslash_or_group_is_put_in_as_it_is() -> None:
    text = whole_record(
        public(description="[x](attachments/a.pdf)", attachments=(attachment("attachments/a.pdf", r"files/\1/g<0>"),)),
        "",
    )["description"]
    assert text == "[x](files/%5C1/g%3C0%3E)"
