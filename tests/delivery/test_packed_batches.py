"""The contacts of open imports are packed where many are open, and come back as they were."""

from __future__ import annotations

import random
import typing as t
from collections import deque

import pytest
from support.contacts import build_contact

from target_activecampaign.contacts.contact import Origin
from target_activecampaign.delivery.batch import Batch, PendingContact
from target_activecampaign.delivery.bounds import Bounds
from target_activecampaign.delivery.in_flight import InFlight
from target_activecampaign.delivery.packed_batches import PackedBatches
from target_activecampaign.delivery.queues import ContactOrder
from target_activecampaign.delivery.removal import Removal
from target_activecampaign.delivery.state_tracker import Segment

SEGMENTS = [Segment(1), Segment(2)]
SCHEMA = '{"type":"SCHEMA"}'


def pending_of(number: int, **changes: t.Any) -> PendingContact:  # noqa: ANN401 - a field's value
    contact = build_contact(f"person{number}@example.com", 7, attributes={}, custom_fields={1: "ä" * number})
    fields = {"fingerprint": bytes([number]) * 16, "state": "in flight", "segment": SEGMENTS[0], **changes}
    return PendingContact(contact, Origin("people", number, 3, f"line {number}", SCHEMA), **fields)


def batch_of(contacts: list[PendingContact]) -> Batch:
    batch = Batch("people")
    batch.fill_from(deque(contacts), lambda _: True)
    return batch


def fields_of(pending: PendingContact) -> dict[str, t.Any]:
    return {name: getattr(pending, name) for name in PendingContact.__struct_fields__}


CHANGES: dict[str, t.Any] = {
    "fingerprint": b"another one's 16",
    "is_merged": True,
    "is_known": True,
    "is_seen": True,
    "is_missing": True,
    "is_counted": True,
    "segment": SEGMENTS[1],
    "first_sent_at": 1_700_000_000,
    "attempts": 2,
    "accepted_at": 12.5,
    "is_again": True,
}


def test_every_field_of_a_contact_comes_back() -> None:
    untold = {"contact", "origin", "removal", "state"}
    assert CHANGES.keys() == {*PendingContact.__struct_fields__} - untold
    contacts = [
        pending_of(0),
        *(pending_of(n, **{name: CHANGES[name]}) for n, name in enumerate(CHANGES, 1)),
    ]
    packed, batch = PackedBatches(), batch_of(contacts)
    assert packed.pack(batch)
    assert (len(packed), packed.source_bytes) == (len(contacts), sum(len(f"line {n}") for n in range(12)))
    again = list(packed.unpack(batch))
    assert list(map(fields_of, again)) == list(map(fields_of, contacts))
    assert again == batch.contacts
    assert again[0] is not contacts[0]
    assert [one.segment in SEGMENTS for one in again] == [True] * len(again)
    assert (len(packed), packed.saved_bytes, packed.source_bytes) == (0, 0, 0)


def test_the_objects_of_origins_stay_where_they_stand_for_records() -> None:
    packed, batch = PackedBatches(keeps_origins=True), batch_of([pending_of(1), pending_of(2)])
    origins = [pending.origin for pending in batch.contacts]
    assert packed.pack(batch)
    assert packed.source_bytes == 0, "the origins keep them"
    packed.unpack(batch)
    assert all(one.origin is origin for one, origin in zip(batch.contacts, origins, strict=True))


def test_packed_contacts_take_a_quarter_of_the_memory_or_less() -> None:
    packed, batch = PackedBatches(), batch_of([pending_of(number) for number in range(100)])
    size = batch.object_bytes
    assert size > 100 * 500
    assert packed.pack(batch)
    assert size > packed.saved_bytes > size * 3 / 4


def test_the_imports_of_ten_minutes_fit_into_what_may_be_in_flight() -> None:
    chance, packed = random.Random(1), PackedBatches()  # noqa: S311 - made-up people

    def made_up(number: int) -> PendingContact:
        text = {name: f"{chance.getrandbits(40):x}" for name in ("first_name", "last_name", "phone")}
        contact = build_contact(f"p{number}@example.com", 7, attributes=text, custom_fields={1: "2020-01-01"})
        return PendingContact(contact, Origin("people", number), chance.randbytes(16), state="in flight")

    batch = batch_of([made_up(number) for number in range(250)])
    size = batch.object_bytes
    assert packed.pack(batch)
    assert 1_100 * (size - packed.saved_bytes) < Bounds().in_flight_bytes < 1_100 * size / 4


def test_contacts_that_are_packed_are_not_taken_for_none() -> None:
    packed, batch = PackedBatches(), batch_of([pending_of(1)])
    packed.pack(batch)
    with pytest.raises(RuntimeError):
        len(batch)


def test_people_who_leave_and_hashes_that_collide_are_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    leaving = pending_of(1, removal=Removal("person1@example.com", 7, "people", None))
    assert not PackedBatches().pack(batch_of([leaving]))
    monkeypatch.setattr("target_activecampaign.delivery.packed_batches.hash", len, raising=False)
    assert not PackedBatches().pack(batch_of([pending_of(1), pending_of(2)]))
    packed, first = PackedBatches(), batch_of([pending_of(1)])
    assert packed.pack(first)
    assert not packed.pack(batch_of([pending_of(2)]))
    assert packed.find("person3@example.com") is first, "which has to be looked at"


def test_a_record_of_a_packed_identity_brings_its_contact_back() -> None:
    packed = PackedBatches()
    order, batch, blocker = ContactOrder(packed), batch_of([pending_of(1), pending_of(2)]), pending_of(1)
    order.append_new(batch.contacts)
    assert order.pack(batch)
    assert len(order) == 2
    assert "person3@example.com" not in order
    assert len(packed) == 2
    last = order.last("person1@example.com")
    assert last is batch.contacts[0]
    assert (len(packed), len(order)) == (0, 2)
    order.append(blocker)
    assert not order.pack(batch), "a contact of it blocks another one"
    assert order.remove(batch.contacts[0]) is blocker


def test_a_hash_that_two_identities_share_takes_no_stranger_for_one_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, batch = ContactOrder(), batch_of([pending_of(1)])
    order.append_new(batch.contacts)
    monkeypatch.setattr("target_activecampaign.delivery.packed_batches.hash", len, raising=False)
    assert order.pack(batch)
    assert "person2@example.com" not in order
    assert "person1@example.com" in order


def test_imports_are_packed_and_no_more_are_sent_by_bytes() -> None:
    packed, first, second = PackedBatches(), batch_of([pending_of(1)]), batch_of([pending_of(2)])
    bounds = Bounds(unpacked_bytes=500, in_flight_bytes=1_200)
    in_flight = InFlight(2.5, 10, bounds, packed)
    assert not in_flight.wants_packing
    in_flight.begin(first)
    assert (in_flight.wants_packing, in_flight.is_full) == (True, False)
    in_flight.begin(second)
    assert in_flight.is_full, "two are too many as objects"
    assert packed.pack(first)
    assert (in_flight.wants_packing, in_flight.is_full) == (True, False)
    packed.unpack(first)
    assert in_flight.is_full
    in_flight.remove(first)
    in_flight.remove(second)
    assert (in_flight.wants_packing, in_flight.is_full) == (False, False)
