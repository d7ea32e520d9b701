"""How a whole set of contacts is a parameter of one statement, on SQLite and PostgreSQL alike.

Owns the little SQL in which the two differ. A set is a table `given` with a row for each contact, cut by
place out of one blob of all identities and one of all fingerprints, 16 bytes each: SQLite has no arrays, and
psycopg's cost three times as much. No statement's text depends on how many there are, so that each is
prepared once.
"""

from __future__ import annotations

import functools
import json
import typing as t

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
    SELECT key AS place, substr(:identities, CAST(16 * key + 1 AS integer), 16) AS identity{more}
    FROM {places}
) AS given"""
_MORE = {
    "given": "",
    "given_fingerprints": ", substr(:fingerprints, CAST(16 * key + 1 AS integer), 16) AS fingerprint",
    "given_addresses": ", value AS address",
}


def complete(statement: str, dialect: str) -> str:
    """Put the tables of a set into a statement.

    Args:
        statement: With `{given}` for a table of (place, identity), `{given_fingerprints}` for one that has
            `fingerprint` too, or `{given_addresses}` for one that has `address` too.
        dialect: `sqlite` or `postgresql`.
    """
    places = _PLACES[dialect]
    return statement.format(**{name: _GIVEN.format(more=more, places=places) for name, more in _MORE.items()})


def pack(
    identities: Sequence[bytes],
    fingerprints: Sequence[bytes] | None = None,
    addresses: Sequence[str] | None = None,
) -> dict[str, bytes | str]:
    """Return the parameters of a set; what is given is of one length and in one order."""
    places = _places(len(identities)) if addresses is None else json.dumps(addresses)
    packed: dict[str, bytes | str] = {"identities": b"".join(identities), "places": places}
    return packed if fingerprints is None else {**packed, "fingerprints": b"".join(fingerprints)}


@functools.lru_cache(maxsize=64)
def _places(count: int) -> str:
    return json.dumps([0] * count)
