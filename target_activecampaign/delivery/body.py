"""The body of an import: its JSON, and how many bytes a contact takes in it. Pure.

Sizes are bytes of the real encoding, envelope included.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.limits import MAX_BODY_BYTES

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.contacts.contact import Contact

_OPENING = b'{"contacts":['
_CLOSING = b"]}"
_CLOSING_WITHOUT_AUTOMATIONS = b'],"exclude_automations":true}'
ENVELOPE_BYTES = len(_OPENING) + len(_CLOSING_WITHOUT_AUTOMATIONS)

MAX_CONTACT_BYTES = MAX_BODY_BYTES - ENVELOPE_BYTES - 1
"""A larger contact can't be sent at all, not even alone in a request."""


def bytes_in_body(contact: Contact) -> int:
    """Return the bytes that a contact adds to a request: itself and a comma."""
    return len(contact.body) + 1


def encode_body(contacts: Sequence[Contact]) -> bytes:
    """Encode the request of an import.

    `exclude_automations` stands in each contact in the reference's example, and beside `contacts` in its text
    and in clients: both are sent.
    """
    excludes = any(contact.exclude_automations for contact in contacts)
    closing = _CLOSING_WITHOUT_AUTOMATIONS if excludes else _CLOSING
    return _OPENING + b",".join([contact.body for contact in contacts]) + closing
