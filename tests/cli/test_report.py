"""`report` makes the page of the newest report, of a file or of a run, and says where it is."""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.made_up_reports import last_run, old

from target_activecampaign.cli import report
from target_activecampaign.report_page.page import MARK
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps the command from silencing the loggers of the tests' own process, and in its folder."""
    monkeypatch.setattr(report, "redact_logs", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was asked to show."""
    shown: list[str] = []

    def show(address: str) -> bool:
        shown.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", show)
    return shown


@pytest.fixture
def _plain_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without pictures: what is in one is tested elsewhere, and takes a while."""
    monkeypatch.setattr(
        "target_activecampaign.report_page.page.make_page",
        lambda document, _, *, file: f"{MARK} {document['display_name']} {file}",
    )


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["report", *arguments])


def write_report(path: str, **given: object) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps(old() | given))


def test_a_file_becomes_a_page_beside_it() -> None:
    write_report("night.json")
    said = invoke("night.json")
    assert said.exit_code == 0
    assert said.stdout == "night.html\n"
    assert said.stderr == "Next: target-activecampaign report night.json --open\n"
    page = Path("night.html").read_text(encoding="utf-8")
    assert MARK in page
    assert "<td>email_missing" not in page
    assert page.count("<h1>") == 1


@pytest.mark.usefixtures("_plain_page")
def test_the_newest_of_the_folder_s_own_reports_is_taken() -> None:
    write_report("reports/2026-11-29T02-00-04.json", display_name="first")
    write_report("reports/2026-11-30T02-00-04.json", display_name="second")
    Path("config.json").write_text('{"report_path": "reports/{time}.json"}')
    said = invoke()
    assert said.stdout == "reports/2026-11-30T02-00-04.html\n"
    assert said.stderr.splitlines()[-1] == "Next: target-activecampaign report --open"
    assert "second" in Path("reports/2026-11-30T02-00-04.html").read_text()


@pytest.mark.usefixtures("_plain_page")
def test_a_folder_stands_for_its_newest_report() -> None:
    write_report("reports/1.json")
    assert invoke("reports").stdout == "reports/1.html\n"


@pytest.mark.usefixtures("_plain_page")
def test_the_files_stand_in_one_json_document() -> None:
    write_report("night.json")
    said = invoke("night.json", "--html", "out.html", "--json")
    assert json.loads(said.stdout) == {
        "ok": True,
        "report": "night.json",
        "html": "out.html",
        "opened": False,
    }


@pytest.mark.usefixtures("_plain_page")
def test_the_page_is_for_those_who_may_read_the_report() -> None:
    write_report("night.json")
    Path("night.json").chmod(0o640)
    invoke("night.json")
    assert Path("night.html").stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("_plain_page")
def test_a_page_is_replaced_and_nothing_else() -> None:
    write_report("night.json", display_name="new")
    Path("own.html").write_text("<html>my own</html>")
    said = invoke("night.json", "--html", "own.html")
    assert said.exit_code == 1
    assert said.stderr == (
        "Error: own.html is there and is no page of a run; nothing was written. Name another file "
        "with --html, or move it away.\n"
    )
    assert Path("own.html").read_text() == "<html>my own</html>"
    Path("night.html").write_text(f"<!DOCTYPE html>\n{MARK} old")
    assert invoke("night.json").exit_code == 0
    assert "new" in Path("night.html").read_text()
    assert invoke("night.json", "--html", "night.json").exit_code == 1
    assert json.loads(Path("night.json").read_text())["display_name"] == "new"


@pytest.mark.usefixtures("_plain_page")
def test_a_folder_that_is_not_there_is_named() -> None:
    write_report("night.json")
    said = invoke("night.json", "--html", "nowhere/night.html")
    assert said.exit_code == 1
    assert "nowhere/night.html can't be written: No such file or directory." in said.stderr


@pytest.mark.usefixtures("_plain_page")
def test_it_is_opened_where_there_is_a_screen(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], tmp_path: Path
) -> None:
    write_report("night.json")
    monkeypatch.setattr(sys, "platform", "linux")
    said = invoke("night.json", "--open")
    assert opened == []
    assert said.stderr == (
        "There is no screen to open it on. Copy night.html to a computer with a browser: it is one file.\n"
    )
    monkeypatch.setenv("DISPLAY", ":0")
    said = invoke("night.json", "--open")
    assert opened == [(tmp_path / "night.html").as_uri()]
    assert said.stderr == "night.html is open in your browser.\n"
    monkeypatch.setenv("CI", "true")
    assert json.loads(invoke("night.json", "--open", "--json").stdout)["opened"] is False


def test_what_is_no_report_is_a_problem_in_json_too() -> None:
    Path("night.json").write_text("{}")
    said = invoke("night.json", "--json")
    assert said.exit_code == 1
    problems = json.loads(said.stdout)["problems"]
    missing = "it has no read, no rejected, no started_at, no exit_code"
    remedy = "Name the file that report_path wrote."
    assert problems == [f"night.json is no report of a run: {missing}. {remedy}"]


def test_a_figure_that_can_t_be_read_is_named() -> None:
    write_report("night.json", read="many")
    said = invoke("night.json")
    assert said.exit_code == 1
    assert said.stderr.startswith(
        "Error: night.json is no report that this version can read: read: Expected `int`"
    )
    assert not Path("night.html").exists()


def test_without_report_path_it_says_what_to_set() -> None:
    Path("config.json").write_text("{}")
    said = invoke()
    assert said.exit_code == 1
    assert said.stderr.splitlines()[-1] == (
        'Error: report_path is not set: no run left a report. Set "report_path": "reports/{time}.json" for '
        "the next one, or name a file: target-activecampaign report FILE"
    )


def test_before_the_first_run_it_says_so() -> None:
    Path("config.json").write_text('{"report_path": "reports/{time}.json"}')
    said = invoke()
    assert said.exit_code == 1
    assert "There is no report yet: no file is called reports/{time}.json." in said.stderr


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_without_its_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    write_report("night.json")
    ours = [name for name in sys.modules if name.startswith("target_activecampaign.report_page.")]
    for name in [*ours, *(name for name in sys.modules if name.startswith(f"{library}."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    said = invoke("night.json")
    assert said.exit_code == 1
    beginning = f"Error: The page needs {library}, which is not installed. Install it: "
    assert re.fullmatch(rf"{beginning}.*install.*people\]'?\n", said.stderr)


@pytest.fixture
def _remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three runs: one with its file, one without, and one that was lost."""
    write_report("reports/44.json", display_name="of the file", run=44)
    kept = [
        {**last_run(44, is_last=True), "report_path": "reports/44.json", "report": old()},
        {
            **last_run(43, is_last=False),
            "report_path": None,
            "report": old() | {"display_name": "kept", "run": 43},
        },
        {**last_run(40, is_last=False), "report_path": None, "report": {}},
    ]
    monkeypatch.setattr(report, "known_runs", lambda _: kept)
    Path("config.json").write_text('{"ledger_url": "sqlite:///ledger.db"}')


@pytest.mark.usefixtures("_remembered", "_plain_page")
def test_a_run_is_named_by_its_number() -> None:
    assert invoke("44").stdout == "reports/44.html\n"
    assert "of the file" in Path("reports/44.html").read_text()
    assert invoke("43").stdout == "run-43.html\n"
    assert "kept" in Path("run-43.html").read_text()
    assert Path("run-43.html").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("_remembered", "_plain_page")
def test_a_run_that_left_nothing_or_is_unknown_says_so() -> None:
    assert invoke("40").stderr.splitlines()[-1] == (
        "Error: Run 40 left no report (lost). What is known of it: target-activecampaign runs 40"
    )
    assert invoke("7").stderr.splitlines()[-1] == (
        "Error: Run 7 is not known. The last ones are 44, 43, 40. All runs: target-activecampaign runs"
    )


@pytest.mark.usefixtures("_remembered", "_plain_page")
def test_a_file_that_another_run_has_written_since_is_not_taken_for_it() -> None:
    write_report("reports/44.json", run=45)
    assert json.loads(invoke("44", "--json").stdout)["report"] is None


@pytest.mark.usefixtures("_remembered", "_plain_page")
def test_without_report_path_the_last_run_that_is_remembered_is_taken() -> None:
    assert invoke().stdout == "reports/44.html\n"
