"""Owns the configuration that commands for people take where none is named: that of the folder.

What was taken is said on standard error, the variables of `.env` by their names.
"""

from __future__ import annotations

import os
import typing as t

import click
from dotenv import dotenv_values

from target_activecampaign.cli.config_files import ConfigFileError, read_config_file
from target_activecampaign.config.environment import PREFIX, settings_from_environment

if t.TYPE_CHECKING:
    from pathlib import Path

CONFIG_FILE = "config.json"
VARIABLES_FILE = ".env"


def configuration_of_folder(folder: Path) -> dict[str, t.Any]:
    """Return what `config.json`, over it `.env`, and over both the environment say.

    Raises:
        ClickException: If the file holds no configuration.
        UsageError: If there is nothing to read.
    """
    config, variables = _read_config(folder / CONFIG_FILE), _read_variables(folder / VARIABLES_FILE)
    of_process = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    from_environment = settings_from_environment({**variables, **of_process})
    sources = [CONFIG_FILE] if config is not None else []
    if variables:
        sources.append(f"{VARIABLES_FILE} ({', '.join(sorted(variables))})")
    if of_process:
        sources.append(f"the environment ({', '.join(sorted(of_process))})")
    if not sources:
        raise click.UsageError(
            f"No configuration is named, and this folder has no {CONFIG_FILE}. Add --config FILE or ENV, or "
            "have one made: target-activecampaign init"
        )
    click.echo(", ".join(sources), err=True)
    return {**(config or {}), **from_environment}


def _read_config(path: Path) -> dict[str, t.Any] | None:
    if not path.exists():
        return None
    try:
        return read_config_file(str(path))
    except ConfigFileError as error:
        raise click.ClickException(str(error)) from None


def _read_variables(path: Path) -> dict[str, str]:
    """Return our variables of a `.env` file; those of other programs may stand beside them."""
    if not path.is_file():
        return {}
    try:
        values = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise click.ClickException(f"{path.name} can't be read: {reason}. Save it as UTF-8 text") from None
    return {name: text for name, text in values.items() if text and name.startswith(PREFIX)}
