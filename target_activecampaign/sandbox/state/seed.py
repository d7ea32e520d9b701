"""Owns seeds, the first content of an account: the built-in one, and loading one into an account.

A seed has the shape of a snapshot (`snapshot.py`), so that an account can be saved and loaded again.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.state.contacts import ContactData
from target_activecampaign.sandbox.state.fields import TYPES, Option
from target_activecampaign.sandbox.state.lists import Membership

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.sandbox.state.account import Account

    Json = Mapping[str, t.Any]

INTERESTS = ("Cycling", "Cooking", "Gardening", "Music", "Reading", "Travel")
LANGUAGES = (("en", "English"), ("de", "German"), ("fr", "French"), ("es", "Spanish"), ("el", "Greek"))
_PLAIN_FIELDS = (
    ("City", "text"),
    ("Customer since", "date"),
    ("Interests", "checkbox"),
    ("Language", "dropdown"),
    ("Lifetime value", "number"),
    ("Last order at", "datetime"),
    ("Notes", "textarea"),
    ("Salutation", "radio"),
    ("Brands", "listbox"),
    ("Loyalty code", "hidden"),
    ("Street", "text"),
    ("Postal code", "text"),
    ("Country", "text"),
    ("Company size", "dropdown"),
    ("Birthday", "date"),
    ("Consent date", "date"),
    ("Consent source", "text"),
    ("Customer number", "text"),
    ("Store", "text"),
    ("Orders", "number"),
    ("Last visit", "datetime"),
    ("Newsletter topics", "checkbox"),
    ("Preferred contact", "radio"),
    ("Referred by", "text"),
)
_OPTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "Interests": [(name, name) for name in INTERESTS],
    "Language": LANGUAGES,
    "Salutation": [(name, name) for name in ("Ms", "Mr", "Mx")],
    "Brands": [(name, name) for name in ("Alder", "Birch", "Cedar")],
    "Company size": [("s", "Up to 10"), ("m", "Up to 250"), ("l", "Above 250")],
    "Newsletter topics": [(name, name) for name in ("News", "Offers", "Events")],
    "Preferred contact": [(name, name) for name in ("Email", "Phone", "Post")],
}

BUILT_IN: Json = {
    "lists": [{"name": name} for name in ("Customers", "Newsletter", "VIP")],
    "fields": [
        {
            "title": title,
            "type": field_type,
            "options": [{"value": value, "label": label} for value, label in _OPTIONS.get(title, ())],
        }
        for title, field_type in _PLAIN_FIELDS
    ],
    "tags": ["customer", "newsletter", "vip"],
    "exclusions": [
        {"matchPhrase": "@spam.example", "matchType": "end", "channel": "allEmail"},
        {"matchPhrase": "blocked@excluded.example", "matchType": "exact", "channel": "all"},
    ],
    "contacts": [],
}


class SeedInvalidError(Exception):
    """A seed is malformed; the message says where."""


def load_seed(account: Account, seed: Json) -> None:
    """Write a seed into an empty account, as a whole or not at all.

    Raises:
        SeedInvalidError: The seed is malformed, or names an id or tag that it does not hold.
    """
    try:
        with account.storage.transaction():
            _load(account, seed)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SeedInvalidError(f"this is no seed: {type(error).__name__} {error}") from error


def start_over(account: Account, seed: Json) -> None:
    """Delete everything but the limit on contacts, and load a seed.

    Raises:
        SeedInvalidError: The seed is malformed; the account stays as it was.
    """
    account.fields.forget_definitions()
    try:
        with account.storage.transaction():
            account.clear()
            load_seed(account, seed)
    finally:
        account.fields.forget_definitions()


def _load(account: Account, seed: Json) -> None:
    for entry in seed.get("lists", ()):
        account.lists.create(entry["name"], entry.get("stringid", ""), entry.get("channel", "email"))
    for entry in seed.get("fields", ()):
        _load_field(account, entry)
    for tag in seed.get("tags", ()):
        account.tags.create(tag)
    for entry in seed.get("exclusions", ()):
        account.exclusions.add(
            entry["matchPhrase"],
            entry["matchType"],
            entry["channel"],
            tuple(int(i) for i in entry.get("lists", ())),
        )
    source = account.sources.add("seed")
    by_perstag = {row["perstag"]: row["id"] for row in account.fields.all()}
    for entry in seed.get("contacts", ()):
        _load_contact(account, entry, source, by_perstag)
    if "contactLimit" in seed:
        account.contact_limit = int(seed["contactLimit"])


def _load_field(account: Account, entry: Json) -> None:
    if entry["type"] not in TYPES:
        raise ValueError(f"field type {entry['type']!r} is none of {', '.join(TYPES)}")
    options = [
        Option(option["value"], option.get("label", option["value"])) for option in entry.get("options", ())
    ]
    account.fields.create(entry["title"], entry["type"], options, entry.get("perstag", ""))


def _load_contact(account: Account, entry: Json, source: int, by_perstag: Mapping[str, int]) -> None:
    values = {by_perstag[perstag]: value for perstag, value in entry.get("fields", {}).items()}
    contact = account.contacts.create(
        ContactData(
            entry["email"],
            entry.get("firstName", ""),
            entry.get("lastName", ""),
            entry.get("phone", ""),
            entry.get("orgname", ""),
            values,
        ),
        source,
    )
    for list_id, status in entry.get("lists", {}).items():
        account.lists.set_status(Membership(contact, int(list_id), int(status)), source)
    ids = account.tags.ids_of(entry.get("tags", ()))
    account.tags.add_to_contacts([(contact, tag) for tag in ids.values()], source)
    if entry.get("bounced"):
        account.contacts.bounce(contact)
