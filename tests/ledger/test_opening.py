"""A ledger that can't be used is refused with the setting's name and a remedy, and is left as it was."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import typing as t

import pytest
import sqlalchemy as sa
from support.ledgers import (
    ACCOUNT,
    KEY,
    OpenLedger,
    address_of,
    addresses_of,
    comparison_of,
    fingerprint_of,
    fingerprints_of,
    members_of,
)

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import LedgerError, SettingsError
from target_activecampaign.ledger import migrations, sqlite_file
from target_activecampaign.ledger import opening as ledger_opening
from target_activecampaign.ledger.data_key import rekey
from target_activecampaign.ledger.migrations import NEWEST_VERSION
from target_activecampaign.ledger.schema import MEMBER, META

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.postgres_server import PostgresServer


def refusal_of(url: str, *, account: str = ACCOUNT, key: str = KEY, read_only: bool = False) -> str:
    """The problem about a ledger, which holds no password."""
    opening = OpenLedger(url)
    with pytest.raises(SettingsError) as refused:
        opening(account=account, key=key, read_only=read_only)
    (problem,) = refused.value.problems
    assert "pass-word" not in problem
    return problem


@pytest.mark.parametrize(
    ("url", "meaning"),
    [
        ("", "ledger_url: it is no URL; write sqlite:///ledger.db or postgresql+psycopg://"),
        ("ledger.db", "ledger_url: it is no URL; write sqlite:///ledger.db or postgresql+psycopg://"),
        (
            "mysql://me:pass-word@127.0.0.1/db",
            "ledger_url: only SQLite and PostgreSQL (by psycopg) are known",
        ),
        ("postgresql+asyncpg://me:pass-word@h/db", "ledger_url: only SQLite and PostgreSQL (by psycopg)"),
        ("postgresql://me:pass-word@h:port/db", "ledger_url: it is no URL; write"),
        ("sqlite://", "ledger_url: name a file and nothing else, like sqlite:///ledger.db"),
        ("sqlite:///:memory:", "ledger_url: name a file and nothing else"),
        ("sqlite:///file:x?mode=memory&uri=true", "ledger_url: name a file and nothing else"),
        ("sqlite:///no/such/folder/ledger.db", "ledger_url: the folder of its file does not exist"),
        ("sqlite:////", "ledger_url: it names a folder; add a file's name"),
    ],
)
def test_a_url_that_can_not_be_used_is_refused(
    url: str, meaning: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for read_only in (False, True):
        assert refusal_of(url, read_only=read_only).startswith(meaning)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_refused() -> None:
    # The discard port: no PostgreSQL listens there.
    problem = refusal_of("postgresql+psycopg://me:pass-word@127.0.0.1:9/db")
    why = "no server listens there; look at host and port in ledger_url"
    assert problem == f"ledger_url: it can't be opened: {why}"


@pytest.mark.postgres
def test_a_wrong_password_and_a_database_that_is_not_there_are_refused(postgres: PostgresServer) -> None:
    assert refusal_of(postgres.url(password="pass-word")).endswith(
        "the server refuses the user or the password; look at ledger_url"
    )
    assert refusal_of(postgres.url(database="none")).endswith(
        "the database or the user does not exist; make it, or look at ledger_url"
    )


@pytest.mark.postgres
def test_a_user_who_may_not_make_tables_is_refused(postgres: PostgresServer) -> None:
    with postgres.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'pass-word'")
    problem = refusal_of(postgres.url(user="guest", password="pass-word"))
    assert problem == "ledger_url: the ledger can't be written: the user has no right to it; grant it"


@pytest.mark.postgres
def test_a_schema_that_is_not_there_is_refused(postgres: PostgresServer) -> None:
    problem = refusal_of(f"{postgres.url()}?options=-csearch_path%3Dnowhere")
    assert problem.endswith("the schema of the search_path does not exist; make it")


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_known_by_each_of_its_names(postgres: PostgresServer, scheme: str) -> None:
    opening = OpenLedger(postgres.new_url().replace("postgresql+psycopg", scheme))
    assert opening().figures().runs == 0
    opening.close_all()


def test_without_its_driver_postgresql_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    problem = refusal_of("postgresql://me:pass-word@127.0.0.1/db")
    assert re.search(r"^ledger_url: PostgreSQL needs a driver; install it: .*install.*postgres\]", problem)


def test_a_relative_path_starts_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opening = OpenLedger("sqlite:///ledger.db")
    opening()
    opening.close_all()
    assert (tmp_path / "ledger.db").is_file()


# Files that are something else


def damaged(content: bytes) -> bytes:
    return content[:100] + bytes(byte ^ 0x55 for byte in content[100:])


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, read_only: bool) -> None:  # noqa: FBT001
    path = tmp_path / "ledger.db"
    for content in (b"", b"email,name\n", b"SQLite format 2\0"):
        path.write_bytes(content)
        problem = refusal_of(f"sqlite:///{path}", read_only=read_only)
        assert problem.startswith("ledger_url: the file is no ledger (nor any SQLite database)")
        assert path.read_bytes() == content
    assert [found.name for found in tmp_path.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("read_only", [False, True])
def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, read_only: bool) -> None:  # noqa: FBT001
    path = tmp_path / "ledger.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()
    before = path.read_bytes()
    problem = refusal_of(f"sqlite:///{path}", read_only=read_only)
    assert problem == "ledger_url: the file is another program's database, not a ledger; name another"
    assert path.read_bytes() == before


@pytest.mark.parametrize("spoil", [damaged, lambda content: content[: len(content) // 2]])
def test_a_damaged_file_is_refused(tmp_path: Path, spoil: t.Callable[[bytes], bytes]) -> None:
    path = tmp_path / "ledger.db"
    opening = OpenLedger(f"sqlite:///{path}")
    opening()
    opening.close_all()
    path.write_bytes(spoil(path.read_bytes()))
    assert "the file is damaged" in refusal_of(opening.url)


def test_a_file_that_is_damaged_in_mid_run_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    opening = OpenLedger(f"sqlite:///{path}")
    ledger = opening()
    ledger.confirm(1, {f"a{number}@example.com": bytes(16) for number in range(500)}, sent_at=5, ended_at=5)
    opening.close_all()
    content = path.read_bytes()
    path.write_bytes(content[:28672] + bytes(len(content) - 28672))
    with pytest.raises(LedgerError, match="the ledger can't be read: the file is damaged"):
        opening().compare(1, {f"a{number}@example.com": bytes(16) for number in range(500)}, 0)
    opening.close_all()


def test_a_full_disk_ends_the_run_and_leaves_what_was_there(tmp_path: Path) -> None:
    opening = OpenLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = opening()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ledger._database.writer().exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(LedgerError, match="the ledger can't be written: the disk of its file is full"):
        ledger.confirm(
            1, {f"a{number}@example.com": bytes(16) for number in range(500)}, sent_at=5, ended_at=5
        )
    assert ledger.compare(1, fingerprints_of(ada="a", a1="b"), 0) == comparison_of("ada", "ada")
    opening.close_all()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    opening = OpenLedger(f"sqlite:///{path}")
    opening()
    opening.close_all()
    path.chmod(0o400)
    assert "may not be written to" in refusal_of(opening.url)


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    opening = OpenLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    opening().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    opening.close_all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.db"]


def test_a_ledger_that_another_run_makes_in_the_meantime_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    first, second = OpenLedger(url), OpenLedger(url)
    link = os.link

    def link_second(source: str, path: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        first().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
        link(source, path)

    monkeypatch.setattr(os, "link", link_second)
    assert second().compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    for opening in (first, second):
        opening.close_all()
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_with_a_second_name_is_refused_by_either(tmp_path: Path, read_only: bool) -> None:  # noqa: FBT001
    path, other = tmp_path / "ledger.db", tmp_path / "other.db"
    opening = OpenLedger(f"sqlite:///{path}")
    opening()
    opening.close_all()
    os.link(path, other)
    for name in (path, other):
        problem = refusal_of(f"sqlite:///{name}", read_only=read_only)
        assert "its file has a second name (a hard link)" in problem


def test_a_name_that_a_killed_run_left_while_it_made_the_ledger_is_removed(tmp_path: Path) -> None:
    path, left = tmp_path / "ledger.db", tmp_path / ".ledger.db.abc"
    opening = OpenLedger(f"sqlite:///{path}")
    opening()
    opening.close_all()
    os.link(path, left)
    opening()
    opening.close_all()
    assert not left.exists()


# Accounts, keys and versions


def test_the_ledger_of_another_account_is_refused(open_ledger: OpenLedger) -> None:
    open_ledger()
    assert refusal_of(open_ledger.url, account="other.api-us1.com") == (
        f"ledger_url: this ledger is of the account {ACCOUNT}, and the run is for other.api-us1.com; "
        "name a ledger of its own for each account"
    )


def test_a_renewed_key_is_refused_with_the_remedy_and_rekey_is_it(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.note_people(1, "people", [(None, address_of("ada"))], 4)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    problem = refusal_of(open_ledger.url, key="another-key")
    assert "`target-activecampaign ledger rekey`" in problem
    assert "TARGET_ACTIVECAMPAIGN_OLD_API_KEY" in problem
    assert KEY not in problem

    assert rekey_to("another-key", open_ledger.url, old=KEY)
    assert not rekey_to("another-key", open_ledger.url, old=KEY)
    again = open_ledger(key="another-key", keeps_people=True)
    assert again.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    assert [*members_of(again)] == [*addresses_of("ada")]
    assert "rekey" in refusal_of(open_ledger.url)


def rekey_to(key: str, url: str, old: str) -> bool:
    return rekey(Secret(url), account=ACCOUNT, old_api_key=Secret(old), api_key=Secret(key))


def test_rekey_with_a_wrong_old_key_changes_nothing(open_ledger: OpenLedger) -> None:
    open_ledger()
    with pytest.raises(SettingsError, match="TARGET_ACTIVECAMPAIGN_OLD_API_KEY: the ledger does not open"):
        rekey_to("another-key", open_ledger.url, old="wrong")
    open_ledger()


def test_rekey_makes_no_ledger(open_ledger: OpenLedger) -> None:
    with pytest.raises(SettingsError, match="ledger_url: there is no ledger there"):
        rekey_to("another-key", open_ledger.url, old=KEY)
    with pytest.raises(SettingsError, match="ledger_url: there is no ledger there"):
        open_ledger(create=False)


def test_a_ledger_of_a_newer_program_is_refused(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    with ledger._database.transaction() as connection:
        connection.execute(sa.update(META).values(version=migrations.NEWEST_VERSION + 1))
    newest = migrations.NEWEST_VERSION
    for read_only in (False, True):
        assert refusal_of(open_ledger.url, read_only=read_only) == (
            f"ledger_url: this ledger is of version {newest + 1} and was written by a newer "
            f"target-activecampaign; this one reads versions up to {newest}. "
            "Update it, or name another ledger"
        )


def test_a_ledger_of_version_1_claims_no_more_than_it_knew(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        for module in (migrations, ledger_opening, sqlite_file):
            patch.setattr(module, "NEWEST_VERSION", 1)
        old = open_ledger()
        ada = old.identity(address_of("ada"))
        with old._database.transaction() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO ledger_contact (list_id, identity, fingerprint, confirmed_at, since) "
                    "VALUES (1, :identity, :fingerprint, 9, 5)"
                ),
                {"identity": ada, "fingerprint": fingerprint_of("a")},
            )
            sealed = old._cipher.seal_address(address_of("ada"))
            connection.execute(
                sa.insert(MEMBER).values(list_id=1, identity=ada, stream="people", address=sealed, since=5)
            )
        open_ledger.close_all()
    ledger = open_ledger(keeps_people=True)
    assert ledger.figures().version == NEWEST_VERSION
    assert ledger.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    assert ledger.windows(1, [ada]) == {ada: ((5, 5), (9, 9))}
    assert [*members_of(ledger)] == [address_of("ada")]
    assert ledger.count_members(1, "people")
    assert ledger.note_deletions(1, "people", [(None, address_of("ada"))], 12) == [True]


def add_a_column(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE ledger_run ADD COLUMN host TEXT")


def fail(_: sa.Connection) -> None:
    raise LedgerError("stop")


def update_program(monkeypatch: pytest.MonkeyPatch, *steps: t.Callable[[sa.Connection], None]) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, *steps))
    for module in (migrations, ledger_opening, sqlite_file):
        monkeypatch.setattr(module, "NEWEST_VERSION", len(migrations.MIGRATIONS))


def test_a_ledger_of_an_older_program_is_brought_up_to_date(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ledger().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    open_ledger.close_all()
    update_program(monkeypatch, add_a_column, add_a_column_too)
    ledger = open_ledger()
    assert ledger.figures().version == NEWEST_VERSION + 2
    assert ledger.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    with ledger._database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO ledger_run (id, started_at, host, pid) VALUES (9, 1, 'h', 2)")


def add_a_column_too(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE ledger_run ADD COLUMN pid BIGINT")


def test_an_update_that_another_run_has_made_is_not_made_again(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    with ledger._database.transaction() as connection:
        migrations.migrate(connection, None)
    assert ledger.figures().version == NEWEST_VERSION
    assert ledger.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")


def test_an_update_that_fails_half_way_leaves_the_old_version(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ledger()
    open_ledger.close_all()
    with monkeypatch.context() as patch:
        update_program(patch, add_a_column, fail)
        assert refusal_of(open_ledger.url) == "ledger_url: stop"
    assert open_ledger().figures().version == NEWEST_VERSION
    update_program(monkeypatch, add_a_column, add_a_column_too)
    assert open_ledger().figures().version == NEWEST_VERSION + 2


def test_a_dry_run_on_a_ledger_of_an_older_program_leaves_it_so(
    open_ledger: OpenLedger, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ledger().confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    with monkeypatch.context() as patch:
        update_program(patch, add_a_column)
        if ledger_url.startswith("sqlite"):
            dry = open_ledger(read_only=True)
            assert dry.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
        else:
            assert "a run without dry_run" in refusal_of(ledger_url, read_only=True)
    assert open_ledger().figures().version == NEWEST_VERSION


# Imports


def test_the_target_starts_without_what_only_a_ledger_needs() -> None:
    program = (
        "import sys, target_activecampaign.target\n"
        "print(sorted({'cryptography', 'filelock', 'psycopg', 'target_activecampaign.ledger.ledger',"
        " 'target_activecampaign.ledger.database'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
