"""A dry run reads the ledger, writes nothing, and leaves nothing behind."""

from __future__ import annotations

import gc
import itertools
import stat
import tempfile
import typing as t

import pytest
from sqlalchemy.exc import DBAPIError
from support.ledgers import (
    OpenLedger,
    address_of,
    comparison_of,
    content_of,
    fingerprints_of,
    members_of,
)

from target_activecampaign.errors import SettingsError
from target_activecampaign.ledger import sqlite_file

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.postgres_server import PostgresServer


def test_a_dry_run_sees_what_is_there_and_changes_no_byte(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    ledger = on_sqlite(keeps_people=True)
    ledger.note_people(1, "people", [(None, address_of("ada"))], 4)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    for is_being_written in (True, False):
        if not is_being_written:
            ledger.close()
        before = content_of(tmp_path)
        dry = on_sqlite(keeps_people=True, read_only=True)
        dry.begin_run(6)
        dry.hold([1])
        assert dry.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
        assert [*members_of(dry)] == [address_of("ada")]
        with pytest.raises(RuntimeError):
            dry.confirm(1, fingerprints_of(ada="b"), sent_at=6, ended_at=6)
        dry.close()
        assert content_of(tmp_path) == before


def test_a_dry_run_on_a_link_sees_what_was_written_last(
    on_sqlite: OpenLedger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    on_sqlite().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    link = tmp_path_factory.mktemp("elsewhere") / "link.db"
    link.symlink_to(on_sqlite.url.removeprefix("sqlite:///"))
    linked = OpenLedger(f"sqlite:///{link}")
    assert linked(read_only=True).compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    linked.close_all()
    assert [path.name for path in link.parent.iterdir()] == ["link.db"]


def test_a_dry_run_without_a_ledger_makes_none(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    dry = on_sqlite(read_only=True)
    assert dry.compare(1, fingerprints_of(ada="a"), 0) == comparison_of()
    assert dry.figures().lists == {}
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_leaves_nothing_in_the_temporary_folder(
    on_sqlite: OpenLedger, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    on_sqlite().close()
    dry = on_sqlite(read_only=True)
    (copy,) = folder.iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    dry.close()
    with pytest.raises(SettingsError):
        on_sqlite(account="other", read_only=True)
    gc.collect()
    assert list(folder.iterdir()) == []


def test_a_dry_run_waits_for_a_moment_of_rest(on_sqlite: OpenLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    on_sqlite().close()
    times = iter((1, 2, 3, 4, 5, 5))
    monkeypatch.setattr(sqlite_file, "_state_of", lambda _: (next(times), None))
    on_sqlite(read_only=True)
    assert list(times) == []

    endless = itertools.count()
    monkeypatch.setattr(sqlite_file, "_state_of", lambda _: (next(endless), None))
    with pytest.raises(SettingsError, match="ledger_url: another run is writing to the ledger; try again"):
        on_sqlite(read_only=True)


@pytest.mark.postgres
def test_a_dry_run_makes_no_table_and_writes_in_none(postgres: PostgresServer) -> None:
    opening = OpenLedger(postgres.new_url())
    dry = opening(read_only=True)
    assert dry.compare(1, fingerprints_of(ada="a"), 0) == comparison_of()
    opening().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert opening().figures().runs == 0
    again = opening(read_only=True)
    assert again.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    with pytest.raises(DBAPIError):
        again._database._writer.exec_driver_sql("DELETE FROM ledger_contact")
    opening.close_all()
