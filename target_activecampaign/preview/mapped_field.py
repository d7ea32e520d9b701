"""Owns one mapped field as a preview knows it: its names, its kind, and what it needs to explain a value."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from target_activecampaign.config.attributes import ATTRIBUTES
from target_activecampaign.contacts.custom_fields import takes_options, takes_several_options
from target_activecampaign.contacts.options import OptionReader
from target_activecampaign.preview.raw_values import find_value

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_activecampaign.contacts.contact import Payload
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.mapping import MappedValue
    from target_activecampaign.run.record_observer import OpenedStream

FieldKind: t.TypeAlias = t.Literal["email", "name", "phone", "text", "custom", "tags", "subscription"]

_CUSTOM = "custom_fields."
_NAMES = frozenset({"first_name", "last_name"})
_ORDER = ("email", *(attribute.name for attribute in ATTRIBUTES))


@dataclass(frozen=True, slots=True)
class MappedField:
    """One field.

    Attributes:
        mapped: As the mapping has it.
        name: As people call it: an attribute, or the title of a custom field.
        kind: What it is.
        custom: The account's field, of a custom one.
        reader: Of its options, where they are known.
        pick: From a record to its value.
    """

    mapped: MappedValue
    name: str
    kind: FieldKind
    custom: CustomField | None
    reader: OptionReader | None
    pick: Callable[[Mapping[str, t.Any]], t.Any]

    def sent_in(self, payload: Payload, values: Mapping[int, str]) -> str | None:
        """Return what a contact sends for it; `None` where it sends nothing.

        Args:
            payload: Of the contact.
            values: Of its custom fields, by their ids.
        """
        if self.kind == "custom":
            return values.get(self.mapped.key)
        if self.kind == "tags":
            return ", ".join(payload.tags)
        text: str | None = getattr(payload, self.mapped.key, None)
        return text


def mapped_fields(stream: OpenedStream) -> list[MappedField]:
    """Return the fields of a stream: the address, attributes, custom fields as configured, tags, wishes."""
    written = [] if stream.export.field_mapping is None else list(stream.export.field_mapping.custom_fields)
    order = [*_ORDER, *(f"{_CUSTOM}{key}" for key in written), "tags", "subscription"]
    values = {value.field: value for value in stream.mapper.mapped}
    return [_mapped_field(values[name], stream) for name in order if name in values]


def _mapped_field(value: MappedValue, stream: OpenedStream) -> MappedField:
    custom = stream.fields[value.field[len(_CUSTOM) :]] if value.field.startswith(_CUSTOM) else None
    reader = None
    if custom is not None and custom.options is not None and takes_options(custom.type):
        reader = OptionReader(custom.options, takes_several=takes_several_options(custom.type))
    name = value.field if custom is None else custom.title
    return MappedField(value, name, _kind_of(value.field), custom, reader, _picker(value.keys))


def _kind_of(field: str) -> FieldKind:
    if field.startswith(_CUSTOM):
        return "custom"
    if field in _NAMES:
        return "name"
    if field in {"email", "phone", "tags", "subscription"}:
        return t.cast("FieldKind", field)
    return "text"


def _picker(keys: tuple[str, ...]) -> Callable[[Mapping[str, t.Any]], t.Any]:
    if len(keys) == 1:
        key = keys[0]
        return lambda record: record.get(key)
    return lambda record: find_value(record, keys)
