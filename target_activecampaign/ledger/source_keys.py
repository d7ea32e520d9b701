"""Owns the statements on `ledger_source_key`: which record of a source leads to which person.

Must not know how a key is hashed, nor when a record leads to nobody any more (`ledger.py`).
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack, pack_keys
from target_activecampaign.ledger.members import Member
from target_activecampaign.ledger.schema import SOURCE_KEY

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.ledger.crypto import Cipher
    from target_activecampaign.ledger.database import Database


class SourceKeys:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Source keys and identities have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def find_changed(self, list_id: int, stream: str, people: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Return those keys, with their identities, that are not known to lead to just this identity."""
        parameters = {"list_id": list_id, "stream": stream, **pack_keys(list(people), list(people.values()))}
        rows = self._database.read(_CHANGED.for_dialect(self._database.dialect), parameters)
        pairs = list(people.items())
        return dict(pairs[row.place] for row in rows)

    def people(self, list_id: int, stream: str, source_keys: Sequence[bytes]) -> dict[bytes, Member]:
        """Return for each key that leads to a member of this stream and list that member."""
        parameters = {"list_id": list_id, "stream": stream, **pack_keys(source_keys)}
        rows = self._database.read(_PEOPLE.for_dialect(self._database.dialect), parameters)
        return {
            bytes(key): Member(bytes(identity), since, sealed, self._cipher)
            for key, identity, since, sealed in rows
        }

    def put(
        self, connection: sa.Connection, list_id: int, stream: str, people: Mapping[bytes, bytes]
    ) -> None:
        """Let keys lead to identities, wherever they led before."""
        if people:
            packed = pack_keys(list(people), list(people.values()))
            self._execute(connection, _PUT, list_id=list_id, stream=stream, **packed)

    def remove(
        self, connection: sa.Connection, list_id: int, stream: str, source_keys: Sequence[bytes]
    ) -> None:
        """Remove keys of one stream and list."""
        if source_keys:
            self._execute(connection, _REMOVE, list_id=list_id, stream=stream, **pack_keys(source_keys))

    def remove_of(
        self, connection: sa.Connection, list_id: int, stream: str, identities: Sequence[bytes]
    ) -> None:
        """Remove the keys of one stream and list that lead to these identities."""
        self._execute(connection, _REMOVE_OF, list_id=list_id, stream=stream, **pack(identities))

    def remove_of_strangers(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Remove the keys of one stream and list that lead to no member of it."""
        connection.execute(_REMOVE_OF_STRANGERS, {"list_id": list_id, "stream": stream})

    def remove_from_list(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Remove the keys of a list that lead to these identities, whatever their streams."""
        self._execute(connection, _REMOVE_FROM_LIST, list_id=list_id, **pack(identities))

    def remove_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Remove the keys of every list that lead to these identities."""
        self._execute(connection, _REMOVE_EVERYWHERE, **pack(identities))

    def rename_stream(self, connection: sa.Connection, list_id: int | None, old: str, new: str) -> None:
        """Make the keys of a stream keys of another one, whose own stay as they are."""
        parameters = {"list_id": list_id, "old": old, "new": new}
        connection.execute(_COPY_TO_STREAM, parameters)
        connection.execute(_REMOVE_STREAM, parameters)

    def erase(self, connection: sa.Connection, list_id: int | None) -> None:
        """Remove all keys of a list, or with None of every list."""
        everything = sa.delete(SOURCE_KEY)
        on_list = everything.where(SOURCE_KEY.c.list_id == list_id)
        connection.execute(everything if list_id is None else on_list)

    def _execute(self, connection: sa.Connection, statement: BulkStatement, **parameters: object) -> None:
        connection.execute(statement.for_dialect(self._database.dialect), parameters)


# `WHERE true` and `CROSS JOIN`: as in `members.py`.
_CHANGED = BulkStatement(
    """
    SELECT given.place
    FROM {given_people} LEFT JOIN ledger_source_key AS held
      ON held.list_id = :list_id AND held.stream = :stream AND held.source_key = given.source_key
    WHERE held.identity IS NULL OR held.identity <> given.identity"""
)
_PEOPLE = BulkStatement(
    """
    SELECT known.source_key, held.identity, held.since, held.address
    FROM {given_keys} CROSS JOIN ledger_source_key AS known CROSS JOIN ledger_member AS held
    WHERE known.list_id = :list_id AND known.stream = :stream AND known.source_key = given.source_key
      AND held.list_id = known.list_id AND held.identity = known.identity
      AND held.stream = known.stream"""
)
_PUT = BulkStatement(
    """
    INSERT INTO ledger_source_key (list_id, stream, source_key, identity)
    SELECT CAST(:list_id AS bigint), CAST(:stream AS text), given.source_key, given.identity
    FROM {given_people} WHERE true
    ON CONFLICT (list_id, stream, source_key) DO UPDATE SET identity = excluded.identity"""
)
_REMOVE = BulkStatement(
    """
    DELETE FROM ledger_source_key
    WHERE list_id = :list_id AND stream = :stream
      AND source_key IN (SELECT given.source_key FROM {given_keys})"""
)
_REMOVE_OF = BulkStatement(
    """
    DELETE FROM ledger_source_key
    WHERE list_id = :list_id AND stream = :stream
      AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_OF_STRANGERS = sa.text(
    """
    DELETE FROM ledger_source_key
    WHERE list_id = :list_id AND stream = :stream AND NOT EXISTS (
        SELECT 1 FROM ledger_member AS held
        WHERE held.list_id = ledger_source_key.list_id AND held.identity = ledger_source_key.identity
          AND held.stream = ledger_source_key.stream)"""
)
_REMOVE_FROM_LIST = BulkStatement(
    """
    DELETE FROM ledger_source_key
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_EVERYWHERE = BulkStatement(
    """
    DELETE FROM ledger_source_key WHERE identity IN (SELECT given.identity FROM {given})"""
)
_COPY_TO_STREAM = sa.text(
    """
    INSERT INTO ledger_source_key (list_id, stream, source_key, identity)
    SELECT list_id, CAST(:new AS text), source_key, identity
    FROM ledger_source_key
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)
    ON CONFLICT (list_id, stream, source_key) DO NOTHING"""
)
_REMOVE_STREAM = sa.text(
    """
    DELETE FROM ledger_source_key
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)"""
)
