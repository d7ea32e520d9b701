"""People are sorted out by the pages of a list, and left alone where these do not tell."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.api.memberships import NOT_THERE, ContactLists
from target_activecampaign.api.responses import SUBSCRIBED, UNSUBSCRIBED, Membership
from target_activecampaign.contacts.contact import LeftAlone
from target_activecampaign.errors import ServiceError
from target_activecampaign.run import subscribed_now
from target_activecampaign.run.subscribed_now import reasons_to_stay

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.account import Account

ON = Membership(SUBSCRIBED, None)


def email_of(number: int) -> str:
    return f"p{number}@example.com"


EMAILS = [email_of(number) for number in range(20)]


class Pages:
    """An account whose list 1 comes in one page."""

    def __init__(self, page: ContactPage | None) -> None:
        self.page = page
        self.asked: list[str] = []

    def contact_page(self, after_id: int, *, list_id: int) -> ContactPage:
        assert list_id == 1
        if self.page is None:
            raise ServiceError("no")
        return self.page if not after_id else ContactPage((), after_id, is_empty=True)

    def memberships(self, email: str) -> ContactLists:
        self.asked.append(email)
        known = {"p0@example.com": ON, "p1@example.com": Membership(UNSUBSCRIBED, None)}
        return ContactLists(by_list={1: known[email]}) if email in known else NOT_THERE


def page_of(*numbers: int, unreadable: tuple[int, ...] = (), total: int | None = None) -> ContactPage:
    emails = tuple(email_of(number) for number in (*numbers, *unreadable))
    memberships = {(email_of(number), 1): ON for number in numbers}
    count = len(emails)
    return ContactPage(emails, 99, memberships=memberships, total=total or count, entries=count)


def reasons(account: Pages, touched: tuple[str, ...] = ()) -> dict[str, LeftAlone | None]:
    return reasons_to_stay(t.cast("Account", account), 1, EMAILS, touched)


def test_who_stands_on_a_page_can_leave_and_others_stay() -> None:
    account = Pages(page_of(0, 5))
    found = reasons(account)
    assert {email for email, reason in found.items() if reason is None} == {email_of(0), email_of(5)}
    assert set(found.values()) == {None, LeftAlone.NOT_SUBSCRIBED}
    assert account.asked == []


def test_who_was_sent_by_this_run_or_stands_there_unreadably_is_asked_for() -> None:
    account = Pages(page_of(5, unreadable=(1,)))
    found = reasons(account, touched=(email_of(0),))
    assert account.asked == [email_of(0), email_of(1)]
    assert (found[email_of(0)], found[email_of(1)]) == (None, LeftAlone.NOT_SUBSCRIBED)


def test_whom_pages_may_leave_out_is_asked_for() -> None:
    account = Pages(page_of(5, total=2))
    found = reasons(account)
    assert (found[email_of(5)], found[email_of(0)]) == (None, None)
    assert account.asked == [email for email in EMAILS if email != email_of(5)]


def test_an_entry_without_a_readable_address_may_be_of_anybody() -> None:
    account = Pages(replace(page_of(5), tells_everybody=False))
    assert reasons(account)[email_of(0)] is None
    assert account.asked == [email for email in EMAILS if email != email_of(5)]


def test_pages_that_leave_somebody_out_prove_nothing_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribed_now, "_FEW_ASKED", 19)
    found = reasons(Pages(page_of(5, total=2)))
    assert found[email_of(5)] is None
    assert found[email_of(0)] is LeftAlone.MEMBERSHIP_UNREADABLE


@pytest.mark.parametrize(
    "page",
    [
        None,
        page_of(5, total=100_000),
        ContactPage((), 99, total=5, entries=5),
        ContactPage((), 99, total=5, entries=5, memberships={}, is_in_order=False),
        ContactPage((), 99, memberships={}),
    ],
    ids=["no answer", "more pages than people", "no memberships", "out of order", "no total"],
)
def test_without_usable_pages_each_is_asked_for(page: ContactPage | None) -> None:
    account = Pages(page)
    found = reasons(account)
    assert account.asked == EMAILS
    assert (found[email_of(0)], found[email_of(2)]) == (None, LeftAlone.NOT_ON_LIST)
