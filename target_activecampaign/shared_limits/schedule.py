"""Owns the schedule that the runs of one account share: who may send when. Pure, time is an argument.

The schedule is one document on a server. A run takes it, tells what it did and what it wants, has the
requests of all runs scheduled, and puts it back (`exchange`); the server only keeps it and tells the time.
It must not know threads, servers or HTTP. `docs/design/shared-limits.md` says why it is so.
"""

from __future__ import annotations

import math
import typing as t
from collections import Counter

import msgspec

from target_activecampaign.shared_limits.contract import Claim, Grant, SharedContract
from target_activecampaign.shared_limits.timetable import Load, Window, first_moment

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Kind = t.Literal["import", "single import", "request"]
IMPORTS: tuple[Kind, ...] = ("import", "single import")
_OTHERS: tuple[Kind, ...] = ("request",)

LEASE_SECONDS = 10.0
"""After so long without a word a run is lost: it gets no slots, and others keep its lane free."""
LOST_SECONDS = 900.0
"""For so long a lost run's lane is kept free: it may send there without the server."""
ALONE_SECONDS = 1.0
"""For so long a run that is alone sends as it likes, and tells afterwards."""
LANES = 10
"""So many lost runs have a lane; together they send half of the requests at the most."""
SLOT_SECONDS = 0.3
"""A slot that is not used within this time after its moment is given back."""

_IMPORTS_AHEAD_SECONDS = 1.1
_REQUESTS_AHEAD_SECONDS = 0.3
_HUNGRY_SECONDS = 1.0  # after a run's last word it gets no more slots
_LANE_SPACING = 2.0  # requests' turns between two lanes
_REQUESTS_PER_LANE_IMPORT = 3
_LANE_JITTER_SECONDS = 0.25
_CLOCK_STEP_SECONDS = 1.0
_SOONEST_SECONDS, _LATEST_SECONDS = 0.02, 0.25  # when to ask again for slots
_FEW_RUNS = 4
_RENEWAL_SECONDS = 3.0
_RENEWAL_SECONDS_ALONE = 0.4


class Windows(msgspec.Struct, array_like=True):
    """The account's limits as a run's settings have them.

    Attributes:
        requests: Of all requests.
        imports: Of requests that are imports.
        single_imports: Of those that hold one contact.
        burst: How evenly imports go, until one of their windows is full.
        steady: Likewise after that, so that polls find permits at any time.
    """

    requests: list[Window]
    imports: list[Window]
    single_imports: list[Window]
    burst: Window
    steady: Window


class Jitter(msgspec.Struct, array_like=True):
    """By how much a request may arrive later than others: for the windows of requests, and of imports."""

    requests: float
    imports: float


class Slot(msgspec.Struct, array_like=True):
    """One request of a run: scheduled, sent or over.

    Attributes:
        run: Whose it is.
        id: The run's own name of it, negative where it needed no scheduling.
        kind: Of the request.
        at: When it is to be sent, or was.
        jitter: The most until its response came, then its own.
        is_sent: Whether it was sent.
    """

    run: str
    id: int
    kind: Kind
    at: float
    jitter: Jitter
    is_sent: bool = False


class Run(msgspec.Struct):
    """What is known of a run.

    Attributes:
        expires_at: When it is lost without another word.
        lane: Where it may send when it is lost; -1 for nowhere.
        windows: As it keeps them.
        jitter: The most that counts for its requests.
        wants: Requests that wait for a slot.
        hungry_until: When they wait no more, without another word.
        served: Slots that it got, or those of others while it wanted none.
        asks_at: When it was to speak again: it learns of no slot before.
    """

    expires_at: float
    lane: int
    windows: Windows
    jitter: Jitter
    wants: dict[Kind, int] = {}
    hungry_until: float = 0.0
    served: dict[str, float] = {}
    asks_at: float = 0.0


class Word(msgspec.Struct):
    """What a run tells.

    Attributes:
        run: Its name.
        generation: Of the schedule that it knows; empty for none.
        windows: As it keeps them.
        jitter: The most that counts for its requests.
        wants: Requests that wait for a slot, by kind.
        slots: Requests that it sent, or whose response came, since its last word.
        unused: Slots that it gives back.
        holds: For how many seconds the service lets no `requests` or `imports` through.
        is_in_doubt: Whether the server has lost something, or its clock jumped.
        is_last: Whether the run ends.
        claim: What it says of the contract, where it keeps to one.
    """

    run: str
    generation: str
    windows: Windows
    jitter: Jitter
    wants: dict[Kind, int]
    slots: list[Slot]
    unused: list[int]
    holds: dict[str, float]
    is_in_doubt: bool = False
    is_last: bool = False
    claim: Claim | None = None


class Answer(msgspec.Struct):
    """What a run learns.

    Attributes:
        generation: Of the schedule.
        now: The server's time.
        slots: The run's own that were not sent.
        held: For how many seconds no `requests` or `imports` go.
        ask_in: Seconds until its next word.
        alone_for: For how many seconds it needs no slots.
        lane: Where it may send when it has lost the server; -1 for nowhere.
        runs: How many there are.
        grant: Of the contract, where the run keeps to one.
    """

    generation: str
    now: float
    slots: list[Slot]
    held: dict[str, float]
    ask_in: float
    alone_for: float
    lane: int
    runs: int
    grant: Grant | None = None


class Schedule(msgspec.Struct):
    """The requests of all runs.

    Attributes:
        generation: Differs where the server has lost the one before.
        seen_at: The server's time at the last word.
        next_id: Of the next slot.
        is_steady: Whether imports go evenly, after a first window.
        runs: By their names.
        slots: That take a permit, or will.
        held: Until when the service lets no `requests` or `imports` through.
        alone: The run that needs no slots, if any.
        alone_until: For how long.
        contract: What the runs share of the account's contract.
        is_alone_no_more: Whether it learned of others with its last word, so that it tells all with its next.
    """

    generation: str
    seen_at: float = 0.0
    next_id: int = 1
    is_steady: bool = False
    runs: dict[str, Run] = {}
    slots: list[Slot] = []
    held: dict[str, float] = {}
    alone: str = ""
    alone_until: float = 0.0
    is_alone_no_more: bool = False
    contract: SharedContract | None = None


def exchange(schedule: Schedule, word: Word, now: float) -> Answer:
    """Take a run's word, schedule what all runs want, and return what that run learns.

    Args:
        schedule: Is changed.
        word: The same word twice does no harm.
        now: The server's time.
    """
    _distrust(schedule, word, now)
    _end_being_alone(schedule, word, now)
    _drop_what_is_over(schedule, now)
    _take_word(schedule, word, now)
    grant = _share_contract(schedule, word, now)
    if not word.is_last:
        assigner = _Assigner(schedule, now)
        if not schedule.alone:
            assigner.assign()
            _let_alone(schedule, word.run, now)
        answer = _answer(schedule, word.run, assigner, now)
        answer.grant = grant
        return answer
    return Answer(schedule.generation, now, [], {}, 0.0, 0.0, -1, len(schedule.runs))


def _distrust(schedule: Schedule, word: Word, now: float) -> None:
    """Count all windows as full where requests may have been sent that the schedule does not know."""
    went_back = now < schedule.seen_at - _CLOCK_STEP_SECONDS
    is_another = word.generation not in {"", schedule.generation}
    if went_back or is_another or word.is_in_doubt:
        if went_back:
            schedule.slots, schedule.held, schedule.alone, schedule.is_alone_no_more = [], {}, "", False
            for run in schedule.runs.values():
                run.expires_at = run.hungry_until = now
        windows = word.windows
        _hold(schedule, "requests", now + _longest(windows.requests) + word.jitter.requests)
        _hold(schedule, "imports", now + _longest([*windows.imports, *windows.single_imports]))
    schedule.seen_at = now


def _end_being_alone(schedule: Schedule, word: Word, now: float) -> None:
    """Take back that a run needs no slots; what it may have sent since its last word takes permits.

    While it learns of others it may still send, so nobody gets a slot before its next word.
    """
    if schedule.alone == word.run:
        is_still = set(schedule.runs) == {word.run} or word.is_last
        if is_still or schedule.is_alone_no_more:
            schedule.alone, schedule.is_alone_no_more = "", False
        else:
            schedule.is_alone_no_more = True
    elif schedule.alone and schedule.alone_until <= now:
        run = schedule.runs.get(schedule.alone)
        if run is not None:
            for _ in range(_most_within(run.windows.requests[0], ALONE_SECONDS)):
                slot = Slot(schedule.alone, 0, "import", schedule.alone_until, run.jitter, is_sent=True)
                _add_slot(schedule, slot)
        schedule.alone, schedule.is_alone_no_more = "", False


def _most_within(window: Window, seconds: float) -> int:
    return window.permits * (1 + math.ceil(seconds / window.seconds))


def _drop_what_is_over(schedule: Schedule, now: float) -> None:
    schedule.runs = {name: run for name, run in schedule.runs.items() if run.expires_at + LOST_SECONDS > now}
    windows = [run.windows for run in schedule.runs.values()]
    longest = {
        "requests": max((_longest(one.requests) for one in windows), default=0.0),
        "imports": max((_longest([*one.imports, *one.single_imports]) for one in windows), default=0.0),
    }
    schedule.slots = [slot for slot in schedule.slots if _is_over_at(slot, longest) > now]
    if not any(slot.kind in IMPORTS for slot in schedule.slots):
        schedule.is_steady = False


def _is_over_at(slot: Slot, longest: dict[str, float]) -> float:
    over = _latest(slot) + longest["requests"] + slot.jitter.requests
    if slot.kind in IMPORTS:
        over = max(over, _latest(slot) + longest["imports"] + slot.jitter.imports)
    return over


def _longest(windows: Collection[Window]) -> float:
    return max((window.seconds for window in windows), default=0.0)


def _take_word(schedule: Schedule, word: Word, now: float) -> None:
    told = {slot.id for slot in word.slots} | set(word.unused)
    others = [slot for slot in schedule.slots if slot.run != word.run or slot.id not in told]
    if word.is_last:
        others = [slot for slot in others if slot.run != word.run or slot.is_sent]
    schedule.slots = [*others, *word.slots]
    for what, seconds in word.holds.items():
        _hold(schedule, what, now + seconds)
    if word.is_last:
        schedule.runs.pop(word.run, None)
        return
    before = schedule.runs.get(word.run)
    run = before or Run(0.0, _free_lane(schedule), word.windows, word.jitter)
    schedule.runs[word.run] = run
    run.expires_at, run.asks_at = now + LEASE_SECONDS, now
    run.windows, run.jitter = word.windows, word.jitter
    _note_hunger(schedule, run, word.wants, now)


def _note_hunger(schedule: Schedule, run: Run, wants: dict[Kind, int], now: float) -> None:
    """Note what a run wants; one that wanted nothing for a while has not saved up for it."""
    for kind in wants:
        class_ = _class_of(kind)
        if not run.wants.get(kind) or run.hungry_until <= now:
            others = [
                other.served.get(class_, 0.0)
                for other in schedule.runs.values()
                if other is not run and other.hungry_until > now
            ]
            run.served[class_] = max(run.served.get(class_, 0.0), min(others, default=0.0))
    run.wants = wants
    run.hungry_until = now + _HUNGRY_SECONDS


def _class_of(kind: Kind) -> str:
    return "imports" if kind in IMPORTS else "requests"


def _share_contract(schedule: Schedule, word: Word, now: float) -> Grant | None:
    contract = schedule.contract
    if contract is not None:
        for name in contract.parts.keys() - {word.run}:
            run = schedule.runs.get(name)
            if run is None or run.expires_at <= now:
                contract.lose(name)
    if word.claim is None:
        return None
    if contract is None:
        contract = schedule.contract = SharedContract(word.claim.reading, word.claim.reading.total)
    if word.is_last:
        contract.leave(word.run, word.claim, now)
        return None
    return contract.grant(word.run, word.claim, now)


def _free_lane(schedule: Schedule) -> int:
    taken = {run.lane for run in schedule.runs.values()}
    return next((lane for lane in range(LANES) if lane not in taken), -1)


def _hold(schedule: Schedule, what: str, until: float) -> None:
    schedule.held[what] = max(schedule.held.get(what, 0.0), until)


def _add_slot(schedule: Schedule, slot: Slot) -> None:
    slot.id = schedule.next_id
    schedule.next_id += 1
    schedule.slots.append(slot)


def _let_alone(schedule: Schedule, name: str, now: float) -> None:
    """Let a run do without slots while there is no other, and no trace of one in any window."""
    if list(schedule.runs) == [name] and all(slot.run == name for slot in schedule.slots):
        schedule.slots = [slot for slot in schedule.slots if slot.is_sent]
        schedule.alone, schedule.alone_until = name, now + ALONE_SECONDS


def _answer(schedule: Schedule, name: str, assigner: _Assigner, now: float) -> Answer:
    is_alone = schedule.alone == name and not schedule.is_alone_no_more
    if is_alone:
        ask_in = _RENEWAL_SECONDS_ALONE
    elif schedule.alone:
        ask_in = _SOONEST_SECONDS if schedule.alone == name else _LATEST_SECONDS / 2
    else:
        ask_in = assigner.seconds_to_next_word(name)
    schedule.runs[name].asks_at = now + ask_in
    return Answer(
        generation=schedule.generation,
        now=now,
        slots=[slot for slot in schedule.slots if slot.run == name and not slot.is_sent],
        held={what: until - now for what, until in schedule.held.items() if until > now},
        ask_in=ask_in,
        alone_for=ALONE_SECONDS if is_alone else 0.0,
        lane=schedule.runs[name].lane,
        runs=len(schedule.runs),
    )


class _Assigner:
    """Gives slots to those runs that want them: imports first, then in turns."""

    def __init__(self, schedule: Schedule, now: float) -> None:
        self._schedule = schedule
        self._now = now
        self._runs = {name: run for name, run in schedule.runs.items() if run.expires_at > now}
        every = [run.windows for run in schedule.runs.values()]
        # Runs whose settings differ keep the limits of all.
        self._requests = {window for one in every for window in one.requests}
        self._imports = {window for one in every for window in one.imports}
        self._single_imports = {window for one in every for window in one.single_imports}
        self._burst = {one.burst for one in every}
        self._steady = {one.steady for one in every}
        slots = [*schedule.slots, *_slots_of_lanes(schedule, now)]
        longest = _longest(self._requests)
        self._recent = [slot for slot in slots if _latest(slot) + longest + slot.jitter.requests > now]
        self._sent_imports = [slot for slot in slots if slot.kind in IMPORTS]
        self._scheduled = Counter((slot.run, slot.kind) for slot in schedule.slots if not slot.is_sent)

    def assign(self) -> None:
        """Schedule what runs want, a short time ahead."""
        self._assign(IMPORTS, _IMPORTS_AHEAD_SECONDS)
        self._assign(_OTHERS, _REQUESTS_AHEAD_SECONDS)

    def seconds_to_next_word(self, name: str) -> float:
        """Return when a run asks again: soon where something waits for a slot."""
        moments = [
            self._moment_for(kind, self._runs[name]) - (_IMPORTS_AHEAD_SECONDS if kind in IMPORTS else 0)
            for kind in self._runs[name].wants
            if self._lacks(name, kind)
        ]
        if not moments:
            return _RENEWAL_SECONDS
        # The more runs there are, the rarer each asks: it gets its slots ahead of their moments.
        latest = _LATEST_SECONDS * max(1.0, len(self._runs) / _FEW_RUNS)
        return min(latest, max(_SOONEST_SECONDS, min(moments) - self._now))

    def _assign(self, kinds: Collection[Kind], ahead_seconds: float) -> None:
        open_kinds = list(kinds)
        while open_kinds:
            waiting = [(name, kind) for name in self._runs for kind in open_kinds if self._lacks(name, kind)]
            if not waiting:
                return
            name, kind = min(waiting, key=lambda one: self._served(*one))
            run = self._runs[name]
            moment = self._moment_for(kind, run)
            if moment > self._now + ahead_seconds:
                open_kinds.remove(kind)
                continue
            self._add(Slot(name, 0, kind, moment, run.jitter))
            run.served[_class_of(kind)] = self._served(name, kind) + 1

    def _add(self, slot: Slot) -> None:
        _add_slot(self._schedule, slot)
        self._recent.append(slot)
        self._scheduled[slot.run, slot.kind] += 1
        if slot.kind in IMPORTS:
            self._sent_imports.append(slot)
            if any(len(self._sent_imports) >= window.permits for window in self._imports):
                self._schedule.is_steady = True

    def _served(self, name: str, kind: Kind) -> float:
        return self._runs[name].served.get(_class_of(kind), 0.0)

    def _lacks(self, name: str, kind: Kind) -> bool:
        run = self._runs[name]
        return run.hungry_until > self._now and self._scheduled[name, kind] < run.wants.get(kind, 0)

    def _moment_for(self, kind: Kind, run: Run) -> float:
        held = self._schedule.held
        earliest = max(self._now, run.asks_at, held.get("requests", 0.0))
        if kind in IMPORTS:
            earliest = max(earliest, held.get("imports", 0.0))
        return first_moment(self._loads(kind, run.jitter), earliest)

    def _loads(self, kind: Kind, jitter: Jitter) -> Iterator[Load]:
        for window in self._requests:
            taken = [
                (slot.at, _latest(slot) + window.seconds + slot.jitter.requests) for slot in self._recent
            ]
            yield Load(window, taken, SLOT_SECONDS + window.seconds + jitter.requests)
        if kind not in IMPORTS:
            return
        imports = self._sent_imports
        yield from _import_loads(imports, self._imports, jitter)
        for window in self._steady if self._schedule.is_steady else self._burst:
            near = [(slot.at, slot.at + window.seconds) for slot in imports if slot.run]
            yield Load(window, near, window.seconds)
        if kind == "single import":
            single = [slot for slot in imports if slot.kind == kind]
            yield from _import_loads(single, self._single_imports, jitter)


def _import_loads(slots: Collection[Slot], windows: Collection[Window], jitter: Jitter) -> Iterator[Load]:
    for window in windows:
        taken = [(slot.at, _latest(slot) + window.seconds + slot.jitter.imports) for slot in slots]
        yield Load(window, taken, SLOT_SECONDS + window.seconds + jitter.imports)


def _latest(slot: Slot) -> float:
    """Return when a request is sent at the latest."""
    return slot.at if slot.is_sent else slot.at + SLOT_SECONDS


# Lanes of lost runs


def lane_moments(windows: Windows, lane: int, after: float, before: float) -> Iterator[tuple[float, Kind]]:
    """Yield when a lost run may send in its lane, and whether that may be an import.

    Args:
        windows: As the run keeps them.
        lane: The run's.
        after: The server's time; what is yielded is no earlier.
        before: What is yielded is earlier.
    """
    window = windows.requests[0]
    spacing = _LANE_SPACING * window.seconds / window.permits
    period = LANES * spacing
    number = math.ceil((after - lane * spacing) / period)
    while (moment := number * period + lane * spacing) < before:
        yield moment, "import" if number % _REQUESTS_PER_LANE_IMPORT == 0 else "request"
        number += 1


def _slots_of_lanes(schedule: Schedule, now: float) -> Iterator[Slot]:
    """Yield the slots in which lost runs may send, or may have sent."""
    for run in schedule.runs.values():
        if run.expires_at > now or run.lane < 0:
            continue
        jitter = Jitter(_LANE_JITTER_SECONDS, _LANE_JITTER_SECONDS)
        since = max(run.expires_at, now - _longest(run.windows.imports) - _LANE_JITTER_SECONDS)
        until = now + _longest(run.windows.imports) / 2
        for moment, kind in lane_moments(run.windows, run.lane, since, until):
            yield Slot("", 0, kind, moment, jitter, is_sent=True)
