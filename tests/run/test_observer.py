"""What a run waits for is told by the part of the program that waits, never by a guess."""

from __future__ import annotations

import gc
import threading
import types
import typing as t

import pytest
from support.command import config_for
from support.fake_clock import FakeClock

from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.delivery.delivery import DeliveryView
from target_activecampaign.ledger.patience import Patience
from target_activecampaign.reporting.report import Sums
from target_activecampaign.reporting.timeline import Timeline
from target_activecampaign.run.observer import Observer
from target_activecampaign.run.signals import Interruption
from target_activecampaign.run.watch import Watch

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_activecampaign.reporting.progress import Progress

IDLE = DeliveryView(
    sums=Sums(500, 250, 10, 5, 3, 2),
    imports_open=0,
    oldest_seconds=None,
    usual_seconds=4.0,
    is_full=False,
    waits_for_us=False,
    is_reading_back=False,
    looks_up_first=False,
    is_reading_removals=False,
)


class Scene:
    """A run whose parts stand where a test puts them."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.limiter = RateLimiter(5, 100, self.clock)
        self.patience = Patience(self.clock)
        self.interruption = Interruption()
        settings = parse_settings(config_for("http://127.0.0.1:1", folder))
        self.observer = Observer(settings, self.clock, self.limiter, self.patience, self.interruption)
        self.view = IDLE
        self.observer.delivery = t.cast("t.Any", self)

    def look(self) -> DeliveryView:
        return self.view

    def seen_in_wait(self, wait: Callable[[], object]) -> Progress:
        """Return what is seen while a thread of the run waits for its turn the first time."""
        found: list[Progress] = []

        def look() -> None:
            thread = threading.Thread(target=lambda: found.append(self.observer.look()))
            thread.start()
            self.clock.on_wait = lambda: None
            # A fake clock's wait holds the condition, which a real one gives back.
            self.limiter._changed.release()
            thread.join()
            self.limiter._changed.acquire()

        self.clock.on_wait = look
        wait()
        return found[0]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_run_that_works_waits_for_nothing(scene: Scene) -> None:
    progress = scene.observer.look()
    assert progress.waiting_for is None
    assert (progress.read, progress.delivered, progress.rejected) == (500, 250, 3)
    assert progress.ceiling_per_minute == 25_000


def test_the_pace_of_a_part_of_a_minute_is_not_above_what_a_minute_lets_through(scene: Scene) -> None:
    scene.view = IDLE._replace(sums=Sums(30_000, 24_000, 0, 0, 0, 0))
    scene.clock.seconds += 40
    assert scene.observer.look().per_minute == 25_000
    scene.clock.seconds += 40
    assert scene.observer.look().per_minute < 25_000


def test_the_rows_of_a_file_are_the_total(scene: Scene) -> None:
    scene.observer.source = t.cast("t.Any", types.SimpleNamespace(count_rows=lambda: 1000))
    progress = scene.observer.look()
    assert (progress.total, progress.percent, progress.eta_seconds) == (1000, 27, 6)


def test_without_a_delivery_there_are_no_figures_and_no_fault(scene: Scene) -> None:
    scene.observer.delivery = None
    assert scene.observer.look().as_fields()["read"] == 0


def test_input_is_waited_for_while_the_reader_asks_for_the_next_part(scene: Scene) -> None:
    def parts() -> t.Iterator[Progress]:
        for _ in range(2):
            yield scene.observer.look()

    seen = list(scene.interruption.guard_reading(parts()))
    assert [progress.waiting_for for progress in seen] == ["input", "input"]
    assert scene.observer.look().waiting_for is None


def test_the_import_limit_is_waited_for_while_an_import_waits_for_its_place_in_the_minute(
    scene: Scene,
) -> None:
    for _ in range(100):
        scene.limiter.end(scene.limiter.wait_for_import(250), is_answered=True)
        scene.clock.seconds += 0.4
    assert scene.seen_in_wait(lambda: scene.limiter.wait_for_import(250)).waiting_for == "import_limit"
    assert scene.observer.look().waiting_for is None


def test_the_request_limit_is_waited_for_while_a_request_waits_for_its_place_in_the_second(
    scene: Scene,
) -> None:
    for _ in range(5):
        scene.limiter.end(scene.limiter.wait_for_request(), is_answered=True)
    assert scene.seen_in_wait(scene.limiter.wait_for_request).waiting_for == "request_limit"


def test_polls_that_wait_for_their_turn_are_no_wait_of_the_run(scene: Scene) -> None:
    for _ in range(5):
        scene.limiter.end(scene.limiter.wait_for_request(), is_answered=True)
    assert scene.seen_in_wait(scene.limiter.wait_for_poll).waiting_for is None


def test_a_service_that_asked_to_wait_is_named_with_the_time_that_it_said(scene: Scene) -> None:
    scene.limiter.hold_requests(30)
    assert scene.observer.look().waiting_for is None  # nobody has anything to send
    progress = scene.seen_in_wait(scene.limiter.wait_for_poll)
    assert (progress.waiting_for, progress.asked_seconds) == ("service_asked_to_wait", 30)


def test_imports_that_wait_after_a_failure_wait_for_the_service_and_not_for_a_time_it_said(
    scene: Scene,
) -> None:
    scene.limiter.hold_imports(20)
    progress = scene.seen_in_wait(lambda: scene.limiter.wait_for_import(250))
    assert (progress.waiting_for, progress.asked_seconds) == ("service_asked_to_wait", None)


def test_imports_that_the_importer_refused_for_their_rate_wait_for_the_import_limit(scene: Scene) -> None:
    scene.limiter.back_off_imports()
    assert scene.seen_in_wait(lambda: scene.limiter.wait_for_import(250)).waiting_for == "import_limit"


@pytest.mark.parametrize(
    ("view", "cause"),
    [
        ({"imports_open": 200, "is_full": True}, "imports_to_end"),
        ({"imports_open": 3}, None),  # the reader goes on
        ({"imports_open": 3, "waits_for_us": True}, "imports_to_end"),
        ({"imports_open": 3, "is_reading_back": True, "waits_for_us": True}, "imports_to_end"),
        ({"is_reading_back": True, "waits_for_us": True}, "read_back"),
        ({"imports_open": 3, "looks_up_first": True, "waits_for_us": True}, "read_back"),
        ({"is_reading_removals": True, "waits_for_us": True}, "removals"),
        ({"waits_for_us": True}, None),
    ],
)
def test_what_is_left_of_what_was_sent_is_what_a_waiting_reader_waits_for(
    scene: Scene, view: dict[str, t.Any], cause: str | None
) -> None:
    scene.view = IDLE._replace(**view)
    assert scene.observer.look().waiting_for == cause


def test_removals_at_the_end_are_waited_for_whatever_they_take(scene: Scene) -> None:
    scene.observer.is_taking_off = True
    scene.view = IDLE._replace(imports_open=2, waits_for_us=True)
    assert scene.observer.look().waiting_for == "removals"


def test_a_ledger_that_another_process_holds_locked_comes_before_all_else(scene: Scene) -> None:
    seen: list[Progress] = []
    scene.clock.on_wait = lambda: seen.append(scene.observer.look())
    scene.observer.is_taking_off = True

    def act() -> None:
        if not seen:
            raise OSError

    scene.patience.insist(act, is_locked=lambda _: True)
    assert [progress.waiting_for for progress in seen] == ["ledger_lock"]
    assert scene.observer.look().waiting_for == "removals"


# The thread that looks


def test_a_fault_of_a_look_or_of_what_shows_it_fails_nothing(scene: Scene) -> None:
    shown: list[Progress] = []
    watch = Watch(scene.observer.look, Timeline(), shown.append)

    def fail(_: Progress) -> t.NoReturn:
        raise RuntimeError

    watch.observers += [fail, shown.append]
    watch.take_look()
    scene.observer.delivery = t.cast("t.Any", object())
    watch.take_look()
    assert len(shown) == 2


def test_the_thread_keeps_no_process_alive_and_ends_with_the_run(scene: Scene) -> None:
    timeline = Timeline()
    watch = Watch(scene.observer.look, timeline, lambda _: None)
    before = set(threading.enumerate())
    watch.start()
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    scene.clock.seconds += 7
    watch.stop()
    assert not thread.is_alive()
    assert [point["seconds"] for point in timeline.points()] == [0, 7]


def test_a_watch_ends_with_its_run_also_where_nobody_stops_it(tmp_path: Path) -> None:
    watch = Watch(Scene(tmp_path).observer.look, Timeline(), lambda _: None)
    watch.start()
    thread = watch._thread
    assert thread is not None
    del watch
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
