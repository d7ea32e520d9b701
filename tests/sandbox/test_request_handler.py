"""The handling of requests: failures of the sandbox, and bodies that it cannot take."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox


def test_a_failure_of_the_sandbox_itself_is_500_and_undone(
    sandbox: RunningSandbox, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(sandbox.account.lists, "set_statuses", fail)

    answer = api.post("/import/bulk_import", {"contacts": [{"email": "ada@example.com"}]})
    assert answer.status_code == 500
    assert len(sandbox.account.contacts) == 0
    assert sandbox.account.imports.counts() == {}
    assert "ada@example.com" not in caplog.text
    assert api.get("/lists").status_code == 200


def test_a_failure_behind_an_answer_is_told_and_undone(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox = start_sandbox(progress="seconds=0", with_limits=False)
    api = connect(sandbox)
    with monkeypatch.context() as patch:
        patch.setattr(sandbox.account.lists, "set_statuses", None)
        codes = [
            api.post("/import/bulk_import", {"contacts": [{"email": "ada@example.com"}]}).status_code,
            api.get("/lists").status_code,
        ]
        assert codes == [200, 500]
        assert len(sandbox.account.contacts) == 0
    assert "the sandbox failed at an import" in caplog.text
    assert "ada@example.com" not in caplog.text

    assert api.get("/lists").status_code == 200
    assert len(sandbox.account.contacts) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/3/contact/sync", rb'{"contact":{"email":"ada@example.com","firstName":"\ud83d"}}'),
        ("/_sandbox/faults", rb'{"fault":"/lists status=503 body=\ude00"}'),
        ("/_sandbox/seed", b"[" * 100_000),
    ],
)
def test_what_is_no_json_that_can_be_kept_is_400_and_harms_nothing(
    sandbox: RunningSandbox, api: Api, path: str, body: bytes
) -> None:
    answers = [
        api.session.post(f"{sandbox.url}{path}", data=body, timeout=60),
        api.session.get(f"{sandbox.url}/_sandbox/faults", timeout=60),
        api.get("/lists"),
    ]
    assert [answer.status_code for answer in answers] == [400, 200, 200]
    assert len(sandbox.account.contacts) == 0


def test_a_body_that_nobody_has_reason_to_send_is_413(api: Api) -> None:
    assert api.request("POST", "/contacts", data=b"x" * (17 * 1024 * 1024)).status_code == 413
