"""Text to safe HTML; text to plain words.

Anybody may have written a text, and every visitor sees it. So `render` goes in steps, of which none trusts the one
before: characters that deceive are taken out (`markup_words`); markdown-it reads the rest into tokens, with HTML off
(`markup_parser`); every address, heading and picture among the tokens is judged and rewritten (`markup_tokens`); nh3
lets through only what a list names (`markup_policy`). A text beyond a limit, or one that breaks the library, comes
out as its escaped words with a note: never raw, and never as an exception. All of it is a pure function of its
arguments.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from markdown_it.common.utils import unescapeAll
from markupsafe import Markup, escape

from generator.addresses import attachment_key
from generator.characters import whole_characters
from generator.fields import TEXT_BYTES
from generator.markup_parser import DEPTH, html_of, parse
from generator.markup_policy import HTML_BYTES, sanitized
from generator.markup_tokens import Translation
from generator.markup_values import Flavour, Heading, Image, Labels, LimitError, Note, Passage, Target
from generator.markup_words import readable, size

__all__ = [
    "ENGINE",
    "HTML_BYTES",
    "TEXT_BYTES",
    "Flavour",
    "Heading",
    "Image",
    "Labels",
    "Note",
    "Passage",
    "Rendered",
    "Target",
    "excerpt",
    "mentioned",
    "passages",
    "render",
]

ENGINE = f"appshelf 3, markdown-it-py {version('markdown-it-py')}, nh3 {version('nh3')}"
"""Changes whenever the HTML of some text may change, so it belongs into every key of a cache of rendered texts.

Raise the first number with every change to a module of `markup` or to `account_markup` that changes HTML.
"""

_NOTES = 100
LABELS = Labels()


@dataclass(frozen=True)
class Rendered:
    """A text made safe.

    `plain` has its words, single-spaced and without markup; `shown` the keys of attachments shown as pictures.
    """

    html: Markup
    plain: str
    headings: tuple[Heading, ...]
    passages: tuple[Passage, ...]
    shown: frozenset[str]
    notes: tuple[Note, ...]


def render(
    text: str, *, flavour: Flavour, prefix: str, targets: Mapping[str, Target], labels: Labels = LABELS
) -> Rendered:
    """Turn a text into HTML that cannot hurt a visitor.

    `prefix` is the tab's name, part of each heading's id, so that the texts of a page never share one. `targets` holds
    the attachments by key (``"attachments/flow.png"``); an address ``attachments/…`` not among them becomes text.
    `labels` are words in the page's language.
    """
    clean, notes = readable(text.removeprefix("\ufeff"))
    try:
        return _render(clean, notes, flavour, Translation(prefix, targets, labels), size=size(text))
    except LimitError as limit:
        return _unrendered(clean, notes, str(limit))
    except Exception as error:  # the library's: whatever went wrong there, the words can still be shown
        return _unrendered(clean, notes, f"cannot be read as markup ({type(error).__name__})")


def passages(text: str, *, flavour: Flavour, prefix: str) -> tuple[Passage, ...]:
    """Return the passages of a text as `render` has them, without making HTML."""
    clean, _ = readable(text.removeprefix("\ufeff"))
    if size(text) > TEXT_BYTES:
        return ()
    translation = Translation(prefix, {}, LABELS)
    try:
        translation.translate(parse(clean, flavour)[0])
    except Exception:  # the library's: then it is shown as plain words, too
        return ()
    return translation.passages


def excerpt(plain: str, limit: int = 160) -> str:
    """Shorten plain words to at most `limit` characters, at the end of a sentence or a word, with "…" when cut."""
    if len(plain) <= limit:
        return plain
    end = limit - 1
    sentence = max(plain.rfind(stop, 0, end) for stop in (". ", "! ", "? "))
    if sentence > limit // 2:
        return plain[: sentence + 1] + " …"
    word = plain.rfind(" ", 0, end + 1)
    cut = plain[:word] if word > 0 else whole_characters(plain, end)
    return cut.rstrip(" ,;:.–—-") + "…"


def mentioned(text: str, keys: Iterable[str]) -> frozenset[str]:
    """Return those of `keys` (like ``"attachments/flow.png"``) that the text names.

    It does not read markup, so it may return a few too many (a key inside a code span), but never too few: a key may
    be written percent-encoded, with entities or backslashes, composed or decomposed, and with spaces in ``<…>``.
    """
    written = attachment_key(unescapeAll(readable(text)[0]))
    return frozenset(key for key in keys if _names(written, unicodedata.normalize("NFC", key)))


def _names(written: str, key: str) -> bool:
    return key in written and bool(re.search(rf"(?<![\w/.%-]){re.escape(key)}(?![\w/%-]|\.\w)", written))


# The way of a text.


def _render(text: str, notes: list[Note], flavour: Flavour, translation: Translation, size: int) -> Rendered:
    if size > TEXT_BYTES:
        raise LimitError(f"{size:,} bytes, at most {TEXT_BYTES:,}")
    tokens, deep = parse(text, flavour)
    plain = translation.translate(tokens)
    html = html_of(tokens, flavour)
    if deep:
        notes.append(Note(deep, f"nested deeper than {DEPTH} levels: shown without structure"))
    found = _few([*notes, *translation.notes])
    headings, shown = tuple(translation.headings), frozenset(translation.shown)
    return Rendered(sanitized(html), plain, headings, translation.passages, shown, found)


def _unrendered(text: str, notes: list[Note], reason: str) -> Rendered:
    """Show a text's words as they were written, as many as a text may have."""
    kept = text.encode()[:TEXT_BYTES].decode(errors="ignore")
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", kept.replace("\r\n", "\n").replace("\r", "\n")))
    html = "\n".join(f'<p class="unrendered">{escape(part)}</p>' for part in paragraphs if part)
    note = Note(None, f"{reason}: shown without formatting")
    return Rendered(sanitized(html), " ".join(kept.split()), (), (), frozenset(), _few([note, *notes]))


def _few(notes: Sequence[Note]) -> tuple[Note, ...]:
    several = tuple(dict.fromkeys(notes))
    more = len(several) - _NOTES
    return several if more <= 0 else (*several[:_NOTES], Note(None, f"and {more:,} notes more"))
