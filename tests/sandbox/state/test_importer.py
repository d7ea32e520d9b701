"""The effect of an import on the account, under every reading that the reference leaves open."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.sandbox.state.seed import BUILT_IN

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

    Load = Callable[..., tuple[dict[str, t.Any], dict[str, dict[str, t.Any]]]]

ADA = {"email": "ada@example.com", "firstName": "Ada", "fields": {"CITY": "Athens"}, "tags": ["vip"]}


@pytest.fixture
def load(start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]) -> Load:
    """Import contacts into an account of people; return the import's info and the people, by email."""

    def run(
        contacts: list[t.Any],
        people: list[dict[str, t.Any]] | None = None,
        contact_limit: int | None = None,
        **switches: str,
    ) -> tuple[dict[str, t.Any], dict[str, dict[str, t.Any]]]:
        sandbox = start_sandbox(
            with_limits=False,
            progress="at-once",
            seed={**BUILT_IN, "contacts": people or []},
            contact_limit=contact_limit,
            switches={name.replace("_", "-"): value for name, value in switches.items()},
        )
        api = connect(sandbox)
        accepted = api.post("/import/bulk_import", {"contacts": contacts})
        status = accepted.json()
        if accepted.ok:
            status = api.get("/import/info", batchId=status["batchId"]).json()
        return status, {person["email"]: person for person in sandbox.snapshot()["contacts"]}

    return run


def contact(email: str = "ada@example.com", **attributes: object) -> dict[str, object]:
    return {"email": email, **attributes}


def subscribed(email: str, *lists: int) -> dict[str, object]:
    return contact(email, subscribe=[{"listid": list_id} for list_id in lists])


def test_a_new_contact_has_all_that_was_sent(load: Load) -> None:
    everything = contact(
        first_name="Ada",
        last_name="Made-up",
        phone="+442079460000",
        customer_acct_name="Made-up Ltd",
        tags=["vip", "brand new"],
        fields=[{"id": 1, "value": "Athens"}, {"id": "3", "value": "||Music||Travel||"}],
        subscribe=[{"listid": 1}, {"listid": "2"}],
    )

    status, people = load([everything])
    assert status == {"status": "completed", "success": ["1"], "failure": []}
    assert people == {
        "ada@example.com": {
            "id": 1,
            "email": "ada@example.com",
            "firstName": "Ada",
            "lastName": "Made-up",
            "phone": "+442079460000",
            "orgname": "Made-up Ltd",
            "bounced": False,
            "fields": {"CITY": "Athens", "INTERESTS": "||Music||Travel||"},
            "lists": {"1": 1, "2": 1},
            "tags": ["brand new", "vip"],
        }
    }


def test_what_is_not_sent_stays(load: Load) -> None:
    _, people = load([contact(last_name="Made-up", tags=["customer"])], [ADA])

    ada = people["ada@example.com"]
    assert (ada["firstName"], ada["lastName"]) == ("Ada", "Made-up")
    assert ada["fields"] == {"CITY": "Athens"}
    assert ada["tags"] == ["customer", "vip"]


def test_an_address_in_other_letters_is_the_same_contact(load: Load) -> None:
    _, people = load([contact("ADA@Example.com", first_name="Augusta")], [ADA])

    assert {email: person["firstName"] for email, person in people.items()} == {"ada@example.com": "Augusta"}


def test_camel_case_names_are_dropped_silently(load: Load) -> None:
    _, people = load([contact(firstName="Ada")])

    assert people["ada@example.com"]["firstName"] == ""


def test_a_datetime_is_kept_in_the_account_s_time_zone(load: Load) -> None:
    _, people = load([contact(fields=[{"id": 6, "value": "2026-05-19T09:45:00+02:00"}])])

    assert people["ada@example.com"]["fields"] == {"LAST_ORDER_AT": "2026-05-19T02:45:00-05:00"}


@pytest.mark.parametrize("address", ["anyone@spam.example", "BLOCKED@excluded.example"])
def test_excluded_addresses_end_in_failure_and_the_rest_is_imported(load: Load, address: str) -> None:
    status, people = load([contact(address), contact()])

    assert status["failure"] == [address]
    assert set(people) == {"ada@example.com"}


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@example.c",
        "a da@example.com",
        "a,b@example.com",
        "a@b@c.com",
    ],
)
def test_an_impossible_address_refuses_the_whole_batch(load: Load, address: str) -> None:
    status, people = load([contact(), contact(address)])

    assert status["failureReasons"] == [{"contact": 2, "failureReason": "Field 'email' incorrect format"}]
    assert people == {}


@pytest.mark.parametrize("address", ["o'brien@example.com", "ada+tag@sub.example.com", "a@exämple.com"])
def test_an_unusual_address_is_taken(load: Load, address: str) -> None:
    _, people = load([contact(address)])

    assert set(people) == {address}


@pytest.mark.parametrize("broken", [{}, {"email": None}, {"email": ""}, "ada@example.com", None])
def test_a_contact_without_an_address_refuses_the_whole_batch(load: Load, broken: object) -> None:
    status, people = load([broken])

    assert status["failureReasons"] == [{"contact": 1, "failureReason": "Field 'email' not found"}]
    assert people == {}


@pytest.mark.parametrize(
    "attributes",
    [
        {"first_name": []},
        {"tags": "vip"},
        {"fields": {}},
        {"fields": [{"id": "x"}]},
        {"subscribe": [1]},
        {"unsubscribe": [{}]},
    ],
)
def test_an_attribute_of_another_shape_refuses_the_whole_batch(
    load: Load, attributes: dict[str, t.Any]
) -> None:
    status, _ = load([contact(**attributes)])

    assert "incorrect format" in status["failureReasons"][0]["failureReason"]


def test_positions_count_from_one_or_from_zero(load: Load) -> None:
    status, _ = load([{}], positions="from-zero")

    assert status["failureReasons"][0]["contact"] == 0


def test_a_refusal_names_all_or_the_first(load: Load) -> None:
    every, _ = load([{}, contact(), {}])
    first, _ = load([{}, contact(), {}], refusal_names="first")

    assert [reason["contact"] for reason in every["failureReasons"]] == [1, 3]
    assert [reason["contact"] for reason in first["failureReasons"]] == [1]


def test_who_left_a_list_is_not_subscribed_again_and_ends_in_failure(load: Load) -> None:
    status, people = load(
        [{**subscribed("ada@example.com", 1), "first_name": "New"}], [{**ADA, "lists": {"1": 2}}]
    )

    assert status["failure"] == ["ada@example.com"]
    assert people["ada@example.com"]["lists"] == {"1": 2}
    assert people["ada@example.com"]["firstName"] == "Ada"


def test_who_left_a_list_is_not_subscribed_again_but_updated(load: Load) -> None:
    status, people = load(
        [{**subscribed("ada@example.com", 1, 2), "first_name": "New"}],
        [{**ADA, "lists": {"1": 2}}],
        left_list="skip-subscription",
    )

    assert status["failure"] == []
    assert people["ada@example.com"]["lists"] == {"1": 2, "2": 1}
    assert people["ada@example.com"]["firstName"] == "New"


def test_an_unsubscription_is_carried_out_for_members_only(load: Load) -> None:
    leaving = contact(unsubscribe=[{"listid": 1}, {"listid": 2}])

    _, people = load([leaving], [{**ADA, "lists": {"1": 1}}])
    assert people["ada@example.com"]["lists"] == {"1": 2}


@pytest.mark.parametrize(("reading", "status"), [("unsubscribe", 2), ("subscribe", 1)])
def test_a_list_in_both_keys_follows_the_switch(load: Load, reading: str, status: int) -> None:
    both = {**subscribed("ada@example.com", 1), "unsubscribe": [{"listid": 1}]}

    _, people = load([both], [{**ADA, "lists": {"1": 1}}], subscribe_and_unsubscribe=reading)
    assert people["ada@example.com"]["lists"] == {"1": status}


@pytest.mark.parametrize(("reading", "failure"), [("failure", ["ada@example.com"]), ("update", [])])
def test_a_bounced_address_follows_the_switch(load: Load, reading: str, failure: list[str]) -> None:
    status, _ = load([contact()], [{**ADA, "bounced": True}], bounced=reading)

    assert status["failure"] == failure


@pytest.mark.parametrize(
    ("reading", "failure", "count"),
    [("failure", ["b@example.com", "c@example.com"], 1), ("silent", [], 1), ("let-through", [], 3)],
)
def test_contacts_over_the_account_s_limit_follow_the_switch(
    load: Load, reading: str, failure: list[str], count: int
) -> None:
    contacts = [contact(f"{name}@example.com") for name in "abc"]

    status, people = load(contacts, contact_limit=1, over_limit=reading)
    assert status["failure"] == failure
    assert len(people) == count


def test_known_contacts_are_updated_in_a_full_account(load: Load) -> None:
    status, people = load([contact(first_name="New")], [ADA], contact_limit=1)

    assert status["failure"] == []
    assert people["ada@example.com"]["firstName"] == "New"


@pytest.mark.parametrize(("reading", "success"), [("created", ["2"]), ("created-and-updated", ["2", "1"])])
def test_success_follows_the_switch(load: Load, reading: str, success: list[str]) -> None:
    status, _ = load([contact(), contact("new@example.com")], [ADA], success_names=reading)

    assert status["success"] == success


@pytest.mark.parametrize(
    ("reading", "address"), [("as-sent", "Any@Spam.example"), ("lower-case", "any@spam.example")]
)
def test_failures_are_spelled_by_the_switch(load: Load, reading: str, address: str) -> None:
    status, _ = load([contact("Any@Spam.example")], failure_spelling=reading)

    assert status["failure"] == [address]


@pytest.mark.parametrize(("reading", "name"), [("last-wins", "Second"), ("first-wins", "First")])
def test_an_address_twice_in_a_batch_is_one_contact(load: Load, reading: str, name: str) -> None:
    twice = [contact(first_name="First"), contact("Ada@example.com", first_name="Second")]

    _, people = load(twice, same_address_twice=reading)
    assert [person["firstName"] for person in people.values()] == [name]


@pytest.mark.parametrize(("reading", "name", "city"), [("clear", "", ""), ("keep", "Ada", "Athens")])
@pytest.mark.parametrize("empty", ["", None])
def test_empty_values_follow_the_switch(
    load: Load, reading: str, name: str, city: str, empty: str | None
) -> None:
    emptied = contact(first_name=empty, fields=[{"id": 1, "value": empty}])

    _, people = load([emptied], [ADA], empty_values=reading)
    assert people["ada@example.com"]["firstName"] == name
    assert people["ada@example.com"]["fields"] == {"CITY": city}


@pytest.mark.parametrize("switch", ["unknown_field", "unknown_list"])
@pytest.mark.parametrize(("reading", "failed", "people"), [("ignore", 0, 1), ("failure", 1, 0)])
def test_unknown_ids_are_ignored_or_fail_the_contact(
    load: Load, switch: str, reading: str, failed: int, people: int
) -> None:
    stray = contact(fields=[{"id": 99, "value": "x"}], subscribe=[{"listid": 99}])

    status, found = load([stray], **{switch: reading})
    assert (len(status["failure"]), len(found)) == (failed, people)


@pytest.mark.parametrize("switch", ["unknown_field", "unknown_list"])
def test_unknown_ids_refuse_the_batch_by_the_switch(load: Load, switch: str) -> None:
    stray = contact(fields=[{"id": 99, "value": "x"}], subscribe=[{"listid": 99}])

    status, _ = load([stray], **{switch: "refuse"})
    assert status["success"] == 0


@pytest.mark.parametrize(
    ("reading", "fields"),
    [
        ("store", {"LANGUAGE": "tlh", "INTERESTS": "||Music||Chess||"}),
        ("ignore", {"LANGUAGE": "", "INTERESTS": "||Music||"}),
    ],
)
def test_unknown_options_follow_the_switch(load: Load, reading: str, fields: dict[str, str]) -> None:
    chosen = contact(fields=[{"id": 4, "value": "tlh"}, {"id": 3, "value": "||Music||Chess||"}])

    _, people = load([chosen], unknown_option=reading)
    assert people["ada@example.com"]["fields"] == fields


def test_blanks_around_an_address_are_trimmed_or_refused(load: Load) -> None:
    _, people = load([contact(" ada@example.com ")])
    refused, _ = load([contact(" ada@example.com ")], address_blanks="refuse")

    assert set(people) == {"ada@example.com"}
    assert refused["success"] == 0


@pytest.mark.parametrize("key", ["Success", "success"])
def test_an_accepted_import_spells_success_by_the_switch(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api], key: str
) -> None:
    api = connect(start_sandbox(switches={"success-key": key}))

    accepted = api.post("/import/bulk_import", {"contacts": [contact()]}).json()
    assert accepted.keys() == {key, "queued_contacts", "batchId", "message"}


def test_more_than_250_contacts_are_refused(load: Load) -> None:
    status, people = load([contact(f"p{number}@example.com") for number in range(251)])

    assert status["failureReasons"] == ["Up to 250 contacts may be imported at once"]
    assert people == {}


@pytest.mark.parametrize(("size", "status"), [(399_999, 200), (400_000, 400)])
def test_a_payload_has_less_than_400_000_bytes(api: Api, size: int, status: int) -> None:
    start = b'{"contacts":[{"email":"ada@example.com","first_name":"'
    body = start + b"x" * (size - len(start) - 4) + b'"}]}'

    assert api.request("POST", "/import/bulk_import", data=body).status_code == status


def test_of_a_key_that_stands_twice_the_last_one_counts(api: Api) -> None:
    body = b'{"contacts":[{"email":1,"email":"ada@example.com","tags":7,"tags":["a"]}]}'

    assert api.request("POST", "/import/bulk_import", data=body).status_code == 200


HALF_A_PAIR = rb'{"contacts":[{"email":"ada@example.com","first_name":"\ud83d"}]}'


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"contacts":[]}', b'{"contacts":{}}', b"\xff", b"[" * 100_000, HALF_A_PAIR],
)
def test_what_is_no_batch_is_refused(api: Api, body: bytes) -> None:
    answer = api.request("POST", "/import/bulk_import", data=body)

    assert answer.status_code == 400
    assert all(isinstance(reason, str) for reason in answer.json()["failureReasons"])


@pytest.mark.parametrize("place", ["contact", "payload"])
def test_automations_are_excluded_from_either_place(sandbox: RunningSandbox, api: Api, place: str) -> None:
    excluded = {"exclude_automations": True}
    person = {**contact(), **(excluded if place == "contact" else {})}

    api.post("/import/bulk_import", {"contacts": [person], **(excluded if place == "payload" else {})})
    api.post("/import/bulk_import", {"contacts": [contact()]})
    assert [row["automations"] for row in sandbox.account.imports.page(2)] == [1, 0]


def test_exclusions_of_one_list_strike_its_subscribers_only(sandbox: RunningSandbox, api: Api) -> None:
    sandbox.account.exclusions.add("@partial.example", "end", "several", (2,))

    batch = [subscribed("one@partial.example", 1), subscribed("two@partial.example", 2)]
    accepted = api.post("/import/bulk_import", {"contacts": batch}).json()
    assert api.get("/import/info", batchId=accepted["batchId"]).json()["failure"] == ["two@partial.example"]
