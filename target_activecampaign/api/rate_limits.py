"""Rate limits: whether a request may go now, or else when. Pure: time is an argument.

Owns the account's limits and the shares of imports, polls and read-backs in them. It must not know threads,
clocks or HTTP. `docs/design/rate-limits.md` says how windows are kept and why the shares are as they are.
"""

from __future__ import annotations

import bisect
import math
import typing as t
from collections import deque

from target_activecampaign.api.others_use import OthersUse
from target_activecampaign.limits import (
    IMPORTS_PER_MINUTE,
    REQUESTS_PER_SECOND,
    SINGLE_CONTACT_IMPORTS_PER_MINUTE,
)
from target_activecampaign.shared_limits import timetable
from target_activecampaign.shared_limits.schedule import Jitter, Windows

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from target_activecampaign.shared_limits.schedule import Slot

Kind = t.Literal["request", "poll", "read-back", "import", "single import"]
LimitCause = t.Literal["held requests", "held imports", "import_limit", "request_limit"]

_IMPORTS_PER_SINGLE_IMPORT = IMPORTS_PER_MINUTE / SINGLE_CONTACT_IMPORTS_PER_MINUTE

_POLLS_SHARE = 0.5  # of the requests; the other half is for sending
_BURST_SHARE = 0.5  # of the requests, for the first imports
_SHARE_KEPT_BY_READ_BACKS = 0.2  # of the requests; they leave it to others
_STEADY_PACE = 1.05  # of the limit of imports, after the first ones
_PART_SECONDS = 0.1  # a share is kept over parts of this length, or of one request where that is longer

_REQUEST_MARGIN = 1.02
_IMPORT_MARGIN = 1.003
_LEAST_MARGIN_SECONDS = 0.001

# Both ends of a window belong to it. This is above the rounding of sums, so that equal moments compare alike.
_MICROSECOND = 1e-6

_WEIGHT_OF_NEWEST = 0.02
_FIRST_RESPONSES = 5
_SHORTEST_WINDOW_SECONDS = 0.01


class JitterBounds(t.NamedTuple):
    """How much jitter counts, as shares of a window.

    Attributes:
        usual: Jitter is rare while the usual one stays below this.
        rare: The most that counts where jitter is rare.
        common: The most that counts where it is not.
        unknown: The most that counts where responses take longer than the window.
    """

    usual: float
    rare: float
    common: float
    unknown: float


_NO_JITTER = JitterBounds(0, 0, 0, 0)
_REQUEST_JITTER = JitterBounds(0.1, 3.0, 0.75, 0.2)
_IMPORT_JITTER = JitterBounds(0.01, 0.5, 0.05, 0.01)


class LatencyEstimate:
    """Learns the latency of the way to the service: the seconds from sending to the response.

    Without it, of 1,000 imports at latencies of 0.05 to 0.3 s, 64 requests are refused; with it, none.

    Attributes:
        shortest: The shortest latency.
        usual_jitter: By how much latencies usually exceed it.
    """

    def __init__(self) -> None:
        """Start without any latency."""
        self.shortest = math.inf
        self.usual_jitter = 0.0
        self._responses = 0

    def learn(self, seconds: float, *, is_answered: bool) -> float:
        """Learn from a request that is over.

        Args:
            seconds: For how long it was in flight.
            is_answered: Whether a response came, so that its latency counts.

        Returns:
            Its jitter: by how many seconds later than others it may have arrived.
        """
        jitter = max(0.0, seconds - self.shortest)
        if is_answered:
            self._responses += 1
            self.shortest = min(self.shortest, seconds)
        if self._responses <= _FIRST_RESPONSES:
            # Connections are opened, and the shortest latency is not known yet: all of it may be jitter.
            return seconds
        self.usual_jitter += _WEIGHT_OF_NEWEST * (jitter - self.usual_jitter)
        return jitter


class Permit:
    """Permission to send one request. Give it back with `RateLimits.end` when the request is over.

    Attributes:
        sent_at: When it was given.
        slot: Of the schedule that runs share, where they do.
    """

    __slots__ = ("_places", "sent_at", "slot")

    def __init__(self, sent_at: float, windows: Sequence[Window], latency: LatencyEstimate) -> None:
        """Take a place in each window."""
        self.sent_at = sent_at
        self.slot: Slot | None = None
        self._places = [(window, window.take(sent_at, latency)) for window in windows]

    def settle(self, jitter: float, latency: LatencyEstimate) -> None:
        """Move its places to the moment of arrival, now that the request's jitter is known."""
        for window, free_at in self._places:
            window.move(free_at, self.sent_at, jitter, latency)


class RateLimits:
    """The account's limits, and which kind goes first. Moments are seconds on one clock."""

    def __init__(self, requests_per_second: int, imports_per_minute: int) -> None:
        """Start with all permits free.

        Args:
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
        """
        self._latency = LatencyEstimate()
        self._waiting_imports = 0
        self._imports_sent = 0
        self._held_until = {"requests": -math.inf, "imports": -math.inf}
        self._requests_per_second = requests_per_second
        self._imports_per_minute = imports_per_minute
        self._requests = [_whole(requests_per_second, 1, _request_window)]
        self._imports = [_whole(imports_per_minute, 60, _import_window)]
        self._single_imports = [_whole(imports_per_minute / _IMPORTS_PER_SINGLE_IMPORT, 60, _import_window)]
        self._others_use = OthersUse()
        self._last_sent = {"requests": -math.inf, "imports": -math.inf}
        self._times_documented = 0.0
        self.learn_window(REQUESTS_PER_SECOND)

    def learn_window(self, permits: int) -> None:
        """Learn how many requests the service lets through in its window; until then it is the documented 5.

        Limits that were raised in the settings are kept as evenly as the documented ones, until the service
        says that its windows hold more. Whatever it says, the settings stay the upper limit. That its window
        is a second, and that the importer's window is raised as much, is assumed.
        """
        times = max(1.0, permits / REQUESTS_PER_SECOND)
        if times == self._times_documented:
            return
        self._times_documented = times
        requests, imports = REQUESTS_PER_SECOND * times, IMPORTS_PER_MINUTE * times
        singles_per_minute = self._imports_per_minute / _IMPORTS_PER_SINGLE_IMPORT
        singles = imports / _IMPORTS_PER_SINGLE_IMPORT
        self._requests[1:] = _shorter(self._requests_per_second, 1, requests, _request_window)
        self._imports[1:] = _shorter(self._imports_per_minute, 60, imports, _import_window)
        self._single_imports[1:] = _shorter(singles_per_minute, 60, singles, _import_window)
        self._polls = [_share_of(self._requests[-1], _POLLS_SHARE)]
        self._steady = _share_of(self._imports[-1], _STEADY_PACE)
        self._first_imports = min(self._imports[-1].permits, IMPORTS_PER_MINUTE)
        self._burst = _share_of(self._requests[-1], _BURST_SHARE)
        self._imports.append(self._burst)

    def moment_for(self, kind: Kind, now: float) -> float:
        """Return when to ask again for a request of a kind: `now` or earlier if it may go now.

        Args:
            kind: Of the request.
            now: The present moment.
        """
        is_import = kind in {"import", "single import"}
        moment = max(
            self._held_until["requests"],
            self._held_until["imports"] if is_import else now,
            *(window.moment_for(1 + self._kept(kind, window), now) for window in self._requests),
            *(window.moment_for(1, now) for window in self._own_windows(kind)),
            self._after_others("requests", now),
            self._after_others("imports", now) if is_import else now,
        )
        if moment <= now and kind in {"poll", "read-back"} and self._delays_an_import(now):
            return min(window.moment_for(window.permits, now) for window in self._requests)
        return moment

    def find_cause(self, waiting: Collection[Kind], now: float) -> LimitCause | None:
        """Return why requests of these kinds do not go now; polls and read-backs alone are no reason to tell.

        Args:
            waiting: Kinds of which a request waits.
            now: The present moment.
        """
        if waiting and self._held_until["requests"] > now:
            return "held requests"
        imports: list[Kind] = [kind for kind in waiting if kind in {"import", "single import"}]
        if imports and self._held_until["imports"] > now:
            return "held imports"
        windows = [window for kind in imports for window in self._own_windows(kind)]
        if any(window.moment_for(1, now) > now for window in windows if window is not self._burst):
            return "import_limit"
        has_other = bool(imports) or "request" in waiting
        return "request_limit" if has_other and self._lacks_request(imports, now) else None

    def _lacks_request(self, imports: Collection[Kind], now: float) -> bool:
        windows = [*self._requests, self._burst] if imports else self._requests
        return any(window.moment_for(1, now) > now for window in windows)

    def take(self, kind: Kind, now: float) -> Permit:
        """Take the permit of a request that may go now."""
        windows = [*self._requests, *self._own_windows(kind)]
        self._last_sent["requests"] = now
        if kind in {"import", "single import"}:
            self._imports_sent += 1
            self._last_sent["imports"] = now
        return Permit(now, windows, self._latency)

    def end(self, permit: Permit, now: float, *, is_answered: bool) -> Jitter:
        """Take a permit back: its request is over.

        Args:
            permit: Its permit.
            now: The present moment.
            is_answered: Whether a response came, so that its latency counts.

        Returns:
            By how much it may have arrived later than others, as far as that counts.
        """
        jitter = self._latency.learn(now - permit.sent_at, is_answered=is_answered)
        permit.settle(jitter, self._latency)
        most = self.most_jitter()
        return Jitter(min(jitter, most.requests), min(jitter, most.imports))

    def most_jitter(self) -> Jitter:
        """Return the most jitter that counts for a request before its response."""
        longest = (
            max(windows, key=lambda window: window.seconds) for windows in (self._requests, self._imports)
        )
        return Jitter(*(window.most_jitter(self._latency) for window in longest))

    def windows(self) -> Windows:
        """Return the account's limits, for the schedule that runs share."""
        imports = [window for window in self._imports if window is not self._burst]
        return Windows(
            requests=_as_shared(self._requests),
            imports=_as_shared(imports),
            single_imports=_as_shared(self._single_imports),
            burst=_as_shared([self._burst])[0],
            steady=_as_shared([self._steady])[0],
        )

    def hold(self, what: t.Literal["requests", "imports"], until: float) -> None:
        """Let none through until a moment: the service said so."""
        self._held_until[what] = max(self._held_until[what], until)

    def note_refusal(self, what: t.Literal["requests", "imports"], now: float) -> bool:
        """Take that the service refused for a rate; returns whether that shows others for the first time."""
        whole = self._requests[0] if what == "requests" else self._imports[0]
        own = whole.sent_since(now - whole.seconds - self._latency.usual_jitter)
        return self._others_use.note_refusal(what, own, whole.permits, now)

    def _after_others(self, what: t.Literal["requests", "imports"], now: float) -> float:
        """Return when others leave room for the next request."""
        whole = self._requests[0] if what == "requests" else self._imports[0]
        seconds = self._others_use.pace(what, timetable.Window(whole.permits, whole.seconds), now)
        return self._last_sent[what] + seconds if seconds else now

    def begin_waiting(self, kind: Kind) -> None:
        """Count a request that waits for its permit: imports go first."""
        self._waiting_imports += kind == "import"

    def end_waiting(self, kind: Kind) -> None:
        """Count it out again."""
        self._waiting_imports -= kind == "import"

    def _own_windows(self, kind: Kind) -> Sequence[Window]:
        if kind == "poll":
            return self._polls
        if kind not in {"import", "single import"}:
            return ()
        steady = [self._steady] if self._imports_sent >= self._first_imports else []
        return [*self._imports, *steady, *(self._single_imports if kind == "single import" else ())]

    def _kept(self, kind: Kind, window: Window) -> int:
        return int(_SHARE_KEPT_BY_READ_BACKS * window.permits) if kind == "read-back" else 0

    def _delays_an_import(self, now: float) -> bool:
        """Return whether an import that is due before a permit taken now comes free would lack it.

        Without this, imports reach 91 % of their limit at latencies of 0.05 to 0.8 s, instead of 98.8 %.
        """
        if not self._waiting_imports:
            return False
        windows = self._own_windows("import")
        jitter = self._latency.usual_jitter
        for requests in self._requests:
            nth = 1
            while (due := self._import_due(windows, nth, now)) < now + requests.seconds + jitter:
                if not requests.is_likely_to_have(nth + 1, due, jitter):
                    return True
                nth += 1
        return False

    def _import_due(self, windows: Sequence[Window], nth: int, now: float) -> float:
        """Return when so many imports may go, as far as the limits of imports go."""
        return max(self._held_until["imports"], *(window.moment_for(nth, now) for window in windows))


class Window:
    """A sliding window: so many permits in so many seconds.

    A request counts from the moment at which it arrived, as far as that is known, and not from the one at
    which it was sent.

    Attributes:
        permits: How many.
        seconds: For how long each is taken at the least.
    """

    def __init__(self, permits: int, seconds: float, jitter: JitterBounds = _NO_JITTER) -> None:
        """Start with all permits free.

        Args:
            permits: How many.
            seconds: For how long each is taken at the least.
            jitter: How much jitter counts.
        """
        self.permits = permits
        self.seconds = seconds
        self._jitter = jitter
        self._free_at: list[float] = []  # of each permit that is taken, in order
        self._sent_at: deque[float] = deque(maxlen=permits)

    def moment_for(self, nth: int, now: float) -> float:
        """Return when so many permits are free at once if nobody takes one; never earlier than `now`."""
        if nth > self.permits:
            return math.inf
        del self._free_at[: bisect.bisect_right(self._free_at, now)]
        lacking = len(self._free_at) + nth - self.permits
        return self._free_at[lacking - 1] if lacking > 0 else now

    def take(self, now: float, latency: LatencyEstimate) -> float:
        """Take a permit; its request counts with the most jitter until more is known.

        Returns:
            When it comes free.
        """
        self._sent_at.append(now)
        return self._put(now, self.most_jitter(latency))

    def move(self, free_at: float, sent_at: float, jitter: float, latency: LatencyEstimate) -> None:
        """Let a permit come free at another moment than it was to, unless it is free by now."""
        place = bisect.bisect_left(self._free_at, free_at)
        if place < len(self._free_at) and self._free_at[place] == free_at:
            del self._free_at[place]
            self._put(sent_at, min(jitter, self.most_jitter(latency)))

    def sent_since(self, moment: float) -> int:
        """Return how many of the newest requests, as many as it has permits, were sent since a moment."""
        return sum(sent_at >= moment for sent_at in self._sent_at)

    def is_likely_to_have(self, permits: int, moment: float, jitter: float) -> bool:
        """Return whether so many permits will be free at a moment, if all requests have the usual jitter."""
        taken = self.permits - permits  # so many of the newest may still be
        if taken < 0:
            return False
        return taken >= len(self._sent_at) or self._sent_at[-1 - taken] + self.seconds + jitter <= moment

    def _put(self, sent_at: float, jitter: float) -> float:
        free_at = sent_at + jitter + self.seconds + _MICROSECOND
        bisect.insort(self._free_at, free_at)
        return free_at

    def most_jitter(self, latency: LatencyEstimate) -> float:
        """Return the most jitter that counts for a request before its response."""
        if latency.shortest >= self.seconds:
            return self._jitter.unknown * self.seconds
        is_rare = latency.usual_jitter <= self._jitter.usual * self.seconds
        return (self._jitter.rare if is_rare else self._jitter.common) * self.seconds


_MakeWindow: t.TypeAlias = "Callable[[int, float], Window]"


def _request_window(permits: int, seconds: float) -> Window:
    return Window(permits, max(seconds * _REQUEST_MARGIN, seconds + _LEAST_MARGIN_SECONDS), _REQUEST_JITTER)


def _import_window(permits: int, seconds: float) -> Window:
    return Window(permits, max(seconds * _IMPORT_MARGIN, seconds + _LEAST_MARGIN_SECONDS), _IMPORT_JITTER)


def _whole(limit: float, seconds: float, make: _MakeWindow) -> Window:
    """Return the window that keeps a limit; one below 1 is kept as one permit in a longer window."""
    return make(max(1, int(limit)), seconds / min(1.0, limit))


def _shorter(limit: float, seconds: float, usual: float, make: _MakeWindow) -> list[Window]:
    """Return the window that keeps a limit above the usual one as evenly as that; none for another limit.

    It has as many permits as the usual one, in as much less time.
    """
    if limit <= usual:
        return []
    shorter = seconds * usual / limit
    several = max(1, round(_SHORTEST_WINDOW_SECONDS / shorter))
    return [make(int(usual * several), shorter * several)]


def _share_of(window: Window, share: float) -> Window:
    """Return the window that keeps a share of another one's permits, in short parts."""
    per_second = share * window.permits / window.seconds
    permits = max(1, round(per_second * _PART_SECONDS))
    return Window(permits, permits / per_second)


def _as_shared(windows: Collection[Window]) -> list[timetable.Window]:
    return [timetable.Window(window.permits, window.seconds) for window in windows]
