"""How many more contacts may be sent: never more than the contract leaves."""

from __future__ import annotations

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.contacts import build_contact

from target_activecampaign.api.responses import Contract
from target_activecampaign.contacts.contact import Origin
from target_activecampaign.delivery.batch import Batch, PendingContact
from target_activecampaign.delivery.contract_headroom import ContractHeadroom


def batch_of(possibly_new: int, known: int = 1) -> Batch:
    batch = Batch("people")
    for number in range(possibly_new + known):
        one = build_contact(f"person{number}@example.com", 1, attributes={}, custom_fields={})
        pending = PendingContact(one, Origin("people", number))
        if number >= possibly_new:
            pending.note_seen()
        batch.contacts.append(pending)
    return batch


def headroom_of(limit: int, total: int, seconds_between_reads: float = 5.0) -> ContractHeadroom:
    headroom = ContractHeadroom()
    headroom.guard(Contract(limit, total), seconds_between_reads)
    return headroom


def test_without_a_contract_there_is_room_for_everybody() -> None:
    headroom, batch = ContractHeadroom(), batch_of(10)
    headroom.reserve(batch)
    headroom.end(batch, 0)
    assert headroom.left == math.inf
    assert not headroom.wants_reading(250, now=0.0)


def test_the_room_is_what_the_contract_leaves() -> None:
    assert headroom_of(1000, 600).left == 400


def test_an_account_over_its_contract_has_no_room() -> None:
    assert headroom_of(1000, 1200).left == 0
    assert headroom_of(1000, 1000).left == 0


def test_what_is_under_way_takes_room_until_a_reading_that_began_after_it_ended() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(250)
    headroom.reserve(batch)
    assert headroom.left == 150
    headroom.end(batch, 10)
    assert headroom.left == 150
    headroom.begin_reading()
    assert headroom.left == 150
    headroom.finish_reading(Contract(1000, 610), now=0.0)
    assert headroom.left == 390


def test_a_reading_does_not_count_what_ended_while_it_was_made() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(250)
    headroom.reserve(batch)
    headroom.begin_reading()
    headroom.end(batch, 0)
    headroom.finish_reading(Contract(1000, 600), now=0.0)
    assert headroom.left == 150


def test_a_batch_that_was_not_queued_gives_its_room_back() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(250)
    headroom.reserve(batch)
    headroom.release(batch)
    assert headroom.left == 400


def test_a_figure_that_lags_behind_never_counts_for_less_than_what_imports_named_as_new() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(250)
    headroom.reserve(batch)
    headroom.end(batch, 250)
    headroom.begin_reading()
    headroom.finish_reading(Contract(1000, 600), now=0.0)
    assert headroom.left == 150
    headroom.begin_reading()
    headroom.finish_reading(Contract(1000, 900), now=10.0)
    assert headroom.left == 100


def test_no_more_are_counted_as_new_than_may_be_new() -> None:
    """One source says that `success` names updated contacts as well."""
    headroom, batch = headroom_of(1000, 600), batch_of(2, known=248)
    headroom.reserve(batch)
    headroom.end(batch, 250)
    assert headroom.left == 398


def test_a_contact_of_an_import_that_failed_counts_no_more_when_it_was_looked_up_and_is_not_there() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(250)
    headroom.reserve(batch)
    headroom.lose(batch)
    for pending in batch.contacts:
        headroom.count_out(pending)
        headroom.count_out(pending)
    assert headroom.left == 400


def test_a_contact_that_was_looked_up_and_is_there_stays_counted_and_takes_no_place_of_another() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(10)
    headroom.reserve(batch)
    headroom.lose(batch)
    for pending in batch.contacts[:4]:
        pending.note_seen()
    headroom.reserve(batch)
    headroom.end(batch, 6)
    assert headroom.left == 390


def test_contacts_of_an_import_that_failed_count_as_new_though_the_next_one_names_them_not() -> None:
    headroom, batch = headroom_of(1000, 600), batch_of(250)
    headroom.reserve(batch)
    headroom.lose(batch)
    headroom.begin_reading()
    headroom.finish_reading(Contract(1000, 600), now=0.0)
    assert headroom.left == 150
    again = batch.again()
    headroom.reserve(again)
    headroom.end(again, 0)
    headroom.begin_reading()
    headroom.finish_reading(Contract(1000, 600), now=0.0)
    assert headroom.left == 150


def test_a_contract_that_grows_or_shrinks_counts_as_it_was_read_last() -> None:
    headroom = headroom_of(1000, 600)
    headroom.begin_reading()
    headroom.finish_reading(Contract(5000, 600), now=0.0)
    assert headroom.left == 4400
    headroom.begin_reading()
    headroom.finish_reading(Contract(500, 600), now=0.0)
    assert headroom.left == 0


def test_a_contact_that_only_the_ledger_knows_takes_room() -> None:
    """It may have been deleted in the account since."""
    headroom, batch = headroom_of(1000, 600), batch_of(0, known=1)
    batch.contacts[0].is_seen = False
    headroom.reserve(batch)
    assert headroom.left == 399


def test_the_run_is_settled_when_nothing_is_left_to_be_counted() -> None:
    headroom, batch = headroom_of(1000, 990), batch_of(10)
    seen = [headroom.is_settled]
    headroom.reserve(batch)
    seen.append(headroom.is_settled)
    headroom.end(batch, 4)
    seen.append(headroom.is_settled)
    headroom.begin_reading()
    headroom.finish_reading(Contract(1000, 994), now=0.0)
    assert [*seen, headroom.is_settled] == [True, False, False, True]
    assert headroom.left == 6


def test_the_total_is_read_again_when_that_may_leave_more_and_not_too_often() -> None:
    headroom = headroom_of(1000, 600)
    assert not headroom.wants_reading(500, now=0.0)  # it was read at the start
    for _ in range(2):
        batch = batch_of(100)
        headroom.reserve(batch)
        headroom.end(batch, 0)
    assert not headroom.wants_reading(200, now=0.0)  # there is headroom enough
    assert headroom.wants_reading(201, now=5.0)
    headroom.begin_reading()
    assert not headroom.wants_reading(201, now=5.0)  # one reading at a time
    headroom.finish_reading(Contract(1000, 800), now=10.0)
    batch = batch_of(1)
    headroom.reserve(batch)
    headroom.end(batch, 0)
    assert not headroom.wants_reading(201, now=14.9)
    assert headroom.wants_reading(201, now=15.0)


def test_a_contract_is_read_now_and_then_without_another_reason() -> None:
    headroom = headroom_of(1000, 600)
    assert not headroom.wants_reading(250, now=100.0)
    assert not headroom.wants_reading(250, now=114.9)
    assert headroom.wants_reading(250, now=115.0)


def test_a_contract_is_read_after_ten_batches_whatever_they_hold() -> None:
    headroom = headroom_of(1000, 600)
    wants = []
    for _ in range(10):
        wants.append(headroom.wants_reading(100, now=100.0))
        headroom.reserve(batch_of(1))
    assert not any(wants)
    assert headroom.wants_reading(100, now=100.0)
    headroom.begin_reading()
    headroom.finish_reading(Contract(1000, 600), now=100.0)
    assert not headroom.wants_reading(100, now=100.0)


def test_a_full_contract_is_read_again_in_case_that_it_grows() -> None:
    headroom = headroom_of(1000, 1000)
    assert not headroom.wants_reading(250, now=100.0)
    assert headroom.wants_reading(250, now=105.0)


def test_a_contract_is_read_after_the_last_import_though_all_of_it_was_named_as_new() -> None:
    headroom, batch = headroom_of(1000, 900), batch_of(100, known=0)
    headroom.reserve(batch)
    headroom.end(batch, 100)
    assert (headroom.left, headroom.is_settled) == (0, False)
    assert headroom.wants_reading(250, now=0.0)


class HeadroomMachine(RuleBasedStateMachine):
    """Beside it the account itself, which knows which contacts are new."""

    @initialize(limit=st.integers(0, 60), total=st.integers(0, 60))
    def start(self, limit: int, total: int) -> None:
        self.limit = max(limit, total)
        self.total = total
        self.headroom = headroom_of(self.limit, total, 0.0)
        self.is_reading = False
        self.sent: list[tuple[Batch, int]] = []
        self.done: list[tuple[Batch, int]] = []
        self.was_read: Contract | None = None

    @rule(wanted=st.integers(1, 20), known=st.integers(0, 5), share_new=st.floats(0, 1))
    def send(self, wanted: int, known: int, share_new: float) -> None:
        possibly_new = int(min(wanted, self.headroom.left))
        if possibly_new + known:
            batch = batch_of(possibly_new, known)
            self.headroom.reserve(batch)
            self.sent.append((batch, round(share_new * possibly_new)))

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0))
    def refuse(self, index: int) -> None:
        batch, _ = self.sent.pop(index % len(self.sent))
        self.headroom.release(batch)

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0))
    def import_contacts(self, index: int) -> None:
        batch, new = self.sent.pop(index % len(self.sent))
        self.total += new
        self.done.append((batch, new))

    @precondition(lambda self: self.done)
    @rule(index=st.integers(0))
    def see_the_end(self, index: int) -> None:
        self.headroom.end(*self.done.pop(index % len(self.done)))

    @precondition(lambda self: not self.is_reading)
    @rule()
    def begin_reading(self) -> None:
        self.headroom.begin_reading()
        self.is_reading = True
        self.was_read = None

    @precondition(lambda self: self.is_reading and self.was_read is None)
    @rule()
    def answer(self) -> None:
        self.was_read = Contract(self.limit, self.total)

    @precondition(lambda self: self.was_read)
    @rule()
    def finish_reading(self) -> None:
        assert self.was_read is not None
        self.headroom.finish_reading(self.was_read, now=0.0)
        self.is_reading = False
        self.was_read = None

    @invariant()
    def the_account_never_goes_over_its_contract(self) -> None:
        assert self.total <= self.limit

    @invariant()
    def no_more_is_promised_than_the_account_has_room_for(self) -> None:
        under_way = sum(new for _, new in self.sent)
        assert 0 <= self.headroom.left <= self.limit - self.total - under_way

    def teardown(self) -> None:
        """When all has ended and was read, the headroom is known exactly: it is filled to the last."""
        if self.is_reading:
            self.headroom.finish_reading(self.was_read or Contract(self.limit, self.total), now=0.0)
        while self.sent:
            self.import_contacts(0)
        while self.done:
            self.see_the_end(0)
        self.headroom.begin_reading()
        self.headroom.finish_reading(Contract(self.limit, self.total), now=0.0)
        assert self.headroom.left == self.limit - self.total
        assert self.headroom.is_settled


TestAnyOrder = HeadroomMachine.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
