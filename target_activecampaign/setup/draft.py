"""Owns the draft of a mapping: which column goes where, one for each field, as settings say it. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from target_activecampaign.config.attributes import ATTRIBUTES
from target_activecampaign.contacts.custom_fields import CustomField, find_custom_field

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMAIL, TAGS, SUBSCRIPTION = "email", "tags", "subscription"
ATTRIBUTE_NAMES = (EMAIL, *(attribute.name for attribute in ATTRIBUTES), TAGS, SUBSCRIPTION)
"""What a column can become beside a custom field, as `field_mapping` calls it."""


@dataclass(frozen=True)
class Place:
    """Where a column goes.

    Attributes:
        attribute: One of `ATTRIBUTE_NAMES`; empty where it is a custom field.
        field: The custom field; `None` where it is an attribute.
    """

    attribute: str = ""
    field: CustomField | None = None

    @property
    def shown(self) -> str:
        """How the table calls it: a field with its type."""
        if self.field is None:
            return self.attribute
        return f"{self.field.title} ({_TYPES.get(self.field.type, self.field.type) or 'text'})"


_TYPES = {"dropdown": "drop-down", "textarea": "text", "listbox": "list box"}


@dataclass(frozen=True)
class Line:
    """One column of the file in the draft.

    Attributes:
        column: Its header.
        place: Where it goes; `None` for nowhere.
        found_by: Why it goes there, or what it could be.
        is_key: Whether it tells the rows apart, and goes nowhere.
    """

    column: str
    place: Place | None = None
    found_by: str = ""
    is_key: bool = False


class DraftError(ValueError):
    """Says why a column can't go somewhere."""


@dataclass(frozen=True)
class Draft:
    """All columns, in the order in which they are shown."""

    lines: tuple[Line, ...]

    def changed(self, number: int, place: Place | None, found_by: str = "you") -> Draft:
        """Return the draft with another place for a line.

        Args:
            number: Of the line, from 1.
            place: Where its column goes; `None` for nowhere.
            found_by: Why.

        Raises:
            DraftError: If another column goes there already.
        """
        holder = None if place is None else self.holder_of(place)
        line = self.lines[number - 1]
        if place is not None and holder is not None and holder != line.column:
            name = place.attribute or (place.field.title if place.field else "")
            raise DraftError(f"{name} is already taken from {holder}. One column for each field.")
        lines = list(self.lines)
        lines[number - 1] = replace(line, place=place, found_by=found_by if place else "")
        return Draft(tuple(lines))

    def holder_of(self, place: Place) -> str | None:
        """Return the column that goes to a place."""
        return next((line.column for line in self.lines if line.place and _same(line.place, place)), None)

    def column_of(self, attribute: str) -> str | None:
        """Return the column of an attribute."""
        return self.holder_of(Place(attribute))

    def number_of(self, column: str) -> int:
        """Return the number of a column's line, from 1."""
        return next(number for number, line in enumerate(self.lines, start=1) if line.column == column)

    def unmapped(self) -> list[str]:
        """Return the columns that go nowhere and are no key."""
        return [line.column for line in self.lines if line.place is None and not line.is_key]

    def as_setting(self, fields: Sequence[CustomField]) -> dict[str, t.Any]:
        """Return the setting `field_mapping`.

        Args:
            fields: All of the account, for a key that means one of them alone.
        """
        mapping: dict[str, t.Any] = {}
        for name in ATTRIBUTE_NAMES:
            if (column := self.column_of(name)) is not None:
                mapping[name] = column
        custom = {
            sure_key(line.place.field, fields): line.column
            for line in self.lines
            if line.place and line.place.field
        }
        return {**mapping, "custom_fields": custom} if custom else mapping


def sure_key(field: CustomField, fields: Sequence[CustomField]) -> str:
    """Return the key of `custom_fields` that means this field alone: its title, else its tag, else its id."""
    for key in (field.title, f"%{field.tag}%"):
        if key.strip("% ") and find_custom_field(key, fields) == field:
            return key
    return str(field.id)


def _same(one: Place, other: Place) -> bool:
    if one.field is None or other.field is None:
        return one.field is other.field and one.attribute == other.attribute
    return one.field.id == other.field.id


def in_shown_order(lines: Iterable[Line]) -> Draft:
    """Return a draft with attributes first, then fields, then columns that go nowhere, and the key last."""

    def rank(line: Line) -> tuple[int, int]:
        if line.place is None:
            return (3 if line.is_key else 2), 0
        if line.place.field is not None:
            return 1, 0
        return 0, ATTRIBUTE_NAMES.index(line.place.attribute)

    return Draft(tuple(sorted(lines, key=rank)))
