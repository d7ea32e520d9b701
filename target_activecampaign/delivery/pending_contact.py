"""A contact on its way, from its record to its outcome."""

from __future__ import annotations

import typing as t

import msgspec

from target_activecampaign.delivery.body import MAX_CONTACT_BYTES
from target_activecampaign.delivery.state_tracker import Segment

if t.TYPE_CHECKING:
    from target_activecampaign.contacts.contact import Contact, Origin

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
        is_known: Whether the account has a contact of this identity for sure.
        member_since: For a removal, when our first import of the contact was sent, in seconds since 1970;
            `None` for a record of the input.
        state: Where it stands.
        segment: The first segment of input that it holds up; none before it is pending there.
        first_sent_at: When it was sent for the first time, in seconds since 1970; 0 before.
        attempts: How many imports took it and did not come to an end.
    """

    contact: Contact
    origin: Origin
    fingerprint: bytes = b""
    is_merged: bool = False
    is_known: bool = False
    member_since: int | None = None
    state: ContactState = "read"
    segment: Segment = _NO_SEGMENT
    first_sent_at: int = 0
    attempts: int = 0

    @property
    def is_record(self) -> bool:
        """Whether a record of the input stands behind it, and not a removal of the mirror."""
        return self.member_since is None

    def may_be_new(self) -> bool:
        """Whether the account may get a contact more by it."""
        return not self.is_known and not self.contact.unsubscribes

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
