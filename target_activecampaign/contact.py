"""A contact, ready to be sent, and the verdict on a record that can't become one.

Owns what one contact is on the wire of the bulk importer and how two of one person merge. Knows nothing
of settings, schemas, batches or HTTP.
"""

from __future__ import annotations

import enum
import hashlib
import typing as t
from types import MappingProxyType

import msgspec

if t.TYPE_CHECKING:
    from collections.abc import Mapping


class Reason(str, enum.Enum):
    """Why a record was rejected: the closed list that reports and the rejects file use."""

    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    SCHEMA_INVALID = "schema_invalid"
    VALUE_INVALID = "value_invalid"
    TOO_LARGE = "too_large"
    EXCLUDED = "excluded"
    REFUSED_BY_ACTIVECAMPAIGN = "refused_by_activecampaign"
    SKIPPED_BY_ACTIVECAMPAIGN = "skipped_by_activecampaign"


class Rejection(t.NamedTuple):
    """The verdict that a record will never be delivered as it is.

    Attributes:
        reason: One of the closed list.
        detail: Where to look (property, JSON path, import), without the record's content.
    """

    reason: Reason
    detail: str


class Origin(t.NamedTuple):
    """Where a record came from: all that may be said of it in a log.

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
        """What is kept of the record until its verdict, at a byte a character."""
        return len(self.source or "")


class Contact(msgspec.Struct, frozen=True):
    """A mapped, normalised value. Two equal contacts have the same `body`.

    Attributes:
        email: The identity: trimmed, lower-cased, checked. Key of everything.
        list_id: The list that the contact is subscribed to.
        attributes: Bulk importer key (`first_name`, ...) to value; `""` empties the value (assumed).
        custom_fields: Id of the account's custom field to value, formatted for the field's type.
        tags: Names of tags, each once, in the order in which they are given.
        exclude_automations: Whether the import must not trigger automations.
        body: The contact as JSON in UTF-8, as it stands in the request's `contacts` array.
        fingerprint: Hash of all that would be sent, 16 bytes.
        unsubscribes: Whether it takes the contact off the list instead.
    """

    email: str
    list_id: int
    attributes: Mapping[str, str]
    custom_fields: Mapping[int, str]
    tags: tuple[str, ...]
    exclude_automations: bool
    body: bytes
    fingerprint: bytes
    unsubscribes: bool = False

    @classmethod
    def build(  # noqa: PLR0913 - one argument for each part of a contact
        cls,
        email: str,
        list_id: int,
        *,
        attributes: Mapping[str, str],
        custom_fields: Mapping[int, str],
        tags: tuple[str, ...] = (),
        exclude_automations: bool = False,
        unsubscribes: bool = False,
    ) -> Contact:
        """Make a contact and encode it, once, for size, fingerprint and request alike.

        Raises:
            UnicodeEncodeError: If a value holds half of a surrogate pair, which JSON in UTF-8 can't carry.
        """
        return cls.of_sorted(
            email,
            list_id,
            dict(sorted(attributes.items())),
            dict(sorted(custom_fields.items())),
            tags,
            exclude_automations=exclude_automations,
            unsubscribes=unsubscribes,
        )

    @classmethod
    def taking_off(cls, email: str, list_id: int, *, exclude_automations: bool) -> Contact:
        """Make the contact that takes somebody off a list and changes nothing else."""
        return cls.of_sorted(
            email, list_id, {}, {}, (), exclude_automations=exclude_automations, unsubscribes=True
        )

    @classmethod
    def of_sorted(  # noqa: PLR0913 - as above
        cls,
        email: str,
        list_id: int,
        attributes: Mapping[str, str],
        custom_fields: Mapping[int, str],
        tags: tuple[str, ...],
        *,
        exclude_automations: bool,
        unsubscribes: bool = False,
    ) -> Contact:
        """The same, of attributes and custom fields that are in the order of their keys.

        The body has the keys of the bulk importer reference, absent parts left out. `exclude_automations`
        stands in each contact in the reference's example and beside `contacts` in its text: we send both
        (`batching.encode_request`).

        Raises:
            UnicodeEncodeError: As above.
        """
        value: dict[str, t.Any] = {"email": email, **attributes}
        if custom_fields:
            value["fields"] = [{"id": key, "value": text} for key, text in custom_fields.items()]
        if tags:
            value["tags"] = tags
        value["unsubscribe" if unsubscribes else "subscribe"] = ({"listid": list_id},)
        if exclude_automations:
            value["exclude_automations"] = True
        body = _ENCODER.encode(value)
        fingerprint = hashlib.blake2b(body, digest_size=16).digest()
        return cls(
            email,
            list_id,
            attributes,
            custom_fields,
            tags,
            exclude_automations,
            body,
            fingerprint,
            unsubscribes,
        )

    def merged_with(self, later: Contact) -> Contact:
        """The contact that leaves the account as if this one and then `later` had been sent.

        A later value wins, a value that only the earlier one has stays, tags add up: a bulk import can't
        take a tag away.
        """
        return Contact.build(
            later.email,
            later.list_id,
            attributes={**self.attributes, **later.attributes},
            custom_fields={**self.custom_fields, **later.custom_fields},
            tags=tuple(dict.fromkeys((*self.tags, *later.tags))),
            exclude_automations=later.exclude_automations,
            unsubscribes=later.unsubscribes,
        )

    def ready_to_send(self) -> Contact:
        """The contact without the parts that stand in its body already, since it merges no more."""
        return msgspec.structs.replace(self, attributes=_NOTHING, custom_fields=_NOTHING, tags=())


_NOTHING: Mapping[t.Any, str] = MappingProxyType({})
_ENCODER = msgspec.json.Encoder()
