"""Owns the section about people who left a list, or were to leave it."""

from __future__ import annotations

import typing as t

from target_activecampaign.report_page.content import Plot, Section, Table, cut, name_of
from target_activecampaign.report_page.drawing import BLUE, GREY, ORANGE
from target_activecampaign.report_page.stacked_bar import Part, draw_parts
from target_activecampaign.reporting.reasons import LEFT_ALONE
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from target_activecampaign.report_page.figures import ReportFigures

_LONGEST_REASON = 400
_UNKNOWN = "This version does not know the reason."


def membership_section(report: ReportFigures) -> Section | None:
    """Return the section; none where nobody left or was to leave."""
    if not (
        report.unsubscribed
        or report.left_alone
        or report.pending_removals
        or report.mirror
        or report.still_unsubscribed
    ):
        return None
    return Section(
        "membership",
        "Membership",
        "Who left, and was that right?",
        _sentences(report),
        _plot(report),
        [_left_alone(report)] if report.left_alone_reasons else (),
    )


def _sentences(report: ReportFigures) -> list[str]:
    said = []
    if report.mirror:
        said.append(f"Nobody was taken off by the mirror: {name_of(report.mirror, _LONGEST_REASON)}")
    if report.pending_removals:
        people = counted(report.pending_removals, "person stays", "people stay")
        said.append(f"{people} on the list until it is certain that they are to leave.")
    if report.still_unsubscribed:
        people = counted(report.still_unsubscribed, "person", "people")
        said.append(f"{people} had left the list on their own before and stay off it.")
    return said


def _parts(report: ReportFigures) -> list[Part]:
    return [
        Part("new contacts joined", report.created, BLUE),
        Part("left", report.unsubscribed, ORANGE),
        Part("left alone", report.left_alone, GREY),
        Part("pending", report.pending_removals or 0, ORANGE, "////"),
    ]


def _plot(report: ReportFigures) -> Plot | None:
    parts = [part for part in _parts(report) if part.figure]
    if not parts:
        return None
    rows = [(part.name, f"{part.figure:,}") for part in parts]
    table = Table("People who joined, left, or stayed", ("", "people"), rows, frozenset({1}))
    title = "People who joined, left, or stayed"
    return Plot(draw_parts("membership", title, parts, with_shares=False), table)


def _left_alone(report: ReportFigures) -> Table:
    ranked = sorted(report.left_alone_reasons.items(), key=lambda one: (-one[1], one[0]))
    rows, rest = cut(
        ranked,
        "reasons",
        lambda one: (name_of(one[0]), f"{one[1]:,}", LEFT_ALONE.get(one[0], _UNKNOWN)),
    )
    caption = "People who were to leave and were left alone"
    return Table(caption, ("reason", "people", "what it means"), rows, frozenset({1}), rest)
