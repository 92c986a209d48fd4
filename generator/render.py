"""Pages to bytes: the Jinja environment, and what templates may call.

Every value is escaped. HTML comes from one place only, `markup`, as the one type that is not escaped.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from jinja2.runtime import Context

from generator import markup
from generator.addresses import relative
from generator.differences import brief
from generator.documents import shown
from generator.errors import InputError, Problem
from generator.headers import META_POLICY, with_index
from generator.languages import Language
from generator.models import Attachment, Picture, TextName
from generator.pages import Page, Tab
from generator.settings import Store
from generator.templates_now import CompiledTemplates
from generator.topics import answers, silent

_KEPT_TEXTS = 8
"""An app's texts stand on its page, and then in what a comparison shows of it: each is rendered once."""

_STATIC_FOLDER = "assets"
_SAYS: Final = re.compile(rb'\bsay\("([\w.-]+)"')
"""How a script asks for a word."""
_UNLINKED = "404.html"
"""A host shows this page under any address, so its links cannot be relative."""


@dataclass(frozen=True)
class StaticFile:
    """A stylesheet, script or drawing of the templates; its path carries the hash of its content."""

    path: str
    content: bytes


@dataclass(frozen=True)
class TextNote:
    """Something to tell the author of an offering's text; `line` counts from 1 in the text."""

    reference: str
    text: TextName
    line: int | None
    reason: str


@dataclass(frozen=True)
class RenderedPage:
    """A page as it will be served, what its texts' authors should know, and a hash of its texts if it has any."""

    path: str
    content: bytes
    notes: tuple[TextNote, ...]
    texts: str | None


def load_static(folders: Sequence[Path], store: Store, language: Language) -> Mapping[str, StaticFile]:
    """Read the files of ``assets/`` by name, a name from the first folder that has it.

    The theme ends the CSS. A script ``name.js`` that says something begins with the words that it says, as
    ``nameWords``. Raises `InputError` for a word that there is not.
    """
    files = {
        path.name: path
        for folder in reversed(folders)
        for path in sorted((folder / _STATIC_FOLDER).glob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    contents = {name: path.read_bytes() for name, path in sorted(files.items())}
    if "store.css" in contents:
        contents["store.css"] += f":root{{--accent:{store.accent};--radius:{store.radius}px}}\n".encode()
    for name, content in contents.items():
        if name.endswith(".js"):
            contents[name] = _words_of(files[name], content, language) + content
    return {name: StaticFile(_hashed(name, content), content) for name, content in contents.items()}


def _words_of(file: Path, content: bytes, language: Language) -> bytes:
    keys = sorted({key.decode() for key in _SAYS.findall(content)})
    unknown = [Problem(shown(file), key, "is no word of the pages") for key in keys if key not in language.words]
    if unknown:
        raise InputError(unknown)
    said = json.dumps({key: language.words[key] for key in keys}, ensure_ascii=False)
    return f"const {file.stem}Words = {said};\n".encode() if keys else b""


def _hashed(name: str, content: bytes) -> str:
    stem, dot, ending = name.partition(".")
    return f"{_STATIC_FOLDER}/{stem}.{hashlib.sha256(content).hexdigest()[:12]}{dot}{ending}"


def _untold(it: object, field: str) -> str | None:
    return None


@dataclass(frozen=True)
class Desk:
    """What differs while an author looks on; on a published page nothing does.

    ``written(it, field)`` tells where that field of an offering or of the store stands in which file. `disabled` are
    references of offerings that only an author sees. `loader` has the templates as they
    were at one moment.
    """

    written: Callable[[object, str], str | None] = _untold
    disabled: frozenset[str] = frozenset()
    loader: jinja2.BaseLoader | None = None


NO_DESK = Desk()


class Renderer:
    """Renders pages with one store's templates. A pure function of the page, once made."""

    def __init__(
        self,
        store: Store,
        folders: Sequence[Path],
        static: Mapping[str, StaticFile],
        language: Language,
        desk: Desk = NO_DESK,
    ) -> None:
        self._store = store
        self._static = static
        self._desk = desk
        self._text = lru_cache(maxsize=_KEPT_TEXTS)(partial(_text, store, language))
        filters: Mapping[str, Callable[..., object]] = {
            "rendered": self._rendered,
            "plain": self._plain,
            **_worded(language),
        }
        self._environment = _environment(folders, filters)
        self._environment.globals["say"] = language.say
        self._environment.loader = desk.loader or self._environment.loader

    def render(self, page: Page) -> RenderedPage:
        """Render one page.

        Raises `InputError` that names the template and line when a template is missing, wrong, or uses a name that
        does not exist.
        """
        notes: list[TextNote] = []
        texts: list[str] = []
        try:
            template = self._environment.get_template(page.template)
            text = template.render({**page.context, **self._names(page), "notes": notes, "texts_shown": texts})
        except Exception as error:
            raise InputError([_template_problem(error, page)]) from error
        shown = "\n".join(texts).strip()
        told = hashlib.sha256(shown.encode()).hexdigest() if shown else None
        return RenderedPage(page.path, text.encode(), tuple(notes), told)

    def _names(self, page: Page) -> Mapping[str, object]:
        """What a template may call beside its context."""
        link = _linker(self._store, page.path)
        base_url = self._store.base_url
        return {
            "page_path": page.path,
            "policy": META_POLICY,
            "with_index": with_index,
            "link": link,
            "asset": lambda name: link(self._static[name].path),
            "srcset": lambda picture: _srcset(picture, link),
            "written": lambda it, field: {"data-written": self._desk.written(it, field)},
            "is_disabled": lambda offering: offering.reference in self._desk.disabled,
            "canonical": lambda: base_url + page.path.removesuffix("index.html") if base_url else None,
        }

    @jinja2.pass_context
    def _rendered(self, context: Context, tab: Tab) -> markup.Rendered:
        """Turn the text of a tab into HTML for the page that is being rendered."""
        path = context["page_path"]
        folder = path[: path.rfind("/") + 1]
        rendered = self._text(tab.text, tab.name, tab.files, folder)
        found = (TextNote(tab.reference, tab.name, note.line, note.reason) for note in rendered.notes)
        context["notes"].extend(found)
        context["texts_shown"].append(rendered.html)
        return rendered

    def _plain(self, text: str) -> str:
        """Take the plain words out of a text."""
        return markup.render(text, flavour=self._store.markup, prefix="", targets={}).plain


_COMPILED: Final = CompiledTemplates()
"""Compiling takes a quarter of a second, as long as all else of a small store."""


def _environment(folders: Sequence[Path], filters: Mapping[str, Callable[..., object]]) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= {**_FILTERS, **filters}
    return environment


def _worded(language: Language) -> Mapping[str, Callable[..., str]]:
    """Return the filters that depend on a language."""
    return {
        "day": language.day,
        "day_of_year": language.day_of_year,
        "filesize": language.filesize,
        "month": language.month,
    }


def _text(
    store: Store, language: Language, text: str, name: TextName, files: Sequence[Attachment], folder: str
) -> markup.Rendered:
    """Turn a text into HTML for any page in `folder`, which is "" or ends in a slash."""
    link = _linker(store, folder)
    targets = {file.key: _target(file, link) for file in files}
    table = language.words["prose.table"].replace("{text}", language.words[f"texts.{name}"])
    labels = markup.Labels(table, language.words["prose.done"], language.words["prose.undone"])
    return markup.render(text, flavour=store.markup, prefix=name, targets=targets, labels=labels)


def _linker(store: Store, page_path: str) -> Callable[[str], str]:
    if page_path == _UNLINKED:
        prefix = urlsplit(store.base_url or "").path or "/"
        return lambda path: prefix + relative("", path)
    return lambda path: relative(page_path, path)


def _srcset(picture: Picture, link: Callable[[str], str]) -> str:
    return ", ".join(f"{link(variant.path)} {variant.width}w" for variant in picture.variants)


def _target(file: Attachment, link: Callable[[str], str]) -> markup.Target:
    image = None
    if figure := file.figure:
        image = markup.Image(link(figure.path), _srcset(figure, link), figure.width, figure.height)
    return markup.Target(link(file.download.path), image)


def _template_problem(error: Exception, page: Page) -> Problem:
    """Find where in a template an error arose: its own position, or the innermost frame inside a template."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        where, line = error.filename or error.name or page.template, error.lineno
        return Problem(shown(Path(where)), "", error.message or "is no template", line=line)
    if isinstance(error, jinja2.TemplateNotFound):
        return Problem(page.template, "", f"no template {error.name} (for {page.path})")
    inside = [frame for frame in _frames(error) if frame[0].endswith((".html", ".xml", ".txt", ".json"))]
    frame = inside[-1] if inside else (page.template, None)
    return Problem(shown(Path(frame[0])), "", f"{type(error).__name__}: {error} (for {page.path})", line=frame[1])


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    trace = error.__traceback__
    while trace:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def _address(address: str | None) -> str:
    """The address, if a link may lead there; every `href` from an offering passes here."""
    try:
        scheme = urlsplit(address or "").scheme
    except ValueError:
        return ""
    return (address or "") if scheme in {"https", "http", "mailto"} else ""


def _cell(words: str) -> str:
    """A cell of a CSV file (RFC 4180); a spreadsheet must not take it for a formula."""
    plain = f"'{words}" if words[:1] in {"=", "+", "-", "@", "\t", "\r"} else words
    return '"' + plain.replace('"', '""') + '"'


def _without_blanks(value: Any) -> Any:
    """Leave out of an object, and of all objects inside it, what is ``None`` or empty."""
    if isinstance(value, Mapping):
        return {key: _without_blanks(it) for key, it in value.items() if it not in (None, "")}
    return [_without_blanks(it) for it in value] if isinstance(value, list) else value


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "address": _address,
    "answers": lru_cache(maxsize=_KEPT_TEXTS)(answers),
    "brief": brief,
    "cell": _cell,
    "excerpt": markup.excerpt,
    "iso": lambda moment: moment.isoformat(),
    "silent": silent,
    "without_blanks": _without_blanks,
}
