"""The import poller: when each open import is polled. Pure, time is an argument.

An import is first polled at the usual age of an ending import; docs/design/polling.md has the schedule. It
takes a quarter fewer polls than polling in turn.
"""

from __future__ import annotations

import bisect
import math
import typing as t
from collections import deque

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.batch import Batch

_USUAL_POLLS_PER_SECOND = 2.5
_LEAST_STEP_SECONDS = 1.0  # the status may be `false` in the first second (import status reference)
_LONGEST_SMALL_STEP_SECONDS = 2.0
_STEP_SHARE_OF_AGE = 0.1
_GROWTH = 0.08
_MOST_GROWTH = 0.25
_SHRINKAGE = 0.005
_MOST_SHRINKAGE = 0.2
_USED_SHARE = 0.9
_LEAST_SPARE_SHARE = 0.4
_LEAST_SAMPLED_SHARE = 0.1
_SAMPLED_SHARE = 0.3
_FEW = 4


class OpenImport:
    """An import that ActiveCampaign accepted and that has not ended yet.

    Attributes:
        id: Its `batchId`; `None` where the importer's answer named none that can be read.
        batch: What was sent.
        submitted_at: Seconds on the run's clock.
        polled_at: When it was polled last, `submitted_at` before the first time.
        is_late: Whether it was still open at the usual age.
        doubt: Why not all of its contacts may have been queued; `None` without a sign.
        accepted_at: When the importer took it, by the service's clock in seconds since 1970; 0 where it did
            not say.
    """

    __slots__ = ("accepted_at", "batch", "doubt", "id", "is_late", "polled_at", "submitted_at")

    def __init__(
        self,
        import_id: str | None,
        batch: Batch,
        submitted_at: float,
        doubt: str | None = None,
        accepted_at: float = 0.0,
    ) -> None:
        self.id = import_id
        self.accepted_at = accepted_at
        self.doubt = doubt
        self.batch = batch
        self.submitted_at = submitted_at
        self.polled_at = submitted_at
        self.is_late = False

    @property
    def name(self) -> str:
        """How messages call it."""
        return "an import without a batchId" if self.id is None else f"import {self.id}"


class ImportPoller:
    """Open imports, in the order in which they are polled."""

    def __init__(self, polls_per_second: float) -> None:
        """Start with none.

        Args:
            polls_per_second: The budget for polls.
        """
        self._polls_per_second = polls_per_second
        self._second = min(1.0, _USUAL_POLLS_PER_SECOND / polls_per_second)
        self._usual_seconds = self._second
        self._in_a_row = 0  # hits, or below 0 misses
        self._in_time: list[OpenImport] = []  # below the usual age when polled, by their submission
        self._late: deque[OpenImport] = deque()  # in the order of their last polls
        self._last_sample = -math.inf

    def add(self, open_import: OpenImport) -> None:
        """Poll an import from now on."""
        bisect.insort(self._in_time, open_import, key=_submitted_at)

    def take_due(self, now: float) -> OpenImport | None:
        """Take the import that is to be polled now, if any; `reschedule` or `end` it afterwards."""
        due = self._next_due()
        if due > now:
            return None
        if due == self._first_poll():
            open_import = self._in_time.pop(0)
        elif due == self._late_poll():
            open_import = self._late.popleft()
        else:
            open_import = self._in_time.pop(self._sample_place())
            self._last_sample = now
        open_import.polled_at = now
        return open_import

    def seconds_to_next(self, now: float) -> float | None:
        """Return how long until an import is to be polled; `None` without any."""
        due = self._next_due()
        return None if due == math.inf else max(0.0, due - now)

    def reschedule(self, open_import: OpenImport) -> None:
        """Poll an import again, which was still open."""
        usual_end = open_import.submitted_at + self._usual_seconds
        if not open_import.is_late and open_import.polled_at >= usual_end:
            open_import.is_late = True
            self._in_a_row = min(0, self._in_a_row) - 1
            self._usual_seconds *= 1 + min(_MOST_GROWTH, _GROWTH * -self._in_a_row)
        if open_import.is_late:
            self._late.append(open_import)
        else:
            bisect.insort(self._in_time, open_import, key=_submitted_at)

    def end(self, open_import: OpenImport) -> None:
        """Learn from an import that ended."""
        age = open_import.polled_at - open_import.submitted_at
        # An import whose poll came late does not tell that the usual age is long enough.
        if not open_import.is_late and age <= self._usual_seconds + self._small_step(open_import):
            self._in_a_row = max(0, self._in_a_row) + 1
            shrunk = 1 - min(_MOST_SHRINKAGE, _SHRINKAGE * self._in_a_row)
            self._usual_seconds = max(self._second, self._usual_seconds * shrunk)

    def _next_due(self) -> float:
        return min(self._first_poll(), self._late_poll(), self._sample_poll())

    def _first_poll(self) -> float:
        """Return when the oldest import is due that is not late."""
        return self._in_time[0].submitted_at + self._usual_seconds if self._in_time else math.inf

    def _late_poll(self) -> float:
        """Return when the late import is due whose turn it is."""
        if not self._late:
            return math.inf
        small = self._small_step(self._late[0])
        return self._late[0].polled_at + max(small, len(self._late) / self._spare(_LEAST_SPARE_SHARE))

    def _sample_poll(self) -> float:
        """Return when an import is due before the usual age, as a sample."""
        if not self._in_time:
            return math.inf
        sample = self._in_time[self._sample_place()]
        seconds = 1 / (_SAMPLED_SHARE * self._spare(_LEAST_SAMPLED_SHARE))
        return max(self._last_sample + seconds, sample.polled_at + self._small_step(sample))

    def _sample_place(self) -> int:
        """Return the place of the sample: of few the one polled longest ago, of many the middle one."""
        count = len(self._in_time)
        if count > _FEW:
            return count // 2
        return min(range(count), key=lambda place: self._in_time[place].polled_at)

    def _spare(self, least_share: float) -> float:
        """Return the polls in a second that first polls leave."""
        first_polls = len(self._in_time) / self._usual_seconds
        return max(least_share * self._polls_per_second, _USED_SHARE * self._polls_per_second - first_polls)

    def _small_step(self, open_import: OpenImport) -> float:
        """Return the least time until the next poll of the same import."""
        age = open_import.polled_at - open_import.submitted_at
        longest = _LONGEST_SMALL_STEP_SECONDS * self._second
        return min(longest, max(_LEAST_STEP_SECONDS * self._second, _STEP_SHARE_OF_AGE * age))


def _submitted_at(open_import: OpenImport) -> float:
    return open_import.submitted_at
