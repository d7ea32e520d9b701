"""Owns the locks that let one run at a time write for a list, and the table that says which run holds them.

The operating system (SQLite) or the server (PostgreSQL) releases a lock when the process dies, however it
dies: see `docs/design/ledger.md`, "Locks". Must not know what a run does with its list.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import typing as t

import sqlalchemy as sa
from filelock import FileLock, Timeout

from target_activecampaign.ledger.driver_errors import cause_of, translated
from target_activecampaign.ledger.problems import unusable
from target_activecampaign.ledger.schema import HOLDER

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from target_activecampaign.ledger.database import Database


_SECONDS_OF_A_LOOK = 0.2  # `is_held` holds a file's lock for less


class ListLocks:
    """The locks that this run holds. For use in one thread."""

    def __init__(self, database: Database, number_for: Callable[[str], int]) -> None:
        """Hold nothing.

        Args:
            database: Of the ledger.
            number_for: Returns for a lock's name a number of 64 bits that no other ledger on the server has.
        """
        self._database = database
        self._number_for = number_for
        self._held: dict[int, Callable[[], None]] = {}

    def hold(self, list_ids: Collection[int], now: int) -> None:
        """Take the locks of all these lists; if one is refused, of none that was not held before.

        Raises:
            SettingsError: If another run holds one; names that run.
            LedgerError: If the ledger can't be written.
        """
        taken: dict[int, Callable[[], None]] = {}
        try:
            for list_id in sorted(set(list_ids) - self._held.keys()):
                taken[list_id] = self._take(list_id)
            self._record_holder(taken, now)
        except BaseException:
            for release in taken.values():
                release()
            raise
        self._held.update(taken)

    def release_all(self) -> None:
        """Release every list, and remove this run from the table where the ledger can still be written."""
        if self._held:
            with contextlib.suppress(Exception), self._database.transaction() as connection:
                connection.execute(sa.delete(HOLDER).where(HOLDER.c.list_id.in_(list(self._held))))
        while self._held:
            _, release = self._held.popitem()
            release()

    def _take(self, list_id: int) -> Callable[[], None]:
        path = self._database.path
        release = _lock_file(path, list_id) if path else self._lock_on_server(list_id)
        if release is None:
            holder = holder_of(self._database, list_id)
            raise unusable(
                f"list {list_id} is being written by {holder}; wait until that run has ended, or stop it"
            )
        return release

    def _lock_on_server(self, list_id: int) -> Callable[[], None] | None:
        # On the connection that writes: a run that loses the lock with it can't write either.
        parameters = {"number": self._number_for(f"list {list_id}")}
        lock = sa.text("SELECT pg_try_advisory_lock(CAST(:number AS bigint))")
        unlock = sa.text("SELECT pg_advisory_unlock(CAST(:number AS bigint))")
        with translated("locked"):
            taken = self._database.writer().execute(lock, parameters).scalar_one()

        def release() -> None:
            with contextlib.suppress(Exception):
                self._database.writer().execute(unlock, parameters)

        return release if taken else None

    def _record_holder(self, list_ids: Collection[int], now: int) -> None:
        if not list_ids:
            return
        rows = [
            {"list_id": list_id, "host": socket.gethostname(), "pid": os.getpid(), "since": now}
            for list_id in list_ids
        ]
        with self._database.transaction() as connection:
            connection.execute(sa.delete(HOLDER).where(HOLDER.c.list_id.in_(list(list_ids))))
            connection.execute(sa.insert(HOLDER), rows)


def holder_of(database: Database, list_id: int) -> str:
    """Return which run holds a list that is held, as far as the ledger tells.

    Raises:
        LedgerError: If it can't be read.
    """
    rows = database.read(sa.select(HOLDER).where(HOLDER.c.list_id == list_id))
    if not rows:
        return "another run that has just begun"
    since = dt.datetime.fromtimestamp(rows[0].since, dt.timezone.utc)
    return f"process {rows[0].pid} on {rows[0].host} since {since:%Y-%m-%d %H:%M:%S} UTC"


def is_held(database: Database, path: Path | None, list_id: int, number_for: Callable[[str], int]) -> bool:
    """Tell whether a run holds a list. A file's lock is held for an instant, for which runs wait.

    Args:
        database: Of the ledger, open for reading at least.
        path: Its file; `None` on a server.
        list_id: The list.
        number_for: As `ListLocks` takes it.

    Raises:
        SettingsError: If the lock can't be tried.
        LedgerError: If the ledger can't be read.
    """
    if path is None:
        number = number_for(f"list {list_id}") % 2**64
        parameters = {"high": number >> 32, "low": number % 2**32}
        return bool(database.read(_HOLDERS_ON_SERVER, parameters))
    if not _lock_path(path, list_id).exists():
        return False
    release = _lock_file(path, list_id)
    if release is None:
        return True
    release()
    return False


_HOLDERS_ON_SERVER = sa.text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND CAST(CAST(classid AS text) AS bigint) = :high AND CAST(CAST(objid AS text) AS bigint) = :low "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _lock_path(path: Path, list_id: int) -> Path:
    return path.with_name(f"{path.name}.list-{list_id}.lock")


def _lock_file(path: Path, list_id: int) -> Callable[[], None] | None:
    """Lock a file beside the database. It is never deleted: two runs could lock two files of one name."""
    lock = FileLock(_lock_path(path, list_id), timeout=_SECONDS_OF_A_LOOK, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    except OSError as error:
        raise unusable(
            f"the lock of list {list_id} beside its file can't be taken: {cause_of(error)}; let this user "
            "write in that folder, or name another"
        ) from None
    return lambda: lock.release(force=True)
