"""Stops a run in the middle, as a power cut does: between any two of its own steps."""

from __future__ import annotations

import functools
import threading
import typing as t

from support.quick_target import wait_for_workers

from target_activecampaign.delivery.delivery import Delivery
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.reporting.rejects import RejectsFile

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest


class PowerCutError(BaseException):
    """Nothing happens any more, in any thread."""


class Steps:
    """Counts what the run does, before and after each of some methods, and strikes at one of them."""

    def __init__(self, strike_at: int, strike: Callable[[Steps], None]) -> None:
        self.count = 0
        self.is_dark = False
        self.files: list[RejectsFile] = []
        self.deliveries: list[Delivery] = []
        self.ledgers: list[Ledger] = []
        self._strike_at = strike_at
        self._strike = strike
        self._lock = threading.Lock()

    def pass_one(self) -> None:
        with self._lock:
            self.count += 1
            is_struck = self.count == self._strike_at
        if is_struck:
            self._strike(self)
        if self.is_dark:
            raise PowerCutError

    def clear_away(self) -> None:
        """End what a process takes with it."""
        for delivery in self.deliveries:
            delivery._end()
        wait_for_workers()
        for file in self.files:
            file._file.close()
        for ledger in self.ledgers:
            ledger.close()


def instrument(monkeypatch: pytest.MonkeyPatch, steps: Steps, points: Iterable[tuple[type, str]]) -> None:
    """Let `steps` count before and after each of these methods, and know what must be cleared away."""

    def wrapped(usual: Callable[..., t.Any]) -> Callable[..., t.Any]:
        @functools.wraps(usual)
        def step(*args: object, **kwargs: object) -> object:
            steps.pass_one()
            result = usual(*args, **kwargs)
            steps.pass_one()
            return result

        return step

    def note(owner: type, made: list[t.Any]) -> None:
        usual = owner.__init__  # type: ignore[misc]

        def make(self: object, *args: object, **kwargs: object) -> None:
            usual(self, *args, **kwargs)
            made.append(self)

        monkeypatch.setattr(owner, "__init__", make)

    note(RejectsFile, steps.files)
    note(Delivery, steps.deliveries)
    note(Ledger, steps.ledgers)
    for owner, name in points:
        monkeypatch.setattr(owner, name, wrapped(getattr(owner, name)))


def cut_power(steps: Steps) -> None:
    steps.is_dark = True
