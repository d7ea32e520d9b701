"""Owns when the account shows that an import in doubt was carried out for a contact. Pure.

Somebody who was on the list before is there whatever became of the import, with the old values. So it takes
these values, or a change of the contact since the import was taken (docs/design/proof.md).
"""

from __future__ import annotations

import html
import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.api.contact_values import ContactValues
    from target_activecampaign.contacts.contact import Contact


def shows_values(contact: Contact, told: ContactValues, accepted_at: float) -> bool:
    """Return whether the account shows the values of a contact that was sent.

    Args:
        contact: As it was sent. A removal has no values.
        told: What the account tells of it.
        accepted_at: When the importer took it, by the service's clock in whole seconds; 0 where it did not
            say. A change in that very second may have been before.
    """
    if contact.unsubscribes:
        return True
    sent = contact.attributes
    if any(
        _plain(key, sent[key]) != _plain(key, told.attributes[key]) for key in sent.keys() & told.attributes
    ):
        return False
    if accepted_at and told.changed_at is not None and told.changed_at > accepted_at:
        return True
    has_others = bool(contact.custom_fields or contact.tags)
    return not has_others and sent.keys() <= told.attributes.keys()


def _plain(key: str, text: str) -> str:
    """Return a value as it compares: the service may write it in another form (assumed)."""
    if key == "phone":
        return "".join(char for char in text if char.isdecimal())
    return " ".join(html.unescape(text).split()).casefold()
