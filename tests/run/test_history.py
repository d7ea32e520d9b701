"""A run is remembered from its start on, so that a killed one shows as lost. Nothing here fails a run."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import typing as t

import pytest
from filelock import FileLock
from support.runs import NIGHT, report_of, settings_for

from target_activecampaign.clock import SystemClock
from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.reporting import runs_file
from target_activecampaign.run import history as history_module
from target_activecampaign.run.history import KEPT, History, open_history
from target_activecampaign.run.process_mark import fate_of, mark_of, own_host

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.config.settings import Settings
    from target_activecampaign.reporting.run_results import Kind


DAMAGES: list[dict[str, t.Any]] = [
    {"mark": None},
    {"host": 7},
    {"kind": None},
    {"lists": None},
    {"seen_at": "now"},
    {"started_at": "yesterday"},
    {"read": "many"},
    {"report": [1]},
    {"report": {"read": 1}},
    {"report_of_it": {"rejected": 3}},
    {"report_of_it": {"rejected": {"email_invalid": "few"}}},
    {"report_of_it": {"read": "9"}},
    {"report_of_it": {"seconds": None}},
    {"report_of_it": {"lists": [7]}},
]
"""What another version, or a fault of the disk, may leave in an entry."""


class Calendar:
    """A clock that stands at a moment."""

    def __init__(self) -> None:
        self.seconds = 1_764_460_804

    def epoch_seconds(self) -> int:
        return self.seconds


@pytest.fixture(params=["file", "ledger"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "file":
        return settings_for(tmp_path)
    settings = settings_for(tmp_path, ledger_url=f"sqlite:///{tmp_path}/ledger.db")
    assert settings.ledger_url is not None
    Ledger.open(settings.ledger_url, account=settings.account, api_key=settings.api_key, now=0).close()
    return settings


def history_of(settings: Settings, calendar: Calendar | None = None) -> History:
    return open_history(settings, t.cast("t.Any", calendar or Calendar()))


def run_once(settings: Settings, kind: Kind = "run", **figures: object) -> dict[str, t.Any]:
    """Enter a run and close it; returns its report."""
    history = history_of(settings)
    report = report_of(**figures)
    history.begin(started_at=NIGHT, kind=kind)
    report |= history.judge(report, kind)
    history.end(report, report_path="report.json")
    return report


def open_entry(settings: Settings, **changes: object) -> None:
    """Enter a run of a process that does not exist any more, on this machine or another."""
    history = history_of(settings)
    history.begin(started_at=NIGHT)
    for name, value in changes.items():
        history.note(name, value)
    history._has_ended.set()


def test_a_run_is_there_from_its_start_and_closed_at_its_end(settings: Settings) -> None:
    history = history_of(settings)
    number = history.begin(started_at=NIGHT)
    [running] = history_of(settings).runs()
    assert (number, running.number, running.result, running.has_ended) == (1, 1, "running", False)
    history.end({**report_of(), **history.judge(report_of())}, report_path="r.json")
    [done] = history_of(settings).runs()
    assert (done.result, done.report["read"], done.entry["files"]) == (
        "done",
        250_000,
        {"report_path": "r.json"},
    )


def test_runs_that_begin_at_once_have_numbers_of_their_own(settings: Settings) -> None:
    one, other = history_of(settings), history_of(settings)
    assert [one.begin(started_at=NIGHT), other.begin(started_at=NIGHT)] == [1, 2]
    for history in (other, one):
        history.end({**report_of(), "result": "done"})
    assert [past.number for past in history_of(settings).runs()] == [2, 1]


@pytest.mark.parametrize(
    ("exit_code", "figures", "result"),
    [
        (0, {}, "done"),
        (0, {"limit": "account_limit_guard"}, "limit"),
        (1, {}, "failed"),
        (3, {"limit": "account_limit_guard"}, "limit"),
        (4, {}, "rejects"),
        (5, {}, "braked"),
        (130, {}, "interrupted"),
        (143, {}, "interrupted"),
    ],
)
def test_a_run_is_called_by_its_exit_code(
    tmp_path: Path, exit_code: int, figures: dict[str, t.Any], result: str
) -> None:
    assert run_once(settings_for(tmp_path), exit_code=exit_code, **figures)["result"] == result


def test_twice_the_usual_share_of_rejects_is_up_from_one_percent_on(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    for rejected in (1_000, 1_500, 2_000):  # 0.4, 0.6 and 0.8 %
        run_once(settings, rejected={"email_invalid": rejected})
    usual = history_of(settings).usual()
    assert usual == {"rejected_percent": 0.6}
    assert run_once(settings, rejected={"email_invalid": 2_499})["result"] == "done"  # just below 1 %
    up = run_once(settings, rejected={"email_missing": 5_000, "email_invalid": 2_512})
    assert (up["result"], up["usual"]) == ("rejects up", {"rejected_percent": 0.7})
    assert (up["before"]["run"], up["before"]["rejected"]) == (4, {"email_invalid": 2_499})


def test_the_first_run_has_no_usual(tmp_path: Path) -> None:
    first = run_once(settings_for(tmp_path), rejected={"email_missing": 40_000})
    assert (first["result"], first["before"], first["usual"]) == ("done", None, None)


@pytest.mark.parametrize("kind", ["trial", "dry run"])
def test_trials_are_entered_and_tell_nothing_of_what_is_usual(tmp_path: Path, kind: Kind) -> None:
    settings = settings_for(tmp_path)
    run_once(settings, rejected={"email_invalid": 1_000})
    assert run_once(settings, kind, rejected={"email_invalid": 200_000})["result"] == kind
    assert [one.result for one in history_of(settings).runs()] == [kind, "done"]
    assert history_of(settings).usual() == {"rejected_percent": 0.4}


def test_failed_runs_and_those_of_other_lists_are_no_measure(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    run_once(settings, exit_code=1, rejected={"email_invalid": 200_000})
    run_once(settings_for(tmp_path, list_id=7), rejected={"email_invalid": 200_000}, lists=[])
    assert history_of(settings).before() is None
    assert [one.number for one in history_of(settings).runs(7)] == [2]
    assert history_of(settings).before(7) is not None


def test_a_dry_run_leaves_the_ledger_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    settings = settings_for(tmp_path, ledger_url=url)
    assert settings.ledger_url is not None
    Ledger.open(settings.ledger_url, account=settings.account, api_key=settings.api_key, now=0).close()
    before = (tmp_path / "ledger.db").read_bytes()
    assert history_of(settings_for(tmp_path, ledger_url=url, dry_run=True)).begin(started_at=NIGHT) is None
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_four_hundred_runs_are_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEPT == 400
    monkeypatch.setattr(history_module, "KEPT", 3)
    for _ in range(5):
        run_once(settings)
    assert [one.number for one in history_of(settings).runs()] == [5, 4, 3]
    assert [one.number for one in history_of(settings).runs(limit=1)] == [5]


# Lost or running


def test_a_run_whose_process_is_gone_is_lost(settings: Settings) -> None:
    boot, space, started = mark_of(os.getpid()).split()
    open_entry(settings, mark=f"{boot} {space} {int(started) + 1}")  # its number has come again since
    open_entry(settings, mark=f"another {space} {started}")  # the machine was started anew
    open_entry(settings)  # this process lives
    assert [one.result for one in history_of(settings).runs()] == ["running", "lost", "lost"]


def test_a_run_elsewhere_is_lost_when_it_gives_no_sign_of_life_for_long(tmp_path: Path) -> None:
    settings, calendar = settings_for(tmp_path), Calendar()
    open_entry(settings, host="etl-2", mark="", seen_at=calendar.seconds)
    for minutes, result in ((14, "running"), (16, "lost")):
        calendar.seconds = Calendar().seconds + minutes * 60
        [one] = history_of(settings, calendar).runs()
        assert one.result == result


def test_a_process_in_another_container_proves_nothing() -> None:
    boot, space, started = mark_of(os.getpid()).split()
    assert fate_of(own_host(), os.getpid(), f"{boot} {space} {started}") == "alive"
    assert fate_of(own_host(), os.getpid(), f"{boot} another {started}") == "unknown"
    assert fate_of("etl-2", os.getpid(), f"{boot} {space} {started}") == "unknown"


def test_where_the_system_tells_nothing_the_number_of_the_process_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from target_activecampaign.run import process_mark  # noqa: PLC0415

    monkeypatch.setattr(process_mark, "mark_of", lambda pid: "")
    assert fate_of(own_host(), os.getpid(), "") == "alive"
    assert fate_of(own_host(), 2**22 + 1, "") == "gone"  # above the largest number of a process


def test_a_run_that_was_taken_for_lost_closes_its_entry_all_the_same(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    slow = history_of(settings)
    slow.begin(started_at=NIGHT)
    slow.note("mark", "another boot 1")
    [lost] = history_of(settings).lost()
    history_of(settings).close(lost)
    assert lost.number == 1
    assert history_of(settings).lost() == []  # each is found once
    slow.end({**report_of(), "result": "done"})
    assert [one.result for one in history_of(settings).runs()] == ["done"]


def test_a_sign_of_life_holds_the_last_line_of_the_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "_SECONDS_BETWEEN_SIGNS", 0.01)
    settings = settings_for(tmp_path)
    history = history_of(settings)
    history.progress("progress: 18,000 delivered")
    given = threading_event_after(history, count=18_000)
    [one] = history_of(settings).runs()
    assert given
    assert (one.entry["read"], one.entry["progress"]) == (18_000, "progress: 18,000 delivered")
    history.end({**report_of(), "result": "done"})


def threading_event_after(history: History, count: int) -> bool:
    """Begin a run, and return once it gave a sign of life."""
    import threading  # noqa: PLC0415

    store = t.cast("t.Any", history._store)
    put, given = store.put, threading.Event()

    def put_and_tell(number: int, document: dict[str, t.Any]) -> None:
        put(number, document)
        given.set()

    store.put = put_and_tell
    history.begin(started_at=NIGHT, count_read=lambda: count)
    return given.wait(10)


# What fails


def test_a_folder_that_can_not_be_written_to_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs.jsonl").mkdir()
    with caplog.at_level(logging.WARNING):
        assert run_once(settings_for(tmp_path))["run"] is None
    [warning] = caplog.records
    assert "the history of runs can't be used, the run goes on without" in warning.getMessage()


def test_a_ledger_without_the_table_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_for(tmp_path, ledger_url=f"sqlite:///{tmp_path}/none.db")
    with caplog.at_level(logging.WARNING):
        assert run_once(settings)["run"] is None
    assert len(caplog.records) == 1
    assert not (tmp_path / "none.db").exists()


def test_another_file_of_that_name_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"id": 1, "name": "mine"}\n')
    run_once(settings_for(tmp_path))
    assert path.read_text() == '{"id": 1, "name": "mine"}\n'
    assert "is no file of runs" in caplog.text


def test_a_line_that_a_crash_cut_short_costs_that_line_alone(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path), tmp_path / "runs.jsonl"
    run_once(settings)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    run_once(settings)
    assert [(one.number, one.result) for one in history_of(settings).runs()] == [(2, "done"), (1, "done")]
    path.write_bytes(whole[:30])  # the very first entry
    run_once(settings)
    assert [one.result for one in history_of(settings).runs()] == ["done"]


def test_the_file_does_not_grow_with_every_sign_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "KEPT", 2)
    settings = settings_for(tmp_path)
    for number in range(12):
        history = history_of(settings)
        history.begin(started_at=NIGHT + dt.timedelta(days=number))
        for sign in range(20):
            history.note("read", sign)
        history.end({**report_of(), "result": "done"})
    lines = (tmp_path / "runs.jsonl").read_text().splitlines()
    assert len(lines) < 60
    assert {json.loads(line)["run"] for line in lines} == {11, 12}


@pytest.mark.parametrize("run", ["yesterday", "[1]", "1e400", "null"])
def test_a_number_that_is_none_costs_that_line_alone(tmp_path: Path, run: str) -> None:
    settings = settings_for(tmp_path)
    run_once(settings)
    with (tmp_path / "runs.jsonl").open("a") as file:
        file.write(f'{{"run": {run}, "entry": {{}}}}\n')
    assert run_once(settings)["before"]["run"] == 1


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_an_entry_that_can_not_be_read_is_passed_over(
    settings: Settings, damage: dict[str, t.Any], caplog: pytest.LogCaptureFixture
) -> None:
    run_once(settings)
    damaged = history_of(settings)
    damaged.begin(started_at=NIGHT)
    damaged.end({**report_of(), "result": "done", **damage.get("report_of_it", {})})
    for name, value in damage.items():
        damaged.note(name, value)
    assert [one.number for one in history_of(settings).runs()] == [1]
    latest = run_once(settings, exit_code=1)
    assert (latest["run"], latest["result"], latest["before"]["run"]) == (3, "failed", 1)
    assert caplog.records == []


def test_a_report_of_thousands_of_streams_is_remembered_without_them(settings: Settings) -> None:
    streams = {f"stream {number}": {"read": 1} for number in range(5_000)}
    run_once(settings, streams=streams)
    [one] = history_of(settings).runs()
    assert (one.report["read"], one.report["streams"]) == (250_000, {})
    assert len(json.dumps(one.entry)) < 64_000


def test_a_run_of_weeks_does_not_fill_the_folder_with_signs_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_file, "_MOST_BYTES_OF_SIGNS", 20_000)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    settings = settings_for(tmp_path)
    run_once(settings)
    history = history_of(settings)
    history.begin(started_at=NIGHT)
    for sign in range(300):
        history.note("read", sign)
    assert (tmp_path / "runs.jsonl").stat().st_size < 22_000
    latest, first = history_of(settings).runs()
    assert (latest.entry["read"], first.number) == (299, 1)


def test_a_run_that_ends_does_not_wait_for_each_lock_anew(tmp_path: Path) -> None:
    settings, clock = settings_for(tmp_path), SystemClock()
    history = history_of(settings)
    history.begin(started_at=NIGHT)
    history.end_within(0.1)
    with FileLock(tmp_path / "runs.jsonl.lock"):
        since = clock.now()
        history.end({**report_of(), "result": "done"})
        history.note("alerts", {})
        assert clock.now() - since < 2.5  # each of the two alone would take 3


def test_a_place_that_stays_locked_is_waited_for_once_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waited: list[float] = []

    class Locked:
        """A table that somebody holds locked: each act takes all the time that it may."""

        def __init__(self, _: Settings, seconds: t.Callable[[], float]) -> None:
            self._seconds = seconds

        def _wait(self, *_: object) -> t.NoReturn:
            waited.append(self._seconds())
            raise LedgerError(
                "the ledger can't be read: another process holds its tables locked; wait for it"
            )

        add = put = documents = _wait

    monkeypatch.setattr(history_module, "_store_of", Locked)
    history = open_history(settings_for(tmp_path))
    assert history.begin(started_at=NIGHT) is None
    history.lost()
    history.end_within(60)
    history.judge(report_of())
    history.end(report_of())
    history.latest_note("alerts")
    history.note("alerts", {})
    assert waited[0] <= 3
    assert sum(waited) <= 6
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_without_a_place_nothing_is_kept_and_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    from pathlib import Path  # noqa: PLC0415

    settings = settings_for(Path(), report_path=None)
    assert run_once(settings)["run"] is None
    assert not history_of(settings).is_kept
    assert caplog.records == []
