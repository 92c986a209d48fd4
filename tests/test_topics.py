"""What a text says by topic: its sentences, word for word, and nothing that it does not say."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.markup import passages, render
from generator.topics import TOPICS, answers, may_answer, sentences, silent, topic_of
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


def test_a_section_is_about_the_topic_of_its_heading() -> None:
    text = "# Subprocessors\n\nExample Hosting Ltd provides servers. There is no other one.\n\n# Else\n\nNothing."
    assert quoted(text) == {"Subprocessors": ["Example Hosting Ltd provides servers.", "There is no other one."]}


def test_a_long_section_is_quoted_by_its_beginning_and_by_what_names_the_topic() -> None:
    text = "# Deletion\n\n" + "".join(f"Sentence {n}.\n\n" for n in range(1, 9)) + "Deleted. Over."
    assert quoted(text)["Deletion"] == [*(f"Sentence {n}." for n in range(1, 7)), "Deleted."]


def test_under_a_heading_of_several_topics_each_sentence_is_about_what_it_names() -> None:
    text = "# GDPR and deletion\n\nWe act under the GDPR. Records are deleted. Ask us."
    assert quoted(text) == {"GDPR": ["We act under the GDPR."], "Deletion": ["Records are deleted."]}


def test_under_a_heading_of_several_topics_the_first_sentence_stands_for_what_none_names() -> None:
    text = "# GDPR and deletion\n\nWe act under the GDPR. Ask us."
    assert quoted(text) == {"GDPR": ["We act under the GDPR."], "Deletion": ["We act under the GDPR."]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "Acme Hosting has the servers. There is no other subprocessor.",
            "Acme Hosting has the servers. There is no other subprocessor.",
            id="there is no other",
        ),
        pytest.param(
            "Two companies help. They are subprocessors.", "Two companies help. They are subprocessors.", id="they"
        ),
        pytest.param(
            "We help. Our subprocessors are three.", "Our subprocessors are three.", id="a sentence of its own"
        ),
        pytest.param("This is a subprocessor.", "This is a subprocessor.", id="nothing stands before it"),
        pytest.param(
            "We help.\n\nIt is a subprocessor.", "It is a subprocessor.", id="another paragraph stands before it"
        ),
    ],
)
def test_a_sentence_that_refers_to_the_one_before_brings_it_along(text: str, words: str) -> None:
    assert quoted(text)["Subprocessors"] == [words]


def test_what_is_quoted_already_is_not_brought_along() -> None:
    text = "A subprocessor has the servers. There is no other subprocessor."
    assert quoted(text)["Subprocessors"] == ["A subprocessor has the servers.", "There is no other subprocessor."]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("The app runs in Frankfurt, Germany.", "Data location", id="runs in a place"),
        pytest.param("Harbour processes the data in Amsterdam.", "Data location", id="processes the data in a place"),
        pytest.param("Processing takes place in Frankfurt.", "Data location", id="takes place in a place"),
        pytest.param("Batches are held in Frankfurt.", "Data location", id="held in a place"),
        pytest.param("# Location\n\nFrankfurt.", "Data location", id="a heading of one word"),
        pytest.param("# Where your data is\n\nFrankfurt.", "Data location", id="a heading that asks"),
        pytest.param("Counts remain, for 13 months.", "Retention", id="for months"),
        pytest.param("# How long we keep it\n\nAs long as you do.", "Retention", id="a heading that asks for how long"),
        pytest.param("It keeps its delivery logs for seven days.", "Retention", id="for days in words"),
        pytest.param("Names stay until the survey ends, 30 days after it was sent.", "Retention", id="days after"),
    ],
)
def test_sentences_that_a_reader_would_find(text: str, topic: str) -> None:
    assert topic in quoted(text)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("The app does not process passwords.", "Sign-in", id="passwords that are no way to sign in"),
        pytest.param("Treat it like a password.", "Sign-in", id="like a password"),
        pytest.param("The job runs in parallel.", "Data location", id="runs in no place"),
        pytest.param(
            "# Where to report a weakness\n\nBy mail.", "Data location", id="a heading that asks for another place"
        ),
        pytest.param("# How long it takes\n\nA minute.", "Retention", id="a heading that asks for another time"),
        pytest.param("The location of a meeting is shown.", "Data location", id="some other location"),
    ],
)
def test_sentences_that_are_about_something_else(text: str, topic: str) -> None:
    assert topic not in quoted(text)


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
    assert [topic.name for topic in silent(found, TOPICS, ["SOC 2 Type II", "Other"]) if topic.name == "SOC 2"] == []


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
    assert [row["App"] for row in rows] == ['\'=Alpha, "x"', "Beta", "Gamma"]
    told = [{key: value for key, value in row.items() if value and key not in {"App", "Reference"}} for row in rows]
    assert told == [
        {"ISO 27001": "declared: Certified", "Encryption": "2 sentences"},
        {"Cyber Essentials": "declared: Certified, until 2027-01-31"},
        {},
    ]
    page = (tmp_path / "site/security/index.html").read_text()
    assert '<a href="../apps/a/index.html#topic-encryption">2<span class="hidden"> sentences</span></a>' in page
    assert 'id="topic-encryption"' in (tmp_path / "site/apps/a/index.html").read_text()
    for column in ("ISO 27001", "Encryption", "Cyber Essentials"):
        assert f'<th scope="col"><span>{column}</span></th>' in page
    assert page.count('<th scope="col"><span>') == 3
    assert "Nothing is said about: ISO 27018, SOC 1" in page
    table, _, silent = page.partition("</table>")
    assert "Gamma" not in table
    assert "1 app says nothing by topic" in silent
    assert '<a href="../apps/c/index.html">Gamma</a>' in silent


def test_what_is_declared_stands_in_its_cell_with_its_end(tmp_path: Path) -> None:
    both = [
        {"topic": "Penetration test", "status": "Passed", "valid_until": "2025-01-31"},
        {"topic": "Penetration tests", "status": "Passed again", "valid_until": "2027-01-31"},
    ]
    records = [
        offering(id=1, reference="a", name="Alpha", store={"assurances": both}),
        offering(
            id=2, reference="b", name="Beta", store={"assurances": [*both, {"topic": "pen test", "status": "Yes"}]}
        ),
    ]
    build_site(write_store(tmp_path / "content", records), tmp_path / "site")
    page = " ".join((tmp_path / "site/security/index.html").read_text().split())
    assert (
        '<a href="../apps/a/index.html#declared" title="Passed; Passed again"><span class="sign" aria-hidden="true">●'
        '</span><span class="hidden">declared: Passed; Passed again, <span data-until="2027-01-31">valid until</span>'
        " 31 January 2027</span></a>"
    ) in page
    assert "declared: Passed; Passed again; Yes</span></a>" in page
    assert 'id="declared"' in (tmp_path / "site/apps/a/index.html").read_text()


def test_a_store_that_says_nothing_has_no_table(tmp_path: Path) -> None:
    build_site(write_store(tmp_path / "content", [offering(id=1, reference="a", name="Alpha")]), tmp_path / "site")
    assert not (tmp_path / "site/security").exists()
    assert "security/" not in (tmp_path / "site/index.html").read_text()


def test_many_apps_fill_several_pages(tmp_path: Path) -> None:
    records = [offering(id=n, reference=f"a{n}", name=f"App {n:03}", compliance="GDPR.") for n in range(1, 52)]
    records.append(offering(id=99, reference="quiet", name="A quiet one"))
    build_site(write_store(tmp_path / "content", records), tmp_path / "site")
    assert "A quiet one" not in (tmp_path / "site/security/index.html").read_text()
    last = (tmp_path / "site/security/page/2/index.html").read_text()
    assert "App 051" in last
    assert "A quiet one" in last
    assert len((tmp_path / "site/security/topics.csv").read_text().splitlines()) == 53


WORDS = (
    "GDPR",
    "SOC 2",
    "Frankfurt",
    "The app runs in",
    "**ISO** 27001",
    "en`crypt`ed",
    "&#71;DPR",
    "T\\LS",
    "[EU](x)",
)
PARTS = (*WORDS, "# ", "\n\n", "- ", "| a |\n|--|\n", " ", ". ", "_", "*", "location", "kept", "for 3 days", "a")


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_a_text_that_cannot_answer_does_not(text: str) -> None:
    if answers(passages(text, flavour="commonmark", prefix="compliance")):
        assert may_answer(text)


def test_a_text_without_any_word_of_a_topic_is_not_read() -> None:
    assert not may_answer("Need help? Contact support.")
    assert not may_answer("")
