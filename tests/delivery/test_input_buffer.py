"""What was read comes out of the buffer in the order of the input, by the thousand or after a second."""

from __future__ import annotations

from support.contacts import build_contact

from target_activecampaign.contacts.contact import Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.input_buffer import InputBuffer
from target_activecampaign.delivery.state_tracker import State


def pending(line: int) -> PendingContact:
    one = build_contact(f"person{line}@example.com", 1, attributes={}, custom_fields={})
    return PendingContact(one, Origin("people", line))


def test_contacts_and_states_come_out_in_order_and_once() -> None:
    buffer, one, two = InputBuffer(10, 1.0), pending(1), pending(2)
    buffer.add_contacts([one], now=0.0)
    buffer.add_state("a")
    buffer.add_contacts([two], now=0.5)
    assert list(buffer) == [one, two]
    assert buffer.take_all() == [one, State("a"), two]
    assert buffer.is_empty
    assert buffer.take_all() == []


def test_of_states_in_a_row_the_last_counts() -> None:
    buffer, one = InputBuffer(10, 1.0), pending(1)
    buffer.add_contacts([one], now=0.0)
    buffer.add_state("a")
    buffer.add_state("b")
    assert buffer.take_all() == [one, State("b")]


def test_it_is_due_when_it_is_full_or_a_contact_has_waited_long_enough() -> None:
    buffer = InputBuffer(2, 1.0)
    assert not buffer.is_due(1e9)
    buffer.add_contacts([pending(1)], now=5.0)
    assert not buffer.is_due(5.9)
    assert buffer.is_due(6.0)
    assert not buffer.is_full
    buffer.add_contacts([pending(2)], now=5.5)
    assert (buffer.is_full, buffer.is_due(5.5)) == (True, True)
