"""Workers: the threads that talk to ActiveCampaign for a delivery.

Each asks the delivery what to do next, does it without holding a lock, and brings the answer back. Whatever
ends one early ends the delivery.

There are as many as requests are in the air at once, and one more of each kind: it stands at the head of its
line and waits for the next task and for its turn to be sent. When it is sent, another takes its place, and
is started where none is free. So a batch stays in the queue, where it can still change, until the one before
it was sent; and a quick service is served by a handful of threads, a slow one by as many as its limits allow.
"""

from __future__ import annotations

import contextlib
import math
import threading
import typing as t

from target_activecampaign.api.rate_limiter import StoppedError

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.client import Client
    from target_activecampaign.delivery.delivery import Delivery

# Requests of a kind that are in the air at once, at the most: what the limits let through in so many seconds,
# which is twice the time that a request should take.
_SECONDS_IN_THE_AIR = 2
_FEWEST_THREADS = 2
_MOST_THREADS = 300
_SECONDS_TO_JOIN = 1.0


class Workers:
    """Threads that submit batches, follow imports and read contacts back."""

    def __init__(
        self,
        delivery: Delivery,
        client: Client,
        *,
        requests_per_second: int,
        imports_per_minute: int,
    ) -> None:
        """Prepare; `start` starts them.

        Args:
            delivery: Says what to do next.
            client: The account.
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
        """
        self._delivery = delivery
        self._client = client
        imports_per_second = min(imports_per_minute / 60, requests_per_second)
        self._lines = [
            _Line(self._submit, delivery.take_failure, _most_threads(imports_per_second)),
            _Line(self._follow, delivery.take_failure, _most_threads(requests_per_second / 2)),
            _Line(self._verify, delivery.take_failure, _most_threads(requests_per_second / 2)),
        ]

    def start(self) -> None:
        """Start the first of each kind."""
        for line in self._lines:
            line.start()

    def join(self) -> None:
        """Wait for the threads to end, not for long: one may hang in a request that takes its time."""
        clock = self._delivery.clock
        deadline = clock.now() + _SECONDS_TO_JOIN
        for thread in [thread for line in self._lines for thread in line.threads]:
            thread.join(timeout=max(0.0, deadline - clock.now()))

    def _submit(self, on_send: Callable[[], None]) -> bool:
        step = self._delivery.next_submission()
        if step is None:
            return False
        if step == "read contract":
            self._delivery.take_contract(self._client.contract())
            return True
        try:
            outcome = self._client.submit(step.encode(), len(step), on_send)
        except BaseException:
            self._delivery.take_no_outcome()
            raise
        self._delivery.take_outcome(step, outcome)
        return True

    def _follow(self, on_send: Callable[[], None]) -> bool:
        open_import = self._delivery.next_import()
        if open_import is None:
            return False
        self._delivery.take_status(open_import, self._client.poll(open_import.id, on_send))
        return True

    def _verify(self, on_send: Callable[[], None]) -> bool:
        verification = self._delivery.next_verification()
        if verification is None:
            return False
        on_send()  # it is many requests, one after the other
        verification.poll(self._client, self._delivery.pause)
        self._delivery.take_verification(verification)
        return True


def _most_threads(per_second: float) -> int:
    return min(_MOST_THREADS, _FEWEST_THREADS + math.ceil(_SECONDS_IN_THE_AIR * per_second))


class _Line:
    """Threads for one kind of task.

    Attributes:
        threads: All that were started.
    """

    def __init__(
        self,
        task: Callable[[Callable[[], None]], bool],
        fail: Callable[[BaseException], None],
        most_threads: int,
    ) -> None:
        """Prepare.

        Args:
            task: Waits for something to do and does it; calls what it is given when it on_send, once or
                more or not at all. Says whether there may be more to do.
            fail: Takes what ended a thread early.
            most_threads: How many there may be.
        """
        self.threads: list[threading.Thread] = []
        self._task = task
        self._fail = fail
        self._most_threads = most_threads
        self._head = threading.Lock()
        self._lock = threading.Lock()
        self._free = 0

    def start(self) -> None:
        """Start the first thread."""
        with self._lock:
            self._start_one()

    def _start_one(self) -> None:
        thread = threading.Thread(target=self._guard, name=self._task.__name__, daemon=True)
        thread.start()  # it waits for the lock before it counts itself out
        self._free += 1
        self.threads.append(thread)

    def _guard(self) -> None:
        try:
            while self._run_task():
                with self._lock:
                    self._free += 1
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - the reader's thread raises it
            self._fail(error)

    def _run_task(self) -> bool:
        self._head.acquire()
        is_at_head = True

        def depart() -> None:
            nonlocal is_at_head
            if is_at_head:
                is_at_head = False
                self._make_sure_of_a_successor()
                self._head.release()

        with self._lock:
            self._free -= 1
        try:
            return self._task(depart)
        finally:
            if is_at_head:
                self._head.release()

    def _make_sure_of_a_successor(self) -> None:
        with self._lock:
            if not self._free and len(self.threads) < self._most_threads:
                # Where the system gives no more threads, those that there are have to do.
                with contextlib.suppress(RuntimeError):
                    self._start_one()
