"""App offerings: every field of the API's specification, and what of it a page may show.

`Offering` is a record as the API and the content folder hold it. `StoreEntry` is what the store knows beyond the
API. `PublicOffering` is the only thing that templates get: a field that is not named in it cannot be published.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from generator.characters import clean
from generator.differences import Difference
from generator.fields import (
    AttachmentFile,
    Audience,
    Caption,
    CardDescription,
    Contact,
    Count,
    Day,
    Flag,
    Id,
    InstallUrl,
    Label,
    Line,
    Minutes,
    Name,
    PictureUri,
    PolicyJwtAlg,
    Reference,
    RequiredUriTemplate,
    SignedUri,
    Source,
    SourceId,
    Text,
    Timestamp,
    UriTemplate,
    WebAddress,
)

Access = Literal["read-write", "read-only", "write-only"]
TextName = Literal["description", "features", "compliance"]
TEXT_NAMES: tuple[TextName, ...] = ("description", "features", "compliance")


@dataclass(frozen=True)
class Nature:
    """How the API treats a field: who may set it, and whether a record must have it."""

    access: Access = "read-write"
    required: bool = False


OPTIONAL = Nature()
REQUIRED = Nature(required=True)
READ_ONLY = Nature(access="read-only")
WRITE_ONLY = Nature(access="write-only")


class _Value(BaseModel):
    """A part of a record: frozen; keys of a later version of the API are kept for the way back, never shown."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Referenced(_Value):
    """A reference to another record, as the API gives it when read."""

    id: Id
    name: Line | None = None


class UiExtensionVersion(Referenced):
    """The version of a UI extension that customers meet on an installed app's Configuration tab."""

    version: Id | None = None


class AttachmentRecord(_Value):
    """One file of the aggregated `attachments` list. `uri` is signed and expires: it is never published."""

    key: Line
    name: Line | None = None
    uri: SignedUri | None = None
    inline: Flag = False
    size: Count | None = None


class AttachmentChange(_Value):
    """One entry of a write-only attachments field: adds the stored file `key`, or removes it."""

    key: Line
    inline: Flag = False
    destroy: Flag = Field(default=False, alias="_destroy")


class Offering(_Value):
    """An app offering with the fields of the specification, in its order (section "Fields").

    Two required fields may be ``None`` because real records hold null there; whoever writes a record to the API
    has to fill them in. `attachments` and `*_attachments` are lists in JSON and tuples here.
    """

    attachments: Annotated[tuple[AttachmentRecord, ...], READ_ONLY] = ()
    card_description: Annotated[CardDescription | None, OPTIONAL] = None
    configuration_uri_template: Annotated[UriTemplate | None, OPTIONAL] = None
    compliance: Annotated[Text | None, OPTIONAL] = None
    compliance_attachments: Annotated[tuple[AttachmentChange, ...], WRITE_ONLY] = ()
    created_at: Annotated[Timestamp | None, READ_ONLY] = None
    description: Annotated[Text | None, OPTIONAL] = None
    description_attachments: Annotated[tuple[AttachmentChange, ...], WRITE_ONLY] = ()
    disabled: Annotated[Flag, OPTIONAL] = False
    features: Annotated[Text | None, OPTIONAL] = None
    features_attachments: Annotated[tuple[AttachmentChange, ...], WRITE_ONLY] = ()
    id: Annotated[Id, READ_ONLY]
    name: Annotated[Name, REQUIRED]
    node_id: Annotated[Line | None, READ_ONLY] = Field(default=None, alias="nodeID")
    picture_uri: Annotated[PictureUri | None, OPTIONAL] = None
    policy_jwt_alg: Annotated[PolicyJwtAlg | None, REQUIRED]
    policy_jwt_audience: Annotated[Audience | None, OPTIONAL] = None
    policy_jwt_claim_expires_in: Annotated[Minutes | None, OPTIONAL] = None
    reference: Annotated[Reference, REQUIRED]
    requires_enabled_oauth_person: Annotated[Flag, OPTIONAL] = False
    service_instance: Annotated[Referenced, REQUIRED]
    source: Annotated[Source | None, OPTIONAL] = None
    source_id: Annotated[SourceId | None, OPTIONAL] = Field(default=None, alias="sourceID")
    ui_extension_version: Annotated[UiExtensionVersion | None, OPTIONAL] = None
    updated_at: Annotated[Timestamp | None, READ_ONLY] = None
    webhook_uri_template: Annotated[RequiredUriTemplate | None, REQUIRED]


@cache
def nature(field: str) -> Nature:
    """Return how the API treats the field with this API name (``"sourceID"``); `KeyError` if there is none."""
    for name, info in Offering.model_fields.items():
        if field == (info.alias or name):
            return next(m for m in info.metadata if isinstance(m, Nature))
    raise KeyError(field)


class _StoreValue(BaseModel):
    """Something that only the store knows; an unknown key is a mistake of the author's."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Assurance(_StoreValue):
    """What the provider declares about security or compliance: its words, never a verdict of ours."""

    topic: Label
    status: Label
    scope: Caption | None = None
    evidence: AttachmentFile | None = None
    valid_until: Day | None = None


class ScreenshotFile(_StoreValue):
    """A picture of the app at work, shown below its description."""

    file: AttachmentFile
    caption: Caption = ""


class StoreEntry(_StoreValue):
    """The `[store]` table of an offering: how the store presents it."""

    categories: Annotated[tuple[Label, ...], Field(max_length=10)] = ()
    tags: Annotated[tuple[Label, ...], Field(max_length=30)] = ()
    publisher: Label | None = None
    website: WebAddress | None = None
    support: Contact | None = None
    featured: Flag = False
    screenshots: Annotated[tuple[ScreenshotFile, ...], Field(max_length=20)] = ()
    install_url: InstallUrl | None = None
    assurances: Annotated[tuple[Assurance, ...], Field(max_length=50)] = ()


@dataclass(frozen=True)
class Variant:
    """One width of a picture: a path in the site, and pixels."""

    path: str
    width: int


@dataclass(frozen=True)
class Picture:
    """Our own copy of a picture. `width` and `height` are those of `path`, in pixels.

    `variants` are the other widths to choose from, ascending, with `path` among them; a drawing (SVG) has none.
    """

    path: str
    width: int
    height: int
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True)
class Download:
    """Our own copy of an attachment: `size` in bytes, `kind` a short label such as ``"PDF"``."""

    name: str
    path: str
    size: int
    sha256: str
    kind: str


@dataclass(frozen=True)
class Attachment:
    """An attachment as a text knows it (`key`, ``"attachments/…"``) and as the site has it.

    `figure` is how a text shows it, when it is a picture that one of them mentions. A screenshot is not `listed`
    at the foot of a text.
    """

    key: str
    download: Download
    figure: Picture | None = None
    listed: bool = True


@dataclass(frozen=True)
class Screenshot:
    """A screenshot with the provider's caption."""

    picture: Picture
    caption: str


@dataclass(frozen=True)
class DeclaredAssurance:
    """An assurance with its evidence as a file of the site."""

    topic: str
    status: str
    scope: str | None
    evidence: Download | None
    valid_until: date | None


@dataclass(frozen=True)
class Change:
    """What became of a text; `at` is the record's date then, or ``None`` while the record has no newer one."""

    text: TextName
    at: datetime | None
    difference: Difference


@dataclass(frozen=True)
class PublicOffering:
    """All that a visitor may learn of an offering. Templates get this and no `Offering`.

    Texts are as the author wrote them: only `render` turns them into HTML; their `changes` come oldest first.
    `has_ui_extension` tells that there is a configuration form, and nothing of which. Addresses of webhooks, token
    audiences, sources and service instances are left out on purpose.
    """

    id: int
    reference: str
    name: str
    card_description: str
    publisher: str
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    featured: bool
    draft: bool
    created_at: datetime | None
    updated_at: datetime | None
    picture: Picture
    description: str
    features: str
    compliance: str
    changes: tuple[Change, ...]
    attachments: tuple[Attachment, ...]
    screenshots: tuple[Screenshot, ...]
    assurances: tuple[DeclaredAssurance, ...]
    website: str | None
    support: str | None
    install_url: str | None
    configuration_uri_template: str | None
    policy_jwt_alg: PolicyJwtAlg | None
    requires_enabled_oauth_person: bool
    has_ui_extension: bool

    @property
    def shown_reference(self) -> str:
        """The reference as a page shows it: without characters that deceive.

        `reference` itself is an identifier, so what is copied, asked for and published as JSON is exactly the
        platform's. It cannot be an error to hold such characters: the platform makes the reference from the name, and
        nobody can mend it once the offering is published. Its author is warned.
        """
        return clean(self.reference)

    @property
    def is_configurable(self) -> bool:
        """Whether a customer can set it up: in a form in the account, or on a page that the provider has for it."""
        return self.has_ui_extension or self.configuration_uri_template is not None
