"""Owns the hash that stands for an address or for what was sent: without its key it can't be guessed."""

from __future__ import annotations

import hashlib
import os

HASH_BYTES = 16
"""Among a billion values two meet by chance once in 10^20 keys."""


class KeyedHash:
    """BLAKE2b with a key. Safe to use from several threads."""

    def __init__(self, key: bytes) -> None:
        """Prepare the hash.

        Args:
            key: Up to 64 bytes.
        """
        # Copied for each value: half the time of making one anew.
        self._keyed = hashlib.blake2b(key=key, digest_size=HASH_BYTES)

    @classmethod
    def random(cls) -> KeyedHash:
        """Make a hash whose key ends with the process."""
        return cls(os.urandom(32))

    def __call__(self, value: bytes) -> bytes:
        """Return the hash of a value, 16 bytes."""
        hashed = self._keyed.copy()
        hashed.update(value)
        return hashed.digest()
