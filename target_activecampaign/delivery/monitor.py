"""The monitor: the lock that the threads of a delivery share, with the phase of the run and its failure."""

from __future__ import annotations

import enum
import threading
import typing as t

if t.TYPE_CHECKING:
    import types
    from collections.abc import Callable

    from target_activecampaign.clock import Clock

LONGEST_WAIT_SECONDS = 0.5
"""Time may make something due as well, so nobody waits longer for a change."""


class Phase(enum.IntEnum):
    """How far a run is; it never goes back."""

    READING = 0
    INPUT_ENDED = 1
    ABANDONED = 2  # nothing more is submitted
    OVER = 3  # nothing more is asked of the account


class Monitor:
    """A lock with two conditions; use it as a context manager. Its attributes are set under it.

    Attributes:
        clock: The run's.
        failure: What ended the delivery early.
    """

    def __init__(self, clock: Clock, has_to_read: Callable[[], bool]) -> None:
        """Prepare for a run.

        Args:
            clock: The run's.
            has_to_read: Whether there is something to read from the account.
        """
        self.clock = clock
        self.failure: BaseException | None = None
        self._phase = Phase.READING
        self._has_to_read = has_to_read
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._to_read = threading.Condition(lock)

    def __enter__(self) -> None:
        """Take the lock."""
        self._changed.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._changed.release()

    def has_reached(self, phase: Phase) -> bool:
        """Return whether a run is in a phase or further; a failed one is over."""
        return self._phase >= phase or self.failure is not None

    @property
    def input_has_ended(self) -> bool:
        """Whether all input was read."""
        return self._phase >= Phase.INPUT_ENDED

    def reach(self, phase: Phase) -> None:
        """Go on to a phase, and wake all threads."""
        self._phase = max(self._phase, phase)
        self.notify()

    def fail(self, error: BaseException) -> None:
        """Keep the first failure, and wake all threads."""
        self.failure = self.failure or error
        self.notify()

    def raise_failure(self) -> None:
        """Raise what ended the delivery early, if anything did."""
        if self.failure is not None:
            raise self.failure

    def wait(self, seconds: float = LONGEST_WAIT_SECONDS) -> None:
        """Wait for a change, not for long."""
        self.clock.wait_for_change(self._changed, min(seconds, LONGEST_WAIT_SECONDS))

    def wait_to_read(self) -> None:
        """Wait for something to read from the account, not for long."""
        self.clock.wait_for_change(self._to_read, LONGEST_WAIT_SECONDS)

    def notify(self) -> None:
        """Wake the threads for which something may have changed.

        Most runs read little back. Woken every time, the thread that waits for that would find nothing, and
        take interpreter and lock from the others.
        """
        self._changed.notify_all()
        if self._has_to_read() or self.has_reached(Phase.OVER):
            self._to_read.notify_all()
