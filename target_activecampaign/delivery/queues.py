"""The queues that the send queue is made of: order of contacts, queues by stream, deferred contacts. Pure."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import typing as t
from collections import deque

from target_activecampaign.delivery.batch import ENVELOPE_BYTES, bytes_in_body
from target_activecampaign.delivery.packed_batches import PackedBatches
from target_activecampaign.limits import MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from target_activecampaign.delivery.batch import Batch, PendingContact


class ContactOrder:
    """Contacts without an outcome, by identity."""

    def __init__(self, packed: PackedBatches | None = None) -> None:
        """Start empty.

        Args:
            packed: Takes the contacts of open imports that are packed.
        """
        self._packed = PackedBatches() if packed is None else packed
        # Nearly every identity has one contact. A list for each would be one more thing for Python's garbage
        # collector to visit, again and again: an eighth of the time in which a full run held the interpreter.
        self._first: dict[str, PendingContact] = {}
        self._behind: dict[str, list[PendingContact]] = {}  # a deque takes 600 bytes, and most hold one

    def __len__(self) -> int:
        """Return the number of identities on their way."""
        return len(self._first) + len(self._packed)

    def __contains__(self, email: str) -> bool:
        """Return whether a contact of this identity is on its way; one that is packed is an object again."""
        if email in self._first:
            return True
        pending = self._packed.take_out(email)
        if pending is not None:
            self._first[email] = pending
        return pending is not None

    def pack(self, batch: Batch) -> bool:
        """Pack the contacts of a batch in flight that block no others, unless most do.

        Returns:
            Whether they are packed.
        """
        blocking = {pending for pending in batch.contacts if pending.contact.email in self._behind}
        if 2 * len(blocking) > len(batch):
            return False
        others = [pending.contact.email for pending in batch.contacts if pending not in blocking]
        if not self._packed.pack(batch, blocking):
            return False
        for email in others:
            del self._first[email]
        return True

    def unpack(self, batch: Batch) -> None:
        """Have the contacts of a batch again, if they are packed."""
        self.append_new(self._packed.unpack(batch))

    def __iter__(self) -> Iterator[list[PendingContact]]:
        """Return the contacts of each identity, the first one first."""
        return map(self.of, self._first)

    def of(self, email: str) -> list[PendingContact]:
        """Return the contacts of an identity on its way, the first one first."""
        return [self._first[email], *self._behind.get(email, ())]

    def last(self, email: str) -> PendingContact | None:
        """Return the contact of this identity behind which a new one would stand."""
        if email not in self:
            return None
        first = self._first[email]
        behind = self._behind.get(email)
        return behind[-1] if behind else first

    def is_first(self, pending: PendingContact) -> bool:
        """Return whether no earlier contact of its identity is on its way."""
        return self._first[pending.contact.email] is pending

    def split_first(
        self, some: Sequence[PendingContact]
    ) -> tuple[Sequence[PendingContact], Sequence[PendingContact]]:
        """Return the contacts that are the first of their identities, and the others."""
        if not self._behind:
            return some, ()
        others = [pending for pending in some if not self.is_first(pending)]
        return [pending for pending in some if self.is_first(pending)], others

    def before(self, pending: PendingContact) -> PendingContact | None:
        """Return the contact before this one, if any."""
        first = self._first[pending.contact.email]
        if first is pending:
            return None
        behind = self._behind[pending.contact.email]
        position = behind.index(pending)
        return behind[position - 1] if position else first

    def append(self, pending: PendingContact) -> None:
        """Put a contact behind those of its identity."""
        email = pending.contact.email
        if email not in self._first:
            self._first[email] = pending
        else:
            self._behind.setdefault(email, []).append(pending)

    def append_new(self, some: Iterable[PendingContact]) -> None:
        """Put contacts of different identities that are not on their way."""
        self._first.update({pending.contact.email: pending for pending in some})

    def remove(self, pending: PendingContact) -> PendingContact | None:
        """Take a contact out.

        Returns:
            The first contact that its identity has then, if any.
        """
        email = pending.contact.email
        behind = self._behind.get(email)
        if behind is None:
            del self._first[email]
            return None
        if self._first[email] is pending:
            self._first[email] = behind.pop(0)
        else:
            behind.remove(pending)
        if not behind:
            del self._behind[email]
        return self._first[email]

    def remove_lone(self, some: Iterable[PendingContact]) -> list[PendingContact]:
        """Take out the contacts that their identity has alone, as nearly all do.

        Returns:
            The others, which stay.
        """
        first, behind = self._first, self._behind
        others = []
        for pending in some:
            email = pending.contact.email
            if email in behind:
                others.append(pending)
            else:
                del first[email]
        return others

    def drop(self, email: str) -> None:
        """Take out all contacts of an identity."""
        del self._first[email]
        self._behind.pop(email, None)


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
