"""Owns what stays of a run when it is over: its report, its entry in the history, and what others are told.

Must not know how a run goes, only that it begins, and its figures at the end.
"""

from __future__ import annotations

import contextlib
import logging
import typing as t

from target_activecampaign.errors import InterruptedRunError, TargetError
from target_activecampaign.reporting.progress_text import progress_line
from target_activecampaign.reporting.report_file import check_report_path, make_folder, path_at, write_report
from target_activecampaign.reporting.run_results import result_of
from target_activecampaign.run.history import open_history
from target_activecampaign.run.notices import Notices

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_activecampaign.clock import Clock
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.reporting.progress import Progress
    from target_activecampaign.reporting.report import Report
    from target_activecampaign.reporting.run_results import Kind

logger = logging.getLogger(__name__)

_SECONDS_FOR_NOTICES = 20.0
_LEAST_SECONDS_FOR_NOTICES = 2.0


class Chronicle:
    """Follows one run from its start to its end.

    Attributes:
        report_path: Where the report of this run is written; `None` where none is.
        history: The runs that are remembered.
        is_trial: Whether this run tries the settings on a few people, and tells nothing of what is usual.
        number: Of the run, where runs are remembered and it was entered.
        is_silent: Whether it reads no input, and leaves its figures to those who called it.
    """

    def __init__(self, settings: Settings, report: Report, clock: Clock) -> None:
        """Open nothing yet.

        Args:
            settings: As they are written.
            report: Its figures, which grow.
            clock: The run's.
        """
        self.report_path = settings.report_path and path_at(settings.report_path, report.started_at)
        report.facts.report_path = None if self.report_path is None else str(self.report_path)
        self.history = open_history(settings, clock)
        self.is_trial = False
        self.is_silent = False
        self.number: int | None = None
        self._settings = settings
        self._report = report
        self._notices = Notices(settings, self.history, clock)
        self._may_write_report = False

    @property
    def kind(self) -> Kind:
        """What the history calls this run."""
        if self._settings.dry_run:
            return "dry run"
        return "trial" if self.is_trial else "run"

    def begin(self) -> None:
        """Tell the monitor that the run begins."""
        if not self.is_silent:
            with _spared():
                self._notices.say_started()

    def check_report(self) -> None:
        """Check that the report can be written, and enter the run in the file beside it, where it has one.

        Raises:
            OutputError: If it can't be written.
            SettingsError: If another file is there.
        """
        if self.report_path is None:
            return
        if self.report_path != self._settings.report_path:
            make_folder(self.report_path)
        check_report_path(self.report_path)
        self._may_write_report = True
        if self._settings.ledger_url is None:
            self.enter()

    def enter(self, *, is_late: bool = False) -> None:
        """Enter the run where runs are remembered, once, and tell of those before that never ended.

        Args:
            is_late: Whether it ends already.
        """
        if self.is_silent:
            return
        with _spared():
            self.number = self.history.begin(
                started_at=self._report.started_at,
                kind=self.kind,
                count_read=self._count_read,
                is_late=is_late,
            )
            if self.kind == "run":
                self._notices.say_lost()

    def note_progress(self, progress: Progress) -> None:
        """Have the next sign of life tell how far the run is."""
        self.history.progress(progress_line(progress))

    def judge(self, report: dict[str, t.Any], grace: float | None) -> dict[str, t.Any]:
        """Return what the earlier runs add to a report: `run`, `result`, `before` and `usual`.

        Args:
            report: Of the run.
            grace: Seconds that a signal left it; `None` where it ends by itself.
        """
        self.history.end_within(_bounded(grace))
        self.enter(is_late=True)
        if self.is_silent:
            return {}
        found = {"run": self.number, "result": result_of(report, None, self.kind)}
        with _spared():
            found |= self.history.judge(report, self.kind)
        return {"before": None, "usual": None, **found}

    def close(self, report: dict[str, t.Any], rejects_path: Path | None, grace: float | None) -> None:
        """Write the report, close the entry, and tell those who are to hear of the run.

        Args:
            report: With what the earlier runs add.
            rejects_path: Where its rejected records are.
            grace: Seconds that a signal left it; `None` where it ends by itself.

        Raises:
            OutputError: If the report can't be written.
        """
        try:
            if self.report_path is not None and self._may_write_report:
                write_report(self.report_path, report)
        except TargetError as error:
            # The process ends with the exit code of this error, whatever the run's was.
            self.report_path = None
            report |= {
                "error": report["error"] or str(error),
                "exit_code": error.exit_code,
                "report_path": None,
                "result": "failed",
            }
            raise
        finally:
            if not self.is_silent:
                self._tell(report, rejects_path, grace)

    def _tell(self, report: dict[str, t.Any], rejects_path: Path | None, grace: float | None) -> None:
        path = None if self.report_path is None else str(self.report_path)
        with _spared():
            self.history.end(
                report, report_path=path, rejects_path=None if rejects_path is None else str(rejects_path)
            )
        if self.kind == "run":
            with _spared():
                self._notices.say_ended(report, path, _bounded(grace))

    def _count_read(self) -> int:
        return sum(figures.read for figures in list(self._report.streams.values()))


def _bounded(grace: float | None) -> float:
    """Return how long the end may take to tell others, where a signal left this much time, or none came."""
    if grace is None:
        return _SECONDS_FOR_NOTICES
    return min(max(grace, _LEAST_SECONDS_FOR_NOTICES), _SECONDS_FOR_NOTICES)


@contextlib.contextmanager
def _spared() -> Iterator[None]:
    """Spare the run a fault in what only tells of it: its exit code says what became of the people."""
    try:
        yield
    except InterruptedRunError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        kind = type(error).__name__
        logger.warning(
            "the report, history or alerts of this run may lack something by a fault of the program itself "
            "(%s), please report it; what was sent is not affected",
            kind,
        )
