"""Owns `tags` and `contactTags`."""

from __future__ import annotations

import typing as t
from functools import partial

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.changes import shape_changes
from target_activecampaign.sandbox.api.paging import filtered, paged
from target_activecampaign.sandbox.api.request import required_id, required_row, text_of
from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest


def list_tags(request: ApiRequest) -> ApiResponse:
    """Handle `GET /tags`: `filters[search][operator]`, `orders[search]` (tags reference).

    `search` finds a text anywhere in the name.
    """
    rows = filtered(request, request.account.tags.all(), "search", "tag")
    search = (request.parameter("search") or "").lower()
    found = [row for row in rows if search in row["tag"].lower()]
    return paged(request, "tags", found, partial(_shape_tag, request))


def show_tag(request: ApiRequest) -> ApiResponse:
    """Handle `GET /tags/{id}`."""
    return ApiResponse(200, {"tag": _shape_tag(request, _tag(request))})


def create_tag(request: ApiRequest) -> ApiResponse:
    """Handle `POST /tags`: 201 (tags reference); refused for a name that exists in any letter case (seen)."""
    data, tags = request.object("tag"), request.account.tags
    name, tag_type = text_of(data.get("tag")), text_of(data.get("tagType")) or "contact"
    if not name:
        return errors.missing_attribute("tag")
    if tag_type not in ("contact", "template"):
        return errors.invalid("Tag type is not valid.", "field_invalid", "tagType")
    if tags.find(name, tag_type) is not None:
        return errors.duplicate_key(f"{tag_type}-{name}", "typetag")
    tag = tags.create(name, tag_type, text_of(data.get("description")))
    return ApiResponse(201, {"tag": _shape_tag(request, required_row(tags.get(tag), "Tag", tag))})


def update_tag(request: ApiRequest) -> ApiResponse:
    """Handle `PUT` and `PATCH /tags/{id}`: 200 (recorded); refused for another tag's name (assumed)."""
    data, row = request.object("tag"), _tag(request)
    name = text_of(data.get("tag", row["tag"]))
    other = request.account.tags.find(name, row["tag_type"])
    if other is not None and other["id"] != request.id:
        return errors.duplicate_key(f"{row['tag_type']}-{name}", "typetag")
    request.account.tags.update(request.id, name, text_of(data.get("description", row["description"])))
    return ApiResponse(200, {"tag": _shape_tag(request, _tag(request))})


def delete_tag(request: ApiRequest) -> ApiResponse:
    """Handle `DELETE /tags/{id}`."""
    if not request.account.tags.delete(request.id):
        return errors.no_result("Tag", request.id)
    return ApiResponse(200, {})


def list_contact_tags(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contactTags`, in pages; that no filter does anything is assumed."""
    rows, total = request.account.tags.find_links(*request.page())
    shown = [shape_contact_tag(row) for row in rows]
    return ApiResponse(200, {"contactTags": shown, "meta": {"total": str(total)}})


def create_contact_tag(request: ApiRequest) -> ApiResponse:
    """Handle `POST /contactTags`: 201; 200 with the old link for a tag that the contact has (recorded)."""
    data, tags = request.object("contactTag"), request.account.tags
    contact, tag = required_id(data, "contact"), required_id(data, "tag")
    if request.account.contacts.get(contact) is None:
        return errors.not_found("Contact not found")
    if tags.get(tag) is None:
        return errors.not_found("Tag not found")
    status = 200 if tags.has_contact(contact, tag) else 201
    link = tags.add_to_contact(contact, tag, request.add_source())
    return ApiResponse(status, {"contactTag": shape_contact_tag(link)})


def delete_contact_tag(request: ApiRequest) -> ApiResponse:
    """Handle `DELETE /contactTags/{id}`: 200 with `{}` (contact tags reference)."""
    if not request.account.tags.remove_from_contact(request.id):
        return errors.no_result("SubscriberTag", request.id)
    return ApiResponse(200, {})


def shape_contact_tag(row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a link between contact and tag; its links have no host (contact tags reference)."""
    return {
        "cdate": row["cdate"],
        "contact": str(row["contact"]),
        **shape_changes(row["cdate"], None),
        "id": str(row["id"]),
        "links": {"contact": f"/{row['id']}/contact", "tag": f"/{row['id']}/tag"},
        "tag": str(row["tag"]),
    }


def _tag(request: ApiRequest) -> sqlite3.Row:
    return required_row(request.account.tags.get(request.id), "Tag", request.id)


def _shape_tag(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    return {
        "tagType": row["tag_type"],
        "tag": row["tag"],
        "description": row["description"],
        "cdate": row["cdate"],
        **shape_changes(row["cdate"], row["udate"]),
        "deleted": "0",
        "subscriber_count": str(request.account.tags.contacts_with(row["id"])),
        "links": request.links(f"/tags/{row['id']}", "contactGoalTags"),
        "id": str(row["id"]),
    }
