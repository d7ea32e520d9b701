"""Owns how a run writes records into a file: for its owner's eyes, and whole before a STATE passes.

It must not know what the lines say.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import sys
import typing as t

from target_activecampaign.errors import OutputError, SettingsError
from target_activecampaign.reporting.own_outputs import is_no_plain_file, open_as_it_is

if sys.platform != "win32":
    import fcntl

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BLOCK_BYTES = 4096


class RecordFile:
    """A file of lines that stand for records."""

    def __init__(self, setting: str, path: Path) -> None:
        """Create the file, and keep what an earlier run wrote beside it.

        Args:
            setting: Name of the setting that names the file.
            path: Its value. An earlier file becomes `<name>.<time of its last change>`; a CSV keeps its
                ending, by which programs know it.

        Raises:
            OutputError: If it can't be created.
            SettingsError: If another run is writing it.
        """
        self._is_own = not is_no_plain_file(path)
        self._setting = setting
        self._path = path
        self._failure: OutputError | None = None
        self._bytes = 0  # written, or in the buffer
        try:
            descriptor = _create(setting, path) if self._is_own else open_as_it_is(path)
            self._file: t.IO[bytes] = os.fdopen(descriptor, "wb")
        except OSError as error:
            raise self._problem(error) from None

    def write_lines(self, lines: Iterable[str]) -> None:
        """Write lines, given without their ends.

        Raises:
            OutputError: If this or an earlier write failed.
        """
        self.write_text("".join([f"{line}\n" for line in lines]))

    def write_text(self, text: str) -> None:
        """Write text as it is, its line ends included.

        Raises:
            OutputError: If this or an earlier write failed.
        """
        self._raise_failure()
        content = text.encode("utf-8", "surrogatepass")
        self._bytes += len(content)
        try:
            self._file.write(content)
        except OSError as error:
            raise self._problem(error) from None

    def sync(self) -> None:
        """Force what was written to the disk, before a STATE that covers it is passed on.

        Raises:
            OutputError: If this or an earlier write failed: a later one does not bring back what a failed
                one left out. Likewise where the file is no longer at its place, or lost lines.
        """
        self._raise_failure()
        try:
            self._file.flush()
            if self._is_own:
                os.fsync(self._file.fileno())
                _require_whole(self._path, self._file.fileno(), self._bytes)
        except OSError as error:
            raise self._problem(error) from None

    def close(self) -> None:
        """Sync and close the file. A failure that was raised before is not raised again.

        Raises:
            OutputError: If this write failed.
        """
        try:
            if self._failure is None:
                self.sync()
        finally:
            with contextlib.suppress(OSError):
                self._file.close()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _problem(self, error: OSError) -> OutputError:
        is_of_system = bool(error.errno)
        remedy = "Make room or choose another path" if is_of_system else "Keep other processes away from it"
        self._failure = OutputError(
            f"{self._setting}: can't write {self._path}: {error.strerror}. {remedy}, then run again: no "
            f"STATE covers what could not be written down"
        )
        return self._failure


def _create(setting: str, path: Path) -> int:
    """Make the file and lock it.

    Raises:
        OSError: If it can't be made.
        SettingsError: If another run is writing it.
    """
    _keep_earlier(setting, path)
    try:
        # What is appended to a file that somebody cut leaves no hole, so the size tells.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        if path.is_symlink():
            raise  # to nowhere
        raise _in_use(setting, path) from None
    try:
        _lock(setting, path, descriptor)
        _require_room(descriptor)
        _require_whole(path, descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _lock(setting: str, path: Path, descriptor: int) -> None:
    """Lock a file for this run, under any name that it has.

    Raises:
        SettingsError: If another run holds it.
    """
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _in_use(setting, path) from None
    except OSError:
        return  # a file system without locks


def _in_use(setting: str, path: Path) -> SettingsError:
    return SettingsError(
        [f"{setting}: {path} is being written by another run; give each run a file of its own"]
    )


def _require_whole(path: Path, descriptor: int, size: int) -> None:
    """Check that a file still stands at its place, and that nobody else cut it or wrote to it.

    Args:
        path: Its place.
        descriptor: Of the file that was opened.
        size: Bytes that were written to it.

    Raises:
        OSError: If not.
    """
    own = os.fstat(descriptor)
    try:
        is_there = os.path.samestat(own, path.stat())
    except FileNotFoundError:
        is_there = False
    if not is_there:
        raise OSError(0, "it was moved, replaced or deleted while the run was writing")
    if own.st_size != size:
        raise OSError(0, "it was cut, or another process wrote to it, while the run was writing")


def _require_room(descriptor: int) -> None:
    """Check that the disk is not full: a full disk takes new files, but no content."""
    if os.write(descriptor, bytes(_BLOCK_BYTES)) < _BLOCK_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)


def _keep_earlier(setting: str, path: Path) -> None:
    """Rename an earlier run's file: the tap may never send those records again."""
    if not path.exists():
        return
    with path.open("rb") as earlier:
        _lock(setting, path, earlier.fileno())
        details = os.fstat(earlier.fileno())
    if not details.st_size:
        path.unlink()
        return
    stamp = dt.datetime.fromtimestamp(details.st_mtime, tz=dt.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    is_table = path.suffix.lower() == ".csv"
    path.rename(path.with_name(f"{path.stem}.{stamp}{path.suffix}" if is_table else f"{path.name}.{stamp}"))
