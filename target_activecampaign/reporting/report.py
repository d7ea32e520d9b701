"""Owns the run's report: how many records were read, which outcome each had, and the file that says so.

Holds figures alone, no content of any record.
"""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from collections import Counter, defaultdict
from pathlib import Path

from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    import datetime as dt

    from target_activecampaign.contacts.contact import Reason

OUTCOMES = ("delivered", "unchanged", "superseded", "rejected", "held_back")
"""Every record of an exported stream has exactly one of these outcomes."""


class StreamFigures:
    """Figures of one stream.

    Most count records; `created` and `updated` are the parts of `delivered`. Two count contacts that a record
    or the mirror wanted off the list: `unsubscribed` were taken off, `left_alone` were not, since they were
    off it already or had come to it by another way.
    """

    __slots__ = (
        "created",
        "delivered",
        "held_back",
        "left_alone",
        "read",
        "rejected",
        "superseded",
        "unchanged",
        "unsubscribed",
    )

    def __init__(self) -> None:
        self.read = 0
        self.delivered = 0
        self.created = 0
        self.unchanged = 0
        self.superseded = 0
        self.held_back = 0
        self.unsubscribed = 0
        self.left_alone = 0
        self.rejected: Counter[Reason] = Counter()

    def count(self, figure: str, records: int) -> None:
        """Add records to the figure of this name."""
        setattr(self, figure, getattr(self, figure) + records)

    def add(self, other: StreamFigures) -> None:
        """Add the figures of another stream."""
        for name in _SUMS:
            self.count(name, getattr(other, name))
        self.rejected.update(other.rejected)

    def as_json(self) -> dict[str, t.Any]:
        """Return the figures as the report holds them."""
        return {
            "read": self.read,
            "delivered": self.delivered,
            "created": self.created,
            "updated": self.delivered - self.created,
            "unchanged": self.unchanged,
            "superseded": self.superseded,
            "rejected": {reason.value: count for reason, count in sorted(self.rejected.items()) if count},
            "held_back": self.held_back,
            "unsubscribed": self.unsubscribed,
            "left_alone": self.left_alone,
        }


_SUMS = tuple(name for name in StreamFigures.__slots__ if name != "rejected")


class Report:
    """Counts one run. Has no lock: its owner has.

    Attributes:
        streams: Figures of each exported stream.
        ignored: Records of streams that are not exported, by stream.
        imports: Imports that ActiveCampaign accepted.
        limit: The setting whose limit was reached, or `None`.
        read_back: Delivered contacts that were read back from the account (`verify`).
        still_unsubscribed: Contacts read back that stay off their list, because they left it before.
        room: Contacts that the contract had headroom for when the run began; `None` where that is unknown.
        contract: The contract's limit and the account's contacts, as far as is known; `None` without.
        profile_limit: The setting of this name.
        mirror: The reason why the mirror took nobody off a list; `None` where nothing stopped it.
        plan: A dry run's prediction of the run that would follow; `None` in a real run.
        names_more_than_new: Whether an import's `success` named more contacts than can have been new: then
            it names updated ones too, and `created` is too high.
    """

    def __init__(self, display_name: str, started_at: dt.datetime) -> None:
        """Start all figures at 0.

        Args:
            display_name: The setting of this name.
            started_at: With time zone.
        """
        self.streams: defaultdict[str, StreamFigures] = defaultdict(StreamFigures)
        self.ignored: Counter[str] = Counter()
        self.imports = 0
        self.limit: str | None = None
        self.read_back = 0
        self.still_unsubscribed = 0
        self.room: int | None = None
        self.contract: tuple[int, int] | None = None
        self.profile_limit: int | None = None
        self.mirror: str | None = None
        self.plan: dict[str, t.Any] | None = None
        self.names_more_than_new = False
        self._display_name = display_name
        self._started_at = started_at

    def totals(self) -> StreamFigures:
        """Return the figures over all streams."""
        total = StreamFigures()
        for figures in self.streams.values():
            total.add(figures)
        return total

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
            "ignored": self.ignored.total(),
            "started_at": self._started_at.isoformat(timespec="milliseconds"),
            "ended_at": ended_at.isoformat(timespec="milliseconds"),
            "seconds": round((ended_at - self._started_at).total_seconds(), 3),
            "imports": self.imports,
            "requests": requests,
            "waited_seconds": round(waited_seconds, 3),
            "exit_code": exit_code,
            "limit": self.limit,
            "read_back": self.read_back,
            "still_unsubscribed": self.still_unsubscribed,
            "created_may_be_too_high": self.names_more_than_new,
            "room": self.room,
            "mirror": self.mirror,
            "dry_run": self.plan is not None,
            "plan": self.plan,
            "streams": {name: figures.as_json() for name, figures in self.streams.items()},
        }


def check_report_path(path: Path) -> None:
    """Check, before anything is sent, that a report can be written.

    Raises:
        OutputError: If it can't.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise OutputError(f"report_path: can't write in {path.parent}: {error.strerror}") from None


def write_report(path: Path, report: dict[str, t.Any]) -> None:
    """Write the report in one step, so that no reader sees half of it.

    Raises:
        OutputError: If it can't be written.
    """
    try:
        _write_in_one_step(path, json.dumps(report, indent=2) + "\n")
    except OSError as error:
        raise OutputError(f"report_path: can't write {path}: {error.strerror}") from None


def _write_in_one_step(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
