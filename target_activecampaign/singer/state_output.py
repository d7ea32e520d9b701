"""Owns standard output, which holds STATE lines and nothing else."""

from __future__ import annotations

import errno
import os
import sys
import typing as t

from singer_sdk.singerlib.json import serialize_json

from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_BETWEEN_STATES = 2.0
"""An orchestrator commits every STATE line to its database, which takes it some 6 ms."""


def text_of(value: t.Any) -> str:  # noqa: ANN401 - whatever the tap chose
    """Return a STATE's value as the JSON that is written.

    The SDK's own STATE writer can't encode the Decimals that its reader makes of numbers.
    """
    return serialize_json(value)


class StateOutput:
    """Writes STATE values, each once, and not too often."""

    def __init__(self, make_durable: Callable[[], None], *, is_silent: bool = False) -> None:
        """Start with none written.

        Args:
            make_durable: Called before each STATE: what it covers, and is kept in files, must be on disk.
            is_silent: Write none at all: in a dry run nothing is delivered.
        """
        self._make_durable = make_durable
        self._is_silent = is_silent
        self._last_line = ""
        self._last_written = float("-inf")

    def is_due(self, now: float) -> bool:
        """Tell whether enough time has passed since the last one."""
        return now - self._last_written >= SECONDS_BETWEEN_STATES

    def check(self) -> None:
        """Make sure, before anything is sent, that there is a standard output.

        Raises:
            OutputError: If it was closed from the start.
        """
        # Python has no object for a stream that was closed when it started.
        if t.cast("t.Any", sys.stdout) is None or sys.stdout.closed:
            raise _problem("is closed")

    def write(self, text: str, now: float) -> None:
        """Write a STATE, as JSON, unless it is the one that was written last.

        Raises:
            OutputError: If standard output is no longer read, or can't be written.
        """
        if self._is_silent:
            return
        line = f"{text}\n"
        if line == self._last_line:
            return
        self._make_durable()
        try:
            sys.stdout.write(line)
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            _discard_output()
            is_full = isinstance(error, OSError) and error.errno == errno.ENOSPC
            raise _problem("is full" if is_full else "is closed") from None
        self._last_line, self._last_written = line, now


def _problem(what: str) -> OutputError:
    return OutputError(f"standard output {what}, so no STATE can be passed on. Run again")


def _discard_output() -> None:
    """Discard the rest of the buffer, else Python shows an error when the process ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        return  # no file behind it: a test's, or closed
