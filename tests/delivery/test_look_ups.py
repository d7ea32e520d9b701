"""How contacts are looked up: one by one or by pages, and whether a reading can be relied on."""

from __future__ import annotations

import pytest
from support.accounts import SUBSCRIBED, FakeAccount, apply_one_by_one
from support.contacts import build_contact

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.contacts.contact import Contact, Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.look_ups import AccountReading, LookUps
from target_activecampaign.errors import ServiceError


def contact(number: int, *, unsubscribes: bool = False) -> Contact:
    address = f"person{number}@example.com"
    return build_contact(address, 1, attributes={}, custom_fields={}, unsubscribes=unsubscribes)


def pending(number: int, *, unsubscribes: bool = False) -> PendingContact:
    return PendingContact(contact(number, unsubscribes=unsubscribes), Origin("people", number))


def account_of(count: int) -> FakeAccount:
    account = FakeAccount()
    account.people.update(apply_one_by_one(contact(number) for number in range(count)))
    return account


def read(look_ups: LookUps, account: FakeAccount, waiting: int = 10**6) -> AccountReading:
    reading = look_ups.begin_reading(waiting, len(account.people))
    assert reading is not None
    reading.ask(account)
    look_ups.finish_reading(reading)
    return reading


@pytest.mark.parametrize(
    ("waiting", "total", "by_pages"), [(2, 100, True), (1, 100, False), (99, 9900, False)]
)
def test_contacts_are_read_by_pages_where_that_takes_no_more_requests(
    waiting: int, total: int, *, by_pages: bool
) -> None:
    assert (LookUps().begin_reading(waiting, total) is not None) == by_pages


def test_pages_are_read_once_the_requests_for_single_contacts_have_cost_as_much() -> None:
    look_ups = LookUps()
    for number in range(90):
        look_ups.count_asked(pending(number))
    assert look_ups.begin_reading(10, 10_000) is None
    assert look_ups.begin_reading(11, 10_000) is not None


def test_removals_are_asked_for_one_by_one_and_do_not_count() -> None:
    look_ups = LookUps()
    for number in range(10):
        look_ups.count_asked(pending(number, unsubscribes=True))
    assert look_ups.begin_reading(1, 900) is None


def test_a_reading_tells_who_is_there_and_who_is_missing() -> None:
    look_ups, account = LookUps(), account_of(250)
    read(look_ups, account)
    there, missing = pending(249), pending(250)
    assert look_ups.resolve([there, missing]) == []
    assert (there.is_seen, there.is_missing, missing.is_seen, missing.is_missing) == (
        True,
        False,
        False,
        True,
    )
    assert account.pages == 4
    assert look_ups.requests_for(1000, 250) == 0
    look_ups.close()


def test_a_contact_of_an_import_that_failed_is_asked_for_after_a_reading_too() -> None:
    """It may have come to the account since."""
    look_ups = LookUps()
    read(look_ups, account_of(0))
    again = pending(1)
    again.attempts = 1
    assert look_ups.resolve([again]) == [again]
    assert not again.is_missing
    look_ups.close()


def test_nobody_is_asked_for_alone_while_the_pages_are_read_but_those_who_must_be() -> None:
    look_ups = LookUps()
    look_ups.begin_reading(1000, 0)
    assert not look_ups.may_ask_for(pending(1))
    assert look_ups.may_ask_for(pending(1, unsubscribes=True))


def test_pages_that_do_not_come_by_id_end_the_reading_and_contacts_are_asked_for_one_by_one() -> None:
    class Account(FakeAccount):
        def contact_page(
            self,
            after_id: int,
            *,
            is_read_back: bool = False,
            list_id: int | None = None,
            list_status: int = SUBSCRIBED,
        ) -> ContactPage:
            assert (list_id, list_status) == (None, SUBSCRIBED)
            assert not is_read_back
            self.pages += 1
            return ContactPage(("somebody@example.com",), max(after_id, 7), is_in_order=after_id < 7)

    look_ups, account = LookUps(), Account()
    reading = read(look_ups, account)
    assert (reading.is_whole, account.pages) == (False, 2)
    one = pending(1)
    assert look_ups.resolve([one]) == [one]
    assert look_ups.begin_reading(10**6, 0) is None
    assert look_ups.may_ask_for(one)
    assert look_ups.requests_for(500, 0) == 500


def refuse() -> ContactPage:
    raise ServiceError("GET contacts: HTTP 422")


def leave_somebody_out(after_id: int) -> ContactPage:
    emails = () if after_id else ("person1@example.com",)
    return ContactPage(emails, 1, is_empty=bool(after_id), total=2, entries=len(emails))


@pytest.mark.parametrize("is_refused", [True, False])
def test_pages_that_are_refused_or_leave_somebody_out_prove_nothing_and_end_no_run(
    *, is_refused: bool
) -> None:
    class Account(FakeAccount):
        def contact_page(
            self,
            after_id: int,
            *,
            is_read_back: bool = False,
            list_id: int | None = None,
            list_status: int = SUBSCRIBED,
        ) -> ContactPage:
            assert (is_read_back, list_id, list_status) == (False, None, SUBSCRIBED)
            return refuse() if is_refused else leave_somebody_out(after_id)

    look_ups = LookUps()
    assert not read(look_ups, Account()).is_whole
    assert look_ups.requests_for(500, 0) == 500


def test_pages_that_hold_as_many_as_the_account_says_are_whole_though_some_have_no_address() -> None:
    class Account(FakeAccount):
        def contact_page(
            self,
            after_id: int,
            *,
            is_read_back: bool = False,
            list_id: int | None = None,
            list_status: int = SUBSCRIBED,
        ) -> ContactPage:
            assert not is_read_back
            is_end = after_id > 0
            return ContactPage((), 2, is_empty=is_end, total=2, entries=0 if is_end else 2)

    look_ups = LookUps()
    assert read(look_ups, Account()).is_whole
    look_ups.close()
