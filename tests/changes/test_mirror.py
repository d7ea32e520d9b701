"""The mirror takes members off that earlier runs added and this one did not bring, and nobody else."""

from __future__ import annotations

import typing as t

import pytest
from support.changes_pipeline import Pipeline, move_subscription, people, person, set_membership
from support.command import record_message, schema_message, state_message, version_message

from target_activecampaign.api.client import Client

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.batch import Batch

SUBSCRIBED, UNSUBSCRIBED = 1, 2
MIRROR: dict[str, t.Any] = {"membership": "mirror", "max_removal_percent": 10}


def run(pipeline: Pipeline, numbers: t.Iterable[int], **options: t.Any) -> t.Any:  # noqa: ANN401 - an outcome
    return pipeline.run(people(numbers), **{**MIRROR, **options})


def subscribed(pipeline: Pipeline, list_id: int = 1) -> set[str]:
    return {email for email, status in pipeline.statuses(list_id).items() if status == SUBSCRIBED}


def emails(numbers: t.Iterable[int]) -> set[str]:
    return {f"person{number}@example.com" for number in numbers}


def test_a_member_that_does_not_come_any_more_is_taken_off_and_a_stranger_stays(pipeline: Pipeline) -> None:
    subscribe_by_hand(pipeline, "stranger@example.com")
    assert run(pipeline, range(1000)).exit_code == 0
    outcome = run(pipeline, range(940))
    assert outcome.exit_code == 0
    assert outcome.report["unsubscribed"] == 60
    assert outcome.report["unchanged"] == outcome.report["read"] == 940
    assert subscribed(pipeline) == {*emails(range(940)), "stranger@example.com"}
    assert pipeline.statuses()["person999@example.com"] == UNSUBSCRIBED
    again = run(pipeline, range(940))
    assert (again.exit_code, again.report["unsubscribed"], again.report["imports"]) == (0, 0, 0)


def test_a_member_who_left_without_us_is_left_alone(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    set_status(pipeline, "person19@example.com", UNSUBSCRIBED)
    outcome = run(pipeline, range(19))
    assert (outcome.report["unsubscribed"], outcome.report["left_alone"]) == (0, 1)
    assert outcome.report["imports"] == 0
    assert run(pipeline, range(19)).report["left_alone"] == 0


@pytest.mark.parametrize("sdate", ["2020-01-01T00:00:00+00:00", "2030-01-01T00:00:00+00:00"])
def test_somebody_who_came_to_the_list_by_another_way_stays(pipeline: Pipeline, sdate: str) -> None:
    run(pipeline, range(20))
    move_subscription(pipeline, "person0@example.com", sdate)
    outcome = run(pipeline, range(1, 20))
    assert outcome.report["left_alone_reasons"] == {"joined_otherwise": 1}
    assert outcome.report["pending_removals"] == 0
    assert "person0@example.com" in subscribed(pipeline)
    # It is settled: no run asks again, and none counts the person.
    assert run(pipeline, range(1, 20)).report["left_alone"] == 0


@pytest.mark.parametrize("sdate", [None, "0000-00-00 00:00:00", "2026-05-19T12:00:00"])
def test_somebody_whose_time_on_the_list_can_t_be_read_stays_and_is_asked_for_again(
    pipeline: Pipeline, sdate: str | None
) -> None:
    run(pipeline, range(20))
    row = pipeline.sandbox.account.contacts.with_email("person0@example.com")
    assert row is not None
    (membership,) = pipeline.sandbox.account.lists.of(row["id"])
    move_subscription(pipeline, "person0@example.com", sdate)
    outcome = run(pipeline, range(1, 20))
    assert outcome.report["left_alone_reasons"] == {"join_time_unreadable": 1}
    assert outcome.report["pending_removals"] == 1
    move_subscription(pipeline, "person0@example.com", membership["sdate"])
    assert run(pipeline, range(1, 20)).report["unsubscribed"] == 1


def test_a_membership_of_a_status_that_nobody_knows_is_left_alone_and_asked_for_again(
    pipeline: Pipeline,
) -> None:
    run(pipeline, range(20))
    set_membership(pipeline, "person0@example.com", "status", 91)
    outcome = run(pipeline, range(1, 20))
    assert outcome.report["left_alone_reasons"] == {"membership_unreadable": 1}
    assert outcome.report["pending_removals"] == 1
    set_membership(pipeline, "person0@example.com", "status", SUBSCRIBED)
    assert run(pipeline, range(1, 20)).report["unsubscribed"] == 1


def test_a_member_that_the_account_lost_is_not_made_again(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    account = pipeline.sandbox.account
    row = account.contacts.with_email("person19@example.com")
    assert row is not None
    account.contacts.delete(row["id"])
    outcome = run(pipeline, range(19))
    assert (outcome.report["unsubscribed"], outcome.report["left_alone"]) == (0, 1)
    assert "person19@example.com" not in pipeline.names()


def test_half_a_segment_is_braked_before_the_first_removal(pipeline: Pipeline) -> None:
    run(pipeline, range(100))
    outcome = run(pipeline, range(50))
    assert outcome.exit_code == 5
    assert "50 of 100 contacts (50.0 %) would be taken off list 1" in outcome.log
    assert outcome.report["pending_removals"] == 50
    assert outcome.report["mirror"]
    assert len(subscribed(pipeline)) == 100
    assert run(pipeline, range(50), max_removal_percent=50).report["unsubscribed"] == 50


def test_new_members_do_not_make_up_for_removals(pipeline: Pipeline) -> None:
    run(pipeline, range(30))
    outcome = run(pipeline, range(15, 500))
    assert outcome.exit_code == 5
    assert "15 of 30 contacts (50.0 %)" in outcome.log


def test_ten_people_may_go_however_small_the_list_is(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    assert run(pipeline, range(10, 20)).report["unsubscribed"] == 10


def test_an_empty_stream_is_no_proof_that_all_are_gone(pipeline: Pipeline) -> None:
    run(pipeline, range(10))
    outcome = run(pipeline, [], max_removal_percent=99)
    assert outcome.exit_code == 5
    assert "stream 'people' is empty, so 10 of 10 contacts would be taken off list 1" in outcome.log
    # Nothing tells an empty table from a tap that died behind the version that it writes first.
    outcome = run(pipeline, [], max_removal_percent=100)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 10)
    assert len(subscribed(pipeline)) == 10


def test_a_tap_that_breaks_off_removes_nobody(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    outcome = run(pipeline, range(19), end=())
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert "no ACTIVATE_VERSION came behind its last record" in outcome.log
    assert len(subscribed(pipeline)) == 20


def test_an_activated_version_is_an_end(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    end = [{"type": "ACTIVATE_VERSION", "stream": "people", "version": 1}]
    assert run(pipeline, range(19), end=end).report["unsubscribed"] == 1


@pytest.mark.parametrize(("of_last", "gone"), [(7, 1), (6, 0), (None, 0), ("7", 0)])
def test_a_version_is_an_end_of_the_records_of_its_number(
    pipeline: Pipeline, of_last: object, gone: int
) -> None:
    run(pipeline, range(20))
    messages = [schema_message("people")]
    messages += [{**record_message(one), "version": 7} for one in people(range(18))]
    messages += [{**record_message(person(18)), "version": of_last}]
    messages += [{"type": "ACTIVATE_VERSION", "stream": "people", "version": 7}]
    outcome = pipeline.run_messages(messages, **MIRROR)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (gone, 1 - gone)
    assert ("another number than its records" in outcome.log) is (not gone)


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": {"people": {"replication_key": "id", "replication_key_value": 7}}},
        {"bookmarks": {"people": {"updated_at": "2026-01-01"}}},
        {"people": "2026-01-01"},
    ],
)
def test_an_incremental_stream_is_refused(pipeline: Pipeline, state: dict[str, t.Any]) -> None:
    outcome = run(pipeline, range(20), end=[state_message(state)])
    assert outcome.exit_code == 5
    assert "its STATE has the bookmark 'people" in outcome.log
    assert len(subscribed(pipeline)) == 20


def test_a_run_that_reached_a_limit_removes_nobody(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    outcome = run(pipeline, [*range(19), 30, 31], profile_limit=1, on_limit="stop")
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert "a limit was reached, and the mirror needs a complete run" in outcome.log
    outcome = run(pipeline, [*range(19), 32, 33], profile_limit=1)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (3, 0)
    assert "the mirror did not look for who is gone" in outcome.log
    assert emails(range(20)) <= subscribed(pipeline)


@pytest.mark.parametrize(("on_limit", "code"), [("stop", 0), ("fail", 3)])
def test_a_limit_that_is_reached_with_the_mirror_holds_no_deletion_back(
    pipeline: Pipeline, on_limit: str, code: int
) -> None:
    both: dict[str, t.Any] = {"on_delete": "unsubscribe", "keys": ["id"]}
    pipeline.run([person(n, id=n) for n in range(1, 6)], **both, **MIRROR)
    gone = person(4, id=4, _sdc_deleted_at="2026-05-19T12:00:00Z")
    night = [*(person(n, id=n) for n in (1, 2, 3, 8, 9)), gone]
    outcome = pipeline.run(night, profile_limit=1, on_limit=on_limit, **both, **MIRROR)
    assert (outcome.exit_code, outcome.report["unsubscribed"], outcome.report["held_back"]) == (code, 1, 1)
    assert emails(range(1, 6)) - subscribed(pipeline) == emails([4])


def test_a_record_that_is_rejected_still_brings_its_person(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    records = [*people(range(19)), person(19, first_name=7)]
    maps = {"people": {"first_name": "first_name.upper()"}}
    outcome = pipeline.run(records, stream_maps=maps, **MIRROR)
    assert outcome.report["rejected"] == {"value_invalid": 1}
    assert len(subscribed(pipeline)) == 20


def test_a_member_that_leaves_one_stream_stays_while_another_brings_it(pipeline: Pipeline) -> None:
    streams = {"people": {"list_id": 1}, "vip": {"list_id": 1}}

    def run_both(members: range, vips: range) -> t.Any:  # noqa: ANN401 - an outcome
        messages = [schema_message("people"), schema_message("vip")]
        messages += [record_message(one) for one in people(members)]
        messages += [record_message(one, "vip") for one in people(vips)]
        settings = {**MIRROR, "list_id": None, "streams": streams, "max_removal_percent": 50}
        return pipeline.run_messages([*messages, *map(version_message, streams)], **settings)

    run_both(range(10), range(5))
    assert run_both(range(4, 10), range(5)).report["unsubscribed"] == 0
    assert len(subscribed(pipeline)) == 10
    assert run_both(range(4, 10), range(2, 5)).report["unsubscribed"] == 2
    assert subscribed(pipeline) == emails(range(2, 10))
    # A member that leaves both streams at once goes, too.
    assert run_both(range(5, 10), range(2, 4)).report["unsubscribed"] == 1


def test_a_stream_that_is_not_in_the_run_keeps_its_people(pipeline: Pipeline) -> None:
    pipeline.run(people(range(10)), stream="vip", **MIRROR)
    assert run(pipeline, range(10, 20)).report["unsubscribed"] == 0
    assert len(subscribed(pipeline)) == 20


@pytest.mark.parametrize("comes", [["people"], []])
def test_a_stream_that_does_not_come_is_named_once_and_keeps_its_people(
    pipeline: Pipeline, comes: list[str]
) -> None:
    for stream, some in (("people", range(3)), ("vip", range(3, 9))):
        pipeline.run(people(some), stream=stream, **MIRROR)
    messages = [
        one for name in comes for one in (schema_message(name), *map(record_message, people([0, 1, 2])))
    ]
    outcome = pipeline.run_messages([*messages, *map(version_message, comes)], **MIRROR)
    assert (outcome.exit_code, outcome.report["unsubscribed"]) == (0, 0)
    assert outcome.log.count("this run has no SCHEMA of streams that earlier runs brought") == 1
    assert "'vip' (6 of list 1)" in outcome.log
    assert ("'people' (3 of list 1)" in outcome.log) is (not comes)
    assert len(subscribed(pipeline)) == 9
    # One that this configuration does not export is another pipeline's.
    settings = {**MIRROR, "list_id": None, "streams": {"people": {"list_id": 1}}}
    outcome = pipeline.run_messages([*messages, *map(version_message, comes)], **settings)
    assert "'vip'" not in outcome.log


def test_a_member_that_comes_back_after_its_removal_is_sent_and_not_forced(pipeline: Pipeline) -> None:
    pipeline.sandbox.emulator.switches.choose("left-list", "skip-subscription")
    run(pipeline, range(20))
    run(pipeline, range(19))
    outcome = run(pipeline, range(20), verify="all")
    assert outcome.report["delivered"] == 1
    assert outcome.report["still_unsubscribed"] == 1
    assert pipeline.statuses()["person19@example.com"] == UNSUBSCRIBED


def test_the_mirror_knows_from_its_first_run_on_the_members_of_earlier_runs(
    pipeline: Pipeline,
) -> None:
    pipeline.run(people(range(20)))
    assert run(pipeline, range(20)).report["unchanged"] == 20
    assert run(pipeline, range(19)).report["unsubscribed"] == 1


@pytest.fixture
def idle(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """People that no import takes off a list: ActiveCampaign takes it, and names nobody as failed."""
    people: set[str] = set()
    submit = Client.submit

    def submit_in_vain(client: Client, batch: Batch, on_send: t.Callable[[], None]) -> t.Any:  # noqa: ANN401
        answer = submit(client, batch, on_send)
        for pending in batch.contacts:
            if pending.contact.unsubscribes and pending.contact.email in people:
                set_membership(pipeline, pending.contact.email, "status", SUBSCRIBED)
        return answer

    monkeypatch.setattr(Client, "submit", submit_in_vain)
    return people


@pytest.mark.parametrize("gone", [3, 30])
def test_a_removal_counts_when_the_membership_is_seen_to_be_no_more(
    pipeline: Pipeline, idle: set[str], gone: int
) -> None:
    """Few memberships are read one by one, many by pages of the list."""
    run(pipeline, range(60))
    idle.add("person0@example.com")
    outcome = run(pipeline, range(gone, 60), max_removal_percent=100)
    assert (outcome.exit_code, outcome.report["unsubscribed"]) == (0, gone - 1)
    assert outcome.report["left_alone_reasons"] == {"still_subscribed": 1}
    assert outcome.report["pending_removals"] == 1
    assert outcome.log.count("still subscribed: 1, of a membership that can't be read: 0.") == 1
    idle.clear()
    outcome = run(pipeline, range(gone, 60), max_removal_percent=100)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (1, 0)


def test_without_a_ledger_no_state_passes_a_deletion_that_was_not_carried_out(
    pipeline: Pipeline, idle: set[str]
) -> None:
    settings: dict[str, t.Any] = {"ledger_url": None, "on_delete": "unsubscribe"}
    pipeline.run(people(range(3)), **settings)
    idle.add("person0@example.com")
    gone = people(range(2), _sdc_deleted_at="2026-05-19T12:00:00Z")
    outcome = pipeline.run(gone, **settings)
    assert (outcome.report["delivered"], outcome.report["held_back"], outcome.states) == (1, 1, [])
    assert outcome.report["unsettled"] == 0
    idle.clear()
    assert pipeline.run(gone, **settings).states != []


def test_addresses_in_the_ledger_are_encrypted(pipeline: Pipeline) -> None:
    run(pipeline, range(20))
    content = b"".join(path.read_bytes() for path in pipeline.folder.glob("ledger.db*"))
    assert b"@example.com" not in content


def subscribe_by_hand(pipeline: Pipeline, email: str) -> None:
    body = {"contact": {"email": email}}
    answer = ask(pipeline, "contact/sync", body)
    set_status_of(pipeline, int(answer["contact"]["id"]), SUBSCRIBED)


def set_status(pipeline: Pipeline, email: str, status: int) -> None:
    row = pipeline.sandbox.account.contacts.with_email(email)
    assert row is not None
    set_status_of(pipeline, row["id"], status)


def set_status_of(pipeline: Pipeline, contact: int, status: int) -> None:
    ask(pipeline, "contactLists", {"contactList": {"list": 1, "contact": contact, "status": status}})


def ask(pipeline: Pipeline, path: str, body: dict[str, t.Any]) -> t.Any:  # noqa: ANN401 - JSON
    from support.sandbox_fixture import Api  # noqa: PLC0415

    api = Api(pipeline.sandbox.url)
    answer = api.post(f"/api/3/{path}", body)
    api.close()
    assert answer.ok
    return answer.json()


def test_a_run_that_only_adds_notes_its_people_beside_a_mirror(pipeline: Pipeline) -> None:
    run(pipeline, range(1, 6), stream="a")
    pipeline.run(people(range(4, 8)), stream="b")
    outcome = run(pipeline, range(1, 5), stream="a")
    assert outcome.report["unsubscribed"] == 0
    assert subscribed(pipeline) == emails(range(1, 8))


def test_a_stream_of_several_tables_is_not_shown_to_be_whole_by_one_version(pipeline: Pipeline) -> None:
    def table(numbers: t.Iterable[int], version: int) -> list[t.Any]:
        records = [record_message(one, "people") for one in people(numbers)]
        return [schema_message("people"), *records, version_message("people", version)]

    pipeline.run_messages([*table(range(20), 1), *table(range(50, 52), 2)], **MIRROR)
    outcome = pipeline.run_messages(table(range(20), 3), **MIRROR)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 2)
    assert "several tables in a row" in outcome.log
