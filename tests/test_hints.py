"""What `appshelf check` tells beyond the rules."""

from pathlib import Path

import pytest

from generator.catalog import load_catalog
from generator.content import ContentFolder
from generator.hints import hints
from stores import offering, write_store


def told(folder: Path, *offerings: dict[str, object]) -> list[str]:
    listings = load_catalog(ContentFolder(write_store(folder, offerings=offerings))).listings
    return [f"{hint.field}: {hint.reason}" for hint in hints(listings) if hint.field != "picture_uri"]


def app(number: int, **changes: object) -> dict[str, object]:
    return offering(id=number, reference=f"wdc_app_{number}", name=["Dusk", "Harbour", "Meadow"][number], **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"card_description": "Imports records each night."}, [], id="a sentence"),
        pytest.param({"card_description": "Nightly import of records"}, [], id="a phrase without a full stop"),
        pytest.param(
            {"card_description": "Imports records and"},
            ["card_description: ends in the middle of a sentence"],
            id="ends with a small word",
        ),
        pytest.param(
            {"card_description": "Imports records,"},
            ["card_description: ends in the middle of a sentence"],
            id="ends with a comma",
        ),
        pytest.param(
            {"card_description": "word " * 50 + "w"},
            ["card_description: ends in the middle of a sentence"],
            id="cut at the limit",
        ),
        pytest.param({"card_description": "word " * 50 + "end."}, [], id="long, and ends"),
        pytest.param({"description": "TODO: more"}, ["description: “TODO” looks unfinished"], id="a note to self"),
        pytest.param(
            {"features": "Lorem ipsum dolor"},
            ["features: “Lorem ipsum” looks unfinished"],
            id="a filler as it is written",
        ),
        pytest.param({"features": "A mastodon"}, [], id="a word that only holds the letters"),
    ],
)
def test_texts_that_would_embarrass(tmp_path: Path, changes: dict[str, object], expected: list[str]) -> None:
    assert told(tmp_path, app(1, **changes)) == expected


@pytest.mark.parametrize(
    ("one", "other", "are_near"),
    [
        ("Asset Bridge", "Asset  bridge", True),
        ("Asset Bridge", "Asset Bridges", True),
        ("Asset Bridge", "Asset Ledger", False),
        ("Asset Bridge", "Asset Bribge", True),
        ("Release 1", "Release 2", False),
        ("Chat", "Chap", False),
    ],
)
def test_names_that_nobody_can_tell_apart(tmp_path: Path, one: str, other: str, are_near: bool) -> None:
    first = offering(id=1, reference="wdc_a", name=one)
    second = offering(id=2, reference="wdc_b", name=other)
    assert told(tmp_path, first, second) == ([f"name: is nearly “{one}” (wdc_a)"] if are_near else [])


def test_a_missing_picture_is_told_and_no_problem(tmp_path: Path) -> None:
    listings = load_catalog(ContentFolder(write_store(tmp_path, offerings=[app(1)]))).listings
    (hint,) = hints(listings)
    assert (hint.field, hint.warning) == ("picture_uri", True)
