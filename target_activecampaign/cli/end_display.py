"""Owns how the end of a run is shown to a person at a terminal; anywhere else it is a record of the log."""

from __future__ import annotations

import os
import sys
import typing as t

import click

from target_activecampaign.cli.access import commands_here
from target_activecampaign.cli.lean_start import LOG_CONFIG
from target_activecampaign.cli.terminal import is_terminal, width
from target_activecampaign.reporting.run_ended import log_end
from target_activecampaign.reporting.summary import summary_lines

if t.TYPE_CHECKING:
    from target_activecampaign.reporting.report import ReportJson
    from target_activecampaign.run.run import Run


def show_end(run: Run, *, is_for_people: bool = False) -> None:
    """Have a run show its end as a block of lines, where a person reads them; else as a record of the log.

    Args:
        run: Has not ended yet.
        is_for_people: Whether a command for people runs it, so that a person reads in any case.
    """
    # A program that configures the log reads it, whatever standard error is.
    if is_for_people or (is_terminal(sys.stderr) and not os.environ.get(LOG_CONFIG)):
        run.say_end = write_end
    else:
        run.say_end = log_end_here


def log_end_here(report: ReportJson) -> None:
    """Log the end of a run; what to do next works with its configuration, not with that of the folder."""
    log_end(report, lambda line: commands_here([line])[0])


def write_end(report: ReportJson) -> None:
    """Write the end of a run to standard error."""
    click.echo("\n".join(commands_here(summary_lines(report, width()))), err=True)
