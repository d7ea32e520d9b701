"""Change detection: what a run asks the ledger and writes in it; without a ledger, nothing.

Owns when the ledger is asked and told what. Must not know its tables, imports or the network.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from target_activecampaign.contacts.contact import LeftAlone
from target_activecampaign.delivery.removal import TRANSIENT
from target_activecampaign.storage.keyed_hash import KeyedHash

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from target_activecampaign.contacts.contact import Contact
    from target_activecampaign.delivery.batch import Batch, PendingContact
    from target_activecampaign.ledger.ledger import Ledger


class KnownContacts(t.NamedTuple):
    """What the ledger says of some contacts of a stream.

    Attributes:
        known: Identities that the account has for sure.
        unchanged: Those of them that are confirmed as they were compared, with the fingerprint of that.
    """

    known: Collection[str]
    unchanged: Mapping[str, bytes]


NOTHING_KNOWN = KnownContacts((), {})


class ChangeDetection(t.Protocol):
    """A run's side of its ledger. Threads may share it. Each method raises `LedgerError` where it fails.

    Attributes:
        fingerprint: Makes the hash that stands for a contact's body.
    """

    fingerprint: Callable[[bytes], bytes]

    def compare(self, contacts: Sequence[PendingContact]) -> Mapping[str, KnownContacts]:
        """Return by stream what is known of contacts before they are sent.

        Args:
            contacts: Of one identity and stream the first counts.
        """

    def doubt(self, batch: Batch) -> None:
        """Note, before a batch is sent, that what was confirmed of its contacts holds no more.

        Else a value that is sent just before a crash, and goes back at the source, would be taken for
        unchanged.
        """

    def record(self, batch: Batch, rejected: Collection[PendingContact]) -> None:
        """Write down the outcomes of an import.

        Args:
            batch: The contacts of the import.
            rejected: Those of them that were refused or skipped.
        """

    def confirm_removals(self, list_id: int, emails: Collection[str]) -> None:
        """Write down that people were seen to be off a list, after the import that took them off."""

    def leave_alone(self, contact: Contact, reason: LeftAlone) -> None:
        """Note that a contact that was to be taken off its list is not."""


class NoLedger:
    """Change detection of a run without a ledger: it compares within the run alone."""

    def __init__(self) -> None:
        self.fingerprint: Callable[[bytes], bytes] = KeyedHash.random()

    def compare(self, contacts: Sequence[PendingContact]) -> Mapping[str, KnownContacts]:
        """Know nothing of any contact."""
        del contacts
        return {}

    def doubt(self, batch: Batch) -> None:
        """Keep nothing that could be doubted."""

    def record(self, batch: Batch, rejected: Collection[PendingContact]) -> None:
        """Keep nothing."""

    def confirm_removals(self, list_id: int, emails: Collection[str]) -> None:
        """Keep nothing."""

    def leave_alone(self, contact: Contact, reason: LeftAlone) -> None:
        """Keep nothing."""


class LedgerChanges:
    """Change detection with a ledger."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        max_age_seconds: int,
        clock: Callable[[], int],
        note_people: Callable[[], None] = lambda: None,
        is_read_only: bool,
    ) -> None:
        """Prepare.

        Args:
            ledger: Open, and held for the run's lists.
            max_age_seconds: Older confirmations don't make a contact unchanged; 0 for no such age.
            clock: Says how late it is, in seconds since 1970.
            note_people: Writes down who was brought so far. A contact is confirmed after that: one without
                a stream was confirmed by a run that notes none.
            is_read_only: Whether nothing is written (dry run).
        """
        self._ledger = ledger
        self._not_before = clock() - max_age_seconds if max_age_seconds else 0
        self._clock = clock
        self._note_people = note_people
        self._is_read_only = is_read_only
        self.fingerprint: Callable[[bytes], bytes] = ledger.fingerprint

    def compare(self, contacts: Sequence[PendingContact]) -> Mapping[str, KnownContacts]:
        """Compare contacts that subscribe with what was confirmed, by stream and list."""
        groups: defaultdict[tuple[str, int], dict[str, bytes]] = defaultdict(dict)
        for pending in reversed(contacts):
            contact = pending.contact
            if not contact.unsubscribes:
                groups[pending.origin.stream, contact.list_id][contact.email] = pending.fingerprint
        return {stream: self._compare(list_id, group) for (stream, list_id), group in groups.items()}

    def _compare(self, list_id: int, fingerprints: dict[str, bytes]) -> KnownContacts:
        comparison = self._ledger.compare(list_id, fingerprints, self._not_before)
        for email in fingerprints.keys() - comparison.unchanged:
            del fingerprints[email]
        return KnownContacts(comparison.known, fingerprints)

    def doubt(self, batch: Batch) -> None:
        """Doubt the contacts that the ledger knows."""
        if self._is_read_only:
            return
        for list_id, some in _by(_list_of, batch.contacts).items():
            if known := [pending.contact.email for pending in some if pending.is_known]:
                self._ledger.doubt(list_id, known)

    def record(self, batch: Batch, rejected: Collection[PendingContact]) -> None:
        """Forget refused contacts, and confirm the others that were subscribed."""
        if self._is_read_only:
            return
        for list_id, some in _by(_list_of, batch.contacts).items():
            delivered = [pending for pending in some if pending not in rejected]
            # Who could not be taken off is on the list still, by us.
            refused = [p.contact.email for p in some if p in rejected and not p.contact.unsubscribes]
            if refused:
                self._ledger.forget(list_id, refused)
            subscribed = [pending for pending in delivered if pending.contact.subscribes]
            self._note_people()
            self._confirm(list_id, subscribed, has_subscribed=True)
            others = [p for p in delivered if not (p.contact.subscribes or p.contact.unsubscribes)]
            self._confirm(list_id, others, has_subscribed=False)

    def _confirm(self, list_id: int, some: Iterable[PendingContact], *, has_subscribed: bool) -> None:
        for first_sent_at, own in _by(_first_sent_at, some).items():
            fingerprints = {pending.contact.email: pending.fingerprint for pending in own}
            self._ledger.confirm(
                list_id, fingerprints, first_sent_at, self._clock(), has_subscribed=has_subscribed
            )

    def confirm_removals(self, list_id: int, emails: Collection[str]) -> None:
        """Remove the people from the ledger."""
        if not self._is_read_only:
            self._ledger.remove_contacts(list_id, emails)

    def leave_alone(self, contact: Contact, reason: LeftAlone) -> None:
        """Let the removal be pending no more, but where the next run may know more.

        Nobody is struck off the ledger on a reading that may be wrong: only somebody who is seen to be on the
        list and not subscribed.
        """
        if self._is_read_only or reason in TRANSIENT:
            return
        if reason == LeftAlone.NOT_SUBSCRIBED:
            self._ledger.remove_contacts(contact.list_id, [contact.email])
        else:
            self._ledger.leave_alone(contact.list_id, contact.email, reason.value)
        if reason == LeftAlone.NOT_ON_LIST:
            self._ledger.settle_opt_outs(contact.list_id, [contact.email])


def _list_of(pending: PendingContact) -> int:
    return pending.contact.list_id


def _first_sent_at(pending: PendingContact) -> int:
    return pending.first_sent_at


def _by(
    key: Callable[[PendingContact], int], contacts: Iterable[PendingContact]
) -> dict[int, list[PendingContact]]:
    groups: defaultdict[int, list[PendingContact]] = defaultdict(list)
    for pending in contacts:
        groups[key(pending)].append(pending)
    return groups
