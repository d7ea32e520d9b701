"""Who may talk to the sandbox: requests by its own name, and from its own origin."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

SYNC = {
    "contact": {
        "email": "ada@example.com",
        "firstName": "Ada",
        "fieldValues": [{"field": "1", "value": "Athens"}],
    }
}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "[::1"])
@pytest.mark.parametrize("path", ["/api/3/users/me", "/_sandbox/figures", "/"])
def test_a_request_to_another_host_is_refused(
    sandbox: RunningSandbox, api: Api, host: str, path: str
) -> None:
    answer = api.session.get(f"{sandbox.url}{path}", headers={"Host": host}, timeout=5)

    assert answer.status_code in (400, 421)
    assert "contacts" not in answer.text


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "LOCALHOST"])
def test_the_loopback_s_names_are_answered(sandbox: RunningSandbox, controls: Api, name: str) -> None:
    answer = controls.request("GET", "/figures", headers={"Host": f"{name}:{sandbox.port}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/_sandbox/reset"), ("GET", "/_sandbox/figures"), ("POST", "/api/3/contact/sync")],
)
def test_a_foreign_origin_may_not_change_or_look(
    sandbox: RunningSandbox, api: Api, origin: str, method: str, path: str
) -> None:
    answer = api.session.request(
        method, f"{sandbox.url}{path}", json=SYNC, headers={"Origin": origin}, timeout=5
    )

    assert answer.status_code == 403
    assert len(sandbox.account.contacts) == 0


def test_the_own_origin_may(sandbox: RunningSandbox, controls: Api) -> None:
    assert controls.request("POST", "/reset", headers={"Origin": sandbox.url}).status_code == 200


def test_another_site_may_not_even_without_an_origin(controls: Api) -> None:
    assert controls.request("GET", "/figures", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
