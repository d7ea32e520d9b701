"""Owns how values are read as dates and times, and how these are written for a field. Pure.

It must not know which field a value is for, nor where the time zone of the source comes from.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re

from target_activecampaign.contacts.text import UnfitValueError, trim

# ISO 8601, and as databases write it: blanks before the time and the offset, names of UTC, any fraction.
_DAY = r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
_WEEK = r"(?P<iso_year>\d{4})-?W(?P<week>\d\d)(?:-?(?P<weekday>\d))?"
_CLOCK = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
_OFFSET = r"(?P<utc>Z|UTC|GMT)|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d)(?::?(?P<seconds>\d\d))?)?"
_TIME = re.compile(rf"(?:{_DAY}|{_WEEK})(?:(?:T| +){_CLOCK})?(?: *(?:{_OFFSET}))?", re.ASCII | re.IGNORECASE)
# How MySQL writes a day that is none, with or without a time.
_NO_DAY = re.compile(
    r"0000-00-00(?:[T ]+00:00(?::00(?:[.,]0*)?)?)?(?: *(?:Z|UTC|GMT|[+-][\d:]+))?", re.ASCII | re.IGNORECASE
)
_BEFORE_CLOCK = ("", "T", "t", " ")
_LONGEST_TEXT = 100
_MICROSECOND_DIGITS = 6
_MIDNIGHT_AFTER = (24, 0, 0, 0)


def format_date(value: object, zone: dt.tzinfo | None = None) -> str:
    """Write a date as `YYYY-MM-DD`, and MySQL's day that is none (`0000-00-00`) as no text.

    Args:
        value: A date or time, or text that holds one.
        zone: In which a time has its day; `None` for the time's own offset.

    Raises:
        UnfitValueError: If it is no date in ISO 8601.
    """
    return _format_day(value, zone) if isinstance(value, str) else _day_of(_as_datetime(value), zone)


@functools.lru_cache(maxsize=4096)  # of many people's dates most come again
def _format_day(text: str, zone: dt.tzinfo | None) -> str:
    moment = _read(text)
    return "" if moment is None else _day_of(moment, zone)


def _day_of(moment: dt.datetime, zone: dt.tzinfo | None) -> str:
    if zone is not None and moment.tzinfo is not None:
        # The first and the last day that there is stand for none or for ever, and have no neighbour.
        with contextlib.suppress(OverflowError):
            moment = moment.astimezone(zone)
    return moment.date().isoformat()


def format_datetime(value: object, zone: dt.tzinfo | None = None) -> str:
    """Write a point in time in ISO 8601 with its offset, to the second.

    ActiveCampaign stores the same instant in the account's time zone (custom field values reference).
    A date is taken for its midnight, and MySQL's day that is none is no text.

    Args:
        value: A date or time, or text that holds one.
        zone: Where a time without offset belongs; `None` for UTC.

    Raises:
        UnfitValueError: If it is no date or time in ISO 8601.
    """
    moment = _read(value) if isinstance(value, str) else _as_datetime(value)
    if moment is None:
        return ""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone or dt.timezone.utc)
    offset = moment.utcoffset()
    if offset is not None and offset % dt.timedelta(minutes=1):
        # Before there were time zones each town had its own time, which ISO 8601 has no form for.
        moment = _in_utc(moment)
    return moment.isoformat(timespec="seconds")


def _in_utc(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.astimezone(dt.timezone.utc)
    except OverflowError:
        raise _no_date() from None


def _as_datetime(value: object) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day has no zone
    raise _no_date()


def _read(text: str) -> dt.datetime | None:
    """Return the time that a text holds; `None` where it is MySQL's day that is none.

    Raises:
        UnfitValueError: If it is no date in ISO 8601.
    """
    if len(text) > _LONGEST_TEXT:
        raise _no_date()
    # Nearly always, and in a tenth of the time. Python takes any character before the time, figures included:
    # to it epoch milliseconds can be a day of the 18th century.
    if text[4:5] == "-" and text[10:11] in _BEFORE_CLOCK:
        with contextlib.suppress(ValueError):
            return dt.datetime.fromisoformat(text)
    trimmed = trim(text)
    if _NO_DAY.fullmatch(trimmed):
        return None
    found = _TIME.fullmatch(trimmed)
    if found is None:
        raise _no_date()
    try:
        return _build(found.groupdict())
    except (ValueError, OverflowError):
        raise _no_date() from None


def _no_date() -> UnfitValueError:
    return UnfitValueError("a date in ISO 8601 was expected")


def _build(parts: dict[str, str | None]) -> dt.datetime:
    """Make the time of a match of `_TIME`.

    Raises:
        ValueError: If there is no day or time of these figures.
        OverflowError: If it is after the last day that there is.
    """
    figures = {name: int(part) for name, part in parts.items() if part and part.isdigit()}
    if "week" in figures:
        day = dt.date.fromisocalendar(figures["iso_year"], figures["week"], figures.get("weekday", 1))
    else:
        day = dt.date(figures["year"], figures["month"], figures["day"])
    if "hour" not in figures:
        return dt.datetime.combine(day, dt.time())  # a day has no zone, whatever stands behind it
    microsecond = int((parts["fraction"] or "0")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0"))
    clock = (figures["hour"], figures.get("minute", 0), figures.get("second", 0), microsecond)
    if clock == _MIDNIGHT_AFTER:
        day, clock = day + dt.timedelta(days=1), (0, 0, 0, 0)
    return dt.datetime.combine(day, dt.time(*clock), _offset(parts["utc"], parts["sign"], figures))


def _offset(utc: str | None, sign: str | None, figures: dict[str, int]) -> dt.tzinfo | None:
    if utc:
        return dt.timezone.utc
    if not sign:
        return None
    hours, minutes, seconds = (figures.get(unit, 0) for unit in ("hours", "minutes", "seconds"))
    dt.time(hours, minutes, seconds)  # refuses 75 minutes
    ahead = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return dt.timezone(-ahead if sign == "-" else ahead)
