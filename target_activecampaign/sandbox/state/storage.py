"""Owns the account's SQLite database: opening, locking, transactions.

Knows nothing of the tables' meaning.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import typing as t
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources
from itertools import chain

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    Parameters = Sequence[object] | Mapping[str, object]

APPLICATION_ID = 0x41435342  # "ACSB", to tell an account from other SQLite files
SCHEMA_VERSION = 4
_FROM_VERSION_1 = """
drop trigger contact_added;
drop trigger membership_added;
drop trigger membership_changed;
"""
"""Version 1 counted each new row by triggers, which took a quarter of the time of an import's writes."""
_FROM_VERSION_2 = """
create table kept_request (id integer primary key, entry text not null);
create table kept_second (
    second integer primary key, requests integer not null, imports integer not null, refused integer not null
);
"""
"""Version 2 kept no record of requests."""
_FROM_VERSION_3 = """
alter table tag add column udate text;
alter table field add column udate text;
create table list_group (
    id integer primary key, list integer not null, user_group integer not null, unique (list, user_group)
);
"""
"""Version 3 kept no date of the change of a tag or a field, and no groups of lists."""
_STEPS = {
    1: _FROM_VERSION_1 + _FROM_VERSION_2 + _FROM_VERSION_3,
    2: _FROM_VERSION_2 + _FROM_VERSION_3,
    3: _FROM_VERSION_3,
}
"""What brings a file of an earlier version to this one."""
ROWS_AT_ONCE = 64
"""Rows in one statement at most: takes half as long as single rows, and switches threads less often."""
CACHE_KIBIBYTES = 64 * 1024
"""Memory of the database's cache, most of which a small account does not use.

A larger one is slower: where a page of an index splits, SQLite (3.40) walks through its whole cache at the
commit. With four times as much this took a quarter of the time of an import into a million contacts.
"""


class DatabaseUnusableError(Exception):
    """The file is in use by another sandbox, or does not hold an account of this version."""


class Storage:
    """One connection, shared by the threads of this process and closed to other processes.

    Args:
        path: The account's file, made when it does not exist. `None` keeps the account in memory.

    Raises:
        DatabaseUnusableError: Another sandbox has the file open, or it is not an account's file.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self.connection = _connect(path)
        try:
            self.is_new = _prepare(self.connection, path)
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Lock the account and keep its writes as a whole or not at all. Can be nested."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth > 1:
                    yield
                else:
                    yield from self._outermost()
            finally:
                self._depth -= 1

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or `None`."""
        with self._lock:
            row: sqlite3.Row | None = self.connection.execute(sql, parameters).fetchone()
        return row

    def existing_row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row:
        """Return the first row of a query that has one, e.g. of a row just written."""
        row = self.row(sql, parameters)
        if row is None:  # pragma: no cover
            raise AssertionError
        return row

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """Return the first column of the first row as an integer, 0 when there is none."""
        row = self.row(sql, parameters)
        return 0 if row is None or row[0] is None else int(row[0])

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement and return the id of the row that it inserted."""
        with self.transaction():
            return self.connection.execute(sql, parameters).lastrowid or 0

    def delete(self, sql: str, parameters: Parameters = ()) -> bool:
        """Run one `delete` and tell whether it deleted a row."""
        with self.transaction():
            return self.connection.execute(sql, parameters).rowcount > 0

    def write_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each of `rows`."""
        with self.transaction():
            self.connection.executemany(sql, rows)

    def insert_many(
        self,
        insert: str,
        rows: Sequence[Sequence[object]],
        shared: Sequence[object],
        on_conflict: str = "",
    ) -> None:
        """Insert rows, in their order.

        Args:
            insert: The statement up to its values, e.g. `insert into tag (tag, tag_type)`.
            rows: Each row's values for the first columns that `insert` names.
            shared: The values of the other columns, common to all rows.
            on_conflict: The rest of the statement.
        """
        start = 0
        with self.transaction():
            while start < len(rows):
                some = rows[start : start + _rows_at_once(len(rows) - start)]
                statement = _insertion(insert, len(some), len(some[0]), len(shared), on_conflict)
                self.connection.execute(statement, [*shared, *chain.from_iterable(some)])
                start += len(some)

    def clear(self) -> None:
        """Drop every table and create them again, empty."""
        with self.transaction():
            for name in self.rows(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
            ):
                self.connection.execute(f"drop table {name[0]}")
            for statement in _statements(_schema()):
                self.connection.execute(statement)
            self.connection.execute("delete from sqlite_sequence")

    def _outermost(self) -> Iterator[None]:
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")


def _rows_at_once(rows: int) -> int:
    """Return how many of the remaining rows, at least one, the next statement inserts.

    The result is a power of two, so that a few prepared statements fit any number of rows.
    """
    return min(ROWS_AT_ONCE, 1 << (rows.bit_length() - 1))


@cache
def _insertion(insert: str, rows: int, columns: int, shared: int, on_conflict: str) -> str:
    """Return a statement for `rows` rows; its parameters are the shared values, then row after row."""
    common = [f"?{place}" for place in range(1, shared + 1)]
    firsts = range(shared + 1, shared + 1 + rows * columns, columns)
    own = [[f"?{place}" for place in range(first, first + columns)] for first in firsts]
    values = ", ".join(f"({', '.join(row + common)})" for row in own)
    return f"{insert} values {values} {on_conflict}"


def _connect(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create_for_owner_alone(path)
        connection = sqlite3.connect(
            ":memory:" if path is None else path, timeout=0, isolation_level=None, check_same_thread=False
        )
    except (sqlite3.OperationalError, OSError) as error:
        raise DatabaseUnusableError(f"{path} cannot be opened: {error}") from error
    connection.row_factory = sqlite3.Row
    return connection


def _create_for_owner_alone(path: Path) -> None:
    """Create an empty file that no other user may read, since it will hold people's data.

    SQLite gives the files that it creates beside it the same mode. An existing file keeps its own.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(connection: sqlite3.Connection, path: Path | None) -> bool:
    """Lock the file for this process, create the tables of a new one, and tell whether it was new."""
    try:
        connection.execute("pragma locking_mode = exclusive")
        connection.execute("pragma journal_mode = wal")
        # Only a crash of the operating system may lose a sandbox's last writes.
        connection.execute("pragma synchronous = off")
        connection.execute(f"pragma cache_size = -{CACHE_KIBIBYTES}")
        # Do not overwrite deleted data: the body of each import would be written twice.
        connection.execute("pragma secure_delete = off")
        connection.execute("begin immediate")
    except sqlite3.OperationalError as error:
        raise DatabaseUnusableError(
            f"{path} is in use by another sandbox; stop that one or give another --database"
        ) from error
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusableError(f"{path} is not a database of the sandbox") from error
    is_new = bool(connection.execute("select count(*) = 0 from sqlite_master").fetchone()[0])
    connection.execute("commit")
    versions = _versions(connection)
    if is_new:
        connection.executescript(_schema())
    elif versions[0] == APPLICATION_ID and versions[1] in _STEPS:
        version = f"pragma user_version = {SCHEMA_VERSION};"
        connection.executescript(f"begin; {_STEPS[versions[1]]} {version} commit;")
    elif versions != (APPLICATION_ID, SCHEMA_VERSION):
        raise DatabaseUnusableError(f"{path} is not a database of this version of the sandbox")
    return is_new


def _schema() -> str:
    text = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    return f"{text}\npragma application_id = {APPLICATION_ID};\npragma user_version = {SCHEMA_VERSION};"


def _statements(script: str) -> Iterator[str]:
    """Split a script, since `executescript` would end the transaction that it runs in."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _versions(connection: sqlite3.Connection) -> tuple[int, int]:
    return (
        connection.execute("pragma application_id").fetchone()[0],
        connection.execute("pragma user_version").fetchone()[0],
    )
