"""The command runs the target or a subcommand, and shows no text of an error that it did not foresee."""

from __future__ import annotations

import json
import typing as t

import click
import pytest
from click.testing import CliRunner
from support.command import config_for

from target_activecampaign import target
from target_activecampaign.run.signals import Interruption
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.cli.command import TargetCommand

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
    assert names == [
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


@pytest.mark.parametrize("name", NAMES)
def test_each_subcommand_has_a_help_of_its_own(name: str) -> None:
    result = CliRunner().invoke(COMMAND, [name, "--help"])
    assert result.exit_code == 0
    assert f" {name} " in result.output.splitlines()[0]


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
