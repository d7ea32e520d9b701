"""Contacts in order by stream, with the bytes that they take in a request. Pure."""

from __future__ import annotations

import bisect
import itertools
import operator
import typing as t
from collections import deque

from target_activecampaign.delivery.body import ENVELOPE_BYTES, bytes_in_body
from target_activecampaign.limits import MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from target_activecampaign.delivery.batch import Batch
    from target_activecampaign.delivery.pending_contact import PendingContact

_stream_of = operator.attrgetter("origin.stream")


class StreamQueue:
    """Contacts of one stream that fill a batch, or wait to be sent."""

    def __init__(self) -> None:
        self._contacts: deque[PendingContact] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of contacts."""
        return len(self._contacts)

    def __iter__(self) -> Iterator[PendingContact]:
        """Return the contacts in order."""
        return iter(self._contacts)

    def count_fitting(self, some: Sequence[PendingContact]) -> int:
        """Return how many of some contacts, from the first on, fit into one request with those here.

        Alone, each contact fits.
        """
        room = MAX_BODY_BYTES - ENVELOPE_BYTES - self._bytes
        sizes = list(itertools.accumulate([bytes_in_body(pending.contact) for pending in some]))
        return bisect.bisect_right(sizes, room)

    def extend(self, some: Collection[PendingContact]) -> None:
        """Append contacts."""
        self._contacts.extend(some)
        self._bytes += sum([bytes_in_body(pending.contact) for pending in some])

    def put_first(self, some: Sequence[PendingContact]) -> None:
        """Put contacts before the others, in their order."""
        self._contacts.extendleft(reversed(some))
        self._bytes += sum([bytes_in_body(pending.contact) for pending in some])

    def fill(self, batch: Batch, admits: Callable[[PendingContact], bool]) -> None:
        """Move contacts into a batch; those that are not admitted stay first."""
        bytes_before = batch.body_bytes
        not_admitted = batch.fill_from(self._contacts, admits)
        self._contacts.extendleft(reversed(not_admitted))
        self._bytes -= batch.body_bytes - bytes_before

    def drop(self, gone: Collection[PendingContact]) -> None:
        """Take contacts out, wherever they stand."""
        kept = [pending for pending in self._contacts if pending not in gone]
        self._contacts = deque(kept)
        self._bytes = sum([bytes_in_body(pending.contact) for pending in kept])

    def fills_a_batch(self, rows: int) -> bool:
        """Return whether no further contact fits into a batch of these."""
        return len(self) >= rows or self._bytes + ENVELOPE_BYTES > MAX_BODY_BYTES

    def batches(self, rows: int) -> int:
        """Return how many full batches there are, about."""
        return max(len(self) // rows, self._bytes // MAX_BODY_BYTES)


class StreamQueues:
    """A queue for each stream that has contacts."""

    def __init__(self) -> None:
        self._queues: dict[str, StreamQueue] = {}

    def __iter__(self) -> Iterator[str]:
        """Return the streams that have contacts."""
        return iter(self._queues)

    def __getitem__(self, stream: str) -> StreamQueue:
        """Return the queue of a stream that has contacts."""
        return self._queues[stream]

    def of(self, stream: str) -> StreamQueue:
        """Return the queue of a stream, an empty one where it has no contacts."""
        return self._queues.get(stream) or StreamQueue()

    def add(self, some: Sequence[PendingContact]) -> None:
        """Append contacts to the queues of their streams."""
        for stream, own in itertools.groupby(some, key=_stream_of):
            self._queues.setdefault(stream, StreamQueue()).extend(list(own))

    def put_first(self, some: Sequence[PendingContact]) -> None:
        """Put contacts of one stream before the others."""
        self._queues.setdefault(some[0].origin.stream, StreamQueue()).put_first(some)

    def remove(self, some: Iterable[PendingContact]) -> None:
        """Take contacts out, wherever they stand."""
        gone = dict.fromkeys(some)
        for stream in {pending.origin.stream for pending in gone}:
            self._queues[stream].drop(gone)
            self.forget_if_empty(stream)

    def forget_if_empty(self, stream: str) -> bool:
        """Forget a stream that has no contacts any more; whether it has none."""
        if stream in self._queues and not self._queues[stream]:
            del self._queues[stream]
        return stream not in self._queues
