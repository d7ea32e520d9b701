"""Owns the statements on `ledger_member`: which people each stream brings to a list.

Must not know fingerprints, nor when a person becomes a member (`ledger.py`).
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack
from target_activecampaign.ledger.schema import MEMBER
from target_activecampaign.ledger.sealed_person import SealedPerson

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_activecampaign.ledger.crypto import Cipher
    from target_activecampaign.ledger.database import Database

_PAGE_ROWS = 1_000


class Member(SealedPerson):
    """A person that a stream brings to a list.

    Attributes:
        since: When the first import was submitted or else the person was noted, in seconds since 1970.
    """

    __slots__ = ("since",)

    def __init__(self, identity: bytes, since: int, sealed: str, cipher: Cipher) -> None:
        super().__init__(identity, sealed, cipher)
        self.since = since


class Members:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Identities have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def find_strangers(self, list_id: int, stream: str, identities: Sequence[bytes]) -> list[int]:
        """Return the places of the identities that are no members of this stream and list."""
        parameters = {"list_id": list_id, "stream": stream, **pack(identities)}
        rows = self._database.read(_STRANGERS.for_dialect(self._database.dialect), parameters)
        return [row.place for row in rows]

    def has_any(self, list_id: int) -> bool:
        """Say whether a list has members."""
        return bool(self._database.read(_ANY, {"list_id": list_id}))

    def count(self, list_id: int, stream: str) -> int:
        """Count the members of a stream and list."""
        count = sa.select(sa.func.count()).select_from(MEMBER)
        rows = self._database.read(count.where(MEMBER.c.list_id == list_id, MEMBER.c.stream == stream))
        return int(rows[0][0])

    def count_on(self, list_id: int) -> int:
        """Count the people that the streams bring to a list, each once."""
        people = sa.select(MEMBER.c.identity).where(MEMBER.c.list_id == list_id).distinct().subquery()
        return int(self._database.read(sa.select(sa.func.count()).select_from(people))[0][0])

    def counts(self) -> list[tuple[int, str, int]]:
        """Count the members of each list and stream, in this order."""
        return [(row.list_id, row.stream, row.members) for row in self._database.read(_COUNTS)]

    def iterate(self, list_id: int, stream: str) -> Iterator[list[bytes]]:
        """Iterate over the identities of a stream's and list's members in their order, some at a time."""
        page = (
            sa.select(MEMBER.c.identity)
            .where(MEMBER.c.list_id == list_id, MEMBER.c.stream == stream)
            .where(MEMBER.c.identity > sa.bindparam("last"))
            .order_by(MEMBER.c.identity)
            .limit(_PAGE_ROWS)
        )
        rows = self._database.read(page, {"last": b""})
        while rows:
            identities = [bytes(identity) for (identity,) in rows]
            yield identities
            rows = self._database.read(page, {"last": identities[-1]})

    def find(self, list_id: int, stream: str, identities: Sequence[bytes]) -> list[Member]:
        """Return those of some people who are members of a stream and list."""
        parameters = {"list_id": list_id, "stream": stream, **pack(identities)}
        rows = self._database.read(_FOUND.for_dialect(self._database.dialect), parameters)
        return [Member(bytes(row.identity), row.since, row.address, self._cipher) for row in rows]

    def streams_of(self, list_id: int, identities: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """Return the streams that bring each of these identities to a list, one pair for each."""
        parameters = {"list_id": list_id, **pack(identities)}
        rows = self._database.read(_STREAMS.for_dialect(self._database.dialect), parameters)
        return [(bytes(identity), stream) for identity, stream in rows]

    def find_on_no_stream(
        self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]
    ) -> list[int]:
        """Return the places of the identities that no stream brings to a list."""
        rows = _ON_NO_STREAM.execute(connection, list_id=list_id, **pack(identities))
        return [row.place for row in rows]

    def add(
        self,
        connection: sa.Connection,
        list_id: int,
        stream: str,
        people: Sequence[tuple[bytes, str]],
        now: int,
    ) -> None:
        """Add members, each an identity and address; one who is a member already stays as it is."""
        if people:
            sealed = [self._cipher.seal_address(email) for _, email in people]
            packed = pack([identity for identity, _ in people], addresses=sealed)
            _ADD.execute(connection, list_id=list_id, stream=stream, now=now, **packed)

    def remove(
        self, connection: sa.Connection, list_id: int, stream: str, identities: Sequence[bytes]
    ) -> None:
        """Remove members of one stream and list."""
        _REMOVE.execute(connection, list_id=list_id, stream=stream, **pack(identities))

    def remove_without_key(
        self, connection: sa.Connection, list_id: int, stream: str, identities: Sequence[bytes]
    ) -> None:
        """Remove those members of one stream and list that none of its source keys leads to."""
        _REMOVE_WITHOUT_KEY.execute(connection, list_id=list_id, stream=stream, **pack(identities))

    def remove_shared(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Remove those members of one stream and list that another stream brings too."""
        connection.execute(_REMOVE_SHARED, {"list_id": list_id, "stream": stream})

    def remove_from_list(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Remove members of a list, whatever streams brought them."""
        _REMOVE_FROM_LIST.execute(connection, list_id=list_id, **pack(identities))

    def remove_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Remove members of every list."""
        _REMOVE_EVERYWHERE.execute(connection, **pack(identities))

    def rename_stream(self, connection: sa.Connection, list_id: int | None, old: str, new: str) -> int:
        """Make the members of a stream members of another one, and return their number."""
        parameters = {"list_id": list_id, "old": old, "new": new}
        connection.execute(_COPY_TO_STREAM, parameters)
        return connection.execute(_REMOVE_STREAM, parameters).rowcount

    def erase_stream(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Remove all members of one stream and list."""
        own = sa.delete(MEMBER).where(MEMBER.c.list_id == list_id, MEMBER.c.stream == stream)
        connection.execute(own)


# `WHERE true` tells SQLite that the `ON` after it belongs to no join. `CROSS JOIN` tells it to look up each
# given person: as an inner join it may go through the whole table for each of them.
_STRANGERS = BulkStatement(
    """
    SELECT given.place
    FROM {given} LEFT JOIN ledger_member AS held
      ON held.list_id = :list_id AND held.identity = given.identity AND held.stream = :stream
    WHERE held.since IS NULL"""
)
_ON_NO_STREAM = BulkStatement(
    """
    SELECT given.place
    FROM {given} LEFT JOIN ledger_member AS held
      ON held.list_id = :list_id AND held.identity = given.identity
    WHERE held.since IS NULL"""
)
_FOUND = BulkStatement(
    """
    SELECT held.identity, held.since, held.address
    FROM {given} CROSS JOIN ledger_member AS held
    WHERE held.list_id = :list_id AND held.identity = given.identity AND held.stream = :stream"""
)
_STREAMS = BulkStatement(
    """
    SELECT given.identity, held.stream
    FROM {given} CROSS JOIN ledger_member AS held
    WHERE held.list_id = :list_id AND held.identity = given.identity"""
)
_ANY = sa.text("SELECT 1 FROM ledger_member WHERE list_id = :list_id LIMIT 1")
_COUNTS = (
    sa.select(MEMBER.c.list_id, MEMBER.c.stream, sa.func.count().label("members"))
    .group_by(MEMBER.c.list_id, MEMBER.c.stream)
    .order_by(MEMBER.c.list_id, MEMBER.c.stream)
)
_ADD = BulkStatement(
    """
    INSERT INTO ledger_member (list_id, identity, stream, address, since)
    SELECT CAST(:list_id AS bigint), given.identity, CAST(:stream AS text), given.address,
           coalesce(held.since, CAST(:now AS bigint))
    FROM {given_addresses} LEFT JOIN ledger_contact AS held
      ON held.list_id = :list_id AND held.identity = given.identity
    WHERE true
    ON CONFLICT (list_id, identity, stream) DO NOTHING"""
)
_REMOVE = BulkStatement(
    """
    DELETE FROM ledger_member
    WHERE list_id = :list_id AND stream = :stream
      AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_WITHOUT_KEY = BulkStatement(
    """
    DELETE FROM ledger_member
    WHERE list_id = :list_id AND stream = :stream
      AND identity IN (SELECT given.identity FROM {given})
      AND NOT EXISTS (
        SELECT 1 FROM ledger_source_key AS known
        WHERE known.list_id = ledger_member.list_id AND known.identity = ledger_member.identity
          AND known.stream = ledger_member.stream)"""
)
_REMOVE_SHARED = sa.text(
    """
    DELETE FROM ledger_member
    WHERE list_id = :list_id AND stream = :stream AND EXISTS (
        SELECT 1 FROM ledger_member AS other
        WHERE other.list_id = ledger_member.list_id AND other.identity = ledger_member.identity
          AND other.stream <> ledger_member.stream)"""
)
_REMOVE_FROM_LIST = BulkStatement(
    """
    DELETE FROM ledger_member
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_EVERYWHERE = BulkStatement(
    """
    DELETE FROM ledger_member WHERE identity IN (SELECT given.identity FROM {given})"""
)
_COPY_TO_STREAM = sa.text(
    """
    INSERT INTO ledger_member (list_id, identity, stream, address, since)
    SELECT list_id, identity, CAST(:new AS text), address, since
    FROM ledger_member
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)
    ON CONFLICT (list_id, identity, stream) DO NOTHING"""
)
_REMOVE_STREAM = sa.text(
    """
    DELETE FROM ledger_member
    WHERE stream = :old AND list_id = coalesce(CAST(:list_id AS bigint), list_id)"""
)
