"""Owns what a folder held before a setup, and what the setup came to, as values."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Before:
    """What the folder held before.

    Attributes:
        config: Of `config.json`; `None` where there is none.
        variables: Settings that `.env` and the environment hold.
    """

    config: dict[str, t.Any] | None = None
    variables: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What a setup came to.

    Attributes:
        config: The settings that were written.
        files: Names of files that were written.
        preview: Figures of step 6.
        trial: Figures of the trial; `None` without one.
        report: Of the full run; `None` without one.
        exit_code: Of the run, 0 where nothing was sent.
        problems: What went wrong in it; empty where nothing did.
    """

    config: dict[str, t.Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    preview: dict[str, t.Any] = field(default_factory=dict)
    trial: dict[str, t.Any] | None = None
    report: dict[str, t.Any] | None = None
    exit_code: int = 0
    problems: list[str] = field(default_factory=list)
