"""Owns the parts that sections of the page are made of: tables, plots, and how names stand in them."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_text

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

_Item = t.TypeVar("_Item")

MOST_ROWS = 50
"""Rows of a table; the rest is counted."""
_LONGEST_NAME = 60


class Table(t.NamedTuple):
    """A table of texts.

    Attributes:
        caption: Says what it shows.
        header: Names of the columns.
        rows: At most `MOST_ROWS`; the first cell names its row.
        numbers: Columns that hold figures, by place.
        rest: Says how many rows are not shown; empty where all are.
    """

    caption: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    rest: str = ""


class Plot(t.NamedTuple):
    """A picture, and its figures as a table.

    Attributes:
        svg: An `svg` element.
        table: Holds the same figures.
    """

    svg: str
    table: Table


class Section(t.NamedTuple):
    """A part of the page.

    Attributes:
        id: Its anchor.
        title: Its heading.
        question: Answered by it; stands under the heading.
        sentences: Follow the plot, or stand alone.
        plot: None where there is nothing to draw.
        tables: Those that are always shown.
    """

    id: str
    title: str
    question: str
    sentences: Sequence[str] = ()
    plot: Plot | None = None
    tables: Sequence[Table] = ()


def name_of(text: str, most: int = _LONGEST_NAME) -> str:
    """Return a name that somebody made up for the page: short, and without characters that do something.

    Args:
        text: The name.
        most: Characters of the result, escapes included.
    """
    shown = shown_text(text[: most + 1], most)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def time_of(moment: dt.datetime) -> str:
    """Return date and time to the minute, as the report's time zone has them."""
    offset = moment.strftime("%z")
    zone = "UTC" if offset in {"+0000", "-0000"} else offset
    return f"{moment:%Y-%m-%d %H:%M} {zone}"


def cut(
    items: Iterable[_Item], what: str, row_of: Callable[[_Item], tuple[str, ...]]
) -> tuple[Sequence[tuple[str, ...]], str]:
    """Return the first rows of a table, and how many more there are.

    Args:
        items: One for each row.
        what: The word for several.
        row_of: Returns the row of an item.
    """
    known = list(items)
    rest = len(known) - MOST_ROWS
    return [
        row_of(one) for one in known[:MOST_ROWS]
    ], f"{rest:,} more {what} are not shown." if rest > 0 else ""


def thinned(rows: Sequence[tuple[str, ...]]) -> tuple[Sequence[tuple[str, ...]], str]:
    """Return rows of a table at even distances, the last one among them, and how many there are."""
    if len(rows) <= MOST_ROWS:
        return rows, ""
    last = len(rows) - 1
    places = [round(last * place / (MOST_ROWS - 1)) for place in range(MOST_ROWS)]
    return [rows[place] for place in places], f"{MOST_ROWS} of {len(rows):,} points, at even distances."
