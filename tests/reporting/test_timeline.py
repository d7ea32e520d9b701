"""The course of a run is kept in at most 200 points, evenly apart, however long the run was."""

from __future__ import annotations

import itertools
import statistics

import pytest

from target_activecampaign.reporting.import_times import ImportTimes
from target_activecampaign.reporting.progress import Progress
from target_activecampaign.reporting.timeline import Pace, Timeline

KEYS = ["seconds", "delivered", "read", "per_minute", "imports_open", "waiting_for"]


def timeline_of(seconds: int) -> Timeline:
    timeline = Timeline()
    for second in range(seconds + 1):
        timeline.add(Progress(second, read=10 * second, delivered=5 * second))
    return timeline


@pytest.mark.parametrize("seconds", [0, 1, 198, 199, 200, 1000, 40 * 60, 12 * 3600])
def test_a_run_of_any_length_has_200_points_at_most_with_its_first_and_last_look(seconds: int) -> None:
    points = timeline_of(seconds).points()
    assert min(100, seconds) < len(points) <= 200
    assert (points[0]["seconds"], points[-1]["seconds"]) == (0, seconds)
    assert list(points[0]) == KEYS
    gaps = {later["seconds"] - point["seconds"] for point, later in itertools.pairwise(points[:-1])}
    assert len(gaps) <= 1
    assert all(point["read"] == 10 * point["seconds"] for point in points)


def test_what_a_run_waits_for_counts_for_the_time_since_the_look_before() -> None:
    timeline = Timeline()
    timeline.add(Progress(0, waiting_for="input"))
    timeline.add(Progress(1, waiting_for="import_limit"))
    timeline.add(Progress(2.5, waiting_for=None))
    timeline.add(Progress(4.5, waiting_for="import_limit"))
    timeline.add(Progress(5, waiting_for="removals"))
    assert timeline.waiting() == {"import_limit": 3.0, "removals": 0.5}


def test_the_pace_is_that_of_the_last_minute() -> None:
    pace = Pace()
    assert pace.note(0, 0) == 0
    assert pace.note(10, 1000) == 6000
    found = [pace.note(second, 1000) for second in range(11, 100)]
    assert found[49] == 1000  # after 60 s
    assert found[-1] == 0


def test_times_of_imports_are_told_apart_by_when_they_ended() -> None:
    times = ImportTimes()
    assert (times.median, times.as_json(0)) == (None, [])
    for ended, seconds in ((103.0, 2.0), (103.5, 4.0), (103.9, 9.0), (110.2, 38.0)):
        times.note(ended, seconds)
    assert times.as_json(100.0) == [
        {"seconds": 3, "imports": 3, "median": 4.0, "p95": 9.0},
        {"seconds": 10, "imports": 1, "median": 38.0, "p95": 38.0},
    ]
    assert times.median == 4.0


@pytest.mark.parametrize("imports", [199, 5000])
def test_times_of_any_number_of_imports_make_200_entries_that_lose_none(imports: int) -> None:
    times = ImportTimes()
    taken = [1 + (number * 7919 % 400) / 10 for number in range(imports)]
    for number, seconds in enumerate(taken):
        times.note(50.0 + 2.4 * number, seconds)
    entries = times.as_json(50.0)
    assert len(entries) <= 200
    assert sum(entry["imports"] for entry in entries) == imports
    assert times.median == pytest.approx(statistics.median(taken), rel=0.05)
