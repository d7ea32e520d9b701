"""Contacts that wait for more records of their identity. Pure.

An identity that this run sent before defers its next records until `records` more were read: then one contact
takes its place in a window. By then the earlier import has mostly ended. What merges depends on the input
alone and not on the pace of the run, so a dry run and the run after it come to the same figures.
"""

from __future__ import annotations

import math
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from target_activecampaign.delivery.pending_contact import PendingContact

DEFERRED_RECORDS = 10_000
"""Records that are read before an identity that was sent already is sent again: 24 s of a full run, and few
enough to hold up no STATE for long."""


class Deferred:
    """Deferred contacts by stream, each with the count of read records at which it is due."""

    def __init__(self, records: int = DEFERRED_RECORDS) -> None:
        """Start with none.

        Args:
            records: For how many records of the input a contact is deferred.
        """
        self._records = records
        self._read = 0
        # All are deferred for the same number of records, so each stream's are in the order in which they
        # are due.
        self._due: dict[str, dict[PendingContact, int]] = {}

    def __len__(self) -> int:
        """Return the number of contacts."""
        return sum(map(len, self._due.values()))

    def __iter__(self) -> Iterator[PendingContact]:
        """Return all contacts, stream by stream."""
        return (pending for due in self._due.values() for pending in due)

    @property
    def streams(self) -> Collection[str]:
        """Streams that have deferred contacts."""
        return self._due.keys()

    @property
    def records_to_next(self) -> float:
        """After how many more records the next contact is due; infinite without any."""
        return min((next(iter(due.values())) for due in self._due.values()), default=math.inf) - self._read

    def count_records(self, count: int) -> None:
        """Count records of the input, of any kind."""
        self._read += count

    def add(self, some: Iterable[PendingContact]) -> None:
        """Defer contacts."""
        for pending in some:
            self._due.setdefault(pending.origin.stream, {})[pending] = self._read + self._records

    def remove(self, some: Iterable[PendingContact]) -> None:
        """Take contacts out."""
        for pending in some:
            stream = pending.origin.stream
            due = self._due[stream]
            del due[pending]
            if not due:
                del self._due[stream]

    def next_due(self) -> PendingContact | None:
        """Return the contact that is due first, if its time has come."""
        if not self._due:
            return None
        due = min(self._due.values(), key=lambda due: next(iter(due.values())))
        pending, record = next(iter(due.items()))
        return pending if record <= self._read else None
