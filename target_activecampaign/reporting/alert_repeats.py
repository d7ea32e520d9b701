"""Owns which alerts are sent: a new cause at once, the same one again after a day, its end once. Pure.

What is open is a JSON object, fingerprint to `Open`, which each run hands on to the next.
"""

from __future__ import annotations

import datetime as dt
import typing as t
from dataclasses import replace

if t.TYPE_CHECKING:
    from target_activecampaign.reporting.alerts import Alert

_SECONDS_OF_SILENCE = 86_400
_DAYS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


class Open(t.TypedDict):
    """A cause that was alerted of and is not over. Times are seconds since 1970."""

    first_at: int
    sent_at: int
    count: int


def is_open(noted: object) -> bool:
    """Tell whether what was noted of a cause can be read."""
    return isinstance(noted, dict) and all(isinstance(noted.get(name), int) for name in Open.__annotations__)


def weigh(alert: Alert, known: dict[str, Open], now: int) -> tuple[Alert | None, dict[str, Open]]:
    """Return the alert as it is to be sent, None where it was sent lately, and what is open then.

    Args:
        alert: Of this run.
        known: What is open.
        now: Seconds since 1970.
    """
    earlier = known.get(alert.fingerprint)
    if earlier is None:
        opened = Open(first_at=now, sent_at=now, count=1)
        return replace(alert, first_at=_shown(now)), {**known, alert.fingerprint: opened}
    is_due = now - earlier["sent_at"] >= _SECONDS_OF_SILENCE
    again = Open(
        first_at=earlier["first_at"],
        sent_at=now if is_due else earlier["sent_at"],
        count=earlier["count"] + 1,
    )
    still_open = {**known, alert.fingerprint: again}
    return (_as_reminder(alert, again, now) if is_due else None), still_open


def failed_runs(known: dict[str, Open]) -> int:
    """Return of how many runs an alert is open."""
    return sum(one["count"] for one in known.values())


def _as_reminder(alert: Alert, again: Open, now: int) -> Alert:
    days = (now - again["first_at"]) // _SECONDS_OF_SILENCE
    since = f"the {_DAYS[days - 1]} day" if days <= len(_DAYS) else f"{days} days"
    return replace(
        alert,
        event="run.alert.reminded",
        count=again["count"],
        first_at=_shown(again["first_at"]),
        sentence=f"{alert.sentence} This is so for {since}.",
    )


def _shown(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).isoformat().replace("+00:00", "Z")
