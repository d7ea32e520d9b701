"""Owns the way from a BATCH message's rows to records, which then go as those of RECORD messages do."""

from __future__ import annotations

import itertools
import json
import typing as t

from target_activecampaign.errors import InputError
from target_activecampaign.singer.batch_files import iterate_rows
from target_activecampaign.singer.messages import DecodedRecords, Place, Record
from target_activecampaign.singer.reader import read_value

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_activecampaign.singer.messages import Message
    from target_activecampaign.singer.reader import StreamDecoders

_ROWS_AT_ONCE = 100


def read_batch(
    message: Message, storage: Mapping[str, t.Any] | None, decoders: StreamDecoders
) -> Iterator[Record | DecodedRecords]:
    """Yield the records of a BATCH message's files, in their order; blank rows are skipped.

    Args:
        message: A BATCH message that has an object `encoding` and an array `manifest`.
        storage: `storage` of the setting `batch_config`; `None` where it is not set.
        decoders: Of the streams whose rows are read many at a time.

    Raises:
        InputError: If its format is not known, or a file or a row of it can't be read.
        SettingsError: If `storage` can't be used.
    """
    rows = iterate_rows(message["encoding"], message["manifest"], storage, message.problem)
    before = 0
    for group in _in_groups(rows):
        yield from _read_rows(message, group, before, decoders)
        before += len(group)


def _read_rows(
    message: Message, rows: Sequence[bytes], before: int, decoders: StreamDecoders
) -> Iterator[Record | DecodedRecords]:
    """Yield the records of some rows, which stand behind others."""
    line_number, stream = message.line_number, message.stream
    done = 0
    while done < len(rows):
        row = before + done + 1
        if records := decoders.decode_rows(stream, rows, done):
            numbers = range(row, row + len(records))
            sources = (_as_message(stream, line) for line in rows[done : done + len(records)])
            yield DecodedRecords(stream, records, itertools.repeat(line_number), numbers, sources)
        elif rows[done].strip():
            value = read_value(rows[done], line_number, row)
            yield Record(stream, value, Place(line_number, row, _as_message(stream, rows[done])))
        done += len(records) or 1


def _as_message(stream: str, row: bytes) -> bytes:
    """Return the RECORD message that a row stands for."""
    return b'{"type":"RECORD","stream":%b,"record":%b}' % (json.dumps(stream).encode(), row.strip())


def _in_groups(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield rows, some at a time; those that could be read before an error, too."""
    group: list[bytes] = []
    try:
        for row in rows:
            group.append(row)
            if len(group) == _ROWS_AT_ONCE:
                yield group
                group = []
    except InputError:
        yield group
        raise
    yield group
