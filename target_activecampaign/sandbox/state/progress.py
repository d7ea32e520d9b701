"""Owns the rule for the end of an import: at once, after n polls, after t seconds, never. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

FIRST_SECOND = 1.0
"""Sandbox seconds in which the status may be the boolean false (import status reference)."""


@dataclass(frozen=True)
class Progress:
    """A rule, written `at-once`, `looks=3` (polls), `seconds=1.5` or `never`.

    Attributes:
        amount: Polls, or sandbox seconds, until the import ends.
    """

    kind: t.Literal["at-once", "looks", "seconds", "never"]
    amount: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Progress:
        """Parse a rule.

        Raises:
            ValueError: The text is no rule.
        """
        kind, _, amount = text.partition("=")
        if kind in ("at-once", "never") and not amount:
            return cls("never" if kind == "never" else "at-once")
        try:
            number = float(amount)
        except ValueError:
            number = -1.0
        if kind not in ("looks", "seconds") or not 0 <= number < float("inf"):
            raise ValueError(f"progress is at-once, looks=N, seconds=T or never, not {text!r}")
        return cls("looks" if kind == "looks" else "seconds", number)

    def __str__(self) -> str:
        """Return the rule in the form that `parse` reads."""
        return f"{self.kind}={self.amount:g}" if self.kind in ("looks", "seconds") else self.kind

    def status(self, polls: int, seconds: float) -> str:
        """Return the status of an open import: `received`, `waiting`, `claimed` or `active`.

        The API shows `received` as the boolean false.
        """
        passed, first = (polls, 2) if self.kind == "looks" else (seconds, FIRST_SECOND)
        if passed < first:
            return "received"
        share = (passed - first) / max(self.amount - first, first)
        return ("waiting", "claimed", "active")[min(int(share * 3), 2)]
