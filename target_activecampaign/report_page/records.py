"""Owns the section about the outcomes of all records."""

from __future__ import annotations

import typing as t

from target_activecampaign.report_page.content import Plot, Section, Table, cut, name_of
from target_activecampaign.report_page.drawing import BLUE, GREY, ORANGE
from target_activecampaign.report_page.stacked_bar import Part, draw_parts
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.report_page.figures import Figures, ReportFigures

_COLUMNS: dict[str, Callable[[Figures], int]] = {
    "read": lambda figures: figures.read,
    "new": lambda figures: figures.created,
    "updated": lambda figures: figures.updated,
    "unchanged": lambda figures: figures.unchanged,
    "merged": lambda figures: figures.superseded,
    "rejected": lambda figures: figures.rejected_records,
    "held back": lambda figures: figures.held_back,
    "no answer": lambda figures: figures.unsettled,
}


def records_section(report: ReportFigures, sums: str) -> Section:
    """Return the section.

    Args:
        report: The run's figures.
        sums: All outcomes as one sum.
    """
    return Section(
        "records",
        "What became of the records",
        "Did everybody arrive?",
        (sums, *_beside_the_sum(report)),
        _plot(report) if any(part.figure for part in _parts(report)) else None,
        (_streams(report),) if report.streams else (),
    )


def _plot(report: ReportFigures) -> Plot:
    parts = _parts(report)
    rows = [(part.name, f"{part.figure:,}", share(part.figure, report.read)) for part in parts if part.figure]
    return Plot(
        draw_parts("records", "Records by outcome", parts),
        Table("Records by outcome", ("outcome", "records", "share"), rows, frozenset({1, 2})),
    )


def _parts(report: ReportFigures) -> list[Part]:
    created = min(report.created, report.delivered)
    return [
        Part("delivered, new", created, BLUE),
        Part("delivered, updated", report.delivered - created, BLUE, "////"),
        Part("unchanged", report.unchanged, GREY),
        Part("merged repeats", report.superseded, GREY, "////"),
        Part("rejected", report.rejected_records, ORANGE),
        Part("held back", report.held_back, ORANGE, "////"),
        Part("without an answer", report.unsettled, ORANGE, "xx"),
    ]


def _beside_the_sum(report: ReportFigures) -> list[str]:
    """Return sentences on records that are no part of the sum."""
    said = []
    if report.filtered:
        said.append(f"A stream map left out {counted(report.filtered, 'further record')}.")
    if report.ignored:
        said.append(f"{counted(report.ignored, 'record')} of streams that are not exported, or deletions.")
    return said


def _streams(report: ReportFigures) -> Table:
    """Return a row for each stream, without the outcomes that no record of the run has."""
    columns = [name for name, figure_of in _COLUMNS.items() if name == "read" or figure_of(report)]
    rows, rest = cut(
        report.streams.items(),
        "streams",
        lambda one: (name_of(one[0]), *(f"{_COLUMNS[column](one[1]):,}" for column in columns)),
    )
    numbers = frozenset(range(1, len(columns) + 1))
    return Table("Records by stream", ("stream", *columns), rows, numbers, rest)
