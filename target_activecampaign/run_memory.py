"""What this run has sent and what of it is confirmed: why was this record counted as unchanged?"""

from __future__ import annotations

import typing as t

from target_activecampaign.identity_store import IdentityStore
from target_activecampaign.keyed_hash import KeyedHash

if t.TYPE_CHECKING:
    from collections.abc import Iterable

UNCONFIRMED = b""
"""Stands for the fingerprint of a contact that was sent, and is not confirmed."""


class RunMemory:
    """Identity to fingerprint of what was last confirmed, for every contact that this run sends. Exact."""

    def __init__(self) -> None:
        self._fingerprints = IdentityStore()
        self._hash = KeyedHash.random()
        self._count = 0
        self._is_empty = True

    def __len__(self) -> int:
        """Distinct contacts that this run has sent or is about to send."""
        return self._count

    def find(self, emails: Iterable[str]) -> dict[str, bytes]:
        """The fingerprints of those identities that this run sends, `UNCONFIRMED` where it is not confirmed.

        Raises:
            OutputError: If the temporary folder can't be used, as from all others.
        """
        if self._is_empty:
            return {}
        keys = {self._hash(email.encode()): email for email in emails}
        return {keys[key]: value for key, value in self._fingerprints.find(keys).items()}

    def send(self, email: str, *, counts: bool = True) -> None:
        """Remember that a contact of this identity, which was not sent so far, will be.

        Args:
            email: The identity.
            counts: Whether it counts as sent; who is only taken off a list does not.
        """
        self._count += counts
        self._is_empty = False
        self._fingerprints.put(self._hash(email.encode()), UNCONFIRMED)

    def confirm(self, email: str, fingerprint: bytes) -> None:
        """Remember what was delivered."""
        self._fingerprints.put(self._hash(email.encode()), fingerprint)

    def forget(self, email: str) -> None:
        """Remember that the last thing sent for this identity was refused."""
        self._fingerprints.put(self._hash(email.encode()), UNCONFIRMED)

    def withdraw(self, email: str) -> None:
        """Forget an identity that was not sent after all."""
        self._count -= 1
        self._fingerprints.remove(self._hash(email.encode()))

    def close(self) -> None:
        """Let go of what was kept on disk."""
        self._fingerprints.close()
