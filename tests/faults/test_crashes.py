"""SIGKILL of the real process at every request that ActiveCampaign receives, before its effect and after."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import typing as t

import pytest
from support.command import singer_lines
from support.quick_target import QuickClock, run_into_a_file, run_quickly
from support.resuming import account_of, applied_one_by_one, assert_covered, config_of, messages_after

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.request_handler import RequestHandler

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

SPEED = 300
LONGEST_RUN_SECONDS = 30

# A server that is forked from has no threads, and has the target imported: a process starts in milliseconds.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["support.quick_target"])


@pytest.fixture(autouse=True, scope="module")
def _findable_modules() -> Iterator[None]:
    """The server that is forked from does not know this process's path (it does from Python 3.13 on)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        yield


class Killer:
    """Kills the process when its n-th request comes in, before the request takes effect or after."""

    def __init__(self, number: int, *, after_effect: bool) -> None:
        self.received = 0
        self.pid = 0
        self.may_begin = threading.Event()
        self._number = number
        self._after_effect = after_effect

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        usual = RequestHandler._respond

        async def respond(handler: RequestHandler, *args: t.Any) -> t.Any:  # noqa: ANN401 - handed on
            self.may_begin.wait(LONGEST_RUN_SECONDS)
            self.received += 1
            if self.received != self._number:
                return await usual(handler, *args)
            if self._after_effect:
                await usual(handler, *args)
            os.kill(self.pid, signal.SIGKILL)
            return None

        monkeypatch.setattr(RequestHandler, "_respond", respond)


def run_and_kill(sandbox: RunningSandbox, folder: Path, killer: Killer) -> int | None:
    """Run till killed; the last STATE that the process wrote."""
    output = folder / "output"
    lines = singer_lines(messages_after(None)).encode()
    process = _processes.Process(
        target=run_into_a_file, args=(config_of(sandbox, folder), lines, str(output), SPEED)
    )
    process.start()
    killer.pid = process.pid or 0
    killer.may_begin.set()
    process.join(LONGEST_RUN_SECONDS)
    assert process.exitcode in (-signal.SIGKILL, 0)
    complete = [line for line in output.read_text().splitlines(keepends=True) if line.endswith("\n")]
    states = [int(line) for line in complete]
    assert states == sorted(states)
    return states[-1] if states else None


@pytest.mark.sweep
@pytest.mark.parametrize("after_effect", [False, True], ids=["before the effect", "after the effect"])
def test_a_kill_at_every_request_loses_nothing(after_effect: bool, tmp_path: Path) -> None:  # noqa: FBT001
    number = 0
    is_through = False
    while not is_through:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        killer = Killer(number, after_effect=after_effect)
        with serve(with_limits=False, progress="looks=2") as sandbox:
            with pytest.MonkeyPatch.context() as patch:
                killer.install(patch)
                state = run_and_kill(sandbox, folder, killer)
            assert_covered(state, sandbox, folder)
            again = run_quickly(config_of(sandbox, folder), messages_after(state), QuickClock(SPEED))
            assert again.exit_code == 0 or again.report["read"] == sum(again.report["rejected"].values())
            assert account_of(sandbox) == applied_one_by_one()
        is_through = killer.received < number
    print(f"{number - 1} kills, one at each request")  # noqa: T201 - the figure is what the test is for
    assert number > 15
