"""Owns which records say no for which people, in this run or before. Knows neither ledger nor outcome.

A word is what stands for one record in its stream: a person has a word for each record that says no.
"""

from __future__ import annotations

import struct
import typing as t
from collections import defaultdict

from target_activecampaign.storage.spilling_map import SpillingMap

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Word: t.TypeAlias = "tuple[bytes, int]"
"""The hash of a record's key, and the number of its stream."""

Words: t.TypeAlias = "dict[Word, bool]"
"""The words of a person, each with whether it is settled: the person was off the list for sure."""

_PACKED = struct.Struct(">16sI?")


class RefusingWords:
    """Maps people of each list to their words, and stays small in memory. Has no lock: its owner has."""

    def __init__(self) -> None:
        """Start without any."""
        self._maps: defaultdict[int, SpillingMap] = defaultdict(SpillingMap)
        self._stream_numbers: dict[str, int] = {}

    def has_any(self, list_id: int) -> bool:
        """Tell whether a list had words once."""
        return list_id in self._maps

    def word_of(self, stream: str, key: bytes) -> Word:
        """Return the word of a record."""
        return key, self._stream_numbers.setdefault(stream, len(self._stream_numbers))

    def find(self, list_id: int, identities: Iterable[bytes]) -> dict[bytes, Words]:
        """Return the words of those people who have some.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        found = self._maps[list_id].find(identities)
        return {identity: _unpack(packed) for identity, packed in found.items()}

    def put_all(self, list_id: int, words: Mapping[bytes, Words]) -> None:
        """Replace the words of people.

        Raises:
            OutputError: If the temporary folder is full.
        """
        self._maps[list_id].put_all({identity: _pack(some) for identity, some in words.items()})

    def close(self) -> None:
        """Free the disk that they take."""
        for kept in self._maps.values():
            kept.close()


def _pack(words: Words) -> bytes | None:
    packed = [_PACKED.pack(key, number, is_settled) for (key, number), is_settled in words.items()]
    return b"".join(packed) or None


def _unpack(packed: bytes) -> Words:
    return {(key, number): is_settled for key, number, is_settled in _PACKED.iter_unpack(packed)}
