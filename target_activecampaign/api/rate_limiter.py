"""The rate limiter: lets requests of all threads through within the account's rate limits.

Owns waiting: for a permit, for the end of a hold, for another try. It must not know why a request is sent,
nor decide which may go: `rate_limits` does. `docs/design/rate-limits.md` has the whole picture.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import typing as t
from collections import Counter

from target_activecampaign.api.rate_limits import Kind, RateLimits
from target_activecampaign.shared_limits.sharing import Described

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_activecampaign.api.rate_limits import Permit
    from target_activecampaign.clock import Clock
    from target_activecampaign.shared_limits.schedule import Slot
    from target_activecampaign.shared_limits.sharing import Sharing


logger = logging.getLogger(__name__)

# A refusal for the importer's rate holds imports for this many import slots, doubling.
_FIRST_HOLD_SLOTS = 10
_LONGEST_HOLD_SLOTS = 100


class StoppedError(Exception):
    """A wait ended because the run stops."""


class Wait(t.NamedTuple):
    """What requests wait for.

    Attributes:
        cause: As progress calls it.
        asked_seconds: For how long the service asked to wait, where it said that.
    """

    cause: t.Literal["import_limit", "request_limit", "service_asked_to_wait"]
    asked_seconds: float | None = None


class RateLimiter:
    """Lets requests through at the account's pace. Threads may share it.

    Attributes:
        clock: The source of time.
        waited_seconds: How long imports waited for their permits, summed over all of them.
        import_slot_seconds: A minute divided by the imports that may go in it.
    """

    def __init__(self, requests_per_second: int, imports_per_minute: int, clock: Clock) -> None:
        """Start with all permits free.

        Args:
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
            clock: The source of time.
        """
        self.clock = clock
        self.waited_seconds = 0.0
        self.import_slot_seconds: float = 60 / imports_per_minute
        self._limits = RateLimits(requests_per_second, imports_per_minute)
        self._changed = threading.Condition()
        self._waiting: Counter[Kind] = Counter()
        self._asked_seconds = 0.0  # by the hold of requests that was the last
        self._backs_off_until = -math.inf
        self._import_refusals = 0  # since the last import that was accepted
        # One thread of each kind watches the time, the others queue behind it.
        self._queues: dict[Kind, threading.Lock] = {kind: threading.Lock() for kind in t.get_args(Kind)}
        self._imports_stopped = threading.Event()
        self._stopped = threading.Event()
        self._sharing: Sharing | None = None

    def share(self, sharing: Sharing) -> None:
        """Keep the limits together with other runs from now on.

        Raises:
            ServerError: If their server can't be used.
        """
        sharing.start(self._describe, self._take_answer)
        self._sharing = sharing

    def _describe(self) -> Described:
        with self._changed:
            return Described(self._limits.windows(), self._limits.most_jitter())

    def _take_answer(self, held: Mapping[str, float]) -> None:
        """Take that other requests may go now, and for how many seconds some may not."""
        with self._changed:
            for what, seconds in held.items():
                self._limits.hold("imports" if what == "imports" else "requests", self.clock.now() + seconds)
            self._changed.notify_all()

    def wait_for_request(self) -> Permit:
        """Wait until a request may be sent; give the permit back with `end`.

        Raises:
            StoppedError: If the run stops.
        """
        return self._wait("request")

    def wait_for_poll(self) -> Permit:
        """Wait until an import may be polled; give the permit back with `end`.

        Raises:
            StoppedError: If the run stops.
        """
        return self._wait("poll")

    def wait_for_read_back(self) -> Permit:
        """Wait until a contact may be read back; give the permit back with `end`.

        Raises:
            StoppedError: If the run stops.
        """
        return self._wait("read-back")

    def wait_for_import(self, contacts: int) -> Permit:
        """Wait until an import may be sent; give the permit back with `end`.

        Args:
            contacts: How many it holds; imports of one have a limit of their own.

        Raises:
            StoppedError: If the run stops, or sends no more imports.
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
            is_answered: Whether a response came, of any kind.
        """
        with self._changed:
            jitter = self._limits.end(permit, self.clock.now(), is_answered=is_answered)
            if self._sharing is not None and permit.slot is not None:
                self._sharing.end(permit.slot, jitter)
            self._wake_waiting()

    def learn_window(self, permits: int) -> None:
        """Learn how many requests the service lets through in its window, as it says."""
        with self._changed:
            self._limits.learn_window(permits)
            self._wake_waiting()

    def hold_requests(self, seconds: float) -> None:
        """Let no request through for a time."""
        with self._changed:
            self._asked_seconds = seconds
            self._note_refusal("requests")
            self._limits.hold("requests", self.clock.now() + seconds)
        if self._sharing is not None:
            self._sharing.hold("requests", seconds)

    def hold_imports(self, seconds: float) -> None:
        """Let no import through for a time."""
        with self._changed:
            self._limits.hold("imports", self.clock.now() + seconds)
        if self._sharing is not None:
            self._sharing.hold("imports", seconds)

    def back_off_imports(self) -> None:
        """Let no import through for a time that doubles: the importer refused one for its rate."""
        with self._changed:
            self._note_refusal("imports")
            doubled = _FIRST_HOLD_SLOTS << min(self._import_refusals, 8)
            self._import_refusals += 1
            seconds = min(_LONGEST_HOLD_SLOTS, doubled) * self.import_slot_seconds
            self._backs_off_until = max(self._backs_off_until, self.clock.now() + seconds)
        self.hold_imports(seconds)

    def _note_refusal(self, what: t.Literal["requests", "imports"]) -> None:
        """Make room for others that use the account, and say so once; runs that share know of each other."""
        if self._sharing is None and self._limits.note_refusal(what, self.clock.now()):
            logger.warning(
                "ActiveCampaign refuses requests for their rate while this run is below its limit, so "
                "another program uses the account. This run sends less from now on. Share the limits with "
                "other runs (rate_limit_url), or split them by hand (requests_per_second, imports_per_minute)"
            )

    def note_accepted_import(self) -> None:
        """Start the next back-off from its first time again."""
        with self._changed:
            self._import_refusals = 0

    def find_wait(self) -> Wait | None:
        """Return what requests wait for now; `None` where none waits, or none but polls and read-backs."""
        with self._changed:
            now = self.clock.now()
            cause = self._limits.find_cause([kind for kind, count in self._waiting.items() if count], now)
            if cause == "held requests":
                return Wait("service_asked_to_wait", self._asked_seconds)
            if cause == "held imports":
                is_own = self._backs_off_until > now
                return Wait("import_limit" if is_own else "service_asked_to_wait")
            return None if cause is None else Wait(cause)

    def pause(self, seconds: float) -> None:
        """Wait before another try.

        Raises:
            StoppedError: If the run stops.
        """
        if self.clock.wait(self._stopped, seconds):
            raise StoppedError

    def stop_imports(self) -> None:
        """Let no import through any more; those that wait raise `StoppedError`."""
        with self._changed:
            self._imports_stopped.set()
            self._changed.notify_all()

    def stop(self) -> None:
        """Let no request through any more; those that wait raise `StoppedError`."""
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
                    slot = self._take_slot(kind, now)
                    if not isinstance(slot, float):
                        permit = self._limits.take(kind, now)
                        permit.slot = slot
                        return permit
                    moment = slot
                elif self._sharing is not None:
                    self._sharing.withdraw(kind)
                self.clock.wait_for_change(self._changed, moment - now)
            raise StoppedError

    def _take_slot(self, kind: Kind, now: float) -> Slot | float | None:
        """Return the slot of a request, or when to ask again; `None` where runs share nothing."""
        return None if self._sharing is None else self._sharing.take(kind, now, self._limits.most_jitter())

    @contextlib.contextmanager
    def _counted(self, kind: Kind) -> Iterator[None]:
        self._limits.begin_waiting(kind)
        self._waiting[kind] += 1
        try:
            yield
        finally:
            self._waiting[kind] -= 1
            self._limits.end_waiting(kind)
            if self._sharing is not None:
                self._sharing.withdraw(kind)
            self._wake_waiting()

    def _wake_waiting(self) -> None:
        """Wake the waiting threads: a permit that is taken or given back may let another kind through."""
        if any(self._waiting.values()):
            self._changed.notify_all()
