"""What a run asks the ledger and writes in it; without a ledger, nothing.

Owns when the ledger is asked and told what. Must not know its tables, imports or the network.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

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


class ChangeDetection:
    """A run's side of its ledger. Threads may share it, as they may the ledger.

    Attributes:
        fingerprint: Makes the hash that stands for a contact's body.
    """

    def __init__(
        self, ledger: Ledger, *, max_age_seconds: int, now: int, is_mirror: bool, is_read_only: bool
    ) -> None:
        """Prepare.

        Args:
            ledger: Open, and held for the run's lists.
            max_age_seconds: Older confirmations don't make a contact unchanged; 0 for no such age.
            now: When the run began, in seconds since 1970.
            is_mirror: Whether members are kept.
            is_read_only: Whether nothing is written (dry run).
        """
        self._ledger = ledger
        self._not_before = now - max_age_seconds if max_age_seconds else 0
        self._now = now
        self._keeps_members = is_mirror and not is_read_only
        self._is_read_only = is_read_only
        self.fingerprint = ledger.fingerprint

    def compare(self, contacts: Sequence[PendingContact]) -> dict[str, KnownContacts]:
        """What is known of contacts before they are sent, by stream.

        Args:
            contacts: Of one identity and stream the first counts.

        Raises:
            LedgerError: If the ledger can't be read.
        """
        groups: defaultdict[tuple[str, int], dict[str, bytes]] = defaultdict(dict)
        for pending in reversed(contacts):
            contact = pending.contact
            if not contact.unsubscribes:
                groups[pending.origin.stream, contact.list_id][contact.email] = pending.fingerprint
        return {stream: self._compare(stream, list_id, group) for (stream, list_id), group in groups.items()}

    def _compare(self, stream: str, list_id: int, fingerprints: dict[str, bytes]) -> KnownContacts:
        comparison = self._ledger.compare(list_id, stream, fingerprints, self._not_before)
        if self._keeps_members and (new_members := comparison.unchanged - comparison.members):
            self._ledger.add_members(list_id, stream, new_members, self._now)
        for email in fingerprints.keys() - comparison.unchanged:
            del fingerprints[email]
        return KnownContacts(comparison.known, fingerprints)

    def doubt(self, batch: Batch) -> None:
        """Note, before a batch is sent, that what was confirmed of its contacts holds no more.

        Else a value that is sent just before a crash, and goes back at the source, would be taken for
        unchanged.

        Raises:
            LedgerError: If it can't be written.
        """
        if self._is_read_only:
            return
        for list_id, some in _by_list(batch.contacts).items():
            if known := [pending.contact.email for pending in some if pending.is_known]:
                self._ledger.doubt(list_id, known)

    def write(self, batch: Batch, rejected: Collection[PendingContact], now: int) -> None:
        """Write the verdicts over a batch down.

        Args:
            batch: What an import was made of.
            rejected: Those of it that were refused or skipped.
            now: When it was submitted, in seconds since 1970.

        Raises:
            LedgerError: If they can't be written.
        """
        if self._is_read_only:
            return
        for list_id, some in _by_list(batch.contacts).items():
            refused = [pending.contact.email for pending in some if pending in rejected]
            taken_off = [p.contact.email for p in some if p.contact.unsubscribes and p not in rejected]
            put_on = {
                pending.contact.email: pending.fingerprint
                for pending in some
                if not pending.contact.unsubscribes and pending not in rejected
            }
            if refused:
                self._ledger.forget(list_id, refused)
            if taken_off:
                self._ledger.remove_contacts(list_id, taken_off)
            if put_on:
                self._ledger.confirm(list_id, batch.stream, put_on, now)

    def remove_member(self, contact: Contact) -> None:
        """Note that somebody is on the list no more, or never was there by us.

        Raises:
            LedgerError: If it can't be written.
        """
        if not self._is_read_only:
            self._ledger.remove_contacts(contact.list_id, [contact.email])


def _by_list(contacts: Iterable[PendingContact]) -> dict[int, list[PendingContact]]:
    lists: defaultdict[int, list[PendingContact]] = defaultdict(list)
    for pending in contacts:
        lists[pending.contact.list_id].append(pending)
    return lists
