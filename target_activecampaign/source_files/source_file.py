"""Owns what every file of people has in common, whatever its form."""

from __future__ import annotations

import abc
import io
import typing as t

from target_activecampaign.errors import SourceFileError

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_activecampaign.source_files.encoding import Encoding
    from target_activecampaign.source_files.problems import FileProblem
    from target_activecampaign.source_files.source_key import Uniqueness

_MESSAGE_BYTES = 2**16


class SourceFile(abc.ABC):
    """A file whose rows are people.

    Attributes:
        path: Where it is.
        name: Its name, for messages.
        stream: What its records are called.
        delimiter: Between columns; `None` where it has none.
        encoding: As people call it.
        headers: Names of its columns.
    """

    delimiter: str | None = None

    def __init__(self, path: Path, encoding: Encoding) -> None:
        """Take a file that was looked at.

        Args:
            path: Where it is.
            encoding: How it is read.
        """
        self.path = path
        self.name = path.name
        self.stream = path.stem
        self.encoding = encoding.shown
        self.encoding_evidence = encoding
        self.headers: tuple[str, ...] = ()
        self._opened_as = _state_of(path)
        self._scan: Scan | None = None

    @property
    def key(self) -> str | None:
        """The column that is filled and different in every row, by the rule of `source_key`, or `None`."""
        return self._scanned.key

    def count_rows(self) -> int:
        """Return how many rows there are below the header; all of the file is read once for that."""
        return self._scanned.rows

    @property
    def problems(self) -> tuple[FileProblem, ...]:
        """What is wrong with single rows."""
        return self._scanned.problems

    @abc.abstractmethod
    def rows(self) -> Iterator[tuple[int, dict[str, t.Any]]]:
        """Yield the rows that can be read, each with its line in the file.

        Raises:
            SourceFileError: If the file can't be read to its end, or was changed meanwhile.
        """

    @abc.abstractmethod
    def iterate_messages(self) -> Iterator[bytes]:
        """Yield the file as lines of Singer messages: the number of a record's line is that of its row."""

    def messages(self) -> t.BinaryIO:
        """Return the lines of `iterate_messages` as a file that can be read once."""
        return t.cast("t.BinaryIO", _MessageFile(self.iterate_messages()))

    @abc.abstractmethod
    def _scan_file(self) -> Scan:
        """Read the file once, for what only all of its rows tell."""

    @property
    def _scanned(self) -> Scan:
        if self._scan is None:
            self._scan = self._scan_file()
        return self._scan

    def _require_unchanged(self) -> None:
        """Make sure that the file still is what it was when it was opened.

        Raises:
            SourceFileError: If not.
        """
        if _state_of(self.path) != self._opened_as:
            raise SourceFileError(
                f"{self.name} was changed while it was read, so its rows may be cut. Wait until "
                "the program that writes it has ended, then run again; nobody is added twice"
            )


class Scan(t.NamedTuple):
    """What only all rows of a file tell; see `make_scan`."""

    rows: int
    key: str | None
    problems: tuple[FileProblem, ...]


def make_scan(rows: int, key: str | None, values: Uniqueness, problems: tuple[FileProblem, ...] = ()) -> Scan:
    """Return what was found in all rows.

    Args:
        rows: How many.
        key: The column that may be the key.
        values: Of that column.
        problems: With single rows.
    """
    return Scan(rows, key if values.holds else None, problems)


class _MessageFile(io.RawIOBase):
    """Hands out lines as the message reader takes them, some at a time."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        super().__init__()
        self._lines = lines

    def read1(self, _size: int = -1) -> bytes:
        """Return some lines; nothing at the end."""
        some: list[bytes] = []
        size = 0
        for line in self._lines:
            some.append(line)
            size += len(line)
            if size >= _MESSAGE_BYTES:
                break
        return b"".join(some)


def _state_of(path: Path) -> tuple[int, int, int]:
    details = path.stat()
    return details.st_ino, details.st_size, details.st_mtime_ns
