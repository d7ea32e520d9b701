"""Owns the service's limits on requests: the account's, and the bulk importer's. Time is an argument."""

from __future__ import annotations

import math
import typing as t
from collections import deque
from dataclasses import dataclass

REQUESTS_PER_SECOND = 5
"""Per account, all keys together (rate limits reference)."""
IMPORTS_PER_MINUTE = 100
"""Bulk requests with several contacts (bulk importer reference)."""
SINGLE_IMPORTS_PER_MINUTE = 20
"""Bulk requests with one contact (bulk importer reference). That each kind has its own count is assumed."""


@dataclass
class Window:
    """At most `limit` admissions in `seconds`, any number for `None`. Refusals do not count (assumed)."""

    limit: int | None
    seconds: float

    def __post_init__(self) -> None:
        """Start empty."""
        self._admitted: deque[float] = deque()

    def wait(self, now: float, *, is_fixed: bool) -> float:
        """Return 0 when the window has a place at `now`, else the seconds until it has one.

        Args:
            now: Sandbox seconds.
            is_fixed: Count from the last full second or minute instead of the last `seconds`.
        """
        start = math.floor(now / self.seconds) * self.seconds if is_fixed else now - self.seconds
        while self._admitted and (self._admitted[0] < start if is_fixed else self._admitted[0] <= start):
            self._admitted.popleft()
        if self.limit is None or len(self._admitted) < self.limit:
            return 0.0
        return start + self.seconds - now if is_fixed else self._admitted[0] + self.seconds - now

    def admit(self, now: float) -> None:
        """Count one admission."""
        if self.limit is not None:
            self._admitted.append(now)

    def remaining(self) -> int:
        """Return how many places the window had at the last `wait`."""
        return 0 if self.limit is None else max(self.limit - len(self._admitted), 0)


class LimitFigures(t.NamedTuple):
    """The limits in force; `None` is no limit."""

    requests_per_second: int | None = REQUESTS_PER_SECOND
    imports_per_minute: int | None = IMPORTS_PER_MINUTE
    single_imports_per_minute: int | None = SINGLE_IMPORTS_PER_MINUTE


NO_LIMITS = LimitFigures(None, None, None)


class Limits:
    """An account's three windows."""

    def __init__(self, figures: LimitFigures) -> None:
        self.set(figures)

    def set(self, figures: LimitFigures) -> None:
        """Put limits in force and empty the windows."""
        self.figures = figures
        self.requests = Window(figures.requests_per_second, 1.0)
        self.imports = Window(figures.imports_per_minute, 60.0)
        self.single_imports = Window(figures.single_imports_per_minute, 60.0)

    def imports_of(self, contacts: int) -> Window:
        """Return the window of a bulk request with `contacts` contacts."""
        return self.single_imports if contacts == 1 else self.imports
