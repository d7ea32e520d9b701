"""Taps that read a table in full: when the mirror takes off by itself, and when it waits for a word."""

from __future__ import annotations

import typing as t

import pytest
from support.removals import carry_out_removals

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.tap_sources import Source

FULL = "FULL_TABLE"
MIRROR: dict[str, t.Any] = {"membership": "mirror"}
WITH_A_VERSION_AT_THE_END = ["tap-mysql", "pipelinewise-tap-mysql", "pipelinewise-tap-postgres"]
HALF_READ = {
    "tap-mysql": {
        "initial_full_table_complete": True,
        "max_pk_values": {"id": 20},
        "last_pk_fetched": {"id": 10},
    },
    "pipelinewise-tap-postgres": {"last_replication_method": FULL, "version": 1},
}


@pytest.fixture
def make_source(request: pytest.FixtureRequest) -> Callable[[str], Source]:
    def make(tap: str) -> Source:
        fixture = "from_postgres" if tap.endswith("postgres") else "from_mariadb"
        source: Source = request.getfixturevalue(fixture)(tap)
        return source

    return make


@pytest.mark.parametrize("tap", WITH_A_VERSION_AT_THE_END)
def test_a_version_behind_the_last_record_and_none_before_takes_off_within_the_run(
    make_source: Callable[[str], Source], tap: str
) -> None:
    source = make_source(tap)
    assert source.load(FULL, **MIRROR).exit_code == 0
    source.delete(20)
    outcome = source.load(FULL, **MIRROR)
    assert outcome.exit_code == 0
    assert source.off() == {"person20@example.com"}


@pytest.mark.parametrize("tap", WITH_A_VERSION_AT_THE_END)
def test_a_version_at_both_ends_leaves_removals_pending(
    make_source: Callable[[str], Source], tap: str
) -> None:
    source = make_source(tap)
    source.load(FULL, **MIRROR)
    source.delete(20)
    source.state = None
    outcome = source.load(FULL, **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert source.off() == set()


@pytest.mark.parametrize("tap", HALF_READ)
def test_a_run_that_reads_the_rest_of_a_table_takes_nobody_off(
    make_source: Callable[[str], Source], tap: str
) -> None:
    """A tap that died goes on behind the last row of its STATE, and ends like one that read all."""
    source = make_source(tap)
    source.load(FULL, **MIRROR)
    if tap == "tap-mysql":
        source.state = {"bookmarks": {"shop-people": HALF_READ[tap]}}
    else:
        source.rename(below=20)  # gives them a newer transaction, from where the tap goes on
        xmin = source.scalar("select xmin::text from people where id = 1")
        source.state = {"bookmarks": {"public-people": {**HALF_READ[tap], "xmin": int(xmin)}}}
    outcome = source.load(FULL, **MIRROR)
    assert outcome.report["read"] < 20
    assert source.off() == set()


def test_without_a_version_removals_are_pending_until_the_user_carries_them_out(
    make_source: Callable[[str], Source],
) -> None:
    source = make_source("meltanolabs-tap-postgres")
    source.load(FULL, **MIRROR)
    source.delete(20)
    outcome = source.load(FULL, **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert source.off() == set()
    removed = carry_out_removals(source.pipeline, **MIRROR)
    assert removed.returncode == 0, removed.stderr
    assert source.off() == {"person20@example.com"}
