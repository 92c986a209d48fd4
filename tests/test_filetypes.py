"""What a file is, and under which name it is published: tables of real names, and properties of any name."""

import io
import unicodedata
import zipfile
from pathlib import PureWindowsPath
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.errors import AssetError
from generator.filetypes import (
    NAME_BYTES,
    described,
    extension,
    file_type,
    is_markup,
    picture_format,
    published_name,
    safe_name,
)


def archive(*names: str, first: bytes = b"") -> bytes:
    """Return a ZIP with these files; `first` is the content of a stored entry ``mimetype`` before them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        if first:
            made.writestr(zipfile.ZipInfo("mimetype"), first, zipfile.ZIP_STORED)
        for name in names:
            made.writestr(zipfile.ZipInfo(name), "content", zipfile.ZIP_DEFLATED)  # without the time, which is in ids
    return file.getvalue()


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
HTML = b"<!DOCTYPE html><title>Hello</title><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ZIP = archive("readme.txt")
DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
PPTX = archive("[Content_Types].xml", "ppt/presentation.xml")
ODT = archive("content.xml", first=b"application/vnd.oasis.opendocument.text")
ODS = archive("content.xml", first=b"application/vnd.oasis.opendocument.spreadsheet")

PUBLISHED = [
    ("terms.pdf", PDF, "terms.pdf", "PDF"),
    ("Terms.PDF", PDF, "Terms.PDF", "PDF"),
    ("terms", PDF, "terms.pdf", "PDF"),
    ("photo.png", PDF, "photo.png.pdf", "PDF"),
    ("report.pdf", HTML, "report.pdf.txt", "TXT"),
    ("photo.png", PNG, "photo.png", "PNG"),
    ("photo.jpeg", JPEG, "photo.jpeg", "JPEG"),
    ("photo.png", JPEG, "photo.png.jpg", "JPEG"),
    ("moving.gif", b"GIF89a\x01\x00\x01\x00", "moving.gif", "GIF"),
    ("photo.jpg", WEBP, "photo.jpg.webp", "WEBP"),
    ("bundle.zip", ZIP, "bundle.zip", "ZIP"),
    ("empty.zip", archive(), "empty.zip", "ZIP"),
    ("app.jar", ZIP, "app.jar.zip", "ZIP"),
    ("addon.xpi", ZIP, "addon.xpi.zip", "ZIP"),
    ("letter.docx", DOCX, "letter.docx", "DOCX"),
    ("letter.docx", ZIP, "letter.docx.zip", "ZIP"),
    ("letter.docx", XLSX, "letter.docx.zip", "ZIP"),
    ("letter.docm", DOCX, "letter.docm.zip", "ZIP"),
    ("table.xlsx", XLSX, "table.xlsx", "XLSX"),
    ("slides.pptx", PPTX, "slides.pptx", "PPTX"),
    ("letter.odt", ODT, "letter.odt", "ODT"),
    ("letter.odt", ODS, "letter.odt.zip", "ZIP"),
    ("table.ods", ODS, "table.ods", "ODS"),
    ("broken.docx", DOCX[:40], "broken.docx.zip", "ZIP"),
    ("notes.txt", b"Hello", "notes.txt", "TXT"),
    ("notes", b"Hello", "notes.txt", "TXT"),
    ("notes.txt", "\ufeffHello".encode(), "notes.txt", "TXT"),
    ("prices.csv", "name;größe\n".encode(), "prices.csv", "CSV"),
    ("data.json", b'{"a": 1}', "data.json", "JSON"),
    ("README.md", b"# Hello", "README.md", "MD"),
    ("README.md", b"<script>alert(1)</script>", "README.md.txt", "TXT"),
    ("data.json", b"  \n<svg onload=alert(1)>", "data.json.txt", "TXT"),
    ("prices.csv", b"\xef\xbb\xbf<html>", "prices.csv.txt", "TXT"),
    ("set.yaml", b"a: 1", "set.yaml", "YAML"),
    ("set.yml", b"a: 1", "set.yml", "YAML"),
    ("server.log", b"\x1b[31mred\x1b[0m", "server.log", "LOG"),
    ("notes.html", b"only words", "notes.html.txt", "TXT"),
    ("page.html", HTML, "page.html.txt", "TXT"),
    ("page.HTM", HTML, "page.HTM.txt", "TXT"),
    ("page.xhtml", HTML, "page.xhtml.txt", "TXT"),
    ("page.txt", HTML, "page.txt", "TXT"),
    ("drawing.svg", SVG, "drawing.svg.txt", "TXT"),
    ("feed.xml", b"<?xml version='1.0'?><feed/>", "feed.xml.txt", "TXT"),
    ("app.js", b"alert(1)", "app.js.txt", "TXT"),
    ("app.mjs", b"alert(1)", "app.mjs.txt", "TXT"),
    ("style.css", b"a{}", "style.css.txt", "TXT"),
    ("shell.php", b"<?php phpinfo();", "shell.php.txt", "TXT"),
    ("install.sh", b"#!/bin/sh\necho hello", "install.sh.txt", "TXT"),
    ("install", b"#!/usr/bin/env python3\n", "install.txt", "TXT"),
    ("module.wasm", b"only words", "module.wasm.txt", "TXT"),
    ("site.webmanifest", b"{}", "site.webmanifest.txt", "TXT"),
    (".htaccess", b"AddType text/html .txt", "htaccess.txt", "TXT"),
    ("index.html\u200b", b"words", "index.html.txt", "TXT"),
    ("x.pdf .", b"words", "x.pdf.txt", "TXT"),
    ("nul", b"words", "_nul.txt", "TXT"),
    ("a" * 200 + ".pdf", b"words", "a" * 116 + ".txt", "TXT"),
]


@pytest.mark.parametrize(("name", "content", "published", "kind"), PUBLISHED)
def test_the_published_extension_agrees_with_the_content(name: str, content: bytes, published: str, kind: str) -> None:
    safe = safe_name(name)
    found = file_type(safe, content)
    assert (published_name(safe, found), found.kind) == (published, kind)
    again = safe_name(published)
    assert published_name(again, file_type(again, content)) == published


REFUSED = [
    (b"", "empty"),
    (b"\x7fELF\x02\x01\x01\x00", "a program for Linux"),
    (b"MZ\x90\x00\x03", "a program for Windows"),
    (b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01", "a program for macOS"),
    (b"\xca\xfe\xba\xbe\x00\x00\x00\x34", "macOS or Java"),
    (b"\x00asm\x01\x00\x00\x00", "WebAssembly"),
    (b"\x1f\x8b\x08\x00", "gzip"),
    (b"7z\xbc\xaf\x27\x1c\x00\x04", "7-Zip"),
    (b"Rar!\x1a\x07\x01\x00", "RAR"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007"),
    (b"BM\x36\x00\x0c\x00", "BMP"),
    (b"II*\x00\x08\x00\x00\x00", "TIFF"),
    (b"\x00\x00\x00\x20ftypavif\x00", "AVIF"),
    (b"\x00\x00\x00\x20ftypisom\x00", "film"),
    ("Grüße".encode("utf-16"), "UTF-16"),
    ("name;Größe".encode("cp1252"), "neither UTF-8 text"),
    (b"words\x00words", "unknown type"),
    (bytes(range(256)), "unknown type"),
]


@pytest.mark.parametrize(("content", "reason"), REFUSED)
def test_other_types_are_refused_by_their_name(content: bytes, reason: str) -> None:
    with pytest.raises(AssetError, match=reason):
        file_type("terms.pdf", content)


FORMATS = [
    (PNG, "PNG"),
    (JPEG, "JPEG"),
    (b"GIF87a\x01\x00", "GIF"),
    (WEBP, "WebP"),
    (SVG, "SVG"),
    (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<svg/>', "SVG"),
    (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n<svg\n>', "SVG"),
    (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>', "SVG"),
    (b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', "SVG"),
    ("<svg/>".encode("utf-16"), "SVG"),
    (b"<svgs/>", None),
    (b"<html><svg/></html>", None),
    (b"RIFF\x24\x00\x00\x00WAVE", None),
    (b"", None),
    (PDF, None),
    (b"<!--" * 2000, None),
    (b"<?a?>" * 1600, None),
    (b"<!DOCTYPE a [" * 600, None),
]


@pytest.mark.parametrize(("content", "expected"), FORMATS)
def test_a_picture_is_known_by_its_first_bytes(content: bytes, expected: str | None) -> None:
    assert picture_format(content) == expected


@pytest.mark.parametrize(
    ("content", "name"),
    [(HTML, "HTML"), (b"<feed/>", "XML"), (PDF, "PDF"), (ZIP, "ZIP"), (b"a", "text"), (b"", "empty")],
)
def test_what_is_no_picture_is_named(content: bytes, name: str) -> None:
    assert name in described(content)


NAMES = [
    ("terms.pdf", "terms.pdf"),
    ("R&D plan (final), v2.pdf", "R&D plan (final), v2.pdf"),
    ("größe.csv", "größe.csv"),
    ("gro\u0308ße.csv", "größe.csv"),
    ("日本語.pdf", "日本語.pdf"),
    ("../../etc/passwd", "passwd"),
    ("/abs.pdf", "abs.pdf"),
    ("a\\b.pdf", "b.pdf"),
    ("C:x.pdf", "C_x.pdf"),
    ("C:\\Users\\x.pdf", "x.pdf"),
    ("..", "file"),
    (".", "file"),
    ("", "file"),
    ("folder/", "file"),
    ("...", "file"),
    ("%2e%2e%2fx.pdf", "_2e_2e_2fx.pdf"),
    ("a?b#c.pdf", "a_b_c.pdf"),
    ('<"|*:>.pdf', "______.pdf"),
    ("-rf", "rf"),
    ("--help.txt", "help.txt"),
    (".env", "env"),
    (" . hidden.txt", "hidden.txt"),
    ("name. ", "name"),
    ("name.pdf...", "name.pdf"),
    ("a .pdf", "a.pdf"),
    ("a..pdf", "a.pdf"),
    ("CON", "_CON"),
    ("nul.txt", "_nul.txt"),
    ("Com1.tar.gz", "_Com1.tar.gz"),
    ("lpt¹.txt", "_lpt¹.txt"),
    ("con .txt", "_con.txt"),
    ("console.txt", "console.txt"),
    ("a\x00b.pdf", "ab.pdf"),
    ("a\nb\tc.pdf", "a b c.pdf"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("a\u200b\u2060\ufeffb.txt", "ab.txt"),
    ("a\u2028b.txt", "a b.txt"),
    ("\ud800x.txt", "x.txt"),
    ("a\u00a0\u3000b.txt", "a b.txt"),
    ("\u037e.txt", "_.txt"),
    ("e\u200d\u0301.txt", "é.txt"),
    ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ("é" * 161 + ".txt", "é" * 58 + ".txt"),
    ("a" * 119 + "é", "a" * 119),
    ("a." + "b" * 300, "a." + "b" * 118),
    ("x" * 119 + " y.longextension", "x" * 119),
]


@pytest.mark.parametrize(("name", "safe"), NAMES)
def test_a_name_becomes_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


# Names are rarely hostile by chance: these are built of the pieces that make them so.
PIECES = st.sampled_from(
    [
        *'/\\.:-~<>"|?*%#&; \t\n',
        "..",
        "con",
        "NUL",
        ".txt",
        ".html",
        "\u200b",
        "\u202e",
        "e\u0301",
        "\ud800",
        "é",
        "x" * 50,
    ]
)
ANY_NAME = st.one_of(
    st.text(), st.lists(PIECES, max_size=12).map("".join), st.lists(st.characters() | PIECES).map("".join)
)


@given(ANY_NAME)
@example("x" * 119 + " .abcdefghijklmnop")
@example("\u0344" * 70)
def test_any_name_becomes_a_safe_segment(name: str) -> None:
    safe = safe_name(name)
    assert safe_name(safe) == safe
    assert 1 <= len(safe.encode()) <= NAME_BYTES
    assert safe[0] not in ".- " and safe[-1] not in ". "
    assert not set(safe) & set('/\\<>:"|?*%#;\x7f')
    assert all(unicodedata.category(character)[0] != "C" for character in safe)
    assert unicodedata.is_normalized("NFC", safe)
    assert not PureWindowsPath(safe).is_reserved()
    assert unquote(quote(safe)) == safe


@given(ANY_NAME, st.sampled_from([PDF, PNG, ZIP, DOCX, HTML, SVG, b"words", b"#!/bin/sh"]))
def test_any_published_name_ends_in_an_extension_of_its_type(name: str, content: bytes) -> None:
    safe = safe_name(name)
    found = file_type(safe, content)
    published = published_name(safe, found)
    assert extension(published) in found.extensions
    assert safe_name(published) == published
    assert published_name(published, found) == published
    if is_markup(content):
        assert extension(published) == ".txt"


@given(st.binary(max_size=200))
def test_any_content_has_a_type_or_a_reason(content: bytes) -> None:
    picture_format(content)
    assert described(content)
    try:
        assert file_type("a.docx", content).kind
    except AssetError as error:
        assert str(error)


@given(st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail), st.integers(0, len(DOCX)))
def test_a_broken_zip_is_a_zip(content: bytes, cut: int) -> None:
    assert file_type("a.docx", content).kind == "ZIP"
    assert file_type("a.docx", DOCX[:4] + DOCX[cut:]).kind in {"ZIP", "DOCX"}
