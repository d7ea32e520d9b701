"""Runs that share limits on paper: each asks the schedule when it is told to, and no real time passes.

The service counts what arrives by itself: nothing of it is taken from the schedule.
"""

from __future__ import annotations

import heapq
import itertools
import random
import typing as t

import msgspec

from target_activecampaign.shared_limits.schedule import (
    Answer,
    Jitter,
    Kind,
    Schedule,
    Slot,
    Windows,
    Word,
    exchange,
)
from target_activecampaign.shared_limits.timetable import Window

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WINDOWS = Windows(
    [Window(5, 1.02)], [Window(100, 60.18)], [Window(20, 60.18)], Window(1, 0.4), Window(1, 0.571)
)
MOST_JITTER = Jitter(0.75, 3.0)
ANSWER_SECONDS = 0.005  # of the server


class PaperRun:
    """Sends all that it may, as long as it lives."""

    def __init__(self, account: PaperAccount, name: str, kinds: Sequence[Kind]) -> None:
        self.sent: list[tuple[float, Kind]] = []
        self.is_alive = True
        self.answer: Answer | None = None
        self._account = account
        self._name = name
        self._kinds = kinds
        self._told: dict[int, Slot] = {}
        self._unused: set[int] = set()
        self._planned: set[int] = set()
        self._ids = itertools.count(-1, -1)
        self._asked = 0

    def word(self, *, is_last: bool = False) -> Word:
        generation = self.answer.generation if self.answer else ""
        wants: dict[Kind, int] = dict.fromkeys(self._kinds, 1)
        told, unused = list(self._told.values()), list(self._unused)
        return Word(self._name, generation, WINDOWS, MOST_JITTER, wants, told, unused, {}, is_last=is_last)

    def ask(self, number: int | None = None) -> None:
        """Ask, plan what was answered, and ask again: when told to, or when the next request waits."""
        if not self.is_alive or number not in {None, self._asked}:
            return
        self._asked += 1
        word = self.word()
        answer = self.answer = self._account.exchange(word)
        for slot in word.slots:
            if self._told.get(slot.id) == slot:
                del self._told[slot.id]
        for slot in answer.slots:
            if slot.id not in self._planned:
                self._planned.add(slot.id)
                self._account.at(max(slot.at, self._account.now) + ANSWER_SECONDS, self._sender(slot))
        if answer.alone_for:
            self._send_alone()
        asked = self._asked
        self._account.at(self._account.now + answer.ask_in + ANSWER_SECONDS, lambda: self.ask(asked))

    def end(self) -> None:
        self.is_alive = False
        self._account.exchange(self.word(is_last=True))

    def _sender(self, slot: Slot) -> Callable[[], None]:
        return lambda: self._send(slot) if self.is_alive else None

    def _send_alone(self) -> None:
        """Send one import, as a run that is alone may without asking."""
        self._send(Slot(self._name, next(self._ids), "import", self._account.now, MOST_JITTER))

    def _send(self, slot: Slot) -> None:
        account = self._account
        there = account.chance.uniform(0.02, 0.12)
        sent = msgspec.structs.replace(slot, at=account.now, is_sent=True)
        self._told[slot.id] = sent
        if self.answer is not None and not self.answer.alone_for:
            account.at(account.now + ANSWER_SECONDS, self.ask)
        account.at(account.now + there, lambda: account.arrive(self, slot.kind))
        jitter = Jitter(there - 0.02, there - 0.02)
        account.at(account.now + there + 0.02, lambda: self._note_end(sent, jitter))

    def _note_end(self, sent: Slot, jitter: Jitter) -> None:
        self._told[sent.id] = msgspec.structs.replace(sent, jitter=jitter)


class PaperAccount:
    """The server's document, and the service that counts requests."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.chance = random.Random(1)  # noqa: S311 - a simulation
        self.schedule = Schedule("first")
        self.arrived: list[tuple[float, Kind]] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def start(self, name: str, kinds: Sequence[Kind] = ("import", "request")) -> PaperRun:
        run = PaperRun(self, name, kinds)
        self.at(self.now, run.ask)
        return run

    def exchange(self, word: Word) -> Answer:
        """Exchange by way of the document, as it is kept."""
        self.schedule = msgspec.json.decode(msgspec.json.encode(self.schedule), type=Schedule)
        return exchange(self.schedule, word, self.now)

    def tell(self, word: Word) -> None:
        """Exchange for a run that does not listen."""
        self.exchange(word)

    def at(self, moment: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), happen))

    def arrive(self, run: PaperRun, kind: Kind) -> None:
        self.arrived.append((self.now, kind))
        run.sent.append((self.now, kind))

    def go_on(self, seconds: float) -> None:
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            moment, _, happen = heapq.heappop(self._events)
            self.now = max(self.now, moment)
            happen()
        self.now = until

    def most_within(self, seconds: float, kinds: Sequence[Kind]) -> int:
        """The most requests of some kinds that arrived within any such time."""
        moments = sorted(moment for moment, kind in self.arrived if kind in kinds)
        most = first = 0
        for last, moment in enumerate(moments):
            while moments[first] <= moment - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def imports_of(self, run: PaperRun, since: float) -> int:
        return sum(kind == "import" and moment >= since for moment, kind in run.sent)
