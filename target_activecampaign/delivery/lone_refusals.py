"""Lone refusals: contacts that the importer refused alone, in words that may concern everybody.

A reason that concerns everybody (the account is suspended, the request has a fault) looks the same for each
contact, even where it names positions. It shows when several contacts from different places are refused in
the same words and none is taken. So these contacts wait: they are set aside once the importer takes another
import, or when nothing else is left to send.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from target_activecampaign.api.service_words import common_words, gist
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Refused
    from target_activecampaign.contacts.contact import Contact
    from target_activecampaign.delivery.batch import PendingContact

_MOST_ALIKE = 5
"""Contacts refused alone in the same words that make it likely that everybody is concerned: neighbours, as a
batch is halved, so that others are probed before the run stops."""

_MOST_PROBES = 10
"""Further refusals in the same words, of batches and contacts from elsewhere, that show it."""

_MOST_ALIKE_AFTER_ACCEPTED = 1000
"""The same where the importer took an import before, since then it concerned not everybody: the account may
have been suspended in mid-run, and a single contact takes three seconds (bulk importer reference)."""


class LoneRefusals:
    """The contacts that wait to be set aside. Not locked: its owner is."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: list[tuple[PendingContact, Refused]] = []
        self._was_one_accepted = False
        self._alike: Counter[str] = Counter()
        self._suspected = ""
        self._probes = 0

    def __bool__(self) -> bool:
        """Tell whether any waits."""
        return bool(self._waiting)

    @property
    def wants_probe(self) -> bool:
        """Whether contacts from elsewhere are to be sent next: all so far were refused in the same words."""
        return bool(self._suspected)

    @property
    def wants_new_batch(self) -> bool:
        """Whether the probe is a batch that was not sent before, by turns with a contact of one that was."""
        return self._probes % 2 == 0

    def add(self, pending: PendingContact, refusal: Refused) -> None:
        """Take a contact that was refused alone.

        Raises:
            ServiceError: If the same words concern everybody.
        """
        self._waiting.append((pending, refusal))
        words = gist(refusal.words)
        self._alike[words] += 1
        if self._was_one_accepted:
            if self._alike[words] >= _MOST_ALIKE_AFTER_ACCEPTED:
                raise self._concerns_everybody(words)
        elif self._suspected:
            self.note_refused(refusal)
        elif self._alike[words] >= _MOST_ALIKE:
            self._suspected = words

    def note_refused(self, refusal: Refused) -> None:
        """Note that a batch was refused, or another contact.

        Raises:
            ServiceError: If the same words concern everybody.
        """
        if self._suspected and gist(refusal.words) == self._suspected:
            self._probes += 1
            if self._probes >= _MOST_PROBES:
                raise self._concerns_everybody(self._suspected)

    def take_all(self) -> list[tuple[PendingContact, Refused]]:
        """Take all that wait, as the importer took another import: the reason lies in them."""
        self._was_one_accepted = True
        self._alike.clear()
        self._suspected = ""
        taken, self._waiting = self._waiting, []
        return taken

    def take_last(self) -> list[tuple[PendingContact, Refused]]:
        """Take all that wait, as nothing else is left to send.

        Raises:
            ServiceError: If no contact of the run was taken, and all were refused in the same words, which do
                not name contacts.
        """
        alike = {gist(refusal.words) for _, refusal in self._waiting}
        names_contacts = any(refusal.is_about_contacts for _, refusal in self._waiting)
        if not self._was_one_accepted and not names_contacts and len(alike) == 1 < len(self._waiting):
            raise self._concerns_everybody(alike.pop())
        taken, self._waiting = self._waiting, []
        return taken

    def _concerns_everybody(self, words: str) -> ServiceError:
        alike = [(pending, refusal) for pending, refusal in self._waiting if gist(refusal.words) == words]
        values = [text for pending, _ in alike for text in _values_of(pending.contact)]
        said = common_words([refusal.words for _, refusal in alike], values)
        return ServiceError(
            f"POST import/bulk_import: {len(alike)} contacts, sent one by one, were refused in the same "
            f'words, so the reason concerns every contact: "{said}". None of them was queued. '
            "Look at the account and the mapping, then run again"
        )


def _values_of(contact: Contact) -> list[str]:
    return [contact.email, *contact.attributes.values(), *contact.custom_fields.values(), *contact.tags]
