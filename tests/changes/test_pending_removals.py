"""Who can't be shown to be gone stays on the list, pending, until a person says that the tap ended well."""

from __future__ import annotations

import json
import typing as t

import pytest
from click.testing import CliRunner
from support.changes_pipeline import Pipeline, people, person
from support.command import config_for, record_message, schema_message, state_message, version_message
from support.quick_target import QuickClock

from target_activecampaign.cli import ledger as ledger_command
from target_activecampaign.cli import mirror as mirror_command
from target_activecampaign.target import TargetActiveCampaign

SUBSCRIBED, UNSUBSCRIBED = 1, 2
MIRROR: dict[str, t.Any] = {"membership": "mirror"}
SDK_STATE = state_message({"bookmarks": {"people": {}}})


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the commands from silencing the loggers of the tests' own process."""
    for command in (ledger_command, mirror_command):
        monkeypatch.setattr(command, "redact_logs", lambda: None)


def mirror(pipeline: Pipeline, *options: str, **settings: t.Any) -> tuple[int, str]:  # noqa: ANN401
    """Run the command `mirror`; return its exit code and output."""
    config = config_for(pipeline.sandbox.url, pipeline.folder, **{**pipeline.settings, **MIRROR, **settings})
    config.pop("report_path", None)
    path = pipeline.folder / "mirror.json"
    path.write_text(json.dumps(config))
    command = TargetActiveCampaign.get_singer_command()
    result = CliRunner().invoke(command, ["mirror", "--config", str(path), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def run_cut_short(pipeline: Pipeline) -> None:
    """Run 20 people, and then what an SDK tap writes of a table of which it dies before the last one."""
    pipeline.run(people(range(20)), **MIRROR)
    outcome = pipeline.run(people(range(19)), end=[SDK_STATE], **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_the_command_carries_out_what_is_pending(pipeline: Pipeline) -> None:
    run_cut_short(pipeline)
    assert mirror(pipeline, "--dry-run") == (0, "1 person would be taken off; 1 pending.\n")
    code, output = mirror(pipeline, "--yes", "--json")
    report = json.loads(output)
    assert (code, report["ok"], report["unsubscribed"], report["pending_removals"]) == (0, True, 1, 0)
    assert pipeline.statuses()["person19@example.com"] == UNSUBSCRIBED
    assert "example.com" not in output
    assert mirror(pipeline) == (0, "0 people taken off; 0 pending.\n")


def test_whoever_comes_again_is_pending_no_more(pipeline: Pipeline) -> None:
    run_cut_short(pipeline)
    # Whatever the settings of that run are.
    assert pipeline.run(people([19]), membership="add").exit_code == 0
    assert mirror(pipeline) == (0, "0 people taken off; 0 pending.\n")
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


@pytest.mark.parametrize("seconds_later", [0, -3600])
def test_the_word_for_one_tap_does_not_hold_for_another_one_s_run(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, seconds_later: int
) -> None:
    """Runs that begin in one second, or after a clock was set back, follow each other all the same."""
    run_cut_short(pipeline)
    later = QuickClock.epoch_seconds
    monkeypatch.setattr(QuickClock, "epoch_seconds", lambda self: later(self) + seconds_later)
    pipeline.run(people(range(100, 103)), stream="other", **MIRROR)
    monkeypatch.undo()
    assert mirror(pipeline) == (0, "0 people taken off; 1 pending.\n")
    assert mirror(pipeline, "--all") == (0, "1 person taken off; 0 pending.\n")


def test_a_later_run_replaces_what_is_pending(pipeline: Pipeline) -> None:
    run_cut_short(pipeline)
    outcome = pipeline.run(people([*range(10), 19]), end=[SDK_STATE], **MIRROR)
    assert outcome.report["pending_removals"] == 9
    assert mirror(pipeline)[0] == 0
    assert {email for email, status in pipeline.statuses().items() if status == SUBSCRIBED} == {
        person(number)["email"] for number in [*range(10), 19]
    }


def test_mirror_and_deletions_have_one_brake(pipeline: Pipeline) -> None:
    settings = {**MIRROR, "on_delete": "unsubscribe"}
    pipeline.run(people(range(20)), **settings)
    gone = people(range(8, 14), _sdc_deleted_at="2026-01-01")
    outcome = pipeline.run([*people(range(8)), *gone], **settings)
    assert outcome.exit_code == 5
    assert "12 of 20 contacts (60.0 %)" in outcome.log
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_the_command_has_the_brake(pipeline: Pipeline) -> None:
    pipeline.run(people(range(100)), **MIRROR)
    pipeline.run(people(range(50)), end=[SDK_STATE], **MIRROR)
    code, output = mirror(pipeline)
    assert code == 5
    assert "50 of 100 contacts (50.0 %) would be taken off list 1" in output
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    assert mirror(pipeline, max_removal_percent=50)[0] == 0


def test_the_command_empties_no_stream_below_100_percent(pipeline: Pipeline) -> None:
    pipeline.run(people(range(5)), **MIRROR)
    pipeline.run([], max_removal_percent=100, **MIRROR)
    assert mirror(pipeline)[0] == 5
    assert mirror(pipeline, max_removal_percent=100)[0] == 0
    assert set(pipeline.statuses().values()) == {UNSUBSCRIBED}


@pytest.mark.parametrize("options", [["--yes"], ["--dry-run"]])
def test_the_command_makes_no_ledger(pipeline: Pipeline, options: list[str]) -> None:
    """A relative path in another folder: nothing would ever be pending there."""
    elsewhere = pipeline.folder / "elsewhere"
    elsewhere.mkdir()
    code, output = mirror(pipeline, *options, "--json", ledger_url=f"sqlite:///{elsewhere / 'ledger.db'}")
    (problem,) = json.loads(output)["problems"]
    assert (code, json.loads(output)["ok"]) == (1, False)
    assert problem.startswith("ledger_url: there is no ledger there")
    assert str(elsewhere / "ledger.db") in problem
    assert not list(elsewhere.iterdir())


def test_the_command_says_what_is_wrong_as_one_document(pipeline: Pipeline) -> None:
    code, output = mirror(pipeline, "--json", ledger_url=None, membership="add")
    assert code == 1
    assert json.loads(output)["ok"] is False
    assert "ledger_url" in json.loads(output)["problems"][0]


def test_rejected_records_without_key_and_address_keep_everybody_pending(pipeline: Pipeline) -> None:
    pipeline.run(people(range(20)), **MIRROR)
    outcome = pipeline.run([*people(range(19)), {"email": "nobody"}], **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert "it may be anybody's" in outcome.log


def test_a_rejected_record_brings_its_person_by_the_key(pipeline: Pipeline) -> None:
    keyed = [{**one, "id": number} for number, one in enumerate(people(range(20)))]
    pipeline.run(keyed, keys=["id"], **MIRROR)
    broken = [*keyed[:18], {**keyed[18], "email": "nobody"}]
    outcome = pipeline.run(broken, keys=["id"], **MIRROR)
    assert outcome.report["unsubscribed"] == 1
    assert pipeline.statuses()["person19@example.com"] == UNSUBSCRIBED
    assert pipeline.statuses()["person18@example.com"] == SUBSCRIBED


@pytest.mark.parametrize("key", ["19", 119, 19.5])
def test_a_rejected_record_whose_key_nobody_knows_may_be_anybody_s(pipeline: Pipeline, key: object) -> None:
    """The tap may write the keys of the same people in another way than before."""
    keyed = [{**one, "id": number} for number, one in enumerate(people(range(20)))]
    pipeline.run(keyed, keys=["id"], **MIRROR)
    night = [*keyed[:19], {"id": key, "email": "nobody", "first_name": "Ada"}]
    outcome = pipeline.run(night, keys=["id"], validate_records=False, **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert "of 1 rejected records neither the address can be read nor is the key known" in outcome.log
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    # A row that stays broken does not keep everybody for ever: a person's word does.
    assert mirror(pipeline, "--yes") == (0, "1 person taken off; 0 pending.\n")


def test_keys_that_another_case_or_property_names_are_unknown(pipeline: Pipeline) -> None:
    keyed = [{**one, "id": number} for number, one in enumerate(people(range(20)))]
    pipeline.run(keyed, keys=["id"], **MIRROR)
    keyed[19]["email"] = "nobody"
    outcome = pipeline.run(keyed, keys=["id", "first_name"], **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (0, 1)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_rejected_record_with_another_address_brings_whom_its_key_led_to_night_after_night(
    pipeline: Pipeline,
) -> None:
    keyed = [{**one, "id": number} for number, one in enumerate(people(range(20)))]
    pipeline.run(keyed, keys=["id"], **MIRROR)
    keyed[19] = {"id": 19, "email": "other@example.com", "first_name": 7}
    for _ in range(2):
        outcome = pipeline.run(keyed, keys=["id"], on_invalid_value="reject", **MIRROR)
        assert outcome.report["rejected"] == {"schema_invalid": 1}
        assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 0)
    keyed[19]["first_name"] = "Ada"
    assert pipeline.run(keyed, keys=["id"], **MIRROR).report["unsubscribed"] == 1
    assert pipeline.statuses()["person19@example.com"] == UNSUBSCRIBED


def test_a_record_on_which_a_stream_map_fails_brings_its_person(pipeline: Pipeline) -> None:
    keyed = [{**one, "id": number} for number, one in enumerate(people(range(20)))]
    maps = {"people": {"first_name": "first_name.upper()"}}
    pipeline.run(keyed, keys=["id"], stream_maps=maps, **MIRROR)
    keyed[7]["first_name"] = None
    outcome = pipeline.run(keyed, keys=["id"], stream_maps=maps, **MIRROR)
    assert outcome.report["rejected"] == {"value_invalid": 1}
    assert outcome.report["pending_removals"] == outcome.report["unsubscribed"] == 0
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_log_position_under_the_tap_s_own_name_is_refused(pipeline: Pipeline) -> None:
    pipeline.run(people(range(20)), **MIRROR)
    state = {"bookmarks": {"shop-people": {"log_file": "bin.000003", "log_pos": 154}}}
    outcome = pipeline.run(people(range(19)), end=[state_message(state)], **MIRROR)
    assert (outcome.exit_code, outcome.report["pending_removals"]) == (5, 0)
    assert "shop-people" in outcome.log
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_a_stream_with_a_new_name_tells_who_is_left_behind(pipeline: Pipeline) -> None:
    pipeline.run(people(range(20)), stream="old", **MIRROR)
    outcome = pipeline.run(people(range(20)), stream="new", **MIRROR)
    assert "20 contacts of list 1 are members by stream 'old', which this run has not" in outcome.log
    assert "ledger rename OLD NEW --list 1" in outcome.log


def test_a_stream_with_a_new_list_tells_who_is_left_behind_and_how_to_take_them_off(
    pipeline: Pipeline,
) -> None:
    pipeline.run(people(range(9)), **MIRROR)
    outcome = pipeline.run(people(range(9)), list_id=2, **MIRROR)
    assert "9 contacts that it brought to list 1 stay there" in outcome.log
    assert "ledger release STREAM --list 1, and then target-activecampaign mirror --list 1" in outcome.log
    config = str(pipeline.folder / "mirror.json")
    assert mirror(pipeline, list_id=2)[1] == "0 people taken off; 0 pending.\n"
    command = TargetActiveCampaign.get_singer_command()
    options = ["ledger", "release", "people", "--list", "1", "--yes", "--config", config]
    assert CliRunner().invoke(command, options).exit_code == 0
    assert mirror(pipeline, "--list", "1", list_id=2)[1] == "9 people taken off; 0 pending.\n"
    assert set(pipeline.statuses(1).values()) == {UNSUBSCRIBED}
    assert set(pipeline.statuses(2).values()) == {SUBSCRIBED}


SHARED = {"de": {"__alias__": "all"}, "fr": {"__alias__": "all"}}


@pytest.mark.parametrize(
    "maps",
    [
        SHARED,
        {"??": {"__alias__": "all"}},
        {"*": {"__alias__": "'all' if __stream_name__ else ''"}},
        {"all": {"__source__": "de", "email": "email"}, "fr": {"__alias__": "all"}},
    ],
)
def test_a_stream_of_two_of_the_tap_s_is_whole_with_both(pipeline: Pipeline, maps: dict[str, t.Any]) -> None:
    def run(*streams: str, numbers: t.Iterable[int] = range(3)) -> t.Any:  # noqa: ANN401 - an outcome
        some = {"de": people(numbers), "fr": people(range(10, 13))}
        messages = [
            one
            for stream in streams
            for one in (
                schema_message(stream),
                *(record_message(record, stream) for record in some[stream]),
                version_message(stream),
            )
        ]
        settings = {**MIRROR, "list_id": None, "streams": {"all": {"list_id": 1}}}
        return pipeline.run_messages(messages, stream_maps=maps, **settings)

    run("de", "fr")
    outcome = run("de")
    assert (outcome.exit_code, outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (
        0,
        0,
        3,
    )
    assert "of these no SCHEMA came: 'fr'" in outcome.log
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    assert run("de", "fr", numbers=range(2)).report["unsubscribed"] == 1


def test_a_shard_that_was_given_up_is_forgotten_at_a_person_s_word(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch_seconds = QuickClock.epoch_seconds
    maps = {"??": {"__alias__": "all"}}
    for streams in (("de", "fr"), ("de",)):
        messages = [
            one
            for number, stream in enumerate(streams)
            for one in (
                schema_message(stream),
                *(record_message(record, stream) for record in people(range(3 * number, 3 * number + 3))),
                version_message(stream),
            )
        ]
        outcome = pipeline.run_messages(messages, stream_maps=maps, **MIRROR)
        monkeypatch.setattr(QuickClock, "epoch_seconds", lambda self: epoch_seconds(self) + 60)
    assert outcome.report["pending_removals"] == 3
    assert mirror(pipeline, "--yes")[1] == "3 people taken off; 0 pending.\n"
    fewer = [schema_message("de"), *(record_message(one, "de") for one in people([0])), version_message("de")]
    assert pipeline.run_messages(fewer, stream_maps=maps, **MIRROR).report["unsubscribed"] == 2


@pytest.mark.parametrize("second", ["unchanged", "changed"])
def test_two_streams_that_bring_one_person_in_one_run_are_both_remembered(
    pipeline: Pipeline, second: str
) -> None:
    def run(vips: t.Iterable[int], members: t.Iterable[int]) -> t.Any:  # noqa: ANN401 - an outcome
        name = "Ada" if second == "unchanged" else "Bo"
        messages = [schema_message("people"), schema_message("vip")]
        messages += [record_message(one) for one in people(members)]
        messages += [record_message(one, "vip") for one in people(vips, first_name=name)]
        return pipeline.run_messages([*messages, version_message("people"), version_message("vip")], **MIRROR)

    run(range(5), range(5))
    assert run(range(5), []).report["unsubscribed"] == 0
    assert run(range(5), range(4)).report["unsubscribed"] == 0
    assert run(range(4), range(4)).report["unsubscribed"] == 1


def run_two(pipeline: Pipeline, members: t.Iterable[int], vips: t.Iterable[int], *ends: str) -> t.Any:  # noqa: ANN401
    """Run two streams to one list; those of `ends` show that they came whole."""
    messages = [schema_message("people"), schema_message("vip")]
    messages += [record_message(one) for one in people(members)]
    messages += [record_message(one, "vip") for one in people(vips)]
    return pipeline.run_messages([*messages, *map(version_message, ends)], **MIRROR)


def test_a_stream_that_may_be_cut_short_may_bring_whom_a_whole_one_lost(pipeline: Pipeline) -> None:
    run_two(pipeline, range(5), range(5), "people", "vip")
    outcome = run_two(pipeline, range(4), range(2), "people")
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 1)
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}
    assert run_two(pipeline, range(4), range(4), "people", "vip").report["unsubscribed"] == 1


def test_a_stream_that_may_be_cut_short_keeps_the_members_that_another_brings(pipeline: Pipeline) -> None:
    run_two(pipeline, range(5), range(5), "people", "vip")
    run_two(pipeline, range(5), range(2), "people")
    # The other one loses them, and the run before did not show that this one had.
    messages = [schema_message("people"), *map(record_message, people(range(4))), version_message("people")]
    assert pipeline.run_messages(messages, **MIRROR).report["unsubscribed"] == 0
    assert set(pipeline.statuses().values()) == {SUBSCRIBED}


def test_unreadable_records_of_one_stream_may_be_of_whom_another_lost(pipeline: Pipeline) -> None:
    run_two(pipeline, range(5), range(5), "people", "vip")
    messages = [schema_message("people"), schema_message("vip")]
    messages += [record_message(one) for one in people(range(4))]
    messages += [record_message(one, "vip") for one in [*people(range(4)), {"email": "nobody"}]]
    messages += [version_message("people"), version_message("vip")]
    outcome = pipeline.run_messages(messages, **MIRROR)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (0, 1)


@pytest.mark.parametrize("night", ["unreadable", "cut short", "whole"])
def test_who_leaves_one_stream_may_be_in_another_one_of_the_list_that_is_unread(
    pipeline: Pipeline, night: str
) -> None:
    def run(members: t.Iterable[int], vips: list[t.Any], *end: dict[str, t.Any]) -> t.Any:  # noqa: ANN401 - an outcome
        messages = [schema_message("people", keys=["id"]), schema_message("vip", keys=["id"])]
        messages += [record_message(person(one, id=one)) for one in members]
        messages += [version_message("people"), *(record_message(one, "vip") for one in vips), *end]
        return pipeline.run_messages(messages, **MIRROR)

    vips = [person(one, id=one) for one in range(31, 34)]
    run(range(20), vips, version_message("vip"))
    broken = {"id": 99, "email": "person5@exa mple.com", "first_name": "Ada"}
    came = {"unreadable": [*vips, broken], "cut short": vips, "whole": vips}[night]
    end = [] if night == "cut short" else [version_message("vip")]
    outcome = run([n for n in range(20) if n != 5], came, *end)
    gone = 1 if night == "whole" else 0
    assert (outcome.exit_code, outcome.report["unsubscribed"]) == (0, gone)
    assert outcome.report["pending_removals"] == 1 - gone
    assert ("stream 'vip' of this list may bring them" in outcome.log) is (gone == 0)
    assert mirror(pipeline, "--yes") == (
        0,
        f"{0 if gone else 1} {'people' if gone else 'person'} taken off; 0 pending.\n",
    )


def test_an_unread_stream_of_another_list_speaks_against_nobody(pipeline: Pipeline) -> None:
    lists = {**MIRROR, "list_id": None, "streams": {"people": {"list_id": 1}, "vip": {"list_id": 2}}}
    messages = [schema_message("people"), schema_message("vip"), record_message(person(30), "vip")]
    for members in (range(5), range(4)):
        rest = [*map(record_message, people(members)), version_message("people")]
        outcome = pipeline.run_messages([*messages, *rest], **lists)
    assert (outcome.report["unsubscribed"], outcome.report["pending_removals"]) == (1, 0)


def test_somebody_of_two_streams_is_pending_once(pipeline: Pipeline) -> None:
    run_two(pipeline, range(5), range(5), "people", "vip")
    messages = [schema_message("people"), schema_message("vip"), *map(record_message, people(range(4)))]
    messages += [record_message(person(0), "vip")]
    for dry_run in (True, False):
        outcome = pipeline.run_messages(messages, dry_run=dry_run, **MIRROR)
        assert outcome.report["pending_removals"] == 1
