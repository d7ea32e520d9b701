"""Owns the option `--config`: files, and `ENV` for the environment, as the SDK's own option takes them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import click

from target_activecampaign.cli.config_files import ConfigFileError, read_config_file
from target_activecampaign.errors import with_nothing_sent

_ENVIRONMENT = "ENV"


@dataclass
class GivenConfig:
    """What `--config` names.

    Attributes:
        config: What the files say, the last one over those before it.
        parse_env: Whether the environment is read, too.
        paths: The files.
    """

    config: dict[str, t.Any] = field(default_factory=dict)
    parse_env: bool = False
    paths: list[Path] = field(default_factory=list)


def _read(_context: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> GivenConfig:
    """Read the configuration files.

    Raises:
        ClickException: If one can't be read; exit code 1.
    """
    given = GivenConfig()
    for name in names:
        if name == "-":
            raise click.ClickException(
                "--config: standard input (-) is for the tap's messages; write the configuration into a "
                "file, or put it into the environment and write --config ENV"
            )
        if name == _ENVIRONMENT:
            given.parse_env = True
            continue
        given.paths.append(Path(name))
        try:
            given.config.update(read_config_file(name))
        except ConfigFileError as error:
            (said,) = with_nothing_sent([f"--config: {error}"])
            raise click.ClickException(said) from None
    return given


CONFIG_OPTION = click.Option(
    ["--config"],
    multiple=True,
    help="Configuration file location or 'ENV' to use environment variables.",
    default=(),
    is_eager=True,
    callback=_read,
)
