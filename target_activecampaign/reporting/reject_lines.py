"""Owns what is said of each reason of rejected records: its meaning, where they stand, what has changed."""

from __future__ import annotations

import textwrap
import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.reporting.reasons import REJECTED
from target_activecampaign.reporting.sums import by_count

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_activecampaign.reporting.report import ReportJson

_ROWS_SHOWN = 3
_LONGEST_COLUMN = 40
_UNUSUAL_SHARE = 100  # one record in this many, of a reason that the run before did not have
_NOT_TO_MEND = {"excluded"}


def reject_lines(report: ReportJson, width: int) -> Iterator[str]:
    """Yield a line for each reason, the most frequent first; its meaning takes more where it is long."""
    rejected: Mapping[str, int] = report["rejected"]
    figures = max((len(f"{count:,}") for count in rejected.values()), default=0)
    words = max(map(len, rejected), default=0)
    for reason in by_count(rejected):
        head = f"  {rejected[reason]:>{figures},} {reason:<{words}}  "
        yield from textwrap.wrap(head + _explain(report, reason), width, subsequent_indent=" " * len(head))


def can_be_mended(report: ReportJson) -> bool:
    """Tell whether there are rejected records that somebody did not decide to leave out."""
    return bool(set(report["rejected"]) - _NOT_TO_MEND)


def meaning_of(report: ReportJson, reason: str) -> str:
    """Return what a reason means in this run."""
    known = REJECTED.get(reason)
    return "rejected" if known is None else known.brief.format(email=_email_column(report))


def _explain(report: ReportJson, reason: str) -> str:
    meaning = meaning_of(report, reason)
    if question := _question(report, reason):
        return f"{meaning}; none in the run before: {question}"
    rows = "" if reason in _NOT_TO_MEND else _rows(report, reason)
    return f"{meaning}{rows}"


def _question(report: ReportJson, reason: str) -> str | None:
    before = report.get("before")
    if before is None or (before.get("rejected") or {}).get(reason):
        return None
    is_unusual = report["rejected"][reason] * _UNUSUAL_SHARE >= report["read"]
    known = REJECTED.get(reason)
    return known.question or None if known is not None and is_unusual else None


def _rows(report: ReportJson, reason: str) -> str:
    known = report["rejects"]["reasons"].get(reason, {})
    kind = "rows" if "rows" in known else "lines"
    places = known.get(kind) or []
    if not places:
        return ""
    shown = ", ".join(str(place) for place in places[:_ROWS_SHOWN])
    word = kind[:-1] if known["count"] == 1 else kind
    return f": {word} {shown}{' ...' if known['count'] > len(places[:_ROWS_SHOWN]) else ''}"


def _email_column(report: ReportJson) -> str:
    """Return the column that holds the address, as the settings call it, where one is for all streams."""
    settings = report.get("settings") or {}
    mapping = settings.get("field_mapping")
    if isinstance(mapping, dict) and isinstance(mapping.get("email"), str) and not settings.get("streams"):
        return shown_text(mapping["email"], _LONGEST_COLUMN).replace("{", "(").replace("}", ")")
    return "the address"
