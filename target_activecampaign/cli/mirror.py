"""Owns the command `mirror`: it takes off their lists the people whose removal is pending in the ledger.

That the tap ended well is the word of who runs it. Its output holds no address.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t
from dataclasses import replace

import click

from target_activecampaign.cli.access import command_here, configuration, errors_shown
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.runtime_tuning import prepare_process
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import LedgerError, SettingsError, TargetError
from target_activecampaign.reporting.sums import counts_of
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from target_activecampaign.config.settings import Settings


def make_command(config_option: click.Parameter) -> click.Command:
    """Make the command.

    Args:
        config_option: The target's own `--config`.
    """
    return click.Command(
        "mirror",
        callback=_mirror,
        params=[
            click.Option(["--dry-run"], is_flag=True, help="Say how many would go, and take nobody off."),
            click.Option(
                ["--list", "list_id"],
                help="Of this list, number or name, whichever the configuration has: after `ledger release`.",
            ),
            click.Option(
                ["--all", "everybody"],
                is_flag=True,
                help="Those too that earlier runs than the last one did not bring.",
            ),
            click.Option(["--yes"], is_flag=True, help="Do not ask."),
            click.Option(["--json", "as_json"], is_flag=True, help="Write the figures as JSON."),
            config_option,
        ],
        help=_HELP,
    )


_HELP = """Take people off their lists whose removal is pending, after the tap ended well.

\b
target-activecampaign mirror --dry-run
tap-x | target-activecampaign --config ENV && target-activecampaign mirror

Where nothing proves that a stream came whole, a run with `membership: mirror` keeps pending in the ledger
who it did not bring. The second line needs `set -o pipefail`, so that a tap that fails ends it.
"""


def _mirror(
    *, dry_run: bool, yes: bool, as_json: bool, list_id: str | None, everybody: bool, **_: object
) -> None:
    redact_logs()
    with errors_shown(as_json=as_json):
        settings = _settings(dry_run=dry_run, list_id=list_id)
        report = _take_off(settings, yes=yes or dry_run, also_earlier=everybody)
    if as_json:
        click.echo(json.dumps({"ok": report["exit_code"] == 0, **report}))
    else:
        click.echo(_sentence(report))
        step = "mirror" if report["dry_run"] and report["unsubscribed"] else "runs"
        click.echo(f"Next: {command_here(step)}", err=True)
    sys.exit(report["exit_code"])


def _settings(*, dry_run: bool, list_id: str | None) -> Settings:
    config = configuration()
    if list_id is not None:
        config |= {"list_id": list_id, "streams": _on_one_list(config.get("streams"))}
    settings = parse_settings(config, os.environ)
    if settings.ledger_url is None:
        raise SettingsError(["ledger_url: name the ledger that the runs write, like sqlite:///ledger.db"])
    # The files are those of the runs: their report stays.
    return replace(
        settings,
        dry_run=settings.dry_run or dry_run,
        report_path=None,
        rejects_path=None,
        outcomes_path=None,
    )


def _on_one_list(streams: object) -> object:
    """Return the setting `streams` without lists of their own: any stream may say who wants this list."""
    if not isinstance(streams, dict):
        return streams
    return {
        name: {key: value for key, value in entry.items() if key != "list_id"}
        if isinstance(entry, dict)
        else entry
        for name, entry in streams.items()
    }


def _take_off(settings: Settings, *, yes: bool, also_earlier: bool) -> dict[str, t.Any]:
    """Carry out what is pending; returns the figures.

    Raises:
        TargetError: What stopped it.
    """
    from target_activecampaign.run.run import Run  # noqa: PLC0415 - 0.3 s, not for `--help`
    from target_activecampaign.run.signals import Interruption  # noqa: PLC0415 - likewise

    interruption = Interruption()
    run = Run(settings, interruption)
    run.say_end = lambda _: None  # the command's own output says it, or its error
    interruption.install()
    prepare_process()
    try:
        if pending := run.count_pending():
            _ask(pending, yes=yes)
        run.carry_out_pending(also_earlier=also_earlier)
    except TargetError as error:
        run.fail(interruption.exit_code or error.exit_code)
        if isinstance(error, LedgerError):
            # It is given up early where the command was asked to stop.
            interruption.check()
        raise
    return run.figures


def _ask(pending: int, *, yes: bool) -> None:
    """Ask a person; a pipeline has nobody to ask, and its step before has ended well."""
    if not yes and sys.stdin is not None and sys.stdin.isatty():
        people = counted(pending, "person", "people")
        click.confirm(f"Take {people} off their lists? No import puts them on again.", abort=True, err=True)


def _sentence(report: dict[str, t.Any]) -> str:
    if report["mirror"]:
        return str(report["mirror"])
    would = "would be " if report["dry_run"] else ""
    people = counted(report["unsubscribed"], "person", "people")
    reasons = counts_of(report["left_alone_reasons"])
    alone = f", {report['left_alone']:,} left alone ({reasons})" if reasons else ""
    return f"{people} {would}taken off{alone}; {report['pending_removals']:,} pending."
