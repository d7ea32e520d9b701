"""A contact as the API shows it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call

# Keys that every contact has and that nothing here is about (recorded answers).
_FURTHER = {
    **dict.fromkeys(("bounced_soft", "ip", "sentcnt", "gravatar", "anonymized", "mpp_tracking"), "0"),
    **dict.fromkeys(("segmentio_id", "email_local"), ""),
    **dict.fromkeys(
        (
            "bounced_date", "ua", "socialdata_lastcheck", "rating_tstamp", "adate", "edate", "deleted_at",
            "created_by", "updated_by", "last_click_date", "last_open_date", "last_mpp_open_date",
            "best_send_hour",
            "sms_consent", "sms_consent_updated_at", "whatsapp_id", "whatsapp_username",
        ),
        None,
    ),
}  # fmt: skip
_LINKS = ("bounceLogs", "contactGoals", "contactLists", "contactTags", "fieldValues", "geoIps", "notes")


def shape_contact(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a contact as the API shows it (contacts reference, further keys recorded)."""
    created, updated = _local_time(row["cdate"]), _local_time(row["udate"])
    email = row["email"] or ""
    return {
        "cdate": row["cdate"],
        "udate": row["udate"],
        "email": email,
        "phone": row["phone"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "orgid": "0",
        "orgname": row["orgname"],
        "email_domain": email.rpartition("@")[2],
        "bounced_hard": str(row["bounced_hard"]),
        **_FURTHER,
        "hash": hashlib.md5(str(row["id"]).encode(), usedforsecurity=False).hexdigest(),
        "deleted": "0",
        "created_timestamp": created,
        "updated_timestamp": updated,
        # Local time in spite of the names, as recorded.
        "created_utc_timestamp": created,
        "updated_utc_timestamp": updated,
        "scoreValues": [],
        "accountContacts": [],
        "links": {link: call.link(f"/contacts/{row['id']}/{link}") for link in _LINKS},
        "id": str(row["id"]),
        "organization": None,
    }


def _local_time(date: str) -> str:
    """Return `2026-05-28 03:05:54` of `2026-05-28T03:05:54-05:00`."""
    return date[:19].replace("T", " ")
