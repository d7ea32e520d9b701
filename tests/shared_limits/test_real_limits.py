"""Runs that share limits by real servers, in real time."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from target_activecampaign.api.rate_limiter import RateLimiter, StoppedError
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret
from target_activecampaign.sandbox.rate_limits import Window
from target_activecampaign.shared_limits import schedule
from target_activecampaign.shared_limits.opening import open_server
from target_activecampaign.shared_limits.sharing import Sharing

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.redis_server import RedisServer

PER_SECOND = 20


class Service:
    """Counts requests, as the service does."""

    def __init__(self) -> None:
        self.taken = self.refused = 0
        self._window = Window(PER_SECOND, 1.0)
        self._lock = threading.Lock()

    def ask(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._window.wait(now, is_fixed=False):
                self.refused += 1
            else:
                self.taken += 1
                self._window.admit(now)


class RealRun:
    """Sends as fast as it may, in a thread."""

    def __init__(self, url: str, service: Service) -> None:
        clock = SystemClock()
        self.sent = 0
        self.limiter = RateLimiter(PER_SECOND, 10_000, clock)
        self.limiter.learn_window(PER_SECOND)
        server = open_server(Secret(url), "acme.api-us1.com")
        self.sharing = Sharing(server, clock, setting="rate_limit_url", stops_when_lost=False)
        self.limiter.share(self.sharing)
        self._service = service
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()

    def _go_on(self) -> None:
        try:
            while True:
                permit = self.limiter.wait_for_request()
                self._service.ask()
                self.sent += 1
                self.limiter.end(permit, is_answered=True)
        except StoppedError:
            pass

    def stop(self) -> None:
        self.limiter.stop()
        self._thread.join()
        self.sharing.close()


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    "url_of",
    [
        pytest.param(
            lambda request: request.getfixturevalue("postgres").new_url(), marks=pytest.mark.postgres
        ),
        pytest.param(lambda request: request.getfixturevalue("redis_server").url, marks=pytest.mark.redis),
    ],
    ids=["postgres", "redis"],
)
def test_three_runs_share_a_limit_and_none_is_refused(
    request: pytest.FixtureRequest, url_of: Callable[[pytest.FixtureRequest], str]
) -> None:
    service, url = Service(), url_of(request)
    runs = [RealRun(url, service) for _ in range(3)]
    wait_until(lambda: service.taken + service.refused >= 45)
    for run in runs:
        run.stop()
    assert not service.refused
    assert min(run.sent for run in runs) >= 5


@pytest.mark.redis
def test_a_redis_that_is_stopped_and_started_in_mid_run_costs_time_and_no_refusal(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service()
    runs = [RealRun(redis_server.url, service) for _ in range(2)]
    wait_until(lambda: service.taken >= 30)
    redis_server.stop()
    time.sleep(0.5)
    sent = service.taken
    time.sleep(0.5)
    assert service.taken == sent
    redis_server.start()
    wait_until(lambda: service.taken >= sent + 40)
    for run in runs:
        run.stop()
    assert not service.refused


@pytest.mark.redis
def test_the_share_of_a_run_that_dies_comes_back_by_itself(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "LEASE_SECONDS", 0.5)
    monkeypatch.setattr(schedule, "LOST_SECONDS", 0.5)
    service = Service()
    left, dead = (RealRun(redis_server.url, service) for _ in range(2))
    wait_until(lambda: left.sharing.runs == 2)
    dead.sharing._is_closed.set()  # its thread ends, and tells nothing
    dead.limiter.stop()
    wait_until(lambda: left.sharing.runs == 1)
    left.stop()
    assert not service.refused
