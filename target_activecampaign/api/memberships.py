"""Owns what an answer tells of a contact's lists: a membership, none, or nothing that can be read. Pure.

An entry that can't be read may be about any list. So only an answer that could be read whole says that a
contact is not on a list (docs/design/proof.md).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from target_activecampaign.api.contact_values import NO_VALUES, ContactValues, read_values
from target_activecampaign.api.responses import (
    SUBSCRIBED,
    UNREADABLE_STATUS,
    Membership,
    check_status,
    load_json,
    read_date,
)
from target_activecampaign.contacts.email_address import normalise_email

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from target_activecampaign.api.responses import Response

UNREADABLE = Membership(UNREADABLE_STATUS, None)
"""A membership that an entry hides, or that entries contradict."""

_MOST_DIGITS = 18
_NOT_TOLD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


@dataclass(frozen=True, slots=True)
class ContactLists:
    """The lists of a contact, as far as the account tells.

    Attributes:
        is_there: Whether the account has the contact; `None` where its answer does not say.
        by_list: Id of a list to the membership there.
        is_whole: Whether a list that is not named is one that the contact never was on.
        values: What the same answer tells of the contact itself, by the service's clock.
    """

    is_there: bool | None = True
    by_list: Mapping[int, Membership] = field(default_factory=dict)
    is_whole: bool = True
    values: ContactValues = NO_VALUES

    def on(self, list_id: int) -> Membership | None:
        """Return the membership of a list, one that can't be read included; `None` where there is none."""
        return self.by_list.get(list_id, None if self.is_whole else UNREADABLE)

    def joined_with(self, others: ContactLists) -> ContactLists:
        """Return what two answers about one contact tell, and no membership that they contradict."""
        found = dict(self.by_list)
        for list_id, membership in others.by_list.items():
            _put(found, list_id, membership)
        return replace(self, by_list=found, is_whole=self.is_whole and others.is_whole)

    def earlier_by(self, seconds: float | None) -> ContactLists:
        """Return the same with the times of the memberships as `Membership.earlier_by` turns them."""
        moved = {list_id: one.earlier_by(seconds) for list_id, one in self.by_list.items()}
        return replace(self, by_list=moved)


def subscribed_to(list_id: int) -> ContactLists:
    """Return the lists of a contact that was seen to be subscribed to one."""
    return ContactLists(by_list={list_id: Membership(SUBSCRIBED, None)}, is_whole=False)


NOT_THERE = ContactLists(is_there=False)
NOT_TOLD = ContactLists(is_there=None, is_whole=False)


def read_contact(response: Response, email: str) -> tuple[frozenset[str], ContactLists]:
    """Return the ids of the contacts with an address, and their lists (contacts reference).

    Args:
        response: To `GET /contacts` with `email` and `include=contactLists`.
        email: Trimmed and lower-cased.

    Raises:
        TryAgainError: If there is no JSON.
        ServiceError: If no further try will change that.
    """
    check_status(response)
    content = load_json(response)
    entries = _entries(content, "contacts")
    if entries is None:
        return frozenset(), NOT_TOLD
    there = {str(entry["id"]): entry for entry in entries if isinstance(entry, dict) and entry.get("id")}
    own = [contact for contact, entry in there.items() if _is_of(entry, email)]
    ids = frozenset(contact for contact in own if not is_deleted(there[contact]))
    if ids:
        lists = _read_lists(content, ids, there.keys() - ids)
        return ids, replace(lists, values=_read_values(there[contact] for contact in ids))
    # Others than the one who was asked for: the address was not looked at.
    is_answer = len(own) == len(entries) and not (not entries and _tells_of_some(content))
    return ids, NOT_THERE if is_answer else NOT_TOLD


def _read_values(entries: Iterable[Mapping[str, t.Any]]) -> ContactValues:
    """Return what the one contact with an address has; two contradict each other."""
    values = [read_values(entry) for entry in entries]
    return values[0] if len(values) == 1 else NO_VALUES


def read_contact_lists(response: Response, contact_id: str) -> ContactLists:
    """Return the lists of a contact (contacts reference).

    Args:
        response: To `GET /contacts/{id}/contactLists`.
        contact_id: Its id.

    Raises:
        TryAgainError: If there is no JSON.
        ServiceError: If no further try will change that.
    """
    if response.status in _NOT_TOLD:
        return ContactLists(is_whole=False)
    check_status(response)
    return _read_lists(load_json(response), {contact_id}, ())


def read_membership(entry: Mapping[str, t.Any]) -> Membership:
    """Return the membership of an entry; `UNREADABLE` where it has no status that can be read."""
    status = _read_digits(entry.get("status"))
    return UNREADABLE if status is None else Membership(status, read_date(entry.get("sdate")))


def is_deleted(entry: Mapping[str, t.Any]) -> bool:
    """Return whether a contact is not there any more; `"0"` and an absent key say that it is (recorded)."""
    return str(entry.get("deleted") or "0") != "0"


def _is_of(entry: Mapping[str, t.Any], email: str) -> bool:
    address = str(entry.get("email"))
    return address.strip().lower() == email or normalise_email(address) == email


def _tells_of_some(content: object) -> bool:
    """Return whether a page without contacts says that there are some."""
    meta = content.get("meta") if isinstance(content, dict) else None
    return bool(_read_digits(meta.get("total"))) if isinstance(meta, dict) else False


def _entries(content: object, collection: str) -> list[t.Any] | None:
    """Return the entries of a collection, a list or by id; `None` where it is neither."""
    found = content.get(collection) if isinstance(content, dict) else None
    if isinstance(found, dict) and found:
        return list(found.values())
    return found if isinstance(found, list) else None


def _read_lists(content: object, ids: Collection[str], others: Collection[str]) -> ContactLists:
    """Return the lists of contacts.

    Args:
        content: JSON of an answer.
        ids: Of the contacts.
        others: Further contacts of the same answer: their memberships say nothing.
    """
    entries = _entries(content, "contactLists")
    if entries is None:
        return ContactLists(is_whole=False)
    found: dict[int, Membership] = {}
    is_whole = True
    for entry in entries:
        contact = str(entry.get("contact")) if isinstance(entry, dict) else None
        if contact not in ids:
            is_whole &= contact in others
        elif (list_id := _read_digits(entry.get("list"))) is None:
            is_whole = False
        else:
            _put(found, list_id, read_membership(entry))
    return ContactLists(by_list=found, is_whole=is_whole)


def _put(found: dict[int, Membership], list_id: int, membership: Membership) -> None:
    """Keep a membership, or that two contradict each other."""
    if found.setdefault(list_id, membership) != membership:
        found[list_id] = UNREADABLE


def _read_digits(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None
