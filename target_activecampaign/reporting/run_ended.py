"""Owns the log record of a run's end: one line for a person, and the report's keys as fields."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.reporting.structured import log_fields
from target_activecampaign.reporting.summary import log_line

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.reporting.report import ReportJson

logger = logging.getLogger(__name__)

_TOO_LONG = {"timeline", "import_seconds"}
"""Lists of up to 200 entries, which stand in the report alone."""


def log_end(report: ReportJson, in_place: Callable[[str], str] = str) -> None:
    """Log how the run ended: ERROR with an exit code, WARNING at a limit, else INFO.

    Args:
        report: Of the run.
        in_place: Returns a line with the command at its end as it works where the run was started.
    """
    level = logging.INFO
    if report["exit_code"]:
        level = logging.ERROR
    elif report["limit"] is not None and report["held_back"]:
        level = logging.WARNING
    figures = {key: value for key, value in report.items() if key not in _TOO_LONG}
    log_fields(logger, "run_ended", in_place(log_line(report)), figures, level)
