"""Contacts that are refused alone wait until it shows whether the reason is theirs or everybody's."""

from __future__ import annotations

import pytest
from support.contacts import build_contact

from target_activecampaign.api.responses import Refused
from target_activecampaign.contacts.contact import Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.lone_refusals import LoneRefusals
from target_activecampaign.errors import ServiceError


def refuse(refusals: LoneRefusals, number: int, words: str, *, names_contacts: bool = False) -> None:
    contact = build_contact(f"p{number}@example.com", 1, attributes={}, custom_fields={})
    refusals.add(
        PendingContact(contact, Origin("people", number)),
        Refused((), words, is_about_contacts=names_contacts),
    )


@pytest.mark.parametrize("names_contacts", [True, False])
def test_five_refusals_in_the_same_words_are_probed_and_ten_more_stop(*, names_contacts: bool) -> None:
    refusals = LoneRefusals()
    for number in range(5):
        assert not refusals.wants_probe
        refuse(refusals, number, f"p{number}@example.com is no. {number}", names_contacts=names_contacts)
    assert (refusals.wants_probe, refusals.wants_new_batch) == (True, True)
    refusals.note_refused(Refused((), "p9@example.com is no. 9"))
    assert not refusals.wants_new_batch
    refusals.note_refused(Refused((), "other words"))
    for number in range(5, 13):
        refuse(refusals, number, f"p{number}@example.com is no. {number}", names_contacts=names_contacts)
    with pytest.raises(ServiceError, match=r'14 contacts.*: "\(an address\) is no\. \(…\)"'):
        refuse(refusals, 13, "p13@example.com is no. 13", names_contacts=names_contacts)


def test_an_import_that_was_taken_before_shows_that_not_everybody_is_concerned() -> None:
    refusals = LoneRefusals()
    refusals.take_all()
    for number in range(999):
        refuse(refusals, number, "no")
    assert not refusals.wants_probe
    with pytest.raises(ServiceError, match="1000 contacts"):
        refuse(refusals, 999, "no")


def test_at_the_end_contacts_that_are_named_are_set_aside_in_any_words() -> None:
    refusals = LoneRefusals()
    for number in range(4):
        refuse(refusals, number, "no", names_contacts=True)
    assert len(refusals.take_last()) == 4


def test_an_import_that_is_taken_shows_that_the_reason_was_theirs() -> None:
    refusals = LoneRefusals()
    for number in range(20):
        refuse(refusals, number, "no")
        assert len(refusals.take_all()) == 1
    assert not refusals


def test_different_words_are_different_reasons() -> None:
    refusals = LoneRefusals()
    for number, words in enumerate(["one", "two", "three", "four", "five", "six"]):
        refuse(refusals, number, words)
    assert len(refusals.take_last()) == 6


@pytest.mark.parametrize(("contacts", "was_accepted"), [(1, False), (1, True), (3, True)])
def test_at_the_end_they_are_set_aside(contacts: int, *, was_accepted: bool) -> None:
    refusals = LoneRefusals()
    if was_accepted:
        refusals.take_all()
    for number in range(contacts):
        refuse(refusals, number, "no")
    assert len(refusals.take_last()) == contacts


def test_at_the_end_the_same_words_for_all_of_a_run_stop() -> None:
    refusals = LoneRefusals()
    for number in range(2):
        refuse(refusals, number, "no")
    with pytest.raises(ServiceError, match="2 contacts, sent one by one"):
        refusals.take_last()
