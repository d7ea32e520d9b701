"""Owns what an alert says of a run: a sentence, what to do next, and what makes two alerts the same. Pure.

No alert holds personal data. Names that people made up can't become a link or a mention in a chat.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import dataclass, field, replace

from target_activecampaign.config.names import shown_text
from target_activecampaign.reporting.run_results import rejected_of
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Event = t.Literal["run.alert.raised", "run.alert.reminded", "run.alert.resolved", "run.alert.test"]

_LONGEST_NAME = 60
_LONGEST_ERROR = 300
_JOINER = "\u2060"  # of no width: parts a sign of a chat's markup from what makes it one
_MARKUP = re.compile(r"(?<=[<@#\]])|(?<=:)(?=//)|(?<=www)(?=\.)")
_LIMITS = {"account_limit_guard": "contract"}
_WORRIES = ("rejects up", "interrupted")
_CTRL_C = 130


@dataclass(frozen=True)
class Origin:
    """Whose run it is.

    Attributes:
        connection: What the configuration calls it.
        lists: Number or name, as the configuration writes them.
        host: The machine.
        version: Of this program.
    """

    connection: str
    lists: tuple[int | str, ...]
    host: str
    version: str


@dataclass(frozen=True)
class Alert:
    """What is said of a run.

    Attributes:
        kind: The run's result, `recovered` or `test`.
        sentence: What happened.
        advice: What to do about it, for those who see but the text.
        next_step: The same with its figures.
        reason: The main one, for the fingerprint.
    """

    kind: str
    sentence: str
    advice: str
    next_step: str
    severity: str
    origin: Origin
    report: Mapping[str, t.Any] = field(default_factory=dict)
    report_path: str | None = None
    reason: str = ""
    event: Event = "run.alert.raised"
    fingerprint: str = ""
    count: int = 1
    first_at: str | None = None


def alert_of(report: Mapping[str, t.Any], origin: Origin, report_path: str | None = None) -> Alert | None:
    """Return what is to be said of a run that ended; None where nothing is wrong with it.

    Args:
        report: With its `result`.
        origin: Whose run it is.
        report_path: Where the report was written.
    """
    kind = report["result"]
    if kind not in _WORDS or report["exit_code"] == _CTRL_C:
        return None
    words = _WORDS[kind](report, named(report, origin))
    is_error = kind not in _WORRIES and not (kind == "limit" and not report["exit_code"])
    return _with_fingerprint(
        Alert(
            kind=kind,
            sentence=words.sentence,
            advice=words.advice,
            next_step=words.next_step or words.advice,
            severity="error" if is_error else "warning",
            origin=origin,
            report=report,
            report_path=report_path,
            reason=words.reason,
        )
    )


def alert_of_lost(number: int, host: str, process: int, origin: Origin, now: int | None) -> Alert:
    """Return what is to be said of an earlier run that never ended.

    Args:
        number: Of the lost run.
        host: Where it ran.
        process: Its number there.
        origin: Whose run it is.
        now: Number of the run that found out.
    """
    follower = "another run" if now is None else f"run {now}"
    advice = f"Look why it was killed (memory, a restart). {follower.capitalize()} has begun since."
    return _with_fingerprint(
        Alert(
            kind="lost",
            sentence=(
                f"{named({}, origin)} export: run {number} ended without a word "
                f"(process {process} on {plain(host)} is gone)."
            ),
            advice=advice,
            next_step=advice,
            severity="error",
            origin=origin,
            report={"run": number},
        )
    )


def alert_of_recovery(
    report: Mapping[str, t.Any], origin: Origin, failed: int, report_path: str | None
) -> Alert:
    """Return that a run went well after some that did not."""
    runs = counted(failed, "failed run")
    return Alert(
        kind="recovered",
        sentence=f"{named(report, origin)} export is fine again after {runs}.",
        advice="Nothing to do.",
        next_step="Nothing to do.",
        severity="info",
        origin=origin,
        report=report,
        report_path=report_path,
        event="run.alert.resolved",
    )


def alert_for_test(origin: Origin) -> Alert:
    """Return an alert that says it is a test."""
    return Alert(
        kind="test",
        sentence=f"Test: alerts of {plain(origin.connection)} arrive here.",
        advice="Nothing to do.",
        next_step="Nothing to do.",
        severity="info",
        origin=origin,
        event="run.alert.test",
    )


def named(report: Mapping[str, t.Any], origin: Origin) -> str:
    """Return the name of the one list that a run is for, else that of the connection."""
    lists: Sequence[Mapping[str, t.Any]] = report.get("lists") or [_list_of(one) for one in origin.lists]
    if len(lists) != 1:
        return plain(origin.connection)
    name = lists[0].get("name")
    return plain(str(name)) if name else f"List {lists[0].get('id')}"


def _list_of(written: int | str) -> dict[str, t.Any]:
    return {"id": written, "name": None} if isinstance(written, int) else {"id": None, "name": written}


def lists_of(alert: Alert) -> list[dict[str, t.Any]]:
    """Return number and name of each list of an alert's run, as far as they are known."""
    return list(alert.report.get("lists") or map(_list_of, alert.origin.lists))


def limit_of(report: Mapping[str, t.Any]) -> str | None:
    """Return the limit that was reached, in the words for people."""
    limit = report.get("limit")
    return None if limit is None else _LIMITS.get(limit, limit)


def plain(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a text that somebody made up so that no chat reads a mention or a link in it."""
    return _MARKUP.sub(_JOINER, shown_text(text, longest))


class _Words(t.NamedTuple):
    sentence: str
    advice: str
    next_step: str = ""
    reason: str = ""


def _on_limit(report: Mapping[str, t.Any], name: str) -> _Words:
    held_back, limit = report["held_back"], limit_of(report)
    waiting = f"{counted(held_back, 'new person', 'new people')} {'waits' if held_back == 1 else 'wait'}"
    if limit == "contract":
        return _Words(
            f"{name} export stopped at the contract: {waiting}.",
            "Make room or raise the contract, then run again.",
            f"Make room for {counted(held_back, 'contact')}, then run again.",
            limit,
        )
    return _Words(
        f"{name} export stopped at {limit}: {waiting}.",
        "Run again, or raise profile_limit.",
        reason=str(limit),
    )


def _on_failure(report: Mapping[str, t.Any], name: str) -> _Words:
    error = report.get("error")
    if not error:
        return _Words(f"{name} export failed (exit code {report['exit_code']}).", "Look at its log.")
    told = plain(str(error), _LONGEST_ERROR)
    return _Words(
        f"{name} export failed: {told}{'' if told.endswith('.') else '.'}",
        "Mend the cause, then run again.",
        reason=str(error),
    )


def _on_rejects(report: Mapping[str, t.Any], name: str) -> _Words:
    return _Words(
        f"{name} export failed: {_rejected(report)}, more than max_rejected_percent allows.",
        "Mend these records or the mapping, then run again.",
        reason=_main_reason(report),
    )


def _on_more_rejects(report: Mapping[str, t.Any], name: str) -> _Words:
    usual = (report.get("usual") or {}).get("rejected_percent", 0.0)
    run = "" if report.get("run") is None else f" {report['run']}"
    return _Words(
        f"{name} export rejected more than usual: {_rejected(report)}; usual {_is_usual(usual)}.",
        f"Look at the reasons: target-activecampaign runs{run}",
        reason=_main_reason(report),
    )


def _is_usual(percent: float) -> str:
    return f"is {percent:.1f} %"


def _rejected(report: Mapping[str, t.Any]) -> str:
    rejected, reason = rejected_of(report), _main_reason(report)
    shown = share(rejected, report["read"])
    mostly = f", mostly {reason}" if reason else ""
    return f"{rejected:,} of {counted(report['read'], 'record')} ({shown}{mostly})"


def _main_reason(report: Mapping[str, t.Any]) -> str:
    return max(report["rejected"], key=report["rejected"].get, default="")


def _on_brake(report: Mapping[str, t.Any], name: str) -> _Words:
    why = report.get("mirror")
    told = f": {plain(str(why), _LONGEST_ERROR)}" if why else ""
    return _Words(
        f"{name} export took nobody off the list{told}{'' if told.endswith('.') else '.'}",
        "Look at the tap before you raise max_removal_percent.",
        reason=str(why or ""),
    )


def _on_interruption(report: Mapping[str, t.Any], name: str) -> _Words:
    return _Words(
        f"{name} export was stopped from outside (exit code {report['exit_code']}).",
        "Run again: it goes on behind its last STATE.",
    )


_WORDS: dict[str, Callable[[Mapping[str, t.Any], str], _Words]] = {
    "limit": _on_limit,
    "failed": _on_failure,
    "rejects": _on_rejects,
    "rejects up": _on_more_rejects,
    "braked": _on_brake,
    "interrupted": _on_interruption,
}


def _with_fingerprint(alert: Alert) -> Alert:
    """Return an alert with what another one of the same cause has alike: no figure."""
    parts = (alert.origin.connection, alert.origin.lists, alert.kind, re.sub(r"\d[\d,.]*", "0", alert.reason))
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return replace(alert, fingerprint=digest[:16])
