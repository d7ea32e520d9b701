"""The command runs the target or a subcommand, and shows no text of an error that it did not foresee."""

from __future__ import annotations

import contextlib
import json
import os
import typing as t
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from support.command import config_for

from target_activecampaign import target
from target_activecampaign.run.signals import Interruption
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from target_activecampaign.cli.target_command import TargetCommand

COMMAND = t.cast("TargetCommand", TargetActiveCampaign.cli)

NAMES = [
    "check",
    "fields",
    "init",
    "ledger",
    "lists",
    "mirror",
    "preview",
    "report",
    "runs",
    "sandbox",
    "send",
    "tags",
]


def test_the_help_names_the_subcommands() -> None:
    output = CliRunner().invoke(COMMAND, ["--help"]).output
    names = [line.split()[0] for line in output.partition("Commands:")[2].splitlines() if line]
    assert names == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_subcommand_has_a_help_of_its_own(name: str) -> None:
    result = CliRunner().invoke(COMMAND, [name, "--help"])
    assert result.exit_code == 0
    assert f" {name} " in result.output.splitlines()[0]


@pytest.mark.parametrize("name", NAMES)
def test_each_help_begins_with_two_examples(name: str) -> None:
    lines = CliRunner().invoke(COMMAND, [name, "--help"], env={"COLUMNS": "100"}).output.splitlines()
    about = lines[1 : lines.index("Options:")]
    assert sum(f"target-activecampaign {name}" in line for line in about) == 2


@pytest.mark.parametrize("name", NAMES)
def test_each_help_fits_a_terminal_of_80_columns(name: str) -> None:
    lines = CliRunner().invoke(COMMAND, [name, "--help"], env={"COLUMNS": "80"}).output.splitlines()
    assert [line for line in lines if len(line) > 80] == []


def end_with_output_to(file: t.TextIO, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> object:
    """Run a command whose standard output is a file; returns the exit code."""
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", file)
        with pytest.raises(SystemExit) as ended:
            COMMAND.main(arguments)
    with contextlib.suppress(OSError):
        file.close()
    return ended.value.code


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--about"], ["lists", "--help"], ["runs", "--nope", "--json"], ["nope", "lists", "--json"]],
    ids=" ".join,
)
def test_an_output_that_can_not_be_written_is_said_in_one_sentence(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - it can't be closed well
    assert end_with_output_to(full, arguments, monkeypatch) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("Error: Standard output can't be written (No space left on device)")


def test_a_pipe_that_nobody_reads_ends_a_command_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    pipe = os.fdopen(writer, "w", encoding="utf-8")
    assert end_with_output_to(pipe, ["lists", "--help"], monkeypatch) == 1
    assert capsys.readouterr().err == ""


WRONG_USAGES = {
    "an option that is none": ["check", "--json", "--nope"],
    "a value that is none": ["preview", "--row", "0", "--json"],
    "nothing to send": ["send", "--json"],
    "too many words": ["lists", "extra", "--json"],
    "a subcommand that is none": ["nope", "--json"],
    "a file that is none": ["lists", "--json", "--config", "none.json"],
    "a file that is none, before": ["--config", "none.json", "check", "--json"],
}


@pytest.mark.parametrize("name", WRONG_USAGES)
def test_a_wrong_usage_is_one_document_too(name: str) -> None:
    said = CliRunner().invoke(COMMAND, WRONG_USAGES[name])
    document = json.loads(said.stdout)
    assert document["ok"] is False
    assert len(document["problems"]) == 1
    assert said.exit_code == (1 if "file" in name else 2)
    plain = CliRunner().invoke(COMMAND, [word for word in WRONG_USAGES[name] if word != "--json"])
    assert (plain.exit_code, plain.stdout) == (said.exit_code, "")
    assert document["problems"][0] in plain.stderr


def test_the_target_itself_writes_no_document() -> None:
    for words in (["--json"], ["--quiet", "--json"], ["--quiet", "--", "--json"]):
        said = CliRunner().invoke(COMMAND, words)
        assert (said.exit_code, said.stdout) == (2, "")


def test_a_wrong_level_of_the_log_is_one_document_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TARGET_ACTIVECAMPAIGN_LOGLEVEL", "TALKATIVE")
    monkeypatch.setattr("sys.argv", ["target-activecampaign", "lists", "--json"])
    with pytest.raises(SystemExit) as ended:
        TargetActiveCampaign.cli()
    assert ended.value.code == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert '"TALKATIVE" is no level' in problem


def test_an_unknown_subcommand_is_refused_by_its_name() -> None:
    result = CliRunner().invoke(COMMAND, ["leger"])
    assert result.exit_code != 0
    assert "leger" in result.output
    assert COMMAND.get_command(click.Context(COMMAND), "leger") is None


def test_an_unforeseen_error_is_shown_by_kind_and_place_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = ValueError("ada@example.com")
    try:
        raise error
    except ValueError:
        COMMAND.excepthook(ValueError, error, error.__traceback__)
    assert "a fault of the program itself (ValueError)" in caplog.text
    assert "test_command.py" in caplog.text
    assert "ada" not in caplog.text


def test_standard_input_is_no_configuration() -> None:
    result = CliRunner().invoke(COMMAND, ["--config", "-"], input="{}")
    assert result.exit_code == 1
    assert "standard input (-) is for the tap's messages" in result.output


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_person_who_starts_the_target_is_told_that_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for("sandbox", tmp_path)))
    monkeypatch.setattr(target, "somebody_answers", lambda: is_terminal)
    monkeypatch.setattr(target, "redact_logs", lambda: None)
    monkeypatch.setattr(target, "prepare_process", lambda: None)
    monkeypatch.setattr(Interruption, "install", lambda _: None)
    said = CliRunner().invoke(COMMAND, ["--config", str(config)], input="").stderr
    way_out = "Pipe a tap in, or: target-activecampaign send FILE.csv"
    assert (f"Waiting for Singer messages on standard input. {way_out}" in said) is is_terminal


@pytest.mark.parametrize("read", ["--config", "--input"])
@pytest.mark.parametrize("setting", ["report_path", "rejects_path", "ledger_url"])
def test_a_file_that_the_run_reads_is_never_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, read: str, setting: str
) -> None:
    config, messages = tmp_path / "config.json", tmp_path / "messages.singer"
    shared = config if read == "--config" else messages
    settings = config_for("sandbox", tmp_path)
    settings[setting] = f"sqlite:///{shared}" if setting == "ledger_url" else str(shared)
    config.write_text(json.dumps(settings))
    messages.write_text("")
    before = shared.read_bytes()
    result = CliRunner().invoke(COMMAND, ["--config", str(config), "--input", str(messages)])
    assert result.exit_code != 0
    said = caplog.text + result.output + str(result.exception)
    assert f"{setting}: is the file of {read}" in said
    assert shared.read_bytes() == before


def test_ctrl_c_before_the_run_ends_with_130() -> None:
    with pytest.raises(SystemExit) as ended:
        COMMAND.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert ended.value.code == 130
