"""When imports are looked at: soon where few are open, in turn where many are."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.batching import Batch
from target_activecampaign.following import Followed, OpenImport

LOOKS_PER_SECOND = 2.5


def open_import(name: str = "a", submitted_at: float = 0.0) -> OpenImport:
    return OpenImport(name, Batch("people"), submitted_at)


class Seen(t.NamedTuple):
    """How the end of an import was seen."""

    age: float
    delay: float
    looks: int
    longest_gap: float


def follow(imports: list[tuple[float, float]], looks_per_second: float = LOOKS_PER_SECOND) -> list[Seen]:
    """Look at imports as the budget allows, without real time.

    Args:
        imports: Of each the moment of its submission, in order, and the seconds that it takes.
        looks_per_second: The budget.
    """
    followed, now, seen = Followed(looks_per_second), 0.0, []
    coming = [(at, seconds, open_import(str(index), at)) for index, (at, seconds) in enumerate(imports)]
    duration = {one: seconds for _, seconds, one in coming}
    looks: dict[OpenImport, list[float]] = {one: [one.submitted_at] for one in duration}
    coming.reverse()
    while coming or len(followed):
        while coming and coming[-1][0] <= now:
            followed.add(coming.pop()[2])
        due = followed.take_due(now)
        if due is None:
            waits = [coming[-1][0] - now] if coming else []
            next_due = followed.seconds_to_next(now)
            now += min([*waits, *([] if next_due is None else [next_due])])
            continue
        looks[due].append(now)
        ended = due.submitted_at + duration[due]
        if now >= ended:
            followed.end(due, now)
            times = looks[due]
            gap = max(later - earlier for earlier, later in itertools.pairwise(times))
            seen.append(Seen(duration[due], now - ended, len(times) - 1, gap))
        else:
            followed.look_again(due, now)
        now += 1 / looks_per_second
    return seen


def test_without_imports_nothing_is_due() -> None:
    followed = Followed(LOOKS_PER_SECOND)
    assert len(followed) == 0
    assert followed.take_due(1e9) is None
    assert followed.seconds_to_next(0.0) is None


def test_an_import_is_first_looked_at_after_a_second() -> None:
    followed, one = Followed(LOOKS_PER_SECOND), open_import()
    followed.add(one)
    assert followed.seconds_to_next(0.25) == 0.75
    assert followed.take_due(0.99) is None
    assert followed.take_due(1.0) is one
    assert followed.seconds_to_next(7.0) is None


def test_an_import_that_is_being_looked_at_is_open_but_not_due() -> None:
    followed = Followed(LOOKS_PER_SECOND)
    followed.add(open_import())
    assert followed.take_due(5.0) is not None
    assert followed.take_due(500.0) is None
    assert len(followed) == 1


def test_an_import_that_ended_is_forgotten() -> None:
    followed, one = Followed(LOOKS_PER_SECOND), open_import()
    followed.add(one)
    followed.take_due(1.0)
    followed.end(one, 1.0)
    assert len(followed) == 0
    assert followed.take_due(1e9) is None


def test_what_is_overdue_is_looked_at_at_once() -> None:
    followed = Followed(LOOKS_PER_SECOND)
    followed.add(open_import())
    assert followed.seconds_to_next(100.0) == 0.0


@pytest.mark.parametrize("seconds", [0.0, 3.0, 50.0, 1000.0])
def test_with_few_open_an_end_is_seen_within_two_seconds_or_a_tenth_of_the_age(seconds: float) -> None:
    for seen in follow([(1200.0 * index, seconds) for index in range(5)]):
        assert seen.delay <= max(2.0, seconds / 10)


@pytest.mark.parametrize(("seconds", "looks"), [(0.5, 1), (10.0, 10), (100.0, 60)])
def test_a_single_import_is_not_looked_at_all_the_time(seconds: float, looks: int) -> None:
    (seen,) = follow([(0.0, seconds)])
    assert seen.looks <= looks


def test_one_slow_import_does_not_delay_those_after_it() -> None:
    slow_then_quick = follow([(0.0, 3600.0), *[(3700.0 + 20 * index, 1.0) for index in range(10)]])
    assert max(seen.delay for seen in slow_then_quick[1:]) <= 2.0


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 300)), min_size=1, max_size=4),
    st.sampled_from([LOOKS_PER_SECOND, 10.0]),
)
def test_with_few_open_no_end_is_seen_late(
    imports: list[tuple[float, float]], looks_per_second: float
) -> None:
    for seen in follow(sorted(imports), looks_per_second):
        # Others that are looked at first take their share of the budget, too.
        assert seen.delay <= max(2.0, seen.age / 10) + len(imports) / looks_per_second


@given(st.integers(20, 300), st.floats(1, 900))
def test_with_many_open_each_is_looked_at_in_turn(count: int, seconds: float) -> None:
    round_seconds = count / LOOKS_PER_SECOND
    for seen in follow([(0.0, seconds)] * count):
        assert seen.longest_gap <= 2 * round_seconds + 2.0


@pytest.mark.parametrize("seconds", [2.0, 10.0, 30.0, 120.0])
def test_a_full_stream_of_imports_is_followed_within_the_budget(seconds: float) -> None:
    """100 imports a minute for ten minutes: about one and a half looks for each, none left behind."""
    seen = follow([(0.6 * index, seconds) for index in range(1000)])
    assert len(seen) == 1000
    delays = sorted(one.delay for one in seen)
    assert delays[500] <= max(1.5, seconds / 4)
    assert delays[-1] <= max(3.0, 0.8 * seconds)
    assert sum(one.looks for one in seen) <= 1900


def test_simultaneous_imports_are_looked_at_in_the_order_of_their_submission() -> None:
    followed = Followed(LOOKS_PER_SECOND)
    ones = [open_import(str(index)) for index in range(20)]
    for one in ones:
        followed.add(one)
    assert [followed.take_due(1.0) for _ in ones] == ones
