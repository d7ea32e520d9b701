"""Owns how a table is written to a terminal: columns by blanks, and below 80 columns one value a line."""

from __future__ import annotations

import typing as t

import click

from target_activecampaign.cli.terminal import NARROW, WIDEST, width
from target_activecampaign.config.names import shown_text

if t.TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "


def write_columns(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: frozenset[str]
) -> None:
    """Write rows below a header to standard output.

    Args:
        header: Names of the columns.
        rows: A value for each column; the last one is cut where a line gets longer than 100 characters.
        numbers: Columns that are aligned to the right; integers get separators.
    """
    texts = [[_text_of(value) for value in row] for row in rows]
    if width() < NARROW:
        for row in texts:
            click.echo("\n".join(f"{name}: {text}" for name, text in zip(header, row, strict=True)) + "\n")
        return
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    for row in (list(header), *texts):
        cells = [
            text.rjust(width) if name in numbers else text.ljust(width)
            for name, text, width in zip(header, row, widths, strict=True)
        ]
        click.echo(shown_text(_GAP.join(cells).rstrip(), WIDEST))


def _text_of(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "-" if value is None else shown_text(str(value))
