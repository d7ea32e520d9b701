"""`fields`, `fieldOption/bulk`, `fieldRels` and `fieldValues`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.call import Answer, Refusal, required_id, text_of
from target_activecampaign.sandbox.api.collections import paged
from target_activecampaign.sandbox.state.fields import TYPES, Option, Value

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call


def list_fields(call: Call) -> Answer:
    """`GET /fields`: options and list links stand beside the page's fields (custom fields reference).

    The page is 20 without a `limit`: the reference says 20 in one place and 100 in another, and 20 is the
    one that a client can trip over.
    """
    rows = call.account.fields.all()
    for key, _, value in call.bracketed("filters"):
        if key == "perstag":
            rows = [row for row in rows if row["perstag"].lower() == value.lower()]
    answer = paged(call, "fields", [_shape_field(call, row) for row in rows])
    shown = [int(field["id"]) for field in answer.body["fields"]]
    return Answer(
        200,
        {
            "fieldOptions": [
                shape_option(call, row) for field in shown for row in call.account.fields.options_of(field)
            ],
            "fieldRels": [
                _shape_rel(row) for field in shown for row in call.account.fields.relations_of(field)
            ],
            **answer.body,
        },
    )


def show_field(call: Call) -> Answer:
    """`GET /fields/{id}`."""
    return _answer_field(call, 200, call.id)


def create_field(call: Call) -> Answer:
    """`POST /fields`: 201; 422 for a title that is taken (custom fields reference)."""
    data = call.object("field")
    title, field_type = text_of(data.get("title")), text_of(data.get("type"))
    for name, value in (("title", title), ("type", field_type)):
        if not value:
            return errors.invalid(f"The field {name} was not provided.", "field_missing", name)
    if field_type not in TYPES:
        return errors.invalid("The field type is not valid.", "field_invalid", "type")
    if call.account.fields.find(title) is not None:
        return errors.invalid("There is already a field with this title", "duplicate", "title")
    field = call.account.fields.create(title, field_type, perstag=text_of(data.get("perstag")))
    return _answer_field(call, 201, field)


def delete_field(call: Call) -> Answer:
    """`DELETE /fields/{id}`."""
    if not call.account.fields.delete(call.id):
        return errors.no_result("Field", call.id)
    return Answer(200, {})


def list_options(call: Call) -> Answer:
    """`GET /fields/{id}/options`, where a field's `options` link leads (its body is assumed)."""
    if call.account.fields.get(call.id) is None:
        return errors.no_result("Field", call.id)
    return paged(
        call, "fieldOptions", [shape_option(call, row) for row in call.account.fields.options_of(call.id)]
    )


def create_options(call: Call) -> Answer:
    """`POST /fieldOption/bulk` (custom fields reference)."""
    try:
        entries = call.payload["fieldOptions"]
        wanted = [
            (
                int(entry["field"]),
                Option(str(entry["value"]), str(entry["label"]), bool(entry.get("isdefault"))),
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(Answer(400, {"errors": [{"status": 400, "title": "Bad Request"}]})) from error
    unknown = [field for field, _ in wanted if call.account.fields.get(field) is None]
    if unknown:
        return errors.related_missing("Field", unknown[0])
    ids = [option for field, entry in wanted for option in call.account.fields.add_options(field, [entry])]
    rows = [row for option in ids if (row := call.account.fields.option(option))]
    return Answer(201, {"fieldOptions": [shape_option(call, row) for row in rows]})


def create_relation(call: Call) -> Answer:
    """`POST /fieldRels`: shows a field on a list; `relid` 0 is all lists (custom fields reference)."""
    data = call.object("fieldRel")
    field = required_id(data, "field", errors.missing)
    list_id = required_id(data, "relid", errors.missing)
    if call.account.fields.get(field) is None:
        return errors.related_missing("Field", field)
    if list_id and call.account.lists.get(list_id) is None:
        return errors.related_missing("_List", list_id)
    return Answer(201, {"fieldRel": _shape_rel(call.account.fields.relate(field, list_id))})


def list_values(call: Call) -> Answer:
    """`GET /fieldValues`: `filters[fieldid]`, `filters[val]`, paging."""
    wanted = {key: value for key, _, value in call.bracketed("filters")}
    limit, offset = call.page()
    rows, total = call.account.fields.find_values(wanted.get("fieldid"), wanted.get("val"), limit, offset)
    return Answer(
        200, {"fieldValues": [shape_value(call, row) for row in rows], "meta": {"total": str(total)}}
    )


def show_value(call: Call) -> Answer:
    """`GET /fieldValues/{id}`."""
    row = call.account.fields.value(call.id)
    if row is None:
        return errors.no_result("FieldValue", call.id)
    return Answer(200, {"fieldValue": shape_value(call, row)})


def write_value(call: Call) -> Answer:
    """`POST /fieldValues` and `PUT /fieldValues/{id}`: 200 (custom field values reference)."""
    data = call.object("fieldValue")
    contact = required_id(data, "contact", errors.missing)
    field = required_id(data, "field", errors.missing)
    row = call.account.contacts.get(contact)
    if row is None:
        return errors.related_missing("Subscriber", contact)
    if call.account.fields.get(field) is None:
        return errors.related_missing("Field", field)
    call.account.fields.set_values([Value(contact, field, text_of(data.get("value")))], call.source())
    written = call.account.fields.value_of(contact, field)
    if written is None:  # pragma: no cover
        raise AssertionError
    return Answer(200, {"contacts": [{"id": str(contact)}], "fieldValue": shape_value(call, written)})


def delete_value(call: Call) -> Answer:
    """`DELETE /fieldValues/{id}`."""
    if not call.account.fields.delete_value(call.id):
        return errors.no_result("FieldValue", call.id)
    return Answer(200, {})


def shape_value(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a contact's value as the API shows it."""
    return {
        "contact": str(row["contact"]),
        "field": str(row["field"]),
        "value": row["value"],
        "cdate": row["cdate"],
        "udate": row["udate"],
        "created_by": "0",
        "updated_by": "0",
        "links": {link: call.link(f"/fieldValues/{row['id']}/{link}") for link in ("owner", "field")},
        "id": str(row["id"]),
        "owner": str(row["contact"]),
    }


def shape_option(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a field's choice as the API shows it."""
    return {
        "field": str(row["field"]),
        "orderid": str(row["orderid"]),
        "value": row["value"],
        "label": row["label"],
        "isdefault": str(row["isdefault"]),
        "cdate": None,
        "udate": None,
        "links": {"field": call.link(f"/fieldOptions/{row['id']}/field")},
        "id": str(row["id"]),
    }


def _answer_field(call: Call, status: int, field: int) -> Answer:
    row = call.account.fields.get(field)
    if row is None:
        return errors.no_result("Field", field)
    options = [shape_option(call, option) for option in call.account.fields.options_of(field)]
    return Answer(status, {"fieldOptions": options, "fieldRels": [], "field": _shape_field(call, row)})


def _shape_field(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    fields = call.account.fields
    return {
        "title": row["title"],
        "descript": row["descript"],
        "type": row["type"],
        "isrequired": str(row["isrequired"]),
        "perstag": row["perstag"],
        "defval": row["defval"],
        "show_in_list": "0",
        "rows": "0",
        "cols": "0",
        "visible": str(row["visible"]),
        "service": "",
        "ordernum": str(row["ordernum"]),
        "cdate": row["cdate"],
        "udate": row["cdate"],
        "options": [str(option["id"]) for option in fields.options_of(row["id"])],
        "relations": [str(relation["id"]) for relation in fields.relations_of(row["id"])],
        "links": {link: call.link(f"/fields/{row['id']}/{link}") for link in ("options", "relations")},
        "id": str(row["id"]),
    }


def _shape_rel(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "field": str(row["field"]),
        "relid": str(row["relid"]),
        "dorder": "0",
        "cdate": row["cdate"],
        "links": [],
        "id": str(row["id"]),
    }
