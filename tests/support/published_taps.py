"""Runs taps as they are published, each from an environment of its own.

`REAL_TAPS` names the folder with the environments; tests of a tap that is not in it are skipped. Nothing is
downloaded here.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = "REAL_TAPS"
SECONDS_TO_RUN = 90


@dataclass(frozen=True)
class Tap:
    """A published tap, how it is called and how it connects."""

    executable: Path
    config: Mapping[str, t.Any]
    catalog_option: str

    def discover(self, folder: Path) -> dict[str, t.Any]:
        catalog: dict[str, t.Any] = json.loads(self._run(folder, "--discover"))
        return catalog

    def run(self, folder: Path, catalog: object, state: object = None) -> list[dict[str, t.Any]]:
        """Return all messages of a run."""
        options = [self.catalog_option, _written(folder / "catalog.json", catalog)]
        if state is not None:
            options += ["--state", _written(folder / "state.json", state)]
        return [json.loads(line) for line in self._run(folder, *options).splitlines()]

    def _run(self, folder: Path, *options: str) -> str:
        config = _written(folder / "tap.json", self.config)
        result = subprocess.run(
            [str(self.executable), "--config", config, *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_TO_RUN,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout


def find_tap(environment: str, executable: str) -> Path:
    """Return the path of a tap, or skip the test with what is missing."""
    skip_without(environment)
    return Path(os.environ[FOLDER]) / environment / "bin" / executable


def skip_without(*environments: str) -> None:
    """Skip the test where none of these is installed."""
    folder = os.environ.get(FOLDER)
    if not folder:
        pytest.skip(f"{FOLDER} names no folder with taps; tests/real_taps/README.md says how to make one")
    if not any((Path(folder) / environment).is_dir() for environment in environments):
        pytest.skip(f"{' or '.join(environments)} is not installed in {FOLDER}")


def select_table(catalog: Mapping[str, t.Any], table: str, method: str, key: str | None) -> dict[str, t.Any]:
    """Return a catalog of one table, with all its columns, replicated in this way."""
    streams = [stream for stream in catalog["streams"] if stream["tap_stream_id"].endswith(f"-{table}")]
    for stream in streams:
        stream["replication_method"] = method  # taps of the SDK look here, older ones into the metadata
        if key:
            stream["replication_key"] = key
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
            if not entry["breadcrumb"]:
                entry["metadata"]["replication-method"] = method
                if key:
                    entry["metadata"]["replication-key"] = key
    return {"streams": streams}


def last_state(messages: Iterable[Mapping[str, t.Any]]) -> dict[str, t.Any]:
    states: list[dict[str, t.Any]] = [m["value"] for m in messages if m["type"] == "STATE"]
    return states[-1]


def order_of(messages: Iterable[Mapping[str, t.Any]]) -> str:
    """Return the types of messages in their order, equal neighbours once: no data."""
    return " ".join(kind for kind, _ in itertools.groupby(_kind_of(message) for message in messages))


def _kind_of(message: Mapping[str, t.Any]) -> str:
    if message["type"] == "RECORD" and message["record"].get("_sdc_deleted_at"):
        return "DELETION"
    kind: str = message["type"]
    return "VERSION" if kind == "ACTIVATE_VERSION" else kind


def _written(path: Path, value: object) -> str:
    path.write_text(json.dumps(value))
    return str(path)
