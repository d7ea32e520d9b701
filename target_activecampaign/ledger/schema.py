"""The ledger's tables, and the steps from each version of them to the next.

Owns their names, columns and version. Must not know what the bytes in them mean, nor which database it is:
the types are SQLAlchemy's, alike for SQLite and PostgreSQL.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_META = "ledger_meta"

TABLES = sa.MetaData()
"""As of version 1. A change of them is a new step in `MIGRATIONS`; what stands here stays as it is."""

# `version` is there in every version, so that an older program can read of a newer ledger that it is one.
META = sa.Table(
    _META,
    TABLES,
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("wrapped_key", sa.Text, nullable=False),
)
# `fingerprint` is null while what was confirmed is in doubt; `since` is the first confirmation.
CONTACT = sa.Table(
    "ledger_contact",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary),
    sa.Column("confirmed_at", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("run", sa.BigInteger),
    sqlite_with_rowid=False,
)
# The stream comes last in the key: a contact's streams are looked up as often as a stream's contacts, and a
# list is fed by few streams.
MEMBER = sa.Table(
    "ledger_member",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
RUN = sa.Table(
    "ledger_run",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("started_at", sa.BigInteger, nullable=False),
)
HOLDER = sa.Table(
    "ledger_holder",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


def _create_tables(connection: sa.Connection) -> None:
    TABLES.create_all(connection)


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_create_tables,)
"""The step at place n leads from version n to version n + 1; version 0 is a database without a ledger."""

NEWEST_VERSION = len(MIGRATIONS)

NewMeta: t.TypeAlias = "Callable[[], Mapping[str, t.Any]] | None"
"""Makes the row of `ledger_meta` of a new ledger, but its version; None where a new one is not wanted."""


def version_of(connection: sa.Connection) -> int:
    """Return the version of the tables, 0 where there are none.

    Raises:
        SettingsError: If a newer program made them.
    """
    if not sa.inspect(connection).has_table(_META):
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
        SettingsError: If a newer program made them, or there is no ledger and none is wanted.
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


def unusable(what: str) -> SettingsError:
    """The problem about a ledger that can't be used.

    Args:
        what: What is wrong and what to do, without a value that may be secret.
    """
    return SettingsError([f"ledger_url: {what}"])


def no_ledger_there() -> SettingsError:
    """The problem about a ledger that a command for people does not find."""
    return unusable("there is no ledger there (a relative path starts in the working folder)")
