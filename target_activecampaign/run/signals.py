"""Owns SIGTERM, SIGINT and SIGHUP: the first ends the run in order, the same signal again ends it at once.

Must not know how a run ends in order (`run.py`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t

from target_activecampaign.errors import InterruptedRunError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

_T = t.TypeVar("_T")


@contextlib.contextmanager
def handlers_restored() -> Iterator[None]:
    """Leave the handlers of signals as they were: somebody answers questions before a run and after it."""
    names = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    before = [(number, signal.getsignal(number)) for number in names]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


class Interruption:
    """Knows whether a signal asked the run to stop.

    Where the reader waits for input or for the account and no work of ours is half done, the handler raises
    (`guard_reading`, `at_once`). Elsewhere it only remembers the signal, and the reader asks with `check`.
    """

    def __init__(self) -> None:
        self._first_signal: int | None = None
        self._seen: set[int] = set()
        self._raises_at_once = False
        self.is_reading = False
        """Whether the next part of the input is waited for."""
        self.on_stop: Callable[[], None] = lambda: None
        """Called by the handler of the first signal: must take no lock, and raise nothing."""

    @property
    def exit_code(self) -> int | None:
        """The exit code of a run that was asked to stop, else None."""
        return None if self._first_signal is None else InterruptedRunError(self._first_signal).exit_code

    def install(self) -> None:
        """Handle SIGTERM and SIGINT from now on, and SIGHUP unless the process was started to ignore it."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)
        hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
        if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:  # as `nohup` sets it
            signal.signal(hang_up, self._handle)

    def check(self) -> None:
        """End the run if it was asked to stop.

        Raises:
            InterruptedRunError: If so.
        """
        if self._first_signal is not None:
            raise InterruptedRunError(self._first_signal)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal end the run at any point of the block.

        Raises:
            InterruptedRunError: If the run is or was asked to stop.
        """
        try:
            self._raises_at_once = True
            self.check()
            yield
        finally:
            self._raises_at_once = False

    def guard_reading(self, parts: Iterable[_T]) -> Iterator[_T]:
        """Pass on the parts of the input, and let a signal end the wait for the next one.

        Raises:
            InterruptedRunError: If the run was asked to stop.
        """
        iterator = iter(parts)
        while True:
            try:
                self._raises_at_once = True
                if self._first_signal is not None:
                    self.check()
                self.is_reading = True
                part = next(iterator, None)
            finally:
                self._raises_at_once = self.is_reading = False
            if part is None:
                return
            yield part

    def _handle(self, signal_number: int, _: FrameType | None) -> None:
        if signal_number in self._seen:
            os._exit(128 + signal_number)
        self._seen.add(signal_number)
        # Ctrl-C under Meltano sends SIGINT and then SIGTERM: that is one request.
        if self._first_signal is None:
            self._first_signal = signal_number
            self.on_stop()
            if self._raises_at_once:
                self._raises_at_once = False
                raise InterruptedRunError(signal_number)
