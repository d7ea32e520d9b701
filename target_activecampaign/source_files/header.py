"""Owns what the first row of a file must be: a name for each column, each once."""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict

from target_activecampaign.errors import SourceFileError

if t.TYPE_CHECKING:
    from collections.abc import Sequence

NOTES_OF_REJECTS = ("_reason", "_detail", "_source")
"""Columns that a rejects file has behind those of its source, and that are no part of a record."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def read_header(file_name: str, row: int, cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a file's columns, without unnamed ones at its end.

    Args:
        file_name: For messages.
        row: Line of the header.
        cells: Of the header.

    Raises:
        SourceFileError: Naming every column without a name, or whose name another one has.
    """
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if any(map(_ADDRESS.search, names)):
        raise SourceFileError(
            f"{file_name}, row {row}: the first row holds an address, so it is a person and no header. Put a "
            "row with the names of the columns above it"
        )
    if not names:
        raise SourceFileError(
            f"{file_name}, row {row}: the first row names no column. Put the names of the columns into it"
        )
    problems = [*_unnamed(names), *_repeated(names)]
    if problems:
        raise SourceFileError(
            f"{file_name}, row {row} (header): {'; '.join(problems)}. Give each column a name of its own, or "
            "take the column out"
        )
    return tuple(names)


def _unnamed(names: Sequence[str]) -> list[str]:
    numbers = [str(number) for number, name in enumerate(names, start=1) if not name]
    if not numbers:
        return []
    return [
        f"column {numbers[0]} has no name"
        if len(numbers) == 1
        else f"columns {_listed(numbers)} have no name"
    ]


def _repeated(names: Sequence[str]) -> list[str]:
    numbers: defaultdict[str, list[str]] = defaultdict(list)
    for number, name in enumerate(names, start=1):
        numbers[name].append(str(number))
    return [
        f'columns {_listed(places)} are named alike, "{name}"'
        for name, places in numbers.items()
        if name and len(places) > 1
    ]


def _listed(numbers: Sequence[str]) -> str:
    return f"{', '.join(numbers[:-1])} and {numbers[-1]}"
