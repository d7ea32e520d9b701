"""An account in memory, for tests of the delivery, and the model of what records do to it one by one."""

from __future__ import annotations

import json
import random
import threading
import typing as t
from dataclasses import dataclass, field

from target_activecampaign.api.contact_pages import ContactPage
from target_activecampaign.api.memberships import NOT_THERE, ContactLists
from target_activecampaign.api.responses import Accepted, Contract, ImportStatus, Membership, Refused

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_activecampaign.contacts.contact import Contact
    from target_activecampaign.delivery.batch import Batch

SUBSCRIBED, UNSUBSCRIBED = 1, 2


@dataclass
class Person:
    """One contact of the account."""

    attributes: dict[str, str] = field(default_factory=dict)
    custom_fields: dict[int, str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    lists: dict[int, int] = field(default_factory=dict)

    def apply(self, item: dict[str, t.Any]) -> None:
        self.attributes.update(
            {
                key: item[key]
                for key in ("first_name", "last_name", "phone", "customer_acct_name")
                if key in item
            },
        )
        self.custom_fields.update({entry["id"]: entry["value"] for entry in item.get("fields", ())})
        self.tags.update(item.get("tags", ()))
        # Who left a list is not put on it again (bulk importer reference).
        for entry in item.get("subscribe", ()):
            self.lists.setdefault(entry["listid"], SUBSCRIBED)
        for entry in item.get("unsubscribe", ()):
            if entry["listid"] in self.lists:
                self.lists[entry["listid"]] = UNSUBSCRIBED


def apply_one_by_one(contacts: Iterable[Contact]) -> dict[str, Person]:
    """The account after every contact was sent by itself, in order; nobody is made by being taken off."""
    people: dict[str, Person] = {}
    for contact in contacts:
        if contact.email in people or not contact.unsubscribes:
            people.setdefault(contact.email, Person()).apply(json.loads(contact.body))
    return people


class FakeAccount:
    """Stands in for the account: imports end in any order, and apply when they end."""

    def __init__(self, seed: int = 0, *, limit: int = 10**9, looks_until_end: int = 3) -> None:
        self.people: dict[str, Person] = {}
        self.limit = limit
        self.requests = 0
        self.pages = 0
        self.bodies: list[bytes] = []
        self.refuse: Callable[[list[dict[str, t.Any]]], Refused | None] = lambda _: None
        self.fails: set[str] = set()
        self.most_people = 0
        self.fails_whole: Callable[[list[dict[str, t.Any]]], int | None] = lambda _: None
        self.skips: set[str] = set()
        self.unsubscribed: set[str] = set()
        self.read_back: list[str] = []
        self._random = random.Random(seed)  # noqa: S311 - a test
        self._looks_until_end = looks_until_end
        self._open: dict[str, tuple[int, list[dict[str, t.Any]]]] = {}
        self._lock = threading.Lock()

    def submit(self, batch: Batch, on_send: Callable[[], None]) -> Accepted | Refused:
        on_send()
        body = batch.encode()
        items = json.loads(body)["contacts"]
        assert len(items) == len(batch)
        assert len({item["email"] for item in items}) == len(batch), "an address stands in a request twice"
        with self._lock:
            self.requests += 1
            if refused := self.refuse(items):
                return refused
            self.bodies.append(body)
            import_id = f"import-{len(self.bodies)}"
            self._open[import_id] = (self._random.randrange(self._looks_until_end), items)
            return Accepted(import_id)

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        on_send()
        with self._lock:
            self.requests += 1
            looks, items = self._open[import_id]
            if looks:
                self._open[import_id] = (looks - 1, items)
                return ImportStatus("open")
            del self._open[import_id]
            return self._end(items)

    def memberships(self, email: str) -> ContactLists:
        with self._lock:
            self.requests += 1
            self.read_back.append(email)
            person = self.people.get(email)
            if person is None:
                return NOT_THERE
            left = email in self.unsubscribed
            return ContactLists(
                by_list={
                    list_id: Membership(UNSUBSCRIBED if left else status, None)
                    for list_id, status in person.lists.items()
                }
            )

    def contact_page(
        self,
        after_id: int,
        *,
        is_read_back: bool = False,
        list_id: int | None = None,
        list_status: int = SUBSCRIBED,
    ) -> ContactPage:
        with self._lock:
            self.requests += 1
            self.pages += 1
            there = [
                email
                for email in self.people
                if list_id is None or self._status(email, list_id) == list_status
            ]
            emails = tuple(there[after_id : after_id + 100])
            memberships = {
                (email, one): Membership(self._status(email, one), None)
                for email in emails
                for one in self.people[email].lists
            }
            return ContactPage(
                emails,
                after_id + len(emails),
                entries=len(emails),
                is_empty=not emails,
                memberships=memberships if is_read_back or list_id is not None else None,
                total=len(there) - after_id,
            )

    def _status(self, email: str, list_id: int) -> int:
        return UNSUBSCRIBED if email in self.unsubscribed else self.people[email].lists.get(list_id, 0)

    def contract(self) -> Contract:
        with self._lock:
            self.requests += 1
            return Contract(self.limit, len(self.people))

    def _end(self, items: list[dict[str, t.Any]]) -> ImportStatus:
        applied = self.fails_whole(items)
        if applied is not None:
            self._apply(items[:applied])
            return ImportStatus("lost")
        accepted = [item for item in items if item["email"] not in self.fails | self.skips]
        created = [item for item in accepted if item["email"] not in self.people]
        self._apply(accepted)
        return ImportStatus("completed", len(created), frozenset(i["email"] for i in items) & self.fails)

    def _apply(self, items: list[dict[str, t.Any]]) -> None:
        for item in items:
            self.people.setdefault(item["email"], Person()).apply(item)
        self.most_people = max(self.most_people, len(self.people))
