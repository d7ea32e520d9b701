"""The clock. Owns reading the time and waiting for it: no other module does either."""

from __future__ import annotations

import datetime as dt
import time
import typing as t

if t.TYPE_CHECKING:
    import threading


class Clock(t.Protocol):
    """The run's time, so that tests need not wait."""

    def now(self) -> float:
        """Return the seconds since some moment; they never go back."""

    def epoch_seconds(self) -> int:
        """Return the seconds since 1970."""

    def utc_now(self) -> dt.datetime:
        """Return date and time in UTC."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for a time or for the event, and return whether the event is set."""

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a time or until another thread notifies; the caller holds the condition."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return the seconds since some moment; they never go back."""
        return time.monotonic()

    def epoch_seconds(self) -> int:
        """Return the seconds since 1970."""
        return int(time.time())

    def utc_now(self) -> dt.datetime:
        """Return date and time in UTC."""
        return dt.datetime.now(tz=dt.timezone.utc)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for a time or for the event, and return whether the event is set."""
        return stop.wait(seconds)

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a time or until another thread notifies; the caller holds the condition."""
        changed.wait(seconds)
