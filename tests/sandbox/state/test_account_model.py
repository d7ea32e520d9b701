"""After any sequence of valid requests the account holds what a simple model holds."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from support.sandbox_fixture import open_account

from target_activecampaign.sandbox.api import contacts, memberships, tags
from target_activecampaign.sandbox.api.bulk import submit_import
from target_activecampaign.sandbox.api.request import ApiRequest, respond
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.snapshot import take_snapshot

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import Operation
    from target_activecampaign.sandbox.api.response import ApiResponse

PEOPLE = [f"{name}@example.com" for name in ("ada", "grace", "mary", "joan")]
LISTS = (1, 2, 3)
FIELDS = {1: "CITY", 18: "CUSTOMER_NUMBER"}
TAGS = ("customer", "newsletter", "brand new", "später")
SUBSCRIBED, UNSUBSCRIBED = 1, 2

addresses = st.sampled_from(PEOPLE)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
list_ids = st.sets(st.sampled_from(LISTS))


@dataclass
class Person:
    first_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)


@st.composite
def bulk_contacts(draw: st.DrawFn) -> dict[str, t.Any]:
    """Draw a contact of a batch, with any of its attributes."""
    contact: dict[str, t.Any] = {"email": draw(st.one_of(addresses, addresses.map(str.upper)))}
    if draw(st.booleans()):
        contact["first_name"] = draw(texts)
    if draw(st.booleans()):
        values = draw(st.dictionaries(st.sampled_from(list(FIELDS)), texts))
        contact["fields"] = [{"id": field_id, "value": value} for field_id, value in values.items()]
    if draw(st.booleans()):
        contact["tags"] = sorted(draw(st.sets(st.sampled_from(TAGS))))
    contact["subscribe"] = [{"listid": list_id} for list_id in sorted(draw(list_ids))]
    contact["unsubscribe"] = [{"listid": list_id} for list_id in sorted(draw(list_ids))]
    return contact


class AccountMachine(RuleBasedStateMachine):
    """Applies the same to an account, by the API's operations, and to a dictionary of people."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.account = open_account(progress=Progress("never"))
        self.account.switches.choose("left-list", "skip-subscription")
        self.people: dict[str, Person] = {}
        self.waiting: list[list[dict[str, t.Any]]] = []

    def teardown(self) -> None:
        self.account.close()

    @rule(batch=st.lists(bulk_contacts(), min_size=1, max_size=5))
    def submit(self, batch: list[dict[str, t.Any]]) -> None:
        assert self.call(submit_import, {"contacts": batch}).status == 200
        self.waiting.append(batch)

    @rule()
    def settle(self) -> None:
        self.account.imports.settle()
        for batch in self.waiting:
            for contact in batch:
                self.import_contact(contact)
        self.waiting.clear()

    @rule(email=addresses, first_name=texts, city=st.one_of(st.none(), texts))
    def sync(self, email: str, first_name: str, city: str | None) -> None:
        values = [] if city is None else [{"field": "1", "value": city}]
        body = {"contact": {"email": email, "firstName": first_name, "fieldValues": values}}
        status = 200 if email in self.people else 201
        assert self.call(contacts.sync_contact, body).status == status
        person = self.people.setdefault(email, Person())
        person.first_name = first_name
        person.fields.update({} if city is None else {"CITY": city})

    @rule(email=addresses)
    def delete(self, email: str) -> None:
        expected = 200 if self.people.pop(email, None) else 404
        assert self.call(contacts.delete_contact, None, self.id_of(email)).status == expected

    @rule(email=addresses, list_id=st.sampled_from(LISTS), status=st.sampled_from([SUBSCRIBED, UNSUBSCRIBED]))
    def set_membership(self, email: str, list_id: int, status: int) -> None:
        body = {"contactList": {"contact": self.id_of(email), "list": list_id, "status": status}}
        answer = self.call(memberships.write_membership, body)
        assert answer.status == (200 if email in self.people else 404)
        if email in self.people:
            self.people[email].lists[str(list_id)] = status

    @rule(email=addresses, tag=st.sampled_from(["customer", "newsletter", "vip"]))
    def give_tag(self, email: str, tag: str) -> None:
        row = self.account.tags.find(tag)
        assert row is not None
        body = {"contactTag": {"contact": str(self.id_of(email)), "tag": str(row["id"])}}
        answer = self.call(tags.create_contact_tag, body)
        if email not in self.people:
            assert answer.status == 404
            return
        assert answer.status == (200 if tag in self.people[email].tags else 201)
        self.people[email].tags.add(tag)

    @invariant()
    def holds_what_the_model_says(self) -> None:
        found = {
            contact["email"].lower(): Person(
                contact["firstName"], contact["fields"], contact["lists"], set(contact["tags"])
            )
            for contact in take_snapshot(self.account)["contacts"]
        }
        assert found == self.people

    @invariant()
    def counts_are_right(self) -> None:
        assert len(self.account.contacts) == len(self.people)
        for row in self.account.lists.all():
            members = [
                person for person in self.people.values() if person.lists.get(str(row["id"])) == SUBSCRIBED
            ]
            assert row["subscribed"] == len(members)

    def import_contact(self, contact: dict[str, t.Any]) -> None:
        """Apply the importer's rules to the model."""
        person = self.people.setdefault(contact["email"].lower(), Person())
        person.first_name = contact.get("first_name", person.first_name)
        person.fields.update({FIELDS[entry["id"]]: entry["value"] for entry in contact.get("fields", ())})
        person.tags.update(contact.get("tags", ()))
        leaves = {str(entry["listid"]) for entry in contact["unsubscribe"]}
        joins = {str(entry["listid"]) for entry in contact["subscribe"]} - leaves
        for list_id in joins:
            if person.lists.get(list_id) != UNSUBSCRIBED:
                person.lists[list_id] = SUBSCRIBED
        for list_id in leaves & person.lists.keys():
            person.lists[list_id] = UNSUBSCRIBED

    def id_of(self, email: str) -> int:
        row = self.account.contacts.with_email(email)
        return row["id"] if row is not None else 999

    def call(self, operation: Operation, body: object, item: int = 0) -> ApiResponse:
        encoded = b"" if body is None else json.dumps(body).encode()
        with self.account.storage.transaction():
            request = ApiRequest(self.account, "POST", "/", {"id": item}, (), encoded, "http://127.0.0.1")
            return respond(operation, request)


TestAnySequenceOfCalls = AccountMachine.TestCase
TestAnySequenceOfCalls.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
