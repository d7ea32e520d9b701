"""From record to contact: how did `mobile` end up in `phone`?

Owns the way from a stream's schema and its `field_mapping` to a function from record to contact, compiled
once per SCHEMA. Pure: no network, no clock, no log.
"""

from __future__ import annotations

import copy
import difflib
import operator
import typing as t
from dataclasses import dataclass

from target_activecampaign.contact import (
    ATTRIBUTES,
    Contact,
    CustomValue,
    Payload,
    Reason,
    Rejection,
    Subscription,
)
from target_activecampaign.custom_fields import UnfitValueError, format_text, formatter_for
from target_activecampaign.email_address import normalise_email
from target_activecampaign.errors import SettingsError
from target_activecampaign.phone import normalise_phone
from target_activecampaign.typed_records import ABSENT

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.custom_fields import CustomField
    from target_activecampaign.settings import FieldMapping, StreamExport

Schema: t.TypeAlias = "Mapping[str, t.Any]"

# Attributes that are mapped by default, where the stream has properties of these names.
_DEFAULT_ATTRIBUTES = ("first_name", "last_name", "phone")
# Our attribute to the key of the bulk importer reference, where they differ.
_IMPORTER_KEYS = {"account_name": "customer_acct_name"}


@dataclass(frozen=True, slots=True)
class MappingOptions:
    """What holds for every stream of a run.

    Attributes:
        clears_nulls: A null empties the contact's value (`on_null: clear`) instead of leaving it alone.
        exclude_automations: As the setting of this name.
        phone_region: As the setting of this name.
    """

    clears_nulls: bool = False
    exclude_automations: bool = False
    phone_region: str | None = None


class _Source(t.NamedTuple):
    """Where one value of the contact comes from, and how it is written.

    Attributes:
        key: Where it goes: an attribute of the payload, or the id of a custom field.
        path: The name of its property, for complaints; with dots where it is nested.
        property: The record's own property that holds it; `None` where there is none.
        descend: From that property's value to the value, `ABSENT` where there is none; `None` where it is
            the value itself.
        write: From a value that is not null to the text that is sent; raises `UnfitValueError`.
    """

    key: t.Any
    path: str
    property: str | None
    descend: Callable[[t.Any], t.Any] | None
    write: Callable[[t.Any], str]


_key = operator.attrgetter("key")
_NO_SOURCE = _Source(None, "", None, None, format_text)  # of an attribute that is not mapped


class RecordMapper:
    """Maps the records of one stream to contacts. Made by `compile_mapping`."""

    def __init__(  # noqa: PLR0913 - the compiled parts of a mapping, keyword only
        self,
        *,
        list_id: int,
        static_tags: tuple[str, ...],
        options: MappingOptions,
        email: _Source,
        attributes: Iterable[_Source],
        custom_fields: Iterable[_Source],
        tags: _Source | None,
    ) -> None:
        self.list_id = list_id
        self._lists = (Subscription(list_id),)
        self._static_tags = static_tags
        self._exclude_automations = options.exclude_automations
        self._clears_nulls = options.clears_nulls
        by_key = {source.key: source for source in attributes}
        fields = sorted(custom_fields, key=_key)
        self._field_ids = [source.key for source in fields]
        # In the order in which a contact has them.
        self._texts = [by_key.get(name, _NO_SOURCE) for name in ATTRIBUTES] + fields
        self._writers = [(source.write, source.write is format_text) for source in self._texts]
        self._email = email
        self._tags = tags
        sources = [email, *self._texts, *([] if tags is None else [tags])]
        self._descents = [(place, source.descend) for place, source in enumerate(sources) if source.descend]
        self.properties = [source.property for source in sources]
        self._pick: Callable[[t.Any], Sequence[t.Any]] = self._pick_from_mapping

    def for_records(self, pick: Callable[[t.Any], Sequence[t.Any]]) -> RecordMapper:
        """The same for records of another kind.

        Args:
            pick: From such a record to the values of `properties`, `ABSENT` for one that it lacks.
        """
        mapper = copy.copy(self)
        mapper._pick = pick  # noqa: SLF001 - its own kind
        return mapper

    def map(self, record: t.Any) -> Contact | Rejection:  # noqa: ANN401 - of the kind that it picks from
        """Make the contact of a record, or say why it can't become one.

        Args:
            record: Values as JSON gives them, or `datetime`, `date`, `Decimal`.
        """
        values = iter(self._find_values(record))
        email = self._read_email(next(values))
        if isinstance(email, Rejection):
            return email
        try:
            account, first, last, phone, *texts = self._write_texts(values)
            tags = self._static_tags if self._tags is None else self._read_tags(self._tags, next(values))
            fields = [
                CustomValue(key, text)
                for key, text in zip(self._field_ids, texts, strict=True)
                if text is not None
            ]
            payload = Payload(
                email, account, first, last, phone, fields, tags, self._lists, (), self._exclude_automations
            )
            return Contact.of(payload, self.list_id)
        except _UnfitPropertyError as error:
            return Rejection(Reason.VALUE_INVALID, str(error))
        except UnicodeEncodeError:
            return Rejection(Reason.VALUE_INVALID, "a mapped value holds half of a surrogate pair")

    def map_deletion(self, record: t.Any) -> Contact | Rejection:  # noqa: ANN401 - likewise
        """Make the contact that takes a record's person off the list, or say why that can't be.

        Args:
            record: With `_sdc_deleted_at`; its other values do not count.
        """
        email = self._read_email(self._find_values(record)[0])
        if isinstance(email, Rejection):
            return email
        return Contact.taking_off(email, self.list_id, exclude_automations=self._exclude_automations)

    def identify(self, record: t.Any) -> str | None:  # noqa: ANN401 - likewise
        """The identity of a record that may not be fit to become a contact; `None` where it has none."""
        email = self._read_email(self._find_values(record)[0])
        return None if isinstance(email, Rejection) else email

    def _find_values(self, record: t.Any) -> Sequence[t.Any]:  # noqa: ANN401 - likewise
        """The values that are mapped: the address, attributes, custom fields, tags."""
        values = self._pick(record)
        if not self._descents:
            return values
        found = list(values)
        for place, descend in self._descents:
            found[place] = descend(found[place])
        return found

    def _pick_from_mapping(self, record: Mapping[str | None, t.Any]) -> Sequence[t.Any]:
        return [record.get(name, ABSENT) for name in self.properties]

    def _read_email(self, value: t.Any) -> str | Rejection:  # noqa: ANN401 - a JSON value
        if isinstance(value, str):
            if email := normalise_email(value):
                return email
            is_missing = not value.strip()
        else:
            is_missing = value is ABSENT or value is None
        if is_missing:
            return Rejection(Reason.EMAIL_MISSING, f"{self._email.path}: no address")
        return Rejection(Reason.EMAIL_INVALID, f"{self._email.path}: not an address")

    def _write_texts(self, values: Iterable[t.Any]) -> list[str | None]:
        """The text of each attribute and custom field; `None` where the record says nothing of it."""
        texts: list[str | None] = []
        blank = "" if self._clears_nulls else None
        try:
            for (write, keeps_text), value in zip(self._writers, values, strict=False):
                if type(value) is str and (keeps_text or not value or value.isspace()):
                    text = value
                elif value is None:
                    text = ""
                elif value is ABSENT:
                    texts.append(None)
                    continue
                else:
                    text = write(value)
                # An absent property says nothing; an empty one is a null: left alone, or emptied by ""
                # (assumed).
                texts.append(text if text and not text.isspace() else blank)
        except UnfitValueError as error:
            raise _UnfitPropertyError(self._texts[len(texts)].path, str(error)) from None
        return texts

    def _read_tags(self, source: _Source, value: t.Any) -> tuple[str, ...]:  # noqa: ANN401 - a JSON value
        if value is ABSENT or value is None:
            return self._static_tags
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)):
            raise _UnfitPropertyError(source.path, "an array of strings was expected")
        try:
            names = [format_text(item).strip() for item in items if item is not None]
        except UnfitValueError as error:
            raise _UnfitPropertyError(source.path, str(error)) from None
        return tuple(dict.fromkeys((*self._static_tags, *filter(None, names))))


class _UnfitPropertyError(Exception):
    """A mapped property holds a value that can't be written; names the property, never the value."""

    def __init__(self, property_path: str, expected: str) -> None:
        super().__init__(f"{property_path}: {expected}")


def compile_mapping(
    stream: str,
    schema: Schema,
    export: StreamExport,
    fields: Mapping[str, CustomField],
    options: MappingOptions,
) -> RecordMapper:
    """Compile the mapping of a stream against its schema.

    Args:
        stream: Name of the stream, for complaints.
        schema: JSON schema of the stream, after stream maps and flattening.
        export: Where and how this stream is exported.
        fields: Key as it stands in `field_mapping.custom_fields` to the account's field.
        options: What holds for every stream.

    Raises:
        SettingsError: Naming every mapped property that the schema lacks, with the nearest that it has.
    """
    mapping = export.field_mapping
    attributes = _attribute_properties(mapping, schema)
    custom_fields = {} if mapping is None else dict(mapping.custom_fields)
    tags_property = None if mapping is None else mapping.tags
    email_property = "email" if mapping is None else mapping.email
    mapped = {"email": email_property, **attributes}
    if tags_property is not None:
        mapped["tags"] = tags_property
    mapped.update({f"custom_fields.{key}": path for key, path in custom_fields.items()})
    _complain_of_missing(stream, schema, mapped)

    def write_phone(value: object) -> str:
        text = value if isinstance(value, str) else format_text(value)
        return normalise_phone(text.strip(), options.phone_region)

    return RecordMapper(
        list_id=export.list_id,
        static_tags=export.tags,
        options=options,
        email=_source("email", schema, email_property, format_text),
        attributes=[
            _source(
                _IMPORTER_KEYS.get(name, name), schema, path, write_phone if name == "phone" else format_text
            )
            for name, path in attributes.items()
        ],
        custom_fields=[
            _source(fields[key].id, schema, path, formatter_for(fields[key].type))
            for key, path in custom_fields.items()
        ],
        tags=None if tags_property is None else _source("tags", schema, tags_property, format_text),
    )


def _attribute_properties(mapping: FieldMapping | None, schema: Schema) -> dict[str, str]:
    """Attribute to property, for those that are plain text."""
    if mapping is None:
        return {name: name for name in _DEFAULT_ATTRIBUTES if name in schema.get("properties", {})}
    chosen = {
        "first_name": mapping.first_name,
        "last_name": mapping.last_name,
        "phone": mapping.phone,
        "account_name": mapping.account_name,
    }
    return {name: path for name, path in chosen.items() if path is not None}


def _complain_of_missing(stream: str, schema: Schema, mapped: Mapping[str, str]) -> None:
    complaints = [
        f"field_mapping.{attribute}: the schema of stream {stream!r} has no property {path!r}"
        f"{_nearest_property(path, schema)}"
        for attribute, path in mapped.items()
        if _keys_along(schema, path) is None
    ]
    if complaints:
        raise SettingsError(complaints)


def _keys_along(schema: Schema, path: str) -> tuple[str, ...] | None:
    """The keys that lead to a property of this name, or nested along these dots; `None` if there is none.

    A name may hold dots itself.
    """
    properties = _properties(schema)
    if path in properties:
        return (path,)
    head, dot, rest = path.partition(".")
    while dot:
        nested = properties.get(head)
        if isinstance(nested, dict):
            if keys := _keys_along(nested, rest):
                return (head, *keys)
            if _is_free_object(nested):
                return (head, *rest.split("."))
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


def _is_free_object(schema: Schema) -> bool:
    """Whether the schema says nothing of the properties of an object: any may come."""
    types = schema.get("type", ["object"])
    allows_objects = "object" in ([types] if isinstance(types, str) else types)
    return allows_objects and not _properties(schema)


def _properties(schema: Schema) -> dict[str, t.Any]:
    """Properties of an object's schema, those of its alternatives included."""
    found: dict[str, t.Any] = {}
    for keyword in ("anyOf", "oneOf", "allOf"):
        for alternative in schema.get(keyword) or ():
            if isinstance(alternative, dict):
                found.update(_properties(alternative))
    own = schema.get("properties")
    return {**found, **own} if isinstance(own, dict) else found


def _nearest_property(path: str, schema: Schema) -> str:
    by_folded = {name.casefold(): name for name in _property_paths(schema, depth=4)}
    near = difflib.get_close_matches(path.casefold(), by_folded, n=1, cutoff=0.5)
    return f"; the nearest is {by_folded[near[0]]!r}" if near else ""


def _property_paths(schema: Schema, depth: int) -> list[str]:
    paths: list[str] = []
    for name, nested in _properties(schema).items():
        paths.append(name)
        if depth > 1 and isinstance(nested, dict):
            paths.extend(f"{name}.{path}" for path in _property_paths(nested, depth - 1))
    return paths


def _source(key: t.Any, schema: Schema, path: str, write: Callable[[t.Any], str]) -> _Source:  # noqa: ANN401
    name, *inner = _keys_along(schema, path) or (path,)
    return _Source(key, path, name, _descender(inner), write)


def _descender(keys: Sequence[str]) -> Callable[[t.Any], t.Any] | None:
    """A function from an object to what is nested in it along these keys; `None` without any."""
    if not keys:
        return None
    key, descend = keys[0], _descender(keys[1:])

    def read(value: t.Any) -> t.Any:  # noqa: ANN401 - a JSON value
        if isinstance(value, dict):
            inner = value.get(key, ABSENT)
            return inner if descend is None else descend(inner)
        # A null object is a null in each of its properties.
        return value if value is None or value is ABSENT else ABSENT

    return read
