"""Owns the section about how long ActiveCampaign took to end imports."""

from __future__ import annotations

import typing as t

from target_activecampaign.report_page import drawing
from target_activecampaign.report_page.content import Plot, Section, Table, thinned
from target_activecampaign.report_page.time_axis import time_axis
from target_activecampaign.wording import counted, duration

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.report_page.drawing import Figure
    from target_activecampaign.report_page.figures import ImportsPoint, ReportFigures

_HEIGHT = 180


def import_times_section(report: ReportFigures) -> Section | None:
    """Return the section; none where the report has no times of imports."""
    points = sorted(report.import_seconds, key=lambda point: point.seconds)
    if not points:
        return None
    slowest = max(points, key=lambda point: point.p95)
    sentences = (
        f"{counted(report.imports, 'import')}. Half of them ended in {duration(_middle(points))} or less.",
        (
            f"They were slowest {duration(slowest.seconds)} after the start: 95 of 100 ended there in "
            f"{duration(slowest.p95)} or less."
        ),
    )
    return Section(
        "imports",
        "How long did ActiveCampaign take?",
        "Is the service slow today?",
        sentences,
        _plot(points),
    )


def _middle(points: Sequence[ImportsPoint]) -> float:
    medians = sorted(point.median for point in points)
    return medians[len(medians) // 2]


def _plot(points: Sequence[ImportsPoint]) -> Plot:
    rows, rest = thinned(
        [
            (duration(point.seconds), f"{point.imports:,}", f"{point.median:,.1f}", f"{point.p95:,.1f}")
            for point in points
        ]
    )
    svg = drawing.draw(
        "imports",
        "Seconds from sending an import to its end",
        f"Two lines over the run. The median lies between {min(point.median for point in points):,.0f} and "
        f"{max(point.median for point in points):,.0f} s; 95 of 100 imports took at most "
        f"{max(point.p95 for point in points):,.0f} s.",
        height=_HEIGHT,
        paint=lambda figure: _paint(figure, points),
    )
    header = ("after", "imports", "median, s", "95 %, s")
    return Plot(svg, Table("Seconds that imports took", header, rows, frozenset({1, 2, 3}), rest))


def _paint(figure: Figure, points: Sequence[ImportsPoint]) -> None:
    unit = time_axis(points[-1].seconds)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.16, right=0.83, top=0.96, bottom=0.2)
    moments = [unit.place(point.seconds) for point in points]
    medians, slow = [point.median for point in points], [point.p95 for point in points]
    marker = "o" if len(points) == 1 else ""
    axes.plot(moments, slow, color=drawing.ORANGE, linewidth=1.5, linestyle="--", marker=marker)
    axes.plot(moments, medians, color=drawing.BLUE, linewidth=1.8, marker=marker)
    highest = max(*slow, *medians, 1) * 1.1
    axes.set(xlim=(moments[0], moments[-1] if len(points) > 1 else moments[0] + 1), ylim=(0, highest))
    for line, name, place in _labels(medians[-1], slow[-1], highest):
        axes.annotate(
            name, (1.02, place / highest), xycoords="axes fraction", va="center", annotation_clip=False
        ).set_label(line)
    axes.set_ylabel("seconds to the end")
    axes.set_xlabel(f"{unit.name} since the start", labelpad=1)
    axes.grid(visible=True, axis="y")
    drawing.separated(axes.yaxis)
    drawing.separated(axes.xaxis)


def _labels(median: float, slow: float, highest: float) -> list[tuple[str, str, float]]:
    """Return the lines' names with a place beside their ends, one above the other."""
    gap = highest / 9
    higher = min(max(slow, median + gap), highest)
    return [("median", "median", min(median, higher - gap)), ("slow", "95 %", higher)]
