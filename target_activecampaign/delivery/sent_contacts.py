"""Sent contacts: what this run has sent, and what of it is confirmed."""

from __future__ import annotations

import typing as t

from target_activecampaign.storage.email_map import EmailMap

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNCONFIRMED = b""
"""Stands for the fingerprint of a contact that was sent and is not confirmed."""


class SentContacts:
    """Identity to fingerprint of what was confirmed last, for every contact that this run has sent. Exact.

    The send queue alone knows the contacts that are on their way for the first time.
    """

    def __init__(self) -> None:
        self._fingerprints = EmailMap()
        self._count = 0

    def __len__(self) -> int:
        """Return how many distinct contacts this run has sent or is about to send."""
        return self._count

    def find(self, emails: Iterable[str]) -> dict[str, bytes]:
        """Return the fingerprints of contacts that have their outcome, `UNCONFIRMED` where it was no success.

        Raises:
            OutputError: If the temporary folder can't be used, as from all others.
        """
        return self._fingerprints.find(emails)

    def count(self, contacts: int) -> None:
        """Count contacts of identities that were not sent so far, and will be."""
        self._count += contacts

    def count_out(self, email: str) -> None:
        """Forget an identity that was counted, and is not sent after all."""
        self._count -= 1
        self._fingerprints.put_all({email: None})

    def confirm(self, fingerprints: Mapping[str, bytes]) -> None:
        """Remember what was delivered, by identity."""
        self._fingerprints.put_all(fingerprints)

    def forget(self, email: str) -> None:
        """Remember that the last thing sent for this identity was refused."""
        self.confirm({email: UNCONFIRMED})

    def leave_alone(self, email: str) -> None:
        """Remember that a contact needed nothing, unless more is remembered of it."""
        if not self.find([email]):
            self.forget(email)

    def close(self) -> None:
        """Free the disk that the fingerprints take."""
        self._fingerprints.close()
