"""Stopped at every single step and run again from the last STATE: none lost, no STATE too early."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import typing as t

import pytest
from support.power_cuts import PowerCutError, Steps, cut_power, instrument
from support.quick_target import QuickClock, run_quickly
from support.resuming import account_of, applied_one_by_one, assert_covered, config_of, messages_after

from target_activecampaign.api.client import Client
from target_activecampaign.delivery.confirming import Confirming
from target_activecampaign.delivery.delivery import Delivery
from target_activecampaign.delivery.submitting import Submitting
from target_activecampaign.ledger import crypto as ledger_crypto
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.reporting.rejects import RejectsFile
from target_activecampaign.run.signals import Interruption
from target_activecampaign.sandbox import serve
from target_activecampaign.singer.state_output import StateOutput

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.postgres_server import PostgresServer

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = [pytest.mark.sweep, pytest.mark.timeout(900)]

SPEED = 300

# Everything that leaves a trace outside, or changes what is known of it.
STEPS: list[tuple[type, str]] = [
    (Client, "check_key"),
    (Client, "lists"),
    (Client, "first_contract"),
    (Client, "contract"),
    (Client, "submit"),
    (Client, "poll"),
    (Client, "memberships"),
    (Ledger, "compare"),
    (Ledger, "doubt"),
    (Ledger, "confirm"),
    (Ledger, "forget"),
    (Delivery, "add"),
    (Delivery, "add_state"),
    (Submitting, "take_outcome"),
    (Confirming, "take_status"),
    (Confirming, "take_read_back"),
    (Delivery, "finish"),
    (StateOutput, "write"),
    (RejectsFile, "write"),
    (RejectsFile, "sync"),
]


# What a server in the place of the file can change: the steps around each of its transactions.
LEDGER_STEPS = [
    step
    for step in STEPS
    if step[0] is Ledger or step in {(Client, "submit"), (Confirming, "take_status"), (StateOutput, "write")}
]


def ask_to_stop(_: Steps) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def _handled_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs of this test take the process's signals, as the command does."""
    usual = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    made = Interruption.__init__

    def make(interruption: Interruption) -> None:
        made(interruption)
        interruption.install()

    monkeypatch.setattr(Interruption, "__init__", make)
    yield
    for number, handler in usual.items():
        signal.signal(number, handler)


@pytest.fixture
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is derived from the API key in no time, as ledgers are opened so often."""
    monkeypatch.setitem(ledger_crypto._SCRYPT, "n", 2)


def sqlite_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


def run_and_resume(
    sandbox: RunningSandbox,
    folder: Path,
    steps: Steps,
    ledger_url: str | None,
    places: list[tuple[type, str]],
) -> int:
    """Run till struck, then from the last STATE; the first exit code."""
    config = config_of(sandbox, folder, ledger_url=ledger_url)
    output = io.StringIO()
    exit_code = -1
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PowerCutError):
        instrument(patch, steps, places)
        exit_code = run_quickly(config, messages_after(None), QuickClock(SPEED), output).exit_code
    states = [int(line) for line in output.getvalue().splitlines()]
    assert states == sorted(states)
    last = states[-1] if states else None
    steps.clear_away()
    assert_covered(last, sandbox, folder)
    again = run_quickly(config, messages_after(last), QuickClock(SPEED))
    assert again.exit_code == 0 or again.report["read"] == sum(again.report["rejected"].values())
    assert account_of(sandbox) == applied_one_by_one()
    if ledger_url is not None:
        # What the ledger takes for unchanged is so: everything once more ends at the same account.
        run_quickly(config, messages_after(None), QuickClock(SPEED))
        assert account_of(sandbox) == applied_one_by_one()
    return exit_code


def test_a_power_cut_at_every_step_loses_nothing(tmp_path: Path) -> None:
    steps, _ = sweep("looks=2", tmp_path, cut_power)
    assert steps > 80


@pytest.mark.usefixtures("_cheap_keys")
def test_a_power_cut_at_every_step_loses_nothing_with_a_ledger(tmp_path: Path) -> None:
    steps, _ = sweep("at-once", tmp_path, cut_power, new_url=sqlite_in)
    assert steps > 100


@pytest.mark.usefixtures("_cheap_keys")
@pytest.mark.postgres
def test_a_power_cut_around_every_transaction_loses_nothing_with_a_ledger_on_postgresql(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Limits are shared by the server's clock, and these runs have a quick one.
    monkeypatch.setattr("target_activecampaign.run.run.share_limits", lambda *_, **__: None)
    steps, _ = sweep(
        "at-once", tmp_path, cut_power, new_url=lambda _: postgres.new_url(), places=LEDGER_STEPS
    )
    assert steps > 20


@pytest.mark.usefixtures("_handled_signals")
def test_a_request_to_stop_at_every_step_loses_nothing(tmp_path: Path) -> None:
    steps, exit_codes = sweep("looks=2", tmp_path, ask_to_stop)
    assert exit_codes <= {143, 0}
    assert steps > 80


def sweep(
    progress: str,
    folder: Path,
    strike: Callable[[Steps], None],
    new_url: Callable[[Path], str] | None = None,
    places: list[tuple[type, str]] = STEPS,
) -> tuple[int, set[int]]:
    """Strike at step 1, 2, 3 and so on until the run gets through; steps and exit codes."""
    exit_codes: set[int] = set()
    strike_at = 1
    while True:
        place = folder / str(strike_at)
        place.mkdir()
        ledger_url = new_url(place) if new_url else None
        steps = Steps(strike_at, strike)
        with serve(with_limits=False, progress=progress) as sandbox:
            exit_code = run_and_resume(sandbox, place, steps, ledger_url, places)
        if steps.count < strike_at:
            print(f"{strike_at - 1} steps, {progress}")  # noqa: T201 - the figure is what the test is for
            return strike_at - 1, exit_codes
        exit_codes.add(exit_code)
        strike_at += 1
