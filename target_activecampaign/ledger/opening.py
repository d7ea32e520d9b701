"""Owns the way from the URL that a user named to an open database with tables of the newest version.

Parses the URL, opens PostgreSQL, and leaves files to `sqlite_file.py`. Must not know the tables' meaning.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from target_activecampaign.errors import LedgerError, SettingsError
from target_activecampaign.installation import how_to_add_extra
from target_activecampaign.ledger import sqlite_file
from target_activecampaign.ledger.database import Database
from target_activecampaign.ledger.driver_errors import cause_of
from target_activecampaign.ledger.migrations import NEWEST_VERSION, migrate, version_of
from target_activecampaign.ledger.patience import Patience
from target_activecampaign.ledger.postgres_server import require_writable
from target_activecampaign.ledger.problems import no_ledger_there, unusable

if t.TYPE_CHECKING:
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.migrations import NewMeta

_EXAMPLES = "sqlite:///ledger.db or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
_MIGRATION_LOCK = 6_120_871_342_907  # any number: only ledgers ask for it


def open_database(
    url: Secret, *, read_only: bool, new_meta: NewMeta, patience: Patience | None = None
) -> Database:
    """Open the database that a user named, with tables of the newest version.

    Args:
        url: SQLAlchemy's form.
        read_only: Change nothing: an SQLite file is copied into a private temporary folder, and where there
            is no ledger yet an empty one is made there.
        new_meta: Makes a new ledger's row about itself; None refuses to make a ledger.
        patience: How long to wait for locks of other processes.

    Raises:
        SettingsError: If the database can't be opened, or is no ledger.
    """
    parsed = parse_url(url)
    patience = patience or Patience()
    try:
        if parsed.get_backend_name() == "sqlite":
            # The write-ahead log lies beside the file itself, not beside a link to it.
            path = Path(parsed.database or "").resolve()
            return sqlite_file.open_sqlite(path, new_meta, patience, read_only=read_only)
        return _open_postgres(parsed, new_meta, patience, read_only=read_only)
    except (SQLAlchemyError, LedgerError, OSError) as error:
        cause = str(error) if isinstance(error, LedgerError) else f"it can't be opened: {cause_of(error)}"
        raise unusable(cause) from None


def open_as_it_is(url: Secret, patience: Patience, *, read_only: bool) -> Database:
    """Open the database of a ledger that exists, whatever the version of its tables, and copy nothing.

    Args:
        url: SQLAlchemy's form.
        patience: How long to wait for locks of other processes.
        read_only: Refuse to write.

    Raises:
        SettingsError: If it can't be opened, there is none, or a newer program made it.
    """
    parsed = parse_url(url)
    path = Path(parsed.database or "").resolve()
    if parsed.get_backend_name() == "sqlite" and not path.is_file():
        raise no_ledger_there(path)
    try:
        database = Database(parsed, read_only=read_only, patience=patience)
        with sqlite_file.closed_on_error(database):
            if not database.inspect(version_of):
                raise no_ledger_there()
            return database
    except ModuleNotFoundError:
        raise _driver_is_missing() from None
    except (SQLAlchemyError, LedgerError, OSError) as error:
        cause = str(error) if isinstance(error, LedgerError) else f"it can't be opened: {cause_of(error)}"
        raise unusable(cause) from None


def parse_url(url: Secret) -> sa.URL:
    """Return the URL of a kind of database that is known.

    Raises:
        SettingsError: If it is none.
    """
    try:
        parsed = sa.make_url(url.reveal())
    except (ArgumentError, ValueError):
        raise unusable(f"it is no URL; write {_EXAMPLES}") from None
    backend, _, driver = parsed.drivername.partition("+")
    if backend == "sqlite" and driver in {"", "pysqlite"}:
        if parsed.query or parsed.database in {None, "", ":memory:"}:
            raise unusable(
                "name a file and nothing else, like sqlite:///ledger.db: a ledger in memory forgets"
            )
        return parsed
    if backend in {"postgresql", "postgres"} and driver in {"", "psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise unusable(f"only SQLite and PostgreSQL (by psycopg) are known; write {_EXAMPLES}")


def connect_to_server(url: sa.URL, patience: Patience | None = None, *, read_only: bool) -> Database:
    """Connect to PostgreSQL, whatever it holds.

    Raises:
        SettingsError: If its driver is not installed.
        SQLAlchemyError: If it can't be connected to.
    """
    try:
        return Database(url, read_only=read_only, patience=patience)
    except ModuleNotFoundError:
        raise _driver_is_missing() from None


def _open_postgres(url: sa.URL, new_meta: NewMeta, patience: Patience, *, read_only: bool) -> Database:
    database = connect_to_server(url, patience, read_only=read_only)
    with sqlite_file.closed_on_error(database):
        if not read_only:
            database.inspect(require_writable)
        version = database.inspect(version_of)
        if version == NEWEST_VERSION:
            return database
        if not read_only:
            with database.transaction() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                migrate(connection, new_meta)
            return database
        if version:
            raise unusable("its tables are of an older version; a run without dry_run brings them up to date")
        if not new_meta:
            raise no_ledger_there()
    database.close()
    return sqlite_file.open_empty(new_meta)


def _driver_is_missing() -> SettingsError:
    return unusable(f"PostgreSQL needs a driver; install it: {how_to_add_extra('postgres')}")
