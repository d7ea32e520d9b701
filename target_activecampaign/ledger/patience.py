"""Owns how long the ledger waits for a lock that another process holds, and that a run which ends waits less.

The driver's own wait can't be ended by a signal, so it is short, and what it waits for is tried again.
Must not know databases, nor why a run ends.
"""

from __future__ import annotations

import threading
import typing as t

from target_activecampaign.clock import SystemClock

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.clock import Clock

_T = t.TypeVar("_T")

_LONGEST_SECONDS = 30.0  # for another run's write, which takes milliseconds
_SECONDS_BETWEEN_ATTEMPTS = 0.02  # where the driver refuses without having waited


class Patience:
    """Waits for locks. For use in any thread; `end_within` may be called by the handler of a signal."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Wait as long as usual.

        Args:
            clock: The machine's by default: that of a driver can't be replaced.
        """
        self._clock = clock or SystemClock()
        self._never = threading.Event()
        self._deadline: float | None = None
        self._waiting = 0

    @property
    def is_waiting(self) -> bool:
        """Whether another process holds a lock that this one waits for."""
        return self._waiting > 0

    def end_within(self, seconds: float) -> None:
        """Wait no longer than this from now on; the first call counts."""
        if self._deadline is None:
            self._deadline = self._clock.now() + seconds

    def seconds_left(self, usual: float) -> float:
        """Return how long to wait for what usually may take some time."""
        return usual if self._deadline is None else max(0.0, self._deadline - self._clock.now())

    @property
    def is_over(self) -> bool:
        """Whether the run has to end now."""
        return self._deadline is not None and self.seconds_left(0) <= 0

    def insist(self, act: Callable[[], _T], is_locked: Callable[[Exception], bool]) -> _T:
        """Return what an act returns, which is tried again while another process holds a lock.

        Args:
            act: May be called again after it has failed.
            is_locked: Whether an error says so.
        """
        last = self._clock.now() + _LONGEST_SECONDS
        waits = 0
        try:
            while True:
                try:
                    return act()
                except Exception as error:
                    if not is_locked(error) or self.is_over or self._clock.now() >= last:
                        raise
                if not waits:
                    waits = 1
                    self._waiting += 1
                self._clock.wait(self._never, _SECONDS_BETWEEN_ATTEMPTS)
        finally:
            self._waiting -= waits
