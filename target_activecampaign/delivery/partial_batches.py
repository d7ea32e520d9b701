"""Partial batches: when a batch leaves that is not full. Pure, time is an argument."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PartialBatches:
    """Decides when a stream that does not fill a batch is sent all the same.

    Attributes:
        is_reading: Whether the input is being read; where the reader waits for us, a stream is not silent.
    """

    def __init__(self, silence_seconds: float = 3.0, trickle_seconds: float = 30.0) -> None:
        """Start without any stream.

        Args:
            silence_seconds: A stream that brings no contact for so long is sent.
            trickle_seconds: With nothing else to send, streams that take longer than that to fill a batch
                are sent.
        """
        self.is_reading = True
        self._silence_seconds = silence_seconds
        self._trickle_seconds = trickle_seconds
        self._last_contact: dict[str, float] = {}
        self._last_closed: float | None = None

    def note_contacts(self, streams: Iterable[str], now: float) -> None:
        """Note that streams brought contacts."""
        if self._last_closed is None:
            self._last_closed = now
        self._last_contact.update(dict.fromkeys(streams, now))

    def note_closed(self, now: float) -> None:
        """Note that partial batches may leave."""
        self._last_closed = now

    def due(self, filling: Sequence[str], now: float, *, can_take: bool) -> list[str]:
        """Return the streams whose partial batches may leave, while the input goes on.

        Args:
            filling: Streams that do not fill a batch.
            now: Seconds on the run's clock.
            can_take: Whether there is something else to send.
        """
        if not self.is_reading or self._last_closed is None:
            return []
        if not can_take and now - self._last_closed >= self._trickle_seconds:
            return list(filling)
        silent_since = now - self._silence_seconds
        return [stream for stream in filling if self._last_contact[stream] <= silent_since]
