"""Lone refusals: contacts that the importer refused alone, without saying that the contact is the reason.

A reason that concerns everybody (the account is suspended, the request has a fault) looks the same for each
contact. It shows when several contacts are refused in the same words and none is taken. So these contacts
wait: they are set aside once the importer takes another import, or when nothing else is left to send.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.api.service_words import gist, without_addresses
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Refused
    from target_activecampaign.delivery.batch import PendingContact

_MOST_ALIKE = 5
"""Contacts refused alone in the same words, one after the other, that show that everybody is concerned."""


class LoneRefusals:
    """The contacts that wait to be set aside. Not locked: its owner is."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: list[tuple[PendingContact, Refused]] = []
        self._was_one_accepted = False

    def __bool__(self) -> bool:
        """Tell whether any waits."""
        return bool(self._waiting)

    def add(self, pending: PendingContact, refusal: Refused) -> None:
        """Take a contact that was refused alone.

        Raises:
            ServiceError: If the same words concern everybody.
        """
        self._waiting.append((pending, refusal))
        words = gist(refusal.words)
        alike = sum(gist(other.words) == words for _, other in self._waiting)
        if alike >= _MOST_ALIKE:
            raise _concerns_everybody(alike, refusal)

    def take_all(self) -> list[tuple[PendingContact, Refused]]:
        """Take all that wait, as the importer took another import: the reason lies in them."""
        self._was_one_accepted = True
        taken, self._waiting = self._waiting, []
        return taken

    def take_last(self) -> list[tuple[PendingContact, Refused]]:
        """Take all that wait, as nothing else is left to send.

        Raises:
            ServiceError: If no contact of the run was taken, and all were refused in the same words.
        """
        alike = {gist(refusal.words) for _, refusal in self._waiting}
        if not self._was_one_accepted and len(alike) == 1 < len(self._waiting):
            raise _concerns_everybody(len(self._waiting), self._waiting[-1][1])
        taken, self._waiting = self._waiting, []
        return taken


def _concerns_everybody(contacts: int, refusal: Refused) -> ServiceError:
    return ServiceError(
        f"POST import/bulk_import: {contacts} contacts, sent one by one, were refused in the same words, so "
        f'the reason concerns every contact: "{without_addresses(refusal.words)}". None of them was queued. '
        "Look at the account and the mapping, then run again"
    )
