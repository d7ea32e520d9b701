"""Owns the contacts: finding, creating, changing and deleting them."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from target_activecampaign.sandbox.state.contact_query import ContactQuery, select_contacts
from target_activecampaign.sandbox.state.fields import Value
from target_activecampaign.sandbox.state.table import Table

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.fields import Fields
    from target_activecampaign.sandbox.state.storage import Storage


Attributes = tuple["str | None", "str | None", "str | None", "str | None", "str | None"]
"""Email, first name, last name, phone, organization name. `None` leaves an attribute alone."""
ATTRIBUTE_COLUMNS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
    "orgname": "orgname",
}
"""The API's names of the attributes, and their columns."""


@dataclass(frozen=True)
class ContactData:
    """The attributes of a single write to a contact. `None` leaves an attribute alone.

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
        """The attributes without the custom field values."""
        return self.email, self.first_name, self.last_name, self.phone, self.orgname


class Contacts(Table):
    """The account's contacts. An email stands for one contact in any letter case (assumed)."""

    name = "contact"

    def __init__(self, storage: Storage, clock: Clock, fields: Fields) -> None:
        super().__init__(storage, clock)
        self._fields = fields

    def __len__(self) -> int:
        """Return how many contacts there are."""
        return self._storage.number("select value from setting where name = 'contacts'")

    def find(self, query: ContactQuery) -> tuple[list[sqlite3.Row], int]:
        """Return one page of a query's contacts, and how many it has in all."""
        with self._storage.transaction():
            return select_contacts(self._storage, query)

    def with_email(self, email: str) -> sqlite3.Row | None:
        """Return the contact with an address, or `None`."""
        return self._storage.row("select * from contact where email = ?", (email,))

    def known(self, emails: list[str]) -> list[sqlite3.Row]:
        """Return id, email and `bounced_hard` of the contacts with these addresses."""
        return self._storage.rows(
            "select id, email, bounced_hard from contact where email in (select value from json_each(?))",
            (json.dumps(emails),),
        )

    def next_id(self) -> int:
        """Return the id of the next new contact; ids of deleted contacts are not used again."""
        return self._storage.number("select seq from sqlite_sequence where name = 'contact'") + 1

    def create(self, data: ContactData, source: int) -> int:
        """Create a contact and return its id."""
        with self._storage.transaction():
            contact = self.next_id()
            self.insert_many([(contact, data.attributes)], source)
            self._set_values(contact, data, source)
        return contact

    def update(self, contact: int, data: ContactData, source: int) -> None:
        """Change the attributes of a contact that `data` names."""
        with self._storage.transaction():
            if data.email is not None:
                self._storage.write("update contact set email = ? where id = ?", (data.email, contact))
            self.update_many([(contact, data.attributes)], source)
            self._set_values(contact, data, source)

    def insert_many(self, contacts: Iterable[tuple[int, Attributes]], source: int) -> None:
        """Create contacts with these ids."""
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
        """Change the attributes of contacts that are not `None`, and record their source.

        Emails stay: naming the column alone makes SQLite write its index again.
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
        """Delete a contact with its memberships, values and tags; tell whether it existed."""
        return self._storage.delete("delete from contact where id = ?", (contact,))

    def bounce(self, contact: int) -> None:
        """Mark a contact's address as bounced."""
        self._storage.write("update contact set bounced_hard = 1 where id = ?", (contact,))

    def _set_values(self, contact: int, data: ContactData, source: int) -> None:
        values = [Value(contact, field, value) for field, value in (data.values or {}).items()]
        if values:
            self._fields.set_values(values, source)
