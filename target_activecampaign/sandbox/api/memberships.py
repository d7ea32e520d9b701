"""`contactLists`: who is on which list, written one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.call import Answer, required_id
from target_activecampaign.sandbox.api.contact_shape import shape_contact
from target_activecampaign.sandbox.state.lists import Membership, Status

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call


def write_membership(call: Call) -> Answer:
    """`POST /contactLists`: 200. Status 1 re-subscribes who had left (contacts reference, which warns).

    In the answer `status` is the number that was sent (recorded).
    """
    data = call.object("contactList")
    list_id = required_id(data, "list", errors.missing)
    contact = required_id(data, "contact", errors.missing)
    status = required_id(data, "status", errors.missing)
    if status not in tuple(Status):
        return errors.invalid("Status is not valid.", "field_invalid", "status")
    row = call.account.contacts.get(contact)
    if row is None:
        return errors.related_missing("Subscriber", contact)
    if call.account.lists.get(list_id) is None:
        return errors.related_missing("_List", list_id)
    sourceid = str(data.get("sourceid", ""))
    written = call.account.lists.set_status(
        Membership(contact, list_id, status), call.source(), int(sourceid) if sourceid.isdecimal() else 0
    )
    body = {"contactList": {**shape_membership(call, written), "status": status}}
    if call.account.switches["contacts-beside-membership"] == "no":
        return Answer(200, body)
    return Answer(200, {"contacts": [shape_contact(call, row)], **body})


def shape_membership(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a membership as the API shows it."""
    contact = call.account.contacts.get(row["contact"])
    changed = row["udate"] or row["sdate"] or row["cdate"]
    return {
        "contact": str(row["contact"]),
        "list": str(row["list"]),
        "form": None,
        "seriesid": "0",
        "sdate": row["sdate"],
        "udate": row["udate"],
        "status": str(row["status"]),
        "responder": "1",
        "sync": "0",
        "unsubreason": None,
        "campaign": None,
        "message": None,
        "first_name": contact["first_name"] if contact else "",
        "last_name": contact["last_name"] if contact else "",
        "ip4Sub": "0",
        "sourceid": str(row["sourceid"]),
        "autosyncLog": None,
        "ip4_last": "0",
        "ip4Unsub": "0",
        "created_timestamp": row["cdate"][:19].replace("T", " "),
        "updated_timestamp": changed[:19].replace("T", " "),
        "created_by": None,
        "updated_by": None,
        "unsubscribeAutomation": None,
        "links": {link: call.link(f"/contactLists/{row['id']}/{link}") for link in ("list", "contact")},
        "id": str(row["id"]),
        "automation": None,
    }
