"""The send queue: contacts that wait to be sent, in the states of `ContactState`. Pure.

Of one identity there is never more than one contact in an open import, since ActiveCampaign promises no order
between imports. A stream's contacts fill windows of as many contacts as an import takes; within a window,
records of one identity merge (docs/design/delivery.md). The contacts of a batch are chosen when it is taken,
so a contact that has to wait leaves no gap. Knows nothing of time, limits, outcomes or the network.
"""

from __future__ import annotations

import itertools
import operator
import typing as t
from collections import deque

from target_activecampaign.delivery.batch import Batch
from target_activecampaign.delivery.queues import DEFERRED_RECORDS, ContactOrder, Deferred, StreamQueues

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.delivery.batch import ContactState, PendingContact
    from target_activecampaign.delivery.packed_batches import PackedBatches

_stream_of = operator.attrgetter("origin.stream")

_MERGING = ("deferred", "open window")


class SendQueue:
    """Contacts without an outcome, by identity and by state. `_enter` and `_leave` alone change a state."""

    def __init__(
        self,
        batch_size_rows: int,
        fingerprint: Callable[[bytes], bytes],
        deferred_records: int = DEFERRED_RECORDS,
        packed: PackedBatches | None = None,
    ) -> None:
        """Start empty.

        Args:
            batch_size_rows: As the setting of this name, contacts.
            fingerprint: Makes the hash that stands for a contact's body.
            deferred_records: For how many records a contact is deferred.
            packed: Takes the contacts of open imports that are packed.
        """
        self._fingerprint = fingerprint
        self._batch_size_rows = batch_size_rows
        self._order = ContactOrder(packed)
        self._deferred = Deferred(deferred_records)
        self._windows = StreamQueues()
        self._ready = StreamQueues()
        self._blocked, self._to_check, self._checking = _ContactSet(), _ContactSet(), _ContactSet()
        self._containers: dict[ContactState, _Container] = {
            "deferred": self._deferred,
            "open window": self._windows,
            "blocked": self._blocked,
            "to check": self._to_check,
            "checking": self._checking,
            "ready": self._ready,
        }
        self._may_leave_partly: set[str] = set()
        self._to_retry: deque[Batch] = deque()

    # Questions

    @property
    def ready_batches(self) -> int:
        """Full batches that can be sent, about."""
        ready = sum(self._ready[stream].batches(self._batch_size_rows) for stream in self._ready)
        return len(self._to_retry) + ready

    @property
    def can_take(self) -> bool:
        """Whether there is a batch that may leave: a full one, or one that need not be."""
        return bool(self._to_retry) or any(self._is_takeable(stream) for stream in self._ready)

    @property
    def filling(self) -> list[str]:
        """Streams with contacts that wait to fill a batch."""
        return list(dict.fromkeys((*self._windows, *self._deferred.streams, *self._ready)))

    @property
    def blocked(self) -> int:
        """Contacts that wait for an earlier one of their identity to have its outcome."""
        return len(self._blocked)

    @property
    def deferred(self) -> int:
        """Contacts that wait for more records of their identity."""
        return len(self._deferred)

    @property
    def to_retry(self) -> int:
        """Contacts that go out again."""
        return sum(map(len, self._to_retry))

    @property
    def to_check(self) -> int:
        """Contacts that wait for their check."""
        return len(self._to_check)

    @property
    def is_checking(self) -> bool:
        """Whether a check of a contact has not ended, or has not begun."""
        return bool(self._to_check or self._checking)

    @property
    def is_empty(self) -> bool:
        """Whether every contact has its outcome."""
        return not self._order

    def has(self, email: str) -> bool:
        """Return whether a contact of this identity is on its way."""
        return email in self._order

    def fingerprint_of(self, pending: PendingContact) -> bytes:
        """Return the fingerprint of all that would be sent of a contact, merged records included."""
        return self._fingerprint(pending.contact.body) if pending.is_merged else pending.fingerprint

    def is_first(self, pending: PendingContact) -> bool:
        """Return whether no earlier contact of its identity is on its way."""
        return self._order.is_first(pending)

    # The way in

    def count_records(self, count: int) -> bool:
        """Count records of the input, whatever becomes of them.

        Returns:
            Whether `take_due` has something now.
        """
        self._deferred.count_records(count)
        return self.records_to_due <= 0

    @property
    def records_to_due(self) -> float:
        """After how many more records `take_due` has something; infinite where nothing is deferred."""
        return self._deferred.records_to_next

    def put_new(self, some: Sequence[PendingContact]) -> None:
        """Put contacts that subscribe, of different identities, none of which was sent or is on its way."""
        self._order.append_new(some)
        for stream, own in itertools.groupby(some, key=_stream_of):
            self._fill(stream, list(own))

    def put(self, pending: PendingContact, *, was_sent: bool = False) -> Origin | None:
        """Put a contact behind those of its identity that are on their way.

        Args:
            pending: The contact.
            was_sent: Whether this run has sent its identity before.

        Returns:
            The origin of the record that it superseded, or `None`. Where there is one, an earlier contact has
            merged it, which holds up an earlier segment already.
        """
        last = self._order.last(pending.contact.email)
        if last and last.state in _MERGING and (superseded := last.merge(pending)):
            return superseded
        self._order.append(pending)
        pending.is_again = was_sent or last is not None
        if last:
            pending.is_known, pending.is_seen = last.is_known, last.is_seen
            if last.fingerprint == pending.fingerprint:
                self._enter([pending], "blocked")
                return None
        if last or was_sent:
            self._enter([pending], "deferred")
        elif pending.contact.unsubscribes:
            self._enter([pending], "to check")
        else:
            self._fill(pending.origin.stream, [pending])
        return None

    def take_due(self) -> Iterator[PendingContact]:
        """Take the contacts that were deferred long enough; `place` or `settle` each."""
        while (pending := self._deferred.next_due()) is not None:
            self._leave([pending])
            yield pending

    def take_deferred(self, streams: Collection[str] | None = None) -> Iterator[PendingContact]:
        """Take the deferred contacts of some streams, or of all; `place` or `settle` each."""
        for pending in list(self._deferred):
            if streams is None or pending.origin.stream in streams:
                self._leave([pending])
                yield pending

    def place(self, pending: PendingContact) -> Origin | None:
        """Give a contact that was deferred its place in a window, or behind the one before it.

        Returns:
            The origin of a record that is superseded, because the contact before it merged this one: then
            this one is on its way no longer, and the other holds up what this one held up.
        """
        before = self._order.before(pending)
        if before is None and not pending.contact.unsubscribes:
            self._fill(pending.origin.stream, [pending])
        elif before is None:
            # It merges with nothing but a repeat of itself, so it needs no window.
            self._enter([pending], "to check")
        elif before.fingerprint == self.fingerprint_of(pending):
            self._enter([pending], "blocked")
        elif before.state == "blocked":
            if (superseded := before.merge(pending)) is not None:
                self._order.remove(pending)
                return superseded
            self._enter([pending], "blocked")
        elif pending.contact.unsubscribes:
            self._enter([pending], "blocked")
        else:
            self._fill(pending.origin.stream, [pending])
        return None

    def close_windows(self) -> None:
        """Let nothing merge any more: the input has ended. Batches that are not full may still wait."""
        for stream in list(self._windows):
            self._close(stream)

    def close_filling(self, streams: Iterable[str]) -> None:
        """Close windows of streams that are not full, and let batches leave that are not full."""
        for stream in list(streams):
            self._close(stream)
            self._may_leave_partly.add(stream)

    # The way out

    def take(self, admits: Callable[[PendingContact], bool], *, new_first: bool = False) -> Batch | None:
        """Take the next batch, or the part of it that may be sent.

        Args:
            admits: Whether a contact may be sent now; asked in order.
            new_first: Whether batches that are sent again come last.

        Returns:
            A batch that will not change any more, or `None` where nothing is ready or admitted. Contacts
            that were not admitted stay first.
        """
        batch = None if new_first else self._take_retry(admits)
        for stream in list(self._ready):
            if batch is None and self._is_takeable(stream):
                batch = self._compose(stream, admits)
        if batch is None and new_first:
            batch = self._take_retry(admits)
        if batch is not None:
            self._enter(batch.contacts, "in flight")
        return batch

    def retry(self, batches: Sequence[Batch]) -> None:
        """Put batches whose contacts were in flight first, to be sent as they are."""
        for batch in batches:
            self._enter(batch.contacts, "to retry")
        self._to_retry.extendleft(reversed(batches))

    def pack(self, batch: Batch) -> bool:
        """Pack the contacts of a batch in flight, where that can be done; returns whether it was."""
        return self._order.pack(batch)

    def unpack(self, batch: Batch) -> None:
        """Have the contacts of a batch in flight again, before anybody asks for them."""
        self._order.unpack(batch)

    def put_sample_first(self) -> None:
        """Put the last contact of the largest batch that is sent again first, alone."""
        largest = max(self._to_retry, key=len, default=None)
        if largest is not None and len(largest) > 1:
            last = largest.contacts[-1]
            self._to_retry.remove(largest)
            self._to_retry.extendleft(largest.split(lambda pending: pending is not last))

    def settle(self, pending: PendingContact, *, is_known: bool = False) -> PendingContact | None:
        """Let a contact go that has its outcome.

        Args:
            pending: The first of its identity.
            is_known: Whether the account has its identity, as this run has seen.

        Returns:
            The contact that was blocked by it, if any: `release` it, or `settle` it too.
        """
        self._leave([pending])
        following = self._order.remove(pending)
        if following is None:
            return None
        if is_known:
            following.note_seen()
        if following.state != "blocked":
            return None
        self._leave([following])
        return following

    def settle_all(self, some: Sequence[PendingContact], *, is_known: bool) -> list[PendingContact]:
        """Let contacts of several identities go; returns those that they blocked, as `settle` does."""
        self._leave(some)
        others = self._order.remove_lone(some)
        return [blocked for pending in others if (blocked := self.settle(pending, is_known=is_known))]

    def release(self, pending: PendingContact) -> None:
        """Let a contact be sent, before others, that was blocked."""
        if pending.contact.unsubscribes:
            self._enter([pending], "to check")
        else:
            self._enter([pending], "ready", self._ready.put_first)

    # Checks

    def takeable(self) -> list[PendingContact]:
        """Return the contacts that may leave now, as far as the queue is concerned."""
        retried = [pending for batch in self._to_retry for pending in batch.contacts]
        return retried + [
            p for stream in self._ready if self._is_takeable(stream) for p in self._ready[stream]
        ]

    def check(self, some: Sequence[PendingContact]) -> None:
        """Have contacts checked that are ready, or to be sent again."""
        chosen = set(some)
        batches, self._to_retry = list(self._to_retry), deque()
        for batch in batches:
            to_check, others = batch.split(chosen.__contains__)
            self._enter(to_check.contacts, "to check")
            if others.contacts:
                self._to_retry.append(others)
        ready = [pending for pending in some if pending.state == "ready"]
        self._leave(ready)
        self._enter(ready, "to check")

    def to_check_where(self, belongs: Callable[[PendingContact], bool]) -> list[PendingContact]:
        """Return contacts whose check has not begun."""
        return [pending for pending in self._to_check if belongs(pending)]

    def begin_check(self, may_begin: Callable[[PendingContact], bool]) -> PendingContact | None:
        """Take a contact to check; `admit` or `settle` it afterwards."""
        pending = next(filter(may_begin, self._to_check), None)
        if pending is not None:
            self._leave([pending])
            self._enter([pending], "checking")
        return pending

    def admit(self, some: Sequence[PendingContact]) -> None:
        """Let contacts be sent that were checked, before others."""
        self._leave(some)
        for stream in dict.fromkeys(pending.origin.stream for pending in some):
            own = [pending for pending in some if pending.origin.stream == stream]
            self._enter(own, "ready", self._ready.put_first)

    # Held back

    def withdraw(self, some: Sequence[PendingContact]) -> list[PendingContact]:
        """Take out contacts that are ready or to be sent again, with those of their identities behind them.

        Returns:
            The contacts that are out.
        """
        retried = [pending for pending in some if pending.state == "to retry"]
        if retried:
            self.check(retried)
        gone = [own for pending in some for own in self._order.of(pending.contact.email)]
        self._leave(gone)
        for pending in some:
            self._order.drop(pending.contact.email)
        return gone

    # States and containers

    def _enter(
        self,
        some: Sequence[PendingContact],
        state: ContactState,
        add: Callable[[Sequence[PendingContact]], None] | None = None,
    ) -> None:
        """Put contacts that are in no container into the one of a state.

        Args:
            some: The contacts.
            state: Their new state. A batch holds those that are in flight or to be sent again.
            add: How the container takes them, where they are not put last.
        """
        for pending in some:
            pending.state = state
        if add is not None:
            add(some)
        elif state in self._containers:
            self._containers[state].add(some)

    def _leave(self, some: Sequence[PendingContact]) -> None:
        """Take contacts out of the containers of their states."""
        for state in {pending.state for pending in some} & self._containers.keys():
            self._containers[state].remove([pending for pending in some if pending.state == state])
        for pending in some:
            pending.state = "read"

    def _fill(self, stream: str, some: Sequence[PendingContact]) -> None:
        """Give contacts of one stream their places in windows, in order."""
        while some:
            window = self._windows.of(stream)
            count = window.count_fitting(some[: self._batch_size_rows - len(window)])
            if count:
                self._enter(some[:count], "open window")
            some = some[count:]
            if some or len(self._windows[stream]) >= self._batch_size_rows:
                self._close(stream)

    def _close(self, stream: str) -> None:
        window = list(self._windows.of(stream))
        self._leave(window)
        ready, blocked = self._order.split_first(window)
        self._enter(blocked, "blocked")
        self._enter(ready, "ready")

    def _is_takeable(self, stream: str) -> bool:
        return stream in self._may_leave_partly or self._ready[stream].fills_a_batch(self._batch_size_rows)

    def _take_retry(self, admits: Callable[[PendingContact], bool]) -> Batch | None:
        """Take the first batch that is to be sent again, or the part of it that is admitted."""
        kept: list[Batch] = []
        admitted: Batch | None = None
        while self._to_retry and admitted is None:
            chosen, others = self._to_retry.popleft().split(admits)
            admitted = chosen if chosen.contacts else None
            if others.contacts:
                kept.append(others)
        self._to_retry.extendleft(reversed(kept))
        return admitted

    def _compose(self, stream: str, admits: Callable[[PendingContact], bool]) -> Batch | None:
        batch = Batch(stream, self._batch_size_rows)
        self._ready[stream].fill(batch, admits)
        if self._ready.forget_if_empty(stream):
            self._may_leave_partly.discard(stream)
        return batch if batch.contacts else None


class _Container(t.Protocol):
    """Contacts of one state."""

    def add(self, some: Sequence[PendingContact]) -> None: ...

    def remove(self, some: Sequence[PendingContact]) -> None: ...


class _ContactSet(dict["PendingContact", None]):
    """Contacts in the order in which they came, and no contact twice."""

    def add(self, some: Iterable[PendingContact]) -> None:
        self.update(dict.fromkeys(some))

    def remove(self, some: Iterable[PendingContact]) -> None:
        for pending in some:
            del self[pending]
