"""``appshelf preview``: the store on the author's own machine, loaded again in the browser with every change.

    changes ──▶ update ──▶ reload         a page is rendered when it is asked for, and no site is written

The first edition is made before there is a thread, so that it may fork; later ones are made in a thread of their own,
and the server answers meanwhile.
"""

import asyncio
import gc
import signal
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tornado.netutil import bind_sockets

from generator.build import Progress
from generator.errors import Problem, UsageError
from generator.preview_answers import PreviewAnswers
from generator.preview_server import PreviewServer
from generator.settings import Settings
from generator.watching import changes
from generator.workshop import Workshop


@dataclass(frozen=True)
class News:
    """What became of a change: the problems that there are now, or none, and how long it took, in seconds."""

    offerings: int
    problems: tuple[Problem, ...]
    seconds: float


@dataclass(frozen=True)
class Audience:
    """Who is told.

    `progress` of how far an edition is, `ready` once, of the address, and `told` of every edition that shows something
    else.
    """

    progress: Progress
    ready: Callable[[str], None]
    told: Callable[[News], None]


def preview(settings: Settings, host: str, port: int, audience: Audience) -> int:
    """Serve the store at `host` and `port` (0: any that is free) until a signal ends it; return the signal's number.

    Raises `UsageError` when nobody can listen there.
    """
    sockets = _listening(host, port)
    address = f"http://{_in_address(host)}:{sockets[0].getsockname()[1]}/"
    with TemporaryDirectory(prefix="appshelf-preview-") as folder:
        workshop = Workshop(replace(settings, base_url=address), Path(folder), audience.progress)
        audience.told(_updated(workshop, settings.jobs) or News(0, (), 0))
        gc.freeze()  # the first edition stays: looking through it for garbage would cost as much as the next one
        server = PreviewServer(PreviewAnswers(workshop), host, sockets)
        return asyncio.run(_serve(workshop, server, audience))


async def _serve(workshop: Workshop, server: PreviewServer, audience: Audience) -> int:
    stop, ended_by = asyncio.Event(), [0]

    def end(number: int) -> None:
        ended_by[0] = number
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    server.serve()
    audience.ready(str(workshop.settings.base_url))
    async for _ in changes(*_watched(workshop.settings), stop):
        if news := await asyncio.to_thread(_updated, workshop):
            audience.told(news)
            server.reload_all()
    await server.close()
    return ended_by[0]


def _updated(workshop: Workshop, jobs: int = 1) -> News | None:
    """Make the edition anew, and tell if anything else is to be seen. Even a defect of ours does not end the server."""
    began = time.perf_counter()
    try:
        if not workshop.update(jobs):
            return None
    except UsageError:
        raise
    except Exception as error:
        traceback.print_exc()
        workshop.fail(
            Problem("appshelf", "", f"a defect of ours, told in the terminal: {type(error).__name__}: {error}")
        )
    edition = workshop.edition
    shown = edition.catalog.shown(drafts=workshop.view.drafts) if edition else ()
    return News(len(shown), workshop.problems, time.perf_counter() - began)


def _watched(settings: Settings) -> tuple[Sequence[Path], Sequence[Path]]:
    """Return the folders and the files whose changes may show."""
    files = [] if settings.source == "content" else [Path(settings.source)]
    return (settings.content, *settings.template_folders), files


def _listening(host: str, port: int) -> list[socket.socket]:
    try:
        return bind_sockets(port, host)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen at {host}, port {port}: {reason.lower()}; choose another with --port"
        ) from None


def _in_address(host: str) -> str:
    """Write a host as a browser's address has it; who listens everywhere is met at loopback."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  # compared, not listened at
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
