"""What a text becomes: the cases of tests/markup/*.md, and the promises of the public functions."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
from markupsafe import Markup

from generator import markup
from generator.markup import Flavour, Heading, Image, Note, Rendered, Target, excerpt, mentioned, render

FLAVOURS: tuple[Flavour, ...] = get_args(Flavour)

TARGETS = {
    "attachments/flow.png": Target(
        "../../files/1a/flow.png",
        Image("../../media/a.webp", "../../media/a.webp 720w, ../../media/b.webp 1440w", 1440, 900),
    ),
    "attachments/icon.png": Target("../../files/2b/icon.png", Image("../../media/c.webp", "", 32, 32)),
    "attachments/Über uns.pdf": Target("../../files/3c/%C3%9Cber%20uns.pdf", None),
}


def rendered(text: str, flavour: Flavour = "commonmark", prefix: str = "description") -> Rendered:
    return render(text, flavour=flavour, prefix=prefix, targets=TARGETS)


# The cases in prose. A heading names a case; below it stand blocks of `~~~~~~~~`: first the text (its flavour;
# "escaped" when characters nobody can see are written `\u202e`), then the `html`, perhaps `plain` words and `notes`.

_CASE = re.compile(r"^## (.+?)\n\n((?:~{8} .*?\n~{8}\n)+)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"~{8} (.+?)\n(.*?)\n~{8}\n", re.DOTALL)


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    flavour: Flavour
    html: str
    plain: str | None
    notes: list[str]


def cases() -> Iterator[Case]:
    for path in sorted((Path(__file__).parent / "markup").glob("*.md")):
        for title, body in _CASE.findall(path.read_text()):
            (kind, text), *expected = _BLOCK.findall(body)
            flavour, *escaped = kind.split()
            if escaped:
                text = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
            blocks = dict(expected)
            notes = blocks.get("notes", "").splitlines()
            yield Case(f"{path.stem}: {title}", text, flavour, blocks["html"], blocks.get("plain"), notes)


CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_prose(case: Case) -> None:
    """A text becomes exactly this HTML, and its author is told exactly this."""
    result = rendered(case.text, case.flavour)
    assert result.html.strip("\n") == case.html
    assert [f"{note.line}: {note.reason}" for note in result.notes] == case.notes
    assert case.plain in (None, result.plain)


def test_prose_is_all_read() -> None:
    """No case is lost by the little reader above."""
    files = (Path(__file__).parent / "markup").glob("*.md")
    texts = sum(len(re.findall(r"^~{8} (?:commonmark|xurrent)", file.read_text(), re.MULTILINE)) for file in files)
    assert len(CASES) == texts >= 90


# What `Rendered` says beside the HTML.


def test_html_is_markup() -> None:
    """Templates do not escape it once more."""
    assert isinstance(rendered("*a*").html, Markup)


def test_headings_are_those_of_the_html() -> None:
    result = rendered("# Set up\n\n### The *first* step\n\n# Set up", prefix="features")
    assert result.headings == (
        Heading(3, "h-features-set-up", "Set up"),
        Heading(4, "h-features-the-first-step", "The first step"),
        Heading(3, "h-features-set-up-2", "Set up"),
    )
    for heading in result.headings:
        assert f'<h{heading.level} id="{heading.id}">' in result.html


def test_texts_of_one_page_share_no_id() -> None:
    ids = [rendered("# Set up", prefix=prefix).headings[0].id for prefix in ("description", "features")]
    assert len(set(ids)) == 2


def test_a_long_heading_has_a_short_id() -> None:
    (heading,) = rendered("# " + "word " * 500).headings
    assert len(heading.id) <= len("h-description-") + 64


def test_shown_are_pictures_not_links() -> None:
    """Files that are shown inline need not be listed again; files that are only linked must be."""
    text = "![a](attachments/icon.png) [b](attachments/flow.png) ![c](<attachments/Über uns.pdf>) ![d](attachments/x)"
    assert rendered(text).shown == {"attachments/icon.png"}


def test_shown_gives_keys_as_the_caller_wrote_them() -> None:
    """Also when the key is decomposed and the text is not."""
    targets = {"attachments/U\u0308.png": Target("x", Image("a.webp", "", 1, 1))}
    result = render("![a](attachments/Ü.png)", flavour="commonmark", prefix="d", targets=targets)
    assert result.shown == set(targets)


def test_notes_have_lines_of_the_text() -> None:
    text = "first\n\n> a\n> [b](/x)\n\n| a |\n|---|\n| [c](/y) |\n\n1. d\n   [e][r]\n\n[r]: /z"
    assert [note.line for note in rendered(text).notes] == [4, 8, 11]


def test_many_notes_are_cut_short() -> None:
    notes = rendered("".join(f"[a](/{n})\n" for n in range(500))).notes
    assert len(notes) == 101
    assert notes[-1] == Note(None, "and 400 notes more")


def test_notes_are_harmless_to_a_terminal() -> None:
    (note,) = rendered("[a](<x&#x9b;31m\u200e y>)").notes
    assert note.reason.isprintable()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_same_text_same_result(flavour: Flavour) -> None:
    """Nothing is remembered from one text to the next."""
    texts = ["# A\n\n[r]\n\n|a|\n|-|\n\n[r]: https://example.com", "# A\n\n[r] [a](#a)\n\n|a|\n|-|"]
    alone = [rendered(text, flavour) for text in texts]
    assert [rendered(text, flavour) for text in texts[::-1]] == alone[::-1]
    assert "<a" not in rendered("[r]", flavour).html


def test_same_bytes_in_every_process() -> None:
    """Sites are compared byte by byte: no order may come from a hash seed, nh3's included."""
    script = (
        "from generator.markup import render;"
        "text = '- [x] a\\n\\n|a|\\n|-|\\n\\n[b](https://c.example)';"
        "print(render(text, flavour='commonmark', prefix='d', targets={}))"
    )
    results = {subprocess.check_output([sys.executable, "-c", script]) for _ in range(4)}
    assert len(results) == 1


def test_engine_names_the_libraries() -> None:
    assert re.fullmatch(r"appshelf \d+, markdown-it-py [\d.]+, nh3 [\d.]+", markup.ENGINE)


# Texts that cannot be rendered.


def test_a_text_too_large_is_shown_as_words() -> None:
    result = rendered("# *a* <b>\n\n" + "word " * 20_000)
    assert result.html.startswith('<p class="unrendered"># *a* &lt;b&gt;</p>\n<p class="unrendered">word word')
    assert result.plain.startswith("# *a* <b> word")
    assert result.notes == (Note(None, "100,011 bytes, at most 65,536: shown without formatting"),)
    assert not result.headings


def test_a_failing_library_is_no_failing_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever markdown-it raises, the words are shown."""

    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("markdown_it.MarkdownIt.parse", fail)
    result = rendered("*a*\n\n<b>")
    assert result.html == '<p class="unrendered">*a*</p>\n<p class="unrendered">&lt;b&gt;</p>'
    assert result.notes == (Note(None, "cannot be read as markup (RecursionError): shown without formatting"),)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("text", ["", " \n\t\n", "\n" * 65_536, "\ufeff", "[a]: https://example.com"])
def test_nothing_becomes_nothing(text: str, flavour: Flavour) -> None:
    assert rendered(text, flavour) == Rendered(Markup(""), "", (), (), frozenset(), ())


# Excerpts.


@pytest.mark.parametrize(
    ("plain", "limit", "expected"),
    [
        ("", 10, ""),
        ("Short.", 10, "Short."),
        ("0123456789", 10, "0123456789"),
        ("several words here", 12, "several…"),
        ("several words here", 14, "several words…"),
        ("👩\u200d💻👩\u200d💻👩\u200d💻", 6, "👩\u200d💻…"),
        ("several, words here", 11, "several…"),
        ("one two three", 9, "one two…"),
        ("A whole sentence. Then another one.", 25, "A whole sentence. …"),
        ("A. And then a long one", 16, "A. And then a…"),
        ("unbreakablewords", 10, "unbreakab…"),
        ("日本語の文章はとても長い", 8, "日本語の文章は…"),
        ("e\u0301" * 10, 8, "e\u0301e\u0301e\u0301…"),
    ],
)
def test_excerpt(plain: str, limit: int, expected: str) -> None:
    """Cut at the end of a sentence or word, and never longer than asked."""
    assert excerpt(plain, limit) == expected
    assert len(expected) <= limit


def test_excerpt_fits_a_description() -> None:
    assert 100 < len(excerpt("Some words that go on. " * 50)) <= 160


# Keys in texts.

A, B = "attachments/a.png", "attachments/my file (1).pdf"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", set()),
        ("![x](attachments/a.png)", {A}),
        ('![x](attachments/a.png){:width="3"}', {A}),
        ("[x]: attachments/a.png", {A}),
        ("[x]:attachments/a.png 'title'", {A}),
        ("see attachments/a.png.", {A}),
        ("![x](attachments/a.png.bak)", set()),
        ("![x](attachments/a.png-old)", set()),
        ("![x](attachments/a.pngx)", set()),
        ("![x](attachments/a.png/b)", set()),
        ("![x](docs/attachments/a.png)", set()),
        ("![x](attachments/b.png)", set()),
        ("![x](attachments/%61.png)", {A}),
        ("![x](%61ttachments/a.png)", {A}),
        ("![x](attachments/a&#46;png)", {A}),
        ("![x](attachments/a\\.png)", {A}),
        ("[x](<attachments/my file (1).pdf>)", {B}),
        ("[x](attachments/my%20file%20(1).pdf)", {B}),
        ("[x](attachments/my%20file%20\\(1\\).pdf)", {B}),
        ("[x](attachments/my%20file%20%281%29.pdf) and ![y](attachments/a.png)", {A, B}),
    ],
)
def test_mentioned(text: str, keys: set[str]) -> None:
    assert mentioned(text, [A, B]) == keys


def test_mentioned_takes_both_normal_forms() -> None:
    for text in ("[x](attachments/Ü.pdf)", "[x](attachments/U\u0308.pdf)", "[x](attachments/%C3%9C.pdf)"):
        for key in ("attachments/Ü.pdf", "attachments/U\u0308.pdf"):
            assert mentioned(text, [key]) == {key}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_shown_is_mentioned(case: Case) -> None:
    """`mentioned` decides which files get a picture made, so it must not miss one that `render` shows."""
    assert rendered(case.text, case.flavour).shown <= mentioned(case.text, TARGETS)


def test_words_without_formatting_keep_their_paragraphs_whatever_their_line_ends() -> None:
    """A text beyond a limit is shown as words; CRLF is one line end and no blank line."""
    text = "a\r\nb\r\n\r\nc" + " " * 65536
    html = markup.render(text, flavour="commonmark", prefix="t", targets={}).html
    assert html.count('<p class="unrendered">') == 2
