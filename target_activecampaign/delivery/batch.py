"""A contact on its way, and the contacts of one import with the import's body. Pure.

Sizes are bytes of the real encoding, envelope included. A batch has no facts of its own that a
part of it could lose: how often a contact was tried, and when it was sent first, stands in the contact.
"""

from __future__ import annotations

import typing as t

import msgspec

from target_activecampaign.delivery.removal import Removal  # noqa: TC001 - the struct needs it
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

MAX_CONTACT_BYTES = MAX_BODY_BYTES - ENVELOPE_BYTES - 1
"""A larger contact can't be sent at all, not even alone in a request."""


_BYTES_BESIDE_BODY = 550  # of the objects of a contact on its way


def bytes_in_body(contact: Contact) -> int:
    """Return the bytes that a contact adds to a request: itself and a comma."""
    return len(contact.body) + 1


def bytes_of_object(pending: PendingContact) -> int:
    """Return the bytes that a contact on its way takes in memory, about."""
    return bytes_in_body(pending.contact) + _BYTES_BESIDE_BODY


def encode_body(contacts: Sequence[Contact]) -> bytes:
    """Encode the request of an import.

    `exclude_automations` stands in each contact in the reference's example, and beside `contacts` in its text
    and in clients: both are sent.
    """
    excludes = any(contact.exclude_automations for contact in contacts)
    closing = _CLOSING_WITHOUT_AUTOMATIONS if excludes else _CLOSING
    return _OPENING + b",".join([contact.body for contact in contacts]) + closing


ContactState: t.TypeAlias = t.Literal[
    "read", "deferred", "open window", "blocked", "to check", "checking", "ready", "to retry", "in flight"
]
"""Where a contact stands. Each state is one container; the send queue changes both together.

read: In the input buffer: nothing is decided yet.
deferred: This run sent its identity before: it waits for more records of the identity.
open window: In a window that still fills: later records of its identity merge into it.
blocked: Behind an earlier contact of its identity that has no outcome yet.
to check: The account is to be asked for it before it is sent.
checking: The account is being asked.
ready: May be sent.
to retry: In a batch that goes out again.
in flight: In a batch that is being sent, or in an open import.
"""

_NO_SEGMENT = Segment()


class PendingContact(msgspec.Struct, eq=False, gc=False):
    """A contact on its way, from its record to its outcome.

    Attributes:
        contact: What will be sent, with the records merged into it.
        origin: The last record merged into it.
        fingerprint: Hash of the last record's contact alone, 16 bytes: a later record of this identity with
            the same one changes nothing.
        is_merged: Whether records were merged, so that the fingerprint is not that of `contact`.
        is_known: Whether the ledger, or this run, confirmed a contact of this identity.
        is_seen: Whether this run has seen that the account has it. One that the ledger knows may have been
            deleted there since.
        is_missing: Whether the account was asked for it, and has it not.
        is_counted: Whether the headroom counts it as created, by an import that came to no end.
        removal: What is known of somebody who is to be taken off a list; `None` for a record of the input.
        state: Where it stands.
        segment: The first segment of input that it holds up; none before it is pending there.
        first_sent_at: When it was sent for the first time, in seconds since 1970; 0 before.
        attempts: How many imports took it and did not come to an end that tells what became of it.
        accepted_at: When the first of these was taken, as of `OpenImport`.
        is_again: Whether an earlier contact of its identity was sent in this run, or is on its way.
    """

    contact: Contact
    origin: Origin
    fingerprint: bytes = b""
    is_merged: bool = False
    is_known: bool = False
    removal: Removal | None = None
    is_seen: bool = False
    is_missing: bool = False
    is_counted: bool = False
    state: ContactState = "read"
    segment: Segment = _NO_SEGMENT
    first_sent_at: int = 0
    attempts: int = 0
    accepted_at: float = 0.0
    is_again: bool = False

    @property
    def is_record(self) -> bool:
        """Whether a record of this run's input stands behind it."""
        return self.removal is None or self.removal.origin is not None

    def may_be_new(self) -> bool:
        """Whether nothing is known of a contact of this identity: for the figures."""
        return not self.is_known and not self.contact.unsubscribes

    def is_arrival(self) -> bool:
        """Whether its delivery brings somebody who did not arrive in this run before: for the figures."""
        return not (self.contact.unsubscribes or (self.is_again and self.is_known))

    def needs_headroom(self) -> bool:
        """Whether the account may get a contact more by it: anything less than seen there is no proof."""
        return not self.is_seen and not self.contact.unsubscribes

    def note_seen(self) -> None:
        """Note that the account has the contact."""
        self.is_known = self.is_seen = True
        self.is_missing = False

    def merge(self, later: PendingContact) -> Origin | None:
        """Merge a later contact of this identity into this one, if one import can say both.

        A contact that leaves a list and then joins it again would, sent as one, never have left it. So a
        contact that subscribes and one that unsubscribes do not merge.

        Returns:
            The origin of the record that was superseded, or `None` where they stay two.
        """
        if (
            self.origin.stream != later.origin.stream
            or self.contact.unsubscribes != later.contact.unsubscribes
        ):
            return None
        merged = self.contact.merged_with(later.contact)
        if len(merged.body) > MAX_CONTACT_BYTES:
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
    """

    def __init__(self, stream: str, max_contacts: int = CONTACTS_PER_IMPORT) -> None:
        self.stream = stream
        self._contacts: list[PendingContact] | None = []
        self._max_contacts = max_contacts
        self._body_bytes = ENVELOPE_BYTES

    def __len__(self) -> int:
        """Return the number of contacts."""
        return len(self.contacts)

    @property
    def contacts(self) -> list[PendingContact]:
        """Contacts in the order of their records."""
        if self._contacts is None:
            raise RuntimeError("the contacts of an open import were asked for while they are packed")
        return self._contacts

    @contacts.setter
    def contacts(self, contacts: list[PendingContact]) -> None:
        self._contacts = contacts

    def put_away(self) -> None:
        """Forget the contacts: they are packed, and set again before anybody asks for them."""
        self._contacts = None

    @property
    def object_bytes(self) -> int:
        """Bytes that the contacts take in memory, about."""
        return self._body_bytes + len(self) * _BYTES_BESIDE_BODY

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
        """Contacts of which nothing is known."""
        return sum([pending.may_be_new() for pending in self.contacts])

    @property
    def needing_headroom(self) -> int:
        """Contacts by which the account may grow."""
        return sum([pending.needs_headroom() for pending in self.contacts])

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
        contacts = self.contacts
        while queue and len(contacts) < self._max_contacts:
            size = bytes_in_body(queue[0].contact)
            if size > room:
                break
            pending = queue.popleft()
            if admits(pending):
                contacts.append(pending)
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
        """Return the batch for another import, after one that came to no end, or to one in doubt."""
        for pending in self.contacts:
            pending.attempts += 1
            pending.is_missing = False
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
