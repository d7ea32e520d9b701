"""A dry run: everything but the writes, and what the run that follows would take."""

from __future__ import annotations

import itertools
import json
import threading
import typing as t

from target_activecampaign.api.responses import SUBSCRIBED, UNSUBSCRIBED, Accepted, Membership
from target_activecampaign.storage.email_map import EmailMap

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.client import Client
    from target_activecampaign.contacts.contact import Contact

_REQUESTS_PER_IMPORT = 2.35
"""Itself, and the looks at it (`following`); what `verify` reads back comes out of what is to spare."""

_HIDDEN = "***"


class DryRun:
    """Stands in for the client: reads from the account, and takes imports without sending them.

    Threads may share it. Somebody who is put on a list and later taken off it in one run is looked up in
    between, so it remembers who would be on which list.
    """

    def __init__(self, client: Client, *, remembers_lists: bool) -> None:
        """Prepare.

        Args:
            client: Reads.
            remembers_lists: Whether somebody may be looked up whom the run itself put on a list.
        """
        self._client = client
        self._numbers = itertools.count(1)
        self._lists = EmailMap() if remembers_lists else None
        self._lock = threading.Lock()

    def submit(self, body: bytes, contacts: int, on_send: Callable[[], None] = lambda: None) -> Accepted:  # noqa: ARG002 - as the client's
        """Take an import and let it end at once."""
        on_send()
        if self._lists is not None:
            with self._lock:
                for contact in json.loads(body)["contacts"]:
                    self._remember(contact, self._lists)
        return Accepted(f"rehearsed-{next(self._numbers)}", is_dry_run=True)

    def memberships(self, email: str) -> dict[int, Membership] | None:
        """As the client's, with what the imports so far would have made of it."""
        found = self._client.memberships(email)
        if self._lists is None:
            return found
        with self._lock:
            remembered = self._lists.find([email]).get(email)
        if remembered is None:
            return found
        lists = dict(found or {})
        for part in remembered.decode().split():
            list_id, status = map(int, part.split(":"))
            real = lists.get(list_id)
            # Nobody who left a list is put on it again.
            if real is None or real.status == SUBSCRIBED:
                lists[list_id] = Membership(status, None)
        return lists

    def close(self) -> None:
        """Let go of what was kept on disk."""
        if self._lists is not None:
            self._lists.close()

    def _remember(self, contact: dict[str, t.Any], lists: EmailMap) -> None:
        email = contact["email"]
        remembered = dict(part.split(":") for part in lists.find([email]).get(email, b"").decode().split())
        for entry in contact.get("subscribe", ()):
            remembered.setdefault(str(entry["listid"]), str(SUBSCRIBED))
        for entry in contact.get("unsubscribe", ()):
            remembered[str(entry["listid"])] = str(UNSUBSCRIBED)
        text = " ".join(f"{list_id}:{status}" for list_id, status in remembered.items())
        lists.put_all({email: text.encode()})


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
