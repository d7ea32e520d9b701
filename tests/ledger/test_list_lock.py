"""One run at a time writes for a list, and after any crash a contact is sent again, never skipped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import typing as t

import pytest
from support.ledgers import OpenLedger, addresses_of, comparison_of, fingerprints_of

from target_activecampaign.errors import LedgerError, SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres_server import PostgresServer

    from target_activecampaign.ledger.ledger import Ledger

    WaitUntil: t.TypeAlias = t.Callable[[t.Callable[[], bool]], None]

TESTS = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - handed to PYTHONPATH
OPENING = """
    import sys
    from support.ledgers import *
    ledger = OpenLedger(sys.argv[1])(now=1_700_000_000, keeps_people=True)
"""


@contextlib.contextmanager
def another_process(url: str, lines: str) -> Iterator[subprocess.Popen[str]]:
    """Runs these lines on the ledger, says `ready`, and waits until it is ended."""
    program = textwrap.dedent(OPENING) + textwrap.dedent(lines) + "\nprint('ready', flush=True)\ninput()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": TESTS},
    )
    assert process.stdout
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_list_that_another_process_holds_is_refused_with_its_holder(
    open_ledger: OpenLedger, ledger_url: str
) -> None:
    with another_process(ledger_url, "ledger.hold([7, 8])") as process:
        ledger = open_ledger()
        with pytest.raises(SettingsError) as refused:
            ledger.hold([6, 7])
    (problem,) = refused.value.problems
    assert problem.startswith(
        f"ledger_url: list 7 is being written by process {process.pid} on {os.uname().nodename} "
        "since 2023-11-14 22:13:20 UTC"
    )


def test_processes_with_different_lists_write_at_the_same_time(
    open_ledger: OpenLedger, ledger_url: str
) -> None:
    lines = "ledger.hold([7]); ledger.confirm(7, fingerprints_of(ada='a'), 5, 5)"
    with another_process(ledger_url, lines):
        ledger = open_ledger()
        ledger.hold([8])
        ledger.confirm(8, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
        assert ledger.compare(7, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
        assert ledger.compare(8, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")


def test_a_killed_process_holds_nothing(
    open_ledger: OpenLedger, ledger_url: str, wait_until: WaitUntil
) -> None:
    with another_process(ledger_url, "ledger.hold([7])") as process:
        kill(process)
        ledger = open_ledger()
        wait_until(lambda: can_hold(ledger, 7))


def can_hold(ledger: Ledger, list_id: int) -> bool:
    try:
        ledger.hold([list_id])
    except SettingsError:
        return False
    return True


def test_of_lists_that_are_refused_none_is_held(open_ledger: OpenLedger) -> None:
    first, second, third = open_ledger(), open_ledger(), open_ledger()
    second.hold([7])
    assert not can_hold(first, 7)
    with pytest.raises(SettingsError, match="list 7 is being written by"):
        first.hold([6, 7])
    third.hold([6])


def test_a_holder_that_is_not_written_down_yet_is_a_run_that_has_just_begun(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(), open_ledger()
    first.hold([7])
    with first._database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM ledger_holder")
    with pytest.raises(SettingsError, match="list 7 is being written by another run that has just begun;"):
        second.hold([7])


def test_closing_a_ledger_releases_its_lists(open_ledger: OpenLedger) -> None:
    first, second = open_ledger(), open_ledger()
    first.hold([7])
    first.hold([7])
    first.hold([7, 8])
    first.close()
    first.close()
    second.hold([7, 8])


def test_a_lock_file_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db.list-7.lock").mkdir()
    opening = OpenLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(
        SettingsError, match="ledger_url: the lock of list 7 beside its file can't be taken: "
    ):
        opening().hold([7])
    opening.close_all()


def test_a_dry_run_holds_no_list_and_waits_for_none(open_ledger: OpenLedger) -> None:
    writing = open_ledger()
    writing.hold([7])
    dry = open_ledger(read_only=True)
    dry.hold([7, 8])
    open_ledger().hold([8])


@pytest.mark.parametrize("value", ["old", "new"])
def test_a_contact_is_sent_again_when_the_process_is_killed_between_post_and_outcome(
    open_ledger: OpenLedger, ledger_url: str, value: str
) -> None:
    lines = "ledger.confirm(7, fingerprints_of(ada='old'), 5, 5); ledger.doubt(7, addresses_of('ada'))"
    with another_process(ledger_url, lines) as process:
        kill(process)
    compared = open_ledger().compare(7, fingerprints_of(ada=value), 0)
    assert compared == comparison_of("ada")


def test_a_contact_is_not_sent_again_when_the_process_is_killed_after_the_outcome(
    open_ledger: OpenLedger, ledger_url: str
) -> None:
    lines = "ledger.doubt(7, addresses_of('ada')); ledger.confirm(7, fingerprints_of(ada='a'), 5, 5)"
    with another_process(ledger_url, lines) as process:
        kill(process)
    ledger = open_ledger(keeps_people=True)
    assert ledger.compare(7, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")
    ledger.doubt(7, addresses_of("ada"))
    assert ledger.compare(7, fingerprints_of(ada="a"), 0) == comparison_of("ada")


def test_a_process_that_is_killed_in_a_transaction_has_written_nothing(
    open_ledger: OpenLedger, ledger_url: str
) -> None:
    lines = """
        ledger.confirm(7, fingerprints_of(ada='a'), 5, 5)
        transaction = ledger._database.transaction()
        connection = transaction.__enter__()
        ledger._confirmations.forget(connection, 7, [ledger.identity(address_of('ada'))])
    """
    with another_process(ledger_url, lines) as process:
        kill(process)
    assert open_ledger().compare(7, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")


@pytest.mark.postgres
def test_a_run_that_loses_its_connection_and_with_it_the_lock_writes_no_more(
    postgres: PostgresServer,
) -> None:
    opening = OpenLedger(postgres.new_url())
    ledger = opening()
    ledger.hold([7])
    pid = ledger._database.writer().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with postgres.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    for _ in range(2):
        with pytest.raises(
            LedgerError, match=r"^the ledger can't be written: (the connection was lost|the server)"
        ):
            ledger.confirm(7, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    opening().hold([7])
    opening.close_all()


def test_two_runs_that_make_the_ledger_at_once_share_it(ledger_url: str, tmp_path: Path) -> None:
    program = textwrap.dedent(OPENING) + "ledger.confirm(int(sys.argv[2]), fingerprints_of(ada='a'), 5, 5)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, ledger_url, str(number)],
            env={**os.environ, "PYTHONPATH": TESTS},
        )
        for number in range(1, 5)
    ]
    assert [process.wait() for process in processes] == [0] * 4
    opening = OpenLedger(ledger_url)
    ledger = opening()
    assert list(ledger.figures().lists) == [1, 2, 3, 4]
    assert {name.name for name in tmp_path.iterdir() if name.name.startswith(".")} == set()
    opening.close_all()
