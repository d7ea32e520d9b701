"""An import in doubt counts for somebody who was there before where the account shows what was sent."""

from __future__ import annotations

import pytest
from support.contacts import build_contact

from target_activecampaign.api.contact_values import ContactValues
from target_activecampaign.contacts.contact import Contact
from target_activecampaign.delivery.delivery_proof import shows_values


def shows(
    told: dict[str, str],
    changed_at: float | None = None,
    *,
    sent: dict[str, str] | None = None,
    fields: dict[int, str] | None = None,
    accepted_at: float = 100.0,
) -> bool:
    attributes = {"first_name": "Ada"} if sent is None else sent
    contact = build_contact("ada@example.com", 1, attributes=attributes, custom_fields=fields or {})
    return shows_values(contact, ContactValues(told, changed_at), accepted_at)


def test_values_that_are_all_told_as_they_were_sent_are_proof() -> None:
    assert shows({"first_name": "Ada", "last_name": "Lo"})
    assert shows({"first_name": " ada &amp; bo "}, sent={"first_name": "Ada & Bo"})
    assert shows({"phone": "+49 30-123"}, sent={"phone": "+4930123"})
    assert shows({"first_name": ""}, sent={"first_name": ""})
    assert shows({}, sent={})


def test_a_value_that_is_not_told_is_no_proof() -> None:
    assert not shows({})
    assert not shows({"first_name": "Ada"}, fields={7: "blue"})
    assert not shows({"first_name": "Ada"}, sent={"first_name": "Ada", "customer_acct_name": "Lo Ltd"})


@pytest.mark.parametrize(
    ("changed_at", "accepted_at", "proof"),
    [
        (101.0, 100.0, True),
        (100.0, 100.0, False),
        (99.0, 100.0, False),
        (None, 100.0, False),
        (101.0, 0.0, False),
    ],
)
def test_a_change_is_proof_only_after_the_second_in_which_the_import_was_taken(
    changed_at: float | None, accepted_at: float, *, proof: bool
) -> None:
    assert shows({}, changed_at, fields={7: "blue"}, accepted_at=accepted_at) is proof


def test_another_value_contradicts_a_change() -> None:
    assert not shows({"first_name": "Eva"}, 101.0)
    assert not shows({"phone": "+49 30-124"}, 101.0, sent={"phone": "+4930123"})


def test_a_removal_has_no_values() -> None:
    contact = Contact.taking_off("ada@example.com", 1, exclude_automations=False)
    assert shows_values(contact, ContactValues({"first_name": "Eva"}), 100.0)
