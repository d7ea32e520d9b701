"""The outbox: which contacts wait to be sent, in which batch, and which must wait for an earlier one. Pure.

ActiveCampaign promises no order between imports. So of one identity there is never more than one contact
under way: the next one waits until the import of the first has ended, and is merged with what follows it.
Knows nothing of time, limits, verdicts or the network.
"""

from __future__ import annotations

import typing as t
from collections import deque

from target_activecampaign.batching import Batch, PendingContact, fits_a_request

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_activecampaign.acknowledgement import Segment
    from target_activecampaign.contact import Contact, Origin


class Outbox:
    """Contacts that have no verdict yet, by identity and by batch."""

    def __init__(self, batch_size_rows: int) -> None:
        """Start empty.

        Args:
            batch_size_rows: As the setting of this name, contacts.
        """
        self._batch_size_rows = batch_size_rows
        # Of each identity the contacts on their way, in the order of their records. Only the first can
        # stand in a batch, the others wait for it.
        self._lanes: dict[str, list[PendingContact]] = {}
        self._filling: dict[str, Batch] = {}
        self._ready: deque[Batch] = deque()
        self.waiting = 0
        """Contacts that wait for an earlier one of their identity."""

    @property
    def ready(self) -> int:
        """Batches that can be sent."""
        return len(self._ready)

    @property
    def filling(self) -> list[str]:
        """Streams of which a batch waits to be filled."""
        return list(self._filling)

    @property
    def is_filling(self) -> bool:
        """Whether a batch waits to be filled."""
        return bool(self._filling)

    @property
    def is_empty(self) -> bool:
        """Whether every contact has its verdict."""
        return not self._lanes

    def has(self, email: str) -> bool:
        """Whether a contact of this identity is on its way."""
        return email in self._lanes

    def put(self, contact: Contact, origin: Origin, owe: Callable[[], Segment]) -> Origin | None:
        """Take a contact, behind those of its identity that are on their way.

        Args:
            contact: The contact.
            origin: Its record.
            owe: Gives the segment that it holds up; not called when it merges into an earlier contact,
                which holds up an earlier segment already.

        Returns:
            The origin of the record that this one superseded, or `None`.
        """
        lane = self._lanes.get(contact.email)
        if lane is None:
            pending = PendingContact(contact, origin, owe())
            self._lanes[contact.email] = [pending]
            self._place(pending)
            return None
        if superseded := _merge(lane[-1], contact, origin):
            return superseded
        lane.append(PendingContact(contact, origin, owe()))
        self.waiting += 1
        return None

    def close_filling(self, streams: Iterable[str] | None = None) -> None:
        """Make batches ready that are not full.

        Args:
            streams: Of these that are filling; all where it is `None`.
        """
        for stream in self.filling if streams is None else streams:
            self._ready.append(self._filling.pop(stream))

    def take(self, admits: Callable[[PendingContact], bool]) -> Batch | None:
        """Take the next batch, or the part of it that may be sent.

        Args:
            admits: Whether a contact may be sent now; asked in order.

        Returns:
            A batch that will not change any more, or `None` where nothing is ready or admitted. What was
            not admitted stays first in line.
        """
        admitted: Batch | None = None
        not_admitted: list[Batch] = []
        while self._ready and admitted is None:
            admitted, kept = _partition(self._ready.popleft(), admits)
            if kept:
                not_admitted.append(kept)
        self.put_back(not_admitted)
        if admitted:
            admitted.is_taken = True
        return admitted

    def put_back(self, batches: list[Batch]) -> None:
        """Put batches of contacts that were taken first in line."""
        self._ready.extendleft(reversed(batches))

    def settle(self, pending: PendingContact) -> PendingContact | None:
        """Let a contact go that has its verdict.

        Returns:
            The contact that waited for it, if any: `release` it, or `settle` it too.
        """
        lane = self._lanes[pending.contact.email]
        lane.remove(pending)
        if not lane:
            del self._lanes[pending.contact.email]
            return None
        self.waiting -= 1
        return lane[0]

    def release(self, pending: PendingContact) -> None:
        """Put a contact in a batch that waited for an earlier one of its identity."""
        self._place(pending)

    def withdraw(self, is_held_back: Callable[[PendingContact], bool]) -> Iterator[PendingContact]:
        """Take out what is not being sent and shall not be, with what waits behind it.

        Yields:
            Each contact that is out.
        """
        batches = [*self._ready, *self._filling.values()]
        self._ready.clear()
        self._filling.clear()
        for batch in batches:
            out, kept = _partition(batch, is_held_back)
            if kept:
                self._ready.append(kept)
            for pending in out.contacts if out else ():
                lane = self._lanes.pop(pending.contact.email)
                self.waiting -= len(lane) - 1
                yield from lane

    def _place(self, pending: PendingContact) -> None:
        stream = pending.origin.stream
        batch = self._filling.get(stream)
        if batch is not None and not batch.has_room_for(pending.contact):
            self._ready.append(self._filling.pop(stream))
            batch = None
        if batch is None:
            batch = self._filling[stream] = Batch(stream, self._batch_size_rows)
        batch.add(pending)
        if batch.is_full:
            self._ready.append(self._filling.pop(stream))


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


def _merge(pending: PendingContact, contact: Contact, origin: Origin) -> Origin | None:
    """Merge a contact into the one before it, if that is of the same stream and not being sent."""
    if pending.origin.stream != origin.stream:
        return None
    merged = pending.contact.merged_with(contact)
    if pending.batch is None:
        if not fits_a_request(merged):
            return None
        pending.contact = merged
    elif not pending.batch.merge_into(pending, merged):
        return None
    superseded, pending.origin = pending.origin, origin
    pending.fingerprint = contact.fingerprint
    return superseded
