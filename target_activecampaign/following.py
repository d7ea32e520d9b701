"""Following imports to their end: when is one looked at next? Pure, time is an argument.

Looks come out of half of the account's requests. With 5 requests a second and 100 imports a minute that is
150 looks a minute, one and a half for each import. So an import is looked at for the first time when it is
likely to have ended, by what the last ones took, and then again in steps that grow with its age. With few
open, the steps are short, and an end is seen within two seconds or a tenth of the import's age; with many,
each is looked at in turn, as often as the budget allows.
"""

from __future__ import annotations

import heapq
import itertools
import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.batching import Batch

_FIRST_LOOK_SECONDS = 1.0  # the status may be `false` in the first second (import status reference)
_LEAST_STEP_SECONDS = 1.0
_STEP_SHARE_OF_AGE = 0.1
_WEIGHT_OF_NEWEST = 0.2
_LIKELY_SHARE = 0.9


class OpenImport:
    """An import that ActiveCampaign accepted and has not ended yet.

    Attributes:
        id: Its `batchId`.
        batch: What was sent.
        submitted_at: Seconds on the run's clock.
    """

    __slots__ = ("batch", "id", "submitted_at")

    def __init__(self, import_id: str, batch: Batch, submitted_at: float) -> None:
        self.id = import_id
        self.batch = batch
        self.submitted_at = submitted_at


class Followed:
    """The open imports, in the order in which they are looked at."""

    def __init__(self, looks_per_second: float) -> None:
        """Start with none.

        Args:
            looks_per_second: The budget.
        """
        self._looks_per_second = looks_per_second
        self._due: list[tuple[float, int, OpenImport]] = []
        self._order = itertools.count()
        self._open: set[OpenImport] = set()
        self._usual_seconds = 0.0

    def __len__(self) -> int:
        """Open imports."""
        return len(self._open)

    def add(self, open_import: OpenImport) -> None:
        """Follow an import from now on."""
        self._open.add(open_import)
        likely = min(_LIKELY_SHARE * self._usual_seconds, self._longest_step())
        wait = max(_FIRST_LOOK_SECONDS, likely)
        self._push(open_import.submitted_at + wait, open_import)

    def take_due(self, now: float) -> OpenImport | None:
        """The import that is to be looked at now; `look_again` or `end` it afterwards."""
        if self._due and self._due[0][0] <= now:
            return heapq.heappop(self._due)[2]
        return None

    def seconds_to_next(self, now: float) -> float | None:
        """How long until one is to be looked at; `None` without any."""
        return max(0.0, self._due[0][0] - now) if self._due else None

    def look_again(self, open_import: OpenImport, now: float) -> None:
        """Note that it was still open."""
        age = now - open_import.submitted_at
        step = min(max(_LEAST_STEP_SECONDS, _STEP_SHARE_OF_AGE * age), self._longest_step())
        self._push(now + step, open_import)

    def end(self, open_import: OpenImport, now: float) -> None:
        """Note that it ended."""
        self._open.remove(open_import)
        seconds = now - open_import.submitted_at
        self._usual_seconds += _WEIGHT_OF_NEWEST * (seconds - self._usual_seconds)

    def _longest_step(self) -> float:
        """As long as the budget takes to look at every open import once, but two seconds."""
        return max(2 * _LEAST_STEP_SECONDS, len(self._open) / self._looks_per_second)

    def _push(self, moment: float, open_import: OpenImport) -> None:
        heapq.heappush(self._due, (moment, next(self._order), open_import))
