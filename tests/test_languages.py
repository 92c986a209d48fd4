"""The words of the pages: from one file a language, none of them anywhere else, and whole stores in each."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from markupsafe import Markup

from generator.errors import InputError
from generator.languages import Language, load_language
from generator.markup import passages
from generator.models import DeclaredAssurance
from generator.pages import plan_pages
from generator.render import Renderer, load_static
from generator.settings import PACKAGED_TEMPLATES, Provider, Store
from generator.topics import Topics, answers, topic_of, topics_in
from site_checks import build_site, check_site, public
from stores import offering, write_store

OURS = PACKAGED_TEMPLATES / "languages"
CODES = sorted(path.stem for path in OURS.glob("*.toml"))
PLACES = re.compile(r"\{\w*\}")
LISTS = ("date.months", "topic_words.")


def flat(values: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(values, dict):
        for key, value in values.items():
            yield from flat(value, f"{prefix}{key}.")
    else:
        yield prefix.removesuffix("."), values


def words_in(code: str) -> dict[str, str]:
    document = tomllib.loads((OURS / f"{code}.toml").read_text())
    return {key: str(text) for key, text in flat(document) if not key.startswith(LISTS)}


def load(code: str, folder: Path, **files: str) -> Language:
    """Load a language with files of the store's own laid over ours."""
    (folder / "languages").mkdir()
    for name, content in files.items():
        (folder / "languages" / f"{name.replace('_', '-')}.toml").write_text(content)
    return load_language([folder, PACKAGED_TEMPLATES], code)


# What a language says


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        pytest.param("page.apps", {}, "Apps", id="a word"),
        pytest.param("count.apps", {"count": 0}, "0 apps", id="none"),
        pytest.param("count.apps", {"count": 1}, "1 app", id="one"),
        pytest.param("count.apps", {"count": 2}, "2 apps", id="several"),
        pytest.param("count.more", {"count": 1}, "1 more", id="a number without two forms"),
        pytest.param("offering.from", {"name": "A & B"}, "More from A & B", id="a name, to be escaped by the page"),
        pytest.param("offering.from", {"name": "{count}"}, "More from {count}", id="a name that looks like a place"),
        pytest.param(
            "offering.evidence",
            {"file": Markup("<a>x</a>"), "size": "<1 KB"},
            "Evidence: <a>x</a> (&lt;1 KB)",
            id="HTML and a value that is none",
        ),
        pytest.param(
            "page.compliance_feed",
            {"title": Markup("<b>T</b>")},
            "<b>T</b>: changes in Security &amp; Compliance",
            id="HTML in words that need escaping",
        ),
    ],
)
def test_what_is_said(key: str, values: dict[str, object], said: str) -> None:
    text = load_language([PACKAGED_TEMPLATES], "en").say(key, **values)
    assert text == said
    assert isinstance(text, Markup) == any(isinstance(value, Markup) for value in values.values())


@pytest.mark.parametrize(
    ("key", "values"),
    [
        pytest.param("page.aps", {}, id="a key that there is not"),
        pytest.param("count.apps", {}, id="two forms and no number"),
        pytest.param("offering.from", {}, id="a place that nothing fills"),
        pytest.param("offering.from", {"nam": "Dusk"}, id="a place of another name"),
    ],
)
def test_what_cannot_be_said(key: str, values: dict[str, object]) -> None:
    with pytest.raises(LookupError, match=key):
        load_language([PACKAGED_TEMPLATES], "en").say(key, **values)


@pytest.mark.parametrize(
    ("code", "full", "day", "month", "size"),
    [
        pytest.param("en", "2 March 2026", "2 March", "March 2026", "1.5 MB", id="English"),
        pytest.param("de", "2. März 2026", "2. März", "März 2026", "1,5 MB", id="German"),
        pytest.param("nl", "2 maart 2026", "2 maart", "maart 2026", "1,5 MB", id="Dutch"),
    ],
)
def test_dates_and_sizes(code: str, full: str, day: str, month: str, size: str) -> None:
    language, moment = load_language([PACKAGED_TEMPLATES], code), date(2026, 3, 2)
    told = language.day(moment), language.day_of_year(moment), language.month(moment), language.filesize(1_500_000)
    assert told == (full, day, month, size)


# Files laid over each other


def test_a_store_says_differently_what_it_wants(tmp_path: Path) -> None:
    language = load("de", tmp_path, de='[actions]\nget = "App installieren"\n', en='[page]\nskip = "Jump"\n')
    assert language.say("actions.get") == "App installieren"
    assert language.say("actions.configure") == "Konfigurieren"
    assert language.say("page.skip") == "Zum Inhalt springen"
    assert language.warnings == ()


def test_a_region_takes_the_words_of_its_language(tmp_path: Path) -> None:
    language = load("de-CH", tmp_path, de_CH='[viewer]\noriginal = "Originalgrösse"\n')
    assert language.say("viewer.original") == "Originalgrösse"
    assert language.say("viewer.close") == "Schließen"
    assert language.warnings == ()
    assert load_language([PACKAGED_TEMPLATES], "en-GB").warnings == ()


def test_a_language_without_words_is_a_warning(tmp_path: Path) -> None:
    language = load("fr", tmp_path)
    (warning,) = language.warnings
    assert language.say("page.apps") == "Apps"
    assert str(warning) == (
        "store.toml: language: no words in “fr”: pages have English ones, "
        "until languages/fr.toml is among the templates"
    )
    assert warning.warning


def test_a_language_with_some_words_tells_what_it_lacks(tmp_path: Path) -> None:
    lacking = {key for key, text in words_in("en").items()} - {"page.skip"}
    language = load("fr", tmp_path, fr='[page]\nskip = "Aller au contenu"\n')
    (warning,) = language.warnings
    assert language.say("page.skip") == "Aller au contenu"
    assert language.say("page.top") == "Back to top"
    assert warning.where.endswith("languages/fr.toml")
    assert warning.reason == (
        "says nothing for actions.account, actions.apps, actions.cancel"
        f" and {len(lacking) - 3} more: the pages have English there"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param('[page]\nskipp = "x"', ":2: page.skipp: unknown word; did you mean page.skip?", id="a slip"),
        pytest.param('[page]\nskip = " "', ":2: page.skip: must be a text, and not blank", id="blank"),
        pytest.param("[page]\nskip = 3", ":2: page.skip: must be a text, and not blank", id="a number"),
        pytest.param(
            '[list]\ntitle = "Seite {number}"',
            ":2: list.title: there is no place {number} here, but {page}",
            id="a place of another name",
        ),
        pytest.param('[page]\nskip = "{x}"', ":2: page.skip: there is no place {x} here, but none", id="no place"),
        pytest.param(
            '[count]\nfiles = { one = "{count} Datei" }', ":2: count.files: needs both one and other", id="half"
        ),
        pytest.param('[date]\nmonths = ["a", "b"]', ":2: date.months: must be twelve names", id="two months"),
        pytest.param("[date]\nmonths = 3", ":2: date.months: must be twelve names", id="no months"),
        pytest.param('[topic_words]\ngdpr = "AVG"', ":2: topic_words.gdpr: must be a list of words", id="no list"),
        pytest.param('[topic_words]\ngdpr = ["*"]', ":2: topic_words.gdpr: must be a list of words", id="any word"),
        pytest.param(
            '[topic_words]\nwarranty = ["x"]', ":2: topic_words.warranty: unknown word", id="no topic of ours"
        ),
        pytest.param("[page\n", ":1:6: is no TOML: expected ']' at the end of a table declaration", id="no TOML"),
    ],
)
def test_what_is_wrong_in_a_file(content: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load("de", tmp_path, de=content)
    assert [str(problem).partition("de.toml")[2] for problem in caught.value.problems] == [told]


def test_a_file_that_leads_elsewhere_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text('[page]\nskip = "x"\n')
    (tmp_path / "own" / "languages").mkdir(parents=True)
    (tmp_path / "own" / "languages" / "de.toml").symlink_to(tmp_path / "secret.toml")
    with pytest.raises(InputError, match="leads out of"):
        load_language([tmp_path / "own", PACKAGED_TEMPLATES], "de")


# Our own files


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_every_word_is_said_in_every_language(code: str) -> None:
    english, others = words_in("en"), words_in(code)
    assert others.keys() == english.keys()
    places = {key: set(PLACES.findall(text)) for key, text in english.items()}
    assert {key: set(PLACES.findall(text)) for key, text in others.items()} == places
    same = {key for key in english if english[key] == others[key] and len(english[key]) > 20}
    assert same == set()
    assert load_language([PACKAGED_TEMPLATES], code).warnings == ()


def test_there_are_three_languages() -> None:
    assert CODES == ["de", "en", "nl"]


def sources() -> Iterator[tuple[str, str]]:
    for path in sorted([*PACKAGED_TEMPLATES.glob("*.*"), *PACKAGED_TEMPLATES.glob("assets/*.js")]):
        yield path.relative_to(PACKAGED_TEMPLATES).as_posix(), path.read_text()


def test_no_word_is_left_over() -> None:
    """Keys that are put together, as in ``"texts." ~ name``, are known by their beginning."""
    asked = "\n".join(text for _, text in sources()) + (PACKAGED_TEMPLATES.parent / "generator/render.py").read_text()
    asked += (PACKAGED_TEMPLATES.parent / "generator/languages.py").read_text()
    together = (*re.findall(r'"(\w+\.)" ~', asked), "topics.", "number.")
    stems = {re.sub(r"\.(?:one|other)$", "", key) for key in words_in("en")}
    assert {key for key in stems if f'"{key}"' not in asked and not key.startswith(together)} == set()


SPOKEN = re.compile(r'\b(?:aria-label|alt|title|placeholder|data-blank|data-told)="([^"]*)"')


@pytest.mark.parametrize(
    ("name", "source"), [pytest.param(name, text, id=name) for name, text in sources() if name.endswith("html")]
)
def test_templates_hold_no_words(name: str, source: str) -> None:
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    attributes = [words for words in SPOKEN.findall(bare) if re.search(r"[A-Za-z]{2}", words)]
    between = re.sub(r"<script.*?</script>|<!doctype html>|<[^>]*>|&\w+;", " ", bare, flags=re.DOTALL)
    assert (attributes, re.findall(r"[A-Za-z]{2,}", between)) == ([], ["SHA"] if name == "offering.html" else [])


# Whole stores


def marked(folder: Path) -> Path:
    """Lay over ours a language in which everything that is said stands in ⟦brackets⟧."""
    lines = re.sub(r'= "(.*)"$|(?<=one = )"(.*?)"(?=,)|(?<=other = )"(.*?)"(?= \})', _bracketed, english(), flags=re.M)
    (folder / "languages").mkdir()
    (folder / "languages" / "qq.toml").write_text(lines)
    return folder


def english() -> str:
    return (OURS / "en.toml").read_text()


def _bracketed(found: re.Match[str]) -> str:
    words = next(it for it in found.groups() if it is not None)
    return f'{"= " if found[0].startswith("=") else ""}"⟦{words}⟧"'


def outside(text: str) -> str:
    """What stands outside the brackets."""
    depth, kept = 0, []
    for char in text:
        depth += (char == "⟦") - (char == "⟧")
        kept.append(" " if depth or char == "⟧" else char)
    assert not depth
    return "".join(kept)


def test_every_word_of_a_page_comes_from_its_language(tmp_path: Path) -> None:
    """All that authors write here are numbers, so a letter outside the brackets is a word of ours."""
    folders = [marked(tmp_path), PACKAGED_TEMPLATES]
    language = load_language(folders, "qq")
    store = Store(title="1", tagline="2", language="qq", base_url="https://example.com/", per_page=2)
    store = store.model_copy(update={"provider": Provider(name="3", support="mailto:a@example.com")})
    at = datetime(2026, 3, 4, tzinfo=UTC)
    declared = DeclaredAssurance(topic="11", status="12", scope="13", evidence=None, valid_until=date(2026, 1, 1))
    offerings = [
        public(
            id=number,
            reference=str(number),
            name=str(number),
            card_description="21",
            description="22\n\n| 1 |\n|---|\n| 2 |\n\n- [x] 3\n",
            compliance="23",
            features="24",
            categories=("31",),
            publisher=str(number % 2),
            featured=number == 1,
            draft=number == 2,
            assurances=(declared,) if number % 2 else (),
            has_ui_extension=number % 2 == 0,
            requires_enabled_oauth_person=number % 2 == 1,
            policy_jwt_alg="rs256",
            updated_at=at,
            created_at=at,
        )
        for number in range(1, 6)
    ]
    renderer = Renderer(store, folders, load_static(folders, store, language), language)
    planned = plan_pages(store, offerings, topics=topics_of("qq", *folders))
    pages = [page for page in planned if page.path.endswith(".html")]
    assert len(pages) > 15
    for page in pages:
        html = renderer.render(page).content.decode()
        body = re.sub(r'<head>.*</head>|<template.*?</template>|<p class="on-paper".*?</p>', "", html, flags=re.DOTALL)
        said = [re.search(r"<title>(.*)</title>", html)[1], *SPOKEN.findall(body)]  # type: ignore[index]
        said += [re.sub(r"<[^>]*>", "", body)]
        letters = {word for text in said for word in re.findall(r"[A-Za-z]{2,}", outside(text))}
        assert letters <= {"quot", "amp", "lt", "gt", "SHA", "example", "com"}, page.path


@pytest.mark.parametrize(
    ("code", "tabs", "search", "security"),
    [
        pytest.param("de", ["Funktionen", "Sicherheit &amp; Compliance"], "Apps suchen", "Ort der Daten", id="German"),
        pytest.param("nl", ["Functies", "Beveiliging &amp; compliance"], "Apps zoeken", "Locatie van", id="Dutch"),
    ],
)
def test_a_whole_store(code: str, tabs: list[str], search: str, security: str, tmp_path: Path) -> None:
    records = [offering(id=n, reference=f"app_{n}", name=f"App {n}", features="Ja.", compliance="TLS.") for n in (1, 2)]
    write_store(tmp_path / "content", offerings=records, store={"language": code})
    build_site(tmp_path / "content", tmp_path / "site", strict=True)
    check_site(tmp_path / "site")
    page = (tmp_path / "site/apps/app_1/index.html").read_text()
    assert f'<html lang="{code}">' in page
    assert f'placeholder="{search}"' in page
    for tab in tabs:
        assert tab in page
    assert security in (tmp_path / "site/security/index.html").read_text()
    assert security in (tmp_path / "site/security/topics.csv").read_text()


# What texts say in other languages


def topics_of(code: str, *folders: Path) -> Topics:
    language = load_language(folders or [PACKAGED_TEMPLATES], code)
    return topics_in(language.topic_names, language.topic_words)


@pytest.mark.parametrize(
    ("code", "text", "keys"),
    [
        pytest.param("de", "Alle Daten liegen in einem Rechenzentrum in Köln.", {"data-location"}, id="Rechenzentrum"),
        pytest.param("de", "Verschlüsselte Sicherungskopien.", {"encryption", "backups"}, id="two in one, bent"),
        pytest.param("de", "Gelöscht wird nach Ablauf der Aufbewahrungsfrist.", {"deletion", "retention"}, id="Frist"),
        pytest.param("de", "Es gilt die DS-GVO.", {"gdpr"}, id="DS-GVO"),
        pytest.param("de", "We use TLS.", {"encryption"}, id="English words count, too"),
        pytest.param("de", "Auflösung der Bilder.", set(), id="a word inside another"),
        pytest.param("nl", "De AVG geldt; subverwerkers staan hieronder.", {"gdpr", "subprocessors"}, id="AVG"),
        pytest.param("nl", "Wachtwoorden zijn versleuteld.", {"sign-in", "encryption"}, id="Dutch endings"),
        pytest.param("en", "Rechenzentrum, versleuteld, AVG.", set(), id="not in an English store"),
    ],
)
def test_topics_are_found_in_the_language_of_the_store(code: str, text: str, keys: set[str]) -> None:
    topics = topics_of(code)
    found = answers(passages(text, flavour="commonmark", prefix="compliance"), topics)
    assert {answer.topic.key for answer in found} == keys


def test_what_is_declared_in_german_stands_in_its_column() -> None:
    topics = topics_of("de")
    topic = topic_of("Verschlüsselung", topics)
    assert topic
    assert topic.key == "encryption"
    assert topic_of("Verschlüsselung") is None


@pytest.mark.parametrize("code", CODES)
def test_a_topic_s_own_name_names_it(code: str) -> None:
    topics = topics_of(code)
    named = {topic.key: topic_of(topic.name, topics) for topic in topics}
    assert {key: topic and topic.key for key, topic in named.items()} == {key: key for key in named}
