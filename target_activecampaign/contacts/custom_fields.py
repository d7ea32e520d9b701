"""Owns which custom field of the account a key means, and how a value is written for its type. Pure."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from target_activecampaign.config.names import folded_name, nearest_name, shown_name, shown_text
from target_activecampaign.contacts.dates import format_date, format_datetime
from target_activecampaign.contacts.text import UnfitValueError, format_item, format_number, format_text
from target_activecampaign.errors import Problem

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

OPTION_SEPARATOR = "||"
"""Opens, closes and separates the options of a field that takes several (custom field values reference)."""

# `multiselect` is named by two clients alone, and like a listbox (seen).
_SEVERAL_OPTIONS = frozenset({"checkbox", "listbox", "multiselect"})
_ONE_OPTION = frozenset({"dropdown", "radio"})
_TIMES = {"date": format_date, "datetime": format_datetime}
_SETTING = "field_mapping.custom_fields"
_ALL = "All fields: target-activecampaign fields"
_MOST_SHOWN = 10
_NUMBERS = frozenset({"number", "currency"})


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


def find_custom_field(key: str, fields: Sequence[CustomField]) -> CustomField | Problem:
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
        return _unknown(key, fields)
    if list(found) == ["title"]:
        ids = ", ".join(map(str, meant))
        what = f'several custom fields of the account are called "{shown_name(key)}"'
        return Problem(_SETTING, what, f"write one of their ids: {ids}", map(str, meant))
    what = f'"{shown_name(key)}" is ambiguous in this account: it is {_meanings_told(found, fields)}'
    return Problem(_SETTING, what)


def _unknown(key: str, fields: Sequence[CustomField]) -> Problem:
    """Return the problem of a field that the account has not, with the nearest one or else the first ones."""
    what = f'the account has no field "{shown_name(key)}"'
    by_name = {name: field for field in fields for name in (field.tag, field.title) if name}
    near = nearest_name(key.strip(" %"), by_name)
    if near is not None:
        fix = f'Nearest: "{shown_text(near)}" ({by_name[near].id}). {_ALL}'
        return Problem(_SETTING, what, fix, [near])
    first = ", ".join(f'"{shown_text(field.title)}"' for field in fields[:_MOST_SHOWN])
    return Problem(_SETTING, what, f"Fields: {first or 'none'}. {_ALL}")


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


def _meanings_told(found: Mapping[str, Sequence[CustomField]], fields: Sequence[CustomField]) -> str:
    """Return which fields a key means, and what to write for each instead."""
    kinds: dict[int, tuple[str, CustomField]] = {}
    for kind, some in found.items():
        for field in some:
            kinds.setdefault(field.id, (kind, field))
    return " and ".join(
        f"the {kind} of field {field.id} ({_sure_name(field, fields)})" for kind, field in kinds.values()
    )


def _sure_name(field: CustomField, fields: Sequence[CustomField]) -> str:
    """Return how to name this field alone."""
    for name in (str(field.id), f"%{field.tag}%", field.title):
        if [one for some in _meanings(name, fields).values() for one in some] == [field]:
            return f"write {shown_text(name)}"
    return "which needs another title in ActiveCampaign"


def formatter_for(field_type: str, zone: dt.tzinfo | None = None) -> Callable[[t.Any], str]:
    """Return the function that writes a value for a type of field.

    Args:
        field_type: As `GET /fields` names it. Unknown types are written as text.
        zone: Where times without offset belong, and in which a time has its day; `None` for UTC, and for the
            day in a time's own offset.

    Returns:
        A function from a value that is not null to the text that is sent. It raises `UnfitValueError`.
    """
    name = field_type.lower()
    if name in _SEVERAL_OPTIONS:
        return format_options
    if name in _TIMES:
        return _TIMES[name] if zone is None else functools.partial(_TIMES[name], zone=zone)
    return format_number if name in _NUMBERS else format_text


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
    options = list(filter(None, (format_item(item) for item in items if item is not None)))
    if any(OPTION_SEPARATOR in f"|{option}|" for option in options):
        raise UnfitValueError("an option holds the separator || or a part of it at its ends")
    return OPTION_SEPARATOR.join(["", *options, ""]) if options else ""
