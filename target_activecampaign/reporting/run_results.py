"""Owns what a run is called by its figures, and which share of rejected records is usual for a list. Pure."""

from __future__ import annotations

import statistics
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Result = t.Literal[
    "done",
    "rejects up",
    "limit",
    "rejects",
    "braked",
    "failed",
    "interrupted",
    "lost",
    "running",
    "trial",
    "dry run",
]
Kind = t.Literal["run", "trial", "dry run"]

FINISHED: frozenset[Result] = frozenset({"done", "rejects up", "limit", "rejects", "braked"})
"""Results of runs whose input was read to its end: their figures say what is usual."""

_BY_EXIT_CODE: dict[int, Result] = {3: "limit", 4: "rejects", 5: "braked"}
_FIRST_OF_SIGNALS = 129
_RUNS_THAT_TELL = 10
_TIMES_THE_USUAL = 2
_LEAST_PERCENT = 1.0
_FIGURES = ("read", "delivered", "created", "updated", "unchanged", "superseded", "rejected", "held_back")


def result_of(
    report: Mapping[str, t.Any], usual: Mapping[str, float] | None = None, kind: Kind = "run"
) -> Result:
    """Return what a run that ended is called.

    Args:
        report: Its figures.
        usual: As `usual_of` gives it.
        kind: What it was started as.
    """
    exit_code = report["exit_code"]
    if kind != "run":
        return kind if exit_code == 0 else _failed(exit_code)
    if exit_code:
        return _BY_EXIT_CODE.get(exit_code) or _failed(exit_code)
    if report.get("limit"):
        return "limit"
    return "rejects up" if _is_unusual(report, usual) else "done"


def _failed(exit_code: int) -> Result:
    return "interrupted" if exit_code >= _FIRST_OF_SIGNALS else "failed"


def _is_unusual(report: Mapping[str, t.Any], usual: Mapping[str, float] | None) -> bool:
    if usual is None:
        return False
    percent = rejected_percent(report)
    return percent >= _LEAST_PERCENT and percent > _TIMES_THE_USUAL * usual["rejected_percent"]


def usual_of(reports: Sequence[Mapping[str, t.Any]]) -> dict[str, float] | None:
    """Return what is usual by the reports of runs that finished, the latest last; None without any."""
    shares = [rejected_percent(report) for report in reports if report["read"]][-_RUNS_THAT_TELL:]
    return {"rejected_percent": round(statistics.median(shares), 3)} if shares else None


def rejected_percent(report: Mapping[str, t.Any]) -> float:
    """Return the share of the records read that was rejected, 0 to 100."""
    return 100 * rejected_of(report) / report["read"] if report["read"] else 0.0


def rejected_of(report: Mapping[str, t.Any]) -> int:
    """Return how many records were rejected, whatever the reason."""
    return sum(report["rejected"].values())


def figures_of(report: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the figures of a run for those who compare another one with it."""
    return {name: report[name] for name in _FIGURES}
