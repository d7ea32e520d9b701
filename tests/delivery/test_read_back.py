"""Reading back: by pages where that takes fewer requests, with the same result as one by one."""

from __future__ import annotations

import pytest
from support.accounts import FakeAccount, apply_one_by_one
from support.contacts import build_contact

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.api.responses import ImportStatus
from target_activecampaign.contacts.contact import Contact, Origin
from target_activecampaign.delivery.batch import Batch, PendingContact
from target_activecampaign.delivery.import_poller import OpenImport
from target_activecampaign.delivery.read_back import ReadBack, plan_read_back


def contact(number: int) -> Contact:
    return build_contact(f"person{number}@example.com", 1, attributes={}, custom_fields={})


def account_of(count: int) -> FakeAccount:
    account = FakeAccount()
    account.people.update(apply_one_by_one(contact(number) for number in range(count)))
    return account


def read_back(account: FakeAccount, contacts: int) -> ReadBack:
    batch = Batch("people")
    batch.contacts = [PendingContact(contact(number), Origin("people", number)) for number in range(contacts)]
    plan = plan_read_back(OpenImport("7", batch, 0.0), ImportStatus("completed"), "all", 0, is_in_doubt=False)
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
            self, after_id: int, *, is_read_back: bool = False, list_id: int | None = None
        ) -> ContactPage:
            assert list_id is None
            assert is_read_back
            return ContactPage((), after_id, is_in_order=False, total=total)

    account = Account()
    account.people.update(account_of(20).people)
    assert numbers(read_back(account, 20)) == set()
    assert len(account.read_back) == 20
