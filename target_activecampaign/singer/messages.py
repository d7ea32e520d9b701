"""Owns Singer messages and records as they leave the reader, each with where it stands in the input.

It must not know what a message is for. Problems name lines and keys, never a value.
"""

from __future__ import annotations

import functools
import re
import typing as t

import msgspec

from target_activecampaign.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What would break out of a line of the log, or dress it up: controls, line ends, half surrogate pairs,
# changes of the writing direction.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_STREAM = 1_000  # characters
_IS_WRONG = "is missing or of the wrong type"


class Message(dict[str, t.Any]):
    """One message; a dictionary, because the SDK's handlers take one.

    Attributes:
        line: The message as it came.
        line_number: Of the input, from 1.
    """

    __slots__ = ("line", "line_number")

    def __init__(self, parts: dict[str, t.Any], line: str | bytes = b"", line_number: int = 0) -> None:
        super().__init__(parts)
        self.line = line
        self.line_number = line_number

    @property
    def stream(self) -> str:
        """Name of the message's stream, fit to stand in a log.

        Raises:
            InputError: If it is missing, or could pass for something else in a log.
        """
        stream = self.get("stream")
        if not isinstance(stream, str):
            raise self._problem_of_key("stream", _IS_WRONG)
        if not _is_stream_name(stream):
            raise self.problem("names a stream that is empty, too long or holds control characters")
        return stream

    def require(self, part: Mapping[str, t.Any] | None = None, /, **types: type) -> None:
        """Make sure that the message has what its type needs.

        Args:
            part: An object in the message to look into; without it the message itself.
            types: Key to the type that its value must have.

        Raises:
            InputError: Naming the key.
        """
        for key, kind in types.items():
            if not isinstance((self if part is None else part).get(key), kind):
                raise self._problem_of_key(key, _IS_WRONG)

    def require_names(self, key: str) -> None:
        """Make sure that the message has an array of names at a key, or nothing.

        Raises:
            InputError: Naming the key.
        """
        names = self.get(key)
        if names is not None and not (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        ):
            raise self._problem_of_key(key, "is no array of names")

    def problem(self, what: str) -> InputError:
        """Return an error that names the message's line."""
        return input_problem(self.line_number, what)

    def _problem_of_key(self, key: str, what: str) -> InputError:
        return self.problem(f"is a {self['type']} message whose {key!r} {what}")


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a record stands in the input.

    Attributes:
        line_number: From 1.
        row: Of the files of a BATCH message, from 1; `None` for a RECORD.
        source: The RECORD message that the record came in or, as a row, would have come in.
    """

    line_number: int
    row: int | None
    source: str | bytes


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as any JSON is read: nothing is known of it, not even that it is an object.

    Attributes:
        stream: As the tap calls it.
    """

    stream: str
    value: object
    place: Place


class DecodedRecords(t.NamedTuple):
    """Records of one stream that follow each other and surely are what its SCHEMA says.

    Attributes:
        stream: As the tap calls it.
        records: One or more, read by the stream's `RecordDecoder`.
        line_numbers: Of each; this and the next ones can be read once, and may be endless.
        rows: Of each, as in `Place`.
        sources: Of each, as in `Place`; made as they are read.
        version: What all of their RECORD messages say; `None` where they say nothing.
    """

    stream: str
    records: Sequence[t.Any]
    line_numbers: Iterable[int]
    rows: Iterable[int | None]
    sources: Iterable[str | bytes]
    version: int | None = None


def input_problem(line_number: int, what: str, row: int | None = None) -> InputError:
    """Return an error that names a line and, of a BATCH message in it, the row of its files."""
    where = "" if row is None else f"row {row} of the files of the BATCH message in "
    return InputError(
        f"{where}line {line_number} of the input {what}. Look at the tap; nothing after it was read"
    )


@functools.lru_cache(maxsize=1024)  # asked for each RECORD that is read alone
def _is_stream_name(name: str) -> bool:
    return bool(name) and len(name) <= _LONGEST_STREAM and not _UNPRINTABLE.search(name)
