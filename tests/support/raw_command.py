"""Runs the target as a command on any bytes, watches its memory, and collects all its output."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from dataclasses import dataclass

from support.command import QUICK, config_for
from support.warm_start import warm_command

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEBUG = {"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "DEBUG", "LOGLEVEL": "DEBUG"}
# Writes the process's peak memory in KiB to a file when it ends (on Linux; elsewhere nothing).
_WATCH = """
import atexit, pathlib
def note():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        pathlib.Path("peak").write_text(status.read_text().partition("VmHWM:")[2].split()[0])
atexit.register(note)
"""
SCHEMA_LINE = (
    b'{"type":"SCHEMA","stream":"people","key_properties":[],"schema":{"type":"object","properties":'
    b'{"email":{"type":["string","null"]},"first_name":{"type":["string","null"]},'
    b'"last_name":{"type":["string","null"]},"id":{}}}}\n'
)


@dataclass(frozen=True)
class Said:
    """All output of a run: exit code, standard output, log and report; and its peak memory."""

    exit_code: int
    stdout: str
    log: str
    report: str
    peak_mib: int

    @property
    def everything(self) -> str:
        return self.stdout + self.log + self.report


def record_line(**record: object) -> bytes:
    message = {"type": "RECORD", "stream": "people", "record": record}
    return json.dumps(message).encode() + b"\n"


def run_bytes(
    config: Mapping[str, t.Any] | bytes,
    data: bytes,
    folder: Path,
    *arguments: str,
    program: str = "from target_activecampaign.target import TargetActiveCampaign as T; T.cli()",
    environment: Mapping[str, str] = DEBUG,
) -> Said:
    """Run a program that is the command on these bytes, warm and on a quick clock."""
    path = folder / "config.json"
    path.write_bytes(config if isinstance(config, bytes) else json.dumps(config).encode())
    report, peak = folder / "report.json", folder / "peak"
    report.unlink(missing_ok=True)
    result = subprocess.run(
        [*warm_command(f"{_WATCH}\n{QUICK}\n{program}"), *(arguments or ("--config", str(path)))],
        input=data,
        capture_output=True,
        check=False,
        cwd=folder,
        timeout=100,
        env={**os.environ, **environment},
    )
    return Said(
        result.returncode,
        result.stdout.decode(errors="backslashreplace"),
        result.stderr.decode(errors="backslashreplace"),
        report.read_text() if report.exists() else "",
        int(peak.read_text()) // 1024 if peak.exists() else 0,
    )


def fast_config(url: str, folder: Path, **overrides: object) -> dict[str, t.Any]:
    """A configuration for the sandbox that waits for nothing."""
    speed = {"requests_per_second": 1000, "imports_per_minute": 60_000}
    return config_for(url, folder, **{**speed, **overrides})
