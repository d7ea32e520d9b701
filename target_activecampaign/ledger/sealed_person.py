"""Owns a person whose address the ledger holds encrypted: it is decrypted only when asked for."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.ledger.crypto import Cipher


class SealedPerson:
    """A person of the ledger.

    Attributes:
        identity: Keyed hash of the address, 16 bytes.
    """

    __slots__ = ("_cipher", "_sealed", "identity")

    def __init__(self, identity: bytes, sealed: str, cipher: Cipher) -> None:
        self.identity = identity
        self._sealed = sealed
        self._cipher = cipher

    @property
    def email(self) -> str:
        """Decrypt the address, which takes some 30 us each time.

        Raises:
            DamagedAddressError: If it is damaged.
        """
        return self._cipher.open_address(self._sealed, self.identity)
