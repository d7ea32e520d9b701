"""A request to stop: STATE of what is settled at once, nothing new submitted, and an end within the grace."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
import typing as t

import pytest
from support.command import config_for, record_message, schema_message, singer_lines, state_message
from support.loopback_server import serve_replies

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.loopback_server import Handler

    from target_activecampaign.sandbox.server import RunningSandbox

IMPORT = "POST /import/bulk_import"
BOTH = [signal.SIGTERM, signal.SIGINT]
PATIENCE_SECONDS = 60.0
GRACE_SECONDS = 2
# Beside the grace: the threads are waited for a second, and the machine may be busy. What would hold a run up
# here, were it waited for, takes a minute or more.
SLACK_SECONDS = 15.0
LONG_GRACE_SECONDS = 90


class Process:
    """The command, with an input that stays open till it is closed."""

    def __init__(self, config: dict[str, t.Any], folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(config))
        self._log = (folder / "log").open("wb")
        self._output = (folder / "output").open("wb")
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "target_activecampaign", "--config", str(path)],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._log,
            cwd=folder,
        )
        self.folder = folder

    def write(self, *messages: dict[str, t.Any]) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(singer_lines(messages).encode())
        self.popen.stdin.flush()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        return self.popen.wait(seconds)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def states(self) -> list[t.Any]:
        return [json.loads(line) for line in (self.folder / "output").read_text().splitlines()]

    @property
    def report(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads((self.folder / "report.json").read_text()))

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        with contextlib.suppress(BrokenPipeError):
            if self.popen.stdin is not None:
                self.popen.stdin.close()
        self.popen.wait()
        self._log.close()
        self._output.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start the command against a host; it is ended after the test."""
    with contextlib.ExitStack() as stack:

        def start_one(url: str, **settings: object) -> Process:
            config = config_for(url, tmp_path, **{"shutdown_grace": GRACE_SECONDS, **settings})
            process = Process(config, tmp_path)
            stack.callback(process.close)
            return process

        yield start_one


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        threading.Event().wait(0.01)


def posts(sandbox: RunningSandbox) -> int:
    return sum(entry.method == "POST" for entry in sandbox.emulator.journal.after(0))


def person(number: int) -> dict[str, t.Any]:
    return record_message({"email": f"person{number}@example.com"})


def interrupt(process: Process, signal_number: int) -> float:
    """Ask the process to stop, and wait for its end; how many seconds that took."""
    begun = time.monotonic()
    process.popen.send_signal(signal_number)
    exit_code = process.wait()
    seconds = time.monotonic() - begun
    assert exit_code == 128 + signal_number
    assert "Traceback" not in process.log
    assert "Exception" not in process.log
    assert process.log.count("the run was asked to stop") == 1
    return seconds


def send_until_the_end(process: Process, signal_number: int) -> int:
    """Send a signal again and again: of two that come before the process gets its turn, one is lost."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.popen.poll() is None and time.monotonic() < deadline:
        process.popen.send_signal(signal_number)
        threading.Event().wait(0.3)
    return process.wait(1)


@pytest.mark.parametrize("signal_number", BOTH)
def test_a_reader_that_waits_for_input_ends_at_once(
    signal_number: int, start: Callable[..., Process]
) -> None:
    with serve(with_limits=False, progress="at-once") as sandbox:
        process = start(sandbox.url, batch_size_rows=2)
        process.write(schema_message(), person(1), person(2), state_message("one"))
        wait_until(lambda: process.states == ["one"])
        process.write(person(3), state_message("two"))
        assert interrupt(process, signal_number) < SLACK_SECONDS
    assert process.states == ["one"]
    assert process.report["exit_code"] == 128 + signal_number


@pytest.mark.parametrize("signal_number", BOTH)
def test_the_grace_ends_by_itself_while_an_import_stays_open(
    signal_number: int, start: Callable[..., Process]
) -> None:
    with serve(with_limits=False, progress="at-once", faults=["import open after=1"]) as sandbox:
        process = start(sandbox.url, batch_size_rows=1)
        process.write(schema_message(), person(1), state_message("one"), person(2), state_message("two"))
        wait_until(lambda: posts(sandbox) == 2 and process.states)
        seconds = interrupt(process, signal_number)
    assert GRACE_SECONDS <= seconds < GRACE_SECONDS + SLACK_SECONDS
    assert process.states == ["one"]


def test_what_settles_within_the_grace_counts_and_its_state_follows(start: Callable[..., Process]) -> None:
    with serve(with_limits=False, progress="never") as sandbox:
        process = start(sandbox.url, batch_size_rows=1, shutdown_grace=LONG_GRACE_SECONDS)
        process.write(schema_message(), person(1), state_message("one"))
        wait_until(lambda: posts(sandbox) == 1)
        process.popen.send_signal(signal.SIGTERM)
        wait_until(lambda: "asked to stop" in process.log)
        sandbox.account.imports.settle()
        assert process.wait() == 143
    assert process.states == ["one"]
    assert process.report["delivered"] == 1


def test_nothing_new_is_submitted_after_a_request_to_stop(start: Callable[..., Process]) -> None:
    """Under back-pressure, and while it waits for the importer's rate limit."""
    with serve(with_limits=False, progress="never") as sandbox:
        process = start(sandbox.url, batch_size_rows=2, imports_per_minute=2)
        writer = threading.Thread(target=_write_many, args=(process,))
        process.write(schema_message())
        writer.start()
        wait_until(lambda: posts(sandbox) == 2)
        assert interrupt(process, signal.SIGTERM) < GRACE_SECONDS + SLACK_SECONDS
        writer.join(PATIENCE_SECONDS)
        assert posts(sandbox) == 2
    assert process.states == []


def _write_many(process: Process) -> None:
    with contextlib.suppress(BrokenPipeError):
        for number in range(5000):
            process.write(person(number), state_message(number))


def test_a_request_in_the_air_is_finished_and_settled(start: Callable[..., Process]) -> None:
    with serve(with_limits=False, progress="at-once", faults=[f"{IMPORT} delay=1"]) as sandbox:
        process = start(sandbox.url, batch_size_rows=1, shutdown_grace=LONG_GRACE_SECONDS)
        process.write(schema_message(), person(1), state_message("one"))
        wait_until(lambda: sandbox.emulator.faults.as_list()[0]["struck"])
        seconds = interrupt(process, signal.SIGTERM)
    assert seconds < 1 + SLACK_SECONDS
    assert process.states == ["one"]


def test_a_request_that_hangs_does_not_prolong_the_end(start: Callable[..., Process]) -> None:
    with serve(with_limits=False, faults=[f"{IMPORT} delay=60"]) as sandbox:
        process = start(sandbox.url, batch_size_rows=1)
        process.write(schema_message(), person(1), state_message("one"))
        wait_until(lambda: sandbox.emulator.faults.as_list()[0]["struck"])
        assert interrupt(process, signal.SIGTERM) < GRACE_SECONDS + SLACK_SECONDS
    assert process.states == []


@pytest.mark.parametrize("signal_number", BOTH)
def test_a_host_that_hangs_at_the_start_is_not_waited_for(
    signal_number: int, start: Callable[..., Process]
) -> None:
    def hang(handler: Handler) -> None:
        handler.server.ended.wait(LONG_GRACE_SECONDS)

    with serve_replies(hang) as server:
        process = start(server.url)
        process.write(schema_message())
        wait_until(lambda: server.received)
        assert interrupt(process, signal_number) < SLACK_SECONDS


def test_a_pause_before_another_try_is_not_waited_for(start: Callable[..., Process]) -> None:
    with serve(with_limits=False, faults=['* status=429 header="Retry-After: 100"']) as sandbox:
        process = start(sandbox.url)
        process.write(schema_message())
        wait_until(lambda: "trying again" in process.log)
        assert interrupt(process, signal.SIGTERM) < SLACK_SECONDS


def test_a_pause_of_the_importer_is_not_waited_for(start: Callable[..., Process]) -> None:
    with serve(with_limits=False, faults=[f'{IMPORT} status=429 header="Retry-After: 100"']) as sandbox:
        process = start(sandbox.url, shutdown_grace=LONG_GRACE_SECONDS)
        process.write(schema_message(), person(1))
        wait_until(lambda: "trying again" in process.log)
        assert interrupt(process, signal.SIGTERM) < SLACK_SECONDS


def test_sigint_and_then_sigterm_is_one_request(start: Callable[..., Process]) -> None:
    """Ctrl-C under Meltano sends both."""
    with serve(with_limits=False, progress="never") as sandbox:
        process = start(sandbox.url, batch_size_rows=1, shutdown_grace=LONG_GRACE_SECONDS)
        process.write(schema_message(), person(1), state_message("one"))
        wait_until(lambda: posts(sandbox) == 1)
        process.popen.send_signal(signal.SIGINT)
        wait_until(lambda: "asked to stop" in process.log)
        process.popen.send_signal(signal.SIGTERM)
        sandbox.account.imports.settle()
        assert process.wait() == 130
    assert process.states == ["one"]
    assert process.log.count("asked to stop") == 1


@pytest.mark.parametrize(
    "signals",
    [
        [signal.SIGTERM, signal.SIGTERM],
        [signal.SIGINT, signal.SIGINT],
        [signal.SIGINT, signal.SIGTERM, signal.SIGTERM],
        [signal.SIGINT, signal.SIGTERM, signal.SIGINT],
    ],
)
def test_the_same_signal_again_ends_at_once(signals: list[int], start: Callable[..., Process]) -> None:
    with serve(with_limits=False, progress="never") as sandbox:
        process = start(sandbox.url, batch_size_rows=1, shutdown_grace=LONG_GRACE_SECONDS)
        process.write(schema_message(), person(1), state_message("one"))
        wait_until(lambda: posts(sandbox) == 1)
        first, *others, last = signals
        process.popen.send_signal(first)
        wait_until(lambda: "asked to stop" in process.log)
        for number in others:
            process.popen.send_signal(number)
            threading.Event().wait(0.2)
        begun = time.monotonic()
        assert send_until_the_end(process, last) == 128 + last
        assert time.monotonic() - begun < SLACK_SECONDS
    assert process.states == []


def test_a_run_that_has_read_all_its_input_can_be_stopped(start: Callable[..., Process]) -> None:
    with serve(with_limits=False, progress="never") as sandbox:
        process = start(sandbox.url)
        process.write(schema_message(), person(1), state_message("one"))
        assert process.popen.stdin is not None
        process.popen.stdin.close()
        wait_until(lambda: posts(sandbox) == 1)
        assert interrupt(process, signal.SIGTERM) < GRACE_SECONDS + SLACK_SECONDS
    assert process.states == []


# Streams that are closed.


def run_with_shell(redirections: str, config: dict[str, t.Any], folder: Path, text: str) -> tuple[int, str]:
    """Run the command with redirections of a shell; exit code and log."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    command = f'"{sys.executable}" -m target_activecampaign --config "{path}" {redirections}'
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],  # noqa: S607 - the shell of this machine
        input=text.encode(),
        capture_output=True,
        check=False,
        cwd=folder,
        timeout=60,
    )
    return result.returncode, result.stderr.decode()


def people(count: int) -> str:
    return singer_lines(
        [schema_message(), *(m for n in range(count) for m in (person(n), state_message(n)))],
    )


@pytest.mark.parametrize(
    ("redirections", "exit_code", "words"),
    [
        (">&-", 1, "standard output is closed, so no STATE can be passed on"),
        ("<&-", 1, "standard input is closed"),
        ("| true", 1, "standard output is closed, so no STATE can be passed on"),
        ("> /dev/full", 1, "standard output is full, so no STATE can be passed on"),
        ("2>&-", 0, ""),
    ],
)
def test_a_closed_stream_is_no_traceback(
    redirections: str, exit_code: int, words: str, tmp_path: Path
) -> None:
    with serve(with_limits=False, progress="at-once") as sandbox:
        config = config_for(sandbox.url, tmp_path)
        code, log = run_with_shell(redirections, config, tmp_path, people(3))
        sent = posts(sandbox)
    assert code == exit_code
    assert words in log
    assert log.count("ERROR") == (1 if words else 0)
    for noise in ("Traceback", "Exception", "BrokenPipe"):
        assert noise not in log
    if redirections == ">&-":
        assert sent == 0, "that is known before anything is sent"
