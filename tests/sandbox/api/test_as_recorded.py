"""Keys, statuses and endpoints as recordings and other clients have them, beyond the reference."""

from __future__ import annotations

import typing as t

import pytest
import requests

from target_activecampaign.sandbox.state.seed import BUILT_IN

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

CHANGES = {"created_timestamp", "updated_timestamp", "created_by", "updated_by"}
PEOPLE = [
    {"email": "cy@example.com", "firstName": "Cy", "tags": ["vip"], "lists": {"1": 1, "2": 1}},
    {"email": "al@example.com", "firstName": "Al", "tags": ["vip", "customer"], "lists": {"1": 2}},
]


@pytest.fixture
def people(start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]) -> Api:
    """Return a client of an account with Cy on the lists 1 and 2, and Al, who left list 1."""
    return connect(start_sandbox(with_limits=False, seed={**BUILT_IN, "contacts": PEOPLE}))


@pytest.mark.parametrize(
    ("path", "plural", "keys"),
    [
        (
            "/lists",
            "lists",
            CHANGES | {"active_subscribers", "non_deleted_subscribers", "description", "channel"},
        ),
        ("/tags", "tags", CHANGES | {"deleted", "subscriber_count"}),
        ("/fields", "fields", CHANGES),
        ("/contactTags", "contactTags", CHANGES),
        ("/contactLists", "contactLists", CHANGES | {"channel"}),
        ("/users", "users", {"lang", "localZoneid", "mfaEnabled", "roles"}),
    ],
)
def test_items_have_the_keys_that_recordings_have(
    people: Api, path: str, plural: str, keys: set[str]
) -> None:
    answer = people.get(path).json()

    assert keys <= answer[plural][0].keys()
    assert answer["meta"]["total"].isdigit()


def test_a_list_counts_its_subscribers(people: Api) -> None:
    shown = people.get("/lists/1").json()["list"]

    assert (shown["active_subscribers"], shown["non_deleted_subscribers"]) == ("1", "2")


def test_tags_count_their_contacts(people: Api) -> None:
    counts = {tag["tag"]: tag["subscriber_count"] for tag in people.get("/tags").json()["tags"]}

    assert counts == {"customer": "1", "newsletter": "0", "vip": "2"}


@pytest.mark.parametrize(
    ("query", "memberships"),
    [
        ("", ["1 1 1", "1 2 1", "2 1 2"]),
        ("filters[list]=1", ["1 1 1", "2 1 2"]),
        ("filters[list]=1&filters[status]=2", ["2 1 2"]),
        ("filters[status]=1", ["1 1 1", "1 2 1"]),
        ("listid=2", ["1 1 1", "1 2 1", "2 1 2"]),
        ("limit=1&offset=1", ["1 2 1"]),
    ],
)
def test_memberships_of_all_contacts_can_be_read(people: Api, query: str, memberships: list[str]) -> None:
    found = people.get(f"/contactLists?{query}").json()["contactLists"]

    assert [f"{entry['contact']} {entry['list']} {entry['status']}" for entry in found] == memberships


def test_the_total_of_memberships_is_that_of_all_pages(people: Api) -> None:
    answer = people.get("/contactLists?limit=1&filters[list]=1").json()

    assert (len(answer["contactLists"]), answer["meta"]["total"]) == (1, "2")


def test_links_of_tags_and_of_fields_can_be_read(people: Api) -> None:
    links = people.get("/contactTags").json()["contactTags"]
    relations = people.get("/fieldRels?limit=100").json()["fieldRels"]

    assert [(link["contact"], link["tag"]) for link in links] == [("1", "3"), ("2", "3"), ("2", "1")]
    assert {relation["relid"] for relation in relations} == {"0"}
    assert len(relations) == len(people.get("/fields?limit=100").json()["fields"])


def test_a_new_list_is_201_with_a_number_for_its_user(people: Api) -> None:
    answer = people.post("/lists", {"list": {"name": "Friends"}})

    created = answer.json()["list"]
    assert answer.status_code == 201
    assert created["userid"] == 1
    assert created["udate"] == created["cdate"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_list_and_a_tag_can_be_changed_in_part(people: Api, method: str) -> None:
    changed = people.request(method, "/lists/1", json={"list": {"sender_url": "https://www.example.com"}})
    tag = people.request(method, "/tags/3", json={"tag": {"description": "the best"}})

    assert (changed.status_code, tag.status_code) == (200, 200)
    assert changed.json()["list"]["name"] == "Customers"
    assert people.get("/lists/1").json()["list"]["sender_url"] == "https://www.example.com"
    assert (tag.json()["tag"]["tag"], tag.json()["tag"]["description"]) == ("vip", "the best")


def test_a_list_can_t_lose_its_name(people: Api) -> None:
    assert people.put("/lists/1", {"list": {"name": ""}}).status_code == 422


def test_a_field_can_be_renamed_but_not_to_a_title_that_is_taken(people: Api) -> None:
    renamed = people.put("/fields/1", {"field": {"title": "Town"}})

    assert (renamed.status_code, renamed.json()["field"]["title"]) == (200, "Town")
    assert people.put("/fields/1", {"field": {"title": "street"}}).json()["errors"][0]["code"] == "duplicate"
    assert people.put("/fields/99", {"field": {"title": "Town"}}).status_code == 404


def test_a_tag_that_the_contact_has_is_200_with_the_old_link(people: Api) -> None:
    body = {"contactTag": {"contact": "1", "tag": "3"}}

    again = people.post("/contactTags", body)
    assert again.status_code == 200
    assert again.json()["contactTag"]["id"] == people.get("/contactTags").json()["contactTags"][0]["id"]


def test_tags_are_the_same_in_any_letter_case(api: Api) -> None:
    contacts = [
        {"email": "bo@example.com", "tags": ["VIP", "Gold"]},
        {"email": "cy@example.com", "tags": ["GOLD"]},
    ]
    api.post("/import/bulk_import", {"contacts": contacts})

    names = {tag["tag"]: tag["subscriber_count"] for tag in api.get("/tags").json()["tags"]}
    assert names == {"customer": "0", "newsletter": "0", "vip": "1", "Gold": "2"}


def test_options_can_be_added_at_both_spellings_of_the_path(people: Api) -> None:
    option = {"field": "1", "value": "x", "label": "X"}

    paths = ("/fieldOption/bulk", "/fieldOptions/bulk")
    assert [people.post(path, {"fieldOptions": [option]}).status_code for path in paths] == [201, 201]


def test_a_multiselect_field_holds_several_values(people: Api) -> None:
    made = people.post("/fields", {"field": {"title": "Colours", "type": "multiselect"}})

    assert made.json()["field"]["type"] == "multiselect"


@pytest.mark.parametrize(
    ("reading", "query", "names"),
    [
        ("shown", "", ["Customers", "Newsletter", "VIP", "Texts"]),
        ("hidden", "", ["Customers", "Newsletter", "VIP"]),
        ("hidden", "filters[channel]=all", ["Customers", "Newsletter", "VIP", "Texts"]),
        ("shown", "filters[channel]=sms", ["Texts"]),
        ("shown", "filters[channel]=email", ["Customers", "Newsletter", "VIP"]),
    ],
)
def test_lists_are_filtered_by_channel(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    reading: str,
    query: str,
    names: list[str],
) -> None:
    api = connect(start_sandbox(switches={"sms-lists": reading}))
    api.post("/lists", {"list": {"name": "Texts", "channel": "sms"}})

    assert [entry["name"] for entry in api.get(f"/lists?{query}").json()["lists"]] == names


def test_a_group_can_be_let_see_a_list(people: Api) -> None:
    group = people.get("/groups").json()["groups"][0]["id"]
    made = people.post("/listGroups", {"listGroup": {"listid": 1, "groupid": group}})

    assert made.status_code == 201
    assert people.get("/listGroups").json()["listGroups"] == [made.json()["listGroup"]]
    assert people.get(f"/groups/{group}").json()["group"]["id"] == group
    people.delete("/lists/1")
    assert people.get("/listGroups").json()["listGroups"] == []


@pytest.mark.parametrize("link", [{"listid": 99, "groupid": 3}, {"listid": 1, "groupid": 99}])
def test_a_group_can_t_see_a_list_where_one_of_them_is_missing(people: Api, link: dict[str, int]) -> None:
    assert people.post("/listGroups", {"listGroup": link}).status_code == 404


def test_the_user_is_found_by_each_of_its_names(people: Api) -> None:
    me = people.get("/users/me").json()
    user = me["user"]

    for path in (user["id"], f"email/{user['email']}", f"username/{user['username']}"):
        assert people.get(f"/users/{path}").json() == me
    for path in ("99", "email/nobody@example.com", "username/nobody"):
        assert people.get(f"/users/{path}").status_code == 404


def test_no_accounts_are_there(people: Api) -> None:
    assert people.get("/accounts").json() == {"accounts": [], "meta": {"total": "0"}}


def test_version_1_is_refused_with_a_sentence(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.url}/admin/api.php?api_action=list_list&api_key=sandbox", timeout=60)

    assert answer.status_code == 404
    assert "emulates API v3" in answer.json()["result_message"]
