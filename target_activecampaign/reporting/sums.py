"""Owns the sum of a run's records: how many were read, and what became of them. Pure text."""

from __future__ import annotations

import typing as t

from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_activecampaign.reporting.report import ReportJson

_SMALLEST_SIGNAL = 128  # exit codes from here on say which signal ended the run


def sums(report: ReportJson) -> str:
    """Return the sum on one line, with the reasons of rejected records; empty where nothing was read."""
    return sum_of(report, has_parts=not says_parts(report))


def sum_of(report: ReportJson, *, has_parts: bool = True, has_reasons: bool = True) -> str:
    """Return the sum on one line.

    Args:
        report: Of the run, or the figures of a stream.
        has_parts: Whether new and updated contacts are told apart.
        has_reasons: Whether the reasons of rejected records stand behind their number.
    """
    if not report["read"]:
        return ""
    return f"{_whole(report)} = {' + '.join(_terms(report, has_parts=has_parts, has_reasons=has_reasons))}"


def wrapped_sum(line: str, width: int) -> list[str]:
    """Return the lines of a sum, each further one with its sign below the first one's `=`."""
    whole, _, terms = line.partition(" = ")
    first, *rest = terms.split(" + ")
    lines = [f"{whole} = {first}"]
    for term in rest:
        if len(lines[-1]) + len(term) + len(" + ") <= width:
            lines[-1] += f" + {term}"
        else:
            lines.append(f"{' ' * (len(whole) + 1)}+ {term}")
    return lines


def says_parts(report: ReportJson) -> bool:
    """Tell whether the verdict says new and updated contacts already, of exactly those delivered."""
    return bool(
        report["exit_code"] == 0
        and report["limit"] is None
        and not report["dry_run"]
        and report.get("result") != "rejects up"
        and 0 < report["people"] == report["delivered"]
    )


def is_cut_short(report: ReportJson) -> bool:
    """Tell whether the run may have ended before its input did."""
    return bool(report["exit_code"] == 1 or report["exit_code"] > _SMALLEST_SIGNAL)


def rejected_count(figures: ReportJson) -> int:
    """Return how many records were rejected."""
    return sum(figures["rejected"].values())


def counts_of(reasons: Mapping[str, int] | Iterable[tuple[str, int]]) -> str:
    """Return reasons with their numbers, the most frequent first: `8 email_invalid, 4 excluded`."""
    counts = dict(reasons)
    return ", ".join(f"{counts[reason]:,} {reason}" for reason in by_count(counts))


def by_count(reasons: Mapping[str, int]) -> Sequence[str]:
    """Return reasons, the most frequent first."""
    return sorted(reasons, key=lambda reason: (-reasons[reason], reason))


def _whole(report: ReportJson) -> str:
    read = counted(report["read"], "row" if report.get("source") else "record")
    return f"{read} read" if "exit_code" in report and is_cut_short(report) else read


def _terms(report: ReportJson, *, has_parts: bool, has_reasons: bool) -> list[str]:
    repeats = counted(report["superseded"], "merged repeat")
    said = {
        "delivered": _delivered(report, has_parts=has_parts),
        "unchanged": f"{report['unchanged']:,} unchanged",
        "superseded": repeats,
        "rejected": _rejected(report["rejected"], has_reasons=has_reasons),
        "held_back": f"{report['held_back']:,} held back",
        "unsettled": f"{report['unsettled']:,} without an answer yet",
    }
    return [text for outcome, text in said.items() if report[outcome]]


def _delivered(report: ReportJson, *, has_parts: bool) -> str:
    if report.get("dry_run"):
        is_each_once = report["people"] == report["delivered"]
        people = counted(report["people"], "person", "people")
        return f"{people if is_each_once else format(report['delivered'], ',')} to send"
    parts = [
        f"{report[name]:,} {word}"
        for name, word in (("created", "new"), ("updated", "updated"))
        if report[name]
    ]
    return f"{report['delivered']:,} delivered" + (f" ({', '.join(parts)})" if has_parts else "")


def _rejected(reasons: Mapping[str, int], *, has_reasons: bool) -> str:
    said = f"{sum(reasons.values()):,} rejected"
    if not has_reasons:
        return said
    return f"{said} ({next(iter(reasons)) if len(reasons) == 1 else counts_of(reasons)})"
