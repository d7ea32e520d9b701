"""List readings: who is on a list, read by pages where that takes fewer requests than one by one.

A person is taken off a list only where the membership is proven to be ours, so many removals take many
look-ups. Somebody that the pages do not name is asked for alone: that tells what became of the membership.
"""

from __future__ import annotations

import logging
import math
import struct
import typing as t
from collections import Counter

from target_activecampaign.api.contact_pages import PageTally
from target_activecampaign.api.memberships import ContactLists
from target_activecampaign.api.responses import SUBSCRIBED, Membership
from target_activecampaign.errors import ServiceError
from target_activecampaign.limits import PAGE_SIZE
from target_activecampaign.storage.email_map import EmailMap

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.api.contact_pages import ContactPage
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import PendingContact

logger = logging.getLogger(__name__)

_FEWEST = 10
"""People who are to be taken off a list; for fewer its size is not asked for."""

_TIME = struct.Struct(">d")
_NO_TIME = b"?"
_UNREADABLE = b"!"


class ListReading:
    """The task of reading the people on a list, a hundred a request: subscribers, if nothing else is said.

    Attributes:
        list_id: The list.
        status: Whose memberships are read.
        pages: How many it takes, about; `None` where the list can't be read by pages.
        is_whole: Whether it was read to its end.
        leaves_nobody_out: Whether as many came as the account counts, and each told whom it is of, besides.
    """

    def __init__(self, list_id: int, most_pages: int, status: int = SUBSCRIBED) -> None:
        """Prepare.

        Args:
            list_id: The list.
            most_pages: With more, nothing but the first one is read.
            status: Of the memberships.
        """
        self.list_id = list_id
        self.status = status
        self.pages: int | None = None
        self.is_whole = self.leaves_nobody_out = False
        self._most_pages = most_pages
        self._since = EmailMap()

    def ask(self, account: Account) -> None:
        """Read page by page, by ascending id.

        Where pages can't be read, people are asked for alone: this is no reason to end the run.

        Raises:
            StoppedError: If the run stops.
            OutputError: If the temporary folder can't be used.
        """
        try:
            self._read(account)
        except ServiceError:
            self.pages = None
            logger.info("list %d can't be read by pages: its contacts are looked up one by one", self.list_id)

    def _read(self, account: Account) -> None:
        page, tally = self._page(account, 0), PageTally()
        if page.total is None:
            return
        self.pages = math.ceil(page.total / PAGE_SIZE) + 1
        if self.pages > self._most_pages:
            return
        while not page.is_empty:
            if not page.is_in_order or page.memberships is None:
                self.pages = None
                return
            self._keep(page)
            tally.take(page)
            page = self._page(account, page.last_id)
        tally.take(page)
        self.is_whole = True
        self.leaves_nobody_out = tally.leaves_nobody_out

    def _page(self, account: Account, after_id: int) -> ContactPage:
        return account.contact_page(after_id, list_id=self.list_id, list_status=self.status)

    def _keep(self, page: ContactPage) -> None:
        found = dict.fromkeys(page.emails, _UNREADABLE)
        for (email, list_id), one in (page.memberships or {}).items():
            if list_id == self.list_id and one.status == self.status:
                found[email] = _NO_TIME if one.subscribed_at is None else _TIME.pack(one.subscribed_at)
        # Two contacts with one address contradict each other, on whichever pages they stand.
        before = self._since.find(found)
        found.update((email, _UNREADABLE) for email, known in before.items() if known != found[email])
        self._since.put_all(found)

    def take(self, email: str) -> Membership | None:
        """Return the membership of somebody who has the status, as far as the pages name it, and forget it.

        What follows may change it, so the next question goes to the account.
        """
        found = self._since.find([email]).get(email)
        if found is None or found == _UNREADABLE:
            return None
        self._since.put_all({email: None})
        return Membership(self.status, None if found == _NO_TIME else _TIME.unpack(found)[0])

    def names(self, email: str) -> bool:
        """Tell whether the pages name somebody, whatever they say, and `take` did not take them."""
        return email in self._since.find([email])

    def close(self) -> None:
        """Free the disk that the identities take."""
        self._since.close()


class ListReadings:
    """Decides which lists are read by pages, and remembers what was read. Not locked: its owner is."""

    def __init__(self) -> None:
        """Start without having read anything."""
        self._asked: Counter[int] = Counter()
        self._expected: Counter[int] = Counter()
        self._pages: dict[int, int | None] = {}
        self._in_progress: set[int] = set()
        self._whole: dict[int, ListReading] = {}

    def expect(self, people: Mapping[int, int]) -> None:
        """Learn how many people will be asked for, by list: pages may be fewer from the first one on."""
        self._expected.update(people)

    def begin(self, waiting: Sequence[PendingContact]) -> ListReading | None:
        """Begin to read a list, if its pages take no more requests than single contacts took and will take.

        Args:
            waiting: Contacts that are to be taken off their lists, and whose check has not begun.
        """
        counts = Counter(pending.contact.list_id for pending in waiting)
        for list_id, count in counts.items():
            if list_id in self._in_progress or list_id in self._whole:
                continue
            requests = max(self._asked[list_id] + count, self._expected[list_id])
            pages = self._pages.get(list_id, _FEWEST)
            if pages is not None and requests >= pages:
                self._in_progress.add(list_id)
                return ListReading(list_id, requests)
        return None

    def may_ask_for(self, pending: PendingContact) -> bool:
        """Return whether a contact need not wait for its list to be read."""
        return not pending.contact.unsubscribes or pending.contact.list_id not in self._in_progress

    def take(self, pending: PendingContact) -> ContactLists | None:
        """Return what was read of a contact that is to be taken off; `None` where it is to be asked for."""
        if not pending.contact.unsubscribes:
            return None
        list_id = pending.contact.list_id
        reading = self._whole.get(list_id)
        membership = None if reading is None else reading.take(pending.contact.email)
        if membership is not None:
            return ContactLists(by_list={list_id: membership}, is_whole=False)
        self._asked[list_id] += 1
        return None

    def finish(self, reading: ListReading) -> None:
        """Take what was read of a list."""
        self._in_progress.discard(reading.list_id)
        self._pages[reading.list_id] = reading.pages
        if reading.is_whole:
            self._whole[reading.list_id] = reading
        else:
            reading.close()

    def close(self) -> None:
        """Free the disk that the identities take."""
        for reading in self._whole.values():
            reading.close()
