"""An exact map from identities to small values that stays small in memory, however many there are.

The newest entries stand in a dictionary; when it has grown, they move, sorted, into a temporary database on
disk, which SQLite makes without a name and removes by itself. They move some at a time, while new ones come,
so that nobody waits for all of them. Whoever asks mostly for keys that are new has a bit for each
(`email_store`). Holds hashes, never an address.
"""

from __future__ import annotations

import itertools
import sqlite3
import typing as t
from collections import defaultdict

from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_MOST_IN_MEMORY = 25_000  # and as many that leave
_STEPS = 200  # in which they leave
_KEYS_A_QUERY = 500
_SETUP = (
    "PRAGMA cache_size = -8000",  # 8 MB
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    "CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE place (number INTEGER PRIMARY KEY)",
)
_KEY_BYTES = 16
_PUT_AT_ONCE = 250  # places
# Takes many entries apart by itself, laid end to end, each of so many bytes: half the time of one after the
# other.
_PUT = f"""
    INSERT INTO entry
    SELECT substr(:entries, number * :bytes + 1, {_KEY_BYTES}),
           substr(:entries, number * :bytes + {_KEY_BYTES + 1}, :bytes - {_KEY_BYTES})
    FROM place WHERE number < :count
    ON CONFLICT (key) DO UPDATE SET value = excluded.value"""  # noqa: S608 - a number of ours

_T = t.TypeVar("_T")


class SpillingMap:
    """Maps keys of 16 bytes to values of a few bytes. Not locked: its owner is."""

    def __init__(self, most_in_memory: int = _MOST_IN_MEMORY) -> None:
        """Start empty, without a file.

        Args:
            most_in_memory: Entries after which the newest move to disk.
        """
        self._most_in_memory = most_in_memory
        self._step = max(1, most_in_memory // _STEPS)
        self._came = 0  # since the last step
        # `None` for what was removed.
        self._newest: dict[bytes, bytes | None] = {}
        self._leaving: dict[bytes, bytes | None] = {}
        self._yet_to_move: Iterator[bytes] = iter(())
        self._database: sqlite3.Connection | None = None

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The entries of these keys, those that there are.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        found: dict[bytes, bytes] = {}
        elsewhere = []
        for key in keys:
            entries = self._newest if key in self._newest else self._leaving
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
        self._newest.update(entries)
        self._came += len(entries)
        if len(self._newest) >= self._most_in_memory:
            _tried(self._let_newest_leave)
        elif self._leaving and self._came >= self._step:
            _tried(lambda: self._move(2 * self._came))
            self._came = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            self._database.close()

    def _let_newest_leave(self) -> None:
        self._move(len(self._leaving))
        self._leaving, self._newest, self._came = self._newest, {}, 0
        self._yet_to_move = iter(sorted(self._leaving))  # neighbours stand on the same page

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

    def _move(self, count: int) -> None:
        """Move the next of those that leave to disk."""
        keys = list(itertools.islice(self._yet_to_move, count))
        database = self._open()
        by_length: defaultdict[int, list[bytes]] = defaultdict(list)
        removed: list[tuple[bytes]] = []
        for key in keys:
            value = self._leaving[key]
            if value is None:
                removed.append((key,))
            else:
                by_length[_KEY_BYTES + len(value)].append(key + value)
        database.execute("BEGIN")
        for length, entries in by_length.items():
            for begin in range(0, len(entries), _PUT_AT_ONCE):
                some = entries[begin : begin + _PUT_AT_ONCE]
                database.execute(_PUT, {"entries": b"".join(some), "bytes": length, "count": len(some)})
        database.executemany("DELETE FROM entry WHERE key = ?", removed)
        database.execute("COMMIT")
        if len(keys) < count:
            self._leaving = {}

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # Threads take turns under their owner's lock.
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            for statement in _SETUP:
                self._database.execute(statement)
            places = [(number,) for number in range(_PUT_AT_ONCE)]
            self._database.executemany("INSERT INTO place VALUES (?)", places)
        return self._database


def _tried(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except sqlite3.Error as error:
        msg = (
            f"the temporary folder can't be used ({type(error).__name__}): make room there, or name another "
            "in the environment variable TMPDIR. Run again"
        )
        raise OutputError(msg) from None
