"""From a checked listing to what the store shows of it: its `PublicOffering`, and the files that go with it."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic_core import PydanticCustomError

from generator import assets
from generator.assets import Asset
from generator.catalog import Listing, LocalFile
from generator.characters import clean, deceits
from generator.documents import read_bytes, shown
from generator.errors import AssetError, InputError, Problem
from generator.fields import https_template, is_web
from generator.markup import mentioned
from generator.models import (
    TEXT_NAMES,
    Attachment,
    Change,
    DeclaredAssurance,
    Picture,
    PublicOffering,
    Screenshot,
    StoreEntry,
)

Result = TypeVar("Result")

_DATA_URL = re.compile(r"data:image/[a-z+.-]+;base64,([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True)
class Stock:
    """The files of an offering as the site has them."""

    picture: Picture
    attachments: tuple[Attachment, ...]
    screenshots: tuple[Screenshot, ...]
    assurances: tuple[DeclaredAssurance, ...]
    configuration_uri_template: str | None


Drawn = Mapping[tuple[str, str], Picture]
"""Pictures by what made them, ``"icon"`` or ``"figure"``, and the SHA-256 of the file that they were made of."""


@dataclass(frozen=True)
class Stocked:
    """A stock, the files themselves, what was drawn, and what the author should know."""

    stock: Stock
    assets: tuple[Asset, ...]
    drawn: Drawn
    problems: tuple[Problem, ...]


def take_stock(listing: Listing, known: Drawn = MappingProxyType({})) -> Stocked:
    """Make the files of one listing: pictures in the sizes of its pages, attachments under our names.

    What is `known` is not drawn again, and its files are not among the assets. Problems of the listing's files are
    told in the result, errors and warnings alike; where a picture cannot be used its monogram stands in, so that all
    problems of all offerings are found in one go.
    """
    desk = _Desk(listing, known)
    desk.read_words()
    attachments = desk.attachments()
    by_key = {attachment.key: attachment for attachment in attachments}
    stock = Stock(
        picture=desk.picture(),
        attachments=attachments,
        screenshots=desk.screenshots(by_key),
        assurances=desk.assurances(by_key),
        configuration_uri_template=desk.configuration(),
    )
    files = {asset.path: asset for asset in desk.assets}
    return Stocked(stock, tuple(files.values()), desk.drawn, tuple(desk.problems))


def present(listing: Listing, stock: Stock, changes: tuple[Change, ...] = ()) -> PublicOffering:
    """Choose what the store shows of an offering; nothing else reaches a template.

    Words of one line come without what deceives a reader (`characters.clean`); texts are cleaned when they are read as
    markup, and the reference is exact (`PublicOffering.shown_reference`).
    """
    offering, store = listing.offering, listing.store
    return PublicOffering(
        id=offering.id,
        reference=offering.reference,
        name=clean(offering.name),
        card_description=clean(offering.card_description or ""),
        publisher=clean(store.publisher or ""),
        categories=tuple(map(clean, store.categories)),
        tags=tuple(map(clean, store.tags)),
        featured=store.featured,
        draft=listing.draft,
        created_at=offering.created_at,
        updated_at=offering.updated_at or offering.created_at,  # specification, field "updated_at"
        picture=stock.picture,
        description=offering.description or "",
        features=offering.features or "",
        compliance=offering.compliance or "",
        changes=changes,
        attachments=stock.attachments,
        screenshots=stock.screenshots,
        assurances=stock.assurances,
        website=store.website,
        support=store.support,
        install_url=store.install_url,
        configuration_uri_template=stock.configuration_uri_template,
        policy_jwt_alg=offering.policy_jwt_alg,
        requires_enabled_oauth_person=offering.requires_enabled_oauth_person,
        has_ui_extension=offering.ui_extension_version is not None,
    )


@dataclass(frozen=True)
class Logo:
    """The store's logo, if it has one that can be used; its files, and what is wrong with it."""

    picture: Picture | None = None
    assets: tuple[Asset, ...] = ()
    problems: tuple[Problem, ...] = ()


def load_logo(folder: Path, name: str | None) -> Logo:
    """Make the store's logo from a picture in the content folder; or tell why it cannot be used."""
    if name is None:
        return Logo()
    path = folder / name
    try:
        return Logo(*assets.icon(read_bytes(path, root=folder, limit=assets.PICTURE_BYTES)))
    except AssetError as error:
        return Logo(problems=(Problem(shown(path), "logo", str(error)),))
    except InputError as error:
        return Logo(problems=error.problems)


def _store_words(store: StoreEntry) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the words of a store entry that a page may show, each with its place."""
    yield from ((("categories", number), name) for number, name in enumerate(store.categories))
    yield from ((("tags", number), name) for number, name in enumerate(store.tags))
    yield ("publisher",), store.publisher or ""
    yield from ((("screenshots", number, "caption"), it.caption) for number, it in enumerate(store.screenshots))
    for number, it in enumerate(store.assurances):
        yield ("assurances", number, "topic"), it.topic
        yield ("assurances", number, "status"), it.status
        yield ("assurances", number, "scope"), it.scope or ""


class _Desk:
    """Where one listing is prepared: gathers its files and problems on the way."""

    def __init__(self, listing: Listing, known: Drawn) -> None:
        self.listing = listing
        self.known = known
        self.drawn: dict[tuple[str, str], Picture] = {}
        self.assets: list[Asset] = []
        self.problems: list[Problem] = []

    def read_words(self) -> None:
        """Warn of what `present` leaves out of the words of one line."""
        offering, place = self.listing.offering, self.listing.place
        for name in ("name", "card_description", "reference"):
            found = deceits(getattr(offering, name) or "")
            self.problems += [place.problem(name, reason, warning=True) for _, reason in found]
        for location, words in _store_words(self.listing.store):
            found = deceits(words)
            self.problems += [
                place.store_problem("store", *location, reason=reason, warning=True) for _, reason in found
            ]

    def picture(self) -> Picture:
        """The app's picture, or its monogram."""
        drawn = self._own_picture() or self._linked_picture()
        if drawn is None:
            motif = next(iter(self.listing.store.categories), "")
            drawn, asset = assets.monogram(clean(self.listing.offering.name), clean(motif))
            self.assets.append(asset)
        return drawn

    def attachments(self) -> tuple[Attachment, ...]:
        """Every usable attachment, with a figure for those that a text or screenshot shows."""
        offering, files = self.listing.offering, self.listing.attachments
        keys = [file.key for file in files]
        screenshots = {screenshot.file for screenshot in self.listing.store.screenshots}
        in_texts = frozenset[str]().union(*(mentioned(getattr(offering, name) or "", keys) for name in TEXT_NAMES))
        made = (self._attachment(f, f.key in in_texts | screenshots, f.key not in screenshots) for f in files)
        return tuple(attachment for attachment in made if attachment)

    def screenshots(self, attachments: dict[str, Attachment]) -> tuple[Screenshot, ...]:
        """The screenshots that are pictures among the attachments."""
        shown: list[Screenshot] = []
        for number, screenshot in enumerate(self.listing.store.screenshots):
            attachment = attachments.get(screenshot.file)
            if attachment and attachment.figure:
                shown.append(Screenshot(attachment.figure, clean(screenshot.caption)))
            elif attachment or not self._was_told(screenshot.file):
                reason = "is no picture" if attachment else self._missing(screenshot.file)
                self._problem("screenshots", number, "file", reason=f"{screenshot.file} {reason}")
        return tuple(shown)

    def assurances(self, attachments: dict[str, Attachment]) -> tuple[DeclaredAssurance, ...]:
        """What the provider declares, with the files that it names as evidence."""
        declared: list[DeclaredAssurance] = []
        for number, it in enumerate(self.listing.store.assurances):
            evidence = attachments.get(it.evidence) if it.evidence else None
            if it.evidence and not evidence and not self._was_told(it.evidence):
                reason = f"{it.evidence} {self._missing(it.evidence)}"
                self._problem("assurances", number, "evidence", reason=reason)
            file = evidence.download if evidence else None
            scope = clean(it.scope) if it.scope else None
            declared.append(DeclaredAssurance(clean(it.topic), clean(it.status), scope, file, it.valid_until))
        return tuple(declared)

    def configuration(self) -> str | None:
        """The address of the app's configuration, when a browser can open it."""
        template = self.listing.offering.configuration_uri_template
        try:
            return https_template(template) if template else None
        except PydanticCustomError:
            reason = "is no address that begins with https://, so no link is shown"
            self.problems.append(self.listing.place.problem("configuration_uri_template", reason, warning=True))
            return None

    def _own_picture(self) -> Picture | None:
        file = self.listing.picture
        return self._used(file, "picture", self._icon, assets.PICTURE_BYTES) if file else None

    def _linked_picture(self) -> Picture | None:
        """Draw a picture that came inside the record; what stands at an address was fetched before, or told of."""
        address = self.listing.offering.picture_uri
        if not address or self.listing.picture or is_web(address):
            return None
        try:
            if not (match := _DATA_URL.fullmatch(address)):
                raise AssetError("is neither an https: nor a data: address of a picture: a monogram is shown")
            return self._icon(base64.b64decode(match[1], validate=True))
        except (AssetError, ValueError) as error:
            self.problems.append(self.listing.place.problem("picture_uri", str(error), warning=True))
            return None

    def _attachment(self, file: LocalFile, is_shown: bool, is_listed: bool) -> Attachment | None:
        def make(content: bytes) -> Attachment:
            download, asset = assets.download(file.name or file.path.name, content)
            figure = None
            if is_shown and assets.supported_picture(content):
                figure = self._draw("figure", assets.figure, content)
            self.assets.append(asset)
            return Attachment(file.key, download, figure, is_listed)

        return self._used(file, "attachments", make, assets.ATTACHMENT_BYTES)

    def _icon(self, content: bytes) -> Picture:
        return self._draw("icon", assets.icon, content)

    def _draw(self, kind: str, make: Callable[[bytes], tuple[Picture, tuple[Asset, ...]]], content: bytes) -> Picture:
        key = kind, hashlib.sha256(content).hexdigest()
        picture = self.known.get(key)
        if picture is None:
            picture, files = make(content)
            self.assets += files
        self.drawn[key] = picture
        return picture

    def _used(self, file: LocalFile, field: str, use: Callable[[bytes], Result], limit: int) -> Result | None:
        try:
            return use(read_bytes(file.path, root=file.root, limit=limit))
        except AssetError as error:
            self.problems.append(
                self._fetched_problem(file, f"{error}; it is left out", warning=True)
                if file.fetched
                else Problem(shown(file.path), field, str(error))
            )
        except InputError as error:
            gone = "our copy of it is gone or changed; build again"
            self.problems += [self._fetched_problem(file, gone)] if file.fetched else error.problems
        return None

    def _fetched_problem(self, file: LocalFile, reason: str, *, warning: bool = False) -> Problem:
        field = "picture_uri" if file is self.listing.picture else "attachments"
        return self.listing.place.problem(field, f"{file.name}: {reason}", warning=warning)

    def _problem(self, *location: int | str, reason: str) -> None:
        self.problems.append(self.listing.place.store_problem("store", *location, reason=reason))

    def _was_told(self, key: str) -> bool:
        """Whether a file is missing that the record names by an address: that is a warning, and was given."""
        named = {record.key for record in self.listing.offering.attachments}
        return key in named and not any(file.key == key and not file.fetched for file in self.listing.attachments)

    def _missing(self, key: str) -> str:
        known: Iterable[str] = (file.key for file in self.listing.attachments)
        return "cannot be used" if key in known else "is not there"
