"""With `on_delete: unsubscribe` a record with `_sdc_deleted_at` takes its person off the list."""

from __future__ import annotations

import typing as t

import pytest
from support.changes_pipeline import SCHEMA, Pipeline, move_subscription, people, person
from support.command import record_message, schema_message, state_message

SUBSCRIBED, UNSUBSCRIBED = 1, 2
ON: dict[str, t.Any] = {"on_delete": "unsubscribe"}
WHEN = "2026-05-19T12:00:00Z"


def gone(number: int) -> dict[str, t.Any]:
    return person(number, _sdc_deleted_at=WHEN)


def keyed(number: int, name: str = "Ada") -> dict[str, t.Any]:
    return person(number, id=number, first_name=name)


def keyed_gone(number: int) -> dict[str, t.Any]:
    return {**gone(number), "id": number}


def test_deletions_are_ignored_by_default_and_subscribe_nobody(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)))
    outcome = pipeline.run([gone(1), gone(9)])
    assert (outcome.report["ignored"], outcome.report["read"]) == (2, 0)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_person_who_is_deleted_at_the_source_is_unsubscribed(pipeline: Pipeline) -> None:
    pipeline.run(people(range(5)), **ON)
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
    pipeline.run(people(range(1)), **ON)
    outcome = pipeline.run([gone(0), gone(0)], **ON)
    assert (outcome.report["delivered"], outcome.report["superseded"]) == (1, 1)


def test_made_and_deleted_under_one_key_in_one_run_is_taken_off(pipeline: Pipeline) -> None:
    outcome = pipeline.run([keyed(1, "Ada"), keyed_gone(1)], keys=["id"], **ON)
    assert outcome.report["delivered"] == 2
    assert pipeline.statuses() == {"person1@example.com": UNSUBSCRIBED}
    assert pipeline.names() == {"person1@example.com": "Ada"}


def test_in_a_stream_without_keys_any_record_of_the_run_supersedes_a_deletion(pipeline: Pipeline) -> None:
    outcome = pipeline.run([person(1, first_name="Ada"), gone(1)], **ON)
    assert (outcome.report["delivered"], outcome.report["superseded"]) == (1, 1)
    assert pipeline.statuses() == {"person1@example.com": SUBSCRIBED}


def test_deleted_and_made_again_in_one_run_stays_on_the_list(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)), **ON)
    outcome = pipeline.run([gone(1), person(1, first_name="Bo")], **ON)
    assert (outcome.report["delivered"], outcome.report["superseded"]) == (1, 1)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    assert pipeline.names()["person1@example.com"] == "Bo"


@pytest.mark.parametrize("with_ledger", [True, False])
@pytest.mark.parametrize("order", ["delete first", "insert first"])
def test_a_row_that_is_replaced_takes_nobody_along(
    pipeline: Pipeline,
    order: str,
    with_ledger: bool,  # noqa: FBT001 - a case
) -> None:
    settings = {**ON} if with_ledger else {**ON, "ledger_url": None}
    pipeline.run([keyed(1)], keys=["id"], **settings)
    night = [keyed_gone(1), {**person(1), "id": 2}]
    outcome = pipeline.run(night if order == "delete first" else night[::-1], keys=["id"], **settings)
    assert outcome.report["superseded"] == 1
    assert pipeline.statuses() == {"person1@example.com": SUBSCRIBED}


def test_a_duplicate_row_that_goes_takes_nobody_along(pipeline: Pipeline) -> None:
    """The ledger knows from an earlier run that another row brings the person."""
    pipeline.run([keyed(1), {**person(1), "id": 2}], keys=["id"], **ON)
    outcome = pipeline.run([keyed_gone(1)], keys=["id"], **ON)
    assert (outcome.report["superseded"], outcome.report["unsubscribed"]) == (1, 0)
    outcome = pipeline.run([{**gone(1), "id": 2}], keys=["id"], **ON)
    assert outcome.report["unsubscribed"] == 1


def test_a_deletion_without_an_address_finds_its_person_by_the_key(pipeline: Pipeline) -> None:
    pipeline.run([keyed(1), keyed(2)], keys=["id"], **ON)
    outcome = pipeline.run([{"id": 2, "_sdc_deleted_at": WHEN}], keys=["id"], **ON)
    assert outcome.report["unsubscribed"] == 1
    assert pipeline.statuses()["person2@example.com"] == UNSUBSCRIBED


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_deletion_of_nobody_known_is_rejected_with_a_hint(
    pipeline: Pipeline,
    with_ledger: bool,  # noqa: FBT001 - a case
) -> None:
    settings = {"rejects_path": str(pipeline.folder / "r.singer"), "max_rejected_percent": 100, **ON}
    settings |= {} if with_ledger else {"ledger_url": None}
    outcome = pipeline.run([keyed(1), {"id": 9, "_sdc_deleted_at": WHEN}], keys=["id"], **settings)
    assert outcome.report["rejected"] == {"deletion_without_address": 1}
    assert "REPLICA IDENTITY FULL" in outcome.rejects[-1]["_rejected"]["detail"]


@pytest.mark.parametrize("value", ["", "  ", False, None])
def test_what_is_no_deletion_changes_nothing(pipeline: Pipeline, value: object) -> None:
    pipeline.run(people(range(3)), **ON)
    records = [person(number, _sdc_deleted_at=value) for number in range(3)]
    for settings in (ON, {}):
        outcome = pipeline.run(records, **settings)
        assert (outcome.exit_code, outcome.report["unchanged"]) == (0, 3)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


@pytest.mark.parametrize("value", [True, 1, "yes", "0000-00-00 00:00:00", {}, []])
@pytest.mark.parametrize("on_delete", ["ignore", "unsubscribe"])
def test_a_deletion_that_can_t_be_read_is_rejected(pipeline: Pipeline, value: object, on_delete: str) -> None:
    pipeline.run(people(range(1)), **ON)
    records = [person(number, _sdc_deleted_at=value) for number in range(2)]
    outcome = pipeline.run([*records, *people(range(10, 20))], on_delete=on_delete, validate_records=False)
    assert outcome.report["rejected"] == {"value_invalid": 2}
    assert "person1@example.com" not in pipeline.names()
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_deletion_is_seen_though_a_stream_map_drops_its_mark(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)), **ON)
    maps = {"people": {"email": "email", "__else__": None}}
    outcome = pipeline.run([gone(1), gone(5)], stream_maps=maps, **ON)
    assert (outcome.report["unsubscribed"], outcome.report["read"]) == (1, 2)
    assert "person5@example.com" not in pipeline.names()


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_row_that_comes_again_and_can_t_be_read_keeps_its_person(
    pipeline: Pipeline,
    with_ledger: bool,  # noqa: FBT001 - a case
) -> None:
    settings = {**ON, "max_rejected_percent": 100} | ({} if with_ledger else {"ledger_url": None})
    pipeline.run([keyed(1)], keys=["id"], **settings)
    broken = {"id": 1, "email": "broken", "first_name": "Ada"}
    others = [keyed(number) for number in range(2, 5)]
    outcome = pipeline.run([keyed_gone(1), broken, *others], keys=["id"], **settings)
    assert (outcome.report["superseded"], outcome.report["unsubscribed"]) == (1, 0)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_pending_deletion_is_taken_back_by_the_key_alone(pipeline: Pipeline) -> None:
    pipeline.run([keyed(number) for number in range(30)], keys=["id"], **ON)
    assert pipeline.run([keyed_gone(number) for number in range(11)], keys=["id"], **ON).exit_code == 5
    broken = {"id": 1, "email": "broken", "first_name": "Ada"}
    outcome = pipeline.run([broken, *map(keyed, range(20, 30))], keys=["id"], max_removal_percent=100, **ON)
    assert outcome.report["unsubscribed"] == 10
    assert pipeline.statuses()["person1@example.com"] == SUBSCRIBED


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_deletion_beside_a_record_that_may_be_anybody_s_waits_for_a_person_s_word(
    pipeline: Pipeline,
    with_ledger: bool,  # noqa: FBT001 - a case
) -> None:
    """A nightly `delete; insert` with a new key, whose address can't be read."""
    settings = {**ON} if with_ledger else {**ON, "ledger_url": None}
    pipeline.run([keyed(number) for number in range(20)], keys=["id"], **settings)
    night = [keyed_gone(1), {"id": 101, "email": "broken", "first_name": "Ada"}, *map(keyed, range(2, 9))]
    outcome = pipeline.run(night, keys=["id"], **settings)
    assert (outcome.exit_code, outcome.report["unsubscribed"], outcome.report["held_back"]) == (0, 0, 1)
    assert "neither the address can be read nor is the key known" in outcome.log
    assert bool(outcome.states) is with_ledger
    # The next run does not see that record, so nothing is proven by it.
    outcome = pipeline.run([keyed(2)], keys=["id"], **settings)
    assert outcome.report["pending_removals"] == (1 if with_ledger else None)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


@pytest.mark.parametrize("comes_first", ["people", "vip"])
def test_a_deletion_in_one_stream_waits_for_an_unreadable_record_of_another_one_of_the_list(
    pipeline: Pipeline, comes_first: str
) -> None:
    """Somebody moves from one stream to another, and can't be read there."""
    pipeline.run(map(keyed, range(20)), keys=["id"], **ON)
    of_stream = {
        "people": [record_message(keyed_gone(5)), state_message(1)],
        "vip": [record_message({"id": 99, "email": "broken"}, "vip"), state_message(2)],
    }
    messages = [schema_message("people", SCHEMA, ["id"]), schema_message("vip", SCHEMA, ["id"])]
    messages += of_stream.pop(comes_first)
    messages += [*of_stream.popitem()[1], record_message(keyed(30), "vip")]
    outcome = pipeline.run_messages(messages, **ON, max_rejected_percent=100)
    assert (outcome.exit_code, outcome.report["unsubscribed"], outcome.report["held_back"]) == (0, 0, 1)
    assert "on_delete: people that stream 'people' says are gone, and who stay on list 1: 1." in outcome.log
    outcome = pipeline.run([keyed(2)], keys=["id"], **ON)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 1)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_deletions_that_were_braked_wait_while_deletions_are_ignored(pipeline: Pipeline) -> None:
    pipeline.run(people(range(30)), **ON)
    assert pipeline.run([gone(number) for number in range(11)], **ON).exit_code == 5
    outcome = pipeline.run([], max_removal_percent=100)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 11)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_too_many_deletions_are_braked_by_the_list_s_own_count(pipeline: Pipeline) -> None:
    pipeline.run(people(range(100)), **ON)
    outcome = pipeline.run([gone(number) for number in range(11)], **ON)
    assert outcome.exit_code == 5
    assert "11 of 100 contacts (11.0 %) would be taken off list 1 by deletions" in outcome.log
    assert (outcome.report["held_back"], outcome.report["pending_removals"]) == (11, 11)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    # They are pending in the ledger; the next run goes on with them.
    assert pipeline.run([], max_removal_percent=11, **ON).report["unsubscribed"] == 11


def test_without_a_ledger_no_state_passes_a_deletion_that_was_braked(pipeline: Pipeline) -> None:
    pipeline.run(people(range(100)), ledger_url=None)
    deletions = [gone(number) for number in range(11)]
    assert pipeline.run(deletions, ledger_url=None, **ON).states == []
    assert pipeline.run(deletions, ledger_url=None, max_removal_percent=11, **ON).states != []


def test_somebody_who_came_back_by_a_form_stays(pipeline: Pipeline) -> None:
    """Their membership began after our imports, so it is not ours to end."""
    pipeline.run(people(range(2)), **ON)
    move_subscription(pipeline, "person1@example.com", "2030-01-01T00:00:00+00:00")
    outcome = pipeline.run([gone(1)], **ON)
    assert outcome.report["left_alone_reasons"] == {"joined_otherwise": 1}
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    assert pipeline.run([], **ON).report["left_alone"] == 0


def test_a_deletion_and_an_old_value_after_it_are_changes(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)), **ON)
    pipeline.run([gone(1)], **ON)
    assert pipeline.run(people(range(2)), max_rejected_percent=90).report["unchanged"] == 1


def test_a_deletion_without_a_usable_address_is_rejected(pipeline: Pipeline) -> None:
    pipeline.run(people(range(9)), **ON)
    outcome = pipeline.run([*people(range(9)), {"email": "nobody", "_sdc_deleted_at": "2026-05-19"}], **ON)
    assert outcome.report["rejected"] == {"email_invalid": 1}


def test_deletions_without_a_ledger_work_too(pipeline: Pipeline) -> None:
    pipeline.run(people(range(2)), ledger_url=None)
    assert pipeline.run([gone(1)], ledger_url=None, **ON).report["unsubscribed"] == 1


def test_a_deletion_takes_its_person_off_the_list_of_its_stream_alone(pipeline: Pipeline) -> None:
    streams = {"people": {"list_id": 1}, "vip": {"list_id": 2}}
    messages = [schema_message("people"), schema_message("vip")]
    messages += [{"type": "RECORD", "stream": name, "record": person(1)} for name in streams]
    pipeline.run_messages(messages, list_id=None, streams=streams, **ON)
    pipeline.run([gone(1)], stream="vip", list_id=None, streams=streams, **ON)
    assert pipeline.statuses(1) == {"person1@example.com": SUBSCRIBED}
    assert pipeline.statuses(2) == {"person1@example.com": UNSUBSCRIBED}


def test_no_limit_holds_a_deletion_back(pipeline: Pipeline) -> None:
    pipeline.run(people(range(3)), **ON)
    outcome = pipeline.run([*people(range(3, 5)), gone(0), gone(1)], profile_limit=1, on_limit="stop", **ON)
    assert (outcome.report["unsubscribed"], outcome.report["held_back"]) == (2, 1)


def messages_of(
    records: t.Iterable[t.Mapping[str, t.Any]], stream: str, *end: t.Mapping[str, t.Any]
) -> list[t.Mapping[str, t.Any]]:
    return [
        schema_message(stream, SCHEMA, ["id"]),
        *(record_message(one, stream) for one in records),
        *(end or [state_message({"bookmarks": {}})]),
    ]


def test_a_deletion_of_a_stopped_run_waits_for_a_run_with_its_stream_that_ends(pipeline: Pipeline) -> None:
    pipeline.settings.update(ON)
    pipeline.run_messages(messages_of([keyed(1), keyed(2)], "a"))
    no_message: t.Any = "not a message"
    stopped = pipeline.run_messages([*messages_of([keyed_gone(1), keyed_gone(2)], "a"), no_message])
    assert (stopped.exit_code, len(stopped.states)) == (1, 1)
    other = pipeline.run_messages(messages_of([keyed(50)], "b"))
    assert (other.report["unsubscribed"], other.report["pending_removals"]) == (0, 2)
    assert "stay on list 1, since the run that read it was stopped before its end" in other.log
    dry = pipeline.run_messages(messages_of([{**keyed(1), "id": 7}], "a"), dry_run=True)
    assert dry.report["unsubscribed"] == 1
    resumed = pipeline.run_messages(messages_of([{**keyed(1), "id": 7}], "a"))
    assert (resumed.report["unsubscribed"], resumed.report["pending_removals"]) == (1, 0)
    assert pipeline.statuses()["person1@example.com"] == SUBSCRIBED
