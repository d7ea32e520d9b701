"""A clock for tests of waits: a wait takes no time, and is kept."""

from __future__ import annotations

import datetime as dt
import typing as t

if t.TYPE_CHECKING:
    import threading


class FakeClock:
    """A clock that waits in no time."""

    def __init__(self, now: float = 1000.0) -> None:
        self.seconds = now
        self.waits: list[float] = []
        self.on_wait: t.Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.seconds

    def utc_now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.seconds, tz=dt.timezone.utc)

    def epoch_seconds(self) -> int:
        return int(self.seconds)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self._pass(seconds)
        return stop.is_set()

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        assert seconds > 0
        self.waits.append(seconds)
        self.on_wait()
        self.seconds += seconds
