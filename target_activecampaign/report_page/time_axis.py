"""Owns how the seconds of a run lie on an axis: as seconds, minutes or hours, by the run's length."""

from __future__ import annotations

import typing as t

_UNITS = ((3 * 3600, 3600, "hours"), (180, 60, "minutes"), (0, 1, "seconds"))


class TimeAxis(t.NamedTuple):
    """A unit of time.

    Attributes:
        seconds: Of one unit.
        name: The word for several.
    """

    seconds: int
    name: str

    def place(self, seconds: float) -> float:
        """Return where a moment lies."""
        return seconds / self.seconds


def time_axis(longest_seconds: float) -> TimeAxis:
    """Return the unit in which a run of this length is read best."""
    return next(TimeAxis(unit, name) for least, unit, name in _UNITS if longest_seconds >= least)
