"""`tags` and `contactTags`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.call import Answer, required_id, text_of
from target_activecampaign.sandbox.api.collections import filtered, paged

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call


def list_tags(call: Call) -> Answer:
    """`GET /tags`: `search` is 'contains', `filters[search][operator]`, `orders[search]` (tags reference)."""
    rows = filtered(call, call.account.tags.all(), "search", "tag")
    search = (call.parameter("search") or "").lower()
    return paged(call, "tags", [_shape_tag(call, row) for row in rows if search in row["tag"].lower()])


def show_tag(call: Call) -> Answer:
    """`GET /tags/{id}`: adds `subscriber_count` (tags reference)."""
    row = call.account.tags.get(call.id)
    if row is None:
        return errors.no_result("Tag", call.id)
    count = str(call.account.tags.contacts_with(call.id))
    return Answer(200, {"tag": {**_shape_tag(call, row), "subscriber_count": count}})


def create_tag(call: Call) -> Answer:
    """`POST /tags`: 201 (tags reference); 422 for a name that is taken (assumed)."""
    data = call.object("tag")
    name, tag_type = text_of(data.get("tag")), text_of(data.get("tagType")) or "contact"
    if not name:
        return errors.missing("tag")
    if tag_type not in ("contact", "template"):
        return errors.invalid("Tag type is not valid.", "field_invalid", "tagType")
    if call.account.tags.find(name, tag_type) is not None:
        return errors.invalid("Tag already exists in the system", "duplicate", "tag")
    tag = call.account.tags.create(name, tag_type, text_of(data.get("description")))
    row = call.account.tags.get(tag)
    return Answer(201, {"tag": _shape_tag(call, row)} if row else {})


def update_tag(call: Call) -> Answer:
    """`PUT /tags/{id}`: 200; 422 for a name that another tag has (assumed)."""
    data, row = call.object("tag"), call.account.tags.get(call.id)
    if row is None:
        return errors.no_result("Tag", call.id)
    name = text_of(data.get("tag", row["tag"]))
    other = call.account.tags.find(name, row["tag_type"])
    if other is not None and other["id"] != call.id:
        return errors.invalid("Tag already exists in the system", "duplicate", "tag")
    call.account.tags.update(call.id, name, text_of(data.get("description", row["description"])))
    changed = call.account.tags.get(call.id)
    return Answer(200, {"tag": _shape_tag(call, changed)} if changed else {})


def delete_tag(call: Call) -> Answer:
    """`DELETE /tags/{id}`."""
    if not call.account.tags.delete(call.id):
        return errors.no_result("Tag", call.id)
    return Answer(200, {})


def create_contact_tag(call: Call) -> Answer:
    """`POST /contactTags`: 201; for a tag that the contact has already, too (assumed)."""
    data = call.object("contactTag")
    contact = required_id(data, "contact", errors.missing)
    tag = required_id(data, "tag", errors.missing)
    if call.account.contacts.get(contact) is None:
        return errors.not_found("Contact not found")
    if call.account.tags.get(tag) is None:
        return errors.not_found("Tag not found")
    return Answer(201, {"contactTag": shape_contact_tag(call.account.tags.give(contact, tag, call.source()))})


def delete_contact_tag(call: Call) -> Answer:
    """`DELETE /contactTags/{id}`: 200 with `{}` (contact tags reference)."""
    return Answer(200, {}) if call.account.tags.take(call.id) else errors.no_result("ContactTag", call.id)


def shape_contact_tag(row: sqlite3.Row) -> dict[str, Any]:
    """Return a link between contact and tag; its links have no host (contact tags reference)."""
    return {
        "cdate": row["cdate"],
        "contact": str(row["contact"]),
        "id": str(row["id"]),
        "links": {"contact": f"/{row['id']}/contact", "tag": f"/{row['id']}/tag"},
        "tag": str(row["tag"]),
    }


def _shape_tag(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "tagType": row["tag_type"],
        "tag": row["tag"],
        "description": row["description"],
        "cdate": row["cdate"],
        "links": {"contactGoalTags": call.link(f"/tags/{row['id']}/contactGoalTags")},
        "id": str(row["id"]),
    }
