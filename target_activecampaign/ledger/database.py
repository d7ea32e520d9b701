"""The ledger's database: SQLite or PostgreSQL, one connection that reads and one that writes.

Owns the URL, the connections, transactions and what becomes of a driver's errors, whose texts may quote a
password or an address and are never shown. Must not know what is stored.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
import typing as t
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.schema import NEWEST_VERSION, migrate, no_ledger_there, unusable, version_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.schema import NewMeta

_EXAMPLES = "sqlite:///ledger.db or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
_SQLITE_HEADER = b"SQLite format 3\0"
_SECONDS_TO_WAIT = 30  # for another run's write, which takes milliseconds
_SECONDS_TO_CONNECT = 10
_SECONDS_BETWEEN_KEEPALIVES = 60  # a firewall forgets a connection that is silent for some minutes
_COPY_ATTEMPTS = 5
_MIGRATION_LOCK = 6_120_871_342_907  # any number: only ledgers ask for it
_ON_CONNECT = {
    # FULL: what is in doubt must be so after a power cut too. Erased is erased: addresses are overwritten.
    "sqlite": ("PRAGMA synchronous = FULL", "PRAGMA cache_size = -8192", "PRAGMA secure_delete = ON"),
    # Within two minutes the server notices that a run's machine is gone, and releases its locks.
    "postgresql": (
        "SET synchronous_commit TO on",
        "SET tcp_keepalives_idle TO 60",
        "SET tcp_keepalives_interval TO 10",
        "SET tcp_keepalives_count TO 6",
    ),
}
_READ_ONLY = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET default_transaction_read_only TO on"}
# Texts of drivers that hold nothing of ours, and what they mean for a reader.
_KNOWN_CAUSES = {
    "database or disk is full": "the disk is full",
    "database is locked": "another run is writing",
    "disk image is malformed": "the file is damaged; delete it, and everything is sent once more",
    "file is not a database": "the file is damaged or no ledger",
    "readonly database": "it may not be written to",
    "read-only transaction": "it may not be written to",
    "disk I/O error": "the disk fails",
    "unable to open database file": "the file can't be opened",
    "password authentication failed": "the server refuses the user or the password",
    "no password supplied": "the server wants a password",
    "no pg_hba.conf entry": "the server refuses connections from here",
    "permission denied": "the user has no right to it",
    "Connection refused": "no server listens there",
    "resolve host name": "the host is not known",
    "translate host name": "the host is not known",
    "no schema has been selected": "the schema of the search_path does not exist",
    "does not exist": "the database or the user does not exist",
    "timeout expired": "the server does not answer",
    "connection is closed": "the connection was lost",
    "closed the connection": "the connection was lost",
    "terminating connection": "the server ended the connection",
}


class Database:
    """An open database. Each method may be called from any thread.

    Attributes:
        dialect: `sqlite` or `postgresql`.
        path: The file that an SQLite database is kept in; None for PostgreSQL.
        read_only: Whether nothing may be written.
    """

    def __init__(
        self, url: sa.URL, *, read_only: bool, folder: tempfile.TemporaryDirectory[str] | None = None
    ) -> None:
        """Connect.

        Args:
            url: Of a known dialect and driver.
            read_only: Refuse to write.
            folder: Holds the database, and goes when it is closed.

        Raises:
            SQLAlchemyError: If there is no way in.
        """
        self.read_only = read_only
        self.dialect = url.get_backend_name()
        self.path = Path(url.database or "").resolve() if self.dialect == "sqlite" else None
        self._folder = folder
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        # In autocommit, transactions begin and end where we say so.
        self._engine = sa.create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args=_connect_args(url),
        )
        statements = (*_ON_CONNECT[self.dialect], *([_READ_ONLY[self.dialect]] * read_only))
        sa.event.listen(self._engine, "connect", lambda connection, _: _run_all(connection, statements))
        self._reader = self._engine.connect()
        self._writer = self._engine.connect()
        if self.dialect == "sqlite":
            # The rows of an import stand wherever they stand: a page is hardly needed twice.
            self._writer.exec_driver_sql("PRAGMA cache_size = -2048")

    def read(
        self, statement: sa.Executable, parameters: Mapping[str, t.Any] | None = None
    ) -> Sequence[t.Any]:
        """Return all rows.

        Raises:
            LedgerError: If they can't be read.
        """
        with self._reading, translated("read"):
            return self._reader.execute(statement, parameters).all()

    def inspect(self, look: Callable[[sa.Connection], t.Any]) -> t.Any:  # noqa: ANN401 - what `look` returns
        """Look at more than rows.

        Raises:
            LedgerError: If it can't be read.
        """
        with self._reading, translated("read"):
            return look(self._reader)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Write, all or nothing; durable when the block is left.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        if self.read_only:
            msg = "a ledger that is open for reading alone was written to"
            raise RuntimeError(msg)
        with self._writing, translated("written"):
            writer = self.writer()
            writer.exec_driver_sql("BEGIN IMMEDIATE" if self.path else "BEGIN")
            try:
                yield writer
                writer.exec_driver_sql("COMMIT")
            except BaseException:
                with contextlib.suppress(SQLAlchemyError):
                    writer.exec_driver_sql("ROLLBACK")
                raise

    def writer(self) -> sa.Connection:
        """The connection that writes, for what lives as long as it does.

        Raises:
            LedgerError: If it was lost: SQLAlchemy would make a new one, without the locks of the old.
        """
        if self._writer.invalidated:
            raise LedgerError("the ledger can't be written: the connection was lost")
        return self._writer

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        with contextlib.suppress(SQLAlchemyError):
            self._reader.close()
        with contextlib.suppress(SQLAlchemyError):
            self._writer.close()
        self._engine.dispose()
        if self._folder:
            self._folder.cleanup()


def open_database(url: Secret, *, read_only: bool, new_meta: NewMeta) -> Database:
    """Open the database that a user named, with tables of the newest version.

    Args:
        url: SQLAlchemy's form.
        read_only: Change nothing: an SQLite file is copied into a private temporary folder, and where there
            is no ledger yet an empty one is made there.
        new_meta: Makes what a new ledger says of itself; None refuses to make one.

    Raises:
        SettingsError: If there is no way in, or what is there is no ledger.
    """
    parsed = _parse(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            # The write-ahead log lies beside the file itself, not beside a link to it.
            return _open_sqlite(Path(parsed.database or "").resolve(), new_meta, read_only=read_only)
        return _open_postgres(parsed, new_meta, read_only=read_only)
    except (SQLAlchemyError, LedgerError, OSError) as error:
        cause = str(error) if isinstance(error, LedgerError) else f"it can't be opened: {cause_of(error)}"
        raise unusable(cause) from None


@contextlib.contextmanager
def translated(done: str) -> Iterator[None]:
    """Turn a driver's errors into ours.

    Args:
        done: What can't be done to the ledger, like `read`.

    Raises:
        LedgerError: Instead of a driver's error.
    """
    try:
        yield
    except (SQLAlchemyError, UnicodeError, OverflowError) as error:
        raise LedgerError(f"the ledger can't be {done}: {cause_of(error)}") from None


def cause_of(error: Exception) -> str:
    """Say why, in words of ours, or else with the name of the error alone."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = str(cause)
    known = (meaning for part, meaning in _KNOWN_CAUSES.items() if part in text)
    return next(known, type(cause).__name__)


def _parse(url: Secret) -> sa.URL:
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


def _connect_args(url: sa.URL) -> dict[str, t.Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": _SECONDS_TO_WAIT, "check_same_thread": False}
    defaults = {"connect_timeout": _SECONDS_TO_CONNECT, "keepalives_idle": _SECONDS_BETWEEN_KEEPALIVES}
    return {name: value for name, value in defaults.items() if name not in url.query}


def _run_all(connection: t.Any, statements: Sequence[str]) -> None:  # noqa: ANN401 - a driver's connection
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    if not isinstance(connection, sqlite3.Connection):
        connection.commit()


# SQLite


def _open_sqlite(path: Path, new_meta: NewMeta, *, read_only: bool) -> Database:
    if not path.exists():
        _require_folder(path)
        if not new_meta:
            raise no_ledger_there()
        if read_only:
            return _open_empty(new_meta)
        _create_at_once(path, new_meta)
    _require_database_file(path)
    return _open_copy_of(path, new_meta) if read_only else _open_file(path, new_meta)


def _open_file(path: Path, new_meta: NewMeta) -> Database:
    if not (os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK)):
        raise unusable("its file and folder may not be written to; change their mode, or name another")
    database = Database(_sqlite_url(path), read_only=False)
    with _closed_on_error(database):
        _bring_up_to_date(database, new_meta)
    return database


def _open_copy_of(path: Path, new_meta: NewMeta) -> Database:
    with _private_folder() as folder:
        copy = Path(folder.name, "ledger.db")
        _copy_at_rest(path, copy)
        # Tables of an older version are brought up to date in the copy.
        _open_file(copy, new_meta).close()
        return Database(_sqlite_url(copy), read_only=True, folder=folder)


def _open_empty(new_meta: NewMeta) -> Database:
    with _private_folder() as folder:
        path = Path(folder.name, "ledger.db")
        _create_at_once(path, new_meta)
        return Database(_sqlite_url(path), read_only=True, folder=folder)


@contextlib.contextmanager
def _private_folder() -> Iterator[tempfile.TemporaryDirectory[str]]:
    folder = tempfile.TemporaryDirectory(prefix="target-activecampaign-")
    try:
        yield folder
    except BaseException:
        folder.cleanup()
        raise


@contextlib.contextmanager
def _closed_on_error(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


def _bring_up_to_date(database: Database, new_meta: NewMeta) -> None:
    version = database.inspect(version_of)
    if not version and database.inspect(lambda connection: sa.inspect(connection).get_table_names()):
        raise unusable("the file is another program's database, not a ledger; name another")
    with translated("written"):
        database.writer().exec_driver_sql("PRAGMA journal_mode = WAL")
    if version < NEWEST_VERSION:
        with database.transaction() as connection:
            migrate(connection, new_meta)


def _create_at_once(path: Path, new_meta: NewMeta) -> None:
    """Make a ledger that is there whole or not at all, for its owner alone.

    Of two runs that make it at the same time one wins, and both go on with the winner's.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    os.close(descriptor)
    try:
        database = Database(_sqlite_url(Path(name)), read_only=False)
        with contextlib.closing(database):
            _bring_up_to_date(database, new_meta)
        with contextlib.suppress(FileExistsError):
            _put_in_place(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _put_in_place(name: str, path: Path) -> None:
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        Path(name).rename(path)


def _require_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise unusable(
            "the folder of its file does not exist (a relative path starts in the working folder); make "
            "it, or name another"
        )


def _require_database_file(path: Path) -> None:
    if path.is_dir():
        raise unusable("it names a folder; add a file's name")
    with path.open("rb") as file:
        header = file.read(len(_SQLITE_HEADER))
    if header != _SQLITE_HEADER:
        raise unusable("the file is no ledger (nor any SQLite database); name another, or move it away")


def _copy_at_rest(path: Path, copy: Path) -> None:
    """Copy a database with its write-ahead log, as one moment left the two.

    Raises:
        SettingsError: If another run keeps writing.
    """
    for _ in range(_COPY_ATTEMPTS):
        before = _state_of(path)
        shutil.copyfile(path, copy)
        if before[1] is None:
            _log_of(copy).unlink(missing_ok=True)
        else:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(_log_of(path), _log_of(copy))
        if before == _state_of(path):
            return
    raise unusable("another run is writing to the ledger; try again when it has ended")


def _state_of(path: Path) -> tuple[tuple[int, int] | None, ...]:
    return _size_and_time(path), _size_and_time(_log_of(path))


def _size_and_time(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _sqlite_url(path: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(path))


# PostgreSQL


def _open_postgres(url: sa.URL, new_meta: NewMeta, *, read_only: bool) -> Database:
    try:
        database = Database(url, read_only=read_only)
    except ModuleNotFoundError:
        raise unusable(
            "PostgreSQL needs a driver; install it with pip install 'target-activecampaign[postgres]'"
        ) from None
    with _closed_on_error(database):
        version = database.inspect(version_of)
        if version == NEWEST_VERSION:
            return database
        if not read_only:
            with database.transaction() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                migrate(connection, new_meta)
            return database
        if not new_meta:
            raise no_ledger_there()
        if version:
            raise unusable("its tables are of an older version; a run without dry_run brings them up to date")
    database.close()
    return _open_empty(new_meta)
