"""Owns the copy of a ledger on SQLite that is made before its tables are brought up to date.

One for each version of the tables, beside the ledger and for its owner alone. Must not know the tables.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import tempfile
import typing as t
from pathlib import Path

from target_activecampaign.ledger.problems import unusable

if t.TYPE_CHECKING:
    from target_activecampaign.ledger.database import Database

_ENDING = ".version-"


def copies_of(path: Path) -> list[str]:
    """Return the names of the copies of a ledger that stand beside it."""
    return sorted(one.name for one in path.parent.glob(f"{glob.escape(path.name + _ENDING)}*"))


def back_up(database: Database, path: Path, version: int) -> Path:
    """Copy a ledger as it is; returns the copy, which replaces an earlier one of the same version.

    Args:
        database: Open, and shut to other writers.
        path: Its file.
        version: Of its tables.

    Raises:
        SettingsError: If it can't be copied; then nothing may be changed.
    """
    copy = path.with_name(f"{path.name}{_ENDING}{version}")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{copy.name}.", dir=path.parent)  # with mode 0600
        os.close(descriptor)
        try:
            _copy_into(database, name)
            Path(name).replace(copy)
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise unusable(
            f"it is of version {version} and is copied before its tables are brought up to date, which fails "
            f"({reason}); make room for a second file beside it, then run again. It was not changed"
        ) from None
    return copy


def _copy_into(database: Database, name: str) -> None:
    with contextlib.closing(sqlite3.connect(name)) as target:
        # SQLite's own way copies what stands in the write-ahead log, too.
        database.inspect(lambda connection: _driver_of(connection).backup(target))
    with Path(name).open("rb+") as file:
        os.fsync(file)


def _driver_of(connection: t.Any) -> sqlite3.Connection:  # noqa: ANN401 - of SQLAlchemy
    return t.cast("sqlite3.Connection", connection.connection.driver_connection)
