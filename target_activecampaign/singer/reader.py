"""Reading Singer messages, line by line, without ever showing one.

Owns what a line may be. The SDK's reader logs a line that it can't read, and raises it whole; this one names
its number. Knows nothing of what a message is for.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import typing as t
from collections import Counter
from decimal import Decimal

import msgspec
from singer_sdk.singerlib.encoding import GenericSingerReader
from singer_sdk.singerlib.json import deserialize_json

from target_activecampaign.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_activecampaign.singer.record_decoder import RecordDecoder

Lines: t.TypeAlias = "Sequence[str | bytes]"

LONGEST_LINE_BYTES = 16 * 2**20
"""A line is held in memory whole, and as Python objects takes up to 40 times its size (measured). Forty
times what an import may hold (assumed to be enough for any record)."""

# What would break out of a line of the log, or dress it up: controls, line ends, half surrogate pairs,
# changes of the writing direction.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_NAME = 1_000
_CHUNK_BYTES = 2**16  # what a pipe holds


# What `msgspec` raises where it takes a text for no JSON; the last one where its parts are nested too deep.
_REFUSALS = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)


class RecordBatchHandler(t.NamedTuple):
    """Takes the records of a stream that are surely what its SCHEMA says, many at a time.

    Attributes:
        records: Reads such records.
        take: Takes some, and as many lines of the input, which follow each other, that hold them.
    """

    records: RecordDecoder
    take: Callable[[Sequence[t.Any], Sequence[str | bytes]], None]


class MessageReader(GenericSingerReader[t.Any]):
    """Reads messages from lines of text or bytes.

    Attributes:
        line_number: Of the message that is being processed, from 1.
        row: Of the file of a BATCH message that is being processed, from 1; else `None`.
        line: The message as it came.
        guard_reading: Wraps the input, so that a signal can end a wait for the next lines.
    """

    def __init__(self) -> None:
        super().__init__()
        self._checked_streams: set[str] = set()
        self.line_number = 0
        self.row: int | None = None
        self.line: str | bytes = ""
        self.guard_reading: Callable[[Iterable[Lines]], Iterable[Lines]] = iter
        self._batch_handlers: dict[str, RecordBatchHandler] = {}
        self._batch_handler_of: dict[type, RecordBatchHandler] = {}
        self._decode_record: Callable[[str | bytes], t.Any] = parse_json

    @property
    def default_input(self) -> t.IO[t.Any]:
        """Standard input, as bytes.

        Raises:
            InputError: If there is none.
        """
        if sys.stdin is None:
            msg = "standard input is closed, so there is nothing to read; pipe a tap into it"
            raise InputError(msg)
        file = sys.stdin.buffer
        # A pipe that somebody set not to block reads as ended whenever the tap is slow: the rest would be
        # lost, and the mirror would take whom it brings off the list. Not every system can set a pipe back.
        with contextlib.suppress(OSError, AttributeError):
            os.set_blocking(file.fileno(), True)
        return file

    def process_lines(
        self,
        file_input: t.IO[t.Any] | None,
        callbacks: dict[str, t.Callable[[dict[str, t.Any]], None]],
    ) -> t.Counter[str]:
        """Hand every message to the callback of its type; blank lines are skipped.

        Args:
            file_input: Lines; standard input where it is `None`.
            callbacks: Type of message to function.

        Returns:
            How many messages of each type there were.

        Raises:
            InputError: At the first line that is no Singer message.
        """
        counts: Counter[str] = Counter()
        for lines in self.guard_reading(_read(file_input or self.default_input)):
            place = 0
            while place < len(lines):
                if self._batch_handlers and (taken := self._take_records(lines, place)):
                    counts["RECORD"] += taken
                    place += taken
                    continue
                if (kind := self._process_line(lines[place], callbacks)) is not None:
                    counts[kind] += 1
                place += 1
        return counts

    def _process_line(
        self, line: str | bytes, callbacks: dict[str, t.Callable[[dict[str, t.Any]], None]]
    ) -> str | None:
        """Hand a message on; its type, `None` for a blank line."""
        self.line_number += 1
        self.line = line
        if not line.strip():
            return None
        message = self.deserialize_json(line)
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in callbacks:
            raise self.problem("is no Singer message: its type is missing or unknown")
        callbacks[kind](message)
        return kind

    # Records that are taken many at a time

    def add_batch_handler(self, stream: str, handler: RecordBatchHandler) -> None:
        """Let the records of a stream be taken many at a time; what is left is read as any message is."""
        self._batch_handlers[stream] = handler
        self._batch_handler_of = {
            _record_message(name, own.records): own for name, own in self._batch_handlers.items()
        }
        message_types: t.Any = t.Union[tuple(self._batch_handler_of)]  # noqa: UP007 - of a tuple
        self._decode_record = msgspec.json.Decoder(message_types, float_hook=Decimal).decode

    def clear_batch_handlers(self) -> None:
        """Read every message alone from now on."""
        self._batch_handlers.clear()

    def _take_records(self, lines: Lines, begin: int) -> int:
        """Hand on the records of one stream that follow each other from a line on and can be taken.

        Returns:
            How many. None where the line is to be read alone.
        """
        records: list[t.Any] = []
        handler = None
        try:
            for place in range(begin, len(lines)):
                line = lines[place]
                if len(line) > LONGEST_LINE_BYTES:
                    break
                message = self._decode_record(line)
                own = self._batch_handler_of[type(message)]
                if own is not (handler or own) or not own.records.fits(message.record):
                    break
                handler = own
                records.append(message.record)
        except _REFUSALS:
            pass
        if handler is not None:
            self.line_number += 1
            handler.take(records, lines[begin : begin + len(records)])
            self.line_number += len(records) - 1
        return len(records)

    def read_rows(self, stream: str, rows: Sequence[bytes], begin: int) -> list[t.Any]:
        """The records of a BATCH message's rows that follow each other from one on and can be taken."""
        records: list[t.Any] = []
        handler = self._batch_handlers.get(stream)
        if handler is None:
            return records
        for row in rows[begin:]:
            record = None if len(row) > LONGEST_LINE_BYTES else handler.records.read(row)
            if record is None:
                break
            records.append(record)
        return records

    def deserialize_json(self, line: str | bytes) -> dict[str, t.Any]:
        """Read one line.

        Raises:
            InputError: If it is no JSON object.
        """
        message = self.read_value(line)
        if not isinstance(message, dict):
            raise self.problem("is no JSON object")
        return message

    def read_value(self, line: str | bytes) -> t.Any:  # noqa: ANN401 - a JSON value
        """Read one line of any JSON.

        Raises:
            InputError: If it is none, or too long.
        """
        if len(line) > LONGEST_LINE_BYTES:
            raise self.problem(f"is longer than {LONGEST_LINE_BYTES:,} bytes")
        value = parse_json(line)
        if value is NOT_JSON:
            raise self.problem("is no JSON")
        return value

    @staticmethod
    def serialize_name(name: str) -> bytes:
        """A name as a JSON string."""
        return json.dumps(name).encode()

    def require(self, message: dict[str, t.Any], **types: type) -> None:
        """Make sure that a message has what its type needs.

        Args:
            message: Of any type.
            types: Key to the type that its value must have.

        Raises:
            InputError: Naming the key.
        """
        for key, kind in types.items():
            if not isinstance(message.get(key), kind):
                raise self.problem(
                    f"is a {message['type']} message whose {key!r} is missing or of the wrong type"
                )

    def require_stream(self, message: dict[str, t.Any]) -> str:
        """The name of a message's stream, fit to stand in a log.

        Raises:
            InputError: If it is missing, or could pass for something else in a log.
        """
        stream = message.get("stream")
        if isinstance(stream, str) and stream in self._checked_streams:
            return stream
        self.require(message, stream=str)
        stream = t.cast("str", stream)
        if not stream or len(stream) > _LONGEST_NAME or _UNPRINTABLE.search(stream):
            raise self.problem("names a stream that is empty, too long or holds control characters")
        self._checked_streams.add(stream)
        return stream

    def require_names(self, message: dict[str, t.Any], key: str) -> None:
        """Make sure that a message has an array of names, or nothing.

        Raises:
            InputError: Naming the key.
        """
        names = message.get(key)
        if names is not None and not (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        ):
            raise self.problem(f"is a {message['type']} message whose {key!r} is no array of names")

    def problem(self, what: str) -> InputError:
        """An error that names the line."""
        row = "" if self.row is None else f"row {self.row} of the files of the BATCH message in "
        return InputError(
            f"{row}line {self.line_number} of the input {what}. Look at the tap; nothing after it was read"
        )


NOT_JSON: t.Any = object()
"""What `parse_json` gives for a text that is none."""


def iterate_lines(file: t.IO[t.Any]) -> Iterator[t.Any]:
    """Lines of a file; of one that is too long no more than what shows that, so that memory stays bounded."""
    read = file.readline
    most = LONGEST_LINE_BYTES + 1
    while line := read(most):
        yield line


def _read(file: t.IO[t.Any]) -> Iterator[Lines]:
    read = getattr(file, "read1", None)
    try:
        yield from ([line] for line in iterate_lines(file)) if read is None else _iterate_chunks(read)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        msg = f"the input can't be read: {reason}"
        raise InputError(msg) from None


def _iterate_chunks(read: Callable[[int], bytes]) -> Iterator[list[bytes]]:
    """Lines that have come, without their ends; of one that is too long no more than what shows that.

    Args:
        read: Gives as many bytes as are there, up to so many; waits for the first one.
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


def _record_message(stream: str, records: RecordDecoder) -> type:
    """The type of a RECORD message of a stream that holds such a record and nothing unknown."""
    return msgspec.defstruct(
        "RecordMessage",
        [
            ("record", records.struct),
            ("type", t.Literal["RECORD"]),
            ("time_extracted", str | None, None),
            ("version", int | None, None),
        ],
        tag_field="stream",
        tag=stream,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


def parse_json(text: str | bytes) -> t.Any:  # noqa: ANN401 - a JSON value
    """A JSON value with `Decimal` for fractions, or `NOT_JSON`.

    A number that Python can't hold breaks no more than the value that it stands for: an endless integer
    becomes a `Decimal`, an endless exponent is no number (`Decimal("NaN")`).
    """
    try:
        return _DECODER.decode(text)
    except _REFUSALS:
        # It is stricter than Singer taps are: NaN, halves of surrogate pairs, a byte order mark.
        return _parse_leniently(text)


# A fifth of the time that the standard library takes. What it takes it reads alike (held by a property-based
# test).
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def _parse_leniently(text: str | bytes) -> t.Any:  # noqa: ANN401 - a JSON value
    """What the standard library reads."""
    try:
        return deserialize_json(text)
    except (ValueError, ArithmeticError):
        pass
    except RecursionError:
        return NOT_JSON
    try:
        return json.loads(text, parse_int=_parse_integer, parse_float=_parse_fraction)
    except (ValueError, RecursionError):
        return NOT_JSON


def _parse_integer(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)


def _parse_fraction(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        return Decimal("NaN")
