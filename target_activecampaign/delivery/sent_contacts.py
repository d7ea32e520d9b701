"""What this run has sent and what of it is confirmed: why was this record counted as unchanged?"""

from __future__ import annotations

import typing as t

from target_activecampaign.storage.email_map import EmailMap

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNCONFIRMED = b""
"""Stands for the fingerprint of a contact that was sent, and is not confirmed."""


class SentContacts:
    """Identity to fingerprint of what was last confirmed, for every contact that this run has sent. Exact.

    Who is on their way for the first time is known to the send_queue alone.
    """

    def __init__(self) -> None:
        self._fingerprints = EmailMap()
        self._count = 0

    def __len__(self) -> int:
        """Distinct contacts that this run has sent or is about to send."""
        return self._count

    def find(self, emails: Iterable[str]) -> dict[str, bytes]:
        """The fingerprints of those that have their verdict, `UNCONFIRMED` where it was no success.

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
        """Remember somebody who turned out to need nothing, unless more is remembered."""
        if not self.find([email]):
            self.forget(email)

    def close(self) -> None:
        """Let go of what was kept on disk."""
        self._fingerprints.close()
