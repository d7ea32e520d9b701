"""Reports of made-up runs, as `Report.as_json` and the run's end make them, and lists of the last runs."""

from __future__ import annotations

import datetime as dt
import math
import typing as t

Report = dict[str, t.Any]

START = dt.datetime(2026, 11, 30, 2, 0, 4, tzinfo=dt.timezone.utc)
CEILING = 25_000


def figures(**given: t.Any) -> Report:  # noqa: ANN401 - keys of a report
    """Return figures of a run or stream that add up: what is read is the sum of the outcomes."""
    made: Report = {
        "delivered": 0,
        "created": 0,
        "unchanged": 0,
        "superseded": 0,
        "rejected": {},
        "held_back": 0,
        "unsettled": 0,
        "filtered": 0,
        "ignored": 0,
        "unsubscribed": 0,
        "left_alone": 0,
        "left_alone_reasons": {},
        "left_out": {},
        **given,
    }
    made["updated"] = made["delivered"] - made["created"]
    outcomes = ("delivered", "unchanged", "superseded", "held_back", "unsettled")
    made["read"] = sum(made[name] for name in outcomes) + sum(made["rejected"].values())
    return made


def old_report(seconds: float = 64.2, **given: t.Any) -> Report:  # noqa: ANN401 - keys of a report
    """Return a report of the form before it knew its run, list and timeline."""
    names = set(figures())
    made = figures(**{name: value for name, value in given.items() if name in names})
    return {
        "display_name": "acme",
        **made,
        "started_at": START.isoformat(timespec="milliseconds"),
        "ended_at": (START + dt.timedelta(seconds=seconds)).isoformat(timespec="milliseconds"),
        "seconds": seconds,
        "imports": 13,
        "requests": 61,
        "waited_seconds": 4.5,
        "exit_code": 0,
        "limit": None,
        "read_back": 40,
        "still_unsubscribed": 0,
        "created_may_be_too_high": False,
        "room": 12_540,
        "pending_removals": None,
        "mirror": None,
        "dry_run": False,
        "plan": None,
        "streams": {"customers": made},
        **{name: value for name, value in given.items() if name not in names},
    }


def report(seconds: float = 64.2, points: int = 12, **given: t.Any) -> Report:  # noqa: ANN401 - keys of a report
    """Return a report of today's form.

    Args:
        seconds: How long the run took.
        points: Of its timeline.
        given: Keys that differ.
    """
    made = old_report(seconds, **given)
    known = {
        "timeline": timeline(seconds, points, made["delivered"], made["read"]),
        "waiting": {"import_limit": round(seconds * 0.4, 1), "imports_to_end": 8.5, "input": 3.0},
        "import_seconds": import_seconds(seconds, min(points, 40)),
        "requests_by": [
            {"endpoint": "POST /import/bulk_import", "status": 200, "requests": 13},
            {"endpoint": "GET /import/info", "status": 200, "requests": 40},
            {"endpoint": "GET /contacts/{id}", "status": 200, "requests": 7},
            {"endpoint": "POST /import/bulk_import", "status": 429, "requests": 1},
        ],
        "retries": 1,
        "ceiling_per_minute": CEILING,
        "lists": [{"id": 3, "name": "Newsletter"}],
        "version": "0.2.0",
        "host": "etl-1",
        "account": "acme",
        "contract": {"limit": 250_000, "before": 188_000, "after": 188_000 + made["created"]},
        "automations": False,
        "rejects": None,
        "error": None,
        "state_record": 250_000,
        "ledger": True,
        "source": None,
        "settings": {"hostname": "acme.api-us1.com", "list_id": 3, "on_null": "keep", "batch_size_rows": 250},
        "run": 44,
        "result": "done",
        "before": {"run": 43, "read": 250_000, "delivered": 3_120, "rejected": {"email_invalid": 12}},
        "usual": {"rejected_percent": 0.005},
    }
    return {**made, **known, **{name: value for name, value in given.items() if name in known}}


def timeline(seconds: float, points: int, delivered: int, read: int) -> list[Report]:
    """Return the moments of a run that starts, keeps its pace below the ceiling, and ends."""
    causes = ("input", "import_limit", "import_limit", "imports_to_end", None)
    step = seconds / max(points - 1, 1)
    return [
        {
            "seconds": round(place * step),
            "delivered": delivered * place // max(points - 1, 1),
            "read": read * min(place + 2, points) // max(points, 1),
            "per_minute": round(CEILING * (0.9 + 0.06 * math.sin(place)) * min(1, place / 3)),
            "imports_open": 14,
            "waiting_for": causes[min(place * len(causes) // max(points, 1), len(causes) - 1)],
        }
        for place in range(points)
    ]


def import_seconds(seconds: float, points: int) -> list[Report]:
    """Return how long imports took: mostly alike, once slow."""
    return [
        {
            "seconds": round((place + 1) * seconds / points),
            "imports": 5,
            "median": round(4 + math.sin(place / 3), 2),
            "p95": round(9 + 2 * math.sin(place / 2) + (18 if place == points * 2 // 3 else 0), 2),
        }
        for place in range(points)
    ]


def good_night() -> Report:
    return report(
        delivered=3_120, created=1_840, unchanged=246_838, superseded=30, rejected={"email_invalid": 12}
    )


def rejects_up() -> Report:
    return report(
        seconds=151,
        delivered=42_400,
        created=9_100,
        unchanged=200_000,
        superseded=88,
        rejected={"email_missing": 5_890, "email_invalid": 1_602, "excluded": 20},
        left_out={"Customer since": 31, "Language": 111},
        result="rejects up",
        rejects={
            "path": "rejects.csv",
            "reasons": {
                "email_missing": {"count": 5_890, "rows": [19, 20, 21, 22, 23]},
                "email_invalid": {"count": 1_602, "rows": [18, 44, 61, 90, 112]},
            },
        },
    )


def contract_full() -> Report:
    return report(
        seconds=80,
        delivered=14_000,
        created=1_840,
        unchanged=233_000,
        superseded=30,
        rejected={"email_invalid": 20},
        held_back=2_950,
        exit_code=3,
        limit="account_limit_guard",
        result="limit",
        contract={"limit": 250_000, "before": 248_160, "after": 250_000},
    )


def failed() -> Report:
    return report(
        seconds=729,
        points=30,
        delivered=48_500,
        created=47_900,
        rejected={"email_invalid": 40},
        unsettled=12_710,
        exit_code=1,
        result="failed",
        error="ActiveCampaign did not end an import in 10 minutes (import_timeout)",
        state_record=48_540,
    )


def a_million() -> Report:
    return report(
        seconds=2_460,
        points=200,
        delivered=988_000,
        created=900_000,
        superseded=4_000,
        rejected={"email_invalid": 6_500, "email_missing": 1_500},
        imports=3_952,
        requests=9_120,
        contract={"limit": 2_000_000, "before": 400_000, "after": 1_300_000},
    )


def three_streams() -> Report:
    streams = {
        "customers": figures(delivered=1_200, created=1_000, unchanged=9_000, rejected={"email_invalid": 4}),
        "vip_de": figures(delivered=90, created=3, unchanged=100),
        "newsletter": figures(delivered=700, created=650, superseded=12, rejected={"email_missing": 9}),
    }
    return report(
        delivered=1_990,
        created=1_653,
        unchanged=9_100,
        superseded=12,
        rejected={"email_invalid": 4, "email_missing": 9},
        streams=streams,
        lists=[{"id": 1, "name": "Customers"}, {"id": 3, "name": "Newsletter"}, {"id": 7, "name": "VIP"}],
        ignored=40,
        filtered=7,
    )


def removals() -> Report:
    return report(
        delivered=400,
        created=100,
        unchanged=20_000,
        unsubscribed=212,
        left_alone=30,
        left_alone_reasons={"joined_otherwise": 21, "not_subscribed": 9},
        pending_removals=14,
        still_unsubscribed=3,
    )


def braked() -> Report:
    return report(
        delivered=400,
        created=100,
        unchanged=1_000,
        pending_removals=8_400,
        exit_code=5,
        result="braked",
        mirror="8,400 of 9,800 people (85.7 %) would leave; allowed are 10 % (max_removal_percent).",
    )


def dry_run() -> Report:
    return report(
        points=1,
        delivered=12_306,
        created=11_900,
        superseded=82,
        rejected={"email_missing": 49, "email_invalid": 43},
        dry_run=True,
        result="dry run",
        import_seconds=[],
        waiting={},
        plan={"imports": 50, "requests": 80, "minutes": 1.0, "first_contact": None},
    )


def old() -> Report:
    return old_report(
        delivered=927, created=880, superseded=28, rejected={"email_invalid": 40, "email_missing": 5}
    )


def hostile() -> Report:
    """Return a report in which everything that somebody else names is as bad as it can be."""
    nasty = "<script>alert(1)</script>\u202e\x00\x1b[31m\u2066&\"'\U0001f3f4" + "&" * 10_000
    names = [f"{number:05d}{nasty if number < 60 else nasty[:90]}" for number in range(5_000)]
    one = figures(delivered=1)
    return {
        **report(points=5_000, seconds=86_400, rejected=dict.fromkeys(names, 3)),
        "display_name": nasty,
        "streams": dict.fromkeys(names, one),
        "left_out": dict.fromkeys(names, 2) | {f"{number}{nasty}": 1 for number in range(5_000)},
        "left_alone": 5_000,
        "left_alone_reasons": dict.fromkeys(names, 1),
        "lists": [{"id": number, "name": nasty} for number in range(5_000)],
        "waiting": dict.fromkeys(names, 1.0),
        "settings": {key: {"deep": [nasty] * 50} for key in names},
        "requests_by": [{"endpoint": name, "status": 200, "requests": 1} for name in names],
        "rejects": {"path": nasty, "reasons": {name: {"count": 3, "rows": [nasty] * 9} for name in names}},
        "mirror": nasty,
        "host": nasty,
        "version": nasty,
        "account": nasty,
        "source": nasty,
        "state_record": {"bookmarks": {nasty: nasty}},
        "result": nasty,
    }


ALL: dict[str, t.Callable[[], Report]] = {
    one.__name__: one
    for one in (
        good_night,
        rejects_up,
        contract_full,
        failed,
        a_million,
        three_streams,
        removals,
        braked,
        dry_run,
        old,
    )
}
"""Every kind of run that ordinary people have."""


def last_runs(count: int = 30, last: int = 44) -> list[Report]:
    """Return the last runs up to one, newest first: one failed, one was lost, the last has rejects."""
    return [last_run(number, is_last=number == last) for number in range(last, last - count, -1)]


def last_run(number: int, *, is_last: bool) -> Report:
    """Return one of the last runs, as the store of runs tells it."""
    result = {41: "failed", 40: "lost"}.get(number, "rejects up" if is_last else "done")
    return {
        "run": number,
        "started_at": (START - dt.timedelta(days=44 - number)).isoformat(),
        "seconds": None if result == "lost" else 60 + number % 7 * 3,
        "result": result,
        "read": 250_000,
        "delivered": None if result == "lost" else 42_400 if is_last else 3_000 + number % 5 * 120,
        "created": None if result == "lost" else 1_800 + number % 4 * 20,
        "rejected": {"email_missing": 7_512} if is_last else {"email_invalid": 12},
        "held_back": 0,
    }
