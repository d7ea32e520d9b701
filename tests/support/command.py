"""Runs the target as a command against an emulator in the test's process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from support.warm_start import warm_command

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "email": {"type": ["string", "null"]},
        "first_name": {"type": ["string", "null"]},
        "last_name": {"type": ["string", "null"]},
        "phone": {"type": ["string", "null"]},
    },
}


QUICK = "from support.quick_target import be_quick; be_quick(20)"
QUICK_CLI = (
    f"{QUICK}; from target_activecampaign.target import TargetActiveCampaign; TargetActiveCampaign.cli()"
)


@dataclass(frozen=True)
class Outcome:
    """The traces of a run."""

    exit_code: int
    states: list[t.Any]
    log: str
    report: dict[str, t.Any]
    rejects: list[dict[str, t.Any]]


def schema_message(
    stream: str = "people", schema: Mapping[str, t.Any] = SCHEMA, keys: Iterable[str] = ()
) -> dict[str, t.Any]:
    return {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(keys)}


def record_message(record: Mapping[str, t.Any], stream: str = "people") -> dict[str, t.Any]:
    return {"type": "RECORD", "stream": stream, "record": record}


def state_message(value: object) -> dict[str, t.Any]:
    return {"type": "STATE", "value": value}


def version_message(stream: str = "people", version: int = 1) -> dict[str, t.Any]:
    return {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}


def singer_lines(messages: Iterable[Mapping[str, t.Any] | str]) -> str:
    return "".join((m if isinstance(m, str) else json.dumps(m)) + "\n" for m in messages)


def config_for(url: str, folder: Path, **overrides: object) -> dict[str, t.Any]:
    config = {
        "hostname": url,
        "api_key": "sandbox",
        "data_privacy_consent": True,
        "list_id": 1,
        "rejects_path": str(folder / "rejects.singer"),
        "report_path": str(folder / "report.json"),
        **overrides,
    }
    return {name: value for name, value in config.items() if value is not None}


def run_target(
    config: Mapping[str, t.Any],
    messages: Iterable[Mapping[str, t.Any] | str],
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    is_real: bool = False,
) -> Outcome:
    """Run the command with a configuration file and these messages on standard input.

    Args:
        is_real: Start it as users do, on the machine's clock; else it starts warm, and on a quick clock.
    """
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "target_activecampaign"] if is_real else warm_command(QUICK_CLI)
    result = subprocess.run(
        [*command, "--config", str(path), *arguments],
        input=singer_lines(messages).encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
        cwd=folder,
        timeout=100,
        env={**os.environ, **(environment or {})},
    )
    report = Path(str(config.get("report_path", folder / "none")))
    rejects = Path(str(config.get("rejects_path", folder / "none")))
    return Outcome(
        exit_code=result.returncode,
        states=[json.loads(line) for line in result.stdout.decode().splitlines()],
        log=result.stderr.decode(),
        report=json.loads(report.read_text()) if report.exists() else {},
        rejects=[json.loads(line) for line in rejects.read_text().splitlines()] if rejects.exists() else [],
    )
