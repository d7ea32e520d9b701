"""Owns the command `check`: it shows what `run.checks` finds, then the verdict and what to do."""

from __future__ import annotations

import importlib
import json
import os
import sys
import textwrap
import typing as t

import click

from target_activecampaign.cli.access import command_here, config_sources, configuration, errors_shown
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.terminal import status_word, width, write_line
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.names import shown_text
from target_activecampaign.wording import about_minutes, counted

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_activecampaign.config.settings import Settings
    from target_activecampaign.run.checks.result import Check

_HELP = """Check settings, account, ledger and files before the first run, all at once.

\b
target-activecampaign check
target-activecampaign check --config config.json --records 250000

It reads alone: nothing is written to the account, and no ledger is made. That contacts can be written only a
run shows.
"""

_INDENT = 17
_LONGEST_MESSAGE = 2_000
_VERBS = ("is ", "must ", "has ", "holds ", "stands ", "keeps ", "needs ", "uses ", "names ", "can't ")
"""A message that begins with one of these follows the setting's name without a colon."""


def make_command(config_option: click.Parameter) -> click.Command:
    """Make the command.

    Args:
        config_option: The target's own `--config`.
    """
    return click.Command(
        "check",
        callback=lambda config, **given: _check(**given),  # noqa: ARG005 - `configuration` reads it
        params=[
            click.Option(
                ["--records"],
                type=click.IntRange(1),
                help="Say how long so many records take, and whether the contract has room for them.",
            ),
            click.Option(["--alert-test"], is_flag=True, help="Send one alert, marked as a test."),
            click.Option(["--json", "as_json"], is_flag=True, help="Write one JSON document."),
            config_option,
        ],
        help=_HELP,
    )


def _check(*, records: int | None, alert_test: bool, as_json: bool) -> None:
    redact_logs()
    with errors_shown(as_json=as_json):
        config = configuration()
        from target_activecampaign.run.checks.examination import Examination  # noqa: PLC0415 - 0.3 s, not for `--help`

        send_test = _send_test if alert_test else None
        examination = Examination(
            config, os.environ, records=records, send_test=send_test, clock=SystemClock()
        )
        examination.run()
    checks, plan = examination.checks, examination.plan()
    is_good = all(check.status != "fail" for check in checks)
    if as_json:
        click.echo(json.dumps(_document(checks, plan)))
    else:
        click.echo(err=True)
        for line in (*_lines(checks), "", *_verdict(checks, plan)):
            write_line(line)
    sys.exit(0 if is_good else 1)


def _send_test(settings: Settings) -> str | None:
    """Send one alert that is marked as a test; returns why that failed, if it did."""
    notices = importlib.import_module("target_activecampaign.run.notices")  # needed where alerts are set
    return t.cast("str | None", notices.send_test_alert(settings))


def _document(checks: Sequence[Check], plan: dict[str, t.Any] | None) -> dict[str, t.Any]:
    return {
        "ok": all(check.status != "fail" for check in checks),
        "config": config_sources(),
        "checks": [
            {
                "id": check.id,
                "status": check.status,
                "setting": check.setting or None,
                "message": check.message,
                "fix": check.fix or None,
                "nearest": list(check.nearest),
            }
            for check in checks
        ],
        "plan": plan,
    }


def _lines(checks: Iterable[Check]) -> list[str]:
    return [line for check in checks for line in _lines_of(check)]


def _lines_of(check: Check) -> list[str]:
    """Return a check as lines: the remedy stands behind what was found where both fit on one."""
    found, fix = _sentence(check), _capital(check.fix)
    if check.status == "ok" or not fix:
        parts = [found]
    elif len(f"{found}. {fix}.") <= width() - _INDENT:
        parts = [f"{found}. {fix}."]
    else:
        parts = [f"{found}.", _ended(fix)]
    lines = [
        line
        for part in parts
        for line in textwrap.wrap(
            part, max(width() - _INDENT, 20), break_long_words=False, break_on_hyphens=False
        )
    ]
    head = f"{status_word(check.status.upper())}  {check.id:<10} "
    return [f"{head}{lines[0]}", *(f"{'':{_INDENT}}{line}" for line in lines[1:])]


def _sentence(check: Check) -> str:
    message = shown_text(check.message, _LONGEST_MESSAGE)
    if not check.setting:
        return message
    return f"{check.setting}{' ' if message.startswith(_VERBS) else ': '}{message}"


def _ended(sentence: str) -> str:
    """Return a sentence with its full stop, unless it ends with a command to paste."""
    is_command = "target-activecampaign " in sentence.rpartition(": ")[2]
    return sentence if is_command or sentence.endswith((".", "?")) else f"{sentence}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _verdict(checks: Sequence[Check], plan: dict[str, t.Any] | None) -> list[str]:
    problems = sum(check.status == "fail" for check in checks)
    warnings = sum(check.status == "warn" for check in checks)
    if problems:
        also = f", {counted(warnings, 'warning')}" if warnings else ""
        mend = next((name for name in config_sources() if name != "ENV"), "the environment")
        again = f"Mend {mend}, then: {command_here('check')}"
        return [f"{counted(problems, 'problem')}{also}. {again}"]
    passed = f"All {len({check.id for check in checks})} checks passed"
    passed += f", {counted(warnings, 'warning')}." if warnings else "."
    if plan is not None:
        imports = counted(plan["imports"], "import")
        took = about_minutes(plan["minutes"])
        passed += f" {counted(plan['records'], 'record')}: {imports}, {took} at ActiveCampaign's limits."
    return [passed, f"Next: {command_here('preview --input FILE')}"]
