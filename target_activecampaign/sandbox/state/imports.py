"""Owns the imports: their queue, their ends, and their status."""

from __future__ import annotations

import json
import typing as t
import uuid
from dataclasses import dataclass

from target_activecampaign.sandbox.state.batch import read_batch
from target_activecampaign.sandbox.state.importer import AccountTables, Importer, Outcome
from target_activecampaign.sandbox.state.progress import Progress

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from target_activecampaign.sandbox.state.batch import Batch
    from target_activecampaign.sandbox.state.sources import Sources

HIGHEST_NUMBER = 2**63 - 1
DAYS_RECENT = 7
"""Days that `recentlyCompleted` covers (import list reference)."""


@dataclass(frozen=True)
class Effect:
    """The end of an import by a fault.

    Attributes:
        stays_open: Whether it never ends.
        status: `failed` or `interrupted` instead of `completed`.
        applied: How many contacts it applies before it fails; `None` is all.
        refuse: Addresses that end in `failure`.
    """

    stays_open: bool = False
    status: str = "completed"
    applied: int | None = None
    refuse: tuple[str, ...] = ()


class ImportInfo(t.NamedTuple):
    """An import as the API shows it; `received` is the state before the API has a word for it."""

    status: str
    success: list[str]
    failure: list[str]


class DayTotals(t.NamedTuple):
    """Batches and contacts of one day, `YYYY-MM-DD`."""

    date: str
    batches: int
    contacts: int


class Imports:
    """The account's imports. They run in the order in which they become due.

    Args:
        tables: The tables that imports write.
        sources: Records the imports as writes.
        headroom: Returns how many more contacts the account may have.
        progress: When imports end.
    """

    def __init__(
        self, tables: AccountTables, sources: Sources, headroom: Callable[[], int], progress: Progress
    ) -> None:
        self._tables = tables
        self._storage = tables.storage
        self._clock = tables.clock
        self._sources = sources
        self._headroom = headroom
        self._importer = Importer(tables)
        self.progress = progress

    def accept(self, batch: Batch, body: bytes, effect: Effect | None = None) -> str:
        """Queue a checked batch and return its id.

        Args:
            batch: The batch.
            body: The body that it was read from.
            effect: The import's end by a fault.
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

    def poll(self, batch_id: str) -> ImportInfo | None:
        """Return an import's info and count the poll, which may end the import; `None` for an unknown id.

        Runs the imports that are due before it only when it is due itself.
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
        return ImportInfo(status, json.loads(row["success"]), json.loads(row["failure"]))

    def run_due(self) -> None:
        """Run every due import."""
        with self._storage.transaction():
            self._run_all(self._due())

    def run_one_due(self) -> None:
        """Run the first due import, if any."""
        with self._storage.transaction():
            self._run_all(self._due(count=1))

    def has_due(self) -> bool:
        """Tell whether an import is due."""
        return bool(self._due(count=1))

    def settle(self) -> None:
        """Run every open import that a fault does not hold open, independent of the progress."""
        progress, self.progress = self.progress, Progress("at-once")
        try:
            self.run_due()
        finally:
            self.progress = progress

    def resume(self) -> None:
        """Restart the time of open imports, since the clock at their acceptance is gone."""
        self._storage.write(
            "update import set queued_seconds = ? where status = 'open'", (self._clock.seconds(),)
        )

    def with_batch_id(self, batch_id: str) -> sqlite3.Row | None:
        """Return one import without counting a poll, or `None`."""
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
        """Return an import's status without counting a poll."""
        return self._open_status(row) if row["status"] == "open" else str(row["status"])

    def counts(self) -> dict[str, int]:
        """Return how many imports are in each state."""
        rows = self._storage.rows("select status, count(*) as imports from import group by status")
        return {row["status"]: row["imports"] for row in rows}

    def outstanding(self) -> list[DayTotals]:
        """Return open imports by the day of their acceptance."""
        return self._days(
            "select substr(queued_at, 1, 10) as date, count(*) as batches, sum(contacts) as contacts "
            "from import where status = 'open' group by 1 order by 1"
        )

    def recently_completed(self) -> list[DayTotals]:
        """Return the imports that ended in the last `DAYS_RECENT` days, by day."""
        return self._days(
            "select substr(ended_at, 1, 10) as date, count(*) as batches, sum(contacts) as contacts "
            "from import where status <> 'open' and ended_at >= date(?, ?) group by 1 order by 1",
            (self._clock.date()[:10], f"-{DAYS_RECENT - 1} days"),
        )

    def _days(self, sql: str, parameters: Sequence[object] = ()) -> list[DayTotals]:
        return [
            DayTotals(row["date"], row["batches"], row["contacts"])
            for row in self._storage.rows(sql, parameters)
        ]

    def _due(self, up_to: int = HIGHEST_NUMBER, count: int = -1) -> list[sqlite3.Row]:
        """Return the due imports up to a number, `count` at most where it is not -1.

        They queue in the order of their numbers. The condition on `queued_seconds` keeps the database to the
        index of open imports; by the numbers alone it would walk through all imports.
        """
        if self.progress.kind == "never":
            return []
        waits = self.progress.amount if self.progress.kind == "seconds" else 0.0
        polls = self.progress.amount if self.progress.kind == "looks" else 0.0
        return self._storage.rows(
            "select number, batch_id, effect from import "
            "where status = 'open' and queued_seconds <= ? and looks >= ? and number <= ? "
            "and (effect is null or not json_extract(effect, '$.stays_open')) "
            "order by queued_seconds, number limit ?",
            (self._clock.seconds() - waits, polls, up_to, count),
        )

    def _open_status(self, row: sqlite3.Row) -> str:
        return self.progress.status(row["looks"], self._clock.seconds() - row["queued_seconds"])

    def _batch(self, number: int) -> Batch:
        row = self._storage.existing_row("select body from payload where import = ?", (number,))
        batch = read_batch(row["body"])
        if batch is None:  # pragma: no cover
            raise AssertionError
        return batch

    def _run_all(self, due: list[sqlite3.Row]) -> None:
        for row in due:
            self._run(row["number"], row["batch_id"], _effect(row), self._batch(row["number"]))

    def _run(self, number: int, batch_id: str, effect: Effect, batch: Batch) -> None:
        source = self._sources.add(f"import {batch_id}")
        outcome = self._importer.apply(batch, source, self._headroom(), effect.applied, effect.refuse)
        self._end(number, effect.status, outcome)

    def _end(self, number: int, status: str, outcome: Outcome) -> None:
        self._storage.write("delete from payload where import = ?", (number,))
        switches = self._tables.switches
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
