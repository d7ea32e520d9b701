"""Owns the shape in which the API shows a contact."""

from __future__ import annotations

import hashlib
import typing as t

from target_activecampaign.sandbox.api.changes import date_without_zone

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest

# Keys that every contact has and that the sandbox has no values for (recorded responses).
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


def shape_contact(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a contact as the API shows it (contacts reference, further keys recorded)."""
    created, updated = date_without_zone(row["cdate"]), date_without_zone(row["udate"])
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
        # Local time despite the names (recorded).
        "created_utc_timestamp": created,
        "updated_utc_timestamp": updated,
        "scoreValues": [],
        "accountContacts": [],
        "links": request.links(f"/contacts/{row['id']}", *_LINKS),
        "id": str(row["id"]),
        "organization": None,
    }
