"""Who is subscribed to a list: read by pages where these are fewer requests than the people to take off."""

from __future__ import annotations

import pytest
from support.accounts import FakeAccount, apply_one_by_one
from support.contacts import build_contact

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.api.responses import SUBSCRIBED, Membership
from target_activecampaign.contacts.contact import Contact, Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.list_readings import ListReading, ListReadings
from target_activecampaign.errors import ServiceError


def contact(number: int, list_id: int = 1, *, unsubscribes: bool = False) -> Contact:
    address = f"person{number}@example.com"
    return build_contact(address, list_id, attributes={}, custom_fields={}, unsubscribes=unsubscribes)


def leaving(*numbers: int, list_id: int = 1) -> list[PendingContact]:
    return [
        PendingContact(contact(number, list_id, unsubscribes=True), Origin("people", number))
        for number in numbers
    ]


def account_of(count: int) -> FakeAccount:
    account = FakeAccount()
    account.people.update(apply_one_by_one(contact(number) for number in range(count)))
    return account


def read(readings: ListReadings, account: FakeAccount, waiting: list[PendingContact]) -> ListReading:
    reading = readings.begin(waiting)
    assert reading is not None
    reading.ask(account)
    readings.finish(reading)
    return reading


def test_a_list_is_read_by_pages_and_tells_who_is_subscribed() -> None:
    readings, account = ListReadings(), account_of(250)
    account.unsubscribed = {"person7@example.com"}
    assert read(readings, account, leaving(*range(20))).is_whole
    there, left, stranger = leaving(3, 7, 900)
    found = readings.take(there)
    assert found is not None
    assert found.on(1) == Membership(SUBSCRIBED, None)
    assert readings.take(there) is None, "what follows may change it"
    assert readings.take(left) is None
    assert readings.take(stranger) is None
    assert account.pages == 4
    readings.close()


def test_few_people_are_asked_for_alone() -> None:
    assert ListReadings().begin(leaving(*range(9))) is None


def test_a_list_with_more_pages_than_people_waits_until_more_people_came() -> None:
    readings, account = ListReadings(), account_of(3000)
    first = leaving(*range(15))
    assert not read(readings, account, first).is_whole
    assert account.pages == 1
    for one in first:
        assert readings.take(one) is None
    assert readings.begin(leaving(*range(15))) is None
    assert read(readings, account, leaving(*range(16))).is_whole
    readings.close()


def test_a_list_is_read_at_once_where_many_people_are_expected() -> None:
    readings, account = ListReadings(), account_of(3000)
    readings.expect({1: 31})
    assert read(readings, account, leaving(7)).is_whole
    assert account.pages == 31
    readings.close()


def test_lists_are_read_each_by_itself_and_people_wait_for_their_own_alone() -> None:
    readings = ListReadings()
    one, other = leaving(*range(10)), leaving(*range(10), list_id=2)
    first, second = readings.begin([*one, *other]), readings.begin([*one, *other])
    assert {reading.list_id for reading in (first, second) if reading} == {1, 2}
    assert readings.begin([*one, *other]) is None
    assert not readings.may_ask_for(one[0])
    assert readings.may_ask_for(leaving(1, list_id=3)[0])
    assert readings.may_ask_for(PendingContact(contact(1), Origin("people", 1)))


@pytest.mark.parametrize(
    "page",
    [
        ContactPage((), 0, total=None),
        ContactPage((), 5, is_in_order=False, memberships={}, total=1),
        ContactPage(("person1@example.com",), 5, memberships=None, total=1),
    ],
)
def test_pages_without_total_order_or_memberships_are_not_relied_on(page: ContactPage) -> None:
    class Account(FakeAccount):
        def contact_page(
            self,
            after_id: int,
            *,
            is_read_back: bool = False,
            list_id: int | None = None,
            list_status: int = SUBSCRIBED,
        ) -> ContactPage:
            assert (after_id, is_read_back, list_id, list_status) == (0, False, 1, SUBSCRIBED)
            return page

    readings = ListReadings()
    assert not read(readings, Account(), leaving(*range(20))).is_whole
    assert readings.begin(leaving(*range(1000))) is None
    assert readings.may_ask_for(leaving(1)[0])


def test_a_list_whose_pages_are_refused_is_asked_one_by_one() -> None:
    class Account(FakeAccount):
        def contact_page(
            self,
            after_id: int,
            *,
            is_read_back: bool = False,
            list_id: int | None = None,
            list_status: int = SUBSCRIBED,
        ) -> ContactPage:
            raise ServiceError(f"HTTP 403 {after_id} {is_read_back} {list_id} {list_status}")

    readings = ListReadings()
    assert not read(readings, Account(), leaving(*range(20))).is_whole
    assert readings.begin(leaving(*range(1000))) is None
