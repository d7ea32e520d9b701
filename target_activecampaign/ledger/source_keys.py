"""Owns the statements on `ledger_source_key`: which record of a source leads to which person.

Must not know how a key is hashed, nor when a record leads to nobody any more (`ledger.py`).
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack, pack_keys
from target_activecampaign.ledger.schema import SOURCE_KEY
from target_activecampaign.ledger.sealed_person import SealedPerson

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from target_activecampaign.ledger.crypto import Cipher
    from target_activecampaign.ledger.database import Database


class SourceKeys:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Source keys and identities have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def find_changed(
        self, list_id: int, stream: str, people: Sequence[tuple[bytes, bytes]]
    ) -> set[tuple[bytes, bytes]]:
        """Return those pairs of key and identity whose key is not known to lead to just this identity."""
        parameters = {"list_id": list_id, "stream": stream, **_pack_pairs(people)}
        rows = self._database.read(_CHANGED.for_dialect(self._database.dialect), parameters)
        return {people[row.place] for row in rows}

    def people(
        self, list_id: int, stream: str, source_keys: Sequence[bytes]
    ) -> Iterator[tuple[bytes, SealedPerson]]:
        """Yield keys with the members of this stream and list that they lead to."""
        parameters = {"list_id": list_id, "stream": stream, **pack_keys(source_keys)}
        for row in self._database.read(_PEOPLE.for_dialect(self._database.dialect), parameters):
            person = SealedPerson(bytes(row.identity), row.address, self._cipher)
            yield bytes(row.source_key), person

    def add(
        self, connection: sa.Connection, list_id: int, stream: str, people: Collection[tuple[bytes, bytes]]
    ) -> None:
        """Let keys lead to identities too, each pair once."""
        if people:
            pairs = _pack_pairs(sorted(people))
            _ADD.execute(connection, list_id=list_id, stream=stream, **pairs)

    def remove(
        self, connection: sa.Connection, list_id: int, stream: str, source_keys: Sequence[bytes]
    ) -> None:
        """Remove keys of one stream and list."""
        if source_keys:
            _REMOVE.execute(connection, list_id=list_id, stream=stream, **pack_keys(source_keys))

    def remove_of(
        self, connection: sa.Connection, list_id: int, stream: str, identities: Sequence[bytes]
    ) -> None:
        """Remove the keys of one stream and list that lead to these identities."""
        _REMOVE_OF.execute(connection, list_id=list_id, stream=stream, **pack(identities))

    def erase_stream(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Remove all keys of one stream and list."""
        own = sa.delete(SOURCE_KEY).where(SOURCE_KEY.c.list_id == list_id, SOURCE_KEY.c.stream == stream)
        connection.execute(own)

    def remove_from_list(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Remove the keys of a list that lead to these identities, whatever their streams."""
        _REMOVE_FROM_LIST.execute(connection, list_id=list_id, **pack(identities))

    def remove_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Remove the keys of every list that lead to these identities."""
        _REMOVE_EVERYWHERE.execute(connection, **pack(identities))

    def rename_stream(self, connection: sa.Connection, list_id: int | None, old: str, new: str) -> None:
        """Make the keys of a stream keys of another one, whose own stay as they are."""
        parameters = {"list_id": list_id, "old": old, "new": new}
        connection.execute(_COPY_TO_STREAM, parameters)
        connection.execute(_REMOVE_STREAM, parameters)


def _pack_pairs(people: Sequence[tuple[bytes, bytes]]) -> dict[str, bytes | str]:
    return pack_keys([key for key, _ in people], [identity for _, identity in people])


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
    SELECT known.source_key, held.identity, held.address
    FROM {given_keys} CROSS JOIN ledger_source_key AS known CROSS JOIN ledger_member AS held
    WHERE known.list_id = :list_id AND known.stream = :stream AND known.source_key = given.source_key
      AND held.list_id = known.list_id AND held.identity = known.identity
      AND held.stream = known.stream"""
)
_ADD = BulkStatement(
    """
    INSERT INTO ledger_source_key (list_id, stream, source_key, identity)
    SELECT CAST(:list_id AS bigint), CAST(:stream AS text), given.source_key, given.identity
    FROM {given_people} WHERE true
    ON CONFLICT (list_id, stream, source_key, identity) DO NOTHING"""
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
    FROM ledger_source_key AS old
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id) AND NOT EXISTS (
        SELECT 1 FROM ledger_source_key AS own
        WHERE own.list_id = old.list_id AND own.stream = :new AND own.source_key = old.source_key)"""
)
_REMOVE_STREAM = sa.text(
    """
    DELETE FROM ledger_source_key
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)"""
)
