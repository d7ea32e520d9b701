"""What a contact is on the wire, and how two of one person merge."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contacts import build_contact

from target_activecampaign.contacts.contact import Contact, Origin, Reason, Rejection

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(["first_name", "last_name", "phone", "customer_acct_name"]), _TEXTS
)
_CUSTOM_FIELDS = st.dictionaries(st.integers(1, 5), _TEXTS)
_TAGS = st.lists(st.sampled_from(["vip", "new", "Ünïcode", "a b"]), unique=True).map(tuple)
CONTACTS = st.builds(
    build_contact,
    st.just("ada@example.com"),
    st.just(3),
    attributes=_ATTRIBUTES,
    custom_fields=_CUSTOM_FIELDS,
    tags=_TAGS,
    exclude_automations=st.booleans(),
)


class Account:
    """What a contact of an account is after imports were applied one by one: the model."""

    def __init__(self) -> None:
        self.values: dict[str | int, str] = {}
        self.tags: set[str] = set()

    def apply(self, contact: Contact) -> None:
        body = json.loads(contact.body)
        for key in {"first_name", "last_name", "phone", "customer_acct_name"} & body.keys():
            self.values[key] = body[key]
        self.values.update({field["id"]: field["value"] for field in body.get("fields", [])})
        self.tags.update(body.get("tags", []))


def plain(**changes: object) -> Contact:
    parts: dict[str, t.Any] = {"attributes": {}, "custom_fields": {}, **changes}
    return build_contact("ada@example.com", 3, **parts)


def test_a_contact_has_the_keys_of_the_bulk_importer() -> None:
    contact = plain(
        attributes={"phone": "+49301234567", "first_name": "Ada", "customer_acct_name": "Ada & Co"},
        custom_fields={9: "||a||b||", 7: "blue"},
        tags=("vip", "new"),
        exclude_automations=True,
    )
    assert json.loads(contact.body) == {
        "email": "ada@example.com",
        "first_name": "Ada",
        "phone": "+49301234567",
        "customer_acct_name": "Ada & Co",
        "fields": [{"id": 7, "value": "blue"}, {"id": 9, "value": "||a||b||"}],
        "tags": ["vip", "new"],
        "subscribe": [{"listid": 3}],
        "exclude_automations": True,
    }


def test_parts_that_a_contact_does_not_have_are_left_out() -> None:
    assert json.loads(plain().body) == {"email": "ada@example.com", "subscribe": [{"listid": 3}]}


def test_a_value_can_be_emptied() -> None:
    body = json.loads(plain(attributes={"phone": ""}, custom_fields={7: ""}).body)
    assert body["phone"] == ""
    assert body["fields"] == [{"id": 7, "value": ""}]


def test_a_body_is_compact_utf8() -> None:
    body = plain(attributes={"first_name": "Ζωή"}).body
    assert body == '{"email":"ada@example.com","first_name":"Ζωή","subscribe":[{"listid":3}]}'.encode()


@given(CONTACTS)
def test_any_body_is_one_line_of_json_in_utf8(contact: Contact) -> None:
    body = json.loads(contact.body.decode())
    assert b"\n" not in contact.body
    assert body["email"] == contact.email
    assert body["subscribe"] == [{"listid": contact.list_id}]
    assert {field["id"]: field["value"] for field in body.get("fields", [])} == contact.custom_fields
    assert tuple(body.get("tags", ())) == contact.tags
    assert body.get("exclude_automations", False) == contact.exclude_automations
    assert {key: body[key] for key in contact.attributes} == contact.attributes


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_body_is_what_the_standard_library_would_write(text: str) -> None:
    name = json.dumps(text, ensure_ascii=False)
    body = f'{{"email":"ada@example.com","first_name":{name},"subscribe":[{{"listid":3}}]}}'
    assert plain(attributes={"first_name": text}).body == body.encode()


@pytest.mark.parametrize(
    "changes",
    [{"attributes": {"phone": "\ud800"}}, {"custom_fields": {1: "a\udc00"}}, {"tags": ("\udfff",)}],
)
def test_half_of_a_surrogate_pair_cannot_be_encoded(changes: dict[str, t.Any]) -> None:
    with pytest.raises(UnicodeEncodeError):
        plain(**changes)


@given(_ATTRIBUTES, _CUSTOM_FIELDS)
def test_the_order_in_which_values_were_mapped_does_not_matter(
    attributes: dict[str, str], custom_fields: dict[int, str]
) -> None:
    turned = plain(
        attributes=dict(reversed(attributes.items())), custom_fields=dict(reversed(custom_fields.items()))
    )
    assert turned.body == plain(attributes=attributes, custom_fields=custom_fields).body


@given(st.lists(CONTACTS, min_size=1, max_size=5))
def test_merged_contacts_leave_the_account_as_one_by_one(contacts: list[Contact]) -> None:
    one_by_one, merged_at_once = Account(), Account()
    merged = contacts[0]
    one_by_one.apply(merged)
    for contact in contacts[1:]:
        one_by_one.apply(contact)
        merged = merged.merged_with(contact)
    merged_at_once.apply(merged)
    assert vars(merged_at_once) == vars(one_by_one)
    assert merged.exclude_automations == contacts[-1].exclude_automations


@given(CONTACTS)
def test_a_contact_merged_with_itself_is_itself(contact: Contact) -> None:
    assert contact.merged_with(contact) == contact


@given(CONTACTS, CONTACTS, CONTACTS)
def test_merging_may_be_grouped_at_will(one: Contact, two: Contact, three: Contact) -> None:
    assert one.merged_with(two).merged_with(three) == one.merged_with(two.merged_with(three))


def test_a_contact_does_not_change() -> None:
    with pytest.raises(AttributeError):
        plain().email = "bob@example.com"  # type: ignore[misc]


def test_reasons_are_a_closed_list_of_words() -> None:
    assert {reason.value for reason in Reason} == {
        "email_missing",
        "email_invalid",
        "deletion_without_address",
        "schema_invalid",
        "value_invalid",
        "too_large",
        "refused_by_activecampaign",
        "excluded",
        "skipped_by_activecampaign",
    }


def test_a_rejection_and_an_origin_are_plain_values() -> None:
    assert Rejection(Reason.TOO_LARGE, "x") == (Reason.TOO_LARGE, "x")
    assert Origin("people", 7) == Origin("people", 7, None, None, None)
