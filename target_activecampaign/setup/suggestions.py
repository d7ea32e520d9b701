"""Owns where each column most likely goes, with what speaks for it. Pure.

In this order: an attribute by its words in six languages, a custom field by title or tag, a close one, one of
the same meaning. Values support a name, and alone they suggest an address only.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.contacts.custom_fields import takes_options
from target_activecampaign.contacts.options import OptionReader
from target_activecampaign.contacts.text import UnfitValueError
from target_activecampaign.setup.consent_columns import consent_columns
from target_activecampaign.setup.draft import EMAIL, TAGS, Draft, Line, Place, in_shown_order
from target_activecampaign.setup.headers import (
    attribute_of,
    closest,
    is_equal,
    is_tags,
    is_whole_name,
    share_meaning,
)

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.setup.columns import Column

CHECK_IT = "check it"
WHOLE_NAME = "a whole name? check it"


def suggest(columns: Mapping[str, Column], fields: Sequence[CustomField], key: str | None) -> Draft:
    """Return a draft of the mapping.

    Args:
        columns: Header to what its rows tell.
        fields: Custom fields of the account.
        key: The column that tells the rows apart, if there is one.
    """
    taken: dict[str, Line] = {}
    for name, line in _attributes(columns):
        taken.setdefault(name, line)
    found = {line.column: line for line in taken.values()}
    left = [field for field in fields if field.title or field.tag]
    consents = {column.name for column in consent_columns(columns)}
    for match in (_equal_field, _close_field, _field_of_same_meaning):
        for name, column in columns.items():
            if name in found or name in consents:
                continue
            met = match(column, left)
            if met is not None and met.place and met.place.field:
                found[name] = met
                left.remove(met.place.field)
    lines = [found.get(name) or _nowhere(column, is_key=name == key) for name, column in columns.items()]
    return in_shown_order(lines)


def _attributes(columns: Mapping[str, Column]) -> list[tuple[str, Line]]:
    """Return a line for each column that may be an attribute, those with more evidence first."""
    named = {name: attribute for name in columns if (attribute := attribute_of(name))}
    if "first_name" in named.values():
        # German and Dutch files have `Vorname, Name`.
        rest = [name for name in columns if is_whole_name(name)]
        extra = {name: "last_name" for name in rest if "last_name" not in named.values()}
        remark = f"meaning: {CHECK_IT}"
    else:
        extra = dict.fromkeys((name for name in columns if is_whole_name(name)), "first_name")
        remark = WHOLE_NAME
    ranked = sorted(named, key=lambda name: (-_fits(columns[name], named[name]), -columns[name].filled))
    lines = [
        (named[name], Line(name, Place(named[name]), _evidence(columns[name], named[name])))
        for name in ranked
        if named[name] != EMAIL or columns[name].emails or not columns[name].filled
    ]
    lines += [(place, Line(name, Place(place), remark)) for name, place in extra.items()]
    addresses = [name for name, column in columns.items() if column.holds_addresses and name not in named]
    addresses.sort(key=lambda name: -columns[name].filled)
    lines += [(EMAIL, Line(name, Place(EMAIL), "values")) for name in addresses]
    return lines + [
        (TAGS, Line(name, Place(TAGS), "name"))
        for name in columns
        if is_tags(name) and not _is_of_a_phone(columns[name])
    ]


def _is_of_a_phone(column: Column) -> bool:
    """Tell whether labels stand as Google's contacts have them, `* myContacts ::: Friends`: no tags."""
    return any(":::" in text or text.startswith("* ") for text in column.values)


def _fits(column: Column, attribute: str) -> bool:
    if attribute == EMAIL:
        return column.holds_addresses
    return attribute == "phone" and column.holds_phone_numbers


def _evidence(column: Column, attribute: str) -> str:
    return "name, values" if _fits(column, attribute) else "name"


def _equal_field(column: Column, fields: Sequence[CustomField]) -> Line | None:
    for field in fields:
        if is_equal(column.name, field.title) or is_equal(column.name, field.tag):
            return _line(column, field, "name")
    return None


def _close_field(column: Column, fields: Sequence[CustomField]) -> Line | None:
    near = closest(column.name, [name for field in fields for name in (field.tag, field.title) if name])
    for field in fields:
        if near is not None and near in {field.title, field.tag}:
            return _line(column, field, f"close name: {CHECK_IT}")
    return None


def _field_of_same_meaning(column: Column, fields: Sequence[CustomField]) -> Line | None:
    for field in fields:
        if share_meaning(column.name, field.title) or share_meaning(column.name, field.tag):
            return _line(column, field, f"meaning: {CHECK_IT}")
    return None


def _line(column: Column, field: CustomField, found_by: str) -> Line:
    return Line(column.name, Place(field=field), f"{found_by}{options_met(column, field)}")


def options_met(column: Column, field: CustomField) -> str:
    """Return how many of a column's values are options of a field, as the table says it, or nothing."""
    if not takes_options(field.type) or field.options is None or column.has_more_values or not column.values:
        return ""
    reader = OptionReader(field.options, takes_several=field.type.lower() not in {"dropdown", "radio"})
    met = sum(_is_option(reader, value) for value in column.values)
    return f"; options: {met} of {len(column.values)}"


def _is_option(reader: OptionReader, value: str) -> bool:
    try:
        return not reader.read(value).unknown
    except UnfitValueError:
        return False


def _nowhere(column: Column, *, is_key: bool) -> Line:
    if is_key:
        return Line(column.name, None, "unique", is_key=True)
    return Line(column.name, None, "could be tags" if column.words else "")
