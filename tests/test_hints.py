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


SOC_2 = {"assurances": [{"topic": "SOC 2 Type II", "status": "Attested"}]}


@pytest.mark.parametrize(
    ("compliance", "store", "expected"),
    [
        pytest.param(
            "We have SOC 2 reports.",
            {},
            ["compliance: mentions SOC 2, but declares nothing about it ([[store.assurances]])"],
            id="a standard",
        ),
        pytest.param(
            "Data stays in the EU.\n\nISO/IEC 27001, HIPAA and SOC2.",
            {},
            ["compliance: mentions ISO 27001, SOC 2 and HIPAA, but declares nothing about them ([[store.assurances]])"],
            id="three, at the line of the first",
        ),
        pytest.param("We have SOC 2 reports.", SOC_2, [], id="declared, in other words"),
        pytest.param("SOC 2 and HIPAA.", SOC_2, ["compliance: mentions HIPAA, but declares"], id="one of two declared"),
        pytest.param(
            "Data is encrypted and kept for 30 days, under the GDPR.",
            {},
            [],
            id="what one describes and does not declare",
        ),
    ],
)
def test_standards_that_are_mentioned_and_not_declared(
    tmp_path: Path, compliance: str, store: dict[str, object], expected: list[str]
) -> None:
    found = told(tmp_path, app(1, compliance=compliance, store=store))
    assert [hint[: len(start)] for hint, start in zip(found, expected, strict=True)] == expected


def test_a_mention_is_told_with_its_line(tmp_path: Path) -> None:
    listings = load_catalog(
        ContentFolder(write_store(tmp_path, [app(1, compliance="Words.\n\nOur SOC 2 report.")]))
    ).listings
    (hint,) = [hint for hint in hints(listings) if hint.field == "compliance"]
    assert (Path(hint.where).name, hint.line, hint.warning) == ("compliance.md", 3, True)


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
