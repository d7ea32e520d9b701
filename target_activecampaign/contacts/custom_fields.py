"""Owns which custom field of the account a key means, and how a value is written for its type. Pure."""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import sys
import typing as t
from dataclasses import dataclass

from target_activecampaign.config.names import folded_name, nearest_name, shown_text

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

if sys.version_info < (3, 11):
    # Before Python 3.11 the standard library does not know all of ISO 8601, `Z` among it.
    from backports.datetime_fromisoformat import datetime_fromisoformat as _parse_datetime
else:
    _parse_datetime = dt.datetime.fromisoformat

OPTION_SEPARATOR = "||"
"""Opens, closes and separates the options of a field that takes several (custom field values reference)."""

# `multiselect` is named by two clients alone, and like a listbox (seen).
_SEVERAL_OPTIONS = frozenset({"checkbox", "listbox", "multiselect"})
_ONE_OPTION = frozenset({"dropdown", "radio"})


class UnfitValueError(ValueError):
    """Says what was expected of a value that can't be written for its field; never the value."""


class FieldOption(t.NamedTuple):
    """One option of a custom field.

    Attributes:
        value: What is sent for it.
        label: What people see.
    """

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field of the account.

    Attributes:
        id: The id that the bulk importer wants.
        title: What people call it.
        tag: Personalization tag, capitals, without percent signs.
        type: `text`, `date`, `checkbox`, ... as `GET /fields` names it; may be empty.
        options: All that it has, in the account's order; `None` where they are not known for sure.
    """

    id: int
    title: str
    tag: str
    type: str
    options: tuple[FieldOption, ...] | None = None


def takes_options(field_type: str) -> bool:
    """Tell whether a field of this type holds options alone."""
    return field_type.lower() in _ONE_OPTION or takes_several_options(field_type)


def takes_several_options(field_type: str) -> bool:
    """Tell whether a field of this type holds several options at once."""
    return field_type.lower() in _SEVERAL_OPTIONS


def find_custom_field(key: str, fields: Sequence[CustomField]) -> CustomField | str:
    """Find the field that a key of `field_mapping.custom_fields` means.

    Args:
        key: An id, a personalization tag with or without `%`, or a title, in any letter case.
        fields: All custom fields of the account.

    Returns:
        The field, or what is wrong with the key and what to write instead.
    """
    found = _meanings(key, fields)
    meant = {field.id: field for some in found.values() for field in some}
    if len(meant) == 1:
        return meant.popitem()[1]
    if not meant:
        return f"the account has no such custom field{_nearest(key, fields)}"
    if list(found) == ["title"]:
        ids = ", ".join(map(str, meant))
        return f"several custom fields of the account are called so; write one of their ids: {ids}"
    return _ambiguity(found, fields)


def _meanings(key: str, fields: Sequence[CustomField]) -> dict[str, list[CustomField]]:
    """Return the fields that a key may mean, by the kind of name that it is; `%CITY%` is surely a tag."""
    wanted = folded_name(key)
    tagged = [field for field in fields if field.tag and folded_name(field.tag) == wanted.strip("%")]
    if tagged and wanted[0] == wanted[-1] == "%":
        return {"personalization tag": tagged}
    found = {
        "id": [field for field in fields if str(field.id) == wanted],
        "personalization tag": tagged,
        "title": [field for field in fields if folded_name(field.title) == wanted],
    }
    return {kind: some for kind, some in found.items() if some}


def _ambiguity(found: Mapping[str, Sequence[CustomField]], fields: Sequence[CustomField]) -> str:
    """Return which fields a key means, and what to write for each instead."""
    kinds: dict[int, tuple[str, CustomField]] = {}
    for kind, some in found.items():
        for field in some:
            kinds.setdefault(field.id, (kind, field))
    meanings = " and ".join(
        f"the {kind} of field {field.id} ({_sure_name(field, fields)})" for kind, field in kinds.values()
    )
    return f"is ambiguous in this account: it is {meanings}"


def _sure_name(field: CustomField, fields: Sequence[CustomField]) -> str:
    """Return how to name this field alone."""
    for name in (str(field.id), f"%{field.tag}%", field.title):
        if [one for some in _meanings(name, fields).values() for one in some] == [field]:
            return f"write {shown_text(name)}"
    return "which needs another title in ActiveCampaign"


def _nearest(key: str, fields: Sequence[CustomField]) -> str:
    tags = [field.tag for field in fields if field.tag]
    titles = [field.title for field in fields if field.title]
    near = nearest_name(key.strip(" %"), (*tags, *titles))
    return f"; the nearest is {shown_text(repr(near))}" if near else ""


def formatter_for(field_type: str) -> Callable[[t.Any], str]:
    """Return the function that writes a value for a type of field.

    Args:
        field_type: As `GET /fields` names it. Unknown types are written as text.

    Returns:
        A function from a value that is not null to the text that is sent. It raises `UnfitValueError`.
    """
    name = field_type.lower()
    if name in _SEVERAL_OPTIONS:
        return format_options
    return {
        "date": format_date,
        "datetime": format_datetime,
        "number": format_number,
        "currency": format_number,
    }.get(
        name,
        format_text,
    )


def format_text(value: object) -> str:
    """Write text as it is, numbers without exponent, dates in ISO 8601, a list of these with commas.

    Raises:
        UnfitValueError: For an object, NaN or infinity.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, decimal.Decimal)):
        return _plain_number(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(_format_item(item) for item in value if item is not None)
    raise UnfitValueError("text was expected")


def _format_item(value: object) -> str:
    """Write an item of a list; a list within a list has no meaning to a person, and may be bottomless."""
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
            value = decimal.Decimal(value.strip())
        except decimal.InvalidOperation:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float, decimal.Decimal)):
        raise UnfitValueError("a number was expected")
    return _plain_number(value)


def format_date(value: object) -> str:
    """Write a date as `YYYY-MM-DD`; of a date with a time, the day as it stands in its own offset.

    Raises:
        UnfitValueError: If it is no date in ISO 8601.
    """
    return _format_day(value) if isinstance(value, str) else _as_datetime(value).date().isoformat()


@functools.lru_cache(maxsize=4096)  # of many people's dates most come again
def _format_day(text: str) -> str:
    return _as_datetime(text).date().isoformat()


def format_datetime(value: object) -> str:
    """Write a point in time in ISO 8601 with its offset, to the second.

    ActiveCampaign stores the same instant in the account's time zone (custom field values reference).
    A time without offset is taken for UTC, and a date for its midnight.

    Raises:
        UnfitValueError: If it is no date or time in ISO 8601.
    """
    moment = _as_datetime(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return moment.isoformat(timespec="seconds")


def format_options(value: object) -> str:
    """Write one or several options as `||a||b||`; text already in this form stays.

    Raises:
        UnfitValueError: If an option holds `||`, or begins or ends with `|`, which would make two of it.
    """
    if (
        isinstance(value, str)
        and len(value) > 2 * len(OPTION_SEPARATOR)
        and value.startswith(OPTION_SEPARATOR)
    ):
        value = value.strip("|").split(OPTION_SEPARATOR)
    items = value if isinstance(value, (list, tuple)) else [value]
    options = list(filter(None, (_format_item(item).strip() for item in items if item is not None)))
    if any(OPTION_SEPARATOR in f"|{option}|" for option in options):
        raise UnfitValueError("an option holds the separator || or a part of it at its ends")
    return OPTION_SEPARATOR.join(["", *options, ""]) if options else ""


def _as_datetime(value: object) -> dt.datetime:
    if isinstance(value, str):
        try:
            moment: dt.datetime = _parse_datetime(value.strip())
        except ValueError:
            pass
        else:
            return moment
    elif isinstance(value, dt.datetime):
        return value
    elif isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day has no zone
    raise UnfitValueError("a date in ISO 8601 was expected")


def _plain_number(value: float | decimal.Decimal) -> str:
    number = value
    if not isinstance(number, decimal.Decimal):
        number = decimal.Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise UnfitValueError("a finite number was expected")
    text = str(number)
    if "E" not in text and len(text) <= _MOST_DIGITS:
        return text  # nearly always, and in half the time
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise UnfitValueError("a number of fewer digits was expected")
    return format(number, "f")


# A Decimal like 1E+999999 takes a megabyte in plain digits.
_MOST_DIGITS = 400
