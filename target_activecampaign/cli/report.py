"""Owns the command `report`: the page of a run, made from its report."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
import typing as t
import webbrowser
from pathlib import Path

import click

from target_activecampaign.cli.access import command_here, configuration, errors_shown
from target_activecampaign.cli.folder_config import CONFIG_FILE
from target_activecampaign.cli.known_runs import known_runs
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.config.names import shown_text
from target_activecampaign.errors import InputError, OutputError, SettingsError, TargetError
from target_activecampaign.installation import how_to_add_extra
from target_activecampaign.reporting.report_reading import newest_report, read_report

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_MOST_NAMED = 5
_MOST_RUNS = 30
_LIBRARIES = {"jinja2", "markupsafe", "matplotlib"}


def make_command(config_option: click.Parameter) -> click.Command:
    """Make the command.

    Args:
        config_option: The target's own `--config`.
    """
    return click.Command(
        "report",
        callback=lambda config, **given: _report(**given),  # noqa: ARG005 - `configuration` reads it
        params=[
            click.Argument(["source"], required=False, type=click.Path(), metavar="[FILE|RUN]"),
            click.Option(
                ["--html"],
                type=click.Path(),
                metavar="OUT",
                help="Where the page goes, else beside the report.",
            ),
            click.Option(["--open", "opens"], is_flag=True, help="Show the page in a browser."),
            click.Option(["--json", "as_json"], is_flag=True, help="Write one JSON document: the files."),
            config_option,
        ],
        help="""Make one page of a run's report: the newest, a FILE, or that of a RUN by its number.

\b
target-activecampaign report --open
target-activecampaign report reports/2026-11-30T02-00-04.json --html a.html""",
    )


class _Source(t.NamedTuple):
    """What a page is made of.

    Attributes:
        document: The report.
        path: Its file; None where only the store of runs has it.
        runs: The last runs, the latest first.
    """

    document: dict[str, t.Any]
    path: Path | None
    runs: list[dict[str, t.Any]]


def _report(source: str | None, html: str | None, *, opens: bool, as_json: bool) -> None:
    redact_logs()
    with errors_shown(as_json=as_json):
        found = _find(source)
        page = Path(html) if html else _beside(found)
        _write(page, found)
    is_shown = opens and _show(page)
    if as_json:
        report = None if found.path is None else str(found.path)
        click.echo(json.dumps({"ok": True, "report": report, "html": str(page), "opened": is_shown}))
        return
    click.echo(str(page))
    again = command_here(shlex.join(["report", *([source] if source else []), "--open"]))
    click.echo(_next_step(page, again, opens=opens, is_shown=is_shown), err=True)


def _find(source: str | None) -> _Source:
    """Return the report that is meant: a file, a run by its number, or the newest.

    Raises:
        TargetError: If there is none.
    """
    if source is not None and (Path(source).exists() or not source.isdecimal()):
        path = Path(source)
        runs = _runs_beside(configuration()) if _has_configuration() else []
        return _of_file(newest_report(path / "*.json") if path.is_dir() else path, runs)
    config = configuration()
    if source is not None:
        return _of_run(int(source), known_runs(config))
    pattern = config.get("report_path")
    if isinstance(pattern, str) and pattern:
        return _of_file(newest_report(Path(pattern)), _runs_beside(config))
    runs = known_runs(config) if "ledger_url" in config else []
    if ended := [run for run in runs if run["report"]]:
        return _of_run(ended[0]["run"], runs)
    raise SettingsError(
        [
            (
                'report_path is not set: no run left a report. Set "report_path": "reports/{time}.json" for '
                "the next one, or name a file: target-activecampaign report FILE"
            )
        ]
    )


def _runs_beside(config: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the last runs; none where they can't be read, since a page can do without."""
    with contextlib.suppress(TargetError):
        return known_runs(config)
    return []


def _has_configuration() -> bool:
    """Tell whether a configuration is named, or this folder has one: a report alone needs none."""
    context = click.get_current_context()
    given = [context.params.get("config"), context.parent and context.parent.params.get("config")]
    return Path(CONFIG_FILE).exists() or any(one and (one.paths or one.parse_env) for one in given)


def _of_file(path: Path, runs: list[dict[str, t.Any]]) -> _Source:
    return _Source(read_report(path), path, runs)


def _of_run(number: int, runs: list[dict[str, t.Any]]) -> _Source:
    """Return the report of a run: its file, else what the store of runs kept of it."""
    run = next((one for one in runs if one["run"] == number), None)
    if run is None:
        numbers = ", ".join(str(one["run"]) for one in runs[:_MOST_NAMED])
        known = f"The last ones are {numbers}." if runs else "No run is remembered here."
        raise InputError(f"Run {number} is not known. {known} All runs: target-activecampaign runs")
    if run["report_path"] and Path(run["report_path"]).is_file():
        report = read_report(Path(run["report_path"]))
        if report.get("run", number) == number:
            return _Source(report, Path(run["report_path"]), runs)
    if not run["report"]:
        raise InputError(
            f"Run {number} left no report ({shown_text(str(run['result']), 20)}). "
            f"What is known of it: target-activecampaign runs {number}"
        )
    return _Source(run["report"], None, runs)


def _beside(found: _Source) -> Path:
    if found.path is not None:
        return found.path.with_suffix(".html")
    return Path(f"run-{found.document.get('run') or 'last'}.html")


def _write(page: Path, found: _Source) -> None:
    try:
        from target_activecampaign.report_page.page import make_page  # noqa: PLC0415 - an extra, and 0.5 s
        from target_activecampaign.report_page.page_file import write_page  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES:
            raise
        raise OutputError(
            f"The page needs {error.name}, which is not installed. Install it: {how_to_add_extra('people')}"
        ) from None
    name = "" if found.path is None else str(found.path)
    try:
        text = make_page(found.document, found.runs[:_MOST_RUNS], file=name)
    except InputError as error:
        raise InputError(
            f"{shown_text(name)} is no report that this version can read: {error}. Make the page with the "
            "version that wrote it, or name another: target-activecampaign report FILE"
        ) from None
    write_page(page, text, found.path)


def _show(page: Path) -> bool:
    """Open the page in a browser where somebody may see it; return whether one was found."""
    has_display = sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in _DISPLAYS)
    if not has_display or os.environ.get("CI"):
        return False
    return webbrowser.open(page.resolve().as_uri())


def _next_step(page: Path, again: str, *, opens: bool, is_shown: bool) -> str:
    name = shown_text(str(page))
    if is_shown:
        return f"{name} is open in your browser."
    if opens:
        return f"There is no screen to open it on. Copy {name} to a computer with a browser: it is one file."
    return f"Next: {again}"
