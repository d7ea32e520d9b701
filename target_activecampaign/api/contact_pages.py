"""Pages of the account's contacts by ascending id: the advised way through large accounts (paging reference).

An entry that can't be read is left out. A page of another shape is in no order: it tells nothing.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field, replace

from target_activecampaign.api.contact_values import read_values
from target_activecampaign.api.memberships import UNREADABLE, is_deleted, read_membership
from target_activecampaign.api.responses import Membership, read_object
from target_activecampaign.contacts.email_address import normalise_email

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.api.contact_values import ContactValues
    from target_activecampaign.api.responses import Response

_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page of contacts.

    Attributes:
        emails: Identities, of the contacts that are not deleted; as they came where they are none.
        memberships: Address and list to the membership there, in the service's time; `None` where the page
            does not tell. One that can't be read, or is contradicted, is left out.
        values: Identity to what the page tells of the contact itself, by the service's clock.
        total: Contacts that the account has, as the page says; `None` where it does not.
        entries: Contacts on it, the deleted ones and those without an address too.
        last_id: The greatest id; that after which was asked, on a page without any.
        is_empty: Whether it has no entries: all contacts before it were read.
        is_in_order: Whether its ids ascend from the one after which was asked.
        tells_everybody: Whether each entry tells whom it is of, by an address or an empty one, or that it is
            deleted.
    """

    emails: tuple[str, ...]
    last_id: int
    is_empty: bool = False
    is_in_order: bool = True
    memberships: Mapping[tuple[str, int], Membership] | None = None
    values: Mapping[str, ContactValues] = field(default_factory=dict)
    total: int | None = None
    entries: int = 0
    tells_everybody: bool = True

    def earlier_by(self, seconds: float | None) -> ContactPage:
        """Return the page with the times of its memberships as `Membership.earlier_by` turns them."""
        if not self.memberships or seconds == 0:
            return self
        moved = {place: one.earlier_by(seconds) for place, one in self.memberships.items()}
        return replace(self, memberships=moved)


class PageTally:
    """Whether the pages of a collection left nobody out: only then who is not named is not in it.

    People may come and go meanwhile, so the largest total counts that a page tells.
    """

    def __init__(self) -> None:
        """Start without a page."""
        self._entries = self._most = 0
        self._tells_everybody = True

    @property
    def leaves_nobody_out(self) -> bool:
        """Whether as many came as the account counts, and each tells whom it is of."""
        return self._tells_everybody and self._entries >= self._most

    def take(self, page: ContactPage) -> None:
        """Take a page, the empty one at the end too."""
        self._entries += page.entries
        self._most = max(self._most, page.total or 0)
        self._tells_everybody &= page.tells_everybody


def read_contact_page(response: Response, after_id: int) -> ContactPage:
    """Return a page of `GET /contacts`.

    Args:
        response: The answer.
        after_id: As `id_greater` was asked for.

    Raises:
        TryAgainError: If the response is no JSON object.
        ServiceError: If no further try will change that.
    """
    content = read_object(response)
    entries = content.get("contacts")
    if not isinstance(entries, list):
        return ContactPage((), after_id, is_in_order=False)
    contacts = [entry for entry in entries if isinstance(entry, dict)]
    ids = [number for entry in contacts if (number := _read_number(entry.get("id"))) is not None]
    emails = {
        str(entry.get("id")): normalise_email(email) or email.strip().lower()
        for entry in contacts
        if isinstance(email := entry.get("email"), str) and not is_deleted(entry)
    }
    meta = content.get("meta")
    return ContactPage(
        emails=tuple(emails.values()),
        last_id=max([after_id, *ids]),
        is_empty=not entries,
        is_in_order=bool(ids) and ids == sorted(set(ids)) and ids[0] > after_id,
        memberships=_read_memberships(content.get("contactLists"), emails),
        values=_read_values(contacts, emails),
        entries=len(entries),
        tells_everybody=len(contacts) == len(entries) == len(set(ids)) and all(map(_tells_whom, contacts)),
        total=_read_number(meta.get("total")) if isinstance(meta, dict) else None,
    )


def _tells_whom(entry: Mapping[str, t.Any]) -> bool:
    return isinstance(entry.get("email"), str) or is_deleted(entry)


def _read_values(
    contacts: Iterable[Mapping[str, t.Any]], emails: Mapping[str, str]
) -> dict[str, ContactValues]:
    """Return what a page tells of contacts by address; of two with one address, nothing."""
    counts = Counter(emails.values())
    named = {str(entry.get("id")): entry for entry in contacts}
    return {email: read_values(named[id_]) for id_, email in emails.items() if counts[email] == 1}


def _read_memberships(entries: object, emails: Mapping[str, str]) -> dict[tuple[str, int], Membership] | None:
    """Return the memberships of contacts by address and list.

    Args:
        entries: `contactLists` of the answer.
        emails: Id of a contact to its address.
    """
    if not isinstance(entries, list):
        return None
    found: dict[tuple[str, int], Membership] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        email, list_id = emails.get(str(entry.get("contact"))), _read_number(entry.get("list"))
        if email is None or list_id is None:
            continue
        membership = read_membership(entry)
        if found.setdefault((email, list_id), membership) != membership:
            found[email, list_id] = UNREADABLE
    return {place: one for place, one in found.items() if one != UNREADABLE}


def _read_number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None
