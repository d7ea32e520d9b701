"""`runs` shows what became of the last runs, and which are worth a look."""

from __future__ import annotations

import datetime as dt
import json
import time
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.runs import NIGHT, report_of

from target_activecampaign.cli import runs
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from click.testing import Result

TRANSCRIPTS = Path(__file__).parent / "transcripts"
CONFIG = {
    "hostname": "acme.api-us1.com",
    "api_key": "made-up-key",
    "data_privacy_consent": True,
    "list_id": 3,
    "report_path": "reports/{time}.json",
}
# Number to figures; the runs before them were all well.
LAST: dict[int, dict[str, t.Any]] = {
    41: {
        "result": "failed",
        "exit_code": 1,
        "seconds": 729.0,
        "read": 61_250,
        "delivered": 48_500,
        "created": 47_900,
        "rejected": {"email_invalid": 40},
    },
    42: {
        "result": "limit",
        "exit_code": 3,
        "seconds": 80.0,
        "delivered": 14_000,
        "created": 1_840,
        "rejected": {"email_invalid": 20},
        "held_back": 2_950,
    },
    43: {"result": "done"},
    44: {
        "result": "rejects up",
        "seconds": 151.0,
        "delivered": 42_400,
        "created": 9_100,
        "rejected": {"email_missing": 5_890, "email_invalid": 1_602, "excluded": 20},
    },
}


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps the command from silencing the loggers of the tests' own process, and in a folder of its own."""
    monkeypatch.setattr(runs, "redact_logs", lambda: None)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), list(arguments))


def configure(**changes: object) -> None:
    Path("config.json").write_text(json.dumps({**CONFIG, **changes}))


def entry_of(number: int) -> dict[str, t.Any]:
    started = (NIGHT - dt.timedelta(days=44 - number)).isoformat(timespec="milliseconds")
    entry = {
        "started_at": started,
        "seen_at": 0,
        "host": "etl-1",
        "process": 4711,
        "mark": "",
        "connection": "acme",
        "account": "acme.api-us1.com",
        "lists": [3],
        "version": "0.2.0",
        "kind": "run",
    }
    if number == 40:
        return {**entry, "read": 18_000, "progress": "progress: 18,000 read"}
    report = report_of(started_at=started, **{"result": "done", **LAST.get(number, {})})
    return {**entry, "files": {"report_path": f"reports/{number}.json"}, "report": report}


@pytest.fixture
def _kept() -> None:
    """Forty-four runs, of which the fortieth never ended."""
    configure()
    Path("reports").mkdir()
    lines = [json.dumps({"run": number, "entry": entry_of(number)}) for number in range(1, 45)]
    Path("reports", "runs.jsonl").write_text("\n".join(lines) + "\n")


@pytest.mark.usefixtures("_kept")
def test_runs_are_told_as_the_specification_has_it() -> None:
    said = invoke("runs", "--limit", "5")
    assert said.exit_code == 0
    golden = (TRANSCRIPTS / "runs.txt").read_text(encoding="utf-8")
    assert said.stdout == golden
    assert said.stderr == "config.json\n"
    assert all(len(line) <= 100 for line in said.stdout.splitlines())


@pytest.mark.usefixtures("_kept")
def test_a_narrow_terminal_has_one_value_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = invoke("runs", "--limit", "1").stdout.splitlines()
    assert lines[:4] == ["run: 44", "started: 2026-11-30 02:00", "took: 2 min 31", "result: rejects up"]
    assert all(len(line) <= 60 for line in lines if not line.startswith("Next"))


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--failed"], [44, 42, 41, 40]),
        (["--since", "2026-11-29"], [44, 43]),
        (["--limit", "2"], [44, 43]),
        (["--list", "7"], []),
        (["--list", "3", "--limit", "1"], [44]),
    ],
)
def test_options_choose_among_the_runs(options: list[str], numbers: list[int]) -> None:
    document = json.loads(invoke("runs", "--json", *options).stdout)
    assert document["ok"] is True
    assert [one["run"] for one in document["runs"]] == numbers


@pytest.mark.usefixtures("_kept")
def test_since_takes_a_span_before_now() -> None:
    assert json.loads(invoke("runs", "--json", "--since", "99999w").stdout)["runs"]
    assert invoke("runs", "--since", "soon").exit_code == 2


@pytest.mark.usefixtures("_kept")
def test_json_has_the_figures_as_numbers() -> None:
    newest, *_, lost = json.loads(invoke("runs", "--json", "--limit", "5").stdout)["runs"]
    assert (newest["delivered"], newest["rejected"]["excluded"], newest["seconds"]) == (42_400, 20, 151.0)
    assert newest["lists"] == [{"id": 3, "name": "Newsletter"}]
    assert (lost["result"], lost["read"], lost["delivered"]) == ("lost", 18_000, None)


@pytest.mark.usefixtures("_kept")
def test_one_run_is_told_with_its_files() -> None:
    said = invoke("runs", "44")
    first, *_, files, last = said.stdout.splitlines()
    assert first == 'Run 44 to "Newsletter" (3), started 2026-11-30 02:00:04 UTC on etl-1: rejects up'
    assert files == "report: reports/44.json   (no longer there)"
    assert last == "Next: target-activecampaign report 44 --open"
    assert json.loads(invoke("runs", "44", "--json").stdout)["report"]["delivered"] == 42_400


@pytest.mark.usefixtures("_kept")
def test_a_lost_run_is_told_by_its_process() -> None:
    assert invoke("runs", "40").stdout.splitlines()[1:] == [
        "Run 40, ended without a word (process 4711 on etl-1 is gone); its records were sent again by 43.",
        "Next: look why it was killed, then run again.",
    ]


@pytest.mark.usefixtures("_kept")
def test_a_run_that_is_not_kept_is_refused_with_those_that_are() -> None:
    said = invoke("runs", "45", "--json")
    assert said.exit_code == 1
    assert json.loads(said.stdout) == {
        "ok": False,
        "problems": ["Run 45 is not kept; 1 to 44 are. All: target-activecampaign runs"],
    }


def test_without_a_place_it_says_where_runs_would_be() -> None:
    configure(report_path=None)
    said = invoke("runs")
    assert said.exit_code == 1
    assert "The next run is the first" in said.stderr
    assert '"ledger_url": "sqlite:///ledger.db"' in said.stderr


def test_before_the_first_run_none_is_kept() -> None:
    for changes in ({}, {"ledger_url": "sqlite:///ledger.db", "report_path": None}):
        configure(**changes)
        said = invoke("runs")
        assert (said.exit_code, said.stdout) == (0, "No run yet. Next: target-activecampaign check\n")
        assert json.loads(invoke("runs", "--json").stdout) == {"ok": True, "kept": 0, "runs": []}
        assert not Path("ledger.db").exists()


@pytest.mark.usefixtures("_kept")
def test_a_list_is_meant_by_its_number_or_its_name_then() -> None:
    every = invoke("runs", "--json", "--limit", "44").stdout
    for wanted in ("3", "Newsletter", "newsletter "):
        assert invoke("runs", "--json", "--limit", "44", "--list", wanted).stdout == every
    none = invoke("runs", "--list", "7")
    assert none.stdout == "No run was for this list. Of all lists: target-activecampaign runs\n"
    said = invoke("runs", "--list", "Nope")
    assert said.exit_code == 1
    assert 'No run was for a list "Nope". There were runs for: "Newsletter" (3)' in said.stderr


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize("number", ["x", "45", "0", "-1"])
def test_a_number_of_no_run_names_those_that_there_are(number: str) -> None:
    said = invoke("runs", "--", number)
    assert said.exit_code == 1
    assert f"Run {number} is not kept; 1 to 44 are. All: target-activecampaign runs" in said.stderr


@pytest.mark.usefixtures("_kept")
def test_the_next_step_works_in_this_folder_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config.json").rename("night.json")
    assert invoke("runs", "--config", "night.json").stdout.splitlines()[-2:] == [
        "Next: target-activecampaign runs 44 --config night.json",
        "      as a page: target-activecampaign report 44 --open --config night.json",
    ]
    for name, value in CONFIG.items():
        monkeypatch.setenv(f"TARGET_ACTIVECAMPAIGN_{name.upper()}", str(value))
    monkeypatch.setenv("MELTANO_LOADER_NAME", "target-activecampaign--night")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", ".")
    last = invoke("runs", "43", "--config", "ENV").stdout.splitlines()[-1]
    assert last == "Next: meltano invoke target-activecampaign--night:report 43 --open"


def test_a_name_that_somebody_made_up_breaks_no_line() -> None:
    configure()
    Path("reports").mkdir()
    entry = entry_of(44)
    entry["report"]["lists"] = [{"id": 3, "name": "News\nletter\x1b[31m"}]
    Path("reports", "runs.jsonl").write_text(json.dumps({"run": 1, "entry": entry}) + "\n")
    said = invoke("runs").stdout
    assert "\x1b" not in said
    assert r"News\nletter\x1b[31m" in said.replace("\n", " ").replace("  ", " ")


@pytest.mark.usefixtures("_kept")
def test_four_hundred_runs_take_no_half_second() -> None:
    lines = [json.dumps({"run": number, "entry": entry_of(43)}) for number in range(1, 401)]
    Path("reports", "runs.jsonl").write_text("\n".join(lines) + "\n")
    began = time.process_time()
    assert invoke("runs").exit_code == 0
    assert time.process_time() - began < 0.5
