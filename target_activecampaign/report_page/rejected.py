"""Owns the section about rejected records, and about values that contacts went without."""

from __future__ import annotations

import typing as t

from target_activecampaign.report_page import drawing
from target_activecampaign.report_page.content import Plot, Section, Table, cut, name_of
from target_activecampaign.reporting.reasons import REJECTED, Explained
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from target_activecampaign.report_page.drawing import Figure
    from target_activecampaign.report_page.figures import ReportFigures

_MOST_BARS = 9
_UNITS_A_BAR = 42
_PLACES = 5
_UNKNOWN = Explained("This version does not know the reason.", "See the rejects file.", "rejected")


def rejected_section(report: ReportFigures) -> Section | None:
    """Return the section; none where nothing was rejected and no value left out."""
    if not report.rejected_records and not report.left_out:
        return None
    return Section(
        "rejected",
        "Who was rejected, and why",
        "What must be mended?",
        _sentences(report),
        _plot(report) if report.rejected_records else None,
        [
            *([_reasons(report)] if report.rejected_records else ()),
            *([_left_out(report)] if report.left_out else ()),
        ],
    )


def _sentences(report: ReportFigures) -> list[str]:
    said = []
    if report.rejected_records:
        said.append(
            f"{counted(report.rejected_records, 'record')} of {report.read:,} "
            f"({share(report.rejected_records, report.read)})"
            f" {'was' if report.rejected_records == 1 else 'were'} rejected."
        )
    else:
        said.append("No record was rejected.")
    if report.rejects is not None and report.rejects.path:
        said.append(f"They stand in {name_of(report.rejects.path, 200)}, each with its reason.")
    return said


def _ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return names with their figures, the largest first."""
    found = [(name, count) for name, count in counts.items() if count]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _plot(report: ReportFigures) -> Plot:
    ranked = _ranked(report.rejected)
    bars = [(name_of(name, 28), count, _before(report, name)) for name, count in ranked[:_MOST_BARS]]
    if others := sum(count for _, count in ranked[_MOST_BARS:]):
        bars.append((f"{len(ranked) - _MOST_BARS:,} other reasons", others, None))
    rows = [(name, f"{count:,}", "-" if before is None else f"{before:,}") for name, count, before in bars]
    description = "; ".join(f"{name} {count:,}" for name, count, _ in bars)
    svg = drawing.draw(
        "rejected",
        "Rejected records by reason",
        description,
        height=_UNITS_A_BAR * len(bars) + 6,
        paint=lambda figure: _paint(figure, bars),
    )
    header = ("reason", "records", "in the run before")
    return Plot(svg, Table("Rejected records by reason", header, rows, frozenset({1, 2})))


def _before(report: ReportFigures, reason: str) -> int | None:
    return None if report.before is None else report.before.rejected.get(reason, 0)


def _paint(figure: Figure, bars: list[tuple[str, int, int | None]]) -> None:
    axes = figure.add_axes((0.01, 0, 0.98, 1))
    largest = max(max(count, before or 0) for _, count, before in bars)
    axes.set(xlim=(0, largest), ylim=(len(bars) - 0.4, -0.62))
    axes.axis("off")
    for place, (name, count, before) in enumerate(bars):
        said = "" if before is None else f" (in the run before: {before:,})"
        axes.text(0, place - 0.22, f"{name}: {count:,}{said}", va="center", fontsize=12)
        axes.barh(place + 0.12, max(count, largest / 200), height=0.28, color=drawing.ORANGE)
        if before:
            axes.barh(
                place + 0.33,
                before,
                height=0.12,
                color=drawing.PAPER,
                edgecolor=drawing.GREY,
                hatch="////",
            )


def _reasons(report: ReportFigures) -> Table:
    rows, rest = cut(_ranked(report.rejected), "reasons", lambda one: _row(report, *one))
    header = ("reason", "records", "before", "what it means, and what to do", "the first of them")
    return Table("What the reasons mean, and what to do", header, rows, frozenset({1, 2}), rest)


def _row(report: ReportFigures, name: str, count: int) -> tuple[str, ...]:
    meaning, remedy, *_ = REJECTED.get(name, _UNKNOWN)
    before = _before(report, name)
    return (
        name_of(name),
        f"{count:,}",
        "-" if before is None else f"{before:,}",
        f"{meaning} {remedy}",
        _places(report, name),
    )


def _places(report: ReportFigures, reason: str) -> str:
    """Name the first records of a reason, as the person's file or the input counts them."""
    known = report.rejects.reasons.get(reason) if report.rejects else None
    if known is None:
        return "-"
    kinds = (("row", known.rows), ("line", known.lines), ("record", known.records))
    kind, places = next((one for one in kinds if one[1]), ("", []))
    return f"{kind} {', '.join(name_of(str(one), 16) for one in places[:_PLACES])}" if places else "-"


def _left_out(report: ReportFigures) -> Table:
    rows, rest = cut(_ranked(report.left_out), "fields", lambda one: (name_of(one[0]), f"{one[1]:,}"))
    caption = "Values that could not be written: their contacts went without them"
    return Table(caption, ("field", "values left out"), rows, frozenset({1}), rest)
