"""Owns what commands for people know of earlier runs: the last ones of a configuration, as plain figures."""

from __future__ import annotations

import typing as t


def known_runs(config: dict[str, t.Any]) -> list[dict[str, t.Any]]:  # noqa: ARG001 - see below
    """Return the last runs, the latest first, with `report_path` and `report` of each."""
    return []
