"""Owns the versions of the ledger's tables, and the steps from each version to the next.

Must not know which database it is, nor what a column means.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.problems import no_ledger_there, unusable
from target_activecampaign.ledger.schema import (
    GONE_KEY,
    HISTORY,
    HOLDER,
    MEMBER,
    META,
    OPT_OUT,
    REMOVAL,
    RUN,
    SOURCE_KEY,
    TAP_STREAM,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# The tables as a later version found them.
_CONTACT_OF_VERSION_1 = sa.Table(
    "ledger_contact",
    sa.MetaData(),
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary),
    sa.Column("confirmed_at", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("run", sa.BigInteger),
    sqlite_with_rowid=False,
)


def _create_tables(connection: sa.Connection) -> None:
    for table in (META, _CONTACT_OF_VERSION_1, MEMBER, RUN, HOLDER):
        table.create(connection)


def _add_removals(connection: sa.Connection) -> None:
    for column in ("first_ended_at", "ended_at"):
        connection.execute(sa.text(f"ALTER TABLE ledger_contact ADD COLUMN {column} BIGINT"))
    # Version 1 did not note when an import ended: a window without length claims no more than it knew.
    connection.execute(sa.text("UPDATE ledger_contact SET first_ended_at = since, ended_at = confirmed_at"))
    for table in (SOURCE_KEY, GONE_KEY, REMOVAL, OPT_OUT, TAP_STREAM):
        table.create(connection)


def _add_history(connection: sa.Connection) -> None:
    HISTORY.create(connection)


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_create_tables, _add_removals, _add_history)
"""The step at place n leads from version n to version n + 1; version 0 is a database without a ledger."""

NEWEST_VERSION = len(MIGRATIONS)

NewMeta: t.TypeAlias = "Callable[[], Mapping[str, t.Any]] | None"
"""Makes a new ledger's row of `ledger_meta`, without its version; None refuses to make a ledger."""


def version_of(connection: sa.Connection) -> int:
    """Return the version of the tables, 0 where there are none.

    Raises:
        SettingsError: If a newer program made them.
    """
    if not sa.inspect(connection).has_table(META.name):
        return 0
    version = int(connection.execute(sa.select(META.c.version)).scalar_one())
    if version > NEWEST_VERSION:
        raise unusable(
            f"this ledger is of version {version} and was written by a newer target-activecampaign; this one "
            f"reads versions up to {NEWEST_VERSION}. Update it, or name another ledger"
        )
    return version


def migrate(connection: sa.Connection, new_meta: NewMeta) -> None:
    """Bring the tables to the newest version, inside the caller's transaction.

    Args:
        connection: In a transaction that shuts out other writers.
        new_meta: For a new ledger.

    Raises:
        SettingsError: If a newer program made them, or there is no ledger and none may be made.
    """
    version = version_of(connection)
    if version == NEWEST_VERSION:
        return
    if not version and not new_meta:
        raise no_ledger_there()
    for step in MIGRATIONS[version:]:
        step(connection)
    if not version and new_meta:
        connection.execute(sa.insert(META).values(version=0, **new_meta()))
    connection.execute(sa.update(META).values(version=NEWEST_VERSION))
