"""Owns how a table is written to a terminal: columns by blanks, and below 80 columns one value a line."""

from __future__ import annotations

import textwrap
import typing as t

import click

from target_activecampaign.cli.terminal import NARROW, WIDEST, width
from target_activecampaign.config.names import shown_text

if t.TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "
_NARROWEST_CELL = 24
_LONGEST_VALUE = 10_000


def write_columns(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: frozenset[str]
) -> None:
    """Write rows below a header to standard output; nothing of a value is cut.

    Args:
        header: Names of the columns.
        rows: A value for each column; the last one goes on below itself where a line gets too long.
        numbers: Columns that are aligned to the right; integers get separators.
    """
    texts = [[_text_of(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    start = sum(size + len(_GAP) for size in widths[:-1])
    # A table that is a little too wide is still read more easily than one value a line.
    room = next((most - start for most in (width(), WIDEST) if _fits(most - start, widths[-1])), None)
    if room is None or width() < NARROW:
        _write_narrow(header, texts)
        return
    for row in (list(header), *texts):
        cells = [
            text.rjust(size) if name in numbers else text.ljust(size)
            for name, text, size in zip(header, row, widths, strict=True)
        ]
        first, *others = textwrap.wrap(cells[-1], room) if len(row[-1]) > room else [cells[-1]]
        click.echo(_GAP.join([*cells[:-1], first]).rstrip())
        for other in others:
            click.echo(" " * start + other.strip())


def _fits(room: int, last: int) -> bool:
    return room >= min(last, _NARROWEST_CELL)


def _write_narrow(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write one value a line, with a blank line below each row."""
    for row in rows:
        for name, text in zip(header, row, strict=True):
            lines = textwrap.wrap(
                f"{name}: {text}", width(), subsequent_indent="  ", break_long_words=False
            ) or [f"{name}:"]
            click.echo("\n".join(lines))
        click.echo()


def _text_of(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "-" if value is None else shown_text(str(value), _LONGEST_VALUE)
