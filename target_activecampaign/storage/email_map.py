"""Owns an exact map from addresses to small values that stays small in memory. On disk are hashes alone.

A Bloom filter with one bit for each address stands before the map, since most addresses that are asked for
are new: after a million, one new address in 70 is searched for in vain, after ten million one in 7.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.storage.keyed_hash import KeyedHash
from target_activecampaign.storage.spilling_map import SpillingMap

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FILTER_BITS = 2**26  # 8 MB; pages that no address has touched take no memory
_LAST_BIT = _FILTER_BITS - 1


class EmailMap:
    """Maps normalised addresses to values of a few bytes. Has no lock: its owner has."""

    def __init__(self) -> None:
        """Start empty, without a file."""
        self._entries = SpillingMap()
        self._hash = KeyedHash.random()
        self._filter = bytearray()

    def find(self, emails: Iterable[str]) -> dict[str, bytes]:
        """Return the entries that exist for these addresses.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        bits = self._filter
        if not bits:
            return {}
        # Python keeps the hash of a text, and draws its key anew for each process.
        likely = [email for email in emails if bits[(hash(email) & _LAST_BIT) >> 3] >> (hash(email) & 7) & 1]
        keys = {self._hash(email.encode()): email for email in likely}
        return {keys[key]: value for key, value in self._entries.find(keys).items()}

    def put_all(self, entries: Mapping[str, bytes | None]) -> None:
        """Add or replace entries, or remove those whose value is `None`.

        Raises:
            OutputError: If the temporary folder is full.
        """
        bits = self._filter = self._filter or bytearray(_FILTER_BITS // 8)
        for email in entries:
            bit = hash(email) & _LAST_BIT
            bits[bit >> 3] |= 1 << (bit & 7)
        self._entries.put_all({self._hash(email.encode()): value for email, value in entries.items()})

    def close(self) -> None:
        """Delete the file."""
        self._entries.close()
