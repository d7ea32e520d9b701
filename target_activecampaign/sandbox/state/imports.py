"""Imports: accepted, waiting for their turn, ended; and what can be asked about them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from target_activecampaign.sandbox.state.batch import read_batch
from target_activecampaign.sandbox.state.importer import Importer, Outcome, Subjects
from target_activecampaign.sandbox.state.progress import Progress

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from target_activecampaign.sandbox.state.batch import Batch
    from target_activecampaign.sandbox.state.sources import Sources

HIGHEST_NUMBER = 2**63 - 1
DAYS_RECENT = 7
"""Days that `recentlyCompleted` covers (import list reference)."""


@dataclass(frozen=True)
class Effect:
    """How a fault makes an import end.

    Attributes:
        stays_open: It never ends.
        status: `failed` or `interrupted` instead of `completed`.
        applied: How many contacts are applied before it fails; `None` is all.
        refuse: Addresses that end in `failure`.
    """

    stays_open: bool = False
    status: str = "completed"
    applied: int | None = None
    refuse: tuple[str, ...] = ()


class Look(NamedTuple):
    """An import as the API shows it. `received` is the state before it has a word."""

    status: str
    success: list[str]
    failure: list[str]


class Day(NamedTuple):
    """What was imported on one day, `YYYY-MM-DD`."""

    date: str
    batches: int
    contacts: int


class Imports:
    """The account's imports. They run in the order in which they became due.

    Args:
        subjects: What imports write.
        sources: Where to note them as writes.
        room: Says how many more contacts the account may have.
        progress: When imports end.
    """

    def __init__(
        self, subjects: Subjects, sources: Sources, room: Callable[[], int], progress: Progress
    ) -> None:
        self._subjects = subjects
        self._storage = subjects.storage
        self._clock = subjects.clock
        self._sources = sources
        self._room = room
        self._importer = Importer(subjects)
        self.progress = progress

    def submit(self, payload: Mapping[str, Any]) -> str:
        """Accept an acceptable batch that is at hand as objects, and return its id. For tests."""
        body = msgspec.json.encode(payload)
        batch = read_batch(body)
        if batch is None:
            message = "this is no batch"
            raise ValueError(message)
        return self.accept(batch, body)

    def accept(self, batch: Batch, body: bytes, effect: Effect | None = None) -> str:
        """Accept an acceptable batch and return its id.

        Args:
            batch: The batch.
            body: The request that it was read from.
            effect: How a fault makes it end.
        """
        batch_id = str(uuid.uuid4())
        stored = None if effect is None else json.dumps(vars(effect))
        with self._storage.transaction():
            number = self._storage.write(
                "insert into import (batch_id, contacts, status, queued_seconds, queued_at, effect) "
                "values (?, ?, 'open', ?, ?, ?)",
                (batch_id, len(batch.contacts), self._clock.seconds(), self._clock.date(), stored),
            )
            if self.progress.kind == "at-once" and not (effect and effect.stays_open):
                self._run(number, batch_id, effect or Effect(), batch)
            else:
                self._storage.write("insert into payload values (?, ?)", (number, body))
        return batch_id

    def look(self, batch_id: str) -> Look | None:
        """Look at an import, which may end by that; `None` when there is none of this id.

        Runs what is due before it only when it is due itself.
        """
        with self._storage.transaction():
            self._storage.write("update import set looks = looks + 1 where batch_id = ?", (batch_id,))
            row = self.with_batch_id(batch_id)
            if row is None:
                return None
            due = self._due(row["number"])
            if due and due[-1]["number"] == row["number"]:
                self._run_all(due)
                row = self.with_batch_id(batch_id) or row
        status = self._open_status(row) if row["status"] == "open" else row["status"]
        return Look(status, json.loads(row["success"]), json.loads(row["failure"]))

    def advance(self) -> None:
        """Run every import whose turn has come."""
        with self._storage.transaction():
            self._run_all(self._due())

    def advance_by_one(self) -> None:
        """Run the first import whose turn has come, if there is one."""
        with self._storage.transaction():
            self._run_all(self._due(count=1))

    def is_behind(self) -> bool:
        """Tell whether there are imports whose turn has come."""
        return bool(self._due(count=1))

    def settle(self) -> None:
        """Run every open import that a fault does not hold open, whatever the progress says."""
        progress, self.progress = self.progress, Progress("at-once")
        try:
            self.advance()
        finally:
            self.progress = progress

    def resume(self) -> None:
        """Let the time of open imports start again, since the clock that they were accepted under is gone."""
        self._storage.write(
            "update import set queued_seconds = ? where status = 'open'", (self._clock.seconds(),)
        )

    def with_batch_id(self, batch_id: str) -> sqlite3.Row | None:
        """Return one import without looking at it, or `None`."""
        return self._storage.row("select * from import where batch_id = ?", (batch_id,))

    def page(self, limit: int, offset: int = 0) -> list[sqlite3.Row]:
        """Return imports, newest first."""
        return self._storage.rows(
            "select number, batch_id, contacts, status, looks, queued_at, ended_at, effect, failure, "
            "reasons, created, updated, failed, automations, queued_seconds "
            "from import order by number desc limit ? offset ?",
            (limit, offset),
        )

    def status_of(self, row: sqlite3.Row) -> str:
        """Return the word for an import without looking at it."""
        return self._open_status(row) if row["status"] == "open" else str(row["status"])

    def counts(self) -> dict[str, int]:
        """Return how many imports are in each state."""
        rows = self._storage.rows("select status, count(*) as imports from import group by status")
        return {row["status"]: row["imports"] for row in rows}

    def outstanding(self) -> list[Day]:
        """Return open imports by the day on which they came."""
        return self._days(
            "select substr(queued_at, 1, 10) as date, count(*) as batches, sum(contacts) as contacts "
            "from import where status = 'open' group by 1 order by 1"
        )

    def recently_completed(self) -> list[Day]:
        """Return imports that ended in the last days, by day."""
        return self._days(
            "select substr(ended_at, 1, 10) as date, count(*) as batches, sum(contacts) as contacts "
            "from import where status <> 'open' and ended_at >= date(?, ?) group by 1 order by 1",
            (self._clock.date()[:10], f"-{DAYS_RECENT - 1} days"),
        )

    def _days(self, sql: str, parameters: Sequence[object] = ()) -> list[Day]:
        return [
            Day(row["date"], row["batches"], row["contacts"]) for row in self._storage.rows(sql, parameters)
        ]

    def _due(self, up_to: int = HIGHEST_NUMBER, count: int = -1) -> list[sqlite3.Row]:
        """Return imports whose turn has come, up to that number, and only so many where `count` is not -1.

        They queue in the order of their numbers. To ask for it by the moments keeps the database to the index
        of open imports; by the numbers alone it would walk through all that ever were.
        """
        if self.progress.kind == "never":
            return []
        waits = self.progress.amount if self.progress.kind == "seconds" else 0.0
        looks = self.progress.amount if self.progress.kind == "looks" else 0.0
        return self._storage.rows(
            "select number, batch_id, effect from import "
            "where status = 'open' and queued_seconds <= ? and looks >= ? and number <= ? "
            "and (effect is null or not json_extract(effect, '$.stays_open')) "
            "order by queued_seconds, number limit ?",
            (self._clock.seconds() - waits, looks, up_to, count),
        )

    def _open_status(self, row: sqlite3.Row) -> str:
        return self.progress.status(row["looks"], self._clock.seconds() - row["queued_seconds"])

    def _batch(self, number: int) -> Batch:
        row = self._storage.row("select body from payload where import = ?", (number,))
        batch = None if row is None else read_batch(row["body"])
        if batch is None:  # pragma: no cover
            raise AssertionError
        return batch

    def _run_all(self, due: list[sqlite3.Row]) -> None:
        for row in due:
            self._run(row["number"], row["batch_id"], _effect(row), self._batch(row["number"]))

    def _run(self, number: int, batch_id: str, effect: Effect, batch: Batch) -> None:
        source = self._sources.new(f"import {batch_id}")
        outcome = self._importer.apply(batch, source, self._room(), effect.applied, effect.refuse)
        self._end(number, effect.status, outcome)

    def _end(self, number: int, status: str, outcome: Outcome) -> None:
        self._storage.write("delete from payload where import = ?", (number,))
        switches = self._subjects.switches
        named = outcome.created
        if switches["success-names"] == "created-and-updated":
            named = outcome.created + outcome.updated
        lowers = switches["failure-spelling"] == "lower-case"
        failed = [failure.email.lower() if lowers else failure.email for failure in outcome.failures]
        self._storage.write(
            "update import set status = ?, ended_at = ?, success = ?, failure = ?, reasons = ?, "
            "created = ?, updated = ?, failed = ?, automations = ? where number = ?",
            (
                status,
                self._clock.date(),
                json.dumps([str(contact) for contact in named]),
                json.dumps(failed),
                json.dumps([failure.reason for failure in outcome.failures]),
                len(outcome.created),
                len(outcome.updated),
                len(failed),
                outcome.automations,
                number,
            ),
        )


def _effect(row: sqlite3.Row) -> Effect:
    if row["effect"] is None:
        return Effect()
    stored = json.loads(row["effect"])
    return Effect(stored["stays_open"], stored["status"], stored["applied"], tuple(stored["refuse"]))
