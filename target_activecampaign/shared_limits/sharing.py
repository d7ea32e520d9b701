"""Sharing: this run's side of the limits that the runs of one account share.

Owns the thread that talks to the server, the slots that it got for this run, and what a run may do without
it. It must not know which requests wait, or why.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import random
import threading
import typing as t
from collections import deque

import msgspec

from target_activecampaign.errors import ServiceError
from target_activecampaign.shared_limits.schedule import (
    IMPORTS,
    LEASE_SECONDS,
    LOST_SECONDS,
    SLOT_SECONDS,
    Answer,
    Jitter,
    Kind,
    Schedule,
    Slot,
    Windows,
    Word,
    exchange,
    lane_moments,
)
from target_activecampaign.shared_limits.server import ServerError
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.clock import Clock
    from target_activecampaign.shared_limits.room import Room
    from target_activecampaign.shared_limits.server import Kept, Server

logger = logging.getLogger(__name__)

RequestKind = t.Literal["request", "poll", "read-back", "import", "single import"]

_MOST_COLLISIONS = 200
_LONGEST_COLLISION_SECONDS = 0.01
_SECONDS_BETWEEN_TRIES = 0.5
_LANE_MARGIN_SECONDS = 2.0  # others have scheduled so far ahead when they notice that a run is lost
_CLOCK_STEP_SECONDS = 1.0
_OFFSET_SECONDS = 60.0  # for which one estimate of the server's clock counts
_LONGEST_WAIT_SECONDS = 1.0


class Offset(t.NamedTuple):
    """How far the server's clock is ahead of ours.

    Attributes:
        least: At the least.
        most: At the most: they differ by the time that the server took to answer.
        known_at: By our clock.
    """

    least: float
    most: float
    known_at: float


class Described(t.NamedTuple):
    """The limits of this run, as the server is told them."""

    windows: Windows
    jitter: Jitter


class Sharing:
    """Keeps this run to the limits that it shares. Threads may share it."""

    def __init__(self, server: Server, clock: Clock, *, setting: str, stops_when_lost: bool) -> None:
        """Prepare; `start` asks the server for the first time.

        Args:
            server: Keeps the schedule.
            clock: The source of time.
            setting: Which one named the server.
            stops_when_lost: Whether the run stops where the server is lost, instead of going on slowly.
        """
        self._server = server
        self._clock = clock
        self._setting = setting
        self._stops_when_lost = stops_when_lost
        self._name = os.urandom(6).hex()
        self._lock = threading.Lock()
        self._describe: Callable[[], Described] = _nothing
        self._on_answer: Callable[[dict[str, float]], None] = lambda _held: None
        self._ids = itertools.count(-1, -1)
        # What the server is told next.
        self._ready: set[RequestKind] = set()
        self._told: dict[int, Slot] = {}
        self._unused: set[int] = set()
        self._holds: dict[str, float] = {}  # until when, by our clock
        # What it said last.
        self._generation = ""
        self._version = 0
        self._offset: Offset | None = None
        self._slots: dict[Kind, deque[Slot]] = {}
        self._alone_until = -math.inf
        self._lease_ends = -math.inf
        self._lane = -1
        self._runs = 0
        self._is_lost = False
        self._cause = ""
        self._lane_sent_at = -math.inf
        self._room: Room | None = None
        self._revision = 0
        self._wake = threading.Event()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def runs(self) -> int:
        """How many runs share the limits, as of the server's last answer."""
        return self._runs

    def start(self, describe: Callable[[], Described], on_answer: Callable[[dict[str, float]], None]) -> None:
        """Ask the server for the first time, and go on in a thread of its own.

        Args:
            describe: Returns the limits.
            on_answer: Is told for how many seconds no `requests` or `imports` go; others may go now.

        Raises:
            ServerError: If the server can't be used.
        """
        self._describe, self._on_answer = describe, on_answer
        self._talk()
        self._thread = threading.Thread(target=self._go_on, name="shared-limits", daemon=True)
        self._thread.start()

    def share_contract(self, room: Room) -> None:
        """Share the contract from now on."""
        room.on_change = self._wake.set
        self._room = room

    def close(self) -> None:
        """Tell the server that this run is over, where it can be reached."""
        self._is_closed.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)
            if not self._thread.is_alive():
                try:
                    self._talk(is_last=True)
                except ServerError as error:
                    logger.debug("%s: %s", self._setting, error)
                self._server.close()

    # What the rate limiter asks

    def take(self, kind: RequestKind, now: float, jitter: Jitter) -> Slot | float:
        """Return the slot of a request that may go now, or when to ask again; `end` a slot afterwards.

        Raises:
            ServiceError: If the server is lost, and the run may not go on without it.
        """
        class_ = _class_of(kind)
        with self._lock:
            if now < self._alone_until:
                return self._sent(kind, self._own_slot(class_, now, jitter), now, jitter)
            if kind not in self._ready:
                self._ready.add(kind)
                self._wake.set()
            moment = self._moment_for(kind, now)
            if moment > now:
                return moment
            waiting = self._slots.get(class_)
            if not waiting:
                self._lane_sent_at = now
            slot = waiting.popleft() if waiting else self._own_slot(class_, now, jitter)
            return self._sent(kind, slot, now, jitter)

    def _moment_for(self, kind: RequestKind, now: float) -> float:
        class_ = _class_of(kind)
        slot = self._next_slot(class_, now)
        if slot is not None:
            return now + SLOT_SECONDS if self._leaves_it_to_others(kind) else self._ours(slot.at)
        if now >= self._lease_ends:
            return self._moment_without_server(class_, now)
        return min(now + _LONGEST_WAIT_SECONDS, self._lease_ends)

    def _own_slot(self, class_: Kind, now: float, jitter: Jitter) -> Slot:
        return Slot(self._name, next(self._ids), class_, now, jitter)

    def _sent(self, kind: RequestKind, slot: Slot, now: float, jitter: Jitter) -> Slot:
        self._ready.discard(kind)
        slot.at, slot.jitter, slot.is_sent = self._theirs(now), jitter, True
        self._told[slot.id] = slot
        return slot

    def withdraw(self, kind: RequestKind) -> None:
        """Note that no request of a kind waits for a slot."""
        with self._lock:
            self._ready.discard(kind)

    def end(self, slot: Slot, jitter: Jitter) -> None:
        """Note that a request is over, and its jitter known."""
        with self._lock:
            self._told[slot.id] = msgspec.structs.replace(slot, jitter=jitter)

    def hold(self, what: t.Literal["requests", "imports"], seconds: float) -> None:
        """Let no run send for a time: the service said so."""
        with self._lock:
            self._holds[what] = max(self._holds.get(what, 0.0), self._clock.now() + seconds)
            self._wake.set()

    # The server

    def _go_on(self) -> None:
        seconds = 0.0
        while not self._is_closed.is_set():
            self._clock.wait(self._wake, seconds)
            self._wake.clear()
            if self._is_closed.is_set():
                return
            try:
                seconds = self._talk()
            except ServerError as error:
                self._note_failure(error)
                seconds = _SECONDS_BETWEEN_TRIES

    def _talk(self, *, is_last: bool = False) -> float:
        """Tell the server what this run did and wants; returns in how many seconds to do so again.

        Raises:
            ServerError: If the server does not answer.
        """
        for _ in range(_MOST_COLLISIONS):
            asked_at = self._clock.now()
            kept = self._server.read()
            answered_at = self._clock.now()
            described = self._describe()  # takes a lock that comes before ours
            with self._lock:
                word = self._make_word(kept, described, answered_at, is_last=is_last)
            schedule = _read(kept, word)
            answer = exchange(schedule, word, kept.now)
            if self._server.write(kept.version, msgspec.json.encode(schedule)):
                self._version = kept.version + 1
                with self._lock:
                    self._take_answer(answer, word, asked_at, answered_at)
                self._on_answer(answer.held)
                return answer.ask_in
            # Another run was quicker.
            self._clock.wait(self._is_closed, random.uniform(0, _LONGEST_COLLISION_SECONDS))  # noqa: S311
        raise ServerError("other runs use it too much")

    def _make_word(self, kept: Kept, described: Described, now: float, *, is_last: bool) -> Word:
        self._drop_late_slots(now)
        windows, jitter = described
        claim = None if self._room is None else self._room.make_claim(self._not_after, is_last=is_last)
        if claim is not None:
            self._revision = claim[1]
        wants: dict[Kind, int] = {}
        for kind in self._ready:
            wants[_class_of(kind)] = wants.get(_class_of(kind), 0) + 1
        return Word(
            run=self._name,
            generation=self._generation,
            windows=windows,
            jitter=jitter,
            wants=wants,
            slots=list(self._told.values()),
            unused=list(self._unused),
            holds={what: until - now for what, until in self._holds.items() if until > now},
            is_in_doubt=kept.version < self._version or self._has_jumped(kept, now),
            is_last=is_last,
            claim=None if claim is None else claim[0],
        )

    def _has_jumped(self, kept: Kept, now: float) -> bool:
        """Return whether the server's clock went on otherwise than ours since its last answer."""
        if self._offset is None:
            return False
        offset = kept.now - now
        is_off = (
            not self._offset.least - _CLOCK_STEP_SECONDS <= offset <= self._offset.most + _CLOCK_STEP_SECONDS
        )
        if is_off:
            self._offset = None
        return is_off

    def _take_answer(self, answer: Answer, word: Word, asked_at: float, answered_at: float) -> None:
        self._learn_offset(answer.now - answered_at, answer.now - asked_at, answered_at)
        for slot in word.slots:
            if self._told.get(slot.id) == slot:
                del self._told[slot.id]
        self._unused -= set(word.unused)
        self._holds = {what: until for what, until in self._holds.items() if until > answered_at}
        self._generation = answer.generation
        self._slots = {}
        for slot in sorted(answer.slots, key=lambda slot: slot.at):
            # One may have been taken since it was asked for.
            if slot.id not in self._told:
                self._slots.setdefault(slot.kind, deque()).append(slot)
        self._alone_until = asked_at + answer.alone_for
        self._lease_ends = asked_at + LEASE_SECONDS
        self._lane = answer.lane
        if self._room is not None and answer.grant is not None and word.claim is not None:
            self._room.take_grant(answer.grant, word.claim, self._revision)
        self._note_runs(answer.runs)
        if self._is_lost:
            self._is_lost = False
            logger.warning("%s: the server answers again", self._setting)

    def _learn_offset(self, least: float, most: float, now: float) -> None:
        """Keep the estimate of the quickest answer within a minute."""
        known = self._offset
        is_old = known is not None and now - known.known_at > _OFFSET_SECONDS
        if known is None or is_old or most - least <= known.most - known.least:
            self._offset = Offset(least, most, now)

    def _note_runs(self, runs: int) -> None:
        if runs != self._runs and not self._is_closed.is_set():
            share = "shares" if runs == 1 else "share"
            logger.info("%s: %s %s the limits of the account", self._setting, counted(runs, "run"), share)
        self._runs = runs

    def _note_failure(self, error: ServerError) -> None:
        with self._lock:
            self._cause = str(error)
            is_new = not self._is_lost and self._clock.now() >= self._lease_ends - LEASE_SECONDS / 2
            self._is_lost |= is_new
        if is_new:
            logger.warning(
                "%s: the server by which runs share the account's limits is lost (%s). %s",
                self._setting,
                error,
                "The run stops unless it comes back in a few seconds"
                if self._stops_when_lost
                else "The run goes on slowly, in the part of the limits that others leave free for it",
            )
        self._on_answer({})

    # Slots

    def _next_slot(self, class_: Kind, now: float) -> Slot | None:
        self._drop_late_slots(now)
        waiting = self._slots.get(class_)
        return waiting[0] if waiting else None

    def _drop_late_slots(self, now: float) -> None:
        for waiting in self._slots.values():
            while waiting and self._ours(waiting[0].at) + SLOT_SECONDS < now:
                self._unused.add(waiting.popleft().id)

    def _leaves_it_to_others(self, kind: RequestKind) -> bool:
        """Return whether a read-back leaves the only slot to a request of another kind that waits, too."""
        waiting = self._slots.get("request", ())
        return kind == "read-back" and len(waiting) == 1 and bool(self._ready & {"request", "poll"})

    def _ours(self, moment: float) -> float:
        """Return a moment of the server's clock by ours, not too early."""
        return moment - self._offset.least if self._offset else math.inf

    def _theirs(self, moment: float) -> float:
        """Return a moment of our clock by the server's, not too early."""
        return moment + self._offset.most if self._offset else 0.0

    def _not_after(self, moment: float) -> float:
        """Return a moment of our clock by the server's, not too late."""
        return moment + self._offset.least if self._offset else 0.0

    # Without the server

    def _moment_without_server(self, class_: Kind, now: float) -> float:
        """Return when a lost run may send: in its lane, which the others leave free for a time.

        Raises:
            ServiceError: If it may not go on.
        """
        left = self._lease_ends + LOST_SECONDS - LEASE_SECONDS - now
        if self._stops_when_lost or left <= 0 or self._offset is None:
            raise self._lost()
        if self._lane < 0:
            return now + _LONGEST_WAIT_SECONDS
        windows = self._describe().windows
        begins = self._lease_ends + _LANE_MARGIN_SECONDS
        if class_ in IMPORTS:
            # What was sent before counts for so long.
            begins += max(window.seconds for window in windows.imports)
        after = max(now - SLOT_SECONDS / 4, begins, self._lane_sent_at + SLOT_SECONDS)
        moments = lane_moments(windows, self._lane, after + self._offset.least, math.inf)
        is_import = class_ in IMPORTS
        return next(moment - self._offset.least for moment, kind in moments if (kind in IMPORTS) == is_import)

    def _lost(self) -> ServiceError:
        cause = self._cause or "it does not answer"
        seconds = LEASE_SECONDS if self._stops_when_lost else LOST_SECONDS
        return ServiceError(
            f"{self._setting}: the server by which runs share the account's limits is lost for "
            f"{seconds:.0f} s ({cause}), and without it nobody knows what others send. Look at the server, "
            "then run again",
            cause=cause,
            matter="limit",
        )


def count_present(kept: Kept) -> int:
    """Return how many runs a document knows that are not lost."""
    if kept.document is None:
        return 0
    try:
        schedule = msgspec.json.decode(kept.document, type=Schedule)
    except msgspec.DecodeError:
        return 0
    return sum(run.expires_at > kept.now for run in schedule.runs.values())


def _nothing() -> Described:
    raise RuntimeError("the limits are shared before `start`")


def _class_of(kind: RequestKind) -> Kind:
    return kind if kind in {"import", "single import"} else "request"


def _read(kept: Kept, word: Word) -> Schedule:
    """Return the schedule that a server keeps; a new one where it has none that can be read."""
    if kept.document is not None:
        try:
            return msgspec.json.decode(kept.document, type=Schedule)
        except msgspec.DecodeError:
            word.is_in_doubt = True
    word.is_in_doubt |= kept.may_have_forgotten
    return Schedule(generation=os.urandom(6).hex())
