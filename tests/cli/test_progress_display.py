"""On a terminal four lines are drawn again, with the log above them; elsewhere the log has plain lines."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import time
import typing as t

import pytest
from support.command import config_for, record_message, schema_message, singer_lines
from support.pseudo_terminal import PseudoTerminal
from support.quick_target import make_target

from target_activecampaign.cli.progress_display import display_for, show_progress
from target_activecampaign.reporting.progress import Progress
from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 30.0


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[PseudoTerminal]:
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    made = PseudoTerminal()
    yield made
    made.close()


@pytest.fixture
def log(terminal: PseudoTerminal) -> Iterator[logging.Logger]:
    logger = logging.getLogger("target_activecampaign.test")
    handler = logging.StreamHandler(terminal.stream)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def test_the_lines_are_drawn_again_below_the_log_and_leave_nothing_behind(
    terminal: PseudoTerminal, log: logging.Logger
) -> None:
    display = display_for(terminal.stream, lambda: "shop to list 3")
    assert display is not None
    log.warning("before")
    display.show(Progress(1, read=500, delivered=250, imports_open=1, ceiling_per_minute=25_000))
    log.warning("between [bold]:smile: %s", "x" * 120)
    display.show(Progress(2, read=500, delivered=500, rejected=5, ceiling_per_minute=25_000))
    assert terminal.lines() == [
        "before",
        "between [bold]:smile: " + "x" * 78,
        "x" * 42,
        "shop to list 3" + " " * 72 + "00:02 elapsed",
        "500 delivered of 500 read so far" + " " * 47 + "0 a minute of 25,000",
        "",
        "5 rejected (1.0 %)",
    ]
    display.close()
    log.warning("after")
    assert [line[:7] for line in terminal.lines()] == ["before", "between", "xxxxxxx", "after"]
    assert b"\x1b[?25l" not in terminal.written  # the cursor stays, whatever ends the process
    assert b"\x1b[3" not in terminal.written  # no colour
    assert terminal.written.isascii()


@pytest.mark.parametrize(
    "environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "true"}], ids=["no colour", "dumb", "CI"]
)
def test_a_terminal_that_is_not_to_be_redrawn_has_no_display(
    terminal: PseudoTerminal, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert display_for(terminal.stream, str) is None


def test_what_is_no_terminal_has_no_display_even_where_colour_is_forced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert display_for(io.StringIO(), str) is None


def test_without_rich_there_is_no_display(terminal: PseudoTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert display_for(terminal.stream, str) is None


def test_a_quiet_run_shows_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run = make_target(config_for("http://127.0.0.1:1", tmp_path)).current_run
    run.watch.show(Progress(1000))
    assert "progress: " in caplog.text
    caplog.clear()
    show_progress(run, is_quiet=True)
    run.watch.show(Progress(2000))
    assert caplog.text == ""


def test_the_target_in_a_terminal_shows_that_it_waits_for_the_tap(
    terminal: PseudoTerminal, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    command = [sys.executable, "-m", "target_activecampaign", "--config", str(path)]
    with serve(progress="at-once") as sandbox:
        path.write_text(json.dumps(config_for(sandbox.url, tmp_path, display_name="Shop")))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=terminal.slave
        ) as process:
            assert process.stdin is not None
            wait_for(terminal, "waiting for the tap")
            lines = singer_lines([schema_message(), record_message({"email": "ada@example.com"})])
            assert sum(line.startswith("Shop to list 1  ") for line in terminal.lines()) == 1
            process.stdin.write(lines.encode())
            process.stdin.close()
            assert process.wait(PATIENCE_SECONDS) == 0
    assert not any("elapsed" in line for line in terminal.lines())
    assert "ada@example.com" not in terminal.written.decode()


def wait_for(terminal: PseudoTerminal, text: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not any(text in line for line in terminal.lines()):
        assert time.monotonic() < until, terminal.lines()
        time.sleep(0.02)
