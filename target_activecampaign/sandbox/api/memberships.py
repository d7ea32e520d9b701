"""Owns `contactLists`: the memberships of lists, written one at a time."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.changes import shape_changes
from target_activecampaign.sandbox.api.contact_shape import shape_contact
from target_activecampaign.sandbox.api.request import required_id, required_row
from target_activecampaign.sandbox.api.response import ApiResponse
from target_activecampaign.sandbox.state.lists import Membership, Status

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest


def list_memberships(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contactLists`: `filters[list]`, `filters[status]`, paging; `listid` does nothing (seen).

    That `meta.total` stands beside them, and that other filters do nothing, is assumed.
    """
    wanted = {key: value for key, _, value in request.bracketed("filters")}
    rows, total = request.account.lists.find_memberships(
        wanted.get("list"), wanted.get("status"), *request.page()
    )
    shown = [shape_membership(request, row) for row in rows]
    return ApiResponse(200, {"contactLists": shown, "meta": {"total": str(total)}})


def write_membership(request: ApiRequest) -> ApiResponse:
    """Handle `POST /contactLists`: 200. Status 1 subscribes again (contacts reference, which warns of it).

    In the response `status` is the number that was sent (recorded).
    """
    data, account = request.object("contactList"), request.account
    list_id, contact, status = (required_id(data, name) for name in ("list", "contact", "status"))
    if status not in tuple(Status):
        return errors.invalid("Status is not valid.", "field_invalid", "status")
    row = required_row(account.contacts.get(contact), "Subscriber", contact)
    required_row(account.lists.get(list_id), "_List", list_id)
    sourceid = str(data.get("sourceid", ""))
    written = account.lists.set_status(
        Membership(contact, list_id, status),
        request.add_source(),
        int(sourceid) if sourceid.isdecimal() else 0,
    )
    body = {"contactList": {**shape_membership(request, written), "status": status}}
    if account.switches["contacts-beside-membership"] == "no":
        return ApiResponse(200, body)
    return ApiResponse(200, {"contacts": [shape_contact(request, row)], **body})


def shape_membership(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a membership as the API shows it."""
    contact = request.account.contacts.get(row["contact"])
    account_list = request.account.lists.get(row["list"])
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
        **shape_changes(row["cdate"], row["udate"] or row["sdate"]),
        "unsubscribeAutomation": None,
        "channel": account_list["channel"] if account_list else "email",
        "links": request.links(f"/contactLists/{row['id']}", "list", "contact"),
        "id": str(row["id"]),
        "automation": None,
    }
