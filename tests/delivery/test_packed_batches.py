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


def pending_of(length: int, *, number: int | None = None, **changes: t.Any) -> PendingContact:  # noqa: ANN401 - a field's value
    number = length if number is None else number
    contact = build_contact(f"person{number}@example.com", 7, attributes={}, custom_fields={1: "ä" * length})
    fields = {"fingerprint": bytes([length]) * 16, "state": "in flight", "segment": SEGMENTS[0], **changes}
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
    assert packed.take_out("person3@example.com") is None, "another one has its hash"
    assert len(packed) == 1
    assert packed.unpack(first) == first.contacts


def test_a_record_of_a_packed_identity_takes_its_contact_out_and_no_other() -> None:
    packed = PackedBatches()
    order, batch, second = ContactOrder(packed), batch_of([pending_of(1), pending_of(2)]), pending_of(1)
    first, other = map(fields_of, batch.contacts)
    order.append_new(batch.contacts)
    assert order.pack(batch)
    assert len(order) == 2
    assert "person3@example.com" not in order
    assert (len(packed), packed.source_bytes) == (2, 12)
    taken = order.last("person1@example.com")
    assert taken is not None
    assert (fields_of(taken), len(packed), len(order), packed.source_bytes) == (first, 1, 2, 6)
    order.append(second)
    order.unpack(batch)
    assert batch.contacts[0] is taken, "the one that gets its outcome stays the same object"
    assert fields_of(batch.contacts[1]) == other
    assert (len(packed), len(order), packed.saved_bytes, packed.source_bytes) == (0, 2, 0, 0)
    assert order.remove(taken) is second


def test_contacts_that_block_others_stay_and_the_rest_is_packed() -> None:
    packed = PackedBatches()
    order, batch, second = ContactOrder(packed), batch_of([pending_of(n) for n in range(3)]), pending_of(1)
    contacts = list(batch.contacts)
    order.append_new(contacts)
    order.append(second)
    assert order.pack(batch)
    assert (len(packed), len(order)) == (2, 3)
    assert order.before(second) is contacts[1]
    order.unpack(batch)
    assert batch.contacts[1] is contacts[1]
    assert list(map(fields_of, batch.contacts)) == list(map(fields_of, contacts))
    assert (len(packed), packed.saved_bytes, packed.source_bytes) == (0, 0, 0)


def test_a_batch_most_of_whose_contacts_block_others_is_not_packed() -> None:
    order, batch = ContactOrder(), batch_of([pending_of(1), pending_of(2), pending_of(3)])
    order.append_new(batch.contacts)
    order.append(pending_of(1))
    order.append(pending_of(2))
    assert not order.pack(batch)


def test_a_second_record_of_somebody_in_each_open_import_leaves_the_others_packed() -> None:
    packed = PackedBatches()
    order, in_flight = ContactOrder(packed), InFlight(2.5, 100, packed=packed)
    for number in range(0, 5_000, 100):
        batch = batch_of([pending_of(0, number=one) for one in range(number, number + 100)])
        order.append_new(batch.contacts)
        in_flight.begin(batch)
        assert order.pack(batch)
    before = packed.saved_bytes
    assert all(f"person{number}@example.com" in order for number in range(7, 5_000, 100))
    assert packed.saved_bytes > 0.95 * before


def test_what_cannot_be_packed_leaves_everything_as_it_was() -> None:
    batch = batch_of([pending_of(1), pending_of(2, first_sent_at=2**80)])
    order = ContactOrder(packed := PackedBatches())
    order.append_new(batch.contacts)
    with pytest.raises(OverflowError):
        order.pack(batch)
    assert (len(packed), len(order), len(batch)) == (0, 2, 2)
    assert "person1@example.com" in order


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
