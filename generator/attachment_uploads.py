"""Files sent to the attachment storage, to be claimed by a text afterwards (developer.xurrent.com, "Attachments").

The API says where files go: to itself, or to a storage elsewhere, which gets the fields that the API gives for it and
never the token.
"""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final, Literal

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from generator.api_requests import ApiRequests
from generator.errors import AnswerError, AssetError
from generator.fields import Count, Line, SignedUri
from generator.links import origin
from generator.strict_json import StrictJsonError, parse
from generator.wire import Answer, Limits, exchange

_ANSWER_BYTES: Final = 64 * 1024
_KEY_IN_XML = re.compile(rb"<Key>([^<>]{1,4096})</Key>")


class _Given(BaseModel):
    """What ``GET /attachments/storage`` answers."""

    model_config = ConfigDict(frozen=True, extra="allow")

    provider: Literal["local", "s3"]
    upload_uri: SignedUri
    size_limit: Count
    allowed_extensions: tuple[Line, ...] = ()


@dataclass(frozen=True)
class AttachmentStorage:
    """Where a file goes: `size_limit` in bytes, extensions without a dot; `fields` go before the file."""

    provider: Literal["local", "s3"]
    upload_uri: str = field(repr=False)
    size_limit: int
    allowed_extensions: frozenset[str]
    fields: Mapping[str, str] = field(repr=False)


def read_storage(value: Any, host: str) -> AttachmentStorage:
    """Read what the API says of its storage; raises `AnswerError`."""
    try:
        given = _Given.model_validate(value)
        fields = value.get(given.provider) or {}
        if not isinstance(fields, dict) or not all(isinstance(it, str) for it in fields.values()):
            raise AnswerError(f"{host}: GET /attachments/storage: answered with fields that are no text")
    except (ValidationError, AttributeError):
        raise AnswerError(f"{host}: GET /attachments/storage: answered with something else than a storage") from None
    extensions = frozenset(extension.lower().removeprefix(".") for extension in given.allowed_extensions)
    return AttachmentStorage(given.provider, given.upload_uri, given.size_limit, extensions, fields)


def upload(requests: ApiRequests, http: httpx.Client, storage: AttachmentStorage, name: str, content: bytes) -> str:
    """Send a file and return its key, ``attachments/…``, by which texts and `*_attachments` name it.

    A file that no text claims does nothing, so a failed upload is repeated. Raises `AssetError` for a file that the
    storage does not take, before anything is sent, and `RemoteError`.
    """
    _refuse_unfit(storage, name, content)
    address = _address(requests, storage)
    is_own = origin(address) == origin(requests.base)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"

    def ask() -> Answer:
        headers = requests.asker() if is_own else {}

        def once(limits: Limits) -> Answer:
            form = {"Content-Type": kind, **storage.fields}
            files = {"file": (name, content, kind)}
            request = http.build_request("POST", address, data=form, files=files, headers=headers)
            limited = Limits(_ANSWER_BYTES, seconds=limits.seconds)
            return exchange(http, request, limited, requests.patience.timing.clock)

        return requests.patience.answer(once, address.host, "whenever it failed")

    answer = requests.authorizer.renewing(ask) if is_own else ask()
    if answer.status not in {200, 201, 204}:
        raise AnswerError(f"{address.host}: takes no upload: {answer.status}")
    return _key(answer, storage, name, address.host)


def _refuse_unfit(storage: AttachmentStorage, name: str, content: bytes) -> None:
    if len(content) > storage.size_limit:
        raise AssetError(f"{len(content):,} bytes, and the API takes at most {storage.size_limit:,}")
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if storage.allowed_extensions and extension not in storage.allowed_extensions:
        raise AssetError(f"the API takes no files that end in .{extension}" if extension else "has no extension")


def _address(requests: ApiRequests, storage: AttachmentStorage) -> httpx.URL:
    """Return where the file goes; an address elsewhere must be secure, as what is sent there need not be public."""
    try:
        address = requests.base.join(storage.upload_uri)
    except httpx.InvalidURL:
        raise AnswerError(f"{requests.host}: says to upload to an address that is none") from None
    if address.userinfo or not address.host:
        raise AnswerError(f"{requests.host}: says to upload to an address that is none")
    if address.scheme != "https" and origin(address) != origin(requests.base):
        raise AnswerError(f"{requests.host}: says to upload to an address that is not secure")
    return address


def _key(answer: Answer, storage: AttachmentStorage, name: str, host: str) -> str:
    """Find the file's key in JSON (local) or XML (s3), or make it from the storage's own pattern."""
    found: object = None
    if storage.provider == "local":
        try:
            value = parse(answer.body)
            found = value.get("key") if isinstance(value, dict) else None
        except StrictJsonError:
            found = None
    elif match := _KEY_IN_XML.search(answer.body):
        found = unescape(match[1].decode("utf-8", "replace"))
    if found is None and (pattern := storage.fields.get("key", "")).count("${filename}") == 1:
        found = pattern.replace("${filename}", name)
    if not isinstance(found, str) or not found.startswith("attachments/") or len(found) > 2048:
        raise AnswerError(f"{host}: took the upload and named no key")
    return found
