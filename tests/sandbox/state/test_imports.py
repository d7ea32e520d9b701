"""Imports: when they end, and their status until then."""

from __future__ import annotations

import time
import typing as t

import pytest
from support.sandbox_fixture import open_account, submit

from target_activecampaign.sandbox.clock import Clock
from target_activecampaign.sandbox.state.progress import Progress

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox
    from target_activecampaign.sandbox.state.account import Account

PERSON = {"email": "ada@example.com"}
BATCH = {"contacts": [PERSON]}


class Wall:
    """A clock that stands until a test moves it, and the accounts that use it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.opened: list[Account] = []

    def account(self, progress: str, speed: float = 1.0) -> Account:
        clock = Clock(speed, monotonic=lambda: self.seconds)
        self.opened.append(open_account(clock=clock, progress=Progress.parse(progress)))
        return self.opened[-1]


@pytest.fixture
def wall() -> Iterator[Wall]:
    wall = Wall()
    yield wall
    for account in wall.opened:
        account.close()


def words(account: Account, batch_id: str, polls: int) -> list[str]:
    seen = (account.imports.poll(batch_id) for _ in range(polls))
    return [info.status for info in seen if info is not None]


def test_at_once_it_ends_before_the_answer(wall: Wall) -> None:
    account = wall.account("at-once")

    submit(account, PERSON)
    assert len(account.contacts) == 1


def test_after_polls_it_goes_through_all_states(wall: Wall) -> None:
    account = wall.account("looks=6")

    batch_id = submit(account, PERSON)
    assert words(account, batch_id, 6) == ["received", "waiting", "waiting", "claimed", "active", "completed"]
    assert len(account.contacts) == 1


def test_until_it_ends_nothing_is_there(wall: Wall) -> None:
    account = wall.account("looks=3")

    account.imports.poll(submit(account, PERSON))
    assert len(account.contacts) == 0


def test_after_seconds_it_ends_without_a_poll(wall: Wall) -> None:
    account = wall.account("seconds=10")

    submit(account, PERSON)
    seen = []
    for wall.seconds in (0.5, 2.0, 5.0, 9.0, 10.0):
        account.imports.run_due()
        seen.append(len(account.contacts))
    assert seen == [0, 0, 0, 0, 1]


def test_a_poll_does_not_wait_for_what_it_does_not_depend_on(wall: Wall) -> None:
    account = wall.account("seconds=10")
    first = submit(account, PERSON)
    wall.seconds = 5.0
    second = submit(account, {"email": "grace@example.com"})

    wall.seconds = 10.0
    before = words(account, second, 1), len(account.contacts)
    wall.seconds = 15.0
    after = words(account, second, 1), len(account.contacts)
    assert (before, after) == ((["claimed"], 0), (["completed"], 2))
    assert account.contacts.all()[0]["email"] == "ada@example.com"
    assert words(account, first, 1) == ["completed"]


def test_what_is_due_can_be_run_one_at_a_time(wall: Wall) -> None:
    account = wall.account("seconds=10")
    for name in ("ada", "grace"):
        submit(account, {"email": f"{name}@example.com"})
    wall.seconds = 10.0

    seen = []
    for _ in range(3):
        seen.append((account.imports.has_due(), len(account.contacts)))
        account.imports.run_one_due()
    assert seen == [(True, 0), (True, 1), (False, 2)]


def test_what_is_due_is_carried_out_behind_an_answer(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    sandbox = start_sandbox(progress="seconds=0")

    assert connect(sandbox).post("/import/bulk_import", BATCH).status_code == 200
    until = time.monotonic() + 60
    while time.monotonic() < until and not len(sandbox.account.contacts):
        time.sleep(0.01)
    assert sandbox.account.imports.counts() == {"completed": 1}


def test_with_speed_seconds_pass_sooner(wall: Wall) -> None:
    account = wall.account("seconds=60", speed=60)

    submit(account, PERSON)
    wall.seconds = 1.0
    account.imports.run_due()
    assert len(account.contacts) == 1


def test_never_is_never_until_it_is_settled(wall: Wall) -> None:
    account = wall.account("never")

    batch_id = submit(account, PERSON)
    assert words(account, batch_id, 50)[-1] != "completed"
    account.imports.settle()
    assert words(account, batch_id, 1) == ["completed"]


def test_imports_are_counted_by_day_and_state(wall: Wall) -> None:
    account = wall.account("looks=1")
    batch_id = submit(account, PERSON)

    outstanding = account.imports.outstanding()
    account.imports.poll(batch_id)
    assert [(day.batches, day.contacts) for day in outstanding] == [(1, 1)]
    assert account.imports.outstanding() == []
    assert [(day.batches, day.contacts) for day in account.imports.recently_completed()] == [(1, 1)]


@pytest.mark.parametrize(("reading", "status"), [("false", False), ("waiting", "waiting")])
def test_the_first_status_follows_the_switch(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api], reading: str, status: object
) -> None:
    api = connect(start_sandbox(progress="looks=5", switches={"early-status": reading}))

    batch_id = api.post("/import/bulk_import", BATCH).json()["batchId"]
    assert api.get("/import/info", batchId=batch_id).json() == {
        "status": status,
        "success": [],
        "failure": [],
    }


@pytest.mark.parametrize(("reading", "status"), [("false", 200), ("404", 404), ("400", 400)])
def test_an_unknown_import_follows_the_switch(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api], reading: str, status: int
) -> None:
    api = connect(start_sandbox(switches={"unknown-batch": reading}))

    assert api.get("/import/info", batchId="nobody-s").status_code == status
