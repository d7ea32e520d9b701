"""Owns the connections to the ledger's database, one that reads and one that writes, and transactions.

Must not know the tables, nor where a database comes from (`opening.py`). Why two: `docs/design/ledger.md`.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from target_activecampaign.clock import SystemClock
from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.driver_errors import is_locked, translated
from target_activecampaign.ledger.patience import Patience
from target_activecampaign.ledger.postgres_server import require_own_session

if t.TYPE_CHECKING:
    import tempfile
    from collections.abc import Callable, Iterator, Mapping, Sequence

_T = t.TypeVar("_T")

_SECONDS_OF_ONE_ATTEMPT = 0.25  # no signal reaches SQLite while it waits for a lock
_SECONDS_TO_CONNECT = 10
_SECONDS_BETWEEN_KEEPALIVES = 60  # a firewall forgets a connection that is silent for some minutes
_ON_CONNECT = {
    # FULL: a contact must be in doubt after a power cut, too. secure_delete: erased rows are overwritten.
    # MEMORY: in a container the ledger's volume may be the only place that can be written to.
    "sqlite": (
        "PRAGMA synchronous = FULL",
        "PRAGMA cache_size = -8192",
        "PRAGMA secure_delete = ON",
        "PRAGMA temp_store = MEMORY",
    ),
    # Within two minutes the server notices that a run's machine is gone, and releases its locks.
    "postgresql": (
        "SET synchronous_commit TO on",
        "SET tcp_keepalives_idle TO 60",
        "SET tcp_keepalives_interval TO 10",
        "SET tcp_keepalives_count TO 6",
        # A tap may be silent for longer. Of the servers' versions not each has both.
        "SELECT set_config(name, '0', false) FROM pg_settings WHERE name ~ '^idle_.*session_timeout$'",
    ),
}
_READ_ONLY = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET default_transaction_read_only TO on"}


class Database:
    """An open database. Each method may be called from any thread.

    Attributes:
        dialect: `sqlite` or `postgresql`.
        path: The file of an SQLite database; None for PostgreSQL.
        read_only: Whether nothing may be written.
    """

    def __init__(
        self,
        url: sa.URL,
        *,
        read_only: bool,
        patience: Patience | None = None,
        folder: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """Connect.

        Args:
            url: Of a known dialect and driver.
            read_only: Refuse to write.
            patience: How long to wait for locks of other processes.
            folder: Holds the database, and is deleted when it is closed.

        Raises:
            SQLAlchemyError: If the database can't be connected to.
        """
        self.read_only = read_only
        self.dialect = url.get_backend_name()
        self.path = Path(url.database or "").resolve() if self.dialect == "sqlite" else None
        self._folder = folder
        self._patience = patience or Patience()
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._engine = _engine_for(url, read_only=read_only)
        self._reader = self._insist(self._engine.connect)
        self._writer = self._insist(self._engine.connect)
        self._is_closed = threading.Event()
        if self.dialect == "sqlite":
            # The rows of an import are scattered over the file: hardly a page is needed twice.
            self._writer.exec_driver_sql("PRAGMA cache_size = -2048")
        else:
            threading.Thread(target=self._cancel_when_over, name="ledger-locks", daemon=True).start()

    def read(
        self, statement: sa.Executable, parameters: Mapping[str, t.Any] | None = None
    ) -> Sequence[t.Any]:
        """Return all rows of a query.

        Raises:
            LedgerError: If they can't be read.
        """
        with self._reading, translated("read"):
            return self._insist(lambda: self._reader.execute(statement, parameters).all())

    def inspect(self, function: Callable[[sa.Connection], _T]) -> _T:
        """Return the result of a function that reads more than rows.

        Raises:
            LedgerError: If it can't be read.
        """
        with self._reading, translated("read"):
            return self._insist(lambda: function(self._reader))

    def configure(self, statement: str) -> None:
        """Run a statement that no transaction may hold.

        Raises:
            LedgerError: If it fails.
        """
        with self._writing, translated("written"):
            self._insist(lambda: self.writer().exec_driver_sql(statement))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Write all or nothing; what was written is durable when the block is left.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        if self.read_only:
            raise RuntimeError("a ledger that is open for reading alone was written to")
        with self._writing, translated("written"):
            writer = self.writer()
            self._insist(lambda: writer.exec_driver_sql("BEGIN IMMEDIATE" if self.path else "BEGIN"))
            try:
                yield writer
                writer.exec_driver_sql("COMMIT")
            except BaseException:
                with contextlib.suppress(SQLAlchemyError):
                    writer.exec_driver_sql("ROLLBACK")
                raise

    def writer(self) -> sa.Connection:
        """Return the connection that writes, for a lock that lives as long as the connection.

        Raises:
            LedgerError: If it was lost: SQLAlchemy would make a new one, without the locks of the old.
        """
        if self._writer.invalidated:
            raise LedgerError(
                "the ledger can't be written: the connection was lost; look at the server, then run again"
            )
        return self._writer

    def close(self) -> None:
        """Close both connections and delete the temporary folder; a second call does nothing."""
        self._is_closed.set()
        with contextlib.suppress(SQLAlchemyError):
            self._reader.close()
        with contextlib.suppress(SQLAlchemyError):
            self._writer.close()
        self._engine.dispose()
        if self._folder:
            self._folder.cleanup()

    def _insist(self, act: Callable[[], _T]) -> _T:
        return self._patience.insist(act, is_locked)

    def _cancel_when_over(self) -> None:
        """End the statements that wait for a lock of the server when the run has to end."""
        drivers = [one.connection.dbapi_connection for one in (self._reader, self._writer)]
        clock = SystemClock()  # the server's own wait can't be replaced
        while not clock.wait(self._is_closed, _SECONDS_OF_ONE_ATTEMPT):
            if self._patience.is_over:
                for driver in filter(None, drivers):
                    with contextlib.suppress(Exception):
                        driver.cancel()


def _engine_for(url: sa.URL, *, read_only: bool) -> sa.Engine:
    dialect = url.get_backend_name()
    statements = (*_ON_CONNECT[dialect], *([_READ_ONLY[dialect]] * read_only))
    engine = sa.create_engine(
        url,
        poolclass=NullPool,
        pool_reset_on_return=None,  # closing ends a transaction, even where a signal cut a statement short
        isolation_level="AUTOCOMMIT",  # transactions begin and end where we say so
        hide_parameters=True,
        connect_args=_connect_args(url),
    )
    # First of all listeners: SQLAlchemy's own can't read what a server of another encoding says.
    sa.event.listen(
        engine, "connect", lambda connection, _: _set_up(connection, dialect, statements), insert=True
    )
    return engine


def _connect_args(url: sa.URL) -> dict[str, t.Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": _SECONDS_OF_ONE_ATTEMPT, "check_same_thread": False}
    defaults = {
        "connect_timeout": _SECONDS_TO_CONNECT,
        "keepalives_idle": _SECONDS_BETWEEN_KEEPALIVES,
        "client_encoding": "utf8",
    }
    return {name: value for name, value in defaults.items() if name not in url.query}


def _set_up(connection: t.Any, dialect: str, statements: Sequence[str]) -> None:  # noqa: ANN401 - a driver's
    try:
        if dialect == "postgresql":
            require_own_session(connection)
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        if dialect == "postgresql":
            connection.commit()
    except BaseException:
        # SQLAlchemy has not taken it over yet, so nobody else closes it.
        connection.close()
        raise
