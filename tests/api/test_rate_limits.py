"""A permit comes free when its request can't be in a window any more. Imports go first."""

from __future__ import annotations

import itertools
import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.api.rate_limits import RateLimits
from target_activecampaign.sandbox.rate_limits import Window

if t.TYPE_CHECKING:
    from target_activecampaign.api.rate_limits import Kind

FIRST_RESPONSES = 5
WINDOW = 1.02


def started(shortest: float = 0.2, now: float = 0.0) -> RateLimits:
    """Limits that know the shortest latency; nothing is taken any more at `now`."""
    limits = RateLimits(5, 100)
    for number in range(2 * FIRST_RESPONSES):
        moment = now - 100 + 3 * number
        limits.end(limits.take("request", moment), moment + shortest, is_answered=True)
    return limits


def take_all(limits: RateLimits, now: float) -> list[t.Any]:
    return [limits.take("request", now) for _ in range(5)]


def test_at_a_steady_latency_a_permit_comes_free_a_window_after_its_request_was_sent() -> None:
    limits = started(0.2)
    for permit in take_all(limits, 0.0):
        limits.end(permit, 0.2, is_answered=True)
    assert limits.moment_for("request", 0.5) == pytest.approx(WINDOW)


def test_a_permit_comes_free_later_by_the_jitter_of_its_response() -> None:
    limits = started(0.2)
    for permit in take_all(limits, 0.0):
        limits.end(permit, 0.5, is_answered=True)
    assert limits.moment_for("request", 0.5) == pytest.approx(WINDOW + 0.3)


def test_a_response_that_comes_at_last_frees_the_permit_earlier() -> None:
    limits = started(0.2)
    permits = take_all(limits, 0.0)
    assert limits.moment_for("request", 0.9) > 2
    limits.end(permits[0], 0.9, is_answered=True)
    assert limits.moment_for("request", 0.9) == pytest.approx(WINDOW + 0.7)


def test_a_request_that_hangs_gives_its_permit_back_at_last() -> None:
    limits = started(0.2)
    take_all(limits, 0.0)
    assert limits.moment_for("request", 1.0) == pytest.approx(4 * WINDOW)


def test_jitter_that_is_common_counts_less() -> None:
    limits = started(0.2)
    for number in range(200):
        limits.end(limits.take("request", 10.0 * number), 10.0 * number + 3, is_answered=True)
    take_all(limits, 5000.0)
    assert limits.moment_for("request", 5001.0) == pytest.approx(5000 + 1.75 * WINDOW)


def test_latencies_longer_than_the_window_hardly_slow_requests_down() -> None:
    limits = started(1.5)
    take_all(limits, 0.0)
    assert limits.moment_for("request", 1.0) == pytest.approx(1.2 * WINDOW)


def test_the_first_responses_do_not_tell_the_shortest_latency() -> None:
    limits = RateLimits(5, 100)
    limits.end(limits.take("request", 0.0), 0.4, is_answered=True)
    for _ in range(4):
        limits.take("request", 0.4)
    assert limits.moment_for("request", 0.4) == pytest.approx(WINDOW + 0.4)


def test_a_request_that_failed_does_not_tell_the_shortest_latency() -> None:
    limits = started(0.2)
    limits.end(limits.take("request", 0.0), 0.001, is_answered=False)
    for permit in take_all(limits, 10.0):
        limits.end(permit, 10.2, is_answered=True)
    assert limits.moment_for("request", 10.2) == pytest.approx(10 + WINDOW)


@given(
    st.integers(0, 2**32),
    st.sampled_from([0.05, 0.3, 0.7]),
    st.lists(st.sampled_from(["request", "poll", "read-back", "import"]), min_size=1, max_size=4),
)
def test_with_jitter_no_more_arrive_than_the_service_lets_in(
    seed: int, longest: float, kinds: list[Kind]
) -> None:
    """Requests take up to so many seconds to arrive; the service has sliding or fixed windows."""
    chance = random.Random(seed)  # noqa: S311 - a test
    limits, now = RateLimits(5, 100), 0.0
    arrivals: list[tuple[float, bool]] = []
    in_the_air: list[tuple[float, t.Any]] = []
    for number in range(120):
        kind = kinds[number % len(kinds)]
        while (moment := limits.moment_for(kind, now)) > now:
            answers = [at for at, _ in in_the_air]
            now = min([moment, *answers])
            for answer in [answer for answer in in_the_air if answer[0] <= now]:
                in_the_air.remove(answer)
                limits.end(answer[1], answer[0], is_answered=True)
        there = chance.uniform(0, longest) if chance.random() < 0.3 else 0.0
        in_the_air.append((now + there + 0.02, limits.take(kind, now)))
        arrivals.append((now + there, kind == "import"))
    assert refusals(arrivals) == 0


def refusals(arrivals: list[tuple[float, bool]]) -> int:
    refused = 0
    for is_fixed in (False, True):
        requests, imports = Window(5, 1.0), Window(100, 60.0)
        for moment, is_import in sorted(arrivals):
            for window in (requests, imports) if is_import else (requests,):
                refused += window.wait(moment, is_fixed=is_fixed) > 0
                window.admit(moment)
    return refused


@pytest.mark.parametrize("kind", ["poll", "read-back"])
def test_nothing_takes_the_permit_of_an_import_that_is_due(kind: Kind) -> None:
    limits = started(0.2)
    for _ in range(4 if kind == "poll" else 3):
        limits.end(limits.take("request", 0.0), 0.2, is_answered=True)
    limits.begin_waiting("import")
    assert limits.moment_for("import", 0.3) <= 0.3
    if kind == "poll":
        assert limits.moment_for(kind, 0.3) > 0.3
    limits.end_waiting("import")
    assert limits.moment_for(kind, 0.3) <= 0.3


def test_the_first_imports_go_in_half_of_the_requests_and_the_others_evenly() -> None:
    limits, now = RateLimits(5, 100), 0.0
    sent: list[float] = []
    while len(sent) < 300:
        now = max(now, limits.moment_for("import", now))
        limits.end(limits.take("import", now), now, is_answered=True)
        sent.append(now)
    assert sent[99] == pytest.approx(99 / 2.5 * WINDOW, abs=1e-3)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent[101:])]
    assert min(gaps) == pytest.approx(0.6 / 1.05, abs=0.01)
    assert sent[299] - sent[99] == pytest.approx(3 * 60.18 - sent[99], rel=0.05)


@pytest.mark.parametrize("per_second", [1, 2, 3])
def test_few_requests_are_shared_between_imports_and_polls(per_second: int) -> None:
    limits, now, sent = RateLimits(per_second, 100), 0.0, {"import": 0, "poll": 0}
    while now < 600:
        kinds: tuple[Kind, Kind] = ("import", "poll")
        for kind in kinds:
            if limits.moment_for(kind, now) <= now:
                limits.end(limits.take(kind, now), now, is_answered=True)
                sent[kind] += 1
        now += 0.01
    assert min(sent.values()) >= 0.4 * per_second * 600 / 1.02


def moments_of(limits: RateLimits, kind: Kind, count: int, now: float = 0.0) -> list[float]:
    """When so many requests go, each answered at once."""
    moments = []
    for _ in range(count):
        while (moment := limits.moment_for(kind, now)) > now:
            now = moment
        limits.end(limits.take(kind, now), now, is_answered=True)
        moments.append(now)
    return moments


def test_raised_limits_come_evenly_until_the_service_says_that_its_windows_hold_more() -> None:
    limits = RateLimits(300, 6000)
    assert moments_of(limits, "request", 6)[-1] > 5 / 300
    limits.learn_window(300)
    begun = moments_of(limits, "request", 294, 0.1)
    assert begun[-1] == 0.1
    assert moments_of(limits, "request", 1, 0.1)[0] >= 1


@pytest.mark.parametrize("permits", [0, 1, 5, 1000, 10**6])
def test_whatever_the_service_says_no_more_is_sent_than_the_settings_allow(permits: int) -> None:
    limits = RateLimits(5, 100)
    limits.learn_window(permits)
    moments = moments_of(limits, "import", 101)
    assert moments[-1] - moments[0] >= 60
    assert moments[5] - moments[0] >= 1
