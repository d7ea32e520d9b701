"""Contacts: finding, making, changing and deleting them one at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_activecampaign.sandbox.state.contact_query import ContactQuery, select_contacts
from target_activecampaign.sandbox.state.fields import Value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.fields import Fields
    from target_activecampaign.sandbox.state.storage import Storage


Attributes = tuple["str | None", "str | None", "str | None", "str | None", "str | None"]
"""Email, first name, last name, phone, organization name. `None` leaves one alone."""


@dataclass(frozen=True)
class ContactData:
    """What a single write says of a contact. `None` leaves an attribute alone.

    Attributes:
        values: Custom field values by field id.
    """

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    orgname: str | None = None
    values: Mapping[int, str] | None = None

    @property
    def attributes(self) -> Attributes:
        """All but the values."""
        return self.email, self.first_name, self.last_name, self.phone, self.orgname


class Contacts:
    """The account's contacts. An email stands for one contact, whatever its letter case (assumed)."""

    def __init__(self, storage: Storage, clock: Clock, fields: Fields) -> None:
        self._storage = storage
        self._clock = clock
        self._fields = fields

    def __len__(self) -> int:
        """Return how many contacts there are."""
        return self._storage.number("select value from setting where name = 'contacts'")

    def find(self, query: ContactQuery) -> tuple[list[sqlite3.Row], int]:
        """Return one page of the contacts that a query asks for, and how many it asks for in all."""
        with self._storage.transaction():
            return select_contacts(self._storage, query)

    def all(self) -> list[sqlite3.Row]:
        """Return every contact, oldest first. For tests and small accounts."""
        return self._storage.rows("select * from contact order by id")

    def get(self, contact: int) -> sqlite3.Row | None:
        """Return one contact, or `None`."""
        return self._storage.row("select * from contact where id = ?", (contact,))

    def with_email(self, email: str) -> sqlite3.Row | None:
        """Return the contact of an address, or `None`."""
        return self._storage.row("select * from contact where email = ?", (email,))

    def known(self, emails: list[str]) -> list[sqlite3.Row]:
        """Return id, email and `bounced_hard` of those of these addresses that there are."""
        return self._storage.rows(
            "select id, email, bounced_hard from contact where email in (select value from json_each(?))",
            (json.dumps(emails),),
        )

    def next_id(self) -> int:
        """Return the id that the next new contact has; ids of deleted contacts do not come again."""
        return self._storage.number("select seq from sqlite_sequence where name = 'contact'") + 1

    def create(self, data: ContactData, source: int) -> int:
        """Make a contact and return its id."""
        with self._storage.transaction():
            contact = self.next_id()
            self.insert_many([(contact, data.attributes)], source)
            self._set_values(contact, data, source)
        return contact

    def update(self, contact: int, data: ContactData, source: int) -> None:
        """Change what `data` names of a contact."""
        with self._storage.transaction():
            if data.email is not None:
                self._storage.write("update contact set email = ? where id = ?", (data.email, contact))
            self.update_many([(contact, data.attributes)], source)
            self._set_values(contact, data, source)

    def insert_many(self, contacts: Iterable[tuple[int, Attributes]], source: int) -> None:
        """Make contacts of these ids."""
        date = self._clock.date()
        rows = [
            (contact, email, first_name or "", last_name or "", phone or "", orgname or "")
            for contact, (email, first_name, last_name, phone, orgname) in contacts
        ]
        with self._storage.transaction():
            self._storage.insert_many(
                "insert into contact (id, email, first_name, last_name, phone, orgname, cdate, udate, "
                "source, first_name_source, last_name_source, phone_source, orgname_source)",
                rows,
                (date, date, source, source, source, source, source),
            )
            self._storage.write("update setting set value = value + ? where name = 'contacts'", (len(rows),))

    def update_many(self, contacts: Iterable[tuple[int, Attributes]], source: int) -> None:
        """Change the attributes of contacts that are not `None`, and note where these come from.

        Emails stay as they are: merely to name one makes SQLite write its index again.
        """
        date = self._clock.date()
        self._storage.write_many(
            "update contact set first_name = coalesce(?1, first_name), last_name = coalesce(?2, last_name), "
            "phone = coalesce(?3, phone), orgname = coalesce(?4, orgname), "
            "first_name_source = iif(?1 is null, first_name_source, ?5), "
            "last_name_source = iif(?2 is null, last_name_source, ?5), "
            "phone_source = iif(?3 is null, phone_source, ?5), "
            "orgname_source = iif(?4 is null, orgname_source, ?5), udate = ?6 where id = ?7",
            [(*attributes[1:], source, date, contact) for contact, attributes in contacts],
        )

    def delete(self, contact: int) -> bool:
        """Delete a contact with all that hangs on it; tell whether there was one."""
        with self._storage.transaction():
            known = self.get(contact) is not None
            self._storage.write("delete from contact where id = ?", (contact,))
        return known

    def bounce(self, contact: int) -> None:
        """Let an address have bounced for good."""
        self._storage.write("update contact set bounced_hard = 1 where id = ?", (contact,))

    def _set_values(self, contact: int, data: ContactData, source: int) -> None:
        values = [Value(contact, field, value) for field, value in (data.values or {}).items()]
        if values:
            self._fields.set_values(values, source)
