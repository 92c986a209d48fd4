"""The preview's server: who may ask, and who is told when something changes.

It speaks livereload's protocol 7 with handlers of its own, because livereload's serve any file of a folder to any
site. Strangers are refused (`generator.door`).
"""

import asyncio
import json
import socket
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from generator.door import Door
from generator.headers import headers_for
from generator.preview_answers import PreviewAnswers

_PROTOCOL = "http://livereload.com/protocols/official-7"
_MOST_SOCKETS = 100
_MOST_BYTES = 64 * 1024
"""Of a request's body, and of a message: nothing that is asked here needs more."""


class PreviewServer:
    """Serves the answers on sockets that are bound already, and tells open pages when to load again."""

    def __init__(self, answers: PreviewAnswers, host: str, sockets: list[socket.socket]) -> None:
        self.answers = answers
        self._sockets = sockets
        self.open_pages: set[_Reload] = set()
        shared = {"door": Door(host), "server": self}
        application = Application(
            [("/livereload", _Reload, shared), ("/.*", _Pages, shared)],
            websocket_max_message_size=_MOST_BYTES,
            websocket_ping_interval=30,
            log_function=lambda _: None,
        )
        self._http = HTTPServer(application, max_body_size=_MOST_BYTES, idle_connection_timeout=300)

    def serve(self) -> None:
        """Begin to answer, in the running event loop."""
        self._http.add_sockets(self._sockets)

    def reload_all(self) -> None:
        """Tell every open page to load again."""
        for page in [page for page in self.open_pages if page.listens]:
            page.reload()

    async def close(self) -> None:
        """Answer no more."""
        self._http.stop()
        for page in list(self.open_pages):
            page.close()
        await self._http.close_all_connections()


class _Guarded(RequestHandler):
    """Refuses strangers before anything is looked at."""

    def initialize(self, door: Door, server: PreviewServer) -> None:
        self.door, self.server = door, server

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in headers_for("/").items():
            self.set_header(name, value)

    def prepare(self) -> None:
        hosts = self.request.headers.get_list("Host")
        if not self.door.admits_host(hosts):
            raise HTTPError(403, reason="Forbidden: the Host is not that of the preview")
        if not self.door.admits_origin(self.request.headers.get_list("Origin"), hosts[0]):
            raise HTTPError(403, reason="Forbidden: another site asks")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")


class _Pages(_Guarded):
    """Every address of the store."""

    SUPPORTED_METHODS = ("GET", "HEAD")

    async def get(self) -> None:
        answer = await asyncio.to_thread(self.server.answers.answer, self.request.path)
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        await self.finish(answer.body)

    head = get


class _Reload(_Guarded, WebSocketHandler):
    """An open page: it says hello and which state it shows, and from then on is told when there is another."""

    listens = False

    def check_origin(self, origin: str) -> bool:
        return True  # `prepare` has judged it

    def open(self, *_: str) -> None:
        if len(self.server.open_pages) >= _MOST_SOCKETS:
            self.close(1013, "too many pages")
        else:
            self.server.open_pages.add(self)

    def on_message(self, message: str | bytes) -> None:
        match _message(message):
            case {"command": "hello"}:
                self._send({"command": "hello", "protocols": [_PROTOCOL], "serverName": "appshelf"})
            case {"command": "info", "plugins": {"appshelf": {"stamp": stamp}}}:
                self.listens = True
                if stamp != self.server.answers.stamp:
                    self.reload()
            case _:
                self.close(1002, "not livereload's protocol")

    def reload(self) -> None:
        """Tell the page to load again."""
        self._send({"command": "reload", "path": "/", "liveCSS": False})

    def on_close(self) -> None:
        self.server.open_pages.discard(self)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self.write_message(message)
        except WebSocketClosedError:
            self.server.open_pages.discard(self)


def _message(message: str | bytes) -> object:
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None
