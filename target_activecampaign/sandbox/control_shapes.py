"""Owns the shapes in which the controls show requests, imports, contacts and limits."""

from __future__ import annotations

import json
import typing as t

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.journal import Entry
    from target_activecampaign.sandbox.rate_limits import Limits
    from target_activecampaign.sandbox.state.imports import Imports

LIMIT_KEYS = {
    "requestsPerSecond": "requests_per_second",
    "importsPerMinute": "imports_per_minute",
    "singleImportsPerMinute": "single_imports_per_minute",
}
"""Keys of limits, and the figures that they show."""


def shape_entry(entry: Entry, *, is_brief: bool) -> dict[str, t.Any]:
    """Return a request, without headers, body and response where it is brief."""
    brief = {
        "id": entry.id,
        "at": entry.at,
        "account": entry.account,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "bodyBytes": entry.body.length,
        "status": entry.status,
        "answerBytes": entry.response.length,
        "milliseconds": entry.milliseconds,
        "faults": entry.faults,
    }
    if is_brief:
        return brief
    return {
        **brief,
        "headers": dict(entry.headers),
        "body": entry.body.kept,
        "answer": entry.response.kept,
    }


def shape_import(imports: Imports, row: sqlite3.Row, *, is_brief: bool) -> dict[str, t.Any]:
    """Return an import, without its failures where it is brief."""
    brief = {
        "number": row["number"],
        "batchId": row["batch_id"],
        "status": imports.status_of(row),
        "contacts": row["contacts"],
        "queuedAt": row["queued_at"],
        "endedAt": row["ended_at"],
        "looks": row["looks"],
        "created": row["created"],
        "updated": row["updated"],
        "refused": row["failed"],
        "automations": row["automations"],
    }
    if is_brief:
        return brief
    failures = zip(json.loads(row["failure"]), json.loads(row["reasons"]), strict=True)
    return {**brief, "failures": [{"email": email, "reason": reason} for email, reason in failures]}


def shape_contact(row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a contact as it stands in a page of contacts."""
    return {
        "id": row["id"],
        "email": row["email"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "phone": row["phone"],
        "cdate": row["cdate"],
        "udate": row["udate"],
    }


def shape_limits(limits: Limits) -> dict[str, int | None]:
    """Return the rate limits in force."""
    return {key: getattr(limits.figures, name) for key, name in LIMIT_KEYS.items()}
