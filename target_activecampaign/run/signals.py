"""Signals: a request to stop ends the run in order; the same signal again ends it at once."""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t

from target_activecampaign.errors import InterruptedRunError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_T = t.TypeVar("_T")


class Interruption:
    """Whether the run was asked to stop.

    The handler raises where the reader waits for something outside and nothing of ours is half done
    (`at_once`); elsewhere the reader asks with `check`.
    """

    def __init__(self) -> None:
        self._first_signal: int | None = None
        self._seen: set[int] = set()
        self._raises_at_once = False

    def install(self) -> None:
        """Handle SIGTERM and SIGINT from now on."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def check(self) -> None:
        """End the run if it was asked to stop.

        Raises:
            InterruptedRunError: If so.
        """
        if self._first_signal is not None:
            raise InterruptedRunError(self._first_signal)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """For the length of the block a signal ends the run right where it is.

        Raises:
            InterruptedRunError: If the run is or was asked to stop.
        """
        try:
            self._raises_at_once = True
            self.check()
            yield
        finally:
            self._raises_at_once = False

    def guard_reading(self, chunks: Iterable[_T]) -> Iterator[_T]:
        """Give the lines of the input, some at a time; a signal ends the wait for the next ones.

        Raises:
            InterruptedRunError: If the run was asked to stop.
        """
        iterator = iter(chunks)
        while True:
            try:
                self._raises_at_once = True
                if self._first_signal is not None:
                    self.check()
                chunk = next(iterator, None)
            finally:
                self._raises_at_once = False
            if chunk is None:
                return
            yield chunk

    def _handle(self, signal_number: int, _: FrameType | None) -> None:
        if signal_number in self._seen:
            os._exit(128 + signal_number)
        self._seen.add(signal_number)
        # Ctrl-C under Meltano sends SIGINT and then SIGTERM: that is one request.
        if self._first_signal is None:
            self._first_signal = signal_number
            if self._raises_at_once:
                self._raises_at_once = False
                raise InterruptedRunError(signal_number)
