"""The schedule that runs share, in simulated time."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from support.paper_sharing import MOST_JITTER, WINDOWS, PaperAccount

from target_activecampaign.shared_limits.schedule import (
    LEASE_SECONDS,
    LOST_SECONDS,
    Kind,
    Schedule,
    Slot,
    Word,
    exchange,
    lane_moments,
)

ALL: tuple[Kind, ...] = ("import", "single import", "request")
IMPORTS: tuple[Kind, ...] = ("import", "single import")
SECONDS = 65
IMPORTS_ALLOWED = 100  # in these seconds, of which the last five are not full


def word_of(run: str, **more: object) -> Word:
    word = Word(run, "first", WINDOWS, MOST_JITTER, {}, [], [], {})
    return msgspec.structs.replace(word, **more)


@pytest.mark.parametrize(("runs", "seconds", "allowed"), [(2, 125, 200), (4, 65, 100), (8, 65, 100)])
def test_runs_together_keep_both_limits_at_the_pace_of_one_and_fair_shares(
    runs: int, seconds: int, allowed: int
) -> None:
    account = PaperAccount()
    every = [account.start(f"run{number}") for number in range(runs)]
    account.go_on(seconds)
    assert account.most_within(1.0, ALL) <= 5
    assert account.most_within(60.0, IMPORTS) <= 100
    imports = [account.imports_of(run, 0) for run in every]
    assert sum(imports) >= 0.95 * allowed
    assert min(imports) >= 0.85 * sum(imports) / runs


def test_imports_go_before_the_polls_of_other_runs() -> None:
    account = PaperAccount()
    sending = account.start("sending", ["import"])
    for number in range(4):
        account.start(f"polling{number}", ["request"])
    account.go_on(SECONDS)
    assert account.imports_of(sending, 0) >= 0.95 * IMPORTS_ALLOWED
    assert account.most_within(1.0, ALL) <= 5


def test_what_others_do_not_want_goes_to_the_run_that_does() -> None:
    account = PaperAccount()
    busy = account.start("busy")
    account.start("idle", [])
    account.go_on(SECONDS)
    assert account.imports_of(busy, 0) >= 0.95 * IMPORTS_ALLOWED


def test_a_run_that_comes_late_has_its_share_at_once_and_no_more() -> None:
    account = PaperAccount()
    first = account.start("first")
    account.start("idle", [])
    account.go_on(20)
    late = account.start("late")
    began = account.now
    account.go_on(65)
    got, others = account.imports_of(late, began), account.imports_of(first, began)
    assert 0.45 <= got / (got + others) <= 0.55


def test_the_share_of_a_run_that_was_killed_goes_to_the_others() -> None:
    account = PaperAccount()
    left, killed = account.start("left"), account.start("killed")
    account.go_on(20)
    killed.is_alive = False
    account.go_on(LEASE_SECONDS + 60)
    began = account.now
    account.go_on(SECONDS)
    # Its lane is kept free, as long as it may be lost and not dead.
    assert account.imports_of(left, began) >= 0.9 * IMPORTS_ALLOWED
    account.now += LOST_SECONDS
    account.go_on(5)
    assert list(account.schedule.runs) == ["left"]


def test_a_run_that_ends_leaves_everything_at_once() -> None:
    account = PaperAccount()
    left, ending = account.start("left"), account.start("ending")
    account.go_on(20)
    ending.end()
    account.go_on(60)
    began = account.now
    account.go_on(60)
    assert list(account.schedule.runs) == ["left"]
    assert account.imports_of(left, began) >= 95


def test_a_run_alone_needs_no_slots_until_another_comes() -> None:
    account = PaperAccount()
    first = account.start("first")
    account.go_on(1)
    assert first.answer is not None
    assert first.answer.alone_for
    account.start("second")
    account.go_on(2)
    assert not first.answer.alone_for
    assert account.schedule.alone == ""


def test_nobody_gets_a_slot_before_a_run_that_was_alone_has_told_all() -> None:
    schedule = Schedule("first")
    exchange(schedule, word_of("alone"), 100.0)
    answer = exchange(schedule, word_of("second", wants={"import": 1}), 100.1)
    assert not answer.slots
    # It still sends while this answer is on its way to it.
    assert not exchange(schedule, word_of("alone"), 100.4).alone_for
    assert not exchange(schedule, word_of("second", wants={"import": 1}), 100.41).slots
    sent = [Slot("alone", -number, "import", 100.4, MOST_JITTER, is_sent=True) for number in range(1, 4)]
    exchange(schedule, word_of("alone", slots=sent), 100.45)
    (slot,) = exchange(schedule, word_of("second", wants={"import": 1}), 100.5).slots
    assert slot.at >= 100.8  # the burst of imports is 0.4 s apart


def test_what_a_killed_run_may_have_sent_alone_takes_permits() -> None:
    schedule = Schedule("first")
    exchange(schedule, word_of("alone"), 100.0)
    answer = exchange(schedule, word_of("second", wants={"request": 1}), 101.5)
    assert not answer.slots
    imports = [slot for slot in schedule.slots if slot.kind == "import"]
    assert len(imports) >= 5
    assert {slot.at for slot in imports} == {101.0}


def test_a_word_that_comes_twice_does_no_harm() -> None:
    schedule = Schedule("first")
    exchange(schedule, word_of("other"), 100.0)
    word = word_of("run", slots=[Slot("run", -1, "request", 100.0, MOST_JITTER, is_sent=True)])
    exchange(schedule, word, 100.1)
    exchange(schedule, word, 100.2)
    assert [slot.id for slot in schedule.slots if slot.run == "run"] == [-1]


def test_what_the_service_asked_one_run_to_wait_all_wait() -> None:
    schedule = Schedule("first")
    exchange(schedule, word_of("other"), 98.0)
    exchange(schedule, word_of("run", holds={"requests": 30.0}), 100.0)
    exchange(schedule, word_of("other"), 100.0)
    answer = exchange(schedule, word_of("other", wants={"request": 1, "import": 1}), 110.0)
    assert answer.held == {"requests": 20.0}
    assert not answer.slots


@pytest.mark.parametrize("sign", ["another generation", "a version that went back", "a clock that went back"])
def test_where_the_server_forgot_something_all_windows_count_as_full(sign: str) -> None:
    schedule = Schedule("first", seen_at=100.0)
    exchange(schedule, word_of("other"), 100.0)
    now = 50.0 if sign == "a clock that went back" else 101.0
    word = word_of("run", wants={"request": 1, "import": 1}, is_in_doubt=sign == "a version that went back")
    if sign == "another generation":
        word.generation = "lost"
    answer = exchange(schedule, word, now)
    assert not answer.slots
    assert answer.held["requests"] >= 1.0
    assert answer.held["imports"] >= 60.0


def test_runs_with_different_settings_keep_the_limits_of_all() -> None:
    account = PaperAccount()
    account.start("usual")
    strict = msgspec.structs.replace(WINDOWS, requests=[WINDOWS.requests[0]._replace(permits=2)])
    for second in range(61):
        account.at(account.now + second, lambda: account.tell(word_of("strict", windows=strict)))
    account.go_on(10)
    began = len(account.arrived)
    account.go_on(50)
    del account.arrived[:began]
    assert account.most_within(1.0, ALL) <= 2


def test_lanes_of_lost_runs_are_kept_free() -> None:
    account = PaperAccount()
    account.start("left")
    lost = account.start("lost")
    account.go_on(50)
    lost.is_alive = False
    account.go_on(LEASE_SECONDS + 70)
    run = account.schedule.runs["lost"]
    began = len(account.arrived)
    since, until = account.now + 1, account.now + SECONDS
    account.go_on(SECONDS)
    del account.arrived[:began]
    # As the lost run would send there, without a word to anybody.
    in_lane = [(moment + 0.05, kind) for moment, kind in lane_moments(run.windows, run.lane, since, until)]
    account.arrived += in_lane
    # A twentieth of 100 a minute.
    assert len([kind for _, kind in in_lane if kind == "import"]) >= 5
    assert account.most_within(1.0, ALL) <= 5
    assert account.most_within(60.0, IMPORTS) <= 100


def test_lanes_never_meet() -> None:
    moments = sorted(
        moment for lane in range(10) for moment, _ in lane_moments(WINDOWS, lane, 1_000.0, 1_100.0)
    )
    assert min(later - earlier for earlier, later in itertools.pairwise(moments)) > 0.4
