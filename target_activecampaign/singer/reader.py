"""Owns the way from the input's bytes to messages and decoded records, without ever showing a line.

The SDK's reader logs a line that it can't read, and raises it whole; this one names its number. It must not
know what a message is for. docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import typing as t
from collections import Counter

from singer_sdk.singerlib.encoding import GenericSingerReader

from target_activecampaign.errors import InputError
from target_activecampaign.singer.json_values import NOT_JSON, parse_json
from target_activecampaign.singer.lines import LONGEST_LINE_BYTES, iterate_chunks
from target_activecampaign.singer.messages import DecodedRecords, Message, input_problem
from target_activecampaign.singer.stream_decoders import StreamDecoders

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_activecampaign.singer.lines import Lines


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
            raise InputError("standard input is closed, so there is nothing to read; pipe a tap into it")
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
        stream, records = self.decoders.decode_lines(lines, begin)
        if not records:
            return None
        first = self._line_number + 1
        self._line_number += len(records)
        line_numbers = range(first, first + len(records))
        return DecodedRecords(
            stream, records, line_numbers, itertools.repeat(None), lines[begin : begin + len(records)]
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
        raise input_problem(line_number, "is no JSON", row)
    return value
