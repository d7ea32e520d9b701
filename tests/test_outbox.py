"""Which contacts are sent together, and which wait: nobody lost, nobody overtaken."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from target_activecampaign.acknowledgement import Acknowledgement, Segment
from target_activecampaign.batching import MAX_BODY_BYTES, Batch, PendingContact, split_batch
from target_activecampaign.contact import Contact, Origin
from target_activecampaign.outbox import Outbox

LISTS = {"people": 1, "shops": 2}


def contact(name: str, stream: str = "people", **values: str) -> Contact:
    return Contact.build(f"{name}@example.com", LISTS[stream], attributes=values, custom_fields={})


def put(outbox: Outbox, name: str, line: int, stream: str = "people", **values: str) -> int | None:
    """Put a contact; the line of the record that it superseded."""
    origin = Origin(stream, line)
    superseded = outbox.put(contact(name, stream, **values), origin, Acknowledgement().owe)
    return superseded.line if superseded else None


def anyone(_: PendingContact) -> bool:
    return True


def take(outbox: Outbox) -> Batch:
    outbox.close_filling()
    batch = outbox.take(anyone)
    assert batch is not None
    return batch


def lines(batch: Batch | None) -> list[int]:
    return [pending.origin.line for pending in batch.contacts] if batch else []


def test_a_full_batch_is_ready_at_once_and_another_when_it_is_closed() -> None:
    outbox = Outbox(2)
    for line in (1, 2, 3):
        put(outbox, f"ada{line}", line)
    assert (outbox.ready, outbox.is_filling) == (1, True)
    outbox.close_filling()
    assert (outbox.ready, outbox.is_filling) == (2, False)
    assert [lines(outbox.take(anyone)), lines(outbox.take(anyone))] == [[1, 2], [3]]
    assert outbox.take(anyone) is None


def test_the_batch_of_one_stream_is_closed_alone() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1, "people")
    put(outbox, "bo", 2, "shops")
    outbox.close_filling(["people"])
    assert (outbox.ready, outbox.filling) == (1, ["shops"])
    assert lines(outbox.take(anyone)) == [1]


def test_streams_do_not_share_a_batch() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1, "people")
    put(outbox, "bob", 2, "shops")
    outbox.close_filling()
    batches = [outbox.take(anyone), outbox.take(anyone)]
    assert [(batch.stream, lines(batch)) for batch in batches if batch] == [("people", [1]), ("shops", [2])]


def test_a_batch_that_is_full_by_bytes_makes_room_for_the_next() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1, first_name="x" * 300_000)
    put(outbox, "bob", 2, first_name="x" * 300_000)
    assert (outbox.ready, outbox.is_filling) == (1, True)


def test_a_later_record_of_an_identity_is_merged_and_the_earlier_is_superseded() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1, first_name="Ada", phone="1")
    assert put(outbox, "ada", 2, phone="2") == 1
    (pending,) = take(outbox).contacts
    assert pending.contact.attributes == {"first_name": "Ada", "phone": "2"}
    assert pending.origin.line == 2
    assert pending.fingerprint == contact("ada", phone="2").fingerprint


def test_what_comes_while_a_contact_is_being_sent_waits_and_is_merged_meanwhile() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1, phone="1")
    batch = take(outbox)
    assert put(outbox, "ada", 2, phone="2") is None
    assert put(outbox, "ada", 3, first_name="Ada") == 2
    assert (outbox.waiting, outbox.ready, outbox.is_filling) == (1, 0, False)
    following = outbox.settle(batch.contacts[0])
    assert following is not None
    assert outbox.waiting == 0
    outbox.release(following)
    (pending,) = take(outbox).contacts
    assert pending.contact.attributes == {"phone": "2", "first_name": "Ada"}
    assert outbox.settle(pending) is None
    assert outbox.is_empty


def test_the_same_person_in_another_stream_waits_and_goes_to_both_lists() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1, "people")
    assert put(outbox, "ada", 2, "shops") is None
    assert put(outbox, "ada", 3, "people") is None
    assert outbox.waiting == 2
    sent = []
    batch: Batch = take(outbox)
    while True:
        sent.append(batch.contacts[0].contact.list_id)
        following = outbox.settle(batch.contacts[0])
        if following is None:
            break
        outbox.release(following)
        batch = take(outbox)
    assert sent == [1, 2, 1]


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_would_grow_too_large_by_merging_waits_for_the_earlier(is_sent: bool) -> None:  # noqa: FBT001 - a parameter of the test
    outbox = Outbox(250)
    put(outbox, "ada", 1, first_name="x" * 250_000)
    if is_sent:
        take(outbox)
        put(outbox, "ada", 2, first_name="x" * 250_000)
    assert put(outbox, "ada", 3, last_name="x" * 250_000) is None
    assert outbox.waiting == 1 + is_sent


def test_only_what_is_admitted_is_taken_and_the_rest_stays_first_in_line() -> None:
    outbox = Outbox(2)
    for line in range(1, 7):
        put(outbox, f"ada{line}", line)
    batch = outbox.take(lambda pending: pending.origin.line == 4)
    assert lines(batch) == [4]
    assert batch is not None
    assert batch.is_taken
    assert outbox.take(lambda _: False) is None
    assert [lines(outbox.take(anyone)) for _ in range(3)] == [[1, 2], [3], [5, 6]]


def test_the_parts_of_a_batch_remember_how_often_it_was_tried() -> None:
    outbox = Outbox(2)
    put(outbox, "ada", 1)
    put(outbox, "bob", 2)
    batch = take(outbox)
    again = Batch.of(batch.stream, batch.contacts)
    again.attempts = 2
    outbox.put_back([again])
    parts = [outbox.take(lambda pending: pending.origin.line == 2), outbox.take(anyone)]
    assert [part.attempts for part in parts if part] == [2, 2]


def test_what_is_put_back_goes_first() -> None:
    outbox = Outbox(2)
    for line in range(1, 5):
        put(outbox, f"ada{line}", line)
    batch = outbox.take(anyone)
    assert batch is not None
    outbox.put_back(split_batch(batch, []))
    assert [lines(outbox.take(anyone)) for _ in range(3)] == [[2], [1], [3, 4]]


def test_what_is_withdrawn_takes_along_what_waits_behind_it_and_leaves_the_rest() -> None:
    outbox = Outbox(3)
    for line, name in enumerate(["ada", "bob", "cleo", "dan"], start=1):
        put(outbox, name, line)
    put(outbox, "dan", 5, "shops")
    out = list(outbox.withdraw(lambda pending: pending.contact.email[0] in "ad"))
    assert [pending.origin.line for pending in out] == [1, 4, 5]
    assert (outbox.waiting, outbox.has("ada@example.com"), outbox.has("bob@example.com")) == (0, False, True)
    assert lines(outbox.take(anyone)) == [2, 3]


def test_what_is_being_sent_is_not_withdrawn() -> None:
    outbox = Outbox(250)
    put(outbox, "ada", 1)
    batch = take(outbox)
    put(outbox, "ada", 2)
    assert list(outbox.withdraw(anyone)) == []
    assert outbox.waiting == 1
    assert outbox.settle(batch.contacts[0]) is not None


# Any sequence

_NAMES = st.sampled_from(["ada", "bob", "cleo", "dan", "eva"])
_SIZES = st.sampled_from([0, 1, 2, 150_000, 250_000])
_VALUES = st.dictionaries(st.sampled_from(["first_name", "last_name", "phone"]), _SIZES, max_size=1)


class Account:
    """The service: what becomes of contacts that are applied one after the other."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, str]] = {}
        self.lists: dict[str, set[int]] = {}

    def apply(self, body: dict[str, t.Any]) -> None:
        values: dict[str, str] = {key: body[key] for key in body if key not in {"email", "subscribe"}}
        self.values.setdefault(body["email"], {}).update(values)
        self.lists.setdefault(body["email"], set()).add(body["subscribe"][0]["listid"])


class OutboxMachine(RuleBasedStateMachine):
    """An outbox beside a list of all records: in the end the account is as if applied one by one."""

    @initialize(batch_size_rows=st.integers(1, 4))
    def start(self, batch_size_rows: int) -> None:
        self.batch_size_rows = batch_size_rows
        self.outbox = Outbox(batch_size_rows)
        self.account = Account()
        self.records: list[Contact] = []
        self.merged: dict[int, list[int]] = {}
        self.taken: list[Batch] = []
        self.withdrawn: set[int] = set()
        self.owed = 0

    def owe(self) -> Segment:
        self.owed += 1
        return Acknowledgement().owe()

    @rule(name=_NAMES, stream=st.sampled_from(sorted(LISTS)), sizes=_VALUES)
    def put(self, name: str, stream: str, sizes: dict[str, int]) -> None:
        line = len(self.records)
        values = {key: f"{line} " + "x" * size for key, size in sizes.items()}
        self.records.append(contact(name, stream, **values))
        superseded = self.outbox.put(self.records[-1], Origin(stream, line), self.owe)
        self.merged[line] = [line] if superseded is None else [*self.merged.pop(superseded.line), line]
        assert self.outbox.has(self.records[-1].email)

    @rule()
    def close_filling(self) -> None:
        self.outbox.close_filling()
        assert not self.outbox.is_filling

    @rule(names=st.sets(_NAMES, min_size=1))
    def take(self, names: set[str]) -> None:
        batch = self.outbox.take(lambda pending: pending.contact.email.partition("@")[0] in names)
        if batch is not None:
            assert {pending.contact.email.partition("@")[0] for pending in batch.contacts} <= names
            self.taken.append(batch)

    @precondition(lambda self: self.taken)
    @rule(index=st.integers(0), releases=st.booleans())
    def end_an_import(self, *, index: int, releases: bool) -> None:
        batch = self.taken.pop(index % len(self.taken))
        for body in json.loads(batch.encode())["contacts"]:
            self.account.apply(body)
        for pending in batch.contacts:
            self.settle(pending, releases=releases)

    def settle(self, pending: PendingContact, *, releases: bool) -> None:
        """Settle a contact, and release what waits for it or find each of that unchanged."""
        following: PendingContact | None = pending
        while following is not None:
            del self.merged[following.origin.line]
            following = self.outbox.settle(following)
            if following is not None and releases:
                self.outbox.release(following)
                return
            if following is not None:
                self.account.apply(json.loads(following.contact.body))

    @precondition(lambda self: self.taken)
    @rule(index=st.integers(0), positions=st.lists(st.integers(0, 4), max_size=2))
    def refuse_an_import(self, index: int, positions: list[int]) -> None:
        batch = self.taken.pop(index % len(self.taken))
        again = [Batch.of(batch.stream, batch.contacts, batch.max_contacts)]
        self.outbox.put_back(again if len(batch) == 1 else split_batch(batch, positions))

    @rule(names=st.sets(_NAMES, max_size=2))
    def withdraw(self, names: set[str]) -> None:
        for pending in self.outbox.withdraw(lambda one: one.contact.email.partition("@")[0] in names):
            self.withdrawn.update(self.merged.pop(pending.origin.line))

    @invariant()
    def everybody_is_in_one_place(self) -> None:
        lanes = self.outbox._lanes
        on_their_way = [pending.origin.line for lane in lanes.values() for pending in lane]
        assert sorted(on_their_way) == sorted(self.merged)
        assert self.outbox.waiting == sum(len(lane) - 1 for lane in lanes.values())
        assert self.outbox.is_empty == (not lanes)
        batches = [*self.outbox._ready, *self.outbox._filling.values(), *self.taken]
        placed = [(pending.contact.email, pending.batch) for batch in batches for pending in batch.contacts]
        # Of an identity only the first is in a batch: so none is twice in one, or in two imports.
        assert sorted(email for email, _ in placed) == sorted(lanes)
        assert all(lanes[email][0].batch is batch for email, batch in placed)
        assert all(pending.batch is None for lane in lanes.values() for pending in lane[1:])

    @invariant()
    def no_batch_is_too_large(self) -> None:
        batches = [*self.outbox._ready, *self.outbox._filling.values(), *self.taken]
        assert all(0 < len(batch) <= self.batch_size_rows for batch in batches)
        assert all(len(batch.encode()) <= MAX_BODY_BYTES for batch in batches)

    def teardown(self) -> None:
        while not self.outbox.is_empty:
            self.outbox.close_filling()
            self.take({"ada", "bob", "cleo", "dan", "eva"})
            self.end_an_import(index=0, releases=True)
        one_by_one = Account()
        for line, record in enumerate(self.records):
            if line not in self.withdrawn:
                one_by_one.apply(json.loads(record.body))
        assert vars(self.account) == vars(one_by_one)
        assert not self.merged


TestAnySequence = OutboxMachine.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
