"""Where each part of a page is written, and how much of its limit it uses."""

from pathlib import Path

import pytest

from generator.catalog import Listing, load_catalog
from generator.content import ContentFolder
from generator.models import Offering, StoreEntry
from generator.provenance import limit_of, written_in, written_of
from generator.record_file import RecordFile
from generator.settings import load_store
from stores import offering, write_records, write_store

TOML = """\
id = 7
name = "Dusk"
reference = "wdc_dusk"
policy_jwt_alg = "rs256"
service_instance = { id = 83, name = "Ours" }
webhook_uri_template = "https://hooks.example.com/{account}"
card_description = "Lights the lamps."

[store]
categories = ["Light"]
website = "https://dusk.example.com/"

[[store.assurances]]
topic = "ISO 27001"
status = "Certified"
"""


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Listing:
    files = {
        "offerings/dusk/offering.toml": TOML,
        "offerings/dusk/description.md": "Zürich\n",
        "offerings/dusk/attachments/terms.txt": "terms",
        "offerings/dusk/attachments/more/terms.txt": "more terms",
    }
    (only,) = load_catalog(ContentFolder(write_store(tmp_path_factory.mktemp("content"), files=files))).listings
    return only


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("name", "dusk/offering.toml:2 · 4 of 128", id="characters of a name"),
        pytest.param("card_description", "dusk/offering.toml:7 · 17 of 255", id="characters of a description"),
        pytest.param("reference", "dusk/offering.toml:3 · 8 of 161", id="characters of a reference"),
        pytest.param("description", "dusk/description.md · 8 of 65,536 bytes", id="bytes of a text, in its own file"),
        pytest.param("features", "dusk/features.md · features: not set", id="a text that could be written"),
        pytest.param("policy_jwt_alg", "dusk/offering.toml:4", id="a value without a limit"),
        pytest.param("attachments", "dusk/attachments · 2 files", id="files"),
        pytest.param("store.categories", "dusk/offering.toml:10", id="a list of the store's"),
        pytest.param("store.website", "dusk/offering.toml:11 · 25 of 2,048", id="an address of the store's"),
        pytest.param("store.publisher", "dusk/offering.toml:9 · publisher: not set", id="where it could be written"),
        pytest.param("store.assurances", "dusk/offering.toml:13", id="tables"),
        pytest.param(
            "configuration_uri_template", "dusk/offering.toml · configuration_uri_template: not set", id="none"
        ),
    ],
)
def test_where_a_field_is_written(listing: Listing, field: str, expected: str) -> None:
    assert written_of(listing, field) == expected


def test_a_record_of_a_json_file_has_its_line(tmp_path: Path) -> None:
    path = write_records(tmp_path / "records.json", [offering(description="One\nTwo")])
    (listing,) = load_catalog(RecordFile(path)).listings
    assert written_of(listing, "name").endswith("records.json:5 · 31 of 128")
    assert written_of(listing, "description").endswith("records.json:12 · 7 of 65,536 bytes")


def test_the_store_s_own_words(tmp_path: Path) -> None:
    content = write_store(tmp_path / "content", files={"store.toml": '# mine\ntitle = "Lamps"\n'})
    store = load_store(content)
    assert written_in(content, store, "title") == "content/store.toml:2 · 5 of 64"
    assert written_in(content, store, "tagline") == "content/store.toml · tagline: not set"
    (content / "store.toml").unlink()
    assert written_in(content, load_store(content), "title") == "content/store.toml · 9 of 64"


@pytest.mark.parametrize(
    ("model", "field", "expected"),
    [
        (Offering, "name", (128, "")),
        (Offering, "card_description", (255, "")),
        (Offering, "reference", (161, "")),
        (Offering, "description", (65_536, " bytes")),
        (Offering, "policy_jwt_audience", (2_048, " bytes")),
        (Offering, "source_id", (128, "")),
        (Offering, "disabled", None),
        (StoreEntry, "publisher", (64, "")),
    ],
)
def test_limits_are_those_of_the_specification(
    model: type[Offering | StoreEntry], field: str, expected: tuple[int, str] | None
) -> None:
    """Specification, section "Fields": "(max 128)", "(max 64KB)" and so on."""
    assert limit_of(model.model_fields[field]) == expected
