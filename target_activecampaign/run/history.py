"""Owns what is remembered of runs: entered when one begins, closed at its end, lost where it never ended.

Remembered in the ledger, else in a file beside the report, else nowhere. Nothing here fails a run: what can't
be written is said once, as a warning. Must not know contacts, nor who reads the runs.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import typing as t

from target_activecampaign import __version__
from target_activecampaign.clock import SystemClock
from target_activecampaign.errors import InterruptedRunError, TargetError
from target_activecampaign.ledger.patience import Patience
from target_activecampaign.reporting.run_results import FINISHED, Kind, figures_of, result_of, usual_of
from target_activecampaign.run.entries import is_entry
from target_activecampaign.run.process_mark import fate_of, mark_of, own_host

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from target_activecampaign.clock import Clock
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.reporting.run_results import Result

logger = logging.getLogger(__name__)

KEPT = 400
"""Runs that are remembered."""

_SECONDS_BETWEEN_SIGNS = 30.0
_SECONDS_WITHOUT_SIGN = 900  # thirty signs that did not come; another host's clock may be some minutes off
_SECONDS_FOR_A_LOCK = 3.0
_LEAST_SECONDS_FOR_A_LOCK = 0.5  # another run's write takes milliseconds
_NOT_REMEMBERED = ("timeline", "import_seconds", "requests_by")  # of a report: what may be long
_MOST_CHARACTERS = 32_000  # of a report that is remembered
_LONG: tuple[tuple[str, t.Any], ...] = (("settings", {}), ("streams", {}), ("left_out", {}), ("lists", []))
"""What is left out of a longer one, in this order, and what stands there then."""


class Store(t.Protocol):
    """Where documents of runs are kept, by number."""

    def add(self, document: dict[str, t.Any]) -> int:
        """Enter a run; returns its number."""

    def put(self, number: int, document: dict[str, t.Any]) -> None:
        """Replace what is known of a run."""

    def documents(self) -> dict[int, dict[str, t.Any]]:
        """Return what is known of each run, the oldest first."""


class PastRun(t.NamedTuple):
    """A run as it is remembered.

    Attributes:
        number: Counts up.
        result: What it is called; `running` or `lost` where it has not ended.
        entry: What was entered when it began.
        report: Its report without what is long; empty where it has not ended.
    """

    number: int
    result: Result
    entry: Mapping[str, t.Any]
    report: Mapping[str, t.Any]

    @property
    def has_ended(self) -> bool:
        """Whether it closed its entry itself."""
        return bool(self.report)

    def is_of_list(self, list_id: int) -> bool:
        """Tell whether it was for a list."""
        return list_id in (*self.entry["lists"], *(one.get("id") for one in self.report.get("lists", ())))


def open_history(settings: Settings, clock: Clock | None = None) -> History:
    """Return the history of a configuration, which opens nothing before it is asked.

    Args:
        settings: As they are written: a list that they name has no number yet.
        clock: The machine's by default.
    """
    patience = Patience()
    store = _store_of(
        settings, lambda: max(_LEAST_SECONDS_FOR_A_LOCK, patience.seconds_left(_SECONDS_FOR_A_LOCK))
    )
    return History(store, settings, clock or SystemClock(), patience)


def _store_of(settings: Settings, seconds: Callable[[], float]) -> Store | None:
    if settings.ledger_url is not None:
        from target_activecampaign.ledger.runs_table import RunsTable  # noqa: PLC0415 - as the ledger, 0.2 s

        return RunsTable(settings.ledger_url, kept=KEPT, seconds=seconds)
    if settings.runs_file is not None:
        from target_activecampaign.reporting.runs_file import RunsFile  # noqa: PLC0415 - for those who keep one

        return RunsFile(settings.runs_file, kept=KEPT, seconds=seconds)
    return None


class History:
    """The runs of a configuration. `progress` may be called from any thread.

    Attributes:
        is_kept: Whether there is a place to remember runs.
        run: Number of the run that is entered; None where none is.
    """

    def __init__(self, store: Store | None, settings: Settings, clock: Clock, patience: Patience) -> None:
        """Use `open_history` instead."""
        # A dry run changes no ledger.
        self._writes = store is not None and not (settings.dry_run and settings.ledger_url is not None)
        self._store = store
        self._settings = settings
        self._clock = clock
        self._patience = patience
        self._lists = [*settings.list_ids(), *settings.list_names()]
        self._entry: dict[str, t.Any] = {}
        self._line: str | None = None
        self._has_ended = threading.Event()
        self._writing = threading.Lock()
        self._has_warned = False
        self.is_kept = store is not None
        self.run: int | None = None

    # A run

    def begin(
        self,
        *,
        started_at: dt.datetime,
        kind: Kind = "run",
        count_read: Callable[[], int] | None = None,
        is_late: bool = False,
    ) -> int | None:
        """Enter a run, once; returns its number, or None where it can't be entered.

        Args:
            started_at: With time zone.
            kind: A dry run or a trial is entered as one, and tells nothing of what is usual.
            count_read: Returns how many records were read; may be called from another thread.
            is_late: Whether the run ends already. What stopped it may keep it out of the history too, and was
                said.
        """
        self._has_warned |= is_late
        if self._entry or not self._writes or self._store is None:
            return self.run
        pid = os.getpid()
        self._entry = {
            "started_at": started_at.isoformat(timespec="milliseconds"),
            "seen_at": self._clock.epoch_seconds(),
            "host": own_host(),
            "process": pid,
            "mark": mark_of(pid),
            "connection": self._settings.display_name,
            "account": self._settings.account,
            "lists": self._lists,
            "version": __version__,
            "kind": kind,
        }
        with self._warning():
            self.run = self._store.add(self._entry)
            self._give_signs(count_read or (lambda: 0))
        return self.run

    def end_within(self, seconds: float) -> None:
        """Wait no longer than this, from now on and in all, for those who hold the place locked."""
        self._patience.end_within(min(seconds, _SECONDS_FOR_A_LOCK))

    def progress(self, line: str) -> None:
        """Note the latest line of the progress, which the next sign of life holds."""
        self._line = line

    def end(self, report: Mapping[str, t.Any], **files: str | None) -> None:
        """Close the entry of the run.

        Args:
            report: Its report.
            files: Names to paths of what it wrote.
        """
        self._has_ended.set()
        kept = {name: value for name, value in report.items() if name not in _NOT_REMEMBERED}
        with self._writing:
            self._entry |= {"files": files, "report": _shortened(kept)}
            self._entry.pop("progress", None)
        self._put()

    def note(self, name: str, value: object) -> None:
        """Add to the entry of the run."""
        with self._writing:
            self._entry[name] = value
        self._put()

    def latest_note(self, name: str) -> object:
        """Return what this run noted by this name, else the last one for the same lists that did; or None."""
        if name in self._entry:
            return self._entry[name]
        return next((one.entry[name] for one in reversed(self.earlier()) if name in one.entry), None)

    def _put(self) -> None:
        with self._writing, self._warning():
            if self._store is not None and self.run is not None:
                self._store.put(self.run, self._entry)

    def _give_signs(self, count_read: Callable[[], int]) -> None:
        """Write from time to time that the run lives, in a thread that ends with it."""

        def give() -> None:
            clock = SystemClock()  # a run on another clock lives all the same
            while not clock.wait(self._has_ended, _SECONDS_BETWEEN_SIGNS):
                self._give_sign(count_read)

        threading.Thread(target=give, name="signs-of-life", daemon=True).start()

    def _give_sign(self, count_read: Callable[[], int]) -> None:
        try:
            with self._writing:
                if self._has_ended.is_set() or self._store is None or self.run is None:
                    return
                signs = {"seen_at": self._clock.epoch_seconds(), "progress": self._line}
                self._entry |= {**signs, "read": count_read()}
                self._store.put(self.run, self._entry)
        except Exception:  # noqa: BLE001 - a sign that is missing is no matter of the run
            self._lose_patience()

    def judge(self, report: Mapping[str, t.Any], kind: Kind = "run") -> dict[str, t.Any]:
        """Return what the history adds to the report of the run: `run`, `result`, `before` and `usual`."""
        past = self._finished()
        usual = usual_of([one.report for one in past])
        return {
            "run": self.run,
            "result": result_of(report, usual, kind),
            "before": _as_before(past[-1]) if past else None,
            "usual": usual,
        }

    # Earlier runs

    def runs(self, list_id: int | None = None, limit: int | None = None) -> list[PastRun]:
        """Return the runs that are remembered, the latest first.

        Args:
            list_id: Those for this list alone.
            limit: How many at most.

        Raises:
            TargetError: If they can't be read.
        """
        if self._store is None:
            return []
        known = self._store.documents().items()
        past = [self._as_past(number, entry) for number, entry in known if is_entry(entry)]
        chosen = [one for one in reversed(past) if list_id is None or one.is_of_list(list_id)]
        return chosen[:limit]

    def before(self, list_id: int | None = None) -> dict[str, t.Any] | None:
        """Return the figures of the last run that finished, for a list or the lists of this configuration."""
        past = self._finished(list_id)
        return _as_before(past[-1]) if past else None

    def usual(self, list_id: int | None = None) -> dict[str, float] | None:
        """Return what is usual for a list, or for the lists of this configuration."""
        return usual_of([one.report for one in self._finished(list_id)])

    def earlier(self) -> list[PastRun]:
        """Return the earlier runs for the same lists of the account, the oldest first, without trials.

        None for a dry run with a ledger: to open it without a copy could make files beside it.
        """
        found: list[PastRun] = []
        with self._warning():
            found += [one for one in reversed(self.runs()) if self._is_alike(one)] if self._writes else []
        return found

    def lost(self) -> list[PastRun]:
        """Return the earlier runs for these lists that are gone, and whose entries `close` has not closed."""
        return [one for one in self.earlier() if one.result == "lost" and not one.entry.get("is_lost")]

    def close(self, lost: PastRun) -> None:
        """Close the entry of an earlier run that is gone."""
        with self._warning():
            if self._store is not None and self._writes:
                self._store.put(lost.number, {**lost.entry, "is_lost": True})

    def _finished(self, list_id: int | None = None) -> list[PastRun]:
        past: list[PastRun] = []
        if list_id is None:
            past = self.earlier()
        else:
            with self._warning():
                past = [one for one in self.runs(list_id)[::-1] if one.entry["kind"] == "run"]
        return [one for one in past if one.result in FINISHED]

    def _is_alike(self, past: PastRun) -> bool:
        entry = past.entry
        is_same = (entry["account"], entry["lists"]) == (self._settings.account, self._lists)
        return is_same and entry["kind"] == "run" and past.number != self.run

    def _as_past(self, number: int, entry: Mapping[str, t.Any]) -> PastRun:
        report = entry.get("report", {})
        return PastRun(number, report.get("result") or self._result_of_open(number, entry), entry, report)

    def _result_of_open(self, number: int, entry: Mapping[str, t.Any]) -> Result:
        """Return `lost` where it is proven that a run which closed no entry is gone, else `running`."""
        if number == self.run:
            return "running"
        is_silent = self._clock.epoch_seconds() - entry["seen_at"] > _SECONDS_WITHOUT_SIGN
        fate = fate_of(entry["host"], entry["process"], entry["mark"])
        is_gone = entry.get("is_lost") or fate == "gone" or (fate == "unknown" and is_silent)
        return "lost" if is_gone else "running"

    @contextlib.contextmanager
    def _warning(self) -> t.Iterator[None]:
        """Say once, as a warning, what can't be read or written."""
        try:
            yield
        except InterruptedRunError:
            raise
        except (TargetError, KeyError, TypeError) as error:
            self._lose_patience()
            if not self._has_warned:
                self._has_warned = True
                cause = error if isinstance(error, TargetError) else "an entry in it is damaged"
                logger.warning("the history of runs can't be used, the run goes on without: %s", cause)

    def _lose_patience(self) -> None:
        """Wait hardly any more: a place that was locked for so long may be locked to the run's end."""
        self._patience.end_within(0)


def _shortened(report: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a report that stays short for thousands of streams and fields: hundreds of them are kept."""
    for name, nothing in _LONG:
        if len(json.dumps(report)) <= _MOST_CHARACTERS:
            break
        report = {**report, name: nothing}
    return report


def _as_before(past: PastRun) -> dict[str, t.Any]:
    return {
        "run": past.number,
        **figures_of(past.report),
        **{name: past.report[name] for name in ("started_at", "seconds", "result")},
    }
