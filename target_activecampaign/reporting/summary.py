"""Owns the end summary of a run in words: the verdict, the sum that adds up, and what to do next.

Pure functions over the report's JSON, which the log, the terminal, the page, alerts and `runs` share. Must
not know terminals or loggers. Keys that a report may lack (`result`, `before`, `usual`) are done without.
"""

from __future__ import annotations

import json
import re
import textwrap
import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.reporting.advice import (
    MEND_THAT,
    NOTHING_TO_DO,
    advice_lines,
    are_rejects_usual,
    cause_of,
    next_step,
    problems_of,
    remedy_of,
)
from target_activecampaign.reporting.notes import note_lines, notes
from target_activecampaign.reporting.reject_lines import reject_lines
from target_activecampaign.reporting.sums import rejected_count, sum_of, sums, wrapped_sum
from target_activecampaign.reporting.sums import says_parts as _says_parts
from target_activecampaign.wording import counted, duration, share

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.reporting.report import ReportJson

__all__ = ["log_line", "next_step", "summary_lines", "sums", "verdict"]

_LIMIT_REACHED, _TOO_MANY_REJECTED, _REMOVALS_STOPPED = 3, 4, 5
_SIGNALS = {129: "SIGHUP", 130: "SIGINT", 143: "SIGTERM"}
_MOST_LISTS_NAMED = 3
_LONGEST_LIST = 60
_EXIT_CODE = re.compile(r"exit code (\d+)")


def verdict(report: ReportJson) -> str:
    """Return how the run ended and what arrived, in one or a few sentences on one line."""
    code = report["exit_code"]
    if report["dry_run"]:
        return _of_dry_run(report)
    if code in _ENDINGS:
        return _ENDINGS[code](report)
    if code in _SIGNALS:
        return f"Interrupted after {_took(report)} by {_SIGNALS[code]} (exit code {code})."
    return f"Failed after {_took(report)}: {_with_exit_code(cause_of(report), code)}."


def summary_lines(report: ReportJson, width: int) -> list[str]:
    """Return the block of lines for a person.

    Args:
        report: As `Report.as_json` gives it.
        width: Characters of a line; names and paths may take more.
    """
    lines = _wrapped(_verdict_with_end(report), width)
    if len(problems_of(report)) > 1:
        lines += [f"  {problem}" for problem in problems_of(report)]
    lines += _sum_lines(report, width)
    if _shows_reasons(report):
        lines += reject_lines(report, width)
    lines += [line for note in note_lines(report) for line in _wrapped(note, width)]
    lines += [line for advice in advice_lines(report) for line in _wrapped(advice, width)]
    if next_step(report) == NOTHING_TO_DO and report.get("report_path"):
        lines.append(f"{shown_text(report['report_path'])}   as a page: target-activecampaign report --open")
    return lines


def log_line(report: ReportJson) -> str:
    """Return the verdict and the sum on one line, with what to do where the run failed.

    An error stands there in full and to the letter: no other line of the log says it.
    """
    said = [_verdict_in_full(report), *([f"{sums(report)}{notes(report)}."] if report["read"] else [])]
    if report["exit_code"] or report["limit"] is not None:
        said += [advice for advice in advice_lines(report) if advice not in _said_before(report)]
    said += _plan_lines(report)
    return " ".join(said)


def _verdict_in_full(report: ReportJson) -> str:
    code = report["exit_code"]
    if report["error"] is None or code in {0, _LIMIT_REACHED, _TOO_MANY_REJECTED, *_SIGNALS}:
        return _verdict_with_end(report)
    words = "; ".join(problems_of(report)).rstrip(".")
    if not _has_begun(report):
        return f"{words}."
    how = f"Failed after {_took(report)} (exit code {code})"
    return f"{_stopped_removals(report) if code == _REMOVALS_STOPPED else how}: {words}."


def _has_begun(report: ReportJson) -> bool:
    """Tell whether anything was read or sent; else what is wrong is all that is to be said."""
    return bool(report["read"] or report["imports_tried"])


def _said_before(report: ReportJson) -> set[str]:
    """Return the advice that stands in the error, or goes without saying."""
    return {remedy_of(report), *([] if _has_begun(report) else [MEND_THAT])}


def _verdict_with_end(report: ReportJson) -> str:
    is_done = report["exit_code"] == 0 and not report["dry_run"] and next_step(report) == NOTHING_TO_DO
    return f"{verdict(report)} {NOTHING_TO_DO}" if is_done else verdict(report)


def _took(report: ReportJson) -> str:
    return duration(report["seconds"])


# Endings


def _done(report: ReportJson) -> str:
    if report["limit"] is not None and report["held_back"]:
        return f"Done in {_took(report)}, up to {_limit(report)}."
    if report.get("result") == "rejects up":
        before = report.get("before") or {}
        known = before.get("rejected")
        compared = "" if known is None else f"; in the run before {sum(known.values()):,}"
        rejected, read = rejected_count(report), report["read"]
        return (
            f"Done in {_took(report)}, with more rejected than usual: {rejected:,} of {read:,} "
            f"({share(rejected, read)}{compared})."
        )
    return f"Done in {_took(report)}. {' '.join(_what_became(report))}"


def _stopped_at_limit(report: ReportJson) -> str:
    where, _, why = _limit(report).partition(": ")
    return f"Stopped at {where} after {_took(report)}: {why} (exit code 3)."


def _limit(report: ReportJson) -> str:
    if report["limit"] == "profile_limit":
        return "profile_limit: as many contacts as one run may send were sent"
    return "the contract: no room for a further contact"


def _too_many_rejected(report: ReportJson) -> str:
    others = _others(report, report["read"] - rejected_count(report))
    cause = cause_of(report)
    return f"{cause[:1].upper()}{cause[1:]}, so the run failed (exit code 4).{others}"


def _others(report: ReportJson, others: int) -> str:
    arrived = report["delivered"] + report["superseded"]
    if not others or arrived != others or report["unsubscribed"]:
        return ""
    return f" The other {'one' if others == 1 else format(others, ',')} arrived."


def _removals_stopped(report: ReportJson) -> str:
    return f"{_stopped_removals(report)}: {cause_of(report)}."


def _stopped_removals(report: ReportJson) -> str:
    return f"Done in {_took(report)}, but nobody was taken off a list (exit code 5)"


_ENDINGS: dict[int, t.Callable[[ReportJson], str]] = {
    0: _done,
    _LIMIT_REACHED: _stopped_at_limit,
    _TOO_MANY_REJECTED: _too_many_rejected,
    _REMOVALS_STOPPED: _removals_stopped,
}


def _with_exit_code(cause: str, code: int) -> str:
    """Put the exit code behind a cause, into its brackets where it ends with some."""
    return f"{cause[:-1]}; exit code {code})" if cause.endswith(")") else f"{cause} (exit code {code})"


# What became of people


def _what_became(report: ReportJson) -> Iterator[str]:
    taken_off = report["unsubscribed"]
    if report["people"]:
        parts = [f"{report['created']:,} new"] if report["created"] else []
        updated = report["people"] - report["created"]
        parts += [f"{updated:,} updated"] if updated > 0 else []
        people = counted(report["people"], "person", "people")
        yield f"{people} arrived {_where(report)}: {', '.join(parts)}."
    elif not taken_off:
        yield _why_nobody(report)
    if taken_off:
        people = counted(taken_off, "person was", "people were")
        yield f"{people} taken off {_lists(report)}."


def _why_nobody(report: ReportJson) -> str:
    if not report["read"]:
        left = report["ignored"] + report["filtered"]
        return f"None of {counted(left, 'record')} was to be exported." if left else "No records came."
    if report["unchanged"] + report["superseded"] == report["read"]:
        return "Nothing had changed, so nobody was sent."
    return "Nobody was sent."


def _where(report: ReportJson) -> str:
    return "in ActiveCampaign" if _maps_subscription(report) else f"on {_lists(report)}"


def _maps_subscription(report: ReportJson) -> bool:
    """Tell whether a record may bring somebody who does not join the list."""
    settings = report.get("settings") or {}
    streams = settings.get("streams") or {}
    entries = [settings, *(entry for entry in streams.values() if isinstance(entry, dict))]
    return any((entry.get("field_mapping") or {}).get("subscription") for entry in entries)


def _lists(report: ReportJson) -> str:
    lists = report.get("lists") or []
    if not lists:
        return "the list"
    if len(lists) > _MOST_LISTS_NAMED:
        return f"{len(lists)} lists"
    *names, last = [_list_name(one) for one in lists]
    return f"{', '.join(names)} and {last}" if names else last


def _list_name(one: t.Mapping[str, t.Any]) -> str:
    return f'"{shown_text(one["name"], _LONGEST_LIST)}"' if one.get("name") else f"list {one['id']}"


# Lines


def _wrapped(text: str, width: int) -> list[str]:
    if "   " in text:  # a command that is to be copied
        return [text]
    glued = _EXIT_CODE.sub("exit\u00a0code\u00a0\\1", text)
    lines = textwrap.wrap(glued, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def _sum_lines(report: ReportJson, width: int) -> list[str]:
    is_the_reason_told = are_rejects_usual(report) and len(report["rejected"]) == 1
    line = sum_of(report, has_parts=not _says_parts(report), has_reasons=is_the_reason_told)
    lines = wrapped_sum(line, width) if line else []
    return [*lines, *_stream_lines(report), *_plan_lines(report)]


def _stream_lines(report: ReportJson) -> Iterator[str]:
    """Yield the sum of each stream, where there are several."""
    streams = {name: one for name, one in report["streams"].items() if one["read"]}
    if len(streams) > 1:
        for name, one in streams.items():
            yield f"  {shown_text(name, _LONGEST_LIST)}: {sum_of(one | {'dry_run': report['dry_run']})}"


def _shows_reasons(report: ReportJson) -> bool:
    is_topic = report["exit_code"] in {0, _TOO_MANY_REJECTED} and report["limit"] is None
    return bool(rejected_count(report)) and is_topic and not are_rejects_usual(report)


# A dry run


def _of_dry_run(report: ReportJson) -> str:
    code = report["exit_code"]
    if code == 0:
        people = counted(report["people"], "person", "people")
        return f"Dry run in {_took(report)}: {people} would be sent to {_lists(report)}. Nothing was sent."
    if code == _LIMIT_REACHED:
        where, _, why = _limit(report).replace("were sent", "would be sent").partition(": ")
        cause = f"the run would stop at {where}: {why} (exit code 3)"
    elif code == _TOO_MANY_REJECTED:
        cause = f"{cause_of(report)}, so the run would fail (exit code 4)"
    else:
        cause = _with_exit_code(cause_of(report), code)
    return f"Dry run in {_took(report)}: {cause}. Nothing was sent."


def _plan_lines(report: ReportJson) -> Iterator[str]:
    plan = report["plan"]
    if not plan or not report["read"]:
        return
    room = "room unknown" if report["room"] is None else f"room for {report['room']:,}"
    minutes = counted(max(1, round(plan["minutes"])), "minute")
    imports, requests = counted(plan["imports"], "import"), counted(plan["requests"], "request")
    yield f"Contract: {room}. Duration: {imports}, about {requests}, about {minutes}."
    if plan["first_contact"] is not None:
        yield f"First contact, with its values hidden: {json.dumps(plan['first_contact'])}"
