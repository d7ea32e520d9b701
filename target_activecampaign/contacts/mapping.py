"""Owns the way from a record to a contact: which property becomes which part of it, and how it is written.

A stream's schema and its `field_mapping` are compiled once per SCHEMA to a function from record to contact.
Pure: no network, no clock, no log.
"""

from __future__ import annotations

import copy
import operator
import typing as t
from dataclasses import dataclass, field

from msgspec import UNSET

from target_activecampaign.config.attributes import ATTRIBUTES, IMPORTER_KEYS
from target_activecampaign.config.names import nearest_name
from target_activecampaign.contacts.contact import (
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
from target_activecampaign.contacts.subscription import OptOut, read_wish, says_no
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.config.settings import FieldMapping, StreamExport
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusions

Schema: t.TypeAlias = "Mapping[str, t.Any]"
_Write: t.TypeAlias = "Callable[[t.Any], str]"
_Person = t.TypeVar("_Person", Contact, OptOut)


@dataclass(frozen=True, slots=True)
class MappingOptions:
    """What holds for every stream of a run.

    Attributes:
        clears_nulls: A null empties the contact's value (`on_null: clear`) instead of leaving it alone.
        exclude_automations: As the setting of this name.
        phone_region: As the setting of this name.
        exclusions: Of the account, so that an excluded address is rejected with the reason.
        subscription_words: As the setting of this name.
    """

    clears_nulls: bool = False
    exclude_automations: bool = False
    phone_region: str | None = None
    exclusions: Exclusions | None = None
    subscription_words: Mapping[str, bool] = field(default_factory=dict)


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
    write: _Write


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
        subscription: _Source | None,
    ) -> None:
        self.list_id = list_id
        self._lists = (Subscription(list_id),)
        self._static_tags = static_tags
        self._exclude_automations = options.exclude_automations
        self._exclusions = options.exclusions
        by_key = {source.key: source for source in attributes}
        fields = sorted(custom_fields, key=operator.attrgetter("key"))
        self._field_ids = [source.key for source in fields]
        # In the order in which a contact has them.
        texts = [by_key.get(key, _NO_SOURCE) for key in IMPORTER_KEYS] + fields
        blank = "" if options.clears_nulls else None
        self._writers = [_writer(source, blank) for source in texts]
        self._email = email
        self._tags = tags
        self._subscription = subscription
        self._words = options.subscription_words
        # The subscription last: `map` takes it off first.
        sources = [email, *texts, *[source for source in (tags, subscription) if source is not None]]
        self._descents = [(place, source.descend) for place, source in enumerate(sources) if source.descend]
        self.properties = [source.property for source in sources]
        self._pick: Callable[[t.Any], Sequence[t.Any]] = self._pick_from_mapping

    def for_records(self, pick: Callable[[t.Any], Sequence[t.Any]]) -> RecordMapper:
        """Return a mapper of the same mapping for records of another kind.

        Args:
            pick: From a record to the values of `properties`, `UNSET` for one that it lacks.
        """
        mapper = copy.copy(self)
        mapper._pick = pick  # noqa: SLF001 - its own kind
        return mapper

    def map(self, record: t.Any) -> Contact | Rejection | OptOut:  # noqa: ANN401 - of the kind that it picks from
        """Make the contact of a record, or say why it can't become one, or that its person wants none.

        Args:
            record: Values as JSON gives them, or `datetime`, `date`, `Decimal`.
        """
        address, *values = self._find_values(record)
        email = self._read_email(address)
        if isinstance(email, Rejection):
            return email
        try:
            lists = self._lists if self._subscription is None else self._read_lists(values.pop())
            if lists is None:
                return self._unless_excluded(OptOut(email))
            texts = [write(value) for write, value in zip(self._writers, values, strict=False)]
            tags = self._static_tags if self._tags is None else self._read_tags(self._tags, values[-1])
            return self._unless_excluded(self._build(email, texts, tags, lists))
        except UnfitValueError as error:
            return Rejection(Reason.VALUE_INVALID, str(error))
        except UnicodeEncodeError:
            return Rejection(Reason.VALUE_INVALID, "a mapped value holds half of a surrogate pair")

    def find_opt_out(self, record: t.Any) -> OptOut | None:  # noqa: ANN401 - likewise
        """Return the opt-out of a record that says no, whatever else is wrong with it."""
        if self._subscription is None:
            return None
        values = self._find_values(record)
        email = self._read_email(values[0])
        if isinstance(email, Rejection) or not says_no(values[-1], self._words):
            return None
        found = self._unless_excluded(OptOut(email))
        return None if isinstance(found, Rejection) else found

    @property
    def says_who_subscribes(self) -> bool:
        """Whether its records say who wants the list; else each of them stands for a yes."""
        return self._subscription is not None

    def _read_lists(self, value: t.Any) -> tuple[Subscription, ...] | None:  # noqa: ANN401 - a JSON value
        """Return the lists to subscribe to: none where that is not said, or in no word; `None` for a no."""
        try:
            wants = read_wish(value, self._words)
        except UnfitValueError:
            return ()
        if wants is None:
            return ()
        return self._lists if wants else None

    def _build(
        self,
        email: str,
        texts: Sequence[str | None],
        tags: tuple[str, ...],
        lists: tuple[Subscription, ...],
    ) -> Contact:
        """Make a contact of its address, the texts of attributes and custom fields in order, tags and lists.

        Raises:
            UnicodeEncodeError: If one holds half of a surrogate pair.
        """
        fields = [
            CustomValue(key, text)
            for key, text in zip(self._field_ids, texts[_ATTRIBUTE_COUNT:], strict=True)
            if text is not None
        ]
        payload = Payload(
            email, *texts[:_ATTRIBUTE_COUNT], fields, tags, lists, (), self._exclude_automations
        )
        return Contact.of(payload, self.list_id)

    def _unless_excluded(self, contact: _Person) -> _Person | Rejection:
        """Reject a contact, or an opt-out, that is on the account's exclusion list."""
        excluded = None if self._exclusions is None else self._exclusions.find(contact.email, self.list_id)
        if excluded is None:
            return contact
        return Rejection(
            Reason.EXCLUDED,
            f"on the account's exclusion list: {excluded.phrase!r} ({excluded.match_type})",
        )

    def identify(self, record: t.Any) -> str | None:  # noqa: ANN401 - likewise
        """Return the identity of a record, fit to become a contact or not; `None` where it has none."""
        email = self._read_email(self._find_values(record)[0])
        return None if isinstance(email, Rejection) else email

    def identify_deleted(self, record: t.Any) -> str | Rejection:  # noqa: ANN401 - likewise
        """Return the identity of a record that the source deleted, or why it has none.

        Args:
            record: Its values but the address do not count.
        """
        email = self._read_email(self._find_values(record)[0])
        if isinstance(email, Rejection) and email.reason is Reason.EMAIL_MISSING:
            return Rejection(Reason.DELETION_WITHOUT_ADDRESS, f"{email.detail}. {_ADDRESS_OF_DELETIONS}")
        return email

    def _find_values(self, record: t.Any) -> Sequence[t.Any]:  # noqa: ANN401 - likewise
        """Return the values that are mapped: the address, attributes, custom fields, tags."""
        values = self._pick(record)
        if not self._descents:
            return values
        found = list(values)
        for place, descend in self._descents:
            found[place] = descend(found[place])
        return found

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
        """Return the static tags and those of a value.

        Raises:
            UnfitValueError: Naming the property.
        """
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


_ATTRIBUTE_COUNT = len(IMPORTER_KEYS)
_ADDRESS_OF_DELETIONS = (
    "Have the source send the address with deletions (PostgreSQL: ALTER TABLE ... REPLICA IDENTITY FULL), or "
    "use a ledger, which finds people by the key of the source"
)


def _writer(source: _Source, blank: str | None) -> Callable[[t.Any], str | None]:
    """Return a function that writes a value of an attribute or custom field; `None` leaves it alone.

    An absent property leaves it alone; an empty one is a null: left alone, or emptied by "" (assumed). The
    function raises `UnfitValueError`, naming the property.

    Args:
        source: Where the value comes from.
        blank: Stands for an empty value.
    """
    write = source.write
    is_text = write is format_text  # it leaves text as it is

    def write_any(value: t.Any) -> str | None:  # noqa: ANN401 - a JSON value
        if type(value) is str:
            if not value or value.isspace():
                return blank
            if is_text:
                return value
        elif value is UNSET:
            return None
        elif value is None:
            return blank
        try:
            text = write(value)
        except UnfitValueError as error:
            raise _named(source, error) from None
        return text if text and not text.isspace() else blank

    return write_any


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
    subscription_property = None if mapping is None else mapping.subscription
    email_property = "email" if mapping is None else mapping.email
    mapped = {"email": email_property, **attributes}
    if tags_property is not None:
        mapped["tags"] = tags_property
    if subscription_property is not None:
        mapped["subscription"] = subscription_property
    mapped.update({f"custom_fields.{key}": path for key, path in custom_fields.items()})
    _require_properties(stream, schema, mapped)

    writers: dict[str, _Write] = {"text": format_text, "phone": _phone_writer(options.phone_region)}
    return RecordMapper(
        list_id=export.list_id,
        static_tags=export.tags,
        options=options,
        email=_source("email", schema, email_property, format_text),
        attributes=[
            _source(attribute.importer_key, schema, attributes[attribute.name], writers[attribute.form])
            for attribute in ATTRIBUTES
            if attribute.name in attributes
        ],
        custom_fields=[
            _source(fields[key].id, schema, path, formatter_for(fields[key].type))
            for key, path in custom_fields.items()
        ],
        tags=None if tags_property is None else _source("tags", schema, tags_property, format_text),
        subscription=(
            None
            if subscription_property is None
            else _source("subscription", schema, subscription_property, format_text)
        ),
    )


def _attribute_properties(mapping: FieldMapping | None, schema: Schema) -> Mapping[str, str]:
    """Return the property of each attribute that is mapped, by the attribute's name."""
    if mapping is not None:
        return mapping.attributes
    defaults = (attribute.name for attribute in ATTRIBUTES if attribute.is_default)
    return {name: name for name in defaults if name in schema.get("properties", {})}


def _phone_writer(region: str | None) -> _Write:
    def write(value: object) -> str:
        text = value if isinstance(value, str) else format_text(value)
        return normalise_phone(text.strip(), region)

    return write


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
    """Return the keys that lead to a property, by its name or along the dots of a path; `None` without one.

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
    """Tell whether the schema says nothing of the properties of an object: any may come."""
    types = schema.get("type", ["object"])
    allows_objects = "object" in ([types] if isinstance(types, str) else types)
    return allows_objects and not _properties(schema)


def _properties(schema: Schema) -> dict[str, t.Any]:
    """Return the properties of an object's schema, those of its alternatives included."""
    found: dict[str, t.Any] = {}
    for keyword in ("anyOf", "oneOf", "allOf"):
        for alternative in schema.get(keyword) or ():
            if isinstance(alternative, dict):
                found.update(_properties(alternative))
    own = schema.get("properties")
    return {**found, **own} if isinstance(own, dict) else found


def _nearest_property(path: str, schema: Schema) -> str:
    near = nearest_name(path, _property_paths(schema, depth=4))
    return f"; the nearest is {near!r}" if near else ""


def _property_paths(schema: Schema, depth: int) -> list[str]:
    paths: list[str] = []
    for name, nested in _properties(schema).items():
        paths.append(name)
        if depth > 1 and isinstance(nested, dict):
            paths.extend(f"{name}.{path}" for path in _property_paths(nested, depth - 1))
    return paths


def _source(key: t.Any, schema: Schema, path: str, write: _Write) -> _Source:  # noqa: ANN401
    name, *inner = _keys_along(schema, path) or (path,)
    return _Source(key, path, name, _descender(inner), write)


def _descender(keys: Sequence[str]) -> Callable[[t.Any], t.Any] | None:
    """Return a function from an object to the value nested in it along these keys; `None` without any."""
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
