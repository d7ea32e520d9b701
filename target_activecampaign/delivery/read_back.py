"""Read-back: whether the contacts of an ended import are in the account.

An ended import names new and failed contacts only, so a contact that was updated and one that
ActiveCampaign skipped in silence (over the contract, bounced: bulk importer reference) look alike.
"""

from __future__ import annotations

import random
import typing as t

from target_activecampaign.api.responses import UNSUBSCRIBED
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from target_activecampaign.api.responses import ImportStatus, Membership
    from target_activecampaign.config.settings import Verify
    from target_activecampaign.contacts.contact import Contact
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import PendingContact
    from target_activecampaign.delivery.import_poller import OpenImport

SAMPLE_SIZE = 3
"""Contacts of an import that are read back first."""

MOST_IMPORTS_BEHIND = 5
"""With more imports than that waiting to be read back, the next ones are not: sending goes first."""

_SECONDS_BEFORE_SECOND_READING = 2.0
_FEWEST_BY_PAGES = 10
"""Contacts; fewer are asked for at once: the first page would cost a tenth of them."""


class ReadBack:
    """The reading back of one ended import, and its result.

    Attributes:
        open_import: The import.
        status: As it ended.
        missing: Contacts that are not in the account.
        read_back: How many contacts were looked up.
        still_unsubscribed: How many of these are off their list, because they left it before.
    """

    def __init__(self, open_import: OpenImport, status: ImportStatus, first: list[PendingContact]) -> None:
        """Prepare.

        Args:
            open_import: The import.
            status: As it ended.
            first: Contacts to look up first; if one of them is missing, all of the import are looked up.
        """
        self.open_import = open_import
        self.status = status
        self.missing: set[PendingContact] = set()
        self.read_back = 0
        self.still_unsubscribed = 0
        self._first = first

    def ask(self, account: Account, pause: Callable[[float], None]) -> None:
        """Look the contacts up; a missing one is looked up twice, the second time by itself.

        Args:
            account: The account.
            pause: Waits for some seconds: reading may lag behind writing (assumed).

        Raises:
            ServiceError: If the account can't be read.
            StoppedError: If the run stops.
        """
        self.read_back += len(self._first)
        missing = self._find_missing(account, self._first)
        if not missing:
            return
        others = [
            pending for pending in _in_doubt(self.open_import, self.status) if pending not in self._first
        ]
        self.read_back += len(others)
        missing += self._find_missing(account, others)
        pause(_SECONDS_BEFORE_SECOND_READING)
        # To reject a contact takes its own answer: a page may have left it out.
        self.missing = {pending for pending in missing if not _ask(account, pending.contact)[0]}

    def _find_missing(self, account: Account, contacts: Sequence[PendingContact]) -> list[PendingContact]:
        """Return the contacts that are not there, and count those that are off their list."""
        emails = {pending.contact.email for pending in contacts}
        known = read_by_pages(account, emails) if len(contacts) >= _FEWEST_BY_PAGES else None
        missing = []
        for pending in contacts:
            contact = pending.contact
            is_there, is_off = _ask(account, contact) if known is None else known.tell(contact)
            if not is_there:
                missing.append(pending)
            self.still_unsubscribed += is_off and contact.subscribes
        return missing


def find_doubt(open_import: OpenImport, status: ImportStatus) -> str | None:
    """Return why all of an ended import must be read back: an answer contradicts what was sent."""
    sent = {pending.contact.email for pending in open_import.batch.contacts}
    strangers = "its failures name others than were sent" if status.failed - sent else None
    doubts = [doubt for doubt in (open_import.doubt, status.doubt, strangers) if doubt]
    return "; ".join(doubts) or None


def _ask(account: Account, contact: Contact) -> tuple[bool, bool]:
    """Return whether a contact is there, and whether it is off its list."""
    memberships = account.memberships(contact.email)
    return memberships is not None, _is_off((memberships or {}).get(contact.list_id))


def _is_off(membership: Membership | None) -> bool:
    return membership is not None and membership.status == UNSUBSCRIBED


class KnownByPages:
    """What pages of the account tell of some contacts.

    Attributes:
        found: Identities that are there.
        memberships: Identity and list to the membership there.
    """

    def __init__(self) -> None:
        """Start without any page."""
        self.found: set[str] = set()
        self.memberships: dict[tuple[str, int], Membership] = {}

    def tell(self, contact: Contact) -> tuple[bool, bool]:
        """Return whether a contact is there, and whether it is off its list."""
        membership = self.memberships.get((contact.email, contact.list_id))
        return contact.email in self.found, _is_off(membership)


def read_by_pages(account: Account, emails: Collection[str]) -> KnownByPages | None:
    """Look contacts up by pages of the account, where that takes fewer requests than one by one.

    Returns:
        `None` where it does not, or where the account's pages do not come by id.

    Raises:
        ServiceError: If the account can't be read.
        StoppedError: If the run stops.
    """
    known = KnownByPages()
    page = account.contact_page(0, is_read_back=True)
    if page.total is None or page.total > PAGE_SIZE * (len(emails) - 1):
        return None
    while not page.is_empty and len(known.found) < len(emails):
        if not page.is_in_order:
            return None
        known.found.update(email for email in page.emails if email in emails)
        known.memberships.update({at: one for at, one in (page.memberships or {}).items() if at[0] in emails})
        page = account.contact_page(page.last_id, is_read_back=True)
    return known


def plan_read_back(
    open_import: OpenImport,
    status: ImportStatus,
    verify: Verify,
    imports_behind: int,
) -> ReadBack | None:
    """Decide what to read back of an import that ended; `None` for nothing.

    Args:
        open_import: The import.
        status: As it ended.
        verify: As the setting of this name.
        imports_behind: Imports that wait to be read back.
    """
    in_doubt = _in_doubt(open_import, status)
    if verify == "none" or not in_doubt:
        return None
    if verify == "all":
        return ReadBack(open_import, status, in_doubt)
    if status.created >= len(in_doubt) or imports_behind > MOST_IMPORTS_BEHIND:
        return None
    return ReadBack(open_import, status, random.sample(in_doubt, min(SAMPLE_SIZE, len(in_doubt))))


def _in_doubt(open_import: OpenImport, status: ImportStatus) -> list[PendingContact]:
    """Contacts of an ended import that it does not name as failed."""
    return [pending for pending in open_import.batch.contacts if pending.contact.email not in status.failed]
