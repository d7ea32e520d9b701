"""Owns how figures stand in sentences: numbers with separators, one and many, shares, durations."""

from __future__ import annotations

_SECONDS_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts: `1 import`, `12,480 rows`.

    Args:
        number: How many.
        one: The word for one.
        many: The word for several; `one` with an s by default.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """Return a share with one digit, like `3.0 %`; of nothing it is `0.0 %`."""
    return f"{100 * part / whole if whole else 0:.1f} %"


def size(number_of_bytes: int) -> str:
    """Return a size of files in round figures: `41 GB`, `512 MB`."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number_of_bytes >= unit:
            return f"{number_of_bytes // unit:,} {name}"
    return counted(number_of_bytes, "byte")


def about_minutes(minutes: float) -> str:
    """Return how long something will take, in whole minutes: `about 1 minute`, `about 2 h 5 min`."""
    whole = max(1, round(minutes))
    if whole < 2 * _MINUTES_PER_HOUR:
        return f"about {counted(whole, 'minute')}"
    return f"about {duration(_SECONDS_PER_MINUTE * whole)}"


def duration(seconds: float) -> str:
    """Return how long something took: `52 s`, `1 min 4 s`, `2 h 5 min`."""
    minutes, rest = divmod(round(seconds), _SECONDS_PER_MINUTE)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, _MINUTES_PER_HOUR)
    if not hours:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{hours} h {minutes_left} min" if minutes_left else f"{hours} h"
