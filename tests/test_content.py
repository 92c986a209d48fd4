"""The content folder as a source, and its problems as its author reads them."""

import hashlib
import os
import random
from pathlib import Path
from typing import Any

import pytest

from generator.catalog import Catalog, Listing, load_catalog
from generator.content import ContentFolder
from generator.errors import InputError
from stores import offering, picture, random_store, several, told, without, write_store

REQUIRED = """\
name = "One"
policy_jwt_alg = "rs256"
service_instance = { id = 83, name = "Ours" }
webhook_uri_template = "https://hooks.example.com/{account}"
"""


def load(folder: Path, account: str = "wdc") -> Catalog:
    return load_catalog(ContentFolder(folder), account)


def only(folder: Path) -> Listing:
    """Return the one offering of a folder that has no problem and no warning."""
    catalog = load(folder)
    assert told(catalog.warnings, folder) == []
    (listing,) = catalog.listings
    return listing


def problems(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(folder)
    return told(caught.value.problems, folder)


def warnings(folder: Path) -> list[str]:
    return told(load(folder).warnings, folder)


def store_of(folder: Path, text: str, **files: bytes | str) -> Path:
    """Write a folder of one offering, called ``app``, with this ``offering.toml`` and further files beside it."""
    return write_store(
        folder,
        files={"offerings/app/offering.toml": text}
        | {f"offerings/app/{path}": content for path, content in files.items()},
    )


# ------------------------------------------------------------------------------------------------- the format


def test_an_offering_with_everything(tmp_path: Path) -> None:
    """The folder of design.md, "Content folder"."""
    toml = f"""\
id = 7
reference = "wdc_one"
created_at = 2024-11-20T14:00:00+05:30
disabled = false
draft = true
policy_jwt_claim_expires_in = "2:30"
ui_extension_version = {{ id = 5, name = "Settings", version = 3 }}
sourceID = "upstream-1"
{REQUIRED}
[store]
categories = ["Assets"]
featured = true
screenshots = [{{ file = "attachments/shots/one.png", caption = "One" }}]

[[store.assurances]]
topic = "ISO 27001"
status = "Certified"
evidence = "attachments/certificate.pdf"
valid_until = 2027-06-30

[extra]
openid_connect_discovery = "https://id.example.com/"
"""
    files: dict[str, bytes | str] = {
        "description.md": "# Description\r\n",
        "features.md": "\ufeff* Ülikool 🚀",
        "compliance.md": "",
        "picture.svg": "<svg/>",
        "attachments/certificate.pdf": b"%PDF",
        "attachments/shots/one.png": b"PNG",
    }
    listing = only(store_of(tmp_path, toml, **files))
    record = listing.offering
    assert (record.id, record.reference, record.name, record.source_id) == (7, "wdc_one", "One", "upstream-1")
    assert record.created_at is not None
    assert record.created_at.isoformat() == "2024-11-20T14:00:00+05:30"
    assert record.policy_jwt_claim_expires_in == 150
    assert (record.service_instance.id, record.service_instance.name) == (83, "Ours")
    assert (record.description, record.features, record.compliance) == ("# Description\r\n", "* Ülikool 🚀", "")
    assert record.model_extra == {"openid_connect_discovery": "https://id.example.com/"}
    assert (listing.draft, record.disabled, listing.store.featured) == (True, False, True)
    assert listing.store.assurances[0].evidence == "attachments/certificate.pdf"
    assert listing.picture is not None
    assert listing.picture.path == tmp_path / "offerings/app/picture.svg"
    assert [file.key for file in listing.attachments] == ["attachments/certificate.pdf", "attachments/shots/one.png"]


def test_the_least_an_offering_needs(tmp_path: Path) -> None:
    """Required fields; the folder's name is the reference, texts and files are simply not there."""
    listing = only(store_of(tmp_path, REQUIRED))
    assert listing.offering.reference == "app"
    assert (listing.offering.description, listing.picture, listing.attachments) == (None, None, ())
    assert not listing.draft


@pytest.mark.parametrize("name", ["App One", "ülikool", "日本語", "a.b", "index", "-rf", "Straße", "CON"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    write_store(tmp_path, {name: without(offering(), "reference")})
    assert only(tmp_path).offering.reference == name


def test_the_reference_key_decides(tmp_path: Path) -> None:
    write_store(tmp_path, {"any-folder": offering(reference="wdc_other")})
    assert only(tmp_path).offering.reference == "wdc_other"


@pytest.mark.parametrize("kind", ["png", "jpg", "jpeg", "webp", "gif", "svg"])
def test_a_picture_of_every_kind(tmp_path: Path, kind: str) -> None:
    listing = only(store_of(tmp_path, REQUIRED, **{f"picture.{kind}": b"x"}))
    assert listing.picture is not None
    assert listing.picture.path.name == f"picture.{kind}"


def test_attachments_are_named_from_the_offering_on(tmp_path: Path) -> None:
    """In any depth, in the order of their names; hidden files and folders are no attachments."""
    files = ["b.pdf", "a/b/c.png", "a/z.txt", "Ü bersicht.pdf", ".DS_Store", ".git/config", "a/.hidden/x.png", "x.md"]
    store_of(tmp_path, REQUIRED, **{f"attachments/{name}": b"x" for name in files})
    assert [file.key for file in only(tmp_path).attachments] == [
        "attachments/a/b/c.png",
        "attachments/a/z.txt",
        "attachments/b.pdf",
        "attachments/x.md",
        "attachments/Ü bersicht.pdf",
    ]


def test_a_decomposed_file_name_is_found_by_its_composed_key(tmp_path: Path) -> None:
    """MacOS hands out NFD, people type NFC."""
    store_of(tmp_path, REQUIRED, **{"attachments/U\u0308.pdf": b"x"})
    (file,) = only(tmp_path).attachments
    assert file.key == "attachments/\u00dc.pdf"
    assert file.path.read_bytes() == b"x"


def test_hidden_files_are_ignored(tmp_path: Path) -> None:
    """What editors and systems leave behind is no mistake of the author's."""
    store_of(tmp_path, REQUIRED, **{".DS_Store": b"", ".offering.toml.swp": b""})
    write_store(tmp_path, files={"offerings/.DS_Store": b"", "offerings/.git/offering.toml": "broken"})
    assert only(tmp_path).offering.name == "One"


def test_a_link_inside_is_allowed(tmp_path: Path) -> None:
    store_of(tmp_path, REQUIRED)
    write_store(tmp_path, files={"shared/terms.md": "Terms", "shared/logo.png": b"x"})
    app = tmp_path / "offerings/app"
    (app / "compliance.md").symlink_to("../../shared/terms.md")
    (app / "picture.png").symlink_to("../../shared/logo.png")
    listing = only(tmp_path)
    assert (listing.offering.compliance, listing.picture is not None) == ("Terms", True)


def test_an_empty_folder_of_offerings(tmp_path: Path) -> None:
    assert load(write_store(tmp_path)).listings == ()


# ------------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            f'card_description = "{"x" * 261}"',
            "5: card_description: 261 characters, at most 255",
            id="too-long",
        ),
        pytest.param(
            'source = "🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀"',
            "5: source: 31 characters, at most 30",
            id="emoji",
        ),
        pytest.param(
            f'policy_jwt_audience = "{"é" * 1025}"',
            "5: policy_jwt_audience: 2,050 bytes, at most 2,048",
            id="too-many-bytes",
        ),
        pytest.param('reference = ""', "5: reference: is blank, and required", id="blank"),
        pytest.param('reference = "  "', "5: reference: holds only spaces, and is required", id="spaces"),
        pytest.param('id = "1"', '5: id: expected a whole number, got the text "1"', id="text-for-a-number"),
        pytest.param("id = true", "5: id: expected a whole number, got true", id="true-for-a-number"),
        pytest.param("id = 1.0", "5: id: expected a whole number, got the number 1.0", id="float-for-a-number"),
        pytest.param("id = inf", "5: id: expected a whole number, got the number inf", id="infinity"),
        pytest.param("id = -1", "5: id: -1 is less than 1", id="negative-id"),
        pytest.param("id = 0", "5: id: 0 is less than 1", id="zero-id"),
        pytest.param(f"id = {2**70}", "5: id: 1180591620717411303424 is too large", id="large-id"),
        pytest.param('disabled = "yes"', '5: disabled: expected true or false, got the text "yes"', id="yes"),
        pytest.param("disabled = 1", "5: disabled: expected true or false, got the number 1", id="one-for-true"),
        pytest.param('draft = "no"', '5: draft: expected true or false, got the text "no"', id="draft"),
        pytest.param("source = 5", "5: source: expected text, got the number 5", id="number-for-text"),
        pytest.param("source = [1]", "5: source: expected text, got a list", id="list-for-text"),
        pytest.param("source = {}", "5: source: expected text, got a table of values", id="table-for-text"),
        pytest.param("source = 2026-01-01", "5: source: expected text, got a date", id="date-for-text"),
        pytest.param('source = "a\\nb"', "5: source: holds a line break or tab, and must be one line", id="two-lines"),
        pytest.param('source = "a\\u0007b"', "5: source: holds the control character U+0007", id="control-character"),
        pytest.param(
            'policy_jwt_claim_expires_in = "2:60"',
            '5: policy_jwt_claim_expires_in: expected minutes as a whole number, or hours and minutes as "2:30"',
            id="duration",
        ),
        pytest.param(
            "policy_jwt_claim_expires_in = -1",
            "5: policy_jwt_claim_expires_in: -1 is less than 0",
            id="negative-duration",
        ),
        pytest.param(
            "created_at = 2021-04-13T04:19:49",
            "5: created_at: has no time zone: add an offset such as +02:00, or Z",
            id="local-time",
        ),
        pytest.param(
            'created_at = "yesterday"',
            "5: created_at: 'yesterday' is no date and time such as 2026-04-13T04:19:49-05:00",
            id="no-time",
        ),
        pytest.param(
            "ui_extension_version = 5",
            "5: ui_extension_version: expected a table of values, got the number 5",
            id="number-for-a-reference",
        ),
        pytest.param(
            'ui_extension_version = { name = "x" }',
            "5: ui_extension_version.id: is missing, and required",
            id="reference-without-id",
        ),
        pytest.param('nmae = "One"', "5: nmae: unknown key; did you mean name?", id="unknown-key"),
        pytest.param("weather = 1", "5: weather: unknown key", id="unknown-key-like-no-other"),
        pytest.param(
            'description = "x"',
            "5: description: texts have files of their own: write it to description.md",
            id="text-in-toml",
        ),
        pytest.param(
            "attachments = []",
            "5: attachments: attachments are files: put them into the folder attachments/",
            id="attachments-in-toml",
        ),
        pytest.param(
            "features_attachments = []",
            "5: features_attachments: attachments are files: put them into the folder attachments/",
            id="write-only-attachments-in-toml",
        ),
        pytest.param("extra = 5", "5: extra: expected a table", id="extra-without-table"),
        pytest.param("store = 5", "5: store: expected a table of values, got the number 5", id="store-without-table"),
        pytest.param(
            "[store]\nfeatued = true", "6: store.featued: unknown key; did you mean featured?", id="unknown-store-key"
        ),
        pytest.param(
            '[store]\nwebsite = "example.com"',
            "6: store.website: must be a full address that begins with https:// and holds no user name",
            id="website",
        ),
        pytest.param(
            '[store]\ncategories = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]',
            "6: store.categories: 11 entries, at most 10",
            id="too-many-categories",
        ),
        pytest.param(
            '[store]\ntags = ["fine", ""]', "6: store.tags[1]: is blank, and required", id="blank-entry-of-a-list"
        ),
        pytest.param(
            '[store]\nscreenshots = [\n  { file = "a.png" },\n]',
            "6: store.screenshots[0].file: must name a file of this folder, such as attachments/report.pdf",
            id="screenshot-elsewhere",
        ),
        pytest.param(
            '[[store.assurances]]\ntopic = "a"\nstatus = "b"\n\n[[store.assurances]]\ntopic = "c"\n',
            "9: store.assurances[1].status: is missing, and required",
            id="missing-in-the-second-entry",
        ),
        pytest.param(
            '[[store.assurances]]\ntopic = "a"\nstatus = "b"\nevidnce = "c"\n',
            "8: store.assurances[0].evidnce: unknown key; did you mean evidence?",
            id="unknown-in-an-entry",
        ),
        pytest.param(
            '[[store.assurances]]\ntopic = "a"\nstatus = "b"\nvalid_until = "soon"\n',
            "8: store.assurances[0].valid_until: 'soon' is no date such as 2027-06-30",
            id="no-day-in-an-entry",
        ),
        pytest.param(
            '[store.assurances]\ntopic = "a"',
            "5: store.assurances: expected a list, got a table of values",
            id="table-for-a-list-of-tables",
        ),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_mistake_as_its_author_reads_it(tmp_path: Path, line: str, message: str, ending: str) -> None:
    """File, line, field and reason, as design.md and style.md (example 6) have it."""
    store_of(tmp_path, f"{REQUIRED}{line}\n".replace("\n", ending))
    assert problems(tmp_path) == [f"offerings/app/offering.toml:{message}"]


@pytest.mark.parametrize(
    ("key", "old", "new", "message"),
    [
        pytest.param(
            "policy_jwt_alg",
            '"rs256"',
            '"hs256"',
            '"hs256" is none of rs256, rs384, rs512, es256, es384 or es512',
            id="algorithm",
        ),
        pytest.param("policy_jwt_alg", '"rs256"', "256", "is none of rs256", id="algorithm-number"),
        pytest.param("name", '"One"', f'"{"🚀" * 129}"', "129 characters, at most 128", id="name-long"),
        pytest.param("webhook_uri_template", '"https://hooks.example.com/{account}"', '""', "is blank", id="blank"),
        pytest.param("service_instance.id", "id = 83", 'id = "83"', 'a whole number, got the text "83"', id="si"),
        pytest.param("service_instance.id", "id = 83, ", "", "is missing, and required", id="si-without-id"),
    ],
)
def test_a_mistake_in_a_required_field(tmp_path: Path, key: str, old: str, new: str, message: str) -> None:
    line = next(n for n, text in enumerate(REQUIRED.splitlines(), 1) if text.startswith(key.partition(".")[0]))
    store_of(tmp_path, REQUIRED.replace(old, new, 1))
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"offerings/app/offering.toml:{line}: {key}: "), problem
    assert message in problem


@pytest.mark.parametrize("key", ["name", "policy_jwt_alg", "service_instance", "webhook_uri_template"])
def test_a_missing_required_field(tmp_path: Path, key: str) -> None:
    """It stands in no line; the file and the field are told."""
    store_of(tmp_path, "".join(line for line in REQUIRED.splitlines(True) if not line.startswith(key)))
    assert problems(tmp_path) == [f"offerings/app/offering.toml: {key}: is missing, and required"]


def test_an_empty_file_misses_everything(tmp_path: Path) -> None:
    store_of(tmp_path, "")
    assert problems(tmp_path) == [
        f"offerings/app/offering.toml: {key}: is missing, and required"
        for key in ("name", "policy_jwt_alg", "service_instance", "webhook_uri_template")
    ]


@pytest.mark.parametrize(
    "value",
    [
        "0x" + "f" * 5000,
        "0b" + "1" * 20_000,
        "1" * 4301,
        "[[[[1]]]]",
        "1e999",
        "00:00:00",
        "2026-01-01T00:00:00.999999999Z",
    ],
    ids=["hexadecimal", "binary", "4301-digits", "lists", "beyond-floats", "time", "nanoseconds"],
)
@pytest.mark.parametrize("key", ["id", "name", "disabled", "policy_jwt_claim_expires_in", "service_instance", "store"])
def test_a_strange_value_is_a_short_problem(tmp_path: Path, key: str, value: str) -> None:
    """Whatever TOML allows, in any field: told in a line, never another error."""
    kept = "".join(line for line in REQUIRED.splitlines(True) if not line.startswith(f"{key} "))
    store_of(tmp_path, f"{kept}{key} = {value}\n")
    assert all(len(problem) < 400 for problem in problems(tmp_path))


# ------------------------------------------------------------------------------------------------- files


def test_a_folder_without_its_offering(tmp_path: Path) -> None:
    write_store(tmp_path, files={"offerings/app/description.md": "x"})
    assert problems(tmp_path) == ["offerings/app/offering.toml: no such file or directory"]


def test_a_stray_file_between_the_offerings(tmp_path: Path) -> None:
    write_store(tmp_path, [offering()], files={"offerings/notes.txt": "x"})
    assert problems(tmp_path) == ["offerings/notes.txt: is not the folder of an offering"]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch()], ids=["missing", "file"])
def test_no_folder_of_offerings(tmp_path: Path, make: Any) -> None:
    """The message says how to begin."""
    make(tmp_path / "offerings")
    assert problems(tmp_path) == ["offerings: no such folder; `appshelf init DIR` makes a store to begin with"]


@pytest.mark.parametrize("name", ["description", "features", "compliance"])
def test_a_text_over_its_limit(tmp_path: Path, name: str) -> None:
    """64 KB of UTF-8 are accepted, a byte more is a problem of the text's own file."""
    store_of(tmp_path, REQUIRED, **{f"{name}.md": "é" * 32_768})
    assert len(getattr(only(tmp_path).offering, name)) == 32_768
    store_of(tmp_path, REQUIRED, **{f"{name}.md": "é" * 32_768 + "x"})
    assert problems(tmp_path) == [f"offerings/app/{name}.md: 65,537 bytes, at most 65,536"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("x".encode("utf-16"), ": is UTF-16; save it as UTF-8", id="utf-16"),
        pytest.param(b"a\nb\xff", ":2: is not UTF-8: byte 0xFF", id="no-utf-8"),
    ],
)
def test_a_text_in_another_encoding(tmp_path: Path, content: bytes, message: str) -> None:
    store_of(tmp_path, REQUIRED, **{"features.md": content})
    assert problems(tmp_path) == [f"offerings/app/features.md{message}"]


def test_a_folder_that_is_called_like_a_text(tmp_path: Path) -> None:
    store_of(tmp_path, REQUIRED, **{"description.md/x": "x"})
    assert problems(tmp_path) == ["offerings/app/description.md: is not a regular file"]


def test_two_pictures(tmp_path: Path) -> None:
    """Which one is meant is for the author to say."""
    store_of(tmp_path, REQUIRED, **{"picture.png": b"", "picture.svg": b"", "picture.webp": b""})
    told_problems = problems(tmp_path)
    assert len(told_problems) == 2
    assert all(problem.endswith(": is a second picture; keep one of them") for problem in told_problems)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("desciption.md", "description.md"),
        ("feature.md", "features.md"),
        ("compliance.txt", "compliance.md"),
        ("attachment/x.pdf", "attachments"),
        ("pictrue.png", "picture.png"),
        ("picture.PNG", "picture.png"),
    ],
)
def test_an_unknown_file_names_the_nearest(tmp_path: Path, name: str, nearest: str) -> None:
    """A warning: a text that is not read would otherwise be missed only by visitors."""
    store_of(tmp_path, REQUIRED, **{name: "x"})
    assert warnings(tmp_path) == [f"offerings/app/{name.partition('/')[0]}: unknown file; did you mean {nearest}?"]


def test_a_file_like_no_other_is_a_warning(tmp_path: Path) -> None:
    store_of(tmp_path, REQUIRED, TODO="x")
    assert warnings(tmp_path) == ["offerings/app/TODO: unknown file"]


def _outside(folder: Path) -> Path:
    outside = folder / "outside"
    write_store(outside, [offering()], files={"secret.md": "secret", "more/secret.pdf": b"secret"})
    return outside


@pytest.mark.parametrize(
    ("link", "target", "named"),
    [
        pytest.param("app/description.md", "secret.md", "offerings/app/description.md", id="text"),
        pytest.param("app/picture.png", "secret.md", "offerings/app/picture.png", id="picture"),
        pytest.param("app/attachments/x.pdf", "more/secret.pdf", "offerings/app/attachments/x.pdf", id="attachment"),
        pytest.param("app/attachments", "more", "offerings/app/attachments", id="folder-of-attachments"),
        pytest.param("other", "offerings/wdc_note_dispatcher", "offerings/other/offering.toml", id="offering"),
        pytest.param("app/features.md", "nothing.md", "offerings/app/features.md", id="text-that-is-not-there"),
    ],
)
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, link: str, target: str, named: str) -> None:
    """What its author may not read is not published: the link is told, its content is not."""
    content = tmp_path / "content"
    store_of(content, REQUIRED)
    path = content / "offerings" / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(_outside(tmp_path) / target)
    (problem,) = problems(content)
    reason = "is a link; put" if link == "app/attachments" else "leads out of"
    assert problem.startswith(f"{named}: {reason}")


def test_a_folder_of_attachments_that_leads_out_brings_none(tmp_path: Path) -> None:
    content = tmp_path / "content"
    store_of(content, REQUIRED, **{"attachments/own.pdf": b"x"})
    (content / "offerings/app/attachments/more").symlink_to(_outside(tmp_path) / "more")
    try:
        keys = [file.key for file in load(content).listings[0].attachments]
    except InputError as error:
        assert "attachments/more" in str(error)
    else:
        assert keys == ["attachments/own.pdf"]


@pytest.mark.parametrize("name", ["description.md", "picture.png", "attachments/x.pdf"])
def test_a_fifo_is_refused(tmp_path: Path, name: str) -> None:
    store_of(tmp_path, REQUIRED, **{"attachments/own.pdf": b"x"})
    os.mkfifo(tmp_path / "offerings/app" / name)
    assert problems(tmp_path) == [f"offerings/app/{name}: is not a regular file"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    store_of(tmp_path, REQUIRED, **{"attachments/own.pdf": b"x"})
    (tmp_path / "offerings/app/attachments/again").symlink_to(".")
    assert problems(tmp_path) == ["offerings/app/attachments/again: is not a regular file"]


# ------------------------------------------------------------------------------------------------- extra


def test_extra_fields_are_kept(tmp_path: Path) -> None:
    """What a later version of the API sends goes back as it came."""
    store_of(tmp_path, REQUIRED + '[extra]\nnew = { a = [1, "x"] }\n"odd key" = 5\n')
    assert only(tmp_path).offering.model_extra == {"new": {"a": [1, "x"]}, "odd key": 5}


@pytest.mark.parametrize("key", ["name", "id", "disabled", "webhook_uri_template"])
def test_extra_does_not_change_a_field(tmp_path: Path, key: str) -> None:
    store_of(tmp_path, f'id = 7\n{REQUIRED}[extra]\n{key} = "other"\n')
    try:
        record = load(tmp_path).listings[0].offering
    except InputError as error:
        assert f"extra.{key}" in str(error)
    else:
        assert (record.id, record.name, record.disabled) == (7, "One", False)
        assert record.webhook_uri_template == "https://hooks.example.com/{account}"


# ------------------------------------------------------------------------------------------------- builders


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def test_a_random_store_is_the_same_for_its_seed(tmp_path: Path) -> None:
    one, again, other = (random_store(tmp_path / name, seed, 6) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert _fingerprint(one.folder) == _fingerprint(again.folder)
    assert _fingerprint(one.folder) != _fingerprint(other.folder)


@pytest.mark.parametrize("seed", range(3))
def test_a_random_store_loads_without_a_word(tmp_path: Path, seed: int) -> None:
    store = random_store(tmp_path, seed, 25)
    catalog = load(tmp_path)
    assert told(catalog.warnings, tmp_path) == []
    assert [it.offering.reference for it in catalog.listings] == list(store.references)
    assert [it.offering.reference for it in catalog.shown()] == list(store.shown)
    assert (catalog.disabled, catalog.drafts) == (len(store.disabled), len(store.drafts))


def test_several_offerings_in_a_folder(tmp_path: Path) -> None:
    write_store(tmp_path, several(3))
    assert [it.offering.name for it in load(tmp_path).listings] == ["App 1", "App 2", "App 3"]


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "gif", "svg"])
def test_pictures_are_what_their_endings_say(kind: str) -> None:
    beginnings = {"png": b"\x89PNG", "jpg": b"\xff\xd8\xff", "webp": b"RIFF", "gif": b"GIF8", "svg": b"<svg"}
    assert picture(random.Random(1), kind, (40, 30)).startswith(beginnings[kind])  # noqa: S311 for a test


def test_two_spellings_of_one_name_are_a_problem(tmp_path: Path) -> None:
    """Texts know a file by its composed name (NFC), so the second would vanish without a word."""
    store_of(tmp_path, REQUIRED, **{"attachments/Caf\u00e9.pdf": b"x", "attachments/Cafe\u0301.pdf": b"y"})
    (problem,) = problems(tmp_path)
    assert problem.endswith("Caf\u00e9.pdf: is the name of two files, in two spellings")


@pytest.mark.parametrize("link", ["attachments/notes.txt", "attachments", "attachments/more"])
def test_no_link_publishes_the_files_of_another_offering(tmp_path: Path, link: str) -> None:
    """Its `offering.toml` holds a webhook's address, and may be a draft or disabled."""
    store_of(tmp_path, REQUIRED, **({} if link == "attachments" else {"attachments/terms.txt": "x"}))
    app = next((tmp_path / "offerings").iterdir())
    target = app / "offering.toml" if link.endswith(".txt") else app
    (app / link).symlink_to(target)
    (problem,) = problems(tmp_path)
    assert link in problem
