"""`preview` shows what a run would send, by the person's own rows."""

from __future__ import annotations

import json
import logging
import re
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.quick_target import QuickClock
from support.sandbox_fixture import KEY, submit

from target_activecampaign.cli import preview as command
from target_activecampaign.run import run as run_module
from target_activecampaign.run.signals import Interruption
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from click.testing import Result

    from target_activecampaign.sandbox.server import RunningSandbox

TRANSCRIPT = Path(__file__).parent / "transcripts" / "preview.txt"
ROWS = """\
id;e-mail;given_name;surname;mobile;town;customer_since;language;interests;notes
1001;Ada@Example.com;Ada;Lovelace;030 1234567;London;2024-02-05 10:00:00;en;coffee, tea;
1002;bob@example.com;Bob;;;;;Klingon;;
1003;not-an-address;Cy;;;;;;;
1004;;Dora;Dee;;;;;mug;called twice
1005;eve@example.com;EVE;Easy;ask her;Paris;soon;de;Coffe;
1006;gus@example.com;Gus;;;;;;;
1007;blocked@excluded.example;Fay;;;;;;;
1008;Gus@Example.com;;Green;;;;;;
"""
MAPPING = {
    "email": "e-mail",
    "first_name": "given_name",
    "last_name": "surname",
    "phone": "mobile",
    "tags": "interests",
    "custom_fields": {"City": "town", "Customer since": "customer_since", "Language": "language"},
}


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leaves loggers, signals and the interpreter as they are, and gives each test its folder."""
    monkeypatch.setattr(command, "redact_logs", lambda: None)
    monkeypatch.setattr(command, "prepare_process", lambda: None)
    monkeypatch.setattr(Interruption, "install", lambda _: None)
    monkeypatch.setattr(run_module, "SystemClock", QuickClock)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(sandbox: RunningSandbox, tmp_path: Path) -> Path:
    """A folder with a configuration and a file of people, for an account with two of the tags."""
    for tag in ("coffee", "tea", "shop-2026"):
        sandbox.account.tags.create(tag)
    sandbox.account.contact_limit = 12_540
    write_config(tmp_path, hostname=sandbox.url)
    (tmp_path / "shop-customers.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def write_config(folder: Path, **settings: object) -> None:
    config = {
        "api_key": KEY,
        "data_privacy_consent": True,
        "list_id": "Newsletter",
        "field_mapping": MAPPING,
        "tags": ["shop-2026"],
        "phone_region": "DE",
        "max_rejected_percent": 60,
        "report_path": "report.json",
        "rejects_path": "rejects.csv",
        **settings,
    }
    (folder / "config.json").write_text(json.dumps(config))


def preview(*arguments: str, path: str | None = "shop-customers.csv", stdin: str | None = None) -> Result:
    given = [*arguments, *(["--input", path] if path else [])]
    return CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["preview", *given], input=stdin)


@pytest.mark.usefixtures("folder")
def test_its_transcript_is_the_one_of_the_file() -> None:
    said = preview()
    assert said.exit_code == 0
    assert said.stdout == TRANSCRIPT.read_text(encoding="utf-8")
    assert said.stderr.splitlines() == [
        "config.json",
        "Next: target-activecampaign send shop-customers.csv",
    ]


def test_nothing_is_written(folder: Path, sandbox: RunningSandbox) -> None:
    write_config(folder, hostname=sandbox.url, ledger_url="sqlite:///ledger.db")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    preview("--compare")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {entry.method for entry in sandbox.emulator.journal.after(0)} == {"GET"}
    assert sandbox.snapshot(10)["contacts"] == []


@pytest.mark.usefixtures("folder")
def test_one_row_is_found_by_its_number_or_its_address() -> None:
    by_row, by_address = preview("--row", "6"), preview("--find", "EVE@example.com")
    assert "row 6, key 1005: would be sent without 1 value\n" in by_row.stdout
    assert by_row.stdout == by_address.stdout
    assert "row 2, key" not in by_row.stdout
    assert "No record stands in row 99; the last one stands in row 9." in preview("--row", "99").stdout
    assert "No record has this address." in preview("--find", "nobody@example.com").stdout


@pytest.mark.usefixtures("folder")
def test_problems_are_rows_that_are_rejected_or_lose_a_value() -> None:
    shown = re.findall(r"^row (\d+)", preview("--problems", "--records", "9").stdout, re.MULTILINE)
    assert shown == ["3", "4", "5", "6", "8"]


@pytest.mark.usefixtures("folder")
def test_a_repeat_says_so() -> None:
    assert "row 7, key 1006: a repeat, merged into a later row" in preview("--row", "7").stdout
    assert "row 7, key 1006: would be sent" in preview("--row", "7", "--scan", "7").stdout


@pytest.mark.usefixtures("folder")
def test_a_scan_looks_at_the_first_rows_alone() -> None:
    said = preview("--scan", "2", "--records", "0")
    assert "2 rows = 2 people to send\nOnly the first 2 rows were looked at (--scan).\n" in said.stdout
    assert "row 2" not in said.stdout


@pytest.mark.usefixtures("folder")
def test_a_contact_is_compared_with_what_it_holds(sandbox: RunningSandbox) -> None:
    submit(sandbox.account, {"email": "bob@example.com", "first_name": "Robert"})
    said = preview("--row", "3", "--compare")
    assert "row 3, key 1002: would be sent without 1 value (a contact now)\n" in said.stdout
    assert re.search(r"given_name +Bob +first_name +Bob +now Robert\n", said.stdout)
    assert "(no contact yet)" in preview("--row", "6", "--compare").stdout


@pytest.mark.usefixtures("folder")
def test_a_narrow_terminal_has_one_value_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    said = preview("--records", "1").stdout
    assert "  column: e-mail\n  value: Ada@Example.com\n  field: email\n" in said
    assert max(map(len, said.splitlines())) <= 60


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("rows", [[], ["--problems"], ["--wide"]])
def test_a_mask_hides_people(monkeypatch: pytest.MonkeyPatch, as_json: list[str], rows: list[str]) -> None:
    monkeypatch.setenv("CI", "1")
    said = preview("--records", "9", *as_json, *rows)
    for personal in ("ada@", "Ada@", "bob@", "blocked@", "Lovelace", "1234567", "London", "not-an", "EVE"):
        assert personal not in said.stdout.replace("\\u2026", "…")
    assert "…@example.com" in said.stdout.replace("\\u2026", "…").lower()
    assert "Lovelace" in preview("--show").stdout


@pytest.mark.usefixtures("folder")
def test_one_document_has_keys_that_stay() -> None:
    document = json.loads(preview("--json").stdout)
    assert list(document) == [
        "ok",
        "problems",
        "exit_code",
        "records",
        "fields",
        "not_mapped",
        "new_tags_for_all",
        "figures",
        "is_cut",
        "contract",
        "plan",
    ]
    figures = document["figures"]
    assert (figures["read"], figures["delivered"], figures["superseded"]) == (8, 4, 1)
    assert figures["rejected"] == {"email_invalid": 1, "email_missing": 1, "excluded": 1}
    first = document["records"][0]
    assert (first["line"], first["key"], first["outcome"]) == (2, {"id": "1001"}, "delivered")
    assert first["values"][0] == {
        "column": "e-mail",
        "value": "Ada@Example.com",
        "field": "email",
        "sent": "ada@example.com",
        "state": "sent",
        "changes": ["lower_case"],
        "why": "lower case",
        "now": None,
    }
    remarks = {field["field"]: [one["kind"] for one in field["remarks"]] for field in document["fields"]}
    assert remarks["Language"] == ["no_such_option"]
    assert remarks["email"] == ["email_invalid", "email_missing", "excluded", "repeats"]


def test_it_ends_as_the_run_would(folder: Path, sandbox: RunningSandbox) -> None:
    write_config(folder, hostname=sandbox.url, max_rejected_percent=10)
    said = preview()
    assert said.exit_code == 4
    assert "The run would end with exit code 4." in said.stdout
    assert "Next: target-activecampaign preview --input shop-customers.csv --problems" in said.stderr
    write_config(folder, hostname=sandbox.url, profile_limit=1)
    document = json.loads(preview("--json").stdout)
    assert (document["ok"], document["exit_code"], document["figures"]["held_back"]) == (False, 3, 4)
    write_config(folder, hostname=sandbox.url, list_id="Newsleter")
    failed = preview("--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["ok"] is False


@pytest.mark.usefixtures("folder")
def test_singer_messages_are_read_from_standard_input(tmp_path: Path) -> None:
    config = json.loads((tmp_path / "config.json").read_text()) | {"rejects_path": "rejects.singer"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "people.singer").write_text(SINGER)
    piped, read = preview(path=None, stdin=SINGER), preview(path="people.singer")
    assert piped.stdout == read.stdout
    assert "stream 'people', line 2, key 7: would be sent\n" in piped.stdout
    assert "1 record = 1 person to send\n" in piped.stdout
    assert "Next: pipe the same into target-activecampaign" in piped.stderr


SCHEMA_OF_PEOPLE = {
    "properties": {name: {"type": ["string", "null"]} for name in ROWS.splitlines()[0].split(";")}
}
SINGER = "".join(
    json.dumps(message) + "\n"
    for message in (
        {"type": "SCHEMA", "stream": "people", "schema": SCHEMA_OF_PEOPLE, "key_properties": ["id"]},
        {"type": "RECORD", "stream": "people", "record": {"id": "7", "e-mail": "ada@example.com"}},
    )
)


def test_a_value_can_not_write_to_the_terminal(folder: Path) -> None:
    odd = "id,e-mail,given_name,surname,mobile,town,customer_since,language,interests,n\x1b[2J\n"
    (folder / "odd.csv").write_text(odd + "1,a@example.com,A\x1b[31mda\x07,,,\x9b1m,,\x1b]0;x,\x1bz,\x1b\n")
    for options in ([], ["--wide"], ["--json"]):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", preview(*options, path="odd.csv").stdout)


@pytest.mark.usefixtures("folder")
def test_the_loggers_are_left_as_they_were() -> None:
    logger = logging.getLogger("target_activecampaign")
    before = logger.level
    preview("--json")
    assert logger.level == before


def test_without_a_file_on_a_terminal_it_says_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_nobody_pipes", lambda: True)
    said = preview(path=None)
    assert said.exit_code == 2
    assert "--input FILE" in said.stderr
    assert folder.exists()


@pytest.mark.usefixtures("folder")
def test_rejects_that_the_run_could_not_keep_are_refused_here_too() -> None:
    said = preview("--json", path=None, stdin="")
    assert said.exit_code == 1
    assert "Name it rejects.singer" in json.loads(said.stdout)["problems"][0]
