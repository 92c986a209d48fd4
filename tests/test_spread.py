"""Work on several cores: the same results in the same order, and errors that arrive whole."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import generator
from generator.errors import InputError, OutputError, Problem
from generator.spread import CHUNK, at_once, spread

JOBS = [1, 2, 3]


@pytest.mark.parametrize("jobs", JOBS)
@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 7 * CHUNK + 5])
def test_results_come_in_order(count: int, jobs: int) -> None:
    assert list(spread(lambda number: number * number, count, jobs)) == [number * number for number in range(count)]


def test_more_jobs_than_work_are_no_mistake() -> None:
    assert list(spread(str, 2 * CHUNK, 99)) == [str(number) for number in range(2 * CHUNK)]


def test_slow_work_at_the_front_does_not_change_the_order() -> None:
    def work(number: int) -> int:
        if number == 0:
            sum(range(2_000_000))
        return number

    assert list(spread(work, 4 * CHUNK, 2)) == list(range(4 * CHUNK))


def test_several_jobs_are_several_processes() -> None:
    processes = set(spread(lambda _: os.getpid(), 20 * CHUNK, 2))
    assert os.getpid() not in processes
    assert 1 <= len(processes) <= 2


@pytest.mark.parametrize(("count", "jobs"), [(20 * CHUNK, 1), (1, 4)])
def test_one_job_or_little_work_stays_here(count: int, jobs: int) -> None:
    assert set(spread(lambda _: os.getpid(), count, jobs)) == {os.getpid()}


def test_work_need_not_be_picklable() -> None:
    """A closure over something that cannot travel, as templates cannot."""
    secret = (letter for letter in "abc")
    assert set(spread(lambda _: type(secret).__name__, 2 * CHUNK, 2)) == {"generator"}


def failing(at: int, error: Exception) -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == at:
            raise error
        return number

    return work


PROBLEMS = (
    Problem("content/offerings/dawn/offering.toml", "features", "is long", warning=True),
    Problem("content/offerings/dusk/offering.toml", "name", "is missing", line=4, column=2),
)


@pytest.mark.parametrize("jobs", JOBS)
@pytest.mark.parametrize("at", [0, CHUNK, 4 * CHUNK - 1])
def test_problems_arrive_whole(at: int, jobs: int) -> None:
    with pytest.raises(InputError) as caught:
        list(spread(failing(at, InputError(PROBLEMS)), 4 * CHUNK, jobs))
    assert caught.value.problems == PROBLEMS
    assert str(caught.value).endswith("\ncontent/offerings/dusk/offering.toml:4:2: name: is missing")


@pytest.mark.parametrize("jobs", JOBS)
@pytest.mark.parametrize("error", [OutputError("no space left"), ValueError("a defect"), KeyError("lost")], ids=repr)
def test_other_errors_keep_type_and_message(error: Exception, jobs: int) -> None:
    with pytest.raises(type(error)) as caught:
        list(spread(failing(3, error), 4 * CHUNK, jobs))
    assert str(caught.value) == str(error)


@pytest.mark.parametrize("jobs", JOBS)
def test_of_several_errors_the_first_by_order_is_told(jobs: int) -> None:
    def work(number: int) -> int:
        if number in {CHUNK + 3, 3 * CHUNK}:
            raise OutputError(str(number))
        return number

    with pytest.raises(OutputError) as caught:
        list(spread(work, 4 * CHUNK, jobs))
    assert str(caught.value) == str(CHUNK + 3)


@pytest.mark.parametrize("jobs", JOBS)
def test_what_was_done_before_an_error_is_there(jobs: int) -> None:
    """All up to the chunk in which the error arose."""
    results: list[int] = []
    with pytest.raises(ValueError, match="late"):
        results.extend(spread(failing(2 * CHUNK, ValueError("late")), 8 * CHUNK, jobs))
    assert results == list(range(len(results)))
    assert len(results) >= CHUNK


def test_a_worker_that_dies_is_an_error_and_no_hang() -> None:
    def work(number: int) -> int:
        if number == CHUNK:
            os._exit(9)
        return number

    with pytest.raises(OutputError, match="fewer --jobs"):
        list(spread(work, 4 * CHUNK, 2))


def test_no_worker_outlives_the_work() -> None:
    """Also when whoever asked stops in the middle."""
    script = (
        "import os; from generator.spread import CHUNK, at_once, spread\n"
        "whole = set(spread(lambda _: os.getpid(), 8 * CHUNK, 2))\n"
        "part = spread(lambda _: os.getpid(), 8 * CHUNK, 2); whole.add(next(part)); part.close()\n"
        "for process in whole:\n"
        "    try: os.kill(process, 0)\n"
        "    except ProcessLookupError: continue\n"
        "    raise SystemExit(f'{process} is still there')\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('alone')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(generator.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "alone\n", "")


def test_several_are_waited_for_at_once_and_given_in_order() -> None:
    """Each of four waits until all four wait: one after the other, none would ever be done."""
    together = threading.Barrier(4, timeout=30)

    def work(number: int) -> int:
        if number < 4:
            together.wait()
        return number * 10

    assert list(at_once(work, range(50), threads=4)) == [number * 10 for number in range(50)]


def test_no_thread_is_left_after_the_last_result() -> None:
    before = set(threading.enumerate())
    assert list(at_once(str, [1, 2, 3], threads=8)) == ["1", "2", "3"]
    assert set(threading.enumerate()) <= before
    assert list(at_once(str, [], threads=8)) == []


def test_who_stops_early_stops_the_rest() -> None:
    begun: list[int] = []
    results = at_once(begun.append, range(1000), threads=2)
    assert next(results) is None
    results.close()
    assert len(begun) <= 4, "twice as many as there are threads were handed out"


def test_an_error_comes_where_its_result_would_have_come() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise LookupError("three")
        return number

    results = at_once(work, range(8), threads=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError, match="three"):
        next(results)
