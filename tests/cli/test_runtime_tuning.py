"""The process is tuned for one busy thread and many that wait, where the machine allows it."""

from __future__ import annotations

import ctypes
import sys
import typing as t

import pytest

from target_activecampaign.cli.runtime_tuning import prepare_process


@pytest.fixture(autouse=True)
def _process_as_it_was() -> t.Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


class Library:
    """Stands for the machine's C library."""

    def __init__(self, *_: object) -> None:
        self.calls: list[tuple[int, int]] = []

    def mallopt(self, option: int, value: int) -> None:
        self.calls.append((option, value))


def test_threads_take_turns_ten_times_as_often_and_share_two_arenas(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    prepare_process()
    assert sys.getswitchinterval() == pytest.approx(0.0005)
    assert library.calls[0] == (-8, 2), "M_ARENA_MAX of mallopt(3)"
    assert library.calls[1:] == [(-3, 1024**2), (-1, 4 * 1024**2)], "M_MMAP_THRESHOLD and M_TRIM_THRESHOLD"


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_a_machine_without_glibc_does_without(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(_: object) -> t.NoReturn:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    prepare_process()
    assert sys.getswitchinterval() == pytest.approx(0.0005)
