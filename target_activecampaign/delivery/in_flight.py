"""Batches in flight: each has one state, from right before its request to the record of its outcome."""

from __future__ import annotations

import enum
import typing as t
from collections import deque

from target_activecampaign.delivery.bounds import Bounds
from target_activecampaign.delivery.import_poller import ImportPoller
from target_activecampaign.delivery.packed_batches import PackedBatches
from target_activecampaign.delivery.read_back import MOST_IMPORTS_BEHIND
from target_activecampaign.reporting.import_times import ImportTimes

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.batch import Batch
    from target_activecampaign.delivery.import_poller import OpenImport
    from target_activecampaign.delivery.read_back import ReadBack


class BatchState(enum.Enum):
    """Where a batch in flight stands."""

    SUBMITTING = "its request is sent"
    UNANSWERED = "it may have been sent, and no answer came"
    OPEN = "its import has not ended"
    TO_READ_BACK = "its import ended, and its contacts are to be read back"
    READING_BACK = "its contacts are being read back"
    RECORDING = "its outcome is being recorded"


class InFlight:
    """The batches in flight, and what is to be asked about them. Not locked: its owner is.

    Attributes:
        import_times: How long the imports took that ended.
    """

    def __init__(
        self,
        polls_per_second: float,
        most_batches: int,
        bounds: Bounds | None = None,
        packed: PackedBatches | None = None,
    ) -> None:
        """Start with none.

        Args:
            polls_per_second: The budget for polls.
            most_batches: How many there may be.
            bounds: How many bytes their contacts may take.
            packed: Those whose contacts are packed.
        """
        self._bounds = bounds or Bounds()
        self._packed = PackedBatches() if packed is None else packed
        self._object_bytes = 0  # if none were packed
        self._states: dict[Batch, BatchState] = {}
        self._poller = ImportPoller(polls_per_second)
        self._to_read_back: deque[ReadBack] = deque()
        self._most_batches = most_batches
        self._open_since: dict[Batch, float] = {}
        self.import_times = ImportTimes()

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._states)

    @property
    def is_full(self) -> bool:
        """Whether no further batch may be taken."""
        return len(self._states) >= self._most_batches or self._bytes >= self._bounds.in_flight_bytes

    @property
    def is_full_of_ended(self) -> bool:
        """Whether imports that ended wait to be read back, and contacts of further ones find no room."""
        return self.imports_behind > MOST_IMPORTS_BEHIND and self._bytes >= self._bounds.in_flight_bytes

    @property
    def wants_packing(self) -> bool:
        """Whether the next import that opens is to be packed: those before it end sooner."""
        return self._bytes > self._bounds.unpacked_bytes

    @property
    def _bytes(self) -> int:
        """Bytes that the contacts take, as objects or packed."""
        return self._object_bytes - self._packed.saved_bytes

    @property
    def submitting(self) -> int:
        """Batches whose request is on its way."""
        return self._count(BatchState.SUBMITTING)

    @property
    def unconfirmed(self) -> int:
        """Batches that were accepted as imports, and whose outcome is not recorded."""
        return len(self) - self._count(BatchState.SUBMITTING, BatchState.UNANSWERED)

    @property
    def imports_open(self) -> int:
        """Imports that have not ended."""
        return len(self._open_since)

    @property
    def oldest_since(self) -> float | None:
        """When the oldest import was submitted that has not ended; `None` without any."""
        return min(self._open_since.values(), default=None)

    @property
    def to_read_back(self) -> int:
        """Imports whose reading back has not begun."""
        return len(self._to_read_back)

    @property
    def imports_behind(self) -> int:
        """Imports whose reading back has not ended."""
        return self._count(BatchState.TO_READ_BACK, BatchState.READING_BACK)

    def begin(self, batch: Batch) -> None:
        """Take a batch right before it is sent."""
        self._states[batch] = BatchState.SUBMITTING
        self._object_bytes += batch.object_bytes

    def lose_answer(self, batch: Batch) -> None:
        """Note that a batch may have been sent, and that nobody knows."""
        self._states[batch] = BatchState.UNANSWERED

    def open(self, open_import: OpenImport) -> None:
        """Poll the import that took a batch from now on, maybe not all of it."""
        self._states[open_import.batch] = BatchState.OPEN
        self._open_since[open_import.batch] = open_import.submitted_at
        self._poller.add(open_import)

    def next_to_poll(self, now: float) -> OpenImport | None:
        """Take the import that is to be polled now, if any; `reschedule` or `end` it afterwards."""
        return self._poller.take_due(now)

    def seconds_to_poll(self, now: float) -> float | None:
        """Return how long until an import is to be polled; `None` without any."""
        return self._poller.seconds_to_next(now)

    def reschedule(self, open_import: OpenImport) -> None:
        """Poll an import again, which was still open."""
        self._poller.reschedule(open_import)

    def end(self, open_import: OpenImport) -> None:
        """Poll an import no more: it ended, and its outcome is recorded next."""
        self._poller.end(open_import)
        self._open_since.pop(open_import.batch, None)
        self.import_times.note(open_import.polled_at, open_import.polled_at - open_import.submitted_at)
        self._states[open_import.batch] = BatchState.RECORDING

    def put_read_back(self, read_back: ReadBack) -> None:
        """Keep the outcome of an import until its contacts were read back."""
        self._states[read_back.open_import.batch] = BatchState.TO_READ_BACK
        self._to_read_back.append(read_back)

    def next_read_back(self) -> ReadBack | None:
        """Take an import to be read back, if any; `end_read_back` afterwards."""
        if not self._to_read_back:
            return None
        read_back = self._to_read_back.popleft()
        self._states[read_back.open_import.batch] = BatchState.READING_BACK
        return read_back

    def end_read_back(self, read_back: ReadBack) -> None:
        """Note that an import was read back, and that its outcome is recorded next."""
        self._states[read_back.open_import.batch] = BatchState.RECORDING

    def remove(self, batch: Batch) -> None:
        """Let a batch go: its outcome is recorded, or its contacts are sent in other batches."""
        del self._states[batch]
        self._object_bytes -= batch.object_bytes

    def _count(self, *states: BatchState) -> int:
        return sum(state in states for state in self._states.values())
