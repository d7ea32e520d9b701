"""Owns the statements on `ledger_contact`: what was last confirmed for each contact and list.

Must not know addresses, members or when something is confirmed (`ledger.py`).
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.bulk_sql import BulkStatement, pack
from target_activecampaign.ledger.schema import CONTACT

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.ledger.database import Database


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

    def doubt(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Take the fingerprints away; contacts without a confirmation stay without one."""
        self._execute(connection, _DOUBT, list_id=list_id, **pack(identities))

    def confirm(  # noqa: PLR0913, PLR0917 - a row's columns
        self,
        connection: sa.Connection,
        list_id: int,
        identities: Sequence[bytes],
        fingerprints: Sequence[bytes],
        now: int,
        run: int | None,
    ) -> None:
        """Write confirmations, over earlier ones; the time of the first one stays."""
        packed = pack(identities, fingerprints)
        self._execute(connection, _CONFIRM, list_id=list_id, now=now, run=run, **packed)

    def forget(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Delete the confirmations of these contacts for one list."""
        self._execute(connection, _FORGET, list_id=list_id, **pack(identities))

    def forget_everywhere(self, connection: sa.Connection, identities: Sequence[bytes]) -> int:
        """Delete the confirmations of these contacts for every list; return how many there were."""
        return self._execute(connection, _FORGET_EVERYWHERE, **pack(identities))

    def erase(self, connection: sa.Connection, list_id: int | None) -> int:
        """Delete all confirmations of a list, or with None of every list; return how many there were."""
        everything = sa.delete(CONTACT)
        statement = everything if list_id is None else everything.where(CONTACT.c.list_id == list_id)
        return connection.execute(statement).rowcount

    def _execute(self, connection: sa.Connection, statement: BulkStatement, **parameters: object) -> int:
        return connection.execute(statement.for_dialect(self._database.dialect), parameters).rowcount


# In `_CONFIRM`, `WHERE true` tells SQLite that the `ON` after it belongs to no join.
_CHANGED = BulkStatement(
    """
    SELECT given.place, held.confirmed_at IS NOT NULL AS is_known
    FROM {given_fingerprints} LEFT JOIN ledger_contact AS held
      ON held.list_id = :list_id AND held.identity = given.identity
    WHERE held.fingerprint IS NULL OR held.fingerprint <> given.fingerprint
       OR held.confirmed_at < :not_before"""
)
_DOUBT = BulkStatement(
    """
    UPDATE ledger_contact SET fingerprint = NULL
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_CONFIRM = BulkStatement(
    """
    INSERT INTO ledger_contact (list_id, identity, fingerprint, confirmed_at, since, run)
    SELECT CAST(:list_id AS bigint), given.identity, given.fingerprint,
           CAST(:now AS bigint), CAST(:now AS bigint), CAST(:run AS bigint)
    FROM {given_fingerprints} WHERE true
    ON CONFLICT (list_id, identity) DO UPDATE SET
        fingerprint = excluded.fingerprint, confirmed_at = excluded.confirmed_at, run = excluded.run"""
)
_FORGET = BulkStatement(
    """
    DELETE FROM ledger_contact
    WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})"""
)
_FORGET_EVERYWHERE = BulkStatement(
    """
    DELETE FROM ledger_contact WHERE identity IN (SELECT given.identity FROM {given})"""
)
