"""Owns the question when a request may go beside others, of which some are still to go. Pure.

Moments are seconds on one clock. It must not know runs, kinds of requests or servers.
"""

from __future__ import annotations

import math
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable

Interval: t.TypeAlias = "tuple[float, float]"
"""From when to when a request takes a permit; the end does not belong to it."""


class Window(t.NamedTuple):
    """A sliding window.

    Attributes:
        permits: How many.
        seconds: For how long a request takes one.
    """

    permits: int
    seconds: float


class Load(t.NamedTuple):
    """What a window holds.

    Attributes:
        window: The window.
        taken: By which requests.
        seconds: For how long the new request takes its permit.
    """

    window: Window
    taken: list[Interval]
    seconds: float


def first_moment(loads: Iterable[Load], earliest: float) -> float:
    """Return the first moment at which one more request fits into all windows; infinity where none does."""
    loads = list(loads)
    moment = earliest
    while True:
        later = max((_first_in(load, moment) for load in loads), default=moment)
        if later in {moment, math.inf}:
            return later
        moment = later


def _first_in(load: Load, earliest: float) -> float:
    taken = [interval for interval in load.taken if interval[1] > earliest]
    if len(taken) < load.window.permits:
        return earliest
    ends = sorted({end for _, end in taken})
    return next((moment for moment in (earliest, *ends) if _fits(load, taken, moment)), math.inf)


def _fits(load: Load, taken: list[Interval], moment: float) -> bool:
    """Return whether the new request finds a permit at each moment; only those with a rise are looked at."""
    end = moment + load.seconds
    rises = [moment, *(start for start, _ in taken if moment < start < end)]
    permits = load.window.permits
    return all(sum([start <= rise < over for start, over in taken]) < permits for rise in rises)
