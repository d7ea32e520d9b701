"""Owns how long ActiveCampaign took for imports, over the run, in bounded memory. Pure, time is an argument.

Times are kept as counts of two significant digits, which merge without a loss, so a median is exact to 5 %.
"""

from __future__ import annotations

import typing as t
from collections import Counter

MOST_SPANS = 200
_FIRST_SPAN_SECONDS = 1.0


class ImportTimes:
    """Times of imports that ended, by the span of the run in which they did."""

    def __init__(self) -> None:
        """Start without any."""
        self._span_seconds = _FIRST_SPAN_SECONDS
        self._first_at = 0.0
        self._spans: dict[int, Counter[float]] = {}
        self._all: Counter[float] = Counter()

    def note(self, ended_at: float, seconds: float) -> None:
        """Count an import.

        Args:
            ended_at: Seconds on the run's clock.
            seconds: From its submission until it was seen to have ended.
        """
        if not self._spans:
            self._first_at = ended_at
        rounded = float(f"{max(0.0, seconds):.2g}")
        self._all[rounded] += 1
        self._spans.setdefault(self._span_of(ended_at), Counter())[rounded] += 1
        while self._span_of(ended_at) >= MOST_SPANS:
            self._halve()

    @property
    def median(self) -> float | None:
        """The median time of all imports; `None` before one has ended."""
        return _quantile(self._all, 0.5) if self._all else None

    def as_json(self, started_at: float) -> list[dict[str, t.Any]]:
        """Return the times as the report holds them: at most 200 entries.

        Args:
            started_at: When the run began, on its clock.
        """
        return [
            {
                "seconds": max(0, int(self._first_at + span * self._span_seconds - started_at)),
                "imports": times.total(),
                "median": _quantile(times, 0.5),
                "p95": _quantile(times, 0.95),
            }
            for span, times in sorted(self._spans.items())
        ]

    def _span_of(self, ended_at: float) -> int:
        return max(0, int((ended_at - self._first_at) / self._span_seconds))

    def _halve(self) -> None:
        """Make spans twice as long."""
        self._span_seconds *= 2
        merged: dict[int, Counter[float]] = {}
        for span, times in self._spans.items():
            merged.setdefault(span // 2, Counter()).update(times)
        self._spans = merged


def _quantile(times: Counter[float], share: float) -> float:
    """Return the time that this share of imports did not exceed."""
    left = share * times.total()
    for seconds, count in sorted(times.items()):
        left -= count
        if left <= 0:
            return seconds
    return max(times)
