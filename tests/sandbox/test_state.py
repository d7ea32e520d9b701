"""The account without HTTP, where the API does not reach."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from target_activecampaign.sandbox.account import Account
from target_activecampaign.sandbox.clock import Clock
from target_activecampaign.sandbox.state.exclusions import Exclusion
from target_activecampaign.sandbox.state.fields import Kind
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.seed import SeedInvalidError
from target_activecampaign.sandbox.switches import SWITCHES, Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.serving import RunningSandbox


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account(progress=Progress("at-once"))
    yield account
    account.close()


@pytest.mark.parametrize(
    ("match_type", "phrase", "matches"),
    [
        ("exact", "a@spam.example", True),
        ("exact", "@spam.example", False),
        ("end", "@spam.example", True),
        ("end", "a@spam", False),
        ("begin", "a@", True),
        ("begin", "spam", False),
        ("contains", "@spam.", True),
        ("contains", "ham", False),
    ],
)
def test_an_exclusion_matches_as_it_says(match_type: str, phrase: str, matches: bool) -> None:  # noqa: FBT001
    assert Exclusion(phrase, match_type, frozenset()).matches("a@spam.example") is matches


@pytest.mark.parametrize(("match_type", "channel"), [("nonsense", "all"), ("exact", "nonsense")])
def test_an_exclusion_of_no_known_kind_is_refused(account: Account, match_type: str, channel: str) -> None:
    with pytest.raises(ValueError, match="an exclusion takes"):
        account.exclusions.add("x", match_type, channel)


def test_exclusions_of_text_messages_do_not_touch_imports(account: Account) -> None:
    account.exclusions.add("a@example.com", "exact", "allSms")

    account.imports.submit({"contacts": [{"email": "a@example.com"}]})
    assert len(account.contacts) == 1


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("2026-05-19T07:45:00Z", "2026-05-19T02:45:00-05:00"),
        ("2026-05-19T02:45:00", "2026-05-19T02:45:00-05:00"),
        ("some day", "some day"),
        ("", ""),
    ],
)
def test_a_datetime_is_kept_as_the_same_instant(value: str, stored: str) -> None:
    assert Kind("datetime", frozenset()).stored(value, keeps_unknown=True) == stored


def test_a_seed_that_is_none_leaves_the_account_as_it_was(account: Account) -> None:
    before = account.snapshot()

    with pytest.raises(SeedInvalidError):
        account.reset({"fields": [{"title": "New", "type": "text"}], "lists": [{}]})
    account.imports.submit({"contacts": [{"email": "a@example.com", "fields": [{"id": 1, "value": "x"}]}]})
    after = account.snapshot()
    assert after["fields"] == before["fields"]
    assert after["contacts"][0]["fields"] == {"CITY": "x"}


def test_a_limit_on_contacts_is_not_below_zero(account: Account) -> None:
    with pytest.raises(ValueError, match="contact_limit must be 0 or more"):
        account.contact_limit = -1


def test_several_threads_can_write_at_once(account: Account) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            account.imports.submit({"contacts": [{"email": f"{thread}.{number}@example.com"}]})

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(account.contacts) == 80


def test_a_change_of_speed_keeps_the_seconds_that_passed() -> None:
    moments = iter([0.0, 10.0, 10.0, 11.0])
    clock = Clock(1.0, monotonic=lambda: next(moments))

    clock.speed = 60
    assert clock.seconds() == 70


def test_every_switch_starts_with_its_first_value() -> None:
    assert Switches().as_dict() == {name: switch.values[0] for name, switch in SWITCHES.items()}


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
    assert api.ask("POST", "/contacts", data=b"x" * (17 * 1024 * 1024)).status_code == 413
