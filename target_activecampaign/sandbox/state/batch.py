"""What one bulk request says, read and checked. Pure.

Owns the shape of a contact in a batch (bulk importer reference). Knows nothing of the account but the ids it
is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert
from msgspec.structs import fields

from target_activecampaign.sandbox.state.addresses import is_valid_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_activecampaign.sandbox.switches import Switches

MAX_CONTACTS = 250
"""Contacts in one request (bulk importer reference)."""
MAX_BYTES = 399_999
"""Bytes of one request: 'less than 400K bytes', stated as 399,999 or less (bulk importer reference)."""
MAX_ID_DIGITS = 18
"""More do not fit the database."""

Id = (
    Annotated[int, Meta(ge=0, lt=10**MAX_ID_DIGITS)]
    | Annotated[str, Meta(pattern=rf"^[0-9]{{1,{MAX_ID_DIGITS}}}\Z")]
)
Scalar = str | int | float | bool | None


class SentValue(Struct, gc=False):
    """A custom field's value, which may be anything."""

    id: Id
    value: Any = None


class SentList(Struct, gc=False):
    """A list to be put on or taken off."""

    listid: Id


class SentContact(Struct, gc=False):
    """One contact of a batch in the shape that it is taken in; other attributes are dropped silently."""

    email: str
    first_name: Scalar | UnsetType = UNSET
    last_name: Scalar | UnsetType = UNSET
    phone: Scalar | UnsetType = UNSET
    customer_acct_name: Scalar | UnsetType = UNSET
    fields: list[SentValue] | None = None
    subscribe: list[SentList] | None = None
    unsubscribe: list[SentList] | None = None
    tags: list[str | int | bool] | None = None
    exclude_automations: Any = None


class Batch(Struct, gc=False):
    """A request that has no complaint. Either place excludes automations (assumed)."""

    contacts: list[SentContact]
    exclude_automations: Any = None


class Complaint(NamedTuple):
    """Why a batch is refused: the contact's position from 0, and the reason in ActiveCampaign's words."""

    position: int
    reason: str


class BulkContact(NamedTuple):
    """One contact of a batch. `None` leaves an attribute alone; values are pairs of field id and text."""

    email: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    orgname: str | None
    tags: Sequence[str]
    values: Sequence[tuple[int, str]]
    subscribe: Sequence[int]
    unsubscribe: Sequence[int]
    excludes_automations: bool


@dataclass(frozen=True)
class Known:
    """The ids that an account has."""

    fields: frozenset[int]
    lists: frozenset[int]


def complaints(contacts: Sequence[object], switches: Switches, known: Known) -> list[Complaint]:
    """Return why the batch is refused whole; empty when it is not."""
    readings = switches.as_dict()
    found = (
        Complaint(position, reason)
        for position, contact in enumerate(contacts)
        if (reason := _complaint(contact, readings, known)) is not None
    )
    if readings["refusal-names"] == "first":
        return [first for first in [next(found, None)] if first is not None]
    return list(found)


def read_contacts(batch: Batch, switches: Switches, count: int | None = None) -> Iterator[BulkContact]:
    """Return the first `count` contacts of a batch, `None` for all of them.

    Args:
        batch: What had no complaint.
        switches: The readings in force.
        count: How many.
    """
    empty = "" if switches["empty-values"] == "clear" else None
    excludes_all = _is_on(batch.exclude_automations)
    for contact in batch.contacts[:count]:
        yield BulkContact(
            contact.email.strip(),
            _text(contact.first_name, empty),
            _text(contact.last_name, empty),
            _text(contact.phone, empty),
            _text(contact.customer_acct_name, empty),
            [str(tag) for tag in contact.tags if tag] if contact.tags else (),
            _values(contact.fields, empty) if contact.fields else (),
            [int(entry.listid) for entry in contact.subscribe] if contact.subscribe else (),
            [int(entry.listid) for entry in contact.unsubscribe] if contact.unsubscribe else (),
            excludes_all or _is_on(contact.exclude_automations),
        )


def _complaint(contact: object, readings: Mapping[str, str], known: Known) -> str | None:
    if not isinstance(contact, dict) or contact.get("email") in (None, ""):
        return "Field 'email' not found"
    email = contact["email"]
    if isinstance(email, str) and readings["address-blanks"] == "trim":
        email = email.strip()
    if not isinstance(email, str) or not is_valid_address(email):
        return "Field 'email' incorrect format"
    try:
        sent = convert(contact, SentContact)
    except ValidationError:
        return _complaint_about_shape(contact)
    return _complaint_about_ids(sent, readings, known)


def _complaint_about_shape(contact: Mapping[str, object]) -> str:
    """That wrong types refuse the batch, and in these words, is assumed."""
    wrong = next(
        field.name
        for field in fields(SentContact)
        if field.name in contact and not _fits(contact[field.name], field.type)
    )
    return f"Field '{wrong}' incorrect format"


def _complaint_about_ids(contact: SentContact, readings: Mapping[str, str], known: Known) -> str | None:
    if readings["unknown-field"] == "refuse" and not known.fields.issuperset(
        int(entry.id) for entry in contact.fields or ()
    ):
        return "Field 'fields' has an unknown id"
    lists = (*(contact.subscribe or ()), *(contact.unsubscribe or ()))
    if readings["unknown-list"] == "refuse" and not known.lists.issuperset(
        int(entry.listid) for entry in lists
    ):
        return "Field 'listid' is unknown"
    return None


def _fits(value: object, shape: Any) -> bool:  # noqa: ANN401 - a type of any kind
    try:
        convert(value, shape)
    except ValidationError:
        return False
    return True


def _values(sent: Sequence[SentValue], empty: str | None) -> list[tuple[int, str]]:
    values = ((int(entry.id), _text(entry.value, empty)) for entry in sent)
    return [(field, text) for field, text in values if text is not None]


def _text(value: object, empty: str | None) -> str | None:
    """Return an attribute or a value as text: `empty` for an empty one, `None` for one that was not sent."""
    if isinstance(value, str):
        return value or empty
    if value is UNSET:
        return None
    return empty if value is None else str(value)


def _is_on(value: object) -> bool:
    return value in (True, "true", "1", 1)
