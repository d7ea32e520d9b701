"""Following imports to their end: when is one looked at next? Pure, time is an argument.

The schedule on paper. 5 requests a second are 300 a minute; 100 of them carry imports, and looks may take
half, 150 (`rate_limits`): one and a half for each import. One look is the least, so half a look is to
spare, and the first one must be well placed. Let L be what imports take, r their number in a second (at
most 1.67), b the looks in a second (2.5), and N the open ones, r (L + the delay until an end is seen).

- *The first look comes at the usual age F*, learned from looks. Where an import had not ended at this age,
  F grows by 8 %, and by 8 % more with each such miss in a row, up to 25 %; where it had, F shrinks by half
  a percent, and by half a percent more with each such hit in a row. With p the share of hits, hits come in
  rows of 1 / (1 - p), so F is in balance where p (1/2 %) / (1 - p) = (1 - p) 8 %: p = 0.78. A steady L is
  met within 8 %: every fifth import or so takes a second look, and ends are seen within 0.08 L. Of a
  varying L, F is the age that 78 % stay below. All imports in time share F as it is now, so that a change
  tells at once: from 5 s to 60 s takes 12 misses, back again 32 hits.
- *The late ones share what is to spare*: what first looks leave of 0.9 b, at the least 0.4 b. First looks
  take (imports in time) / F, which is r. Those that did not end in time are looked at in turn. With r =
  1.67 that is 0.58 looks a second, 0.35 for an import.
- *Samples* tell when imports became quick, and find what ended early: with three tenths of what is to
  spare, one in time is looked at before F. With few open and few coming every one has its turn: with one to
  four open, an end is seen within two seconds for each, whatever was usual before.
- Two looks at one import are a second apart at the least, or a tenth of its age, up to two seconds.

So at full pace an import takes 1 + 0.22 looks, what late ones take more, and 0.1 samples: 1.2 to 1.4 of the
1.5. N is about 1.1 r L + 8; looks are not what an import waits for. With raised limits all of this is
quicker by as much.
"""

from __future__ import annotations

import bisect
import math
import typing as t
from collections import deque

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.batch import Batch

_USUAL_LOOKS_PER_SECOND = 2.5
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
    """An import that ActiveCampaign accepted and has not ended yet.

    Attributes:
        id: Its `batchId`.
        batch: What was sent.
        submitted_at: Seconds on the run's clock.
        polled_at: When it was taken to be looked at, `submitted_at` before the first time.
        is_late: Whether it was still open at the usual age.
    """

    __slots__ = ("batch", "id", "is_late", "polled_at", "submitted_at")

    def __init__(self, import_id: str, batch: Batch, submitted_at: float) -> None:
        self.id = import_id
        self.batch = batch
        self.submitted_at = submitted_at
        self.polled_at = submitted_at
        self.is_late = False


class ImportPoller:
    """The open imports, in the order in which they are looked at."""

    def __init__(self, polls_per_second: float) -> None:
        """Start with none.

        Args:
            polls_per_second: The budget.
        """
        self._polls_per_second = polls_per_second
        self._second = min(1.0, _USUAL_LOOKS_PER_SECOND / polls_per_second)
        self._usual_seconds = self._second
        self._in_a_row = 0  # hits, or below 0 misses
        self._in_time: list[OpenImport] = []  # below the usual age when looked at, by their submission
        self._late: deque[OpenImport] = deque()  # in the order of their last looks
        self._last_sample = -math.inf
        self._open = 0

    def __len__(self) -> int:
        """Open imports."""
        return self._open

    def add(self, open_import: OpenImport) -> None:
        """Follow an import from now on."""
        self._open += 1
        bisect.insort(self._in_time, open_import, key=_moment_of_submission)

    def take_due(self, now: float) -> OpenImport | None:
        """The import that is to be looked at now; `reschedule` or `end` it afterwards."""
        due = self._next_due()
        if due > now:
            return None
        if due == self._first_look():
            open_import = self._in_time.pop(0)
        elif due == self._late_look():
            open_import = self._late.popleft()
        else:
            open_import = self._in_time.pop(self._sample_place())
            self._last_sample = now
        open_import.polled_at = now
        return open_import

    def seconds_to_next(self, now: float) -> float | None:
        """How long until one is to be looked at; `None` without any."""
        due = self._next_due()
        return None if due == math.inf else max(0.0, due - now)

    def reschedule(self, open_import: OpenImport) -> None:
        """Note that it was still open."""
        usual_end = open_import.submitted_at + self._usual_seconds
        if not open_import.is_late and open_import.polled_at >= usual_end:
            open_import.is_late = True
            self._in_a_row = min(0, self._in_a_row) - 1
            self._usual_seconds *= 1 + min(_MOST_GROWTH, _GROWTH * -self._in_a_row)
        if open_import.is_late:
            self._late.append(open_import)
        else:
            bisect.insort(self._in_time, open_import, key=_moment_of_submission)

    def end(self, open_import: OpenImport) -> None:
        """Note that it ended."""
        self._open -= 1
        age = open_import.polled_at - open_import.submitted_at
        # One that had to wait for its look does not tell that F is long enough.
        if not open_import.is_late and age <= self._usual_seconds + self._small_step(open_import):
            self._in_a_row = max(0, self._in_a_row) + 1
            shrunk = 1 - min(_MOST_SHRINKAGE, _SHRINKAGE * self._in_a_row)
            self._usual_seconds = max(self._second, self._usual_seconds * shrunk)

    def _next_due(self) -> float:
        return min(self._first_look(), self._late_look(), self._sample_look())

    def _first_look(self) -> float:
        """When the oldest is due that is not late."""
        return self._in_time[0].submitted_at + self._usual_seconds if self._in_time else math.inf

    def _late_look(self) -> float:
        """When the late one is due whose turn it is."""
        if not self._late:
            return math.inf
        small = self._small_step(self._late[0])
        return self._late[0].polled_at + max(small, len(self._late) / self._spare(_LEAST_SPARE_SHARE))

    def _sample_look(self) -> float:
        """When one is due before the usual age."""
        if not self._in_time:
            return math.inf
        sample = self._in_time[self._sample_place()]
        seconds = 1 / (_SAMPLED_SHARE * self._spare(_LEAST_SAMPLED_SHARE))
        return max(self._last_sample + seconds, sample.polled_at + self._small_step(sample))

    def _sample_place(self) -> int:
        """Of few, the one that was not looked at for longest; of many, the middle one tells most."""
        count = len(self._in_time)
        if count > _FEW:
            return count // 2
        return min(range(count), key=lambda place: self._in_time[place].polled_at)

    def _spare(self, least_share: float) -> float:
        """Looks in a second that first looks leave."""
        first_looks = len(self._in_time) / self._usual_seconds
        return max(least_share * self._polls_per_second, _USED_SHARE * self._polls_per_second - first_looks)

    def _small_step(self, open_import: OpenImport) -> float:
        """The least time until the next look at the same import."""
        age = open_import.polled_at - open_import.submitted_at
        longest = _LONGEST_SMALL_STEP_SECONDS * self._second
        return min(longest, max(_LEAST_STEP_SECONDS * self._second, _STEP_SHARE_OF_AGE * age))


def _moment_of_submission(open_import: OpenImport) -> float:
    return open_import.submitted_at
