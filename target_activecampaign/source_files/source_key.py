"""Owns which column tells the records of a file apart, by the columns' names and by all of their values.

The name decides, so that the key of two files with the same columns never is another by chance: the column
whose name comes first below has to be filled and different in every row, else the file has no key.
"""

from __future__ import annotations

import typing as t
from array import array

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = (
    "id",
    "uuid",
    "guid",
    "key",
    "contact_id",
    "customer_id",
    "client_id",
    "person_id",
    "member_id",
    "user_id",
    "subscriber_id",
    "record_id",
    "customer_number",
    "customer_no",
    "member_number",
    "kundennummer",
    "kundennr",
    "kunden_nr",
    "kunden_id",
    "mitgliedsnummer",
    "kontakt_id",
    "numero_client",
    "id_client",
    "id_cliente",
    "klantnummer",
)
_COMPARED_AT_ONCE = 2_000_000  # values


def key_column(headers: Iterable[str]) -> str | None:
    """Return the column that is the key by its name; `None` without one."""
    folded = {_fold(name): name for name in reversed(list(headers))}
    return next((folded[name] for name in _NAMES if name in folded), None)


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_").replace(".", "")


class Uniqueness:
    """Notes values, 8 bytes of each, and tells whether all of them were there and different."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._is_complete = True

    def add(self, value: object) -> None:
        """Note a value; a blank one is none."""
        if value is None or (isinstance(value, str) and not value.strip()):
            self._is_complete = False
        elif self._is_complete:
            self._hashes.append(hash(value if isinstance(value, (str, int)) else repr(value)))

    @property
    def holds(self) -> bool:
        """Whether there was a value in each row, and none twice."""
        if not self._is_complete or not self._hashes:
            return False
        parts = len(self._hashes) // _COMPARED_AT_ONCE + 1
        if parts == 1:
            return len(set(self._hashes)) == len(self._hashes)
        return all(self._is_part_unique(part, parts) for part in range(parts))

    def _is_part_unique(self, part: int, parts: int) -> bool:
        some = [one for one in self._hashes if one % parts == part]
        return len(set(some)) == len(some)
