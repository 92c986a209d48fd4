"""The list that a browser searches: what it says of an app, what there is to choose from, and where it lies."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from generator.cards import shelve
from generator.finder import Facet, Finder, found_by
from generator.models import DeclaredAssurance, Picture, PublicOffering, Variant
from generator.settings import Store
from site_checks import public

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def finder(offerings: Sequence[PublicOffering]) -> Finder:
    return found_by(shelve(Store(title="Widget Apps"), offerings))


def app(number: int, *, topics: Sequence[str] = (), **changes: object) -> PublicOffering:
    assurances = tuple(DeclaredAssurance(topic, "Certified", None, None, None) for topic in topics)
    named = {"id": number, "reference": f"app-{number}", "name": f"App {number}"}
    return public(**{**named, "assurances": assurances, **changes})


def entry(offering: PublicOffering) -> dict[str, object]:
    (only,) = finder([offering]).list["apps"]  # type: ignore[misc]
    assert isinstance(only, dict)
    return only


def test_what_is_said_of_an_app() -> None:
    told = entry(
        app(
            1,
            card_description="Lights the lamps.",
            categories=("Lamps", "Rooms"),
            publisher="Acme",
            topics=("GDPR", "GDPR", "SOC 2"),
            has_ui_extension=True,
            requires_enabled_oauth_person=True,
            featured=True,
            updated_at=MOMENT,
            created_at=MOMENT,
        )
    )
    assert {key: value for key, value in told.items() if key != "picture"} == {
        "name": "App 1",
        "line": "Lights the lamps.",
        "path": "apps/app-1/index.html",
        "publisher": "acme",
        "category": ["lamps", "rooms"],
        "declared": ["GDPR", "SOC 2"],
        "status": ["Certified"],
        "has": ["form", "person"],
        "updated": "2026-03-04T05:06:07+00:00",
        "created": "2026-03-04T05:06:07+00:00",
        "featured": True,
    }


JUNE, JULY = date(2026, 6, 30), date(2026, 7, 31)


@pytest.mark.parametrize(
    ("declared", "until"),
    [
        pytest.param([("SOC 2", JUNE)], {"SOC 2": "2026-06-30"}, id="its last day"),
        pytest.param([("SOC 2", JULY), ("SOC 2", JUNE)], {"SOC 2": "2026-07-31"}, id="the latest of several"),
        pytest.param([("SOC 2", JUNE), ("SOC 2", None)], None, id="none where one has no end"),
        pytest.param([("GDPR", None), ("SOC 2", JUNE)], {"SOC 2": "2026-06-30"}, id="only of those that end"),
    ],
)
def test_until_when_a_topic_is_declared(
    declared: Sequence[tuple[str, date | None]], until: dict[str, str] | None
) -> None:
    assurances = tuple(DeclaredAssurance(topic, "Certified", None, None, day) for topic, day in declared)
    assert entry(app(1, assurances=assurances)).get("until") == until


def test_what_is_blank_is_left_out() -> None:
    bare = app(1, card_description="", categories=(), publisher="", updated_at=None, created_at=None)
    assert entry(bare).keys() == {"name", "path", "publisher", "picture"}


@pytest.mark.parametrize(
    ("widths", "chosen"),
    [
        pytest.param((64, 128, 192), 128, id="twice as fine as it is shown"),
        pytest.param((96, 192), 192, id="the next larger one"),
        pytest.param((40, 64), 64, id="the usual one, when all are small"),
    ],
)
def test_the_picture_of_an_entry(widths: tuple[int, ...], chosen: int) -> None:
    variants = tuple(Variant(f"media/{width}.webp", width) for width in widths)
    picture = Picture("media/64.webp", 64, 64, variants)
    assert entry(app(1, picture=picture))["picture"] == f"media/{chosen}.webp"


@pytest.mark.parametrize(
    ("changes", "has"),
    [
        pytest.param({"has_ui_extension": True}, ["form"], id="a form in the account"),
        pytest.param({"configuration_uri_template": "https://{account}.example.com/"}, ["form"], id="a page elsewhere"),
        pytest.param({}, None, id="neither"),
    ],
)
def test_what_can_be_configured(changes: dict[str, object], has: list[str] | None) -> None:
    assert entry(app(1, **changes)).get("has") == has


def options(facets: Sequence[Facet]) -> dict[str, list[tuple[str, int]]]:
    return {facet.key: [(option.value, option.count) for option in facet.options] for facet in facets}


def test_facets_have_counts_and_common_options_first() -> None:
    found = finder(
        [
            app(1, topics=("SOC 2",), publisher="Acme", has_ui_extension=True),
            app(2, topics=("GDPR", "SOC 2"), publisher="Borealis"),
            app(3, publisher="Borealis", requires_enabled_oauth_person=True),
        ]
    )
    assert options(found.facets) == {
        "declared": [("SOC 2", 2), ("GDPR", 1)],
        "has": [("form", 1), ("person", 1)],
        "publisher": [("borealis", 2), ("acme", 1)],
    }


def test_what_all_apps_share_is_no_choice() -> None:
    found = finder([app(number, topics=("GDPR",), publisher="Acme", has_ui_extension=True) for number in (1, 2)])
    assert options(found.facets) == {}


def test_the_path_changes_with_the_list_and_with_nothing_else() -> None:
    store = [app(1), app(2)]
    assert finder(store).path == finder(store[::-1]).path
    assert finder(store).path == finder([app(1, description="Another text."), app(2)]).path
    assert finder(store).path != finder([app(1, card_description="Another line."), app(2)]).path
