"""What a file is, by its content and never by its name."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generator.errors import AssetError

LONGEST_NAME: Final = 120
"""Bytes of UTF-8 in a published file name."""


@dataclass(frozen=True)
class FileType:
    """A type of file: a short `label` for people, and the `endings` it may be published under, the usual first."""

    label: str
    endings: tuple[str, ...]


_SIGNATURES: Mapping[bytes, FileType] = {
    b"%PDF-": FileType("PDF", ("pdf",)),
    b"\x89PNG\r\n\x1a\n": FileType("PNG", ("png",)),
    b"\xff\xd8\xff": FileType("JPG", ("jpg", "jpeg")),
    b"GIF87a": FileType("GIF", ("gif",)),
    b"GIF89a": FileType("GIF", ("gif",)),
}
_WEBP = FileType("WEBP", ("webp",))
_ZIP = FileType("ZIP", ("zip",))
_OFFICE: Mapping[str, FileType] = {
    "word/document.xml": FileType("DOCX", ("docx",)),
    "xl/workbook.xml": FileType("XLSX", ("xlsx",)),
    "ppt/presentation.xml": FileType("PPTX", ("pptx",)),
}
_OPEN_DOCUMENT: Mapping[bytes, FileType] = {
    b"application/vnd.oasis.opendocument.text": FileType("ODT", ("odt",)),
    b"application/vnd.oasis.opendocument.spreadsheet": FileType("ODS", ("ods",)),
    b"application/vnd.oasis.opendocument.presentation": FileType("ODP", ("odp",)),
}
_TEXT = FileType("TXT", ("txt", "csv", "json", "log", "md", "toml", "tsv", "yaml", "yml"))
"""Endings that no browser runs or lays out; any other text is published as ``.txt``."""

_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|style|iframe|\?xml|[a-z][\w-]*[\s>/])", re.IGNORECASE)
_ALLOWED = "PDF, PNG, JPEG, GIF, WebP, ZIP, office documents and text"
_MOST_MEMBERS = 10_000


def type_of(content: bytes) -> FileType:
    """Tell the type of a file; raises `AssetError` for one that a store does not publish."""
    for signature, file_type in _SIGNATURES.items():
        if content.startswith(signature):
            return file_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _WEBP
    if content[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _zipped(content)
    if _is_text(content):
        return _TEXT
    raise AssetError(f"is of a type that is not published; allowed are {_ALLOWED}")


def is_svg(content: bytes) -> bool:
    """Whether the file looks like an SVG drawing; only drawing it tells for certain."""
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<") and b"<svg" in head.lower() and b"<html" not in head.lower()


def published_name(name: str, file_type: FileType, content: bytes) -> str:
    """Make the name under which a file of this type is published: one safe part of a path, with a true ending.

    A host derives the type from the ending, so ``notes.html`` becomes ``notes.html.txt``, and a picture called
    ``photo.pdf`` becomes ``photo.pdf.png``. Text that begins like markup is ``.txt`` under any name.
    """
    safe = _safe_name(name)
    ending = safe.rpartition(".")[2].lower() if "." in safe else ""
    endings = ("txt",) if file_type is _TEXT and _MARKUP.match(content.lstrip()[:200]) else file_type.endings
    return _shortened(safe if ending in endings else f"{safe}.{endings[0]}")


def _zipped(content: bytes) -> FileType:
    """Look into the directory of an archive; nothing is unpacked but the first bytes of an OpenDocument's type."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist()[:_MOST_MEMBERS])
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    return _OPEN_DOCUMENT.get(member.read(100).strip(), _ZIP)
            return next((file_type for part, file_type in _OFFICE.items() if part in names), _ZIP)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise AssetError(f"is a damaged ZIP archive ({error})") from None


def _is_text(content: bytes) -> bool:
    if b"\x00" in content:
        return False
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*%#&;'`$!{}\[\]^=+,]")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


def _safe_name(name: str) -> str:
    """Keep the last part of a path, without what a file system, an address or a reader would stumble over."""
    last = re.split(r"[/\\]", name)[-1]
    composed = unicodedata.normalize("NFC", last.encode("utf-8", "replace").decode())
    visible = "".join(char for char in composed if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    safe = re.sub(r"\s+", " ", _UNSAFE.sub("_", visible)).strip(". ").lstrip("-. ")
    return f"_{safe}" if _DEVICE.fullmatch(safe) else safe or "file"


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, _, ending = name.rpartition(".")
    room = LONGEST_NAME - len(ending.encode()) - 1
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip('. ')}.{ending}"
