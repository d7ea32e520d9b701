"""Entries of runs as they are remembered, and settings that name a place for them."""

from __future__ import annotations

import datetime as dt
import typing as t

from target_activecampaign.config.settings import parse_settings

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.config.settings import Settings

NIGHT = dt.datetime(2026, 11, 30, 2, 0, 4, tzinfo=dt.timezone.utc)


def settings_for(folder: Path, **changes: object) -> Settings:
    """Return settings whose runs are kept beside the report in a folder."""
    config = {
        "hostname": "acme.api-us1.com",
        "api_key": "made-up-key",
        "data_privacy_consent": True,
        "display_name": "acme",
        "list_id": 3,
        "report_path": str(folder / "report.json"),
    }
    return parse_settings({name: value for name, value in {**config, **changes}.items() if value is not None})


def report_of(**changes: t.Any) -> dict[str, t.Any]:  # noqa: ANN401 - figures of any kind
    """Return the report of a run that went well: 250,000 records, a few of them rejected."""
    figures: dict[str, t.Any] = {
        "read": 250_000,
        "delivered": 3_120,
        "created": 1_840,
        "unchanged": 246_838,
        "superseded": 30,
        "rejected": {"email_invalid": 12},
        "held_back": 0,
        "unsettled": 0,
        "seconds": 64.0,
        "exit_code": 0,
        "limit": None,
        "mirror": None,
        "lists": [{"id": 3, "name": "Newsletter"}],
        "streams": {},
        "dry_run": False,
        "plan": None,
        "rejects": {"path": None, "reasons": {}},
        "error": None,
        "settings": {},
        "contract": None,
        "automations": False,
        "unsubscribed": 0,
        "left_alone": 0,
        "filtered": 0,
        "ignored": 0,
        "imports": 1,
        "requests": 1,
        "before": None,
        "usual": None,
        "source": None,
        "left_out": {},
        "still_unsubscribed": 0,
        "created_may_be_too_high": False,
        "pending_removals": None,
        "left_alone_reasons": {},
        "read_back": 0,
        "room": None,
        "display_name": "acme",
        **changes,
    }
    started = changes.get("started_at", NIGHT.isoformat(timespec="milliseconds"))
    return {
        "started_at": started,
        "ended_at": started,
        "updated": figures["delivered"] - figures["created"],
        **figures,
    }
