"""Owns how a report is read for its page: which keys it has, of which type.

A figure of the run that can't be read makes the file no report. Any other key that can't be read is named in
`unreadable` and is otherwise as if it were absent: reports of older and newer versions have a page, too.
"""

from __future__ import annotations

import datetime as dt
import typing as t

import msgspec

from target_activecampaign.errors import InputError

Count = t.Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Seconds = t.Annotated[float, msgspec.Meta(ge=0, le=10**9)]
Percent = t.Annotated[float, msgspec.Meta(ge=0, le=100)]
Moment = t.Annotated[dt.datetime, msgspec.Meta(tz=True)]
CountByName = dict[str, Count]

_UNREADABLE = (msgspec.ValidationError, UnicodeEncodeError)  # a text may hold half of a surrogate pair


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a run or of one of its streams, as `reporting.report.StreamFigures` explains them."""

    read: Count
    rejected: CountByName
    delivered: Count = 0
    created: Count = 0
    updated: Count = 0
    unchanged: Count = 0
    superseded: Count = 0
    held_back: Count = 0
    unsettled: Count = 0
    filtered: Count = 0
    ignored: Count = 0
    unsubscribed: Count = 0
    left_alone: Count = 0
    left_alone_reasons: CountByName = {}
    left_out: CountByName = {}

    @property
    def rejected_records(self) -> int:
        """Records rejected for any reason."""
        return sum(self.rejected.values())


class TimelinePoint(msgspec.Struct, frozen=True):
    """One moment of the run."""

    seconds: Seconds
    delivered: Count = 0
    read: Count = 0
    per_minute: Seconds = 0
    waiting_for: str | None = None


class ImportsPoint(msgspec.Struct, frozen=True):
    """How long the imports took that ended around a moment, in seconds."""

    seconds: Seconds
    median: Seconds
    p95: Seconds
    imports: Count = 0


class Requests(msgspec.Struct, frozen=True):
    """Requests to one endpoint with one answer."""

    endpoint: str
    requests: Count
    status: int | str | None = None


class ListName(msgspec.Struct, frozen=True):
    """A list that the run had."""

    id: int
    name: str | None = None


class Contract(msgspec.Struct, frozen=True):
    """Contacts that the account may have, and had before and after the run."""

    limit: Count
    before: Count
    after: Count | None = None


class RunBefore(msgspec.Struct, frozen=True):
    """The run of this list before this one."""

    run: int | None = None
    rejected: CountByName = {}


class RejectedReason(msgspec.Struct, frozen=True):
    """Where the first records stand that were rejected for a reason."""

    count: Count = 0
    rows: list[int | str] = []
    lines: list[int | str] = []
    records: list[int | str] = []


class Rejects(msgspec.Struct, frozen=True):
    """The file of rejected records, and places of the first."""

    path: str | None = None
    reasons: dict[str, RejectedReason] = {}


class ReportFigures(Figures, frozen=True, kw_only=True):
    """What the page takes from a report; the README's section "Report" explains the keys.

    Attributes:
        unreadable: Keys that the report has in a form that this page does not know.
    """

    exit_code: int
    started_at: Moment
    display_name: str = ""
    ended_at: Moment | None = None
    seconds: Seconds | None = None
    imports: Count = 0
    requests: Count = 0
    waited_seconds: Seconds = 0
    limit: str | None = None
    room: Count | None = None
    still_unsubscribed: Count = 0
    pending_removals: Count | None = None
    mirror: str | None = None
    dry_run: bool = False
    streams: dict[str, Figures] = {}
    run: int | None = None
    result: str | None = None
    lists: list[ListName] = []
    version: str | None = None
    host: str | None = None
    account: str | None = None
    source: str | None = None
    contract: Contract | None = None
    before: RunBefore | None = None
    rejects: Rejects | None = None
    timeline: list[TimelinePoint] = []
    waiting: dict[str, Seconds] = {}
    import_seconds: list[ImportsPoint] = []
    ceiling_per_minute: Count | None = None
    requests_by: list[Requests] = []
    retries: Count | None = None
    settings: dict[str, t.Any] = {}
    state_record: t.Any = None
    unreadable: tuple[str, ...] = ()


class RunFigures(msgspec.Struct, frozen=True):
    """One of the last runs, as the store of runs tells it; `None` where a figure is unknown."""

    run: int
    started_at: Moment
    seconds: Seconds | None = None
    result: str | None = None
    read: Count | None = None
    delivered: Count | None = None
    created: Count | None = None
    rejected: CountByName | Count | None = None
    held_back: Count | None = None

    @property
    def rejected_records(self) -> int | None:
        """Records rejected for any reason."""
        return sum(self.rejected.values()) if isinstance(self.rejected, dict) else self.rejected

    @property
    def rejected_percent(self) -> float | None:
        """The share of the records read that was rejected, 0 to 100."""
        if self.rejected_records is None or not self.read:
            return None
        return min(100 * self.rejected_records / self.read, 100)


def read_figures(document: dict[str, t.Any]) -> ReportFigures:
    """Return what the page takes from a report.

    Args:
        document: The report's JSON object.

    Raises:
        InputError: If a figure of the run is absent or can't be read.
    """
    read: dict[str, t.Any] = {}
    unreadable = []
    for key in msgspec.structs.fields(ReportFigures):
        if key.name not in document or key.name == "unreadable":
            continue
        try:
            read[key.name] = msgspec.convert(document[key.name], key.type)
        except _UNREADABLE as error:
            if key.required:
                raise InputError(f"{key.name}: {error}") from None
            unreadable.append(key.name)
    try:
        return msgspec.convert({**read, "unreadable": tuple(unreadable)}, ReportFigures, from_attributes=True)
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from None


def read_runs(runs: t.Iterable[dict[str, t.Any]]) -> list[RunFigures]:
    """Return the runs that can be read, oldest first."""
    known = []
    for run in runs:
        try:
            known.append(msgspec.convert(run, RunFigures))
        except _UNREADABLE:  # noqa: PERF203 - a run of another version is left out alone
            continue
    return sorted(known, key=lambda one: one.run)
