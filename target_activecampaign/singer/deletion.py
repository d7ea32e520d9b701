"""Owns how `_sdc_deleted_at` is read: whether the source deleted a record, for sure. Pure.

A person who is taken off a list does not come back by an import. So a record is a deletion only where its
mark is a time that can be read. It must not know what a deletion does.
"""

from __future__ import annotations

import datetime as dt
import enum
import re

DELETED_AT = "_sdc_deleted_at"
"""Property in which taps say when the source deleted a record."""

# In the order of JSON Schema's date-time, and as databases and Python write it.
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d(?::?\d\d)?)?))?)?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_TEXT = 64  # characters; a fraction of a second has nine digits at most
_NO_DELETION = ("", "false")
# Days outside stand for "none" or "for ever" where null can't: 0001-01-01, 1970-01-01, 9999-12-31.
_FIRST_DAY = dt.date(1970, 1, 2)
_LAST_DAY = dt.date(2199, 12, 31)


class DeletionMark(enum.Enum):
    """What a record's `_sdc_deleted_at` says."""

    NONE = enum.auto()
    TIME = enum.auto()
    UNREADABLE = enum.auto()


def find_mark(sent: object, mapped: object) -> DeletionMark:
    """Read the mark of a record; stream maps may drop a property that the tap sent, or make it.

    Args:
        sent: The record as the tap sent it.
        mapped: The record after stream maps; its own value counts where it has one.
    """
    for record in (mapped, sent):
        if isinstance(record, dict) and DELETED_AT in record:
            return read_mark(record[DELETED_AT])
    return DeletionMark.NONE


def read_mark(value: object) -> DeletionMark:
    """Read the value of `_sdc_deleted_at`: null, false and blank text are no deletion."""
    if value is None or value is False:
        return DeletionMark.NONE
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, dt.date):
        return _read_day(value.year, value.month, value.day)
    return DeletionMark.UNREADABLE


def _read_text(text: str) -> DeletionMark:
    if text.strip().lower() in _NO_DELETION:
        return DeletionMark.NONE
    found = _TIME.fullmatch(text.strip()) if len(text) <= _LONGEST_TEXT else None
    if found is None:
        return DeletionMark.UNREADABLE
    year, month, day, *clock = (int(digits or 0) for digits in found.groups())
    return _read_day(year, month, day) if _is_time_of_day(*clock) else DeletionMark.UNREADABLE


def _is_time_of_day(hour: int, minute: int, second: int) -> bool:
    return hour <= 23 and minute <= 59 and second <= 60  # noqa: PLR2004 - a leap second is one


def _read_day(year: int, month: int, day: int) -> DeletionMark:
    try:
        is_plausible = _FIRST_DAY <= dt.date(year, month, day) <= _LAST_DAY
    except ValueError:
        return DeletionMark.UNREADABLE
    return DeletionMark.TIME if is_plausible else DeletionMark.UNREADABLE
