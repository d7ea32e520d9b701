"""With `on_delete: unsubscribe` a record with `_sdc_deleted_at` takes its person off the list."""

from __future__ import annotations

import typing as t

from support.changes_pipeline import Pipeline, people, person
from support.command import schema_message

SUBSCRIBED, UNSUBSCRIBED = 1, 2
ON: dict[str, t.Any] = {"on_delete": "unsubscribe"}


def gone(number: int) -> dict[str, t.Any]:
    return person(number, _sdc_deleted_at="2026-05-19T12:00:00Z")


def test_deletions_are_ignored_by_default_and_subscribe_nobody(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)))
    outcome = pipeline.run([gone(1), gone(9)])
    assert (outcome.report["ignored"], outcome.report["read"]) == (2, 0)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_person_who_is_deleted_at_the_source_is_unsubscribed(pipeline: Pipeline) -> None:
    pipeline.run(people(range(5)))
    outcome = pipeline.run([gone(3), gone(4)], **ON)
    assert outcome.report["delivered"] == outcome.report["unsubscribed"] == 2
    assert outcome.report["imports"] == 1
    assert pipeline.statuses()["person3@example.com"] == UNSUBSCRIBED
    assert pipeline.statuses()["person2@example.com"] == SUBSCRIBED


def test_a_deletion_of_somebody_unknown_to_the_account_makes_nobody(pipeline: Pipeline) -> None:
    outcome = pipeline.run([gone(1)], **ON)
    assert (outcome.report["unchanged"], outcome.report["left_alone"]) == (1, 1)
    assert outcome.report["imports"] == 0
    assert pipeline.names() == {}


def test_a_deletion_twice_is_one(pipeline: Pipeline) -> None:
    pipeline.run(people(range(1)))
    outcome = pipeline.run([gone(0), gone(0)], **ON)
    assert (outcome.report["delivered"], outcome.report["unchanged"]) == (1, 1)


def test_made_and_deleted_in_one_run_ends_as_applied_one_by_one(pipeline: Pipeline) -> None:
    pipeline.run([person(1, first_name="Ada"), gone(1)], **ON)
    assert pipeline.statuses() == {"person1@example.com": UNSUBSCRIBED}
    assert pipeline.names() == {"person1@example.com": "Ada"}


def test_deleted_and_made_again_in_one_run_ends_as_applied_one_by_one(pipeline: Pipeline) -> None:
    """ActiveCampaign does not subscribe again a person who was taken off."""
    pipeline.sandbox.emulator.switches.choose("left-list", "skip-subscription")
    pipeline.run(people(range(2)))
    outcome = pipeline.run([gone(1), person(1, first_name="Bo")], **ON)
    assert outcome.report["delivered"] == 2
    assert pipeline.statuses() == {"person0@example.com": SUBSCRIBED, "person1@example.com": UNSUBSCRIBED}
    assert pipeline.names()["person1@example.com"] == "Bo"


def test_a_deletion_and_an_old_value_after_it_are_changes(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)))
    pipeline.run([gone(1)], **ON)
    assert pipeline.run(people(range(2)), max_rejected_percent=90).report["unchanged"] == 1


def test_a_deletion_without_a_usable_address_is_rejected(pipeline: Pipeline) -> None:
    pipeline.run(people(range(9)))
    outcome = pipeline.run([*people(range(9)), {"email": "nobody", "_sdc_deleted_at": "2026-05-19"}], **ON)
    assert outcome.report["rejected"] == {"email_invalid": 1}


def test_deletions_without_a_ledger_work_too(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)), ledger_url=None)
    assert pipeline.run([gone(1)], ledger_url=None, **ON).report["unsubscribed"] == 1


def test_a_deletion_takes_its_person_off_the_list_of_its_stream_alone(pipeline: Pipeline) -> None:
    streams = {"people": {"list_id": 1}, "vip": {"list_id": 2}}
    messages = [schema_message("people"), schema_message("vip")]
    messages += [{"type": "RECORD", "stream": name, "record": person(1)} for name in streams]
    pipeline.run_messages(messages, list_id=None, streams=streams)
    pipeline.run([gone(1)], stream="vip", list_id=None, streams=streams, **ON)
    assert pipeline.statuses(1) == {"person1@example.com": SUBSCRIBED}
    assert pipeline.statuses(2) == {"person1@example.com": UNSUBSCRIBED}


def test_no_limit_holds_a_deletion_back(pipeline: Pipeline) -> None:
    pipeline.run(people(range(3)))
    outcome = pipeline.run([*people(range(3, 5)), gone(0), gone(1)], profile_limit=1, on_limit="stop", **ON)
    assert (outcome.report["unsubscribed"], outcome.report["held_back"]) == (2, 1)
