"""Workers: the threads that talk to ActiveCampaign for a delivery.

Each takes a task, does it without a lock of the delivery, and hands the result in. An error that ends a
worker early ends the delivery.

There are as many workers as requests in the air at once, and one more of each kind: it waits for the next
task and for its turn to be sent. When its request is sent, another worker takes its place, and is started
where none is free. So a batch stays in the send queue, where it can still change, until the one before it was
sent; and a handful of threads serves a quick service, a slow one gets as many as its limits allow.
"""

from __future__ import annotations

import contextlib
import math
import threading
import typing as t

from target_activecampaign.api.rate_limiter import StoppedError
from target_activecampaign.api.submission import UNNAMED
from target_activecampaign.delivery.batch import Batch
from target_activecampaign.delivery.list_readings import ListReading
from target_activecampaign.delivery.look_ups import AccountReading
from target_activecampaign.delivery.membership_check import MembershipCheck
from target_activecampaign.delivery.removal_reading import RemovalReading

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.delivery import Delivery

# Requests of a kind in the air at once, at the most: what the limits let through in so many seconds, which is
# twice the time that a request should take.
_SECONDS_IN_THE_AIR = 2
_FEWEST_THREADS = 2
_MOST_THREADS = 300
_SECONDS_TO_JOIN = 1.0


class WorkerThreads:
    """Threads that submit batches, poll imports and read contacts."""

    def __init__(  # noqa: PLR0913 - its collaborators and limits
        self,
        delivery: Delivery,
        account: Account,
        rate_limiter: RateLimiter,
        *,
        requests_per_second: int,
        imports_per_minute: int,
        polls_at_once: bool = False,
    ) -> None:
        """Prepare; `start` starts them.

        Args:
            delivery: Has the tasks.
            account: Is asked.
            rate_limiter: Lets requests through, and stops them.
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
            polls_at_once: Whether an import has ended when it is submitted (dry run): the worker that submits
                it polls it, so no other thread decides what is sent together.
        """
        self._delivery = delivery
        self._account = account
        self._rate_limiter = rate_limiter
        self._polls_at_once = polls_at_once
        self._is_started = False
        imports_per_second = min(imports_per_minute / 60, requests_per_second)
        self._pools = [
            WorkerPool(self._submit, delivery.fail, _most_threads(imports_per_second)),
            WorkerPool(self._read, delivery.fail, _most_threads(requests_per_second / 2)),
        ]
        if not polls_at_once:
            self._pools.append(WorkerPool(self._poll, delivery.fail, _most_threads(requests_per_second / 2)))

    def start(self) -> None:
        """Start the first worker of each kind; later calls do nothing."""
        if not self._is_started:
            self._is_started = True
            for pool in self._pools:
                pool.start()

    def stop_imports(self) -> None:
        """Send no further import."""
        self._rate_limiter.stop_imports()

    def stop(self) -> None:
        """Send nothing more, and wait for the threads to end, not for long: one may hang in a request."""
        self._rate_limiter.stop()
        clock = self._rate_limiter.clock
        deadline = clock.now() + _SECONDS_TO_JOIN
        for thread in [thread for pool in self._pools for thread in pool.threads]:
            thread.join(timeout=max(0.0, deadline - clock.now()))

    def _submit(self, on_send: Callable[[], None]) -> bool:
        submitting = self._delivery.submitting
        task = submitting.next_submission()
        if task is None:
            return False
        if not isinstance(task, Batch):
            submitting.take_contract(self._account.contract())
            return True
        try:
            outcome = self._account.submit(task, on_send)
        except BaseException:
            submitting.lose_answer(task)
            raise
        submitting.take_outcome(task, outcome)
        return self._poll(on_send) if self._polls_at_once else True

    def _poll(self, on_send: Callable[[], None]) -> bool:
        confirming = self._delivery.confirming
        open_import = confirming.next_import()
        if open_import is None:
            return False
        import_id = open_import.id
        # Without a name there is nothing to ask: it counts as one that can't be understood.
        status = UNNAMED if import_id is None else self._account.poll(import_id, on_send)
        confirming.take_status(open_import, status)
        return True

    def _read(self, on_send: Callable[[], None]) -> bool:
        confirming = self._delivery.confirming
        task = confirming.next_reading()
        if task is None:
            return False
        on_send()  # it is several requests, one after the other
        if isinstance(task, MembershipCheck):
            task.ask(self._account)
            confirming.take_check(task)
        elif isinstance(task, ListReading):
            task.ask(self._account)
            confirming.take_list(task)
        elif isinstance(task, AccountReading):
            task.ask(self._account)
            confirming.take_account(task)
        elif isinstance(task, RemovalReading):
            task.ask(self._account, self._rate_limiter.pause)
            confirming.take_removals(task)
        else:
            task.ask(self._account, self._rate_limiter.pause)
            confirming.take_read_back(task)
        return True


def _most_threads(per_second: float) -> int:
    return min(_MOST_THREADS, _FEWEST_THREADS + math.ceil(_SECONDS_IN_THE_AIR * per_second))


class WorkerPool:
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
            task: Waits for something to do and does it; calls its argument when its request is sent, once or
                more or not at all. Returns whether there may be more to do.
            fail: Takes what ended a thread early.
            most_threads: How many there may be.
        """
        self.threads: list[threading.Thread] = []
        self._task = task
        self._fail = fail
        self._most_threads = most_threads
        self._next = threading.Lock()  # the worker that waits for the next task holds it
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
        self._next.acquire()
        is_next = True

        def on_send() -> None:
            nonlocal is_next
            if is_next:
                is_next = False
                self._find_successor()
                self._next.release()

        with self._lock:
            self._free -= 1
        try:
            return self._task(on_send)
        finally:
            if is_next:
                self._next.release()

    def _find_successor(self) -> None:
        with self._lock:
            if not self._free and len(self.threads) < self._most_threads:
                # Where the system gives no more threads, the running ones have to do.
                with contextlib.suppress(RuntimeError):
                    self._start_one()
