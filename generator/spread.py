"""The same work for many things, on several cores, or waiting for several at once."""

import gc
import multiprocessing
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from queue import SimpleQueue
from typing import Generic, TypeVar

from generator.errors import OutputError

T = TypeVar("T")
Thing = TypeVar("Thing")

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


def at_once(work: Callable[[Thing], T], things: Sequence[Thing], threads: int) -> Generator[T, None, None]:
    """Yield ``work(thing)`` for each thing, in this order, waiting for up to `threads` of them at the same time.

    For work that waits rather than reckons. No more than twice as many things are begun as were taken, so that who
    stops early stops the rest; a thread that still waits is then left behind. After the last one none is left.
    """
    desk = _Desk(work, things)
    workers = [threading.Thread(target=desk.serve, daemon=True) for _ in range(min(threads, len(things)))]
    for worker in workers:
        worker.start()
    coming = iter(range(len(things)))
    for number in islice(coming, 2 * threads):
        desk.todo.put(number)
    try:
        for number in range(len(things)):
            yield desk.result(number)
            for following in islice(coming, 1):
                desk.todo.put(following)
    finally:
        desk.is_closed = True
        for _ in workers:
            desk.todo.put(None)
    for worker in workers:
        worker.join()


class _Desk(Generic[Thing, T]):
    """Where threads take what is to be done, and hand in what came of it."""

    def __init__(self, work: Callable[[Thing], T], things: Sequence[Thing]) -> None:
        self.todo: SimpleQueue[int | None] = SimpleQueue()
        self.is_closed = False
        self._work, self._things = work, things
        self._done: SimpleQueue[tuple[int, T | None, BaseException | None]] = SimpleQueue()
        self._early: dict[int, tuple[T | None, BaseException | None]] = {}

    def serve(self) -> None:
        while (number := self.todo.get()) is not None and not self.is_closed:
            try:
                self._done.put((number, self._work(self._things[number]), None))
            except BaseException as error:  # handed over to the one who waits
                self._done.put((number, None, error))

    def result(self, number: int) -> T:
        while number not in self._early:
            finished, result, error = self._done.get()
            self._early[finished] = result, error
        result, error = self._early.pop(number)
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # there was no error
