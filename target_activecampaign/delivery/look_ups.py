"""Look-ups: which contacts the account has, asked one by one or read by pages, whichever is fewer requests.

Near the contract's limit a contact is sent only where it is proven that the account has it, or that there is
headroom for it (docs/design/delivery.md).
"""

from __future__ import annotations

import logging
import math
import typing as t

from target_activecampaign.delivery.list_readings import ListReadings
from target_activecampaign.errors import ServiceError
from target_activecampaign.limits import PAGE_SIZE
from target_activecampaign.storage.email_map import EmailMap

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import PendingContact

logger = logging.getLogger(__name__)

_THERE = b"\x01"
_LAST_PAGE = 1  # the collection ends with a page that is empty


class AccountReading:
    """The task of reading all contacts of the account, a hundred a request.

    Attributes:
        is_whole: Whether it was read to its end.
    """

    def __init__(self) -> None:
        """Prepare."""
        self.is_whole = False
        self._emails = EmailMap()

    def ask(self, account: Account) -> None:
        """Read page by page, by ascending id.

        Where pages can't be read, contacts are looked up one by one: this is no reason to end the run.

        Raises:
            StoppedError: If the run stops.
            OutputError: If the temporary folder can't be used.
        """
        try:
            self.is_whole = self._read(account)
        except ServiceError as error:
            logger.info("the account's contacts can't be read by pages (%s)", type(error).__name__)

    def _read(self, account: Account) -> bool:
        """Read the pages; return whether they leave nobody out, as far as the account says."""
        page = account.contact_page(0)
        total, read = page.total, 0
        while not page.is_empty:
            if not page.is_in_order:
                return False  # it was not what was asked for, so nobody knows what is left out
            self._emails.put_all(dict.fromkeys(page.emails, _THERE))
            read += page.entries
            page = account.contact_page(page.last_id)
        return total is None or read >= total

    def find(self, emails: Iterable[str]) -> set[str]:
        """Return those of some identities that the account has."""
        return set(self._emails.find(emails))

    def close(self) -> None:
        """Free the disk that the identities take."""
        self._emails.close()


class LookUps:
    """Decides how contacts are looked up, and remembers what was read. Not locked: its owner is.

    Attributes:
        lists: The same for people who are to be taken off a list.
    """

    def __init__(self) -> None:
        """Start without having read anything."""
        self._one_by_one = 0
        self._is_reading = False
        self._can_read_pages = True
        self._whole: AccountReading | None = None
        self.lists = ListReadings()

    def requests_for(self, contacts: int, total: int) -> int:
        """Return how many requests it takes to look contacts up.

        Args:
            contacts: That are not looked up yet.
            total: Contacts that the account has, about.
        """
        if self._whole is not None:
            return 0
        return min(contacts, _pages(total)) if self._can_read_pages else contacts

    def resolve(self, some: Sequence[PendingContact]) -> list[PendingContact]:
        """Note of contacts whether the account has them, as far as it was read; returns the others.

        A contact of an import that failed may have come to the account since it was read, so it is asked for.
        """
        if self._whole is None:
            return list(some)
        answered = [pending for pending in some if not must_be_asked_for(pending)]
        there = self._whole.find(pending.contact.email for pending in answered)
        for pending in answered:
            if pending.contact.email in there:
                pending.note_seen()
            else:
                pending.is_missing = True
        return [pending for pending in some if must_be_asked_for(pending)]

    def begin_reading(self, waiting: int, total: int) -> AccountReading | None:
        """Read the account page by page from now on, where that takes fewer requests.

        More contacts may follow than wait now. So pages are read as soon as they take no more requests than
        were spent and are about to be spent: never twice as many as the better way would have taken.

        Args:
            waiting: Contacts that wait to be looked up.
            total: Contacts that the account has, about.
        """
        if self._is_reading or not self._can_read_pages or self._whole is not None or not waiting:
            return None
        pages = _pages(total)
        if self._one_by_one + waiting < pages:
            return None
        logger.info("the contract leaves no headroom: reading the account's contacts, about %d pages", pages)
        self._is_reading = True
        return AccountReading()

    def may_ask_for(self, pending: PendingContact) -> bool:
        """Return whether a contact is asked for by itself."""
        is_answered_by_account = self._is_reading and not must_be_asked_for(pending)
        return self.lists.may_ask_for(pending) and not is_answered_by_account

    def count_asked(self, pending: PendingContact) -> None:
        """Count a request for one contact."""
        self._one_by_one += not pending.contact.unsubscribes

    def finish_reading(self, reading: AccountReading) -> None:
        """Take what was read of the account."""
        self._is_reading = False
        if reading.is_whole:
            self._whole = reading
        else:
            self._can_read_pages = False
            reading.close()
            logger.warning(
                "ActiveCampaign does not give the account's contacts by id: they are looked up one by one, "
                "which takes longer and changes nothing else"
            )

    def close(self) -> None:
        """Free the disk that the identities take."""
        self.lists.close()
        if self._whole is not None:
            self._whole.close()


def must_be_asked_for(pending: PendingContact) -> bool:
    """Return whether no reading of the account can answer for a contact."""
    return pending.contact.unsubscribes or pending.attempts > 0


def _pages(total: int) -> int:
    return math.ceil(total / PAGE_SIZE) + _LAST_PAGE
