"""A hash that says nothing to somebody who lacks its key: it stands for an address, or for what was sent."""

from __future__ import annotations

import hashlib
import os

HASH_BYTES = 16
"""Among a billion values two meet by chance once in 10^20 keys."""


class KeyedHash:
    """BLAKE2b with a key. Safe to use from several threads."""

    def __init__(self, key: bytes) -> None:
        """Prepare.

        Args:
            key: Up to 64 bytes.
        """
        # Copied for each value: half the time of making one anew.
        self._keyed = hashlib.blake2b(key=key, digest_size=HASH_BYTES)

    @classmethod
    def random(cls) -> KeyedHash:
        """One that ends with the process."""
        return cls(os.urandom(32))

    def __call__(self, value: bytes) -> bytes:
        """Hash a value, 16 bytes."""
        hashed = self._keyed.copy()
        hashed.update(value)
        return hashed.digest()
