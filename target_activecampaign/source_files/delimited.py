"""Owns how a CSV or TSV is read: rows by their line in the file, and never a value in the wrong column."""

from __future__ import annotations

import csv
import io
import itertools
import typing as t

import msgspec

from target_activecampaign.errors import SourceEncodingError, SourceFileError
from target_activecampaign.source_files.delimiter import (
    DELIMITERS,
    find_delimiter,
    is_wider_below,
    named_delimiter,
    said_delimiter,
)
from target_activecampaign.source_files.encoding import Encoding, find_encoding, named_encoding
from target_activecampaign.source_files.header import NOTES_OF_REJECTS, read_header
from target_activecampaign.source_files.problems import FileProblem, RowProblems
from target_activecampaign.source_files.source_file import SourceFile, listed, make_scan
from target_activecampaign.source_files.source_key import Uniqueness

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from target_activecampaign.source_files.source_file import Scan

_SAMPLE_CHARACTERS = 200_000
_SAMPLE_LINES = 1_000
_SOURCE = "_source"  # of the notes of rejects
_TEXT = {"type": ["string", "null"]}


def open_delimited(path: Path, delimiter: str | None, encoding: str | None) -> DelimitedFile:
    """Open a CSV or TSV; see `open_source`."""
    how = find_encoding(path) if encoding is None else named_encoding(encoding)
    sign = None if delimiter is None else named_delimiter(delimiter)
    return DelimitedFile(path, how, sign)


class Row(t.NamedTuple):
    """A row of the file.

    Attributes:
        line: Where it begins.
        lines: How many it takes.
        cells: What stands in it, without blank cells beyond the last column.
        fault: A key of `_FAULTS`; `None` for a row as wide as the header.
    """

    line: int
    lines: int
    cells: list[str]
    fault: str | None


class DelimitedFile(SourceFile):
    """A file of rows, whose columns a delimiter separates.

    Attributes:
        header_line: Where the header stands.
    """

    def __init__(self, path: Path, encoding: Encoding, delimiter: str | None) -> None:
        """Read the header.

        Raises:
            SourceFileError: If there is none.
        """
        super().__init__(path, encoding)
        self._codec = encoding.codec
        lines = self._read_sample()
        said = said_delimiter(lines[0]) if lines else None
        self._skipped_lines = 0 if said is None else 1
        self.delimiter: str = delimiter or said or find_delimiter(lines)
        self.header_line = 1
        self._header_lines = 1
        self.all_headers = self._read_header()
        if len(self.all_headers) == 1:
            self._refuse_title(lines[self._skipped_lines :], DELIMITERS if delimiter is None else delimiter)
        own = tuple(name for name in self.all_headers if name not in NOTES_OF_REJECTS)
        self.headers = self.all_headers if own == self.all_headers else own
        self.is_part = "_reason" in self.all_headers
        self._read_source_of_rejects()

    def rows(self) -> Iterator[tuple[int, dict[str, t.Any]]]:
        """Yield the rows, as in `SourceFile`; those that are too wide are left out."""
        for row in self.read_rows():
            if row.fault in {None, "short"}:
                yield row.line, self._record(row)

    def iterate_messages(self, only: Collection[int] | None = None) -> Iterator[bytes]:
        """Yield messages, as in `SourceFile`; a row that is too wide is a record that is no object."""
        encode = msgspec.json.Encoder().encode
        yield b"\n" * (self.header_line - 1) + encode(self._schema()) + b"\n" * self._header_lines
        start = b'{"type":"RECORD","stream":' + encode(self.stream) + b',"record":'
        next_line = self.header_line + self._header_lines
        for row in self.read_rows():
            if only is not None and row.line not in only:
                continue
            value = self._record(row) if row.fault in {None, "short"} else self._own_cells(row)
            message = start + encode(value) + b"}\n"
            if row.lines > 1 or row.line > next_line:
                message = b"\n" * (row.line - next_line) + message + b"\n" * (row.lines - 1)
            next_line = row.line + row.lines
            yield message

    def _read_source_of_rejects(self) -> None:
        """Call the records of a rejects file as they were called before: they are the same ones.

        Raises:
            SourceFileError: If they are of several files.
        """
        if _SOURCE not in self.all_headers:
            return
        place = self.all_headers.index(_SOURCE)
        sources = {row.cells[place].strip() for row in self.read_rows() if len(row.cells) > place}
        sources.discard("")
        if len(sources) > 1:
            raise SourceFileError(
                f"{self.name} holds rows of several files ({listed(sorted(sources))}, column {_SOURCE}). "
                "Send those of each file apart"
            )
        self.stream = next(iter(sources), self.stream)

    def _schema(self) -> dict[str, t.Any]:
        return {
            "type": "SCHEMA",
            "stream": self.stream,
            "schema": {"type": "object", "properties": dict.fromkeys(self.headers, _TEXT)},
            "key_properties": [self.key] if self.key else [],
        }

    def _own_cells(self, row: Row) -> list[str]:
        """Return the cells of a row as they stand, without notes of an earlier run."""
        notes = {self.all_headers.index(name) for name in NOTES_OF_REJECTS if name in self.all_headers}
        return [cell for place, cell in enumerate(row.cells) if place not in notes]

    def _record(self, row: Row) -> dict[str, str | None]:
        record = dict(zip(self.all_headers, [cell or None for cell in row.cells], strict=False))
        if self.headers is not self.all_headers:
            for name in NOTES_OF_REJECTS:
                record.pop(name, None)
        return record

    def read_rows(self) -> Iterator[Row]:
        """Yield every row below the header, those that something is wrong with too; blank ones are none.

        Raises:
            SourceFileError: If the file can't be read to its end, or was changed meanwhile.
        """
        self._require_unchanged()
        width = len(self.all_headers)
        rows = self._parse()
        next(rows)
        for line, lines, cells, last_line in rows:
            fault = None
            if len(cells) != width:
                while len(cells) > width and not cells[-1].strip():
                    cells.pop()
                fault = None if len(cells) == width else "short" if len(cells) < width else "long"
            if not (cells[0].strip() or any(map(str.strip, cells))):
                continue
            if fault == "short" and not last_line.endswith(("\n", "\r")):
                fault = "cut"
            if lines > 1 and self._swallows(cells, width):
                fault = "swallowed"
            yield Row(line, lines, cells, fault)
        self._require_unchanged()

    def _swallows(self, cells: Sequence[str], width: int) -> bool:
        """Tell whether a cell holds what looks like rows: a quote that nobody closed runs over them."""
        if width < 3:  # noqa: PLR2004 - a sentence may hold a comma
            return False
        inner = (line for cell in cells if "\n" in cell or "\r" in cell for line in cell.splitlines()[1:-1])
        return any(line.count(self.delimiter) >= width - 1 for line in inner)

    def _read_header(self) -> tuple[str, ...]:
        for line, lines, cells, _ in self._parse():
            self.header_line, self._header_lines = line, lines
            return read_header(self.name, line, cells)
        raise SourceFileError(f"{self.name} is empty. Export it again")

    def _refuse_title(self, lines: Sequence[str], delimiters: Iterable[str]) -> None:
        """Make sure that a header of one column has rows of one column below it.

        Raises:
            SourceFileError: If most of them are wider.
        """
        if any(is_wider_below(lines, delimiter) for delimiter in delimiters):
            raise SourceFileError(
                f"{self.name}, row {self.header_line}: it has one cell, and the rows below have more, so it "
                "is a title and no header. Take out what stands above the names of the columns"
            )

    def _read_sample(self) -> list[str]:
        try:
            with self._open() as file:
                text = file.read(_SAMPLE_CHARACTERS)
        except UnicodeError:
            raise self._undecodable("row 1 or one of the next") from None
        lines = list(io.StringIO(text, newline=""))
        # The last one may be cut.
        return lines[:_SAMPLE_LINES] if len(text) < _SAMPLE_CHARACTERS else lines[:-1][:_SAMPLE_LINES]

    def _open(self) -> t.TextIO:
        return self.path.open(encoding=self._codec, newline="")

    def _parse(self) -> Iterator[tuple[int, int, list[str], str]]:
        """Yield line, number of lines, cells and last line of rows that are not empty, the header first."""
        with self._open() as file:
            lines = _Lines(file)
            for _ in itertools.islice(lines, self._skipped_lines):
                pass
            reader = csv.reader(lines, delimiter=self.delimiter)
            before = 0
            try:
                for cells in reader:
                    line, count = self._skipped_lines + before + 1, reader.line_num - before
                    before = reader.line_num
                    if lines.has_ended:
                        raise self._unclosed(line)
                    if cells:
                        yield line, count, cells, lines.last
            except csv.Error as error:
                line = self._skipped_lines + before + 1
                if "field limit" in str(error):
                    raise self._too_long(line) from None
                raise SourceFileError(
                    f'{self.name}, row {line}: it can\'t be read ({error}). Save the file as "CSV UTF-8"'
                ) from None
            except UnicodeError:
                raise self._undecodable(
                    f"row {self._skipped_lines + before + 1} or one of the next"
                ) from None

    def _undecodable(self, where: str) -> SourceEncodingError:
        return SourceEncodingError(
            f'{self.name}, {where}: it is no {self.encoding}. Save the file as "CSV UTF-8", or name its '
            "encoding: --encoding"
        )

    def _too_long(self, line: int) -> SourceFileError:
        return SourceFileError(
            f"{self.name}, row {line}: a cell holds more than {csv.field_size_limit():,} characters, most "
            'likely since a quote (") is opened and not closed. Close it, or shorten the text'
        )

    def _unclosed(self, line: int) -> SourceFileError:
        return SourceFileError(
            f'{self.name}, row {line}: a quote (") is opened there and not closed. Close it, or write a '
            'quote inside a text twice ("")'
        )

    def _scan_file(self) -> Scan:
        candidate = self._key_candidate()
        place = None if candidate is None else self.all_headers.index(candidate)
        values, count = Uniqueness(), 0
        faults = {kind: RowProblems(words) for kind, words in _FAULTS.items()}
        for row in self.read_rows():
            count += 1
            if row.fault is not None:
                faults[row.fault].add(row.line)
            if place is not None:
                values.add(row.cells[place] if place < len(row.cells) else None)
        problems = [
            FileProblem(kind, found.count, tuple(found.rows), found.sentence())
            for kind, found in faults.items()
            if found.count
        ]
        return make_scan(count, candidate, values, tuple(problems))


_FAULTS = {
    "short": "fewer cells than the header; what is missing there stays as it is at the contact",
    "long": "more cells than the header, so they are rejected. Put quotes around a text that holds the "
    "delimiter",
    "cut": "the file ends within it, so it is rejected. Wait until the file is written, or export it again",
    "swallowed": "a quote runs over lines that look like rows, so they are rejected. Close it",
}


class _Lines:
    """Hands out the lines of a file, and tells whether more were asked for than there are."""

    def __init__(self, file: t.TextIO) -> None:
        self._file = file
        self.last = ""
        self.has_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline()
        if not line:
            self.has_ended = True
            raise StopIteration
        if "\0" in line:
            raise csv.Error("a NUL byte, which no text holds")
        self.last = line
        return line
