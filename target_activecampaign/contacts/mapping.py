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

from msgspec import UNSET

from target_activecampaign.contacts.contact import (
    ATTRIBUTES,
    Contact,
    CustomValue,
    Payload,
    Reason,
    Rejection,
    Subscription,
)
from target_activecampaign.contacts.custom_fields import UnfitValueError, format_text, formatter_for
from target_activecampaign.contacts.email_address import normalise_email
from target_activecampaign.contacts.phone import normalise_phone
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.config.settings import FieldMapping, StreamExport
    from target_activecampaign.contacts.custom_fields import CustomField

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
        path: The name of its property, for problems; with dots where it is nested.
        property: The record's own property that holds it; `None` where there is none.
        descend: From that property's value to the value, `UNSET` where there is none; `None` where it is
            the value itself.
        write: From a value that is not null to the text that is sent; raises `UnfitValueError`.
    """

    key: t.Any
    path: str
    property: str | None
    descend: Callable[[t.Any], t.Any] | None
    write: Callable[[t.Any], str]


_WORTH_IT = 4
"""Records from which on it takes less to map them property by property."""

_TOGETHER = 50
"""Records that are mapped property by property. More save little, and where one of them is unfit, all are
mapped one by one."""

_Writer: t.TypeAlias = "Callable[[t.Any], str | None]"
_ColumnWriter: t.TypeAlias = "Callable[[Sequence[t.Any]], Sequence[str | None]]"

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
        by_key = {source.key: source for source in attributes}
        fields = sorted(custom_fields, key=_key)
        self._field_ids = [source.key for source in fields]
        # In the order in which a contact has them.
        texts = [by_key.get(name, _NO_SOURCE) for name in ATTRIBUTES] + fields
        blank = "" if options.clears_nulls else None
        self._writers = [_writer(source, blank) for source in texts]
        self._column_writers = [_column_writer(source, blank) for source in texts]
        self._email = email
        self._tags = tags
        sources = [email, *texts, *([] if tags is None else [tags])]
        self._descents = [(place, source.descend) for place, source in enumerate(sources) if source.descend]
        self.properties = [source.property for source in sources]
        self._pick: Callable[[t.Any], Sequence[t.Any]] = self._pick_from_mapping

    def for_records(self, pick: Callable[[t.Any], Sequence[t.Any]]) -> RecordMapper:
        """The same for records of another kind.

        Args:
            pick: From such a record to the values of `properties`, `UNSET` for one that it lacks.
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
            texts = [write(value) for write, value in zip(self._writers, values, strict=False)]
            tags = self._static_tags if self._tags is None else self._read_tags(self._tags, next(values))
            account, first, last, phone, *texts = texts
            fields = [
                CustomValue(key, text)
                for key, text in zip(self._field_ids, texts, strict=True)
                if text is not None
            ]
            payload = Payload(
                email, account, first, last, phone, fields, tags, self._lists, (), self._exclude_automations
            )
            return Contact.of(payload, self.list_id)
        except UnfitValueError as error:
            return Rejection(Reason.VALUE_INVALID, str(error))
        except UnicodeEncodeError:
            return Rejection(Reason.VALUE_INVALID, "a mapped value holds half of a surrogate pair")

    def map_all(self, records: Sequence[t.Any]) -> list[Contact | Rejection]:
        """Make of each record what `map` makes of it, in two thirds of the time."""
        results: list[Contact | Rejection] = []
        for begin in range(0, len(records), _TOGETHER):
            some = records[begin : begin + _TOGETHER]
            try:
                results += self._map_together(some) if len(some) >= _WORTH_IT else map(self.map, some)
            except (UnfitValueError, UnicodeEncodeError):
                results += map(self.map, some)
        return results

    def _map_together(self, records: Sequence[t.Any]) -> list[Contact | Rejection]:
        """Map records property by property.

        Raises:
            UnfitValueError: If a record is unfit, but for its address.
            UnicodeEncodeError: Likewise.
        """
        addresses, *columns = self._find_columns(records)
        emails = [self._read_email(address) for address in addresses]
        texts = [write(values) for write, values in zip(self._column_writers, columns, strict=False)]
        attributes, custom = texts[: len(ATTRIBUTES)], texts[len(ATTRIBUTES) :]
        values = [
            [None if text is None else CustomValue(key, text) for text in column]
            for key, column in zip(self._field_ids, custom, strict=True)
        ]
        fields = [list(filter(None, of_record)) for of_record in zip(*values, strict=True)]
        tags = [self._static_tags] * len(records)
        if self._tags is not None:
            tags = [self._read_tags(self._tags, value) for value in columns[-1]]
        lists, excludes = self._lists, self._exclude_automations
        return [
            email
            if isinstance(email, Rejection)
            else Contact.of(
                Payload(email, account, first, last, phone, own, names, lists, (), excludes), self.list_id
            )
            for email, account, first, last, phone, own, names in zip(
                emails, *attributes, fields or [[]] * len(records), tags, strict=True
            )
        ]

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
        return (
            [column[0] for column in self._find_columns([record])] if self._descents else self._pick(record)
        )

    def _find_columns(self, records: Iterable[t.Any]) -> list[Sequence[t.Any]]:
        """The same of several records, each value of all of them together."""
        columns: list[Sequence[t.Any]] = list(zip(*map(self._pick, records), strict=True))
        for place, descend in self._descents:
            columns[place] = [descend(value) for value in columns[place]]
        return columns

    def _pick_from_mapping(self, record: Mapping[str | None, t.Any]) -> Sequence[t.Any]:
        return [record.get(name, UNSET) for name in self.properties]

    def _read_email(self, value: t.Any) -> str | Rejection:  # noqa: ANN401 - a JSON value
        if isinstance(value, str):
            if email := normalise_email(value):
                return email
            is_missing = not value.strip()
        else:
            is_missing = value is UNSET or value is None
        if is_missing:
            return Rejection(Reason.EMAIL_MISSING, f"{self._email.path}: no address")
        return Rejection(Reason.EMAIL_INVALID, f"{self._email.path}: not an address")

    def _read_tags(self, source: _Source, value: t.Any) -> tuple[str, ...]:  # noqa: ANN401 - a JSON value
        """Raises `UnfitValueError`, naming the property."""
        if value is UNSET or value is None:
            return self._static_tags
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)):
            raise _named(source, UnfitValueError("an array of strings was expected"))
        try:
            names = [format_text(item).strip() for item in items if item is not None]
        except UnfitValueError as error:
            raise _named(source, error) from None
        return tuple(dict.fromkeys((*self._static_tags, *filter(None, names))))


def _writer(source: _Source, blank: str | None) -> _Writer:
    """What writes a value of an attribute or custom field, `None` where the record says nothing of it.

    An absent property says nothing; an empty one is a null: left alone, or emptied by "" (assumed). It raises
    `UnfitValueError`, naming the property.

    Args:
        source: Where the value comes from.
        blank: What stands for an empty value.
    """
    write = source.write

    def write_any(value: t.Any) -> str | None:  # noqa: ANN401 - a JSON value
        if value is UNSET:
            return None
        if value is None or (type(value) is str and not value.strip()):
            return blank
        try:
            text = write(value)
        except UnfitValueError as error:
            raise _named(source, error) from None
        return text if text and not text.isspace() else blank

    return write_any


def _column_writer(source: _Source, blank: str | None) -> _ColumnWriter:
    """What writes the values of several records, as `_writer` does each."""
    write, write_any = source.write, _writer(source, blank)
    if source.property is None:
        return lambda values: [None] * len(values)
    # Nearly all are texts that hold something.
    if write is format_text:
        return lambda values: [
            value if type(value) is str and value and not value.isspace() else write_any(value)
            for value in values
        ]
    return lambda values: [
        write(value) or blank if type(value) is str and value and not value.isspace() else write_any(value)
        for value in values
    ]


def _named(source: _Source, error: UnfitValueError) -> UnfitValueError:
    return UnfitValueError(f"{source.path}: {error}")


def compile_mapping(
    stream: str,
    schema: Schema,
    export: StreamExport,
    fields: Mapping[str, CustomField],
    options: MappingOptions,
) -> RecordMapper:
    """Compile the mapping of a stream against its schema.

    Args:
        stream: Name of the stream, for problems.
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
    _require_properties(stream, schema, mapped)

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


def _require_properties(stream: str, schema: Schema, mapped: Mapping[str, str]) -> None:
    problems = [
        f"field_mapping.{attribute}: the schema of stream {stream!r} has no property {path!r}"
        f"{_nearest_property(path, schema)}"
        for attribute, path in mapped.items()
        if _keys_along(schema, path) is None
    ]
    if problems:
        raise SettingsError(problems)


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
            inner = value.get(key, UNSET)
            return inner if descend is None else descend(inner)
        # A null object is a null in each of its properties.
        return value if value is None or value is UNSET else UNSET

    return read
