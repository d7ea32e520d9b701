"""The run enters itself where runs are remembered, and tells what became of it, however it ends."""

from __future__ import annotations

import io
import json
import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.loopback_server import Handler, serve_replies
from support.quick_target import make_target, run_quickly

from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import OutputError
from target_activecampaign.run import chronicle
from target_activecampaign.run.history import History, open_history
from target_activecampaign.run.notices import Notices

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

SCHEMA = schema_message("people", {"properties": {"email": {"type": "string"}}})
ADA = record_message({"email": "ada@example.com"})
BAD = record_message({"email": "no address"})


def results(config: dict[str, t.Any]) -> list[tuple[int, str]]:
    return [(one.number, one.result) for one in open_history(parse_settings(config)).runs()]


@pytest.fixture(params=["ledger", "file"])
def config(request: pytest.FixtureRequest, sandbox: RunningSandbox, tmp_path: Path) -> dict[str, t.Any]:
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "ledger" else None
    return config_for(sandbox.url, tmp_path, ledger_url=url)


def test_runs_are_remembered_and_the_report_tells_of_the_one_before(config: dict[str, t.Any]) -> None:
    first = run_quickly(config, [SCHEMA, ADA]).report
    assert (first["run"], first["result"], first["before"]) == (1, "done", None)
    people = [record_message({"email": f"p{number}@example.com"}) for number in range(9)]
    second = run_quickly(config, [SCHEMA, *people, BAD]).report
    assert (second["run"], second["result"], second["usual"]) == (2, "rejects up", {"rejected_percent": 0.0})
    assert (second["before"]["run"], second["before"]["delivered"]) == (1, 1)
    assert results(config) == [(2, "rejects up"), (1, "done")]


def test_what_is_remembered_holds_nobody(config: dict[str, t.Any], tmp_path: Path) -> None:
    run_quickly(config, [SCHEMA, ADA, BAD])
    [one] = open_history(parse_settings(config)).runs()
    kept = json.dumps([one.entry, one.report])
    assert "ada@example" not in kept
    assert "no address" not in kept
    assert one.entry["lists"] == [1]
    assert sorted(one.report["streams"]) == ["people"]


def test_a_run_that_is_refused_at_the_start_is_remembered_and_alerted_of(
    config: dict[str, t.Any], tmp_path: Path
) -> None:
    with serve_replies(lambda handler: handler.say(200, b"")) as server:
        told = {**config, "alert_url": server.url, "heartbeat_url": f"{server.url}/beat"}
        assert run_quickly({**told, "list_id": 99}, [SCHEMA, ADA]).exit_code == 1
    assert [path for _, path, _ in server.received] == ["/beat/start", "/", "/beat/1"]
    body = json.loads(server.bodies[1])
    assert (body["kind"], body["exit_code"], body["run"]) == ("failed", 1, 1)
    assert results(config) == [(1, "failed")]


def test_a_ledger_that_can_not_be_opened_is_alerted_of_all_the_same(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").write_text("no ledger")
    url = f"sqlite:///{tmp_path}/ledger.db"
    with serve_replies(lambda handler: handler.say(200, b"")) as server:
        outcome = run_quickly(
            config_for(sandbox.url, tmp_path, ledger_url=url, alert_url=server.url), [SCHEMA, ADA]
        )
    assert outcome.exit_code == 1
    assert outcome.log.count("ledger_url") == 1  # the cause is said once
    assert json.loads(server.bodies[0])["kind"] == "failed"


def test_a_signal_is_told_with_its_exit_code(config: dict[str, t.Any]) -> None:
    with serve_replies(lambda handler: handler.say(200, b"")) as server:
        told = {**config, "alert_url": server.url, "heartbeat_url": f"{server.url}/beat"}
        target = make_target(told)
        target.current_run.begin()
        target.interruption._handle(15, None)
        assert target.run_to_end(io.BytesIO(json.dumps(SCHEMA).encode())) == 143
    assert server.received[-1][1] == "/beat/143"
    assert json.loads(server.bodies[-2])["kind"] == "interrupted"
    assert results(config) == [(1, "interrupted")]


def test_a_webhook_that_fails_leaves_the_exit_code(config: dict[str, t.Any]) -> None:
    def refuse(handler: Handler) -> None:
        handler.say(410, b"")

    with serve_replies(refuse) as server:
        told = {**config, "alert_url": f"{server.url}/T0CKEN", "heartbeat_url": f"{server.url}/T0CKEN"}
        good = run_quickly(told, [SCHEMA, ADA])
        bad = run_quickly(told, [SCHEMA, BAD])
    assert (good.exit_code, bad.exit_code) == (0, 4)
    for outcome in (good, bad):
        assert "heartbeat_url: could not be called: HTTP 410" in outcome.log
        assert "T0CKEN" not in outcome.log + json.dumps(outcome.report)


def test_a_history_that_breaks_at_the_end_leaves_the_exit_code(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = config_for(sandbox.url, tmp_path)
    target = make_target(config)
    target.current_run.begin()
    (tmp_path / "runs.jsonl").unlink()
    (tmp_path / "runs.jsonl").mkdir()
    lines = "\n".join(map(json.dumps, (SCHEMA, ADA)))
    assert target.run_to_end(io.BytesIO(lines.encode())) == 0
    assert json.loads((tmp_path / "report.json").read_text())["exit_code"] == 0


@pytest.mark.parametrize("part", ["begin", "judge", "end"])
def test_a_fault_in_the_history_leaves_people_state_and_exit_code(
    config: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("ada@example.com")

    monkeypatch.setattr(History, part, fail)
    outcome = run_quickly(config, [SCHEMA, ADA, state_message({"n": 1})])
    assert (outcome.exit_code, outcome.states) == (0, [{"n": 1}])
    assert (outcome.report["exit_code"], outcome.report["delivered"]) == (0, 1)
    assert outcome.report["result"] == "done"
    assert "may lack something by a fault of the program itself (RuntimeError)" in outcome.log
    assert "ada@example" not in outcome.log


@pytest.mark.parametrize("part", ["say_started", "say_lost", "say_ended"])
def test_a_fault_in_the_notices_leaves_people_state_and_exit_code(
    config: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Notices, part, fail)
    outcome = run_quickly(config, [SCHEMA, ADA, state_message({"n": 1})])
    assert (outcome.exit_code, outcome.states) == (0, [{"n": 1}])
    assert results(config) == [(1, "done")]


@pytest.mark.parametrize("fault", [OSError("full"), BrokenPipeError(), KeyError("read")], ids=repr)
def test_an_end_that_can_not_be_shown_leaves_the_exit_code(
    sandbox: RunningSandbox, tmp_path: Path, fault: Exception
) -> None:
    def fail(_: object) -> None:
        raise fault

    config = config_for(sandbox.url, tmp_path)
    target = make_target(config)
    target.current_run.say_end = fail
    assert target.run_to_end(io.BytesIO("\n".join(map(json.dumps, (SCHEMA, ADA))).encode())) == 0
    assert results(config) == [(1, "done")]


def test_a_report_that_can_not_be_written_is_told_with_the_exit_code_of_the_process(
    config: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OutputError("report_path: can't write it: disk full")

    monkeypatch.setattr(chronicle, "write_report", fail)
    with serve_replies(lambda handler: handler.say(200, b"")) as server:
        told = {**config, "heartbeat_url": f"{server.url}/beat"}
        lines = "\n".join(map(json.dumps, (SCHEMA, BAD)))
        exit_code = make_target(told).run_to_end(io.BytesIO(lines.encode()))
    assert exit_code == 1  # with a report it would be 4
    assert server.received[-1][1] == "/beat/1"
    [one] = open_history(parse_settings(config)).runs()
    assert (one.result, one.report["exit_code"], one.entry["files"]["report_path"]) == ("failed", 1, None)


def test_a_signal_ends_the_wait_for_a_monitor_that_is_silent(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_for(sandbox.url, tmp_path)
    target = make_target(config)
    after_the_signal: list[str] = []

    def wait() -> None:
        target.interruption._handle(15, None)
        after_the_signal.append("still waits")

    monkeypatch.setattr(target.current_run.chronicle._notices, "say_started", wait)
    assert target.run_to_end(io.BytesIO(json.dumps(SCHEMA).encode())) == 143
    assert after_the_signal == []
    assert results(config) == [(1, "interrupted")]


def test_a_test_of_the_connection_is_a_trial(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = config_for(sandbox.url, tmp_path)
    test = "meltano_test_stream"
    run_quickly(config, [{**SCHEMA, "stream": test}, record_message({"email": "x"}, test)])
    assert results(config) == [(1, "trial")]


# The report's path


def test_the_start_stands_in_the_name_of_the_report(sandbox: RunningSandbox, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    config = config_for(sandbox.url, tmp_path, report_path=str(folder / "{time}.json"))
    for _ in range(2):
        assert run_quickly(config, [SCHEMA, ADA]).exit_code == 0
    reports = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    assert sorted(report["run"] for report in reports) == [1, 2]
    names = [one.entry["files"]["report_path"] for one in open_history(parse_settings(config)).runs()]
    moment = min(reports, key=lambda report: report["run"])["started_at"][:19].replace(":", "-")
    assert names[-1] == str(folder / f"{moment}.json")


def test_a_folder_that_can_not_be_made_is_said_before_anything_is_sent(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    (tmp_path / "reports").write_text("a file")
    config = config_for(sandbox.url, tmp_path, report_path=str(tmp_path / "reports" / "{time}.json"))
    outcome = run_quickly(config, [SCHEMA, ADA])
    assert outcome.exit_code == 1
    assert "report_path: can't make the folder" in outcome.log
