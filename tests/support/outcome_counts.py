"""Counts the records in a file of outcomes, as a report counts them."""

from __future__ import annotations

import json
import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIGURES = ("delivered", "unchanged", "superseded", "held_back", "unsettled")


def outcomes_in(path: Path) -> list[dict[str, t.Any]]:
    """Return the records of a file, in its order."""
    messages = map(json.loads, path.read_text().splitlines())
    return [message["record"] for message in messages if message["type"] == "RECORD"]


def counted(path: Path) -> dict[str, Counter[str]]:
    """Count outcomes, and reasons of rejected records, by stream."""
    counts: dict[str, Counter[str]] = {}
    for one in outcomes_in(path):
        word = one["reason"] if one["outcome"] == "rejected" else one["outcome"]
        counts.setdefault(one["stream"], Counter())[word] += 1
    return counts


def figures_of(report: Mapping[str, t.Any]) -> dict[str, Counter[str]]:
    """Return the same of a report."""
    return {
        stream: +Counter({name: figures[name] for name in FIGURES} | figures["rejected"])
        for stream, figures in report["streams"].items()
        if figures["read"]
    }
