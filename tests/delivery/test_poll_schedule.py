"""A full run on paper: imports at the limit's pace, none refused, and looks that find their ends in time."""

from __future__ import annotations

import random
import typing as t

import pytest
from support.schedule import Plan, simulate

from target_activecampaign.delivery.bounds import Bounds

LEAST_PACE = 0.98
MOST_LOOKS_PER_IMPORT = 1.5


def way(seconds: float) -> t.Callable[[random.Random], tuple[float, float]]:
    """A line on which every request takes as long."""
    return lambda _: (seconds / 2, seconds / 2)


def unsteady(least: float, most: float) -> t.Callable[[random.Random], tuple[float, float]]:
    """A line on which requests take so long or so long, most of it on the way there."""
    return lambda chance: (chance.uniform(least, most) - 0.04, 0.04)


@pytest.mark.parametrize("request_seconds", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("import_seconds", [0.0, 5.0, 60.0])
def test_imports_keep_the_limits_pace_and_looks_their_budget(
    import_seconds: float, request_seconds: float
) -> None:
    figures = simulate(Plan(400, lambda _, __: import_seconds, way(request_seconds)))
    assert figures.refused == 0
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.share_of_later_pace(100) >= LEAST_PACE
    assert figures.looks_per_import <= MOST_LOOKS_PER_IMPORT
    assert figures.share_of_looks(5) <= 0.5
    assert figures.most_open <= 100 / 60 * import_seconds * 1.3 + 25
    assert figures.delays[200:] == pytest.approx([0] * 200, abs=3 + 0.3 * import_seconds)


def test_imports_of_ten_minutes_keep_the_pace_with_as_many_open_as_there_may_be() -> None:
    most_open = 100 * Bounds().minutes_in_flight
    figures = simulate(Plan(1_150, lambda _, __: 600.0, way(0.3), most_open))
    assert figures.refused == 0
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.most_open > 1_000


@pytest.mark.parametrize(
    ("import_seconds", "request_seconds"),
    [(0.0, 0.0), (5.0, 0.3), (60.0, 1.0), (5 / 60, 1 / 60), (1.0, 1 / 60)],
)
def test_with_limits_raised_60_times_it_is_the_same(import_seconds: float, request_seconds: float) -> None:
    figures = simulate(
        Plan(
            4000,
            lambda _, __: import_seconds,
            way(request_seconds),
            requests_per_second=300,
            imports_per_minute=6000,
        )
    )
    assert figures.refused == 0
    assert figures.share_of_pace(6000) >= LEAST_PACE
    assert figures.share_of_looks(300) <= 0.5


def test_some_milliseconds_of_lateness_cost_no_pace_where_the_windows_are_said_to_hold_more() -> None:
    plan = Plan(
        6000,
        lambda _, __: 1.0,
        lambda chance: (0.002 + chance.expovariate(1 / 0.015), 0.002),
        most_open=200,
        requests_per_second=300,
        imports_per_minute=6000,
        window_permits=300,
    )
    figures = simulate(plan)
    assert figures.refused == 0
    assert figures.share_of_pace(6000) >= LEAST_PACE
    assert figures.share_of_looks(300) <= 0.5


@pytest.mark.parametrize(("least", "most"), [(0.05, 0.3), (0.2, 0.6), (0.05, 0.8)])
def test_on_an_unsteady_line_none_is_refused_and_the_pace_is_kept(least: float, most: float) -> None:
    figures = simulate(Plan(400, lambda _, __: 5.0, unsteady(least, most)))
    assert figures.refused == 0
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.looks_per_import <= MOST_LOOKS_PER_IMPORT


def test_verifications_use_what_is_left_and_delay_nothing() -> None:
    figures = simulate(Plan(400, lambda _, __: 5.0, way(0.3), verifies=True))
    assert figures.refused == 0
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.looks_per_import <= MOST_LOOKS_PER_IMPORT
    assert max(figures.delays) <= 10
    assert len(figures.verifications) >= 150


def test_imports_that_take_longer_and_longer_are_followed() -> None:
    figures = simulate(Plan(600, lambda _, now: now / 10, way(0.3)))
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.looks_per_import <= MOST_LOOKS_PER_IMPORT
    assert max(figures.delays) <= 20


def test_imports_that_become_slow_and_quick_again_are_followed() -> None:
    figures = simulate(Plan(900, lambda _, now: 60.0 if 120 < now < 240 else 5.0, way(0.3)))
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.looks_per_import <= MOST_LOOKS_PER_IMPORT
    assert max(figures.delays) <= 65
    assert max(figures.delays[-50:]) <= 10


def test_imports_that_take_now_so_long_now_so_long_are_followed() -> None:
    chance = random.Random(7)  # noqa: S311 - a simulation
    figures = simulate(Plan(600, lambda _, __: chance.uniform(30, 90), way(0.3)))
    assert figures.share_of_pace(100) >= LEAST_PACE
    assert figures.looks_per_import <= MOST_LOOKS_PER_IMPORT
    assert max(figures.delays) <= 75


@pytest.mark.parametrize("import_seconds", [0.5, 5.0, 60.0])
def test_with_few_open_an_end_is_seen_within_seconds(import_seconds: float) -> None:
    figures = simulate(Plan(12, lambda _, __: import_seconds, way(0.3), input_seconds=30.0))
    assert figures.most_open <= 3
    assert max(figures.delays) <= 4.5


def test_a_bound_of_open_imports_holds_the_pace_where_it_has_to_and_stops_nothing() -> None:
    figures = simulate(Plan(200, lambda _, __: 60.0, way(0.3), most_open=20))
    assert figures.most_open <= 20
    assert len(figures.delays) == 200
    assert figures.share_of_pace(100) == pytest.approx(20 / 62 / (100 / 60), rel=0.1)
