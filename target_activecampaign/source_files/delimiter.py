"""Owns which sign separates the columns of a file: the one by which most rows are as wide as the header."""

from __future__ import annotations

import contextlib
import csv
import re
import typing as t

from target_activecampaign.errors import SourceFileError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""Each with its name for people."""

_NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|"}
_SAYS_ITSELF = re.compile(r"sep=(.)\r?\n?\Z")


def named_delimiter(name: str) -> str:
    """Return the delimiter that a person named, as a sign or a word.

    Raises:
        SourceFileError: If it is none of those that files have.
    """
    delimiter = _NAMES.get(name.lower(), name)
    if delimiter not in DELIMITERS:
        raise SourceFileError("--delimiter: write comma, semicolon, tab or bar, or the sign itself")
    return delimiter


def said_delimiter(line: str) -> str | None:
    """Return the delimiter that Excel's line `sep=;` names; `None` where a line is another one."""
    match = _SAYS_ITSELF.match(line)
    return match[1] if match and match[1] in DELIMITERS else None


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter of a file by its first lines; a comma where there is one column alone."""
    scores = {delimiter: _score(lines, delimiter) for delimiter in DELIMITERS}
    return max(scores, key=lambda one: scores[one])


def _score(lines: Iterable[str], delimiter: str) -> tuple[int, int]:
    """Return how many rows are as wide as the header, and how wide that is."""
    widths = [len(row) for row in _rows(lines, delimiter)]
    if not widths or widths[0] == 1:
        return 0, 0
    return widths.count(widths[0]), widths[0]


def is_wider_below(lines: Iterable[str], delimiter: str) -> bool:
    """Tell whether a first row of one cell stands above rows that mostly have one width, and more cells."""
    rows = _rows(lines, delimiter)
    if not rows or any(map(str.strip, rows[0][1:])):
        return False
    widths = [len(row) for row in rows[1:]]
    usual = max(set(widths), key=widths.count, default=1)
    return usual > 1 and widths.count(usual) > len(widths) / 2


def _rows(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # a quote that does not end, where this is no delimiter
        rows.extend(row for row in csv.reader(lines, delimiter=delimiter) if any(row))
    return rows
