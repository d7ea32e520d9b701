"""A run's side of shared limits, against a server in memory, in no time."""

from __future__ import annotations

import logging

import pytest
from support.fake_clock import FakeClock

from target_activecampaign.api.rate_limits import RateLimits
from target_activecampaign.errors import ServiceError
from target_activecampaign.shared_limits.contract import LOST_SECONDS
from target_activecampaign.shared_limits.room import ContractFigures, Room
from target_activecampaign.shared_limits.schedule import LEASE_SECONDS, Jitter, Slot
from target_activecampaign.shared_limits.server import Kept, ServerError
from target_activecampaign.shared_limits.sharing import Described, Sharing, count_present

NO_JITTER = Jitter(0.0, 0.0)
AHEAD = 5_000.0  # of the server's clock


class MemoryServer:
    """Keeps a document; can be out of reach, forget, or be set to another time."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.version = 0
        self.document: bytes | None = None
        self.ahead = AHEAD
        self.is_reached = True
        self.questions = 0
        self.seconds_to_answer = 0.0

    @property
    def now(self) -> float:
        return self.clock.now() + self.ahead

    def read(self) -> Kept:
        self.questions += 1
        self.clock.seconds += self.seconds_to_answer
        if not self.is_reached:
            raise ServerError("no server listens there")
        return Kept(self.version, self.document, self.now)

    def write(self, version: int, document: bytes) -> bool:
        if version != self.version:
            return False
        self.version, self.document = version + 1, document
        return True

    def close(self) -> None:
        pass


class OneRun:
    """A run whose thread is the test itself."""

    def __init__(self, server: MemoryServer, *, stops_when_lost: bool = False) -> None:
        self.clock = server.clock
        self.held: dict[str, float] = {}
        self.sharing = Sharing(server, self.clock, setting="rate_limit_url", stops_when_lost=stops_when_lost)
        self._limits = RateLimits(5, 100)
        self.sharing._describe = lambda: Described(self._limits.windows(), NO_JITTER)
        self.sharing._on_answer = self.held.update
        self.ask()

    def ask(self) -> float:
        return self.sharing._talk()

    def take(self, kind: str = "request") -> Slot | float:
        return self.sharing.take(kind, self.clock.now(), NO_JITTER)  # type: ignore[arg-type]


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(FakeClock())


def two_together(server: MemoryServer, **options: bool) -> tuple[OneRun, OneRun]:
    """Two runs that know of each other."""
    first, second = OneRun(server, **options), OneRun(server, **options)
    for run in (first, first, second):
        run.ask()
    return first, second


def share_contract(run: OneRun, limit: int) -> Room:
    """Have a run bring contacts to an account without any."""
    room = Room(run.clock, batch_size=10, settles_within=60.0, began_at=run.clock.now())
    run.sharing.share_contract(room)
    room.note_reading(ContractFigures(limit, 0))
    return room


def test_a_run_alone_sends_without_asking_the_server(server: MemoryServer) -> None:
    run = OneRun(server)
    asked = server.questions
    assert all(isinstance(run.take(), Slot) for _ in range(5))
    assert server.questions == asked


def test_a_run_that_was_alone_for_a_while_asks_before_it_sends_more(server: MemoryServer) -> None:
    run = OneRun(server)
    server.clock.seconds += 1.5
    assert isinstance(run.take(), float)
    run.ask()
    assert isinstance(run.take(), Slot)


def test_two_runs_send_no_more_than_one_may(server: MemoryServer) -> None:
    runs, sent = two_together(server), 0
    began = server.clock.seconds
    for run in runs * 20:
        while isinstance(run.take(), Slot):
            sent += 1
            run.ask()
        run.ask()
    assert sent == 5
    assert server.clock.seconds == began


def test_a_slot_goes_at_its_moment_by_the_clock_of_the_run(server: MemoryServer) -> None:
    first, _ = two_together(server)
    sent = 0
    while isinstance(moment := first.take("import"), Slot) or moment > server.clock.seconds + 0.9:
        sent += isinstance(moment, Slot)
        first.ask()
    assert sent == 1
    assert moment == pytest.approx(server.clock.seconds + 0.4, abs=0.01)
    server.clock.seconds = moment
    assert isinstance(first.take("import"), Slot)


def asked_again_at(run: OneRun) -> float:
    moment = run.take()
    assert not isinstance(moment, Slot)
    return moment


def test_a_server_that_keeps_its_question_open_is_lost_all_the_same(
    server: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = two_together(server)
    server.clock.seconds += LEASE_SECONDS
    server.clock.seconds = asked_again_at(first)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    asked_again_at(first)
    assert "is lost (it does not answer). The run goes on slowly" in caplog.text
    server.clock.seconds += LOST_SECONDS
    with pytest.raises(ServiceError, match=r"lost for 900 s \(it does not answer\)"):
        first.take()


def test_a_lost_server_stops_the_run_that_is_to_stop_and_says_why(server: MemoryServer) -> None:
    first, _ = two_together(server, stops_when_lost=True)
    server.is_reached = False
    with pytest.raises(ServerError) as failure:
        first.ask()
    first.sharing._note_failure(failure.value)
    server.clock.seconds += LEASE_SECONDS - 0.1
    assert isinstance(first.take(), float)
    server.clock.seconds += 0.1
    server.clock.seconds = asked_again_at(first)
    with pytest.raises(ServiceError, match=r"rate_limit_url: .* lost for 10 s \(no server listens there\)"):
        first.take()


@pytest.mark.parametrize("seconds", [30.0, 3600.0])
def test_a_run_that_stood_still_asks_the_server_before_it_counts_as_lost(
    server: MemoryServer, seconds: float
) -> None:
    first, _ = two_together(server, stops_when_lost=True)
    first.take("import")
    first.ask()
    room = share_contract(first, limit=70)
    room.left()
    first.ask()
    assert room.left() == 40
    server.clock.seconds += seconds
    assert isinstance(first.take("import"), float)
    first.ask()
    assert isinstance(first.take("import"), Slot)


def test_a_run_that_stood_still_for_long_brings_nothing_that_was_granted_before(server: MemoryServer) -> None:
    slow, quick = two_together(server)
    rooms = [share_contract(run, limit=40) for run in (slow, quick)]
    rooms[0].left()
    slow.ask()
    assert rooms[0].left() == 40
    server.clock.seconds += 24 * 3600
    for _ in range(2):
        rooms[1].left()
        quick.ask()
    assert rooms[1].left() == 40
    assert rooms[0].left() == 0
    slow.ask()
    assert rooms[0].left() == 0


def test_a_clock_that_was_set_by_half_a_second_is_learned_at_once(server: MemoryServer) -> None:
    first, _ = two_together(server)
    server.seconds_to_answer = 0.05
    for ahead in (0.5, -0.5):
        server.ahead += ahead
        first.ask()
        assert first.sharing._theirs(first.clock.now()) == pytest.approx(server.now, abs=0.1)


def send_all_that_may_go(run: OneRun, sent: list[tuple[float, str]], since: float) -> None:
    while True:
        moments = []
        for kind in ("import", "request"):
            moment = run.take(kind)
            if isinstance(moment, Slot):
                sent.append((run.clock.seconds - since, kind))
            else:
                moments.append(moment)
        run.clock.seconds = min(moments)


def test_a_lost_run_sends_slowly_and_for_a_time_only(server: MemoryServer) -> None:
    first, _ = two_together(server)
    server.is_reached = False
    lost_at = server.clock.seconds
    sent: list[tuple[float, str]] = []
    with pytest.raises(ServiceError, match="lost for 900 s"):
        send_all_that_may_go(first, sent, lost_at)
    assert server.clock.seconds >= lost_at + LOST_SECONDS - 10
    assert min(second for second, _ in sent) > LEASE_SECONDS
    assert min(second for second, kind in sent if kind == "import") > LEASE_SECONDS + 60
    imports = [second for second, kind in sent if kind == "import"]
    assert 0 < len(imports) <= 5 * LOST_SECONDS / 60 + 1
    assert len(sent) <= 0.05 * 5 * LOST_SECONDS + 1


def test_a_run_whose_server_comes_back_shares_again(
    server: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = two_together(server)
    server.clock.seconds += LEASE_SECONDS
    first.sharing._note_failure(ServerError("no server listens there"))
    assert "goes on slowly" in caplog.text
    first.ask()
    assert "answers again" in caplog.text
    first.take()
    first.ask()
    assert isinstance(first.take(), Slot)


@pytest.mark.parametrize("what", ["document", "version", "clock"])
def test_a_server_that_forgot_or_jumped_makes_all_wait_for_full_windows(
    server: MemoryServer, what: str
) -> None:
    first, _ = two_together(server)
    document, version = server.document, server.version
    first.ask()
    if what == "document":
        server.document, server.version = None, 0
    elif what == "version":
        server.document, server.version = document, version
    else:
        server.ahead += 3600
    first.ask()
    assert first.held["imports"] >= 60
    assert first.held["requests"] >= 1


@pytest.mark.parametrize("what", ["document", "clock"])
def test_a_server_that_forgot_grants_nobody_what_others_hold_of_the_contract(
    server: MemoryServer, what: str
) -> None:
    runs = two_together(server)
    rooms = [share_contract(run, limit=70) for run in runs]
    for _ in range(2):
        for run, room in zip(runs, rooms, strict=True):
            room.left()
            run.ask()
    assert [room.left() for room in rooms] == [40, 15]
    rooms[0].note(claimed=40, named=0, least_total=0)
    if what == "document":
        server.document, server.version = None, 0
    else:
        server.ahead += 24 * 3600
    for _ in range(60):
        for run, room in zip(runs, rooms, strict=True):
            room.left()
            run.ask()
            assert rooms[0].left() + rooms[1].left() <= 30
            assert not rooms[0].is_settled
        server.clock.seconds += 1


def test_another_run_that_is_quicker_makes_the_run_ask_again(server: MemoryServer) -> None:
    run = OneRun(server)
    refused = []

    def write(version: int, document: bytes) -> bool:
        refused.append(version)
        return len(refused) > 1 and MemoryServer.write(server, version, document)

    server.write = write  # type: ignore[method-assign]
    run.ask()
    assert len(refused) == 2


def test_a_document_that_cannot_be_read_is_made_anew_with_full_windows(server: MemoryServer) -> None:
    server.document, server.version = b"of another program", 3
    run = OneRun(server)
    assert run.held["imports"] >= 60


def test_a_run_that_ends_is_counted_no_more(server: MemoryServer) -> None:
    first, second = two_together(server)
    assert count_present(server.read()) == 2
    second.sharing._talk(is_last=True)
    assert count_present(server.read()) == 1
    first.ask()
    assert first.sharing.runs == 1


def test_a_read_back_leaves_the_only_slot_to_a_poll(server: MemoryServer) -> None:
    first, _ = two_together(server)
    first.take("poll")
    first.ask()
    assert isinstance(first.take("read-back"), float)
    assert isinstance(first.take("poll"), Slot)
