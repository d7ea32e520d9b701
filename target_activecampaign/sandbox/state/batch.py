"""What one bulk request says, read and checked. Pure.

Owns the shape of a contact in a batch (bulk importer reference). Knows nothing of the account but the ids it
is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from msgspec import UNSET, Meta, MsgspecError, Struct, UnsetType, ValidationError, convert
from msgspec.json import Decoder, decode
from msgspec.structs import fields

from target_activecampaign.sandbox.state.addresses import is_valid_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


class Callback(Struct, gc=False):
    """Whom to tell of the end."""

    url: Any


class Batch(Struct, gc=False):
    """A request in the shape that it is taken in. What is in it is not yet looked at."""

    contacts: Annotated[list[SentContact], Meta(min_length=1, max_length=MAX_CONTACTS)]
    exclude_automations: Any = None
    callback: Callback | None = None


class Complaint(NamedTuple):
    """Why a batch is refused: the contact's position from 0, and the reason in ActiveCampaign's words."""

    position: int
    reason: str


@dataclass(frozen=True)
class Known:
    """The ids that an account has."""

    fields: frozenset[int]
    lists: frozenset[int]


def read_batch(body: bytes) -> Batch | None:
    """Return the batch of a request's body, `None` when it does not have the shape of one."""
    try:
        try:
            return _DECODER.decode(body)
        except ValidationError:
            # Of a key that stands twice the last one counts, whatever the first holds.
            return convert(decode(body), Batch)
    except (MsgspecError, ValueError, RecursionError):
        return None


def is_acceptable(batch: Batch, switches: Switches, known: Known) -> bool:
    """Tell whether there is no complaint about a batch that has the right shape."""
    readings = switches.as_dict()
    trims = readings["address-blanks"] == "trim"
    asks_for_ids = "refuse" in (readings["unknown-field"], readings["unknown-list"])
    return (
        (batch.callback is None or bool(batch.callback.url))
        and all(
            is_valid_address(contact.email.strip() if trims else contact.email) for contact in batch.contacts
        )
        and not (
            asks_for_ids and any(_complaint_about_ids(contact, readings, known) for contact in batch.contacts)
        )
    )


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


def text_of(value: object, empty: str | None) -> str | None:
    """Return an attribute or a value as text.

    Args:
        value: What was sent. What was not is `None`, leave it alone.
        empty: What an empty value stands for: an empty text, or `None`.
    """
    if isinstance(value, str):
        return value or empty
    if value is UNSET:
        return None
    return empty if value is None else str(value)


def ids_of(lists: Sequence[SentList] | None) -> list[int]:
    """Return the ids of lists."""
    return [int(entry.listid) for entry in lists] if lists else []


def is_on(value: object) -> bool:
    """Tell whether an option that may be anything is switched on."""
    return value in (True, "true", "1", 1)


_DECODER = Decoder(Batch)


def _complaint(contact: object, readings: Mapping[str, str], known: Known) -> str | None:
    if not isinstance(contact, dict):
        return "Field 'email' not found"
    reason = _complaint_about_email(contact.get("email"), readings)
    if reason is not None:
        return reason
    try:
        return _complaint_about_ids(convert(contact, SentContact), readings, known)
    except ValidationError:
        return _complaint_about_shape(contact)


def _complaint_about_email(email: object, readings: Mapping[str, str]) -> str | None:
    if email is None or email == "":
        return "Field 'email' not found"
    if isinstance(email, str) and readings["address-blanks"] == "trim":
        email = email.strip()
    if not isinstance(email, str) or not is_valid_address(email):
        return "Field 'email' incorrect format"
    return None


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
    if readings["unknown-list"] == "refuse" and not known.lists.issuperset(
        ids_of(contact.subscribe) + ids_of(contact.unsubscribe)
    ):
        return "Field 'listid' is unknown"
    return None


def _fits(value: object, shape: Any) -> bool:  # noqa: ANN401 - a type of any kind
    try:
        convert(value, shape)
    except ValidationError:
        return False
    return True
