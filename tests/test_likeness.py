"""Which apps are related: by the words of their cards, then by category, then by publisher."""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from generator.cards import shelve
from generator.likeness import RELATED, Related, related
from generator.models import PublicOffering
from generator.settings import Store
from site_checks import build_site, check_site, public
from stores import offering, write_store


def app(name: str, line: str = "", **changes: Any) -> PublicOffering:
    return public(reference=name, name=name, card_description=line, **changes)


def all_related(offerings: Sequence[PublicOffering]) -> dict[str, Related]:
    """What is related to each app, by its name."""
    shelf = shelve(Store(), offerings)
    found = related(shelf.cards, shelf.members())
    return {card.offering.name: found[card.path] for card in shelf.cards}


def names(related: Related) -> list[str]:
    return [card.offering.name for card in related.cards]


def near(mine: PublicOffering, *others: PublicOffering) -> list[str]:
    return names(all_related([mine, *others])[mine.name])


def fillers(count: int) -> list[PublicOffering]:
    """Apps of other publishers, which have no word in common with anything."""
    return [app(f"Filler{n}", f"word{n}", publisher=f"Maker {n}") for n in range(count)]


PAGER = app("Pager", "Calls whoever is on call tonight.", publisher="Acme")


def test_apps_with_words_in_common_are_related_and_those_beside_them_by_name_are_not() -> None:
    others = [app("Zenoh", "Metrics of Zenoh."), app("Zilliz", "A vector database."), app("Zscaler", "Web traffic.")]
    alike = [app("Alarm", "Calls for help."), app("Rota", "Who is on call.")]
    assert near(PAGER, *others, *alike, *fillers(9)) == ["Rota", "Alarm"]


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    common = [app(f"Other{n}", "tonight") for n in range(3)]
    assert near(app("Mine", "tonight whoever"), *common, app("Rare", "whoever"), *fillers(40))[0] == "Rare"


def test_a_word_that_stands_in_most_descriptions_is_not_rare() -> None:
    """However few cards have it."""
    texts = [app(f"Other{n}", description="We write it into the log.", publisher=f"Maker {n}") for n in range(30)]
    mine = app("Mine", "Import queries into us.")
    others = [app("Alarm", "Walks into a bar."), app("Query", "Lists queries.")]
    assert near(mine, *others, *texts) == ["Query", "Alarm"]


def test_a_tag_tells_more_than_a_description() -> None:
    mine = app("Mine", "escalation", tags=("rotation",))
    others = [app("Said", "escalation rota"), app("Tagged", "rota", tags=("rotation",))]
    assert near(mine, *others, *fillers(9)) == ["Tagged", "Said"]


def test_tags_names_and_categories_are_compared_with_descriptions() -> None:
    mine = app("Pager", tags=("on-call",), categories=("Surveys",))
    others = [
        app("One", "Who is on call."),
        app("Two", "Reads your pager."),
        app("Three", "Asks in surveys."),
    ]
    assert sorted(near(mine, *others, *fillers(9))) == ["One", "Three", "Two"]


def test_words_are_the_same_whatever_their_case_and_accents() -> None:
    others = [app("One", "CAFÉ"), app("Two", "cafe\u0301"), app("Three", "Straße")]
    assert sorted(near(app("Mine", "Cafe STRASSE"), *others, *fillers(9))) == ["One", "Three", "Two"]


def test_what_follows_an_apostrophe_is_no_word_of_its_own() -> None:
    store = [app("Mine", "Keep’s"), app("Other", "Somebody's"), *fillers(9)]
    assert not all_related(store)["Mine"].alike


def test_a_word_that_many_apps_have_relates_none() -> None:
    many = [app(f"Other{n:02}", "Works with your account.", publisher=f"Maker {n}") for n in range(12)]
    assert near(app("Mine", "Works with your account."), *many) == []


def test_a_category_relates_however_many_apps_it_has() -> None:
    """Before apps with nothing in common, and with those that have a word in common."""
    many = [app(f"Other{n:02}", categories=("Lights",)) for n in range(12)]
    mine = app("Mine", "dusk", categories=("Lights",))
    both = app("Zoom", "dusk", categories=("Lights",))
    found = all_related([mine, *many, both, app("Mist", publisher="Acme")])["Mine"]
    assert names(found) == ["Zoom", "Other00", "Other01", "Other02"]
    assert found.alike


def test_where_nothing_is_alike_the_others_of_the_publisher_follow() -> None:
    mine = app("Mine", "dusk", publisher="Acme")
    found = all_related([mine, app("Next", "dawn", publisher="Acme"), app("Other", "noon")])["Mine"]
    assert names(found) == ["Next"]
    assert not found.alike


def test_who_is_alike_comes_before_the_rest() -> None:
    mine = app("Mine", "dusk", publisher="Acme")
    rest = [app(name, publisher="Acme") for name in ("Near", "Next", "None", "Nope")]
    found = all_related([mine, app("Zoom", "dusk"), *rest])["Mine"]
    assert names(found) == ["Zoom", "Near", "Next", "None"]
    assert found.alike


def test_equals_go_by_category_and_then_by_name_from_the_app_on() -> None:
    twins = [app(name, "dusk") for name in ("Alpha", "Zoom")]
    mine = app("Mine", "dusk", categories=("Lights",), publisher="Acme")
    assert near(mine, *twins, *fillers(30)) == ["Zoom", "Alpha"]
    acme = app("Beta", "dusk", publisher="Acme")
    assert near(mine, *twins, acme, *fillers(30)) == ["Beta", "Zoom", "Alpha"]


def test_in_a_large_store_the_rarest_words_decide() -> None:
    """Not all apps are compared with all, and the most alike are found nevertheless."""
    found = all_related([app(f"App{n}", f"crowd{n % 20} pair{n // 2}") for n in range(4000)])
    assert all(len(it.cards) == RELATED for it in found.values())
    assert all(names(found[f"App{n}"])[0] == f"App{n ^ 1}" for n in range(0, 4000, 97))


# For any store

WORDS = st.lists(st.sampled_from(["dusk", "Dawn", "dáwn", "noon", "night", "is", "a", "…"]), max_size=4).map(" ".join)
ENTRIES = st.tuples(
    WORDS,
    st.lists(st.sampled_from(["Lights", "lights", "Rooms", "…"]), max_size=2),
    st.lists(st.sampled_from(["dusk", "on call", "a"]), max_size=2),
    st.sampled_from(["", "Acme"]),
)


@given(st.lists(ENTRIES, max_size=12), st.integers(0, 99))
def test_related_apps_of_any_store(entries: list[tuple[str, list[str], list[str], str]], seed: int) -> None:
    """Never the app itself, none twice, no more than wanted, and the same whatever the order of the input."""
    store = [
        app(f"App{n}", line, categories=tuple(categories), tags=tuple(tags), publisher=publisher)
        for n, (line, categories, tags, publisher) in enumerate(entries)
    ]
    found = all_related(store)
    for name, it in found.items():
        shown = names(it)
        assert name not in shown
        assert len(shown) == len(set(shown)) <= RELATED
    shuffled = random.Random(seed).sample(store, len(store))  # noqa: S311 an order, no secret
    assert {name: names(it) for name, it in all_related(shuffled).items()} == {n: names(it) for n, it in found.items()}


# What the page says


def test_the_page_says_why_apps_are_related_and_where_there_are_more(tmp_path: Path) -> None:
    """By words or a category, or only by publisher; the foot leads to a list that has others."""

    def record(number: int, line: str, publisher: str, *categories: str) -> dict[str, Any]:
        entry = {"publisher": publisher, "categories": categories}
        return offering(id=number, reference=f"app-{number}", name=f"{number}", card_description=line, store=entry)

    records = [
        record(1, "Turns the lights on.", "One", "Only mine", "Lights"),
        record(2, "Dims.", "Two", "Lights"),
        record(3, "Calls for help.", "Three"),
        record(4, "Asks for help.", "Four"),
        record(5, "Dawn.", "Five"),
        record(6, "Dusk.", "Five"),
        *(record(number, f"{number}.", f"{number}") for number in range(7, 16)),
    ]
    build_site(write_store(tmp_path / "content", records), tmp_path / "site")
    check_site(tmp_path / "site")

    def said(number: int) -> list[str]:
        page = (tmp_path / f"site/apps/app-{number}/index.html").read_text()
        found = re.findall(r'<h2 id="related">.*?</h2>|<p class="all">.*?</p>', page)
        return [re.sub("<[^>]*>", "", part) for part in found]

    assert said(1) == ["Related apps", "All 2 apps in Lights Compare it with this app"]
    assert said(3) == ["Related apps", " Compare it with this app"]
    assert said(5) == ["More from Five", "All 2 apps from Five Compare it with this app"]
    assert said(7) == []
