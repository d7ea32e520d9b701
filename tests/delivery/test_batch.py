"""What stands in one request, and how large it is."""

from __future__ import annotations

import json
import typing as t
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contacts import build_contact

from target_activecampaign.contacts.contact import Contact, Origin
from target_activecampaign.delivery.batch import MAX_CONTACT_BYTES, Batch, PendingContact
from target_activecampaign.limits import CONTACTS_PER_IMPORT, MAX_BODY_BYTES


def contact(number: int, size: int = 0, *, exclude_automations: bool = False, letter: str = "x") -> Contact:
    return build_contact(
        f"ada{number}@example.com",
        3,
        attributes={"first_name": letter * size} if size else {},
        custom_fields={},
        exclude_automations=exclude_automations,
    )


def pending(number: int, size: int = 0, *, exclude_automations: bool = False) -> PendingContact:
    one = contact(number, size, exclude_automations=exclude_automations)
    return PendingContact(one, Origin("people", number), one.body)


def later(one: Contact, stream: str = "people") -> PendingContact:
    return PendingContact(one, Origin(stream, 2), one.body)


def filled(some: t.Iterable[PendingContact], max_contacts: int = CONTACTS_PER_IMPORT) -> Batch:
    """A batch of as many of these, from the first on, as fit."""
    batch = Batch("people", max_contacts)
    batch.fill_from(deque(some), lambda _: True)
    return batch


def batch_of(count: int) -> Batch:
    return filled(map(pending, range(count)))


def test_the_limits_are_those_of_the_bulk_importer() -> None:
    assert (CONTACTS_PER_IMPORT, MAX_BODY_BYTES) == (250, 399_999)


def test_a_batch_encodes_to_the_body_of_the_bulk_importer() -> None:
    subscribe = [{"listid": 3}]
    assert json.loads(batch_of(2).encode()) == {
        "contacts": [
            {"email": "ada0@example.com", "subscribe": subscribe},
            {"email": "ada1@example.com", "subscribe": subscribe},
        ]
    }


def test_automations_are_excluded_in_the_contact_and_beside_the_contacts() -> None:
    body = json.loads(filled([pending(1, exclude_automations=True)]).encode())
    assert body["exclude_automations"] is True
    assert body["contacts"][0]["exclude_automations"] is True


def test_a_batch_is_full_at_250_contacts_or_at_what_the_setting_says() -> None:
    assert len(batch_of(249)) == 249
    assert len(batch_of(251)) == 250
    assert len(filled(map(pending, range(9)), max_contacts=7)) == 7


def test_a_batch_takes_contacts_up_to_the_last_byte_and_no_further() -> None:
    first = pending(1, 200_000, exclude_automations=True)
    overhead = len(contact(2, 1, exclude_automations=True).body) - 1
    room = MAX_BODY_BYTES - len(filled([first]).encode()) - overhead - 1
    assert len(filled([first, pending(2, room + 1, exclude_automations=True)])) == 1
    batch = filled([first, pending(2, room - 1, exclude_automations=True)])
    assert len(batch) == 2
    assert MAX_BODY_BYTES - 2 <= len(batch.encode()) <= MAX_BODY_BYTES


def test_a_contact_that_fits_no_request_is_told_apart() -> None:
    overhead = len(contact(1, 1).body) - 1
    envelope = len(Batch("people").encode()) + len(',"exclude_automations":true') + 1
    largest = MAX_BODY_BYTES - overhead - envelope
    assert len(contact(1, largest).body) == MAX_CONTACT_BYTES
    assert len(filled([pending(1, largest)])) == 1
    assert len(contact(1, largest + 1).body) == MAX_CONTACT_BYTES + 1
    assert len(filled([pending(1, largest + 1)])) == 0


def test_a_later_record_of_the_same_stream_merges_and_the_earlier_is_superseded() -> None:
    one = pending(1)
    assert one.merge(later(contact(1, 10))) == Origin("people", 1)
    assert (one.origin.line, one.contact, one.fingerprint) == (2, contact(1, 10), contact(1, 10).body)


def test_a_record_of_another_stream_does_not_merge() -> None:
    one = pending(1)
    assert one.merge(later(contact(1, 10), "vip")) is None
    assert one.contact == contact(1)


def test_a_contact_that_would_grow_beyond_the_limit_is_not_merged() -> None:
    one = pending(1, 250_000)
    more = build_contact("ada1@example.com", 3, attributes={"last_name": "x" * 250_000}, custom_fields={})
    assert one.merge(later(more)) is None
    assert one.contact == contact(1, 250_000)


_SIZES = st.one_of(st.integers(0, 3000), st.integers(0, 500_000))


@given(
    steps=st.lists(st.tuples(st.integers(0, 5), _SIZES, st.sampled_from("xé€😀")), max_size=25),
    excludes=st.booleans(),
)
def test_no_sequence_of_contacts_makes_a_request_too_large(
    *, steps: list[tuple[int, int, str]], excludes: bool
) -> None:
    batch = Batch("people", 4)
    for number, size, letter in steps:
        one = contact(number, size // len(letter.encode()), exclude_automations=excludes, letter=letter)
        batch.fill_from(deque([PendingContact(one, Origin("people", 1))]), lambda _: True)
    body = batch.encode()
    assert len(body) <= MAX_BODY_BYTES
    assert len(batch) <= 4
    emails = [entry["email"] for entry in json.loads(body)["contacts"]]
    assert emails == [one.contact.email for one in batch.contacts]


# Parts of a batch


@given(st.sets(st.integers(0, 9)))
def test_parts_of_a_batch_remember_when_it_was_sent_first_and_how_often_it_was_tried(
    chosen: set[int],
) -> None:
    batch = batch_of(10)
    batch.begin(1_000)
    again = batch.again()
    again.begin(2_000)
    parts = again.split(lambda one: one.origin.line in chosen)
    assert [len(part) for part in parts] == [len(chosen), 10 - len(chosen)]
    contacts = [one for part in parts for one in part.contacts]
    assert {(one.first_sent_at, one.attempts) for one in contacts} == {(1_000, 1)}
    assert [part.attempts for part in parts if part.contacts] == [1 for part in parts if part.contacts]
    assert sum(part.possibly_new for part in parts) == 10


# Splitting a batch that was refused


@pytest.mark.parametrize(
    ("positions", "sizes"),
    [([1], [8, 2]), ([0], [9, 1]), ([10], [9, 1]), ([3, 4], [7, 3]), ([], [5, 5]), ([99, -7], [5, 5])],
)
def test_the_suspects_at_both_readings_of_a_position_are_parted_from_the_others(
    positions: list[int], sizes: list[int]
) -> None:
    assert [len(part) for part in batch_of(10).split_refused(positions)] == sizes


@given(st.integers(2, 40), st.lists(st.integers(-3, 60), max_size=50))
def test_a_split_loses_nobody_and_makes_progress(count: int, positions: list[int]) -> None:
    batch = batch_of(count)
    parts = batch.split_refused(positions)
    assert sorted(one.origin.line for part in parts for one in part.contacts) == list(range(count))
    assert all(0 < len(part) < count for part in parts)
    assert all(part.stream == "people" for part in parts)


@given(st.integers(1, 250), st.data())
def test_a_culprit_is_found_within_a_few_requests_however_positions_count(
    count: int, data: st.DataObject
) -> None:
    culprit = data.draw(st.integers(0, count - 1))
    counts_from = data.draw(st.integers(0, 1))
    queue, requests, delivered = [batch_of(count)], 0, 0
    while queue:
        batch = queue.pop()
        requests += 1
        lines = [one.origin.line for one in batch.contacts]
        if culprit not in lines:
            delivered += len(batch)
        elif len(batch) > 1:
            queue += batch.split_refused([lines.index(culprit) + counts_from])
    assert delivered == count - 1
    assert requests <= 5
