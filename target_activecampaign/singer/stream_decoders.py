"""Owns which streams' records are read many at a time, and finds how many follow each other.

A RECORD message is read as a struct of its stream (`record_decoder`), told apart by the stream's name. The
first message that can't be read so is left to the reader, which reads any.
"""

from __future__ import annotations

import typing as t
from decimal import Decimal

import msgspec

from target_activecampaign.singer.json_values import REFUSALS
from target_activecampaign.singer.lines import LONGEST_LINE_BYTES

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_activecampaign.singer.lines import Lines
    from target_activecampaign.singer.record_decoder import RecordDecoder


class _Stream(t.NamedTuple):
    name: str
    decoder: RecordDecoder


class StreamDecoders:
    """The decoders of streams. Routing adds and clears them; readers of lines and rows use them."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._stream_of: dict[type, _Stream] = {}
        self._decode: Callable[[str | bytes], t.Any] = msgspec.json.Decoder().decode

    def __bool__(self) -> bool:
        """Tell whether there is a stream whose records can be read many at a time."""
        return bool(self._streams)

    def add(self, name: str, decoder: RecordDecoder) -> None:
        """Read records of a stream many at a time from now on."""
        self._streams[name] = _Stream(name, decoder)
        self._stream_of = {_message_type(*stream): stream for stream in self._streams.values()}
        message_types: t.Any = t.Union[tuple(self._stream_of)]  # noqa: UP007 - of a tuple
        self._decode = msgspec.json.Decoder(message_types, float_hook=Decimal).decode

    def clear(self) -> None:
        """Read every record alone from now on."""
        self._streams.clear()

    def decode_lines(self, lines: Lines, begin: int) -> tuple[str, list[t.Any]]:
        """Decode RECORD messages of one stream that follow each other from a line on.

        Returns:
            The stream and its records. None of these where the line is to be read alone.
        """
        records: list[t.Any] = []
        stream: _Stream | None = None
        try:
            for place in range(begin, len(lines)):
                line = lines[place]
                if len(line) > LONGEST_LINE_BYTES:
                    break
                message = self._decode(line)
                own = self._stream_of[type(message)]
                if own is not (stream or own) or not own.decoder.fits(message.record):
                    break
                stream = own
                records.append(message.record)
        except REFUSALS:
            pass
        return "" if stream is None else stream.name, records

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
