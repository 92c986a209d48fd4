"""What `appshelf init` and `appshelf new` write loads at once, explains itself, and overwrites nothing."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from generator.catalog import Catalog, load_catalog
from generator.content import ContentFolder, file_fields
from generator.errors import OutputError, UsageError
from generator.fields import TEXT_BYTES, PolicyJwtAlg, Reference
from generator.hints import hints
from generator.models import TEXT_NAMES, Offering, StoreEntry, nature
from generator.settings import Api, DownloadRules, Provider, Store, load_store
from generator.starter import init_store, new_offering, plan_offering, plan_store

OFFERING = "content/offerings/{}/offering.toml"


def catalog(folder: Path) -> Catalog:
    return load_catalog(ContentFolder(folder / "content"))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# --- A new store


def test_a_new_store_loads_without_a_problem_or_a_warning(tmp_path: Path) -> None:
    init_store(tmp_path / "shop")
    loaded = catalog(tmp_path / "shop")
    assert loaded.warnings == ()
    assert list(hints(loaded.listings)) == []
    assert [listing.offering.name for listing in loaded.shown()] == ["Room Guide", "Shift Handover"]


def test_a_new_store_says_what_it_wrote(tmp_path: Path) -> None:
    written = init_store(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == files(tmp_path)
    assert {"content/store.toml", ".gitignore", "content/schemas/store.schema.json"} <= files(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "site/\n.cache/\n"


def test_the_samples_show_the_format() -> None:
    plan = plan_store("Apps")
    texts = "\n".join(text for path, text in plan.items() if path.endswith(".md"))
    tables = "\n".join(text for path, text in plan.items() if path.endswith("offering.toml"))
    assert {Path(path).stem for path in plan if path.endswith(".md")} == set(TEXT_NAMES)
    for shown in ("|:--|", "- [x] ", "- [ ] ", "\n## ", "\n1. "):
        assert shown in texts
    for shown in ("categories = ", "tags = ", "[[store.assurances]]", "featured = true"):
        assert shown in tables


@pytest.mark.parametrize("title", ["Our apps", 'The "best" \\ apps', "Apps für älle 😀", "# [store]", "x" * 64])
def test_the_title_stands_in_the_store(tmp_path: Path, title: str) -> None:
    init_store(tmp_path, title)
    store = load_store(tmp_path / "content")
    assert store.title == title
    assert store.provider.name == "Your company"


@pytest.mark.parametrize("title", ["", " ", "x" * 65, "two\nlines", "bell\a"])
def test_a_title_that_cannot_be_one_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(UsageError, match="is no title: "):
        init_store(tmp_path / "shop", title)
    assert files(tmp_path) == set()


def test_the_first_lines_name_the_schema_and_the_next_commands() -> None:
    first, *comments = plan_store("Apps")["content/store.toml"].split("\n\n")[0].splitlines()
    assert first == "#:schema schemas/store.schema.json"
    assert "appshelf build" in comments[0]
    assert "appshelf new REFERENCE" in comments[1]


def test_every_setting_is_explained_and_holds_once_it_is_uncommented() -> None:
    values = tomllib.loads(uncommented(plan_store("Apps")["content/store.toml"]))
    assert values.keys() == Store.model_fields.keys()
    assert values["provider"].keys() == Provider.model_fields.keys()
    assert values["api"].keys() == Api.model_fields.keys()
    assert values["downloads"].keys() == DownloadRules.model_fields.keys()
    Store.model_validate(values)


@pytest.mark.parametrize("name", ["file.txt", ".hidden", "content"])
def test_a_folder_that_holds_anything_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("theirs")
    with pytest.raises(OutputError, match="is not empty"):
        init_store(tmp_path)
    assert files(tmp_path) == {name}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("theirs")
    with pytest.raises(OutputError, match="shop"):
        init_store(tmp_path / "shop")
    with pytest.raises(OutputError, match="shop"):
        init_store(tmp_path / "shop" / "inside")
    assert (tmp_path / "shop").read_text() == "theirs"


# --- A new offering


def uncommented(text: str) -> str:
    """Put every key to use that stands in a comment."""
    return re.sub(r"^# (?=(\[\[)?[\w.]+(\]\]| = ))", "", text, flags=re.MULTILINE)


def test_a_new_offering_loads_at_once_as_a_draft(tmp_path: Path) -> None:
    init_store(tmp_path)
    folder = new_offering(tmp_path / "content", "wdc_Change calendar")
    assert folder == tmp_path / "content/offerings/wdc_change-calendar"
    assert {path.name for path in folder.iterdir()} == {"offering.toml", *(f"{name}.md" for name in TEXT_NAMES)}
    loaded = catalog(tmp_path)
    assert loaded.warnings == ()
    (listing,) = [it for it in loaded.listings if it.draft]
    assert listing.offering.reference == "wdc_Change calendar"
    assert listing.offering.name == "Wdc Change calendar"
    assert listing not in loaded.shown()


def test_every_key_that_an_author_may_set_is_there_and_holds_once_it_is_uncommented() -> None:
    values: dict[str, Any] = tomllib.loads(uncommented(plan_offering("app")["offering.toml"]))
    settable = {name for name in file_fields() if nature(name).access == "read-write"}
    assert values.keys() == {*settable, "draft", "store"}
    assert values["store"].keys() == StoreEntry.model_fields.keys()
    Offering.model_validate({"id": 1, **{key: value for key, value in values.items() if key in settable}})
    StoreEntry.model_validate(values["store"])


def test_limits_are_told_beside_the_keys() -> None:
    text = re.sub(r"\n# ", " ", plan_offering("app")["offering.toml"])
    assert "Required. At most 161 characters.\nreference = " in text
    assert "Required. One of rs256, rs384, rs512, es256, es384, es512.\npolicy_jwt_alg = " in text
    assert "At most 2,048 bytes. policy_jwt_audience = " in text
    assert "At most 10, each of at most 64 characters. categories = " in text
    assert f"each at most {TEXT_BYTES:,} bytes" in text
    assert "attachments/" in text


def test_the_guiding_texts_would_not_embarrass() -> None:
    for name in TEXT_NAMES:
        text = plan_offering("app")[f"{name}.md"]
        assert "is being written" in text
        assert not re.search(r"<!--|TODO|FIXME|TBD|lorem", text, re.IGNORECASE)


REFERENCES = st.one_of(
    st.text(min_size=1, max_size=161),
    st.sampled_from(
        ["..", "/abs", "a\\b", "C:x", "CON", "nul.txt", "a.", "ﬁle", "İ", "ß" * 161, "é" * 161, "__", "-rf"]
    ),
    st.sampled_from(["index", "_headers", "404", 'say "hi"', "# no", "😀", "a" * 161, "[store]", "{account}"]),
).filter(lambda text: holds(text))


def holds(reference: str) -> bool:
    try:
        return bool(TypeAdapter(Reference).validate_python(reference))
    except ValidationError:
        return False


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(reference=REFERENCES)
def test_any_reference_gives_an_offering_that_loads(tmp_path_factory: pytest.TempPathFactory, reference: str) -> None:
    content = tmp_path_factory.mktemp("store") / "content"
    content.mkdir()
    folder = new_offering(content, reference)
    assert re.fullmatch(r"[a-z0-9_-]{1,64}", folder.name)
    assert folder.parent == content / "offerings"
    (listing,) = load_catalog(ContentFolder(content)).listings
    assert listing.offering.reference == reference
    with pytest.raises(OutputError, match="already"):
        new_offering(content, reference)


@pytest.mark.parametrize("reference", ["", "  ", "x" * 162, "a\nb", "a\tb", "\x00", "\u2028", "\udc80"])
def test_what_cannot_be_a_reference_is_refused(tmp_path: Path, reference: str) -> None:
    with pytest.raises(UsageError, match="is no reference: "):
        new_offering(tmp_path, reference)
    assert files(tmp_path) == set()


def test_the_reference_of_another_offering_is_refused(tmp_path: Path) -> None:
    init_store(tmp_path)
    before = files(tmp_path)
    with pytest.raises(OutputError, match=r"room-guide/offering\.toml: has the reference room_guide already"):
        new_offering(tmp_path / "content", "room_guide")
    with pytest.raises(OutputError, match="room-guide: file exists"):
        new_offering(tmp_path / "content", "room-guide")
    assert files(tmp_path) == before


def test_an_offering_needs_a_content_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="appshelf init DIR"):
        new_offering(tmp_path / "content", "app")


def test_an_offering_that_cannot_be_read_is_in_nobodys_way(tmp_path: Path) -> None:
    init_store(tmp_path)
    (tmp_path / OFFERING.format("room-guide")).write_text("not = = toml")
    assert new_offering(tmp_path / "content", "app").name == "app"


def test_the_first_algorithm_of_the_model_is_the_one_proposed() -> None:
    proposed = tomllib.loads(plan_offering("app")["offering.toml"])["policy_jwt_alg"]
    assert TypeAdapter(PolicyJwtAlg).validate_python(proposed) == "rs256"
