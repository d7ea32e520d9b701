"""How many more contacts may this run send? `profile_limit` and the account's contract. Pure.

Owns the arithmetic that never lets the account go over its contract, and the question when the account's
total has to be read again. Knows nothing of the network: somebody else reads and tells.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Contract
    from target_activecampaign.delivery.batch import Batch


class ContractHeadroom:
    """The room that is surely left in the account's contract.

    A contact that was sent may be new until the account's total was read after its import had ended: so
    long it takes room. `reserve` when a batch is taken, `release` when it was never queued, `end` when its
    import ended.
    """

    def __init__(self, contract: Contract, seconds_between_reads: float) -> None:
        """Start from a first reading.

        Args:
            contract: As read before anything was sent.
            seconds_between_reads: The least time between two readings, so that they take no more than a
                few percent of the request budget.
        """
        self._contract = contract
        self._seconds_between_reads = seconds_between_reads
        self._under_way = 0
        self._ended = 0
        self._ended_before_read = 0
        self._last_read: float | None = None
        self.is_reading = False

    @property
    def left(self) -> int:
        """Contacts that may be sent now without any risk to the contract; 0 or more."""
        taken = self._contract.subscriber_total + self._under_way + self._ended
        return max(0, self._contract.subscriber_limit - taken)

    @property
    def is_exhausted(self) -> bool:
        """Whether there is no room and nothing under way, or not yet counted, that might leave some."""
        return not self.left and not self._under_way and not self._ended

    def reserve(self, batch: Batch) -> None:
        """Take the room of a batch's contacts that may be new."""
        self._under_way += batch.possibly_new

    def release(self, batch: Batch) -> None:
        """Give the room back: the batch was not queued."""
        self._under_way -= batch.possibly_new

    def end(self, batch: Batch) -> None:
        """Note that a batch's import ended: the next reading counts its contacts."""
        self._under_way -= batch.possibly_new
        self._ended += batch.possibly_new

    def count_as_there(self, batch: Batch) -> None:
        """Count a batch's contacts as if the account's total had been read already (dry run)."""
        self._under_way -= batch.possibly_new
        self._contract = replace(
            self._contract, subscriber_total=self._contract.subscriber_total + batch.possibly_new
        )

    def wants_reading(self, wanted: int, now: float) -> bool:
        """Whether the total should be read again, because that may leave more room than is known.

        Args:
            wanted: Contacts that could be sent at once.
            now: Seconds on the run's clock.
        """
        if self.is_reading or not self._ended or self.left >= wanted:
            return False
        return self._last_read is None or now - self._last_read >= self._seconds_between_reads

    def begin_reading(self) -> None:
        """Note which imports had ended when the reading began: it counts their contacts for sure."""
        self.is_reading = True
        self._ended_before_read = self._ended

    def finish_reading(self, contract: Contract, now: float) -> None:
        """Take what was read."""
        self.is_reading = False
        self._last_read = now
        self._contract = contract
        self._ended -= self._ended_before_read
