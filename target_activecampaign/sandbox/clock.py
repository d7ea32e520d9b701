"""The sandbox's time: seconds that can run faster than the wall's, and dates as the API writes them.

The only module that reads a clock. Tests hand in their own.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT_TIME_ZONE = timezone(timedelta(hours=-5))
"""The account's own time zone; the reference's examples are in this one (custom field values reference)."""


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
        self._speed = checked_speed(speed)

    @property
    def speed(self) -> float:
        """Sandbox seconds in one real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        passed = self.seconds()
        self._speed = checked_speed(speed)
        self._passed, self._since = passed, self._monotonic()

    def seconds(self) -> float:
        """Return the sandbox seconds since the start; never goes back."""
        return self._passed + (self._monotonic() - self._since) * self._speed

    def real_seconds(self, seconds: float) -> float:
        """Return how many real seconds it takes for these sandbox seconds to pass."""
        return seconds / self._speed

    def date(self) -> str:
        """Return now as the API writes dates, e.g. `2026-01-02T10:00:00-05:00`."""
        return self._now().astimezone(ACCOUNT_TIME_ZONE).isoformat(timespec="seconds")


def checked_speed(speed: float) -> float:
    """Return `speed`, or complain.

    Raises:
        ValueError: It is not above 0.
    """
    if not 0 < speed < float("inf"):
        message = f"speed must be a number above 0, not {speed}"
        raise ValueError(message)
    return speed
