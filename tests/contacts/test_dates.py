"""How dates and times are read, as people's databases write them, and written."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.contacts import dates
from target_activecampaign.contacts.dates import format_date, format_datetime
from target_activecampaign.contacts.text import UnfitValueError

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "text",
    [
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0000-00-00T00:00:00",
        "0000-00-00 00:00:00.000000",
        "0000-00-00T00:00:00Z",
        "0000-00-00T00:00:00+00:00",
        " 0000-00-00 ",
    ],
)
def test_the_zero_date_of_mysql_is_no_text(text: str) -> None:
    assert format_date(text) == format_datetime(text) == format_date(text, BERLIN) == ""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2024-01-05 10:00:00 UTC", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05 10:00:00.123456 UTC", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05 10:00:00 GMT", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05 10:00:00.000 +0100", "2024-01-05T10:00:00+01:00"),
        ("2024-01-05 10:00:00 +01:00", "2024-01-05T10:00:00+01:00"),
        ("2024-01-05 10:00:00+01", "2024-01-05T10:00:00+01:00"),
        ("2024-01-05 10:00:00-0530", "2024-01-05T10:00:00-05:30"),
        ("2024-01-05T10:00:00Z", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05t10:00:00z", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05T10:00:00.1Z", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05T10:00:00,123456789012Z", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05T10:00Z", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05  10:00:00", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05T24:00:00Z", "2024-01-06T00:00:00+00:00"),
        ("20240105T101500Z", "2024-01-05T10:15:00+00:00"),
        ("2024-01-05Z", "2024-01-05T00:00:00+00:00"),
        ("2024-01-05+01:00", "2024-01-05T00:00:00+00:00"),
        ("2024-01-05-05:00", "2024-01-05T00:00:00+00:00"),
        ("2024-01-05 -0500", "2024-01-05T00:00:00+00:00"),
        ("20240105", "2024-01-05T00:00:00+00:00"),
        ("2024-W01-5T10", "2024-01-05T10:00:00+00:00"),
        ("2024-W01", "2024-01-01T00:00:00+00:00"),
        ("\ufeff2024-01-05\u200b", "2024-01-05T00:00:00+00:00"),
    ],
)
def test_times_are_read_as_databases_write_them(text: str, written: str) -> None:
    assert format_datetime(text) == written
    assert format_date(text) == written[:10]


@pytest.mark.parametrize(
    "text",
    [
        "2024-00-00",
        "0000-01-00",
        "2024-13-01",
        "2024-02-30",
        "2024-1-5",
        "202401-05",
        "05.01.2024",
        "2024-01-05 25:00:00",
        "2024-01-05T24:00:01",
        "2024-01-05 10:00:00 CEST",
        "2024-01-05 10:00:00 +99:00",
        "2024-W60-1",
        "9999-12-31T24:00:00",
        "\u0662\u0660\u0662\u0664-01-05",
        "1704448800",
        "1704448800000",
        "1712121212345",
        "17121212123",
        "202401051234567",
        "1704448800.5",
        "2024-01-05_10:00:00",
        "2024-01-05\u00a010:00:00",
        "2024-01-05010:00:00",
        "2024-01-05 " + "0" * 100_000,
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    for write in (format_date, format_datetime):
        with pytest.raises(UnfitValueError):
            write(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990-01-31T23:00:00Z", "1990-02-01"),
        ("1990-02-01T00:30:00+02:00", "1990-01-31"),
        ("1990-01-31 23:30:00", "1990-01-31"),
        ("1990-01-31", "1990-01-31"),
        ("1990-01-31Z", "1990-01-31"),
        ("9999-12-31T23:59:59Z", "9999-12-31"),
        ("0001-01-01T00:00:00+05:00", "0001-01-01"),
    ],
)
def test_a_time_has_its_day_in_the_zone_of_the_source(text: str, day: str) -> None:
    assert format_date(text, BERLIN) == day


def test_without_a_zone_a_time_has_its_day_in_its_own_offset() -> None:
    assert format_date("1990-02-01T00:30:00+02:00") == "1990-02-01"
    assert format_date("1990-01-31T23:00:00Z") == "1990-01-31"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2024-01-05 10:00:00", "2024-01-05T10:00:00+01:00"),
        ("2024-07-05 10:00:00", "2024-07-05T10:00:00+02:00"),
        ("2024-07-05", "2024-07-05T00:00:00+02:00"),
        (dt.datetime(2024, 7, 5, 10), "2024-07-05T10:00:00+02:00"),  # noqa: DTZ001 - what a tap may send
        (dt.date(2024, 7, 5), "2024-07-05T00:00:00+02:00"),
        ("2024-07-05T10:00:00-04:00", "2024-07-05T10:00:00-04:00"),
        ("2024-03-31 02:30:00", "2024-03-31T02:30:00+01:00"),
        ("2024-10-27 02:30:00", "2024-10-27T02:30:00+02:00"),
        ("1890-01-01 00:00:00", "1889-12-31T23:06:32+00:00"),
    ],
)
def test_a_time_without_offset_belongs_in_the_zone_of_the_source(value: object, written: str) -> None:
    assert format_datetime(value, BERLIN) == written


@pytest.mark.parametrize("value", [1704448800, 1712121212345, 1704448800.5, 20240105, True])
def test_a_number_is_no_time(value: object) -> None:
    for write in (format_date, format_datetime):
        with pytest.raises(UnfitValueError):
            write(value)


@given(
    st.datetimes(timezones=st.one_of(st.none(), st.timezones())),
    st.sampled_from(["auto", "seconds", "minutes", "hours"]),
    st.sampled_from(" T"),
)
def test_the_forms_of_every_python_are_read_as_python_reads_them(
    moment: dt.datetime, precision: str, mark: str
) -> None:
    text = moment.isoformat(mark, precision)
    try:
        expected = dt.datetime.fromisoformat(text)
    except ValueError:  # a form that this Python does not know
        return
    found = dates._TIME.fullmatch(text)
    assert found
    assert dates._build(found.groupdict()) == expected
