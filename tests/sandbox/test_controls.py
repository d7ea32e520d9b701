"""The controls under `/_sandbox`."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.sandbox.state.seed import BUILT_IN
from target_activecampaign.sandbox.state.snapshot import take_snapshot

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

SYNC = {
    "contact": {
        "email": "ada@example.com",
        "firstName": "Ada",
        "fieldValues": [{"field": "1", "value": "Athens"}],
    }
}


def test_figures_show_the_account_at_a_glance(api: Api, controls: Api) -> None:
    api.post("/import/bulk_import", {"contacts": [{"email": "a@example.com", "subscribe": [{"listid": 1}]}]})
    api.get("/lists")

    figures = controls.get("/figures").json()
    assert (figures["contacts"], figures["contactLimit"]) == (1, 100_000)
    assert figures["lists"][0] == {"id": 1, "name": "Customers", "subscribed": 1}
    assert figures["imports"] == {"open": 0, "completed": 1, "failed": 0, "interrupted": 0}
    assert sum(second["requests"] for second in figures["series"]) == 2
    assert sum(second["imports"] for second in figures["series"]) == 1
    assert figures["lastRequest"] == 2


def test_requests_are_shown_with_body_and_answer_and_without_the_key(api: Api, controls: Api) -> None:
    api.session.headers["Api-Token"] = "sandbox"
    api.post("/contact/sync", SYNC)

    answer = controls.get("/requests")
    shown = answer.json()["requests"][0]
    assert (shown["method"], shown["path"], shown["status"], shown["account"]) == (
        "POST",
        "/api/3/contact/sync",
        201,
        1,
    )
    assert "ada@example.com" in shown["body"]
    assert '"contact"' in shown["answer"]
    assert "api-token" not in answer.text.lower()


def test_a_key_is_in_no_request_that_is_shown(api: Api, controls: Api) -> None:
    api.session.headers["Api-Token"] = "0000-made-up-0000"
    api.get("/users/me", api_key="0000-made-up-0000")

    answer = controls.get("/requests")
    assert answer.json()["requests"][0]["account"] is None
    assert "made-up" not in answer.text


def test_long_bodies_are_cut_and_measured(api: Api, controls: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com", "firstName": "x" * 10_000}})

    shown = controls.get("/requests").json()["requests"][0]
    assert len(shown["body"]) == 4_096
    assert shown["bodyBytes"] > 10_000


def test_requests_can_be_asked_for_from_the_last_one_seen(api: Api, controls: Api) -> None:
    for _ in range(3):
        api.get("/lists")

    assert [entry["id"] for entry in controls.get("/requests", after=1).json()["requests"]] == [2, 3]
    assert [entry["id"] for entry in controls.get("/requests", limit=1).json()["requests"]] == [3]


def test_requests_can_be_asked_for_without_bodies_and_then_one_whole(api: Api, controls: Api) -> None:
    api.post("/contact/sync", SYNC)

    brief = controls.get("/requests", brief=1).json()["requests"][0]
    whole = controls.get("/requests/1").json()
    assert whole.keys() - brief.keys() == {"headers", "body", "answer"}
    assert "ada@example.com" in whole["body"]
    assert controls.get("/requests/2").status_code == 404


def test_controls_are_not_in_the_journal_nor_limited(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    sandbox = start_sandbox(faults=["* status=500"])
    controls = connect(sandbox, prefix="/_sandbox")

    assert {controls.get("/figures").status_code for _ in range(30)} == {200}
    assert sandbox.emulator.journal.after(0) == []


def test_imports_are_shown_with_reasons(api: Api, controls: Api) -> None:
    api.post("/import/bulk_import", {"contacts": [{"email": "a@example.com"}, {"email": "b@spam.example"}]})

    shown = controls.get("/imports").json()
    assert shown["total"] == 1
    assert (shown["imports"][0]["status"], shown["imports"][0]["created"]) == ("completed", 1)
    assert shown["imports"][0]["failures"] == [{"email": "b@spam.example", "reason": "on the exclusion list"}]


def test_imports_can_be_asked_for_without_addresses_and_then_one_whole(api: Api, controls: Api) -> None:
    batch = {"contacts": [{"email": "a@example.com"}, {"email": "b@spam.example"}]}
    batch_id = api.post("/import/bulk_import", batch).json()["batchId"]

    brief = controls.get("/imports", brief=1).json()["imports"][0]
    whole = controls.get(f"/imports/{batch_id}").json()
    assert whole.keys() - brief.keys() == {"failures"}
    assert (brief["refused"], whole["failures"][0]["email"], whole["looks"]) == (1, "b@spam.example", 0)
    assert controls.get("/imports/nonsense").status_code == 404


def test_figures_name_what_is_not_as_usual(api: Api, controls: Api) -> None:
    before = controls.get("/figures").json()
    controls.put("/switches", {"window": "fixed", "positions": "from-one"})
    controls.post("/reset", {})

    after = controls.get("/figures").json()
    assert (before["readings"], after["readings"]) == ({}, {"window": "fixed"})
    assert (before["resets"], after["resets"]) == (0, 1)


def test_a_contact_is_shown_with_where_each_value_came_from(api: Api, controls: Api) -> None:
    api.post("/contact/sync", SYNC)
    batch = [
        {"email": "ada@example.com", "last_name": "Made-up", "tags": ["vip"], "subscribe": [{"listid": 2}]}
    ]
    batch_id = api.post("/import/bulk_import", {"contacts": batch}).json()["batchId"]

    shown = controls.get("/contacts/1").json()
    sources = {entry["name"]: entry["source"].split(",")[0] for entry in shown["attributes"]}
    assert sources["firstName"] == "POST /contact/sync"
    assert sources["lastName"] == f"import {batch_id}"
    assert shown["fields"][0]["source"].startswith("POST /contact/sync, 20")
    assert shown["lists"][0]["source"].startswith(f"import {batch_id}, 20")
    assert shown["tags"][0]["source"].startswith(f"import {batch_id}, 20")


def test_contacts_can_be_searched(api: Api, controls: Api) -> None:
    for name in ("100%", "100x", "Ärger"):
        api.post("/contact/sync", {"contact": {"email": f"p{ord(name[-1])}@example.com", "firstName": name}})

    found = controls.get("/contacts", search="100%").json()
    assert [contact["firstName"] for contact in found["contacts"]] == ["100%"]
    assert controls.get("/contacts", search="EXAMPLE", limit=1).json()["total"] == 3


def test_contacts_come_by_email_or_newest_first(api: Api, controls: Api) -> None:
    for name in "bca":
        api.post("/contact/sync", {"contact": {"email": f"{name}@example.com"}})

    def ids(**query: int) -> list[int]:
        return [contact["id"] for contact in controls.get("/contacts", **query).json()["contacts"]]

    assert (ids(), ids(newest=1)) == ([3, 1, 2], [3, 2, 1])


def test_an_unknown_contact_or_account_is_404(controls: Api) -> None:
    assert controls.get("/contacts/9").status_code == 404
    assert controls.get("/figures", account=2).status_code == 404
    assert controls.delete("/faults/9").status_code == 404


def test_faults_are_switched_on_and_off(api: Api, controls: Api) -> None:
    added = controls.post("/faults", {"fault": "GET /lists status=503"}).json()
    struck = api.get("/lists").status_code
    controls.delete(f"/faults/{added['id']}")

    assert (struck, api.get("/lists").status_code) == (503, 200)
    assert controls.get("/faults").json() == {"faults": []}


def test_all_faults_are_switched_off_at_once(controls: Api) -> None:
    controls.post("/faults", {"fault": "* html"})

    assert controls.delete("/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/faults", {"fault": "nonsense"}),
        ("POST", "/faults", {}),
        ("PUT", "/speed", {"speed": 0}),
        ("PUT", "/speed", {"speed": None}),
        ("PUT", "/limits", {"requestsPerSecond": 0}),
        ("PUT", "/limits", {"requests": 1}),
        ("PUT", "/limits", {"contactLimit": -1}),
        ("PUT", "/progress", {"progress": "soon"}),
        ("PUT", "/switches", {"window": "round"}),
        ("PUT", "/switches", {"nonsense": "yes"}),
        ("POST", "/seed", {"lists": [{}]}),
        ("POST", "/seed", {"fields": [{"title": "X", "type": "nonsense"}]}),
        ("POST", "/reset", []),
    ],
)
def test_what_a_control_does_not_understand_is_400(
    controls: Api, method: str, path: str, body: object
) -> None:
    answer = controls.request(method, path, json=body)

    assert answer.status_code == 400
    assert answer.json()["message"]


def test_limits_speed_progress_and_switches_are_set_and_shown(controls: Api) -> None:
    limits = {
        "requestsPerSecond": 7,
        "importsPerMinute": None,
        "singleImportsPerMinute": 3,
        "contactLimit": 5,
    }

    assert controls.put("/limits", limits).json() == controls.get("/limits").json() == limits
    assert controls.put("/speed", {"speed": 60}).json() == controls.get("/speed").json() == {"speed": 60}
    assert controls.put("/progress", {"progress": "looks=2"}).json() == controls.get("/progress").json()
    assert controls.put("/switches", {"window": "fixed"}).json()["window"] == "fixed"
    assert controls.get("/switches").json()["window"]["value"] == "fixed"


def test_open_imports_can_be_settled(sandbox: RunningSandbox, api: Api, controls: Api) -> None:
    controls.put("/progress", {"progress": "never"})
    api.post("/import/bulk_import", {"contacts": [{"email": "a@example.com"}]})

    assert controls.post("/settle", {}).json() == {"completed": 1}
    assert len(sandbox.account.contacts) == 1


def test_a_reset_starts_over(sandbox: RunningSandbox, api: Api, controls: Api) -> None:
    before = sandbox.snapshot()
    api.post("/contact/sync", SYNC)
    api.post("/import/bulk_import", {"contacts": [{"email": "b@example.com", "tags": ["new"]}]})
    controls.post("/faults", {"fault": "* html"})

    controls.post("/reset", {})
    assert sandbox.snapshot() == before
    assert controls.get("/imports").json() == {"total": 0, "imports": []}
    assert api.post("/contact/sync", SYNC).json()["contact"]["id"] == "1"


def test_a_snapshot_is_a_seed(api: Api, controls: Api) -> None:
    api.post("/contact/sync", SYNC)
    api.post("/contactLists", {"contactList": {"list": 1, "contact": 1, "status": 2}})
    controls.post("/contacts/1/bounce", {})
    snapshot = controls.get("/snapshot").json()

    controls.post("/reset", {})
    controls.post("/seed", snapshot)
    assert controls.get("/snapshot").json() == snapshot


def test_a_snapshot_of_a_large_account_is_bounded(api: Api, controls: Api) -> None:
    api.post("/import/bulk_import", {"contacts": [{"email": f"p{i}@example.com"} for i in range(5)]})

    snapshot = controls.get("/snapshot", contacts=2).json()
    assert (len(snapshot["contacts"]), snapshot["contactTotal"]) == (2, 5)


def test_accounts_are_apart(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    sandbox = start_sandbox(keys=("first", "second"))
    connect(sandbox, "second").post("/contact/sync", SYNC)
    controls = connect(sandbox, prefix="/_sandbox")

    assert controls.get("/figures").json()["contacts"] == 0
    assert controls.get("/figures", account=2).json()["contacts"] == 1


def test_a_seed_is_loaded_at_the_start(start_sandbox: Callable[..., RunningSandbox]) -> None:
    seed = {**BUILT_IN, "contacts": [{"email": "ada@example.com", "lists": {"3": 1}}], "contactLimit": 7}

    account = start_sandbox(seed=seed).account
    assert account.contact_limit == 7
    assert take_snapshot(account)["contacts"][0]["lists"] == {"3": 1}
