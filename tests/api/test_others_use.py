"""Room for programs that use an account without sharing its limits, and refusals that show them."""

from __future__ import annotations

import itertools

import pytest
from support.fake_clock import FakeClock

from target_activecampaign.api.others_use import OthersUse
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.shared_limits.timetable import Window

SECOND = Window(5, 1.0)


def refused_twice() -> OthersUse:
    use = OthersUse()
    use.note_refusal("requests", 2, 5, 0.0)
    use.note_refusal("requests", 2, 5, 1.0)
    return use


def test_a_refusal_that_the_run_may_have_caused_changes_nothing() -> None:
    use = OthersUse()
    assert not any(use.note_refusal("requests", 5, 5, float(second)) for second in range(10))
    assert use.pace("requests", SECOND, 10.0) == 0


def test_the_second_refusal_of_others_making_is_told_once() -> None:
    use = OthersUse()
    assert [use.note_refusal("imports", 30, 100, float(second)) for second in range(4)] == [
        False,
        True,
        False,
        False,
    ]


def test_the_run_leaves_time_between_its_requests_and_more_with_each_refusal() -> None:
    use = refused_twice()
    first = use.pace("requests", SECOND, 1.0)
    use.note_refusal("requests", 2, 5, 2.0)
    assert 0.2 < first < use.pace("requests", SECOND, 2.0)
    assert use.pace("imports", Window(100, 60.0), 2.0) == 0


def test_the_pace_comes_back_while_no_refusal_follows() -> None:
    use = refused_twice()
    assert use.pace("requests", SECOND, 59.0)
    for minute in range(1, 5):
        last = use.pace("requests", SECOND, 1.0 + 60 * minute)
    assert last == 0


def test_it_is_never_slower_than_a_tenth() -> None:
    use = OthersUse()
    for second in range(50):
        use.note_refusal("requests", 1, 5, float(second))
    assert use.pace("requests", SECOND, 50.0) == pytest.approx(2.0)


def test_the_warning_names_both_remedies(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    limiter = RateLimiter(5, 100, clock)
    for _ in range(3):
        limiter.end(limiter.wait_for_request(), is_answered=True)
        limiter.hold_requests(30)
    (record,) = caplog.records
    for setting in ("rate_limit_url", "requests_per_second", "imports_per_minute"):
        assert setting in record.getMessage()


def test_a_run_that_others_slow_down_sends_evenly() -> None:
    clock = FakeClock()
    limiter = RateLimiter(5, 100, clock)
    for _ in range(2):
        limiter.end(limiter.wait_for_request(), is_answered=True)
        limiter.hold_requests(1)
    sent = [limiter.wait_for_request().sent_at for _ in range(4)]
    assert min(later - earlier for earlier, later in itertools.pairwise(sent)) > 0.25
