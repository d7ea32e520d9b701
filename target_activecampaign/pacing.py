"""Pacing: why did it wait twelve seconds? The only module that knows time.

Owns the run's clock and the account's rate limits, kept before a request is sent, over sliding windows.
"""

from __future__ import annotations

import threading
import time
import typing as t

from pyrate_limiter import InMemoryBucket, Rate, RateItem

if t.TYPE_CHECKING:
    from collections.abc import Sequence

REQUESTS_PER_SECOND = 5
"""All endpoints and keys of an account together (rate limits reference, 2026-08)."""

IMPORTS_PER_MINUTE = 100
"""Requests to the bulk importer (bulk importer reference, 2026-08)."""

SINGLE_IMPORTS_SHARE = 5
"""One in five of these may hold a single contact: 20 a minute (bulk importer reference, 2026-08)."""

# Requests of ours reach the service with varying delay, so two of them may arrive closer together than we
# sent them. The windows are this much longer than the service's, and at least so many seconds.
_REQUEST_MARGIN = 1.08
_IMPORT_MARGIN = 1.01
_LEAST_MARGIN_SECONDS = 0.01

_SHORTEST_WINDOW_SECONDS = 0.01  # the limiter counts in milliseconds


class StoppedError(Exception):
    """A wait ended because the run stops."""


class Clock(t.Protocol):
    """Time as the run sees it, so that tests need not wait."""

    def now(self) -> float:
        """Seconds since some moment, never going back."""

    def date(self) -> int:
        """Seconds since 1970."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for a time or for the event; whether the event is set."""

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a time or until somebody notifies; the caller holds the condition."""


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()

    def date(self) -> int:
        """Seconds since 1970."""
        return int(time.time())

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for a time or for the event; whether the event is set."""
        return stop.wait(seconds)

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a time or until somebody notifies; the caller holds the condition."""
        changed.wait(seconds)


class Pacer:
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
        self._lock = threading.Lock()
        self._imports_stopped = threading.Event()
        self._stopped = threading.Event()
        self._held_until = {"request": 0.0, "import": 0.0}
        self._requests = _windows(requests_per_second, 1, REQUESTS_PER_SECOND, _REQUEST_MARGIN)
        # Looking at imports takes half of the requests at the most: the other half is for sending.
        self._looks = _windows(requests_per_second, 2, REQUESTS_PER_SECOND, _REQUEST_MARGIN)
        self._imports = _windows(imports_per_minute, 60, IMPORTS_PER_MINUTE, _IMPORT_MARGIN)
        self._single_imports = _windows(
            imports_per_minute / SINGLE_IMPORTS_SHARE,
            60,
            IMPORTS_PER_MINUTE / SINGLE_IMPORTS_SHARE,
            _IMPORT_MARGIN,
        )

    def wait_for_request(self) -> None:
        """Wait until a request may be sent.

        Raises:
            StoppedError: If the run stops.
        """
        self._wait(self._requests, ["request"], self._stopped)

    def wait_for_look(self) -> None:
        """Wait until an import's status may be asked for: within the share of requests for that.

        Raises:
            StoppedError: If the run stops.
        """
        self._wait(self._requests + self._looks, ["request"], self._stopped)

    def wait_for_verification(self) -> None:
        """Wait until a contact may be read back: that never takes the last half of a window's requests.

        Raises:
            StoppedError: If the run stops.
        """
        self._wait(self._requests, ["request"], self._stopped, share=0.5)

    def wait_for_import(self, contacts: int) -> None:
        """Wait until an import may be sent, with the request that carries it.

        Args:
            contacts: In the import; a single one has a limit of its own.

        Raises:
            StoppedError: If the run stops, or stops sending.
        """
        started = self.clock.now()
        buckets = self._requests + self._imports
        if contacts == 1:
            buckets += self._single_imports
        self._wait(buckets, ["request", "import"], self._imports_stopped)
        with self._lock:
            self.waited_seconds += self.clock.now() - started

    def hold_requests(self, seconds: float) -> None:
        """Let no request through for a time: the service said so."""
        self._hold("request", seconds)

    def hold_imports(self, seconds: float) -> None:
        """Let no import through for a time: the importer said so."""
        self._hold("import", seconds)

    def pause(self, seconds: float) -> None:
        """Wait before another try.

        Raises:
            StoppedError: If the run stops.
        """
        if self.clock.wait(self._stopped, seconds):
            raise StoppedError

    def stop_imports(self) -> None:
        """Let no import through any more; what waits for one raises `StoppedError`."""
        self._imports_stopped.set()

    def stop(self) -> None:
        """Let nothing through any more."""
        self._imports_stopped.set()
        self._stopped.set()

    def _hold(self, kind: str, seconds: float) -> None:
        with self._lock:
            self._held_until[kind] = max(self._held_until[kind], self.clock.now() + seconds)

    def _wait(
        self,
        buckets: Sequence[InMemoryBucket],
        holds: Sequence[str],
        stop: threading.Event,
        share: float = 1.0,
    ) -> None:
        while not stop.is_set() and (seconds := self._seconds_to_wait(buckets, holds, share)):
            self.clock.wait(stop, seconds)
        if stop.is_set():
            raise StoppedError

    def _seconds_to_wait(
        self,
        buckets: Sequence[InMemoryBucket],
        holds: Sequence[str],
        share: float,
    ) -> float:
        """Take a permit of every bucket and return 0, or say how long it takes until there may be one.

        All at the same moment: a permit that is taken, and then waits for another, leaves its window before
        its request was sent.
        """
        with self._lock:
            now = self.clock.now()
            held_until = max(self._held_until[hold] for hold in holds)
            if now < held_until:
                return held_until - now
            item = RateItem("permit", int(now * 1000))
            if milliseconds := max(_milliseconds_to_room(bucket, item, share) for bucket in buckets):
                return milliseconds / 1000
            for bucket in buckets:
                bucket.put(item)
            return 0


def _milliseconds_to_room(bucket: InMemoryBucket, item: RateItem, share: float) -> int:
    """How long until no more than a share of the window's permits is taken, this one included."""
    bucket.leak(item.timestamp)
    (rate,) = bucket.rates
    most = max(1, int(rate.limit * share))
    taken = bucket.count()
    if taken < most:
        return 0
    # Both ends of a window belong to it.
    return max(1, bucket.items[taken - most].timestamp + int(rate.interval) - item.timestamp + 1)


def _windows(limit: float, seconds: float, documented: float, margin: float) -> list[InMemoryBucket]:
    """Sliding windows that keep `limit` permits in so many seconds.

    A limit below 1 is kept as one permit in a longer window. One above the documented limit is kept in a
    shorter window as well, with as many permits as the documented one: raised or not, requests come evenly.
    """
    longer = 1 / min(1.0, limit)
    windows = [(max(1, int(limit)), seconds * longer)]
    if limit > documented:
        shorter = seconds * documented / limit
        several = max(1, round(_SHORTEST_WINDOW_SECONDS / shorter))
        windows.append((int(documented * several), shorter * several))
    return [
        InMemoryBucket([Rate(permits, round(1000 * max(window * margin, window + _LEAST_MARGIN_SECONDS)))])
        for permits, window in windows
    ]
