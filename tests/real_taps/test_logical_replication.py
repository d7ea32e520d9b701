"""PostgreSQL's logical replication, as `meltanolabs-tap-postgres` reads it (LOG_BASED).

By default the record of a deleted row has its key alone; with REPLICA IDENTITY FULL all columns.
"""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.tap_sources import Source

LOG = "LOG_BASED"
DELETE: dict[str, t.Any] = {"on_delete": "unsubscribe"}
FULL_ROWS = "alter table people replica identity full"


@pytest.fixture(params=["meltanolabs-tap-postgres", "pipelinewise-tap-postgres"])
def source(request: pytest.FixtureRequest, from_postgres: Callable[[str], Source]) -> Source:
    return from_postgres(request.param)


def test_a_mirror_refuses_changes_alone_and_names_the_bookmark(source: Source) -> None:
    source.load(LOG, membership="mirror")
    source.rename(below=20)
    outcome = source.load(LOG, membership="mirror")
    assert outcome.report["read"] == 19
    assert outcome.exit_code == 5
    assert any(sign in outcome.log for sign in ("bookmark_properties", "replication_key", "lsn"))
    assert source.off() == set()


def test_with_a_ledger_a_deleted_row_is_found_by_its_key(source: Source) -> None:
    source.load(LOG, **DELETE)
    source.delete(5)
    source.delete(6)
    source.add(6)
    outcome = source.load(LOG, **DELETE)
    assert outcome.exit_code == 0
    assert source.off() == {"person5@example.com"}
    assert outcome.report["rejected"] == {}


def test_without_a_ledger_a_deleted_row_is_rejected_with_what_to_do_at_the_source(source: Source) -> None:
    settings = {**DELETE, "ledger_url": None, "max_rejected_percent": 100}
    source.load(LOG, **settings)
    source.delete(5)
    outcome = source.load(LOG, **settings)
    assert outcome.report["rejected"] == {"deletion_without_address": 1}
    assert "REPLICA IDENTITY FULL" in outcome.rejects[-1]["_rejected"]["detail"]
    assert source.off() == set()


@pytest.mark.parametrize("ledger", [True, False])
def test_with_all_columns_a_deleted_row_takes_its_person_off(source: Source, *, ledger: bool) -> None:
    settings = {**DELETE, **({} if ledger else {"ledger_url": None})}
    source.execute(FULL_ROWS)
    source.load(LOG, **settings)
    source.delete(5)
    source.delete(6)
    source.add(6)
    outcome = source.load(LOG, **settings)
    assert outcome.exit_code == 0
    assert source.off() == {"person5@example.com"}
