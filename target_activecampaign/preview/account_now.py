"""Owns what contacts of the account hold now, of the few records that are compared: one request each."""

from __future__ import annotations

import typing as t

from target_activecampaign.preview.shown import MOST_COMPARED

if t.TYPE_CHECKING:
    from target_activecampaign.api.client import Client
    from target_activecampaign.preview.shown import ShownRecord


class ContactsNow:
    """Asks the account."""

    def __init__(self, client: Client) -> None:
        """Start.

        Args:
            client: Reads the account.
        """
        self._client = client
        self._left = MOST_COMPARED

    def compare(self, record: ShownRecord, email: str) -> None:
        """Put what the contact of a record holds now beside what would be sent.

        Its custom fields and tags are not told by one request.

        Raises:
            ServiceError: If no usable response came.
        """
        if not self._left:
            return
        self._left -= 1
        found = self._client.memberships(email)
        record.is_contact = found.is_there
        held = found.values.attributes
        record.values = [value._replace(now=held.get(value.name)) for value in record.values]
