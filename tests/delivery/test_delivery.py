"""Every contact ends with one outcome, in the right order, and no STATE leaves too early."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import random
import threading
import time
import typing as t
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.accounts import FakeAccount, Person, apply_one_by_one
from support.contacts import build_contact
from support.quick_target import QuickClock

from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.api.responses import Accepted, Contract, ImportStatus, Refused
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.contacts.contact import Contact, Origin, Reason, Rejection
from target_activecampaign.delivery.batch import Batch
from target_activecampaign.delivery.bounds import Bounds
from target_activecampaign.delivery.change_detection import NoLedger
from target_activecampaign.delivery.contract_headroom import ContractHeadroom
from target_activecampaign.delivery.delivery import Delivery
from target_activecampaign.delivery.read_back import SAMPLE_SIZE
from target_activecampaign.delivery.removal import Removal
from target_activecampaign.delivery.submitting import PartialBatches
from target_activecampaign.delivery.workers import WorkerThreads
from target_activecampaign.errors import OutputError, ServiceError, UnconfirmedImportError
from target_activecampaign.reporting.report import Report
from target_activecampaign.singer.state_output import StateOutput

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.delivery.batch import PendingContact
    from target_activecampaign.delivery.change_detection import ChangeDetection

LIST_OF_STREAM = {"people": 1, "vip": 3}


class Stage:
    """A delivery with a fake account around it."""

    def __init__(  # noqa: PLR0913 - what tests vary
        self,
        client: FakeAccount,
        *,
        guarded: bool = False,
        bounds: Bounds | None = None,
        silence_seconds: float = math.inf,  # on the quick clock, a pause of the test's own is a long silence
        trickle_seconds: float = math.inf,
        with_workers: bool = True,
        changes: ChangeDetection | None = None,
        **overrides: object,
    ) -> None:
        config = {
            "hostname": "acme.api-us1.com",
            "api_key": "k",
            "data_privacy_consent": True,
            "list_id": 1,
            "requests_per_second": 100_000,
            "imports_per_minute": 6_000_000,
            "verify": "none",
            **overrides,
        }
        parsed = parse_settings(config)
        self.client = client
        self.report = Report("test", dt.datetime.now(tz=dt.timezone.utc))
        self.states: list[t.Any] = []
        self.delivered_at_state: list[dict[str, t.Any]] = []
        self.rejected: list[tuple[Origin, Rejection]] = []
        self.added: list[Contact] = []
        output = StateOutput(lambda: None)
        output.write = lambda text, now: self.states.append((json.loads(text), dict(client.people)))  # type: ignore[method-assign]
        output.is_due = lambda now: True  # type: ignore[method-assign]
        self.output = output
        headroom = ContractHeadroom()
        if guarded:
            headroom.guard(client.contract(), 0.0)
        self.clock = clock = QuickClock(1000)
        self.delivery = Delivery(
            settings=parsed,
            clock=clock,
            report=self.report,
            state_output=output,
            changes=changes or NoLedger(),
            headroom=headroom,
            reject=lambda origin, rejection: self.rejected.append((origin, rejection)),
            check_interruption=lambda: None,
            bounds=bounds,
            partial_batches=PartialBatches(silence_seconds, trickle_seconds),
        )
        if with_workers:
            limits = parsed.requests_per_second, parsed.imports_per_minute
            self.delivery.connect(
                WorkerThreads(
                    self.delivery,
                    client,
                    RateLimiter(*limits, clock),
                    requests_per_second=limits[0],
                    imports_per_minute=limits[1],
                )
            )

    def add(self, contact: Contact, stream: str = "people") -> None:
        self.added.append(contact)
        self.report.streams[stream].read += 1
        self.delivery.add([contact], [Origin(stream, len(self.added))])

    def totals(self) -> dict[str, t.Any]:
        return self.report.totals().as_json()


def contact(number: int, list_id: int = 1, **attributes: str) -> Contact:
    return build_contact(f"person{number}@example.com", list_id, attributes=attributes, custom_fields={})


def adds_up(figures: dict[str, t.Any]) -> bool:
    parts = ("delivered", "unchanged", "superseded", "held_back")
    return bool(figures["read"] == sum(figures[part] for part in parts) + sum(figures["rejected"].values()))


def bounds_of(seed: int) -> Bounds:
    """Every other run packs the contacts of each open import, and has next to no room for ended ones."""
    return Bounds(unpacked_bytes=-1, in_flight_bytes=4_000, to_retry=0) if seed % 2 else Bounds()


names = st.sampled_from(["Ada", "Bo", "Cy", ""])
record = st.tuples(
    st.integers(0, 6),
    st.sampled_from(sorted(LIST_OF_STREAM)),
    st.dictionaries(st.sampled_from(["first_name", "last_name", "phone"]), names, max_size=3),
    st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(record, max_size=40), rows=st.integers(1, 4), seed=st.integers(0, 2**16))
def test_the_account_ends_as_if_every_record_had_been_applied_one_by_one(
    records: list[tuple[int, str, dict[str, str], list[str]]],
    rows: int,
    seed: int,
) -> None:
    stage = Stage(FakeAccount(seed), batch_size_rows=rows, bounds=bounds_of(seed))
    for number, stream, attributes, tags in records:
        stage.add(
            build_contact(
                f"person{number}@example.com",
                LIST_OF_STREAM[stream],
                attributes=attributes,
                custom_fields={},
                tags=tuple(tags),
            ),
            stream,
        )
    stage.delivery.finish()
    assert stage.client.people == apply_one_by_one(stage.added)
    assert adds_up(stage.totals())
    assert stage.totals()["read"] == len(records)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    records=st.lists(st.one_of(st.integers(0, 12), st.none()), max_size=40),
    rows=st.integers(1, 4),
    seed=st.integers(0, 2**16),
)
def test_a_state_leaves_only_when_every_record_before_it_is_in_the_account(
    records: list[int | None],
    rows: int,
    seed: int,
) -> None:
    stage = Stage(FakeAccount(seed), batch_size_rows=rows, bounds=bounds_of(seed))
    before: list[set[str]] = []
    for number in records:
        if number is None:
            before.append({added.email for added in stage.added})
            stage.delivery.add_state(len(before) - 1)
        else:
            stage.add(contact(number, first_name=str(len(stage.added))))
    stage.delivery.finish()
    for value, people in stage.states:
        assert before[value] <= people.keys()
    if before:
        assert stage.states[-1][0] == len(before) - 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    existing=st.integers(0, 12),
    room=st.integers(0, 12),
    numbers=st.lists(st.integers(0, 20), max_size=40),
    rows=st.integers(1, 5),
    seed=st.integers(0, 2**16),
)
def test_the_contract_is_filled_to_its_last_contact_and_not_beyond(
    existing: int,
    room: int,
    numbers: list[int],
    rows: int,
    seed: int,
) -> None:
    client = FakeAccount(seed, limit=existing + room)
    client.people.update(apply_one_by_one(contact(100 + number) for number in range(existing)))
    stage = Stage(client, guarded=True, batch_size_rows=rows, bounds=bounds_of(seed))
    for number in numbers:
        stage.add(contact(number, first_name=str(len(stage.added))))
    stage.delivery.finish()
    distinct = len(set(numbers))
    assert client.most_people <= client.limit
    assert len(client.people) == existing + min(room, distinct)
    assert adds_up(stage.totals())
    assert (stage.totals()["held_back"] > 0) == (distinct > room)
    assert stage.report.limit == ("account_limit_guard" if distinct > room else None)


def test_contacts_that_the_account_has_already_do_not_use_up_its_contract() -> None:
    client = FakeAccount(limit=105)
    client.people.update(apply_one_by_one(contact(number) for number in range(100)))
    stage = Stage(client, guarded=True, batch_size_rows=50)
    for number in range(100):
        stage.add(contact(number, first_name="Ada"))
    stage.delivery.finish()
    assert stage.totals()["updated"] == 100
    assert stage.totals()["held_back"] == 0


def test_profile_limit_holds_back_new_contacts_and_still_updates_exported_ones() -> None:
    stage = Stage(FakeAccount(), profile_limit=3, batch_size_rows=2)
    for number in (1, 2, 3, 4):
        stage.add(contact(number, first_name="Ada"))
    stage.delivery.add_state("after the first held back")
    stage.add(contact(1, first_name="Bo"))
    stage.delivery.finish()
    assert sorted(stage.client.people) == [f"person{number}@example.com" for number in (1, 2, 3)]
    assert stage.client.people["person1@example.com"].attributes == {"first_name": "Bo"}
    assert stage.totals()["held_back"] == 1
    assert stage.report.limit == "profile_limit"
    assert stage.states == []


def test_the_state_before_the_first_contact_held_back_is_the_last_one() -> None:
    stage = Stage(FakeAccount(), profile_limit=1)
    stage.add(contact(1))
    stage.delivery.add_state("before")
    stage.add(contact(2))
    stage.delivery.add_state("after")
    stage.delivery.finish()
    assert [value for value, _ in stage.states] == ["before"]


def test_an_identical_contact_is_not_sent_again() -> None:
    stage = Stage(FakeAccount(), batch_size_rows=1)
    for _ in range(5):
        stage.add(contact(1, first_name="Ada"))
    stage.delivery.finish()
    assert len(stage.client.bodies) == 1
    figures = stage.totals()
    assert (figures["delivered"], figures["unchanged"] + figures["superseded"]) == (1, 4)


def test_at_the_end_what_waits_for_an_import_leaves_with_what_is_left() -> None:
    for _ in range(20):  # whether a worker or the reader comes first is open
        stage = Stage(FakeAccount(), batch_size_rows=2)
        for number in range(5):
            stage.add(contact(number))
        stage.add(contact(0, first_name="Ada"))
        stage.delivery.finish()
        assert [len(json.loads(body)["contacts"]) for body in stage.client.bodies] == [2, 2, 2]


def test_a_contact_named_in_the_failures_of_its_import_is_rejected() -> None:
    client = FakeAccount()
    client.fails = {"person1@example.com"}
    stage = Stage(client)
    stage.add(contact(1))
    stage.add(contact(2))
    stage.delivery.finish()
    [(origin, rejection)] = stage.rejected
    assert (origin.line, rejection.reason) == (1, Reason.REFUSED_BY_ACTIVECAMPAIGN)
    assert "@" not in rejection.detail
    assert stage.totals()["created"] == 1


@pytest.mark.parametrize("names_only_first", [True, False])
@pytest.mark.parametrize("counts_from", [0, 1])
@pytest.mark.parametrize("culprits", [{3}, {0, 1, 9}, set(range(10)), {9}])
def test_of_a_batch_that_is_refused_whole_only_the_culprits_are_set_aside(
    culprits: set[int],
    counts_from: int,
    names_only_first: bool,  # noqa: FBT001
) -> None:
    bad = {f"person{number}@example.com" for number in culprits}

    def refuse(items: list[dict[str, t.Any]]) -> Refused | None:
        positions = [index + counts_from for index, item in enumerate(items) if item["email"] in bad]
        return Refused(tuple(positions[: 1 if names_only_first else None]), "no good") if positions else None

    client = FakeAccount()
    client.refuse = refuse
    stage = Stage(client, batch_size_rows=10)
    for number in range(10):
        stage.add(contact(number))
    stage.delivery.finish()
    assert {origin.line - 1 for origin, _ in stage.rejected} == culprits
    assert len(client.people) == 10 - len(culprits)
    assert adds_up(stage.totals())


def test_positions_that_make_no_sense_are_not_believed() -> None:
    client = FakeAccount()
    client.refuse = lambda items: (
        Refused((-5, 1000), "?") if any(item["email"] == "person2@example.com" for item in items) else None
    )
    stage = Stage(client, batch_size_rows=5)
    for number in range(5):
        stage.add(contact(number))
    stage.delivery.finish()
    assert [origin.line for origin, _ in stage.rejected] == [3]


def test_an_import_that_is_lost_is_submitted_again() -> None:
    client = FakeAccount()
    polls = iter([ImportStatus("lost")])
    usual = client.poll
    client.poll = lambda import_id, on_send: next(polls, None) or usual(import_id, on_send)  # type: ignore[method-assign]
    stage = Stage(client)
    stage.add(contact(1))
    stage.delivery.finish()
    assert len(client.bodies) == 2
    assert stage.totals()["delivered"] == 1


def test_an_import_that_is_lost_again_and_again_stops_the_run() -> None:
    client = FakeAccount()
    client.poll = lambda import_id, *_: ImportStatus("lost")  # type: ignore[method-assign]
    stage = Stage(client)
    stage.add(contact(1))
    stage.delivery.add_state("never")
    with pytest.raises(UnconfirmedImportError, match="import-3"):
        stage.delivery.finish()
    stage.delivery.abandon(0)
    assert stage.states == []


def test_an_import_that_does_not_end_stops_the_run_and_is_named() -> None:
    client = FakeAccount()
    client.poll = lambda import_id, *_: ImportStatus("open")  # type: ignore[method-assign]
    stage = Stage(client, import_timeout=1)
    stage.add(contact(1))
    stage.delivery.add_state("never")
    with pytest.raises(
        UnconfirmedImportError,
        match=r"did not end an import in 1 s \(import_timeout\)\..* about import import-1$",
    ):
        stage.delivery.finish()
    stage.delivery.abandon(0)
    assert stage.states == []


def test_what_a_worker_learns_after_the_end_changes_no_figure() -> None:
    stage = Stage(FakeAccount(), batch_size_rows=1, with_workers=False)
    delivery = stage.delivery
    stage.add(contact(1))
    delivery._classifying.classify()
    batch = t.cast("Batch", delivery.submitting.next_submission())
    delivery.submitting.take_outcome(batch, Accepted("import-1"))
    in_the_air = delivery.confirming.next_import()
    assert in_the_air is not None
    delivery.abandon(0)
    before = stage.totals()
    delivery.confirming.take_status(in_the_air, ImportStatus("completed", 1))
    assert before == stage.totals()
    assert before["unsettled"] == 1


def test_what_stops_the_delivery_reaches_the_reader() -> None:
    client = FakeAccount()

    def submit(batch: Batch, on_send: t.Callable[[], None]) -> Accepted:
        raise ServiceError("refused")

    client.submit = submit  # type: ignore[method-assign]
    stage = Stage(client)
    stage.add(contact(1))
    with pytest.raises(ServiceError, match="refused"):
        stage.delivery.finish()
    with pytest.raises(ServiceError, match="refused"):
        stage.delivery.add([contact(2)], [Origin("people", 2)])


def test_a_state_that_can_not_be_written_never_ends_as_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker that settles the last contact writes it; by then nothing else is left to do."""
    usual = Delivery.fail

    def take_late(delivery: Delivery, error: BaseException) -> None:
        threading.Event().wait(1)  # the reader finds that all is settled before
        usual(delivery, error)

    def refuse(*_: object) -> None:
        raise OutputError("standard output is closed")

    monkeypatch.setattr(Delivery, "fail", take_late)
    stage = Stage(FakeAccount(looks_until_end=1))
    stage.output.write = refuse  # type: ignore[assignment, method-assign]
    stage.add(contact(1))
    stage.delivery.add_state("one")
    with pytest.raises(OutputError):
        stage.delivery.finish()


def test_reading_waits_while_the_importer_is_stuck() -> None:
    client = FakeAccount()
    gate = threading.Event()
    usual = client.submit

    def submit(batch: Batch, on_send: t.Callable[[], None]) -> Accepted | Refused:
        gate.wait(60)
        return usual(batch, on_send)

    client.submit = submit  # type: ignore[method-assign]
    stage = Stage(client, batch_size_rows=1, bounds=Bounds(buffered_contacts=10))

    def read() -> None:
        for number in range(500):
            stage.add(contact(number))

    reader = threading.Thread(target=read)
    reader.start()
    reader.join(0.3)
    assert reader.is_alive()
    assert len(stage.added) < 50
    gate.set()
    reader.join()
    stage.delivery.finish()
    assert len(client.people) == 500


def test_reading_waits_while_long_records_are_kept_for_the_rejects_file() -> None:
    client = FakeAccount()
    stage = Stage(client, bounds=Bounds(kept_bytes=1000))
    for number in range(50):
        stage.report.streams["people"].read += 1
        stage.delivery.add([contact(number)], [Origin("people", number, source="x" * 300)])
    assert len(client.bodies) >= 10
    stage.delivery.finish()
    assert len(client.people) == 50
    assert stage.delivery._outcomes.kept_bytes == 0


def test_a_stream_that_trickles_is_not_held_up() -> None:
    stage = Stage(FakeAccount(), silence_seconds=0.0)
    stage.add(contact(1))
    stage.delivery.add_state("one")
    deadline = time.monotonic() + 60
    while not stage.states and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert [value for value, _ in stage.states] == ["one"]
    stage.delivery.finish()


def test_the_rest_of_a_stream_is_not_held_up_by_another_that_goes_on() -> None:
    stage = Stage(FakeAccount(), batch_size_rows=250, silence_seconds=50.0)
    stage.add(contact(1))
    stage.delivery.add_state("people")
    deadline = time.monotonic() + 60
    number = 1
    while not stage.states and time.monotonic() < deadline:
        number += 1
        stage.add(contact(number, list_id=3), "vip")
        threading.Event().wait(0.005)
    assert [value for value, _ in stage.states] == ["people"]
    stage.delivery.finish()
    assert stage.totals()["delivered"] == number


def test_what_fills_slowly_leaves_when_there_is_nothing_else_to_send() -> None:
    stage = Stage(FakeAccount(), batch_size_rows=250, silence_seconds=1e6, trickle_seconds=100.0)
    deadline = time.monotonic() + 60
    while not stage.client.bodies and time.monotonic() < deadline:
        if len(stage.added) < 240:  # a batch that is full would leave anyway
            stage.add(contact(len(stage.added)))
        threading.Event().wait(0.005)
    assert stage.client.bodies
    stage.delivery.finish()


def test_more_contacts_named_as_new_than_can_be_new_is_said() -> None:
    client = FakeAccount()
    client.poll = lambda import_id, *_: ImportStatus("completed", created=2)  # type: ignore[method-assign]
    stage = Stage(client, batch_size_rows=1)
    stage.add(contact(1))
    stage.delivery.finish()
    assert stage.report.names_more_than_new
    assert stage.totals()["created"] == 1


@pytest.mark.parametrize("verify", ["sample", "all"])
def test_a_contact_that_was_skipped_in_silence_is_not_called_delivered(verify: str) -> None:
    arrives = SAMPLE_SIZE - 1  # so that every sample holds one that is missing
    client = FakeAccount()
    client.skips = {f"person{number}@example.com" for number in range(arrives, 25)}
    stage = Stage(client, verify=verify)
    for number in range(25):
        stage.add(contact(number))
    stage.delivery.finish()
    assert {rejection.reason for _, rejection in stage.rejected} == {Reason.SKIPPED_BY_ACTIVECAMPAIGN}
    assert stage.totals()["rejected"] == {"skipped_by_activecampaign": 25 - arrives}
    assert stage.totals()["delivered"] == stage.totals()["created"] == arrives


def test_a_sample_is_a_few_contacts_of_an_import_with_updates() -> None:
    client = FakeAccount()
    client.people.update(apply_one_by_one(contact(number) for number in range(25)))
    client.unsubscribed = {f"person{number}@example.com" for number in range(25)}
    stage = Stage(client, verify="sample")
    for number in range(25):
        stage.add(contact(number, first_name="Ada"))
    stage.delivery.finish()
    assert len(client.read_back) == stage.report.read_back == stage.report.still_unsubscribed == 3
    assert stage.totals()["updated"] == 25


def test_contacts_that_are_all_named_as_new_need_no_sample() -> None:
    stage = Stage(FakeAccount(), verify="sample")
    for number in range(25):
        stage.add(contact(number))
    stage.delivery.finish()
    assert stage.client.read_back == []


def test_all_reads_back_every_contact() -> None:
    stage = Stage(FakeAccount(), verify="all", batch_size_rows=2)
    for number in range(9):
        stage.add(contact(number))
    stage.delivery.finish()
    assert len(stage.client.read_back) == 9
    assert stage.totals()["created"] == 9


def test_batches_are_full_but_for_the_last() -> None:
    stage = Stage(FakeAccount(), batch_size_rows=7)
    for number in range(30):
        stage.add(contact(number))
    stage.delivery.finish()
    assert sorted(len(json.loads(body)["contacts"]) for body in stage.client.bodies) == [2, 7, 7, 7, 7]


def test_a_contract_that_is_full_from_the_start_takes_nobody() -> None:
    client = FakeAccount(limit=0)
    stage = Stage(client, guarded=True)
    stage.delivery.add_state("before")
    stage.add(contact(1))
    stage.delivery.add_state("after")
    stage.delivery.finish()
    assert (client.people, client.bodies) == ({}, [])
    assert stage.totals()["held_back"] == 1
    assert [value for value, _ in stage.states] == ["before"]
    assert Contract(0, 0) == client.contract()


def test_thousands_of_repeats_of_one_contact_are_settled_together() -> None:
    stage = Stage(FakeAccount())
    for number in range(4_000):
        stage.add(contact(1), "people" if number % 2 else "shops")
    stage.delivery.finish()
    totals = stage.totals()
    assert (totals["delivered"], totals["unchanged"] + totals["superseded"]) == (1, 3_999)


@pytest.mark.sweep
@settings(max_examples=300)
@given(
    records=st.lists(
        st.tuples(st.integers(0, 19), st.integers(0, 9), st.booleans()), min_size=10, max_size=30
    ),
    most=st.integers(6, 30),
    rows=st.integers(1, 3),
)
def test_what_is_sent_together_does_not_depend_on_how_much_is_read_at_once(
    records: list[tuple[int, int, bool]], most: int, rows: int
) -> None:
    sent = range(4)

    def decided(*, at_each: bool) -> object:
        """Which records leave together, which are superseded, unchanged or held back; nothing is sent."""
        stage = Stage(FakeAccount(0), batch_size_rows=rows, profile_limit=most, with_workers=False)
        delivery, send_queue = stage.delivery, stage.delivery._queue
        send_queue._deferred._records = 4
        delivery._outcomes._sent.count(len(sent))
        delivery._outcomes._sent.confirm({f"person{number}@example.com": b"" for number in sent})
        for line, (number, kind, cut) in enumerate(records):
            email = f"person{number}@example.com"
            one = contact(number, first_name=f"{line // 3}")
            taken_off = Contact.taking_off(email, 1, exclude_automations=False)
            delivery.add([taken_off if kind == 0 else one], [Origin("people", line)])
            if kind == 1:
                delivery.add_state(line)
            if cut or at_each:
                delivery._classifying.classify()
        delivery._classifying.classify()
        waits = (
            send_queue.blocked,
            send_queue.deferred,
            [pending.origin.line for pending in send_queue._to_check],
        )
        ready = [
            [pending.origin.line for pending in batch.contacts]
            for batch in iter(lambda: send_queue.take(lambda _: True), None)
        ]
        return waits, ready, send_queue.filling, stage.totals(), stage.states

    assert decided(at_each=False) == decided(at_each=True)


# Imports that fail


def test_contacts_of_a_failed_import_that_are_in_a_full_account_are_delivered_and_not_held_back() -> None:
    """Nothing was held back, so no limit was reached."""
    client = FakeAccount(limit=2)
    failures = iter([2])
    client.fails_whole = lambda _: next(failures, None)
    stage = Stage(client, guarded=True)
    for number in range(2):
        stage.add(contact(number, first_name="Ada"))
    stage.delivery.add_state("both")
    stage.delivery.finish()
    totals = stage.totals()
    assert (totals["delivered"], totals["held_back"]) == (2, 0)
    assert stage.report.limit is None
    assert [value for value, _ in stage.states] == ["both"]


def test_contacts_of_a_failed_import_that_are_not_in_a_full_account_are_held_back() -> None:
    client = FakeAccount(limit=2)
    client.people.update(apply_one_by_one([contact(9)]))
    failures = iter([1])
    client.fails_whole = lambda _: next(failures, None)
    stage = Stage(client, guarded=True, batch_size_rows=1)
    stage.add(contact(0, first_name="Ada"))
    stage.delivery.add_state("first")
    stage.add(contact(1, first_name="Bo"))
    stage.add(contact(1, first_name="Cy"))
    stage.delivery.add_state("never")
    stage.delivery.finish()
    assert sorted(client.people) == ["person0@example.com", "person9@example.com"]
    totals = stage.totals()
    assert (totals["delivered"], totals["held_back"], totals["superseded"]) == (1, 2, 0)
    assert [value for value, _ in stage.states] == ["first"]


def test_a_batch_that_is_sent_again_in_parts_remembers_when_it_was_sent_first() -> None:
    """The mirror takes only our own contacts off: later than that, they would pass for strangers."""
    written: dict[str, int] = {}

    class Changes(NoLedger):
        def record(self, batch: Batch, rejected: t.Collection[PendingContact]) -> None:
            del rejected
            written.update({one.contact.email: one.first_sent_at for one in batch.contacts})

    client = FakeAccount()
    failures, refusals = iter([1]), iter([None, Refused((), "no good")])
    client.fails_whole = lambda _: next(failures, None)
    client.refuse = lambda _: next(refusals, None)
    stage = Stage(client, changes=Changes())
    moments = itertools.count(1_000)
    stage.clock.epoch_seconds = lambda: next(moments)  # type: ignore[method-assign]
    for number in range(2):
        stage.add(contact(number, first_name="Ada"))
    stage.delivery.finish()
    assert len(client.bodies) > 2, "it was sent again, and not whole"
    assert written == {"person0@example.com": 1_000, "person1@example.com": 1_000}


def test_no_end_is_asked_for_while_many_contacts_go_out_again() -> None:
    """While an import is open its contacts are packed: a service whose imports all fail brings them back."""
    stage = Stage(FakeAccount(), with_workers=False, batch_size_rows=2, bounds=Bounds(to_retry=3))
    submitting, confirming = stage.delivery.submitting, stage.delivery.confirming
    for number in range(8):
        stage.add(contact(number))
    stage.delivery._classifying.classify()

    def submit() -> None:
        batch = submitting.next_submission()
        assert isinstance(batch, Batch)
        submitting.take_outcome(batch, stage.client.submit(batch, lambda: None))

    for _ in range(4):
        submit()
    found = []
    for _ in range(2):
        open_import = confirming.next_import()
        assert open_import is not None
        confirming.take_status(open_import, ImportStatus("lost"))
        found.append(confirming._has_room())
    submit()
    found.append(confirming._has_room())
    assert found == [True, False, True]


def test_nobody_waits_for_an_end_that_is_not_asked_for() -> None:
    """Where no batch can go out before an import ends, contacts that go out again are no reason to wait."""
    limits: list[ContractHeadroom] = []
    for contract in (Contract(300, 0), Contract(200, 0)):
        headroom = ContractHeadroom()
        headroom.guard(contract, 0.0)
        limits.append(headroom)
    stage = Stage(FakeAccount(), with_workers=False, bounds=Bounds(to_retry=-1))
    confirming = stage.delivery.confirming
    found = []
    for confirming._headroom in limits:
        found.append(confirming._has_room())
    assert found == [False, True], "no headroom comes back but by an end"
    confirming._headroom = limits[0]
    stage.delivery._in_flight._most_batches = 0
    assert confirming._has_room()


@pytest.mark.parametrize("seed", range(4))
def test_imports_that_end_all_at_once_are_read_back_one_after_the_other(seed: int) -> None:
    client = FakeAccount(seed)
    failures = iter([0, None, 1, None, None, 2])
    client.fails_whole = lambda _: next(failures, None)
    bounds = Bounds(unpacked_bytes=-1, in_flight_bytes=6_000, to_retry=2)
    stage = Stage(client, verify="all", batch_size_rows=2, bounds=bounds)
    for number in range(60):
        stage.add(contact(number))
    stage.delivery.finish()
    assert stage.totals()["delivered"] == 60
    assert set(client.people) == {f"person{number}@example.com" for number in range(60)}


class Troubles:
    """What goes wrong with imports, drawn from a seed: each is refused, fails in part, or ends."""

    def __init__(self, seed: int, *, bad: frozenset[str]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a test
        self._failed: Counter[str] = Counter()
        self._bad = bad

    def refuse(self, items: list[dict[str, t.Any]]) -> Refused | None:
        positions = tuple(index for index, item in enumerate(items) if item["email"] in self._bad)
        return Refused(positions, "no good") if positions else None

    def fails_whole(self, items: list[dict[str, t.Any]]) -> int | None:
        """Twice at the most for each contact, of which nobody gives up."""
        emails = [item["email"] for item in items]
        if self._random.random() < 0.5 or any(self._failed[email] == 2 for email in emails):
            return None
        self._failed.update(emails)
        return self._random.randint(0, len(items))


class Lagging(FakeAccount):
    """An account whose own figure stays what it was at the start."""

    total_at_start = 0

    def contract(self) -> Contract:
        return Contract(self.limit, self.total_at_start)


@pytest.mark.parametrize("seed", range(40))
def test_imports_that_fail_do_not_push_an_account_over_its_contract_whose_figure_lags(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test
    existing, room, rows = chance.randint(0, 30), chance.randint(0, 30), chance.randint(1, 12)
    numbers = [chance.randint(0, 70) for _ in range(100)]
    client = Lagging(seed, limit=existing + room)
    client.people.update(apply_one_by_one(contact(number) for number in range(existing)))
    client.total_at_start = existing
    client.fails_whole = Troubles(seed, bad=frozenset()).fails_whole
    stage = Stage(client, guarded=True, batch_size_rows=rows, bounds=bounds_of(seed))
    for number in numbers:
        stage.add(contact(number, first_name=str(len(stage.added))))
    stage.delivery.finish()
    assert client.most_people <= client.limit
    for place, number in enumerate(numbers):
        if number < existing and number not in numbers[place + 1 :]:
            assert client.people[f"person{number}@example.com"].attributes == {"first_name": str(place)}


class Repeating(Lagging):
    """An account to which each import comes twice: the answer to the first one is lost."""

    def submit(self, batch: Batch, on_send: Callable[[], None]) -> Accepted | Refused:
        self._apply(json.loads(batch.encode())["contacts"])
        return replace(super().submit(batch, on_send), may_be_second=True)


class Silent(Lagging):
    """An account whose imports do not say which contacts they created."""

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        status = super().poll(import_id, on_send)
        return status if status.state == "open" else replace(status, created=0, tells_created=False)


class Flagging(Lagging):
    """An account whose imports say 1 where others name who is new."""

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        status = super().poll(import_id, on_send)
        return status if status.state == "open" else replace(status, created=1, tells_created=False)


@pytest.mark.parametrize("kind", [Repeating, Silent, Flagging])
def test_who_may_have_been_created_counts_though_no_import_names_them(kind: type[Lagging]) -> None:
    client = kind(limit=50)
    stage = Stage(client, guarded=True, batch_size_rows=10)
    for number in range(200):
        stage.add(contact(number))
    stage.delivery.finish()
    assert client.most_people == client.limit
    assert stage.report.totals().held_back == 150


def everybody_without_an_outcome(stage: Stage) -> list[PendingContact]:
    """Contacts of the input buffer, the send queue and the batches in flight, as often as they are there.

    Also those that were refused alone and wait until it shows whether everybody is concerned.
    """
    delivery = stage.delivery
    queue = delivery._queue
    queued = [
        *queue._deferred,
        *(one for stream in queue._windows for one in queue._windows[stream]),
        *queue._blocked,
        *queue._to_check,
        *queue._checking,
        *(one for stream in queue._ready for one in queue._ready[stream]),
        *(one for batch in queue._to_retry for one in batch.contacts),
    ]
    packed = delivery._packed._packed
    in_flight = [
        one
        for batch in delivery._in_flight._states
        for one in (
            packed[batch].unpack(batch.stream, packed[batch].decode()) if batch in packed else batch.contacts
        )
    ]
    refused = [one for one, _ in delivery.submitting._lone_refusals._waiting]
    return [*delivery._classifying._input, *queued, *in_flight, *refused]


@settings(max_examples=150)
@given(
    numbers=st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40),
    existing=st.integers(0, 6),
    room=st.integers(0, 12),
    rows=st.integers(1, 5),
    seed=st.integers(0, 2**16),
    bad=st.frozensets(st.integers(0, 12), max_size=2),
)
def test_whatever_goes_wrong_each_record_ends_as_one_thing_and_no_contact_is_out_of_reach(  # noqa: PLR0913, PLR0917 - drawn
    numbers: list[tuple[int, bool]], existing: int, room: int, rows: int, seed: int, bad: frozenset[int]
) -> None:
    client = FakeAccount(seed, limit=existing + room)
    client.people.update(apply_one_by_one(contact(number) for number in range(existing)))
    troubles = Troubles(seed, bad=frozenset(f"person{number}@example.com" for number in bad))
    client.refuse, client.fails_whole = troubles.refuse, troubles.fails_whole
    stage = Stage(client, guarded=True, batch_size_rows=rows, bounds=bounds_of(seed))
    ended: Counter[str] = Counter()

    def look(*_: object) -> None:
        """Under the lock, at each import that ends: each contact without an outcome is in one place."""
        with stage.delivery._classifying._input.lock, stage.delivery._monitor:
            there = everybody_without_an_outcome(stage)
            assert len(there) == len(set(there))
            figures = stage.totals()
            outcomes = sum(figures[part] for part in ("delivered", "unchanged", "superseded", "held_back"))
            outcomes += sum(figures["rejected"].values())
            assert len(there) + outcomes == len(stage.added)
            ended["looks"] += 1

    before: list[set[str]] = []
    for number, has_state in numbers:
        stage.add(contact(number, first_name=str(len(stage.added))))
        look()
        if has_state:
            before.append({added.email for added in stage.added})
            stage.delivery.add_state(len(before) - 1)
    finishing = threading.Thread(target=stage.delivery.finish, daemon=True)
    finishing.start()
    while finishing.is_alive():
        look()
        finishing.join(0.001)
        assert ended["looks"] < 20_000, "the run never ends"
    look()
    assert everybody_without_an_outcome(stage) == []
    assert client.most_people <= max(client.limit, existing)
    rejected = {f"person{number}@example.com" for number in bad}
    for value, people in stage.states:
        assert before[value] <= people.keys() | rejected


def test_state_waits_behind_a_contact_that_activecampaign_refuses_until_that_is_accepted() -> None:
    client = FakeAccount()
    client.fails = {"person1@example.com"}
    stage = Stage(client)
    for number in (0, 1, 2):
        stage.add(contact(number))
        stage.delivery.add_state(number)
    stage.delivery.settle()
    assert [value for value, _ in stage.states] == [0]
    stage.delivery.accept_rejected()
    stage.delivery.finish()
    assert [value for value, _ in stage.states] == [0, 2]
    assert len(stage.rejected) == 1


def test_a_tenth_of_a_list_leaves_it_by_pages_alone() -> None:
    # Of a million members: 10,001 + 1 + 1,001 pages, 400 imports and 1.3 polls for each of these. That is 44
    # minutes at 4.5 requests a second.
    client = FakeAccount()
    emails = [f"person{number}@example.com" for number in range(2_000)]
    client.people.update({email: Person(lists={1: 1}) for email in emails})
    stage = Stage(client)
    leaving = emails[::10]
    stage.delivery.expect_removals({1: len(leaving)})
    for email in leaving:
        stage.delivery.remove(Removal(email, 1, "people", None))
    stage.delivery.settle()
    assert not stage.delivery.confirm_removals()
    stage.delivery.finish()
    assert stage.totals()["unsubscribed"] == len(leaving)
    assert (client.pages, client.read_back) == (21 + 1 + 3, [])
