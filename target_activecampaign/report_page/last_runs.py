"""Owns the section about the last runs, which shows whether this one is usual."""

from __future__ import annotations

import typing as t

from target_activecampaign.report_page import drawing
from target_activecampaign.report_page.content import Plot, Section, Table, name_of, time_of
from target_activecampaign.wording import counted, duration

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.report_page.drawing import Figure
    from target_activecampaign.report_page.figures import ReportFigures, RunFigures

MOST_RUNS = 30
_HEIGHT = 236
_UNITS_OF_BARS = 328  # that lie beside each other between the axes' ends
_SHARE_OF_BARS = 0.7
_FIGURES = frozenset({0, 4, 5, 6, 7})


def last_runs_section(report: ReportFigures, runs: Sequence[RunFigures]) -> Section | None:
    """Return the section; none where fewer than two runs are known.

    Args:
        report: The run's figures.
        runs: The last ones, oldest first, this one among them.
    """
    shown = runs[-MOST_RUNS:]
    if len(shown) < 2:  # noqa: PLR2004 - one run is no series
        return None
    count = counted(len(shown), "run")
    return Section(
        "runs",
        "The last 30 runs" if len(shown) == MOST_RUNS else f"The last {count}",
        "Is today usual?",
        _sentences(report, shown),
        _plot(report, shown),
    )


def _sentences(report: ReportFigures, runs: Sequence[RunFigures]) -> list[str]:
    bad = [
        f"{run.run} ({name_of(run.result, 24)})" for run in runs if run.result not in {None, "done", "trial"}
    ]
    if not bad:
        return ["All of them ended well."]
    others = f", and {len(bad) - 8} more" if len(bad) > 8 else ""  # noqa: PLR2004 - of a line
    marked = "" if report.run is None else f" This run is {report.run}, marked in the picture."
    return [f"Not simply done: {', '.join(bad[-8:])}{others}.{marked}"]


def _plot(report: ReportFigures, runs: Sequence[RunFigures]) -> Plot:
    numbers = f"{runs[0].run:,} to {runs[-1].run:,}"
    svg = drawing.draw(
        "runs",
        f"Delivered records, rejected share and duration of the runs {numbers}",
        f"Three rows of bars, one bar a run. Run {report.run} is this one."
        if report.run is not None
        else "Three rows of bars, one bar a run.",
        height=_HEIGHT,
        paint=lambda figure: _paint(figure, report, runs),
    )
    header = ("run", "started", "result", "took", "read", "delivered", "new", "rejected")
    rows = [_row(run) for run in reversed(runs)]
    return Plot(svg, Table(f"The runs {numbers}", header, rows, _FIGURES))


def _row(run: RunFigures) -> tuple[str, ...]:
    figures = (run.read, run.delivered, run.created, run.rejected_records)
    return (
        f"{run.run:,}",
        time_of(run.started_at),
        name_of(run.result or "unknown", 24),
        "-" if run.seconds is None else duration(run.seconds),
        *("?" if figure is None else f"{figure:,}" for figure in figures),
    )


def _paint(figure: Figure, report: ReportFigures, runs: Sequence[RunFigures]) -> None:
    series: list[tuple[str, list[float | None]]] = [
        ("delivered", [run.delivered for run in runs]),
        ("rejected, %", [run.rejected_percent for run in runs]),
        ("minutes", [None if run.seconds is None else run.seconds / 60 for run in runs]),
    ]
    rows = figure.subplots(len(series), 1, sharex=True)
    figure.subplots_adjust(left=0.17, right=0.99, top=0.93, bottom=0.12, hspace=0.55)
    for axes, (name, values) in zip(rows, series, strict=True):
        _paint_row(axes, name, values, [run.run == report.run for run in runs])
    step = max(len(runs) // 6, 1)
    places = range((len(runs) - 1) % step, len(runs), step)
    rows[-1].set_xticks(list(places), [f"{runs[place].run}" for place in places])
    rows[-1].set_xlabel("run", labelpad=1)


def _paint_row(axes: t.Any, name: str, values: list[float | None], is_this: list[bool]) -> None:  # noqa: ANN401
    known = [value or 0 for value in values]
    # Wide lines instead of bars: one artist for all of them, and half the SVG.
    colours = [drawing.ORANGE if marked else drawing.GREY for marked in is_this]
    width = _SHARE_OF_BARS * _UNITS_OF_BARS / len(values)
    axes.vlines(range(len(values)), 0, known, colors=colours, linewidth=width)
    highest = max(known) or 1
    for place, marked in enumerate(is_this):
        if values[place] is None:
            axes.text(place, 0, "?", ha="center", va="bottom")
        if marked:
            axes.plot([place], [known[place] + highest * 0.14], marker="v", markersize=5, color=drawing.INK)
    axes.set_title(name, loc="left", fontsize=11, pad=2)
    axes.set(ylim=(0, highest * 1.25), xlim=(-0.6, len(values) - 0.4))
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    drawing.few_ticks(axes.yaxis)
