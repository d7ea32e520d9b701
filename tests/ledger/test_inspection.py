"""A ledger is looked at without making, changing or copying a file, also while a run writes to it."""

from __future__ import annotations

import os
import typing as t

import pytest
from support.ledgers import ACCOUNT, KEY, OpenLedger, content_of, fingerprints_of

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import SettingsError
from target_activecampaign.ledger.inspection import Inspection, inspect_ledger

if t.TYPE_CHECKING:
    from pathlib import Path


def inspect(url: str, *list_ids: int, account: str = ACCOUNT, key: str = KEY) -> Inspection:
    return inspect_ledger(Secret(url), account=account, api_key=Secret(key), list_ids=list_ids or (7,))


def problem_of(url: str, **options: str) -> str:
    with pytest.raises(SettingsError) as refused:
        inspect(url, **options)
    return str(refused.value)


def test_a_ledger_that_is_not_there_stays_so(ledger_url: str, tmp_path: Path) -> None:
    assert inspect(ledger_url).is_new
    assert content_of(tmp_path) == {}
    assert inspect(ledger_url).is_new


def test_contacts_are_counted_on_the_lists_alone_that_are_asked_for(
    open_ledger: OpenLedger, ledger_url: str
) -> None:
    ledger = open_ledger()
    ledger.confirm(7, fingerprints_of(ada="a", bob="b"), sent_at=5, ended_at=5)
    ledger.confirm(8, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ledger.close()
    found = [inspect(ledger_url, *lists) for lists in ((7,), (8,), (7, 8), (9,))]
    assert [one.confirmed for one in found] == [2, 1, 3, 0]
    assert not any(one.is_new or one.holders for one in found)


def test_a_list_that_a_run_holds_is_told_with_the_run_and_the_run_goes_on(
    open_ledger: OpenLedger, ledger_url: str
) -> None:
    ledger = open_ledger(now=1_700_000_000)
    ledger.hold([7])
    ledger.confirm(7, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    found = inspect(ledger_url, 7, 8)
    assert found.holders == {
        7: f"process {os.getpid()} on {os.uname().nodename} since 2023-11-14 22:13:20 UTC"
    }
    assert found.confirmed == 1
    ledger.confirm(7, fingerprints_of(bob="b"), sent_at=5, ended_at=5)
    ledger.close()
    assert inspect(ledger_url, 7, 8).holders == {}
    open_ledger().hold([7])


def test_no_file_changes_or_comes(on_sqlite: OpenLedger, tmp_path: Path) -> None:
    ledger = on_sqlite()
    ledger.hold([7])
    ledger.close()
    before = content_of(tmp_path)
    assert not inspect(on_sqlite.url).is_new
    assert content_of(tmp_path) == before


def test_a_ledger_of_another_key_or_account_is_refused(open_ledger: OpenLedger, ledger_url: str) -> None:
    open_ledger().close()
    assert "was made with another api_key" in problem_of(ledger_url, key="another-key-0123456789")
    assert "is of the account acme.api-us1.com, and" in problem_of(ledger_url, account="b.api-us1.com")


def test_a_file_that_no_ledger_can_be_is_refused(tmp_path: Path) -> None:
    assert "the folder of its file does not exist" in problem_of(f"sqlite:///{tmp_path}/none/ledger.db")
    (tmp_path / "text.db").write_text("no database at all, but text")
    assert "the file is no ledger" in problem_of(f"sqlite:///{tmp_path}/text.db")
    assert "it names a folder" in problem_of(f"sqlite:///{tmp_path}")


def test_a_server_that_is_not_there_is_told() -> None:
    problem = problem_of("postgresql+psycopg://u:secret-word@127.0.0.1:1/db")
    assert problem.startswith("ledger_url: it can't be opened: no server listens there")
    assert "secret-word" not in problem
