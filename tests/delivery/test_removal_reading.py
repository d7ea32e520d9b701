"""Removals are read again after their import, for as long as a service lags, and no longer."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from support.accounts import FakeAccount, Person

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.api.memberships import NOT_THERE, NOT_TOLD, ContactLists
from target_activecampaign.api.responses import Membership
from target_activecampaign.contacts.contact import Contact, LeftAlone, Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.removal_reading import RemovalReading

SUBSCRIBED, UNSUBSCRIBED = 1, 2


def removals(count: int) -> list[PendingContact]:
    return [
        PendingContact(
            Contact.taking_off(f"p{number}@example.com", 7, exclude_automations=False), Origin("people", 1)
        )
        for number in range(count)
    ]


def account_of(some: list[PendingContact], status: int) -> FakeAccount:
    account = FakeAccount()
    account.people = {pending.contact.email: Person(lists={7: status}) for pending in some}
    return account


@pytest.mark.parametrize("count", [1, 9, 10, 250])
@pytest.mark.parametrize("readings_behind", [0, 1, 3])
def test_a_service_that_lags_is_asked_again(count: int, readings_behind: int) -> None:
    some = removals(count)
    account = account_of(some, SUBSCRIBED)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == readings_behind:
            account.people = account_of(some, UNSUBSCRIBED).people

    if not readings_behind:
        account = account_of(some, UNSUBSCRIBED)
    reading = RemovalReading(7, some)
    reading.ask(account, pause)
    assert (reading.left, len(pauses)) == ({}, readings_behind)
    assert account.requests <= (1 + readings_behind) * (count if count < 10 else 2 + count // 100)


def test_somebody_who_stays_subscribed_is_left_after_some_readings() -> None:
    some = removals(12)
    account = account_of(some, UNSUBSCRIBED)
    account.people["p3@example.com"].lists[7] = SUBSCRIBED
    pauses: list[float] = []
    reading = RemovalReading(7, some)
    reading.ask(account, pauses.append)
    assert reading.left == {some[3]: LeftAlone.STILL_SUBSCRIBED}
    assert 10 < sum(pauses) < 60


@pytest.mark.parametrize(
    "answer",
    [
        NOT_THERE,
        NOT_TOLD,
        ContactLists(),
        ContactLists(is_whole=False),
        ContactLists(by_list={8: Membership(2, None)}),
        ContactLists(by_list={7: Membership(91, None)}),
    ],
)
def test_an_answer_that_does_not_tell_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, answer: ContactLists
) -> None:
    some = removals(1)
    account = FakeAccount()
    monkeypatch.setattr(account, "memberships", lambda _: answer)
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == {some[0]: LeftAlone.MEMBERSHIP_UNREADABLE}


def test_somebody_whom_a_page_names_without_a_readable_membership_is_asked_for_alone() -> None:
    some = removals(20)
    account = account_of(some, SUBSCRIBED)
    whole = account.contact_page
    account.contact_page = lambda after, **options: replace(whole(after, **options), memberships={})  # type: ignore[method-assign]
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == dict.fromkeys(some, LeftAlone.STILL_SUBSCRIBED)


def test_pages_that_leave_people_out_prove_nothing() -> None:
    some = removals(20)
    account = account_of(some, SUBSCRIBED)
    whole = account.contact_page
    account.contact_page = lambda after, **options: replace(whole(after + 5, **options), total=20)  # type: ignore[method-assign]
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == dict.fromkeys(some, LeftAlone.STILL_SUBSCRIBED)


def test_an_entry_that_does_not_tell_whom_it_is_of_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    some = removals(20)
    account = account_of(some, SUBSCRIBED)
    whole = account.contact_page

    def contact_page(after: int, **options: t.Any) -> ContactPage:  # noqa: ANN401 - as they come
        page = whole(after, **options)
        return replace(page, emails=page.emails[1:], tells_everybody=False) if page.emails else page

    monkeypatch.setattr(account, "contact_page", contact_page)
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == dict.fromkeys(some, LeftAlone.STILL_SUBSCRIBED)


def test_somebody_who_is_left_out_while_another_one_joins_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = removals(20)
    account = account_of(some, SUBSCRIBED)

    def contact_page(after: int, **_: t.Any) -> ContactPage:  # noqa: ANN401 - as they come
        emails = (*(pending.contact.email for pending in some[1:]), "joined@example.com")
        on = {(email, 7): Membership(SUBSCRIBED, None) for email in emails}
        if not after:
            return ContactPage(emails, 99, memberships=on, total=20, entries=20)
        return ContactPage((), 99, is_empty=True, total=21)

    monkeypatch.setattr(account, "contact_page", contact_page)
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == dict.fromkeys(some, LeftAlone.STILL_SUBSCRIBED)


def test_pages_that_contradict_each_other_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    some = removals(12)
    account = account_of(some, SUBSCRIBED)

    def contact_page(after: int, *, list_status: int, **_: t.Any) -> ContactPage:  # noqa: ANN401 - as they come
        if list_status == SUBSCRIBED:
            return ContactPage((), 0, is_empty=True, memberships={}, total=2_000)
        if after == 2:
            return ContactPage((), 2, is_empty=True)
        emails = tuple(pending.contact.email for pending in some)
        told = {(email, 7): Membership(UNSUBSCRIBED if after else SUBSCRIBED, None) for email in emails}
        return ContactPage(emails, after + 1, memberships=told, total=24, entries=12)

    monkeypatch.setattr(account, "contact_page", contact_page)
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == dict.fromkeys(some, LeftAlone.STILL_SUBSCRIBED)


@pytest.mark.parametrize(
    ("subscribers", "left_before", "pages"),
    [
        (250, 5_000, 4),  # few subscribers: they are read
        (5_000, 0, 1 + 3),  # a look at the subscribers, and those who have left
        (5_000, 9_000, 1 + 1 + 51),  # fewer subscribers than people who left, but not few
    ],
)
def test_the_fewer_of_subscribers_and_of_those_who_left_are_read(
    subscribers: int, left_before: int, pages: int
) -> None:
    some = removals(200)
    account = account_of(some, UNSUBSCRIBED)
    account.people |= {f"s{number}@example.com": Person(lists={7: 1}) for number in range(subscribers)}
    account.people |= {f"l{number}@example.com": Person(lists={7: 2}) for number in range(left_before)}
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == {}
    assert account.requests == account.pages == pages


def test_who_is_not_among_those_who_left_is_asked_for_alone() -> None:
    some = removals(200)
    account = account_of(some, UNSUBSCRIBED)
    account.people |= {f"s{number}@example.com": Person(lists={7: 1}) for number in range(5_000)}
    account.people["p3@example.com"].lists[7] = SUBSCRIBED
    del account.people["p4@example.com"]
    reading = RemovalReading(7, some)
    reading.ask(account, lambda _: None)
    assert reading.left == {
        some[3]: LeftAlone.STILL_SUBSCRIBED,
        some[4]: LeftAlone.MEMBERSHIP_UNREADABLE,
    }
