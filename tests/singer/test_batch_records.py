"""Rows of BATCH messages as records, and how each is kept."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.errors import InputError
from target_activecampaign.singer.batch_records import _as_message, read_batch
from target_activecampaign.singer.messages import DecodedRecords, Message, Record
from target_activecampaign.singer.reader import StreamDecoders
from target_activecampaign.singer.record_decoder import compile_record_decoder

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = {"properties": {"id": {"type": "integer"}}}


def decoders_of_people() -> StreamDecoders:
    decoder = compile_record_decoder(SCHEMA, keys=(), metadata=("_sdc_deleted_at",), keywords={"type"})
    assert decoder is not None
    decoders = StreamDecoders()
    decoders.add("people", decoder)
    return decoders


def read(folder: Path, rows: list[str], decoders: StreamDecoders) -> Iterator[Record | DecodedRecords]:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(rows))
    parts = {
        "type": "BATCH",
        "stream": "people",
        "encoding": {"format": "jsonl"},
        "manifest": [path.as_uri()],
    }
    return read_batch(Message(parts, line_number=7), None, decoders)


def test_rows_that_fit_come_together_and_others_alone_in_their_order(tmp_path: Path) -> None:
    rows = ['{"id": 1}', '{"id": 2}', '{"id": "x"}', " ", '{"id": 3}']
    first, second, third = read(tmp_path, rows, decoders_of_people())
    assert isinstance(first, DecodedRecords)
    assert isinstance(second, Record)
    assert isinstance(third, DecodedRecords)
    places = zip(first.records, first.line_numbers, first.rows, first.sources, strict=False)
    assert [(line, row, json.loads(source)["record"]) for _, line, row, source in places] == [
        (7, 1, {"id": 1}),
        (7, 2, {"id": 2}),
    ]
    assert (second.value, second.place.line_number, second.place.row) == ({"id": "x"}, 7, 3)
    assert list(third.rows) == [5]


def test_a_stream_that_is_added_while_rows_are_read_is_read_together_from_then_on(tmp_path: Path) -> None:
    decoders = StreamDecoders()
    records = read(tmp_path, ['{"id": 1}'] * 3, decoders)
    assert isinstance(next(records), Record)
    decoders.add("people", decoders_of_people()._streams["people"].decoder)
    assert [len(part.records) for part in records if isinstance(part, DecodedRecords)] == [2]


def test_more_rows_than_are_read_at_once_keep_their_numbers(tmp_path: Path) -> None:
    found = list(read(tmp_path, ["{}"] * 250, decoders_of_people()))
    assert [row for part in found if isinstance(part, DecodedRecords) for row in part.rows] == list(
        range(1, 251)
    )


def test_what_stands_before_a_bad_row_is_read_and_the_row_is_named(tmp_path: Path) -> None:
    records = read(tmp_path, ["{}", "nonsense"], StreamDecoders())
    assert isinstance(next(records), Record)
    with pytest.raises(InputError, match=r"^row 2 of the files of the BATCH message in line 7 of the input"):
        next(records)


@given(st.text())
def test_a_row_is_kept_as_the_message_that_it_stands_for(name: str) -> None:
    message = json.loads(_as_message(name, b' {"id": 1} '))
    assert message == {"type": "RECORD", "stream": name, "record": {"id": 1}}
