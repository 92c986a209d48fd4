"""What a text says by topic: its sentences, word for word, and nothing that it does not say."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.markup import passages, render
from generator.topics import TOPICS, answers, sentences, silent, topic_of
from site_checks import build_site
from stores import offering, write_store


def quoted(text: str) -> dict[str, list[str]]:
    """The quotes of a text by the names of their topics."""
    found = answers(passages(text, flavour="commonmark", prefix="compliance"))
    return {answer.topic.name: [quote.words for quote in answer.quotes] for answer in found}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        pytest.param("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"], id="ends"),
        pytest.param("We use TLS 1.3. AES too.", ["We use TLS 1.3.", "AES too."], id="a number with a point"),
        pytest.param("E.g. Frankfurt, i.e. Germany.", ["E.g. Frankfurt, i.e. Germany."], id="abbreviations"),
        pytest.param("Acme Ltd. Dublin hosts it.", ["Acme Ltd. Dublin hosts it."], id="a company"),
        pytest.param("J. R. Miller signs.", ["J. R. Miller signs."], id="initials"),
        pytest.param("He said “Stop.” Then it ended.", ["He said “Stop.”", "Then it ended."], id="quotation marks"),
        pytest.param("(It is kept.) We know.", ["(It is kept.)", "We know."], id="brackets"),
        pytest.param("see widget.example.com for more", ["see widget.example.com for more"], id="an address"),
        pytest.param("No. 5 is alive.", ["No. 5 is alive."], id="a number's sign"),
        pytest.param("Daten bleiben in Köln. Über Nacht.", ["Daten bleiben in Köln.", "Über Nacht."], id="an umlaut"),
        pytest.param("", [], id="nothing"),
        pytest.param("... Well", ["...", "Well"], id="dots alone"),
    ],
)
def test_sentences(words: str, parts: list[str]) -> None:
    assert list(sentences(words)) == parts


@given(st.text(alphabet=st.sampled_from("aZ .!?…“”)(1é"), max_size=60))
def test_no_word_is_lost_or_made_up(words: str) -> None:
    single = " ".join(words.split())
    assert "".join("".join(sentences(single)).split()) == "".join(single.split())


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        pytest.param("We are certified to ISO/IEC 27001:2022.", {"ISO 27001"}, id="ISO with IEC and a year"),
        pytest.param("Also ISO 27018.", {"ISO 27018"}, id="another ISO"),
        pytest.param("A SOC 2 Type II report exists.", {"SOC 2"}, id="SOC 2, type II"),
        pytest.param("SOC2 and SOC-1.", {"SOC 2", "SOC 1"}, id="SOC without a space"),
        pytest.param("Under the GDPR we act as processor.", {"GDPR"}, id="GDPR"),
        pytest.param("Cards follow PCI-DSS.", {"PCI DSS"}, id="PCI DSS"),
        pytest.param("Hosted in Frankfurt.", {"Data location"}, id="a place"),
        pytest.param("Records never leave the EU.", {"Data location"}, id="the EU"),
        pytest.param("Widget Data Center made this.", set(), id="a name that sounds like a topic"),
        pytest.param("Logs are kept for 30 days.", {"Retention"}, id="kept for"),
        pytest.param("Everything is deleted after a year.", {"Retention", "Deletion"}, id="two at once"),
        pytest.param("All traffic uses TLS 1.3.", {"Encryption"}, id="TLS"),
        pytest.param("There is no sub-processor.", {"Subprocessors"}, id="a sentence that denies is quoted too"),
        pytest.param("People sign in with SAML.", {"Sign-in"}, id="sign in"),
        pytest.param("An external pen test is made yearly.", {"Penetration test"}, id="pen test"),
        pytest.param("Reading `TLS` in code:\n\n    TLS 1.3\n", {"Encryption"}, id="a code span is words"),
        pytest.param("```\nTLS 1.3 GDPR\n```", set(), id="a code block is no prose"),
        pytest.param("The assoc 2 euphemism consoled.", set(), id="inside other words"),
        pytest.param("| Data | Kept for |\n|--|--|\n| Backups | 35 days |", {"Backups"}, id="a row of a table"),
        pytest.param("- [x] encrypted at rest", {"Encryption"}, id="a task"),
        pytest.param("> We delete it.", {"Deletion"}, id="a quotation"),
    ],
)
def test_topics_of_a_text(text: str, topics: set[str]) -> None:
    assert quoted(text).keys() == topics


def test_quotes_are_word_for_word() -> None:
    text = "Records stay in **Frankfurt** and [never leave](https://x.example) the European\nUnion. Nothing else."
    assert quoted(text) == {"Data location": ["Records stay in Frankfurt and never leave the European Union."]}


def test_a_row_of_a_table_is_quoted_whole() -> None:
    assert quoted("| a | b |\n|--|--|\n| Backups | 35 days |")["Backups"] == ["Backups | 35 days"]


def test_the_first_sentence_under_a_heading_that_names_a_topic_is_about_it() -> None:
    text = "# Subprocessors\n\nExample Hosting Ltd provides servers. It is in Dublin.\n\nMore.\n\n# Else\n\nNothing."
    assert quoted(text) == {"Subprocessors": ["Example Hosting Ltd provides servers."]}


def test_where_a_sentence_names_the_topic_a_heading_adds_none() -> None:
    text = "# GDPR and deletion\n\nWe act under the GDPR. Records are deleted."
    assert quoted(text)["Deletion"] == ["Records are deleted."]


def test_a_sentence_is_quoted_once_and_under_its_heading() -> None:
    found = answers(passages("# Keys\n\nWe encrypt.\n\nWe encrypt.", flavour="commonmark", prefix="compliance"))
    (answer,) = found
    assert [(quote.words, quote.heading and quote.heading.id) for quote in answer.quotes] == [
        ("We encrypt.", "h-compliance-keys")
    ]


def test_a_sentence_without_an_end_is_cut() -> None:
    (only,) = quoted("GDPR " + "word " * 1000)["GDPR"]
    assert len(only) < 610
    assert only.endswith(" …")


def test_what_no_sentence_names() -> None:
    found = answers(passages("GDPR.", flavour="commonmark", prefix="compliance"))
    names = [topic.name for topic in silent(found)]
    assert "GDPR" not in names
    assert len(names) == len(TOPICS) - 1


def test_the_passages_are_those_of_the_page() -> None:
    text = "# A\n\nOne.\n\n- two\n- three\n\n| x |\n|--|\n| four |"
    page = render(text, flavour="commonmark", prefix="compliance", targets={})
    assert page.passages == passages(text, flavour="commonmark", prefix="compliance")
    assert [passage.words for passage in page.passages] == ["One.", "two", "three", "four"]


@pytest.mark.parametrize(
    ("declared", "key"),
    [
        pytest.param("ISO 27001", "iso-27001", id="as we call it"),
        pytest.param("ISO/IEC 27001:2022", "iso-27001", id="as others do"),
        pytest.param("data location", "data-location", id="in lower case"),
        pytest.param("Cyber Essentials", None, id="something else"),
    ],
)
def test_the_topic_of_an_assurance(declared: str, key: str | None) -> None:
    found = topic_of(declared)
    assert (found and found.key) == key


# -------------------------------------------------------------------------------------------- across the store


def assured(topic: str, **more: object) -> dict[str, object]:
    return {"assurances": [{"topic": topic, "status": "Certified", **more}]}


def test_the_table_of_the_store(tmp_path: Path) -> None:
    records = [
        offering(
            id=1,
            reference="a",
            name='=Alpha, "x"',
            compliance="# Keys\n\nWe encrypt. TLS too.",
            store=assured("ISO 27001"),
        ),
        offering(id=2, reference="b", name="Beta", store=assured("Cyber Essentials", valid_until="2027-01-31")),
        offering(id=3, reference="c", name="Gamma", description="GDPR is not mentioned in the compliance text."),
    ]
    build_site(write_store(tmp_path / "content", records), tmp_path / "site")
    with io.StringIO((tmp_path / "site/security/topics.csv").read_text()) as file:
        rows = list(csv.DictReader(file))
    assert [row["App"] for row in rows] == ['\'=Alpha, "x"', "Beta"]
    told = [{key: value for key, value in row.items() if value and key not in {"App", "Reference"}} for row in rows]
    assert told == [
        {"ISO 27001": "declared", "Encryption": "2 sentences"},
        {"Cyber Essentials": "declared until 2027-01-31"},
    ]
    page = (tmp_path / "site/security/index.html").read_text()
    assert '<a href="../apps/a/index.html#topic-encryption">2<span class="hidden"> sentences</span></a>' in page
    assert 'id="topic-encryption"' in (tmp_path / "site/apps/a/index.html").read_text()
    assert "Gamma" not in page


def test_a_store_that_says_nothing_has_no_table(tmp_path: Path) -> None:
    build_site(write_store(tmp_path / "content", [offering(id=1, reference="a", name="Alpha")]), tmp_path / "site")
    assert not (tmp_path / "site/security").exists()
    assert "security/" not in (tmp_path / "site/index.html").read_text()


def test_many_apps_fill_several_pages(tmp_path: Path) -> None:
    records = [offering(id=n, reference=f"a{n}", name=f"App {n:03}", compliance="GDPR.") for n in range(1, 102)]
    build_site(write_store(tmp_path / "content", records), tmp_path / "site")
    assert "App 101" in (tmp_path / "site/security/page/2/index.html").read_text()
    assert len((tmp_path / "site/security/topics.csv").read_text().splitlines()) == 102
