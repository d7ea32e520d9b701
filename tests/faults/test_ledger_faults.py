"""What the ledger can do to a run: it is refused or stops, and no STATE is ahead of what is written down."""

from __future__ import annotations

import typing as t

import pytest
from support.changes_pipeline import Pipeline, people, pipeline
from support.command import state_message

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.ledger import Ledger

__all__ = ["pipeline"]


@pytest.mark.parametrize("broken", ["compare", "doubt", "confirm"])
def test_a_ledger_that_breaks_stops_the_run_and_the_next_one_completes_it(
    pipeline: Pipeline, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.run(people(range(3)))

    def refuse(*_: object, **__: object) -> t.NoReturn:
        raise LedgerError("the ledger can't be written: disk full")

    changed = people(range(3), first_name="Bo")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, broken, refuse)
        outcome = pipeline.run(changed, end=[state_message("end")])
    assert outcome.exit_code == 1
    assert "the ledger can't be written" in outcome.log
    assert outcome.states == []
    assert pipeline.run(changed, end=[state_message("end")]).states == ["end"]
    assert set(pipeline.names().values()) == {"Bo"}


def test_a_list_that_another_run_holds_is_refused_with_who_holds_it(pipeline: Pipeline) -> None:
    pipeline.run(people(range(1)))
    account = pipeline.sandbox.url.removeprefix("http://")
    ledger = Ledger.open(
        Secret(pipeline.settings["ledger_url"]), account=account, api_key=Secret("sandbox"), now=0
    )
    ledger.hold([1])
    outcome = pipeline.run(people(range(2)))
    assert outcome.exit_code == 1
    assert "ledger_url" in outcome.log
    assert len(pipeline.names()) == 1
    ledger.close()
    assert pipeline.run(people(range(2))).exit_code == 0
