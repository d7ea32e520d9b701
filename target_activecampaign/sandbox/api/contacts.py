"""`contacts` and `contact/sync`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.call import Answer, Refusal, read_id, text_of
from target_activecampaign.sandbox.api.contact_shape import shape_contact
from target_activecampaign.sandbox.api.fields import shape_value
from target_activecampaign.sandbox.api.memberships import shape_membership
from target_activecampaign.sandbox.api.tags import shape_contact_tag
from target_activecampaign.sandbox.state.addresses import is_valid_address
from target_activecampaign.sandbox.state.contact_query import ORDERS, ContactQuery
from target_activecampaign.sandbox.state.contacts import ContactData

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call, Json


def list_contacts(call: Call) -> Answer:
    """`GET /contacts` with its filters, orders and paging (contacts reference)."""
    query = read_query(call)
    rows, total = call.account.contacts.find(query)
    body: dict[str, Any] = {
        "scoreValues": [],
        "contacts": [shape_contact(call, row) for row in rows],
        "meta": {"page_input": _page_input(call, query), "total": str(total), "sortable": True},
    }
    if "contactLists" in (call.parameter("include") or "").split(","):
        memberships = [membership for row in rows for membership in call.account.lists.of(row["id"])]
        body["contactLists"] = [shape_membership(call, membership) for membership in memberships]
    return Answer(200, body)


def show_contact(call: Call) -> Answer:
    """`GET /contacts/{id}` (contacts reference; what stands beside the contact is assumed)."""
    row = _contact(call)
    return Answer(
        200,
        {
            "contactLists": [
                shape_membership(call, membership) for membership in call.account.lists.of(call.id)
            ],
            "fieldValues": [shape_value(call, value) for value in call.account.fields.values_of(call.id)],
            "contact": shape_contact(call, row),
        },
    )


def create_contact(call: Call) -> Answer:
    """`POST /contacts`: 201; 422 when the email exists (contacts reference)."""
    data = call.object("contact")
    email = _checked_email(data, is_required=not data.get("allowNullEmail"))
    if email is not None and call.account.contacts.with_email(email) is not None:
        return _taken()
    contact = call.account.contacts.create(_read_data(data, email), call.source())
    return _written(call, 201, contact, data)


def sync_contact(call: Call) -> Answer:
    """`POST /contact/sync`: 201 for a new contact (contacts reference), 200 for a known one (recorded)."""
    data = call.object("contact")
    email = _checked_email(data, is_required=True)
    known = call.account.contacts.with_email(email) if email else None
    if known is None:
        return _written(call, 201, call.account.contacts.create(_read_data(data, email), call.source()), data)
    call.account.contacts.update(known["id"], _read_data(data, None), call.source())
    return _written(call, 200, known["id"], data)


def update_contact(call: Call) -> Answer:
    """`PUT /contacts/{id}`: 200 (contacts reference); 422 for an email that another contact has (assumed)."""
    _contact(call)
    data = call.object("contact")
    email = _checked_email(data, is_required=False)
    holder = call.account.contacts.with_email(email) if email else None
    if holder is not None and holder["id"] != call.id:
        return _taken()
    call.account.contacts.update(call.id, _read_data(data, email), call.source())
    return _written(call, 200, call.id, data)


def delete_contact(call: Call) -> Answer:
    """`DELETE /contacts/{id}`: 200 with `{}` (contacts reference). That it is gone for good is assumed."""
    if not call.account.contacts.delete(call.id):
        return Answer(404, {"message": f"No result found for contact with id {call.id}"})
    return Answer(200, {})


def list_contact_values(call: Call) -> Answer:
    """`GET /contacts/{id}/fieldValues`."""
    _contact(call)
    return Answer(
        200, {"fieldValues": [shape_value(call, row) for row in call.account.fields.values_of(call.id)]}
    )


def list_contact_tags(call: Call) -> Answer:
    """`GET /contacts/{id}/contactTags`."""
    _contact(call)
    return Answer(200, {"contactTags": [shape_contact_tag(row) for row in call.account.tags.of(call.id)]})


def list_contact_memberships(call: Call) -> Answer:
    """`GET /contacts/{id}/contactLists`: without `meta` (contacts reference)."""
    _contact(call)
    rows = call.account.lists.of(call.id)
    return Answer(200, {"contactLists": [shape_membership(call, row) for row in rows]})


def read_query(call: Call) -> ContactQuery:
    """Return what `GET /contacts` was asked for; a number that is none is ignored (assumed)."""
    dates = {key: value for key, _, value in call.bracketed("filters") if key in _DATE_FILTERS}
    asked = (read_id(value) for key, value in call.query if key in ("ids[]", "ids"))
    ids = tuple(number for number in asked if number is not None)
    orders = tuple(
        (key, direction.lower() == "desc") for key, _, direction in call.bracketed("orders") if key in ORDERS
    )
    status = call.number("status")
    limit, offset = call.page()
    return ContactQuery(
        email=call.parameter("email") or None,
        email_like=call.parameter("email_like") or None,
        ids=ids or None,
        id_greater=call.number("id_greater"),
        id_less=call.number("id_less"),
        exclude=call.number("exclude"),
        listid=call.number("listid") or None,
        tagid=call.number("tagid") or None,
        status=None if status is None or status < 0 else status,
        phone=call.parameter("phone") or None,
        search=call.parameter("search") or None,
        created_before=dates.get("created_before"),
        created_after=dates.get("created_after"),
        updated_before=dates.get("updated_before"),
        updated_after=dates.get("updated_after"),
        orders=orders,
        limit=limit,
        offset=offset,
    )


_DATE_FILTERS = frozenset({"created_before", "created_after", "updated_before", "updated_after"})


def _contact(call: Call) -> sqlite3.Row:
    row = call.account.contacts.get(call.id)
    if row is None:
        raise Refusal(errors.no_result("Subscriber", call.id))
    return row


def _checked_email(data: Json, *, is_required: bool) -> str | None:
    email = text_of(data.get("email")).strip()
    if email and not is_valid_address(email):
        # Title and code are assumed.
        raise Refusal(errors.invalid("Contact Email Address is not valid.", "email_invalid", "email"))
    if not email and is_required:
        raise Refusal(errors.invalid("Email address is required.", "field_missing", "email"))
    return email or None


def _taken() -> Answer:
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


def _written(call: Call, status: int, contact: int, data: Json) -> Answer:
    """Answer a write: `fieldValues` stand beside the contact when some were sent (recorded)."""
    row = call.account.contacts.get(contact)
    if row is None:  # pragma: no cover
        raise AssertionError
    body: dict[str, Any] = {}
    if data.get("fieldValues"):
        body["fieldValues"] = [shape_value(call, value) for value in call.account.fields.values_of(contact)]
    return Answer(status, {**body, "contact": shape_contact(call, row)})


def _page_input(call: Call, query: ContactQuery) -> dict[str, Any]:
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
        "cacheid": hashlib.md5(repr(call.query).encode(), usedforsecurity=False).hexdigest(),
    }
