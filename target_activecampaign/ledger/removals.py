"""Owns the statements on `ledger_removal`: who is to be taken off a list, and who was left alone.

Must not know why somebody is left alone, nor when a removal is certain.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack
from target_activecampaign.ledger.confirmations import windows_from
from target_activecampaign.ledger.schema import CONTACT, MEMBER, REMOVAL
from target_activecampaign.ledger.sealed_person import SealedPerson

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_activecampaign.ledger.causes import Cause
    from target_activecampaign.ledger.confirmations import Window
    from target_activecampaign.ledger.crypto import Cipher
    from target_activecampaign.ledger.database import Database

_DOUBTED: dict[Cause, Cause] = {"deleted": "unproven", "unfinished": "unfinished_unproven"}
_FINISHED: dict[Cause, Cause] = {"unfinished": "deleted", "unfinished_unproven": "unproven"}

_PAGE_ROWS = 1_000


class PendingRemoval(SealedPerson):
    """A person who is to be taken off a list.

    Attributes:
        list_id: The list.
        stream: The one that brought the person, or the deletion.
        cause: Why.
        noted_at: When that was noted, in seconds since 1970.
        windows: Times of our imports; a membership that began in none of them is not ours. Empty where the
            ledger has no proof.
    """

    __slots__ = ("cause", "list_id", "noted_at", "stream", "windows")

    def __init__(self, row: t.Any, list_id: int, cipher: Cipher) -> None:  # noqa: ANN401 - a driver's row
        super().__init__(bytes(row.identity), row.address, cipher)
        self.list_id = list_id
        self.stream: str = row.stream
        self.cause: Cause = row.cause
        self.noted_at: int = row.noted_at
        self.windows: tuple[Window, ...] = windows_from(
            row.since, row.first_ended_at, row.confirmed_at, row.ended_at
        )


class Removals:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Identities have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def find(self, list_id: int, identities: Sequence[bytes]) -> list[bytes]:
        """Return the identities that have a removal on a list, pending or left alone."""
        parameters = {"list_id": list_id, **pack(identities)}
        rows = self._database.read(_FOUND.for_dialect(self._database.dialect), parameters)
        return [bytes(row.identity) for row in rows]

    def find_left_alone(self, list_id: int, identities: Sequence[bytes]) -> list[bytes]:
        """Return the identities whose removal from a list was given up."""
        parameters = {"list_id": list_id, **pack(identities)}
        rows = self._database.read(_FOUND.for_dialect(self._database.dialect), parameters)
        return [bytes(row.identity) for row in rows if row.left_alone is not None]

    def count(self, list_id: int, cause: Cause | None) -> int:
        """Count the pending removals of a list, of one cause or with None of any."""
        count = sa.select(sa.func.count()).select_from(REMOVAL).where(*_pending(list_id, cause))
        return int(self._database.read(count)[0][0])

    def iterate(self, list_id: int, cause: Cause | None) -> Iterator[PendingRemoval]:
        """Iterate over the pending removals of a list in the order of their identities."""
        same = sa.and_(CONTACT.c.list_id == REMOVAL.c.list_id, CONTACT.c.identity == REMOVAL.c.identity)
        times = (CONTACT.c.since, CONTACT.c.first_ended_at, CONTACT.c.confirmed_at, CONTACT.c.ended_at)
        page = (
            sa.select(*_READ_COLUMNS, *times)
            .select_from(REMOVAL.outerjoin(CONTACT, same))
            .where(*_pending(list_id, cause))
            .where(REMOVAL.c.identity > sa.bindparam("last"))
            .order_by(REMOVAL.c.identity)
            .limit(_PAGE_ROWS)
        )
        rows = self._database.read(page, {"last": b""})
        while rows:
            for row in rows:
                yield PendingRemoval(row, list_id, self._cipher)
            rows = self._database.read(page, {"last": rows[-1].identity})

    def note_deleted(  # noqa: PLR0913, PLR0917 - a row's columns
        self,
        connection: sa.Connection,
        list_id: int,
        stream: str,
        people: Sequence[tuple[bytes, str]],
        cause: Cause,
        now: int,
    ) -> None:
        """Note removals of people that the source deleted, (identity, address), over earlier ones."""
        if people:
            sealed = [self._cipher.seal_address(email) for _, email in people]
            packed = pack([identity for identity, _ in people], addresses=sealed)
            own = {"list_id": list_id, "stream": stream, "cause": cause, "now": now}
            _NOTE_DELETED.execute(connection, **own, **packed)

    def doubt_deleted(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Note that pending removals at the source's word are not proven."""
        self._change_causes(connection, list_id, stream, _DOUBTED)

    def finish_deleted(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Note that a run with this stream came to its end: what its records said last is known."""
        self._change_causes(connection, list_id, stream, _FINISHED)

    def note_missing(
        self, connection: sa.Connection, list_id: int, stream: str, identities: Sequence[bytes], now: int
    ) -> None:
        """Note removals of members of a stream and list; one that is noted already stays as it is."""
        packed = pack(identities)
        _NOTE_MISSING.execute(connection, list_id=list_id, stream=stream, now=now, **packed)

    def note_all_missing(self, connection: sa.Connection, list_id: int, stream: str, now: int) -> int:
        """Note removals of all members of a stream and list, and return how many were not noted before."""
        parameters = {"list_id": list_id, "stream": stream, "now": now}
        return connection.execute(_NOTE_ALL_MISSING, parameters).rowcount

    def clear_missing(self, connection: sa.Connection, list_id: int, stream: str) -> None:
        """Remove the pending removals of members that a stream did not bring; those it released stay."""
        is_member = sa.exists().where(
            MEMBER.c.list_id == REMOVAL.c.list_id,
            MEMBER.c.identity == REMOVAL.c.identity,
            MEMBER.c.stream == REMOVAL.c.stream,
        )
        own = sa.delete(REMOVAL).where(*_pending(list_id, "missing"), REMOVAL.c.stream == stream, is_member)
        connection.execute(own)

    def leave_alone(self, connection: sa.Connection, list_id: int, identity: bytes, reason: str) -> None:
        """Let a removal be pending no more, for a reason."""
        own = sa.update(REMOVAL).where(REMOVAL.c.list_id == list_id, REMOVAL.c.identity == identity)
        connection.execute(own.values(left_alone=reason))

    def remove_from_list(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Remove the removals of these identities on one list, pending or left alone."""
        _REMOVE_FROM_LIST.execute(connection, list_id=list_id, **pack(identities))

    def remove_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Remove the removals of these identities on every list."""
        _REMOVE_EVERYWHERE.execute(connection, **pack(identities))

    def rename_stream(self, connection: sa.Connection, list_id: int | None, old: str, new: str) -> None:
        """Attribute the removals of a stream to another one."""
        own = sa.update(REMOVAL).where(REMOVAL.c.stream == old).values(stream=new)
        connection.execute(own if list_id is None else own.where(REMOVAL.c.list_id == list_id))

    def _change_causes(
        self, connection: sa.Connection, list_id: int, stream: str, causes: Mapping[Cause, Cause]
    ) -> None:
        for old, new in causes.items():
            own = sa.update(REMOVAL).where(*_pending(list_id, old), REMOVAL.c.stream == stream)
            connection.execute(own.values(cause=new))


def _pending(list_id: int, cause: Cause | None) -> list[sa.ColumnElement[bool]]:
    of_list = [REMOVAL.c.list_id == list_id, REMOVAL.c.left_alone.is_(None)]
    return of_list if cause is None else [*of_list, REMOVAL.c.cause == cause]


_READ_COLUMNS = (
    REMOVAL.c.identity,
    REMOVAL.c.stream,
    REMOVAL.c.cause,
    REMOVAL.c.noted_at,
    REMOVAL.c.address,
)
# `WHERE true` and `CROSS JOIN`: as in `members.py`.
_FOUND = BulkStatement(
    """
    SELECT held.identity, held.left_alone
    FROM {given} CROSS JOIN ledger_removal AS held
    WHERE held.list_id = :list_id AND held.identity = given.identity"""
)
_NOTE_DELETED = BulkStatement(
    """
    INSERT INTO ledger_removal (list_id, identity, stream, cause, address, noted_at)
    SELECT CAST(:list_id AS bigint), given.identity, CAST(:stream AS text), CAST(:cause AS text),
           given.address, CAST(:now AS bigint)
    FROM {given_addresses} WHERE true
    ON CONFLICT (list_id, identity) DO UPDATE SET
        stream = excluded.stream, cause = excluded.cause, address = excluded.address,
        noted_at = excluded.noted_at, left_alone = NULL"""
)
_NOTE_MISSING = BulkStatement(
    """
    INSERT INTO ledger_removal (list_id, identity, stream, cause, address, noted_at)
    SELECT held.list_id, held.identity, held.stream, 'missing', held.address, CAST(:now AS bigint)
    FROM {given} CROSS JOIN ledger_member AS held
    WHERE held.list_id = :list_id AND held.identity = given.identity AND held.stream = :stream
    ON CONFLICT (list_id, identity) DO NOTHING"""
)
_NOTE_ALL_MISSING = sa.text(
    """
    INSERT INTO ledger_removal (list_id, identity, stream, cause, address, noted_at)
    SELECT list_id, identity, stream, 'missing', address, CAST(:now AS bigint)
    FROM ledger_member
    WHERE list_id = :list_id AND stream = :stream
    ON CONFLICT (list_id, identity) DO NOTHING"""
)
_REMOVE_FROM_LIST = BulkStatement(
    """
    DELETE FROM ledger_removal
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_EVERYWHERE = BulkStatement(
    """
    DELETE FROM ledger_removal WHERE identity IN (SELECT given.identity FROM {given})"""
)
