"""A pseudo-terminal whose screen a test reads as a person sees it."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import typing as t

import pyte


class PseudoTerminal:
    """The two ends of a terminal: a program writes to `stream` or `slave`, a test reads `lines`.

    Attributes:
        slave: File descriptor for a child process.
        stream: The same as a text stream of this process.
        written: All bytes that were read from the program so far.
    """

    def __init__(self, columns: int = 100, rows: int = 24) -> None:
        self._master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.stream: t.TextIO = os.fdopen(os.dup(self.slave), "w", buffering=1)
        self.written = b""
        self._screen = pyte.Screen(columns, rows)
        self._feed = pyte.ByteStream(self._screen)

    def lines(self) -> list[str]:
        """Return what stands on the screen, without empty lines at its end."""
        self._read()
        shown = [line.rstrip() for line in self._screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def close(self) -> None:
        self.stream.close()
        os.close(self.slave)
        os.close(self._master)

    def _read(self) -> None:
        while select.select([self._master], [], [], 0)[0]:
            data = os.read(self._master, 65_536)
            self.written += data
            self._feed.feed(data)
