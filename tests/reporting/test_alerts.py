"""Alerts have the bodies that Slack, Teams and others take, and nobody can inject anything."""

from __future__ import annotations

import json
import typing as t

import jsonschema
import pytest
from support.runs import report_of

from target_activecampaign.reporting.alert_bodies import body_of
from target_activecampaign.reporting.alert_repeats import Open, failed_runs, weigh
from target_activecampaign.reporting.alerts import (
    Alert,
    Origin,
    alert_for_test,
    alert_of,
    alert_of_lost,
    alert_of_recovery,
)

if t.TYPE_CHECKING:
    from target_activecampaign.config.webhooks import AlertFormat

ORIGIN = Origin("acme", (3,), "etl-1", "0.2.0")
REPORT_PATH = "reports/2026-11-28T02-00-04.json"
DAY = 86_400
FORMATS: tuple[AlertFormat, ...] = ("json", "slack", "teams")
HOSTILE = "<!channel> [x](http://example.com) @here *b* www.example.com"

# From https://docs.slack.dev/reference/block-kit/blocks: what these blocks may hold.
SLACK_TEXT = {
    "type": "object",
    "required": ["type", "text"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "plain_text"},
        "text": {"type": "string", "minLength": 1, "maxLength": 2000},
    },
}
SLACK = {
    "type": "object",
    "required": ["text", "blocks"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 40_000},
        "blocks": {
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": {
                "oneOf": [
                    {
                        "required": ["type"],
                        "minProperties": 2,
                        "additionalProperties": False,
                        "properties": {
                            "type": {"const": "section"},
                            "text": SLACK_TEXT,
                            "fields": {"type": "array", "minItems": 1, "maxItems": 10, "items": SLACK_TEXT},
                        },
                    },
                    {
                        "required": ["type", "elements"],
                        "additionalProperties": False,
                        "properties": {
                            "type": {"const": "context"},
                            "elements": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 10,
                                "items": SLACK_TEXT,
                            },
                        },
                    },
                ]
            },
        },
    },
}
# From https://adaptivecards.io/explorer and the page of Teams on incoming webhooks.
FACT = {
    "type": "object",
    "required": ["title", "value"],
    "additionalProperties": False,
    "properties": {"title": {"type": "string"}, "value": {"type": "string"}},
}
CARD = {
    "type": "object",
    "required": ["$schema", "type", "version", "body"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "type": {"const": "AdaptiveCard"},
        "version": {"const": "1.4"},
        "fallbackText": {"type": "string"},
        "body": {
            "type": "array",
            "items": {
                "oneOf": [
                    {
                        "required": ["type", "text"],
                        "additionalProperties": False,
                        "properties": {
                            "type": {"const": "TextBlock"},
                            "text": {"type": "string"},
                            "weight": {"enum": ["Default", "Lighter", "Bolder"]},
                            "wrap": {"type": "boolean"},
                            "isSubtle": {"type": "boolean"},
                        },
                    },
                    {
                        "required": ["type", "facts"],
                        "additionalProperties": False,
                        "properties": {
                            "type": {"const": "FactSet"},
                            "facts": {"type": "array", "items": FACT},
                        },
                    },
                ]
            },
        },
    },
}
TEAMS = {
    "type": "object",
    "required": ["type", "attachments"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["contentType", "content"],
                "additionalProperties": False,
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": CARD,
                },
            },
        },
    },
}


def limited(**changes: object) -> dict[str, t.Any]:
    """Return the report of the specification's run that the contract stopped."""
    figures: dict[str, t.Any] = {
        "delivered": 14_000,
        "created": 1_840,
        "unchanged": 233_000,
        "rejected": {"email_invalid": 20},
        "held_back": 2_950,
        "exit_code": 3,
        "limit": "account_limit_guard",
        "result": "limit",
        "run": 42,
        "before": {"run": 41, "rejected": {"email_invalid": 40}},
        "usual": None,
        **changes,
    }
    return report_of(**figures)


def alert_on(report: dict[str, t.Any], origin: Origin = ORIGIN) -> Alert:
    alert = alert_of(report, origin, REPORT_PATH)
    assert alert is not None
    return alert


def every_alert(name: str = "Newsletter", error: str = "no answer in time") -> list[Alert]:
    """Return an alert of each kind, with a name and an error that somebody else made up."""
    changes: dict[str, t.Any] = {"lists": [{"id": 3, "name": name}], "error": error, "mirror": error}
    results = ["limit", "failed", "rejects", "rejects up", "braked", "interrupted"]
    origin = Origin(name, (3,), name, "0.2.0")
    return [
        *(alert_on(limited(**changes, result=result), origin) for result in results),
        alert_of_lost(40, name, 4711, origin, 41),
        alert_of_recovery(limited(**changes), origin, 3, name),
        alert_for_test(origin),
    ]


def test_the_generic_body_is_that_of_the_specification() -> None:
    alert, _ = weigh(alert_on(limited()), {}, 1_795_831_284)
    assert alert is not None
    body = body_of(alert, "json")
    assert body.pop("fingerprint") == alert.fingerprint
    assert body == {
        "text": (
            "Newsletter export stopped at the contract: 2,950 new people wait. Make room or raise the "
            "contract, then run again."
        ),
        "event": "run.alert.raised",
        "kind": "limit",
        "severity": "error",
        "count": 1,
        "first_at": "2026-11-28T02:01:24Z",
        "connection": "acme",
        "list": {"id": 3, "name": "Newsletter"},
        "run": 42,
        "exit_code": 3,
        "limit": "contract",
        "figures": {
            "read": 250_000,
            "delivered": 14_000,
            "unchanged": 233_000,
            "superseded": 30,
            "rejected": 20,
            "held_back": 2_950,
        },
        "before": {"run": 41, "rejected": 40},
        "next": "Make room for 2,950 contacts, then run again.",
        "report": REPORT_PATH,
        "host": "etl-1",
        "version": "0.2.0",
        "schema": 1,
    }


def test_slack_s_body_is_that_of_the_specification() -> None:
    sentence = "Newsletter export stopped at the contract: 2,950 new people wait."
    shown = ["delivered 14,000 (1,840 new)", "held back 2,950", "rejected 20", "run 42, exit code 3"]
    last = f"Next: make room for 2,950 contacts, then run again. etl-1, {REPORT_PATH}"
    assert body_of(alert_on(limited()), "slack") == {
        "text": sentence,
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": sentence}},
            {"type": "section", "fields": [{"type": "plain_text", "text": text} for text in shown]},
            {"type": "context", "elements": [{"type": "plain_text", "text": last}]},
        ],
    }


@pytest.mark.parametrize("alert", every_alert(HOSTILE * 20, HOSTILE * 200), ids=lambda alert: alert.kind)
def test_every_alert_is_as_the_services_document_it(alert: Alert) -> None:
    jsonschema.validate(body_of(alert, "slack"), SLACK)
    jsonschema.validate(body_of(alert, "teams"), TEAMS)
    assert json.loads(json.dumps(body_of(alert, "json")))["text"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("alert", every_alert(HOSTILE, HOSTILE), ids=lambda alert: alert.kind)
def test_a_made_up_name_injects_nothing(alert: Alert, form: AlertFormat) -> None:
    body = body_of(alert, form)
    if form == "json":
        shown = [body["text"], body["next"]]
    elif form == "slack":
        shown = [body["text"]]  # all else is plain_text, as the schema above has it
    else:
        card = body["attachments"][0]["content"]
        shown = [block["text"] for block in card["body"] if "text" in block]
        assert all("[x]" not in text and "*b*" not in text for text in shown)
    for text in shown:
        assert not any(markup in text for markup in ("<!", "](", "://", "@here", "www.example"))


def test_an_alert_says_what_happened_and_what_to_do() -> None:
    texts = {alert.kind: f"{alert.sentence} | {alert.next_step}" for alert in every_alert()}
    assert texts == {
        "limit": (
            "Newsletter export stopped at the contract: 2,950 new people wait. | "
            "Make room for 2,950 contacts, then run again."
        ),
        "failed": "Newsletter export failed: no answer in time. | Mend the cause, then run again.",
        "rejects": (
            "Newsletter export failed: 20 of 250,000 records (0.0 %, mostly email_invalid), more than "
            "max_rejected_percent allows. | Mend these records or the mapping, then run again."
        ),
        "rejects up": (
            "Newsletter export rejected more than usual: 20 of 250,000 records (0.0 %, mostly "
            "email_invalid); usual is 0.0 %. | Look at the reasons: target-activecampaign runs 42"
        ),
        "braked": (
            "Newsletter export took nobody off the list: no answer in time. | Look at the tap before you "
            "raise max_removal_percent."
        ),
        "interrupted": (
            "Newsletter export was stopped from outside (exit code 3). | Run again: it goes on behind its "
            "last STATE."
        ),
        "lost": (
            "List 3 export: run 40 ended without a word (process 4711 on Newsletter is gone). | Look why it "
            "was killed (memory, a restart). Run 41 has begun since."
        ),
        "recovered": "Newsletter export is fine again after 3 failed runs. | Nothing to do.",
        "test": "Test: alerts of Newsletter arrive here. | Nothing to do.",
    }


@pytest.mark.parametrize(
    "report",
    [limited(result="done", exit_code=0), limited(result="interrupted", exit_code=130)],
    ids=["done", "Ctrl-C"],
)
def test_nothing_is_said_of_a_run_that_is_well_or_that_a_person_stopped(report: dict[str, t.Any]) -> None:
    assert alert_of(report, ORIGIN) is None


def test_a_run_with_several_lists_goes_by_its_connection() -> None:
    lists = [{"id": 3, "name": "Newsletter"}, {"id": 7, "name": "VIP"}]
    alert = alert_on(limited(lists=lists))
    assert alert.sentence.startswith("acme export stopped")
    assert body_of(alert, "json")["list"] is None


# Repeats


def fingerprints(*reports: dict[str, t.Any]) -> set[str]:
    return {alert_on(report).fingerprint for report in reports}


def test_the_same_cause_has_the_same_fingerprint_whatever_its_figures() -> None:
    assert len(fingerprints(limited(), limited(held_back=7, run=43, read=9))) == 1
    failed = [limited(result="failed", exit_code=1, error=f"import {n} took {n},5 s") for n in (1, 20)]
    assert len(fingerprints(*failed)) == 1


def test_connection_list_kind_and_reason_tell_causes_apart() -> None:
    others = [Origin("beta", (3,), "etl-1", "0.2.0"), Origin("acme", (7,), "etl-1", "0.2.0")]
    made = {alert_on(limited(), origin).fingerprint for origin in (ORIGIN, *others)}
    made |= fingerprints(
        limited(limit="profile_limit"),
        limited(result="rejects up", rejected={"email_missing": 5}),
        limited(result="rejects up", rejected={"email_invalid": 5}),
        limited(result="failed", error="the key was refused"),
        limited(result="failed", error="no answer in time"),
    )
    assert len(made) == 8


def test_the_same_alert_is_sent_at_once_and_then_once_a_day() -> None:
    alert, known, said = alert_on(limited()), t.cast("dict[str, Open]", {}), []
    for hour in range(0, 60, 6):
        due, known = weigh(alert, known, hour * 3600)
        if due is not None:
            said.append((hour, due.event, due.count, due.sentence.rpartition(". ")[2]))
    assert said == [
        (0, "run.alert.raised", 1, alert.sentence.rpartition(". ")[2]),
        (24, "run.alert.reminded", 5, "This is so for the second day."),
        (48, "run.alert.reminded", 9, "This is so for the third day."),
    ]
    assert failed_runs(known) == 10


def test_another_cause_is_told_at_once() -> None:
    _, known = weigh(alert_on(limited()), {}, 0)
    due, known = weigh(alert_on(limited(result="failed", exit_code=1)), known, 60)
    assert due is not None
    assert len(known) == 2
    assert weigh(alert_on(limited()), known, 120)[0] is None


def test_a_reminder_counts_days_in_figures_after_the_tenth() -> None:
    known = {alert_on(limited()).fingerprint: Open(first_at=0, sent_at=0, count=1)}
    due, _ = weigh(alert_on(limited()), known, 30 * DAY)
    assert due is not None
    assert due.sentence.endswith("This is so for 30 days.")
    assert due.first_at == "1970-01-01T00:00:00Z"
