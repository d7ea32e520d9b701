"""The plan of a dry run: what the run that follows would take."""

from __future__ import annotations

import math
import typing as t

from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from target_activecampaign.contacts.contact import Contact

_REQUESTS_PER_IMPORT = 2.35
"""Itself and its polls (docs/design/polling.md). A sample that is read back comes out of spare ones."""
_FEWEST_BY_PAGES = 10
_MORE_PAGES = 3  # the last one, which is empty, and looks at both ways to read a list

_HIDDEN = "***"


def plan_run(  # noqa: PLR0913 - figures, each with its name
    *,
    imports: int,
    requests_made: int,
    requests_per_second: int,
    imports_per_minute: int,
    first_contact: Contact | None,
    verified: int = 0,
    account_contacts: int = 0,
    taken_off: int = 0,
) -> dict[str, t.Any]:
    """Describe the run that follows a dry run, for the report.

    Args:
        imports: That it would send.
        requests_made: By the dry run; the other will make them too.
        requests_per_second: As the setting of this name.
        imports_per_minute: As the setting of this name.
        first_contact: The first that it would send, if any.
        verified: Contacts that it would read back, each of them.
        account_contacts: What the account has; 0 where that is not known.
        taken_off: People whose memberships it would read again after they were taken off a list.

    Returns:
        `imports`; `requests` and `minutes` at the configured limits, both about; `first_contact`, as it would
        be sent, with every value hidden.
    """
    requests = requests_made + round(_REQUESTS_PER_IMPORT * imports)
    requests += _to_verify(verified, imports, account_contacts) + _to_confirm(taken_off)
    minutes = max(imports / imports_per_minute, requests / requests_per_second / 60)
    return {
        "imports": imports,
        "requests": requests,
        "minutes": round(minutes, 1),
        "first_contact": None if first_contact is None else _masked(first_contact),
    }


def _to_verify(contacts: int, imports: int, account_contacts: int) -> int:
    """Return the requests that read contacts back, by pages of the account where these are fewer."""
    by_pages = imports * (math.ceil(account_contacts / PAGE_SIZE) + 1)
    return min(contacts, by_pages) if account_contacts else contacts


def _to_confirm(people: int) -> int:
    """Return the requests that show who is off a list, most of them pages of those who have left it."""
    return people if people < _FEWEST_BY_PAGES else math.ceil(people / PAGE_SIZE) + _MORE_PAGES


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
