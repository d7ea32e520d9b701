"""A signal ends the run right there, at the next check, or at once."""

from __future__ import annotations

import os
import signal
import typing as t

import pytest

from target_activecampaign.errors import InterruptedRunError
from target_activecampaign.run.signals import Interruption

if t.TYPE_CHECKING:
    from collections.abc import Iterator


SIGNALS = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    usual = {number: signal.getsignal(number) for number in SIGNALS}
    installed = Interruption()
    installed.install()
    yield installed
    for number, handler in usual.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "exit_code"), SIGNALS.items())
def test_a_signal_ends_the_run_at_the_next_check(
    number: int, exit_code: int, interruption: Interruption
) -> None:
    interruption.check()
    signal.raise_signal(number)
    with pytest.raises(InterruptedRunError) as asked:
        interruption.check()
    assert asked.value.exit_code == exit_code


def test_a_run_that_was_started_with_nohup_goes_on_when_its_terminal_closes() -> None:
    usual = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        Interruption().install()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def test_a_signal_in_an_at_once_block_ends_the_run_right_there(interruption: Interruption) -> None:
    with pytest.raises(InterruptedRunError), interruption.at_once():
        signal.raise_signal(signal.SIGTERM)


def test_an_earlier_signal_ends_the_run_on_entering_the_block(interruption: Interruption) -> None:
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(InterruptedRunError), interruption.at_once():
        pytest.fail("it was asked to stop before")


def test_a_signal_after_the_block_waits_for_the_next_check(interruption: Interruption) -> None:
    with interruption.at_once():
        pass
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(InterruptedRunError):
        interruption.check()


def test_the_lines_of_the_input_come_as_they_are(interruption: Interruption) -> None:
    assert list(interruption.guard_reading([b"a\n", b"", b"b\n"])) == [b"a\n", b"", b"b\n"]


def test_a_line_that_is_read_is_worked_on_to_its_end(interruption: Interruption) -> None:
    lines = interruption.guard_reading([b"a\n", b"b\n"])
    assert next(lines) == b"a\n"
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(InterruptedRunError):
        next(lines)


def test_the_first_signal_sets_the_exit_code_and_the_second_of_its_kind_ends_at_once(
    interruption: Interruption, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    assert codes == []
    with pytest.raises(InterruptedRunError) as asked:
        interruption.check()
    assert asked.value.exit_code == 130
    signal.raise_signal(signal.SIGTERM)
    assert codes == [143]
