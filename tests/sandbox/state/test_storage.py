"""The account's file: made, served again, locked, and of another version."""

from __future__ import annotations

import sqlite3
import typing as t
from contextlib import closing

import pytest
from support.sandbox_fixture import submit

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state.storage import DatabaseUnusableError

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox


def test_what_a_sandbox_left_in_a_file_can_be_served_again(
    tmp_path: Path, connect: Callable[..., Api]
) -> None:
    database = tmp_path / "new folder" / "account.db"
    with serve(database, contact_limit=7) as first:
        connect(first).post("/contact/sync", {"contact": {"email": "ada@example.com"}})
        left = first.snapshot()

    with serve(database) as second:
        assert second.snapshot() == left
    assert [path.name for path in database.parent.iterdir()] == ["account.db"]


def test_nobody_else_may_read_a_file_that_it_makes(tmp_path: Path, connect: Callable[..., Api]) -> None:
    database = tmp_path / "account.db"
    with serve(database) as sandbox:
        connect(sandbox).post("/contact/sync", {"contact": {"email": "ada@example.com"}})
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert set(modes.values()) == {0o600}
    assert {"account.db", "account.db-wal"} <= modes.keys()


def test_a_file_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(DatabaseUnusableError, match="cannot be opened"),
        serve(tmp_path / "file" / "account.db"),
    ):
        pass


def test_open_imports_go_on_when_their_file_is_served_again(
    tmp_path: Path, connect: Callable[..., Api]
) -> None:
    database = tmp_path / "account.db"
    with serve(database, progress="never") as first:
        connect(first).post("/import/bulk_import", {"contacts": [{"email": "ada@example.com"}]})

    with serve(database, progress="looks=1") as second:
        batch_id = second.account.imports.page(1)[0]["batch_id"]
        assert connect(second).get("/import/info", batchId=batch_id).json()["status"] == "completed"


AS_IN_VERSION_1 = """
create trigger contact_added after insert on contact begin
    update setting set value = value + 1 where name = 'contacts';
end;
create trigger membership_added after insert on membership when new.status = 1 begin
    update list set subscribed = subscribed + 1 where id = new.list;
end;
create trigger membership_changed after update of status on membership when new.status <> old.status begin
    update list set subscribed = subscribed + (new.status = 1) - (old.status = 1) where id = new.list;
end;
drop table kept_request;
drop table kept_second;
drop table list_group;
alter table tag drop column udate;
alter table field drop column udate;
pragma user_version = 1;
"""


def test_a_file_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    database = tmp_path / "account.db"
    person = {"email": "ada@example.com", "subscribe": [{"listid": 1}]}
    with serve(database):
        pass
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(AS_IN_VERSION_1)

    for _ in range(2):
        with serve(database, progress="at-once") as sandbox:
            submit(sandbox.account, person)
            counted = len(sandbox.account.contacts), sandbox.account.lists.all()[0]["subscribed"]
            sandbox.account.tags.update(1, "renamed", "")
        assert counted == (1, 1)


def test_a_file_in_use_is_a_clear_error(tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    database = tmp_path / "account.db"
    start_sandbox(database)

    with pytest.raises(DatabaseUnusableError, match=r"account\.db is in use by another sandbox"):
        start_sandbox(database)


def test_a_file_that_is_no_account_is_left_alone(
    tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]
) -> None:
    database = tmp_path / "notes.txt"
    database.write_text("not a database, but long enough to be looked at as one" * 20)

    with pytest.raises(DatabaseUnusableError, match=r"notes\.txt is not a database of the sandbox"):
        start_sandbox(database)
    assert database.read_text().startswith("not a database")


def test_a_folder_is_no_file(tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    with pytest.raises(DatabaseUnusableError, match="cannot be opened"):
        start_sandbox(tmp_path)
