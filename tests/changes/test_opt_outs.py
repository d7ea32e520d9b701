"""A no (`field_mapping.subscription`) takes its person off the list, ours or not."""

from __future__ import annotations

import typing as t

import pytest
from support.changes_pipeline import SCHEMA, Pipeline, move_subscription, people, person, set_membership
from support.command import config_for, record_message, schema_message, state_message, version_message
from support.quick_target import make_target, wait_for_workers

from target_activecampaign.config.secret import Secret
from target_activecampaign.ledger.ledger import Ledger

SUBSCRIBED, UNSUBSCRIBED = 1, 2
WISH_SCHEMA: dict[str, t.Any] = {**SCHEMA, "properties": {**SCHEMA["properties"], "wants": {}}}
MAPPING = {"email": "email", "first_name": "first_name", "subscription": "wants"}
PLAIN_MAPPING = {"email": "email", "first_name": "first_name"}
END = state_message({"bookmarks": {}})
WITHOUT: dict[str, t.Any] = {"ledger_url": None}
NO_LEDGER_TOO = pytest.mark.parametrize("ledger", [{}, WITHOUT], ids=["ledger", "no ledger"])
Settings: t.TypeAlias = dict[str, t.Any]

if t.TYPE_CHECKING:
    from support.command import Outcome


def says(number: int, wants: object, *, key: int | None = None, **values: object) -> dict[str, t.Any]:
    return person(number, wants=wants, id=number if key is None else key, **values)


def messages_of(
    records: t.Iterable[t.Mapping[str, t.Any]], stream: str = "people", keys: t.Iterable[str] = ("id",)
) -> list[t.Mapping[str, t.Any]]:
    return [schema_message(stream, WISH_SCHEMA, keys), *(record_message(one, stream) for one in records)]


def run(
    pipeline: Pipeline,
    records: t.Iterable[t.Mapping[str, t.Any]],
    keys: t.Iterable[str] = ("id",),
    end: t.Iterable[t.Mapping[str, t.Any]] = (END,),
    **settings: t.Any,  # noqa: ANN401 - of the configuration
) -> Outcome:
    messages = [*messages_of(records, keys=keys), *end]
    return pipeline.run_messages(messages, **{"field_mapping": MAPPING, **settings})


def run_two_streams(
    pipeline: Pipeline,
    first: list[dict[str, t.Any]],
    second: list[dict[str, t.Any]],
    **settings: t.Any,  # noqa: ANN401 - of the configuration
) -> Outcome:
    messages = [*messages_of(first, "one"), *messages_of(second, "two"), END]
    return pipeline.run_messages(messages, **{"field_mapping": MAPPING, **settings})


def put_on_list(pipeline: Pipeline, number: int) -> None:
    """Let somebody be on the list that no run of ours put there."""
    pipeline.run([person(number)], ledger_url=None)
    move_subscription(pipeline, f"person{number}@example.com", "2001-01-01T00:00:00+00:00")


def open_ledger_of(pipeline: Pipeline) -> Ledger:
    account = pipeline.sandbox.url.removeprefix("http://")
    url, key = Secret(pipeline.settings["ledger_url"]), Secret("sandbox")
    return Ledger.open(url, account=account, api_key=key, now=1)


def status_of(pipeline: Pipeline, number: int) -> int | None:
    return pipeline.statuses().get(f"person{number}@example.com")


# Yes, no, and neither


@NO_LEDGER_TOO
def test_yes_subscribes_and_no_takes_off_ours_and_others(pipeline: Pipeline, ledger: Settings) -> None:
    for number in (2, 3):
        put_on_list(pipeline, number)
    outcome = run(pipeline, [says(1, "YES"), says(2, "no"), says(3, wants=False)], **ledger)
    assert outcome.exit_code == 0
    assert pipeline.statuses() == {
        "person1@example.com": SUBSCRIBED,
        "person2@example.com": UNSUBSCRIBED,
        "person3@example.com": UNSUBSCRIBED,
    }
    assert (outcome.report["delivered"], outcome.report["unsubscribed"]) == (3, 2)
    assert outcome.states == [END["value"]]


def test_nobody_is_created_to_be_taken_off_and_nothing_else_is_sent(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    outcome = run(pipeline, [says(1, "0", first_name="Changed"), says(2, "cleaned")])
    assert pipeline.names() == {"person1@example.com": "Ada"}
    assert (outcome.report["unchanged"], outcome.report["left_alone_reasons"]) == (1, {"not_on_list": 1})


def test_what_is_no_word_updates_the_contact_and_leaves_the_membership_alone(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 3)
    values = [None, "", "  ", "maybe", 2, 0.5, ["yes"], {"no": 1}]
    records = [says(number, wants, first_name="Bo") for number, wants in enumerate(values)]
    outcome = run(pipeline, [*records, person(9, id=9, first_name="Bo")])
    assert outcome.report["delivered"] == len(values) + 1
    assert set(pipeline.names().values()) == {"Bo"}
    assert pipeline.statuses() == {"person3@example.com": SUBSCRIBED}


def test_a_no_counts_whatever_else_is_wrong_with_its_record(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    maps = {"people": {"first_name": "first_name.upper()"}}
    outcome = run(pipeline, [{**says(1, "no"), "first_name": None}], stream_maps=maps)
    assert (outcome.report["rejected"], outcome.report["unsubscribed"]) == ({}, 1)
    put_on_list(pipeline, 2)
    outcome = run(pipeline, [{**says(2, "no"), "first_name": 7}])
    assert (outcome.report["rejected"], outcome.report["unsubscribed"]) == ({}, 1)


def test_an_excluded_address_is_rejected_whatever_it_wants(pipeline: Pipeline) -> None:
    pipeline.sandbox.account.exclusions.add("person1@example.com", "exact", "allEmail", ())
    outcome = run(pipeline, [says(1, "no"), says(2, "yes")], max_rejected_percent=100)
    assert (outcome.report["rejected"], outcome.report["left_alone"]) == ({"excluded": 1}, 0)


def test_the_words_can_be_set(pipeline: Pipeline) -> None:
    words = {"true": ["Ja"], "false": ["Nein"]}
    records = [says(1, "ja"), says(2, "NEIN"), says(3, "yes"), says(4, wants=True)]
    put_on_list(pipeline, 2)
    run(pipeline, records, subscription_words=words)
    statuses = {1: SUBSCRIBED, 2: UNSUBSCRIBED, 3: None, 4: SUBSCRIBED}
    assert {number: status_of(pipeline, number) for number in statuses} == statuses


def test_somebody_who_left_the_list_is_never_put_on_it_again(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    set_membership(pipeline, "person1@example.com", "status", UNSUBSCRIBED)
    run(pipeline, [says(1, "yes", first_name="Bo")])
    assert status_of(pipeline, 1) == UNSUBSCRIBED


# The last word


@pytest.mark.parametrize(
    ("keys", "ledger"), [(["id"], {}), ([], WITHOUT)], ids=["keys", "no keys, no ledger"]
)
def test_of_one_record_the_last_word_counts(pipeline: Pipeline, keys: list[str], ledger: Settings) -> None:
    cases: list[tuple[list[str | None], int | None]] = [
        (["yes", "no"], UNSUBSCRIBED),
        (["no", "yes"], SUBSCRIBED),
        (["no", "yes", "no"], UNSUBSCRIBED),
        (["no", None], None),
        (["no", "maybe"], None),
        (["yes", None], SUBSCRIBED),
    ]
    records = [says(number, word) for number, (words, _) in enumerate(cases) for word in words]
    outcome = run(pipeline, records, keys, **ledger)
    assert [status_of(pipeline, number) for number in range(len(cases))] == [status for _, status in cases]
    assert (outcome.report["read"], outcome.report["unsettled"]) == (len(records), 0)
    assert outcome.states == [END["value"]]


def test_of_two_records_of_one_person_a_no_stands(pipeline: Pipeline) -> None:
    records = [says(1, "no", key=7), says(1, "yes", key=8), says(2, "yes", key=9), says(2, "no", key=10)]
    outcome = run(pipeline, records)
    assert (status_of(pipeline, 1), status_of(pipeline, 2)) == (None, UNSUBSCRIBED)
    assert (outcome.report["read"], outcome.report["unsettled"]) == (4, 0)
    assert (
        "stream 'people' that were not exported, since another record of their person said no: 1."
        in outcome.log
    )


@NO_LEDGER_TOO
def test_a_yes_of_a_record_that_nobody_can_tell_takes_no_no_back(
    pipeline: Pipeline, ledger: Settings
) -> None:
    put_on_list(pipeline, 1)
    records = [{**says(1, wants), "id": None} for wants in ("no", "yes", "yes")]
    outcome = run(pipeline, records, **ledger)
    assert (outcome.report["unsubscribed"], outcome.report["superseded"]) == (1, 2), outcome.log
    assert status_of(pipeline, 1) == UNSUBSCRIBED


def test_without_a_ledger_state_waits_for_a_no_whose_membership_cannot_be_read(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    set_membership(pipeline, "person1@example.com", "status", 9)
    outcome = run(pipeline, [says(1, "no")], **WITHOUT)
    assert outcome.report["left_alone_reasons"] == {"membership_unreadable": 1}
    assert outcome.report["held_back"] == 1
    assert outcome.states == []


def test_words_are_read_as_people_see_them(pipeline: Pipeline) -> None:
    words = {"false": ["na\u0303o"]}
    records = [says(1, "\ufeffn\u00e3o"), says(2, "yes\u200b")]
    run(pipeline, records, subscription_words=words)
    assert pipeline.statuses() == {"person2@example.com": SUBSCRIBED}


def test_of_two_streams_a_no_stands(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    outcome = run_two_streams(pipeline, [says(1, "no")], [says(1, "yes", first_name="Bo")])
    assert status_of(pipeline, 1) == UNSUBSCRIBED
    assert (outcome.report["unsubscribed"], outcome.report["superseded"]) == (1, 1)
    assert pipeline.names() == {"person1@example.com": "Ada"}


def test_a_stream_that_says_nothing_of_it_takes_no_no_back(pipeline: Pipeline) -> None:
    streams = {"one": {"field_mapping": MAPPING}, "two": {"field_mapping": PLAIN_MAPPING}}
    run_two_streams(pipeline, [says(1, "no")], [says(1, "yes"), says(2, "no")], streams=streams)
    assert pipeline.statuses() == {"person2@example.com": SUBSCRIBED}


def test_a_no_on_one_list_is_none_on_another(pipeline: Pipeline) -> None:
    streams = {"one": {"list_id": 1}, "two": {"list_id": 2}}
    run_two_streams(pipeline, [says(1, "no")], [says(1, "yes")], streams=streams)
    assert (pipeline.statuses(1), pipeline.statuses(2)) == ({}, {"person1@example.com": SUBSCRIBED})


# The ledger remembers


def test_a_no_of_an_earlier_run_stands_against_another_record(pipeline: Pipeline) -> None:
    run(pipeline, [says(1, "no", key=7)])
    outcome = run(pipeline, [says(1, "yes", key=8)])
    assert (pipeline.statuses(), outcome.report["superseded"]) == ({}, 1)
    # Also where no stream says any more who wants the list.
    outcome = run(pipeline, [says(1, None, key=7)], field_mapping=PLAIN_MAPPING)
    assert (pipeline.statuses(), outcome.report["superseded"]) == ({}, 1)
    run(pipeline, [says(1, "yes", key=7), says(1, "yes", key=8)])
    assert status_of(pipeline, 1) == SUBSCRIBED


def test_an_unchanged_no_is_not_followed_again(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    run(pipeline, [says(1, "no"), says(2, "no")])
    outcome = run(pipeline, [says(1, "no"), says(2, "no")])
    assert (outcome.report["unchanged"], outcome.report["left_alone"]) == (2, 0)
    # Who came back by a form afterwards has the last word.
    set_membership(pipeline, "person1@example.com", "status", SUBSCRIBED)
    run(pipeline, [says(1, "no")])
    assert status_of(pipeline, 1) == SUBSCRIBED


def test_an_unchanged_yes_after_a_no_is_sent_again(pipeline: Pipeline) -> None:
    """Also where the no found nobody on the list."""
    run(pipeline, [says(1, "yes")])
    contact = pipeline.sandbox.account.contacts.with_email("person1@example.com")
    assert contact is not None
    lists = pipeline.sandbox.account.lists
    with lists._storage.transaction():
        lists._storage.write("delete from membership where contact = ?", (contact["id"],))
    run(pipeline, [says(1, "no")])
    assert run(pipeline, [says(1, "yes")]).report["delivered"] == 1
    assert status_of(pipeline, 1) == SUBSCRIBED


def test_who_said_no_is_no_member_that_the_mirror_counts(pipeline: Pipeline) -> None:
    settings: Settings = {"membership": "mirror", "max_removal_percent": 100}
    run(pipeline, [says(1, "yes"), says(2, "yes")], **settings)
    run(pipeline, [says(1, "yes"), says(2, "no")], **settings)
    assert status_of(pipeline, 2) == UNSUBSCRIBED
    outcome = run(pipeline, [says(1, "yes")], **settings)
    assert (outcome.report["pending_removals"], outcome.report["left_alone"]) == (0, 0)


def test_an_import_that_subscribed_nobody_is_no_proof_for_the_mirror(pipeline: Pipeline) -> None:
    """Somebody else puts them on the list just when their contact was updated."""
    settings: Settings = {"membership": "mirror", "max_removal_percent": 100}
    run(pipeline, [says(1, None), says(2, "yes")], **settings)
    pipeline.run([person(1)], ledger_url=None)
    outcome = run(pipeline, [says(2, "yes")], end=[version_message(), END], **settings)
    assert (outcome.exit_code, outcome.report["unsubscribed"]) == (0, 0)
    assert status_of(pipeline, 1) == SUBSCRIBED


# The end of the run


@NO_LEDGER_TOO
def test_too_many_who_say_no_are_braked(pipeline: Pipeline, ledger: Settings) -> None:
    run(pipeline, [says(number, "yes") for number in range(100)], **ledger)
    records = [says(number, "no") for number in range(11)]
    outcome = run(pipeline, records, **ledger)
    assert outcome.exit_code == 5
    assert "11 of 100 contacts (11.0 %) would be taken off list 1" in outcome.log
    assert "field_mapping.subscription" in outcome.log
    assert (outcome.report["held_back"], outcome.report["unsettled"]) == (11, 0)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    if ledger:
        assert outcome.states == []
        assert run(pipeline, records, max_removal_percent=11, **ledger).states == [END["value"]]
    else:
        # They are pending, so STATE passes, and the next run goes on with them.
        assert (outcome.states, outcome.report["pending_removals"]) == ([END["value"]], 11)
        outcome = run(pipeline, [], max_removal_percent=11)
        assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (11, 0)
    assert list(pipeline.statuses().values()).count(UNSUBSCRIBED) == 11


def test_the_brake_counts_them_together_with_deletions(pipeline: Pipeline) -> None:
    run(pipeline, [says(number, "yes") for number in range(100)], on_delete="unsubscribe")
    gone = [{**says(number, "yes"), "_sdc_deleted_at": "2026-05-19T12:00:00Z"} for number in range(6)]
    said_no = [says(number, "no") for number in range(5, 11)]
    outcome = run(pipeline, [*gone, *said_no], on_delete="unsubscribe")
    assert (outcome.exit_code, outcome.report["held_back"], outcome.report["pending_removals"]) == (5, 12, 11)
    outcome = run(pipeline, [*gone, *said_no], on_delete="unsubscribe", max_removal_percent=11)
    report = outcome.report
    assert (report["unsubscribed"], report["superseded"], report["unsettled"]) == (11, 1, 0)


@NO_LEDGER_TOO
def test_a_run_that_fails_before_its_end_loses_no_no(pipeline: Pipeline, ledger: Settings) -> None:
    put_on_list(pipeline, 1)
    messages = [*messages_of([says(1, "no")]), END, {"type": "RECORD"}]
    outcome = pipeline.run_messages(messages, field_mapping=MAPPING, **ledger)
    assert (outcome.exit_code, status_of(pipeline, 1)) == (1, SUBSCRIBED)
    assert outcome.states == ([] if ledger else [END["value"]])
    assert run(pipeline, [says(1, "no")] if ledger else [], **ledger).report["unsubscribed"] == 1


def test_a_run_with_too_many_rejects_leaves_them_pending(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    outcome = run(pipeline, [says(1, "no"), {"email": "none", "id": 2}, {"email": "none", "id": 3}])
    assert (outcome.exit_code, status_of(pipeline, 1)) == (4, SUBSCRIBED)
    assert run(pipeline, []).report["unsubscribed"] == 1


def test_pending_ones_wait_for_a_stream_that_says_who_wants_the_list_or_a_command(pipeline: Pipeline) -> None:
    run(pipeline, [says(number, "yes") for number in range(30)])
    assert run(pipeline, [says(number, "no") for number in range(11)]).exit_code == 5
    outcome = run(pipeline, [], max_removal_percent=100, field_mapping=PLAIN_MAPPING)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 11)
    settings = {**pipeline.settings, "field_mapping": MAPPING, "max_removal_percent": 100}
    command = make_target(config_for(pipeline.sandbox.url, pipeline.folder, **settings)).current_run
    assert command.carry_out_pending(also_earlier=False) is None
    wait_for_workers()
    assert (command.figures["unsubscribed"], command.figures["pending_removals"]) == (11, 0)


def test_a_dry_run_says_how_many_would_be_taken_off(pipeline: Pipeline) -> None:
    put_on_list(pipeline, 1)
    records = [says(1, "no"), says(2, "yes"), says(2, "no"), says(3, "no")]
    for settings in ({}, WITHOUT):
        outcome = run(pipeline, records, dry_run=True, **settings)
        assert (outcome.report["unsubscribed"], outcome.report["left_alone"]) == (2, 1)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_dry_run_knows_who_takes_a_pending_no_back(pipeline: Pipeline) -> None:
    pipeline.run(people(range(50)), ledger_url=None)
    assert run(pipeline, [says(number, "no") for number in range(20)]).exit_code == 5
    yeses = [says(number, "yes") for number in range(20)]
    for is_dry_run in (True, False):
        outcome = run(pipeline, yeses, dry_run=is_dry_run)
        assert (outcome.exit_code, outcome.report["unsubscribed"]) == (0, 0)


def test_the_brake_counts_those_alone_who_are_on_the_list(pipeline: Pipeline) -> None:
    """A table holds many who once said no; by pages of the list that takes few requests."""
    pipeline.run(people(range(300)), ledger_url=None)
    records = [says(number, "no") for number in range(295, 500)]
    settings: Settings
    for settings, off in (({"dry_run": True}, 5), (WITHOUT, 5), ({}, 0)):
        outcome = run(pipeline, records, **settings)
        report = outcome.report
        assert (outcome.exit_code, report["unsubscribed"]) == (0, off)
        assert report["unchanged"] == report["left_alone_reasons"]["not_subscribed"] == 205 - off
        assert report["requests"] < 40
    assert list(pipeline.statuses().values()).count(UNSUBSCRIBED) == 5
    assert run(pipeline, records).report["left_alone"] == 0


def test_many_are_taken_off_by_pages_and_those_of_this_run_too(pipeline: Pipeline) -> None:
    pipeline.run(people(range(300)), ledger_url=None)
    records = [*(says(number, "no") for number in range(100)), says(400, "yes"), says(400, "no")]
    for is_dry_run in (True, False):
        outcome = run(pipeline, records, max_removal_percent=100, dry_run=is_dry_run)
        assert outcome.report["unsubscribed"] == 101
        assert outcome.report["requests"] < 40


def test_members_who_are_forgotten_say_no_no_more(pipeline: Pipeline) -> None:
    run(pipeline, [says(1, "no", key=7)])
    ledger = open_ledger_of(pipeline)
    assert ledger.figures().lists[1].opt_outs == {"people": 1}
    ledger.erase(1, members=False)
    assert ledger.has_opt_outs(1)
    ledger.rename_stream(None, "people", "persons")
    assert ledger.opt_out_counts() == [(1, "persons", 1)]
    ledger.erase_people(["person1@example.com"], members=True)
    assert not ledger.has_opt_outs(1)
    ledger.close()


@pytest.mark.parametrize(("first", "second"), [(None, None), (" ", "\t")])
@NO_LEDGER_TOO
def test_a_record_without_a_readable_key_takes_no_no_back(
    pipeline: Pipeline, ledger: Settings, first: str | None, second: str | None
) -> None:
    schema = {**WISH_SCHEMA, "properties": {**WISH_SCHEMA["properties"], "id": {}}}
    records = [{**says(1, "no"), "id": first}, {**says(1, "yes"), "id": second}]
    messages = [schema_message("people", schema, ["id"]), *(record_message(one, "people") for one in records)]
    outcome = pipeline.run_messages([*messages, END], field_mapping=MAPPING, **ledger)
    assert outcome.report["superseded"] == 1
    assert pipeline.statuses() == {}


def test_a_dry_run_counts_nobody_whose_record_says_yes_again(pipeline: Pipeline) -> None:
    run(pipeline, [says(number, "yes") for number in range(30)])
    assert run(pipeline, [says(number, "no") for number in range(15)]).exit_code == 5
    again = [says(number, "yes") for number in range(15)]
    outcome = run(pipeline, again, dry_run=True)
    assert (outcome.exit_code, outcome.report["unsubscribed"]) == (0, 0)


def test_without_a_ledger_state_waits_for_a_no_whose_membership_can_t_be_read(pipeline: Pipeline) -> None:
    pipeline.run([person(1)], **WITHOUT)
    set_membership(pipeline, "person1@example.com", "status", 9)
    outcome = run(pipeline, [says(1, "no")], **WITHOUT)
    assert (outcome.report["held_back"], outcome.states) == (1, [])


def test_a_no_that_was_followed_takes_nobody_off_whose_other_record_said_yes_since(
    pipeline: Pipeline,
) -> None:
    pipeline.run([person(1)], **WITHOUT)
    run(pipeline, [says(1, "no", key=1)])
    set_membership(pipeline, "person1@example.com", "status", SUBSCRIBED)
    outcome = run(pipeline, [says(1, "no", key=2), says(1, "yes", key=2)])
    assert outcome.report["unsubscribed"] == 0
    assert pipeline.statuses() == {"person1@example.com": SUBSCRIBED}
