"""Owns the sandbox's time: seconds that can run faster than real ones, and dates in the API's format.

The only module of the sandbox that reads a clock. Tests pass clocks of their own.
"""

from __future__ import annotations

import time
import typing as t
from datetime import datetime, timedelta, timezone

if t.TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT_TIME_ZONE = timezone(timedelta(hours=-5))
"""The account's time zone, that of the reference's examples (custom field values reference)."""


class Clock:
    """Seconds for limits and imports, and the date for `cdate` and `udate`.

    Args:
        speed: Sandbox seconds that pass in one real second. Dates stay real.
        monotonic: Real seconds since some moment.
        now: The real date, with a time zone.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._monotonic = monotonic
        self._now = now
        self._passed = 0.0
        self._since = monotonic()
        self._speed = _checked_speed(speed)

    @property
    def speed(self) -> float:
        """Sandbox seconds in one real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        passed = self.seconds()
        self._speed = _checked_speed(speed)
        self._passed, self._since = passed, self._monotonic()

    def seconds(self) -> float:
        """Return the sandbox seconds since the start, which never go back."""
        return self._passed + (self._monotonic() - self._since) * self._speed

    def real_seconds(self, seconds: float) -> float:
        """Return the real seconds in which these sandbox seconds pass."""
        return seconds / self._speed

    def monotonic_seconds(self) -> float:
        """Return real seconds since some moment, to measure durations."""
        return self._monotonic()

    def epoch_seconds(self) -> int:
        """Return the whole real seconds since 1970."""
        return int(self._now().timestamp())

    def date(self, seconds_ago: int = 0) -> str:
        """Return the date in the API's format, now or earlier, e.g. `2026-01-02T10:00:00-05:00`."""
        moment = self._now() - timedelta(seconds=seconds_ago)
        return moment.astimezone(ACCOUNT_TIME_ZONE).isoformat(timespec="seconds")


def _checked_speed(speed: float) -> float:
    if not 0 < speed < float("inf"):
        raise ValueError(f"speed must be a number above 0, not {speed}")
    return speed
