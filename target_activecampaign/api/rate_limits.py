"""Rate limits: may a request go now, and if not, when? Pure, time is an argument.

A service counts a request when it arrives; we know when it was sent and when it was answered. If every
request took equally long, it would be enough to send as many in a window as may arrive in one. One that was
answered later than the quickest may have arrived later by that much, and then comes too close to those that
are sent a window after it. So its permit comes free that much later: on a steady line requests keep their
pace, and on an unsteady one no limit is broken. While there is no answer, the most that may be late is
assumed.

What is late counts where that is rare. Where it is not, it counts up to a share of the window, so that the
pace has a floor:

- Of a window of requests (1 s) three quarters, or a fifth where answers take longer than the window and so
  tell nothing in time. At the worst 5 requests in 1.8 s: 100 a minute for imports, 70 for looks.
- Of a window of imports (60 s) a twentieth, or a hundredth. With requests that take up to a second, that is
  at most 1.7 %, and the margin 0.3 %: 98 of 100 imports.

The account's requests are shared out like this (5 in a second; 100 imports in a minute, so 1.7 in a
second):

- Imports go first: a look or a verification leaves the permits of the imports that are due within the
  window.
- The first imports, up to the documented limit, go as a burst, in half of the requests; the others evenly, at
  105 % of the limit, so that a look finds a permit at any time. Else the burst would come again every minute.
- Looks take half of the requests at the most, 150 a minute.
- Verifications take what is left, all but one in five: 45 a minute next to all of the above.
"""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import typing as t
from collections import deque

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from target_activecampaign.limits import (
    IMPORTS_PER_MINUTE,
    REQUESTS_PER_SECOND,
    SINGLE_CONTACT_IMPORTS_PER_MINUTE,
)

if t.TYPE_CHECKING:
    from collections.abc import Sequence

Kind = t.Literal["request", "look", "verification", "import", "single import"]

SINGLE_IMPORTS_SHARE = IMPORTS_PER_MINUTE / SINGLE_CONTACT_IMPORTS_PER_MINUTE
"""One in so many imports may hold a single contact."""

POLLS_SHARE = 0.5
"""Looking at imports takes no more of the requests: the other half is for sending."""

_BURST_SHARE = 0.5
_KEPT_BY_VERIFICATIONS = 0.2
_STEADY_PACE = 1.05
_PART_SECONDS = 0.1  # shares are kept over such parts, or one request where there are fewer

_REQUEST_MARGIN = 1.02
_IMPORT_MARGIN = 1.003
_LEAST_MARGIN_SECONDS = 0.001

_WEIGHT_OF_NEWEST = 0.02
_FIRST_ANSWERS = 5
_SHORTEST_WINDOW_SECONDS = 0.01


class Jitter(t.NamedTuple):
    """How much of what is late counts, as shares of a window.

    Attributes:
        usual: What the usual one stays below where jitter is rare.
        rare: The most that counts then.
        common: The most that counts where it is not.
        unknown: The most that counts where answers take longer than the window.
    """

    usual: float
    rare: float
    common: float
    unknown: float


_NONE = Jitter(0, 0, 0, 0)
_OF_REQUESTS = Jitter(0.1, 3.0, 0.75, 0.2)
_OF_IMPORTS = Jitter(0.01, 0.5, 0.05, 0.01)


class Line:
    """What is known of the line to the service, by the seconds from sending to answer.

    Attributes:
        quickest: The least.
        usual_jitter: How much more it usually is.
    """

    def __init__(self) -> None:
        self.quickest = math.inf
        self.usual_jitter = 0.0
        self._answers = 0

    def jitter(self, seconds: float, *, is_answered: bool) -> float:
        """How much later than others a request may have arrived that was over after so many seconds."""
        late = max(0.0, seconds - self.quickest)
        if is_answered:
            self._answers += 1
            self.quickest = min(self.quickest, seconds)
        if self._answers <= _FIRST_ANSWERS:
            # Connections are opened, and what is quick is not known yet: all of it may be late.
            return seconds
        self.usual_jitter += _WEIGHT_OF_NEWEST * (late - self.usual_jitter)
        return late


class Permit:
    """Leave to send one request. Give it back with `RateLimits.end` when the request is over.

    Attributes:
        sent_at: When it was given.
    """

    __slots__ = ("_places", "sent_at")

    def __init__(self, sent_at: float, places: list[tuple[Window, RateItem]]) -> None:
        self.sent_at = sent_at
        self._places = places

    def come_free(self, late: float, line: Line) -> None:
        """Learn how late the request may have arrived."""
        for window, item in self._places:
            window.move(item, self.sent_at, late, line)


class RateLimits:
    """The account's limits, and who goes first. Moments are seconds on one clock."""

    def __init__(self, requests_per_second: int, imports_per_minute: int) -> None:
        """Start with full allowances.

        Args:
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
        """
        self._line = Line()
        self._waiting_imports = 0
        self._imports_sent = 0
        self._held_until = {"requests": -math.inf, "imports": -math.inf}
        self._requests_per_second = requests_per_second
        self._imports_per_minute = imports_per_minute
        self._requests = [_whole(requests_per_second, 1, _of_requests)]
        self._imports = [_whole(imports_per_minute, 60, _of_imports)]
        self._single_imports = [_whole(imports_per_minute / SINGLE_IMPORTS_SHARE, 60, _of_imports)]
        self._times_documented = 0.0
        self.learn_window(REQUESTS_PER_SECOND)

    def learn_window(self, permits: int) -> None:
        """Learn how many requests the service says it lets through in its window, the documented 5 till then.

        Raised limits come as evenly as the documented ones, as long as the service does not say that it has
        windows that hold more. Whatever it says, no more is sent than the settings allow. That it counts a
        second, and that the importer's window is raised as much, is assumed.
        """
        times = max(1.0, permits / REQUESTS_PER_SECOND)
        if times == self._times_documented:
            return
        self._times_documented = times
        imports = IMPORTS_PER_MINUTE * times
        self._requests[1:] = _shorter(self._requests_per_second, 1, REQUESTS_PER_SECOND * times, _of_requests)
        self._imports[1:] = _shorter(self._imports_per_minute, 60, imports, _of_imports)
        self._single_imports[1:] = _shorter(
            self._imports_per_minute / SINGLE_IMPORTS_SHARE, 60, imports / SINGLE_IMPORTS_SHARE, _of_imports
        )
        self._looks = [_share_of(self._requests[-1], POLLS_SHARE)]
        self._steady = _share_of(self._imports[-1], _STEADY_PACE)
        self._first_imports = min(self._imports[-1].permits, IMPORTS_PER_MINUTE)
        self._imports.append(_share_of(self._requests[-1], _BURST_SHARE))

    def moment_for(self, kind: Kind, now: float) -> float:
        """When it is worth asking again for a request of this kind; `now` or earlier if it may go now.

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
        )
        if moment <= now and kind in {"look", "verification"} and self._delays_an_import(now):
            return min(window.moment_for(window.permits, now) for window in self._requests)
        return moment

    def take(self, kind: Kind, now: float) -> Permit:
        """Take the permit of a request that may go now."""
        windows = [*self._requests, *self._own_windows(kind)]
        if kind in {"import", "single import"}:
            self._imports_sent += 1
        return Permit(now, [(window, window.take(now, self._line)) for window in windows])

    def end(self, permit: Permit, now: float, *, is_answered: bool) -> None:
        """Note that a request is over.

        Args:
            permit: Its permit.
            now: The present moment.
            is_answered: Whether an answer came, so that its time says something about the line.
        """
        late = self._line.jitter(now - permit.sent_at, is_answered=is_answered)
        permit.come_free(late, self._line)

    def hold(self, what: t.Literal["requests", "imports"], until: float) -> None:
        """Let nothing of the kind through until a moment: the service said so."""
        self._held_until[what] = max(self._held_until[what], until)

    def begin_waiting(self, kind: Kind) -> None:
        """Note that a request of this kind is wanted: imports go first."""
        self._waiting_imports += kind == "import"

    def end_waiting(self, kind: Kind) -> None:
        """Note that it is not wanted any more, or was sent."""
        self._waiting_imports -= kind == "import"

    def _own_windows(self, kind: Kind) -> Sequence[Window]:
        if kind == "look":
            return self._looks
        if kind not in {"import", "single import"}:
            return ()
        steady = [self._steady] if self._imports_sent >= self._first_imports else []
        return [*self._imports, *steady, *(self._single_imports if kind == "single import" else ())]

    def _kept(self, kind: Kind, window: Window) -> int:
        return int(_KEPT_BY_VERIFICATIONS * window.permits) if kind == "verification" else 0

    def _delays_an_import(self, now: float) -> bool:
        """Whether a request now would lack, when an import is due before its permit comes free."""
        if not self._waiting_imports:
            return False
        windows = self._own_windows("import")
        jitter = self._line.usual_jitter
        for requests in self._requests:
            nth = 1
            while (due := self._due(windows, nth, now)) < now + requests.seconds + jitter:
                if not requests.is_likely_to_have(nth + 1, due, jitter):
                    return True
                nth += 1
        return False

    def _due(self, windows: Sequence[Window], nth: int, now: float) -> float:
        """When so many imports could go, if they had requests enough."""
        return max(self._held_until["imports"], *(window.moment_for(nth, now) for window in windows))


class Window:
    """So many permits in so many seconds: a bucket of the limiter library.

    A request counts in it at the moment at which it arrived, as far as that is known, and not at the one at
    which it was sent.

    Attributes:
        permits: How many.
        seconds: For how long each is taken at the least.
    """

    def __init__(self, permits: int, seconds: float, jitter: Jitter = _NONE) -> None:
        """Start with all permits free.

        Args:
            permits: How many.
            seconds: For how long each is taken at the least.
            jitter: How much of what is late counts.
        """
        self.permits = permits
        self.seconds = seconds
        self._jitter = jitter
        self._bucket = InMemoryBucket([Rate(permits, _microseconds(seconds))])
        self._sent_at: deque[float] = deque(maxlen=permits)

    def moment_for(self, nth: int, now: float) -> float:
        """When so many permits are free at once, should nobody take one; never earlier than `now`."""
        if nth > self.permits:
            return math.inf
        self._bucket.leak(_microseconds(now))
        lacking = self._bucket.count() + nth - self.permits
        blocking = self._bucket.peek(self._bucket.count() - lacking) if lacking > 0 else None
        if blocking is None:
            return now
        # Both ends of a window belong to it.
        return max(now, (blocking.timestamp + _microseconds(self.seconds) + 1) / _MICROSECONDS)

    def take(self, now: float, line: Line) -> RateItem:
        """Take a permit; it counts as late as it may be, until more is heard of its request."""
        self._sent_at.append(now)
        item = RateItem("permit", _microseconds(now + self._most_late(line)))
        self._put(item)
        return item

    def is_likely_to_have(self, permits: int, moment: float, jitter: float) -> bool:
        """Whether so many permits will be free at a moment, if all requests are as late as usual."""
        nth = self.permits - permits  # the newest that may still be taken
        newest_first = reversed(self._sent_at)
        latest = next(itertools.islice(newest_first, nth, None), -math.inf) if nth >= 0 else math.inf
        return latest + self.seconds + jitter <= moment

    def move(self, item: RateItem, sent_at: float, late: float, line: Line) -> None:
        """Let a permit count at another moment than was said: its request was so late."""
        items = self._bucket.items
        place = bisect.bisect_left(items, item.timestamp, key=_timestamp)
        while place < len(items) and items[place] is not item:
            place += 1
        if place < len(items):
            del items[place]
            item.timestamp = _microseconds(sent_at + min(late, self._most_late(line)))
            self._put(item)

    def _put(self, item: RateItem) -> None:
        # The library appends; what counts earlier than the last one has its place before it.
        bisect.insort(self._bucket.items, item, key=_timestamp)

    def _most_late(self, line: Line) -> float:
        if line.quickest >= self.seconds:
            return self._jitter.unknown * self.seconds
        is_rare = line.usual_jitter <= self._jitter.usual * self.seconds
        return (self._jitter.rare if is_rare else self._jitter.common) * self.seconds


_MICROSECONDS = 1_000_000
_timestamp = operator.attrgetter("timestamp")


def _microseconds(seconds: float) -> int:
    """As the limiter counts: in whole numbers, of whatever unit."""
    return round(seconds * _MICROSECONDS)


def _of_requests(permits: int, seconds: float) -> Window:
    return Window(permits, max(seconds * _REQUEST_MARGIN, seconds + _LEAST_MARGIN_SECONDS), _OF_REQUESTS)


def _of_imports(permits: int, seconds: float) -> Window:
    return Window(permits, max(seconds * _IMPORT_MARGIN, seconds + _LEAST_MARGIN_SECONDS), _OF_IMPORTS)


def _whole(limit: float, seconds: float, make: t.Callable[[int, float], Window]) -> Window:
    """The sliding window that keeps a limit; one below 1 is kept as one permit in a longer window."""
    return make(max(1, int(limit)), seconds / min(1.0, limit))


def _shorter(
    limit: float,
    seconds: float,
    usual: float,
    make: t.Callable[[int, float], Window],
) -> list[Window]:
    """The window that lets a limit above the usual one come as evenly as that; none for another.

    It has as many permits as the usual one, in as much less time.
    """
    if limit <= usual:
        return []
    shorter = seconds * usual / limit
    several = max(1, round(_SHORTEST_WINDOW_SECONDS / shorter))
    return [make(int(usual * several), shorter * several)]


def _share_of(window: Window, share: float) -> Window:
    """A share of a window's permits, in short parts."""
    per_second = share * window.permits / window.seconds
    permits = max(1, round(per_second * _PART_SECONDS))
    return Window(permits, permits / per_second)
