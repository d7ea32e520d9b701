"""The contract's headroom: how many more contacts the account may get. Pure, time is an argument.

Owns the arithmetic that never lets the account go over its contract, and the decision when the contract has
to be read again. Knows nothing of the network: the delivery has it read.
"""

from __future__ import annotations

import math
import typing as t

from target_activecampaign.shared_limits.room import ContractFigures

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Contract
    from target_activecampaign.delivery.batch import Batch, PendingContact
    from target_activecampaign.shared_limits.room import Room

_MOST_SECONDS_UNREAD = 15.0
_MOST_BATCHES_UNREAD = 10
"""A contract may grow or shrink in mid-run, so it is read now and then without another reason."""

_LEAST_SECONDS_BETWEEN_READS = 1.0


class ContractReading:
    """The task of reading the contract again."""


class ContractHeadroom:
    """The contacts that surely fit into the account's contract.

    The account's figure may lag behind by minutes. So it never counts for less than the account had at the
    start and what imports of this run named as new. A contact that was sent may be new until its import has
    ended and the contract was read after that: until then it takes headroom. `reserve` when a batch is taken,
    `release` when it was never queued, `end` or `lose` when its import ended.
    """

    def __init__(self) -> None:
        """Start without a contract: there is room for everybody."""
        self._contract: Contract | None = None
        self._seconds_between_reads = 0.0
        self._least_total = self._first_total = 0
        self._in_flight = 0
        self._ended = 0
        self._ended_before_read = 0
        self._ends = 0
        self._ends_before_read = 0
        self._reserved_since_read = 0
        self._last_read: float | None = None
        self._is_reading = False
        self._room: Room | None = None

    def share(self, room: Room) -> None:
        """Keep to the contract together with other runs from now on.

        Args:
            room: What this run was granted of it; knows when the contract was read.
        """
        self._room = room
        self._tell()

    def guard(self, contract: Contract, seconds_between_reads: float) -> None:
        """Keep to a contract from now on.

        Args:
            contract: As read before anything was sent.
            seconds_between_reads: The least time between two readings, so that they take no more than a
                few percent of the request budget.
        """
        self._contract = contract
        self._least_total = self._first_total = contract.subscriber_total
        self._seconds_between_reads = seconds_between_reads

    @property
    def figures(self) -> tuple[int, int] | None:
        """The contract's limit, and the contacts that the account has; `None` without a contract."""
        return None if self._contract is None else (self._contract.subscriber_limit, self.total)

    @property
    def total(self) -> int:
        """Contacts that the account has for sure, whatever its own figure says; 0 without a contract."""
        return 0 if self._contract is None else max(self._contract.subscriber_total, self._least_total)

    @property
    def left(self) -> float:
        """Contacts that may be sent now without any risk to the contract; 0 or more, or infinity."""
        if self._contract is None:
            return math.inf
        left = max(0, self._contract.subscriber_limit - self.total - self._in_flight - self._ended)
        return left if self._room is None else min(left, self._room.left())

    @property
    def is_settled(self) -> bool:
        """Whether no batch is in flight, and the contract was read after the last one ended; of any run."""
        is_settled = not self._in_flight and not self._ends
        return is_settled and (self._room is None or self._room.is_settled)

    def reserve(self, batch: Batch) -> None:
        """Take the headroom of a batch's contacts that may be new."""
        self._in_flight += batch.needing_headroom
        self._reserved_since_read += 1
        self._tell()

    def release(self, batch: Batch) -> None:
        """Give the headroom back: the batch was not queued."""
        self._in_flight -= batch.needing_headroom
        self._tell()

    def end(self, batch: Batch, created: int) -> None:
        """Note that a batch's import ended: the next reading counts its contacts.

        Args:
            batch: Its contacts.
            created: How many it names as new. One source says that updated ones are named as well, so no more
                count than may be new. Those that are counted already are not counted again.
        """
        needing = batch.needing_headroom
        counted = sum([pending.is_counted and pending.needs_headroom() for pending in batch.contacts])
        named = min(created, needing - counted)
        self._in_flight -= needing
        self._ended += needing - counted - named
        self._ends += 1
        self._least_total += named
        self._tell()

    def lose(self, batch: Batch) -> None:
        """Note that an import came to no end: each of its contacts counts as new until a look-up says no.

        The account's figure is no proof that they are not there: it may lag behind.
        """
        self._in_flight -= batch.needing_headroom
        self._ends += 1
        self.count_possibly_created(batch)

    def count_possibly_created(self, batch: Batch) -> None:
        """Note that an import which nobody follows may have created a batch's contacts."""
        for pending in batch.contacts:
            if pending.needs_headroom() and not pending.is_counted:
                pending.is_counted = True
                self._least_total += 1
        self._tell()

    def count_out(self, missing: PendingContact) -> None:
        """Note that a contact was looked up and not found, so no import has created it."""
        self._least_total -= missing.is_counted
        missing.is_counted = False
        self._tell()

    def wants_reading(self, wanted: int, now: float) -> bool:
        """Return whether the contract should be read again.

        That is so where it may show more headroom than there is, and now and then all the same.

        Args:
            wanted: Contacts that could be sent at once.
            now: Seconds on the run's clock.
        """
        if self._contract is None or self._is_reading:
            return False
        is_short = self.left < wanted
        if is_short and self._ends:
            return self._is_unread_for(self._seconds_between_reads, now)
        if self._last_read is None:
            self._last_read = now  # it was read at the start
        if is_short:
            return self._is_unread_for(max(_LEAST_SECONDS_BETWEEN_READS, self._seconds_between_reads), now)
        is_due = self._reserved_since_read >= _MOST_BATCHES_UNREAD
        return is_due or self._is_unread_for(_MOST_SECONDS_UNREAD, now)

    def _is_unread_for(self, seconds: float, now: float) -> bool:
        return self._last_read is None or now - self._last_read >= seconds

    def begin_reading(self) -> ContractReading:
        """Note which imports had ended when the reading began: it counts their contacts for sure."""
        self._is_reading = True
        self._ended_before_read, self._ends_before_read = self._ended, self._ends
        self._reserved_since_read = 0
        if self._room is not None:
            self._room.begin_reading()
        return ContractReading()

    def finish_reading(self, contract: Contract, now: float) -> None:
        """Take what was read."""
        self._is_reading = False
        self._last_read = now
        self._contract = contract
        self._ended -= self._ended_before_read
        self._ends -= self._ends_before_read
        if self._room is not None:
            self._room.note_reading(ContractFigures(contract.subscriber_limit, contract.subscriber_total))
        self._tell()

    def _tell(self) -> None:
        """Tell what other runs have to leave."""
        if self._room is not None:
            named = self._least_total - self._first_total
            self._room.note(self._in_flight + self._ended, named, self._least_total)


class Admission:
    """Admits contacts to a batch while there is headroom for those that may be new."""

    def __init__(self, left: float) -> None:
        """Prepare for one batch, with the headroom that is left."""
        self._left = left

    def admits(self, pending: PendingContact) -> bool:
        """Return whether a contact may be sent; asked once for each."""
        if not pending.needs_headroom():
            return True
        if not self._left:
            return False
        self._left -= 1
        return True
