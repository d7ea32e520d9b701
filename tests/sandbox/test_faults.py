"""The fault language, and the effect of faults on clients."""

from __future__ import annotations

import typing as t

import pytest
import requests

from target_activecampaign.sandbox.faults import Fault, FaultInvalidError, Faults

if t.TYPE_CHECKING:
    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

SYNC = {"contact": {"email": "ada@example.com"}}
BATCH = {"contacts": [{"email": f"{name}@example.com"} for name in "abcd"]}


def matches(line: str, requests: int) -> list[bool]:
    faults = Faults()
    faults.add(line)
    return [bool(faults.match_request("GET", "/contacts")) for _ in range(requests)]


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ("", "xxxxxxx"),
        ("next=2", "xx....."),
        ("every=3", "..x..x."),
        ("after=4", "....xxx"),
        ("after=1 every=2 next=2", "..x.x.."),
    ],
)
def test_a_fault_strikes_when_it_says(when: str, struck: str) -> None:
    assert matches(f"/contacts cut {when}", 7) == [mark == "x" for mark in struck]


@pytest.mark.parametrize(
    ("where", "is_struck"),
    [
        ("*", True),
        ("GET /contacts", True),
        ("get /api/3/contacts", True),
        ("POST /contacts", False),
        ("/contact*", True),
        ("/lists*", False),
    ],
)
def test_a_fault_strikes_where_it_says(where: str, is_struck: bool) -> None:  # noqa: FBT001 - a parameter
    assert matches(f"{where} html", 1) == [is_struck]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "GET",
        "/contacts",
        "/contacts explode",
        "/contacts status=99",
        "/contacts status=x",
        "/contacts delay=soon",
        "/contacts delay=-1",
        "/contacts cut html",
        "/contacts cut next=0",
        "/contacts cut every=x",
        "/contacts open",
        "import cut",
        "import refuses=",
        '/contacts status=500 body="',
    ],
)
def test_a_line_that_is_no_fault_is_refused(line: str) -> None:
    with pytest.raises(FaultInvalidError):
        Fault.parse(line)


def test_a_status_comes_with_body_and_headers(sandbox: RunningSandbox, api: Api) -> None:
    sandbox.emulator.faults.add(
        'GET /lists* status=502 body="<html>down" header="Retry-After: 7" header=content-type:text/html'
        " next=1"
    )

    answer = api.get("/lists")
    assert (answer.status_code, answer.text) == (502, "<html>down")
    assert (answer.headers["Retry-After"], answer.headers["content-type"]) == ("7", "text/html")
    assert api.get("/lists").status_code == 200


def test_a_login_page_is_html_with_status_200(sandbox: RunningSandbox, api: Api) -> None:
    sandbox.emulator.faults.add("* html")

    answer = api.get("/users/me")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("line", "contacts"), [("* cut", 0), ("* cut effect", 1)])
def test_a_connection_is_cut_before_or_after_the_effect(
    sandbox: RunningSandbox, api: Api, line: str, contacts: int
) -> None:
    sandbox.emulator.faults.add(line)

    with pytest.raises(requests.ConnectionError):
        api.post("/contact/sync", SYNC)
    assert len(sandbox.account.contacts) == contacts


@pytest.mark.parametrize(("line", "contacts"), [("* status=504", 0), ("* status=504 effect", 1)])
def test_a_status_can_come_after_the_effect(
    sandbox: RunningSandbox, api: Api, line: str, contacts: int
) -> None:
    sandbox.emulator.faults.add(line)

    assert api.post("/contact/sync", SYNC).status_code == 504
    assert len(sandbox.account.contacts) == contacts


def test_a_delay_makes_a_client_wait_too_long(sandbox: RunningSandbox, api: Api) -> None:
    sandbox.emulator.faults.add("* delay=60")

    with pytest.raises(requests.ReadTimeout):
        api.session.get(f"{api.url}/lists", timeout=0.05)


def test_a_delay_passes_with_the_sandbox_s_speed(sandbox: RunningSandbox, api: Api) -> None:
    sandbox.emulator.clock.speed = 100_000
    sandbox.emulator.faults.add("* delay=60")

    assert api.get("/lists").status_code == 200


def end_of_import(sandbox: RunningSandbox, api: Api, line: str) -> dict[str, object]:
    sandbox.emulator.faults.add(line)
    batch_id = api.post("/import/bulk_import", BATCH).json()["batchId"]
    info: dict[str, object] = api.get("/import/info", batchId=batch_id).json()
    return info


def test_an_import_can_stay_open(sandbox: RunningSandbox, api: Api) -> None:
    assert end_of_import(sandbox, api, "import open next=1")["status"] is False
    assert len(sandbox.account.contacts) == 0


@pytest.mark.parametrize(
    ("line", "status", "contacts"),
    [("import fails", "failed", 0), ("import interrupted applied=3", "interrupted", 3)],
)
def test_an_import_can_fail_with_some_of_it_applied(
    sandbox: RunningSandbox, api: Api, line: str, status: str, contacts: int
) -> None:
    assert end_of_import(sandbox, api, line)["status"] == status
    assert len(sandbox.account.contacts) == contacts


def test_an_import_can_refuse_addresses(sandbox: RunningSandbox, api: Api) -> None:
    info = end_of_import(sandbox, api, "import refuses=B@example.com,d@example.com")

    assert info["failure"] == ["b@example.com", "d@example.com"]
    assert len(sandbox.account.contacts) == 2


def test_a_fault_shows_how_often_it_struck(sandbox: RunningSandbox, api: Api) -> None:
    sandbox.emulator.faults.add("/lists status=500 every=2")

    for _ in range(5):
        api.get("/lists")
    shown = sandbox.emulator.faults.as_list()
    assert shown == [{"id": 1, "fault": "/lists status=500 every=2", "seen": 5, "struck": 2}]


@pytest.mark.parametrize("reading", ["403", "401", "login-page"])
def test_a_wrong_key_is_answered_by_the_switch(sandbox: RunningSandbox, api: Api, reading: str) -> None:
    sandbox.emulator.switches.choose("unknown-key", reading)
    api.session.headers["Api-Token"] = "wrong"

    answer = api.get("/users/me")
    expected = {"403": 403, "401": 401, "login-page": 200}[reading]
    assert answer.status_code == expected
    assert "user" not in answer.text or "<html>" in answer.text
