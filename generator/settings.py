"""What a store is called and how one build is run.

`Store` is ``content/store.toml``; `Settings` are the flags of one command. Nothing else reads the environment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from generator.credentials import ClientCredentials, Credentials, Secret, Token, checked_secret
from generator.documents import read_text, read_toml
from generator.errors import DownloadError, InputError, UsageError
from generator.fields import Caption, Contact, InstallUrl, Label, WebAddress, plain, wrong
from generator.networks import split_entry
from generator.reasons import explain

Markup = Literal["commonmark", "xurrent"]
View = Literal["latest_published", "latest_internal", "all_latest_published", "consumed"]
"""The API's predefined filters (developer.xurrent.com, "App Offerings API")."""

TOKEN: Final = "APPSHELF_API_TOKEN"  # noqa: S105  # a name
TOKEN_FILE: Final = "APPSHELF_API_TOKEN_FILE"  # noqa: S105  # a name
CLIENT_ID: Final = "APPSHELF_CLIENT_ID"
CLIENT_SECRET: Final = "APPSHELF_CLIENT_SECRET"  # noqa: S105  # a name
"""The variables that say who asks; they hold secrets, or lead to one, so the command line has no flags for them."""

_TOKEN_BYTES = 64 * 1024
THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts to which nothing goes over a network."""

PACKAGED_TEMPLATES = next(
    folder
    for folder in (Path(__file__).parent / "templates", Path(__file__).parent.parent / "templates")
    if folder.is_dir()
)
"""Inside the wheel, or the repository's own folder in an editable install."""


def _folder_address(address: str) -> str:
    if re.search(r"[?#\"<>&]", address):
        raise wrong("must be the address of a folder, without ? or #")
    return address if address.endswith("/") else address + "/"


BaseUrl = Annotated[WebAddress, AfterValidator(_folder_address)]


def _allowed_host(entry: str) -> str:
    try:
        split_entry(entry)
    except DownloadError as error:
        raise wrong(str(error)) from None
    return entry


AllowedHost = Annotated[str, Field(max_length=255), AfterValidator(plain), AfterValidator(_allowed_host)]


def _secure_address(address: str) -> str:
    """Accept an address to which a token may be sent: in the clear to this machine alone."""
    parts = urlsplit(address)
    if "?" in address or "#" in address:
        raise wrong("must be an address without ? or #")
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise wrong("must begin with https://, so that nobody on the way reads the token")
    return address.rstrip("/")


SecureAddress = Annotated[WebAddress, AfterValidator(_secure_address)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Provider(_Table):
    """Who runs the store, as its header and footer name them."""

    name: Annotated[Label, AfterValidator(plain)] | None = None
    url: WebAddress | None = None
    support: Contact | None = None


class DownloadLimits(_Table):
    """How large fetched files may be, in MiB of one or of all, and how long one may take. Ours are the largest."""

    picture_mib: Annotated[int, Field(ge=1, le=5)] = 5
    attachment_mib: Annotated[int, Field(ge=1, le=20)] = 20
    site_mib: Annotated[int, Field(ge=1, le=10_000)] = 500
    seconds: Annotated[int, Field(ge=1, le=600)] = 30


class DownloadRules(_Table):
    """Which hosts beyond the public internet files are fetched from, and within which limits.

    `allow_hosts` holds names of hosts (for ports 80 and 443) or names with a port (for that one): an offering's author
    may make a build speak to these, wherever they are.
    """

    allow_hosts: Annotated[tuple[AllowedHost, ...], Field(max_length=100, strict=False)] = ()
    limits: DownloadLimits = DownloadLimits()


class Api(_Table):
    """Where the App Offerings API is, and which of its offerings the store shows; neither address ends in a slash.

    Without an `oauth_url`, client credentials are exchanged at the platform's address: ``api.`` becomes ``oauth.``.
    """

    url: SecureAddress = "https://api.xurrent.com/v1"
    oauth_url: SecureAddress | None = None
    view: View = "latest_published"


class PublicStore(_Table):
    """The settings of a store that a page may show. `base_url` ends in a slash."""

    title: Annotated[Label, AfterValidator(plain)] = "App store"
    tagline: Annotated[Caption, AfterValidator(plain)] = ""
    base_url: BaseUrl | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    account: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]*$")] = ""
    per_page: Annotated[int, Field(ge=1, le=1000)] = 48
    markup: Markup = "commonmark"
    accent: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f5c4d"
    radius: Annotated[int, Field(ge=0, le=24)] = 10
    logo: str | None = None
    install_url: InstallUrl | None = None
    provider: Provider = Provider()


class Store(PublicStore):
    """The settings of a store, each with its default; where its offerings and files come from is no page's business."""

    api: Api = Api()
    downloads: DownloadRules = DownloadRules()

    @property
    def public(self) -> PublicStore:
        """What of it a page may show."""
        return PublicStore.model_construct(**{name: getattr(self, name) for name in PublicStore.model_fields})


@dataclass(frozen=True)
class Settings:
    """The flags of one build or check, as paths and values; see ``appshelf build --help``."""

    content: Path = Path("content")
    output: Path = Path("site")
    templates: Path = Path("templates")
    source: str = "content"
    base_url: str | None = None
    drafts: bool = False
    jobs: int = 1
    strict: bool = False
    caches: bool = True
    indexes: bool = False
    allow_shrink: bool = False

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """The store's own templates, laid over the packaged ones."""
        return (self.templates, PACKAGED_TEMPLATES)


def load_store(folder: Path, base_url: str | None = None) -> Store:
    """Read ``store.toml`` in `folder`; `base_url` comes from the command line and wins.

    Without the file the defaults hold. Raises `InputError` with every problem of the file, and `UsageError` for a
    wrong flag.
    """
    path = folder / "store.toml"
    store = _written(path) if os.path.lexists(path) else Store()
    return store.model_copy(update={"base_url": checked_base_url(base_url)}) if base_url is not None else store


def _written(path: Path) -> Store:
    document = read_toml(path, root=path.parent)
    try:
        return Store.model_validate(document.values)
    except ValidationError as error:
        raise InputError(explain(error, document, known=Store)) from None


def checked_base_url(base_url: str) -> str:
    """Return the address that ``--base-url`` gives; raises `UsageError` for a wrong one."""
    try:
        return TypeAdapter(BaseUrl).validate_python(base_url)
    except ValidationError as error:
        raise UsageError(f"--base-url {base_url}: {error.errors()[0]['msg']}") from None


def wants_colour() -> bool:
    """Whether the person wants coloured output where there is a terminal (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def load_credentials(environment: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return what the environment says of who asks the API; ``None`` when it says nothing.

    A token wins over a client's id and secret. Raises `UsageError`, which names the variable and never its value, for
    half of a pair, two tokens, or one that cannot be a token; `InputError` for a token file that cannot be read.
    """
    if token := load_token(environment):
        return Token(token)
    client_id, client_secret = environment.get(CLIENT_ID), environment.get(CLIENT_SECRET)
    if not client_id and not client_secret:
        return None
    if not client_id or not client_secret:
        raise UsageError(f"{CLIENT_ID} and {CLIENT_SECRET} belong together; one of them is missing")
    return ClientCredentials(checked_secret(CLIENT_ID, client_id), checked_secret(CLIENT_SECRET, client_secret))


def load_token(environment: Mapping[str, str] = os.environ) -> Secret | None:
    """Return the token of the environment or of the file that it names; raises as `load_credentials` does."""
    token, file = environment.get(TOKEN), environment.get(TOKEN_FILE)
    if token and file:
        raise UsageError(f"{TOKEN} and {TOKEN_FILE} are both given; which of them counts?")
    if token:
        return checked_secret(TOKEN, token)
    if not file:
        return None
    path = Path(file).resolve()  # secrets are often mounted as links
    return checked_secret(TOKEN_FILE, read_text(path, root=path.parent, limit=_TOKEN_BYTES))
