"""The content folder as a `Source`.

    content/offerings/<folder>/offering.toml   the API's short fields by their API names; draft; [store]; [extra]
                               description.md  features.md  compliance.md
                               picture.png|jpg|jpeg|webp|gif|svg
                               attachments/…

Reading and writing (`generator.content_writer`) are the same rule in both directions.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from generator.catalog import LocalFile, Overlay, Place, Record, derived_id
from generator.documents import TomlDocument, read_text, read_toml, refusal, shown
from generator.errors import InputError, Problem
from generator.fields import TEXT_BYTES
from generator.models import TEXT_NAMES, Offering, Referenced, UiExtensionVersion, nature
from generator.reasons import unknown

PICTURES: Final = ("png", "jpg", "jpeg", "webp", "gif", "svg")
EXTRA: Final = "extra"
"""The table of fields that a later version of the API has sent: kept for the way back, never shown."""

_PICTURE_NAMES = tuple(f"picture.{ending}" for ending in PICTURES)
_MOST_ATTACHMENTS = 1000
_IS_LINK = "is a link; put the files themselves here"


@cache
def file_fields() -> tuple[str, ...]:
    """Return the API names that may stand in an ``offering.toml``: no texts, no attachments, no nodeID."""
    names = (info.alias or name for name, info in Offering.model_fields.items())
    elsewhere = {*TEXT_NAMES, "attachments", "nodeID"}
    return tuple(name for name in names if name not in elsewhere and nature(name).access != "write-only")


@dataclass(frozen=True)
class ContentFolder:
    """A folder of offerings, each in a folder of its own under ``offerings/``."""

    folder: Path
    holds_versions: bool = False
    laid_over: tuple[Overlay, ...] = ()

    @property
    def where(self) -> str:
        """The folder, as the author knows it."""
        return shown(self.folder)

    def records(self) -> Iterator[Record]:
        """Yield a record for every folder under ``offerings/``, in the order of their names."""
        offerings = self.folder / "offerings"
        if not offerings.is_dir():
            reason = "no such folder; `appshelf init DIR` makes a store to begin with"
            raise InputError([Problem(shown(offerings), "", reason)])
        for entry in sorted(offerings.iterdir()):
            if entry.name.startswith("."):
                continue
            yield self.record(entry) if entry.is_dir() else _unreadable(entry, "is not the folder of an offering")

    def overlays(self) -> Iterator[Overlay]:
        """Yield what each folder lays over the record of its reference, when records come from elsewhere."""
        for path in sorted(self.folder.glob("offerings/*/offering.toml")):
            if not path.parent.name.startswith("."):
                yield self._overlay(path)

    def _overlay(self, path: Path) -> Overlay:
        files = _Files.under(path.parent, self.folder)
        try:
            document = read_toml(path, root=self.folder)
        except InputError as error:
            place = Place(_Nowhere(shown(path)))
            return Overlay(
                place, "", {}, is_alone=False, hides=False, picture=None, attachments=(), problems=error.problems
            )
        place = Place(document)
        _, extras, problems = _sorted_out(document)
        reference = document.values.get("reference", path.parent.name)
        if not isinstance(reference, str):
            problems.append(place.problem("reference", "expected text"))
            reference = ""
        return Overlay(
            place,
            reference,
            extras={key: value for key, value in extras.items() if key == "store"},
            is_alone=set(document.values) <= {"reference", "store"},
            hides=True in (document.values.get("draft"), document.values.get("disabled")),
            picture=files.picture,
            attachments=files.attachments,
            problems=(*problems, *files.problems),
        )

    def record(self, folder: Path) -> Record:
        """Read the offering in `folder`; what is wrong there is told in the record."""
        try:
            document = read_toml(folder / "offering.toml", root=self.folder)
        except InputError as error:
            return Record(Place(_Nowhere(shown(folder))), None, problems=error.problems)
        texts, problems = self._texts(folder)
        own, extras, mistakes = _sorted_out(document)
        files = _Files.under(folder, self.folder)
        fields: dict[str, Any] = {"reference": folder.name, **own, **texts}
        if isinstance(fields["reference"], str):
            fields = {"id": derived_id(fields["reference"]), **fields}
        return Record(
            place=Place(document, texts={name: shown(folder / f"{name}.md") for name in TEXT_NAMES}),
            fields=fields,
            extras=extras,
            picture=files.picture,
            attachments=files.attachments,
            problems=(*problems, *mistakes, *files.problems),
        )

    def _texts(self, folder: Path) -> tuple[dict[str, str], list[Problem]]:
        texts: dict[str, str] = {}
        problems: list[Problem] = []
        for name in TEXT_NAMES:
            path = folder / f"{name}.md"
            if not path.exists() and not path.is_symlink():
                continue
            try:
                texts[name] = read_text(path, root=self.folder, limit=TEXT_BYTES)
            except InputError as error:
                problems += error.problems
        return texts, problems


@dataclass(frozen=True)
class _Nowhere:
    """The document of a record whose file could not be read."""

    where: str

    def line_of(self, location: object) -> None:
        return None


def _unreadable(path: Path, reason: str) -> Record:
    return Record(Place(_Nowhere(shown(path))), None, problems=(Problem(shown(path), "", reason),))


def _sorted_out(document: TomlDocument) -> tuple[Mapping[str, Any], Mapping[str, Any], list[Problem]]:
    """Part the keys of an ``offering.toml`` into the API's, the store's, and mistakes."""
    known = file_fields()
    extra = document.values.get(EXTRA, {})
    fields = {key: value for key, value in document.values.items() if key in known}
    extras = {key: value for key, value in document.values.items() if key in {"draft", "store"}}
    problems = [
        Problem(document.where, key, _mistake(key, known), line=document.line_of((key,)))
        for key in document.values
        if key not in {*known, "draft", "store", EXTRA}
    ]
    if not isinstance(extra, dict):
        problems.append(Problem(document.where, EXTRA, "expected a table", line=document.line_of((EXTRA,))))
        extra = {}
    api = {info.alias or name for name, info in Offering.model_fields.items()}
    problems += [
        Problem(document.where, f"{EXTRA}.{key}", "is no extra: the API knows it", line=document.line_of((EXTRA, key)))
        for key in extra
        if key in api
    ]
    return {**extra, **fields}, extras, [*problems, *_unknown_parts(document)]


def _unknown_parts(document: TomlDocument) -> Iterator[Problem]:
    """Warn of keys inside a reference to another record: a later API may send them, and a person may mistype one."""
    for name, model in (("service_instance", Referenced), ("ui_extension_version", UiExtensionVersion)):
        part = document.values.get(name)
        for key in part if isinstance(part, dict) else ():
            if key not in model.model_fields:
                reason = unknown("key", key, model.model_fields)
                yield Problem(document.where, f"{name}.{key}", reason, document.line_of((name, key)), warning=True)


def _mistake(key: str, known: tuple[str, ...]) -> str:
    if key in TEXT_NAMES:
        return f"texts have files of their own: write it to {key}.md"
    if key == "attachments" or key.endswith("_attachments"):
        return "attachments are files: put them into the folder attachments/"
    return unknown("key", key, (*known, "draft", "store"))


@dataclass(frozen=True)
class _Files:
    """The files beside an ``offering.toml``: found by name alone, read when they are needed."""

    picture: LocalFile | None
    attachments: tuple[LocalFile, ...]
    problems: tuple[Problem, ...]

    @classmethod
    def under(cls, folder: Path, root: Path) -> "_Files":
        try:
            return cls._listed(folder, root)
        except OSError as error:
            where = shown(Path(error.filename)) if error.filename else shown(folder)
            return cls(None, (), (Problem(where, "", (error.strerror or str(error)).lower()),))

    @classmethod
    def _listed(cls, folder: Path, root: Path) -> "_Files":
        pictures = [path for name in _PICTURE_NAMES if os.path.lexists(path := folder / name)]
        problems = [Problem(shown(path), "", "is a second picture; keep one of them") for path in pictures[1:]]
        known = ["offering.toml", "attachments", *(f"{name}.md" for name in TEXT_NAMES), *_PICTURE_NAMES]
        problems += [
            Problem(shown(path), "", unknown("file", path.name, known), warning=True)
            for path in sorted(folder.iterdir())
            if path.name not in known and not path.name.startswith(".")
        ]
        picture = LocalFile("picture_uri", pictures[0], root) if pictures else None
        attachments = _attachments(folder)
        for file in (*attachments, *([picture] if picture else [])):
            refused = _IS_LINK if file.path.is_symlink() and file.path == file.root else refusal(file.path, file.root)
            if refused:
                problems.append(Problem(shown(file.path), "", refused))
        return cls(picture, attachments, (*problems, *_misnamed(folder, attachments)))


def _attachments(folder: Path) -> tuple[LocalFile, ...]:
    """List the files below ``attachments/``. Each must stand there, as a link could publish another offering's."""
    base = folder / "attachments"
    if base.is_symlink():
        return (LocalFile("attachments", base, base),)
    paths = sorted(islice(_files_below(base), _MOST_ATTACHMENTS + 1)) if base.is_dir() else []
    keys = (unicodedata.normalize("NFC", path.relative_to(folder).as_posix()) for path in paths)
    return tuple(LocalFile(key, path, base) for key, path in zip(keys, paths, strict=True))


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry)
        else:
            yield entry


def _misnamed(folder: Path, attachments: tuple[LocalFile, ...]) -> Iterator[Problem]:
    if len(attachments) > _MOST_ATTACHMENTS:
        yield Problem(shown(folder / "attachments"), "", f"more than {_MOST_ATTACHMENTS:,} files")
    for key, count in Counter(file.key for file in attachments).items():
        if count > 1:
            yield Problem(shown(folder / key), "", "is the name of two files, in two spellings")
