"""How long to wait: before a request, so that the platform need not refuse it, and after one that failed.

Plain arithmetic on times that are handed in; nobody sleeps here.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

LONGEST_WAIT: Final = 120.0
"""Seconds that a ``Retry-After`` may ask for."""
FIRST_BACKOFF: Final = 1.0
LONGEST_BACKOFF: Final = 30.0

_SECONDS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True)
class Window:
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: float


PLATFORM: Final = (Window(18, 2.0), Window(3500, 3600.0))
"""A little below what the platform allows a token: about 20 requests in 2 seconds, 3,600 in an hour."""


class Pace:
    """Remembers when requests were made, and tells how long the next has to wait."""

    def __init__(self, windows: Sequence[Window] = PLATFORM) -> None:
        self._windows = windows
        self._made: deque[float] = deque(maxlen=max((window.requests for window in windows), default=1))

    def wait(self, now: float) -> float:
        """Return the seconds until every window has room for one more."""
        waits = (
            self._made[-window.requests] + window.seconds - now
            for window in self._windows
            if len(self._made) >= window.requests
        )
        return max(0.0, *waits, 0.0)

    def note(self, now: float) -> None:
        """Remember a request that is made now."""
        self._made.append(now)


def backoff(attempt: int, jitter: Callable[[float, float], float]) -> float:
    """Return the seconds to wait after the failed `attempt`, counted from 1: anything up to twice as long each time.

    The whole of the time is left to chance ("full jitter"), so that those who failed together do not return together.
    """
    return jitter(0.0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (attempt - 1)))


def retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (RFC 9110, section 10.2.3), as seconds or as a date.

    A date is measured from the answer's own ``Date`` where there is one, as its clock may differ from ours, else
    from `now` (seconds since 1970). ``None`` for what is missing, nonsense, over, or more than `LONGEST_WAIT`.
    """
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        seconds = float(asked)
        return seconds if seconds <= LONGEST_WAIT else None
    until, told = _moment(asked), _moment(headers.get("date", ""))
    if until is None:
        return None
    seconds = until - (now if told is None else told)
    return seconds if 0 < seconds <= LONGEST_WAIT else None


def _moment(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() if _is_sane(moment) else None


def _is_sane(moment: datetime) -> bool:
    return 1970 <= moment.year < 9999
