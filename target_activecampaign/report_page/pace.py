"""Owns the section about the run's pace, and about what it waited for."""

from __future__ import annotations

import itertools
import typing as t

from target_activecampaign.report_page import drawing
from target_activecampaign.report_page.content import Plot, Section, Table, cut, name_of, thinned
from target_activecampaign.report_page.time_axis import time_axis
from target_activecampaign.wording import duration, share

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.report_page.drawing import Figure
    from target_activecampaign.report_page.figures import ReportFigures, TimelinePoint

CEILING = 25_000
"""Contacts a minute that ActiveCampaign's importer takes: 100 imports of 250."""
_MOST_LANES = 5
_LANE_UNITS = 17
_PLOT_UNITS = 150
_CAUSES = {
    "input": "the tap",
    "import_limit": "the import limit",
    "request_limit": "the request limit",
    "service_asked_to_wait": "asked to wait",
    "imports_to_end": "imports to end",
    "read_back": "reading back",
    "removals": "removals",
    "ledger_lock": "the ledger's lock",
    "other_runs": "other runs",
}
"""What a run waits for, in words; the report's key `waiting` has the same names."""


def pace_section(report: ReportFigures) -> Section | None:
    """Return the section; none where the report has neither pace nor waits."""
    points = sorted(report.timeline, key=lambda point: point.seconds)
    if len(points) < 2 and not report.waiting:  # noqa: PLR2004 - one point is no line
        return None
    ceiling = report.ceiling_per_minute or CEILING
    return Section(
        "pace",
        "Was it fast?",
        "What did it wait for?",
        _sentences(report, points, ceiling),
        _plot(points, ceiling) if len(points) > 1 else None,
        [_waits(report)] if report.waiting else (),
    )


def _sentences(report: ReportFigures, points: Sequence[TimelinePoint], ceiling: int) -> list[str]:
    said = []
    if points:
        fastest = max(point.per_minute for point in points)
        reached = share(round(fastest), ceiling)
        said.append(
            f"At most {fastest:,.0f} contacts a minute: {reached} of ActiveCampaign's ceiling, {ceiling:,}."
        )
    waits = {cause: seconds for cause, seconds in report.waiting.items() if seconds}
    if waits:
        longest = max(waits, key=lambda cause: waits[cause])
        said.append(f"It waited longest for {_cause(longest)}: {duration(waits[longest])}.")
    return said


def _cause(name: str) -> str:
    return _CAUSES.get(name) or name_of(name, 24)


def _plot(points: Sequence[TimelinePoint], ceiling: int) -> Plot:
    lanes = _lanes(points)
    rows, rest = thinned(
        [
            (
                duration(point.seconds),
                f"{point.per_minute:,.0f}",
                f"{point.delivered:,}",
                _cause(point.waiting_for) if point.waiting_for else "-",
            )
            for point in points
        ]
    )
    fastest = max(point.per_minute for point in points)
    svg = drawing.draw(
        "pace",
        "Contacts a minute over the run",
        f"At most {fastest:,.0f} a minute, below a dashed line at {ceiling:,}. "
        f"Lanes under it show what it waited for: {', '.join(lanes) or 'nothing'}.",
        height=_PLOT_UNITS + 24 + _LANE_UNITS * len(lanes),
        paint=lambda figure: _paint(figure, points, ceiling, lanes),
    )
    header = ("after", "contacts a minute", "delivered", "waiting for")
    return Plot(svg, Table("Contacts a minute over the run", header, rows, frozenset({1, 2}), rest))


def _lanes(points: Sequence[TimelinePoint]) -> dict[str, list[tuple[float, float]]]:
    """Return what was waited for, the longest first, and from when to when."""
    found: dict[str, list[tuple[float, float]]] = {}
    for point, following in itertools.pairwise(points):
        if point.waiting_for:
            spans = found.setdefault(_cause(point.waiting_for), [])
            if spans and spans[-1][1] == point.seconds:
                spans[-1] = (spans[-1][0], following.seconds)
            else:
                spans.append((point.seconds, following.seconds))
    ranked = sorted(found.items(), key=lambda one: -sum(end - start for start, end in one[1]))
    return dict(ranked[:_MOST_LANES])


def _paint(
    figure: Figure,
    points: Sequence[TimelinePoint],
    ceiling: int,
    lanes: dict[str, list[tuple[float, float]]],
) -> None:
    unit = time_axis(points[-1].seconds)
    heights = [_PLOT_UNITS, _LANE_UNITS * len(lanes)] if lanes else [_PLOT_UNITS]
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights, "hspace": 0.06}
    )[:, 0]
    height = sum(heights) + 24
    figure.subplots_adjust(left=0.285, right=0.99, top=1 - 8 / height, bottom=34 / height)
    moments = [unit.place(point.seconds) for point in points]
    paces = [point.per_minute for point in points]
    axes[0].fill_between(moments, paces, color=drawing.BLUE, alpha=0.12, linewidth=0)
    axes[0].plot(moments, paces, color=drawing.BLUE, linewidth=1.8)
    axes[0].axhline(ceiling, color=drawing.ORANGE, linestyle="--", linewidth=1.4)
    axes[0].text(moments[-1], ceiling * 1.02, f"ceiling {ceiling:,}", ha="right", va="bottom")
    axes[0].set(xlim=(moments[0], moments[-1] or 1), ylim=(0, max(*paces, ceiling) * 1.14))
    axes[0].set_ylabel("contacts a minute")
    axes[0].grid(visible=True, axis="y")
    drawing.separated(axes[0].yaxis)
    drawing.separated(axes[-1].xaxis)
    axes[-1].set_xlabel(f"{unit.name} since the start", labelpad=1)
    if lanes:
        _paint_lanes(axes[1], lanes, unit.seconds)


def _paint_lanes(axes: t.Any, lanes: dict[str, list[tuple[float, float]]], unit: int) -> None:  # noqa: ANN401
    for place, spans in enumerate(lanes.values()):
        shown = [(start / unit, (end - start) / unit) for start, end in spans]
        axes.broken_barh(shown, (place - 0.32, 0.64), color=drawing.GREY, linewidth=0)
    axes.set(ylim=(len(lanes) - 0.5, -0.5))
    axes.set_yticks(range(len(lanes)), list(lanes))
    axes.spines["left"].set_visible(False)


def _share_of(seconds: float, whole: float) -> str:
    return share(round(min(seconds, whole)), round(whole)) if whole else "-"


def _waits(report: ReportFigures) -> Table:
    ranked = sorted(report.waiting.items(), key=lambda one: (-one[1], one[0]))
    whole = report.seconds or 0
    rows, rest = cut(
        [one for one in ranked if one[1]],
        "causes",
        lambda one: (_cause(one[0]), f"{one[1]:,.0f}", _share_of(one[1], whole)),
    )
    header = ("waiting for", "seconds", "of the run")
    return Table("Seconds by what the run waited for", header, rows, frozenset({1, 2}), rest)
