"""Owns the bodies of alerts: JSON for any service, blocks for Slack, a card for Teams. Pure.

Every text of a block is `plain_text`, and every text of a card is escaped: a list's name can't become a link.
Slack's blocks: https://docs.slack.dev/reference/block-kit/blocks (at most 3,000 characters a text, and ten
fields of 2,000). TextBlock and Fact of Teams take Markdown, says
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

from __future__ import annotations

import re
import typing as t

from target_activecampaign.reporting.alerts import limit_of, lists_of, plain
from target_activecampaign.reporting.run_results import rejected_of

if t.TYPE_CHECKING:
    from target_activecampaign.config.webhooks import AlertFormat
    from target_activecampaign.reporting.alerts import Alert

_SCHEMA = 1
_FIGURES = ("read", "delivered", "unchanged", "superseded", "rejected", "held_back")
_LONGEST_PATH = 200
_MARKDOWN = re.compile(r"([\\`*_\[\]~<>])")


def body_of(alert: Alert, form: AlertFormat) -> dict[str, t.Any]:
    """Return the body of an alert."""
    return {"json": _generic, "slack": _slack, "teams": _teams}[form](alert)


def _generic(alert: Alert) -> dict[str, t.Any]:
    report, lists = alert.report, lists_of(alert)
    figures = {name: report[name] for name in _FIGURES if name in report}
    if "rejected" in figures:
        figures["rejected"] = rejected_of(report)
    before = report.get("before")
    return {
        "text": f"{alert.sentence} {alert.advice}",
        "event": alert.event,
        "kind": alert.kind,
        "severity": alert.severity,
        "fingerprint": alert.fingerprint,
        "count": alert.count,
        "first_at": alert.first_at,
        "connection": alert.origin.connection,
        "list": lists[0] if len(lists) == 1 else None,
        "run": report.get("run"),
        "exit_code": report.get("exit_code"),
        "limit": limit_of(report),
        "figures": figures or None,
        "before": before and {"run": before["run"], "rejected": rejected_of(before)},
        "next": alert.next_step,
        "report": alert.report_path,
        "host": alert.origin.host,
        "version": alert.origin.version,
        "schema": _SCHEMA,
    }


def _facts(alert: Alert) -> list[tuple[str, str]]:
    """Return what a person wants to see of the run beside the sentence: names and figures."""
    report = alert.report
    facts = []
    if "delivered" in report:
        new = f" ({report['created']:,} new)" if report["created"] else ""
        facts.append(("delivered", f"{report['delivered']:,}{new}"))
        others = (("held back", report["held_back"]), ("rejected", rejected_of(report)))
        facts += [(name, f"{count:,}") for name, count in others if count]
    if report.get("run") is not None:
        code = f", exit code {report['exit_code']}" if report.get("exit_code") is not None else ""
        facts.append(("run", f"{report['run']}{code}"))
    return facts


def _next(alert: Alert) -> str:
    step = alert.next_step[:1].lower() + alert.next_step[1:]
    places = [plain(alert.origin.host)]
    if alert.report_path is not None:
        places.append(plain(alert.report_path, _LONGEST_PATH))
    return f"Next: {step} {', '.join(places)}"


def _slack(alert: Alert) -> dict[str, t.Any]:
    facts = [_plain_text(f"{name} {value}") for name, value in _facts(alert)]
    blocks: list[dict[str, t.Any]] = [{"type": "section", "text": _plain_text(alert.sentence)}]
    if facts:
        blocks.append({"type": "section", "fields": facts})
    blocks.append({"type": "context", "elements": [_plain_text(_next(alert))]})
    # This text is read as Slack's own markup, in which these three make mentions and links.
    text = alert.sentence.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, "blocks": blocks}


def _plain_text(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _teams(alert: Alert) -> dict[str, t.Any]:
    sentence = _escaped(alert.sentence)
    facts = [{"title": _escaped(name), "value": _escaped(value)} for name, value in _facts(alert)]
    body: list[dict[str, t.Any]] = [
        {"type": "TextBlock", "weight": "Bolder", "wrap": True, "text": sentence},
        {"type": "TextBlock", "wrap": True, "isSubtle": True, "text": _escaped(_next(alert))},
    ]
    if facts:
        body.insert(1, {"type": "FactSet", "facts": facts})
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": alert.sentence,
        "body": body,
    }
    card = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [card]}


def _escaped(text: str) -> str:
    """Return a text in which Markdown finds nothing."""
    return _MARKDOWN.sub(r"\\\1", text)
