"""Read-back: whether the contacts of an ended import are in the account, and on their list.

An ended import names new and failed contacts only, so a contact that was updated and one that
ActiveCampaign skipped in silence (over the contract, bounced: bulk importer reference) look alike. Somebody
who was in the account before is there whatever became of the import. So the list is looked at too: an import
puts a contact on it, unless it left it before, and then a membership tells that. Who was on it before proves
nothing by that: where an import is in doubt, the values have to show, too (docs/design/proof.md).
"""

from __future__ import annotations

import enum
import random
import typing as t

from target_activecampaign.api.contact_values import NO_VALUES
from target_activecampaign.api.memberships import NOT_THERE, ContactLists
from target_activecampaign.api.responses import SUBSCRIBED, UNREADABLE_STATUS, UNSUBSCRIBED
from target_activecampaign.delivery.delivery_proof import shows_values
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from target_activecampaign.api.contact_values import ContactValues
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


class Missing(enum.Enum):
    """Why a contact of an ended import was not taken, or does not count as taken."""

    NOT_THERE = "it is not in the account"
    NOT_ON_LIST = "it is in the account, and not on the list"
    STILL_ON_LIST = "it is still subscribed to the list"
    UNKNOWN = "the account does not tell whether it is on the list"
    VALUES_UNPROVEN = "it is in the account, which does not show that its values were taken"


_UNPROVEN = frozenset({Missing.UNKNOWN, Missing.VALUES_UNPROVEN})

IN_ACCOUNT = frozenset({Missing.NOT_ON_LIST, Missing.STILL_ON_LIST, Missing.VALUES_UNPROVEN})
"""Reasons that tell of a contact that the account has it."""


class ReadBack:
    """The reading back of one ended import, and its result.

    Attributes:
        open_import: The import.
        status: As it ended.
        missing: Contacts that were not taken, or of which nobody can tell where the import is in doubt.
        read_back: How many contacts were looked up.
        still_unsubscribed: How many of these are off their list, because they left it before.
        has_untold: Whether the account did not tell of one whether it is on the list.
    """

    def __init__(
        self,
        open_import: OpenImport,
        status: ImportStatus,
        first: list[PendingContact],
        *,
        is_in_doubt: bool = False,
    ) -> None:
        """Prepare.

        Args:
            open_import: The import.
            status: As it ended.
            first: Contacts to look up first; if one of them is missing, all of the import are looked up.
            is_in_doubt: Whether an answer contradicts what was sent: then a contact takes proof to count.
        """
        self.open_import = open_import
        self.status = status
        self.missing: dict[PendingContact, Missing] = {}
        self.read_back = 0
        self.still_unsubscribed = 0
        self.has_untold = False
        self._first = first
        self._is_in_doubt = is_in_doubt

    @property
    def not_taken(self) -> set[PendingContact]:
        """Contacts that the account shows not to have been taken."""
        return {pending for pending, why in self.missing.items() if why not in _UNPROVEN}

    @property
    def unproven(self) -> set[PendingContact]:
        """Contacts to subscribe of which nothing tells whether they were taken."""
        return {
            pending
            for pending, why in self.missing.items()
            if why in _UNPROVEN and not pending.contact.unsubscribes
        }

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
            pending for pending in _not_named(self.open_import, self.status) if pending not in self._first
        ]
        self.read_back += len(others)
        missing |= self._find_missing(account, others)
        pause(_SECONDS_BEFORE_SECOND_READING)
        # To reject a contact takes its own answer: a page may have left it out.
        for pending, why in missing.items():
            if why is Missing.VALUES_UNPROVEN and not pending.attempts:
                self.missing[pending] = why  # it is not rejected, but sent once more
                continue
            lists = account.memberships(pending.contact.email)
            if (still := self._why_missing(pending, lists)) is not None:
                self.missing[pending] = still

    def _find_missing(
        self, account: Account, contacts: Sequence[PendingContact]
    ) -> dict[PendingContact, Missing]:
        """Return the contacts that are missing, and count those that are off their list."""
        emails = {pending.contact.email for pending in contacts}
        known = read_by_pages(account, emails) if len(contacts) >= _FEWEST_BY_PAGES else None
        missing: dict[PendingContact, Missing] = {}
        for pending in contacts:
            contact = pending.contact
            lists = account.memberships(contact.email) if known is None else known.tell(contact)
            if (why := self._why_missing(pending, lists)) is not None:
                missing[pending] = why
            membership = lists.on(contact.list_id)
            is_off = membership is not None and membership.status == UNSUBSCRIBED
            self.still_unsubscribed += is_off and contact.subscribes
        return missing

    def _why_missing(self, pending: PendingContact, lists: ContactLists) -> Missing | None:
        why = _find_contradiction(pending.contact, lists)
        self.has_untold |= why is Missing.UNKNOWN
        if not self._is_in_doubt:
            return None if why is Missing.UNKNOWN else why
        accepted_at = pending.accepted_at or self.open_import.accepted_at
        if why is None and not shows_values(pending.contact, lists.values, accepted_at):
            return Missing.VALUES_UNPROVEN
        return why


def _find_contradiction(contact: Contact, lists: ContactLists) -> Missing | None:
    """Return what speaks against an import that took a contact; `None` where the account shows it.

    Any membership will do for a contact that joins: it was on the list, or it left it before, which an import
    does not undo (bulk importer reference).
    """
    if not lists.is_there:
        return Missing.UNKNOWN if lists.is_there is None else Missing.NOT_THERE
    membership = lists.on(contact.list_id)
    if membership is None:
        return Missing.NOT_ON_LIST if contact.payload.subscribe else None
    if membership.status == UNREADABLE_STATUS:
        return Missing.UNKNOWN
    is_still_on = contact.unsubscribes and membership.status == SUBSCRIBED
    return Missing.STILL_ON_LIST if is_still_on else None


def find_doubt(open_import: OpenImport, status: ImportStatus) -> str | None:
    """Return why all of an ended import must be read back: an answer contradicts what was sent."""
    sent = {pending.contact.email for pending in open_import.batch.contacts}
    strangers = "its failures name others than were sent" if status.failed - sent else None
    doubts = [doubt for doubt in (open_import.doubt, status.doubt, strangers) if doubt]
    return "; ".join(doubts) or None


class KnownByPages:
    """What pages of the account tell of some contacts.

    Attributes:
        found: Identities that are there.
        memberships: Identity and list to the membership there.
        tells_lists: Whether each page told memberships.
        values: Identity to what is told of the contact itself.
    """

    def __init__(self) -> None:
        """Start without any page."""
        self.found: set[str] = set()
        self.memberships: dict[tuple[str, int], Membership] = {}
        self.tells_lists = True
        self.values: dict[str, ContactValues] = {}

    def tell(self, contact: Contact) -> ContactLists:
        """Return whether a contact is there, and its membership of its list."""
        if contact.email not in self.found:
            return NOT_THERE
        membership = self.memberships.get((contact.email, contact.list_id))
        by_list = {} if membership is None else {contact.list_id: membership}
        values = self.values.get(contact.email, NO_VALUES)
        return ContactLists(by_list=by_list, is_whole=self.tells_lists, values=values)


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
        known.tells_lists &= page.memberships is not None
        known.memberships.update({at: one for at, one in (page.memberships or {}).items() if at[0] in emails})
        known.values.update({email: told for email, told in page.values.items() if email in emails})
        page = account.contact_page(page.last_id, is_read_back=True)
    return known


def plan_read_back(
    open_import: OpenImport, status: ImportStatus, verify: Verify, imports_behind: int, *, is_in_doubt: bool
) -> ReadBack | None:
    """Decide what to read back of an import that ended; `None` for nothing.

    Args:
        open_import: The import.
        status: As it ended.
        verify: As the setting of this name.
        imports_behind: Imports that wait to be read back.
        is_in_doubt: Whether an answer contradicts what was sent: then all of it is read back.
    """
    unnamed = _not_named(open_import, status)
    if not unnamed or (verify == "none" and not is_in_doubt):
        return None
    if verify == "all" or is_in_doubt:
        return ReadBack(open_import, status, unnamed, is_in_doubt=is_in_doubt)
    names_all = status.created >= len(unnamed) and not any(one.contact.unsubscribes for one in unnamed)
    if names_all or imports_behind > MOST_IMPORTS_BEHIND:
        return None
    return ReadBack(open_import, status, random.sample(unnamed, min(SAMPLE_SIZE, len(unnamed))))


def _not_named(open_import: OpenImport, status: ImportStatus) -> list[PendingContact]:
    """Contacts of an ended import that it does not name as failed; removals are read later."""
    return [
        pending
        for pending in open_import.batch.contacts
        if pending.contact.email not in status.failed and pending.removal is None
    ]
