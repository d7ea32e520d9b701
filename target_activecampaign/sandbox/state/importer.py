"""What an import does to the account when its turn comes: who is refused, who is new, and the writes.

Works on whole batches, since this is where the sandbox must be fast. Knows nothing of when an import runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from target_activecampaign.sandbox.state.lists import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.batch import BulkContact
    from target_activecampaign.sandbox.state.contacts import Attributes, Contacts
    from target_activecampaign.sandbox.state.exclusions import Exclusions, Rules
    from target_activecampaign.sandbox.state.fields import Fields
    from target_activecampaign.sandbox.state.lists import Lists, MembershipChanges
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
    rules: Rules
    lists: frozenset[int]
    room: int
    next_id: int
    refused: frozenset[str]
    readings: dict[str, str]
    memberships: MembershipChanges
    outcome: Outcome = field(default_factory=Outcome)
    seen: set[str] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    inserts: list[tuple[int, Attributes]] = field(default_factory=list)
    updates: list[tuple[int, Attributes]] = field(default_factory=list)
    values: list[tuple[int, int, str]] = field(default_factory=list)
    tags: list[tuple[int, str]] = field(default_factory=list)


class Importer:
    """Applies batches to an account."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def apply(
        self, contacts: Iterable[BulkContact], source: int, room: int, refused: Collection[str] = ()
    ) -> Outcome:
        """Write a batch, as a whole.

        Args:
            contacts: The batch.
            source: The write that the values are noted to come from.
            room: How many more contacts the account may have.
            refused: Addresses that a fault refuses.
        """
        contacts = list(contacts)
        with self._subjects.storage.transaction():
            batch = self._before(contacts, source, room, refused)
            for contact in contacts:
                self._take(batch, contact)
            self._write(batch)
        return batch.outcome

    def _before(
        self, contacts: Sequence[BulkContact], source: int, room: int, refused: Collection[str]
    ) -> _Batch:
        subjects = self._subjects
        known = subjects.storage.rows(
            "select id, email, bounced_hard from contact where email in (select value from json_each(?))",
            (json.dumps([contact.email for contact in contacts]),),
        )
        return _Batch(
            source,
            {row["email"].lower(): row["id"] for row in known},
            frozenset(row["id"] for row in known if row["bounced_hard"]),
            subjects.exclusions.for_email(),
            subjects.lists.ids(),
            room,
            subjects.contacts.next_id(),
            frozenset(address.lower() for address in refused),
            subjects.switches.as_dict(),
            subjects.lists.changes(row["id"] for row in known),
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
        _plan(
            batch,
            contact,
            _create(batch, contact, identity) if known is None else _update(batch, contact, known),
        )

    def _objection(self, batch: _Batch, contact: BulkContact, identity: str, known: int | None) -> str | None:
        """Say why a contact is not imported; that it ends in `failure` is assumed for all but exclusions."""
        if identity in batch.refused:
            return "refused by a fault"
        if batch.rules.exclude(identity, contact.subscribe):
            return "on the exclusion list"
        reason = None if known is None else _objection_to_known(batch, contact, known)
        return reason or self._objection_to_ids(batch, contact)

    def _objection_to_ids(self, batch: _Batch, contact: BulkContact) -> str | None:
        readings = batch.readings
        if readings["unknown-field"] == "failure":
            kinds = self._subjects.fields.kinds()
            if any(field_id not in kinds for field_id, _ in contact.values):
                return "unknown custom field"
        if readings["unknown-list"] == "failure" and not batch.lists.issuperset(
            (*contact.subscribe, *contact.unsubscribe)
        ):
            return "unknown list"
        return None

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


def _objection_to_known(batch: _Batch, contact: BulkContact, known: int) -> str | None:
    if known in batch.bounced and batch.readings["bounced"] == "failure":
        return "the address bounced"
    has_left = any(batch.memberships.status(known, list_id) in HAS_LEFT for list_id in contact.subscribe)
    return "left the list" if has_left and batch.readings["left-list"] == "failure" else None


def _create(batch: _Batch, contact: BulkContact, identity: str) -> int:
    contact_id = batch.next_id
    batch.next_id += 1
    batch.room -= 1
    batch.ids[identity] = contact_id
    batch.changed.add(contact_id)
    batch.outcome.created.append(contact_id)
    batch.inserts.append((contact_id, contact[:5]))
    return contact_id


def _update(batch: _Batch, contact: BulkContact, known: int) -> int:
    batch.updates.append((known, contact[:5]))
    if known not in batch.changed:
        batch.changed.add(known)
        batch.outcome.updated.append(known)
    return known


def _plan(batch: _Batch, contact: BulkContact, contact_id: int) -> None:
    """Note the values, tags and memberships of a contact that is imported."""
    batch.values += [(contact_id, field_id, value) for field_id, value in contact.values]
    if contact.tags:
        batch.tags += [(contact_id, tag) for tag in contact.tags]
    if not contact.excludes_automations:
        batch.outcome.automations += 1
    joins = batch.lists.intersection(contact.subscribe)
    leaves = batch.lists.intersection(contact.unsubscribe)
    if batch.readings["subscribe-and-unsubscribe"] == "unsubscribe":
        joins -= leaves
    else:
        leaves -= joins
    memberships = batch.memberships
    for list_id in joins:
        if memberships.status(contact_id, list_id) not in HAS_LEFT:
            memberships.set_status(contact_id, list_id, Status.SUBSCRIBED)
    for list_id in leaves:
        # Who is not on a list cannot leave it (assumed).
        if memberships.status(contact_id, list_id) is not None:
            memberships.set_status(contact_id, list_id, Status.UNSUBSCRIBED)
