"""Room: what a run may bring of the contract that runs share."""

from __future__ import annotations

from support.fake_clock import FakeClock

from target_activecampaign.shared_limits.contract import Grant
from target_activecampaign.shared_limits.room import ContractFigures, Room


def room_with(granted: int, **others: int) -> tuple[Room, FakeClock]:
    clock = FakeClock()
    room = Room(clock, batch_size=10, settles_within=60.0, began_at=clock.now())
    room.note_reading(ContractFigures(1_000, 100))
    room.left()
    answer(room, granted, **others)
    return room, clock


def answer(room: Room, granted: int, others_claimed: int = 0, others_granted: int = 0) -> None:
    told = room.make_claim(lambda moment: moment, is_last=False)
    assert told is not None
    room.take_grant(Grant(granted, others_claimed, others_granted), *told)


def test_nothing_may_be_sent_before_the_server_has_granted_it() -> None:
    room = Room(FakeClock(), batch_size=10, settles_within=60.0, began_at=0.0)
    assert room.left() == 0


def test_what_is_on_its_way_is_taken_off() -> None:
    room, _ = room_with(30)
    room.note(claimed=25, named=0, least_total=100)
    assert room.left() == 5


def test_a_grant_is_used_up_by_contacts_that_count_as_the_accounts_own() -> None:
    room, _ = room_with(30)
    room.note(claimed=25, named=0, least_total=100)
    room.note(claimed=0, named=25, least_total=125)
    assert room.left() == 5


def test_what_was_not_asked_for_lately_is_given_back_before_the_server_knows() -> None:
    room, clock = room_with(30)
    room.note(claimed=10, named=0, least_total=100)
    clock.seconds += 5
    told = room.make_claim(lambda moment: moment, is_last=False)
    assert told is not None
    assert (told[0].held, told[0].wanted) == (10, 0)
    assert room.left() == 0


def test_a_run_is_not_settled_while_others_have_contacts_on_their_way() -> None:
    assert room_with(5)[0].is_settled
    assert not room_with(5, others_claimed=1, others_granted=1)[0].is_settled
    # Others wait for this run in the same way, and none of them for what is not sent.
    assert room_with(5, others_granted=7)[0].is_settled
    assert not room_with(0, others_granted=7)[0].is_settled


def test_a_run_that_has_not_asked_for_more_is_not_short_of_it() -> None:
    room = Room(FakeClock(), batch_size=10, settles_within=60.0, began_at=0.0)
    room.note_reading(ContractFigures(1_000, 100))
    answer(room, 0)
    assert not room.is_settled
    room.left()
    answer(room, 0)
    assert room.is_settled


def test_what_came_to_be_counted_while_the_server_answered_is_not_granted_twice() -> None:
    room, _ = room_with(30)
    room.note(claimed=25, named=0, least_total=100)
    told = room.make_claim(lambda moment: moment, is_last=False)
    room.note(claimed=0, named=25, least_total=125)
    assert told is not None
    room.take_grant(Grant(30, 0, 0), *told)
    assert room.left() == 5


def test_a_run_is_not_settled_before_the_server_knows_of_its_last_change() -> None:
    room, _ = room_with(5)
    room.note(claimed=1, named=0, least_total=100)
    assert not room.is_settled
    answer(room, 5)
    assert room.is_settled
