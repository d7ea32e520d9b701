"""What is left out is counted by field and said once, and so is a property that no record had."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.reporting.mapping_notes import MappingNotes
from target_activecampaign.reporting.report import StreamFigures

if t.TYPE_CHECKING:
    import pytest


def test_each_value_is_counted_and_each_field_said_once(caplog: pytest.LogCaptureFixture) -> None:
    figures = StreamFigures()
    notes = MappingNotes("people", figures)
    for _ in range(3):
        notes.count_left_out("custom_fields.Score", "a number was expected")
    notes.count_left_out("phone", "text was expected")
    assert figures.as_json()["left_out"] == {"custom_fields.Score": 3, "phone": 1}
    say = (
        "a value of stream 'people' is left out, {} was expected. The contact goes without it, and the "
        "report counts them (left_out)"
    )
    assert caplog.messages == [
        f"field_mapping.custom_fields.Score: {say.format('a number')}",
        f"field_mapping.phone: {say.format('text')}",
    ]


def test_the_nearest_option_is_named_once_and_not_looked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    notes = MappingNotes("people", StreamFigures())
    searches: list[str | None] = []

    def find(near: str | None) -> t.Callable[[], str | None]:
        def search() -> str | None:
            searches.append(near)
            return near

        return search

    for near in (None, "Music", "Sports"):
        notes.count_left_out("custom_fields.Interests", "an option was expected", find(near))
    assert searches == [None, "Music"]
    assert ["nearest" in record.getMessage() for record in caplog.records] == [False, True]
    assert "the nearest is 'Music'" in caplog.text


def test_the_search_for_the_nearest_option_ends() -> None:
    notes = MappingNotes("people", StreamFigures())
    searches: list[int] = []
    for number in range(100):

        def find() -> None:
            searches.append(number)  # noqa: B023 - it is called at once

        notes.count_left_out("f", "an option was expected", find)
    assert searches == list(range(20))


def test_a_mapped_property_that_no_record_had_is_said_with_its_path(caplog: pytest.LogCaptureFixture) -> None:
    notes = MappingNotes("people", StreamFigures())
    notes.expect({"email": "email", "custom_fields.City": "v.city"})
    notes.note_found(["email"], ["custom_fields.City"])
    notes.expect({"email": "email", "custom_fields.City": "v.city"})  # another SCHEMA of the stream
    notes.warn_of_missing()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.messages[0].startswith(
        "field_mapping.custom_fields.City: no record of stream 'people' had 'v.city'"
    )


def test_a_stream_without_records_lacks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    notes = MappingNotes("people", StreamFigures())
    notes.expect({"email": "email"})
    notes.warn_of_missing()
    assert caplog.messages == []
