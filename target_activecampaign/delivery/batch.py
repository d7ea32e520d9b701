"""Batches: the contacts of one import. Pure.

A batch has no facts of its own that a part of it could lose: how often a contact was tried, and when it was
sent first, stands in the contact.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.delivery.body import ENVELOPE_BYTES, bytes_in_body, encode_body
from target_activecampaign.limits import CONTACTS_PER_IMPORT, MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Sequence

    from target_activecampaign.delivery.pending_contact import PendingContact


class Batch:
    """Contacts of one stream for one import, each identity once.

    Attributes:
        stream: The stream that they come from.
        contacts: In the order of their records.
    """

    def __init__(self, stream: str, max_contacts: int = CONTACTS_PER_IMPORT) -> None:
        self.stream = stream
        self.contacts: list[PendingContact] = []
        self._max_contacts = max_contacts
        self._body_bytes = ENVELOPE_BYTES

    def __len__(self) -> int:
        """Return the number of contacts."""
        return len(self.contacts)

    @property
    def body_bytes(self) -> int:
        """Bytes of the request's body, at the most."""
        return self._body_bytes

    @property
    def attempts(self) -> int:
        """Imports of one of its contacts that came to no end."""
        return max((pending.attempts for pending in self.contacts), default=0)

    @property
    def possibly_new(self) -> int:
        """Contacts that the account may not have yet."""
        return sum([pending.may_be_new() for pending in self.contacts])

    def fill_from(
        self, queue: deque[PendingContact], admits: Callable[[PendingContact], bool]
    ) -> list[PendingContact]:
        """Take contacts from the front of a queue, as many as fit.

        Args:
            queue: They are taken out of it.
            admits: Whether a contact may be sent now; asked in order.

        Returns:
            The contacts that were not admitted, in order.
        """
        not_admitted: list[PendingContact] = []
        room = MAX_BODY_BYTES - self._body_bytes
        while queue and len(self.contacts) < self._max_contacts:
            size = bytes_in_body(queue[0].contact)
            if size > room:
                break
            pending = queue.popleft()
            if admits(pending):
                self.contacts.append(pending)
                room -= size
            else:
                not_admitted.append(pending)
        self._body_bytes = MAX_BODY_BYTES - room
        return not_admitted

    def begin(self, now: int) -> None:
        """Note that the batch is about to be sent, at a time in seconds since 1970."""
        for pending in self.contacts:
            pending.first_sent_at = pending.first_sent_at or now

    def again(self) -> Batch:
        """Return the batch for another import, after one that came to no end."""
        for pending in self.contacts:
            pending.attempts += 1
        return self._part(self.contacts)

    def split(self, belongs: Callable[[PendingContact], bool]) -> tuple[Batch, Batch]:
        """Return the batch of the contacts that belong, and the batch of the others; one may be empty."""
        chosen: list[PendingContact] = []
        others: list[PendingContact] = []
        for pending in self.contacts:
            (chosen if belongs(pending) else others).append(pending)
        return self._part(chosen), self._part(others)

    def split_refused(self, positions: Sequence[int]) -> tuple[Batch, Batch]:
        """Split a batch of two contacts or more that was refused whole, to find the cause.

        Args:
            positions: What the refusal names. Whether it counts from 0 or from 1, and whether it names all
                culprits or the first, is not known, so the contacts at both readings are suspects.

        Returns:
            The others and the suspects where that narrows it down, else two halves. None is empty.
        """
        last = len(self) - 1
        suspects = {i for position in positions for i in (position - 1, position) if 0 <= i <= last}
        if not 0 < len(suspects) <= last:
            suspects = set(range(len(self) // 2))
        suspected = {self.contacts[index] for index in suspects}
        return self.split(lambda pending: pending not in suspected)

    def encode(self) -> bytes:
        """Encode the request's body."""
        return encode_body([pending.contact for pending in self.contacts])

    def _part(self, contacts: Iterable[PendingContact]) -> Batch:
        """Return a batch of contacts of this one: they fit."""
        part = Batch(self.stream, self._max_contacts)
        for pending in contacts:
            part.contacts.append(pending)
            part._body_bytes += bytes_in_body(pending.contact)
        return part
