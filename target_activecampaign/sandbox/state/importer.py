"""Owns the effect of an import on the account: failures, new and updated contacts, and the writes.

Works on whole batches, since the sandbox must be fast here. Knows nothing of when an import runs.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from target_activecampaign.sandbox.state.batch import ids_of, is_on, text_of
from target_activecampaign.sandbox.state.lists import SUBSCRIBED, UNSUBSCRIBED, Status

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.batch import Batch, SentContact
    from target_activecampaign.sandbox.state.contacts import Attributes, Contacts
    from target_activecampaign.sandbox.state.exclusions import ExclusionRules, Exclusions
    from target_activecampaign.sandbox.state.fields import Fields
    from target_activecampaign.sandbox.state.lists import Lists, MembershipChanges
    from target_activecampaign.sandbox.state.storage import Storage
    from target_activecampaign.sandbox.state.tags import Tags
    from target_activecampaign.sandbox.switches import Switches

HAS_LEFT = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED})
WAS_NEVER_ON = frozenset({None})
"""Unsubscribing a contact that was never on the list changes nothing (assumed)."""

_OVER_LIMIT = {"failure": "over the account's contact limit", "silent": "", "let-through": None}
"""The reason of failure; an empty one skips the contact silently, `None` imports it."""


class AccountTables(t.NamedTuple):
    """The parts of the account that an import reads and writes."""

    storage: Storage
    clock: Clock
    switches: Switches
    contacts: Contacts
    lists: Lists
    fields: Fields
    tags: Tags
    exclusions: Exclusions


class Failure(t.NamedTuple):
    """A contact that was not imported. The API shows the address alone; the reason is the sandbox's own."""

    email: str
    reason: str


@dataclass
class Outcome:
    """The outcome of an import: ids of new and of updated contacts, and the failures."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    automations: int = 0


@dataclass
class _Plan:
    """The account's state before a batch, and the writes of the batch.

    Attributes:
        checks_ids: Whether unknown ids of fields or lists end in `failure`.
        empty: The meaning of an empty value: an empty text, or `None` to leave the attribute alone.
        imported: The imported contacts with their ids.
    """

    source: int
    ids: dict[str, int]
    bounced: frozenset[int]
    rules: ExclusionRules
    fields: Mapping[int, object]
    lists: frozenset[int]
    headroom: int
    next_id: int
    refused: frozenset[str]
    readings: dict[str, str]
    checks_ids: bool
    empty: str | None
    memberships: MembershipChanges
    outcome: Outcome = field(default_factory=Outcome)
    seen: set[str] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    inserts: list[tuple[int, Attributes]] = field(default_factory=list)
    updates: list[tuple[int, Attributes]] = field(default_factory=list)
    imported: list[tuple[int, SentContact]] = field(default_factory=list)


class Importer:
    """Applies batches to an account."""

    def __init__(self, tables: AccountTables) -> None:
        self._tables = tables

    def apply(
        self,
        batch: Batch,
        source: int,
        headroom: int,
        count: int | None = None,
        refused: Collection[str] = (),
    ) -> Outcome:
        """Write a batch as a whole, and return the outcome.

        Args:
            batch: The batch, checked.
            source: The write that the values are recorded to come from.
            headroom: How many more contacts the account may have.
            count: How many of its contacts are applied, `None` for all.
            refused: Addresses that a fault refuses.
        """
        with self._tables.storage.transaction():
            plan = self._plan(batch, source, headroom, refused)
            for contact in batch.contacts[:count]:
                _plan_contact(plan, contact)
            self._write(plan)
            if not is_on(batch.exclude_automations):
                plan.outcome.automations = sum(
                    not is_on(contact.exclude_automations) for _, contact in plan.imported
                )
        return plan.outcome

    def _plan(self, batch: Batch, source: int, headroom: int, refused: Collection[str]) -> _Plan:
        tables = self._tables
        known = tables.contacts.known([contact.email.strip() for contact in batch.contacts])
        readings = tables.switches.as_dict()
        return _Plan(
            source,
            {row["email"].lower(): row["id"] for row in known},
            frozenset(row["id"] for row in known if row["bounced_hard"]),
            tables.exclusions.for_email(),
            tables.fields.definitions(),
            tables.lists.ids(),
            headroom,
            tables.contacts.next_id(),
            frozenset(address.lower() for address in refused),
            readings,
            "failure" in (readings["unknown-field"], readings["unknown-list"]),
            "" if readings["empty-values"] == "clear" else None,
            tables.lists.changes(row["id"] for row in known),
        )

    def _write(self, plan: _Plan) -> None:
        tables, source = self._tables, plan.source
        tables.contacts.insert_many(plan.inserts, source)
        tables.contacts.update_many(plan.updates, source)
        keeps_unknown = plan.readings["unknown-option"] == "store"
        tables.fields.set_values(_values(plan), source, keeps_unknown=keeps_unknown)
        tables.lists.set_statuses(plan.memberships, source)
        tags = _tags(plan)
        if tags:
            ids = tables.tags.ids_of(dict.fromkeys(tag for _, tag in tags))
            tables.tags.add_to_contacts([(contact, ids[tag]) for contact, tag in tags], source)


def _plan_contact(plan: _Plan, contact: SentContact) -> None:
    """Add one contact to the plan."""
    email = contact.email.strip()
    identity = email.lower()
    if identity in plan.seen and plan.readings["same-address-twice"] == "first-wins":
        return
    plan.seen.add(identity)
    known = plan.ids.get(identity)
    joins, leaves = ids_of(contact.subscribe), ids_of(contact.unsubscribe)
    reason = _failure_reason(plan, contact, identity, known, joins)
    if reason is None:
        contact_id = known
        if contact_id is None:
            contact_id = plan.ids[identity] = _create(plan, contact, email)
        else:
            _update(plan, contact, contact_id)
        plan.imported.append((contact_id, contact))
        _plan_memberships(plan, contact_id, joins, leaves)
    elif reason:
        plan.outcome.failures.append(Failure(email, reason))


def _failure_reason(
    plan: _Plan, contact: SentContact, identity: str, known: int | None, joins: list[int]
) -> str | None:
    """Return the reason not to import a contact; `failure` is assumed for all reasons but exclusions."""
    if identity in plan.refused:
        return "refused by a fault"
    if plan.rules.exclude(identity, joins):
        return "on the exclusion list"
    reason = _failure_of_ids(plan, contact) if plan.checks_ids else None
    if known is not None:
        return _failure_of_known(plan, known, joins) or reason
    if reason is None and plan.headroom <= 0:
        return _OVER_LIMIT[plan.readings["over-limit"]]
    return reason


def _failure_of_known(plan: _Plan, known: int, joins: list[int]) -> str | None:
    if known in plan.bounced and plan.readings["bounced"] == "failure":
        return "the address bounced"
    has_left = any(plan.memberships.status(known, list_id) in HAS_LEFT for list_id in joins)
    return "left the list" if has_left and plan.readings["left-list"] == "failure" else None


def _failure_of_ids(plan: _Plan, contact: SentContact) -> str | None:
    if plan.readings["unknown-field"] == "failure" and any(
        int(entry.id) not in plan.fields
        for entry in contact.fields or ()
        if text_of(entry.value, plan.empty) is not None
    ):
        return "unknown custom field"
    if plan.readings["unknown-list"] == "failure" and not plan.lists.issuperset(
        ids_of(contact.subscribe) + ids_of(contact.unsubscribe)
    ):
        return "unknown list"
    return None


def _create(plan: _Plan, contact: SentContact, email: str) -> int:
    contact_id = plan.next_id
    plan.next_id += 1
    plan.headroom -= 1
    plan.changed.add(contact_id)
    plan.outcome.created.append(contact_id)
    plan.inserts.append((contact_id, _attributes(contact, email, plan.empty)))
    return contact_id


def _update(plan: _Plan, contact: SentContact, known: int) -> None:
    plan.updates.append((known, _attributes(contact, None, plan.empty)))
    if known not in plan.changed:
        plan.changed.add(known)
        plan.outcome.updated.append(known)


def _attributes(contact: SentContact, email: str | None, empty: str | None) -> Attributes:
    return (
        email,
        text_of(contact.first_name, empty),
        text_of(contact.last_name, empty),
        text_of(contact.phone, empty),
        text_of(contact.customer_acct_name, empty),
    )


def _values(plan: _Plan) -> list[tuple[int, int, str]]:
    """Return the values to write, in the form of `Fields.set_values`."""
    empty = plan.empty
    return [
        (contact_id, int(entry.id), text)
        for contact_id, contact in plan.imported
        for entry in contact.fields or ()
        if (text := text_of(entry.value, empty)) is not None
    ]


def _tags(plan: _Plan) -> list[tuple[int, str]]:
    """Return the tags to add, as pairs of contact id and name."""
    return [
        (contact_id, str(tag)) for contact_id, contact in plan.imported for tag in contact.tags or () if tag
    ]


def _plan_memberships(plan: _Plan, contact_id: int, joins: list[int], leaves: list[int]) -> None:
    """Add the memberships of a contact; lists that the account does not have are dropped."""
    joined, left = plan.lists.intersection(joins), plan.lists.intersection(leaves)
    if left and plan.readings["subscribe-and-unsubscribe"] == "unsubscribe":
        joined -= left
    elif left:
        left -= joined
    for list_id in joined:
        plan.memberships.set_status(contact_id, list_id, SUBSCRIBED, HAS_LEFT)
    for list_id in left:
        plan.memberships.set_status(contact_id, list_id, UNSUBSCRIBED, WAS_NEVER_ON)
