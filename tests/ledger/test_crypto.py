"""Files are their owner's alone and tell nobody an address; a dry run changes nothing."""

from __future__ import annotations

import gc
import itertools
import os
import stat
import tempfile
import typing as t

import pytest
from sqlalchemy.exc import DBAPIError
from support.ledgers import (
    KEY,
    OpenLedger,
    address_of,
    addresses_of,
    comparison_of,
    fingerprint_of,
    fingerprints_of,
)

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import SettingsError
from target_activecampaign.ledger import sqlite_file
from target_activecampaign.ledger.crypto import Cipher, WrongKeyError, new_data_key

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.postgres_server import PostgresServer

TABLES = ("ledger_contact", "ledger_member", "ledger_meta", "ledger_holder", "ledger_run")


@pytest.fixture
def on_sqlite(tmp_path: Path) -> t.Iterator[OpenLedger]:
    opening = OpenLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opening
    opening.close_all()


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_files_are_their_owners_alone(on_sqlite: OpenLedger, tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        ledger = on_sqlite()
        ledger.hold([1])
        ledger.confirm(1, "people", fingerprints_of(ada="a"), now=5)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.list-1.lock"), 0o600
    )


@pytest.mark.parametrize("keeps_addresses", [False, True])
def test_no_file_holds_an_address_a_key_or_a_hash_that_can_be_guessed(
    on_sqlite: OpenLedger,
    tmp_path: Path,
    keeps_addresses: bool,  # noqa: FBT001
) -> None:
    ledger = on_sqlite(keeps_addresses=keeps_addresses)
    ledger.begin_run(5)
    ledger.hold([1])
    ledger.confirm(1, "people", {address_of(name): ledger.fingerprint(b"a") for name in ("ada", "bo")}, now=5)
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
    ledger = opening(keeps_addresses=True)
    ledger.confirm(1, "people", {address_of("ada"): ledger.fingerprint(b"a")}, now=5)
    opening.close_all()
    schema = url.rpartition("%3D")[2]
    with postgres.connect() as connection:
        rows = [
            row
            for name in TABLES
            for row in connection.execute(f"SELECT t::text FROM {schema}.{name} t")  # noqa: S608
        ]
    assert len(rows) == 3
    for secret in ("ada", "example.com", KEY, fingerprint_of("a").hex()):
        assert secret not in str(rows)


def test_two_ledgers_have_nothing_in_common(tmp_path: Path) -> None:
    ledgers = [OpenLedger(f"sqlite:///{tmp_path / name}") for name in ("one.db", "two.db")]
    identities = {opening().identity(address_of("ada")) for opening in ledgers}
    assert len(identities) == 2
    assert len({opening().fingerprint(b"a") for opening in ledgers}) == 2
    for opening in ledgers:
        opening.close_all()


def test_an_address_is_encrypted_differently_each_time_and_opens_with_its_own_key_and_identity_alone() -> (
    None
):
    cipher, other = Cipher(new_data_key()), Cipher(new_data_key())
    ada, bo = address_of("ada"), address_of("bo")
    sealed = cipher.seal_address(ada)
    assert sealed != cipher.seal_address(ada)
    assert cipher.open_address(sealed, cipher.identity(ada)) == ada
    with pytest.raises(WrongKeyError):
        cipher.open_address(sealed, cipher.identity(bo))
    with pytest.raises(WrongKeyError):
        other.open_address(sealed, other.identity(ada))


def test_what_was_erased_is_overwritten(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    ledger = on_sqlite(keeps_addresses=True)
    ledger.confirm(1, "people", fingerprints_of(ada="a"), now=5)
    identity = ledger.identity(address_of("ada"))
    ledger.close()
    assert identity in (tmp_path / "ledger.db").read_bytes()
    ledger = on_sqlite(keeps_addresses=True)
    ledger.erase_people(addresses_of("ada"), members=True)
    ledger.close()
    assert identity not in (tmp_path / "ledger.db").read_bytes()


# Dry runs


def test_a_dry_run_sees_what_is_there_and_changes_no_byte(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    ledger = on_sqlite(keeps_addresses=True)
    ledger.confirm(1, "people", fingerprints_of(ada="a"), now=5)
    for is_being_written in (True, False):
        if not is_being_written:
            ledger.close()
        before = content_of(tmp_path)
        dry = on_sqlite(keeps_addresses=True, read_only=True)
        dry.begin_run(6)
        dry.hold([1])
        assert dry.compare(1, "people", fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada", "ada")
        assert [member.email for member in dry.members(1, "people")] == [address_of("ada")]
        with pytest.raises(RuntimeError):
            dry.confirm(1, "people", fingerprints_of(ada="b"), now=6)
        dry.close()
        assert content_of(tmp_path) == before


def test_a_dry_run_on_a_link_sees_what_was_written_last(
    on_sqlite: OpenLedger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    on_sqlite().confirm(1, "people", fingerprints_of(ada="a"), now=5)
    link = tmp_path_factory.mktemp("elsewhere") / "link.db"
    link.symlink_to(on_sqlite.url.removeprefix("sqlite:///"))
    linked = OpenLedger(f"sqlite:///{link}")
    assert linked(read_only=True).compare(1, "people", fingerprints_of(ada="a"), 0) == comparison_of(
        "ada", "ada"
    )
    linked.close_all()
    assert [path.name for path in link.parent.iterdir()] == ["link.db"]


def test_a_dry_run_without_a_ledger_makes_none(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    dry = on_sqlite(read_only=True)
    assert dry.compare(1, "people", fingerprints_of(ada="a"), 0) == comparison_of()
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
    assert dry.compare(1, "people", fingerprints_of(ada="a"), 0) == comparison_of()
    opening().confirm(1, "people", fingerprints_of(ada="a"), now=5)
    assert opening().figures().runs == 0
    again = opening(read_only=True)
    assert again.compare(1, "people", fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    with pytest.raises(DBAPIError):
        again._database._writer.exec_driver_sql("DELETE FROM ledger_contact")
    opening.close_all()


def test_no_error_shows_an_address_or_a_key(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_addresses=True)
    with ledger._database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_member")
    with pytest.raises(Exception, match="the ledger can't be written") as raised:
        ledger.confirm(1, "people", fingerprints_of(ada="a"), now=5)
    shown = str(raised.value) + repr(raised.value)
    for secret in ("ada", "example.com", KEY, fingerprint_of("a").hex()):
        assert secret not in shown
    assert repr(Secret(open_ledger.url)) == "Secret(***)"
