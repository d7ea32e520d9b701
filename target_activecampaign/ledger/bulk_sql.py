"""Owns how one statement works on a whole set of contacts, on SQLite and PostgreSQL alike.

Must not know what a statement is for. A set arrives as two or three parameters, whatever its size, and is cut
into rows by the database: see `docs/design/ledger.md`, "Bulk SQL".
"""

from __future__ import annotations

import functools
import json
import typing as t

import sqlalchemy as sa

if t.TYPE_CHECKING:
    from collections.abc import Sequence

# A row for each element of the JSON array `:places`: its place (from 0) as `key`, and itself as `value`.
_PLACES = {
    "sqlite": "json_each(:places)",
    "postgresql": """(
        SELECT number - 1 AS key, value
        FROM json_array_elements_text(CAST(:places AS json)) WITH ORDINALITY AS numbered (value, number)
    ) AS places""",
}
_GIVEN = """(
    SELECT key AS place, {columns}
    FROM {places}
) AS given"""
_IDENTITY = "substr(:identities, CAST(16 * key + 1 AS integer), 16) AS identity"
_FINGERPRINT = "substr(:fingerprints, CAST(16 * key + 1 AS integer), 16) AS fingerprint"
_SOURCE_KEY = "substr(:source_keys, CAST(16 * key + 1 AS integer), 16) AS source_key"
_COLUMNS = {
    "given": _IDENTITY,
    "given_fingerprints": f"{_IDENTITY}, {_FINGERPRINT}",
    "given_addresses": f"{_IDENTITY}, value AS address",
    "given_keys": _SOURCE_KEY,
    "given_people": f"{_SOURCE_KEY}, {_IDENTITY}",
    "given_records": f"{_SOURCE_KEY}, {_IDENTITY}, value AS address",
}


class BulkStatement:
    """A statement on a set of contacts. Its text does not depend on their number, so it is prepared once."""

    def __init__(self, text: str) -> None:
        """Complete the statement for each dialect.

        Args:
            text: With `{given}` for a table of (place, identity), `{given_fingerprints}` for one that has
                `fingerprint` too, `{given_addresses}` for one that has `address` too, `{given_keys}` for one
                of (place, source_key), `{given_people}` for one of (place, source_key, identity), or
                `{given_records}` for one that has `address` too.
                Parameters that are only selected need a cast, without which PostgreSQL can't tell their type.
        """
        self._by_dialect = {dialect: sa.text(_complete(text, places)) for dialect, places in _PLACES.items()}

    def for_dialect(self, dialect: str) -> sa.TextClause:
        """Return the statement for `sqlite` or `postgresql`."""
        return self._by_dialect[dialect]

    def execute(self, connection: sa.Connection, **parameters: object) -> sa.CursorResult[t.Any]:
        """Carry the statement out, as part of the connection's transaction."""
        return connection.execute(self.for_dialect(connection.dialect.name), parameters)


def pack(
    identities: Sequence[bytes],
    fingerprints: Sequence[bytes] | None = None,
    addresses: Sequence[str] | None = None,
) -> dict[str, bytes | str]:
    """Return the parameters of a set.

    Args:
        identities: 16 bytes each.
        fingerprints: 16 bytes each, in the order of the identities.
        addresses: Encrypted, in the order of the identities.
    """
    places = _places(len(identities)) if addresses is None else json.dumps(addresses)
    packed: dict[str, bytes | str] = {"identities": b"".join(identities), "places": places}
    return packed if fingerprints is None else {**packed, "fingerprints": b"".join(fingerprints)}


def pack_keys(
    source_keys: Sequence[bytes], identities: Sequence[bytes] | None = None
) -> dict[str, bytes | str]:
    """Return the parameters of a set of source keys.

    Args:
        source_keys: 16 bytes each.
        identities: 16 bytes each, in the order of the keys.
    """
    packed: dict[str, bytes | str] = {
        "source_keys": b"".join(source_keys),
        "places": _places(len(source_keys)),
    }
    return packed if identities is None else {**packed, "identities": b"".join(identities)}


def _complete(text: str, places: str) -> str:
    return text.format(
        **{name: _GIVEN.format(columns=columns, places=places) for name, columns in _COLUMNS.items()}
    )


@functools.lru_cache(maxsize=64)
def _places(count: int) -> str:
    return json.dumps([0] * count)
