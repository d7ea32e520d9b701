"""Owns the statements on `ledger_tap_stream`: which streams of the tap became one stream in earlier runs.

Must not know stream maps, nor what it takes to call a stream whole.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.schema import TAP_STREAM

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from target_activecampaign.ledger.database import Database


class TapStreams:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, list_id: int, stream: str) -> set[str]:
        """Return the tap's streams that became a stream."""
        own = (TAP_STREAM.c.list_id == list_id, TAP_STREAM.c.stream == stream)
        return {row.tap_stream for row in self._database.read(sa.select(TAP_STREAM.c.tap_stream).where(*own))}

    def note(
        self, connection: sa.Connection, list_id: int, stream: str, tap_streams: Iterable[str], now: int
    ) -> None:
        """Note the tap's streams that became a stream in a run that began at this time."""
        own = sa.delete(TAP_STREAM).where(TAP_STREAM.c.list_id == list_id, TAP_STREAM.c.stream == stream)
        for tap_stream in sorted(tap_streams):
            connection.execute(own.where(TAP_STREAM.c.tap_stream == tap_stream))
            row = {"list_id": list_id, "stream": stream, "tap_stream": tap_stream, "seen_at": now}
            connection.execute(sa.insert(TAP_STREAM).values(row))

    def forget_before(self, connection: sa.Connection, list_id: int, since: int) -> None:
        """Forget the tap's streams that did not come since a time, of the streams that did."""
        connection.execute(_FORGET_BEFORE, {"list_id": list_id, "since": since})

    def erase_stream(self, connection: sa.Connection, list_id: int | None, stream: str) -> None:
        """Forget all of a stream."""
        own = sa.delete(TAP_STREAM).where(TAP_STREAM.c.stream == stream)
        connection.execute(own if list_id is None else own.where(TAP_STREAM.c.list_id == list_id))


_FORGET_BEFORE = sa.text(
    """
    DELETE FROM ledger_tap_stream
    WHERE list_id = :list_id AND seen_at < :since AND stream IN (
        SELECT came.stream FROM ledger_tap_stream AS came
        WHERE came.list_id = :list_id AND came.seen_at >= :since)"""
)
