"""Owns the reading of memberships after the import that ends them: the proof that a removal was carried out.

An import that ended does not name the contacts that it unsubscribed. So each membership is read again, by
pages of the list where that takes fewer requests; a service that lags is asked again, not for long.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.api.responses import UNSUBSCRIBED
from target_activecampaign.contacts.contact import LeftAlone
from target_activecampaign.delivery.list_readings import ListReading
from target_activecampaign.delivery.removal import reason_to_doubt_removal

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import PendingContact

_PAUSES_SECONDS = (0.0, 2.0, 5.0, 10.0)
"""Before each reading; reading may lag behind writing (assumed)."""

_FEWEST_BY_PAGES = 10
"""People; fewer are asked for at once: the first page would cost a tenth of them."""

_FEW_PAGES = 4
"""Of subscribers, which are read before it is asked how many have left the list."""


class RemovalReading:
    """The reading of the memberships of people of one list after their removal.

    Attributes:
        list_id: The list.
        removals: Contacts whose import has ended.
        left: Those who are not seen to be off the list, with the reason.
    """

    def __init__(self, list_id: int, removals: Sequence[PendingContact]) -> None:
        """Prepare."""
        self.list_id = list_id
        self.removals = removals
        self.left: Mapping[PendingContact, LeftAlone] = dict.fromkeys(
            removals, LeftAlone.MEMBERSHIP_UNREADABLE
        )

    def ask(self, account: Account, pause: Callable[[float], None]) -> None:
        """Read the memberships, and those again that still are subscribed.

        Args:
            account: The account.
            pause: Waits for some seconds.

        Raises:
            ServiceError: If the account can't be read.
            StoppedError: If the run stops.
            OutputError: If the temporary folder can't be used.
        """
        for seconds in _PAUSES_SECONDS:
            if self.left:
                if seconds:
                    pause(seconds)
                self.left = self._read(account, list(self.left))

    def _read(self, account: Account, some: Sequence[PendingContact]) -> dict[PendingContact, LeftAlone]:
        left: dict[PendingContact, LeftAlone] = {}
        if len(some) >= _FEWEST_BY_PAGES:
            reading = self._read_pages(account, len(some))
            if reading.status == UNSUBSCRIBED:
                some = [one for one in some if reading.take(one.contact.email) is None]
            elif reading.leaves_nobody_out:
                subscribed = [one for one in some if reading.take(one.contact.email) is not None]
                left = dict.fromkeys(subscribed, LeftAlone.STILL_SUBSCRIBED)
                some = [one for one in some if one not in left and reading.names(one.contact.email)]
            reading.close()
        for pending in some:
            lists = account.memberships(pending.contact.email)
            reason = reason_to_doubt_removal(lists.on(self.list_id))
            if reason is not None:
                left[pending] = reason
        return left

    def _read_pages(self, account: Account, people: int) -> ListReading:
        """Read who is subscribed to the list, or who has left it, whichever takes fewer pages.

        A page that names somebody as unsubscribed proves it. Who left long ago stands there, too.
        """
        subscribers = ListReading(self.list_id, min(people, _FEW_PAGES))
        subscribers.ask(account)
        if subscribers.is_whole or subscribers.pages is None:
            return subscribers
        subscribers.close()
        most = min(people, subscribers.pages)
        left = ListReading(self.list_id, most, UNSUBSCRIBED)
        left.ask(account)
        if left.is_whole or subscribers.pages > people:
            return left
        left.close()
        subscribers = ListReading(self.list_id, people)
        subscribers.ask(account)
        return subscribers
