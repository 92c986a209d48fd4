"""The value types of the App Offerings API, each with its limit in the type.

A limit in characters counts Unicode characters; one in KB counts bytes of UTF-8, as the specification's "max 64KB"
and "max 2KB" do. Nothing is converted silently: ``"1"``, ``true`` and ``1.0`` are no id, ``"yes"`` is no boolean.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Strict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from generator.characters import deceits, visible

TEXT_BYTES: Final = 64 * 1024
"""The specification's limit of description, features and compliance."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_BREAK = re.compile(r"[\t\n\r]")
_DOMAIN = r"(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?"
_HOST = re.compile(rf"{_DOMAIN}|[0-9a-f:.]*:[0-9a-f:.]*")
"""A host as people read it, in any script. With signs or percent escapes it would lead elsewhere, or nowhere."""
_MAILBOX = re.compile(rf"mailto:[\w.!#$&'*+/=^`{{|}}~-]+@{_DOMAIN}")
_DURATION = re.compile(r"([0-9]{1,6}):([0-5][0-9])")


def wrong(reason: str) -> PydanticCustomError:
    """Build the error of a rule of our own; `reason` is shown to the author as it stands."""
    return PydanticCustomError("appshelf", "{reason}", {"reason": reason})


def _without_control(text: str) -> str:
    if found := _CONTROL.search(text):
        raise wrong(f"holds the control character U+{ord(found[0]):04X}")
    return text


def plain(text: str) -> str:
    """Refuse a character that turns or hides words, where it must be mended: in an address, in the store's settings."""
    for at, _ in deceits(text):
        raise wrong(f"holds the invisible character U+{ord(text[at]):04X}")
    return text


def _one_line(text: str) -> str:
    if _LINE_BREAK.search(text):
        raise wrong("holds a line break or tab, and must be one line")
    return _without_control(text)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise wrong("is blank, and required" if not text else "holds only spaces, and is required")
    if not visible(text).strip():
        raise wrong("holds only characters that nobody can see, and is required")
    return text


@dataclass(frozen=True)
class AtMostBytes:
    """The specification's "(max n KB)": a limit in bytes of UTF-8."""

    limit: int

    def __call__(self, text: str) -> str:
        """Return `text` if it is within the limit."""
        if (size := len(text.encode())) > self.limit:
            raise wrong(f"{size:,} bytes, at most {self.limit:,}")
        return text


def _timestamp(value: object) -> object:
    """Accept ISO 8601 text and aware datetimes; the offset is kept as it was written."""
    if isinstance(value, str):
        value = _parsed_time(value)
    if not isinstance(value, datetime):
        raise wrong("expected a date and time such as 2026-04-13T04:19:49-05:00")
    offset = value.utcoffset()
    if offset is None:
        raise wrong("has no time zone: add an offset such as +02:00, or Z")
    if offset.total_seconds() % 60:
        raise wrong("has an offset that is no whole minute")
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise wrong("is outside the years that a calendar can hold") from None
    return value


def _parsed_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise wrong(f"{text[:40]!r} is no date and time such as 2026-04-13T04:19:49-05:00") from None


def _minutes(value: object) -> object:
    """Accept whole minutes and ``"2:30"``."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        return int(match[1]) * 60 + int(match[2])
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong('expected minutes as a whole number, or hours and minutes as "2:30"')
    return value


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong(f"{value[:40]!r} is no date such as 2027-06-30") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise wrong("expected a date such as 2027-06-30, without quotes")
    return value


def _web_address(text: str) -> str:
    """Accept an absolute https or http address without user name or password."""
    plain(text)
    try:
        parts = urlsplit(text)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError:
        raise wrong(f"{text[:60]!r} is no valid address") from None
    is_plain = host and _HOST.fullmatch(host) and not re.search(r"[\s\\\"<>]", text)
    if parts.scheme not in {"https", "http"} or not is_plain or user is not None:
        raise wrong("must be a full address that begins with https:// and holds no user name")
    return text


def is_web(address: str) -> bool:
    """Whether an address begins as one of the web does, whatever follows."""
    return address[:8].lower().startswith(("https://", "http://"))


def https_template(text: str) -> str:
    """Accept a full https address, whatever its placeholders will stand for."""
    _web_address(text.replace("{account}", "account").replace("{reference}", "reference"))
    if not text.startswith("https://"):
        raise wrong("must begin with https://")
    return text


def _contact(text: str) -> str:
    """Accept a web address or ``mailto:`` with one mailbox."""
    plain(text)
    if _MAILBOX.fullmatch(text):
        return text
    try:
        return _web_address(text)
    except PydanticCustomError:
        raise wrong("must be a full address that begins with https:// or mailto:") from None


def _relative_file(text: str) -> str:
    parts = text.split("/")
    if parts[0] != "attachments" or len(parts) < 2 or any(part in {"", ".", ".."} for part in parts):
        raise wrong("must name a file of this folder, such as attachments/report.pdf")
    return unicodedata.normalize("NFC", text)


def _upto(limit: int) -> StringConstraints:
    """Build the specification's "string (max limit)"."""
    return StringConstraints(strict=True, max_length=limit)


def _required(limit: int) -> StringConstraints:
    return StringConstraints(strict=True, min_length=1, max_length=limit)


_ONE_LINE = AfterValidator(_one_line)
_NOT_BLANK = AfterValidator(_not_blank)

Id = Annotated[int, Strict(), Field(ge=1, lt=2**63)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, lt=2**63)]
Timestamp = Annotated[datetime, BeforeValidator(_timestamp), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Minutes = Annotated[
    int,
    BeforeValidator(_minutes),
    Field(ge=0, lt=2**31),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "exclusiveMaximum": 2**31},
                {"type": "string", "pattern": "^[0-9]{1,6}:[0-5][0-9]$"},
            ]
        }
    ),
]
"""The specification's "duration", in minutes."""

PolicyJwtAlg = Literal["rs256", "rs384", "rs512", "es256", "es384", "es512"]

Name = Annotated[str, _required(128), _ONE_LINE, _NOT_BLANK]
Reference = Annotated[str, _required(161), _ONE_LINE, _NOT_BLANK]
UriTemplate = Annotated[str, _upto(255), _ONE_LINE]
RequiredUriTemplate = Annotated[str, _required(255), _ONE_LINE, _NOT_BLANK]
CardDescription = Annotated[str, _upto(255), _ONE_LINE]
Source = Annotated[str, _upto(30), _ONE_LINE]
SourceId = Annotated[str, _upto(128), _ONE_LINE]
Line = Annotated[str, _upto(2048), _ONE_LINE]
Label = Annotated[str, _required(64), _ONE_LINE, _NOT_BLANK]
Caption = Annotated[str, _upto(255), _ONE_LINE]

Text = Annotated[str, Strict(), AfterValidator(AtMostBytes(TEXT_BYTES))]
Audience = Annotated[str, Strict(), AfterValidator(AtMostBytes(2 * 1024)), AfterValidator(_without_control)]
PictureUri = Annotated[str, _upto(4 * 1024 * 1024), _ONE_LINE]
"""An address, or a data URL of a picture under 2 MB."""
SignedUri = Annotated[str, _upto(8192), _ONE_LINE]

WebAddress = Annotated[str, _upto(2048), _ONE_LINE, AfterValidator(_web_address)]
InstallUrl = Annotated[str, _upto(2048), _ONE_LINE, AfterValidator(https_template)]
"""Where an app is got; ``{account}`` and ``{reference}`` stand for the visitor's account and the reference."""
Contact = Annotated[str, _upto(2048), _ONE_LINE, AfterValidator(_contact)]
AttachmentFile = Annotated[str, _upto(2048), _ONE_LINE, AfterValidator(_relative_file)]
