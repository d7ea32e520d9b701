"""What a run passes on, counts and says at its end, whichever way it ends."""

from __future__ import annotations

import contextlib
import io
import random
import signal
import typing as t

import pytest
from support.command import config_for, record_message, schema_message, singer_lines, state_message
from support.outcome_counts import counted, figures_of
from support.quick_target import captured_log, make_target, outcome_of, run_quickly, wait_for_workers

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

FAST: dict[str, t.Any] = {
    "requests_per_second": 100_000,
    "imports_per_minute": 6_000_000,
    "verify": "none",
    "max_rejected_percent": 50,
    "shutdown_grace": 0,
}
GOOD, BAD = {"email": "ada@example.com"}, {"email": "n/a"}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(progress="at-once") as running:
        yield running


@pytest.fixture
def run(sandbox: RunningSandbox, tmp_path: Path) -> t.Callable[..., Outcome]:
    def run_messages(*messages: t.Any, **settings: t.Any) -> Outcome:  # noqa: ANN401 - of JSON
        return run_quickly(config_for(sandbox.url, tmp_path, **{**FAST, **settings}), messages)

    return run_messages


Runner = t.Callable[..., "Outcome"]


# STATE and rejected records


def test_a_run_that_rejects_everything_and_keeps_nothing_passes_no_state(run: Runner) -> None:
    people = [record_message({"email": f"p{number}@example.com", "first_name": "Ada"}) for number in range(5)]
    settings = {"field_mapping": {"email": "first_name"}, "rejects_path": None}
    outcome = run(schema_message(), *people, state_message("end"), **settings)
    assert (outcome.exit_code, outcome.states) == (4, [])
    assert "All 5 records were rejected, so the run failed (exit code 4)" in outcome.log
    assert "STATE was not passed on" in outcome.log


def test_state_waits_at_the_first_rejected_record_and_goes_past_it_in_a_good_end(run: Runner) -> None:
    messages = [state_message("before"), record_message(BAD), record_message(GOOD), state_message("end")]
    outcome = run(schema_message(), record_message(GOOD), *messages, rejects_path=None)
    assert (outcome.exit_code, outcome.states[-1]) == (0, "end")
    assert outcome.log.count("rejects_path is not set, so STATE waits here") == 1


def test_a_run_that_is_stopped_passes_no_state_over_a_rejected_record(run: Runner) -> None:
    messages = [state_message("before"), record_message(BAD), state_message("after"), "no JSON"]
    outcome = run(schema_message(), record_message(GOOD), *messages, rejects_path=None)
    assert outcome.exit_code == 1
    assert "after" not in outcome.states


def test_rejected_records_that_a_file_keeps_hold_no_state_up(run: Runner) -> None:
    outcome = run(schema_message(), record_message(BAD), state_message("end"))
    assert (outcome.exit_code, outcome.states) == (4, ["end"])
    assert "The only record was rejected, so the run failed (exit code 4)" in outcome.log
    assert (
        "rejects.singer with its reason. The tap goes on behind record 1 at the latest (STATE)" in outcome.log
    )


# Automations


@pytest.mark.parametrize(
    ("settings", "said"), [({}, 1), ({"dry_run": True}, 1), ({"exclude_automations": False}, 0)]
)
def test_a_first_load_says_that_automations_run_unless_somebody_chose(
    run: Runner, settings: dict[str, bool], said: int
) -> None:
    people = [record_message({"email": f"p{number}@example.com"}) for number in range(101)]
    outcome = run(schema_message(), *people, **settings)
    assert outcome.report["created"] == 101
    assert outcome.log.count("WARNING target_activecampaign.delivery.automations: exclude_aut") == said


def test_contacts_that_are_only_updated_trigger_no_word_of_automations(run: Runner) -> None:
    people = [record_message({"email": f"p{number}@example.com"}) for number in range(101)]
    assert run(schema_message(), *people, exclude_automations=False).report["created"] == 101
    outcome = run(schema_message(), *people)
    assert (outcome.report["updated"], "exclude_automations" in outcome.log) == (101, False)


# Streams that are not exported


def test_a_run_whose_streams_match_no_entry_fails_with_the_nearest_name(run: Runner) -> None:
    messages = [schema_message("customers"), record_message(GOOD, "customers"), state_message("end")]
    outcome = run(*messages, list_id=None, streams={"customer": {"list_id": 1}})
    assert (outcome.exit_code, outcome.states) == (1, [])
    assert "streams.customer: no stream of the input matches it; did you mean customers?" in outcome.log
    assert (outcome.report["read"], outcome.report["ignored"]) == (0, 1)


def test_stream_maps_that_leave_every_stream_out_fail_a_run(run: Runner) -> None:
    maps = {"customer": {"email": "email"}, "__else__": None}
    messages = [schema_message("customers"), record_message(GOOD, "customers"), state_message("end")]
    outcome = run(*messages, stream_maps=maps)
    assert (outcome.exit_code, outcome.states, outcome.report["filtered"]) == (1, [], 1)
    assert "stream_maps.customer: no stream of the input matches it; did you mean customers?" in outcome.log


@pytest.mark.parametrize("streams", [None, {"*": {}}, {"people": {}}])
def test_names_in_streams_are_not_blamed_where_stream_maps_leave_everything_out(
    run: Runner, streams: dict[str, t.Any] | None
) -> None:
    messages = [schema_message(), record_message(GOOD), state_message("end")]
    outcome = run(*messages, stream_maps={"people": None}, streams=streams)
    assert (outcome.exit_code, outcome.states, outcome.report["filtered"]) == (1, [], 1)
    assert "stream_maps: leaves out every stream of the input" in outcome.log
    assert "streams." not in outcome.log


def test_an_entry_without_its_stream_is_a_warning_where_another_one_is_exported(run: Runner) -> None:
    streams: dict[str, t.Any] = {"people": {}, "custmers": {}}
    others = [schema_message("customers"), record_message(GOOD, "customers"), state_message("early")]
    outcome = run(*others, schema_message(), record_message(GOOD), state_message("end"), streams=streams)
    assert (outcome.exit_code, outcome.states[-1]) == (0, "end")
    assert "WARNING target_activecampaign.run.stream_matching: streams.custmers: no stream" in outcome.log


def test_a_state_after_ignored_records_waits_until_a_stream_is_exported(run: Runner) -> None:
    others = [schema_message("orders"), record_message(GOOD, "orders"), state_message("early")]
    outcome = run(*others, "no JSON", streams={"people": {}})
    assert (outcome.exit_code, outcome.states) == (1, [])


@pytest.mark.parametrize("streams", [{"people": {}}, {"customer": {}}])
def test_a_run_without_records_is_done_whatever_its_names(run: Runner, streams: dict[str, t.Any]) -> None:
    outcome = run(schema_message(), state_message("end"), streams=streams)
    assert (outcome.exit_code, outcome.states) == (0, ["end"])


def test_a_stream_that_is_left_out_needs_no_address(run: Runner) -> None:
    orders = schema_message("orders", {"type": "object", "properties": {"id": {"type": "integer"}}})
    messages = [orders, record_message({"id": 1}, "orders"), schema_message(), record_message(GOOD)]
    outcome = run(*messages, stream_maps={"orders": None})
    assert (outcome.exit_code, outcome.report["delivered"], outcome.report["filtered"]) == (0, 1, 1)


# Faults that are not the input's


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), RuntimeError("broken")])
def test_a_fault_of_the_machine_or_the_program_is_not_blamed_on_the_schema(
    run: Runner, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(*_: object, **__: object) -> t.NoReturn:
        raise fault

    monkeypatch.setattr("target_activecampaign.run.run.check_account", fail)
    with pytest.raises(type(fault), match=str(fault.args[-1])):
        run(schema_message(), record_message(GOOD))


# Figures


def test_records_that_a_stream_map_filters_stand_in_a_figure(run: Runner) -> None:
    maps = {"people": {"__filter__": "first_name == 'Ada'"}}
    records = [record_message({**GOOD, "first_name": name}) for name in ("Ada", "Bo", "Cy")]
    outcome = run(schema_message(), *records, stream_maps=maps)
    assert (outcome.report["read"], outcome.report["filtered"]) == (1, 2)
    assert outcome.report["streams"]["people"]["filtered"] == 2
    assert "1 record = 1 delivered; 2 filtered." in outcome.log


def test_the_report_tells_how_the_run_went(run: Runner) -> None:
    report = run(schema_message(), record_message(GOOD), record_message(BAD)).report
    first, *_, last = report["timeline"]
    assert (first["seconds"], first["read"], first["delivered"]) == (0, 0, 0)
    assert (last["read"], last["delivered"], last["imports_open"]) == (2, 1, 0)
    assert sum(one["requests"] for one in report["requests_by"]) == report["requests"]
    assert {"endpoint": "POST /import/bulk_import", "status": 200, "requests": 1} in report["requests_by"]
    # On this clock the sandbox finds the pace too quick, and says so.
    refused = sum(one["requests"] for one in report["requests_by"] if one["status"] == 429)
    assert report["retries"] == refused
    assert sum(one["imports"] for one in report["import_seconds"]) == report["imports"] == 1
    assert report["ceiling_per_minute"] == 250 * FAST["imports_per_minute"]


def test_a_record_that_ends_the_run_is_unsettled(run: Runner) -> None:
    schema = {**schema_message(), "key_properties": ["email"]}
    outcome = run(schema, record_message(BAD), record_message({"first_name": "Ada"}))
    assert outcome.exit_code == 1
    assert (outcome.report["read"], outcome.report["unsettled"]) == (2, 1)
    assert "2 records read = 1 rejected (email_invalid) + 1 without an answer yet." in outcome.log


class _Input(io.BytesIO):
    """Gives some lines, and then ends, breaks or has a signal sent, as a tap's pipe does."""

    def __init__(self, lines: bytes, at_end: t.Callable[[], object]) -> None:
        super().__init__(lines)
        self._at_end = at_end

    def read1(self, size: int | None = -1, /) -> bytes:
        data = super().read1(min(size or 0, 400))
        if not data:
            self._at_end()
        return data


def _break() -> None:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize("seed", range(12))
def test_every_record_stands_in_a_figure_whichever_way_a_run_ends(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test
    fed = {"people": 0, "vip": 0, "orders": 0}
    lines: list[t.Any] = [schema_message(name) for name in fed]
    for number in range(chance.randrange(1, 60)):
        name = chance.choice(list(fed))
        email = chance.choice([f"p{number}@example.com", "p1@example.com", "n/a", "", None, 7])
        record: t.Any = {"email": email, "first_name": chance.choice(["Ada", "Bo", "filtered"])}
        odd: list[t.Any] = [record, record, record, [], None]
        lines.append(record_message(chance.choice(odd), name))
        fed[name] += 1
        if not chance.randrange(9):
            lines.append(state_message(number))
    settings = {
        "streams": {"people": {}, "vip": {}},
        "stream_maps": {"vip": {"__filter__": "first_name != 'filtered'"}},
        "profile_limit": chance.choice([5, 1000]),
        "batch_size_rows": chance.choice([1, 7, 250]),
        "rejects_path": chance.choice([None, str(tmp_path / "rejects.singer")]),
        "outcomes_path": str(tmp_path / "outcomes.singer"),
    }
    fault = chance.choice(["POST /import/bulk_import status=401", "GET /import/info status=500", None])
    with serve(progress="looks=2", faults=[fault] if fault else []) as sandbox:
        config = config_for(sandbox.url, tmp_path, **{**FAST, **settings, "import_timeout": 5})
        target = make_target(config)
        ends = [lambda: None, _break, lambda: target.interruption._handle(signal.SIGTERM, None)]
        with contextlib.redirect_stdout(io.StringIO()), captured_log() as log:
            file = _Input(singer_lines(lines).encode(), chance.choice(ends))
            exit_code = target.run_to_end(file)
        wait_for_workers()
    report = outcome_of(config, exit_code, "", log.getvalue()).report
    assert report["exit_code"] == exit_code
    assert counted(tmp_path / "outcomes.singer") == figures_of(report)
    for name, figures in report["streams"].items():
        assert figures["unsettled"] >= 0
        fates = [figures[key] for key in ("delivered", "unchanged", "superseded", "held_back", "unsettled")]
        fates += [figures["filtered"], figures["ignored"], *figures["rejected"].values()]
        assert sum(fates) <= fed[name]
        if fault is None:
            assert sum(fates) == fed[name]
            assert exit_code in {1, 143} or not figures["unsettled"]
    assert report["unsettled"] == sum(figures["unsettled"] for figures in report["streams"].values())
