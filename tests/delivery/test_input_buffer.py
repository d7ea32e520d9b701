"""What was read comes out of the buffer in the order of the input, by the thousand or after a second."""

from __future__ import annotations

from support.contacts import build_contact

from target_activecampaign.contacts.contact import Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.input_buffer import InputBuffer
from target_activecampaign.delivery.state_tracker import CoveredState, State

A, B = CoveredState("a", 1), CoveredState("b" * 60, 2)


def pending(line: int) -> PendingContact:
    one = build_contact(f"person{line}@example.com", 1, attributes={}, custom_fields={})
    return PendingContact(one, Origin("people", line))


def test_contacts_and_states_come_out_in_order_and_once() -> None:
    buffer, one, two = InputBuffer(10, 1.0, 100), pending(1), pending(2)
    buffer.add_contacts([one], now=0.0)
    buffer.add_state(A)
    buffer.add_contacts([two], now=0.5)
    assert list(buffer) == [one, two]
    assert buffer.take_all() == [one, State(A), two]
    assert buffer.is_empty
    assert buffer.take_all() == []


def test_of_states_in_a_row_the_last_counts() -> None:
    buffer, one = InputBuffer(10, 1.0, 100), pending(1)
    buffer.add_contacts([one], now=0.0)
    buffer.add_state(A)
    buffer.add_state(B)
    assert buffer.take_all() == [one, State(B)]


def test_it_is_due_when_it_is_full_or_a_contact_has_waited_long_enough() -> None:
    buffer = InputBuffer(2, 1.0, 100)
    assert not buffer.is_due(1e9)
    buffer.add_contacts([pending(1)], now=5.0)
    assert not buffer.is_due(5.9)
    assert buffer.is_due(6.0)
    assert not buffer.is_full
    buffer.add_contacts([pending(2)], now=5.5)
    assert (buffer.is_full, buffer.is_due(5.5)) == (True, True)


def test_it_is_full_of_states_whose_bytes_are_too_many() -> None:
    buffer = InputBuffer(10, 1.0, 100)
    buffer.add_contacts([pending(1)], now=0.0)
    buffer.add_state(B)
    buffer.add_state(B)  # in the place of the first
    full = [buffer.is_full]
    buffer.add_contacts([pending(2)], now=0.0)
    buffer.add_state(B)
    full.append(buffer.is_full)
    buffer.take_all()
    full.append(buffer.is_full)
    assert full == [False, True, False]
