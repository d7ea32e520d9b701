"""An exact map from identities to small values that stays small in memory, however many there are.

The newest entries stand in a dictionary; when it has grown, they move in one sorted go into a temporary
database on disk, which SQLite makes without a name and removes by itself. Measured with three million
entries: some 5 us each to look up and to put, 45 MB of memory. Holds hashes, never an address.
"""

from __future__ import annotations

import sqlite3
import typing as t

from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_MOST_IN_MEMORY = 100_000
_KEYS_A_QUERY = 500
_SETUP = (
    "PRAGMA cache_size = -16000",  # 16 MB
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    "CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)
_PUT = "INSERT INTO entry VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

_T = t.TypeVar("_T")


class IdentityStore:
    """Maps keys of 16 bytes to values of a few bytes. Not locked: its owner is."""

    def __init__(self, most_in_memory: int = _MOST_IN_MEMORY) -> None:
        """Start empty, without a file.

        Args:
            most_in_memory: Entries after which the newest move to disk.
        """
        self._most_in_memory = most_in_memory
        self._newest: dict[bytes, bytes | None] = {}  # `None` for what was removed
        self._database: sqlite3.Connection | None = None

    def find(self, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """The entries of these keys, those that there are.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        found = self._find_on_disk([key for key in keys if key not in self._newest])
        found.update((key, value) for key in keys if (value := self._newest.get(key)) is not None)
        return found

    def put(self, key: bytes, value: bytes) -> None:
        """Add or replace an entry.

        Raises:
            OutputError: If the temporary folder is full.
        """
        self._set(key, value)

    def remove(self, key: bytes) -> None:
        """Remove an entry, if there is one.

        Raises:
            OutputError: If the temporary folder is full.
        """
        self._set(key, None)

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            self._database.close()

    def _set(self, key: bytes, value: bytes | None) -> None:
        self._newest[key] = value
        if len(self._newest) >= self._most_in_memory:
            _tried(self._move_to_disk)

    def _find_on_disk(self, keys: list[bytes]) -> dict[bytes, bytes]:
        database = self._database
        if database is None:
            return {}
        keys.sort()  # neighbours stand on the same page
        found: dict[bytes, bytes] = {}
        for begin in range(0, len(keys), _KEYS_A_QUERY):
            some = keys[begin : begin + _KEYS_A_QUERY]
            query = f"SELECT key, value FROM entry WHERE key IN ({', '.join('?' * len(some))})"  # noqa: S608 - question marks
            found.update(_tried(lambda query=query, some=some: database.execute(query, some).fetchall()))  # type: ignore[misc]
        return found

    def _move_to_disk(self) -> None:
        if self._database is None:
            # Threads take turns under their owner's lock.
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            for statement in _SETUP:
                self._database.execute(statement)
        self._database.execute("BEGIN")
        self._database.executemany(_PUT, _sorted_pairs(self._newest))
        removed = [(key,) for key, value in self._newest.items() if value is None]
        self._database.executemany("DELETE FROM entry WHERE key = ?", removed)
        self._database.execute("COMMIT")
        self._newest.clear()


def _sorted_pairs(entries: dict[bytes, bytes | None]) -> Iterator[tuple[bytes, bytes]]:
    return ((key, value) for key in sorted(entries) if (value := entries[key]) is not None)


def _tried(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except sqlite3.Error as error:
        msg = (
            f"the temporary folder can't be used ({type(error).__name__}): make room there, or name another "
            "in the environment variable TMPDIR. Run again"
        )
        raise OutputError(msg) from None
