"""The clock: the only module that reads the time or waits for it."""

from __future__ import annotations

import datetime as dt
import time
import typing as t

if t.TYPE_CHECKING:
    import threading


class Clock(t.Protocol):
    """Time as the run sees it, so that tests need not wait."""

    def now(self) -> float:
        """Seconds since some moment, never going back."""

    def epoch_seconds(self) -> int:
        """Seconds since 1970."""

    def utc_now(self) -> dt.datetime:
        """The time of day, in UTC."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for a time or for the event; whether the event is set."""

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a time or until somebody notifies; the caller holds the condition."""


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()

    def epoch_seconds(self) -> int:
        """Seconds since 1970."""
        return int(time.time())

    def utc_now(self) -> dt.datetime:
        """The time of day, in UTC."""
        return dt.datetime.now(tz=dt.timezone.utc)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for a time or for the event; whether the event is set."""
        return stop.wait(seconds)

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a time or until somebody notifies; the caller holds the condition."""
        changed.wait(seconds)
