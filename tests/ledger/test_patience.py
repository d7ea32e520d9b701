"""A lock of another process is waited for, and a run that has to end waits less."""

from __future__ import annotations

import pytest
from support.fake_clock import FakeClock

from target_activecampaign.ledger.patience import Patience


class LockedError(Exception):
    """Says that another process holds a lock."""


class Door:
    """Refuses until a moment."""

    def __init__(self, clock: FakeClock, opens_at: float) -> None:
        self.clock = clock
        self.opens_at = opens_at

    def pass_through(self) -> str:
        if self.clock.now() < self.opens_at:
            raise LockedError
        return "through"


def insist(patience: Patience, door: Door) -> str:
    return patience.insist(door.pass_through, lambda error: isinstance(error, LockedError))


def test_what_is_locked_is_tried_again_until_it_is_free() -> None:
    clock = FakeClock()
    assert insist(Patience(clock), Door(clock, clock.now() + 29)) == "through"


def test_a_lock_that_stays_is_given_up_after_half_a_minute() -> None:
    clock = FakeClock()
    begun = clock.now()
    with pytest.raises(LockedError):
        insist(Patience(clock), Door(clock, begun + 1000))
    assert clock.now() - begun == pytest.approx(30, abs=0.1)


def test_a_run_that_has_to_end_waits_for_its_grace_alone_however_many_locks_there_are() -> None:
    clock = FakeClock()
    patience, begun = Patience(clock), clock.now()
    clock.on_wait = lambda: patience.end_within(2)
    for _ in range(5):
        with pytest.raises(LockedError):
            insist(patience, Door(clock, begun + 1000))
    assert clock.now() - begun == pytest.approx(2, abs=0.1)
    assert patience.is_over


def test_another_error_is_raised_at_once() -> None:
    clock = FakeClock()
    with pytest.raises(LockedError):
        Patience(clock).insist(Door(clock, clock.now() + 9).pass_through, lambda _: False)
    assert clock.waits == []


def test_the_first_call_sets_the_end() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    assert patience.seconds_left(usual=10) == 10
    patience.end_within(2)
    patience.end_within(60)
    clock.seconds += 1.5
    assert patience.seconds_left(usual=10) == 0.5
