"""A run whose settings name its list, instead of numbering it, does all that it does else."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.command import config_for, record_message, schema_message
from support.quick_target import make_target, run_quickly

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

FAST: dict[str, t.Any] = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000, "verify": "none"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with serve(with_limits=False, progress="at-once") as running:
        yield running


@pytest.fixture
def config(sandbox: RunningSandbox, tmp_path: Path) -> dict[str, t.Any]:
    ledger = f"sqlite:///{tmp_path}/ledger.db"
    return config_for(sandbox.url, tmp_path, list_id="Newsletter", ledger_url=ledger, **FAST)


def run(config: dict[str, t.Any], name: str, stream: str = "people", **changes: object) -> Outcome:
    messages = [schema_message(stream), record_message({"email": f"{name}@example.com"}, stream)]
    return run_quickly({**config, **changes}, messages)


def status_of(sandbox: RunningSandbox, name: str) -> dict[str, int]:
    """List to status, of a contact."""
    people = {person["email"]: person["lists"] for person in sandbox.snapshot()["contacts"]}
    return dict(people.get(f"{name}@example.com", {}))


def test_a_name_leads_to_the_list_and_to_what_the_ledger_knows_of_it(
    sandbox: RunningSandbox, config: dict[str, t.Any]
) -> None:
    assert run(config, "ada").report["delivered"] == 1
    assert status_of(sandbox, "ada") == {"2": 1}
    assert run(config, "ada").report["unchanged"] == 1
    assert run(config, "ada", list_id=2).report["unchanged"] == 1


def test_each_stream_may_name_its_own_list(sandbox: RunningSandbox, config: dict[str, t.Any]) -> None:
    streams = {"people": {"list_id": "VIP"}, "others": {}}
    assert run(config, "bo", streams=streams).exit_code == 0
    assert run(config, "cy", "others", streams=streams).exit_code == 0
    assert [*status_of(sandbox, "bo"), *status_of(sandbox, "cy")] == ["3", "2"]


def test_a_dry_run_finds_the_list_and_puts_nobody_on_it(
    sandbox: RunningSandbox, config: dict[str, t.Any]
) -> None:
    assert run(config, "ada").exit_code == 0
    assert run(config, "dee", dry_run=True).report["delivered"] == 1
    assert status_of(sandbox, "dee") == {}


def test_a_list_that_another_run_holds_is_refused_by_its_name_too(config: dict[str, t.Any]) -> None:
    first = make_target({**config, "list_id": 2, "rejects_path": None}).current_run
    first.begin()
    try:
        outcome = run(config, "ada")
    finally:
        first.fail(1)
    assert outcome.exit_code == 1
    assert "list 2 is being written by process" in outcome.log


def test_all_that_the_account_lacks_is_said_at_once_whatever_the_input_is(
    config: dict[str, t.Any],
) -> None:
    mapping = {"email": "email", "custom_fields": {"Nowhere": "first_name"}}
    outcome = run_quickly({**config, "list_id": "Newsleter", "field_mapping": mapping}, ["no JSON"])
    assert outcome.exit_code == 1
    assert 'no list "Newsleter" that this key may see. Nearest: "Newsletter" (2).' in outcome.log
    assert 'field_mapping.custom_fields: the account has no field "Nowhere"' in outcome.log
    assert "line 1 of the input is no JSON" in outcome.log
    assert outcome.log.count("Nothing was sent.") == 1


def test_what_the_account_and_the_schema_lack_is_said_in_one_round(config: dict[str, t.Any]) -> None:
    mapping = {"email": "mail", "custom_fields": {"Nowhere": "first_name"}}
    for list_id in ("Newsleter", 99):
        outcome = run({**config, "list_id": list_id, "field_mapping": mapping}, "ada")
        assert outcome.exit_code == 1
        assert f"the account has no list {json.dumps(list_id)} that this key may see" in outcome.log
        assert 'the account has no field "Nowhere"' in outcome.log
        assert "field_mapping.email: the schema of stream 'people' has no property 'mail'" in outcome.log


def test_a_list_that_the_account_lacks_is_said_where_nothing_comes(config: dict[str, t.Any]) -> None:
    outcome = run_quickly({**config, "list_id": "Newsleter"}, [])
    assert outcome.exit_code == 1
    assert 'no list "Newsleter"' in outcome.log


@pytest.mark.parametrize("settings", [{"membership": "mirror"}, {"on_delete": "unsubscribe"}])
def test_a_run_without_a_stream_ends(config: dict[str, t.Any], settings: dict[str, str]) -> None:
    assert run_quickly({**config, **settings}, []).exit_code == 0


def test_the_mirror_command_finds_the_list(config: dict[str, t.Any]) -> None:
    assert run(config, "ada", membership="mirror").exit_code == 0
    mirror = make_target({**config, "membership": "mirror", "report_path": None}).current_run
    assert mirror.count_pending() == 0
    assert mirror.carry_out_pending(also_earlier=True) is None
    assert mirror.figures["pending_removals"] == 0
