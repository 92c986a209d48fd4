"""Characters that deceive: what a page leaves out, what stays, and what two names are told apart by."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalog import load_catalog
from generator.characters import clean, deceits, visible
from generator.content import ContentFolder
from generator.errors import InputError
from generator.models import PublicOffering
from generator.pages import plan_pages
from generator.public import present, take_stock
from generator.settings import Store, load_store
from site_checks import build_site, check_site, parse, public
from stores import offering, several, told, write_store

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("Dusk", "Dusk", id="nothing"),
        pytest.param("a\u202egnp.exe", "agnp.exe", id="override"),
        pytest.param("\u202aa\u202b\u202c\u202d", "a", id="embeddings"),
        pytest.param("\u2066a\u2067\u2068\u2069", "a", id="isolates"),
        pytest.param("\ufeffa\ufeff", "a", id="byte order marks"),
        pytest.param("Du\u200bsk\u2060", "Dusk", id="spaces without width"),
        pytest.param("a\u2061\u2062\u2063\u2064\u206ab", "ab", id="signs without width"),
        pytest.param("a\ufff9b\ufffac\ufffb", "abc", id="annotations"),
        pytest.param("a\U000e0061\U000e007f", "a", id="tags that hide words"),
        pytest.param(ENGLAND, ENGLAND, id="tags of a flag"),
        pytest.param(f"{ENGLAND}\U000e0061", ENGLAND, id="tags behind a flag"),
        pytest.param("👩\u200d💻 क\u094d\u200dष", "👩\u200d💻 क\u094d\u200dष", id="joiners"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="non-joiners"),
        pytest.param("שלום\u200f!", "שלום\u200f!", id="marks of a direction"),
        pytest.param("Donau\u00addampf", "Donau\u00addampf", id="soft hyphens"),
        pytest.param("❤\ufe0f", "❤\ufe0f", id="variation selectors"),
        pytest.param("a\x07b\ud800", "a\ufffdb\ufffd", id="unprintable"),
        pytest.param("a\tb\r\nc", "a\tb\r\nc", id="space"),
    ],
)
def test_what_a_page_leaves_out(written: str, shown: str) -> None:
    assert clean(written) == shown
    assert bool(list(deceits(written))) == (shown != written)


@given(st.text() | st.text(st.sampled_from("a\u202e\u200b\u200d\ufeff\U0001f3f4\U000e0067\U000e007f")))
def test_what_is_clean_stays_so(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert list(deceits(clean(text))) == []
    assert bool(list(deceits(text))) == (clean(text) != text)


@pytest.mark.parametrize(
    "spelling",
    ["Assets\u200b", "As\u200dsets", "As\u00adsets", "\u202eAssets", "Assets\u200f", "Assets\ufe0f", "Assets\u3164"],
    ids=ascii,
)
def test_what_nobody_sees_tells_nothing_apart(spelling: str) -> None:
    assert visible(spelling) == "Assets"


BLANKS = ["\u200b", "\u202e \u202c", "\u200d", "\u3164", "\u2800", "\u00ad", "\ufeff", "\u115f\u1160", "\U000e0061"]
INVISIBLE = "holds only characters that nobody can see, and is required"
LEFT_OUT = "an invisible character that turns or hides words: left out"


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"name": "…"}, "name", id="name"),
        pytest.param({"reference": "…"}, "reference", id="reference"),
        pytest.param({"store": {"categories": ["…"]}}, "store.categories[0]", id="category"),
        pytest.param({"store": {"publisher": "…"}}, "store.publisher", id="publisher"),
    ],
)
def test_what_is_blank_to_the_eye_is_an_error(tmp_path: Path, fields: Any, field: str, blank: str) -> None:
    fields = json.loads(json.dumps(fields).replace(json.dumps("…"), json.dumps(blank)))
    write_store(tmp_path, {"dusk": offering(**fields)})
    with pytest.raises(InputError) as caught:
        load_catalog(ContentFolder(tmp_path))
    (problem,) = told(caught.value.problems, tmp_path)
    assert problem.startswith("offerings/dusk/offering.toml:")
    assert problem.endswith(f": {field}: {INVISIBLE}")


def shown(folder: Path, **fields: Any) -> tuple[PublicOffering, list[str]]:
    """Return an offering as pages get it, and its warnings."""
    content = write_store(folder, {"dusk": offering(**fields)})
    (listing,) = load_catalog(ContentFolder(content)).listings
    stocked = take_stock(listing)
    assert all(problem.warning for problem in stocked.problems)
    return present(listing, stocked.stock), told(stocked.problems, folder)


FIELDS: list[Any] = [
    pytest.param({"name": "…"}, "name", "name", id="name"),
    pytest.param({"card_description": "…"}, "card_description", "card_description", id="card description"),
    pytest.param({"reference": "…"}, "reference", "shown_reference", id="reference"),
    pytest.param({"store": {"categories": ["a", "…"]}}, "store.categories[1]", "categories", id="category"),
    pytest.param({"store": {"tags": ["…"]}}, "store.tags[0]", "tags", id="tag"),
    pytest.param({"store": {"publisher": "…"}}, "store.publisher", "publisher", id="publisher"),
    *(
        pytest.param(
            {"store": {"assurances": [{"topic": "a", "status": "b", name: "…"}]}},
            f"store.assurances[0].{name}",
            "assurances",
            id=name,
        )
        for name in ("topic", "status", "scope")
    ),
]


@pytest.mark.parametrize(("fields", "field", "attribute"), FIELDS)
def test_a_field_of_one_line_is_shown_without_them_and_its_author_warned(
    tmp_path: Path, fields: Any, field: str, attribute: str
) -> None:
    fields = json.loads(json.dumps(fields).replace(json.dumps("…"), json.dumps("Du\u200bsk\u202e")))
    offering_, (warning,) = shown(tmp_path, **fields)
    assert warning.startswith("offerings/dusk/offering.toml:")
    assert warning.endswith(f": {field}: {LEFT_OUT}")
    assert "Dusk" in str(getattr(offering_, attribute))
    assert list(deceits(str(getattr(offering_, attribute)))) == []


def test_a_reference_is_copied_and_published_exactly(tmp_path: Path) -> None:
    """It is how the platform finds the offering; only what a person reads of it is cleaned."""
    reference = "wdc_du\u200bsk"
    write_store(tmp_path / "content", {"dusk": offering(reference=reference)})
    build_site(tmp_path / "content", tmp_path / "site")
    check_site(tmp_path / "site")
    (page,) = (path for path in (tmp_path / "site/apps").rglob("index.html"))
    html = page.read_text()
    assert f'data-copy="{reference}"' in html
    assert "<code>wdc_dusk</code>" in html
    (record,) = json.loads((tmp_path / "site/v1/app_offerings.json").read_text())
    assert record["reference"] == reference


@pytest.mark.parametrize("other", ["Lights\u200b", "Lig\u202ehts", "lights\u200d", "\u00adLights"], ids=ascii)
def test_categories_and_publishers_that_look_alike_are_one(other: str) -> None:
    names = ("Lights", other)
    offerings = [
        public(id=n, reference=f"r{n}", name=f"App {n}", categories=(name,), publisher=name)
        for n, name in enumerate(names)
    ]
    pages = [page.path for page in plan_pages(Store(), offerings)]
    assert [path for path in pages if path.startswith("categories/")] == ["categories/lights/index.html"]
    assert [path for path in pages if path.startswith("publishers/")] == ["publishers/lights/index.html"]


@pytest.mark.parametrize("field", ["website", "support", "install_url"])
@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\ufeff", "\u2066"], ids=ascii)
def test_an_address_holds_no_invisible_character(tmp_path: Path, field: str, char: str) -> None:
    """It cannot be left out: the address would be another one."""
    write_store(tmp_path, {"dusk": offering(store={field: f"https://good{char}.example.com/"})})
    with pytest.raises(InputError) as caught:
        load_catalog(ContentFolder(tmp_path))
    (problem,) = told(caught.value.problems, tmp_path)
    assert problem.startswith("offerings/dusk/offering.toml:")
    assert f"store.{field}: " in problem
    assert f"holds the invisible character U+{ord(char):04X}" in problem


@pytest.mark.parametrize("store", [{"title": "…"}, {"tagline": "…"}, {"provider": {"name": "…"}}], ids=str)
def test_the_store_s_own_words_hold_none(tmp_path: Path, store: Any) -> None:
    """Their author is the operator, who can mend them."""
    store = json.loads(json.dumps(store).replace(json.dumps("…"), json.dumps("Shop\u202e")))
    write_store(tmp_path, several(1), store=store)
    with pytest.raises(InputError) as caught:
        load_store(tmp_path)
    (problem,) = told(caught.value.problems, tmp_path)
    assert problem.startswith("store.toml:")
    assert problem.endswith("holds the invisible character U+202E")


def test_a_monogram_is_drawn_from_what_is_shown(tmp_path: Path) -> None:
    plain, _ = shown(tmp_path / "1", name="Dusk", store={"categories": ["Lights"]})
    turned, _ = shown(tmp_path / "2", name="\u202eDusk", store={"categories": ["\u200bLights"]})
    assert plain.picture == turned.picture


def test_no_built_page_holds_one(tmp_path: Path) -> None:
    """In no file for people, wherever it was written."""
    evil = "Du\u202esk\u200b"
    assurance = {"topic": evil, "status": evil, "scope": evil}
    store = {"categories": [evil], "tags": [evil], "publisher": evil, "assurances": [assurance]}
    texts = dict.fromkeys(("description", "features", "compliance"), f"# {evil}\n\n[{evil}](https://a.example)")
    write_store(
        tmp_path / "content",
        {"dusk": offering(name=evil, card_description=evil, store=store, **texts)},
        files={f"offerings/dusk/attachments/{evil}.txt": "words"},
    )
    build_site(tmp_path / "content", tmp_path / "site")
    check_site(tmp_path / "site")
    pages = [path.read_bytes() for path in (tmp_path / "site").rglob("*.html")]
    assert len(pages) == 7
    for page in pages:
        assert list(deceits(page.decode())) == []
    assert "Dusk" in parse(pages[0]).words
