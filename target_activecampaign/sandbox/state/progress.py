"""When an import ends: at once, after n looks at it, after t seconds, never. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FIRST_SECOND = 1.0
"""Sandbox seconds in which the status may be the boolean false (import status reference)."""


@dataclass(frozen=True)
class Progress:
    """A rule. Written `at-once`, `looks=3`, `seconds=1.5` or `never`.

    Attributes:
        amount: Looks, or sandbox seconds, until the import ends.
    """

    kind: Literal["at-once", "looks", "seconds", "never"]
    amount: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Progress:
        """Read a rule.

        Raises:
            ValueError: It is none.
        """
        kind, _, amount = text.partition("=")
        if kind in ("at-once", "never") and not amount:
            return cls("never" if kind == "never" else "at-once")
        try:
            number = float(amount)
        except ValueError:
            number = -1.0
        if kind not in ("looks", "seconds") or not 0 <= number < float("inf"):
            message = f"progress is at-once, looks=N, seconds=T or never, not {text!r}"
            raise ValueError(message)
        return cls("looks" if kind == "looks" else "seconds", number)

    def __str__(self) -> str:
        """Return the rule as `parse` reads it."""
        return f"{self.kind}={self.amount:g}" if self.kind in ("looks", "seconds") else self.kind

    def status(self, looks: int, seconds: float) -> str:
        """Return the word for an import that is open: `received`, `waiting`, `claimed` or `active`.

        `received` is the state that the API shows as the boolean false.
        """
        passed, first = (looks, 2) if self.kind == "looks" else (seconds, FIRST_SECOND)
        if passed < first:
            return "received"
        share = (passed - first) / max(self.amount - first, first)
        return ("waiting", "claimed", "active")[min(int(share * 3), 2)]
