"""Owns when a log tells how far a run is: after 10 seconds, then at a pace, and when a wait gets long."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.reporting.progress_text import progress_line
from target_activecampaign.reporting.structured import log_fields

if t.TYPE_CHECKING:
    from target_activecampaign.reporting.progress import Cause, Progress

logger = logging.getLogger(__name__)

_FIRST_SECONDS = 10
_LONG_WAIT_SECONDS = 60


class ProgressLines:
    """Logs some of the looks at a run. For use in one thread."""

    def __init__(self, every_seconds: int) -> None:
        """Start before the first line.

        Args:
            every_seconds: Between two lines; 0 for no line at all.
        """
        self._every_seconds = every_seconds
        self._next = float(min(_FIRST_SECONDS, every_seconds))
        self._cause: Cause | None = None
        self._waits_since = 0.0
        self._has_said_wait = False

    def show(self, progress: Progress) -> None:
        """Take a look at the run, and log it where it is time."""
        if not self._every_seconds:
            return
        wait_is_long = self._note_wait(progress)
        if progress.seconds < self._next and not wait_is_long:
            return
        self._has_said_wait |= wait_is_long
        self._next = progress.seconds + self._every_seconds
        log_fields(logger, "progress", progress_line(progress), progress.as_fields())

    def _note_wait(self, progress: Progress) -> bool:
        """Return whether the run has begun to wait long, which was not said yet."""
        if progress.waiting_for != self._cause:
            self._cause, self._waits_since = progress.waiting_for, progress.seconds
            self._has_said_wait = False
        lasts = progress.seconds - self._waits_since
        return self._cause is not None and lasts > _LONG_WAIT_SECONDS and not self._has_said_wait
