"""Owns the statements on `ledger_opt_out`: whose records say that they do not want a list.

Must not know how a record says so, nor when somebody is off the list for sure.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack, pack_keys
from target_activecampaign.ledger.schema import OPT_OUT
from target_activecampaign.ledger.sealed_person import SealedPerson

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_activecampaign.ledger.crypto import Cipher
    from target_activecampaign.ledger.database import Database

_PAGE_ROWS = 1_000


class HeldOptOut(SealedPerson):
    """A record that said no; one that is settled has no address.

    Attributes:
        list_id: The list.
        stream: The record's.
        source_key: The record's, 16 bytes of 0 in a stream without keys.
        settled_at: When its person was off the list for sure, in seconds since 1970; `None` while the removal
            is pending.
    """

    __slots__ = ("list_id", "settled_at", "source_key", "stream")

    def __init__(self, row: t.Any, list_id: int, cipher: Cipher) -> None:  # noqa: ANN401 - a driver's row
        super().__init__(bytes(row.identity), row.address, cipher)
        self.list_id = list_id
        self.stream: str = row.stream
        self.source_key = bytes(row.source_key)
        self.settled_at: int | None = row.settled_at


class OptOuts:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Identities and source keys have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def iterate(self, list_id: int, *, is_pending: bool = False) -> Iterator[HeldOptOut]:
        """Iterate over the opt-outs of a list, all or the pending ones, in the order of their identities."""
        page = _PENDING_PAGE if is_pending else _PAGE
        rows = self._database.read(page, {"list_id": list_id, "identity": b"", "stream": "", "key": b""})
        while rows:
            for row in rows:
                yield HeldOptOut(row, list_id, self._cipher)
            last = {"identity": rows[-1].identity, "stream": rows[-1].stream, "key": rows[-1].source_key}
            rows = self._database.read(page, {"list_id": list_id, **last})

    def has_any(self, list_id: int) -> bool:
        """Say whether a list has opt-outs."""
        return bool(self._database.read(_ANY, {"list_id": list_id}))

    def count_pending(self, list_id: int) -> int:
        """Count the people of a list whose opt-outs are pending, and who are no pending removals besides."""
        return int(self._database.read(_COUNT_PENDING, {"list_id": list_id})[0][0])

    def counts(self) -> list[tuple[int, str, int]]:
        """Count the opt-outs of each list and stream, in this order."""
        return [(row.list_id, row.stream, row.records) for row in self._database.read(_COUNTS)]

    def note(
        self,
        connection: sa.Connection,
        list_id: int,
        stream: str,
        records: Sequence[tuple[bytes, bytes, str]],
        now: int,
    ) -> None:
        """Note records that say no, each a source key, an identity and an address; they are pending then."""
        packed = pack(
            [identity for _, identity, _ in records],
            addresses=[self._cipher.seal_address(email) for _, _, email in records],
        )
        keys = b"".join(key for key, _, _ in records)
        _NOTE.execute(connection, list_id=list_id, stream=stream, now=now, source_keys=keys, **packed)

    def take_back(
        self, connection: sa.Connection, list_id: int, stream: str, records: Sequence[tuple[bytes, bytes]]
    ) -> None:
        """Remove what records said of their people, each a source key and an identity."""
        packed = pack_keys([key for key, _ in records], [identity for _, identity in records])
        _TAKE_BACK.execute(connection, list_id=list_id, stream=stream, **packed)

    def settle(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes], now: int) -> None:
        """Let these people be off a list for sure; their addresses are needed no more."""
        _SETTLE.execute(connection, list_id=list_id, now=now, **pack(identities))

    def remove_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Remove the opt-outs of these identities on every list."""
        _REMOVE_EVERYWHERE.execute(connection, **pack(identities))

    def rename_stream(self, connection: sa.Connection, list_id: int | None, old: str, new: str) -> None:
        """Make the opt-outs of a stream those of another one, whose own stay as they are."""
        parameters = {"list_id": list_id, "old": old, "new": new}
        connection.execute(_COPY_TO_STREAM, parameters)
        connection.execute(_REMOVE_STREAM, parameters)


def _page(*where: sa.ColumnElement[bool]) -> sa.Select[t.Any]:
    """Return the statement for a page that begins after a row, a person's rows by stream and key."""
    columns = OPT_OUT.c
    after = sa.or_(
        columns.identity > sa.bindparam("identity"),
        columns.stream > sa.bindparam("stream"),
        sa.and_(columns.stream == sa.bindparam("stream"), columns.source_key > sa.bindparam("key")),
    )
    return (
        sa.select(columns.identity, columns.stream, columns.source_key, columns.address, columns.settled_at)
        .where(columns.list_id == sa.bindparam("list_id"))
        .where(columns.identity >= sa.bindparam("identity"), after, *where)
        .order_by(columns.identity, columns.stream, columns.source_key)
        .limit(_PAGE_ROWS)
    )


_PAGE = _page()
_PENDING_PAGE = _page(OPT_OUT.c.settled_at.is_(None))
_ANY = sa.text("SELECT 1 FROM ledger_opt_out WHERE list_id = :list_id LIMIT 1")
_COUNTS = (
    sa.select(OPT_OUT.c.list_id, OPT_OUT.c.stream, sa.func.count().label("records"))
    .group_by(OPT_OUT.c.list_id, OPT_OUT.c.stream)
    .order_by(OPT_OUT.c.list_id, OPT_OUT.c.stream)
)
_COUNT_PENDING = sa.text(
    """
    SELECT count(DISTINCT own.identity) FROM ledger_opt_out AS own
    WHERE own.list_id = :list_id AND own.settled_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM ledger_removal AS noted
        WHERE noted.list_id = own.list_id AND noted.identity = own.identity AND noted.left_alone IS NULL)"""
)
# `WHERE true` as in `members.py`.
_NOTE = BulkStatement(
    """
    INSERT INTO ledger_opt_out (list_id, identity, stream, source_key, address, noted_at)
    SELECT CAST(:list_id AS bigint), given.identity, CAST(:stream AS text), given.source_key, given.address,
           CAST(:now AS bigint)
    FROM {given_records} WHERE true
    ON CONFLICT (list_id, identity, stream, source_key) DO UPDATE SET
        address = excluded.address, noted_at = excluded.noted_at, settled_at = NULL"""
)
_TAKE_BACK = BulkStatement(
    """
    DELETE FROM ledger_opt_out
    WHERE list_id = :list_id AND stream = :stream
      AND identity IN (SELECT given.identity FROM {given_people})
      AND (identity, source_key) IN (SELECT given.identity, given.source_key FROM {given_people})"""
)
_SETTLE = BulkStatement(
    """
    UPDATE ledger_opt_out SET settled_at = CAST(:now AS bigint), address = ''
    WHERE list_id = :list_id AND settled_at IS NULL
      AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_EVERYWHERE = BulkStatement(
    """
    DELETE FROM ledger_opt_out WHERE identity IN (SELECT given.identity FROM {given})"""
)
_COPY_TO_STREAM = sa.text(
    """
    INSERT INTO ledger_opt_out (list_id, identity, stream, source_key, address, noted_at, settled_at)
    SELECT list_id, identity, CAST(:new AS text), source_key, address, noted_at, settled_at
    FROM ledger_opt_out
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)
    ON CONFLICT (list_id, identity, stream, source_key) DO NOTHING"""
)
_REMOVE_STREAM = sa.text(
    """
    DELETE FROM ledger_opt_out
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)"""
)
