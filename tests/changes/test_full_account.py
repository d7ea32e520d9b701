"""An account at its contract's limit: contacts that are there are updated, and none comes over it."""

from __future__ import annotations

import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.quick_target import run_quickly

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state.seed import BUILT_IN

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

QUICK: dict[str, t.Any] = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000, "verify": "none"}


def address(number: int) -> str:
    return f"person{number}@example.com"


def account_of(people: Iterable[int]) -> dict[str, t.Any]:
    return {**BUILT_IN, "contacts": [{"email": address(number)} for number in people]}


def run(sandbox: RunningSandbox, folder: Path, people: Iterable[int], **settings: t.Any) -> Outcome:  # noqa: ANN401 - of the configuration
    """Bring people to the account, with a STATE behind each."""
    messages = [schema_message()]
    for number in people:
        record = {"email": address(number), "first_name": settings.get("name", "Ada")}
        messages += [record_message(record), state_message({"after": number})]
    settings.pop("name", None)
    return run_quickly(config_for(sandbox.url, folder, **{**QUICK, **settings}), messages)


def names(sandbox: RunningSandbox) -> dict[str, str]:
    return {row["email"]: row["firstName"] for row in sandbox.snapshot(10**6)["contacts"]}


@pytest.mark.parametrize("lag", ["none", "minute", "three-minutes"])
def test_the_contract_is_kept_where_the_figure_lags_behind(tmp_path: Path, lag: str) -> None:
    switches = {"subscriber-total-lag": lag}
    with serve(with_limits=False, progress="at-once", contact_limit=100, switches=switches) as sandbox:
        outcome = run(sandbox, tmp_path, range(500), batch_size_rows=25)
        assert len(names(sandbox)) == 100
    assert outcome.exit_code == 3
    assert (outcome.report["created"], outcome.report["held_back"]) == (100, 400)
    assert outcome.states[-1] == {"after": 99}


def test_the_contract_is_kept_where_success_names_updated_contacts_too(tmp_path: Path) -> None:
    switches = {"success-names": "created-and-updated", "subscriber-total-lag": "minute"}
    seed = account_of(range(50))
    with serve(
        with_limits=False, progress="at-once", contact_limit=100, switches=switches, seed=seed
    ) as sandbox:
        outcome = run(sandbox, tmp_path, range(200), batch_size_rows=25)
        assert len(names(sandbox)) <= 100
    assert outcome.exit_code == 3
    assert outcome.report["delivered"] >= 50


def test_a_full_account_is_updated(tmp_path: Path) -> None:
    with serve(
        with_limits=False, progress="at-once", contact_limit=100, seed=account_of(range(100))
    ) as sandbox:
        outcome = run(sandbox, tmp_path, range(100))
        assert set(names(sandbox).values()) == {"Ada"}
    assert outcome.exit_code == 0
    assert (outcome.report["updated"], outcome.report["imports"], outcome.report["limit"]) == (100, 1, None)
    assert outcome.states[-1] == {"after": 99}


@pytest.mark.parametrize("room", [1, 7, 60])
def test_contacts_that_are_there_are_updated_by_few_imports_where_there_is_little_room(
    tmp_path: Path, room: int
) -> None:
    seed = account_of(range(100))
    with serve(with_limits=False, progress="at-once", contact_limit=100 + room, seed=seed) as sandbox:
        outcome = run(sandbox, tmp_path, range(100))
    assert outcome.exit_code == 0
    assert outcome.report["updated"] == 100
    assert outcome.report["imports"] <= 3
    assert outcome.report["requests"] <= 25


def test_in_a_full_account_only_those_are_held_back_who_are_not_there(tmp_path: Path) -> None:
    seed = account_of(range(0, 300, 2))
    with serve(with_limits=False, progress="at-once", contact_limit=151, seed=seed) as sandbox:
        outcome = run(sandbox, tmp_path, range(300), batch_size_rows=50, profile_limit=1000)
        there = names(sandbox)
    assert len(there) == 151
    assert outcome.exit_code == 3
    assert (outcome.report["updated"], outcome.report["created"]) == (150, 1)
    assert outcome.report["held_back"] == 149
    assert outcome.report["requests"] <= 40
    assert "contract: 151 of 151 contacts; profile_limit: 1000" in outcome.log
    advice = "Make room for 149 contacts, or raise the contract (151 of 151 used), then run again"
    assert advice in outcome.log
    assert outcome.states[-1]["after"] <= 3


def test_a_contact_that_was_deleted_since_the_ledger_knew_it_does_not_come_back_over_the_contract(
    tmp_path: Path,
) -> None:
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    with serve(with_limits=False, progress="at-once") as sandbox:
        run(sandbox, tmp_path, range(20), ledger_url=ledger)
        sandbox.account.contact_limit = 19
        sandbox.account.contacts.delete(1)
        outcome = run(sandbox, tmp_path, range(20), ledger_url=ledger, name="Bo")
        assert len(names(sandbox)) == 19
    assert outcome.exit_code == 3
    assert (outcome.report["updated"], outcome.report["held_back"]) == (19, 1)


def test_a_dry_run_says_the_same_of_a_full_account(tmp_path: Path) -> None:
    seed = account_of(range(0, 100, 2))
    with serve(with_limits=False, progress="at-once", contact_limit=60, seed=seed) as sandbox:
        dry = run(sandbox, tmp_path, range(100), dry_run=True).report
        real = run(sandbox, tmp_path, range(100)).report
    figures = ("delivered", "created", "updated", "held_back", "limit", "exit_code")
    assert [dry[name] for name in figures] == [real[name] for name in figures]
    assert (real["delivered"], real["held_back"]) == (60, 40)


def test_the_contract_is_kept_where_imports_fail_and_the_figure_lags_behind(tmp_path: Path) -> None:
    switches = {"subscriber-total-lag": "minute"}
    with serve(with_limits=False, progress="at-once", contact_limit=100, switches=switches) as sandbox:
        sandbox.emulator.faults.add("import fails applied=20 every=3 next=2")
        outcome = run(sandbox, tmp_path, range(200), batch_size_rows=25)
        assert len(names(sandbox)) <= 100
    assert outcome.exit_code == 3
    assert outcome.report["delivered"] >= 60
