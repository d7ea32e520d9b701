"""Which `_sdc_deleted_at` is a deletion for sure."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.singer.deletion import DeletionMark, find_mark, read_mark


@pytest.mark.parametrize("value", [None, False, "", "  ", "\t", "false", "False", " FALSE "])
def test_null_false_and_blank_text_are_no_deletion(value: object) -> None:
    assert read_mark(value) is DeletionMark.NONE


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01t00:00:00",
        "2026-01-01 00:00:00",
        "2026-01-01 00:00",
        "2026-01-01T00:00:00.123456789Z",
        "2026-01-01 00:00:00,5+00",
        "2026-01-01 10:00:00.000 +0100",
        "2026-01-01 10:00:00-05:30",
        "2026-01-01 10:00:00 UTC",
        " 2026-01-01T00:00:00+00:00 ",
        "2016-12-31T23:59:60Z",
        "2024-02-29",
        dt.date(2026, 1, 1),
        dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    ],
)
def test_a_time_is_a_deletion(value: object) -> None:
    assert read_mark(value) is DeletionMark.TIME


@pytest.mark.parametrize(
    "value",
    [
        *[
            True,
            0,
            1,
            1767225600,
            1767225600.5,
            Decimal("1767225600.0"),
            Decimal("NaN"),
            [],
            {},
            ["2026-01-01"],
        ],
        {"at": "2026-01-01T00:00:00Z"},
        *["true", "0", "1", "null", "None", "no", "x", "deleted", "infinity", "1767225600", "20260101"],
        *["0000-00-00", "0000-00-00 00:00:00", "0001-01-01T00:00:00", "1970-01-01T00:00:00Z", "9999-12-31"],
        *[
            "2026-13-01",
            "2026-02-30",
            "2025-02-29",
            "2026-01-01T25:00:00",
            "2026-01-01T00:61:00Z",
            "2026-1-1",
        ],
        *["01.02.2026", "01/02/2026", "2026-01-01T", "2026-01-01Tx", "2026-01-01 and more", "2026"],
        *["٢٠٢٦-01-01", "2026-01-01T00:00:00Z" + "0" * 99, "\ud800"],
        *[dt.date(1, 1, 1), dt.datetime(9999, 12, 31, tzinfo=dt.timezone.utc), dt.time(1)],
    ],
)
def test_anything_else_is_unreadable(value: object) -> None:
    assert read_mark(value) is DeletionMark.UNREADABLE


@given(st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2199, 1, 1)), st.sampled_from("T "))  # noqa: DTZ001 - any
def test_every_time_that_python_writes_is_read(time: dt.datetime, separator: str) -> None:
    assert read_mark(time.isoformat(separator)) is DeletionMark.TIME


@given(st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.text()))
def test_any_value_can_be_read(value: object) -> None:
    assert read_mark(value) in DeletionMark


TIME = {"_sdc_deleted_at": "2026-01-01"}


@pytest.mark.parametrize(
    ("sent", "mapped", "expected"),
    [
        ({}, {}, DeletionMark.NONE),
        (TIME, TIME, DeletionMark.TIME),
        (TIME, {}, DeletionMark.TIME),
        ({}, TIME, DeletionMark.TIME),
        ({"_sdc_deleted_at": None}, TIME, DeletionMark.TIME),
        ({"_sdc_deleted_at": 1}, TIME, DeletionMark.TIME),
        ({"_sdc_deleted_at": 1}, {}, DeletionMark.UNREADABLE),
        ([], {}, DeletionMark.NONE),
    ],
)
def test_a_mark_counts_that_stream_maps_drop_or_make(
    sent: object, mapped: object, expected: DeletionMark
) -> None:
    assert find_mark(sent, mapped) is expected
