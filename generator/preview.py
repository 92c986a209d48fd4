"""``appshelf preview``: the store on the author's own machine, loaded again in the browser with every change.

    changes ──▶ update ──▶ reload         a page is rendered when it is asked for, and no site is written

The first edition is made before there is a thread, so that it may fork; later ones are made in a thread of their own,
and the server answers meanwhile.
"""

import asyncio
import errno
import gc
import signal
import socket
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tornado.netutil import bind_sockets

from generator.build import Progress
from generator.errors import Problem, RemoteError, UsageError
from generator.preview_answers import PreviewAnswers
from generator.preview_server import PreviewServer
from generator.settings import Settings, checked_base_url
from generator.watching import changes
from generator.workshop import Workshop

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class News:
    """What became of a change: the problems that there are now, or none, and how long it took, in seconds.

    `notices` are what is to be told of the fetch that the first edition was made from.
    """

    offerings: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: int = 0
    seconds: float = 0
    notices: tuple[Problem, ...] = ()


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
    if settings.base_url is not None:
        checked_base_url(settings.base_url)  # while previewed, the address is ours
    sockets = _listening(host, port)
    signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))  # a terminal that is closed
    address = f"http://{_in_address(host)}:{sockets[0].getsockname()[1]}/"
    with (
        TemporaryDirectory(prefix="appshelf-preview-") as folder,
        closing(Workshop(replace(settings, base_url=address), Path(folder), audience.progress)) as workshop,
    ):
        try:
            audience.told(replace(_updated(workshop, settings.jobs) or News(), notices=workshop.notices))
        except KeyboardInterrupt:
            return signal.SIGINT
        gc.freeze()  # the first edition stays: looking through it for garbage would cost as much as the next one
        server = PreviewServer(PreviewAnswers(workshop), host, sockets)
        return asyncio.run(_serve(workshop, server, audience))


async def _serve(workshop: Workshop, server: PreviewServer, audience: Audience) -> int:
    stop, ended_by = asyncio.Event(), [0]

    def end(number: int) -> None:
        ended_by[0] = number
        stop.set()

    for number in _ENDING:
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    server.serve()
    audience.ready(str(workshop.settings.base_url))
    async for touched in changes(*_watched(workshop.settings), stop):
        if news := await asyncio.to_thread(_updated, workshop, touched=touched):
            server.reload_all()
            with suppress(OSError):  # a terminal that is gone
                audience.told(news)
    await server.close()
    return ended_by[0]


def _updated(workshop: Workshop, jobs: int = 1, *, touched: Collection[str] | None = None) -> News | None:
    """Make the edition anew, and tell if anything else is to be seen. Even a defect of ours does not end the server."""
    began = time.perf_counter()
    try:
        if not workshop.update(jobs, touched=touched):
            return None
    except UsageError:
        raise
    except RemoteError as error:
        if not workshop.stamp:
            raise
        workshop.fail(Problem("appshelf", "", str(error)))
    except Exception as error:
        traceback.print_exc()
        workshop.fail(
            Problem("appshelf", "", f"a defect of ours, told in the terminal: {type(error).__name__}: {error}")
        )
    edition, view = workshop.edition, workshop.view
    offerings = len(edition.catalog.shown(drafts=view.drafts)) if edition else 0
    warnings = len(edition.problems(view)) if edition else 0
    return News(offerings, workshop.problems, warnings, time.perf_counter() - began)


def _watched(settings: Settings) -> tuple[Sequence[Path], Sequence[Path]]:
    """Return the folders and the files whose changes may show."""
    files = [] if settings.source in {"content", "api"} else [Path(settings.source)]
    return (settings.content, *settings.template_folders), files


def _listening(host: str, port: int) -> list[socket.socket]:
    try:
        return bind_sockets(port, host)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        other = "another --port" if getattr(error, "errno", 0) == errno.EADDRINUSE else "another --host or --port"
        raise UsageError(f"cannot listen at {host}, port {port}: {reason.lower()}; choose {other}") from None


def _in_address(host: str) -> str:
    """Write a host as a browser's address has it; who listens everywhere is met at loopback."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  # compared, not listened at
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
