"""Owns the command line: the Singer target itself, and subcommands for people."""

from __future__ import annotations

import sys
import typing as t

import click
from singer_sdk.plugin_base import SingerCommand

from target_activecampaign.cli.log_redaction import log_fault

if t.TYPE_CHECKING:
    from types import TracebackType


class TargetCommand(SingerCommand, click.Group):
    """Runs the target, or the subcommand that is named."""

    def __init__(self, *args: t.Any, target_class: t.Any, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Make the command; see the SDK for the arguments.

        Args:
            args: Of the SDK's command.
            target_class: The target, for commands that run it in this process.
            kwargs: Of the SDK's command.
        """
        super().__init__(*args, invoke_without_command=True, **kwargs)
        self.target_class = target_class

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - by click
        """Return the names of the subcommands."""
        return [
            *("check", "fields", "init", "ledger", "lists", "mirror", "preview", "sandbox", "send", "tags"),
        ]

    def get_command(  # noqa: PLR0911 - one each
        self,
        ctx: click.Context,  # noqa: ARG002 - by click
        cmd_name: str,
    ) -> click.Command | None:
        """Import and return the subcommand of this name, or None."""
        if cmd_name == "sandbox":
            from target_activecampaign.sandbox.command import command  # noqa: PLC0415

            return command
        config_option = next(param for param in self.params if param.name == "config")
        if cmd_name == "ledger":
            from target_activecampaign.cli.ledger import make_command  # noqa: PLC0415

            return make_command(config_option)
        if cmd_name == "check":
            from target_activecampaign.cli.check import make_command as make_check  # noqa: PLC0415

            return make_check(config_option)
        if cmd_name in {"fields", "lists", "tags"}:
            from target_activecampaign.cli.account import make_command as make_account  # noqa: PLC0415

            return make_account(cmd_name, config_option)
        if cmd_name == "preview":
            from target_activecampaign.cli.preview import make_command as make_preview  # noqa: PLC0415

            return make_preview(config_option, self.target_class)
        if cmd_name == "mirror":
            from target_activecampaign.cli.mirror import make_command as make_mirror  # noqa: PLC0415

            return make_mirror(config_option)
        if cmd_name == "init":
            from target_activecampaign.cli.init import make_command as make_init  # noqa: PLC0415

            return make_init(self.target_class)
        if cmd_name == "send":
            from target_activecampaign.cli.send import make_command as make_send  # noqa: PLC0415

            return make_send(config_option, self.target_class.send_file)
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
