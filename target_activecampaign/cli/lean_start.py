"""Owns the start of a command that does without the Singer SDK, whose import takes most of a second."""

from __future__ import annotations

import logging
import os
import sys
import typing as t

from target_activecampaign.cli.command import WITHOUT_TARGET, CommandGroup
from target_activecampaign.cli.log_level import level_of_log, refuse_wrong_level

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"
"""The SDK's variable: it names a file that says how is logged, and the SDK alone reads that."""


def is_enough(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Tell whether a command line needs neither the target nor the SDK's log."""
    return bool(arguments) and arguments[0] in WITHOUT_TARGET and not environ.get(LOG_CONFIG)


def run_subcommand() -> None:
    """Run the subcommand that the command line names; ends the process."""
    refuse_wrong_level(os.environ)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FormatOfSdk())
    logging.basicConfig(level=level_of_log(os.environ), handlers=[handler])
    CommandGroup()()


class _FormatOfSdk(logging.Formatter):
    """The form of the target's lines in the log, imported once there is one."""

    def format(self, record: logging.LogRecord) -> str:
        from singer_sdk.logging import ConsoleFormatter  # noqa: PLC0415 - as above

        return ConsoleFormatter().format(record)
