"""What each address of the API answers: the handlers of one content folder."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, cast

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from generator import api_paging as paging
from generator.api_answers import RefusedError, answer, invalid
from generator.api_bodies import read_body
from generator.api_docs import STYLE, document, page
from generator.api_files import Signer, Uploads, download, file_path
from generator.api_guard import Log
from generator.api_index import Index
from generator.api_records import Address, Stored, etag, fields_of, id_named, whole_record
from generator.api_store import ContentStore
from generator.credentials import Secret
from generator.errors import AppshelfError, Problem
from generator.filters import PREDEFINED, Predefined, Selection, SelectionError, parse_selection
from generator.matching import Filterable, chosen
from generator.remembered import Signature, signature
from generator.settings import load_store
from generator.watching import changes

_SOURCES: Final = ("x-xurrent-source", "x-4me-source")
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Ways:
    """How a server of the API is run: who is let in, what goes wrong on purpose, and who hears of it.

    `problem` hears of mistakes in the content folder, `request` of each request; `clock` gives seconds since 1970.
    """

    token: Secret
    host: str = "127.0.0.1"
    faults: Sequence[str] = ()
    jobs: int = 1
    problem: Callable[[Problem], None] = lambda _: None
    request: Log = lambda *_: None
    clock: Callable[[], float] = time.time


class Service:
    """The handlers of one content folder."""

    def __init__(self, content: Path, ways: Ways) -> None:
        self._account = _Account(content)
        remembered = content.absolute().parent / ".cache" / "api"
        self.index = Index(content, ways.problem)
        self.index.load(ways.jobs)
        self.signer = Signer(ways.clock)
        self.uploads = Uploads(remembered / "uploads", self.signer)
        self.store = ContentStore(self.index, self.uploads, remembered / "replaced", self._account.name, ways.clock)
        self.store.sweep()

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Awaitable[Response]]]]:
        """Name what answers where."""
        return (
            ("/", "GET", self.description_page),
            ("/openapi.json", "GET", self.description),
            ("/api.css", "GET", self.style),
            ("/v1", "GET", self.root),
            ("/v1/me", "GET", self.me),
            ("/v1/people/me", "GET", self.me),
            ("/v1/people/{name}/teams", "GET", self.teams),
            ("/v1/app_offerings", "GET", self.list_all),
            ("/v1/app_offerings", "POST", self.create),
            ("/v1/app_offerings/{name}", "GET", self.get),
            ("/v1/app_offerings/{name}", "PATCH", self.update),
            ("/v1/app_offerings/{name}", "PUT", self.update),
            ("/v1/attachments/storage", "GET", self.storage),
            ("/v1/attachments/{ticket}", "POST", self.upload),
            ("/v1/files/{number}/{key:path}", "GET", self.file),
        )

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Follow what changes on the disk."""
        stop = asyncio.Event()
        following = asyncio.create_task(self._follow(stop))
        try:
            yield
        finally:
            stop.set()
            await following

    async def _follow(self, stop: asyncio.Event) -> None:
        async for touched in changes([self.index.content], [], stop):
            await run_in_threadpool(self.index.refresh, touched)
            self.index.is_watched = True

    # --- /

    async def description_page(self, request: Request) -> Response:
        """Show what the API offers, to people."""
        headers = {"Content-Security-Policy": _POLICY}
        return Response(page(document(_base(request))), media_type="text/html; charset=utf-8", headers=headers)

    async def description(self, request: Request) -> Response:
        """Describe the API to programs."""
        return answer(document(_base(request)))

    async def style(self, request: Request) -> Response:
        """Give the page its looks."""
        return Response(STYLE, media_type="text/css; charset=utf-8")

    # --- /v1

    async def root(self, request: Request) -> Response:
        """Say that the API is there."""
        return answer({})

    async def me(self, request: Request) -> Response:
        """Say who asks, as far as clients need it to start."""
        account = self._account.name() or "local"
        return answer({"id": 1, "name": "Appshelf", "account": {"id": account, "name": account}})

    async def teams(self, name: str, request: Request) -> Response:
        """Say that nobody is in a team here; a public client asks before anything else."""
        return answer([])

    # --- /v1/app_offerings

    async def list_all(self, request: Request) -> Response:
        """List app offerings (specification, section "List app offerings")."""
        return await self._list(request, None)

    async def _list(self, request: Request, predefined: Predefined | None) -> Response:
        if not self.index.is_watched:
            await run_in_threadpool(self.index.refresh)
        query = _query(request)
        selection = _selection(query, predefined)
        place = paging.read_place(query, selection.order)
        fields, address = selection.shown, self._address(request)
        with self.index.ordered(selection.order) as rows:
            cut = paging.page_at(_selected(rows, selection), place, selection.order)
            shown = [it for row in cut.rows if (it := self.index.find(cast(int, row["id"])))]
            given = [fields_of(it, fields, self.index.known, address) for it in shown]
        headers = paging.headers(cut, _base(request) + request.url.path, query, selection.order)
        return answer(given, headers=headers)

    async def get(self, name: str, request: Request) -> Response:
        """Get one app offering, or the list of a predefined filter (specification, section "Get a single …")."""
        if name in PREDEFINED:
            return await self._list(request, name)
        it = await self._found(name)
        fields = [part for part in _query(request).split("&") if part.startswith("fields=")]
        selection = _selection("&".join(fields), None)
        tag = etag(it, self.index.known)
        headers = {"ETag": tag}
        if _names_tag(request.headers.getlist("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        if selection.fields:
            return answer(fields_of(it, selection.shown, self.index.known, self._address(request)), headers=headers)
        return answer(whole_record(it, self.index.known, self._address(request)), headers=headers)

    async def create(self, request: Request) -> Response:
        """Create an app offering, a draft (specification, section "Create an app offering")."""
        body = read_body(await request.body())
        source = next((request.headers[name] for name in _SOURCES if name in request.headers), None)
        it = await run_in_threadpool(self.store.create, body, source)
        return self._written(it, request, 201, {"Location": f"{_base(request)}/v1/app_offerings/{it.id}"})

    async def update(self, name: str, request: Request) -> Response:
        """Change an app offering (specification, section "Update an app offering")."""
        number = id_named(name)
        if number is None:
            raise RefusedError(404)
        body = read_body(await request.body())
        wanted = request.headers.getlist("if-match")
        admits = partial(_admits, wanted)
        it = await run_in_threadpool(self.store.amend, number, body, admits, self._address(request))
        return self._written(it, request, 200, {})

    def _written(self, it: Stored, request: Request, status: int, headers: dict[str, str]) -> Response:
        record = whole_record(it, self.index.known, self._address(request))
        return answer(record, status, {"ETag": etag(it, self.index.known), **headers})

    async def _found(self, name: str) -> Stored:
        number = id_named(name)
        it = self.index.find(number) if number is not None else None
        if number is not None and (it is None or not self.index.is_seen(it.folder)):
            if it is None and not self.index.is_watched:
                await run_in_threadpool(self.index.refresh)
            it = await run_in_threadpool(self.index.fresh, number)
        if it is None:
            raise RefusedError(404)
        return it

    # --- /v1/attachments, /v1/files

    async def storage(self, request: Request) -> Response:
        """Say where attachments are uploaded to."""
        return answer(self.uploads.storage(_base(request)))

    async def upload(self, ticket: str, request: Request) -> Response:
        """Take an upload."""
        place = self.signer.admitted(ticket)
        async with request.form(max_files=1, max_fields=20) as form:
            file, key = form.get("file"), form.get("key")
            if not isinstance(file, UploadFile) or not isinstance(key, str):
                raise invalid(("file" if isinstance(key, str) else "key", "can't be blank"))
            content = await file.read()
            stored_key = await run_in_threadpool(self.uploads.receive, place, key, file.filename or "", content)
        return answer({"key": stored_key})

    async def file(self, number: str, key: str, request: Request) -> Response:
        """Give a file of an offering to who has its signed address."""
        self.signer.check(f"/v1/files/{number}/{key}", request.query_params)
        response = await run_in_threadpool(download, await self._found(number), key)
        if _names_tag(request.headers.getlist("if-none-match"), response.headers["etag"]):
            return Response(status_code=304, headers={"ETag": response.headers["etag"]})
        return response

    def _address(self, request: Request) -> Address:
        base = _base(request)
        return lambda number, key: base + self.signer.signed(file_path(number, key))


class _Account:
    """The account's name, as ``store.toml`` has it now; the last good one while that has a mistake."""

    def __init__(self, content: Path) -> None:
        self._content = content
        self._seen: Signature = signature([content / "store.toml"])
        self._name = load_store(content).account

    def name(self) -> str:
        seen = signature([self._content / "store.toml"])
        if seen != self._seen:
            with suppress(AppshelfError):
                self._name, self._seen = load_store(self._content).account, seen
        return self._name


def _query(request: Request) -> str:
    return str(request.scope["query_string"].decode("latin-1"))


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}"


def _selection(query: str, predefined: Predefined | None) -> Selection:
    try:
        return parse_selection(query, predefined)
    except SelectionError as error:
        raise RefusedError(400, str(error)) from None


def _selected(rows: Sequence[Filterable], selection: Selection) -> Sequence[Filterable]:
    """Return the rows that are asked for, in their order. Nothing is installed here, so nothing is consumed."""
    match selection.predefined:
        case "consumed":
            return []
        case "latest_internal":
            rows = [row for row in rows if row["draft"]]
        case "latest_published" | "all_latest_published":
            rows = [row for row in rows if not row["draft"]]
    return chosen(rows, selection.conditions) if selection.conditions else rows


def _names_tag(values: Sequence[str], tag: str) -> bool:
    """Whether a list of entity tags names this one, by the weak comparison (RFC 9110, section 8.8.3.2)."""
    tags = [each.strip().removeprefix("W/") for value in values for each in value.split(",")]
    return "*" in tags or tag in tags


def _admits(wanted: Sequence[str], tag: str) -> bool:
    """Whether ``If-Match`` is met, by the strong comparison; none asks for nothing (our decision)."""
    tags = [each.strip() for value in wanted for each in value.split(",")]
    return not tags or "*" in tags or tag in tags
