"""A run of the target as a process of its own, fed by a tap at full speed, with its memory watched.

Linux alone tells how much memory another process has. The peak is the kernel's (`VmHWM`), not `ru_maxrss`,
which counts also what the process that started it had at that moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TAP = Path(__file__).with_name("made_up_input.py")
SECONDS_BETWEEN_SAMPLES = 0.1
MOST_SAMPLES = 400


@dataclass(frozen=True)
class Watched:
    """What became of a run.

    Attributes:
        exit_code: Of the process; negative where a signal ended it.
        seconds: On the clock.
        processor_seconds: Of all its threads, start included.
        peak_bytes: The most memory that it had.
        samples: Seconds since the start, and the bytes that were resident then; some hundreds.
        report: The run's; empty where it was ended.
    """

    exit_code: int
    seconds: float
    processor_seconds: float
    peak_bytes: int
    samples: list[tuple[float, int]]
    report: dict[str, t.Any]


def watch(
    config: Mapping[str, t.Any], contacts: int, folder: Path, most_seconds: float | None = None
) -> Watched:
    """Run the target on so many made-up contacts.

    Args:
        config: Settings, without `report_path`.
        contacts: How many the tap makes.
        folder: Takes the run's files, and is where it works.
        most_seconds: When it is ended by force; by default it runs to its end.

    Raises:
        SystemExit: If it failed, with the end of its log.
    """
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    (folder / "config.json").write_text(json.dumps({**config, "report_path": str(report)}))
    started = time.monotonic()
    with running(contacts, folder) as process:
        samples, peak_bytes = [], 0
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        while not ended:
            time.sleep(SECONDS_BETWEEN_SAMPLES)
            resident, peak_bytes = memory_of(process.pid) or (0, peak_bytes)
            seconds = time.monotonic() - started
            if resident:
                samples.append((round(seconds, 2), resident))
            if most_seconds is not None and seconds > most_seconds:
                os.kill(process.pid, signal.SIGKILL)  # not by `process`, which would take its usage
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and most_seconds is None:
        raise SystemExit((folder / "log").read_text()[-3000:])
    return Watched(
        process.returncode,
        seconds,
        usage.ru_utime + usage.ru_stime,
        peak_bytes,
        samples[:: len(samples) // MOST_SAMPLES + 1],
        json.loads(report.read_text()) if report.exists() else {},
    )


@contextlib.contextmanager
def running(contacts: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A tap and the target behind it; who asks waits for the target."""
    target = [sys.executable, "-m", "target_activecampaign", "--config", str(folder / "config.json")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(TAP), str(contacts)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as tap,
        subprocess.Popen(
            target, stdin=tap.stdout, stdout=subprocess.DEVNULL, stderr=log, cwd=folder
        ) as process,
    ):
        if tap.stdout is not None:
            tap.stdout.close()  # the target's end alone is left, so that the tap ends with it
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()


def memory_of(pid: int) -> tuple[int, int] | None:
    """Bytes of a process that are resident now, and that ever were; `None` when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    figures = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in figures:
        return None
    resident, peak = (int(figures[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return resident, peak
