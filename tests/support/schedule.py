"""A full run on paper: limits and looks as the run keeps them, a service that counts, and no real time.

Events in the order of their moments. Requests take as long as the service's line says, one part on the way
there, after which they count against its limits, and one on the way back.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import typing as t
from dataclasses import dataclass, field

from target_activecampaign.api.rate_limits import RateLimits
from target_activecampaign.delivery.batch import Batch
from target_activecampaign.delivery.import_poller import ImportPoller, OpenImport
from target_activecampaign.sandbox.rate_limits import Window

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.rate_limits import Kind, Permit

_BATCH = Batch("people")


@dataclass
class Plan:
    """What is simulated.

    Attributes:
        imports: How many are sent, as soon as they may.
        import_seconds: What one takes from its arrival, by its number and the moment.
        request_seconds: The way there and the way back of a request.
        most_open: How many imports may be open.
        verifies: Whether there is always a contact to read back.
        input_seconds: Between two batches of the input.
        window_permits: How many requests the service says that its window holds.
    """

    imports: int = 1000
    import_seconds: Callable[[int, float], float] = lambda _number, _now: 5.0
    request_seconds: Callable[[random.Random], tuple[float, float]] = lambda _: (0.0, 0.0)
    most_open: float = math.inf
    verifies: bool = False
    requests_per_second: int = 5
    imports_per_minute: int = 100
    input_seconds: float = 0.0
    window_permits: int = 5
    seed: int = 1


@dataclass
class Figures:
    """What came of it. Moments are of the arrivals at the service.

    Attributes:
        delays: Of each import, the seconds from its end to the look that saw it.
    """

    imports: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    verifications: list[float] = field(default_factory=list)
    refused: int = 0
    delays: list[float] = field(default_factory=list)
    most_open: int = 0
    most_in_the_air: int = 0

    def share_of_pace(self, imports_per_minute: int) -> float:
        """The pace from the first import to the last, as a share of the limit."""
        return (len(self.imports) - 1) / (max(self.imports) - min(self.imports)) * 60 / imports_per_minute

    def share_of_later_pace(self, imports_per_minute: int) -> float:
        """The same without the first minute's burst."""
        later = sorted(self.imports)[imports_per_minute:]
        return (len(later) - 1) / (later[-1] - later[0]) * 60 / imports_per_minute

    @property
    def looks_per_import(self) -> float:
        """Mean."""
        return len(self.looks) / len(self.imports)

    def share_of_looks(self, requests_per_second: int) -> float:
        """What looks took of the requests that the account allows, from the first import to the last look."""
        return len(self.looks) / (max(self.looks) - min(self.imports)) / requests_per_second


class Simulation:
    """One run of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.figures = Figures()
        self._plan = plan
        self._limits = RateLimits(plan.requests_per_second, plan.imports_per_minute)
        self._limits.learn_window(plan.window_permits)
        self._import_poller = ImportPoller(plan.requests_per_second / 2)
        self._random = random.Random(plan.seed)  # noqa: S311 - a simulation
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._sent = self._in_the_air = 0
        self._submitting = self._open = 0
        self._head: OpenImport | None = None
        self._ends_at: dict[OpenImport, float] = {}
        limits = (plan.requests_per_second, 1.0), (plan.imports_per_minute, 60.0)
        self._windows = [[Window(limit, seconds) for limit, seconds in limits] for _ in ("sliding", "fixed")]
        self._limits.begin_waiting("import")

    def run(self) -> Figures:
        """Go on until every import was seen to end."""
        wake = 0.0
        while self._sent < self._plan.imports or self._submitting or self._open:
            self._now = max(self._now, min(wake, self._events[0][0] if self._events else math.inf))
            while self._events and self._events[0][0] <= self._now:
                heapq.heappop(self._events)[2]()
            wake = self._send_what_may_go()
        return self.figures

    def _send_what_may_go(self) -> float:
        """Send all that may go now; the moment at which more may."""
        while True:
            if self._head is None:
                self._head = self._import_poller.take_due(self._now)
            moments = {kind: self._limits.moment_for(kind, self._now) for kind in self._wanted()}
            kind = next((kind for kind, moment in moments.items() if moment <= self._now), None)
            if kind is None:
                due = self._import_poller.seconds_to_next(self._now)
                later = [] if due is None or self._head else [self._now + due]
                if self._now < self._sent * self._plan.input_seconds and self._sent < self._plan.imports:
                    later.append(self._sent * self._plan.input_seconds)
                return min([*moments.values(), *later], default=math.inf)
            self._send(kind)

    def _wanted(self) -> list[Kind]:
        wanted: list[Kind] = []
        if self._may_submit():
            wanted.append("import")
        if self._head is not None:
            wanted.append("poll")
        return [*wanted, "read-back"] if self._plan.verifies else wanted

    def _may_submit(self) -> bool:
        is_read = self._now >= self._sent * self._plan.input_seconds
        is_room = self._open + self._submitting < self._plan.most_open
        return self._sent < self._plan.imports and is_read and is_room

    def _send(self, kind: Kind) -> None:
        permit = self._limits.take(kind, self._now)
        there, back = self._plan.request_seconds(self._random)
        self._in_the_air += 1
        self.figures.most_in_the_air = max(self.figures.most_in_the_air, self._in_the_air)
        if kind == "import":
            self._sent += 1
            self._submitting += 1
            number = self._sent
            self._at(there, lambda: self._import_arrives(number, permit, back))
            if self._sent == self._plan.imports:
                self._limits.end_waiting("import")
        elif kind == "poll":
            polled_at, self._head = self._head, None
            assert polled_at is not None
            self._at(there, lambda: self._look_arrives(polled_at, permit, back))
        else:
            self._at(there, lambda: self._arrive(self.figures.verifications))
            self._at(there + back, lambda: self._end(permit))

    def _import_arrives(self, number: int, permit: Permit, back: float) -> None:
        self._arrive(self.figures.imports, is_import=True)
        ends_at = self._now + self._plan.import_seconds(number, self._now)

        def answer() -> None:
            self._end(permit)
            self._submitting -= 1
            open_import = OpenImport(str(number), _BATCH, self._now)
            self._ends_at[open_import] = ends_at
            self._import_poller.add(open_import)
            self._open += 1
            self.figures.most_open = max(self.figures.most_open, self._open)

        self._at(back, answer)

    def _look_arrives(self, open_import: OpenImport, permit: Permit, back: float) -> None:
        self._arrive(self.figures.looks)
        has_ended = self._now >= self._ends_at[open_import]
        if has_ended:
            self.figures.delays.append(self._now - self._ends_at[open_import])

        def answer() -> None:
            self._end(permit)
            if has_ended:
                self._open -= 1
                self._import_poller.end(open_import)
            else:
                self._import_poller.reschedule(open_import)

        self._at(back, answer)

    def _arrive(self, moments: list[float], *, is_import: bool = False) -> None:
        moments.append(self._now)
        for windows, is_fixed in zip(self._windows, (False, True), strict=True):
            for window in windows if is_import else windows[:1]:
                self.figures.refused += window.wait(self._now, is_fixed=is_fixed) > 0
                window.admit(self._now)

    def _end(self, permit: Permit) -> None:
        self._in_the_air -= 1
        self._limits.end(permit, self._now, is_answered=True)

    def _at(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._order), happen))


def simulate(plan: Plan) -> Figures:
    """Run a plan."""
    return Simulation(plan).run()
