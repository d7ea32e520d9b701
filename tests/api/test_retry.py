"""A request is tried again within bounds of tries and of time, with pauses that grow."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from support.fake_clock import FakeClock

from target_activecampaign.api.rate_limiter import RateLimiter, StoppedError
from target_activecampaign.api.responses import MOST_TRIES_REFUSED, MOST_TRIES_TLS, TryAgainError
from target_activecampaign.api.retry import retry
from target_activecampaign.errors import NotPermittedError, ServiceError


class Stage:
    """A request that fails as it is told, and then succeeds."""

    def __init__(self, failures: t.Iterable[TryAgainError]) -> None:
        self.clock = FakeClock()
        self.rate_limiter = RateLimiter(5, 60, self.clock)
        self.tries = 0
        self._failures = iter(failures)

    def run(self, **bounds: t.Any) -> str:  # noqa: ANN401 - options of different types
        return retry(self._attempt, self.rate_limiter, "GET users/me", **bounds)

    def _attempt(self) -> str:
        self.rate_limiter.end(self.rate_limiter.wait_for_import(2), is_answered=True)
        self.tries += 1
        for failure in self._failures:
            raise failure
        return "a value"


def http_503() -> TryAgainError:
    return TryAgainError("HTTP 503")


def refusal() -> TryAgainError:
    return TryAgainError("HTTP 403", most_tries=MOST_TRIES_REFUSED, cause="key")


def tls_failure() -> TryAgainError:
    return TryAgainError("TLS failed", most_tries=MOST_TRIES_TLS, cause="certificate")


def requests_limit() -> TryAgainError:
    return TryAgainError("HTTP 429", limit="requests", pause_seconds=30)


def imports_limit() -> TryAgainError:
    return TryAgainError("the importer's rate limit was reached", limit="imports")


def forever(failure: t.Callable[[], TryAgainError]) -> t.Iterator[TryAgainError]:
    while True:
        yield failure()


def test_a_request_that_succeeds_is_sent_once() -> None:
    stage = Stage([])
    assert (stage.run(), stage.tries, stage.clock.waits) == ("a value", 1, [])


@pytest.mark.parametrize(
    ("failure", "tries", "remedy"),
    [
        (http_503, 8, "wait a while"),
        (refusal, 5, "(settings api_key, hostname)"),
        (tls_failure, 3, "REQUESTS_CA_BUNDLE"),
    ],
)
def test_a_failure_that_stays_is_given_up_after_the_tries_of_its_kind(
    failure: t.Callable[[], TryAgainError], tries: int, remedy: str
) -> None:
    stage = Stage(forever(failure))
    with pytest.raises(
        ServiceError, match=rf"Gave up after {tries} tries in \d+ s \(GET users/me\)"
    ) as error:
        stage.run()
    assert stage.tries == tries
    assert remedy in str(error.value)
    assert isinstance(error.value, NotPermittedError) is (failure is refusal)


def test_failures_of_all_kinds_count_together() -> None:
    stage = Stage(itertools.cycle([http_503(), refusal()]))
    with pytest.raises(ServiceError, match="Gave up after 8 tries"):
        stage.run()


def test_fewer_tries_may_be_asked_for() -> None:
    stage = Stage(forever(http_503))
    with pytest.raises(ServiceError, match="Gave up after 1 try in 0 s"):
        stage.run(most_tries=1)


def test_pauses_are_random_below_a_bound_that_doubles() -> None:
    stages = [Stage(http_503() for _ in range(7)) for _ in range(50)]
    for stage in stages:
        stage.run()
    for number, waits in enumerate(zip(*(stage.clock.waits for stage in stages), strict=True)):
        most = min(60, 2**number)
        assert 0.5 <= min(waits) <= max(waits) <= most
        assert max(waits) >= 0.7 * most


@pytest.mark.parametrize("failure", [requests_limit, imports_limit])
def test_a_rate_limit_is_bounded_in_time_alone(failure: t.Callable[[], TryAgainError]) -> None:
    stage = Stage(forever(failure))
    with pytest.raises(ServiceError, match="settings requests_per_second, imports_per_minute") as error:
        stage.run()
    assert stage.tries > 8
    assert 900 <= stage.clock.now() - 1000 <= 1000
    assert f"Gave up after {stage.tries} tries in 9" in str(error.value)


def test_a_limit_of_requests_holds_all_back_for_as_long_as_the_service_says() -> None:
    stage = Stage([requests_limit()])
    stage.run()
    assert stage.clock.now() == pytest.approx(1030)


def test_a_limit_of_imports_holds_imports_back_in_slots_that_double_until_one_is_accepted() -> None:
    stage = Stage(imports_limit() for _ in range(6))
    stage.run(most_seconds=10_000)
    assert stage.clock.now() == pytest.approx(1000 + 10 + 20 + 40 + 80 + 100 + 100)
    stage.rate_limiter.note_accepted_import()
    before = stage.clock.now()
    stage.rate_limiter.back_off_imports()
    stage.rate_limiter.wait_for_import(2)
    assert stage.clock.now() - before == pytest.approx(10)


def test_waits_for_a_rate_limit_do_not_count_as_tries() -> None:
    failures = [*(imports_limit() for _ in range(5)), *(http_503() for _ in range(7))]
    stage = Stage(failures)
    assert stage.run() == "a value"
    assert stage.tries == 13


def test_a_wait_that_is_longer_than_the_caller_grants_is_not_begun() -> None:
    stage = Stage(forever(requests_limit))
    began = stage.clock.now()
    with pytest.raises(ServiceError, match="HTTP 429") as raised:
        stage.run(most_seconds=20)
    assert raised.value.matter == "limit"
    assert stage.clock.now() - began < 1


def test_a_pause_may_hold_the_others_back_as_well() -> None:
    stage = Stage(http_503() for _ in range(3))
    paused: list[float] = []
    stage.run(pause=paused.append)
    assert len(paused) == 3
    assert max(stage.clock.waits) < 0.5, "for permits"


def test_a_run_that_stops_ends_a_pause() -> None:
    stage = Stage(forever(http_503))
    stage.clock.on_wait = stage.rate_limiter.stop
    with pytest.raises(StoppedError):
        stage.run()
    assert stage.tries == 1


def test_any_other_error_is_not_tried_again() -> None:
    stage = Stage(forever(http_503))
    stage._failures = iter([t.cast("TryAgainError", ServiceError("HTTP 404"))])
    with pytest.raises(ServiceError, match=r"^HTTP 404$"):
        stage.run()
    assert stage.tries == 1
