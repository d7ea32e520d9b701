"""Owns which people are subscribed to a list now, by its pages where these are fewer requests.

Most people who say no are on no list, so they are sorted out before the brake counts them. Somebody is left
alone on a reading, never taken off for want of one.
"""

from __future__ import annotations

import math
import typing as t

from target_activecampaign.api.contact_pages import PageTally
from target_activecampaign.api.responses import SUBSCRIBED
from target_activecampaign.contacts.contact import LeftAlone
from target_activecampaign.contacts.email_address import normalise_email
from target_activecampaign.delivery.removal import reason_to_leave_alone
from target_activecampaign.errors import ServiceError
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from target_activecampaign.api.contact_pages import ContactPage
    from target_activecampaign.delivery.account import Account


_FEW_ASKED = 1_000  # people, one by one in some minutes, where pages leave somebody out


def reasons_to_stay(
    account: Account, list_id: int, emails: Collection[str], touched: Collection[str]
) -> dict[str, LeftAlone | None]:
    """Return for each of some people why they can't be taken off a list; `None` where they are subscribed.

    Args:
        account: Is read.
        list_id: The list.
        emails: Identities.
        touched: Those of them that this run sent itself: pages may lag behind, so each is asked for.

    Raises:
        ServiceError: If the account can't be read.
        StoppedError: If the run stops.
    """
    pages = _read_pages(account, list_id, frozenset(emails))
    asks_each = pages is None or (not pages.is_whole and len(emails) <= _FEW_ASKED)
    reasons: dict[str, LeftAlone | None] = {}
    for email in emails:
        if pages is not None and email in pages.subscribed:
            reasons[email] = None
        elif asks_each or pages is None or email in pages.unreadable or email in touched:
            reasons[email] = reason_to_leave_alone(account.memberships(email).on(list_id), None)
        else:
            reasons[email] = LeftAlone.NOT_SUBSCRIBED if pages.is_whole else LeftAlone.MEMBERSHIP_UNREADABLE
    return reasons


class _Pages:
    """What the pages of a list's subscribers tell of some people."""

    def __init__(self, list_id: int, emails: frozenset[str]) -> None:
        self.subscribed: set[str] = set()
        self.unreadable: set[str] = set()
        self._list_id = list_id
        self._emails = emails
        self._tally = PageTally()

    @property
    def is_whole(self) -> bool:
        """Whether they left nobody out: else anybody may be missing."""
        return self._tally.leaves_nobody_out

    def take(self, page: ContactPage) -> None:
        self._tally.take(page)
        for text in page.emails:
            email = normalise_email(text) or text
            if email in self._emails:
                membership = (page.memberships or {}).get((text, self._list_id))
                is_subscribed = membership is not None and membership.status == SUBSCRIBED
                (self.subscribed if is_subscribed else self.unreadable).add(email)


def _read_pages(account: Account, list_id: int, emails: frozenset[str]) -> _Pages | None:
    """Read the subscribers of a list; `None` where that takes more requests, or pages can't be read."""
    try:
        page = account.contact_page(0, list_id=list_id)
        if page.total is None or math.ceil(page.total / PAGE_SIZE) + 1 > len(emails):
            return None
        pages = _Pages(list_id, emails)
        while not page.is_empty:
            if not page.is_in_order or page.memberships is None:
                return None
            pages.take(page)
            page = account.contact_page(page.last_id, list_id=list_id)
        pages.take(page)
    except ServiceError:
        return None
    return pages
