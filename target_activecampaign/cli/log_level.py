"""Owns the level of the log that the environment names: the SDK fails on a wrong one."""

from __future__ import annotations

import logging
import sys
import typing as t

import click

from target_activecampaign.cli.command import failure_document, wants_json
from target_activecampaign.config.environment import PREFIX
from target_activecampaign.config.names import shown_name

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = (f"{PREFIX}LOGLEVEL", "LOGLEVEL")
"""As the SDK reads them: the first one that is set counts, in any letter case."""


_USUAL = "INFO"


def refuse_wrong_level(environ: Mapping[str, str]) -> None:
    """End the process with a sentence, in JSON where that is asked for, if the environment names no level."""
    problem = problem_of_log_level(environ)
    if problem is None:
        return
    if not wants_json(sys.argv[1:]):
        sys.exit(problem)
    click.echo(failure_document([problem]))
    sys.exit(1)


def level_of_log(environ: Mapping[str, str]) -> str:
    """Return the level that the environment names, or the usual one."""
    variable = _variable(environ)
    return _USUAL if variable is None else environ[variable].upper()


def problem_of_log_level(environ: Mapping[str, str]) -> str | None:
    """Return what is wrong with the level that the environment names; `None` if nothing is."""
    variable = _variable(environ)
    # From Python 3.11 on there is a public function for the levels' names.
    if variable is None or isinstance(logging.getLevelName(environ[variable].upper()), int):
        return None
    shown = shown_name(environ[variable])
    return f'{variable}: "{shown}" is no level. Write DEBUG, INFO, WARNING or ERROR.'


def _variable(environ: Mapping[str, str]) -> str | None:
    return next((name for name in _VARIABLES if environ.get(name)), None)
