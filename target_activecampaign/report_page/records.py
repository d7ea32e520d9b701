"""Owns the section about the outcomes of all records."""

from __future__ import annotations

import typing as t

from target_activecampaign.report_page.content import Plot, Section, Table, cut, name_of
from target_activecampaign.report_page.drawing import BLUE, GREY, ORANGE
from target_activecampaign.report_page.stacked_bar import Part, draw_parts
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from target_activecampaign.report_page.figures import Figures, ReportFigures

_FIGURES = frozenset(range(1, 9))


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
        _plot(report) if report.read else None,
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
    rows, rest = cut([_row(name, figures) for name, figures in report.streams.items()], "streams")
    header = ("stream", "read", "new", "updated", "unchanged", "merged", "rejected", "held back", "no answer")
    return Table("Records by stream", header, rows, _FIGURES, rest)


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    figures_of_row = (
        figures.read,
        figures.created,
        figures.updated,
        figures.unchanged,
        figures.superseded,
        figures.rejected_records,
        figures.held_back,
        figures.unsettled,
    )
    return (name_of(name), *(f"{figure:,}" for figure in figures_of_row))
