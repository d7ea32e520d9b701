"""Owns the document of shared limits on a PostgreSQL server: one table, a row for each account."""

from __future__ import annotations

import contextlib
import typing as t

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from target_activecampaign.shared_limits.server import ANSWER_SECONDS, Kept, ServerError

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = "activecampaign_shared_limits"
_EXISTS = f"SELECT to_regclass('{_TABLE}') IS NOT NULL"
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {_TABLE} "
    "(account text PRIMARY KEY, version bigint NOT NULL, document bytea NOT NULL)"
)
# Runs wait for each other in a queue of the server's, so that none is late again and again.
_READ = sa.text(
    f"SELECT version, document FROM {_TABLE} WHERE account = :account FOR UPDATE"  # noqa: S608 - our table
)
_NOW = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
_INSERT = sa.text(
    f"INSERT INTO {_TABLE} VALUES (:account, 1, :document) ON CONFLICT DO NOTHING"  # noqa: S608 - our table
)
_UPDATE = sa.text(
    f"UPDATE {_TABLE} SET version = version + 1, document = :document "  # noqa: S608 - our table
    "WHERE account = :account AND version = :version"
)
# Part of a driver's text, which may quote a password, and what it means.
_CAUSES = {
    "password authentication failed": "it refuses the user or the password",
    "no password supplied": "it wants a password",
    "no pg_hba.conf entry": "it refuses connections from here",
    "permission denied": "the user has no right to its table; let it make one, or grant it",
    "read-only transaction": "it may not be written to; name the primary server",
    "no schema has been selected": "the schema of the search_path does not exist",
    "does not exist": "the database or the user does not exist",
    "resolve host name": "its host is not known",
    "translate host name": "its host is not known",
    "Connection refused": "no server listens there",
    "timeout": "it gives no answer in time",
}


class PostgresDocument:
    """The document of one account on a PostgreSQL server. It connects with the first question."""

    def __init__(self, url: sa.URL, account: str) -> None:
        """Prepare.

        Args:
            url: For psycopg.
            account: Stands for the account.

        Raises:
            ModuleNotFoundError: If psycopg is not installed.
        """
        self._account = account
        self._connection: sa.Connection | None = None
        self._is_reading = False
        self._is_made = False
        self._engine = sa.create_engine(
            url,
            poolclass=NullPool,
            # Transactions begin and end where we say so.
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args=_connect_args(url),
        )

    def read(self) -> Kept:
        """Return the document and the time.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """
        with self._connected() as connection:
            if self._is_reading:
                connection.exec_driver_sql("ROLLBACK")
                self._is_reading = False
            if not self._has_table(connection):
                return Kept(0, None, connection.exec_driver_sql(_NOW).scalar_one())
            connection.exec_driver_sql("BEGIN")
            self._is_reading = True
            version, document = connection.execute(_READ, {"account": self._account}).one_or_none() or (
                0,
                None,
            )
            now = connection.exec_driver_sql(_NOW).scalar_one()
        return Kept(version, None if document is None else bytes(document), now)

    def write(self, version: int, document: bytes) -> bool:
        """Replace the document of a version; returns whether it still was of that version.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """
        values = {"account": self._account, "document": document, "version": version}
        with self._connected() as connection:
            if version == 0:
                del values["version"]
                self._make_table(connection)
            is_written = connection.execute(_UPDATE if version else _INSERT, values).rowcount == 1
            if self._is_reading:
                connection.exec_driver_sql("COMMIT")
                self._is_reading = False
        return is_written

    def close(self) -> None:
        """End the connection."""
        connection, self._connection, self._is_reading = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()

    def _has_table(self, connection: sa.Connection) -> bool:
        self._is_made = self._is_made or bool(connection.exec_driver_sql(_EXISTS).scalar_one())
        return self._is_made

    def _make_table(self, connection: sa.Connection) -> None:
        """Make the table with the first document; those who only look make none."""
        if self._has_table(connection):
            return
        try:
            connection.exec_driver_sql(_CREATE)
        except (IntegrityError, ProgrammingError):
            # Another run makes it at the same time.
            if not self._has_table(connection):
                raise

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                _set_up(self._connection)
            yield self._connection
        except (SQLAlchemyError, UnicodeError) as error:
            self.close()
            raise ServerError(_cause_of(error)) from None


def _set_up(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SET statement_timeout TO {1000 * ANSWER_SECONDS}")
    # A run that is stopped between its two questions holds up no other.
    connection.exec_driver_sql(f"SET idle_in_transaction_session_timeout TO {1000 * ANSWER_SECONDS // 2}")


def _connect_args(url: sa.URL) -> dict[str, t.Any]:
    defaults = {
        "connect_timeout": ANSWER_SECONDS,
        "tcp_user_timeout": 1000 * ANSWER_SECONDS,
        "keepalives_idle": ANSWER_SECONDS,
        "client_encoding": "utf8",
        "prepare_threshold": None,
    }
    return {name: value for name, value in defaults.items() if name not in url.query}


def _cause_of(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = str(cause)
    known = (meaning for part, meaning in _CAUSES.items() if part in text)
    return next(known, f"the connection was lost ({type(cause).__name__})")
