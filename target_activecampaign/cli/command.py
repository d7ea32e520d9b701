"""Owns the command line: the Singer target itself, and subcommands for people."""

from __future__ import annotations

import importlib
import sys
import typing as t

import click
from singer_sdk.plugin_base import SingerCommand

from target_activecampaign.cli.log_redaction import log_fault

if t.TYPE_CHECKING:
    from types import TracebackType

_OF_ACCOUNT = ("fields", "lists", "tags")
_PLAIN = ("check", "ledger", "mirror", "report", "runs")
"""Subcommands that need the option `--config` alone; their modules have their names."""
_WITH_A_RUN = ("init", "preview", "send")
"""Subcommands that run the target in this process, too."""


class TargetCommand(SingerCommand, click.Group):
    """Runs the target, or the subcommand that is named."""

    def __init__(self, *args: t.Any, target_class: t.Any = None, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Make the command; see the SDK for the arguments.

        Args:
            args: Of the SDK's command.
            target_class: The target, for subcommands that run it in this process.
            kwargs: Of the SDK's command.
        """
        super().__init__(*args, invoke_without_command=True, **kwargs)
        self.target_class = target_class

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - by click
        """Return the names of the subcommands."""
        return sorted([*_OF_ACCOUNT, *_PLAIN, *_WITH_A_RUN, "sandbox"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - by click
        """Import and return the subcommand of this name, or None."""
        if cmd_name == "sandbox":
            from target_activecampaign.sandbox.command import command  # noqa: PLC0415

            return command
        config_option = next(param for param in self.params if param.name == "config")
        if cmd_name in _OF_ACCOUNT:
            return _make_command("account", cmd_name, config_option)
        if cmd_name in _PLAIN:
            return _make_command(cmd_name, config_option)
        if cmd_name in _WITH_A_RUN:
            return _make_command(cmd_name, config_option, self.target_class)
        return None

    def excepthook(
        self,
        exc_type: type[BaseException],
        exc_value: BaseException,  # noqa: ARG002 - never shown
        exc_traceback: TracebackType | None,
    ) -> None:
        """Log the place where the program itself failed, without the error's text: it may quote a record."""
        if issubclass(exc_type, KeyboardInterrupt):
            sys.exit(130)
        log_fault(exc_type, exc_traceback)


def _make_command(module: str, *arguments: object) -> click.Command:
    """Return what a module of this folder makes; only the one that is asked for is imported."""
    make = importlib.import_module(f"target_activecampaign.cli.{module}").make_command
    return t.cast("click.Command", make(*arguments))
