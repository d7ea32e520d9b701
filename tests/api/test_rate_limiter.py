"""The account's rate limits are kept before a request is sent, whatever is asked for in whichever order."""

from __future__ import annotations

import itertools
import threading
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.fake_clock import FakeClock

from target_activecampaign.api.rate_limiter import RateLimiter, StoppedError
from target_activecampaign.clock import SystemClock

if t.TYPE_CHECKING:
    from target_activecampaign.api.rate_limits import Permit


def rate_limiter(
    requests_per_second: int = 5, imports_per_minute: int = 100
) -> tuple[RateLimiter, FakeClock]:
    clock = FakeClock()
    return RateLimiter(requests_per_second, imports_per_minute, clock), clock


def most_within(moments: t.Iterable[float], seconds: float) -> int:
    """The most that happened within any stretch of so many seconds."""
    ordered = sorted(moments)
    return max(
        (
            sum(start <= moment < start + seconds for moment in ordered[index:])
            for index, start in enumerate(ordered)
        ),
        default=0,
    )


def send(rate_limiter: RateLimiter, clock: FakeClock, steps: t.Iterable[str]) -> list[tuple[str, float]]:
    """Go through steps, each a kind of request or seconds that pass: what was sent, and when."""
    sent = []
    waits: dict[str, t.Callable[[], Permit]] = {
        "request": rate_limiter.wait_for_request,
        "poll": rate_limiter.wait_for_poll,
        "read-back": rate_limiter.wait_for_read_back,
        "import": lambda: rate_limiter.wait_for_import(250),
        "single": lambda: rate_limiter.wait_for_import(1),
    }
    for step in steps:
        if step in waits:
            permit = waits[step]()
            sent.append((step, clock.now()))
            rate_limiter.end(permit, is_answered=True)
        else:
            clock.seconds += float(step)
    return sent


_KINDS = st.sampled_from(["request", "poll", "read-back", "import", "single"])
_PAUSES = st.sampled_from(["0.0001", "0.3", "0.999", "1.5", "20", "59.9", "61"])
_BURSTS = st.builds(lambda kind, count: [kind] * count, _KINDS, st.integers(1, 60))
_STEPS = st.lists(
    st.one_of(_BURSTS, _KINDS.map(lambda kind: [kind]), _PAUSES.map(lambda pause: [pause])), max_size=12
)


@given(
    _STEPS,
    st.sampled_from([1, 2, 4, 5, 6, 7, 9, 12, 50]),
    st.sampled_from([1, 3, 7, 20, 99, 100, 101, 130, 600]),
)
@example([["single"] * 60], 5, 100)
@example([["import"] * 99, ["single"] * 60], 5, 100)
@example([["single"] * 30, ["import"] * 30, ["single"] * 30], 50, 7)
def test_no_window_ever_holds_more_than_its_limit(
    steps: list[list[str]], per_second: int, per_minute: int
) -> None:
    sent = send(*rate_limiter(per_second, per_minute), itertools.chain.from_iterable(steps))
    assert most_within([moment for _, moment in sent], 1) <= per_second
    imports = [moment for kind, moment in sent if kind in {"import", "single"}]
    assert most_within(imports, 60) <= per_minute
    singles = [moment for kind, moment in sent if kind == "single"]
    assert most_within(singles, 60) <= max(1, per_minute // 5)
    assert most_within(singles, 300) <= max(per_minute, 1)


def test_polls_take_half_of_the_requests_at_the_most() -> None:
    sent = send(*rate_limiter(), ["poll"] * 100)
    assert most_within([moment for _, moment in sent], 2) == 5


def test_read_backs_leave_one_in_five_requests() -> None:
    sent = send(*rate_limiter(), ["read-back"] * 100)
    assert most_within([moment for _, moment in sent], 1) == 4


def test_read_backs_wait_while_others_send() -> None:
    sender, clock = rate_limiter()
    send(sender, clock, ["request"] * 5)
    started = clock.now()
    send(sender, clock, ["read-back"])
    assert clock.now() - started > 1


def test_a_raised_limit_is_kept_evenly() -> None:
    sent = send(*rate_limiter(300, 6000), ["import"] * 1000)
    moments = [moment for _, moment in sent]
    assert most_within(moments, 1) <= 100
    assert moments[-1] - moments[0] <= 1000 / 100 * 1.02


@pytest.mark.parametrize(
    ("kind", "count", "least", "most"),
    [
        ("request", 500, 100, 103),
        ("poll", 250, 100, 103),
        ("import", 1000, 540, 602),
        ("single", 200, 540, 602),
    ],
)
def test_a_limit_is_used_nearly_to_the_full(kind: str, count: int, least: float, most: float) -> None:
    sender, clock = rate_limiter()
    started = clock.now()
    send(sender, clock, [kind] * count)
    assert least * 0.98 <= clock.now() - started <= most


def test_the_first_requests_do_not_wait() -> None:
    sender, clock = rate_limiter()
    send(sender, clock, ["request"] * 5)
    assert clock.waits == []
    sender.wait_for_request()
    assert sum(clock.waits) == pytest.approx(1.02)


def test_a_full_second_of_imports_and_polls_leaves_both_their_share() -> None:
    sender, clock = rate_limiter()
    started = clock.now()
    sent = send(sender, clock, ["poll", "import"] * 100)
    assert len(sent) == 200
    assert clock.now() - started <= 100 / 2.5 * 1.08 + 1


def test_how_long_imports_waited_is_summed_up() -> None:
    sender, clock = rate_limiter(imports_per_minute=1)
    for _ in range(3):
        sender.end(sender.wait_for_import(250), is_answered=True)
    assert sender.waited_seconds == pytest.approx(2 * 60.18)
    assert sender.waited_seconds == pytest.approx(sum(clock.waits))
    assert sender.import_slot_seconds == 60


# Holding


def test_a_hold_of_requests_stops_every_kind_of_request_until_it_is_over() -> None:
    for kind in ("request", "poll", "read-back", "import", "single"):
        sender, clock = rate_limiter()
        sender.hold_requests(30)
        ((_, moment),) = send(sender, clock, [kind])
        assert moment == pytest.approx(1030.0)


def test_a_hold_of_imports_stops_imports_alone() -> None:
    sender, clock = rate_limiter()
    sender.hold_imports(30)
    moments = [moment for _, moment in send(sender, clock, ["request", "poll", "import"])]
    assert moments == pytest.approx([1000.0, 1000.0, 1030.0])


def test_the_longest_hold_counts() -> None:
    sender, clock = rate_limiter()
    sender.hold_requests(30)
    sender.hold_requests(10)
    sender.wait_for_request()
    assert clock.now() == pytest.approx(1030.0)


def test_a_hold_that_comes_during_a_wait_is_kept() -> None:
    sender, clock = rate_limiter()
    send(sender, clock, ["request"] * 5)
    clock.on_wait = lambda: sender.hold_requests(7) if len(clock.waits) == 1 else None
    sender.wait_for_request()
    assert clock.now() >= 1007.0


# Stopping


def test_nothing_is_let_through_after_a_stop() -> None:
    sender, _ = rate_limiter()
    sender.stop()
    waits = (sender.wait_for_request, sender.wait_for_poll, sender.wait_for_read_back)
    for wait in (*waits, lambda: sender.wait_for_import(2)):
        with pytest.raises(StoppedError):
            wait()
    with pytest.raises(StoppedError):
        sender.pause(1)


def test_imports_can_be_stopped_alone() -> None:
    sender, clock = rate_limiter()
    sender.stop_imports()
    with pytest.raises(StoppedError):
        sender.wait_for_import(250)
    assert len(send(sender, clock, ["request", "poll"])) == 2
    sender.pause(1)


@pytest.mark.parametrize("kind", ["request", "poll", "import", "single"])
def test_a_stop_ends_a_wait(kind: str) -> None:
    sender, clock = rate_limiter()
    clock.on_wait = lambda: sender.stop() if len(clock.waits) == 3 else None
    with pytest.raises(StoppedError):
        send(sender, clock, [kind] * 1000)
    assert len(clock.waits) == 3


def test_a_pause_is_a_wait_that_a_stop_ends() -> None:
    sender, clock = rate_limiter()
    sender.pause(5)
    assert clock.waits == [5]
    clock.on_wait = sender.stop
    with pytest.raises(StoppedError):
        sender.pause(5)


# The clock of the machine


def test_the_clock_of_the_machine_does_not_go_back() -> None:
    clock = SystemClock()
    assert clock.now() <= clock.now()


def test_the_clock_of_the_machine_waits_for_an_event_or_a_change() -> None:
    clock, stop, changed = SystemClock(), threading.Event(), threading.Condition()
    assert not clock.wait(stop, 0)
    stop.set()
    assert clock.wait(stop, 60)
    with changed:
        clock.wait_for_change(changed, 0)


def test_threads_share_one_limit() -> None:
    sender, clock = rate_limiter()
    started, sent = clock.now(), []

    def send_some() -> None:
        for _ in range(50):
            permit = sender.wait_for_request()
            sent.append(clock.now())
            sender.end(permit, is_answered=True)

    threads = [threading.Thread(target=send_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 200
    assert clock.now() - started >= 200 / 5 - 1
