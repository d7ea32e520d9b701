"""Reports of runs as they may end, made by `Report` itself: name to what happened.

`python tests/support/ended_runs.py` writes their texts anew, to be read before they are kept.
"""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path

from target_activecampaign.contacts.contact import LeftAlone, Reason
from target_activecampaign.reporting.report import Report, ReportJson, StreamFigures
from target_activecampaign.reporting.summary import log_line, summary_lines

SUMMARIES = Path(__file__).parents[1] / "reporting" / "summaries"
WIDTH = 103  # of the specification's transcripts

STARTED = dt.datetime(2026, 11, 29, 2, 0, 4, tzinfo=dt.timezone.utc)
TIMED_OUT = (
    "ActiveCampaign did not end an import in 10 minutes (import_timeout). If it happens again: raise "
    "import_timeout, or ask ActiveCampaign's support about import 5c0e7a52-4d0b"
)
DRY_PLAN = {
    "imports": 50,
    "requests": 121,
    "minutes": 0.6,
    "first_contact": {"email": "***@***", "firstName": "***", "subscribe": [{"listid": 3}]},
}


def ended(  # noqa: PLR0913 - what a run may be, each by its name
    seconds: float = 64,
    exit_code: int = 0,
    *,
    stream: t.Mapping[str, t.Any] | None = None,
    streams: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
    run: t.Mapping[str, t.Any] | None = None,
    facts: t.Mapping[str, t.Any] | None = None,
    **later: t.Any,  # noqa: ANN401 - of JSON
) -> ReportJson:
    """Return the report of a run.

    Args:
        seconds: How long it took.
        exit_code: Of the run.
        stream: Figures of its only stream, `customers`.
        streams: Figures of each stream, where there are several.
        run: Attributes of the report.
        facts: Attributes of what the run is.
        later: Keys that others put into the report: `result`, `before`.
    """
    report = Report("acme.api-us1.com", STARTED)
    report.facts.host, report.facts.lists = "acme.api-us1.com", {3: "Newsletter"}
    report.imports_tried = 1
    for name, figures in (streams or {"customers": stream or {}}).items():
        fill(report.streams[name], figures)
    for name, value in (facts or {}).items():
        setattr(report.facts, name, value)
    for name, value in (run or {}).items():
        setattr(report, name, value)
    as_json = report.as_json(
        ended_at=STARTED + dt.timedelta(seconds=seconds), requests=7, waited_seconds=1.5, exit_code=exit_code
    )
    return {**as_json, **later}


def fill(figures: StreamFigures, values: t.Mapping[str, t.Any]) -> None:
    """Set figures; who was delivered arrived, unless `people` says otherwise."""
    for name, value in values.items():
        if isinstance(value, dict):
            getattr(figures, name).update(value)
        else:
            setattr(figures, name, value)
    if "people" not in values:
        figures.people = figures.delivered


def with_rows(report: ReportJson, reason: str, *rows: int) -> ReportJson:
    """Return the report with the rows where records of a reason stand."""
    report["rejects"]["reasons"][reason]["rows"] = list(rows)
    return report


REPORT_FILE = "reports/2026-11-29T02-00-04.json"
USUAL = {"read": 250_000, "delivered": 3_000, "rejected": {"email_invalid": 12}}
FULL = {
    "read": 250_000,
    "delivered": 14_000,
    "created": 1_840,
    "unchanged": 233_000,
    "superseded": 30,
    "rejected": {Reason.EMAIL_INVALID: 20},
    "held_back": 2_950,
}
AT_THE_CONTRACT = {
    "limit": "account_limit_guard",
    "contract": (250_000, 250_000),
    "contract_before": 248_160,
    "state_record": 240_000,
}
SIXTY = {"read": 60, "delivered": 40, "created": 40, "rejected": {Reason.EMAIL_INVALID: 20}}
TOO_MANY = "20 of 60 records were rejected (33.3 %; allowed are 20 %, max_rejected_percent). They stand there"
BRAKED = (
    "max_removal_percent: 40 of 100 contacts (40.0 %) would be taken off list 3 by the mirror. If that is "
    "right, raise the setting for one run. Nobody was taken off a list"
)
WAITING = {
    "read": 61_250,
    "delivered": 48_500,
    "created": 47_900,
    "rejected": {Reason.EMAIL_INVALID: 40},
}


def runs() -> dict[str, ReportJson]:
    """Return the ways in which a run may end, by name."""
    return {**_done(), **_with_rejects(), **_at_limits(), **_failed(), **_dry(), **_removals()}


def _done() -> dict[str, ReportJson]:
    usual = {
        "read": 250_000,
        "delivered": 3_120,
        "created": 1_840,
        "unchanged": 246_838,
        "superseded": 30,
        "rejected": {Reason.EMAIL_INVALID: 12},
    }
    beside = {
        "read": 12,
        "delivered": 10,
        "created": 9,
        "superseded": 2,
        "filtered": 3,
        "ignored": 1,
        "left_out": {"phone": 1, "custom_fields.City": 31},
    }
    streams = {
        "customers": {"read": 200, "delivered": 150, "created": 150, "unchanged": 50},
        "vip\x1b[2J": {"read": 20, "delivered": 20},
        "orders": {"ignored": 6},
    }
    return {
        "done": ended(stream=usual, facts={"report_path": REPORT_FILE}, result="done", before=USUAL),
        "done_first_run": ended(3, stream={"read": 1, "delivered": 1, "created": 1}),
        "unchanged_only": ended(3, stream={"read": 1_000, "unchanged": 1_000}),
        "empty_input": ended(1),
        "nothing_to_export": ended(1, stream={"filtered": 7}),
        "sent_twice": ended(
            5, stream={"read": 1_000, "delivered": 927, "created": 880, "people": 880, "superseded": 73}
        ),
        "beside_the_sum": ended(5, stream=beside, run={"names_more_than_new": True, "still_unsubscribed": 1}),
        "streams_and_lists": ended(
            9, streams=streams, facts={"lists": {3: "News\nletter\u202e", 7: None}, "source": None}
        ),
        "many_lists": ended(
            9, stream={"read": 3, "delivered": 3}, facts={"lists": {n: f"L{n}" for n in range(5)}}
        ),
    }


def _with_rejects() -> dict[str, ReportJson]:
    up = {
        "read": 250_000,
        "delivered": 42_400,
        "created": 9_100,
        "unchanged": 200_000,
        "superseded": 88,
        "rejected": {Reason.EMAIL_MISSING: 5_890, Reason.EMAIL_INVALID: 1_602, Reason.EXCLUDED: 20},
    }
    file = {
        "rejects_path": "rejects.csv",
        "source": "shop.csv",
        "settings": {"field_mapping": {"email": "e-mail"}},
    }
    facts = {**file, "source": None}
    rejects_up = ended(151, stream=up, facts=facts, result="rejects up", before=USUAL)
    with_rows(rejects_up, "email_invalid", 18, 44, 61, 70, 93)
    first = ended(4, stream=SIXTY | {"read": 42, "rejected": {Reason.EMAIL_INVALID: 2}}, facts=file)
    only_excluded = ended(4, stream=SIXTY | {"read": 41, "rejected": {Reason.EXCLUDED: 1}}, facts=file)
    too_many: dict[str, t.Any] = {
        "exit_code": 4,
        "stream": SIXTY,
        "run": {"error": TOO_MANY, "state_record": 0},
    }
    all_of_them = {"read": 3, "rejected": {Reason.EMAIL_MISSING: 3}}
    return {
        "rejects_up": rejects_up,
        "rejects_first_run": with_rows(first, "email_invalid", 18, 44),
        "rejects_excluded": only_excluded,
        "rejects_without_file": ended(4, stream=SIXTY | {"read": 42, "rejected": {Reason.TOO_LARGE: 2}}),
        "exit_4": ended(5, **too_many, facts={"rejects_path": "r.singer"}),
        "exit_4_without_file": ended(5, **too_many),
        "exit_4_all": ended(
            5, 4, stream=all_of_them, run={"error": "all 3 records were rejected. No STATE covers them"}
        ),
    }


def _at_limits() -> dict[str, ReportJson]:
    profiles = {"limit": "profile_limit", "state_record": 240_000}
    return {
        "exit_3_contract": ended(80, 3, stream=FULL, run=AT_THE_CONTRACT),
        "exit_3_contract_without_state": ended(
            80, 3, stream=FULL, run=AT_THE_CONTRACT | {"state_record": None}, facts={"has_ledger": True}
        ),
        "exit_3_profile_limit": ended(80, 3, stream=FULL, run=profiles),
        "on_limit_stop": ended(80, stream=FULL, run=AT_THE_CONTRACT),
    }


def _failed() -> dict[str, ReportJson]:
    timed_out = {"error": TIMED_OUT, "state_record": 48_540}
    before = {"imports_tried": 0}
    settings = "list_id: the account has no list 9\nfield_mapping.email: stream 'a' has no column \"email\""
    proxy = (
        "The proxy http://proxy.example.com:3128 (variable HTTPS_PROXY) refused the connection. Mend it, or "
        "unset HTTPS_PROXY"
    )
    return {
        "exit_1_import": ended(729, 1, stream=WAITING, run=timed_out),
        "exit_1_import_without_automations": ended(
            729, 1, stream=WAITING, run=timed_out | {"state_record": 0}, facts={"automations": False}
        ),
        "exit_1_at_a_limit": ended(
            729, 1, stream=FULL, run=AT_THE_CONTRACT | {"error": "HTTP 500. Run again later"}
        ),
        "exit_1_settings": ended(0.4, 1, run=before | {"error": settings}),
        "exit_1_service": ended(0.4, 1, run=before | {"error": proxy}),
        "exit_1_input": ended(
            2,
            1,
            stream={"read": 5, "delivered": 5},
            run={"error": "line 7 is no JSON. Look at the tap", "state_record": None},
        ),
        "exit_1_ledger": ended(
            2, 1, stream={"read": 9}, run=before | {"error": "the ledger can't be read: disk"}
        ),
        "interrupted_130": ended(
            3, 130, stream=WAITING, run={"error": "the run was asked to stop", "state_record": 9}
        ),
        "interrupted_143": ended(3, 143, run=before | {"error": "the run was asked to stop"}),
    }


def _dry() -> dict[str, ReportJson]:
    figures = {
        "read": 12_480,
        "delivered": 12_306,
        "created": 12_306,
        "superseded": 82,
        "rejected": {Reason.EMAIL_MISSING: 49, Reason.EMAIL_INVALID: 39, Reason.EXCLUDED: 4},
    }
    plan = {"plan": DRY_PLAN, "room": 12_540}
    too_many = TOO_MANY.replace("were", "would be").replace("They stand there", "Look at the reasons")
    return {
        "dry_run": ended(3, stream=figures, run=plan, facts={"source": "shop-customers.csv"}),
        "dry_run_exit_3": ended(3, 3, stream=FULL, run=plan | AT_THE_CONTRACT),
        "dry_run_exit_4": ended(3, 4, stream=SIXTY, run=plan | {"room": None, "error": too_many}),
    }


def _removals() -> dict[str, ReportJson]:
    left_alone = {
        "left_alone": 3,
        "left_alone_reasons": {LeftAlone.JOINED_OTHERWISE: 2, LeftAlone.REFUSED: 1},
    }
    sent = {"read": 100, "delivered": 60, "unchanged": 40}
    return {
        "removals": ended(9, stream=sent | {"people": 50, "unsubscribed": 12, **left_alone}),
        "removals_pending": ended(9, stream=sent, run={"pending_removals": 14}, facts={"has_ledger": True}),
        "exit_5": ended(9, 5, stream=sent, run={"error": BRAKED, "mirror": BRAKED, "pending_removals": 40}),
        "mirror_command": ended(2, stream={"unsubscribed": 1, **left_alone}, run={"pending_removals": 0}),
    }


def text_of(report: ReportJson) -> str:
    """Return what a log says of a run, and below it the lines for a person."""
    return "\n".join([log_line(report), "", *summary_lines(report, WIDTH), ""])


if __name__ == "__main__":
    for name, ending in runs().items():
        (SUMMARIES / f"{name}.txt").write_text(text_of(ending), encoding="utf-8")
