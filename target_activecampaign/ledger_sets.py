"""How each database takes a whole set of contacts as parameters of one statement.

Owns the little SQL in which SQLite and PostgreSQL differ. A set is a table `given` with a row for each
contact, whose hashes are of 16 bytes; no statement's text depends on how many there are, so each is prepared
once.
"""

from __future__ import annotations

import functools
import json
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Sequence

Parameters: t.TypeAlias = dict[str, t.Any]


class SetSyntax(t.Protocol):
    """What a statement about a set is made of.

    Attributes:
        identities: Table of (place, identity), places from 0.
        with_fingerprints: Table of (identity, fingerprint).
        with_addresses: Table of (identity, address).
    """

    identities: t.ClassVar[str]
    with_fingerprints: t.ClassVar[str]
    with_addresses: t.ClassVar[str]

    @staticmethod
    def pack(
        identities: Sequence[bytes],
        fingerprints: Sequence[bytes] | None = None,
        addresses: Sequence[str] | None = None,
    ) -> Parameters:
        """Return the parameters of a set; what is given is of one length and in one order."""


class SqliteSets:
    """One blob of all hashes, cut by place: SQLite has no arrays, and its JSON no bytes.

    With a million rows a look-up in a set of thousands costs two thirds of `IN (?, ?, ...)`, which sorts the
    set into a temporary table first.
    """

    identities: t.ClassVar[str] = (
        "(SELECT key AS place, substr(:identities, 16 * key + 1, 16) AS identity"
        " FROM json_each(:places)) AS given"
    )
    with_fingerprints: t.ClassVar[str] = (
        "(SELECT substr(:identities, 16 * key + 1, 16) AS identity,"
        " substr(:fingerprints, 16 * key + 1, 16) AS fingerprint FROM json_each(:places)) AS given"
    )
    with_addresses: t.ClassVar[str] = (
        "(SELECT substr(:identities, 16 * key + 1, 16) AS identity, value AS address"
        " FROM json_each(:places)) AS given"
    )

    @staticmethod
    def pack(
        identities: Sequence[bytes],
        fingerprints: Sequence[bytes] | None = None,
        addresses: Sequence[str] | None = None,
    ) -> Parameters:
        """See `SetSyntax`."""
        places = _places(len(identities)) if addresses is None else json.dumps(addresses)
        packed = {"identities": b"".join(identities), "places": places}
        return packed if fingerprints is None else {**packed, "fingerprints": b"".join(fingerprints)}


class PostgresSets:
    """Arrays."""

    identities: t.ClassVar[str] = (
        "(SELECT number - 1 AS place, identity"
        " FROM unnest(CAST(:identities AS bytea[])) WITH ORDINALITY AS taken (identity, number)) AS given"
    )
    with_fingerprints: t.ClassVar[str] = (
        "unnest(CAST(:identities AS bytea[]), CAST(:fingerprints AS bytea[]))"
        " AS given (identity, fingerprint)"
    )
    with_addresses: t.ClassVar[str] = (
        "unnest(CAST(:identities AS bytea[]), CAST(:addresses AS text[])) AS given (identity, address)"
    )

    @staticmethod
    def pack(
        identities: Sequence[bytes],
        fingerprints: Sequence[bytes] | None = None,
        addresses: Sequence[str] | None = None,
    ) -> Parameters:
        """See `SetSyntax`."""
        sets = {"identities": identities, "fingerprints": fingerprints, "addresses": addresses}
        return {name: list(values) for name, values in sets.items() if values is not None}


@functools.lru_cache(maxsize=64)
def _places(count: int) -> str:
    return json.dumps([0] * count)
