"""The send_queue: which contacts wait to be sent, and which must wait for an earlier one. Pure.

Of one identity there is never more than one contact in an open import, since ActiveCampaign promises no order
between imports. What merges with what depends on the input alone, not on the pace of the run, so that a dry
run and the run after it come to the same figures:

- A stream's contacts fill windows of as many contacts as an import takes. Within a window records of one
  identity merge.
- An identity that was sent before in this run gathers its next records, until `DEFERRED_RECORDS` more were
  read: then it takes its place in a window. By then the earlier import has mostly ended.
- Exactly what was sent last is an echo: it only waits for the verdict.

Only where imports take longer than reading so many records does a contact that still waits take in the next.
What a batch is made of is decided when it is taken, so that what has to wait leaves no gap. Knows nothing of
time, limits, verdicts or the network.
"""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import typing as t
from collections import Counter, defaultdict, deque

from target_activecampaign.delivery.batch import (
    ENVELOPE_BYTES,
    Batch,
    PendingContact,
    bytes_in_array,
)
from target_activecampaign.delivery.contact_order import ContactOrder
from target_activecampaign.limits import MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from target_activecampaign.contacts.contact import Origin

DEFERRED_RECORDS = 10_000
"""Records that are read before an identity that was sent already is sent again: 24 s of a full run, and few
enough to hold up no STATE for long."""


class SendQueue:
    """Contacts that have no verdict yet, by identity and by where they stand."""

    def __init__(
        self,
        batch_size_rows: int,
        fingerprint: Callable[[bytes], bytes],
        deferred_records: int = DEFERRED_RECORDS,
    ) -> None:
        """Start empty.

        Args:
            batch_size_rows: As the setting of this name, contacts.
            fingerprint: Makes the hash that stands for a contact's body.
            deferred_records: For how many records an identity gathers.
        """
        self._fingerprint = fingerprint
        self._batch_size_rows = batch_size_rows
        self._gathered_records = deferred_records
        self._contact_order = ContactOrder()
        self._gathering: dict[PendingContact, int] = {}  # to the record at which each is due, in this order
        self._gathering_by_stream: Counter[str] = Counter()
        self._windows: dict[str, _Queue] = {}
        self._ready: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._may_leave_partly: set[str] = set()
        self._again: deque[Batch] = deque()
        self._waiting = 0
        self._records = 0
        self.lookups: deque[PendingContact] = deque()
        """Contacts that unsubscribe, first in their lanes; take each out, then `admit` or `settle` it."""

    # What is there

    @property
    def ready_batches(self) -> int:
        """Batches' worth of contacts that can be sent."""
        return len(self._again) + sum(queue.batches(self._batch_size_rows) for queue in self._ready.values())

    @property
    def can_take(self) -> bool:
        """Whether there is a batch that may leave: a full one, or one that need not be."""
        return bool(self._again) or any(self._is_takeable(stream) for stream in self._ready)

    @property
    def filling(self) -> list[str]:
        """Streams of which contacts wait to fill a batch."""
        gathering = (stream for stream, count in self._gathering_by_stream.items() if count)
        remaining = (stream for stream, queue in self._ready.items() if queue)
        return list(dict.fromkeys((*self._windows, *gathering, *remaining)))

    @property
    def waiting(self) -> int:
        """Contacts that wait for an earlier one of their identity to have its verdict."""
        return self._waiting

    @property
    def gathering(self) -> int:
        """Contacts that gather records."""
        return len(self._gathering)

    @property
    def is_empty(self) -> bool:
        """Whether every contact has its verdict."""
        return not self._contact_order

    def has(self, email: str) -> bool:
        """Whether a contact of this identity is on its way."""
        return email in self._contact_order

    def fingerprint_of(self, pending: PendingContact) -> bytes:
        """The fingerprint of all that would be sent of a contact, with the records merged into it."""
        return self._fingerprint(pending.contact.body) if pending.is_merged else pending.fingerprint

    def is_first(self, pending: PendingContact) -> bool:
        """Whether no earlier contact of its identity is on its way."""
        return self._contact_order.is_first(pending)

    # The way in

    def count_records(self, count: int) -> bool:
        """Count records of the input, whatever becomes of them; whether `take_gathered` has something now."""
        self._records += count
        return self.records_to_due <= 0

    @property
    def records_to_due(self) -> float:
        """After how many more records `take_gathered` has something; infinite where nothing gathers."""
        due = next(iter(self._gathering.values()), math.inf)
        return due - self._records

    def put_new(self, some: Sequence[PendingContact]) -> None:
        """Take contacts that subscribe, of different identities, none of which was sent or is on its way."""
        self._contact_order.append_new(some)
        for stream, own in itertools.groupby(some, key=_stream_of):
            self._fill(stream, list(own))

    def put(self, pending: PendingContact, *, was_sent: bool = False) -> Origin | None:
        """Take a contact, behind those of its identity that are on their way.

        Args:
            pending: The contact.
            was_sent: Whether this run has sent its identity before.

        Returns:
            The origin of the record that it superseded, or `None`. Where there is one, an earlier contact has
            taken it in, which holds up an earlier segment already.
        """
        last = self._contact_order.last(pending.contact.email)
        if last and last.place in _MERGES and (superseded := last.merge(pending)):
            return superseded
        self._contact_order.append(pending)
        if last:
            pending.is_known = last.is_known
            if last.fingerprint == pending.fingerprint:
                self._wait(pending)
                return None
        if last or was_sent:
            pending.place = "gathering"
            self._gathering[pending] = self._records + self._gathered_records
            self._gathering_by_stream[pending.origin.stream] += 1
        elif pending.contact.unsubscribes:
            self.release(pending)
        else:
            self._fill(pending.origin.stream, [pending])
        return None

    def take_gathered(self) -> Iterator[PendingContact]:
        """Take those that have gathered long enough; `place` or `settle` each."""
        while self._gathering:
            pending, due = next(iter(self._gathering.items()))
            if due > self._records:
                return
            self._leave_gathering(pending)
            yield pending

    def take_gathering(self, streams: Collection[str] | None = None) -> Iterator[PendingContact]:
        """Take those that gather, of some streams or of all; `place` or `settle` each."""
        for pending in list(self._gathering):
            if streams is None or pending.origin.stream in streams:
                self._leave_gathering(pending)
                yield pending

    def place(self, pending: PendingContact) -> Origin | None:
        """Give a contact its place in a window, or behind the one before it.

        Returns:
            The origin of a record that is superseded, because the contact before it took this one in: then
            this one is on its way no longer, and what it held up is held up by the other.
        """
        before = self._contact_order.before(pending)
        if before is not None and before.fingerprint == self.fingerprint_of(pending):
            self._wait(pending)
        elif before is not None and before.place == "waiting":
            superseded = before.merge(pending)
            if superseded is not None:
                self._contact_order.remove(pending)
                return superseded
            self._wait(pending)
        elif pending.contact.unsubscribes:
            # Nothing merges with it that is not an echo, so it needs no window.
            if before is None:
                self.release(pending)
            else:
                self._wait(pending)
        else:
            self._fill(pending.origin.stream, [pending])
        return None

    def close_windows(self) -> None:
        """Let nothing merge any more, since the input has ended; batches that are not full may still wait."""
        for stream in list(self._windows):
            self._close(stream)

    def close_filling(self, streams: Iterable[str] | None = None) -> None:
        """Close windows that are not full, and let batches leave that are not full.

        Args:
            streams: Of these; of all where it is `None`.
        """
        for stream in self.filling if streams is None else list(streams):
            self._close(stream)
            self._may_leave_partly.add(stream)

    # The way out

    def take(self, admits: Callable[[PendingContact], bool]) -> Batch | None:
        """Take the next batch, or the part of it that may be sent.

        Args:
            admits: Whether a contact may be sent now; asked in order.

        Returns:
            A batch that will not change any more, or `None` where nothing is ready or admitted. What was
            not admitted stays first in line.
        """
        batch = self._take_again(admits)
        for stream in list(self._ready):
            if batch is None and self._is_takeable(stream):
                batch = self._compose(stream, admits)
        for pending in batch.contacts if batch else ():
            pending.place = "taken"
        return batch

    def put_back(self, batches: list[Batch]) -> None:
        """Put batches of contacts that were taken first in line, to be sent as they are."""
        self._again.extendleft(reversed(batches))

    def settle(self, pending: PendingContact, *, is_known: bool = False) -> PendingContact | None:
        """Let a contact go that has its verdict.

        Args:
            pending: The first of its lane.
            is_known: Whether the account has its identity for sure.

        Returns:
            The contact that waited for it, if any: `release` it, or `settle` it too.
        """
        following = self._contact_order.remove(pending)
        if following is None:
            return None
        following.is_known |= is_known
        if following.place != "waiting":
            return None
        self._waiting -= 1
        following.place = "ready"
        return following

    def settle_all(self, some: Iterable[PendingContact], *, is_known: bool) -> list[PendingContact]:
        """Let contacts of several identities go; those that waited for them, as `settle` tells of one."""
        others = self._contact_order.remove_lone(some)
        return [waited for pending in others if (waited := self.settle(pending, is_known=is_known))]

    def release(self, pending: PendingContact) -> None:
        """Let a contact be sent, before others, that waited for an earlier one of its identity."""
        if pending.contact.unsubscribes:
            pending.place = "looking up"
            self.lookups.append(pending)
        else:
            self.admit(pending)

    def admit(self, pending: PendingContact) -> None:
        """Let a contact be sent that was looked up."""
        pending.place = "ready"
        self._ready[pending.origin.stream].put_first(pending)

    def withdraw(self, is_held_back: Callable[[PendingContact], bool]) -> Iterator[PendingContact]:
        """Take out what is not being sent and shall not be, with what waits behind it.

        Yields:
            Each contact that is out.
        """
        out = [lane for lane in self._contact_order if lane[0].place != "taken" and is_held_back(lane[0])]
        gone = {pending for lane in out for pending in lane}
        for queue in (*self._windows.values(), *self._ready.values()):
            queue.drop(gone)
        for batch in list(self._again):
            self._again.remove(batch)
            if kept := _partition(batch, lambda pending: pending not in gone)[0]:
                self._again.append(kept)
        for lane in out:
            self._contact_order.drop(lane[0].contact.email)
            for pending in lane:
                self._waiting -= pending.place == "waiting"
                if pending in self._gathering:
                    self._leave_gathering(pending)
                if pending in self.lookups:
                    self.lookups.remove(pending)
        yield from (pending for lane in out for pending in lane)

    def _leave_gathering(self, pending: PendingContact) -> None:
        del self._gathering[pending]
        self._gathering_by_stream[pending.origin.stream] -= 1

    def _wait(self, pending: PendingContact) -> None:
        pending.place = "waiting"
        self._waiting += 1

    def _fill(self, stream: str, some: Sequence[PendingContact]) -> None:
        """Give contacts their places in windows, in order."""
        while some:
            window = self._windows.setdefault(stream, _Queue())
            count = window.append_those_that_fit(some[: self._batch_size_rows - len(window)])
            for pending in some[:count]:
                pending.place = "filling"
            some = some[count:]
            if some or len(window) >= self._batch_size_rows:
                self._close(stream)

    def _close(self, stream: str) -> None:
        ready, behind = self._contact_order.split_first(list(self._windows.pop(stream, ())))
        for pending in ready:
            pending.place = "ready"
        for pending in behind:
            self._wait(pending)
        if ready:
            self._ready[stream].extend(ready)

    def _is_takeable(self, stream: str) -> bool:
        queue = self._ready[stream]
        return bool(queue) and (
            stream in self._may_leave_partly or queue.fills_a_batch(self._batch_size_rows)
        )

    def _take_again(self, admits: Callable[[PendingContact], bool]) -> Batch | None:
        admitted: Batch | None = None
        not_admitted: list[Batch] = []
        while self._again and admitted is None:
            admitted, kept = _partition(self._again.popleft(), admits)
            if kept:
                not_admitted.append(kept)
        self.put_back(not_admitted)
        return admitted

    def _compose(self, stream: str, admits: Callable[[PendingContact], bool]) -> Batch | None:
        batch = Batch(stream, self._batch_size_rows)
        queue = self._ready[stream]
        queue.fill(batch, admits)
        if not queue:
            del self._ready[stream]
            self._may_leave_partly.discard(stream)
        return batch if batch.contacts else None


_stream_of = operator.attrgetter("origin.stream")
_MERGES = ("gathering", "filling")


class _Queue:
    """Contacts of one stream in order, with the bytes that they take in a request."""

    def __init__(self) -> None:
        self._contacts: deque[PendingContact] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._contacts)

    def __iter__(self) -> Iterator[PendingContact]:
        return iter(self._contacts)

    def append_those_that_fit(self, some: Sequence[PendingContact]) -> int:
        """Put contacts last, as many as can be sent in one request by their bytes; alone, each can.

        Returns:
            How many of them.
        """
        room = MAX_BODY_BYTES - ENVELOPE_BYTES - self._bytes
        sizes = list(itertools.accumulate([bytes_in_array(pending.contact) for pending in some]))
        count = bisect.bisect_right(sizes, room)
        if count:
            self._contacts.extend(some[:count])
            self._bytes += sizes[count - 1]
        return count

    def extend(self, some: Collection[PendingContact]) -> None:
        self._contacts.extend(some)
        self._bytes += sum([bytes_in_array(pending.contact) for pending in some])

    def put_first(self, pending: PendingContact) -> None:
        self._contacts.appendleft(pending)
        self._bytes += bytes_in_array(pending.contact)

    def fill(self, batch: Batch, admits: Callable[[PendingContact], bool]) -> None:
        bytes_before = batch.body_bytes
        not_admitted = batch.fill_from(self._contacts, admits)
        self._contacts.extendleft(reversed(not_admitted))
        self._bytes -= batch.body_bytes - bytes_before

    def drop(self, gone: set[PendingContact]) -> None:
        kept = [pending for pending in self._contacts if pending not in gone]
        self._contacts = deque(kept)
        self._bytes = sum(bytes_in_array(pending.contact) for pending in kept)

    def fills_a_batch(self, rows: int) -> bool:
        return len(self) >= rows or self._bytes + ENVELOPE_BYTES > MAX_BODY_BYTES

    def batches(self, rows: int) -> int:
        return max(len(self) // rows, self._bytes // MAX_BODY_BYTES)


def _partition(batch: Batch, belongs: Callable[[PendingContact], bool]) -> tuple[Batch | None, Batch | None]:
    """The batch of those that belong and the batch of the others; `None` for an empty one."""
    chosen: list[PendingContact] = []
    others: list[PendingContact] = []
    for pending in batch.contacts:
        (chosen if belongs(pending) else others).append(pending)
    if not others or not chosen:
        return (batch, None) if chosen else (None, batch)
    first, second = (Batch.of(batch.stream, part, batch.max_contacts) for part in (chosen, others))
    first.attempts = second.attempts = batch.attempts
    return first, second
