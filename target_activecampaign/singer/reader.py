"""Owns the way from the input's bytes to messages and decoded records, without ever showing a line.

Lines are cut in memory that is bounded however long a line is. Where a stream's records can be read many at
a time, a RECORD message is read as a struct of its stream (`record_decoder`), told apart by the stream's
name; the first message that can't be read so is read like any other.

The SDK's reader logs a line that it can't read, and raises it whole; this one names its number. It must not
know what a message is for. docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import typing as t
import zlib
from collections import Counter
from decimal import Decimal

import msgspec
from singer_sdk.singerlib.encoding import GenericSingerReader

from target_activecampaign.errors import InputError
from target_activecampaign.singer.foreign_input import looks_like
from target_activecampaign.singer.json_values import NOT_JSON, REFUSALS, parse_json
from target_activecampaign.singer.messages import DecodedRecords, Message, input_problem

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_activecampaign.singer.record_decoder import RecordDecoder


Lines: t.TypeAlias = "Sequence[str | bytes]"

LONGEST_LINE_BYTES = 16 * 2**20
"""A line is held in memory whole, and as Python objects takes up to 40 times its size (measured). Forty
times what an import may hold (assumed to be enough for any record)."""

_CHUNK_BYTES = 2**16  # what a pipe holds


def iterate_lines(file: t.IO[t.Any]) -> Iterator[t.Any]:
    """Yield the lines of a file; of one that is too long no more than what shows that."""
    read = file.readline
    most = LONGEST_LINE_BYTES + 1
    while line := read(most):
        yield line


def iterate_chunks(file: t.IO[t.Any]) -> Iterator[Lines]:
    """Yield the lines of a file as they come, some at a time.

    Raises:
        InputError: If the file can't be read.
    """
    read = getattr(file, "read1", None)
    try:
        yield from ([line] for line in iterate_lines(file)) if read is None else _split_chunks(read)
    except (OSError, ValueError, EOFError, zlib.error) as error:  # the latter two of a file in gzip
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(
            f"the input can't be read: {reason}. Look at the file, or at the tap that writes it, then "
            "run again"
        ) from None


def _split_chunks(read: Callable[[int], bytes]) -> Iterator[list[bytes]]:
    """Yield lines that have come, without their ends; of one that is too long no more than what shows that.

    Args:
        read: Returns the bytes that are there, as many as it is asked for at the most; waits for the first.
    """
    begun: list[bytes] = []  # parts of the line that has not ended yet
    length = 0
    while length <= LONGEST_LINE_BYTES and (data := read(_CHUNK_BYTES)):
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = b"".join((*begun, whole[0]))
            yield whole
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
    if length:
        yield [b"".join(begun)]


class _Stream(t.NamedTuple):
    name: str
    decoder: RecordDecoder


class StreamDecoders:
    """The decoders of streams. Routing adds and clears them; readers of lines and rows use them."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._stream_of: dict[type, _Stream] = {}
        self._compiled: Callable[[str | bytes], t.Any] | None = None

    def __bool__(self) -> bool:
        """Tell whether there is a stream whose records can be read many at a time."""
        return bool(self._streams)

    def add(self, name: str, decoder: RecordDecoder) -> None:
        """Read records of a stream many at a time from now on."""
        self.remove(name)
        self._streams[name] = stream = _Stream(name, decoder)
        self._stream_of[_message_type(*stream)] = stream
        self._compiled = None

    def remove(self, name: str) -> None:
        """Read every record of a stream alone from now on."""
        if self._streams.pop(name, None) is not None:
            self._stream_of = {kind: one for kind, one in self._stream_of.items() if one.name != name}
            self._compiled = None

    def _decoder(self) -> Callable[[str | bytes], t.Any]:
        """Return what decodes messages of all streams, made when needed: a tap may open hundreds in a row."""
        if self._compiled is None:
            # Of one type alone, `msgspec` takes a message that names no stream.
            kinds = (*self._stream_of, _NoMessage)
            message_types: t.Any = t.Union[kinds]  # noqa: UP007 - of a tuple
            self._compiled = msgspec.json.Decoder(message_types, float_hook=Decimal).decode
        return self._compiled

    def decode_lines(self, lines: Lines, begin: int) -> tuple[str, list[t.Any], int | None]:
        """Decode RECORD messages of one stream and version that follow each other from a line on.

        Returns:
            The stream, its records and their version. No records where the line is to be read alone.
        """
        records: list[t.Any] = []
        stream: _Stream | None = None
        version: int | None = None
        decode = self._decoder()
        try:
            for place in range(begin, len(lines)):
                line = lines[place]
                if len(line) > LONGEST_LINE_BYTES:
                    break
                _require_text(line)
                message = decode(line)
                own = self._stream_of[type(message)]
                if own is not stream:
                    if stream is not None:
                        break
                    stream, version = own, message.version
                if message.version != version or not own.decoder.fits(message.record):
                    break
                records.append(message.record)
        except REFUSALS:
            pass
        return "" if stream is None else stream.name, records, version

    def decode_rows(self, name: str, rows: Sequence[bytes], begin: int) -> list[t.Any]:
        """Decode rows of a stream that follow each other from one on; none where it is to be read alone."""
        records: list[t.Any] = []
        stream = self._streams.get(name)
        if stream is None:
            return records
        for place in range(begin, len(rows)):
            row = rows[place]
            record = None if len(row) > LONGEST_LINE_BYTES else stream.decoder.read(row)
            if record is None:
                break
            records.append(record)
        return records


def _require_text(line: str | bytes) -> None:
    """Make sure that a line is text: a decoder does not look into values that it leaves out.

    Raises:
        UnicodeDecodeError: If it is not.
    """
    if isinstance(line, bytes) and not line.isascii():
        line.decode()


class _NoMessage(msgspec.Struct, tag_field="stream", tag="", forbid_unknown_fields=True):
    """Fits no message: each has a type."""


def _message_type(name: str, decoder: RecordDecoder) -> type:
    """Return the type of a RECORD message of a stream that holds such a record and nothing unknown."""
    return msgspec.defstruct(
        "RecordMessage",
        [
            ("record", decoder.struct),
            ("type", t.Literal["RECORD"]),
            ("time_extracted", str | None, None),
            ("version", int | None, None),
        ],
        tag_field="stream",
        tag=name,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


class MessageReader(GenericSingerReader[t.Any]):
    """Reads messages from lines of text or bytes.

    Attributes:
        decoders: Of the streams whose records are read many at a time.
        guard_reading: Wraps the input, so that a signal can end a wait for the next lines.
    """

    def __init__(self) -> None:
        super().__init__()
        self.decoders = StreamDecoders()
        self.guard_reading: Callable[[Iterable[Lines]], Iterable[Lines]] = iter
        self._line_number = 0

    @property
    def default_input(self) -> t.IO[t.Any]:
        """Standard input, as bytes.

        Raises:
            InputError: If there is none.
        """
        if sys.stdin is None:
            raise InputError(
                "standard input is closed, so there is nothing to read; pipe a tap into it, or: "
                "target-activecampaign send FILE.csv"
            )
        file = sys.stdin.buffer
        # A pipe that was set not to block reads as ended when the tap is slow: the rest would be lost, and
        # the mirror would take its contacts off the list. Not every system can set a pipe back.
        with contextlib.suppress(OSError, AttributeError):
            os.set_blocking(file.fileno(), True)
        return file

    def process_lines(
        self, file_input: t.IO[t.Any] | None, callbacks: dict[str, Callable[[t.Any], None]]
    ) -> Counter[str]:
        """Hand messages and decoded records to the callback of their type, as the SDK's reader does.

        Args:
            file_input: Lines; standard input where it is `None`.
            callbacks: Type of message to function; that of RECORD takes `DecodedRecords`, too.

        Returns:
            How many messages of each type there were.

        Raises:
            InputError: At the first line that is no Singer message.
        """
        counts: Counter[str] = Counter()
        for message in self.read(file_input or self.default_input):
            if isinstance(message, DecodedRecords):
                callbacks["RECORD"](message)
                counts["RECORD"] += len(message.records)
                continue
            kind = message.get("type")
            if not isinstance(kind, str) or kind not in callbacks:
                raise message.problem("is no Singer message: its type is missing or unknown")
            callbacks[kind](message)
            counts[kind] += 1
        return counts

    def read(self, file: t.IO[t.Any]) -> Iterator[Message | DecodedRecords]:
        """Yield what stands in a file, in its order; blank lines are skipped.

        A line is read after everything before it was taken: a SCHEMA decides how its records are read.

        Raises:
            InputError: At the first line that is no JSON object.
        """
        for lines in self.guard_reading(iterate_chunks(file)):
            place = 0
            while place < len(lines):
                if self.decoders and (decoded := self._read_decoded(lines, place)):
                    place += len(decoded.records)
                    yield decoded
                    continue
                self._line_number += 1
                line = lines[place]
                place += 1
                if line.strip():
                    yield Message(self.deserialize_json(line), line, self._line_number)

    def _read_decoded(self, lines: Lines, begin: int) -> DecodedRecords | None:
        """Read records that follow each other from a line on; `None` where the line is to be read alone."""
        stream, records, version = self.decoders.decode_lines(lines, begin)
        if not records:
            return None
        first = self._line_number + 1
        self._line_number += len(records)
        line_numbers = range(first, first + len(records))
        return DecodedRecords(
            stream,
            records,
            line_numbers,
            itertools.repeat(None),
            lines[begin : begin + len(records)],
            version,
        )

    def deserialize_json(self, line: str | bytes) -> dict[str, t.Any]:
        """Return the object that a line holds.

        Raises:
            InputError: If it holds none, or is too long.
        """
        value = read_value(line, self._line_number)
        if not isinstance(value, dict):
            raise input_problem(self._line_number, "is no JSON object")
        return value


def read_value(line: str | bytes, line_number: int, row: int | None = None) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return the JSON value that a line of the input, or a row of a BATCH message in it, holds.

    Raises:
        InputError: If it holds none, or is too long.
    """
    if len(line) > LONGEST_LINE_BYTES:
        raise input_problem(line_number, f"is longer than {LONGEST_LINE_BYTES:,} bytes", row)
    value = parse_json(line)
    if value is NOT_JSON:
        if foreign := _looks_like(line, line_number, row):
            raise InputError(f"the input is no Singer stream: line 1 looks like {foreign}")
        raise input_problem(line_number, "is no JSON", row)
    return value


def _looks_like(line: str | bytes, line_number: int, row: int | None) -> str | None:
    """Return what the input looks like that is no Singer stream from its first line on."""
    if line_number > 1 or row is not None:
        return None
    return looks_like(line.encode() if isinstance(line, str) else line)
