"""Files of the API: addresses that expire, uploads that wait for a write to claim them, and downloads.

An address is signed with a key that lives as long as the server, and is good for a day (as the platform's are). An
upload lies in the folder of remembered things until a write names it, and a day at most.
"""

import hashlib
import hmac
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import Response

from generator.api_answers import Json, RefusedError
from generator.api_records import PICTURE_KEY, Stored
from generator.assets import ATTACHMENT_BYTES
from generator.catalog import LocalFile
from generator.documents import read_bytes
from generator.errors import InputError
from generator.filetypes import extension, picture_format, safe_name

DAY: Final = 24 * 60 * 60
SIZE_LIMIT: Final = ATTACHMENT_BYTES
ALLOWED_EXTENSIONS: Final = (
    "csv", "docx", "gif", "jpeg", "jpg", "json", "log", "md", "odp", "ods", "odt", "pdf", "png", "pptx", "txt", "webp",
    "xlsx", "yaml", "yml", "zip",
)  # fmt: skip
"""What a store may publish (`generator.filetypes`); the content is judged when the store is built."""

_KEY: Final = re.compile(r"attachments/([A-Za-z0-9_-]{22})/([^/\\]{1,200})")
_TYPES: Final[Mapping[str, str]] = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WebP": "image/webp"}
_DOWNLOAD: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}


class Signer:
    """Makes and checks signatures that expire; `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock

    def signed(self, path: str) -> str:
        """Return the path with an expiry and a signature as its query."""
        expires = int(self._clock()) + DAY
        return f"{quote(path)}?expires={expires}&signature={self._signature(path, expires)}"

    def ticket(self, place: str) -> str:
        """Return a segment of a path that holds a place, an expiry and a signature: some clients drop a query."""
        expires = int(self._clock()) + DAY
        return f"{place}.{expires}.{self._signature(place, expires)}"

    def admitted(self, ticket: str) -> str:
        """Return the place that a ticket holds; raises `RefusedError` (403) as `check` does."""
        place, _, rest = ticket.partition(".")
        expires, _, signature = rest.partition(".")
        self.check(place, {"expires": expires, "signature": signature})
        return place

    def check(self, path: str, given: Mapping[str, str]) -> None:
        """Raise `RefusedError` (403) for a path without a signature of ours that is still good."""
        expires, signature = given.get("expires", ""), given.get("signature", "")
        if not re.fullmatch(r"[0-9]{1,12}", expires) or int(expires) < self._clock():
            raise RefusedError(403)
        if not hmac.compare_digest(self._signature(path, int(expires)).encode(), signature.encode(errors="replace")):
            raise RefusedError(403)

    def _signature(self, path: str, expires: int) -> str:
        return hmac.new(self._key, f"{expires}\n{path}".encode(), hashlib.sha256).hexdigest()


class Uploads:
    """Uploaded files that no write has claimed yet, below `folder`."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer

    def storage(self, base: str) -> dict[str, Json]:
        """Say where and how a file is uploaded, as ``GET /attachments/storage`` does."""
        place = secrets.token_urlsafe(16)
        return {
            "provider": "local",
            "upload_uri": f"{base}/v1/attachments/{self._signer.ticket(place)}",
            "size_limit": SIZE_LIMIT,
            "allowed_extensions": list(ALLOWED_EXTENSIONS),
            "local": {"key": f"attachments/{place}/${{filename}}"},
        }

    def receive(self, place: str, key: str, name: str, content: bytes) -> str:
        """Store an upload and return its key; raises `RefusedError` for one that is not allowed."""
        name = safe_name(name)
        match = _KEY.fullmatch(key.replace("${filename}", name))
        if match is None or match[1] != place:
            raise RefusedError(422, errors=[("key", "is not the key that the storage gave")])
        name = safe_name(match[2])
        if extension(name)[1:] not in ALLOWED_EXTENSIONS:
            raise RefusedError(422, errors=[("file", f"has none of the extensions {', '.join(ALLOWED_EXTENSIONS)}")])
        if len(content) > SIZE_LIMIT:
            raise RefusedError(413)
        target = self._folder / place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return f"attachments/{place}/{name}"

    def content(self, key: str) -> bytes | None:
        """Return what was uploaded under a key, if it waits still."""
        path = self._path(key)
        try:
            return path.read_bytes() if path else None
        except OSError:
            return None

    def forget(self, key: str) -> None:
        """Let go of an upload that has been claimed."""
        if path := self._path(key):
            shutil.rmtree(path.parent, ignore_errors=True)

    def sweep(self) -> None:
        """Remove uploads that have waited for more than a day."""
        with suppress(OSError):
            for folder in list(self._folder.iterdir()):
                with suppress(OSError):
                    if folder.stat().st_mtime < time.time() - DAY:
                        shutil.rmtree(folder, ignore_errors=True)

    def _path(self, key: str) -> Path | None:
        match = _KEY.fullmatch(key)
        return self._folder / match[1] / match[2] if match and match[2] == safe_name(match[2]) else None


def file_path(number: int, key: str) -> str:
    """Return the path under which a file of an offering is fetched."""
    return f"/v1/files/{number}/{key}"


def download(it: Stored, key: str) -> Response:
    """Answer with a file of an offering; raises `RefusedError` (404) when there is none, or none that may be read."""
    file = it.file(key)
    if file is None:
        raise RefusedError(404)
    content = _content(file)
    kind = picture_format(content)
    if key == PICTURE_KEY and kind == "SVG":
        media_type = "image/svg+xml"
    else:
        media_type = _TYPES.get(kind or "", "application/octet-stream")
    headers = {
        **_DOWNLOAD,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.path.name)}",
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    }
    return Response(content, media_type=media_type, headers=headers)


def _content(file: LocalFile) -> bytes:
    try:
        return read_bytes(file.path, root=file.root, limit=SIZE_LIMIT)
    except InputError:
        raise RefusedError(404) from None
