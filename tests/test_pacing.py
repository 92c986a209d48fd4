"""How long to wait, as arithmetic on times that are handed in."""

from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.pacing import PLATFORM, Pace, Window, backoff, retry_after

NOW = 1_767_225_600.0


def date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("120", 120),
        ("121", None),
        ("1000000000", None),
        ("9" * 5000, None),
        ("-5", None),
        ("7.5", None),
        ("+7", None),
        ("٧", None),
        ("0x10", None),
        ("soon", None),
        ("", None),
        (date(30), 30),
        (date(120), 120),
        (date(121), None),
        (date(-30), None),
        (date(0), None),
        ("Thu, 01 Jan 2026 00:00:45 GMT", 45),
        ("Thu, 01 Jan 2026 00:00:45 -0000", 45),
        ("Thursday, 01-Jan-26 00:00:45 GMT", 45),
        ("Thu, 99 Jan 2026 00:00:45 GMT", None),
        ("Thu, 01 Jan 9999 00:00:45 GMT", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    """Up to 120 seconds are obeyed; nonsense is as if nothing was said."""
    assert retry_after(httpx.Headers([(b"Retry-After", header.encode())]), NOW) == seconds


def test_no_retry_after() -> None:
    assert retry_after(httpx.Headers(), NOW) is None


def test_a_date_is_measured_by_the_clock_that_wrote_it() -> None:
    """Ours may be an hour off."""
    headers = httpx.Headers({"Retry-After": date(3630), "Date": date(3600)})
    assert retry_after(headers, NOW) == 30
    assert retry_after(httpx.Headers({"Retry-After": date(30), "Date": "nonsense"}), NOW) == 30


def test_backoff_doubles_and_is_left_to_chance() -> None:
    most = [backoff(attempt, lambda low, high: high) for attempt in range(1, 9)]
    assert most == [1, 2, 4, 8, 16, 30, 30, 30]
    assert {backoff(attempt, lambda low, high: low) for attempt in range(1, 9)} == {0}


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=80),
    st.lists(st.builds(Window, st.integers(1, 6), st.floats(0.5, 5)), min_size=1, max_size=3),
)
def test_no_window_ever_holds_more_than_it_may(pauses: list[float], windows: list[Window]) -> None:
    """Whenever requests are wanted, those that are made after their wait keep every limit, and wait no longer."""
    pace, now, made = Pace(windows), 0.0, []
    for pause in pauses:
        now += pause
        wait = pace.wait(now)
        now += wait
        made.append(now)
        pace.note(now)
        for window in windows:
            recent = [moment for moment in made if moment > now - window.seconds + 1e-6]
            assert len(recent) <= window.requests
        if wait > 1e-6:
            assert any(
                len([moment for moment in made[:-1] if moment > now - window.seconds - 1e-6]) >= window.requests
                for window in windows
            )


def test_the_platforms_limits() -> None:
    """api.md, "Errors and limits": about 20 requests in 2 seconds, 3,600 in an hour."""
    assert {(window.requests <= 19, window.seconds) for window in PLATFORM} == {(True, 2.0), (False, 3600.0)}
    assert max(window.requests for window in PLATFORM) < 3600
    assert Pace(()).wait(0.0) == 0
