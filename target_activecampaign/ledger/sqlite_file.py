"""Owns the file of a ledger on SQLite: making, checking and copying it, for its owner alone.

Must not know the tables' meaning. Why a copy, and when: `docs/design/ledger.md`, "Both databases".
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import shutil
import tempfile
import typing as t
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from target_activecampaign.config.names import shown_name
from target_activecampaign.ledger.backup import back_up
from target_activecampaign.ledger.database import Database
from target_activecampaign.ledger.migrations import NEWEST_VERSION, migrate, version_of
from target_activecampaign.ledger.problems import no_ledger_there, unusable

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.ledger.migrations import NewMeta
    from target_activecampaign.ledger.patience import Patience

logger = logging.getLogger(__name__)

_HEADER = b"SQLite format 3\0"
_COPY_ATTEMPTS = 5


def open_sqlite(path: Path, new_meta: NewMeta, patience: Patience, *, read_only: bool) -> Database:
    """Open the ledger in a file, or where nothing may change a copy of it.

    Raises:
        SettingsError: If the file is no ledger, or can't be written to.
    """
    if not path.exists():
        require_folder(path)
        if not new_meta:
            raise no_ledger_there(path)
        if read_only:
            return open_empty(new_meta)
        _create_at_once(path, new_meta)
    _require_database_file(path)
    _require_one_name(path)
    return _open_copy_of(path, new_meta) if read_only else _open_file(path, new_meta, patience)


def open_empty(new_meta: NewMeta) -> Database:
    """Open an empty ledger in a private temporary folder, for a dry run."""
    with _private_folder() as folder:
        path = Path(folder.name, "ledger.db")
        _create_at_once(path, new_meta)
        return Database(_url_of(path), read_only=True, folder=folder)


@contextlib.contextmanager
def closed_on_error(database: Database) -> Iterator[None]:
    """Close a database if the block fails."""
    try:
        yield
    except BaseException:
        database.close()
        raise


def open_in_place(path: Path) -> Database:
    """Open the file itself for reading, so that neither it nor its folder changes.

    Where no run has it open there is no write-ahead log, and SQLite would make one: then it takes the file
    for one that nobody writes. A run that begins just then makes the reading fail, or old by a moment.
    """
    mode = "mode=ro" if _log_of(path).exists() else "immutable=1"
    query = {"uri": "true", **dict([mode.split("=")])}
    return Database(sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query=query), read_only=True)


def require_writable(path: Path) -> None:
    """Refuse a file that can't be a ledger's, or that a run can't write to.

    Raises:
        SettingsError: With the reason.
    """
    _require_database_file(path)
    _require_one_name(path)
    _require_rights(path)


def _require_rights(path: Path) -> None:
    if not (os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK)):
        raise unusable("its file and folder may not be written to; change their mode, or name another")


def _open_file(
    path: Path, new_meta: NewMeta, patience: Patience | None = None, *, is_kept: bool = True
) -> Database:
    _require_rights(path)
    database = Database(_url_of(path), read_only=False, patience=patience)
    with closed_on_error(database):
        _bring_up_to_date(database, new_meta, backed_up=path if is_kept else None)
    return database


def _open_copy_of(path: Path, new_meta: NewMeta) -> Database:
    with _private_folder() as folder:
        copy = Path(folder.name, "ledger.db")
        _copy_at_rest(path, copy)
        # Tables of an older version are brought up to date in the copy.
        _open_file(copy, new_meta, is_kept=False).close()
        return Database(_url_of(copy), read_only=True, folder=folder)


@contextlib.contextmanager
def _private_folder() -> Iterator[tempfile.TemporaryDirectory[str]]:
    folder = tempfile.TemporaryDirectory(prefix="target-activecampaign-")
    try:
        yield folder
    except BaseException:
        folder.cleanup()
        raise


def _bring_up_to_date(database: Database, new_meta: NewMeta, backed_up: Path | None = None) -> None:
    """Bring the tables to the newest version, all or nothing.

    Args:
        database: Open for writing.
        new_meta: For a new ledger.
        backed_up: The file that a copy is made of before; `None` where it holds nothing or is a copy.
    """
    version = database.inspect(version_of)
    if not version:
        refuse_other_tables(database)
    database.configure("PRAGMA journal_mode = WAL")
    if version < NEWEST_VERSION:
        copy = None
        with database.transaction() as connection:
            # Another run may have done it meanwhile.
            version = version_of(connection)
            if backed_up is not None and 0 < version < NEWEST_VERSION:
                copy = back_up(database, backed_up, version)
            migrate(connection, new_meta)
        if copy is not None:
            logger.info(
                "The ledger's tables were brought from version %d to %d. As it was before it stands in %s: "
                "delete that when you need no way back",
                version,
                NEWEST_VERSION,
                shown_name(copy.name),
            )


def refuse_other_tables(database: Database) -> None:
    """Refuse a file without a ledger's tables that has others.

    Raises:
        SettingsError: Then.
    """
    if database.inspect(lambda connection: sa.inspect(connection).get_table_names()):
        raise unusable("the file is another program's database, not a ledger; name another")


def _create_at_once(path: Path, new_meta: NewMeta) -> None:
    """Make a ledger that is there whole or not at all, for its owner alone.

    Of two runs that make it at the same time one wins, and both go on with the winner's.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    os.close(descriptor)
    try:
        database = Database(_url_of(Path(name)), read_only=False)
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


def require_folder(path: Path) -> None:
    """Refuse a file in a folder that does not exist.

    Raises:
        SettingsError: Always then.
    """
    if not path.parent.is_dir():
        raise unusable(
            "the folder of its file does not exist (a relative path starts in the working folder); make "
            "it, or name another"
        )


def _require_database_file(path: Path) -> None:
    if path.is_dir():
        raise unusable("it names a folder; add a file's name")
    with path.open("rb") as file:
        header = file.read(len(_HEADER))
    if header != _HEADER:
        raise unusable("the file is no ledger (nor any SQLite database); name another, or move it away")


def _require_one_name(path: Path) -> None:
    """Refuse a file with a second name: its locks and its write-ahead log lie beside one name alone."""
    if path.stat().st_nlink <= 1:
        return
    # A run that makes the ledger gives it a second name for a moment, or for good where it dies just then.
    for temporary in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with contextlib.suppress(FileNotFoundError):
            if temporary.samefile(path):
                temporary.unlink()
    if path.stat().st_nlink > 1:
        raise unusable(
            "its file has a second name (a hard link), so a run that uses the other name could write at the "
            "same time; delete one of the names, or make the other one a symbolic link or a copy"
        )


def _copy_at_rest(path: Path, copy: Path) -> None:
    """Copy a database together with its write-ahead log, both as of one moment.

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


def _url_of(path: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(path))
