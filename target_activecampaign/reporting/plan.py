"""The plan of a dry run: what the run that follows would take."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.contacts.contact import Contact

_REQUESTS_PER_IMPORT = 2.35
"""Itself and its polls (docs/design/polling.md). What `verify` reads back comes out of the spare ones."""

_HIDDEN = "***"


def plan_run(
    *,
    imports: int,
    requests_made: int,
    requests_per_second: int,
    imports_per_minute: int,
    first_contact: Contact | None,
) -> dict[str, t.Any]:
    """Describe the run that follows a dry run, for the report.

    Args:
        imports: That it would send.
        requests_made: By the dry run; the other will make them too.
        requests_per_second: As the setting of this name.
        imports_per_minute: As the setting of this name.
        first_contact: The first that it would send, if any.

    Returns:
        `imports`; `requests` and `minutes` at the configured limits, both about; `first_contact`, as it would
        be sent, with every value hidden.
    """
    requests = requests_made + round(_REQUESTS_PER_IMPORT * imports)
    minutes = max(imports / imports_per_minute, requests / requests_per_second / 60)
    return {
        "imports": imports,
        "requests": requests,
        "minutes": round(minutes, 1),
        "first_contact": None if first_contact is None else _masked(first_contact),
    }


def _masked(contact: Contact) -> dict[str, t.Any]:
    return {
        "email": f"{_HIDDEN}@{_HIDDEN}",
        **dict.fromkeys(contact.attributes, _HIDDEN),
        "fields": [{"id": field, "value": _HIDDEN} for field in contact.custom_fields],
        "tags": [_HIDDEN for _ in contact.tags],
        **_masked_lists(contact),
    }


def _masked_lists(contact: Contact) -> dict[str, t.Any]:
    lists = [{"listid": contact.list_id}]
    if contact.unsubscribes:
        return {"unsubscribe": lists}
    return {"subscribe": lists} if contact.subscribes else {}
