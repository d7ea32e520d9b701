"""The order of the messages that published taps write: what the completeness of a stream is judged by.

The README of this folder has the same orders; a tap that writes another one fails here.
"""

from __future__ import annotations

import typing as t

import pytest
from support.published_taps import order_of

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.tap_sources import Source

# Tap and way of replication to the order of the first run, and of a later one from its STATE.
FROM_MARIADB = {
    "FULL_TABLE": (
        "STATE SCHEMA VERSION RECORD STATE VERSION STATE",
        "STATE SCHEMA RECORD STATE VERSION STATE",
    ),
    "INCREMENTAL": ("STATE SCHEMA VERSION RECORD STATE", "STATE SCHEMA VERSION RECORD STATE"),
    "LOG_BASED": (
        "STATE SCHEMA VERSION RECORD STATE VERSION STATE",
        "STATE SCHEMA RECORD DELETION STATE",
    ),
}
FROM_POSTGRES = {
    "meltanolabs-tap-postgres": {
        "FULL_TABLE": ("SCHEMA RECORD STATE", "SCHEMA RECORD STATE"),
        "INCREMENTAL": ("SCHEMA RECORD STATE", "STATE SCHEMA RECORD STATE"),
        "LOG_BASED": ("SCHEMA RECORD STATE", "STATE SCHEMA RECORD DELETION STATE"),
    },
    "pipelinewise-tap-postgres": {
        "FULL_TABLE": (
            "SCHEMA STATE VERSION RECORD VERSION STATE",
            "SCHEMA STATE RECORD VERSION STATE",
        ),
        "INCREMENTAL": ("SCHEMA STATE VERSION RECORD STATE", "SCHEMA STATE VERSION RECORD STATE"),
        "LOG_BASED": ("SCHEMA STATE VERSION RECORD VERSION STATE", "SCHEMA RECORD DELETION STATE"),
    },
}


@pytest.mark.parametrize("method", FROM_MARIADB)
@pytest.mark.parametrize("tap", ["tap-mysql", "pipelinewise-tap-mysql"])
def test_of_a_table_in_mariadb(from_mariadb: Callable[[str], Source], tap: str, method: str) -> None:
    assert orders(from_mariadb(tap), method) == FROM_MARIADB[method]


@pytest.mark.parametrize("method", ["FULL_TABLE", "INCREMENTAL", "LOG_BASED"])
@pytest.mark.parametrize("tap", FROM_POSTGRES)
def test_of_a_table_in_postgresql(from_postgres: Callable[[str], Source], tap: str, method: str) -> None:
    assert orders(from_postgres(tap), method) == FROM_POSTGRES[tap][method]


def orders(source: Source, method: str) -> tuple[str, str]:
    """Return the orders of a first run and of the next, before which a row was changed and one deleted."""
    first = order_of(source.read(method))
    source.rename(below=20)
    source.delete(5)
    return first, order_of(source.read(method))
