"""Filters, orders and paging of the collections, and requests for missing items."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.sandbox.state import contact_query
from target_activecampaign.sandbox.state.seed import BUILT_IN

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

PEOPLE = [
    {"email": "cy@example.com", "firstName": "Cy", "lastName": "Alder", "phone": "+44207", "lists": {"1": 1}},
    {"email": "al@example.org", "firstName": "Al", "lastName": "Birch", "phone": "+30210", "lists": {"1": 2}},
    {"email": "bo@example.com", "firstName": "Bo_", "lastName": "Cedar", "tags": ["vip"], "lists": {"2": 1}},
]


@pytest.fixture
def people(start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]) -> Api:
    """Return a client of an account with the contacts 1 Cy, 2 Al and 3 Bo."""
    return connect(start_sandbox(with_limits=False, seed={**BUILT_IN, "contacts": PEOPLE}))


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", "231"),
        ("orders[id]=ASC", "123"),
        ("orders[id]=desc", "321"),
        ("orders[first_name]=ASC", "231"),
        ("orders[last_name]=DESC", "321"),
        ("orders[nonsense]=ASC", "231"),
        ("limit=1", "2"),
        ("limit=1&offset=2", "1"),
        ("limit=0", ""),
        ("email=CY@example.com", "1"),
        ("email_like=example.com", "31"),
        ("email_like=_o@", ""),
        ("search=birch", "2"),
        ("search=o_", "3"),
        ("phone=%2B44", "1"),
        ("ids[]=1&ids[]=3", "31"),
        ("id_greater=1", "23"),
        ("id_less=3&exclude=1", "2"),
        ("listid=1", "21"),
        ("listid=1&status=1", "1"),
        ("listid=1&status=-1", "21"),
        ("status=2", "2"),
        ("tagid=3", "3"),
        ("filters[created_after]=2000-01-01", "231"),
        ("filters[updated_before]=2000-01-01T00:00:00-05:00", ""),
        ("id_greater=nonsense", "231"),
        ("id_greater=99999999999999999999999", "231"),
        ("segmentid=0&in_group_lists=true", "231"),
    ],
)
@pytest.mark.parametrize("small", [contact_query.SMALL_RESULT, 0])
def test_contacts_are_filtered_and_ordered(
    people: Api, monkeypatch: pytest.MonkeyPatch, query: str, ids: str, small: int
) -> None:
    monkeypatch.setattr(contact_query, "SMALL_RESULT", small)

    found = people.get(f"/contacts?{query}").json()

    assert "".join(contact["id"] for contact in found["contacts"]) == ids


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("limit=0", "3"),
        ("limit=1&listid=1", "2"),
        ("limit=1&listid=1&status=2", "1"),
        ("limit=1&listid=1&id_greater=1", "1"),
        ("limit=1&listid=1&exclude=2", "1"),
        ("limit=1&listid=1&search=cy", "1"),
        ("search=zz", "0"),
    ],
)
@pytest.mark.parametrize("small", [contact_query.SMALL_RESULT, 0])
def test_the_total_counts_what_the_filters_let_through(
    people: Api, monkeypatch: pytest.MonkeyPatch, query: str, total: str, small: int
) -> None:
    monkeypatch.setattr(contact_query, "SMALL_RESULT", small)

    assert people.get(f"/contacts?{query}").json()["meta"]["total"] == total


def test_a_page_has_20_contacts_and_at_most_100(api: Api) -> None:
    api.post("/import/bulk_import", {"contacts": [{"email": f"p{i}@example.com"} for i in range(120)]})

    assert len(api.get("/contacts").json()["contacts"]) == 20
    assert len(api.get("/contacts", limit=1000).json()["contacts"]) == 100


def test_memberships_can_come_with_contacts(people: Api) -> None:
    shown = people.get("/contacts?include=contactLists&orders[id]=ASC").json()["contactLists"]

    assert [(entry["contact"], entry["list"], entry["status"]) for entry in shown] == [
        ("1", "1", "1"),
        ("2", "1", "2"),
        ("3", "2", "1"),
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["customer", "newsletter", "vip"]),
        ("search=E", ["customer", "newsletter"]),
        ("filters[search][eq]=VIP", ["vip"]),
        ("filters[search][neq]=vip", ["customer", "newsletter"]),
        ("filters[search][starts_with]=new", ["newsletter"]),
        ("filters[search][contains]=st", ["customer"]),
        ("filters[search][lt]=d", ["customer"]),
        ("filters[search][gte]=newsletter", ["newsletter", "vip"]),
        ("orders[search]=desc", ["vip", "newsletter", "customer"]),
        ("limit=1&offset=1", ["newsletter"]),
    ],
)
def test_tags_are_filtered_and_ordered(people: Api, query: str, names: list[str]) -> None:
    assert [tag["tag"] for tag in people.get(f"/tags?{query}").json()["tags"]] == names


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["1", "2"]),
        ("filters[matchPhrase]=@spam.example", ["1"]),
        ("filters[lists][]=1", []),
        ("orders[matchPhrase]=DESC", ["2", "1"]),
        ("limit=1", ["1"]),
    ],
)
def test_exclusions_are_filtered_and_ordered(people: Api, query: str, ids: list[str]) -> None:
    assert [entry["id"] for entry in people.get(f"/lists/exclusions?{query}").json()["exclusions"]] == ids


def test_one_exclusion_has_no_wrapper(people: Api) -> None:
    assert people.get("/lists/exclusions/2").json()["matchPhrase"] == "blocked@excluded.example"


def test_values_are_filtered_by_field_and_text(people: Api) -> None:
    for contact, city in (("1", "Athens"), ("2", "Oslo")):
        people.post("/fieldValues", {"fieldValue": {"contact": contact, "field": "1", "value": city}})
    people.post("/fieldValues", {"fieldValue": {"contact": "1", "field": "11", "value": "Oslo"}})

    found = people.get("/fieldValues?filters[fieldid]=1&filters[val]=Oslo").json()
    assert [(value["contact"], value["field"]) for value in found["fieldValues"]] == [("2", "1")]
    assert people.get("/fieldValues").json()["meta"]["total"] == "3"


def test_a_value_can_be_changed_and_deleted(people: Api) -> None:
    made = people.post(
        "/fieldValues", {"fieldValue": {"contact": "1", "field": "1", "value": "Athens"}}
    ).json()
    path = f"/fieldValues/{made['fieldValue']['id']}"

    people.put(path, {"fieldValue": {"contact": "1", "field": "1", "value": "Oslo"}})
    assert people.get(path).json()["fieldValue"]["value"] == "Oslo"
    assert people.delete(path).json() == {}
    assert people.get(path).status_code == people.delete(path).status_code == 404


def test_a_field_can_be_made_with_options_and_shown_on_a_list(people: Api) -> None:
    made = people.post("/fields", {"field": {"title": "Favourite colour", "type": "dropdown"}})
    field = made.json()["field"]
    options = [
        {"field": field["id"], "value": "r", "label": "Red"},
        {"field": field["id"], "value": "b", "label": "Blue"},
    ]

    assert (made.status_code, field["perstag"]) == (201, "FAVOURITE_COLOUR")
    assert people.post("/fieldOption/bulk", {"fieldOptions": options}).status_code == 201
    assert people.post("/fieldRels", {"fieldRel": {"field": field["id"], "relid": "2"}}).status_code == 201
    shown = people.get("/fields?filters[perstag]=favourite_colour").json()
    assert [option["label"] for option in shown["fieldOptions"]] == ["Red", "Blue"]
    assert [relation["relid"] for relation in shown["fieldRels"]] == ["0", "2"]
    assert len(people.get(f"/fields/{field['id']}/options").json()["fieldOptions"]) == 2
    assert people.delete(f"/fields/{field['id']}").json() == {}


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"type": "text"}, "field_missing"),
        ({"title": "X"}, "field_missing"),
        ({"title": "X", "type": "nonsense"}, "field_invalid"),
        ({"title": "city", "type": "text"}, "duplicate"),
    ],
)
def test_a_field_that_cannot_be_made_is_422(people: Api, field: dict[str, str], code: str) -> None:
    answer = people.post("/fields", {"field": field})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


def test_a_tag_can_be_renamed_but_not_to_a_name_that_is_taken(people: Api) -> None:
    assert people.put("/tags/3", {"tag": {"tag": "gold"}}).json()["tag"]["tag"] == "gold"
    assert people.put("/tags/3", {"tag": {"tag": "customer"}}).status_code == 422
    refused = people.post("/tags", {"tag": {"tag": "GOLD"}})
    assert refused.json()["error"] == "Duplicate entry 'contact-GOLD' for key 'typetag'"


def test_a_deleted_list_is_gone_from_its_contacts(people: Api) -> None:
    people.delete("/lists/1")

    assert people.get("/contacts/1/contactLists").json() == {"contactLists": []}


def test_a_phone_only_contact_needs_to_say_so(people: Api) -> None:
    assert people.post("/contacts", {"contact": {"phone": "+44"}}).status_code == 422
    assert people.post("/contacts", {"contact": {"phone": "+44", "allowNullEmail": True}}).status_code == 201


def test_an_email_of_another_contact_cannot_be_taken(people: Api) -> None:
    assert people.put("/contacts/1", {"contact": {"email": "AL@example.org"}}).status_code == 422
    assert people.put("/contacts/1", {"contact": {"email": "CY@example.com"}}).status_code == 200


@pytest.mark.parametrize("email", ["nonsense", "a b@example.com"])
@pytest.mark.parametrize("path", ["/contacts", "/contact/sync"])
def test_an_impossible_email_is_422(people: Api, path: str, email: str) -> None:
    answer = people.post(path, {"contact": {"email": email}})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "email_invalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tags/99"), ("PUT", "/tags/99"), ("DELETE", "/tags/99"), ("DELETE", "/contactTags/99"),
        ("GET", "/fields/99"), ("DELETE", "/fields/99"), ("GET", "/fields/99/options"),
        ("GET", "/fieldValues/99"),
        ("DELETE", "/fieldValues/99"), ("DELETE", "/lists/99"), ("PUT", "/contacts/99"), ("GET", "/deals"),
        ("GET", "/contacts/99999999999999999999999"), ("GET", "/contacts/x"),
        ("GET", "/contacts/1/contactTags/9"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(people: Api, method: str, path: str) -> None:
    assert people.request(method, path, json={"tag": {}, "contact": {}}).status_code == 404


def test_a_method_that_a_path_does_not_take_is_405(people: Api) -> None:
    assert people.delete("/users/me").status_code == 405


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/contacts", {}, 400),
        ("/contact/sync", {"contact": []}, 400),
        ("/tags", {"tag": {"tag": ""}}, 422),
        ("/tags", {"tag": {"tag": "x", "tagType": "nonsense"}}, 422),
        ("/lists", {"list": {"name": ""}}, 422),
        ("/lists", {"list": {"name": "x", "channel": "nonsense"}}, 422),
        ("/contactLists", {"contactList": {"list": 1, "contact": 1}}, 422),
        ("/contactLists", {"contactList": {"list": 1, "contact": 1, "status": 9}}, 422),
        ("/contactLists", {"contactList": {"list": 9, "contact": 1, "status": 1}}, 404),
        ("/contactLists", {"contactList": {"list": 1, "contact": 9, "status": 1}}, 404),
        ("/contactTags", {"contactTag": {"contact": 1, "tag": 99}}, 404),
        ("/fieldValues", {"fieldValue": {"contact": 9, "field": 1}}, 404),
        ("/fieldValues", {"fieldValue": {"contact": 1, "field": 99}}, 404),
        ("/fieldOption/bulk", {"fieldOptions": [{}]}, 400),
        ("/fieldOption/bulk", {"fieldOptions": [{"field": 99, "value": "", "label": ""}]}, 404),
        ("/fieldRels", {"fieldRel": {"field": 99, "relid": 0}}, 404),
        ("/fieldRels", {"fieldRel": {"field": 1, "relid": 99}}, 404),
    ],
)
def test_a_write_that_makes_no_sense_is_refused(people: Api, path: str, body: object, status: int) -> None:
    assert people.post(path, body).status_code == status


@pytest.mark.parametrize(
    "path", ["/contacts", "/tags", "/lists", "/contact/sync", "/contactLists", "/fieldOption/bulk"]
)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_object_is_400(people: Api, path: str, body: bytes) -> None:
    assert people.request("POST", path, data=body).status_code == 400


def test_who_had_left_is_subscribed_again_by_a_single_write(people: Api) -> None:
    people.post("/contactLists", {"contactList": {"list": 1, "contact": 2, "status": 1, "sourceid": 4}})

    membership = people.get("/contacts/2/contactLists").json()["contactLists"][0]
    assert (membership["status"], membership["sourceid"]) == ("1", "4")


def test_single_writes_go_in_over_the_account_s_limit(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    api = connect(start_sandbox(contact_limit=0))

    assert api.post("/contact/sync", {"contact": {"email": "ada@example.com"}}).status_code == 201
    assert api.get("/settings/account").json()["subscriber_total"] == 1


@pytest.mark.parametrize(("reading", "keys"), [("no", {"contactList"}), ("yes", {"contactList", "contacts"})])
def test_a_membership_comes_with_its_contact_by_the_switch(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api], reading: str, keys: set[str]
) -> None:
    switches = {"contacts-beside-membership": reading}
    api = connect(start_sandbox(seed={**BUILT_IN, "contacts": PEOPLE}, switches=switches))

    assert (
        api.post("/contactLists", {"contactList": {"list": 1, "contact": 1, "status": 1}}).json().keys()
        == keys
    )


@pytest.mark.parametrize(("reading", "total"), [("all", 3), ("subscribed", 2)])
def test_the_account_s_total_follows_the_switch(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api], reading: str, total: int
) -> None:
    sandbox = start_sandbox(seed={**BUILT_IN, "contacts": PEOPLE}, switches={"subscriber-total": reading})

    assert connect(sandbox).get("/settings/account").json()["subscriber_total"] == total


def test_the_account_s_total_lags_behind_new_contacts_where_the_switch_says_so(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    switches = {"subscriber-total-lag": "minute"}
    sandbox = start_sandbox(seed={**BUILT_IN, "contacts": PEOPLE}, switches=switches)
    api = connect(sandbox)

    assert api.get("/settings/account").json()["subscriber_total"] == 0
    sandbox.account.switches.choose("subscriber-total-lag", "none")
    assert api.get("/settings/account").json()["subscriber_total"] == 3
