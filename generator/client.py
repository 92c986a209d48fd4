"""The App Offerings API as typed calls over a given `httpx.Client`.

    with open_http() as http:
        client = Client(http, Endpoint("https://api.xurrent.com/v1", "wdc", Token(secret)))
        for record in client.list(fields=("name", "description"), view="latest_published"):
            print(record.id, record.fields["name"])

One client serves one sync, which has ten minutes. Pages are asked for when they are needed, with the fields that are
wanted alone, at a pace below the platform's limits. Everything that can go wrong out there is a `RemoteError`.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import httpx

from generator.api_requests import ApiRequests, Endpoint
from generator.attachment_uploads import AttachmentStorage, read_storage, upload
from generator.client_writes import create
from generator.connections import DeadlineTransport
from generator.errors import AnswerError
from generator.filters import Condition, Predefined, Selection, SortKey, written
from generator.models import TEXT_NAMES
from generator.pacing import PLATFORM, Pace, Window
from generator.paging import ApiRecord, ListPage, read_page, read_record, walk
from generator.patience import SYNC_SECONDS, Patience, Timing
from generator.settings import THIS_MACHINE

PAGE: Final = 100
"""Records a page, the most that the API gives (developer.xurrent.com, "Pagination")."""
TEXT_PAGE: Final = 25
"""Records a page when texts are wanted: three of 64 KB each, as JSON may write them, stay below `PAGE_BYTES`."""

_LARGE: Final = frozenset({*TEXT_NAMES, "picture_uri"})
_LIST: Final = "/app_offerings"
_NODE_ID = re.compile(r"[A-Za-z0-9_-]{1,256}=*")


def open_http() -> httpx.Client:
    """Return a client for the API: every request within its deadline, nothing taken from the environment."""
    return httpx.Client(transport=DeadlineTransport(), trust_env=False, headers={"User-Agent": "appshelf"})


class Client:
    """Lists, reads and writes app offerings; see the module.

    `sleep`, `clock`, `now` and `jitter` are the world's time and chance. `pace` is how often requests are made: by
    default as the platform allows, and as fast as they are answered by an API on this machine.
    """

    def __init__(
        self,
        http: httpx.Client,
        endpoint: Endpoint,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,
        pace: Sequence[Window] | None = None,
        seconds: float = SYNC_SECONDS,
    ) -> None:
        self._http = http
        if pace is None:
            pace = () if httpx.URL(endpoint.url).host in THIS_MACHINE else PLATFORM
        patience = Patience(Timing(sleep, clock, now, jitter), Pace(pace), seconds)
        self._requests = ApiRequests(http, endpoint, patience)

    def list(
        self,
        fields: Sequence[str] = (),
        filters: Sequence[Condition] = (),
        sort: Sequence[SortKey] = (),
        *,
        view: Predefined | None = None,
        per_page: int | None = None,
    ) -> Iterator[ApiRecord]:
        """Yield every offering that fits, over all pages, each once.

        Without `fields` the API's default ones come, without `sort` the order is by name. `per_page` (1 to 100) is
        25 for texts and 100 otherwise.
        """
        selection = Selection(tuple(fields), tuple(filters), tuple(sort), view)
        size = per_page or (PAGE if _LARGE.isdisjoint(fields) else TEXT_PAGE)
        query = "&".join(part for part in (written(selection), f"per_page={size}") if part)
        path = f"{_LIST}/{view}" if view else _LIST
        return walk(self._page, self._requests.address(path, query))

    def get(self, identifier: int | str, fields: Sequence[str] = ()) -> ApiRecord:
        """Return the offering with this id or nodeID, with its etag; raises `NotFoundError` if there is none."""
        query = f"fields={quote(','.join(fields), safe=',')}" if fields else ""
        reply = self._requests.get(self._requests.address(_one(identifier), query))
        record = read_record(reply.value, self._requests.host, etag=reply.headers.get("etag"))
        return _same(record, identifier, self._requests.host)

    def create(self, fields: Mapping[str, Any]) -> ApiRecord:
        """Create an offering and return it whole. `fields` are those of the API, in JSON's values.

        When the answer is lost, the API is asked for the reference before anything is sent again; see
        `client_writes`. Raises `FieldsError` for values that the API refuses.
        """
        return create(self._requests, self.list, self._requests.address(_LIST), fields)

    def update(self, identifier: int | str, fields: Mapping[str, Any], etag: str | None = None) -> ApiRecord:
        """Change the given fields of an offering and return it whole; `None` clears a field.

        With `etag`, only if nobody changed the offering since: raises `ConflictError` otherwise. Setting the same
        values twice changes nothing, so a lost answer is asked for again; except where files are added or removed.
        """
        adds_files = any(name.endswith("_attachments") for name in fields)
        reply = self._requests.write(
            "PATCH",
            self._requests.address(_one(identifier)),
            fields,
            "unless it arrived" if adds_files or etag else "whenever it failed",
            expected=200,
            headers={"If-Match": etag} if etag else None,
        )
        record = read_record(reply.value, self._requests.host, etag=reply.headers.get("etag"))
        return _same(record, identifier, self._requests.host)

    def attachment_storage(self) -> AttachmentStorage:
        """Ask where files go, and which the API takes."""
        return read_storage(self._requests.get(self._requests.address("/attachments/storage")).value, self.host)

    def upload(self, storage: AttachmentStorage, name: str, content: bytes) -> str:
        """Send a file to the storage and return its key; raises `AssetError` for one that it does not take."""
        return upload(self._requests, self._http, storage, name, content)

    @property
    def host(self) -> str:
        """The host of the API, as messages name it."""
        return self._requests.host

    @property
    def url(self) -> str:
        """The address of the API, as it was given."""
        return str(self._requests.base)

    def _page(self, address: httpx.URL) -> ListPage:
        reply = self._requests.get(address)
        return read_page(reply.value, reply.headers, address, self._requests.base)


def _one(identifier: int | str) -> str:
    """Return the path of one offering; raises `ValueError` for what is neither an id nor a nodeID."""
    text = str(identifier)
    if not _NODE_ID.fullmatch(text) or text.startswith("-"):
        raise ValueError(f"{text[:40]!r} is neither an id nor a nodeID")
    return f"{_LIST}/{text}"


def _same(record: ApiRecord, identifier: int | str, host: str) -> ApiRecord:
    """Refuse another record than the one that was asked for."""
    if isinstance(identifier, int) and record.id != identifier:
        raise AnswerError(f"{host}: answered with the record {record.id} instead of {identifier}")
    return record
