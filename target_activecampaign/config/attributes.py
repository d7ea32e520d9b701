"""Owns the table of contact attributes that a user can map: one line for each.

The settings (`config.schema`, `config.settings`), the mapping (`contacts.mapping`) and the payload
(`contacts.contact`) derive from it. It must not know how a value is written: `form` only names that.
"""

from __future__ import annotations

import typing as t


class Attribute(t.NamedTuple):
    """One attribute of a contact.

    Attributes:
        name: Its key in the setting `field_mapping`.
        importer_key: Its key in the JSON of a contact (bulk importer reference).
        description: What the settings' schema says of it.
        is_default: Whether the default mapping takes it, where a stream has a property of its name.
        form: How its value is written: as text, or as a phone number.
    """

    name: str
    importer_key: str
    description: str
    is_default: bool = False
    form: t.Literal["text", "phone"] = "text"


ATTRIBUTES = (
    Attribute("first_name", "first_name", "Property that holds the first name.", is_default=True),
    Attribute("last_name", "last_name", "Property that holds the last name.", is_default=True),
    Attribute("phone", "phone", "Property that holds the phone number.", is_default=True, form="phone"),
    Attribute("account_name", "customer_acct_name", "Property that holds the company's name."),
)
"""In the order of the settings' schema."""

IMPORTER_KEYS = tuple(sorted(attribute.importer_key for attribute in ATTRIBUTES))
"""In the order of a contact's JSON, by the alphabet: an attribute that is added moves no other one, so the
bytes of a contact without it stay, and with them its fingerprint in the ledger."""
