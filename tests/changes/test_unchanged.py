"""With a ledger all changed contacts are sent again, and no others."""

from __future__ import annotations

import typing as t

from support.changes_pipeline import Pipeline, people, person
from support.command import schema_message

from target_activecampaign.api.client import Client
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from pathlib import Path

    import pytest


def sent(
    pipeline: Pipeline,
    records: list[dict[str, t.Any]],
    **settings: t.Any,  # noqa: ANN401 - of the configuration
) -> tuple[int, int]:
    """Delivered and unchanged records of a run."""
    report = pipeline.run(records, **settings).report
    return report["delivered"], report["unchanged"]


def test_a_second_run_sends_what_changed_and_nothing_else(pipeline: Pipeline) -> None:
    assert sent(pipeline, people(range(600))) == (600, 0)
    changed = [*people(range(590)), *people(range(590, 600), first_name="Bo")]
    assert sent(pipeline, changed) == (10, 590)
    assert pipeline.run(changed).report["imports"] == 0
    assert pipeline.names()["person599@example.com"] == "Bo"


def test_a_value_that_goes_back_to_what_it_was_is_a_change(pipeline: Pipeline) -> None:
    for name in ("Ada", "Bo", "Ada"):
        assert sent(pipeline, [person(1, first_name=name)]) == (1, 0)
    assert pipeline.names() == {"person1@example.com": "Ada"}


def test_a_changed_mapping_is_a_change(pipeline: Pipeline) -> None:
    sent(pipeline, people(range(3)))
    assert sent(pipeline, people(range(3)), tags=["new"]) == (3, 0)
    assert sent(pipeline, people(range(3)), list_id=2) == (3, 0)
    assert sent(pipeline, people(range(3)), tags=["new"]) == (0, 3)


def test_somebody_who_is_sent_for_another_list_is_sent_again_for_this_one(pipeline: Pipeline) -> None:
    """Values are the contact's, not the list's: the last record of the input counts."""
    streams = {"vip": {"list_id": 2}, "people": {"list_id": 1}}

    def run(vip: str) -> dict[str, t.Any]:
        messages = []
        for stream, name in (("vip", vip), ("people", "Ada")):
            messages += [schema_message(stream), record(stream, name)]
        return pipeline.run_messages(messages, list_id=None, streams=streams).report

    def record(stream: str, name: str) -> dict[str, t.Any]:
        return {"type": "RECORD", "stream": stream, "record": person(1, first_name=name)}

    run("Bo")
    assert run("Bo")["unchanged"] == 2
    assert run("Cy")["delivered"] == 2
    assert pipeline.names() == {"person1@example.com": "Ada"}


def test_a_rejected_contact_is_tried_again(pipeline: Pipeline) -> None:
    pipeline.sandbox.emulator.faults.add("import refuses=person1@example.com next=1")
    settings: dict[str, t.Any] = {"max_rejected_percent": 100}
    assert sent(pipeline, people(range(2)), **settings) == (1, 0)
    assert sent(pipeline, people(range(2)), **settings) == (1, 1)


def test_an_old_confirmation_does_not_count(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(pipeline, people(range(2)))
    assert sent(pipeline, people(range(2)), ledger_max_age_days=1) == (0, 2)
    from support.quick_target import QuickClock  # noqa: PLC0415 - to let time pass

    usual = QuickClock.epoch_seconds
    monkeypatch.setattr(QuickClock, "epoch_seconds", lambda self: usual(self) + 2 * 86_400)
    assert sent(pipeline, people(range(2)), ledger_max_age_days=1) == (2, 0)
    assert sent(pipeline, people(range(2)), ledger_max_age_days=1) == (0, 2)


def test_unchanged_contacts_do_not_count_against_a_limit(pipeline: Pipeline) -> None:
    sent(pipeline, people(range(5)))
    outcome = pipeline.run(people(range(6)), profile_limit=1)
    assert outcome.exit_code == 0
    assert (outcome.report["unchanged"], outcome.report["delivered"]) == (5, 1)


def test_a_value_in_the_air_at_a_crash_is_in_doubt(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value confirmed before must not pass for unchanged: another one was sent since."""
    sent(pipeline, [person(1, first_name="Ada")])

    def lose_the_outcome(*_: object, **__: object) -> t.NoReturn:
        raise ServiceError("the run ends here")

    with monkeypatch.context() as patch:
        patch.setattr(Client, "poll", lose_the_outcome)
        assert pipeline.run([person(1, first_name="Bo")]).exit_code == 1
    assert pipeline.names() == {"person1@example.com": "Bo"}
    assert sent(pipeline, [person(1, first_name="Ada")]) == (1, 0)
    assert pipeline.names() == {"person1@example.com": "Ada"}


def test_a_ledger_of_another_account_is_refused_before_anything_is_sent(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    sent(pipeline, people(range(2)))
    requests = pipeline.sandbox.emulator.journal.last
    outcome = pipeline.run(people(range(3)), hostname="https://acme.api-us1.com")
    assert outcome.exit_code == 1
    assert "ledger_url: this ledger is of the account" in outcome.log
    assert pipeline.sandbox.emulator.journal.last == requests


def test_no_address_stands_in_the_ledger_where_nothing_needs_it(pipeline: Pipeline, tmp_path: Path) -> None:
    sent(pipeline, people(range(50)))
    content = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert content
    assert b"@example.com" not in content
    assert b"person1" not in content
