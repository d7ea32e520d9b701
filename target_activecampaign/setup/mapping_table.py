"""Owns how the draft of a mapping is shown: a line for each column of the file, with an example. Pure."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.contacts.custom_fields import takes_options
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.setup.columns import Column
    from target_activecampaign.setup.draft import Draft, Line

_HEADER = ("  ", "your column", "ActiveCampaign", "filled", "example", "found by")
_LONGEST_NAME = 26
_LONGEST_EXAMPLE = 20
_EXAMPLES = 3
_MOST_LINES = 60
_NARROW = 80  # columns of a terminal
_KEY = "(key of your rows)"


def mapping_table(draft: Draft, columns: Mapping[str, Column], width: int = 100) -> list[str]:
    """Return the lines of the table; below 80 columns one value a line.

    Args:
        draft: What goes where.
        columns: Of the file.
        width: Of a line.
    """
    numbered = list(enumerate(draft.lines, 1))
    shown = [one for one in numbered if one[0] <= _MOST_LINES or one[1].place or one[1].is_key]
    rows = [_row(number, line, columns[line.column]) for number, line in shown]
    lines = _narrow(rows) if width < _NARROW else _wide([_HEADER, *rows])
    if left := len(numbered) - len(shown):
        columns_left = counted(left, "more column")
        lines.append(f"  and {columns_left} that go nowhere; type the name of one to change it")
    return lines


def _wide(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADER))]
    return [f"  {_joined(row, widths)}".rstrip() for row in rows]


def _narrow(rows: list[tuple[str, ...]]) -> list[str]:
    lines = []
    for number, *values in rows:
        named = [f"{name}: {text}" for name, text in zip(_HEADER[1:], values, strict=True) if text]
        lines += [f"  {number:>2}  {named[0]}", *(f"      {line}" for line in named[1:])]
    return lines


def _row(number: int, line: Line, column: Column) -> tuple[str, ...]:
    place = (
        _KEY if line.is_key else "-" if line.place is None else shown_text(line.place.shown, _LONGEST_NAME)
    )
    return (
        str(number),
        shown_text(line.column, _LONGEST_NAME),
        place,
        share(column.filled, column.rows),
        _example(line, column),
        line.found_by,
    )


def _example(line: Line, column: Column) -> str:
    """Return a value; several of a field that has options, since they are few and show the spelling."""
    field = line.place.field if line.place else None
    most = _EXAMPLES if field is not None and takes_options(field.type) else 1
    return shown_text(", ".join(column.examples(most)), _LONGEST_EXAMPLE)


def _joined(row: tuple[str, ...], widths: list[int]) -> str:
    number, column, place, filled, example, found_by = (
        text.rjust(width) if index in {0, 3} else text.ljust(width)
        for index, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"{number}  {column}  {place}  {filled}  {example}  {found_by}"
