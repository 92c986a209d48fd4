"""Where a store's offerings and their files come from: for one build, or for as long as a preview runs.

    store.toml, flags ──▶ Origin ──fetch──▶ records ──▶ Source       (the content folder, a JSON file, the API)
                             └────supply──▶ listings with their files

What is fetched is fetched once: a preview lays its author's later edits over it.
"""

from collections.abc import Sequence
from pathlib import Path

from generator.api_source import (
    ApiRecords,
    Fetch,
    api_place,
)
from generator.cache import cache_folder
from generator.catalog import Listing, Source
from generator.content import ContentFolder
from generator.downloads import Downloads, Sources, Supplied, Told
from generator.errors import Problem, UsageError
from generator.networks import INTERNET, Network
from generator.record_file import RecordFile
from generator.settings import Settings, Store


class Origin:
    """The records and files of one store; to be closed when the files were used.

    `keeps` is false for a check, which leaves nothing for later builds. `problems` are what is to be told of a fetch.
    """

    def __init__(self, settings: Settings, network: Network = INTERNET, *, keeps: bool = True) -> None:
        _checked_source(settings.source)
        self._settings, self._network, self._keeps = settings, network, keeps
        self._cache = cache_folder(settings.content)
        self._where = ""
        self._fetch: Fetch | None = None
        self._is_online = True
        self._downloads: Downloads | None = None
        self.problems: tuple[Problem, ...] = ()

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
        """Fetch the records of the API, whole; return what is to be told of that."""
        raise NotImplementedError

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


def _checked_source(source: str) -> None:
    if source not in {"content", "api"} and not source.endswith(".json"):
        raise UsageError(f"--source {source}: expected content, api, or a file that ends in .json")
