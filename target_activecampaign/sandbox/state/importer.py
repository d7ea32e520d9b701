"""What an import does to the account when its turn comes: who is refused, who is new, and the writes.

Works on whole batches, since this is where the sandbox must be fast. Knows nothing of when an import runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from target_activecampaign.sandbox.state.batch import ids_of, is_on, text_of
from target_activecampaign.sandbox.state.lists import SUBSCRIBED, UNSUBSCRIBED, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.batch import Batch, SentContact
    from target_activecampaign.sandbox.state.contacts import Attributes, Contacts
    from target_activecampaign.sandbox.state.exclusions import Exclusions, Rules
    from target_activecampaign.sandbox.state.fields import Fields
    from target_activecampaign.sandbox.state.lists import Lists, MembershipChanges
    from target_activecampaign.sandbox.state.storage import Storage
    from target_activecampaign.sandbox.state.tags import Tags
    from target_activecampaign.sandbox.switches import Switches

HAS_LEFT = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED})
WAS_NEVER_ON = frozenset({None})
"""Who is not on a list cannot leave it (assumed)."""

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
class _Plan:
    """What is known before a batch, and what is to be written.

    Attributes:
        asks_for_ids: Whether unknown ids of fields or lists end in `failure`.
        empty: What an empty value stands for: an empty text, or `None` to leave the attribute alone.
        taken: Who is imported, by the contact's id.
    """

    source: int
    ids: dict[str, int]
    bounced: frozenset[int]
    rules: Rules
    fields: Mapping[int, object]
    lists: frozenset[int]
    room: int
    next_id: int
    refused: frozenset[str]
    readings: dict[str, str]
    asks_for_ids: bool
    empty: str | None
    memberships: MembershipChanges
    outcome: Outcome = field(default_factory=Outcome)
    seen: set[str] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    inserts: list[tuple[int, Attributes]] = field(default_factory=list)
    updates: list[tuple[int, Attributes]] = field(default_factory=list)
    taken: list[tuple[int, SentContact]] = field(default_factory=list)


class Importer:
    """Applies batches to an account."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def apply(
        self, batch: Batch, source: int, room: int, count: int | None = None, refused: Collection[str] = ()
    ) -> Outcome:
        """Write a batch, as a whole.

        Args:
            batch: The batch, acceptable.
            source: The write that the values are noted to come from.
            room: How many more contacts the account may have.
            count: How many of its contacts are applied, `None` for all.
            refused: Addresses that a fault refuses.
        """
        with self._subjects.storage.transaction():
            plan = self._plan(batch, source, room, refused)
            for contact in batch.contacts[:count]:
                _take(plan, contact)
            self._write(plan)
            if not is_on(batch.exclude_automations):
                plan.outcome.automations = sum(
                    not is_on(contact.exclude_automations) for _, contact in plan.taken
                )
        return plan.outcome

    def _plan(self, batch: Batch, source: int, room: int, refused: Collection[str]) -> _Plan:
        subjects = self._subjects
        known = subjects.contacts.known([contact.email.strip() for contact in batch.contacts])
        readings = subjects.switches.as_dict()
        return _Plan(
            source,
            {row["email"].lower(): row["id"] for row in known},
            frozenset(row["id"] for row in known if row["bounced_hard"]),
            subjects.exclusions.for_email(),
            subjects.fields.kinds(),
            subjects.lists.ids(),
            room,
            subjects.contacts.next_id(),
            frozenset(address.lower() for address in refused),
            readings,
            "failure" in (readings["unknown-field"], readings["unknown-list"]),
            "" if readings["empty-values"] == "clear" else None,
            subjects.lists.changes(row["id"] for row in known),
        )

    def _write(self, plan: _Plan) -> None:
        subjects, source = self._subjects, plan.source
        subjects.contacts.insert_many(plan.inserts, source)
        subjects.contacts.update_many(plan.updates, source)
        keeps_unknown = plan.readings["unknown-option"] == "store"
        subjects.fields.set_values(_values(plan), source, keeps_unknown=keeps_unknown)
        subjects.lists.set_statuses(plan.memberships, source)
        tags = _tags(plan)
        if tags:
            ids = subjects.tags.ids_of(dict.fromkeys(tag for _, tag in tags))
            subjects.tags.give_many([(contact, ids[tag]) for contact, tag in tags], source)


def _take(plan: _Plan, contact: SentContact) -> None:
    """Plan what becomes of one contact."""
    email = contact.email.strip()
    identity = email.lower()
    if identity in plan.seen and plan.readings["same-address-twice"] == "first-wins":
        return
    plan.seen.add(identity)
    known = plan.ids.get(identity)
    joins, leaves = ids_of(contact.subscribe), ids_of(contact.unsubscribe)
    reason = _objection(plan, contact, identity, known, joins)
    if reason is None:
        contact_id = known
        if contact_id is None:
            contact_id = plan.ids[identity] = _create(plan, contact, email)
        else:
            _update(plan, contact, contact_id)
        plan.taken.append((contact_id, contact))
        _plan_memberships(plan, contact_id, joins, leaves)
    elif reason:
        plan.outcome.failures.append(Failure(email, reason))


def _objection(
    plan: _Plan, contact: SentContact, identity: str, known: int | None, joins: list[int]
) -> str | None:
    """Say why a contact is not imported; that it ends in `failure` is assumed for all but exclusions."""
    if identity in plan.refused:
        return "refused by a fault"
    if plan.rules.exclude(identity, joins):
        return "on the exclusion list"
    reason = _objection_to_ids(plan, contact) if plan.asks_for_ids else None
    if known is not None:
        return _objection_to_known(plan, known, joins) or reason
    if reason is None and plan.room <= 0:
        return _OVER_LIMIT[plan.readings["over-limit"]]
    return reason


def _objection_to_known(plan: _Plan, known: int, joins: list[int]) -> str | None:
    if known in plan.bounced and plan.readings["bounced"] == "failure":
        return "the address bounced"
    has_left = any(plan.memberships.status(known, list_id) in HAS_LEFT for list_id in joins)
    return "left the list" if has_left and plan.readings["left-list"] == "failure" else None


def _objection_to_ids(plan: _Plan, contact: SentContact) -> str | None:
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
    plan.room -= 1
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
    """Return the values to be written, as `Fields.set_values` takes them."""
    empty = plan.empty
    return [
        (contact_id, int(entry.id), text)
        for contact_id, contact in plan.taken
        for entry in contact.fields or ()
        if (text := text_of(entry.value, empty)) is not None
    ]


def _tags(plan: _Plan) -> list[tuple[int, str]]:
    """Return who is given which tag, by its name."""
    return [(contact_id, str(tag)) for contact_id, contact in plan.taken for tag in contact.tags or () if tag]


def _plan_memberships(plan: _Plan, contact_id: int, joins: list[int], leaves: list[int]) -> None:
    """Note the lists of a contact; those that the account does not have are dropped."""
    joined, left = plan.lists.intersection(joins), plan.lists.intersection(leaves)
    if left and plan.readings["subscribe-and-unsubscribe"] == "unsubscribe":
        joined -= left
    elif left:
        left -= joined
    for list_id in joined:
        plan.memberships.set_status(contact_id, list_id, SUBSCRIBED, HAS_LEFT)
    for list_id in left:
        plan.memberships.set_status(contact_id, list_id, UNSUBSCRIBED, WAS_NEVER_ON)
