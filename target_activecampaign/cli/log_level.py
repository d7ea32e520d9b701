"""Owns the check of the environment variables that name the log's level: the SDK fails on a wrong one."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.config.environment import PREFIX
from target_activecampaign.config.names import shown_name

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = (f"{PREFIX}LOGLEVEL", "LOGLEVEL")
"""As the SDK reads them: the first one that is set counts, in any letter case."""


def problem_of_log_level(environ: Mapping[str, str]) -> str | None:
    """Return what is wrong with the level that the environment names; `None` if nothing is."""
    variable = next((name for name in _VARIABLES if environ.get(name)), None)
    # From Python 3.11 on there is a public function for the levels' names.
    if variable is None or isinstance(logging.getLevelName(environ[variable].upper()), int):
        return None
    shown = shown_name(environ[variable])
    return f'{variable}: "{shown}" is no level. Write DEBUG, INFO, WARNING or ERROR.'
