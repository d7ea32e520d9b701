"""What one bulk request says, read and checked. Pure.

Owns the shape of a contact in a batch (bulk importer reference). Knows nothing of the account but the ids it
is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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
    found = (
        Complaint(position, reason)
        for position, contact in enumerate(contacts)
        if (reason := _complaint(contact, switches, known)) is not None
    )
    if switches["refusal-names"] == "first":
        return [first for first in [next(found, None)] if first is not None]
    return list(found)


def read_contact(
    contact: Mapping[str, object], switches: Switches, *, excludes_automations: bool
) -> BulkContact:
    """Return a contact that had no complaint.

    Args:
        contact: The contact as it was sent.
        switches: The readings in force.
        excludes_automations: What the top of the request says; either place counts (assumed).
    """
    empty = "" if switches["empty-values"] == "clear" else None
    return BulkContact(
        _text(contact["email"]).strip(),
        _attribute(contact, "first_name", empty),
        _attribute(contact, "last_name", empty),
        _attribute(contact, "phone", empty),
        _attribute(contact, "customer_acct_name", empty),
        [_text(tag) for tag in _items(contact, "tags") if tag],
        _values(contact, empty),
        [_id(entry["listid"]) for entry in _objects(contact, "subscribe")],
        [_id(entry["listid"]) for entry in _objects(contact, "unsubscribe")],
        excludes_automations or contact.get("exclude_automations") in (True, "true", "1", 1),
    )


def _complaint(contact: object, switches: Switches, known: Known) -> str | None:
    if not isinstance(contact, dict) or contact.get("email") in (None, ""):
        return "Field 'email' not found"
    email = contact["email"]
    if isinstance(email, str) and switches["address-blanks"] == "trim":
        email = email.strip()
    if not isinstance(email, str) or not is_valid_address(email):
        return "Field 'email' incorrect format"
    return _complaint_about_shape(contact) or _complaint_about_ids(contact, switches, known)


def _complaint_about_shape(contact: Mapping[str, object]) -> str | None:
    """That wrong types refuse the batch, and in these words, is assumed."""
    for name in ("first_name", "last_name", "phone", "customer_acct_name"):
        if isinstance(contact.get(name), (dict, list)):
            return f"Field '{name}' incorrect format"
    for name, key in (("fields", "id"), ("subscribe", "listid"), ("unsubscribe", "listid")):
        if name in contact and not _are_objects_with_id(contact[name], key):
            return f"Field '{name}' incorrect format"
    tags = contact.get("tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, (str, int)) for tag in tags)):
        return "Field 'tags' incorrect format"
    return None


def _complaint_about_ids(contact: Mapping[str, object], switches: Switches, known: Known) -> str | None:
    if switches["unknown-field"] == "refuse" and not known.fields.issuperset(
        _id(entry["id"]) for entry in _objects(contact, "fields")
    ):
        return "Field 'fields' has an unknown id"
    lists = (*_objects(contact, "subscribe"), *_objects(contact, "unsubscribe"))
    if switches["unknown-list"] == "refuse" and not known.lists.issuperset(
        _id(entry["listid"]) for entry in lists
    ):
        return "Field 'listid' is unknown"
    return None


def _are_objects_with_id(entries: object, key: str) -> bool:
    return entries is None or (
        isinstance(entries, list)
        and all(isinstance(entry, dict) and _is_id(entry.get(key)) for entry in entries)
    )


def _attribute(contact: Mapping[str, object], name: str, empty: str | None) -> str | None:
    if name not in contact:
        return None
    value = contact[name]
    return empty if value is None or value == "" else _text(value)


def _values(contact: Mapping[str, object], empty: str | None) -> list[tuple[int, str]]:
    values = []
    for entry in _objects(contact, "fields"):
        value = entry.get("value")
        text = empty if value is None or value == "" else _text(value)
        if text is not None:
            values.append((_id(entry["id"]), text))
    return values


def _items(contact: Mapping[str, object], name: str) -> Sequence[object]:
    items = contact.get(name)
    return items if isinstance(items, list) else ()


def _objects(contact: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    objects = contact.get(name)
    return objects if isinstance(objects, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _is_id(value: object) -> bool:
    text = str(value)
    return text.isdecimal() and text.isascii() and len(text) <= MAX_ID_DIGITS


def _id(value: object) -> int:
    return value if isinstance(value, int) else int(str(value))
