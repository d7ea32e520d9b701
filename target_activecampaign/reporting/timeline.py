"""Owns how a run went over time: at most 200 points, however long it was. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter, deque

if t.TYPE_CHECKING:
    from target_activecampaign.reporting.progress import Cause, Progress

MOST_POINTS = 200
PACE_SECONDS = 60.0
_LEAST_STEP_SECONDS = 0.5  # moments that the pace keeps, however often it is asked for


class Pace:
    """How many contacts are delivered in a minute, by the last minute."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._seen: deque[tuple[float, int]] = deque([(0.0, 0)])

    def note(self, seconds: float, delivered: int) -> int:
        """Return the pace.

        Args:
            seconds: Since the run began; looks are about a second apart, and never go back.
            delivered: Contacts until then.
        """
        while len(self._seen) > 1 and self._seen[1][0] <= seconds - PACE_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        if seconds >= self._seen[-1][0] + _LEAST_STEP_SECONDS:
            self._seen.append((seconds, delivered))
        return round(60 * (delivered - before) / (seconds - since)) if seconds > since else 0


class Timeline:
    """Points of a run, evenly apart, and how long it waited for what."""

    def __init__(self) -> None:
        """Start without a point."""
        self._points: list[Progress] = []
        self._last: Progress | None = None
        self._stride = 1
        self._looks = 0
        self._waiting: Counter[Cause] = Counter()

    def add(self, progress: Progress) -> None:
        """Take a look at the run; what it waits for counts for the time since the look before."""
        if self._last is not None and progress.waiting_for is not None:
            self._waiting[progress.waiting_for] += progress.seconds - self._last.seconds  # type: ignore[assignment]
        self._last = progress
        if self._looks % self._stride == 0:
            self._points.append(progress)
        self._looks += 1
        # One place is for the last look.
        if len(self._points) >= MOST_POINTS:
            self._points = self._points[::2]
            self._stride *= 2

    def points(self) -> list[dict[str, t.Any]]:
        """Return the points as the report holds them, the first and the last look among them."""
        last = [] if self._last is None or self._last in self._points[-1:] else [self._last]
        return [_as_point(progress) for progress in (*self._points, *last)]

    def waiting(self) -> dict[str, float]:
        """Return how many seconds the run waited, by cause."""
        return {cause: round(seconds, 1) for cause, seconds in sorted(self._waiting.items()) if seconds}


def _as_point(progress: Progress) -> dict[str, t.Any]:
    return {
        "seconds": int(progress.seconds),
        "delivered": progress.delivered,
        "read": progress.read,
        "per_minute": progress.per_minute,
        "imports_open": progress.imports_open,
        "waiting_for": progress.waiting_for,
    }
