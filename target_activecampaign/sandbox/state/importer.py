"""What an import does to the account when its turn comes: who is refused, who is new, and the writes.

Works on whole batches, since this is where the sandbox must be fast. Knows nothing of when an import runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from target_activecampaign.sandbox.state.fields import Value
from target_activecampaign.sandbox.state.lists import Membership, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.batch import BulkContact
    from target_activecampaign.sandbox.state.contacts import Attributes, Contacts
    from target_activecampaign.sandbox.state.exclusions import Exclusion, Exclusions
    from target_activecampaign.sandbox.state.fields import Fields
    from target_activecampaign.sandbox.state.lists import Lists
    from target_activecampaign.sandbox.state.storage import Storage
    from target_activecampaign.sandbox.state.tags import Tags
    from target_activecampaign.sandbox.switches import Switches

HAS_LEFT = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED})


_OVER_LIMIT = {"failure": "over the account's contact limit", "silent": "", "let-through": None}
"""The reason of failure; an empty one skips the contact silently, `None` lets it in."""


class Subjects(NamedTuple):
    """The parts of the account that an import writes."""

    storage: Storage
    clock: Clock
    switches: Switches
    contacts: Contacts
    lists: Lists
    fields: Fields
    tags: Tags
    exclusions: Exclusions


class Failure(NamedTuple):
    """A contact that was not imported. The API shows the address alone; the reason is the sandbox's own."""

    email: str
    reason: str


@dataclass
class Outcome:
    """How an import ended: ids of new and of updated contacts, and who was not imported."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    automations: int = 0


@dataclass
class _Batch:
    """What is known before, and what is to be written."""

    source: int
    ids: dict[str, int]
    bounced: frozenset[int]
    statuses: dict[tuple[int, int], int]
    rules: list[Exclusion]
    lists: frozenset[int]
    room: int
    next_id: int
    refused: frozenset[str]
    readings: dict[str, str]
    outcome: Outcome = field(default_factory=Outcome)
    seen: set[str] = field(default_factory=set)
    inserts: list[tuple[int, Attributes]] = field(default_factory=list)
    updates: list[tuple[int, Attributes]] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    tags: list[tuple[int, str]] = field(default_factory=list)


class Importer:
    """Applies batches to an account."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def apply(
        self, contacts: Sequence[BulkContact], source: int, room: int, refused: Collection[str] = ()
    ) -> Outcome:
        """Write a batch, as a whole.

        Args:
            contacts: The batch.
            source: The write that the values are noted to come from.
            room: How many more contacts the account may have.
            refused: Addresses that a fault refuses.
        """
        with self._subjects.storage.transaction():
            batch = self._before(contacts, source, room, refused)
            for contact in contacts:
                self._take(batch, contact)
            self._write(batch)
        return batch.outcome

    def _before(
        self, contacts: Sequence[BulkContact], source: int, room: int, refused: Collection[str]
    ) -> _Batch:
        storage = self._subjects.storage
        known = storage.rows(
            "select id, email, bounced_hard from contact where email in (select value from json_each(?))",
            (json.dumps([contact.email for contact in contacts]),),
        )
        memberships = storage.rows(
            "select contact, list, status from membership where contact in (select value from json_each(?))",
            (json.dumps([row["id"] for row in known]),),
        )
        return _Batch(
            source,
            {row["email"].lower(): row["id"] for row in known},
            frozenset(row["id"] for row in known if row["bounced_hard"]),
            {(row["contact"], row["list"]): row["status"] for row in memberships},
            self._subjects.exclusions.for_email(),
            self._subjects.lists.ids(),
            room,
            self._subjects.contacts.next_id(),
            frozenset(address.lower() for address in refused),
            self._subjects.switches.as_dict(),
        )

    def _take(self, batch: _Batch, contact: BulkContact) -> None:
        identity = contact.email.lower()
        if identity in batch.seen and batch.readings["same-address-twice"] == "first-wins":
            return
        batch.seen.add(identity)
        known = batch.ids.get(identity)
        reason = self._objection(batch, contact, identity, known)
        if reason is None and known is None and batch.room <= 0:
            reason = _OVER_LIMIT[batch.readings["over-limit"]]
        if reason is not None:
            if reason:
                batch.outcome.failures.append(Failure(contact.email, reason))
            return
        self._plan(
            batch, contact, self._create(batch, contact) if known is None else _update(batch, contact, known)
        )

    def _objection(self, batch: _Batch, contact: BulkContact, identity: str, known: int | None) -> str | None:
        """Say why a contact is not imported; that it ends in `failure` is assumed for all but exclusions."""
        if identity in batch.refused:
            return "refused by a fault"
        if any(
            rule.matches(identity) and (not rule.lists or rule.lists.intersection(contact.subscribe))
            for rule in batch.rules
        ):
            return "on the exclusion list"
        return self._objection_to_known(batch, contact, known) or self._objection_to_ids(batch, contact)

    def _objection_to_known(self, batch: _Batch, contact: BulkContact, known: int | None) -> str | None:
        switches = batch.readings
        if known is None:
            return None
        if known in batch.bounced and switches["bounced"] == "failure":
            return "the address bounced"
        has_left = any(batch.statuses.get((known, list_id)) in HAS_LEFT for list_id in contact.subscribe)
        return "left the list" if has_left and switches["left-list"] == "failure" else None

    def _objection_to_ids(self, batch: _Batch, contact: BulkContact) -> str | None:
        switches = batch.readings
        if switches["unknown-field"] == "failure":
            kinds = self._subjects.fields.kinds()
            if any(field_id not in kinds for field_id, _ in contact.values):
                return "unknown custom field"
        lists = (*contact.subscribe, *contact.unsubscribe)
        if switches["unknown-list"] == "failure" and not batch.lists.issuperset(lists):
            return "unknown list"
        return None

    def _create(self, batch: _Batch, contact: BulkContact) -> int:
        contact_id = batch.next_id
        batch.next_id += 1
        batch.room -= 1
        batch.ids[contact.email.lower()] = contact_id
        batch.outcome.created.append(contact_id)
        batch.inserts.append((contact_id, contact[:5]))
        return contact_id

    def _plan(self, batch: _Batch, contact: BulkContact, contact_id: int) -> None:
        """Note the values, tags and memberships of a contact that is imported."""
        batch.values += [Value(contact_id, field_id, value) for field_id, value in contact.values]
        batch.tags += [(contact_id, tag) for tag in contact.tags]
        if not contact.excludes_automations:
            batch.outcome.automations += 1
        joins, leaves = (
            batch.lists.intersection(contact.subscribe),
            batch.lists.intersection(contact.unsubscribe),
        )
        if batch.readings["subscribe-and-unsubscribe"] == "unsubscribe":
            joins -= leaves
        else:
            leaves -= joins
        for list_id in joins:
            if batch.statuses.get((contact_id, list_id)) not in HAS_LEFT:
                _set_status(batch, contact_id, list_id, Status.SUBSCRIBED)
        for list_id in leaves:
            # Who is not on a list cannot leave it (assumed).
            if (contact_id, list_id) in batch.statuses:
                _set_status(batch, contact_id, list_id, Status.UNSUBSCRIBED)

    def _write(self, batch: _Batch) -> None:
        subjects = self._subjects
        subjects.contacts.insert_many(batch.inserts, batch.source)
        subjects.contacts.update_many(batch.updates, batch.source)
        subjects.fields.set_values(
            batch.values, batch.source, keeps_unknown=batch.readings["unknown-option"] == "store"
        )
        subjects.lists.set_statuses(batch.memberships, batch.source)
        ids = subjects.tags.ids_of(dict.fromkeys(tag for _, tag in batch.tags))
        subjects.tags.give_many([(contact, ids[tag]) for contact, tag in batch.tags], batch.source)


def _update(batch: _Batch, contact: BulkContact, known: int) -> int:
    batch.updates.append((known, (None, *contact[1:5])))
    if known not in batch.outcome.updated and known not in batch.outcome.created:
        batch.outcome.updated.append(known)
    return known


def _set_status(batch: _Batch, contact: int, list_id: int, status: Status) -> None:
    batch.statuses[contact, list_id] = status
    batch.memberships.append(Membership(contact, list_id, status))
