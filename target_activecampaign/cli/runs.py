"""Owns the command `runs`: which runs there were, what became of them, and which are worth a look.

It reads what runs remembered, and asks no account. Its output holds no personal data.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import typing as t

import click

from target_activecampaign.cli.access import command_here, commands_here, configuration, errors_shown
from target_activecampaign.cli.columns import write_columns
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.terminal import width
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.names import folded_name, shown_text
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import NoLedgerError, SettingsError
from target_activecampaign.reporting.run_results import rejected_of, rejected_percent
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.run.history import History, PastRun

_HEADER = ("run", "started", "took", "result", "read", "delivered", "new", "rejected", "held back")
_NUMBERS = frozenset({"run", "read", "delivered", "new", "held back"})
_SHOWN = 20
_MOST_LISTS_NAMED = 10
_SPAN = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_BAD = frozenset({"rejects up", "limit", "rejects", "braked", "failed", "interrupted", "lost"})
_WELL = frozenset({"done", "rejects up"})
_LEAST_PERCENT_SHOWN = 1.0
_SECONDS_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60
_WORDS = {
    "rejects up": "more rejects than usual",
    "limit": "stopped at a limit",
    "rejects": "too many rejects",
    "braked": "took nobody off the list",
    "failed": "failed",
    "interrupted": "was stopped from outside",
}


def make_command(config_option: click.Parameter) -> click.Command:
    """Make the command.

    Args:
        config_option: The target's own `--config`.
    """
    return click.Command(
        "runs",
        callback=lambda config, **given: _runs(**given),  # noqa: ARG005 - `configuration` reads it
        params=[
            click.Argument(["run"], required=False),
            click.Option(["--failed"], is_flag=True, help="Only runs that are worth a look."),
            click.Option(["--since"], callback=_read_moment, help="Only later ones: 7d, 12h, or a date."),
            click.Option(
                ["--limit"], type=click.IntRange(1), default=_SHOWN, show_default=True, help="At most."
            ),
            click.Option(["--list", "list_"], help="Only runs for this list, by its number or name."),
            click.Option(["--json", "as_json"], is_flag=True, help="Write one JSON document."),
            config_option,
        ],
        help="""Show the last runs, or one of them with its summary. Times are in UTC.

\b
target-activecampaign runs
target-activecampaign runs 44 --config config.json""",
    )


def _read_moment(_context: click.Context, _option: click.Parameter, value: str | None) -> dt.datetime | None:
    """Return the moment, with time zone, of a span before now or a date.

    Raises:
        BadParameter: If it is none.
    """
    if value is None:
        return None
    if span := _SPAN.fullmatch(value):
        return SystemClock().utc_now() - dt.timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("write a span, like 7d or 12h, or a date, like 2026-11-30") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def _runs(  # noqa: PLR0913 - options, all by name
    *,
    run: str | None,
    failed: bool,
    since: dt.datetime | None,
    limit: int,
    list_: str | None,
    as_json: bool,
) -> None:
    redact_logs()
    with errors_shown(as_json=as_json):
        every = _every_run()
        past = every if list_ is None else _of_list(every, list_)
        if run is not None:
            _show_one(_of_number(every, run), every, as_json=as_json)
            return
    chosen = [
        one
        for one in past
        if not (failed and one.result not in _BAD) and not (since and _started_at(one) < since)
    ][:limit]
    if as_json:
        click.echo(json.dumps({"ok": True, "kept": len(past), "runs": [_as_json(one) for one in chosen]}))
        return
    if past:
        write_columns(_HEADER, [_row_of(one) for one in chosen], numbers=_NUMBERS)
    for line in _remarks(chosen, past, kept=len(every)):
        click.echo(line)


def _every_run() -> list[PastRun]:
    """Return the runs that are remembered, the latest first; none before the first one made the ledger."""
    history = _history()
    try:
        return history.runs()
    except NoLedgerError:
        return []


def _history() -> History:
    """Return the history of this configuration.

    Raises:
        SettingsError: If the settings are wrong, or name no place where runs are kept.
    """
    from target_activecampaign.run.history import open_history  # noqa: PLC0415 - 0.2 s, not for `--help`

    history = open_history(parse_settings(configuration(), os.environ))
    if not history.is_kept:
        advice = (
            "No place to keep runs is set, so none is known. They are kept in the ledger "
            '("ledger_url": "sqlite:///ledger.db"), else beside the report '
            '("report_path": "reports/{time}.json", then in reports/runs.jsonl). The next run is the first'
        )
        raise SettingsError([advice])
    return history


def _of_number(past: Sequence[PastRun], number: str) -> PastRun:
    for one in past:
        if str(one.number) == number.strip():
            return one
    known = f"{past[-1].number} to {past[0].number} are" if past else "none is"
    raise SettingsError([f"Run {shown_text(number, 40)} is not kept; {known}. All: {command_here('runs')}"])


def _of_list(past: Sequence[PastRun], wanted: str) -> list[PastRun]:
    """Return the runs for a list, by its number or as it was called in any of them.

    Raises:
        SettingsError: If a name was that of none.
    """
    titles = _titles_of(past)
    numbers = {number for number, title in titles.items() if folded_name(title) == folded_name(wanted)}
    meant = {wanted.strip(), *map(str, numbers)}
    chosen = [one for one in past if not meant.isdisjoint(_lists_named_in(one))]
    if past and not chosen and not wanted.strip().isdecimal():
        known = dict.fromkeys(_list_of(part, titles) for one in past for part in one.entry["lists"])
        some = ", ".join(list(known)[:_MOST_LISTS_NAMED])
        name = shown_text(wanted, 40)
        raise SettingsError([f'No run was for a list "{name}". There were runs for: {some}'])
    return chosen


def _lists_named_in(run: PastRun) -> set[str]:
    told = [str(one[part]) for one in run.report.get("lists") or () for part in ("id", "name")]
    return {*map(str, run.entry["lists"]), *told}


def _started_at(run: PastRun) -> dt.datetime:
    return dt.datetime.fromisoformat(run.entry["started_at"])


# The table


def _row_of(run: PastRun) -> tuple[object, ...]:
    report, started = run.report, f"{_started_at(run):%Y-%m-%d %H:%M}"
    if not run.has_ended:
        unknown = ("?", "?", "?") if run.result == "lost" else (None, None, None)
        return (run.number, started, None, run.result, run.entry.get("read"), *unknown, "")
    rejected = rejected_of(report)
    is_much = rejected and rejected_percent(report) >= _LEAST_PERCENT_SHOWN
    return (
        run.number,
        started,
        _took(report["seconds"]),
        run.result,
        report["read"],
        report["delivered"],
        report["created"],
        f"{rejected:,} ({share(rejected, report['read'])})" if is_much else f"{rejected:,}",
        report["held_back"] or "",
    )


def _took(seconds: float) -> str:
    """Return how long a run took, in one width below an hour: `1 min 04`."""
    minutes, rest = divmod(round(seconds), _SECONDS_PER_MINUTE)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, _MINUTES_PER_HOUR)
    return f"{hours} h {minutes_left:02}" if hours else f"{minutes} min {rest:02}"


def _remarks(chosen: Sequence[PastRun], past: Sequence[PastRun], *, kept: int) -> list[str]:
    """Return what is said below the table: which runs these are, which to look at, and how."""
    if not chosen:
        if kept and not past:
            return [f"No run was for this list. Of all lists: {command_here('runs')}"]
        if not past:
            return [f"No run yet. Next: {command_here('check')}"]
        return [f"{counted(len(past), 'run')} kept, none of that kind."]
    said = f"{_lists_of(chosen)} {len(chosen):,} of {counted(len(past), 'run')}."
    marked = [_remark_on(one, past) for one in _latest_of_each(chosen)]
    if marked:
        said += f" To look at: {'; '.join(marked)}."
    running = next((one for one in chosen if one.result == "running"), None)
    if running is not None and running.entry.get("progress"):
        said += f" Run {running.number} says: {shown_text(running.entry['progress'])}"
    number = next((one.number for one in chosen if one.result in _BAD), chosen[0].number)
    next_step = f"Next: {command_here(f'runs {number}')}"
    page = f"as a page: {command_here(f'report {number} --open')}"
    line = f"{next_step}        {page}"
    return [*_wrapped(said), *([line] if len(line) <= width() else [next_step, f"      {page}"])]


def _latest_of_each(runs: Sequence[PastRun]) -> list[PastRun]:
    """Return the runs to look at: the latest one, where it is not well, and each that was lost."""
    latest = next((one for one in runs if one.result not in {"running", "trial", "dry run"}), None)
    bad = [latest] if latest is not None and latest.result in _BAD else []
    return [*bad, *(one for one in runs if one.result == "lost" and one not in bad)]


def _remark_on(run: PastRun, past: Sequence[PastRun]) -> str:
    if run.result != "lost":
        return f"{run.number}, {_WORDS[run.result]}"
    where = f"process {run.entry['process']} on {shown_text(run.entry['host'])}"
    heir = next(
        (one for one in reversed(past) if _is_heir(one, run)),
        None,
    )
    sent_again = f"; its records were sent again by {heir.number}" if heir else ""
    return f"{run.number}, ended without a word ({where} is gone){sent_again}"


def _is_heir(later: PastRun, run: PastRun) -> bool:
    """Tell whether a run sent what a lost one before it may have left: it came to its end."""
    is_alike = later.entry["lists"] == run.entry["lists"] and later.entry["kind"] == "run"
    return later.number > run.number and is_alike and later.result in _WELL


def _lists_of(runs: Sequence[PastRun]) -> str:
    """Name the list of all these runs, or say that they are to several."""
    found = {tuple(run.entry["lists"]) for run in runs}
    if len(found) != 1:
        return "To several lists."
    words = [_list_of(one, _titles_of(runs)) for one in next(iter(found))]
    return f"All to {', '.join(words)}."


def _titles_of(runs: Sequence[PastRun]) -> dict[int, str]:
    return {one["id"]: one["name"] for run in runs for one in run.report.get("lists") or ()}


def _list_of(written: int | str, names: dict[int, str]) -> str:
    if isinstance(written, str):
        number = next((one for one, name in names.items() if name == written), None)
        return f'"{shown_text(written)}"' + (f" ({number})" if number is not None else "")
    name = names.get(written)
    return f'"{shown_text(name)}" ({written})' if name else f"list {written}"


def _wrapped(text: str) -> list[str]:
    import textwrap  # noqa: PLC0415 - for this command alone

    return textwrap.wrap(text, width(), break_on_hyphens=False)


# One run


def _show_one(run: PastRun, past: Sequence[PastRun], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"ok": True, "run": _as_json(run), "report": dict(run.report) or None}))
        return
    lists = _lists_of([run]).removeprefix("All ").rstrip(".")
    click.echo(
        f"Run {run.number} {lists}, started {_started_at(run):%Y-%m-%d %H:%M:%S} UTC on "
        f"{shown_text(run.entry['host'])}: {run.result}"
    )
    if not run.has_ended:
        click.echo(_state_of_open(run, past))
        return
    for line in _summary_of(run):
        click.echo(line)
    files = {name: path for name, path in run.entry["files"].items() if path}
    for name, path in files.items():
        missing = "" if os.path.exists(path) else "   (no longer there)"  # noqa: PTH110 - of any length
        click.echo(f"{name.removesuffix('_path')}: {shown_text(path)}{missing}")
    click.echo(f"Next: {command_here(f'report {run.number} --open')}")


def _summary_of(run: PastRun) -> list[str]:
    from target_activecampaign.reporting.summary import summary_lines  # noqa: PLC0415 - for one run alone

    try:
        return commands_here(summary_lines(dict(run.report), width()))
    except (AttributeError, KeyError, TypeError, ValueError):
        version = shown_text(run.entry["version"])
        return [f"Its report is of another version of the loader ({version}), so its summary can't be shown."]


def _state_of_open(run: PastRun, past: Sequence[PastRun]) -> str:
    if run.result == "lost":
        return f"Run {_remark_on(run, past)}.\nNext: look why it was killed, then run again."
    line = shown_text(run.entry.get("progress") or "no progress is known yet")
    return f"process {run.entry['process']}: {line}\nNext: {command_here('runs')}"


def _as_json(run: PastRun) -> dict[str, t.Any]:
    report, entry = run.report, run.entry
    names = ("ended_at", "seconds", "exit_code", "delivered", "created", "updated", "unchanged", "superseded")
    lists = report.get("lists") or [
        {"id": one, "name": None} if isinstance(one, int) else {"id": None, "name": one}
        for one in entry["lists"]
    ]
    return {
        "run": run.number,
        "result": run.result,
        "started_at": entry["started_at"],
        "connection": entry["connection"],
        "lists": lists,
        "host": entry["host"],
        "process": entry["process"],
        "version": entry["version"],
        "streams": sorted(report.get("streams", ())),
        "read": report.get("read", entry.get("read")),
        **{name: report.get(name) for name in (*names, "rejected", "held_back", "before", "usual")},
        "files": entry.get("files", {}),
        "progress": None if run.has_ended else entry.get("progress"),
    }
