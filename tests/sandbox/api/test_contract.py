"""The API's reference, checked against the sandbox, and against a live account where variables name one.

Set `ACTIVECAMPAIGN_TEST_URL` (e.g. `https://acme.api-us1.com`) and `ACTIVECAMPAIGN_TEST_KEY`. The suite
mostly reads, creates a list, a tag and a few contacts of its own and removes them.
"""

from __future__ import annotations

import os
import re
import typing as t

import pytest
from support.contract_account import KEY_VARIABLE, URL_VARIABLE, ContractAccount

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.sandbox.server import RunningSandbox

LIVE_PAUSE_SECONDS = 2.0
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
UNKNOWN_ID = 999_999_999


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        is_live_set = os.environ.get(URL_VARIABLE) and os.environ.get(KEY_VARIABLE)
        metafunc.parametrize("kind", ["sandbox", "live"] if is_live_set else ["sandbox"])


@pytest.fixture
def account(kind: str, start_sandbox: Callable[..., RunningSandbox]) -> Iterator[ContractAccount]:
    if kind == "live":
        account = ContractAccount(
            os.environ[URL_VARIABLE].rstrip("/"), os.environ[KEY_VARIABLE], LIVE_PAUSE_SECONDS
        )
    else:
        sandbox = start_sandbox(with_limits=False, progress="looks=2")
        account = ContractAccount(sandbox.url, "sandbox", 0.0)
    try:
        yield account
    finally:
        account.remove_all()
        account.close()


def assert_strings(item: dict[str, t.Any], *keys: str) -> None:
    assert {key: type(item[key]) for key in keys} == dict.fromkeys(keys, str)


def test_the_root_answers_200(account: ContractAccount) -> None:
    assert account.get("/").status_code == 200


def test_users_me_names_the_user_of_the_key(account: ContractAccount) -> None:
    user = account.get("/users/me").json()["user"]

    assert_strings(user, "id", "username", "firstName", "lastName", "email")


def test_the_account_s_limit_and_total_are_integers(account: ContractAccount) -> None:
    settings = account.get("/settings/account").json()

    assert isinstance(settings["subscriber_limit"], int)
    assert isinstance(settings["subscriber_total"], int)


def test_a_wrong_key_is_refused(kind: str, account: ContractAccount) -> None:
    account.session.headers["Api-Token"] = "0000-made-up-0000"

    assert account.get("/settings/account").status_code == 403


def test_lists_have_ids_and_flags_as_strings(account: ContractAccount) -> None:
    list_id = account.make_list("contract")

    answer = account.get("/lists", limit=1).json()
    assert_strings(answer["meta"], "total")
    assert_strings(answer["lists"][0], "id", "name", "stringid", "private", "userid", "cdate")
    assert account.get(f"/lists/{list_id}").json()["list"]["id"] == list_id


def test_lists_can_be_found_by_name(account: ContractAccount) -> None:
    list_id = account.make_list("contract")

    found = account.get("/lists", **{"filters[name]": f"contract {account.run}"}).json()["lists"]
    assert [entry["id"] for entry in found] == [list_id]


def test_an_unknown_list_is_404_with_its_id(account: ContractAccount) -> None:
    answer = account.get(f"/lists/{UNKNOWN_ID}")

    assert answer.status_code == 404
    assert answer.json() == {"message": f"No Result found for _List with id {UNKNOWN_ID}"}


def test_fields_come_with_their_options_and_list_links_beside_them(account: ContractAccount) -> None:
    answer = account.get("/fields", limit=100).json()

    assert {"fields", "fieldOptions", "fieldRels", "meta"} <= answer.keys()
    assert_strings(answer["meta"], "total")
    for field in answer["fields"]:
        assert_strings(field, "id", "title", "perstag", "ordernum")
        assert isinstance(field["options"], list)
    for option in answer["fieldOptions"]:
        assert_strings(option, "id", "field", "value", "label")


def test_fields_are_paged(account: ContractAccount) -> None:
    first = account.get("/fields", limit=1).json()["fields"]
    second = account.get("/fields", limit=1, offset=1).json()["fields"]

    assert len(first) == 1
    assert first != second


def test_the_total_of_exclusions_is_a_number(account: ContractAccount) -> None:
    answer = account.get("/lists/exclusions").json()

    assert isinstance(answer["meta"]["total"], int)
    for exclusion in answer["exclusions"]:
        assert_strings(exclusion, "id", "matchPhrase", "matchType", "channel")
        assert isinstance(exclusion["hidden"], bool)


def test_an_unknown_exclusion_is_404_without_a_wrapper(account: ContractAccount) -> None:
    answer = account.get(f"/lists/exclusions/{UNKNOWN_ID}")

    assert answer.status_code == 404
    assert answer.json() == {"message": f"Exclusion not found [id={UNKNOWN_ID}]"}


def test_exclusions_filtered_by_an_unknown_attribute_are_422(account: ContractAccount) -> None:
    answer = account.get("/lists/exclusions", **{"filters[nonsense]": "1"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["title"] == "Invalid attribute"


def test_a_tag_can_be_made_found_and_read(account: ContractAccount) -> None:
    tag = account.make_tag("contract")

    found = account.get("/tags", search=account.run).json()["tags"]
    assert [entry["id"] for entry in found] == [tag]
    assert account.get(f"/tags/{tag}").json()["tag"]["subscriber_count"] == "0"


def test_a_contact_can_be_given_a_tag_and_lose_it(account: ContractAccount) -> None:
    contact, tag = account.make_contact("tagged"), account.make_tag("contract")

    given = account.post("/contactTags", {"contactTag": {"contact": contact, "tag": tag}})
    assert given.status_code == 201
    link = given.json()["contactTag"]
    assert (link["contact"], link["tag"]) == (contact, tag)
    assert account.delete(f"/contactTags/{link['id']}").json() == {}


def test_a_tag_for_nobody_is_404(account: ContractAccount) -> None:
    tag = account.make_tag("contract")

    answer = account.post("/contactTags", {"contactTag": {"contact": str(UNKNOWN_ID), "tag": tag}})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["detail"] == "Contact not found"


def test_a_tag_for_an_unnamed_contact_is_422(account: ContractAccount) -> None:
    answer = account.post("/contactTags", {"contactTag": {"tag": account.make_tag("contract")}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["source"] == {"pointer": "/data/attributes/contact"}


def test_contacts_have_dates_with_an_offset_and_ids_as_strings(account: ContractAccount) -> None:
    account.make_contact("dated", firstName="Ada", lastName="Made-up")

    answer = account.get("/contacts", email=account.address("dated")).json()
    contact = answer["contacts"][0]
    assert_strings(contact, "id", "email", "firstName", "lastName", "phone", "deleted", "bounced_hard")
    assert DATE.fullmatch(contact["cdate"])
    assert DATE.fullmatch(contact["udate"])
    assert answer["meta"]["total"] == "1"


def test_contacts_can_be_walked_by_id(account: ContractAccount) -> None:
    ids = [account.make_contact(name) for name in ("walk-b", "walk-a", "walk-c")]

    path = "/contacts?limit=2&orders[id]=ASC"
    first = account.get(f"{path}&id_greater={int(ids[0]) - 1}&search={account.run}").json()["contacts"]
    rest = account.get(f"{path}&id_greater={ids[1]}&search={account.run}").json()["contacts"]
    assert [contact["id"] for contact in first + rest] == ids


def test_a_sync_makes_a_contact_then_updates_it(account: ContractAccount) -> None:
    body = {"contact": {"email": account.address("synced"), "firstName": "Ada"}}

    made = account.post("/contact/sync", body)
    account.remember("/contacts", made.json()["contact"]["id"])
    updated = account.post("/contact/sync", {"contact": {**body["contact"], "lastName": "Made-up"}})
    assert (made.status_code, updated.status_code) == (201, 200)
    assert updated.json()["contact"]["id"] == made.json()["contact"]["id"]
    assert updated.json()["contact"]["firstName"] == "Ada"
    assert "fieldValues" not in updated.json()


def test_a_second_contact_with_an_email_is_422(account: ContractAccount) -> None:
    account.make_contact("twice")

    answer = account.post("/contacts", {"contact": {"email": account.address("twice")}})
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["title"] == "Email address already exists in the system"
    assert error["code"] == "duplicate"
    assert error["source"] == {"pointer": "/data/attributes/email"}


def test_a_contact_can_be_made_changed_read_and_deleted(account: ContractAccount) -> None:
    made = account.post(
        "/contacts", {"contact": {"email": account.address("life"), "phone": "+442079460000"}}
    )
    contact = account.remember("/contacts", made.json()["contact"]["id"])

    changed = account.put(f"/contacts/{contact}", {"contact": {"firstName": "Ada"}})
    read = account.get(f"/contacts/{contact}").json()["contact"]
    assert (made.status_code, changed.status_code) == (201, 200)
    assert (read["firstName"], read["phone"]) == ("Ada", "+442079460000")
    assert account.delete(f"/contacts/{contact}").json() == {}
    assert account.get(f"/contacts/{contact}").status_code == 404


@pytest.mark.parametrize("path", ["", "/contactLists", "/fieldValues"])
def test_an_unknown_contact_is_404_as_a_subscriber(account: ContractAccount, path: str) -> None:
    answer = account.get(f"/contacts/{UNKNOWN_ID}{path}")

    assert answer.status_code == 404
    assert answer.json() == {"message": f"No Result found for Subscriber with id {UNKNOWN_ID}"}


def test_deleting_an_unknown_contact_is_404_as_a_contact(account: ContractAccount) -> None:
    answer = account.delete(f"/contacts/{UNKNOWN_ID}")

    assert answer.status_code == 404
    assert answer.json() == {"message": f"No result found for contact with id {UNKNOWN_ID}"}


def test_a_membership_answers_the_status_as_the_number_that_was_sent(account: ContractAccount) -> None:
    contact, list_id = account.make_contact("member"), account.make_list("contract")

    body = {"contactList": {"list": int(list_id), "contact": int(contact), "status": 1}}
    answer = account.post("/contactLists", body)
    assert answer.status_code == 200
    assert answer.json()["contactList"]["status"] == 1
    memberships = account.get(f"/contacts/{contact}/contactLists").json()["contactLists"]
    assert [(entry["list"], entry["status"]) for entry in memberships] == [(list_id, "1")]


def test_members_of_a_list_can_be_asked_for(account: ContractAccount) -> None:
    contact, list_id = account.make_contact("member"), account.make_list("contract")
    account.post("/contactLists", {"contactList": {"list": list_id, "contact": contact, "status": 1}})

    found = account.get("/contacts", listid=list_id, status=1).json()["contacts"]
    assert [entry["id"] for entry in found] == [contact]
    assert account.get("/contacts", listid=list_id, status=2).json()["contacts"] == []


def test_an_import_is_queued_and_then_completed(account: ContractAccount) -> None:
    list_id = account.make_list("contract")
    contact = {
        "email": account.address("imported"),
        "first_name": "Ada",
        "subscribe": [{"listid": int(list_id)}],
    }

    look = account.import_contacts([contact])
    assert look["status"] == "completed"
    assert look["failure"] == []
    found = account.get("/contacts", email=contact["email"]).json()["contacts"][0]
    assert found["firstName"] == "Ada"
    memberships = account.get(f"/contacts/{found['id']}/contactLists").json()["contactLists"]
    assert [(entry["list"], entry["status"]) for entry in memberships] == [(list_id, "1")]


def test_an_accepted_import_has_an_id_and_a_count(account: ContractAccount) -> None:
    contact = {"email": account.address("counted")}

    answer = account.post("/import/bulk_import", {"contacts": [contact]})
    assert answer.status_code == 200
    body = answer.json()
    assert (body.get("Success") or body.get("success"), body["queued_contacts"]) == (1, 1)
    assert isinstance(body["batchId"], str)
    account.import_contacts([contact])


def test_an_import_with_a_malformed_address_is_refused_whole(account: ContractAccount) -> None:
    contacts = [{"email": account.address("fine")}, {"email": "no-address"}]

    answer = account.post("/import/bulk_import", {"contacts": contacts})
    assert answer.status_code == 400
    assert answer.json()["success"] == 0
    assert answer.json()["message"].startswith("JSON payload did not pass validation")
    assert "incorrect format" in answer.json()["failureReasons"][0]["failureReason"]
    assert account.get("/contacts", email=contacts[0]["email"]).json()["contacts"] == []


def test_asking_for_no_import_is_400(account: ContractAccount) -> None:
    answer = account.get("/import/info")

    assert answer.status_code == 400
    assert answer.json() == {"success": 0, "message": "'batchId' is a required field."}


def test_totals_of_imports_are_strings_by_day(account: ContractAccount) -> None:
    account.import_contacts([{"email": account.address("totalled")}])

    totals = account.get("/import/bulk_import").json()
    assert totals.keys() == {"outstanding", "recentlyCompleted"}
    for day in totals["outstanding"] + totals["recentlyCompleted"]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", day["forDate"])
        assert_strings(day, "batches", "contacts")
