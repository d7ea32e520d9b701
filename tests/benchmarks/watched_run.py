"""Runs the target as a process of its own behind a tap at full speed, and watches its memory.

Needs Linux, which has the memory of another process in `/proc`. The peak is the kernel's (`VmHWM`), not
`ru_maxrss`, which includes the memory of the process that started it.
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
    from collections.abc import Iterator, Mapping, Sequence

TAP = Path(__file__).with_name("made_up_input.py")
SECONDS_BETWEEN_SAMPLES = 0.1
MOST_SAMPLES = 400


@dataclass(frozen=True)
class Watched:
    """The figures of a run that has ended.

    Attributes:
        exit_code: Of the process; negative where a signal ended it.
        seconds: Time on the clock.
        processor_seconds: Processor time of all its threads, start included.
        peak_bytes: The most memory that it had.
        samples: Seconds since the start, and the bytes resident then; some hundreds.
        report: The run's report; empty where the run was ended by force.
    """

    exit_code: int
    seconds: float
    processor_seconds: float
    peak_bytes: int
    samples: list[tuple[float, int]]
    report: dict[str, t.Any]


def watch(
    config: Mapping[str, t.Any],
    contacts: int,
    folder: Path,
    most_seconds: float | None = None,
    *,
    is_full_table: bool = False,
) -> Watched:
    """Run the target on made-up contacts.

    Args:
        config: Settings, without `report_path`.
        contacts: Number of contacts that the tap makes.
        folder: The run's working folder, which takes its files.
        most_seconds: Seconds after which the run is ended by force; by default it runs to its end.
        is_full_table: Whether the input proves that all records came.

    Raises:
        SystemExit: If it failed, with the end of its log.
    """
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    (folder / "config.json").write_text(json.dumps({**config, "report_path": str(report)}))
    started = time.monotonic()
    with running(contacts, folder, ["--full-table"] if is_full_table else []) as process:
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
def running(
    contacts: int, folder: Path, tap_options: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a tap and the target behind it, and yield the target; the caller waits for its end."""
    target = [sys.executable, "-m", "target_activecampaign", "--config", str(folder / "config.json")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(TAP), str(contacts), *tap_options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as tap,
        subprocess.Popen(
            target, stdin=tap.stdout, stdout=subprocess.DEVNULL, stderr=log, cwd=folder
        ) as process,
    ):
        if tap.stdout is not None:
            tap.stdout.close()  # the target alone holds the pipe now, so the tap ends with it
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()


def memory_of(pid: int) -> tuple[int, int] | None:
    """Return the bytes of a process that are resident now, and their peak; `None` when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    figures = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in figures:
        return None
    resident, peak = (int(figures[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return resident, peak
