"""MariaDB's binlog, as singer-io's `tap-mysql` reads it (LOG_BASED), brings changes and deletions alone."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.tap_sources import Source

LOG = "LOG_BASED"
MIRROR: dict[str, t.Any] = {"membership": "mirror"}
DELETE: dict[str, t.Any] = {"on_delete": "unsubscribe"}


@pytest.fixture(params=["tap-mysql", "pipelinewise-tap-mysql"])
def source(request: pytest.FixtureRequest, from_mariadb: Callable[[str], Source]) -> Source:
    return from_mariadb(request.param)


def test_a_mirror_refuses_changes_alone_and_names_the_bookmark(source: Source) -> None:
    source.load(LOG, **MIRROR)
    source.rename(below=20)
    outcome = source.load(LOG, **MIRROR)
    assert source.state
    assert {"log_file", "log_pos"} <= set(source.state["bookmarks"]["shop-people"])
    assert outcome.report["read"] == 19
    assert outcome.exit_code == 5
    assert "shop-people" in outcome.log
    assert "log_file" in outcome.log or "log_pos" in outcome.log
    assert source.off() == set()


def test_a_deleted_row_takes_exactly_its_person_off(source: Source) -> None:
    source.load(LOG, **DELETE)
    source.rename(below=20)
    source.delete(5)
    outcome = source.load(LOG, **DELETE)
    assert outcome.exit_code == 0
    assert source.off() == {"person5@example.com"}


@pytest.mark.parametrize("number_again", [6, 106])
def test_a_row_that_is_deleted_and_inserted_again_changes_nothing(source: Source, number_again: int) -> None:
    source.load(LOG, **DELETE)
    source.delete(6)
    source.add(number_again, "person6@example.com")
    outcome = source.load(LOG, **DELETE)
    assert outcome.exit_code == 0
    assert source.off() == set()


def test_a_row_that_is_inserted_before_its_double_is_deleted_keeps_the_person(source: Source) -> None:
    source.load(LOG, **DELETE)
    source.add(106, "person6@example.com")
    source.delete(6)
    assert source.load(LOG, **DELETE).exit_code == 0
    assert source.off() == set()


def test_a_double_that_goes_takes_nobody_along(source: Source) -> None:
    source.add(106, "person6@example.com")
    source.load(LOG, **DELETE)
    source.delete(106)
    assert source.load(LOG, **DELETE).exit_code == 0
    assert source.off() == set()


def test_without_a_ledger_a_deleted_row_takes_its_person_off(source: Source) -> None:
    settings = {**DELETE, "ledger_url": None}
    source.load(LOG, **settings)
    source.delete(5)
    source.delete(6)
    source.add(6)
    outcome = source.load(LOG, **settings)
    assert outcome.exit_code == 0
    assert source.off() == {"person5@example.com"}
