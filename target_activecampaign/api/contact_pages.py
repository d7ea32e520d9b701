"""Pages of the account's contacts by ascending id: the advised way through large accounts (paging reference).

An entry that can't be read is left out; a page that can't be read is a failure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from target_activecampaign.api.responses import TryAgainError, read_object

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Response


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page of contacts.

    Attributes:
        emails: Trimmed and lower-cased, of the contacts that are not deleted.
        last_id: The greatest id; that after which was asked, on a page without any.
        is_empty: Whether it has no entries: all contacts before it were read.
        is_in_order: Whether its ids ascend from the one after which was asked.
    """

    emails: tuple[str, ...]
    last_id: int
    is_empty: bool = False
    is_in_order: bool = True


def read_contact_page(response: Response, after_id: int) -> ContactPage:
    """Return a page of `GET /contacts`.

    Args:
        response: The answer.
        after_id: As `id_greater` was asked for.

    Raises:
        TryAgainError: If the response has another shape.
        ServiceError: If no further try will change that.
    """
    entries = read_object(response).get("contacts")
    if not isinstance(entries, list):
        raise TryAgainError("an answer without usable contacts")
    contacts = [entry for entry in entries if isinstance(entry, dict)]
    ids = [int(text) for entry in contacts if (text := str(entry.get("id"))).isdecimal()]
    emails = [
        email.strip().lower()
        for entry in contacts
        if isinstance(email := entry.get("email"), str) and not _is_deleted(entry)
    ]
    return ContactPage(
        emails=tuple(emails),
        last_id=max([after_id, *ids]),
        is_empty=not entries,
        is_in_order=bool(ids) and ids == sorted(set(ids)) and ids[0] > after_id,
    )


def _is_deleted(entry: dict[str, t.Any]) -> bool:
    """Return whether a contact is not there any more; `"0"` and an absent key say that it is (recorded)."""
    return str(entry.get("deleted") or "0") != "0"
