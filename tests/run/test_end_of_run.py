"""A run says once how it ended, in the log and in its report."""

from __future__ import annotations

import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.quick_target import QuickClock, run_quickly

from target_activecampaign.reporting.report_file import write_report
from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(with_limits=False, progress="at-once") as served:
        yield served


def person(number: int, **others: object) -> dict[str, t.Any]:
    return record_message({"email": f"p{number}@example.com", **others})


def run_on(sandbox: RunningSandbox, folder: Path, *messages: dict[str, t.Any], **settings: object) -> Outcome:
    return run_quickly(
        config_for(sandbox.url, folder, **settings), [schema_message(), *messages], QuickClock(50)
    )


def endings(outcome: Outcome) -> list[str]:
    return [line for line in outcome.log.splitlines() if "reporting.run_ended" in line]


def test_a_run_that_is_done_says_so_once_with_what_arrived(sandbox: RunningSandbox, tmp_path: Path) -> None:
    outcome = run_on(sandbox, tmp_path, person(1), person(2), person(1), state_message("end"))
    (line,) = endings(outcome)
    assert line.startswith("INFO target_activecampaign.reporting.run_ended: Done in ")
    assert line.endswith(
        '2 people arrived on "Customers": 2 new. Nothing to do. 3 records = 2 delivered + 1 merged repeat.'
    )
    assert "ERROR" not in outcome.log


def test_somebody_who_is_sent_twice_is_one_person(sandbox: RunningSandbox, tmp_path: Path) -> None:
    others = [person(number) for number in range(2, 5)]
    again = person(1, first_name="Ada")
    outcome = run_on(sandbox, tmp_path, person(1), *others, again, batch_size_rows=2)
    assert (outcome.report["delivered"], outcome.report["people"], outcome.report["created"]) == (5, 4, 4)
    assert '4 people arrived on "Customers": 4 new. ' in outcome.log
    assert "5 records = 5 delivered (4 new, 1 updated)" in outcome.log


def test_the_report_says_what_the_run_was(sandbox: RunningSandbox, tmp_path: Path) -> None:
    bad = record_message({"email": "n/a"})
    messages = [person(1), person(2), person(3), state_message(1), person(4), bad, state_message(2)]
    report = run_on(
        sandbox, tmp_path, *messages, tags=["shop"], stream_maps={"people": {"x": "email"}}
    ).report
    assert report["lists"] == [{"id": 1, "name": "Customers"}]
    assert report["host"] == sandbox.url.removeprefix("http://")
    assert report["contract"]["after"] == report["contract"]["before"] + 4
    assert report["rejects"] == {
        "path": str(tmp_path / "rejects.singer"),
        "reasons": {"email_invalid": {"count": 1, "lines": [7]}},
    }
    assert (report["state_record"], report["error"], report["ledger"]) == (5, None, False)
    assert report["settings"]["tags"] == ["shop"]
    assert report["settings"].keys().isdisjoint({"api_key", "stream_maps", "ledger_url"})


def test_state_goes_no_further_than_the_report_says(sandbox: RunningSandbox, tmp_path: Path) -> None:
    messages = [
        person(1),
        state_message("first"),
        record_message({"email": "n/a"}),
        person(2),
        state_message("end"),
    ]
    outcome = run_on(sandbox, tmp_path, *messages, rejects_path=None, max_rejected_percent=0)
    assert (outcome.exit_code, outcome.states, outcome.report["state_record"]) == (4, ["first"], 1)
    assert "The tap goes on behind record 1 at the latest (STATE)." in outcome.log


def test_an_error_is_said_once_and_stands_in_the_report(sandbox: RunningSandbox, tmp_path: Path) -> None:
    outcome = run_on(
        sandbox,
        tmp_path,
        person(1),
        {"type": "RECORD", "stream": "shops", "record": {}},
        state_message("end"),
    )
    (line,) = [line for line in outcome.log.splitlines() if line.startswith("ERROR")]
    assert outcome.exit_code == 1
    assert outcome.report["error"]
    assert line.count(outcome.report["error"].rstrip(".")) == 1
    assert "Failed after " in line


def test_every_problem_with_the_settings_is_said_in_one_line_and_nothing_was_sent(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    mapping = {"email": "email", "custom_fields": {"Shoe size": "a", "Hat size": "b"}}
    outcome = run_on(sandbox, tmp_path, person(1), field_mapping=mapping, api_key="sandbox")
    (line,) = [line for line in outcome.log.splitlines() if line.startswith("ERROR")]
    assert 'the account has no field "Shoe size"' in line
    assert 'the account has no field "Hat size"' in line
    assert line.count("Nothing was sent.") == 1
    assert len(outcome.report["error"].splitlines()) == 4


def test_a_report_that_cannot_be_written_fails_the_run_whose_figures_are_said_all_the_same(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    config = config_for(sandbox.url, tmp_path, report_path=str(folder / "report.json"))

    def lines() -> Iterator[dict[str, t.Any]]:
        yield schema_message()
        yield person(1)

    def fail(path: Path, report: dict[str, t.Any]) -> None:
        folder.rmdir()
        write_report(path, report)

    monkeypatch.setattr("target_activecampaign.run.chronicle.write_report", fail)
    outcome = run_quickly(config, lines(), QuickClock(50))
    assert outcome.exit_code == 1
    (line,) = [line for line in outcome.log.splitlines() if line.startswith("ERROR")]
    assert "Failed after" in line
    assert "report_path: can't write" in line
    assert "1 record read = 1 delivered" in line
