"""Runs the target on a clock that is fast, so that its waits are short: in this process, or as a command.

As a command: `python tests/support/quick_target.py SPEED --config config.json`.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import threading
import time
import typing as t
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from support.command import Outcome, singer_lines

from target_activecampaign.clock import SystemClock
from target_activecampaign.run import run as run_module
from target_activecampaign.run.run import Run
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.clock import Clock

SPEED = 100.0
WORKERS = {"_submit", "_poll", "_read"}
PATIENCE_SECONDS = 90.0
LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"


class QuickClock(SystemClock):
    """A clock on which time passes only during waits, `speed` times faster than the machine's.

    When the machine pauses or is busy, no time passes: a wait is never longer than was asked for. So a slow
    machine does not let a run miss a deadline. Several waits at once pass the same time.
    """

    def __init__(self, speed: float = SPEED) -> None:
        self.speed = speed
        self._seconds = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._seconds

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        with self._passing(seconds):
            return stop.wait(seconds / self.speed)

    def wait_for_change(self, changed: threading.Condition, seconds: float) -> None:
        with self._passing(seconds):
            changed.wait(seconds / self.speed)

    @contextlib.contextmanager
    def _passing(self, most_seconds: float) -> t.Iterator[None]:
        begun, real = self._seconds, time.monotonic()
        yield
        passed = min(most_seconds, (time.monotonic() - real) * self.speed)
        with self._lock:
            self._seconds = max(self._seconds, begun + passed)


def make_target(config: Mapping[str, t.Any], clock: Clock | None = None) -> TargetActiveCampaign:
    target = TargetActiveCampaign(config=dict(config))
    target.current_run = Run(target.settings, target.interruption, clock or QuickClock())
    return target


def run_quickly(
    config: Mapping[str, t.Any],
    messages: Iterable[Mapping[str, t.Any] | str],
    clock: Clock | None = None,
    output: io.StringIO | None = None,
) -> Outcome:
    """Run the target in this process; a user would see any exception that this raises.

    Args:
        output: Takes standard output, also where the run ends with an exception.
    """
    target = make_target(config, clock)
    output = output or io.StringIO()
    with contextlib.redirect_stdout(output), captured_log() as log:
        exit_code = target.run_to_end(io.BytesIO(singer_lines(messages).encode()))
    wait_for_workers()
    return outcome_of(config, exit_code, output.getvalue(), log.getvalue())


def outcome_of(config: Mapping[str, t.Any], exit_code: int, output: str, log: str) -> Outcome:
    """Return the traces of a run, with the files that its configuration names."""
    report, rejects = (Path(str(config.get(name, "/nowhere"))) for name in ("report_path", "rejects_path"))
    return Outcome(
        exit_code=exit_code,
        states=[json.loads(line) for line in output.splitlines(keepends=True) if line.endswith("\n")],
        log=log,
        report=json.loads(report.read_text()) if report.exists() else {},
        rejects=[json.loads(line) for line in rejects.read_text().splitlines()] if rejects.exists() else [],
    )


def run_into_a_file(config: Mapping[str, t.Any], lines: bytes, output: str, speed: float) -> None:
    """Run as a process of its own, which it ends; standard output goes to a file."""
    with Path(output).open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        target = make_target(config, QuickClock(speed))
        target.interruption.install()
        sys.exit(target.run_to_end(io.BytesIO(lines)))


def wait_for_workers() -> None:
    """Wait for threads that a run leaves in a request: they would end with a process, but not in this one.

    Their requests would otherwise arrive in the middle of the next run.
    """
    for thread in threading.enumerate():
        if thread.name in WORKERS:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), f"{thread.name} does not end"


@contextlib.contextmanager
def captured_log(formatter: logging.Formatter | None = None) -> t.Iterator[io.StringIO]:
    """Collect all that is logged meanwhile, at INFO and above."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter or logging.Formatter(LOG_FORMAT))
    loggers = [logging.getLogger("target_activecampaign"), TargetActiveCampaign.logger]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield text
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def be_quick(speed: float) -> None:
    """Let every run of this process have a quick clock."""
    setattr(run_module, "SystemClock", lambda: QuickClock(speed))  # noqa: B010 - what it imported, not its own


def main() -> None:
    """Run as a command, on a clock of the first argument's speed."""
    be_quick(float(sys.argv.pop(1)))
    TargetActiveCampaign.cli()


if __name__ == "__main__":
    main()
