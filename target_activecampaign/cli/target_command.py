"""Owns the command with the Singer target in it: the SDK's own, and the subcommands beside that."""

from __future__ import annotations

from singer_sdk.plugin_base import SingerCommand

from target_activecampaign.cli.command import CommandGroup


class TargetCommand(SingerCommand, CommandGroup):
    """Runs the target, or the subcommand that is named."""

    excepthook = CommandGroup.excepthook
