"""There are as many workers as requests in the air, up to a bound, and one more for the next task."""

from __future__ import annotations

import threading
import typing as t

import pytest

from target_activecampaign.api.rate_limiter import StoppedError
from target_activecampaign.delivery.workers import WorkerPool, _most_threads

if t.TYPE_CHECKING:
    from collections.abc import Callable

LONG = 10


class Tasks:
    """Tasks that are in the air until they may end, and a pool that does them."""

    def __init__(self, count: int, most_threads: int) -> None:
        self.failures: list[BaseException] = []
        self.in_the_air = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.most_at_the_head = 0
        self._at_the_head = 0
        self._left = count
        self._lock = threading.Lock()
        self.pool = WorkerPool(self._task, self.failures.append, most_threads)

    def _task(self, on_send: Callable[[], None]) -> bool:
        with self._lock:
            self._at_the_head += 1
            self.most_at_the_head = max(self.most_at_the_head, self._at_the_head)
            self._left -= 1
            is_one = self._left >= 0
            self._at_the_head -= 1
        if not is_one:
            return False
        on_send()
        on_send()
        self.in_the_air.release()
        self.may_end.wait(LONG)
        return True

    def join(self) -> None:
        self.may_end.set()
        for thread in self.pool.threads:
            thread.join(LONG)
            assert not thread.is_alive()


def test_a_thread_is_started_for_each_task_in_the_air_and_one_for_the_next() -> None:
    tasks = Tasks(5, most_threads=100)
    tasks.pool.start()
    for _ in range(5):
        assert tasks.in_the_air.acquire(timeout=LONG)
    tasks.join()
    assert len(tasks.pool.threads) == 6
    assert tasks.most_at_the_head == 1


def test_tasks_that_are_quick_need_two_threads() -> None:
    tasks = Tasks(500, most_threads=100)
    tasks.may_end.set()
    tasks.pool.start()
    for _ in range(500):
        assert tasks.in_the_air.acquire(timeout=LONG)
    tasks.join()
    assert len(tasks.pool.threads) <= 10


def test_there_are_no_more_threads_than_the_bound() -> None:
    tasks = Tasks(50, most_threads=3)
    tasks.pool.start()
    for _ in range(3):
        assert tasks.in_the_air.acquire(timeout=LONG)
    assert not tasks.in_the_air.acquire(timeout=0.05)
    tasks.may_end.set()
    for _ in range(47):
        assert tasks.in_the_air.acquire(timeout=LONG)
    tasks.join()
    assert len(tasks.pool.threads) == 3


@pytest.mark.parametrize(("error", "is_told"), [(ValueError("no"), True), (StoppedError(), False)])
def test_what_ends_a_worker_is_told_unless_the_run_stops(error: Exception, is_told: bool) -> None:  # noqa: FBT001
    failures: list[BaseException] = []

    def task(on_send: Callable[[], None]) -> bool:
        on_send()
        raise error

    pool = WorkerPool(task, failures.append, 1)
    pool.start()
    pool.threads[0].join(LONG)
    assert failures == ([error] if is_told else [])


def test_where_the_system_gives_no_more_threads_those_that_there_are_have_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = Tasks(3, most_threads=100)
    tasks.may_end.set()
    tasks.pool.start()
    monkeypatch.setattr(threading.Thread, "start", _no_thread)
    for _ in range(3):
        assert tasks.in_the_air.acquire(timeout=LONG)
    tasks.join()


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_the_bound_is_what_two_seconds_let_through() -> None:
    assert _most_threads(100 / 60) == 6
    assert _most_threads(150) == 300
    assert _most_threads(100_000) == 300
