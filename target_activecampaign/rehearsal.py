"""A dry run: everything but the writes, and what the run that follows would take."""

from __future__ import annotations

import itertools
import typing as t

from target_activecampaign.answers import Accepted

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.answers import Membership
    from target_activecampaign.client import Client
    from target_activecampaign.contact import Contact

_REQUESTS_PER_IMPORT = 2.35
"""Itself, and the looks at it (`following`); what `verify` reads back comes out of what is to spare."""

_HIDDEN = "***"


class Rehearsal:
    """Stands in for the client: reads from the account, and takes imports without sending them."""

    def __init__(self, client: Client) -> None:
        """Prepare.

        Args:
            client: Reads.
        """
        self._client = client
        self._numbers = itertools.count(1)

    def submit(self, body: bytes, contacts: int, departs: Callable[[], None] = lambda: None) -> Accepted:  # noqa: ARG002 - as the client's
        """Take an import and let it end at once."""
        departs()
        return Accepted(f"rehearsed-{next(self._numbers)}", is_rehearsed=True)

    def memberships(self, email: str) -> dict[int, Membership] | None:
        """As the client's."""
        return self._client.memberships(email)


def plan(
    *,
    imports: int,
    requests_made: int,
    requests_per_second: int,
    imports_per_minute: int,
    first_contact: Contact | None,
) -> dict[str, t.Any]:
    """What the run that follows would take, for the report.

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
        "unsubscribe" if contact.unsubscribes else "subscribe": [{"listid": contact.list_id}],
    }
