"""Owns the query of `GET /contacts`, and its SQL."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.state.storage import Storage

ORDERS = {
    "id": "contact.id",
    "cdate": "contact.cdate",
    "email": "contact.email",
    "first_name": "contact.first_name collate nocase",
    "last_name": "contact.last_name collate nocase",
    "name": "contact.last_name collate nocase",
    "score": "contact.id",
}
"""Sortable keys (contacts reference). Contacts have no score here, so `score` sorts by id."""
SMALL_RESULT = 20_000
"""Up to this many contacts, finding and sorting all is quicker than reading the table in order."""


@dataclass(frozen=True)
class ContactQuery:
    """Filters, order and page. A filter of `None` is off.

    Attributes:
        source: The id of a write that a value of the contact came from; of the page, not of the API.
        orders: Pairs of a key of `ORDERS` and whether it descends. Default is email, ascending (seen).
    """

    email: str | None = None
    email_like: str | None = None
    ids: tuple[int, ...] | None = None
    id_greater: int | None = None
    id_less: int | None = None
    exclude: int | None = None
    listid: int | None = None
    tagid: int | None = None
    source: int | None = None
    status: int | None = None
    phone: str | None = None
    search: str | None = None
    created_before: str | None = None
    created_after: str | None = None
    updated_before: str | None = None
    updated_after: str | None = None
    orders: tuple[tuple[str, bool], ...] = ()
    limit: int = 20
    offset: int = 0


_CLAUSES = {
    "email": "contact.email = :email",
    "email_like": "contact.email like :email_like escape '\\'",
    "ids": "contact.id in (select value from json_each(:ids))",
    "id_greater": "contact.id > :id_greater",
    "id_less": "contact.id < :id_less",
    "exclude": "contact.id <> :exclude",
    "tagid": "contact.id in (select contact from contact_tag where tag = :tagid)",
    "source": "(:source in (contact.source, first_name_source, last_name_source, phone_source, "
    "orgname_source) "
    "or contact.id in (select contact from membership where source = :source) "
    "or contact.id in (select contact from field_value where source = :source) "
    "or contact.id in (select contact from contact_tag where source = :source))",
    "phone": "substr(contact.phone, 1, length(:phone)) = :phone",
    "search": "(contact.email like :search escape '\\' or contact.first_name like :search escape '\\' "
    "or contact.last_name like :search escape '\\' or contact.phone like :search escape '\\' "
    "or contact.orgname like :search escape '\\')",
    "created_before": "datetime(contact.cdate) < datetime(:created_before)",
    "created_after": "datetime(contact.cdate) > datetime(:created_after)",
    "updated_before": "datetime(contact.udate) < datetime(:updated_before)",
    "updated_after": "datetime(contact.udate) > datetime(:updated_after)",
}


def select_contacts(storage: Storage, query: ContactQuery) -> tuple[list[sqlite3.Row], int]:
    """Return one page of contacts, and how many pass the filters."""
    clauses = [sql for name, sql in _CLAUSES.items() if getattr(query, name) is not None]
    clauses += _membership_clauses(storage, query)
    parameters = _parameters(query)
    # The SQL consists of fixed texts of this module; all values are parameters.
    where = " and ".join(clauses) or "true"
    few = _find_few(storage, where, parameters) if clauses else None
    if few is not None:
        total, where = len(few), "contact.id in (select value from json_each(:few))"
        parameters["few"] = json.dumps(few)
    else:
        total = _count(storage, query, clauses, parameters)
    page = f"from contact where {where} order by {_order(query)} limit :limit offset :offset"
    return storage.rows(f"select contact.* {page}", parameters) if query.limit else [], total


def _find_few(storage: Storage, where: str, parameters: dict[str, object]) -> list[int] | None:
    """Return the ids that pass the filters, `None` when they are more than `SMALL_RESULT`."""
    found = f"from contact where {where} limit {SMALL_RESULT + 1}"
    ids = [row["id"] for row in storage.rows(f"select contact.id {found}", parameters)]
    return ids if len(ids) <= SMALL_RESULT else None


def _parameters(query: ContactQuery) -> dict[str, object]:
    parameters = {name: getattr(query, name) for name in (*_CLAUSES, "listid", "status", "limit", "offset")}
    return {
        **parameters,
        "ids": json.dumps(query.ids),
        "email_like": _pattern(query.email_like),
        "search": _pattern(query.search),
    }


def _pattern(text: str | None) -> str | None:
    """Return the pattern with which `like` finds a text anywhere."""
    if text is None:
        return None
    escaped = re.sub(r"([%_\\])", r"\\\1", text)
    return f"%{escaped}%"


def _membership_clauses(storage: Storage, query: ContactQuery) -> list[str]:
    if query.listid is None and query.status is None:
        return []
    of_list = "" if query.listid is None else " and membership.list = :listid"
    of_status = "" if query.status is None else " and membership.status = :status"
    if query.listid is not None and _members(storage, query) <= SMALL_RESULT:
        members = f"from membership where true{of_list}{of_status}"
        return [f"contact.id in (select contact {members})"]
    members = f"from membership where membership.contact = contact.id{of_list}{of_status}"
    return [f"exists (select 1 {members})"]


def _members(storage: Storage, query: ContactQuery) -> int:
    """Count a list's members among the wanted ids, by the list's index alone."""
    clauses = [
        "list = :listid",
        *(_OF_MEMBERS[name] for name in _OF_MEMBERS if getattr(query, name) is not None),
    ]
    parameters = {name: getattr(query, name) for name in ("listid", *_OF_MEMBERS)}
    found = f"from membership where {' and '.join(clauses)}"
    return storage.number(f"select count(*) {found}", parameters)


_OF_MEMBERS = {
    "status": "status = :status",
    "id_greater": "contact > :id_greater",
    "id_less": "contact < :id_less",
    "exclude": "contact <> :exclude",
}


def _count(storage: Storage, query: ContactQuery, clauses: list[str], parameters: dict[str, object]) -> int:
    """Count the contacts that pass the filters; the usual counts of large accounts need no scan."""
    if not clauses:
        return storage.number("select value from setting where name = 'contacts'")
    active = {name for name in _CLAUSES if getattr(query, name) is not None}
    if query.listid is not None and active <= _OF_MEMBERS.keys():
        return _members(storage, query)
    found = f"from contact where {' and '.join(clauses)}"
    return storage.number(f"select count(*) {found}", parameters)


def _order(query: ContactQuery) -> str:
    orders = query.orders or (("email", False),)
    return ", ".join(f"{ORDERS[name]}{' desc' if descends else ''}" for name, descends in orders)
