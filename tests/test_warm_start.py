"""A process that starts warm behaves like one that starts cold."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import typing as t

import pytest
from support.command import config_for, record_message, run_target, schema_message, state_message
from support.warm_start import warm_command

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import atexit, os, sys, threading
atexit.register(print, "the end")
last_line = threading.Event()
threading.Thread(target=lambda: last_line.wait() and print("a thread is waited for")).start()
print(sys.argv, os.getcwd(), os.environ["ODD"].encode(errors="surrogateescape"), oct(os.umask(0)))
print(sys.stdin.read())
last_line.set()
"""


def both(program: str, *arguments: str, **options: t.Any) -> list[tuple[int, bytes, bytes]]:  # noqa: ANN401
    """Return exit code, output and errors of the cold and of the warm process."""
    commands = [sys.executable, "-c", program, *arguments], warm_command(program, *arguments)
    results = [subprocess.run(command, capture_output=True, check=False, **options) for command in commands]
    return [(result.returncode, result.stdout, result.stderr) for result in results]


def test_it_has_what_it_was_given_and_ends_in_order(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        environment = {**os.environ, "ODD": "\udcff"}
        cold, warm = both(PROGRAM, "--x", "ä", cwd=tmp_path, env=environment, input=b"lines\n" * 50_000)
    finally:
        os.umask(before)
    assert cold[0] == 0
    assert b"0o27" in cold[1]
    assert cold == warm


@pytest.mark.parametrize(
    "program",
    ["import sys; sys.exit(7)", "import sys; sys.exit('words')", "import os; os._exit(3)"],
)
def test_it_ends_with_the_exit_code(program: str) -> None:
    cold, warm = both(program)
    assert cold == warm


def test_it_ends_with_the_signal() -> None:
    cold, warm = both("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert cold == warm == (-signal.SIGKILL, b"", b"")


def test_a_traceback_comes_out() -> None:
    cold, warm = both("1 / 0")
    assert cold[0] == warm[0] == 1
    assert b"ZeroDivisionError: division by zero\n" in warm[2]


@pytest.mark.parametrize("ends_well", [True, False])
def test_the_command_says_the_same(tmp_path: Path, *, ends_well: bool) -> None:
    # A run that fails has no contact to send: whether one leaves before the fault is a matter of time.
    contact = [record_message({"email": "ada@example.com"})] if ends_well else []
    rejected = record_message({"email": "nobody"})
    last_line = "" if ends_well else "no JSON"
    messages: list[dict[str, t.Any] | str] = [schema_message(), *contact, rejected]
    messages += [state_message("end"), last_line]
    outcomes = []
    for is_real in (True, False):
        with serve(with_limits=False, progress="at-once") as sandbox:
            config = config_for(sandbox.url, tmp_path, rejects_path=None, max_rejected_percent=90)
            outcomes.append(run_target(config, messages, tmp_path, is_real=is_real))
    cold, warm = outcomes
    assert (cold.exit_code, cold.states) == (warm.exit_code, warm.states)
    assert re.sub(r"\d+", "0", cold.log) == re.sub(r"\d+", "0", warm.log)
    assert cold.log
