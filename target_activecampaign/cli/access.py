"""Owns what the commands for people share: their configuration, and how an error of ours is shown."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import typing as t
from pathlib import Path

import click

from target_activecampaign.cli.command import failure_document
from target_activecampaign.cli.folder_config import CONFIG_FILE, VARIABLES_FILE, configuration_of_folder
from target_activecampaign.config.environment import is_meltano, settings_from_environment
from target_activecampaign.errors import SettingsError, TargetError

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _ListNumber(click.IntRange):
    """The number of a list, for commands that do not ask the account."""

    name = "number"

    def convert(self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None) -> t.Any:  # noqa: ANN401
        """Return the number.

        Raises:
            BadParameter: If it is none.
        """
        if not str(value).strip().isdecimal():
            self.fail("write the list's number; the ledger does not know its name", param, ctx)
        return super().convert(value, param, ctx)


LIST_NUMBER = _ListNumber(1)


def configuration() -> dict[str, t.Any]:
    """Return the configuration from `--config`, before and after the command, as the target would read it.

    Without any, that of this folder: `config.json`, `.env` and the environment.
    """
    given = _given()
    if not given:
        return configuration_of_folder(Path())
    merged: dict[str, t.Any] = {}
    for one in given:
        merged.update(one.config)
    if any(one.parse_env for one in given):
        merged.update(settings_from_environment(os.environ))
    return merged


def config_sources() -> list[str]:
    """Return what the configuration was taken from: files, and `ENV` for the environment."""
    given = _given()
    if not given:
        return [name for name in (CONFIG_FILE, VARIABLES_FILE) if Path(name).is_file()]
    files = [str(path) for one in given for path in one.paths]
    return [*files, *(["ENV"] if any(one.parse_env for one in given) else [])]


def config_arguments() -> str:
    """Return the options `--config` as they were given, for a further command: a blank before each."""
    return "".join(f" --config {shlex.quote(name)}" for name in config_sources()) if _given() else ""


def command_here(words: str) -> str:
    """Return a further command as it works here: with the configuration as it was given, or by Meltano.

    Args:
        words: What stands behind the program's name.
    """
    is_named = words.split(maxsplit=1)[0] in _NAMED_IN_MELTANO
    if is_named and is_meltano(os.environ) and _given() and all(map(_is_of_meltano, config_sources())):
        plugin = os.environ.get(_PLUGIN, _PROGRAM)
        return f"meltano invoke {plugin}:{words}"
    return f"{_PROGRAM} {words}{config_arguments()}"


def _is_of_meltano(source: str) -> bool:
    """Tell whether Meltano hands the configuration over, by a file that goes with the run perhaps."""
    return source == "ENV" or _FOLDER_OF_MELTANO in Path(source).parts


def commands_here(lines: Sequence[str]) -> list[str]:
    """Return lines, those that end with a command of ours with it as it works here."""
    return [_COMMAND_AT_END.sub(lambda found: command_here(found[1]), line) for line in lines]


_PROGRAM = "target-activecampaign"
_FOLDER_OF_MELTANO = ".meltano"
_PLUGIN = "MELTANO_LOADER_NAME"
"""Meltano's variable: what the project calls this loader."""
_NAMED_IN_MELTANO = ("check", "fields", "lists", "preview", "report", "runs", "send", "tags")
_COMMANDS = "|".join((*_NAMED_IN_MELTANO, "mirror"))
_COMMAND_AT_END = re.compile(rf"{_PROGRAM} ((?:{_COMMANDS})(?: [^:;,]*[^.:;,])?)$")


def _given() -> list[t.Any]:
    """Return the values of `--config` that name something, those before the command first."""
    given = []
    step: click.Context | None = click.get_current_context(silent=True)
    while step:
        given.append(step.params.get("config"))
        step = step.parent
    return [one for one in reversed(given) if one and (one.paths or one.parse_env)]


def configuration_files() -> list[Path]:
    """Return the files that `configuration` reads."""
    return [Path(name) for name in config_sources() if name != "ENV"]


@contextlib.contextmanager
def errors_shown(*, as_json: bool = False) -> Iterator[None]:
    """Show an error of ours without a traceback, and end with its exit code.

    Args:
        as_json: Whether the one JSON document of the command says it.
    """
    try:
        yield
    except click.ClickException as error:
        if not as_json:
            raise
        found = getattr(error, "problems", None) or [error.format_message()]
        click.echo(failure_document(found))
        sys.exit(error.exit_code)
    except TargetError as error:
        problems = error.problems if isinstance(error, SettingsError) else (str(error),)
        if as_json:
            click.echo(failure_document(problems))
        else:
            click.echo("Error: " + "\n".join(problems), err=True)
        sys.exit(error.exit_code)
