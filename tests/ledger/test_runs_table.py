"""Both databases remember runs, beside a run that holds the ledger, and older ledgers learn it."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import LedgerError, SettingsError
from target_activecampaign.ledger import migrations, sqlite_file
from target_activecampaign.ledger import opening as ledger_opening
from target_activecampaign.ledger.runs_table import RunsTable
from target_activecampaign.ledger.schema import HISTORY

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.ledgers import OpenLedger


def table_of(url: str, kept: int = 400) -> RunsTable:
    return RunsTable(Secret(url), kept=kept, seconds=lambda: 0.2)


def test_runs_are_entered_while_a_run_holds_the_ledger(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.hold([1])
    table = table_of(open_ledger.url)
    assert [table.add({"host": "a"}), table.add({"host": "b"})] == [1, 2]
    table.put(1, {"host": "a", "read": 7})
    open_ledger.close_all()
    assert table.documents() == {1: {"host": "a", "read": 7}, 2: {"host": "b"}}


def test_the_oldest_runs_are_forgotten_and_numbers_go_on(open_ledger: OpenLedger) -> None:
    open_ledger()
    table = table_of(open_ledger.url, kept=2)
    assert [table.add({}) for _ in range(4)] == [1, 2, 3, 4]
    assert list(table.documents()) == [3, 4]


def test_a_ledger_of_version_2_learns_to_remember_runs(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        for module in (migrations, ledger_opening, sqlite_file):
            patch.setattr(module, "NEWEST_VERSION", 2)
        open_ledger()
        open_ledger.close_all()
    table = table_of(open_ledger.url)
    assert table.documents() == {}
    with pytest.raises(LedgerError):
        table.add({})
    open_ledger()
    assert table.add({}) == 1


def test_a_ledger_that_is_locked_is_not_waited_for_long(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    if ledger._database.path is None:
        pytest.skip("a server locks rows, and nobody else writes this one")
    with ledger._database.transaction(), pytest.raises(LedgerError, match="another process holds it locked"):
        table_of(open_ledger.url).add({})


def test_a_damaged_entry_is_said_without_its_content(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    with ledger._database.transaction() as connection:
        connection.execute(sa.insert(HISTORY).values(document="[1"))
    with pytest.raises(LedgerError, match="a run in it is damaged"):
        table_of(open_ledger.url).documents()


def test_no_ledger_is_made_by_those_who_read_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no ledger there"):
        table_of(f"sqlite:///{tmp_path}/none.db").documents()
    assert list(tmp_path.iterdir()) == []


def test_a_server_is_not_waited_for_in_vain() -> None:
    with pytest.raises(SettingsError, match="ledger_url"):
        table_of("postgresql://127.0.0.1:1/none").documents()
