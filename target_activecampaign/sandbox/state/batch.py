"""Owns the shape of a bulk request and its checks (bulk importer reference). Pure.

Knows nothing of the account but the ids that it is given.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from msgspec import UNSET, Meta, MsgspecError, Struct, UnsetType, ValidationError, convert
from msgspec.json import Decoder, decode
from msgspec.structs import fields

from target_activecampaign.sandbox.state.addresses import is_valid_address

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.sandbox.switches import Switches

MAX_CONTACTS = 250
"""Contacts in one request (bulk importer reference)."""
MAX_BATCH_BYTES = 399_999
"""Bytes of one request: 'less than 400K bytes', stated as 399,999 or less (bulk importer reference)."""
MAX_ID_DIGITS = 18
"""The database holds no more."""

Id = (
    t.Annotated[int, Meta(ge=0, lt=10**MAX_ID_DIGITS)]
    | t.Annotated[str, Meta(pattern=rf"^[0-9]{{1,{MAX_ID_DIGITS}}}\Z")]
)
Scalar = str | int | float | bool | None


class SentValue(Struct, gc=False):
    """A custom field's value, of any type."""

    id: Id
    value: t.Any = None


class SentList(Struct, gc=False):
    """A list to subscribe to or to unsubscribe from."""

    listid: Id


class SentContact(Struct, gc=False):
    """One contact of a batch; other attributes are dropped silently."""

    email: str
    first_name: Scalar | UnsetType = UNSET
    last_name: Scalar | UnsetType = UNSET
    phone: Scalar | UnsetType = UNSET
    customer_acct_name: Scalar | UnsetType = UNSET
    fields: list[SentValue] | None = None
    subscribe: list[SentList] | None = None
    unsubscribe: list[SentList] | None = None
    tags: list[str | int | bool] | None = None
    exclude_automations: t.Any = None


class Callback(Struct, gc=False):
    """The URL to call at the end of an import."""

    url: t.Any


class Batch(Struct, gc=False):
    """A request in the right shape, its values unchecked."""

    contacts: t.Annotated[list[SentContact], Meta(min_length=1, max_length=MAX_CONTACTS)]
    exclude_automations: t.Any = None
    callback: Callback | None = None


class Problem(t.NamedTuple):
    """A reason to refuse a batch: the contact's position from 0, and the reason in ActiveCampaign's words."""

    position: int
    reason: str


@dataclass(frozen=True)
class KnownIds:
    """The ids that an account has."""

    fields: frozenset[int]
    lists: frozenset[int]


def read_batch(body: bytes) -> Batch | None:
    """Return the batch of a request's body, `None` when the body does not have a batch's shape."""
    try:
        try:
            return _DECODER.decode(body)
        except ValidationError:
            # The last of two equal keys counts, even when the first has a wrong type.
            return convert(decode(body), Batch)
    except (MsgspecError, ValueError, RecursionError):
        return None


def is_acceptable(batch: Batch, switches: Switches, known: KnownIds) -> bool:
    """Tell whether a batch has no problem."""
    readings = switches.as_dict()
    trims = readings["address-blanks"] == "trim"
    asks_for_ids = "refuse" in (readings["unknown-field"], readings["unknown-list"])
    return (
        (batch.callback is None or bool(batch.callback.url))
        and all(
            is_valid_address(contact.email.strip() if trims else contact.email) for contact in batch.contacts
        )
        and not (asks_for_ids and any(_id_problem(contact, readings, known) for contact in batch.contacts))
    )


def find_problems(contacts: Sequence[object], switches: Switches, known: KnownIds) -> list[Problem]:
    """Return the problems for which the whole batch is refused; none when it is accepted."""
    readings = switches.as_dict()
    found = (
        Problem(position, reason)
        for position, contact in enumerate(contacts)
        if (reason := _problem_of(contact, readings, known)) is not None
    )
    if readings["refusal-names"] == "first":
        return [first for first in [next(found, None)] if first is not None]
    return list(found)


def text_of(value: object, empty: str | None) -> str | None:
    """Return an attribute or a value as text.

    Args:
        value: The value that was sent, `UNSET` for none.
        empty: The meaning of an empty value: an empty text, or `None`.

    Returns:
        The text, or `None` to leave the attribute alone.
    """
    if isinstance(value, str):
        return value or empty
    if value is UNSET:
        return None
    return empty if value is None else str(value)


def ids_of(lists: Sequence[SentList] | None) -> list[int]:
    """Return the ids of lists as numbers."""
    return [int(entry.listid) for entry in lists] if lists else []


def is_on(value: object) -> bool:
    """Tell whether an option of any type is on."""
    return value in (True, "true", "1", 1)


_DECODER = Decoder(Batch)


def _problem_of(contact: object, readings: Mapping[str, str], known: KnownIds) -> str | None:
    if not isinstance(contact, dict):
        return "Field 'email' not found"
    reason = _email_problem(contact.get("email"), readings)
    if reason is not None:
        return reason
    try:
        return _id_problem(convert(contact, SentContact), readings, known)
    except ValidationError:
        return _shape_problem(contact)


def _email_problem(email: object, readings: Mapping[str, str]) -> str | None:
    if email is None or email == "":
        return "Field 'email' not found"
    if isinstance(email, str) and readings["address-blanks"] == "trim":
        email = email.strip()
    if not isinstance(email, str) or not is_valid_address(email):
        return "Field 'email' incorrect format"
    return None


def _shape_problem(contact: Mapping[str, object]) -> str:
    """Return the problem of a wrong type; that it refuses the batch, and in these words, is assumed."""
    wrong = next(
        field.name
        for field in fields(SentContact)
        if field.name in contact and not _fits(contact[field.name], field.type)
    )
    return f"Field '{wrong}' incorrect format"


def _id_problem(contact: SentContact, readings: Mapping[str, str], known: KnownIds) -> str | None:
    if readings["unknown-field"] == "refuse" and not known.fields.issuperset(
        int(entry.id) for entry in contact.fields or ()
    ):
        return "Field 'fields' has an unknown id"
    if readings["unknown-list"] == "refuse" and not known.lists.issuperset(
        ids_of(contact.subscribe) + ids_of(contact.unsubscribe)
    ):
        return "Field 'listid' is unknown"
    return None


def _fits(value: object, shape: t.Any) -> bool:  # noqa: ANN401 - a type of any kind
    try:
        convert(value, shape)
    except ValidationError:
        return False
    return True
