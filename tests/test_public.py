"""From a checked listing to what the store shows of it: pictures, attachments, and problems with their places."""

import base64
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from generator.catalog import Listing, Source, load_catalog
from generator.content import ContentFolder
from generator.errors import InputError, Problem
from generator.models import PublicOffering
from generator.public import Logo, Stocked, load_logo, present, take_stock
from generator.record_file import RecordFile
from stores import offering, pdf, picture, several, write_records, write_store

Files = Mapping[str, bytes | str]

DRAW = random.Random(7)  # noqa: S311 pictures for tests
PNG = picture(DRAW, "png", (300, 200))
KINDS = {kind: picture(DRAW, kind, (120, 90)) for kind in ("png", "jpg", "webp", "gif", "svg")}
PDF = pdf("Terms")


def listing_of(folder: Path, files: Files | None = None, **fields: Any) -> Listing:
    """The one listing of a store whose offering stands in the folder ``dusk``."""
    own = {f"offerings/dusk/{path}": content for path, content in (files or {}).items()}
    write_store(folder, {"dusk": offering(reference="dusk", name="Dusk", **fields)}, files=own)
    return only(ContentFolder(folder))


def only(source: Source) -> Listing:
    (listing,) = load_catalog(source).listings
    return listing


def stock_of(folder: Path, files: Files | None = None, **fields: Any) -> Stocked:
    return take_stock(listing_of(folder, files, **fields))


def shown(folder: Path, files: Files | None = None, **fields: Any) -> PublicOffering:
    listing = listing_of(folder, files, **fields)
    return present(listing, take_stock(listing).stock)


def line_with(folder: Path, words: str) -> int:
    text = (folder / "offerings/dusk/offering.toml").read_text()
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def only_problem(stocked: Stocked) -> Problem:
    (problem,) = stocked.problems
    return problem


def is_monogram(stocked: Stocked) -> bool:
    return stocked.stock.picture.path.endswith(".svg")


# Pictures


@pytest.mark.parametrize("kind", KINDS)
def test_an_app_s_own_picture_is_shown(tmp_path: Path, kind: str) -> None:
    stocked = stock_of(tmp_path, {f"picture.{kind}": KINDS[kind]})
    assert stocked.problems == ()
    assert stocked.stock.picture.path.startswith("media/")
    assert stocked.stock.picture.path.endswith(".webp")
    assert {stocked.stock.picture.path} <= {asset.path for asset in stocked.assets}


def test_every_width_of_a_picture_is_a_file(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, {"picture.png": picture(DRAW, "png", (600, 600))})
    variants = stocked.stock.picture.variants
    assert {variant.path for variant in variants} <= {asset.path for asset in stocked.assets}
    assert [variant.width for variant in variants] == sorted({variant.width for variant in variants})


def test_a_picture_s_kind_is_told_by_its_content(tmp_path: Path) -> None:
    assert stock_of(tmp_path, {"picture.jpg": KINDS["png"]}).problems == ()


def test_an_app_without_a_picture_has_a_monogram(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path)
    assert is_monogram(stocked)
    assert stocked.problems == ()
    assert [asset.path for asset in stocked.assets] == [stocked.stock.picture.path]


def test_a_monogram_is_the_same_for_the_same_name(tmp_path: Path) -> None:
    fields: dict[str, Any] = {"store": {"categories": ["Lights"]}}
    one, two = stock_of(tmp_path / "1", **fields), stock_of(tmp_path / "2", **fields)
    assert one.assets == two.assets
    other = take_stock(only(ContentFolder(write_store(tmp_path / "3", [offering(name="Dawn", **fields)]))))
    assert other.assets != one.assets


def test_a_picture_in_a_data_address_is_shown(tmp_path: Path) -> None:
    address = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    stocked = stock_of(tmp_path / "1", picture_uri=address)
    assert stocked.problems == ()
    assert stocked.assets == stock_of(tmp_path / "2", {"picture.png": PNG}).assets


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "//pictures.example.com/dusk.png",
        "/etc/passwd",
        "attachments/picture.png",
        "data:text/html;base64,PGI+",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,@@@@",
        "data:image/png;base64,A",
        f"data:image/svg+xml;base64,{base64.b64encode(b'<svg').decode()}",
    ],
)
def test_any_other_picture_address_is_a_monogram_and_a_warning(tmp_path: Path, address: str) -> None:
    stocked = stock_of(tmp_path, picture_uri=address)
    assert is_monogram(stocked)
    problem = only_problem(stocked)
    assert (problem.field, problem.warning) == ("picture_uri", True)
    assert problem.where == str(tmp_path / "offerings/dusk/offering.toml")
    assert problem.line == line_with(tmp_path, "picture_uri")


def test_an_own_picture_wins_over_an_address(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, {"picture.png": PNG}, picture_uri="https://pictures.example.com/dusk.png")
    assert stocked.problems == ()
    assert not is_monogram(stocked)


BROKEN = {
    "empty": b"",
    "truncated": PNG[:60],
    "html": b"<html><script>alert(1)</script>",
    "text": b"a picture, they said",
    "pdf": PDF,
    "no svg": b"<svg xmlns='http://www.w3.org/2000/svg'",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_picture_is_a_problem_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    problem = only_problem(stock_of(tmp_path, {"picture.png": content}))
    assert problem.where == str(tmp_path / "offerings/dusk/picture.png")
    assert not problem.warning
    assert problem.reason


def test_all_problems_of_an_app_s_files_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "picture.png": b"no",
        "attachments/a.exe": b"MZ\0",
        "attachments/b.exe": b"\x7fELF",
        "attachments/c.txt": "c",
    }
    stocked = stock_of(tmp_path, files, store={"screenshots": [{"file": "attachments/lost.png"}]})
    names = {Path(problem.where).name for problem in stocked.problems}
    assert names == {"a.exe", "b.exe", "picture.png", "offering.toml"}
    assert not any(problem.warning for problem in stocked.problems)
    assert [attachment.key for attachment in stocked.stock.attachments] == ["attachments/c.txt"]


# Attachments


def test_an_attachment_is_stored_under_its_hash_and_its_name(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, {"attachments/terms.pdf": PDF})
    (attachment,) = stocked.stock.attachments
    assert attachment.key == "attachments/terms.pdf"
    assert attachment.download.name == "terms.pdf"
    assert attachment.download.path.startswith("files/")
    assert attachment.download.path.endswith("/terms.pdf")
    assert attachment.download.size == len(PDF)
    assert (attachment.figure, attachment.listed) == (None, True)
    assert {asset.path: asset.content for asset in stocked.assets}[attachment.download.path] == PDF


def test_an_attachment_in_a_folder_keeps_its_key(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, {"attachments/screens/2026/flow.png": PNG, "attachments/.hidden": "x"})
    (attachment,) = stocked.stock.attachments
    assert attachment.key == "attachments/screens/2026/flow.png"
    assert attachment.download.name == "flow.png"


@pytest.mark.parametrize(
    ("text", "has_figure"),
    [
        ("![Flow](attachments/flow.png)", True),
        ("[Flow](attachments/flow.png)", True),
        ("![Flow](attachments/other.png)", False),
        ("nothing", False),
    ],
)
def test_a_picture_that_a_text_names_has_a_figure(tmp_path: Path, text: str, has_figure: bool) -> None:
    stocked = stock_of(tmp_path, {"attachments/flow.png": PNG}, features=text)
    (attachment,) = stocked.stock.attachments
    assert bool(attachment.figure) == has_figure
    if attachment.figure:
        assert (attachment.figure.width, attachment.figure.height) == (300, 200)
        assert attachment.figure.path in {asset.path for asset in stocked.assets}


def test_a_document_that_a_text_shows_as_a_picture_has_no_figure(tmp_path: Path) -> None:
    (attachment,) = stock_of(tmp_path, {"attachments/a.png": PDF}, features="![x](attachments/a.png)").stock.attachments
    assert attachment.figure is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("page.pdf", b"<html><script>alert(1)</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("script.js", b"alert(1)"),
        ("feed.xml", b"<?xml version='1.0'?><x/>"),
        ("page.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("style.css", b"body{}"),
        ("run.sh", b"#!/bin/sh\nrm -rf /\n"),
        ("notes", b"words"),
    ],
)
def test_what_a_browser_would_run_is_stored_as_text_or_refused(tmp_path: Path, name: str, content: bytes) -> None:
    stocked = stock_of(tmp_path, {f"attachments/{name}": content})
    if stocked.stock.attachments:
        assert stocked.problems == ()
        assert all(it.download.path.endswith(".txt") for it in stocked.stock.attachments)
        assert all(asset.path.endswith((".txt", ".svg")) for asset in stocked.assets)
    else:
        assert only_problem(stocked).where.endswith(name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.exe", b"MZ\x90\0"),
        ("tool", b"\x7fELF\2"),
        ("empty.pdf", b""),
        ("a.gz", b"\x1f\x8b\x08"),
        ("a.pdf", b"\0\1"),
    ],
)
def test_a_type_that_is_not_allowed_is_a_problem_that_names_the_file(tmp_path: Path, name: str, content: bytes) -> None:
    problem = only_problem(stock_of(tmp_path, {f"attachments/{name}": content}))
    assert problem.where == str(tmp_path / "offerings/dusk/attachments" / name)
    assert not problem.warning


def test_the_same_file_twice_is_stored_once(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, {"attachments/a/x.pdf": PDF, "attachments/b/x.pdf": PDF})
    assert len(stocked.stock.attachments) == 2
    paths = [asset.path for asset in stocked.assets]
    assert len(paths) == len(set(paths)) == 2, "the monogram and the document"


def test_files_of_one_name_and_two_contents_are_two(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, {"attachments/a/x.txt": "one", "attachments/b/x.txt": "two"})
    assert len({it.download.path for it in stocked.stock.attachments}) == 2


def test_screenshots_by_value(tmp_path: Path) -> None:
    stocked = stock_of(
        tmp_path,
        {"attachments/run.png": PNG, "attachments/terms.pdf": PDF},
        store={"screenshots": [{"file": "attachments/run.png", "caption": "A run"}]},
    )
    (screenshot,) = stocked.stock.screenshots
    assert (screenshot.caption, screenshot.picture.width) == ("A run", 300)
    assert {it.key: it.listed for it in stocked.stock.attachments} == {
        "attachments/run.png": False,
        "attachments/terms.pdf": True,
    }


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("attachments/lost.png", "is not there"),
        ("attachments/terms.pdf", "is no picture"),
        ("attachments/broken.exe", "cannot be used"),
    ],
)
def test_a_screenshot_that_cannot_be_shown_is_told_with_its_line(tmp_path: Path, file: str, reason: str) -> None:
    files = {"attachments/run.png": PNG, "attachments/terms.pdf": PDF, "attachments/broken.exe": b"MZ\0"}
    stocked = stock_of(tmp_path, files, store={"screenshots": [{"file": "attachments/run.png"}, {"file": file}]})
    problem = next(it for it in stocked.problems if it.where.endswith("offering.toml"))
    assert problem.where == str(tmp_path / "offerings/dusk/offering.toml")
    assert problem.line == line_with(tmp_path, file)
    assert problem.field == "store.screenshots[1].file"
    assert problem.reason == f"{file} {reason}"
    assert not problem.warning


def test_assurances_by_value(tmp_path: Path) -> None:
    until = date(2027, 6, 30)
    declared = [
        {"topic": "ISO 27001", "status": "Certified", "evidence": "attachments/iso.pdf", "valid_until": until},
        {"topic": "GDPR", "status": "Declared", "scope": "All"},
    ]
    stocked = stock_of(tmp_path, {"attachments/iso.pdf": PDF}, store={"assurances": declared})
    first, second = stocked.stock.assurances
    assert (first.topic, first.status, first.scope, first.valid_until) == ("ISO 27001", "Certified", None, until)
    assert first.evidence == stocked.stock.attachments[0].download
    assert (second.topic, second.scope, second.evidence, second.valid_until) == ("GDPR", "All", None, None)


def test_missing_evidence_is_told_with_its_line(tmp_path: Path) -> None:
    declared = [
        {"topic": "ISO 27001", "status": "Certified", "evidence": "attachments/iso.pdf"},
        {"topic": "GDPR", "status": "Declared", "evidence": "attachments/lost.pdf"},
    ]
    problem = only_problem(stock_of(tmp_path, {"attachments/iso.pdf": PDF}, store={"assurances": declared}))
    assert problem == Problem(
        str(tmp_path / "offerings/dusk/offering.toml"),
        "store.assurances[1].evidence",
        "attachments/lost.pdf is not there",
        line=line_with(tmp_path, "attachments/lost.pdf"),
    )


def test_missing_evidence_of_a_record_from_elsewhere_is_told_where_it_is_named(tmp_path: Path) -> None:
    """The `[store]` table stands in the content folder, and the record in a JSON file."""
    content = tmp_path / "content/offerings/dusk"
    content.mkdir(parents=True)
    text = 'reference = "dusk"\n\n[[store.assurances]]\ntopic = "A"\nstatus = "B"\nevidence = "attachments/lost.pdf"\n'
    (content / "offering.toml").write_text(text)
    records = write_records(tmp_path / "records.json", [offering(reference="dusk")])
    overlays = tuple(ContentFolder(tmp_path / "content").overlays())
    problem = only_problem(take_stock(only(RecordFile(records, overlays))))
    assert (problem.where, problem.line) == (str(content / "offering.toml"), 6)
    assert problem.field == "store.assurances[0].evidence"


# The configuration


@pytest.mark.parametrize(
    "template", ["https://{account}.example.com/settings", "https://example.com/", "https://example.com/?a={account}"]
)
def test_an_address_of_the_configuration_is_kept(tmp_path: Path, template: str) -> None:
    stocked = stock_of(tmp_path, configuration_uri_template=template)
    assert stocked.stock.configuration_uri_template == template
    assert stocked.problems == ()


@pytest.mark.parametrize(
    "template",
    [
        "http://example.com/",
        "HTTPS//example.com",
        "javascript:alert(1)",
        "//example.com/",
        "/settings",
        "{account}",
        "https://user@example.com/",
        "https://example.com\\@evil.example.com/",
        "https://example.com/a b",
        "https://",
        "https://[",
        "https://[{account}].example.com/",
    ],
)
def test_any_other_configuration_is_a_warning_and_no_link(tmp_path: Path, template: str) -> None:
    stocked = stock_of(tmp_path, configuration_uri_template=template)
    assert stocked.stock.configuration_uri_template is None
    problem = only_problem(stocked)
    assert (problem.field, problem.warning) == ("configuration_uri_template", True)
    assert problem.where == str(tmp_path / "offerings/dusk/offering.toml")
    assert problem.line == line_with(tmp_path, "configuration_uri_template")


def test_a_blank_configuration_is_none(tmp_path: Path) -> None:
    stocked = stock_of(tmp_path, configuration_uri_template="")
    assert (stocked.stock.configuration_uri_template, stocked.problems) == (None, ())


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example.com/", "https://[", "https://user@example.com/", "get it"]
)
def test_an_install_address_that_is_none_is_told_to_its_author(tmp_path: Path, address: str) -> None:
    """As a problem of the offering, at its line: not dropped without a word, not blamed on a template."""
    problems: tuple[Problem, ...]
    try:
        problems = stock_of(tmp_path, store={"install_url": address}).problems
    except InputError as error:
        problems = error.problems
    assert [(it.field, it.line) for it in problems] == [("store.install_url", line_with(tmp_path, "install_url"))]


# What is shown


def test_an_offering_as_it_is_shown(tmp_path: Path) -> None:
    created, updated = datetime(2024, 3, 11, 9, tzinfo=UTC), datetime(2026, 10, 6, 15, tzinfo=UTC)
    found = shown(
        tmp_path,
        {"attachments/terms.pdf": PDF},
        id=7,
        card_description="Dims the lights.",
        configuration_uri_template="https://{account}.example.com/",
        created_at=created,
        updated_at=updated,
        description="One",
        features="Two",
        compliance="Three",
        requires_enabled_oauth_person=True,
        ui_extension_version={"id": 412, "name": "Settings", "version": 7},
        draft=True,
        store={
            "categories": ["Lights"],
            "tags": ["dim"],
            "publisher": "Acme",
            "website": "https://example.com/",
            "support": "mailto:help@example.com",
            "featured": True,
            "install_url": "https://example.com/get",
        },
    )
    values = {name: getattr(found, name) for name in PublicOffering.__dataclass_fields__}
    made = {name: values.pop(name) for name in ("picture", "attachments", "screenshots", "assurances")}
    assert values == {
        "id": 7,
        "reference": "dusk",
        "name": "Dusk",
        "card_description": "Dims the lights.",
        "publisher": "Acme",
        "categories": ("Lights",),
        "tags": ("dim",),
        "featured": True,
        "draft": True,
        "created_at": created,
        "updated_at": updated,
        "description": "One",
        "features": "Two",
        "compliance": "Three",
        "changes": (),
        "website": "https://example.com/",
        "support": "mailto:help@example.com",
        "install_url": "https://example.com/get",
        "configuration_uri_template": "https://{account}.example.com/",
        "policy_jwt_alg": "rs512",
        "requires_enabled_oauth_person": True,
        "has_ui_extension": True,
    }
    assert [it.key for it in made["attachments"]] == ["attachments/terms.pdf"]


def test_what_an_offering_lacks_is_empty(tmp_path: Path) -> None:
    found = shown(tmp_path)
    assert (found.card_description, found.publisher, found.description, found.features) == ("", "", "", "")
    assert (found.categories, found.tags, found.attachments, found.screenshots, found.assurances) == ((),) * 5
    assert (found.created_at, found.updated_at, found.website, found.install_url) == (None,) * 4
    assert (found.featured, found.draft, found.has_ui_extension) == (False,) * 3


def test_a_disabled_listing_is_not_among_the_shown(tmp_path: Path) -> None:
    """So nothing takes stock of it; `test_build` shows that its broken files stop no build."""
    one, two = several(2)
    folder = write_store(tmp_path, [one, {**two, "disabled": True}])
    assert [it.offering.id for it in load_catalog(ContentFolder(folder)).shown(drafts=True)] == [1]


# The logo


def test_a_store_without_a_logo(tmp_path: Path) -> None:
    assert load_logo(tmp_path, None) == Logo(picture=None, assets=(), problems=())


@pytest.mark.parametrize("kind", KINDS)
def test_a_logo_is_a_picture_of_ours(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"logo.{kind}").write_bytes(KINDS[kind])
    made = load_logo(tmp_path, f"logo.{kind}")
    logo, files, problems = made.picture, made.assets, made.problems
    assert logo
    assert not problems
    assert logo.path in {file.path for file in files}


@pytest.mark.parametrize("name", ["lost.png", "broken.png", "../logo.png", "/etc/passwd", "folder", "a\0b.png"])
def test_a_logo_that_cannot_be_used_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    content = tmp_path / "content"
    (content / "folder").mkdir(parents=True)
    (content / "broken.png").write_bytes(b"no")
    made = load_logo(content, name)
    logo, files, (problem,) = made.picture, made.assets, made.problems
    assert (logo, files) == (None, ())
    assert Path(problem.where).name == Path(name).name
    assert not problem.warning
