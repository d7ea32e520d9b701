"""Owns the way from a record to a contact: which property becomes which part of it, and how it is written.

A stream's schema and its `field_mapping` are compiled once per SCHEMA to a function from record to contact.
Pure: no network, no clock, no log.
"""

from __future__ import annotations

import copy
import functools
import operator
import typing as t
from dataclasses import dataclass, field

from msgspec import UNSET

from target_activecampaign.config.attributes import ATTRIBUTES, IMPORTER_KEYS
from target_activecampaign.contacts.contact import (
    Contact,
    CustomValue,
    Payload,
    Reason,
    Rejection,
    Subscription,
)
from target_activecampaign.contacts.custom_fields import (
    formatter_for,
    takes_options,
    takes_several_options,
)
from target_activecampaign.contacts.email_address import find_email_problem, normalise_email
from target_activecampaign.contacts.options import OptionReader, unchecked_writer
from target_activecampaign.contacts.phone import write_phone
from target_activecampaign.contacts.schema_paths import describe_properties, keys_along, knows_property
from target_activecampaign.contacts.subscription import OptOut, read_wish, says_no
from target_activecampaign.contacts.tags import tag_items, write_tag
from target_activecampaign.contacts.text import UnfitValueError, format_text, strip_unseen, trim
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.config.settings import FieldMapping, StreamExport
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusions

Schema: t.TypeAlias = "Mapping[str, t.Any]"
_Write: t.TypeAlias = "Callable[[t.Any], str]"


@dataclass(frozen=True, slots=True)
class MappingOptions:
    """What holds for every stream of a run.

    Attributes:
        clears_nulls: A null empties the contact's value (`on_null: clear`) instead of leaving it alone.
        exclude_automations: As the setting of this name.
        phone_region: As the setting of this name.
        source_timezone: As the setting of this name.
        exclusions: Of the account, so that an excluded address is rejected with the reason.
        rejects_invalid: A value that can't be written rejects its record (`on_invalid_value: reject`).
        subscription_words: As the setting of this name.
    """

    clears_nulls: bool = False
    exclude_automations: bool = False
    phone_region: str | None = None
    source_timezone: dt.tzinfo | None = None
    exclusions: Exclusions | None = None
    rejects_invalid: bool = False
    subscription_words: Mapping[str, bool] = field(default_factory=dict)


class MappingNotes(t.Protocol):
    """Takes what is to be said of a stream's mapping beside its contacts."""

    def count_left_out(
        self, field: str, problem: str, find_nearest: Callable[[], str | None] | None = None
    ) -> None:
        """Count a value that a contact goes without.

        Args:
            field: As `field_mapping` calls it, `phone` or `custom_fields.City`.
            problem: What was expected of it; never the value.
            find_nearest: Returns the account's option that the value likely means. It takes its time.
        """

    def expect(self, paths: Mapping[str, str]) -> None:
        """Expect records with these properties, by the field that they are mapped to."""

    def note_found(self, found: Iterable[str], lacking: Iterable[str]) -> None:
        """Note the fields whose properties a record has and lacks, of those not found yet."""


class _Source(t.NamedTuple):
    """Where one value of the contact comes from, and how it is written.

    Attributes:
        field: Where it goes, as `field_mapping` calls it.
        key: The same for the importer: an attribute of the payload, or the id of a custom field.
        path: The name of its property, for problems; with dots where it is nested.
        keys: Lead from the record to it; empty where there is none.
        property: The record's own property that holds it; `None` where there is none.
        descend: From that property's value to the value, `UNSET` where there is none; `None` where it is
            the value itself.
        write: From a value that is not null to the text that is sent; raises `UnfitValueError`. For a field
            of options that are known, what finds them.
    """

    field: str
    key: t.Any
    path: str
    keys: tuple[str, ...]
    property: str | None
    descend: Callable[[t.Any], t.Any] | None
    write: _Write | OptionReader


class MappedValue(t.NamedTuple):
    """One value of a mapping.

    Attributes:
        field: Where it goes, as `field_mapping` calls it.
        key: The same for the importer: an attribute of the payload, or the id of a custom field.
        path: The name of its property, with dots where it is nested.
        keys: Lead from the record to it.
    """

    field: str
    key: t.Any
    path: str
    keys: tuple[str, ...]


_NO_SOURCE = _Source("", None, "", (), None, None, format_text)  # of an attribute that is not mapped


class RecordMapper:
    """Maps the records of one stream to contacts. Made by `compile_mapping`.

    Attributes:
        list_id: Of the list that they go to.
        rejects_invalid: As in `MappingOptions`.
        values: The keys that lead from a record to each value that is mapped, the address first; empty for
            one that is not.
        properties: The record's own property that holds each of these.
        personal_properties: The record's own properties that hold the address or an attribute.
    """

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
        notes: MappingNotes | None,
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
        self._leave_out = _leaver_out(None if options.rejects_invalid else notes)
        self._writers = [_writer(source, blank, self._leave_out) for source in texts]
        self._email = email
        self._tags = tags
        self._subscription = subscription
        self._words = options.subscription_words
        # The subscription last: `map` takes it off first.
        at_the_end = [source for source in (tags, subscription) if source is not None]
        self._sources = sources = [email, *texts, *at_the_end]
        self._notes = notes
        self._unseen = (
            [] if notes is None else [(n, source.field) for n, source in enumerate(sources) if source.field]
        )
        self._descents = [(place, source.descend) for place, source in enumerate(sources) if source.descend]
        self.rejects_invalid = options.rejects_invalid
        self.values = [source.keys for source in sources]
        self.properties = [source.property for source in sources]
        named = [email, *by_key.values()]
        self.personal_properties = frozenset(source.property for source in named if source.property)
        self._pick: Callable[[t.Any], Sequence[t.Any]] = self._pick_from_mapping

    def for_records(self, pick: Callable[[t.Any], Sequence[t.Any]]) -> RecordMapper:
        """Return a mapper of the same mapping for records of another kind.

        Args:
            pick: From a record to the values of `properties`, `UNSET` for one that it lacks.
        """
        mapper = copy.copy(self)
        mapper._pick = pick  # noqa: SLF001 - its own kind
        return mapper

    def map(
        self,
        record: t.Any,  # noqa: ANN401 - of the kind that it picks from
        faults: Mapping[tuple[str, ...], str] | None = None,
    ) -> Contact | Rejection | OptOut:
        """Make the contact of a record, or say why it can't become one, or that its person wants none.

        Args:
            record: Values as JSON gives them, or `datetime`, `date`, `Decimal`.
            faults: What the schema refuses of `values`, by their keys; the contact goes without them. The
                address does not count: whether it is one is known here.
        """
        found = self._find_values(record)
        if self._unseen:
            self._note_found(found, record)
        address, *values = found
        email = self._read_email(address)
        if isinstance(email, Rejection):
            return email
        if (excluded := self._find_exclusion(email)) is not None:
            return excluded
        try:
            if faults:
                values = self._without(faults, values)
            lists = self._lists if self._subscription is None else self._read_lists(values.pop())
            if lists is None:
                return OptOut(email)
            texts = [write(value) for write, value in zip(self._writers, values, strict=False)]
            tags = self._static_tags if self._tags is None else self._read_tags(self._tags, values[-1])
            try:
                return self._build(email, texts, tags, lists)
            except UnicodeEncodeError:
                return self._build(email, *self._leave_out_broken(texts, tags), lists)
        except UnfitValueError as error:
            return Rejection(Reason.VALUE_INVALID, str(error))

    def _note_found(self, values: Sequence[t.Any], record: t.Any) -> None:  # noqa: ANN401 - as `map`
        """Note the mapped properties that this record has or lacks, of those that no record had yet."""
        found: list[str] = []
        lacking: list[str] = []
        for place, field_name in self._unseen:
            if values[place] is UNSET:
                lacking.append(field_name)
            # A null object says nothing of its properties.
            elif values[place] is not None or _has_along(
                self._pick(record)[place], self._sources[place].keys[1:]
            ):
                found.append(field_name)
        # In place: the mapper of records of another kind has the same.
        self._unseen[:] = [entry for entry in self._unseen if entry[1] not in found]
        if self._notes is not None:
            self._notes.note_found(found, lacking)

    def _leave_out_broken(
        self, texts: Sequence[str | None], tags: tuple[str, ...]
    ) -> tuple[list[str | None], tuple[str, ...]]:
        """Return texts and tags without those that hold half of a surrogate pair.

        Raises:
            UnfitValueError: If such a value rejects its record.
        """
        error = UnfitValueError("text without half of a surrogate pair was expected")
        kept = list(texts)
        for place, (source, text) in enumerate(zip(self._sources[1:], texts, strict=False)):
            if text is not None and not _is_whole(text):
                self._leave_out(source, error)
                kept[place] = None
        for tag in tags:
            if self._tags is not None and not _is_whole(tag):
                self._leave_out(self._tags, error)
        # Of an iterator that is empty Python 3.10 makes another tuple than (), which would be encoded.
        return kept, tuple([tag for tag in tags if _is_whole(tag)])

    def _without(self, faults: Mapping[tuple[str, ...], str], values: Iterable[t.Any]) -> list[t.Any]:
        """Return the values behind the address without those that the schema refuses, which are counted.

        Raises:
            UnfitValueError: If such a value rejects its record.
        """
        kept = []
        for source, value in zip(self._sources[1:], values, strict=True):
            fault = faults.get(source.keys)
            if fault is not None:
                self._leave_out(source, UnfitValueError(f"what its schema says was expected ({fault})"))
            kept.append(value if fault is None else UNSET)
        return kept

    def find_opt_out(self, record: t.Any) -> OptOut | None:  # noqa: ANN401 - likewise
        """Return the opt-out of a record that says no, whatever else is wrong with it."""
        if self._subscription is None:
            return None
        values = self._find_values(record)
        email = self._read_email(values[0])
        if isinstance(email, Rejection) or not says_no(values[-1], self._words):
            return None
        return OptOut(email) if self._find_exclusion(email) is None else None

    @property
    def says_who_subscribes(self) -> bool:
        """Whether its records say who wants the list; else each of them stands for a yes."""
        return self._subscription is not None

    @property
    def mapped(self) -> list[MappedValue]:
        """The values that are mapped, the address first."""
        return [MappedValue(*source[:4]) for source in self._sources if source.keys]

    def _read_lists(self, value: t.Any) -> tuple[Subscription, ...] | None:  # noqa: ANN401 - a JSON value
        """Return the lists to subscribe to: none where that is not said, or in no word; `None` for a no.

        Raises:
            UnfitValueError: If what is no word rejects its record.
        """
        try:
            wants = read_wish(value, self._words)
        except UnfitValueError as error:
            self._leave_out(self._subscription, error)
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

    def _find_exclusion(self, email: str) -> Rejection | None:
        """Return why an address is rejected that is on the account's exclusion list."""
        excluded = None if self._exclusions is None else self._exclusions.find(email, self.list_id)
        if excluded is None:
            return None
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
            is_missing, problem = not strip_unseen(value), find_email_problem(value)
        else:
            is_missing, problem = value is UNSET or value is None, ""
        if is_missing:
            return Rejection(Reason.EMAIL_MISSING, f"{self._email.path}: no address")
        detail = f"not an address: {problem}" if problem else "not an address"
        return Rejection(Reason.EMAIL_INVALID, f"{self._email.path}: {detail}")

    def _read_tags(self, source: _Source, value: t.Any) -> tuple[str, ...]:  # noqa: ANN401 - a JSON value
        """Return the static tags and those of a value.

        Raises:
            UnfitValueError: Naming the property, if a tag that is none rejects its record.
        """
        if value is UNSET or value is None:
            return self._static_tags
        try:
            items = tag_items(value)
        except UnfitValueError as error:
            self._leave_out(source, error)
            return self._static_tags
        names = [self._name_tag(source, item) for item in items if item is not None]
        return tuple(dict.fromkeys((*self._static_tags, *filter(None, names))))

    def _name_tag(self, source: _Source, item: t.Any) -> str:  # noqa: ANN401 - a JSON value
        """Return the name of a tag, empty where it is left out.

        Raises:
            UnfitValueError: As `_read_tags`.
        """
        try:
            return write_tag(item)
        except UnfitValueError as error:
            self._leave_out(source, error)
            return ""


def _has_along(value: t.Any, keys: Iterable[str]) -> bool:  # noqa: ANN401 - a JSON value
    """Tell whether an object has a property along these keys."""
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


_ATTRIBUTE_COUNT = len(IMPORTER_KEYS)
_ADDRESS_OF_DELETIONS = (
    "Have the source send the address with deletions (PostgreSQL: ALTER TABLE ... REPLICA IDENTITY FULL), or "
    "use a ledger, which finds people by the key of the source"
)


def _is_whole(text: str) -> bool:
    """Tell whether UTF-8 can hold text: half of a surrogate pair it can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_LeaveOut: t.TypeAlias = "Callable[..., None]"


def _leaver_out(notes: MappingNotes | None) -> _LeaveOut:
    """Return a function that leaves out a value of a source and counts it.

    Args:
        notes: Where it is counted. Without them it raises `UnfitValueError`, naming the property.
    """

    def leave_out(
        source: _Source, error: UnfitValueError, find_nearest: Callable[[], str | None] | None = None
    ) -> None:
        if notes is None:
            raise UnfitValueError(f"{source.path}: {error}")
        notes.count_left_out(source.field, str(error), find_nearest)

    return leave_out


def _writer(source: _Source, blank: str | None, leave_out: _LeaveOut) -> Callable[[t.Any], str | None]:
    """Return a function that writes a value of an attribute or custom field; `None` leaves it alone.

    An absent property leaves it alone, and so does a value that is left out; an empty one is a null: left
    alone, or emptied by "" (assumed). The function raises what `leave_out` raises.

    Args:
        source: Where the value comes from.
        blank: Stands for an empty value.
        leave_out: Leaves a value out.
    """
    write = source.write
    if isinstance(write, OptionReader):
        return _option_writer(source, write, blank, leave_out)
    is_text = write is format_text

    def write_any(value: t.Any) -> str | None:  # noqa: ANN401 - a JSON value
        if type(value) is str:
            if is_text:
                return trim(value) or blank
            if not trim(value):
                return blank
        elif value is UNSET:
            return None
        elif value is None:
            return blank
        try:
            text = write(value)
        except UnfitValueError as error:
            leave_out(source, error)
            return None
        return text or blank

    return write_any


def _option_writer(
    source: _Source, options: OptionReader, blank: str | None, leave_out: _LeaveOut
) -> Callable[[t.Any], str | None]:
    """Return what `_writer` does, for a field whose options are known; parts of a value may be left out."""

    def write_options(value: t.Any) -> str | None:  # noqa: ANN401 - a JSON value
        if value is UNSET:
            return None
        if value is None or (type(value) is str and not trim(value)):
            return blank
        try:
            text, unknown = options.read(value)
        except UnfitValueError as error:
            leave_out(source, error)
            return None
        for part in unknown:
            leave_out(source, _NO_OPTION, functools.partial(options.nearest, part))
        return text or (None if unknown else blank)

    return write_options


_NO_OPTION = UnfitValueError("one of the field's options was expected")


def problems_of_mapping(stream: str, schema: Schema, export: StreamExport) -> list[str]:
    """Return a sentence for each mapped property that a schema lacks; the account is not needed for it.

    Args:
        stream: As `compile_mapping` takes it.
        schema: Likewise.
        export: Likewise.
    """
    return _missing_properties(stream, schema, _mapped_properties(export.field_mapping, schema))


def _mapped_properties(mapping: FieldMapping | None, schema: Schema) -> dict[str, str]:
    """Return the property of each part of a contact, by the part's name in `field_mapping`."""
    attributes = _attribute_properties(mapping, schema)
    if mapping is None:
        return {"email": "email", **attributes}
    more = {"tags": mapping.tags, "subscription": mapping.subscription}
    return {
        "email": mapping.email,
        **attributes,
        **{name: path for name, path in more.items() if path is not None},
        **{f"custom_fields.{key}": path for key, path in mapping.custom_fields.items()},
    }


def compile_mapping(  # noqa: PLR0913 - what a mapping is made of
    stream: str,
    schema: Schema,
    export: StreamExport,
    fields: Mapping[str, CustomField],
    options: MappingOptions,
    *,
    notes: MappingNotes | None = None,
) -> RecordMapper:
    """Compile the mapping of a stream against its schema.

    Args:
        stream: Name of the stream, for problems.
        schema: JSON schema of the stream, after stream maps and flattening.
        export: Where and how this stream is exported.
        fields: Key as it stands in `field_mapping.custom_fields` to the account's field.
        options: What holds for every stream.
        notes: Where values are counted that are left out, and found properties noted. Without them a value
            that can't be written rejects its record.

    Raises:
        SettingsError: Naming every mapped property that the schema lacks, with the nearest that it has.
    """
    mapping = export.field_mapping
    attributes = _attribute_properties(mapping, schema)
    custom_fields = {} if mapping is None else dict(mapping.custom_fields)
    tags_property = None if mapping is None else mapping.tags
    subscription_property = None if mapping is None else mapping.subscription
    email_property = "email" if mapping is None else mapping.email
    mapped = _mapped_properties(mapping, schema)
    _require_properties(stream, schema, mapped)
    if notes is not None and mapping is not None:
        notes.expect(mapped)

    writers: dict[str, _Write] = {
        "text": format_text,
        "phone": functools.partial(write_phone, region=options.phone_region),
    }
    return RecordMapper(
        list_id=export.list_id,
        static_tags=export.tags,
        options=options,
        email=_source("email", "email", schema, email_property, format_text),
        attributes=[
            _source(one.name, one.importer_key, schema, attributes[one.name], writers[one.form])
            for one in ATTRIBUTES
            if one.name in attributes
        ],
        custom_fields=[
            _source(
                f"custom_fields.{key}",
                fields[key].id,
                schema,
                path,
                _field_writer(fields[key], options.source_timezone),
            )
            for key, path in custom_fields.items()
        ],
        tags=None if tags_property is None else _source("tags", "tags", schema, tags_property, format_text),
        subscription=(
            None
            if subscription_property is None
            else _source("subscription", "subscription", schema, subscription_property, format_text)
        ),
        notes=notes,
    )


def _field_writer(field: CustomField, zone: dt.tzinfo | None) -> _Write | OptionReader:
    if not takes_options(field.type):
        return formatter_for(field.type, zone)
    if field.options is None:
        return unchecked_writer(field)
    return OptionReader(field.options, takes_several=takes_several_options(field.type))


def _attribute_properties(mapping: FieldMapping | None, schema: Schema) -> Mapping[str, str]:
    """Return the property of each attribute that is mapped, by the attribute's name."""
    if mapping is not None:
        return mapping.attributes
    defaults = (attribute.name for attribute in ATTRIBUTES if attribute.is_default)
    return {name: name for name in defaults if knows_property(schema, name)}


def _require_properties(stream: str, schema: Schema, mapped: Mapping[str, str]) -> None:
    if problems := _missing_properties(stream, schema, mapped):
        raise SettingsError(problems)


def _missing_properties(stream: str, schema: Schema, mapped: Mapping[str, str]) -> list[str]:
    return [
        f"field_mapping.{attribute}: the schema of stream {stream!r} has no property {path!r}"
        f"{describe_properties(schema, path)}"
        for attribute, path in mapped.items()
        if keys_along(schema, path) is None
    ]


def _source(field: str, key: t.Any, schema: Schema, path: str, write: _Write | OptionReader) -> _Source:  # noqa: ANN401
    keys = keys_along(schema, path) or (path,)
    return _Source(field, key, path, keys, keys[0], _descender(keys[1:]), write)


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
