"""Owns what is known of a file's columns from all its rows: how full they are, and of what kind. Pure.

It keeps a bounded number of different values of each column, and must not know the account.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from target_activecampaign.contacts.text import trim

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_VALUES = 2_000
"""Different values of a column that are kept; of one with more only the count of rows goes on."""
MOST_OF_ANY_KIND = 0.8
"""Share of the filled cells from which on a column is of a kind."""

_FEW_WORDS = 6
_LONGEST_WORD = 30
_LEAST_LISTS = 0.1
_MOST_LIST_WORDS = 200
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\W\d_]{2,}>?")
_PHONE = re.compile(r"'?[(+]{0,2}\d[\d ()./-]{4,24}\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?|\d{1,2}[./]\d{1,2}[./](\d\d){1,2}( .*)?")
_WORD = re.compile(r"[^\W\d_][\w &'/-]*")


@dataclass
class Column:
    """One column, as far as its rows were looked at.

    Attributes:
        name: Its header.
        rows: Rows that were looked at.
        filled: Cells with a value.
        values: Different values to how often they came, of the first `MOST_VALUES`.
        has_more_values: Whether there are more than those.
        emails: Cells that hold an address.
        phones: Cells that may hold a phone number.
        dates: Cells that hold a day.
        holds_booleans: Whether JSON's own `true` or `false` stands in it.
        lists: Cells that hold several words, with commas or semicolons between.
    """

    name: str
    rows: int = 0
    filled: int = 0
    values: Counter[str] = field(default_factory=Counter)
    has_more_values: bool = False
    emails: int = 0
    phones: int = 0
    dates: int = 0
    holds_booleans: bool = False
    lists: int = 0

    def add(self, cell: object) -> None:
        """Look at the cell of one row."""
        self.rows += 1
        if isinstance(cell, str):
            text = trim(cell)
        else:
            text = "" if cell is None else str(cell)
            self.holds_booleans |= isinstance(cell, bool)
        if not text:
            return
        self.filled += 1
        if text in self.values or len(self.values) < MOST_VALUES:
            self.values[text] += 1
        else:
            self.has_more_values = True
        if "@" in text:
            self.emails += _EMAIL.fullmatch(text) is not None
        elif text[0].isdigit() or text[0] in "+('":
            self.phones += _PHONE.fullmatch(text) is not None
            self.dates += _DATE.fullmatch(text) is not None
        elif "," in text or ";" in text:
            self.lists += len(words_of(text)) > 1

    @property
    def holds_addresses(self) -> bool:
        """Whether nearly all of it are addresses."""
        return self._is_mostly(self.emails)

    @property
    def holds_phone_numbers(self) -> bool:
        """Whether nearly all of it may be phone numbers, and is no date."""
        return self._is_mostly(self.phones) and not self.holds_dates

    @property
    def holds_dates(self) -> bool:
        """Whether nearly all of it are days."""
        return self._is_mostly(self.dates)

    @property
    def holds_few_words(self) -> bool:
        """Whether it holds a handful of short values, like yes and no."""
        return 0 < len(self.values) <= _FEW_WORDS and not self.has_more_values

    @property
    def words(self) -> Mapping[str, int]:
        """The words of its lists to how often they came; empty where it holds none."""
        if self.has_more_values or self.lists < self.filled * _LEAST_LISTS or not self.lists:
            return {}
        found: Counter[str] = Counter()
        for text, count in self.values.items():
            for word in words_of(text) or [text]:
                found[word] += count
        is_small = len(found) <= _MOST_LIST_WORDS and max(map(len, found)) <= _LONGEST_WORD
        return found if is_small else {}

    def examples(self, most: int) -> list[str]:
        """Return the first different values."""
        return list(self.values)[:most]

    def _is_mostly(self, cells: int) -> bool:
        return bool(self.filled) and cells >= MOST_OF_ANY_KIND * self.filled


def words_of(text: str) -> list[str]:
    """Return the words of a list with commas or semicolons; empty where a part is no word."""
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    return parts if all(_WORD.fullmatch(part) and len(part) <= _LONGEST_WORD for part in parts) else []


def look_at(headers: Sequence[str], rows: Iterable[Mapping[str, t.Any]]) -> dict[str, Column]:
    """Return what all rows tell of each column."""
    columns = {name: Column(name) for name in headers}
    adders = [(name, column.add) for name, column in columns.items()]
    for row in rows:
        for name, add in adders:
            add(row.get(name))
    return columns
