"""Asking again: when a failure may pass, how long to wait, and when to give up.

A sync (one `Patience`) has ten minutes for all that it asks, waits included; each try has a minute.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from generator.errors import ConnectionFailedError, DeadlineError
from generator.pacing import Pace, backoff, retry_after
from generator.wire import Answer, Limits

TRIES: Final = 5
REQUEST_SECONDS: Final = 60.0
SYNC_SECONDS: Final = 600.0
PAGE_BYTES: Final = 32 << 20

Again = Literal["whenever it failed", "unless it arrived"]
"""When a request may be sent again: one that changes nothing always, another only when it certainly did nothing."""


@dataclass(frozen=True)
class Timing:
    """The world's time, handed in: `sleep` waits, `clock` counts seconds, `now` is the time since 1970."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    jitter: Callable[[float, float], float] = random.uniform


class Patience:
    """Sends requests at a pace, and again where that may help. The time of the sync runs from its first request."""

    def __init__(self, timing: Timing, pace: Pace | None = None, seconds: float = SYNC_SECONDS) -> None:
        self.timing = timing
        self._pace = pace or Pace()
        self._seconds = seconds
        self._ends: float | None = None

    def answer(self, send: Callable[[Limits], Answer], host: str, again: Again) -> Answer:
        """Call `send` up to five times and return its answer.

        That is the first one which is neither a 429 nor a 5xx; after the last try, or where `again` forbids another,
        whatever came. A 429 did nothing, so everything may follow it. Raises what `send` raises once it is not
        worth another try, and `DeadlineError` rather than wait beyond the end of the sync.
        """
        attempt = 0
        while True:
            attempt += 1
            self._keep_pace(host)
            began = self.timing.clock()
            try:
                answer = send(Limits(PAGE_BYTES, seconds=self._left(host, REQUEST_SECONDS)))
            except (ConnectionFailedError, DeadlineError) as error:
                is_spent = self.timing.clock() - began >= REQUEST_SECONDS
                if attempt == TRIES or is_spent or (error.arrived and again == "unless it arrived"):
                    raise
                asked = None
            else:
                if not _may_pass(answer.status, again) or attempt == TRIES:
                    return answer
                asked = retry_after(answer.headers, self.timing.now())
            self._wait(backoff(attempt, self.timing.jitter) if asked is None else asked, host)

    def back_off(self, attempt: int, host: str) -> None:
        """Wait after the failed `attempt`, counted from 1."""
        self._wait(backoff(attempt, self.timing.jitter), host)

    def _keep_pace(self, host: str) -> None:
        if (seconds := self._pace.wait(self.timing.clock())) > 0:
            self._wait(seconds, host)
        self._pace.note(self.timing.clock())

    def _left(self, host: str, most: float) -> float:
        now = self.timing.clock()
        if self._ends is None:
            self._ends = now + self._seconds
        if now >= self._ends:
            raise DeadlineError(f"{host}: not done after {self._seconds / 60:g} minutes")
        return min(most, self._ends - now)

    def _wait(self, seconds: float, host: str) -> None:
        if seconds > 0 and seconds >= self._left(host, SYNC_SECONDS):
            raise DeadlineError(f"{host}: would be done only after {self._seconds / 60:g} minutes")
        self.timing.sleep(seconds)


def _may_pass(status: int, again: Again) -> bool:
    return status == 429 or (status >= 500 and again == "whenever it failed")
