"""A person at a terminal reads the end of a run as lines, once; a program reads a record of the log."""

from __future__ import annotations

import io
import sys
import typing as t
from types import SimpleNamespace

import click
import pytest
from support.ended_runs import runs

from target_activecampaign.cli.end_display import log_end_here, show_end, write_end

if t.TYPE_CHECKING:
    from target_activecampaign.run.run import Run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def way_of(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch, **how: bool) -> object:
    run = SimpleNamespace(say_end="the log")
    monkeypatch.setattr(sys, "stderr", stream)
    show_end(t.cast("Run", run), **how)
    return run.say_end


def test_a_terminal_is_written_to_and_anything_else_is_left_to_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SINGER_SDK_LOG_CONFIG", raising=False)
    assert way_of(Terminal(), monkeypatch) is write_end
    for stream in (io.StringIO(), None):
        assert way_of(stream, monkeypatch) is log_end_here


def test_a_command_for_people_shows_lines_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert way_of(io.StringIO(), monkeypatch, is_for_people=True) is write_end


def test_a_program_that_reads_the_log_gets_the_record_on_a_terminal_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SINGER_SDK_LOG_CONFIG", "log.json")
    assert way_of(Terminal(), monkeypatch) is log_end_here


def test_a_next_step_has_the_configuration_that_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    config = SimpleNamespace(paths=["night.json"], parse_env=False)
    with click.Context(click.Command("send")) as context:
        context.params["config"] = config
        for name in ("done", "rejects_up"):
            write_end(runs()[name])
    said = capsys.readouterr().err
    assert "report --open --config night.json\n" in said
    assert "target-activecampaign send rejects.csv --config night.json\n" in said


def test_the_lines_go_to_standard_error_and_fit_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    write_end(runs()["exit_1_import"])
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Failed after 12 min 9 s: ActiveCampaign did not end an import")
    assert max(map(len, said.err.splitlines())) <= 70
    assert "\x1b" not in said.err


@pytest.mark.parametrize(
    ("path", "is_meltano", "command"),
    [
        ("night.json", False, "target-activecampaign send r.singer --config night.json"),
        ("/project/.meltano/run/target.json", True, "meltano invoke target-activecampaign:send r.singer"),
    ],
)
def test_a_next_step_in_the_log_has_the_configuration_of_the_run(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    is_meltano: bool,  # noqa: FBT001 - a parameter of the test
    command: str,
) -> None:
    monkeypatch.delenv("MELTANO_LOADER_NAME", raising=False)
    if is_meltano:
        monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/project")
    config = SimpleNamespace(paths=[path], parse_env=False)
    with caplog.at_level("INFO"), click.Context(click.Command("target")) as context:
        context.params["config"] = config
        log_end_here(runs()["exit_4"])
    assert caplog.messages[0].endswith(f"Next: mend r.singer, then   {command}")
