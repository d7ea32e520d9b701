"""Owns what one look at a run tells: its figures, and what it waits for. Decides nothing.

docs/design/progress.md says which part of the program tells each cause.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.reporting.progress import Progress
from target_activecampaign.reporting.report import Sums
from target_activecampaign.reporting.timeline import PACE_SECONDS, Pace

if t.TYPE_CHECKING:
    from target_activecampaign.api.rate_limiter import RateLimiter, Wait
    from target_activecampaign.clock import Clock
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.delivery.delivery import Delivery, DeliveryView
    from target_activecampaign.ledger.patience import Patience
    from target_activecampaign.reporting.progress import Cause
    from target_activecampaign.run.signals import Interruption
    from target_activecampaign.source_files import SourceFile

_NOTHING = Sums(0, 0, 0, 0, 0, 0)


class Observer:
    """Looks at the parts of a run, each of which may be looked at from any thread.

    Attributes:
        started_at: When the run began, on its clock.
        ceiling_per_minute: Contacts that the limits let through in a minute.
        delivery: Of the run, once it has one.
        is_taking_off: Whether the run takes people off lists at its end.
        source: The file that is sent, where one is: its rows are counted.
        run_number: Of the run, where runs are counted.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        rate_limiter: RateLimiter,
        patience: Patience,
        interruption: Interruption,
    ) -> None:
        """Prepare; the run begins now."""
        self.started_at = clock.now()
        imports = min(settings.imports_per_minute, 60 * settings.requests_per_second)
        self.ceiling_per_minute = imports * settings.batch_size_rows
        self._imports_per_minute = settings.imports_per_minute
        self.delivery: Delivery | None = None
        self.is_taking_off = False
        self.source: SourceFile | None = None
        self.run_number: int | None = None
        self._clock = clock
        self._rate_limiter = rate_limiter
        self._patience = patience
        self._interruption = interruption
        self._pace = Pace()

    def look(self) -> Progress:
        """Return the figures of now."""
        view = None if self.delivery is None else self.delivery.look()
        seconds = self._clock.now() - self.started_at
        sums = _NOTHING if view is None else view.sums
        wait = self._rate_limiter.find_wait()
        cause = self._find_cause(view, wait)
        return Progress(
            seconds=seconds,
            **sums._asdict(),
            ceiling_per_minute=self.ceiling_per_minute,
            imports_per_minute=self._imports_per_minute,
            per_minute=self._find_pace(seconds, sums.delivered),
            imports_open=0 if view is None else view.imports_open,
            oldest_import_seconds=None if view is None else view.oldest_seconds,
            usual_import_seconds=None if view is None else view.usual_seconds,
            waiting_for=cause,
            asked_seconds=wait.asked_seconds if wait and wait.cause == cause else None,
            total=None if self.source is None else self.source.count_rows(),
            run=self.run_number,
            reads_file=self.source is not None,
        )

    def _find_pace(self, seconds: float, delivered: int) -> int:
        """Return the pace; one that is made of less than a minute is not above what a minute lets through."""
        pace = self._pace.note(seconds, delivered)
        return min(pace, self.ceiling_per_minute) if seconds < PACE_SECONDS else pace

    def _find_cause(self, view: DeliveryView | None, wait: Wait | None) -> Cause | None:
        """Return what the run waits for: first what holds up all of it, then sending, input and the rest."""
        if self._patience.is_waiting:
            return "ledger_lock"
        if wait is not None and wait.cause == "service_asked_to_wait":
            return wait.cause
        if self.is_taking_off or (view is not None and view.is_reading_removals):
            return "removals"
        return wait.cause if wait is not None else self._find_other(view)

    def _find_other(self, view: DeliveryView | None) -> Cause | None:
        if view is not None and view.is_full:
            return "imports_to_end"
        if self._interruption.is_reading:
            return "input"
        return None if view is None else _find_end(view)


def _find_end(view: DeliveryView) -> Cause | None:
    """Return what a run waits for whose reader waits for what was sent, or has read all."""
    if not view.waits_for_us:
        return None
    if view.looks_up_first:
        return "read_back"
    if view.imports_open:
        return "imports_to_end"
    return "read_back" if view.is_reading_back else None
