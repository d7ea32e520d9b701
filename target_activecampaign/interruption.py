"""Signals: a request to stop ends the run in order; the same signal again ends it at once."""

from __future__ import annotations

import os
import signal
import typing as t

from target_activecampaign.errors import InterruptedRunError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType


class Interruption:
    """Whether the run was asked to stop.

    The handler raises while the reader waits for input, where nothing of ours is half done; elsewhere the
    reader asks with `check`.
    """

    def __init__(self) -> None:
        self._signal_number: int | None = None
        self._is_reading = False

    def install(self) -> None:
        """Handle SIGTERM and SIGINT from now on."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def check(self) -> None:
        """End the run if it was asked to stop.

        Raises:
            InterruptedRunError: If so.
        """
        if self._signal_number is not None:
            raise InterruptedRunError(self._signal_number)

    def guard_reading(self, lines: Iterable[str | bytes]) -> Iterator[str | bytes]:
        """Give the lines of the input; a signal ends the wait for the next one.

        Raises:
            InterruptedRunError: If the run was asked to stop.
        """
        iterator = iter(lines)
        while True:
            self._is_reading = True
            self.check()
            try:
                line = next(iterator)
            except StopIteration:
                return
            finally:
                self._is_reading = False
            yield line

    def _handle(self, signal_number: int, _: FrameType | None) -> None:
        if self._signal_number == signal_number:
            os._exit(128 + signal_number)
        # Ctrl-C under Meltano sends SIGINT and then SIGTERM: that is one request.
        if self._signal_number is None:
            self._signal_number = signal_number
            if self._is_reading:
                self._is_reading = False
                raise InterruptedRunError(signal_number)
