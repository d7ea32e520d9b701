"""The state tracker: which STATE may be passed on, and the passing on.

STATE messages cut the input into segments. A segment counts its contacts without an outcome; a STATE is done
when its segment and all before it count none (as a stream processor commits the contiguous prefix of its
offsets). `StateTracker` is pure: no clock, no output, no lock.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.delivery.monitor import Monitor
    from target_activecampaign.reporting.report import Report
    from target_activecampaign.singer.state_output import StateOutput


class State(t.NamedTuple):
    """A STATE of the input."""

    value: t.Any


class Segment:
    """The stretch of input up to one STATE.

    Attributes:
        pending: Contacts in it without an outcome, and one for each `Hold` that begins in it.
        number: Ascending in the order of the input.
        earlier: The segment before it that is not done, if any.
        later: The segment after it; `None` while it has no STATE yet.
        state: Its STATE.
        joined: The segment that took in what was pending here; `None` where it stands by itself.
    """

    __slots__ = ("earlier", "joined", "later", "number", "pending", "state")

    def __init__(self, number: int = 0, earlier: Segment | None = None) -> None:
        """Start without contacts and without a STATE."""
        self.pending = 0
        self.number = number
        self.earlier = earlier
        self.later: Segment | None = None
        self.state: t.Any = _NONE
        self.joined: Segment | None = None

    def current(self) -> Segment:
        """Return the segment that counts what was pending here."""
        found = self
        while found.joined is not None:
            found = found.joined
        # The next one who asks goes a shorter way.
        step = self
        while step.joined is not None:
            step.joined, step = found, step.joined
        return found


_NONE: t.Any = object()
MOST_BYTES = 16 * 1024**2
"""Of STATEs that wait. A tap may write one of 10 kB after every record."""


class StateTracker:
    """Keeps the STATEs of a run in order with the contacts before them.

    A segment that is done hands its STATE to the one before it, so there are never more segments than pending
    contacts, and the one that is being read. Where the STATEs that wait take too many bytes, every second one
    goes: its segment joins the one behind it, whose STATE covers both.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, size_of: Callable[[t.Any], int] = lambda _: 0) -> None:
        """Start without contacts and without a STATE.

        Args:
            most_bytes: That STATEs may take which wait.
            size_of: Returns the bytes of a STATE.
        """
        self._current = Segment()
        self._done: t.Any = _NONE
        self._is_blocked = False
        self._most_bytes = most_bytes
        self._bytes = 0
        self._size_of = size_of

    def add_pending(self, contacts: int = 1) -> Segment:
        """Count contacts without an outcome; `mark_done` their segment when they have one."""
        self._current.pending += contacts
        return self._current

    def mark_done(self, segment: Segment, contacts: int = 1) -> None:
        """Count outcomes of contacts, and finish the STATEs that waited for them."""
        segment = segment.current()
        segment.pending -= contacts
        if segment.later is not None and not segment.pending:
            self._bytes -= self._size_of(segment.state)
            self._pass_to(segment.earlier, segment.state)
            segment.later.earlier = segment.earlier
            if segment.earlier is not None:
                segment.earlier.later = segment.later

    def block(self) -> None:
        """Finish no STATE that comes from here on: a record was held back."""
        if not self._is_blocked:
            self._is_blocked = True
            self.add_pending()

    def add_state(self, value: t.Any) -> None:  # noqa: ANN401 - any JSON value that the tap chose
        """Take a STATE that covers everything before it."""
        segment = self._current
        if segment.pending:
            segment.state = value
            segment.later = self._current = Segment(segment.number + 1, segment)
            self._bytes += self._size_of(value)
            if self._bytes > self._most_bytes:
                self._join_neighbours()
        else:
            self._pass_to(segment.earlier, value)

    def take_done(self) -> tuple[t.Any] | None:
        """Take the newest STATE that is done and was not taken, in a tuple of one, or `None`."""
        if self._done is _NONE:
            return None
        value, self._done = self._done, _NONE
        return (value,)

    @property
    def has_done(self) -> bool:
        """Whether `take_done` would give a STATE."""
        return self._done is not _NONE

    def _pass_to(self, earlier: Segment | None, state: t.Any) -> None:  # noqa: ANN401 - likewise
        """Let a STATE wait for an earlier segment alone, or for nothing."""
        if earlier is None:
            self._done = state
        else:
            self._bytes += self._size_of(state) - self._size_of(earlier.state)
            earlier.state = state

    def _join_neighbours(self) -> None:
        """Let every second segment that has a STATE join the one behind it, the newest one none."""
        later = self._current.earlier
        while later is not None and later.earlier is not None:
            self._join(later.earlier, later)
            later = later.earlier

    def _join(self, segment: Segment, later: Segment) -> None:
        """Let a segment join the one behind it; its STATE goes."""
        self._bytes -= self._size_of(segment.state)
        later.pending += segment.pending
        later.earlier = segment.earlier
        if segment.earlier is not None:
            segment.earlier.later = later
        segment.joined, segment.pending, segment.state = later, 0, _NONE
        segment.earlier = segment.later = None


class Hold:
    """Keeps every STATE waiting that comes after some point of the input, until it is released.

    It keeps one segment pending, the earliest that it was asked for: the STATEs behind it wait for that
    alone, however many reasons follow.
    """

    def __init__(self, tracker: StateTracker) -> None:
        """Start without any point."""
        self._tracker = tracker
        self._segment: Segment | None = None

    @property
    def is_held(self) -> bool:
        """Whether STATEs are kept waiting."""
        return self._segment is not None

    def hold(self, segment: Segment | None = None) -> None:
        """Keep STATEs waiting from a segment on that is not done, or from what was read last."""
        segment = None if segment is None else segment.current()
        if self._segment is not None and (
            segment is None or self._segment.current().number <= segment.number
        ):
            return
        later, self._segment = self._segment, segment or self._tracker.add_pending(0)
        self._segment.pending += 1
        if later is not None:
            self._tracker.mark_done(later)

    def release(self) -> None:
        """Let the STATEs go that wait for nothing else."""
        if self._segment is not None:
            self._tracker.mark_done(self._segment)
            self._segment = None


class CoveredState(t.NamedTuple):
    """A STATE of the tap, with the number of records that were read before it.

    Attributes:
        text: The JSON that is passed on: as objects it would take many times as much memory.
        records: That were read before it.
    """

    text: str
    records: int

    @property
    def size(self) -> int:
        """Characters of the text, which are bytes: JSON is written in ASCII."""
        return len(self.text)


class StatePassing:
    """Passes STATEs on. Called under the monitor.

    Attributes:
        tracker: Knows which STATE is done.
    """

    def __init__(self, output: StateOutput, monitor: Monitor, report: Report) -> None:
        """Start without a STATE.

        Args:
            output: Takes a STATE that is done.
            monitor: Takes a failure of the output.
            report: Learns how far STATE went.
        """
        self.tracker = StateTracker(size_of=lambda state: state.size)
        self._output = output
        self._monitor = monitor
        self._report = report

    def add(self, state: CoveredState) -> None:
        """Take a STATE that covers every contact before it."""
        self.tracker.add_state(state)

    def pass_on(self, *, at_once: bool = False) -> None:
        """Pass on the newest STATE that is done, unless one was passed on a moment ago.

        Args:
            at_once: Whether a moment ago does not count.

        Raises:
            OutputError: If it can't be written.
        """
        now = self._monitor.clock.now()
        if not self.tracker.has_done or not (at_once or self._output.is_due(now)):
            return
        done = self.tracker.take_done()
        if done is None:
            return
        (state,) = done
        try:
            self._output.write(state.text, now)
        except BaseException as error:
            # Under the lock, before a thread finds that everything is settled and ends the run as done.
            self._monitor.fail(error)
            raise
        self._report.state_record = state.records
