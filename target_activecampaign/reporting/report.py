"""Owns the run's report: how many records were read, and which outcome each had.

Holds figures alone, no content of any record.
"""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields

from target_activecampaign.reporting.run_facts import RunFacts
from target_activecampaign.reporting.timeline import Timeline

if t.TYPE_CHECKING:
    import datetime as dt

    from target_activecampaign.contacts.contact import LeftAlone, Reason

ReportJson: t.TypeAlias = dict[str, t.Any]
"""A report as `Report.as_json` gives it and as the file holds it."""

PLACES_OF_A_REASON = 5
"""Rejected records that are named by their place, of each reason; the rejects file holds them all."""

OUTCOMES = ("delivered", "unchanged", "superseded", "rejected", "held_back", "unsettled")
"""Every record of an exported stream that was read has exactly one of these outcomes."""

_SHOWN = (
    "read",
    "delivered",
    "created",
    "updated",
    "people",
    "unchanged",
    "superseded",
    "rejected",
    "held_back",
    "unsettled",
    "filtered",
    "ignored",
    "unsubscribed",
    "left_alone",
    "left_alone_reasons",
    "left_out",
)
"""Figures of the report in its order."""


@dataclass(slots=True)
class StreamFigures:
    """Figures of one stream. A new one is a field here, and its name in `_SHOWN`.

    Most count records; `created` and `updated` are the parts of `delivered`. `people` counts contacts that
    arrived, each once in a stream: who was sent twice is `delivered` twice, and so is who was taken off. Two
    count records beside those that were read: a stream map left out the `filtered` ones, the `ignored` ones
    are of a stream that is not exported, or deletions. Two count contacts that a record or the mirror wanted
    off the list: `unsubscribed` were taken off, `left_alone` were not, since they were off it already or had
    come to it by another way.
    `left_out` counts values by field, as `field_mapping` calls it: their contacts go without them.
    """

    read: int = 0
    delivered: int = 0
    created: int = 0
    people: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    held_back: int = 0
    filtered: int = 0
    ignored: int = 0
    unsubscribed: int = 0
    left_alone: int = 0
    left_alone_reasons: Counter[LeftAlone] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def updated(self) -> int:
        """Records delivered to contacts that the account had."""
        return self.delivered - self.created

    @property
    def unsettled(self) -> int:
        """Records read that have no outcome: what stopped the run came first."""
        settled = self.delivered + self.unchanged + self.superseded + self.rejected.total() + self.held_back
        return self.read - settled

    def count(self, figure: str, records: int) -> None:
        """Add records to the figure of this name."""
        setattr(self, figure, getattr(self, figure) + records)

    def leave_alone(self, reason: LeftAlone) -> None:
        """Count somebody who was to be taken off a list and was not."""
        self.left_alone += 1
        self.left_alone_reasons[reason] += 1

    def add(self, other: StreamFigures) -> None:
        """Add the figures of another stream."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                self.count(one.name, theirs)

    def as_json(self) -> dict[str, t.Any]:
        """Return the figures as the report holds them."""
        return {name: _shown(getattr(self, name)) for name in _SHOWN}


def _shown(figure: int | Counter[t.Any]) -> int | dict[str, int]:
    if isinstance(figure, Counter):
        return {getattr(key, "value", key): count for key, count in sorted(figure.items()) if count}
    return figure


class Sums(t.NamedTuple):
    """Figures over all streams while the run goes on."""

    read: int
    delivered: int
    unchanged: int
    superseded: int
    rejected: int
    held_back: int


class Report:
    """Counts one run. Has no lock: its owner has.

    Attributes:
        started_at: When the run began.
        streams: Figures of each stream, as stream maps call it.
        imports: Imports that ActiveCampaign accepted.
        imports_tried: Those that were sent, accepted or not: at 0 nothing has left.
        limit: The setting whose limit was reached, or `None`.
        read_back: Delivered contacts that were read back from the account (`verify`).
        still_unsubscribed: Contacts read back that stay off their list, because they left it before.
        room: Contacts that the contract had headroom for when the run began; `None` where that is unknown.
        pending_removals: People who stay on a list of this run until they may be taken off; `None` without a
            ledger.
        contract: The contract's limit and the account's contacts, as far as is known; `None` without.
        contract_before: The account's contacts when the run began; `None` without a contract.
        profile_limit: The setting of this name.
        mirror: The reason why the mirror took nobody off a list; `None` where nothing stopped it.
        plan: A dry run's prediction of the run that would follow; `None` in a real run.
        names_more_than_new: Whether an import's `success` named more contacts than can have been new: then
            it names updated ones too, and `created` is too high.
        state_record: How many of the records read stand before the STATE that was passed on last; `None`
            where the input had no STATE.
        error: The message that ended the run, without personal data; `None` where none did.
        facts: What the run is.
        timeline: How the run went over time.
        import_seconds: How long imports took, over the run.
        requests_by: Requests by endpoint and status.
        retries: Requests that were not the first try.
        ceiling_per_minute: Contacts that the limits let through in a minute.
    """

    def __init__(self, display_name: str, started_at: dt.datetime) -> None:
        """Start all figures at 0.

        Args:
            display_name: The setting of this name.
            started_at: With time zone.
        """
        self.streams: defaultdict[str, StreamFigures] = defaultdict(StreamFigures)
        self.imports = 0
        self.imports_tried = 0
        self.limit: str | None = None
        self.read_back = 0
        self.still_unsubscribed = 0
        self.room: int | None = None
        self.pending_removals: int | None = None
        self.contract: tuple[int, int] | None = None
        self.contract_before: int | None = None
        self.profile_limit: int | None = None
        self.mirror: str | None = None
        self.plan: dict[str, t.Any] | None = None
        self.names_more_than_new = False
        self.state_record: int | None = None
        self.error: str | None = None
        self.facts = RunFacts()
        self._rejected_at: defaultdict[Reason, list[int | str]] = defaultdict(list)
        self.timeline = Timeline()
        self.import_seconds: list[dict[str, t.Any]] = []
        self.requests_by: list[dict[str, t.Any]] = []
        self.retries = 0
        self.ceiling_per_minute = 0
        self._display_name = display_name
        self.started_at = started_at

    def sums(self) -> Sums:
        """Return the figures as they are now; for use in any thread that holds the owner's lock.

        Sinks add streams and records without it, so the outcomes are summed before what was read.
        """
        streams = list(self.streams.values())
        outcomes = [
            sum(one.delivered for one in streams),
            sum(one.unchanged for one in streams),
            sum(one.superseded for one in streams),
            sum(one.rejected.total() for one in streams),
            sum(one.held_back for one in streams),
        ]
        return Sums(sum(one.read for one in streams), *outcomes)

    def totals(self) -> StreamFigures:
        """Return the figures over all streams."""
        total = StreamFigures()
        for figures in self.streams.values():
            total.add(figures)
        return total

    def read(self) -> int:
        """Return how many records were read so far."""
        return sum([figures.read for figures in list(self.streams.values())])

    def note_rejected(self, reason: Reason, place: int | str) -> tuple[bool, bool]:
        """Note where a rejected record stands.

        Args:
            reason: Why it was rejected.
            place: Its row in a file, or its line in the input.

        Returns:
            Whether it is one of the first of its reason, and whether it is the first of all.
        """
        is_first = not self._rejected_at
        places = self._rejected_at[reason]
        if len(places) == PLACES_OF_A_REASON:
            return False, is_first
        places.append(place)
        return True, is_first

    def rejected_percent(self) -> float:
        """Return the share of the records read that was rejected, 0 to 100."""
        total = self.totals()
        return 100 * sum(total.rejected.values()) / total.read if total.read else 0.0

    def describe_limits(self) -> str:
        """Return both limits with their figures, as a person reads them."""
        contract = "unknown" if self.contract is None else "{1} of {0} contacts".format(*self.contract)
        return f"contract: {contract}; profile_limit: {self.profile_limit}"

    def as_json(
        self,
        *,
        ended_at: dt.datetime,
        requests: int,
        waited_seconds: float,
        exit_code: int,
    ) -> dict[str, t.Any]:
        """Return the report.

        Args:
            ended_at: With time zone.
            requests: Number of requests that were sent.
            waited_seconds: Time that imports waited for the rate limits.
            exit_code: The run's.
        """
        return {
            "display_name": self._display_name,
            **self.totals().as_json(),
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "ended_at": ended_at.isoformat(timespec="milliseconds"),
            "seconds": round((ended_at - self.started_at).total_seconds(), 3),
            "imports": self.imports,
            "imports_tried": self.imports_tried,
            "requests": requests,
            "waited_seconds": round(waited_seconds, 3),
            "exit_code": exit_code,
            "limit": self.limit,
            "read_back": self.read_back,
            "still_unsubscribed": self.still_unsubscribed,
            "retries": self.retries,
            "ceiling_per_minute": self.ceiling_per_minute,
            "timeline": self.timeline.points(),
            "waiting": self.timeline.waiting(),
            "import_seconds": self.import_seconds,
            "requests_by": self.requests_by,
            "created_may_be_too_high": self.names_more_than_new,
            "room": self.room,
            "pending_removals": self.pending_removals,
            "mirror": self.mirror,
            "dry_run": self.plan is not None,
            "plan": self.plan,
            "error": self.error,
            "contract": self._contract_as_json(),
            "rejects": self._rejects_as_json(),
            "state_record": self.state_record,
            **self.facts.as_json(),
            "streams": {name: figures.as_json() for name, figures in self.streams.items()},
        }

    def _contract_as_json(self) -> dict[str, int | None] | None:
        if self.contract is None:
            return None
        limit, after = self.contract
        return {"limit": limit, "before": self.contract_before, "after": after}

    def _rejects_as_json(self) -> dict[str, t.Any]:
        kind = "lines" if self.facts.source is None else "rows"
        rejected = sorted(self.totals().rejected.items())
        return {
            "path": self.facts.rejects_path,
            "reasons": {
                reason.value: {"count": count, kind: self._rejected_at.get(reason, [])}
                for reason, count in rejected
                if count
            },
        }
