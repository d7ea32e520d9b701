"""The rate limiter: lets threads through within the account's rate limits, before each request."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from target_activecampaign.api.rate_limits import Kind, RateLimits

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.api.rate_limits import Permit
    from target_activecampaign.clock import Clock


class StoppedError(Exception):
    """A wait ended because the run stops."""


class RateLimiter:
    """Lets requests through at the account's pace. Threads may share it.

    Attributes:
        waited_seconds: How long imports had to wait for their turn, summed over all of them.
    """

    def __init__(self, requests_per_second: int, imports_per_minute: int, clock: Clock) -> None:
        """Start with full allowances.

        Args:
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
            clock: Where time comes from.
        """
        self.clock = clock
        self.waited_seconds = 0.0
        self.import_slot_seconds: float = 60 / imports_per_minute
        self._limits = RateLimits(requests_per_second, imports_per_minute)
        self._changed = threading.Condition()
        self._waiting = 0
        # Of each kind one thread reckons with time, the others queue behind it.
        self._queues: dict[Kind, threading.Lock] = {kind: threading.Lock() for kind in t.get_args(Kind)}
        self._imports_stopped = threading.Event()
        self._stopped = threading.Event()

    def wait_for_request(self) -> Permit:
        """Wait until a request may be sent; give the permit back with `end`.

        Raises:
            StoppedError: If the run stops.
        """
        return self._wait("request")

    def wait_for_poll(self) -> Permit:
        """Wait until an import's status may be asked for; give the permit back with `end`.

        Raises:
            StoppedError: If the run stops.
        """
        return self._wait("look")

    def wait_for_read_back(self) -> Permit:
        """Wait until a contact may be read back; give the permit back with `end`.

        Raises:
            StoppedError: If the run stops.
        """
        return self._wait("verification")

    def wait_for_import(self, contacts: int) -> Permit:
        """Wait until an import and its request may be sent; give the permit back with `end`.

        Args:
            contacts: In the import; a single one has a limit of its own.

        Raises:
            StoppedError: If the run stops, or stops sending.
        """
        started = self.clock.now()
        permit = self._wait("single import" if contacts == 1 else "import")
        with self._changed:
            self.waited_seconds += permit.sent_at - started
        return permit

    def end(self, permit: Permit, *, is_answered: bool) -> None:
        """Take a permit back: its request is over.

        Args:
            permit: The permit.
            is_answered: Whether the service answered at all, whatever it said.
        """
        with self._changed:
            self._limits.end(permit, self.clock.now(), is_answered=is_answered)
            self._tell_who_waits()

    def learn_window(self, permits: int) -> None:
        """Learn how many requests the service says it lets through in its window."""
        with self._changed:
            self._limits.learn_window(permits)
            self._tell_who_waits()

    def hold_requests(self, seconds: float) -> None:
        """Let no request through for a time: the service said so."""
        with self._changed:
            self._limits.hold("requests", self.clock.now() + seconds)

    def hold_imports(self, seconds: float) -> None:
        """Let no import through for a time: the importer said so."""
        with self._changed:
            self._limits.hold("imports", self.clock.now() + seconds)

    def pause(self, seconds: float) -> None:
        """Wait before another try.

        Raises:
            StoppedError: If the run stops.
        """
        if self.clock.wait(self._stopped, seconds):
            raise StoppedError

    def stop_imports(self) -> None:
        """Let no import through any more; what waits for one raises `StoppedError`."""
        with self._changed:
            self._imports_stopped.set()
            self._changed.notify_all()

    def stop(self) -> None:
        """Let nothing through any more."""
        with self._changed:
            self._imports_stopped.set()
            self._stopped.set()
            self._changed.notify_all()

    def _wait(self, kind: Kind) -> Permit:
        stop = self._imports_stopped if "import" in kind else self._stopped
        with self._queues[kind], self._changed, self._counted(kind):
            while not stop.is_set():
                now = self.clock.now()
                moment = self._limits.moment_for(kind, now)
                if moment <= now:
                    return self._limits.take(kind, now)
                self.clock.wait_for_change(self._changed, moment - now)
            raise StoppedError

    @contextlib.contextmanager
    def _counted(self, kind: Kind) -> Iterator[None]:
        self._limits.begin_waiting(kind)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self._limits.end_waiting(kind)
            self._tell_who_waits()

    def _tell_who_waits(self) -> None:
        """What one takes or gives back may let another through."""
        if self._waiting:
            self._changed.notify_all()
