"""Owns how values are written as text and as plain numbers, and which characters nobody sees. Pure.

It must not know which field a value is for.
"""

from __future__ import annotations

import datetime as dt
import decimal
import unicodedata

_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
# What editors, spreadsheets and files leave at the ends of a text, beside blanks. Direction marks, joiners
# and variation selectors stay: they are part of some scripts and of emoji.
_AT_THE_ENDS_OF_TEXT = f"{_BLANKS}\ufeff\u200b\u2060"
# Formats (zero width, byte order mark, direction marks) and separators, and what Unicode has elsewhere.
_UNSEEN_CATEGORIES = frozenset({"Cf", "Zl", "Zp", "Zs"})
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f"
)
# A Decimal like 1E+999999 takes a megabyte in plain digits.
_MOST_DIGITS = 400


class UnfitValueError(ValueError):
    """Says what was expected of a value that can't be written for its field; never the value."""


def trim(text: str) -> str:
    """Return text without the blanks, byte order marks and zero-width spaces around it."""
    trimmed = text.strip()
    return trimmed if trimmed.isascii() else trimmed.strip(_AT_THE_ENDS_OF_TEXT)


def strip_unseen(text: str) -> str:
    """Return an address or a number without anything around it that nobody sees."""
    trimmed = text.strip()
    if trimmed.isascii():
        return trimmed
    start, end = 0, len(trimmed)
    while start < end and is_unseen(trimmed[start]):
        start += 1
    while start < end and is_unseen(trimmed[end - 1]):
        end -= 1
    return trimmed[start:end]


def is_unseen(character: str) -> bool:
    """Tell whether nobody sees a character: a blank, a mark of direction or order, a filler."""
    return (
        character.isspace() or character in _UNSEEN or unicodedata.category(character) in _UNSEEN_CATEGORIES
    )


def format_text(value: object) -> str:
    """Write trimmed text, numbers without exponent, dates in ISO 8601, a list of these with commas.

    Raises:
        UnfitValueError: For an object, NaN or infinity.
    """
    if isinstance(value, str):
        return trim(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, decimal.Decimal)):
        return _plain_number(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, [format_item(item) for item in value if item is not None]))
    raise UnfitValueError("text was expected")


def format_item(value: object) -> str:
    """Write an item of a list; a list within a list has no meaning to a person, and may be bottomless.

    Raises:
        UnfitValueError: For a list, and as for any text.
    """
    if isinstance(value, (list, tuple)):
        raise UnfitValueError("a list without lists in it was expected")
    return format_text(value)


def format_number(value: object) -> str:
    """Write a number, or text that holds one, as a plain decimal.

    Raises:
        UnfitValueError: For anything else.
    """
    if isinstance(value, str):
        try:
            value = None if "_" in value else decimal.Decimal(trim(value))
        except decimal.InvalidOperation:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float, decimal.Decimal)):
        raise UnfitValueError("a number was expected")
    return _plain_number(value)


def _plain_number(value: float | decimal.Decimal) -> str:
    """Write a number in plain digits, a whole one that went through a float (`7.0`) as the integer.

    More digits behind the point, as databases give them, are a scale, and stay: `7.00`.
    """
    number = value
    if not isinstance(number, decimal.Decimal):
        number = decimal.Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise UnfitValueError("a finite number was expected")
    if not number:
        number = number.copy_abs()  # a float has a zero below zero
    text = str(number)
    # Nearly always, and in half the time.
    if "E" in text or len(text) > _MOST_DIGITS:
        if abs(number.adjusted()) > _MOST_DIGITS:
            raise UnfitValueError("a number of fewer digits was expected")
        text = format(number, "f")
    return text.removesuffix(".0")
