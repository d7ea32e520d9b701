"""Owns how a run that goes on stands in text: one line for a log, four lines for a terminal. Pure, ASCII."""

from __future__ import annotations

import typing as t

from target_activecampaign.wording import counted, duration, share

if t.TYPE_CHECKING:
    from target_activecampaign.reporting.progress import Cause, Progress

_BAR_WIDTH = 24
_SECONDS_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60

_WAITS: dict[Cause, str] = {
    "input": "waiting for the tap",
    "import_limit": "waiting for the import limit",
    "request_limit": "waiting for the request limit",
    "service_asked_to_wait": "waiting for ActiveCampaign, which failed for now",
    "imports_to_end": "waiting for ActiveCampaign to end",
    "read_back": "waiting for contacts to be read from ActiveCampaign",
    "removals": "waiting for people to be taken off their list",
    "ledger_lock": "waiting for the ledger, which another process holds locked",
    "other_runs": "waiting for other runs of this account",
}


def progress_line(progress: Progress) -> str:
    """Return the line of a log, like `progress: 412,250 of 1,000,000 delivered (41 %), 24,300 a minute`."""
    parts = [
        f"{_delivered(progress)}, {progress.per_minute:,} a minute",
        _term(progress.unchanged, "unchanged"),
        _term(progress.superseded, "merged"),
        _term(progress.rejected, "rejected"),
        _term(progress.held_back, "held back"),
        _imports(progress, "({})"),
        wait_text(progress),
        time_left(progress),
    ]
    return f"progress: {'; '.join(filter(None, parts))}"


def progress_block(progress: Progress, title: str, width: int) -> list[str]:
    """Return the lines of a terminal, none longer than it is wide.

    Args:
        progress: One look at the run.
        title: What goes where, on one line.
        width: Columns of the terminal.
    """
    limits = f"{progress.per_minute:,} a minute of {progress.ceiling_per_minute:,}"
    waits = "; ".join(filter(None, (_imports(progress, ", {}"), wait_text(progress))))
    if progress.waiting_for == "import_limit" and progress.imports_per_minute:
        waits += f" ({progress.imports_per_minute:,} a minute)"
    rejected = f"{progress.rejected:,} rejected ({share(progress.rejected, progress.read)})"
    others = [
        rejected if progress.rejected else "",
        _term(progress.unchanged, "unchanged"),
        _term(progress.superseded, "merged"),
        _term(progress.held_back, "held back"),
    ]
    return [
        _spread(title, f"{_clock(progress.seconds)} elapsed", width),
        _spread(f"{_bar(progress)}{_delivered(progress)}", limits, width),
        _spread(waits, time_left(progress), width),
        ", ".join(filter(None, others))[:width],
    ]


def wait_text(progress: Progress) -> str:
    """Return what a run waits for in words; "" where it waits for nothing."""
    cause = progress.waiting_for
    if cause is None:
        return ""
    if cause == "service_asked_to_wait" and progress.asked_seconds is not None:
        return f"waiting for ActiveCampaign, which asked for {duration(progress.asked_seconds)}"
    if cause == "input" and progress.reads_file:
        return "waiting for the file to be read"
    imports = f" {counted(progress.imports_open, 'import')}" if cause == "imports_to_end" else ""
    return f"{_WAITS[cause]}{imports}"


def time_left(progress: Progress) -> str:
    """Return how long the rest takes, in whole minutes; "" where that can't be told."""
    if progress.eta_seconds is None:
        return ""
    minutes = max(1, round(progress.eta_seconds / _SECONDS_PER_MINUTE))
    hours, rest = divmod(minutes, _MINUTES_PER_HOUR)
    if not hours:
        return f"about {minutes} min left"
    return f"about {hours} h {rest} min left" if rest else f"about {hours} h left"


def _delivered(progress: Progress) -> str:
    if progress.total is None:
        return f"{progress.delivered:,} delivered of {progress.read:,} read so far"
    percent = "" if progress.percent is None else f" ({progress.percent} %)"
    return f"{progress.delivered:,} of {progress.total:,} delivered{percent}"


def _imports(progress: Progress, form: str) -> str:
    if not progress.imports_open:
        return ""
    oldest = progress.oldest_import_seconds
    age = "" if oldest is None else form.format(f"oldest {duration(int(oldest))}")
    between = " " if form.startswith("(") and age else ""
    return f"{counted(progress.imports_open, 'import')} open{between}{age}"


def _term(number: int, words: str) -> str:
    return f"{number:,} {words}" if number else ""


def _bar(progress: Progress) -> str:
    if progress.percent is None:
        return ""
    is_whole = progress.percent == 100  # noqa: PLR2004 - percent
    done = _BAR_WIDTH if is_whole else min(_BAR_WIDTH - 1, round(_BAR_WIDTH * progress.percent / 100))
    return f"[{'#' * done}{'-' * (_BAR_WIDTH - done)}]  "


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), _SECONDS_PER_MINUTE)
    hours, minutes_left = divmod(minutes, _MINUTES_PER_HOUR)
    return f"{hours}:{minutes_left:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _spread(left: str, right: str, width: int) -> str:
    """Return two texts at both ends of a line; the left one is cut where both don't fit."""
    if not right:
        return left[:width]
    most = width - len(right) - 2
    if most < 1:
        return left[:width]
    return f"{left[:most]:<{most}}  {right}"
