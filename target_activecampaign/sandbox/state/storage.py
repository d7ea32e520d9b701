"""The account's SQLite database: opening, locking, transactions.

Owns the connection. Knows nothing of what the tables mean.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    Parameters = Sequence[object] | Mapping[str, object]

APPLICATION_ID = 0x41435342  # "ACSB", so that no other SQLite file is taken for an account
SCHEMA_VERSION = 2
_FROM_VERSION_1 = f"""
drop trigger contact_added;
drop trigger membership_added;
drop trigger membership_changed;
pragma user_version = {SCHEMA_VERSION};
"""
"""Before, triggers counted each row that came, which took a quarter of the time of an import's writes."""
ROWS_AT_ONCE = 64
"""Rows in one statement at most: takes half as long as one for each, and fewer turns with other threads."""
CACHE_KIBIBYTES = 64 * 1024
"""Memory that the database may take to be quick; a small account takes little of it.

More is slower: where a page of an index parts, SQLite (3.40) walks through all that it holds when it commits,
which took a quarter of the time of an import into a million contacts with four times as much.
"""


class DatabaseUnusableError(Exception):
    """The file is in use by another sandbox, or is no account of this version."""


class Storage:
    """One connection, shared by the threads of this process, closed to all others.

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
        """Hold the account; what is written inside is kept as a whole or not at all. Can be nested."""
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

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """Return the first column of the first row as an integer, 0 when there is none."""
        row = self.row(sql, parameters)
        return 0 if row is None or row[0] is None else int(row[0])

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement and return the id of the row that it inserted."""
        with self.transaction():
            return self.connection.execute(sql, parameters).lastrowid or 0

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
            rows: The values of each for the first columns that `insert` names.
            shared: The values for the other columns, which all rows have in common.
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
        """Drop every table and make them anew, empty."""
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
    """Return how many of so many rows, at least one, the next statement inserts.

    Powers of two alone, so that however many rows come, the statements are a few that SQLite has at hand.
    """
    return min(ROWS_AT_ONCE, 1 << (rows.bit_length() - 1))


@cache
def _insertion(insert: str, rows: int, columns: int, shared: int, on_conflict: str) -> str:
    """Return a statement for so many rows, whose parameters are the shared values and then row after row."""
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
        message = f"{path} cannot be opened: {error}"
        raise DatabaseUnusableError(message) from error
    connection.row_factory = sqlite3.Row
    return connection


def _create_for_owner_alone(path: Path) -> None:
    """Make a new, empty file that no other user may read: people's data goes into it.

    SQLite gives the files that it makes beside it the same mode. A file that exists keeps its own.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(connection: sqlite3.Connection, path: Path | None) -> bool:
    """Take the file for this process alone and make the tables in a new one; tell whether it was new."""
    try:
        connection.execute("pragma locking_mode = exclusive")
        connection.execute("pragma journal_mode = wal")
        # The operating system crashing is the one case in which a sandbox may lose its last writes.
        connection.execute("pragma synchronous = off")
        connection.execute(f"pragma cache_size = -{CACHE_KIBIBYTES}")
        # What is deleted need not be written over: the body of each import would be written twice.
        connection.execute("pragma secure_delete = off")
        connection.execute("begin immediate")
    except sqlite3.OperationalError as error:
        message = f"{path} is in use by another sandbox; stop that one or give another --database"
        raise DatabaseUnusableError(message) from error
    except sqlite3.DatabaseError as error:
        message = f"{path} is not a database of the sandbox"
        raise DatabaseUnusableError(message) from error
    is_new = bool(connection.execute("select count(*) = 0 from sqlite_master").fetchone()[0])
    connection.execute("commit")
    stamp = _stamp(connection)
    if is_new:
        connection.executescript(_schema())
    elif stamp == (APPLICATION_ID, 1):
        connection.executescript(f"begin; {_FROM_VERSION_1} commit;")
    elif stamp != (APPLICATION_ID, SCHEMA_VERSION):
        message = f"{path} is not a database of this version of the sandbox"
        raise DatabaseUnusableError(message)
    return is_new


def _schema() -> str:
    text = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    return f"{text}\npragma application_id = {APPLICATION_ID};\npragma user_version = {SCHEMA_VERSION};"


def _statements(script: str) -> Iterator[str]:
    """Part a script, since `executescript` would end the transaction that it runs in."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
    return (
        connection.execute("pragma application_id").fetchone()[0],
        connection.execute("pragma user_version").fetchone()[0],
    )
