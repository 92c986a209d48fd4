"""The same work for many things, on several cores."""

import gc
import multiprocessing
import signal
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from generator.errors import OutputError

T = TypeVar("T")

CHUNK = 16
"""The most things a worker takes at a time: few enough to share work evenly, enough to make hand-overs cheap."""

_work: Callable[[int], object] | None = None


def spread(work: Callable[[int], T], count: int, jobs: int) -> Generator[T, None, None]:
    """Yield ``work(0)`` to ``work(count - 1)``, in this order, computed by up to `jobs` processes.

    Workers are forked, so `work` and all that it refers to is theirs without being copied or pickled; only results
    travel. Where there is no fork, or too little work to pay for one, the work is done here. Raises `OutputError`
    when a worker is killed.
    """
    size = max(1, min(CHUNK, count // (4 * jobs)))
    chunks = [range(start, min(start + size, count)) for start in range(0, count, size)]
    if jobs < 2 or len(chunks) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, range(count))
        return
    gc.freeze()  # a collection in a worker would touch, and so copy, every page that it shares with us
    fork = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(min(jobs, len(chunks)), fork, initializer=_adopt, initargs=(work,))
    try:
        for results in pool.map(_run, chunks):
            yield from results  # type: ignore[misc]  # what `work` returns, on its way through a pipe
    except BrokenProcessPool:
        raise OutputError("a worker process was ended, perhaps for want of memory; try fewer --jobs") from None
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def _adopt(work: Callable[[int], object]) -> None:
    """Begin a worker: remember its work, and leave an interrupt to the main process."""
    global _work  # a forked worker's one piece of state
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(numbers: range) -> list[object]:
    if _work is None:
        raise RuntimeError("a worker was asked to run before it was given its work")
    return [_work(number) for number in numbers]
