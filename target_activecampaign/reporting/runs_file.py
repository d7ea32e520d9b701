"""Owns the file beside the report that remembers the runs where there is no ledger.

It has a line of JSON for each entry, and a later line of a run replaces an earlier one. A lock keeps two runs
apart, and a line that a crash cut short is passed over. Must not know what a document means.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t
from pathlib import Path

from filelock import FileLock, Timeout

from target_activecampaign.errors import OutputError
from target_activecampaign.reporting.own_outputs import remedy_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINES_PER_RUN = 3  # before the file is written anew
_MOST_BYTES_OF_SIGNS = 16 * 2**20  # a run of weeks gives many signs of life, and is not entered anew
_FIRST = b'{"run": '
_LARGEST_FILE_BYTES = 64 * 2**20


class RunsFile:
    """The runs in a file. For use in any thread."""

    def __init__(self, path: Path, *, kept: int, seconds: Callable[[], float]) -> None:
        """Open nothing yet.

        Args:
            path: Of the file, which may not exist; its folder does.
            kept: How many runs are remembered.
            seconds: Returns how long to wait for the lock of another process.
        """
        self._path = path
        self._kept = kept
        self._seconds = seconds

    def add(self, document: dict[str, t.Any]) -> int:
        """Enter a run, and forget the oldest ones; returns its number.

        Raises:
            OutputError: If it can't be written, or another file has this name.
        """
        with self._locked():
            lines, known = self._read()
            number = max(known, default=0) + 1
            if len(known) >= self._kept or lines > _LINES_PER_RUN * self._kept:
                latest = sorted(known)[-self._kept + 1 :]
                self._write_anew([_line_of(one, known[one]) for one in latest])
            self._append(_line_of(number, document))
        return number

    def put(self, number: int, document: dict[str, t.Any]) -> None:
        """Replace what is known of a run.

        Raises:
            OutputError: If it can't be written.
        """
        with self._locked():
            self._append(_line_of(number, document))
            if self._path.stat().st_size > _MOST_BYTES_OF_SIGNS:
                known = self._read()[1]
                self._write_anew([_line_of(one, known[one]) for one in sorted(known)])

    def documents(self) -> dict[int, dict[str, t.Any]]:
        """Return what is known of each run, by number, the oldest first.

        Raises:
            OutputError: If it can't be read, or is no file of runs.
        """
        with self._failing("read"):
            known = self._read()[1]
        return {number: known[number] for number in sorted(known)[-self._kept :]}

    def _read(self) -> tuple[int, dict[int, dict[str, t.Any]]]:
        """Return the number of lines, and the runs."""
        if not self._path.exists():
            return 0, {}
        if self._path.stat().st_size > _LARGEST_FILE_BYTES:
            raise self._no_runs()
        lines = [line for line in self._path.read_bytes().split(b"\n") if line.strip()]
        known: dict[int, dict[str, t.Any]] = {}
        for line in lines:
            with contextlib.suppress(ArithmeticError, ValueError, RecursionError, KeyError, TypeError):
                entry = json.loads(line)
                known[int(entry["run"])] = dict(entry["entry"])
        if lines and not known and not _FIRST.startswith(lines[0][: len(_FIRST)]):
            raise self._no_runs()
        return len(lines), known

    def _no_runs(self) -> OutputError:
        return OutputError(
            f"report_path: {self._path} is there and is no file of runs; move it away, and the next run "
            "begins one"
        )

    def _append(self, line: bytes) -> None:
        with self._path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # cut short by a crash
                    line = b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _write_anew(self, lines: list[bytes]) -> None:
        with tempfile.NamedTemporaryFile(
            dir=self._path.parent, prefix=f".{self._path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                file.writelines(lines)
                file.flush()
                temporary.chmod(self._path.stat().st_mode & 0o777)
                temporary.replace(self._path)
            finally:
                temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._failing("written"), FileLock(f"{self._path}.lock", timeout=self._seconds()):
            yield

    @contextlib.contextmanager
    def _failing(self, done: str) -> Iterator[None]:
        """Turn an error of the file system into ours."""
        try:
            yield
        except Timeout:
            raise OutputError(
                f"report_path: {self._path} can't be {done}: another process holds it locked; wait until "
                "that has ended"
            ) from None
        except OSError as error:
            raise OutputError(
                f"report_path: {self._path} can't be {done}: {error.strerror}; {remedy_of(error)}"
            ) from None


def _line_of(number: int, document: dict[str, t.Any]) -> bytes:
    return json.dumps({"run": number, "entry": document}).encode() + b"\n"
