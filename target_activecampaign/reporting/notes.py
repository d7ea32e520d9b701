"""Owns what is said of a run beside its sum: records that do not count, values left out, removals."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.reporting.sums import counts_of
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_activecampaign.reporting.report import ReportJson

_MOST_FIELDS = 5
_LONGEST_FIELD = 60
_OFF_ALREADY = ("not_on_list", "not_subscribed")


def notes(report: ReportJson) -> str:
    """Return the figures that are no part of the sum in a few words, a semicolon before them."""
    words = {
        "filtered": "filtered",
        "ignored": "ignored",
        "unsubscribed": "taken off",
        "left_alone": "left alone",
        "pending_removals": "pending",
    }
    said = [f"{report[key]:,} {word}" for key, word in words.items() if report[key]]
    if report["left_out"]:
        values = counted(sum(report["left_out"].values()), "value")
        said.append(f"{values} left out ({_fields(report['left_out'])})")
    if report["created_may_be_too_high"]:
        said.append("the figure of new ones is too high")
    return f"; {', '.join(said)}" if said else ""


def note_lines(report: ReportJson) -> Iterator[str]:
    """Yield the same for a person, a sentence each."""
    if report["filtered"]:
        yield f"Beside them {counted(report['filtered'], 'record')} that stream_maps left out."
    if report["ignored"]:
        records = counted(report["ignored"], "record")
        yield f"Beside them {records} of streams that are not exported, or deletions."
    if report["left_out"]:
        values = counted(sum(report["left_out"].values()), "value")
        yield f"{values} left out, which can't be written: {_fields(report['left_out'])}."
    if report["left_alone"]:
        yield from _left_alone(report["left_alone_reasons"])
    if report["still_unsubscribed"]:
        people = counted(report["still_unsubscribed"], "person", "people")
        yield f"{people} of those read back left the list before, and stay off it."
    if report["pending_removals"]:
        people = counted(report["pending_removals"], "person is", "people are")
        until = "" if report["exit_code"] else " until it is certain that the tap ended well"
        yield f"{people} pending, and stay on the list{until}."
    if report["created_may_be_too_high"]:
        yield "ActiveCampaign named more contacts as new than can be new: that figure is too high."


def _left_alone(reasons: Mapping[str, int]) -> Iterator[str]:
    """Yield how many were off their list already, and why others stay on it."""
    off = sum(reasons.get(reason, 0) for reason in _OFF_ALREADY)
    if off:
        yield f"{counted(off, 'person was', 'people were')} to be taken off the list, and not on it."
    staying = {reason: count for reason, count in reasons.items() if reason not in _OFF_ALREADY}
    if staying:
        yield f"{counted(sum(staying.values()), 'person', 'people')} left on the list: {counts_of(staying)}."


def _fields(left_out: Mapping[str, int]) -> str:
    fields = sorted(left_out, key=lambda field: (-left_out[field], field))
    said = [f"{left_out[field]:,} of {shown_text(field, _LONGEST_FIELD)}" for field in fields[:_MOST_FIELDS]]
    more = len(fields) - _MOST_FIELDS
    return ", ".join(said) + (f", and of {counted(more, 'field')} more" if more > 0 else "")
