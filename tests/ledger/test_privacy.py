"""The ledger is for its owner alone, and holds no address, no key and no hash that can be guessed."""

from __future__ import annotations

import os
import stat
import typing as t

import pytest
from support.ledgers import (
    KEY,
    OpenLedger,
    address_of,
    addresses_of,
    content_of,
    fingerprint_of,
    fingerprints_of,
)

from target_activecampaign.config.secret import Secret

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.postgres_server import PostgresServer

    from target_activecampaign.ledger.ledger import Ledger


TABLES = (
    "ledger_contact",
    "ledger_member",
    "ledger_source_key",
    "ledger_gone_key",
    "ledger_tap_stream",
    "ledger_removal",
    "ledger_meta",
    "ledger_holder",
    "ledger_run",
)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_files_are_their_owners_alone(on_sqlite: OpenLedger, tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        ledger = on_sqlite()
        ledger.hold([1])
        ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.list-1.lock"), 0o600
    )


@pytest.mark.parametrize("keeps_people", [False, True])
def test_no_file_holds_an_address_a_key_or_a_hash_that_can_be_guessed(
    on_sqlite: OpenLedger,
    tmp_path: Path,
    keeps_people: bool,  # noqa: FBT001
) -> None:
    ledger = on_sqlite(keeps_people=keeps_people)
    ledger.begin_run(5)
    ledger.hold([1])
    ledger.confirm(
        1, {address_of(name): ledger.fingerprint(b"a") for name in ("ada", "bo")}, sent_at=5, ended_at=5
    )
    fill(ledger)
    ledger.remove_contacts(1, addresses_of("bo"))
    while_open = b"".join(content_of(tmp_path).values())
    ledger.close()
    for content in (while_open, b"".join(content_of(tmp_path).values())):
        for secret in (b"ada", b"example.com", KEY.encode(), fingerprint_of("a"), ledger._cipher._data_key):
            assert secret not in content


@pytest.mark.postgres
def test_no_table_holds_an_address_or_a_key(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    opening = OpenLedger(url)
    ledger = opening(keeps_people=True)
    ledger.confirm(1, {address_of("ada"): ledger.fingerprint(b"a")}, sent_at=5, ended_at=5)
    fill(ledger)
    opening.close_all()
    schema = url.rpartition("%3D")[2]
    with postgres.connect() as connection:
        rows = [
            row
            for name in TABLES
            for row in connection.execute(f"SELECT t::text FROM {schema}.{name} t")  # noqa: S608
        ]
    assert len(rows) == 6
    for secret in ("ada", "example.com", KEY, fingerprint_of("a").hex()):
        assert secret not in str(rows)


def fill(ledger: Ledger) -> None:
    """Note people whose keys say who they are."""
    people = [(ledger.source_key(address_of(name).encode()), address_of(name)) for name in ("ada", "bo")]
    ledger.note_people(1, "people", people[:1], 5)
    ledger.note_people(1, "people", people[1:], 5)
    ledger.note_deletions(1, "people", people[1:], 5)


def test_what_was_erased_is_overwritten(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    ledger = on_sqlite(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    fill(ledger)
    identity = ledger.identity(address_of("ada"))
    assert ledger.erase_people(addresses_of("bo"), members=True) == 0
    assert ledger.figures().lists[1].pending == {}
    ledger.close()
    assert identity in (tmp_path / "ledger.db").read_bytes()
    ledger = on_sqlite(keeps_people=True)
    assert ledger.erase_people(addresses_of("ada"), members=True) == 1
    assert ledger.figures().lists == {}
    ledger.close()
    assert identity not in (tmp_path / "ledger.db").read_bytes()


def test_no_error_shows_an_address_or_a_key(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    with ledger._database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_contact")
    with pytest.raises(Exception, match="the ledger can't be written") as raised:
        ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    shown = str(raised.value) + repr(raised.value)
    for secret in ("ada", "example.com", KEY, fingerprint_of("a").hex()):
        assert secret not in shown
    assert repr(Secret(open_ledger.url)) == "Secret(***)"
