"""Owns what is wrong with single rows of a file: counted, and the first of each kind named by their rows."""

from __future__ import annotations

from dataclasses import dataclass

from target_activecampaign.wording import counted

_NAMED = 5


class RowProblems:
    """Rows of one kind that something is wrong with.

    Attributes:
        count: How many.
        rows: The first ones.
    """

    def __init__(self, what: str) -> None:
        """Start without any.

        Args:
            what: What is wrong and what comes of it, to stand behind the rows.
        """
        self._what = what
        self.count = 0
        self.rows: list[int] = []

    def add(self, row: int) -> None:
        """Count a row."""
        self.count += 1
        if len(self.rows) < _NAMED:
            self.rows.append(row)

    def sentence(self) -> str:
        """Return the count, the rows and what is wrong with them, `3 rows (18, 44, 61): …`."""
        rows = ", ".join(f"{row:,}" for row in self.rows)
        more = " …" if self.count > len(self.rows) else ""
        return f"{counted(self.count, 'row')} ({rows}{more}): {self._what}"


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong with some rows of a file.

    Attributes:
        kind: `short`, `long` or `swallowed`.
        count: How many rows.
        rows: The first ones, by their line in the file.
        text: A sentence for a person.
    """

    kind: str
    count: int
    rows: tuple[int, ...]
    text: str
