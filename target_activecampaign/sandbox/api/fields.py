"""Owns `fields`, `fieldOption/bulk`, `fieldOptions/bulk`, `fieldRels` and `fieldValues`."""

from __future__ import annotations

import typing as t
from functools import partial

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.changes import shape_changes
from target_activecampaign.sandbox.api.paging import paged
from target_activecampaign.sandbox.api.request import required_id, required_row, text_of
from target_activecampaign.sandbox.api.response import ApiResponse, RequestRefusedError
from target_activecampaign.sandbox.state.fields import CHANGEABLE, TYPES, Option, Value

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest, Json


def list_fields(request: ApiRequest) -> ApiResponse:
    """Handle `GET /fields`: options and list links stand beside the page's fields (custom fields reference).

    Without a `limit` a page has 20: the reference says 20 in one place and 100 in another, and a client can
    only trip over 20.
    """
    rows = request.account.fields.all()
    for key, _, value in request.bracketed("filters"):
        if key == "perstag":
            rows = [row for row in rows if row["perstag"].lower() == value.lower()]
    response = paged(request, "fields", rows, partial(_shape_field, request))
    shown = [int(field["id"]) for field in response.body["fields"]]
    return ApiResponse(
        200,
        {
            "fieldOptions": [
                shape_option(request, row)
                for field in shown
                for row in request.account.fields.options_of(field)
            ],
            "fieldRels": [
                _shape_relation(row) for field in shown for row in request.account.fields.relations_of(field)
            ],
            **response.body,
        },
    )


def show_field(request: ApiRequest) -> ApiResponse:
    """Handle `GET /fields/{id}`."""
    return _respond_with_field(request, 200, request.id)


def create_field(request: ApiRequest) -> ApiResponse:
    """Handle `POST /fields`: 201; 422 for a title that exists (custom fields reference)."""
    data = request.object("field")
    title, field_type = text_of(data.get("title")), text_of(data.get("type"))
    for name, value in (("title", title), ("type", field_type)):
        if not value:
            return errors.invalid(f"The field {name} was not provided.", "field_missing", name)
    if field_type not in TYPES:
        return errors.invalid("The field type is not valid.", "field_invalid", "type")
    if request.account.fields.find(title) is not None:
        return errors.invalid("There is already a field with this title", "duplicate", "title")
    field = request.account.fields.create(title, field_type, perstag=text_of(data.get("perstag")))
    return _respond_with_field(request, 201, field)


def update_field(request: ApiRequest) -> ApiResponse:
    """Handle `PUT /fields/{id}`: 200 (custom fields reference); what is not sent stays as it is (assumed)."""
    data = request.object("field")
    changes = {name: text_of(data[name]) for name in CHANGEABLE if name in data}
    required_row(request.account.fields.get(request.id), "Field", request.id)
    other = request.account.fields.find(changes.get("title", ""))
    if other is not None and other["id"] != request.id:
        return errors.invalid("There is already a field with this title", "duplicate", "title")
    request.account.fields.update(request.id, changes)
    return _respond_with_field(request, 200, request.id)


def delete_field(request: ApiRequest) -> ApiResponse:
    """Handle `DELETE /fields/{id}`."""
    if not request.account.fields.delete(request.id):
        return errors.no_result("Field", request.id)
    return ApiResponse(200, {})


def list_options(request: ApiRequest) -> ApiResponse:
    """Handle `GET /fields/{id}/options`, the target of a field's `options` link (its body is assumed)."""
    field = required_row(request.account.fields.get(request.id), "Field", request.id)
    options = request.account.fields.options_of(field["id"])
    return paged(request, "fieldOptions", options, partial(shape_option, request))


def create_options(request: ApiRequest) -> ApiResponse:
    """Handle `POST /fieldOption/bulk` (custom fields reference; `fieldOptions`: the provider's client)."""
    try:
        entries = request.payload["fieldOptions"]
        wanted = [
            (
                int(entry["field"]),
                Option(str(entry["value"]), str(entry["label"]), bool(entry.get("isdefault"))),
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestRefusedError(errors.BAD_REQUEST) from error
    for field, _ in wanted:
        required_row(request.account.fields.get(field), "Field", field)
    ids = [option for field, entry in wanted for option in request.account.fields.add_options(field, [entry])]
    rows = [row for option in ids if (row := request.account.fields.option(option))]
    return ApiResponse(201, {"fieldOptions": [shape_option(request, row) for row in rows]})


def list_relations(request: ApiRequest) -> ApiResponse:
    """Handle `GET /fieldRels`, in pages."""
    return paged(request, "fieldRels", request.account.fields.relations(), _shape_relation)


def create_relation(request: ApiRequest) -> ApiResponse:
    """Handle `POST /fieldRels`: show a field on a list, 0 for all lists (custom fields reference)."""
    data = request.object("fieldRel")
    field = required_id(data, "field")
    list_id = required_id(data, "relid")
    required_row(request.account.fields.get(field), "Field", field)
    if list_id:
        required_row(request.account.lists.get(list_id), "_List", list_id)
    return ApiResponse(201, {"fieldRel": _shape_relation(request.account.fields.relate(field, list_id))})


def list_values(request: ApiRequest) -> ApiResponse:
    """Handle `GET /fieldValues`: `filters[fieldid]`, `filters[val]`, paging."""
    wanted = {key: value for key, _, value in request.bracketed("filters")}
    limit, offset = request.page()
    rows, total = request.account.fields.find_values(wanted.get("fieldid"), wanted.get("val"), limit, offset)
    return ApiResponse(
        200, {"fieldValues": [shape_value(request, row) for row in rows], "meta": {"total": str(total)}}
    )


def show_value(request: ApiRequest) -> ApiResponse:
    """Handle `GET /fieldValues/{id}`."""
    row = required_row(request.account.fields.value(request.id), "FieldValue", request.id)
    return ApiResponse(200, {"fieldValue": shape_value(request, row)})


def write_value(request: ApiRequest) -> ApiResponse:
    """Handle `POST /fieldValues`: 200 (custom field values reference)."""
    return _write_value(request, request.object("fieldValue"))


def update_value(request: ApiRequest) -> ApiResponse:
    """Handle `PUT /fieldValues/{id}`: 200; the provider's own client sends the value alone."""
    row = required_row(request.account.fields.value(request.id), "FieldValue", request.id)
    known = {"contact": row["contact"], "field": row["field"]}
    return _write_value(request, {**known, **request.object("fieldValue")})


def delete_value(request: ApiRequest) -> ApiResponse:
    """Handle `DELETE /fieldValues/{id}`."""
    if not request.account.fields.delete_value(request.id):
        return errors.no_result("FieldValue", request.id)
    return ApiResponse(200, {})


def shape_value(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a contact's value as the API shows it."""
    return {
        "contact": str(row["contact"]),
        "field": str(row["field"]),
        "value": row["value"],
        "cdate": row["cdate"],
        "udate": row["udate"],
        "created_by": "0",
        "updated_by": "0",
        "links": request.links(f"/fieldValues/{row['id']}", "owner", "field"),
        "id": str(row["id"]),
        "owner": str(row["contact"]),
    }


def shape_option(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a field's option as the API shows it."""
    return {
        "field": str(row["field"]),
        "orderid": str(row["orderid"]),
        "value": row["value"],
        "label": row["label"],
        "isdefault": str(row["isdefault"]),
        "cdate": None,
        "udate": None,
        "links": request.links(f"/fieldOptions/{row['id']}", "field"),
        "id": str(row["id"]),
    }


def _write_value(request: ApiRequest, data: Json) -> ApiResponse:
    contact = required_id(data, "contact")
    field = required_id(data, "field")
    required_row(request.account.contacts.get(contact), "Subscriber", contact)
    required_row(request.account.fields.get(field), "Field", field)
    request.account.fields.set_values(
        [Value(contact, field, text_of(data.get("value")))], request.add_source()
    )
    written = request.account.fields.value_of(contact, field)
    return ApiResponse(200, {"contacts": [{"id": str(contact)}], "fieldValue": shape_value(request, written)})


def _respond_with_field(request: ApiRequest, status: int, field: int) -> ApiResponse:
    row = required_row(request.account.fields.get(field), "Field", field)
    options = [shape_option(request, option) for option in request.account.fields.options_of(field)]
    return ApiResponse(
        status, {"fieldOptions": options, "fieldRels": [], "field": _shape_field(request, row)}
    )


def _shape_field(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    fields = request.account.fields
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
        "udate": row["udate"] or row["cdate"],
        **shape_changes(row["cdate"], row["udate"], "0"),
        "options": [str(option["id"]) for option in fields.options_of(row["id"])],
        "relations": [str(relation["id"]) for relation in fields.relations_of(row["id"])],
        "links": request.links(f"/fields/{row['id']}", "options", "relations"),
        "id": str(row["id"]),
    }


def _shape_relation(row: sqlite3.Row) -> dict[str, t.Any]:
    return {
        "field": str(row["field"]),
        "relid": str(row["relid"]),
        "dorder": "0",
        "cdate": row["cdate"],
        "links": [],
        "id": str(row["id"]),
    }
