"""Owns a contact as the bulk importer takes it, how two of one person merge, and why a record is none.

It must not know how a record is mapped, and nothing of schemas, batches or HTTP.
"""

from __future__ import annotations

import enum
import typing as t

import msgspec

from target_activecampaign.config.attributes import IMPORTER_KEYS


class Reason(str, enum.Enum):
    """Why a record was rejected: the closed list that reports and the rejects file use."""

    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    DELETION_WITHOUT_ADDRESS = "deletion_without_address"
    SCHEMA_INVALID = "schema_invalid"
    VALUE_INVALID = "value_invalid"
    TOO_LARGE = "too_large"
    EXCLUDED = "excluded"
    REFUSED_BY_ACTIVECAMPAIGN = "refused_by_activecampaign"
    SKIPPED_BY_ACTIVECAMPAIGN = "skipped_by_activecampaign"


class LeftAlone(str, enum.Enum):
    """Why somebody who was to be taken off a list was not: the closed list that reports use."""

    NOT_ON_LIST = "not_on_list"
    NOT_SUBSCRIBED = "not_subscribed"
    JOINED_OTHERWISE = "joined_otherwise"
    MEMBERSHIP_UNREADABLE = "membership_unreadable"
    JOIN_TIME_UNREADABLE = "join_time_unreadable"
    IMPORT_UNKNOWN = "import_unknown"
    STILL_SUBSCRIBED = "still_subscribed"
    ADDRESS_UNREADABLE = "address_unreadable"
    REFUSED = "refused"


class Rejection(t.NamedTuple):
    """Says that a record will never be delivered as it is.

    Attributes:
        reason: One of the closed list.
        detail: Where to look (property, JSON path, import), without the record's content.
    """

    reason: Reason
    detail: str


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a record came from: all that a log may hold of it.

    Attributes:
        stream: Name of the exported stream, after stream maps.
        line: Number of the input line, from 1.
        row: Number of the record in the file of a BATCH message, from 1; `None` for a RECORD.
        source: The RECORD message as the tap sent it, JSON, for the rejects file; `None` where none is
            written.
        schema: The SCHEMA message before it, likewise.
    """

    stream: str
    line: int
    row: int | None = None
    source: str | bytes | None = None
    schema: str | bytes | None = None

    @property
    def kept_bytes(self) -> int:
        """Bytes kept of the record until it has an outcome, at one a character."""
        return len(self.source or "")


class CustomValue(msgspec.Struct, gc=False):
    """The value of one custom field, formatted for the field's type."""

    id: int
    value: str


class Subscription(msgspec.Struct, gc=False):
    """A list that a contact is put on or taken off."""

    listid: int


_Identified: t.Any = msgspec.defstruct(
    "_Identified", [("email", str), *((key, str | None, None) for key in IMPORTER_KEYS)], gc=False
)


# A base that is made from a table is one that types can't see.
class Payload(_Identified, omit_defaults=True, gc=False):  # type: ignore[misc, call-arg]
    """A contact as the bulk importer takes it: `email`, the attributes' keys and these, those that are given.

    An attribute that is `""` empties the account's value (assumed). `exclude_automations` stands in each
    contact in the reference's example and beside `contacts` in its text: both are sent (`Batch.encode`).
    """

    fields: list[CustomValue] = msgspec.field(default_factory=list)
    tags: tuple[str, ...] = ()
    subscribe: tuple[Subscription, ...] = ()
    unsubscribe: tuple[Subscription, ...] = ()
    exclude_automations: bool = False


class Contact(msgspec.Struct, frozen=True, gc=False):
    """A mapped, normalised value. Two equal contacts have the same `body`.

    It holds the bytes to send and little else, since up to a hundred thousand of them are on their way at
    once: its parts are decoded from the body again when they are needed.

    Attributes:
        email: The identity: trimmed, lower-cased, checked. Key of everything.
        list_id: The list that the contact is for.
        body: The contact as JSON in UTF-8, as it stands in the request's `contacts` array.
        unsubscribes: Whether it takes the contact off the list instead.
        subscribes: Whether it subscribes; with neither the membership stays as it is.
        exclude_automations: Whether the import must not trigger automations.
    """

    email: str
    list_id: int
    body: bytes
    unsubscribes: bool
    exclude_automations: bool
    subscribes: bool

    @classmethod
    def of(cls, payload: Payload, list_id: int) -> Contact:
        """Encode a contact, once, for size, fingerprint and request alike.

        Args:
            payload: Complete; custom fields in the order of their ids.
            list_id: The one list that it is for, named in it or not.

        Raises:
            UnicodeEncodeError: If a value holds half of a surrogate pair, which JSON in UTF-8 can't carry.
        """
        body = _ENCODER.encode(payload)
        return cls(
            payload.email,
            list_id,
            body,
            bool(payload.unsubscribe),
            payload.exclude_automations,
            bool(payload.subscribe),
        )

    @classmethod
    def taking_off(cls, email: str, list_id: int, *, exclude_automations: bool) -> Contact:
        """Make the contact that takes a person off a list and changes nothing else."""
        payload = Payload(
            email, unsubscribe=(Subscription(list_id),), exclude_automations=exclude_automations
        )
        return cls.of(payload, list_id)

    def merged_with(self, later: Contact) -> Contact:
        """Return the contact that leaves the account as if this one and then `later` had been sent.

        A later value wins, a value that only the earlier one has stays, likewise the list; tags add up: a
        bulk import can't take a tag away.
        """
        merged, last = self.payload, later.payload
        for name in IMPORTER_KEYS:
            text = getattr(last, name)
            if text is not None:
                setattr(merged, name, text)
        values = {field.id: field for field in (*merged.fields, *last.fields)}
        merged.fields = [values[key] for key in sorted(values)]
        merged.tags = tuple(dict.fromkeys((*merged.tags, *last.tags)))
        if last.subscribe or last.unsubscribe:
            merged.subscribe, merged.unsubscribe = last.subscribe, last.unsubscribe
        merged.exclude_automations = last.exclude_automations
        return Contact.of(merged, later.list_id)

    @property
    def payload(self) -> Payload:
        """Its parts, decoded from its body each time."""
        return _DECODER.decode(self.body)

    @property
    def attributes(self) -> dict[str, str]:
        """Key of the importer to value, of the attributes that it has."""
        payload = self.payload
        values = {name: getattr(payload, name) for name in IMPORTER_KEYS}
        return {name: text for name, text in values.items() if text is not None}

    @property
    def custom_fields(self) -> dict[int, str]:
        """Id of the account's custom field to value."""
        return {field.id: field.value for field in self.payload.fields}

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of tags, each once, in the order in which they are given."""
        return self.payload.tags


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Payload)
