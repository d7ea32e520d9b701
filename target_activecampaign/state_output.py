"""Passing STATE on: the one thing that stands on standard output."""

from __future__ import annotations

import sys
import typing as t

from singer_sdk.singerlib.json import serialize_json

from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_BETWEEN_STATES = 2.0
"""An orchestrator commits every STATE line to its database, which takes it some 6 ms."""

_NONE: t.Any = object()


class StateOutput:
    """Writes STATE values, each once, and not too often."""

    def __init__(self, make_durable: Callable[[], None]) -> None:
        """Start with none written.

        Args:
            make_durable: Called before each STATE: what it covers, and is kept in files, must be on disk.
        """
        self._make_durable = make_durable
        self._last_value = _NONE
        self._last_written = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether enough time has passed since the last one."""
        return now - self._last_written >= SECONDS_BETWEEN_STATES

    def write(self, value: t.Any, now: float) -> None:  # noqa: ANN401 - whatever the tap chose
        """Write a STATE, unless it is the one that was written last.

        Raises:
            OutputError: If nobody reads standard output any more.
        """
        if value == self._last_value:
            return
        self._make_durable()
        try:
            # The SDK's own STATE writer can't encode the Decimals that its reader makes of numbers.
            sys.stdout.write(f"{serialize_json(value)}\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            msg = "standard output is closed, so no STATE can be passed on"
            raise OutputError(msg) from None
        self._last_value, self._last_written = value, now
