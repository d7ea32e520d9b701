"""Pages of the account's contacts by ascending id: the advised way through large accounts (paging reference).

An entry that can't be read is left out; a page that can't be read is a failure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from target_activecampaign.api.responses import UNSUBSCRIBED, TryAgainError, read_object

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_activecampaign.api.responses import Response

_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page of contacts.

    Attributes:
        emails: Trimmed and lower-cased, of the contacts that are not deleted.
        unsubscribed: Address and list of memberships that ended, where the page tells of memberships.
        total: Contacts that the account has, as the page says; `None` where it does not.
        entries: Contacts on it, the deleted ones and those without an address too.
        last_id: The greatest id; that after which was asked, on a page without any.
        is_empty: Whether it has no entries: all contacts before it were read.
        is_in_order: Whether its ids ascend from the one after which was asked.
    """

    emails: tuple[str, ...]
    last_id: int
    is_empty: bool = False
    is_in_order: bool = True
    unsubscribed: frozenset[tuple[str, int]] = frozenset()
    total: int | None = None
    entries: int = 0


def read_contact_page(response: Response, after_id: int) -> ContactPage:
    """Return a page of `GET /contacts`.

    Args:
        response: The answer.
        after_id: As `id_greater` was asked for.

    Raises:
        TryAgainError: If the response has another shape.
        ServiceError: If no further try will change that.
    """
    content = read_object(response)
    entries = content.get("contacts")
    if not isinstance(entries, list):
        raise TryAgainError("an answer without usable contacts")
    contacts = [entry for entry in entries if isinstance(entry, dict)]
    ids = [number for entry in contacts if (number := _read_number(entry.get("id"))) is not None]
    emails = {
        str(entry.get("id")): email.strip().lower()
        for entry in contacts
        if isinstance(email := entry.get("email"), str) and not _is_deleted(entry)
    }
    meta = content.get("meta")
    return ContactPage(
        emails=tuple(emails.values()),
        last_id=max([after_id, *ids]),
        is_empty=not entries,
        is_in_order=bool(ids) and ids == sorted(set(ids)) and ids[0] > after_id,
        unsubscribed=frozenset(_read_unsubscribed(content.get("contactLists"), emails)),
        entries=len(entries),
        total=_read_number(meta.get("total")) if isinstance(meta, dict) else None,
    )


def _read_unsubscribed(memberships: object, emails: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield address and list of memberships that ended; an entry that can't be read tells nothing."""
    for entry in memberships if isinstance(memberships, list) else ():
        if isinstance(entry, dict):
            list_id, status = _read_number(entry.get("list")), _read_number(entry.get("status"))
            email = emails.get(str(entry.get("contact")))
            if email is not None and list_id is not None and status == UNSUBSCRIBED:
                yield email, list_id


def _read_number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _is_deleted(entry: dict[str, t.Any]) -> bool:
    """Return whether a contact is not there any more; `"0"` and an absent key say that it is (recorded)."""
    return str(entry.get("deleted") or "0") != "0"
