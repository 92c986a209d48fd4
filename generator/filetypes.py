"""What a file is, told from its content, and the name under which a host may give it to a browser.

A static host derives a file's type from its extension, so a published extension must agree with the content:
nothing that a browser would run or render as a page keeps one that makes it do so.
"""

import io
import re
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import Literal

from generator.errors import AssetError

PictureFormat = Literal["PNG", "JPEG", "GIF", "WebP", "SVG"]

NAME_BYTES = 120
"""The longest published file name, in bytes of UTF-8; file systems allow 255 and archives add folders."""


@dataclass(frozen=True)
class FileType:
    """A type that may be published: a short label for people, and the extensions that agree with it.

    Extensions are in lower case with their dot; a name that has none of them gets the first one.
    """

    kind: str
    extensions: tuple[str, ...]


PDF = FileType("PDF", (".pdf",))
ZIP = FileType("ZIP", (".zip",))
TEXT = FileType("TXT", (".txt",))
PICTURES: dict[PictureFormat, FileType] = {
    "PNG": FileType("PNG", (".png",)),
    "JPEG": FileType("JPEG", (".jpg", ".jpeg")),
    "GIF": FileType("GIF", (".gif",)),
    "WebP": FileType("WEBP", (".webp",)),
}
TEXTS = {
    ".txt": TEXT,
    ".csv": FileType("CSV", (".csv",)),
    ".json": FileType("JSON", (".json",)),
    ".log": FileType("LOG", (".log",)),
    ".md": FileType("MD", (".md",)),
    ".yaml": FileType("YAML", (".yaml",)),
    ".yml": FileType("YAML", (".yml",)),
}
"""Text that no browser runs or renders; any other text is published as ``.txt``."""

ALLOWED = "PDF, PNG, JPEG, GIF, WebP, ZIP, office documents (docx, xlsx, pptx, odt, ods, odp) and text in UTF-8"

_OOXML = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml", ".pptx": "ppt/presentation.xml"}
"""The part that makes a ZIP such a document, where every program puts it (ECMA-376 leaves the place free)."""

_ODF = {".odt": b"text", ".ods": b"spreadsheet", ".odp": b"presentation"}
"""The end of the media type in the first entry, stored as it is (OpenDocument 1.3 part 2, section 3.3)."""

_DIRECTORY_BYTES = 1 << 20
"""How much of a ZIP's end is searched for its directory, in bytes: some 10,000 files."""

_PROGRAMS: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "a program for Linux"),
    (b"MZ", "a program for Windows"),
    (b"\xfe\xed\xfa\xce", "a program for macOS"),
    (b"\xfe\xed\xfa\xcf", "a program for macOS"),
    (b"\xce\xfa\xed\xfe", "a program for macOS"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for macOS or Java"),
    (b"\x00asm", "WebAssembly"),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\xd0\xcf\x11\xe0", "an Office file from before 2007"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)
"""Frequent types that are not published, named so that the author understands at once."""

_BEFORE_ROOT = r"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*+)?>)*+"
_SVG = re.compile(_BEFORE_ROOT + r"<(?:[\w.-]+:)?svg[\s/>]", re.DOTALL | re.IGNORECASE)
_MARKUP = re.compile(r"\s*<[a-z!?/]", re.IGNORECASE)
_SNIFFED_BYTES = 8192

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a shape of their own: control, bidi and zero-width, surrogates, unassigned."""

_RESERVED = re.compile(r'[<>:"|?*%#;]')
"""What Windows forbids in a name, and what hosts may give a meaning to even when percent-encoded."""

_SPACED_DOT = re.compile(r"[ .]+(?=\.)")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, with any extension ("Naming Files, Paths, and Namespaces")."""

_EXTENSION = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,10}\Z", re.DOTALL)


def picture_format(content: bytes) -> PictureFormat | None:
    """Return the picture format that the first bytes promise, or `None`; the rest may still be broken."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP"
    return "SVG" if _SVG.match(_beginning(content)) else None


def file_type(name: str, content: bytes) -> FileType:
    """Return the type of an attachment called `name`, a `safe_name`.

    The content decides; the name only chooses among types that the content allows (a ZIP with the parts of a
    document, a text without mark-up). Raises `AssetError` for every type that is not published.
    """
    if not content:
        raise AssetError("the file is empty")
    if program := _named(content, _PROGRAMS):
        raise AssetError(f"type not allowed: {program}; allowed are {ALLOWED}")
    if content.startswith(b"%PDF-"):
        return PDF
    picture = picture_format(content)
    if picture and picture != "SVG":
        return PICTURES[picture]
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(extension(name), content)
    if _is_text(content):
        return TEXT if is_markup(content) else TEXTS.get(extension(name), TEXT)
    raise AssetError(f"type not allowed: {described(content)}; allowed are {ALLOWED}")


def described(content: bytes) -> str:
    """Name what `content` is, for a person who is told that it cannot be used."""
    if not content:
        return "nothing: the file is empty"
    if known := _named(content, _PROGRAMS + _OTHERS):
        return known
    if content.startswith(b"%PDF-"):
        return "PDF"
    if content.startswith(b"PK\x03\x04"):
        return "ZIP"
    if content[4:8] == b"ftyp":
        return "AVIF or HEIC" if content[8:11] in {b"avi", b"hei", b"mif"} else "a film or sound"
    return _text_described(content)


def is_markup(content: bytes) -> bool:
    """Tell whether a browser that guesses would take `content` for HTML, SVG or XML: it begins with a tag.

    Guessing begins after white space (WHATWG MIME Sniffing, section 7.1). Scripts with a shebang are text.
    """
    return bool(_MARKUP.match(_beginning(content)))


def extension(name: str) -> str:
    """Return the extension of `name` in lower case with its dot, or nothing."""
    match = _EXTENSION.search(name)
    return match[0].lower() if match else ""


def safe_name(name: str) -> str:
    """Return `name` as one segment of a path: safe in an address and on every file system.

    Only what stands after the last slash or backslash is used, in NFC, without invisible characters, at most
    `NAME_BYTES` long with its extension kept. The same for its own result. Without anything left: ``file``.
    """
    segment = re.split(r"[/\\]", name)[-1]
    spaced = (" " if character.isspace() else character for character in segment)
    visible = "".join(character for character in spaced if unicodedata.category(character) not in _UNSEEN)
    plain = _RESERVED.sub("_", unicodedata.normalize("NFC", " ".join(visible.split())))
    bare = _SPACED_DOT.sub("", plain).lstrip(" .-").rstrip(" .") or "file"
    return _shortened(f"_{bare}" if _DEVICE.fullmatch(bare) else bare)


def published_name(name: str, type_: FileType) -> str:
    """Return `name`, a `safe_name`, with an extension that agrees with the type: ``notes.html.txt``."""
    if extension(name) in type_.extensions:
        return name
    return _fitted(name, type_.extensions[0])


def _beginning(content: bytes) -> str:
    head = content[:_SNIFFED_BYTES]
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return head.decode(encoding, errors="replace")


def _named(content: bytes, signatures: tuple[tuple[bytes, str], ...]) -> str | None:
    return next((name for signature, name in signatures if content.startswith(signature)), None)


def _text_described(content: bytes) -> str:
    if is_markup(content):
        is_html = re.search(r"<(!doctype\s+)?html", _beginning(content), re.IGNORECASE)
        return "HTML" if is_html else "XML"
    if _is_text(content):
        return "text"
    is_binary = b"\x00" in content[:_SNIFFED_BYTES]
    return "a binary file of an unknown type" if is_binary else "neither UTF-8 text nor a known type"


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _zip_type(suffix: str, content: bytes) -> FileType:
    """Return the office type that `suffix` promises if the ZIP has its parts, and plain ZIP otherwise."""
    if suffix in _ODF:
        promised = b"mimetypeapplication/vnd.oasis.opendocument." + _ODF[suffix]
        # The whole first entry: "text" alone would also begin "text-template".
        if content.startswith(promised, 30) and content.startswith(b"PK", 30 + len(promised)):
            return FileType(suffix[1:].upper(), (suffix,))
    if suffix in _OOXML and {"[Content_Types].xml", _OOXML[suffix]} <= _zip_parts(content):
        return FileType(suffix[1:].upper(), (suffix,))
    return ZIP


def _zip_parts(content: bytes) -> set[str]:
    """Return the names in a ZIP's directory; none when it is broken, or longer than `_DIRECTORY_BYTES`.

    The directory stands at the end (APPNOTE.TXT, section 4.3.6), and its places are reckoned from there.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content[-_DIRECTORY_BYTES:])) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OverflowError):
        return set()


def _shortened(name: str) -> str:
    suffix = match[0] if (match := _EXTENSION.search(name)) else ""
    return _fitted(name.removesuffix(suffix), suffix)


def _fitted(stem: str, suffix: str) -> str:
    """Join the two within `NAME_BYTES`, at the cost of the stem, at whole characters."""
    room = NAME_BYTES - len(suffix)
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + suffix
