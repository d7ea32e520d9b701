"""Owns the input of a preview, which may end before its file does."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable


class LimitedInput:
    """Hands out a file as the message reader takes it, until enough records were read.

    Attributes:
        is_cut: Whether something was left unread.
    """

    def __init__(
        self,
        file: t.IO[t.Any],
        most_records: int | None,
        count: Callable[[], int],
        on_bytes: Callable[[int], None],
    ) -> None:
        """Start at the file's beginning.

        Args:
            file: Of bytes.
            most_records: Only the first ones are read; `None` for all.
            count: How many were read so far.
            on_bytes: Is told how many bytes are handed out.
        """
        self._on_bytes = on_bytes
        self._file = file
        self._read1: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._most = most_records
        self._count = count
        self._lines: list[bytes] = []
        self.is_cut = False

    def read1(self, size: int) -> bytes:
        """Return some bytes; nothing at the end. Where records are counted, a line."""
        if self._most is None:
            data = self._read1(size)
            self._on_bytes(len(data))
            return data
        line = self._next_line(size)
        if line and self._count() >= self._most:
            self.is_cut = True
            return b""
        self._on_bytes(len(line))
        return line

    def _next_line(self, size: int) -> bytes:
        if not self._lines:
            *whole, rest = self._read1(size).split(b"\n")
            self._lines = [line + b"\n" for line in whole] + [rest] * bool(rest)
            self._lines.reverse()
        return self._lines.pop() if self._lines else b""
