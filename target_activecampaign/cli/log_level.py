"""Owns which log level the environment names: the SDK fails with a traceback on one that nobody knows."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.config.environment import PREFIX
from target_activecampaign.config.names import shown_name

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = (f"{PREFIX}LOGLEVEL", "LOGLEVEL")  # in the order in which the SDK looks at them


def require_log_level(environ: Mapping[str, str]) -> None:
    """End the process with one line where the environment names no log level that there is.

    Raises:
        SystemExit: With the name of the variable.
    """
    name = next((name for name in _VARIABLES if environ.get(name)), None)
    if name is None or isinstance(logging.getLevelName(environ[name].upper()), int):
        return
    raise SystemExit(
        f"{name}: {shown_name(environ[name])} is no log level; write DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
