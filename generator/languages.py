"""The words of the pages, one file a language: ``languages/<code>.toml`` in each folder of templates.

English has every word. Over it stands the packaged file of the store's language, and over that the store's own, which
needs only what it says differently; ``pt-BR`` takes what ``pt`` has, too. A text may have places such as ``{count}``,
and two forms, ``one`` and ``other``, of which `Language.say` takes the one that fits ``count``.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeGuard

from markupsafe import Markup, escape

from generator.documents import TomlDocument, read_toml
from generator.errors import InputError, Problem
from generator.reasons import unknown

_FOLDER = "languages"
_BASE = "en"
_MONTHS = "date.months"
_TOPICS = "topics."
_TOPIC_WORDS = "topic_words."
_PLACE = re.compile(r"\{(\w*)\}")
_FORMS = {"one", "other"}


@dataclass(frozen=True)
class Language:
    """The words of one language by key, such as ``card.draft``.

    `topic_words` tell how texts in it name what buyers ask about, by the key of the topic. `warnings` tell what is not
    said in it: then the words are English.
    """

    code: str
    words: Mapping[str, str]
    months: tuple[str, ...]
    topic_words: Mapping[str, Sequence[str]]
    warnings: tuple[Problem, ...] = ()

    def say(self, key: str, **values: object) -> str:
        """Return a text with its places filled in; as HTML when any of the values is, and then the others are escaped.

        Raises `LookupError` for a key that there is not, or a place that no value fills.
        """
        if "count" in values and key not in self.words:
            key += ".one" if values["count"] == 1 else ".other"
        text = self.words.get(key)
        if text is None or not set(_PLACE.findall(text)) <= values.keys():
            raise LookupError(f"there are no words {key!r} that take {', '.join(values) or 'nothing'}")
        if any(isinstance(value, Markup) for value in values.values()):
            filled = _PLACE.sub(lambda place: str(escape(values[place[1]])), str(escape(text)))
            return Markup(filled)  # noqa: S704  # the text and every value that was not HTML are escaped
        return _PLACE.sub(lambda place: str(values[place[1]]), text)

    @property
    def topic_names(self) -> Mapping[str, str]:
        """The name of each topic by its key."""
        return {key.removeprefix(_TOPICS): name for key, name in self.words.items() if key.startswith(_TOPICS)}

    def day(self, moment: date) -> str:
        """``12 March 2026``, the day as it was where the time was written."""
        return self.say("date.full", day=moment.day, month=self.months[moment.month - 1], year=moment.year)

    def day_of_year(self, moment: date) -> str:
        """``12 March``."""
        return self.say("date.day", day=moment.day, month=self.months[moment.month - 1])

    def month(self, moment: date) -> str:
        """``March 2026``."""
        return self.say("date.month", month=self.months[moment.month - 1], year=moment.year)

    def filesize(self, size: float) -> str:
        """``212 KB``: decimal units, as shops and file managers show them; one decimal below ten."""
        units = iter(("B", "KB", "MB", "GB"))
        unit = next(units)
        while round(size) >= 1000 and (larger := next(units, None)):
            size, unit = size / 1000, larger
        number = f"{size:.1f}".removesuffix(".0") if round(size, 1) < 10 else f"{size:.0f}"
        return f"{number.replace('.', self.words['number.decimal'])} {unit}"


def load_language(folders: Sequence[Path], code: str) -> Language:
    """Read the words of a language from folders of templates, of which an earlier one counts more.

    Raises `InputError` that names file, line and key of each text that cannot be used.
    """
    wanted = dict.fromkeys((_BASE, code.partition("-")[0].lower(), code))
    found = {name: [_read(folder, name) for folder in reversed(folders) if _stands(folder, name)] for name in wanted}
    base = _read(folders[-1], _BASE)
    files = [file for several in found.values() for file in several]
    problems = [problem for file in files for problem in file.problems(base)]
    if problems:
        raise InputError(problems)
    words = {key: text for file in files for key, text in file.texts.items()}
    months = [file.months for file in files if file.months][-1]
    own = [file for name, several in found.items() if name != _BASE for file in several]
    said = {key for file in own for key in file.texts}
    missing = [] if code == _BASE or code.startswith("en-") else sorted(base.texts.keys() - said)
    topics = {key: words for file in files for key, words in file.topic_words.items()}
    return Language(code, words, months, topics, tuple(_unsaid(code, own, missing)))


def _path(folder: Path, code: str) -> Path:
    return folder / _FOLDER / f"{code}.toml"


def _stands(folder: Path, code: str) -> bool:
    return os.path.lexists(_path(folder, code))


def _unsaid(code: str, own: "Sequence[_File]", missing: Sequence[str]) -> Iterator[Problem]:
    if missing and own:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        reason = f"says nothing for {', '.join(missing[:3])}{more}: the pages have English there"
        yield Problem(own[-1].document.where, "", reason, warning=True)
    elif missing:
        reason = f"no words in “{code}”: pages have English ones, until {_FOLDER}/{code}.toml is among the templates"
        yield Problem("store.toml", "language", reason, warning=True)


@dataclass(frozen=True)
class _File:
    """A file of words: its texts by dotted key, forms too, and its lists, if it has them."""

    document: TomlDocument
    texts: Mapping[str, str]
    months: tuple[str, ...]
    topic_words: Mapping[str, Sequence[str]]

    def problems(self, base: "_File") -> Iterator[Problem]:
        known = {key: set(_PLACE.findall(text)) for key, text in base.texts.items()}
        for key, value in _flat(self.document.values):
            if reason := _wrong(key, value, known):
                line = self.document.line_of(tuple(key.split(".")))
                yield Problem(self.document.where, key, reason, line=line)
        yield from self._half_forms()

    def _half_forms(self) -> Iterator[Problem]:
        """Find what has one form only: the other would be of another language."""
        for key in self.texts:
            stem, _, form = key.rpartition(".")
            if form in _FORMS and any(f"{stem}.{it}" not in self.texts for it in _FORMS):
                line = self.document.line_of(tuple(key.split(".")))
                yield Problem(self.document.where, stem, "needs both one and other", line=line)


def _read(folder: Path, code: str) -> _File:
    document = read_toml(_path(folder, code), root=folder)
    flat = dict(_flat(document.values))
    texts = {key: text for key, text in flat.items() if isinstance(text, str)}
    lists = {key: tuple(words) for key, words in flat.items() if isinstance(words, list)}
    topics = {key.removeprefix(_TOPIC_WORDS): words for key, words in lists.items() if key.startswith(_TOPIC_WORDS)}
    return _File(document, texts, lists.get(_MONTHS, ()), topics)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _wrong(key: str, value: object, known: Mapping[str, set[str]]) -> str | None:
    """Say what is wrong with a value, of which `known` tells the keys, and the places of each."""
    if key == _MONTHS:
        return None if _are_texts(value) and len(value) == 12 else "must be twelve names"
    if key.startswith(_TOPIC_WORDS) and key.replace(_TOPIC_WORDS, _TOPICS, 1) in known:
        return None if _are_texts(value) else "must be a list of words"
    if key not in known:
        return unknown("word", key, known)
    if not isinstance(value, str) or not value.strip():
        return "must be a text, and not blank"
    if others := sorted(set(_PLACE.findall(value)) - known[key]):
        has = ", ".join(sorted(f"{{{it}}}" for it in known[key])) or "none"
        return f"there is no place {{{others[0]}}} here, but {has}"
    return None


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(it, str) and it.strip("* ") for it in value)
