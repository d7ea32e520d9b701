"""Owns an exact map from hashes to small values that stays small in memory, however many entries it has.

It takes some 6 MB for any number of entries, where a dictionary takes 100 to 160 MB per million (measured).
The newest entries stand in a dictionary; when that is full they move, sorted and a few at a time, to a
temporary database: see `docs/design/memory.md`. Holds hashes, never an address.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import typing as t
from collections import defaultdict

from target_activecampaign.batched import batched
from target_activecampaign.errors import OutputError
from target_activecampaign.storage.keyed_hash import HASH_BYTES

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MOST_IN_MEMORY = 10_000  # entries that are recent, and as many that are being moved to disk
_STEPS = 200  # in which they move
_KEYS_PER_QUERY = 500
_ROWS_PER_INSERT = 250
_SETUP = (
    "PRAGMA cache_size = -2000",  # 2 MB: the system keeps the file's pages as well
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    "CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE place (number INTEGER PRIMARY KEY)",
)
# Many entries are one parameter, laid end to end and of one length, and SQLite cuts it: half the time of
# inserting one after the other.
_INSERT = f"""
    INSERT INTO entry
    SELECT substr(:entries, number * :bytes + 1, {HASH_BYTES}),
           substr(:entries, number * :bytes + {HASH_BYTES + 1}, :bytes - {HASH_BYTES})
    FROM place WHERE number < :count
    ON CONFLICT (key) DO UPDATE SET value = excluded.value"""  # noqa: S608 - a number of ours


class SpillingMap:
    """Maps keys of 16 bytes to values of a few bytes. Has no lock: its owner has."""

    def __init__(self, most_in_memory: int = _MOST_IN_MEMORY) -> None:
        """Start empty, without a file.

        Args:
            most_in_memory: Number of recent entries at which they begin to move to disk.
        """
        self._most_in_memory = most_in_memory
        self._step = max(1, most_in_memory // _STEPS)
        self._put_since_step = 0
        # `None` is the value of a removed entry.
        self._recent: dict[bytes, bytes | None] = {}
        self._moving: dict[bytes, bytes | None] = {}
        self._yet_to_move: Iterator[bytes] = iter(())
        self._database: sqlite3.Connection | None = None

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the entries that exist for these keys.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        found: dict[bytes, bytes] = {}
        elsewhere = []
        for key in keys:
            entries = self._recent if key in self._recent else self._moving
            if key not in entries:
                elsewhere.append(key)
            elif (value := entries[key]) is not None:
                found[key] = value
        found.update(self._find_on_disk(elsewhere))
        return found

    def put(self, key: bytes, value: bytes) -> None:
        """Add or replace an entry.

        Raises:
            OutputError: If the temporary folder is full.
        """
        self.put_all({key: value})

    def put_all(self, entries: Mapping[bytes, bytes | None]) -> None:
        """Add or replace entries, or remove those whose value is `None`.

        Raises:
            OutputError: If the temporary folder is full.
        """
        self._recent.update(entries)
        self._put_since_step += len(entries)
        if len(self._recent) >= self._most_in_memory:
            self._start_moving()
        elif self._moving and self._put_since_step >= self._step:
            self._move(2 * self._put_since_step)
            self._put_since_step = 0

    def close(self) -> None:
        """Delete the file."""
        if self._database is not None:
            self._database.close()

    def _start_moving(self) -> None:
        self._move(len(self._moving))
        self._moving, self._recent, self._put_since_step = self._recent, {}, 0
        self._yet_to_move = iter(sorted(self._moving))  # neighbours stand on the same page

    def _find_on_disk(self, keys: list[bytes]) -> dict[bytes, bytes]:
        database = self._database
        if database is None:
            return {}
        found: dict[bytes, bytes] = {}
        with _disk_errors_translated():
            for some in batched(sorted(keys), _KEYS_PER_QUERY):  # neighbours stand on the same page
                marks = ", ".join("?" * len(some))
                query = f"SELECT key, value FROM entry WHERE key IN ({marks})"  # noqa: S608 - question marks
                found.update(database.execute(query, some).fetchall())
        return found

    def _move(self, count: int) -> None:
        """Write the next entries to disk; the map forgets them when all are written."""
        keys = list(itertools.islice(self._yet_to_move, count))
        by_length: defaultdict[int, list[bytes]] = defaultdict(list)
        removed: list[tuple[bytes]] = []
        for key in keys:
            value = self._moving[key]
            if value is None:
                removed.append((key,))
            else:
                by_length[HASH_BYTES + len(value)].append(key + value)
        with _disk_errors_translated():
            self._write(by_length, removed)
        if len(keys) < count:
            self._moving = {}

    def _write(self, by_length: Mapping[int, list[bytes]], removed: list[tuple[bytes]]) -> None:
        database = self._open()
        database.execute("BEGIN")
        for length, entries in by_length.items():
            for some in batched(entries, _ROWS_PER_INSERT):
                database.execute(_INSERT, {"entries": b"".join(some), "bytes": length, "count": len(some)})
        database.executemany("DELETE FROM entry WHERE key = ?", removed)
        database.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # An empty name is a file without a name, which SQLite deletes itself. Threads take turns under
            # their owner's lock.
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            for statement in _SETUP:
                self._database.execute(statement)
            places = [(number,) for number in range(_ROWS_PER_INSERT)]
            self._database.executemany("INSERT INTO place VALUES (?)", places)
        return self._database


@contextlib.contextmanager
def _disk_errors_translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OutputError(
            f"the temporary folder can't be used ({type(error).__name__}): make room there, or name another "
            "in the environment variable TMPDIR. Run again"
        ) from None
