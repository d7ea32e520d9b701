"""Batches: why are there 231 contacts in this request? Pure.

Owns the limits of one request and its encoding. Sizes are bytes of the real body, envelope included.
"""

from __future__ import annotations

import typing as t

import msgspec

from target_activecampaign.delivery.state_tracker import Segment
from target_activecampaign.limits import CONTACTS_PER_IMPORT, MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Sequence

    from target_activecampaign.contacts.contact import Contact, Origin

_OPENING = b'{"contacts":['
_CLOSING = b"]}"
_CLOSING_WITHOUT_AUTOMATIONS = b'],"exclude_automations":true}'
ENVELOPE_BYTES = len(_OPENING) + len(_CLOSING_WITHOUT_AUTOMATIONS)

MOST_BYTES_OF_A_CONTACT = MAX_BODY_BYTES - ENVELOPE_BYTES - 1
"""A larger one can't be sent at all, not even alone in a request."""


Place: t.TypeAlias = t.Literal["gathering", "filling", "waiting", "looking up", "ready", "taken"]
"""Where a contact on its way stands.

gathering: Its identity was sent before in this run: it waits a while for more records of the identity.
filling: In the window that is being filled: later records of its identity still merge into it.
waiting: Closed, behind an earlier contact of its identity that has no verdict yet.
looking up: It unsubscribes, and whether there is anybody to unsubscribe is being looked up.
ready: May be sent.
taken: In a batch that is being sent, or in an open import.
"""

_NOT_OWED = Segment()


class PendingContact(msgspec.Struct, eq=False, gc=False):
    """A contact on its way, from its record to its verdict.

    Attributes:
        contact: What will be sent, with the records merged into it.
        origin: The last record merged into it.
        fingerprint: Hash of the last record's contact alone, 16 bytes: what it takes for a later record of
            this identity to change nothing.
        is_merged: Whether records were merged, so that the fingerprint is not that of `contact`.
        is_known: Whether the account has a contact of this identity for sure.
        member_since: Where the mirror takes somebody off a list, when our first import of them was sent, in
            seconds since 1970; `None` for a record of the input.
        place: Where it stands.
        segment: The first segment of input that it holds up; none before it is owed there.
    """

    contact: Contact
    origin: Origin
    fingerprint: bytes = b""
    is_merged: bool = False
    is_known: bool = False
    member_since: int | None = None
    place: Place = "filling"
    segment: Segment = _NOT_OWED

    @property
    def is_record(self) -> bool:
        """Whether a record of the input stands behind it, and not the mirror."""
        return self.member_since is None

    def may_be_new(self) -> bool:
        """Whether the account may get a contact more by it."""
        return not self.is_known and not self.contact.unsubscribes

    def merge(self, later: PendingContact) -> Origin | None:
        """Take a later contact of this identity in, if both can be sent as one.

        Somebody who is taken off a list and then put on it again would, sent as one, never have left it. So
        a contact that subscribes and one that unsubscribes don't merge.

        Returns:
            The origin of the record that was superseded, or `None` where they stay two.
        """
        if (
            self.origin.stream != later.origin.stream
            or self.contact.unsubscribes != later.contact.unsubscribes
        ):
            return None
        merged = self.contact.merged_with(later.contact)
        if len(merged.body) > MOST_BYTES_OF_A_CONTACT:
            return None
        superseded, self.origin = self.origin, later.origin
        self.contact = merged
        self.fingerprint = later.fingerprint
        self.is_merged = later.is_merged or merged.body != later.contact.body
        return superseded


class Batch:
    """Contacts of one stream for one import, each identity once.

    Attributes:
        stream: The stream that they come from.
        contacts: In the order of their records.
        attempts: How often ActiveCampaign accepted it as an import and did not bring it to an end.
        possibly_new: How many of its contacts may be new to the account, counted when it was taken.
        taken_at: When it was taken for the first time, in seconds since 1970.
    """

    def __init__(self, stream: str, max_contacts: int = CONTACTS_PER_IMPORT) -> None:
        self.stream = stream
        self.contacts: list[PendingContact] = []
        self.attempts = 0
        self.possibly_new = 0
        self.taken_at = 0
        self._max_contacts = max_contacts
        self._body_bytes = ENVELOPE_BYTES

    @classmethod
    def of(
        cls, stream: str, contacts: Iterable[PendingContact], max_contacts: int = CONTACTS_PER_IMPORT
    ) -> Batch:
        """A batch of contacts that were in one batch before, so that they fit."""
        batch = cls(stream, max_contacts)
        for pending in contacts:
            batch.add(pending)
        return batch

    def __len__(self) -> int:
        """Contacts in it."""
        return len(self.contacts)

    @property
    def body_bytes(self) -> int:
        """Bytes of the request's body, at the most."""
        return self._body_bytes

    @property
    def is_full(self) -> bool:
        """Whether it holds as many contacts as a request may."""
        return len(self.contacts) >= self._max_contacts

    @property
    def max_contacts(self) -> int:
        """Contacts that it may hold."""
        return self._max_contacts

    def has_room_for(self, contact: Contact) -> bool:
        """Whether one more contact fits by count and by bytes."""
        return not self.is_full and self._body_bytes + bytes_in_array(contact) <= MAX_BODY_BYTES

    def add(self, pending: PendingContact) -> None:
        """Put a contact in. Ask `has_room_for` before."""
        self.contacts.append(pending)
        self._body_bytes += bytes_in_array(pending.contact)

    def fill_from(
        self, queue: deque[PendingContact], admits: Callable[[PendingContact], bool]
    ) -> list[PendingContact]:
        """Take contacts from the front of a queue into the batch, as many as it has room for.

        Args:
            queue: They are taken out of it.
            admits: Whether a contact may be sent now; asked in order.

        Returns:
            Those that were not admitted, in order.
        """
        not_admitted: list[PendingContact] = []
        room = MAX_BODY_BYTES - self._body_bytes
        while queue and len(self.contacts) < self._max_contacts:
            size = bytes_in_array(queue[0].contact)
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

    def encode(self) -> bytes:
        """The body of the request.

        `exclude_automations` stands in each contact in the reference's example and beside `contacts` in its
        text and in clients: both are sent.
        """
        excludes = any(pending.contact.exclude_automations for pending in self.contacts)
        closing = _CLOSING_WITHOUT_AUTOMATIONS if excludes else _CLOSING
        return _OPENING + b",".join(pending.contact.body for pending in self.contacts) + closing


def split_batch(batch: Batch, positions: Sequence[int]) -> list[Batch]:
    """Split a batch that was refused whole, to find the contacts for which it was.

    Args:
        batch: Two contacts or more.
        positions: What the refusal names. Whether it counts from 0 or from 1, and whether it names all
            culprits or the first, is not known, so the contacts at both readings are suspects.

    Returns:
        The suspects and the others where that narrows it down, else two halves. None is empty.
    """
    last = len(batch) - 1
    suspected = {index for position in positions for index in (position - 1, position) if 0 <= index <= last}
    suspects = [pending for index, pending in enumerate(batch.contacts) if index in suspected]
    others = [pending for index, pending in enumerate(batch.contacts) if index not in suspected]
    if not suspects or not others:
        middle = len(batch) // 2
        suspects, others = batch.contacts[:middle], batch.contacts[middle:]
    return [Batch.of(batch.stream, part, batch.max_contacts) for part in (others, suspects)]


def bytes_in_array(contact: Contact) -> int:
    """What a contact adds to a request: itself and a comma."""
    return len(contact.body) + 1
