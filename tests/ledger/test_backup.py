"""Before its tables are brought up to date, a ledger on SQLite is copied; without a copy nothing changes."""

from __future__ import annotations

import logging
import sqlite3
import stat
import typing as t

import pytest
from support.ledgers import OpenLedger, comparison_of, fingerprints_of

from target_activecampaign.errors import LedgerError, SettingsError
from target_activecampaign.ledger import backup, migrations, sqlite_file
from target_activecampaign.ledger import opening as ledger_opening
from target_activecampaign.ledger.migrations import NEWEST_VERSION

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import sqlalchemy as sa

COPY = f"ledger.db.version-{NEWEST_VERSION}"


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[OpenLedger]:
    """Opens a ledger that holds one contact."""
    made = OpenLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    made().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    made.close_all()
    yield made
    made.close_all()


def update_program(patch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
    def step(connection: sa.Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE ledger_run ADD COLUMN host TEXT")
        if fails:
            raise LedgerError("stop")

    patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    for module in (migrations, ledger_opening, sqlite_file):
        patch.setattr(module, "NEWEST_VERSION", len(migrations.MIGRATIONS))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"ledger.db-wal", "ledger.db-shm"}


def test_a_ledger_is_copied_once_and_the_copy_is_named(
    opening: OpenLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with monkeypatch.context() as patch:
        update_program(patch)
        for _ in range(2):
            opening()
            opening.close_all()
        assert opening().figures().version == NEWEST_VERSION + 1
        opening.close_all()
    assert names(tmp_path) == {"ledger.db", COPY}
    assert stat.S_IMODE((tmp_path / COPY).stat().st_mode) == 0o600
    said = "\n".join(record.message for record in caplog.records if COPY in record.message)
    assert said == (
        f"The ledger's tables were brought from version {NEWEST_VERSION} to {NEWEST_VERSION + 1}. As it was "
        f"before it stands in {COPY}: delete that when you need no way back"
    )
    # The way back: the program of before reads the copy.
    (tmp_path / COPY).replace(tmp_path / "ledger.db")
    before = opening()
    assert before.figures().version == NEWEST_VERSION
    assert before.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")


def test_what_another_process_wrote_last_is_in_the_copy(
    opening: OpenLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    # Stands in the write-ahead log alone while it is open.
    other.execute("INSERT INTO ledger_run (id, started_at) VALUES (4711, 1)")
    update_program(monkeypatch)
    opening()
    other.close()
    copy = sqlite3.connect(tmp_path / COPY)
    assert copy.execute("SELECT count(*) FROM ledger_run WHERE id = 4711").fetchone() == (1,)
    copy.close()


def test_copies_of_one_version_do_not_pile_up(
    opening: OpenLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        with monkeypatch.context() as patch:
            update_program(patch, fails=True)
            with pytest.raises(SettingsError, match="stop"):
                opening()
    assert names(tmp_path) == {"ledger.db", COPY}
    assert opening().figures().version == NEWEST_VERSION


def test_without_room_for_the_copy_nothing_is_changed(
    opening: OpenLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        update_program(patch)
        patch.setattr(backup, "_copy_into", refuse)
        with pytest.raises(SettingsError, match=r"make room for a second file .* It was not changed"):
            opening()
    assert names(tmp_path) == {"ledger.db"}
    assert opening().figures().version == NEWEST_VERSION


def test_neither_a_dry_run_nor_a_new_ledger_leaves_a_copy(
    opening: OpenLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_program(monkeypatch)
    opening(read_only=True)
    (tmp_path / "new").mkdir()
    OpenLedger(f"sqlite:///{tmp_path / 'new' / 'ledger.db'}")()
    assert names(tmp_path) == {"ledger.db", "new"}
    assert names(tmp_path / "new") == {"ledger.db"}
