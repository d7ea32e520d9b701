"""When imports are looked at: at the usual age, late ones in turn, and with few open every one soon."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.delivery.batch import Batch
from target_activecampaign.delivery.import_poller import ImportPoller, OpenImport

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

POLLS_PER_SECOND = 2.5
SECONDS_BETWEEN_IMPORTS = 0.6


def open_import(name: str = "a", submitted_at: float = 0.0) -> OpenImport:
    return OpenImport(name, Batch("people"), submitted_at)


class Seen(t.NamedTuple):
    """How the end of an import was seen."""

    age: float
    delay: float
    polls: int
    longest_gap: float


def follow(imports: list[tuple[float, float]], polls_per_second: float = POLLS_PER_SECOND) -> list[Seen]:
    """Look at imports as the budget allows, without real time.

    Args:
        imports: Of each the moment of its submission, in order, and the seconds that it takes.
        polls_per_second: The budget.
    """
    poller, now = ImportPoller(polls_per_second), 0.0
    seen: list[Seen] = []
    coming = [(at, seconds, open_import(str(index), at)) for index, (at, seconds) in enumerate(imports)]
    duration = {one: seconds for _, seconds, one in coming}
    polls: dict[OpenImport, list[float]] = {one: [one.submitted_at] for one in duration}
    coming.reverse()
    while coming or len(seen) < len(duration):
        while coming and coming[-1][0] <= now:
            poller.add(coming.pop()[2])
        due = poller.take_due(now)
        if due is None:
            waits = [coming[-1][0] - now] if coming else []
            next_due = poller.seconds_to_next(now)
            now += max(1e-6, min([*waits, *([] if next_due is None else [next_due])]))
            continue
        polls[due].append(now)
        ended = due.submitted_at + duration[due]
        if now >= ended:
            poller.end(due)
            times = polls[due]
            gap = max(later - earlier for earlier, later in itertools.pairwise(times))
            seen.append(Seen(duration[due], now - ended, len(times) - 1, gap))
        else:
            poller.reschedule(due)
        now += 1 / polls_per_second
    return seen


def stream(seconds: Callable[[int], float], count: int = 1000) -> list[tuple[float, float]]:
    """100 imports a minute, each with the seconds that it takes."""
    return [(SECONDS_BETWEEN_IMPORTS * index, seconds(index)) for index in range(count)]


def polls_per_import(seen: list[Seen]) -> float:
    return sum(one.polls for one in seen) / len(seen)


def test_without_imports_nothing_is_due() -> None:
    poller = ImportPoller(POLLS_PER_SECOND)
    assert poller.take_due(1e9) is None
    assert poller.seconds_to_next(0.0) is None


def test_an_import_is_first_polled_after_a_second() -> None:
    poller, one = ImportPoller(POLLS_PER_SECOND), open_import()
    poller.add(one)
    assert poller.seconds_to_next(0.25) == 0.75
    assert poller.take_due(0.99) is None
    assert poller.take_due(1.0) is one
    assert poller.seconds_to_next(7.0) is None


def test_an_import_that_is_being_polled_is_not_due() -> None:
    poller = ImportPoller(POLLS_PER_SECOND)
    poller.add(open_import())
    assert poller.take_due(5.0) is not None
    assert poller.take_due(500.0) is None


def test_an_import_that_ended_is_forgotten() -> None:
    poller, one = ImportPoller(POLLS_PER_SECOND), open_import()
    poller.add(one)
    poller.take_due(1.0)
    poller.end(one)
    assert poller.take_due(1e9) is None


def test_what_is_overdue_is_looked_at_at_once() -> None:
    poller = ImportPoller(POLLS_PER_SECOND)
    poller.add(open_import())
    assert poller.seconds_to_next(100.0) == 0.0


def test_with_raised_limits_all_is_quicker() -> None:
    poller = ImportPoller(60 * POLLS_PER_SECOND)
    poller.add(open_import())
    assert poller.seconds_to_next(0.0) == pytest.approx(1 / 60)


@pytest.mark.parametrize("seconds", [0.0, 3.0, 50.0, 1000.0])
def test_the_end_of_the_only_one_is_seen_within_two_seconds_or_so(seconds: float) -> None:
    for seen in follow([(1200.0 * index, seconds) for index in range(5)]):
        assert seen.delay <= 2.5


@pytest.mark.parametrize(("seconds", "polls"), [(0.5, 1), (10.0, 10), (100.0, 60)])
def test_a_single_import_is_not_polled_all_the_time(seconds: float, polls: int) -> None:
    (seen,) = follow([(0.0, seconds)])
    assert seen.polls <= polls


def test_one_slow_import_does_not_delay_those_after_it() -> None:
    slow_then_quick = follow([(0.0, 3600.0), *[(3700.0 + 20 * index, 1.0) for index in range(10)]])
    assert max(seen.delay for seen in slow_then_quick[1:]) <= 2.5


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 300)), min_size=1, max_size=4),
    st.sampled_from([POLLS_PER_SECOND, 10.0]),
)
def test_with_few_open_no_end_is_seen_late(
    imports: list[tuple[float, float]], polls_per_second: float
) -> None:
    for seen in follow(sorted(imports), polls_per_second):
        assert seen.delay <= 2 * len(imports) + 2


@given(st.integers(20, 300), st.floats(1, 900))
def test_with_many_open_at_once_each_is_looked_at_in_turn(count: int, seconds: float) -> None:
    round_seconds = count / POLLS_PER_SECOND
    for seen in follow([(0.0, seconds)] * count):
        assert seen.delay <= 3 * round_seconds + 2.0


@pytest.mark.parametrize("seconds", [0.0, 2.0, 10.0, 30.0, 60.0, 120.0])
def test_a_full_stream_is_followed_with_one_and_a_half_looks_for_each(seconds: float) -> None:
    seen = follow(stream(lambda _: seconds))
    assert len(seen) == 1000
    assert polls_per_import(seen) <= 1.5
    delays = sorted(one.delay for one in seen[200:])
    assert delays[400] <= 1 + 0.05 * seconds
    assert delays[-1] <= 5 + 0.2 * seconds


@given(
    st.floats(0, 60),
    st.floats(0, 60),
    st.sampled_from(["varying", "growing", "falling", "in steps"]),
    st.randoms(use_true_random=False),
)
def test_whatever_imports_take_looks_are_bounded_and_no_end_is_seen_late(
    least: float, more: float, how: str, chance: Random
) -> None:
    """No import waits longer than the longest took, after as long as it takes to learn that."""
    ways: dict[str, Callable[[int], float]] = {
        "varying": lambda _: least + more * chance.random(),
        "growing": lambda index: least + more * index / 400,
        "falling": lambda index: least + more * (1 - index / 400),
        "in steps": lambda index: least + (more if index // 100 % 2 else 0),
    }
    seen = follow(stream(ways[how], 400))
    assert len(seen) == 400
    assert polls_per_import(seen) <= 1.8  # it is learned anew in a quarter of the time
    assert max(one.delay for one in seen) <= 1.5 * (least + more) + 15


def test_simultaneous_imports_are_looked_at_in_the_order_of_their_submission() -> None:
    poller = ImportPoller(POLLS_PER_SECOND)
    ones = [open_import(str(index)) for index in range(20)]
    for one in ones:
        poller.add(one)
    assert [poller.take_due(1.0) for _ in ones] == ones
