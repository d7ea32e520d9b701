"""Owns the statements on `ledger_contact`: what was confirmed for each contact and list, and in which times.

Must not know addresses, members or when something is confirmed (`ledger.py`).
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack
from target_activecampaign.ledger.schema import CONTACT, MEMBER, REMOVAL

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.ledger.database import Database


class Window(t.NamedTuple):
    """The time of one import, in seconds since 1970: a membership that began within it is ours.

    Attributes:
        start: When it was submitted.
        end: When it was confirmed.
    """

    start: int
    end: int


def windows_from(
    since: int | None, first_ended_at: int | None, confirmed_at: int | None, ended_at: int | None
) -> tuple[Window, ...]:
    """Return the windows that a row of `ledger_contact` proves: of the first import, and of the latest one.

    Whether a later import moves the date of a membership is not known, so both count.
    """
    windows = []
    if since is not None and first_ended_at is not None:
        windows.append(Window(since, first_ended_at))
    if confirmed_at and ended_at is not None:
        windows.append(Window(confirmed_at, ended_at))
    return tuple(dict.fromkeys(windows))


class Confirmations:
    """Reads and writes the table. A method that takes a connection is part of its caller's transaction.

    Identities and fingerprints have 16 bytes each. Every method raises `LedgerError` if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_changed(
        self, list_id: int, identities: Sequence[bytes], fingerprints: Sequence[bytes], not_before: int
    ) -> Sequence[t.Any]:
        """Return the contacts that are not confirmed exactly like this.

        An unchanged contact has no row, so that nothing is fetched for a million of them.

        Args:
            list_id: The list that they are for.
            identities: In any order.
            fingerprints: In the order of the identities.
            not_before: Confirmations before this time (seconds since 1970) do not count.

        Returns:
            Rows of `place` among the identities and `is_known`, whether a contact was confirmed once.
        """
        parameters = {"list_id": list_id, "not_before": not_before, **pack(identities, fingerprints)}
        return self._database.read(_CHANGED.for_dialect(self._database.dialect), parameters)

    def windows(self, list_id: int, identities: Sequence[bytes]) -> dict[bytes, tuple[Window, ...]]:
        """Return the windows of each of these identities that has a row."""
        parameters = {"list_id": list_id, **pack(identities)}
        rows = self._database.read(_TIMES.for_dialect(self._database.dialect), parameters)
        return {bytes(identity): windows_from(*times) for identity, *times in rows}

    def doubt(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Take the fingerprints away; contacts without a row stay without one."""
        _DOUBT.execute(connection, list_id=list_id, **pack(identities))

    def confirm(  # noqa: PLR0913, PLR0917 - a row's columns
        self,
        connection: sa.Connection,
        list_id: int,
        identities: Sequence[bytes],
        fingerprints: Sequence[bytes],
        window: Window,
        run: int | None,
        *,
        is_proof: bool,
    ) -> None:
        """Write confirmations, over earlier ones; the times of the first one stay.

        Without `is_proof` the import put nobody on the list: a membership that began within it is not ours.
        """
        packed = pack(identities, fingerprints)
        times = {"sent_at": window.start, "ended_at": window.end if is_proof else None}
        _CONFIRM.execute(connection, list_id=list_id, run=run, **times, **packed)

    def forget(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Make these contacts unknown to a list; the times of a first import stay: they are proof."""
        packed = pack(identities)
        _FORGET.execute(connection, list_id=list_id, **packed)

    def remove(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Delete the rows of these contacts for one list."""
        _REMOVE.execute(connection, list_id=list_id, **pack(identities))

    def forget_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> int:
        """Make these contacts unknown to every list; return how many were known, each list's counted."""
        count = _KNOWN_EVERYWHERE.execute(connection, **pack(identities))
        known = int(count.scalar_one())
        _FORGET_EVERYWHERE.execute(connection, **pack(identities))
        return known

    def remove_needless(self, connection: sa.Connection, identities: Sequence[bytes]) -> None:
        """Delete those rows of these contacts that confirm nothing and whose times no membership needs."""
        _REMOVE_NEEDLESS.execute(connection, **pack(identities))

    def forget_all(self, connection: sa.Connection, list_id: int | None) -> int:
        """Make all contacts of a list unknown, or with None of every list; return how many were known."""
        forget = sa.update(CONTACT).values(fingerprint=None, confirmed_at=0, ended_at=None)
        forget = forget.where(CONTACT.c.confirmed_at > 0)
        return connection.execute(
            forget if list_id is None else forget.where(CONTACT.c.list_id == list_id)
        ).rowcount

    def remove_all_needless(self, connection: sa.Connection, list_id: int | None) -> None:
        """Delete the rows of all contacts that are unknown, and whose times no membership needs."""
        needless = sa.delete(CONTACT).where(
            CONTACT.c.confirmed_at == 0, ~_of_a_person(MEMBER), ~_of_a_person(REMOVAL)
        )
        connection.execute(needless if list_id is None else needless.where(CONTACT.c.list_id == list_id))


def _of_a_person(table: sa.Table) -> sa.Exists:
    same = sa.and_(table.c.list_id == CONTACT.c.list_id, table.c.identity == CONTACT.c.identity)
    return sa.exists().where(same).correlate(CONTACT)


# `WHERE true` tells SQLite that the `ON` after it belongs to no join. `CROSS JOIN` tells it to look up each
# given contact: as an inner join it may go through the whole table for each of them.
_CHANGED = BulkStatement(
    """
    SELECT given.place, coalesce(held.confirmed_at, 0) > 0 AS is_known
    FROM {given_fingerprints} LEFT JOIN ledger_contact AS held
      ON held.list_id = :list_id AND held.identity = given.identity
    WHERE held.fingerprint IS NULL OR held.fingerprint <> given.fingerprint
       OR held.confirmed_at < :not_before"""
)
_TIMES = BulkStatement(
    """
    SELECT held.identity, held.since, held.first_ended_at, held.confirmed_at, held.ended_at
    FROM {given} CROSS JOIN ledger_contact AS held
    WHERE held.list_id = :list_id AND held.identity = given.identity"""
)
_DOUBT = BulkStatement(
    """
    UPDATE ledger_contact SET fingerprint = NULL
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_CONFIRM = BulkStatement(
    """
    INSERT INTO ledger_contact
        (list_id, identity, fingerprint, confirmed_at, since, run, first_ended_at, ended_at)
    SELECT CAST(:list_id AS bigint), given.identity, given.fingerprint,
           CAST(:sent_at AS bigint), CAST(:sent_at AS bigint), CAST(:run AS bigint),
           CAST(:ended_at AS bigint), CAST(:ended_at AS bigint)
    FROM {given_fingerprints} WHERE true
    ON CONFLICT (list_id, identity) DO UPDATE SET
        fingerprint = excluded.fingerprint, confirmed_at = excluded.confirmed_at, run = excluded.run,
        since = CASE WHEN ledger_contact.first_ended_at IS NULL THEN excluded.since
                ELSE ledger_contact.since END,
        first_ended_at = coalesce(ledger_contact.first_ended_at, excluded.first_ended_at),
        ended_at = excluded.ended_at"""
)
_FORGET = BulkStatement(
    """
    UPDATE ledger_contact SET fingerprint = NULL, confirmed_at = 0, ended_at = NULL
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE = BulkStatement(
    """
    DELETE FROM ledger_contact
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_KNOWN_EVERYWHERE = BulkStatement(
    """
    SELECT count(*) FROM ledger_contact
    WHERE confirmed_at > 0 AND identity IN (SELECT given.identity FROM {given})"""
)
_FORGET_EVERYWHERE = BulkStatement(
    """
    UPDATE ledger_contact SET fingerprint = NULL, confirmed_at = 0, ended_at = NULL
    WHERE identity IN (SELECT given.identity FROM {given})"""
)
_REMOVE_NEEDLESS = BulkStatement(
    """
    DELETE FROM ledger_contact
    WHERE identity IN (SELECT given.identity FROM {given}) AND confirmed_at = 0
      AND NOT EXISTS (
        SELECT 1 FROM ledger_member AS held
        WHERE held.list_id = ledger_contact.list_id AND held.identity = ledger_contact.identity)
      AND NOT EXISTS (
        SELECT 1 FROM ledger_removal AS noted
        WHERE noted.list_id = ledger_contact.list_id AND noted.identity = ledger_contact.identity)"""
)
