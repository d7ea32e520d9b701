"""The limits on requests, with time as an argument and over HTTP."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.sandbox.rate_limits import Window

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

# Slow enough that no limit opens again while a test runs.
STANDSTILL = 0.001


def admitted(window: Window, moments: list[float], *, is_fixed: bool) -> list[bool]:
    taken = []
    for moment in moments:
        is_free = window.wait(moment, is_fixed=is_fixed) == 0
        taken.append(is_free)
        if is_free:
            window.admit(moment)
    return taken


def test_a_sliding_window_looks_back() -> None:
    taken = admitted(Window(2, 1.0), [0.8, 0.9, 1.1, 1.81, 1.85, 1.95], is_fixed=False)

    assert taken == [True, True, False, True, False, True]


def test_a_fixed_window_starts_over_each_full_second() -> None:
    taken = admitted(Window(2, 1.0), [0.8, 0.9, 0.95, 1.0, 1.1, 1.2], is_fixed=True)

    assert taken == [True, True, False, True, True, False]


@pytest.mark.parametrize(("is_fixed", "wait"), [(False, 0.8), (True, 0.5)])
def test_the_wait_ends_when_one_more_is_admitted(is_fixed: bool, wait: float) -> None:  # noqa: FBT001 - a parameter
    window = Window(1, 1.0)
    window.admit(0.3)

    assert window.wait(0.5, is_fixed=is_fixed) == pytest.approx(wait)


@pytest.fixture
def limited(start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]) -> Callable[..., Api]:
    return lambda **switches: connect(
        start_sandbox(
            speed=STANDSTILL, switches={name.replace("_", "-"): value for name, value in switches.items()}
        )
    )


def send_import(api: Api, contacts: int) -> int:
    batch = [{"email": f"p{number}@example.com"} for number in range(contacts)]
    return api.post("/import/bulk_import", {"contacts": batch}).status_code


def test_the_sixth_request_of_a_second_is_told_to_wait(limited: Callable[..., Api]) -> None:
    api = limited()

    answers = [api.get("/lists/1") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert answers[-1].headers["RateLimit-Limit"] == "5"
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_limit_headers_can_be_missing(limited: Callable[..., Api]) -> None:
    answer = limited(limit_headers="never").get("/lists/1")

    assert [name for name in answer.headers if name.lower().startswith("ratelimit")] == []


def test_a_wrong_key_does_not_count(limited: Callable[..., Api], connect: Callable[..., Api]) -> None:
    api = limited()

    api.session.headers["Api-Token"] = "wrong"
    refused = [api.get("/lists/1").status_code for _ in range(6)]
    api.session.headers["Api-Token"] = "sandbox"
    assert refused == [403] * 6
    assert api.get("/lists/1").status_code == 200


def test_too_many_imports_get_the_importer_s_own_400(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    api = connect(start_sandbox(speed=STANDSTILL, switches={"bulk-counts": "no"}))

    assert [send_import(api, 2) for _ in range(100)] == [200] * 100
    answer = api.post(
        "/import/bulk_import", {"contacts": [{"email": "a@example.com"}, {"email": "b@example.com"}]}
    )
    assert answer.status_code == 400
    assert answer.json()["message"] == "Rate limit exceeded."
    assert answer.json()["failureReasons"][0].startswith("Up to 100 imports may be requested per minute.")


def test_imports_of_one_contact_have_a_limit_of_20(limited: Callable[..., Api]) -> None:
    api = limited(bulk_counts="no")

    assert [send_import(api, 1) for _ in range(21)] == [200] * 20 + [400]
    assert send_import(api, 2) == 200


@pytest.mark.parametrize(("reading", "status"), [("yes", 429), ("no", 200)])
def test_bulk_requests_count_as_requests_by_the_switch(
    limited: Callable[..., Api], reading: str, status: int
) -> None:
    api = limited(bulk_counts=reading)

    assert [send_import(api, 2) for _ in range(6)][-1] == status


def test_accounts_have_limits_of_their_own(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    sandbox = start_sandbox(speed=STANDSTILL, keys=("first", "second"))
    first, second = connect(sandbox, "first"), connect(sandbox, "second")

    assert [first.get("/lists/1").status_code for _ in range(6)][-1] == 429
    assert second.get("/lists/1").status_code == 200
