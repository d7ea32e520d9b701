"""Owns the statements on `ledger_gone_key`: which records, gone at the source, led to pending removals.

A record that comes alive again, and can't be read, takes its person's removal back by its key alone. Must not
know how a key is hashed, nor when a removal is certain (`ledger.py`).
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack, pack_keys
from target_activecampaign.ledger.sealed_person import SealedPerson

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from target_activecampaign.ledger.crypto import Cipher
    from target_activecampaign.ledger.database import Database


class GoneKeys:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Source keys and identities have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def people(
        self, list_id: int, stream: str, source_keys: Sequence[bytes]
    ) -> Iterator[tuple[bytes, SealedPerson]]:
        """Yield keys with the people whose removal is pending since their records are gone."""
        parameters = {"list_id": list_id, "stream": stream, **pack_keys(source_keys)}
        for row in self._database.read(_PEOPLE.for_dialect(self._database.dialect), parameters):
            person = SealedPerson(bytes(row.identity), row.address, self._cipher)
            yield bytes(row.source_key), person

    def add(
        self, connection: sa.Connection, list_id: int, stream: str, people: Collection[tuple[bytes, bytes]]
    ) -> None:
        """Note keys of records that are gone, each with the identity that it led to."""
        if people:
            pairs = sorted(people)
            packed = pack_keys([key for key, _ in pairs], [identity for _, identity in pairs])
            _ADD.execute(connection, list_id=list_id, stream=stream, **packed)

    def add_released(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Note the keys of a stream that lead to pending removals: all of its records are gone."""
        connection.execute(_ADD_RELEASED, {"list_id": list_id, "stream": stream})

    def remove(
        self, connection: sa.Connection, list_id: int, stream: str, source_keys: Sequence[bytes]
    ) -> None:
        """Remove keys of one stream and list: their records are alive."""
        if source_keys:
            _REMOVE.execute(connection, list_id=list_id, stream=stream, **pack_keys(source_keys))

    def remove_from_list(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Remove the keys of a list that led to these identities."""
        _REMOVE_FROM_LIST.execute(connection, list_id=list_id, **pack(identities))

    def remove_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Remove the keys of every list that led to these identities."""
        _REMOVE_EVERYWHERE.execute(connection, **pack(identities))

    def rename_stream(self, connection: sa.Connection, list_id: int | None, old: str, new: str) -> None:
        """Make the keys of a stream keys of another one."""
        parameters = {"list_id": list_id, "old": old, "new": new}
        connection.execute(_COPY_TO_STREAM, parameters)
        connection.execute(_REMOVE_STREAM, parameters)


# `WHERE true` and `CROSS JOIN`: as in `members.py`.
_PEOPLE = BulkStatement(
    """
    SELECT known.source_key, noted.identity, noted.address
    FROM {given_keys} CROSS JOIN ledger_gone_key AS known CROSS JOIN ledger_removal AS noted
    WHERE known.list_id = :list_id AND known.stream = :stream AND known.source_key = given.source_key
      AND noted.list_id = known.list_id AND noted.identity = known.identity AND noted.left_alone IS NULL"""
)
_ADD = BulkStatement(
    """
    INSERT INTO ledger_gone_key (list_id, stream, source_key, identity)
    SELECT CAST(:list_id AS bigint), CAST(:stream AS text), given.source_key, given.identity
    FROM {given_people} WHERE true
    ON CONFLICT (list_id, stream, source_key, identity) DO NOTHING"""
)
_ADD_RELEASED = sa.text(
    """
    INSERT INTO ledger_gone_key (list_id, stream, source_key, identity)
    SELECT known.list_id, known.stream, known.source_key, known.identity
    FROM ledger_source_key AS known
    WHERE known.list_id = :list_id AND known.stream = :stream AND EXISTS (
        SELECT 1 FROM ledger_removal AS noted
        WHERE noted.list_id = known.list_id AND noted.identity = known.identity
          AND noted.left_alone IS NULL)
    ON CONFLICT (list_id, stream, source_key, identity) DO NOTHING"""
)
_REMOVE = BulkStatement(
    """
    DELETE FROM ledger_gone_key
    WHERE list_id = :list_id AND stream = :stream
      AND source_key IN (SELECT given.source_key FROM {given_keys})"""
)
_REMOVE_FROM_LIST = BulkStatement(
    """
    DELETE FROM ledger_gone_key
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_EVERYWHERE = BulkStatement(
    """
    DELETE FROM ledger_gone_key WHERE identity IN (SELECT given.identity FROM {given})"""
)
_COPY_TO_STREAM = sa.text(
    """
    INSERT INTO ledger_gone_key (list_id, stream, source_key, identity)
    SELECT list_id, CAST(:new AS text), source_key, identity
    FROM ledger_gone_key
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)
    ON CONFLICT (list_id, stream, source_key, identity) DO NOTHING"""
)
_REMOVE_STREAM = sa.text(
    """
    DELETE FROM ledger_gone_key
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)"""
)
