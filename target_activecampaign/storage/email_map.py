"""An exact map from addresses to small values that stays small in memory; on disk are hashes alone.

Most addresses that are asked for are new. A bit for each that was put spares nearly all of them the search,
and errs on the side of searching: of a million, one new address in 70 is searched for in vain, of ten million
one in 7.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.storage.keyed_hash import KeyedHash
from target_activecampaign.storage.spilling_map import SpillingMap

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BITS = 2**26  # 8 MB, of which few addresses take little: what nobody wrote to takes no memory
_LAST_BIT = _BITS - 1


class EmailMap:
    """Maps normalised addresses to values of a few bytes. Not locked: its owner is."""

    def __init__(self) -> None:
        """Start empty, without a file."""
        self._entries = SpillingMap()
        self._hash = KeyedHash.random()
        self._bits = bytearray()

    def find(self, emails: Iterable[str]) -> dict[str, bytes]:
        """The entries of these addresses, those that there are.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        bits = self._bits
        if not bits:
            return {}
        # Python keeps the hash of a text.
        some = [email for email in emails if bits[(hash(email) & _LAST_BIT) >> 3] >> (hash(email) & 7) & 1]
        keys = {self._hash(email.encode()): email for email in some}
        return {keys[key]: value for key, value in self._entries.find(keys).items()}

    def put_all(self, entries: Mapping[str, bytes | None]) -> None:
        """Add or replace entries, or remove those whose value is `None`.

        Raises:
            OutputError: If the temporary folder is full.
        """
        bits = self._bits = self._bits or bytearray(_BITS // 8)
        for email in entries:
            bit = hash(email) & _LAST_BIT
            bits[bit >> 3] |= 1 << (bit & 7)
        self._entries.put_all({self._hash(email.encode()): value for email, value in entries.items()})

    def close(self) -> None:
        """Let go of the file."""
        self._entries.close()
