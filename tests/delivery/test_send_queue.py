"""Which contacts are sent together, and which wait: nobody lost, nobody overtaken."""

from __future__ import annotations

import json
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.contacts import build_contact

from target_activecampaign.contacts.contact import Contact, Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.queues import DEFERRED_RECORDS
from target_activecampaign.delivery.send_queue import SendQueue
from target_activecampaign.limits import MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.batch import Batch

LISTS = {"people": 1, "shops": 2}


def contact(name: str, stream: str = "people", *, unsubscribes: bool = False, **values: str) -> Contact:
    return build_contact(
        f"{name}@example.com",
        LISTS[stream],
        attributes=values,
        custom_fields={},
        unsubscribes=unsubscribes,
    )


def queue_of(batch_size_rows: int, deferred_records: int = DEFERRED_RECORDS) -> SendQueue:
    """A send queue in which a contact's body is its own fingerprint."""
    return SendQueue(batch_size_rows, bytes, deferred_records)


def put(  # noqa: PLR0913 - a record of a test
    send_queue: SendQueue,
    name: str,
    line: int,
    stream: str = "people",
    *,
    was_sent: bool = False,
    unsubscribes: bool = False,
    **values: str,
) -> int | None:
    """Put a contact; the line of the record that it superseded."""
    origin = Origin(stream, line)
    one = contact(name, stream, unsubscribes=unsubscribes, **values)
    send_queue.count_records(1)
    superseded = send_queue.put(PendingContact(one, origin, one.body), was_sent=was_sent)
    return superseded.line if superseded else None


def anyone(_: PendingContact) -> bool:
    return True


def take(send_queue: SendQueue) -> Batch:
    send_queue.close_filling(send_queue.filling)
    batch = send_queue.take(anyone)
    assert batch is not None
    return batch


def lines(batch: Batch | None) -> list[int]:
    return [pending.origin.line for pending in batch.contacts] if batch else []


def place_due(send_queue: SendQueue) -> list[int]:
    """Place what has gathered long enough; the lines that were superseded by that."""
    placed = [send_queue.place(pending) for pending in send_queue.take_due()]
    return [origin.line for origin in placed if origin]


@given(
    letters=st.lists(st.sampled_from([1, 1, 1, 150_000, 350_000]), max_size=12),
    streams=st.lists(st.sampled_from(sorted(LISTS)), min_size=12, max_size=12),
    rows=st.integers(1, 4),
    cut=st.integers(0, 12),
)
def test_new_contacts_that_come_together_stand_where_they_would_stand_one_by_one(
    letters: list[int], streams: list[str], rows: int, cut: int
) -> None:
    def some() -> list[PendingContact]:
        return [
            PendingContact(
                contact(f"p{line}", stream, first_name="x" * count), Origin(stream, line), b"%d" % line
            )
            for line, (count, stream) in enumerate(zip(letters, streams, strict=False))
        ]

    def batches(send_queue: SendQueue) -> list[list[int]]:
        taken = [lines(batch) for batch in iter(lambda: send_queue.take(anyone), None)]
        send_queue.close_filling(send_queue.filling)
        return [*taken, [], *(lines(batch) for batch in iter(lambda: send_queue.take(anyone), None))]

    together, one_by_one = queue_of(rows), queue_of(rows)
    people = some()
    together.put_new(people[:cut])
    together.put_new(people[cut:])
    for pending in some():
        one_by_one.put(pending)
    assert batches(together) == batches(one_by_one)


def test_a_full_window_can_be_taken_at_once_and_another_when_it_is_closed() -> None:
    send_queue = queue_of(2)
    for line in (1, 2, 3):
        put(send_queue, f"ada{line}", line)
    assert (send_queue.can_take, send_queue.ready_batches, send_queue.filling) == (True, 1, ["people"])
    assert lines(send_queue.take(anyone)) == [1, 2]
    assert not send_queue.can_take
    assert send_queue.take(anyone) is None
    send_queue.close_filling(send_queue.filling)
    assert lines(send_queue.take(anyone)) == [3]
    assert (send_queue.can_take, send_queue.filling) == (False, [])


def test_the_window_of_one_stream_is_closed_alone() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, "people")
    put(send_queue, "bo", 2, "shops")
    send_queue.close_filling(["people"])
    assert lines(send_queue.take(anyone)) == [1]
    assert (send_queue.can_take, send_queue.filling) == (False, ["shops"])


def test_streams_do_not_share_a_batch() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, "people")
    put(send_queue, "bob", 2, "shops")
    send_queue.close_filling(send_queue.filling)
    batches = [send_queue.take(anyone), send_queue.take(anyone)]
    assert [(batch.stream, lines(batch)) for batch in batches if batch] == [("people", [1]), ("shops", [2])]


def test_a_window_that_is_full_by_bytes_makes_room_for_the_next() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, first_name="x" * 300_000)
    put(send_queue, "bob", 2, first_name="x" * 300_000)
    assert (send_queue.can_take, send_queue.filling) == (False, ["people"])
    assert lines(take(send_queue)) == [1]


def test_a_later_record_of_an_identity_is_merged_and_the_earlier_is_superseded() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, first_name="Ada", phone="1")
    assert put(send_queue, "ada", 2, phone="2") == 1
    send_queue.close_filling(send_queue.filling)
    (pending,) = take(send_queue).contacts
    assert json.loads(pending.contact.body)["first_name"] == "Ada"
    assert json.loads(pending.contact.body)["phone"] == "2"
    assert pending.origin.line == 2
    assert pending.fingerprint == contact("ada", phone="2").body
    assert send_queue.fingerprint_of(pending) == pending.contact.body


def test_an_identity_that_was_sent_gathers_its_records_until_so_many_more_were_read() -> None:
    send_queue = queue_of(2, deferred_records=4)
    put(send_queue, "ada", 1, phone="1")
    put(send_queue, "bo", 2)
    batch = send_queue.take(anyone)
    assert batch is not None
    assert put(send_queue, "ada", 3, phone="2") is None
    assert put(send_queue, "ada", 4, first_name="Ada") == 3
    assert (send_queue.deferred, send_queue.blocked, send_queue.can_take) == (1, 0, False)
    put(send_queue, "cy", 5)
    assert place_due(send_queue) == []
    assert send_queue.deferred == 1
    put(send_queue, "dee", 6)
    put(send_queue, "eve", 7)
    assert place_due(send_queue) == []
    assert send_queue.deferred == 0
    assert send_queue.blocked == 1
    following = send_queue.settle(batch.contacts[0])
    assert following is not None
    send_queue.release(following)
    assert [lines(send_queue.take(anyone)), lines(send_queue.take(anyone))] == [[4, 5], [6, 7]]


def test_what_was_placed_and_has_to_wait_leaves_no_gap_and_goes_first_when_it_may() -> None:
    send_queue = queue_of(2, deferred_records=1)
    put(send_queue, "ada", 1, phone="1")
    put(send_queue, "bo", 2)
    first = send_queue.take(anyone)
    assert first is not None
    put(send_queue, "ada", 3, phone="2")
    for line, name in enumerate(["cy", "dee", "eve"], start=4):
        put(send_queue, name, line)
        place_due(send_queue)
    assert send_queue.blocked == 1
    assert lines(send_queue.take(anyone)) == [4, 5]
    following = send_queue.settle(first.contacts[0], is_known=True)
    assert following is not None
    assert following.is_known
    send_queue.release(following)
    send_queue.close_filling(send_queue.filling)
    assert lines(send_queue.take(anyone)) == [3, 6]


def test_at_the_end_what_waits_and_what_is_left_leave_together() -> None:
    send_queue = queue_of(2)
    put(send_queue, "ada", 1, phone="1")
    put(send_queue, "bo", 2)
    first = send_queue.take(anyone)
    assert first is not None
    put(send_queue, "cy", 3)
    put(send_queue, "ada", 4, phone="2")
    for pending in send_queue.take_deferred():
        send_queue.place(pending)
    send_queue.close_windows()
    assert (send_queue.can_take, send_queue.blocked, send_queue.filling) == (False, 1, ["people"])
    following = send_queue.settle(first.contacts[0])
    assert following is not None
    send_queue.release(following)
    assert lines(send_queue.take(anyone)) == [4, 3]


def test_exactly_what_was_sent_last_only_waits_for_the_verdict() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, phone="1")
    batch = take(send_queue)
    assert put(send_queue, "ada", 2, phone="1") is None
    assert put(send_queue, "ada", 3, phone="1") is None
    assert (send_queue.blocked, send_queue.deferred, send_queue.filling) == (2, 0, [])
    following = send_queue.settle(batch.contacts[0])
    assert following is not None
    assert following.origin.line == 2


def test_a_contact_that_waits_still_takes_in_the_next_that_has_gathered() -> None:
    send_queue = queue_of(1, deferred_records=1)
    put(send_queue, "ada", 1, phone="1")
    send_queue.take(anyone)
    put(send_queue, "ada", 2, phone="2")
    put(send_queue, "bo", 3)
    place_due(send_queue)
    assert put(send_queue, "ada", 4, phone="3") is None
    put(send_queue, "cy", 5)
    assert place_due(send_queue) == [2]
    assert (send_queue.blocked, send_queue.deferred) == (1, 0)


def test_the_same_person_in_another_stream_goes_to_both_lists_one_after_the_other() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, "people")
    assert put(send_queue, "ada", 2, "shops") is None
    assert put(send_queue, "ada", 3, "people") is None
    sent = []
    while not send_queue.is_empty:
        for pending in send_queue.take_deferred():
            send_queue.place(pending)
        batch = take(send_queue)
        sent.append(batch.contacts[0].contact.list_id)
        following = send_queue.settle(batch.contacts[0])
        if following:
            send_queue.release(following)
    assert sent == [1, 2, 1]


def test_what_would_grow_too_large_by_merging_stays_two() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, first_name="x" * 250_000)
    assert put(send_queue, "ada", 2, last_name="x" * 250_000) is None
    assert send_queue.deferred == 1


def test_somebody_who_is_taken_off_and_put_on_again_is_sent_twice() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1, unsubscribes=True)
    assert put(send_queue, "ada", 2, first_name="Ada") is None
    assert put(send_queue, "ada", 3, unsubscribes=True) is None
    assert send_queue.to_check == 1
    assert [pending.state for pending in send_queue._to_check] == ["to check"]
    assert send_queue.deferred == 2


def test_whoever_is_taken_off_is_looked_up_before_and_then_sent_with_the_others() -> None:
    send_queue = queue_of(2)
    put(send_queue, "ada", 1, unsubscribes=True)
    put(send_queue, "bo", 2)
    send_queue.close_filling(send_queue.filling)
    pending = send_queue.begin_check(anyone)
    assert pending is not None
    assert (pending.origin.line, pending.state) == (1, "checking")
    assert send_queue.begin_check(anyone) is None
    assert send_queue.is_checking
    send_queue.admit([pending])
    assert (send_queue.to_check, list(send_queue._checking)) == (0, [])
    assert lines(send_queue.take(anyone)) == [1, 2]


def test_only_what_is_admitted_is_taken_and_the_rest_stays_first_in_line() -> None:
    send_queue = queue_of(2)
    for line in range(1, 7):
        put(send_queue, f"ada{line}", line)
    assert lines(send_queue.take(lambda pending: pending.origin.line == 4)) == [4]
    assert send_queue.take(lambda _: False) is None
    send_queue.close_filling(send_queue.filling)
    assert [lines(send_queue.take(anyone)) for _ in range(3)] == [[1, 2], [3, 5], [6]]


def test_the_parts_of_a_batch_remember_how_often_it_was_tried() -> None:
    send_queue = queue_of(2)
    put(send_queue, "ada", 1)
    put(send_queue, "bob", 2)
    batch = take(send_queue)
    send_queue.retry([batch.again().again()])
    parts = [send_queue.take(lambda pending: pending.origin.line == 2), send_queue.take(anyone)]
    assert [part.attempts for part in parts if part] == [2, 2]


def test_what_is_put_back_goes_first() -> None:
    send_queue = queue_of(2)
    for line in range(1, 5):
        put(send_queue, f"ada{line}", line)
    batch = send_queue.take(anyone)
    assert batch is not None
    send_queue.retry(batch.split_refused([]))
    assert [lines(send_queue.take(anyone)) for _ in range(3)] == [[2], [1], [3, 4]]


def test_what_is_withdrawn_takes_along_what_waits_behind_it_and_leaves_the_rest() -> None:
    send_queue = queue_of(2)
    for line, name in enumerate(["ada", "bob", "cleo", "dan"], start=1):
        put(send_queue, name, line)
    put(send_queue, "dan", 5, "shops")
    out = send_queue.withdraw([one for one in send_queue.takeable() if one.contact.email[0] in "ad"])
    assert [pending.origin.line for pending in out] == [1, 4, 5]
    assert (send_queue.deferred, send_queue.has("ada@example.com"), send_queue.has("bob@example.com")) == (
        0,
        False,
        True,
    )
    send_queue.close_filling(send_queue.filling)
    assert lines(send_queue.take(anyone)) == [2, 3]


def test_a_contact_that_is_to_be_sent_again_can_be_withdrawn_without_the_others() -> None:
    send_queue = queue_of(2)
    put(send_queue, "ada", 1)
    put(send_queue, "bob", 2)
    send_queue.retry([take(send_queue).again()])
    out = send_queue.withdraw(send_queue.takeable()[:1])
    assert [pending.origin.line for pending in out] == [1]
    assert lines(send_queue.take(anyone)) == [2]


def test_what_is_being_sent_may_not_leave() -> None:
    send_queue = queue_of(250)
    put(send_queue, "ada", 1)
    batch = take(send_queue)
    put(send_queue, "ada", 2)
    assert send_queue.takeable() == []
    assert send_queue.blocked == 1
    assert send_queue.settle(batch.contacts[0]) is not None


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


class SendQueueMachine(RuleBasedStateMachine):
    """A send queue beside a list of all records: in the end the account is as if applied one by one."""

    @initialize(batch_size_rows=st.integers(1, 4), deferred_records=st.integers(0, 6))
    def start(self, batch_size_rows: int, deferred_records: int) -> None:
        self.batch_size_rows = batch_size_rows
        self.send_queue = queue_of(batch_size_rows, deferred_records)
        self.account = Account()
        self.records: list[Contact] = []
        self.merged: dict[int, list[int]] = {}
        self.taken: list[Batch] = []
        self.withdrawn: set[int] = set()
        self.sent: set[str] = set()

    @rule(name=_NAMES, stream=st.sampled_from(sorted(LISTS)), sizes=_VALUES)
    def put(self, name: str, stream: str, sizes: dict[str, int]) -> None:
        line = len(self.records)
        values: dict[str, t.Any] = {key: f"{line} " + "x" * size for key, size in sizes.items()}
        self.records.append(contact(name, stream, **values))
        self.send_queue.count_records(1)
        self.place(self.send_queue.take_due())
        pending = PendingContact(self.records[-1], Origin(stream, line), self.records[-1].body)
        superseded = self.send_queue.put(pending, was_sent=name in self.sent)
        self.sent.add(name)
        self.supersede(superseded, line)
        assert self.send_queue.has(self.records[-1].email)

    def supersede(self, superseded: Origin | None, line: int) -> None:
        before = [] if superseded is None else self.merged.pop(superseded.line)
        self.merged[line] = [*before, *self.merged.pop(line, [line])]

    def place(self, deferred: t.Iterable[PendingContact]) -> None:
        for pending in deferred:
            if superseded := self.send_queue.place(pending):
                self.supersede(superseded, pending.origin.line)

    @rule()
    def close_filling(self) -> None:
        self.place(self.send_queue.take_deferred())
        self.send_queue.close_filling(self.send_queue.filling)
        assert self.send_queue.deferred == 0

    @rule(names=st.sets(_NAMES, min_size=1))
    def take(self, names: set[str]) -> None:
        batch = self.send_queue.take(lambda pending: pending.contact.email.partition("@")[0] in names)
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
            following = self.send_queue.settle(following)
            if following is not None and releases:
                self.send_queue.release(following)
                return
            if following is not None:
                self.account.apply(json.loads(following.contact.body))

    @precondition(lambda self: self.taken)
    @rule(index=st.integers(0), positions=st.lists(st.integers(0, 4), max_size=2))
    def refuse_an_import(self, index: int, positions: list[int]) -> None:
        batch = self.taken.pop(index % len(self.taken))
        again = [batch.again()] if len(batch) == 1 else batch.split_refused(positions)
        self.send_queue.retry(again)

    @rule(names=st.sets(_NAMES, min_size=1))
    def check_before_sending(self, names: set[str]) -> None:
        self.send_queue.check(self.waiting(names))

    @precondition(lambda self: self.send_queue.is_checking)
    @rule()
    def check(self) -> None:
        pending = self.send_queue.begin_check(anyone)
        if pending is not None:
            self.send_queue.admit([pending])

    @rule(names=st.sets(_NAMES, max_size=2))
    def withdraw(self, names: set[str]) -> None:
        for pending in self.send_queue.withdraw(self.waiting(names)):
            self.withdrawn.update(self.merged.pop(pending.origin.line))

    def waiting(self, names: set[str]) -> list[PendingContact]:
        takeable = self.send_queue.takeable()
        return [one for one in takeable if one.contact.email.partition("@")[0] in names]

    @invariant()
    def each_contact_is_in_the_one_container_of_its_state(self) -> None:
        queue = self.send_queue
        containers = {
            "deferred": list(queue._deferred),
            "open window": [one for stream in queue._windows for one in queue._windows[stream]],
            "blocked": list(queue._blocked),
            "to check": list(queue._to_check),
            "checking": list(queue._checking),
            "ready": [one for stream in queue._ready for one in queue._ready[stream]],
            "to retry": [one for batch in queue._to_retry for one in batch.contacts],
            "in flight": [one for batch in self.taken for one in batch.contacts],
        }
        found = [(one, state) for state, some in containers.items() for one in some]
        assert [state for _, state in found] == [one.state for one, _ in found]
        assert sorted(one.origin.line for one, _ in found) == sorted(self.merged)
        assert {one for one, _ in found} == {one for own in queue._order for one in own}

    @invariant()
    def each_contact_can_be_reached(self) -> None:
        """Some call of the queue or the end of an import takes each contact on, or one before it."""
        takes_on = {"deferred", "open window", "to check", "checking", "ready", "to retry", "in flight"}
        for own in self.send_queue._order:
            assert own[0].state in takes_on
            # Of an identity only the first is being sent: so none is twice in one import, or in two.
            assert all(one.state in {"open window", "deferred", "blocked"} for one in own[1:])

    @invariant()
    def no_batch_is_too_large(self) -> None:
        batches = [*self.send_queue._to_retry, *self.taken]
        assert all(0 < len(batch) <= self.batch_size_rows for batch in batches)
        assert all(len(batch.encode()) <= MAX_BODY_BYTES for batch in batches)

    def teardown(self) -> None:
        while not self.send_queue.is_empty:
            self.close_filling()
            self.check()
            self.take({"ada", "bob", "cleo", "dan", "eva"})
            if self.taken:
                self.end_an_import(index=0, releases=True)
        one_by_one = Account()
        for line, record in enumerate(self.records):
            if line not in self.withdrawn:
                one_by_one.apply(json.loads(record.body))
        assert vars(self.account) == vars(one_by_one)
        assert not self.merged


TestAnySequence = SendQueueMachine.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
