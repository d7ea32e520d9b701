"""Owns what `report` knows of earlier runs: the last ones of a configuration, as plain figures."""

from __future__ import annotations

import os
import typing as t

from target_activecampaign.config.settings import parse_settings

if t.TYPE_CHECKING:
    from target_activecampaign.run.history import PastRun

_MOST = 400
_FIGURES = ("seconds", "read", "delivered", "created", "rejected", "held_back")


def known_runs(config: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the last runs, the latest first, with `report_path` and `report` of each.

    Raises:
        TargetError: If the settings are wrong, or the runs can't be read.
    """
    from target_activecampaign.run.history import open_history  # noqa: PLC0415 - 0.2 s, not for `--help`

    return [_plain(run) for run in open_history(parse_settings(config, os.environ)).runs(limit=_MOST)]


def _plain(run: PastRun) -> dict[str, t.Any]:
    return {
        "run": run.number,
        "started_at": run.entry["started_at"],
        "result": run.result,
        **{name: run.report.get(name) for name in _FIGURES},
        "report_path": (run.entry.get("files") or {}).get("report_path"),
        "report": dict(run.report),
    }
