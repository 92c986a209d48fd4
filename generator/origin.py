"""Where a store's offerings and their files come from: for one build, or for as long as a preview runs.

    store.toml, flags ──▶ Origin ──fetch──▶ records ──▶ Source       (the content folder, a JSON file, the API)
                             └────supply──▶ listings with their files

What is fetched is fetched once: a preview lays its author's later edits over it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from generator.api_source import (
    FIELDS,
    ApiRecords,
    Fetch,
    api_host,
    api_place,
    fetch_file,
    last_fetch,
    now,
    refuse_shrunken,
    remember,
)
from generator.cache import cache_folder
from generator.catalog import Listing, Source
from generator.content import ContentFolder
from generator.documents import shown
from generator.downloads import Downloads, Sources, Supplied, Told
from generator.errors import ConnectionFailedError, DeadlineError, Problem, StatusError, UsageError
from generator.networks import INTERNET, Network
from generator.output_folder import read_manifest
from generator.record_file import RecordFile
from generator.settings import Settings, Store, load_credentials

_SERVER_ERRORS: Final = 500


class Origin:
    """The records and files of one store; to be closed when the files were used.

    `keeps` is false for a check, which leaves nothing for later builds.
    """

    def __init__(self, settings: Settings, network: Network = INTERNET, *, keeps: bool = True) -> None:
        _checked_source(settings.source)
        self._settings, self._network, self._keeps = settings, network, keeps
        self._cache = cache_folder(settings.content)
        self._where = ""
        self._fetch: Fetch | None = None
        self._is_online = True
        self._downloads: Downloads | None = None

    def close(self) -> None:
        """Give up what was fetched for this build alone."""
        if self._downloads:
            self._downloads.close()

    @property
    def is_remote(self) -> bool:
        """Whether records have to be fetched, and were not yet."""
        return self._settings.source == "api" and self._fetch is None

    def source(self, content: ContentFolder | None = None) -> Source:
        """Return the source of offerings as it is now; `content` stands in for the content folder."""
        content = content or ContentFolder(self._settings.content)
        if self._settings.source == "content":
            return content
        overlays = tuple(content.overlays())
        if self._fetch is not None:
            return ApiRecords(self._where, self._fetch, overlays)
        return RecordFile(Path(self._settings.source), overlays)

    def fetch(self, store: Store, told: Told) -> list[Problem]:
        """Fetch the records of the API, whole; return what is to be told of that.

        When nobody answers, the last complete fetch stands in; not with ``--strict``, nor without the cache. Raises
        `RemoteError` when nothing does, for every other failure, and for a list that shrank too much.
        """
        host, before = api_host(store.api.url), last_fetch(self._remembered(store))
        self._where = host
        try:
            records = self._listed(store, told, expected=len(before.records) if before else 0)
        except (ConnectionFailedError, DeadlineError, StatusError) as error:
            is_gone = not isinstance(error, StatusError) or error.status >= _SERVER_ERRORS
            if before is None or not is_gone or self._settings.strict or not self._settings.caches:
                raise
            self._fetch, self._is_online = before, False
            return [Problem(host, "", _stood_in(before, str(error).removeprefix(f"{host}: ")), warning=True)]
        if not self._settings.allow_shrink:
            refuse_shrunken(host, len(records), len(before.records) if before else self._published())
        self._fetch = Fetch(records, now())
        return self._kept(self._remembered(store), self._fetch)

    def _listed(self, store: Store, told: Told, *, expected: int) -> tuple[Mapping[str, Any], ...]:
        """Ask the API for every record of the view. `expected` is how many there were, to tell how far it has come."""
        import httpx

        from generator.api_requests import Endpoint
        from generator.client import Client
        from generator.connections import DeadlineTransport

        api, network = store.api, self._network
        endpoint = Endpoint(api.url, store.account, load_credentials(), api.oauth_url)
        transport = DeadlineTransport(resolve=network.resolve, ssl_context=network.ssl_context)
        records: list[Mapping[str, Any]] = []
        with httpx.Client(transport=transport, trust_env=False, headers={"User-Agent": "appshelf"}) as http:
            client = Client(http, endpoint, sleep=network.sleep)
            for record in client.list(fields=FIELDS, view=api.view):
                records.append(record.fields)
                told(len(records), expected if len(records) <= expected else 0)
        return tuple(records)

    def _remembered(self, store: Store) -> Path:
        return fetch_file(self._cache, store.api.url, store.account, store.api.view)

    def _kept(self, path: Path, fetch: Fetch) -> list[Problem]:
        if not self._keeps:
            return []
        try:
            remember(path, fetch)
        except OSError as error:
            reason = f"cannot be remembered: {(error.strerror or str(error)).lower()}"
            return [Problem(shown(path), "", reason, warning=True)]
        return []

    def _published(self) -> int:
        """Count the offerings in the site that would be replaced: what is known when no fetch is remembered."""
        listed = read_manifest(self._settings.output)
        return sum(path.startswith("apps/") and path.endswith("/index.html") for path in listed)

    def supply(self, store: Store, listings: Sequence[Listing], told: Told) -> Supplied:
        """Return the listings with the files that their records name by an address, as far as they can be had."""
        if self._downloads is None:
            self._downloads = Downloads(self._sources(store))
        return self._downloads.supply(listings, store.downloads, told)

    def _sources(self, store: Store) -> Sources:
        is_api = self._settings.source == "api"
        mine = (store.api.url, store.account) if is_api else (self._settings.content.name, self._settings.source)
        return Sources(
            network=self._network,
            cache=self._cache,
            namespace="\n".join(mine),
            places=frozenset([api_place(store.api.url)] if is_api else ()),
            is_online=self._is_online,
            reads=self._settings.caches,
            writes=self._keeps,
        )


def _stood_in(fetch: Fetch, reason: str) -> str:
    when = f"{fetch.at:%Y-%m-%d %H:%M} UTC"
    return f"{reason}; the {len(fetch.records):,} offerings of {when} are used, the last ones that were fetched"


def _checked_source(source: str) -> None:
    if source not in {"content", "api"} and not source.endswith(".json"):
        raise UsageError(f"--source {source}: expected content, api, or a file that ends in .json")
