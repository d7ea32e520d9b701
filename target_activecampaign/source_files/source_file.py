"""Owns what every file of people has in common, whatever its form."""

from __future__ import annotations

import abc
import io
import typing as t

from target_activecampaign.config.names import shown_name
from target_activecampaign.errors import SourceFileError
from target_activecampaign.source_files.source_key import key_column

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from target_activecampaign.source_files.encoding import Encoding
    from target_activecampaign.source_files.problems import FileProblem
    from target_activecampaign.source_files.source_key import Uniqueness

_MESSAGE_BYTES = 2**16
_NAMED = 10


class SourceFile(abc.ABC):
    """A file whose rows are people.

    Attributes:
        path: Where it is.
        name: Its name, for messages.
        stream: What its records are called.
        delimiter: Between columns; `None` where it has none.
        encoding: As people call it.
        headers: Names of its columns.
        has_rows: Whether the lines of its messages are those of its rows, but for `line_offset`.
        line_offset: How much higher the number of a record's message is than that of its row.
        is_part: Whether it says of itself that it holds some rows of another file.
    """

    delimiter: str | None = None
    has_rows = True
    line_offset = 0
    is_part = False

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
        self._named_key: str | None = None

    @property
    def key(self) -> str | None:
        """The column that tells the rows apart: the one that was named, else by the rule of `source_key`.

        It is filled and different in every row. `None` where there is none.
        """
        return self._scanned.key

    def use_key(self, name: str) -> None:
        """Take a column for the key that a person named.

        Raises:
            SourceFileError: If there is none of this name, or it does not tell the rows apart.
        """
        if name not in self.headers:
            raise SourceFileError(f'--key: {self.name} has no column "{name}". It has {listed(self.headers)}')
        self._named_key, self._scan = name, None
        if self._scanned.key != name:
            raise SourceFileError(
                f'--key: column "{name}" of {self.name} is empty in a row, or holds a value twice, so it '
                "does not tell the rows apart. Name another one, or leave --key out"
            )

    def rename_stream(self, name: str) -> None:
        """Call the records as a person wants them to be called."""
        self.stream = name

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
    def iterate_messages(self, only: Collection[int] | None = None) -> Iterator[bytes]:
        """Yield the file as lines of Singer messages.

        Args:
            only: These rows alone; all by default.
        """

    def messages(self, only: Collection[int] | None = None) -> MessageFile:
        """Return the lines of `iterate_messages` as a file that can be read once."""
        return MessageFile(self.iterate_messages(only))

    @abc.abstractmethod
    def _scan_file(self) -> Scan:
        """Read the file once, for what only all of its rows tell."""

    @property
    def _scanned(self) -> Scan:
        if self._scan is None:
            self._scan = self._scan_file()
        return self._scan

    def _key_candidate(self) -> str | None:
        return self._named_key or key_column(self.headers)

    def _require_unchanged(self) -> None:
        """Make sure that the file still is what it was when it was opened.

        Before the first row: another header would put each value into a wrong place. And behind the last one.

        Raises:
            SourceFileError: If not.
        """
        try:
            is_changed = _state_of(self.path) != self._opened_as
        except OSError:
            raise SourceFileError(
                f"{self.name} is not there any more. Put it back, then run again; nobody is added twice"
            ) from None
        if is_changed:
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


def listed(names: Sequence[str]) -> str:
    """Return the first names of columns, and how many more there are."""
    shown = ", ".join(f'"{shown_name(name)}"' for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown


class MessageFile(io.RawIOBase):
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
