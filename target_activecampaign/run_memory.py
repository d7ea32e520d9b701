"""What this run has sent and what of it is confirmed: why was this record counted as unchanged?"""

from __future__ import annotations

_UNCONFIRMED = b""


class RunMemory:
    """Identity to fingerprint of what was last confirmed, for every contact that this run sends. Exact."""

    def __init__(self) -> None:
        self._fingerprints: dict[str, bytes] = {}

    def __len__(self) -> int:
        """Distinct contacts that this run has sent or is about to send."""
        return len(self._fingerprints)

    def is_sent(self, email: str) -> bool:
        """Whether this run sends or has sent a contact of this identity."""
        return email in self._fingerprints

    def is_confirmed(self, email: str) -> bool:
        """Whether the account surely has a contact of this identity, because this run delivered it."""
        return bool(self._fingerprints.get(email))

    def is_unchanged(self, email: str, fingerprint: bytes) -> bool:
        """Whether exactly this was the last that was confirmed for the identity."""
        return self._fingerprints.get(email) == fingerprint

    def send(self, email: str) -> None:
        """Remember that a contact of this identity will be sent."""
        self._fingerprints.setdefault(email, _UNCONFIRMED)

    def confirm(self, email: str, fingerprint: bytes) -> None:
        """Remember what was delivered."""
        self._fingerprints[email] = fingerprint

    def forget(self, email: str) -> None:
        """Remember that the last thing sent for this identity was refused."""
        self._fingerprints[email] = _UNCONFIRMED

    def withdraw(self, email: str) -> None:
        """Forget the identity: it was not sent after all."""
        self._fingerprints.pop(email, None)
