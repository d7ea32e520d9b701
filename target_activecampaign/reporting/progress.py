"""Owns the figures of a run that goes on: what one look at it tells. Pure.

docs/design/progress.md says where each comes from, and what a run waits for.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Cause: t.TypeAlias = t.Literal[
    "input",
    "import_limit",
    "request_limit",
    "service_asked_to_wait",
    "imports_to_end",
    "read_back",
    "removals",
    "ledger_lock",
    "other_runs",
]
"""What a run waits for."""

_SECONDS_PER_MINUTE = 60
_LONGEST_ETA_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a run.

    Attributes:
        seconds: Since the run began.
        read: Records read; of these the next five had that outcome.
        ceiling_per_minute: Contacts that the limits let through in a minute.
        imports_per_minute: As the setting of this name.
        per_minute: Contacts delivered in the last minute, or as many as the time so far makes in one.
        imports_open: Imports that ActiveCampaign took and has not ended.
        oldest_import_seconds: The age of the oldest of them.
        usual_import_seconds: The median time of an import; `None` before one has ended.
        waiting_for: `None` where the run waits for nothing.
        asked_seconds: For how long the service asked to wait, where it said that.
        total: Records that the input has; `None` where that is not known.
        run: Its number.
        reads_file: Whether the input is a file that a person named.
    """

    seconds: float
    read: int = 0
    delivered: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: int = 0
    held_back: int = 0
    ceiling_per_minute: int = 0
    imports_per_minute: int = 0
    per_minute: int = 0
    imports_open: int = 0
    oldest_import_seconds: float | None = None
    usual_import_seconds: float | None = None
    waiting_for: Cause | None = None
    asked_seconds: float | None = None
    total: int | None = None
    run: int | None = None
    reads_file: bool = False

    @property
    def settled(self) -> int:
        """Records that have their outcome."""
        return self.delivered + self.unchanged + self.superseded + self.rejected + self.held_back

    @property
    def percent(self) -> int | None:
        """The share of all records that have their outcome; never 100 before the last one has."""
        if not self.total:
            return None
        return min(100, 100 * self.settled // self.total)

    @property
    def eta_seconds(self) -> int | None:
        """How long the rest takes at the limits; `None` where that can't be told, or is above 12 hours."""
        if self.total is None or self.usual_import_seconds is None or not self.ceiling_per_minute:
            return None
        left = max(0, self.total - self.settled)
        seconds = _SECONDS_PER_MINUTE * left / self.ceiling_per_minute + self.usual_import_seconds
        return round(seconds) if seconds <= _LONGEST_ETA_SECONDS else None

    def as_fields(self) -> dict[str, int | str | None]:
        """Return the fields of a log record: whole numbers, `None` where one is not known."""
        oldest = self.oldest_import_seconds
        return {
            "read": self.read,
            "delivered": self.delivered,
            "unchanged": self.unchanged,
            "superseded": self.superseded,
            "rejected": self.rejected,
            "held_back": self.held_back,
            "total": self.total,
            "percent": self.percent,
            "per_minute": self.per_minute,
            "ceiling_per_minute": self.ceiling_per_minute,
            "imports_open": self.imports_open,
            "oldest_import_seconds": None if oldest is None else int(oldest),
            "waiting_for": self.waiting_for,
            "eta_seconds": self.eta_seconds,
            "seconds": int(self.seconds),
            "run": self.run,
        }
