"""Owns the picture of a whole and its parts: one bar, and beside it the name and figure of each part."""

from __future__ import annotations

import itertools
import typing as t

from target_activecampaign.report_page import drawing
from target_activecampaign.wording import share

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.report_page.drawing import Figure

_HEIGHT = 196
_THINNEST = 0.015  # of the whole: a part of a few records is seen all the same
_LINE = 0.125  # of the whole: one line of letters with its gap


class Part(t.NamedTuple):
    """A part of the whole.

    Attributes:
        name: In the words of the page.
        figure: How many.
        colour: One of the page's.
        hatch: A pattern, as matplotlib calls it, so that parts differ without their hue; empty where plain.
    """

    name: str
    figure: int
    colour: str
    hatch: str = ""


def draw_parts(name: str, title: str, parts: Sequence[Part], *, with_shares: bool = True) -> str:
    """Return the picture; of parts that are 0 it shows none.

    Args:
        name: Of the plot, unique on the page.
        title: For screen readers.
        parts: From the top to the bottom.
        with_shares: Whether the parts are one of a whole that means something.
    """
    shown = [part for part in parts if part.figure]
    whole = sum(part.figure for part in shown)
    labels = [_label(part, whole if with_shares else 0) for part in shown]
    return drawing.draw(
        name,
        title,
        "; ".join(labels),
        height=_HEIGHT,
        paint=lambda figure: _paint(figure, shown, whole, labels),
    )


def _paint(figure: Figure, parts: Sequence[Part], whole: int, labels: Sequence[str]) -> None:
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 4), ylim=(1.04, -0.04))
    axes.axis("off")
    sizes = [max(part.figure / whole, _THINNEST) for part in parts]
    edges = [sum(sizes[:place]) / sum(sizes) for place in range(len(sizes) + 1)]
    middles = [(top + bottom) / 2 for top, bottom in itertools.pairwise(edges)]
    for part, label, top, bottom, middle, line in zip(
        parts, labels, edges, edges[1:], middles, _spread(middles), strict=False
    ):
        axes.bar(
            0.35,
            bottom - top,
            bottom=top,
            width=0.6,
            color=drawing.PAPER if part.hatch else part.colour,
            edgecolor=part.colour,
            hatch=part.hatch,
        )
        axes.plot([0.67, 0.8, 0.92], [middle, line, line], color=drawing.MUTED, linewidth=0.8)
        axes.text(0.98, line, label, va="center", fontsize=12.5)


def _label(part: Part, whole: int) -> str:
    return f"{part.figure:,} {part.name}" + (f" ({share(part.figure, whole)})" if whole else "")


def _spread(middles: Sequence[float]) -> list[float]:
    """Return places for lines of letters: near the middles, in their order, none over another."""
    lines: list[float] = []
    for middle in middles:
        lines.append(max(middle, lines[-1] + _LINE) if lines else max(middle, _LINE / 2))
    latest = 1 - _LINE / 2
    for place in reversed(range(len(lines))):
        lines[place] = min(lines[place], latest)
        latest = lines[place] - _LINE
    return lines
