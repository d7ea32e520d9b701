"""Owns `contacts` and `contact/sync`."""

from __future__ import annotations

import hashlib
import typing as t

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.contact_shape import shape_contact
from target_activecampaign.sandbox.api.fields import shape_value
from target_activecampaign.sandbox.api.memberships import shape_membership
from target_activecampaign.sandbox.api.request import read_id, required_row, text_of
from target_activecampaign.sandbox.api.response import ApiResponse, RequestRefusedError
from target_activecampaign.sandbox.api.tags import shape_contact_tag
from target_activecampaign.sandbox.state.addresses import is_valid_address
from target_activecampaign.sandbox.state.contact_query import ORDERS, ContactQuery
from target_activecampaign.sandbox.state.contacts import ContactData

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest, Json


def list_contacts(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contacts` with its filters, orders and paging (contacts reference)."""
    query = _read_query(request)
    rows, total = request.account.contacts.find(query)
    body: dict[str, t.Any] = {
        "scoreValues": [],
        "contacts": [shape_contact(request, row) for row in rows],
        "meta": {"page_input": _page_input(request, query), "total": str(total), "sortable": True},
    }
    if "contactLists" in (request.parameter("include") or "").split(","):
        memberships = [membership for row in rows for membership in request.account.lists.of(row["id"])]
        body["contactLists"] = [shape_membership(request, membership) for membership in memberships]
    return ApiResponse(200, body)


def show_contact(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contacts/{id}` (contacts reference; the keys beside the contact are assumed)."""
    row = _contact(request)
    return ApiResponse(
        200,
        {
            "contactLists": [
                shape_membership(request, membership) for membership in request.account.lists.of(request.id)
            ],
            "fieldValues": [
                shape_value(request, value) for value in request.account.fields.values_of(request.id)
            ],
            "contact": shape_contact(request, row),
        },
    )


def create_contact(request: ApiRequest) -> ApiResponse:
    """Handle `POST /contacts`: 201; 422 when the email exists (contacts reference)."""
    data = request.object("contact")
    email = _checked_email(data, is_required=not data.get("allowNullEmail"))
    if email is not None and request.account.contacts.with_email(email) is not None:
        return _duplicate()
    contact = request.account.contacts.create(_read_data(data, email), request.add_source())
    return _respond_with_contact(request, 201, contact, data)


def sync_contact(request: ApiRequest) -> ApiResponse:
    """Handle `POST /contact/sync`: 201 for a new contact (reference), 200 for a known one (recorded)."""
    data = request.object("contact")
    email = _checked_email(data, is_required=True)
    known = request.account.contacts.with_email(email) if email else None
    if known is None:
        return _respond_with_contact(
            request, 201, request.account.contacts.create(_read_data(data, email), request.add_source()), data
        )
    request.account.contacts.update(known["id"], _read_data(data, None), request.add_source())
    return _respond_with_contact(request, 200, known["id"], data)


def update_contact(request: ApiRequest) -> ApiResponse:
    """Handle `PUT /contacts/{id}`: 200 (reference); 422 for an email of another contact (assumed)."""
    _contact(request)
    data = request.object("contact")
    email = _checked_email(data, is_required=False)
    holder = request.account.contacts.with_email(email) if email else None
    if holder is not None and holder["id"] != request.id:
        return _duplicate()
    request.account.contacts.update(request.id, _read_data(data, email), request.add_source())
    return _respond_with_contact(request, 200, request.id, data)


def delete_contact(request: ApiRequest) -> ApiResponse:
    """Handle `DELETE /contacts/{id}`: 200 with `{}` (reference). That the contact is gone is assumed."""
    if not request.account.contacts.delete(request.id):
        return ApiResponse(404, {"message": f"No result found for contact with id {request.id}"})
    return ApiResponse(200, {})


def list_contact_values(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contacts/{id}/fieldValues`."""
    _contact(request)
    return ApiResponse(
        200,
        {"fieldValues": [shape_value(request, row) for row in request.account.fields.values_of(request.id)]},
    )


def list_contact_tags(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contacts/{id}/contactTags`."""
    _contact(request)
    return ApiResponse(
        200, {"contactTags": [shape_contact_tag(row) for row in request.account.tags.of(request.id)]}
    )


def list_contact_memberships(request: ApiRequest) -> ApiResponse:
    """Handle `GET /contacts/{id}/contactLists`, which has no `meta` (contacts reference)."""
    _contact(request)
    rows = request.account.lists.of(request.id)
    return ApiResponse(200, {"contactLists": [shape_membership(request, row) for row in rows]})


def _read_query(request: ApiRequest) -> ContactQuery:
    """Return the query of `GET /contacts`; a malformed number is ignored (assumed)."""
    dates = {key: value for key, _, value in request.bracketed("filters") if key in _DATE_FILTERS}
    numbers = (read_id(value) for key, value in request.query if key in ("ids[]", "ids"))
    ids = tuple(number for number in numbers if number is not None)
    orders = tuple(
        (key, direction.lower() == "desc")
        for key, _, direction in request.bracketed("orders")
        if key in ORDERS
    )
    status = request.number("status")
    limit, offset = request.page()
    return ContactQuery(
        email=request.parameter("email") or None,
        email_like=request.parameter("email_like") or None,
        ids=ids or None,
        id_greater=request.number("id_greater"),
        id_less=request.number("id_less"),
        exclude=request.number("exclude"),
        listid=request.number("listid") or None,
        tagid=request.number("tagid") or None,
        status=None if status is None or status < 0 else status,
        phone=request.parameter("phone") or None,
        search=request.parameter("search") or None,
        created_before=dates.get("created_before"),
        created_after=dates.get("created_after"),
        updated_before=dates.get("updated_before"),
        updated_after=dates.get("updated_after"),
        orders=orders,
        limit=limit,
        offset=offset,
    )


_DATE_FILTERS = frozenset({"created_before", "created_after", "updated_before", "updated_after"})


def _contact(request: ApiRequest) -> sqlite3.Row:
    return required_row(request.account.contacts.get(request.id), "Subscriber", request.id)


def _checked_email(data: Json, *, is_required: bool) -> str | None:
    email = text_of(data.get("email")).strip()
    if email and not is_valid_address(email):
        # Title and code are assumed.
        raise RequestRefusedError(
            errors.invalid("Contact Email Address is not valid.", "email_invalid", "email")
        )
    if not email and is_required:
        raise RequestRefusedError(errors.invalid("Email address is required.", "field_missing", "email"))
    return email or None


def _duplicate() -> ApiResponse:
    return errors.invalid("Email address already exists in the system", "duplicate", "email")


def _read_data(data: Json, email: str | None) -> ContactData:
    entries = data.get("fieldValues")
    values = {
        field: text_of(entry.get("value"))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and (field := read_id(entry.get("field"))) is not None
    }
    first_name, last_name, phone, orgname = (
        text_of(data[name]) if name in data else None
        for name in ("firstName", "lastName", "phone", "orgname")
    )
    return ContactData(email, first_name, last_name, phone, orgname, values)


def _respond_with_contact(request: ApiRequest, status: int, contact: int, data: Json) -> ApiResponse:
    """Return a written contact, with `fieldValues` beside it when some were sent (recorded)."""
    row = required_row(request.account.contacts.get(contact), "Subscriber", contact)
    body: dict[str, t.Any] = {}
    if data.get("fieldValues"):
        body["fieldValues"] = [
            shape_value(request, value) for value in request.account.fields.values_of(contact)
        ]
    return ApiResponse(status, {**body, "contact": shape_contact(request, row)})


def _page_input(request: ApiRequest, query: ContactQuery) -> dict[str, t.Any]:
    return {
        "segmentid": None,
        "formid": 0,
        "listid": query.listid or 0,
        "tagid": query.tagid or 0,
        "limit": query.limit,
        "offset": query.offset,
        "search": query.search,
        "sort": None,
        "seriesid": 0,
        "waitid": 0,
        "status": -1 if query.status is None else query.status,
        "forceQuery": 0,
        "cacheid": hashlib.md5(repr(request.query).encode(), usedforsecurity=False).hexdigest(),
    }
