"""Reading back: by pages where that takes fewer requests, with the same result as one by one."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from support.accounts import SUBSCRIBED, UNSUBSCRIBED, FakeAccount, apply_one_by_one
from support.contacts import build_contact

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.api.memberships import NOT_TOLD, ContactLists
from target_activecampaign.api.responses import ImportStatus
from target_activecampaign.contacts.contact import Contact, Origin, Payload
from target_activecampaign.delivery.batch import Batch, PendingContact
from target_activecampaign.delivery.import_poller import OpenImport
from target_activecampaign.delivery.read_back import Missing, ReadBack, plan_read_back

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from target_activecampaign.config.settings import Verify


def contact(number: int) -> Contact:
    return build_contact(f"person{number}@example.com", 1, attributes={}, custom_fields={})


def account_of(count: int) -> FakeAccount:
    account = FakeAccount()
    account.people.update(apply_one_by_one(contact(number) for number in range(count)))
    return account


def import_of(contacts: Iterable[Contact]) -> OpenImport:
    batch = Batch("people")
    batch.contacts = [PendingContact(one, Origin("people", number)) for number, one in enumerate(contacts)]
    return OpenImport("7", batch, 0.0)


def read_back(
    account: FakeAccount, contacts: int | list[Contact], *, is_in_doubt: bool = False, verify: Verify = "all"
) -> ReadBack:
    some = contacts if isinstance(contacts, list) else [contact(number) for number in range(contacts)]
    plan = plan_read_back(import_of(some), ImportStatus("completed"), verify, 0, is_in_doubt=is_in_doubt)
    assert plan is not None
    plan.ask(account, lambda _: None)
    return plan


def numbers(plan: ReadBack) -> set[int]:
    return {pending.origin.line for pending in plan.missing}


def test_an_import_is_read_back_by_pages_where_these_are_fewer() -> None:
    account = account_of(150)
    account.unsubscribed = {"person3@example.com"}
    plan = read_back(account, 150)
    assert (plan.read_back, plan.still_unsubscribed, numbers(plan)) == (150, 1, set())
    assert (account.pages, account.read_back) == (3, [])


def test_contacts_that_are_missing_are_found_by_pages_and_looked_up_twice() -> None:
    account = account_of(148)
    plan = read_back(account, 150)
    assert numbers(plan) == {148, 149}
    assert (account.pages, len(account.read_back)) == (3, 2)


def test_few_contacts_of_a_large_account_are_asked_for_one_by_one() -> None:
    account = account_of(2000)
    assert numbers(read_back(account, 15)) == set()
    assert (account.pages, len(account.read_back)) == (1, 15)


@pytest.mark.parametrize("total", [None, 1])
def test_pages_that_tell_no_total_or_do_not_come_by_id_are_not_relied_on(total: int | None) -> None:
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
            assert is_read_back
            return ContactPage((), after_id, is_in_order=False, total=total)

    account = Account()
    account.people.update(account_of(20).people)
    assert numbers(read_back(account, 20)) == set()
    assert len(account.read_back) == 20


# Lists


def whys(plan: ReadBack) -> dict[int, Missing]:
    return {pending.origin.line: why for pending, why in plan.missing.items()}


@pytest.mark.parametrize("is_in_doubt", [True, False])
@pytest.mark.parametrize("count", [3, 60])
def test_somebody_who_is_on_another_list_alone_was_not_taken(count: int, *, is_in_doubt: bool) -> None:
    account = account_of(count)
    account.people["person1@example.com"].lists = {2: 1}
    account.people["person2@example.com"].lists = {1: 3}
    plan = read_back(account, count, is_in_doubt=is_in_doubt)
    assert whys(plan) == {1: Missing.NOT_ON_LIST}
    assert {pending.origin.line for pending in plan.not_taken} == {1}


class Silent(FakeAccount):
    """An account that tells no lists."""

    def memberships(self, email: str) -> ContactLists:
        return replace(super().memberships(email), by_list={}, is_whole=False)

    def contact_page(
        self,
        after_id: int,
        *,
        is_read_back: bool = False,
        list_id: int | None = None,
        list_status: int = SUBSCRIBED,
    ) -> ContactPage:
        page = super().contact_page(
            after_id, is_read_back=is_read_back, list_id=list_id, list_status=list_status
        )
        return replace(page, memberships=None)


@pytest.mark.parametrize("count", [3, 60])
def test_a_list_that_is_not_told_speaks_against_an_import_in_doubt_alone(count: int) -> None:
    account = Silent()
    account.people.update(account_of(count).people)
    assert whys(read_back(account, count)) == {}
    plan = read_back(account, count, is_in_doubt=True)
    assert set(whys(plan).values()) == {Missing.UNKNOWN}
    assert (len(plan.missing), plan.not_taken) == (count, set())


def test_whether_somebody_is_there_may_not_be_told_either() -> None:
    class Mute(FakeAccount):
        def memberships(self, email: str) -> ContactLists:
            return NOT_TOLD

    assert whys(read_back(Mute(), 2)) == {}
    assert whys(read_back(Mute(), 2, is_in_doubt=True)) == {0: Missing.UNKNOWN, 1: Missing.UNKNOWN}


def taking_off(number: int) -> Contact:
    return Contact.taking_off(f"person{number}@example.com", 1, exclude_automations=False)


@pytest.mark.parametrize("verify", ["sample", "all"])
def test_a_removal_that_left_somebody_on_the_list_was_not_carried_out(verify: Verify) -> None:
    account = account_of(3)
    account.people["person1@example.com"].lists = {1: UNSUBSCRIBED}
    account.people["person2@example.com"].lists = {}
    plan = read_back(account, [taking_off(number) for number in range(3)], verify=verify)
    assert whys(plan) == {0: Missing.STILL_ON_LIST}


def test_an_import_that_names_all_is_not_sampled_but_where_it_takes_people_off() -> None:
    status = ImportStatus("completed", created=2)
    subscribing = import_of([contact(0), contact(1)])
    leaving = import_of([contact(0), taking_off(1)])
    assert plan_read_back(subscribing, status, "sample", 0, is_in_doubt=False) is None
    assert plan_read_back(leaving, status, "sample", 0, is_in_doubt=False) is not None


def test_a_contact_that_joins_no_list_has_to_be_there_alone() -> None:
    account = account_of(1)
    account.people["person0@example.com"].lists = {}
    contact = Contact.of(Payload("person0@example.com"), 1)
    assert whys(read_back(account, [contact], is_in_doubt=True)) == {}
