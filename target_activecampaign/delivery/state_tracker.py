"""Which STATE may be passed on: the last one before which every record has its verdict.

The input is cut into segments by its STATE messages. A segment counts the contacts in it that have no
verdict yet; a STATE is settled when its segment and all before it count none (as a stream processor commits
the contiguous prefix of its offsets). Pure: no clock, no output, no lock.
"""

from __future__ import annotations

import typing as t


class Segment:
    """The stretch of input up to one STATE.

    Attributes:
        unsettled: Contacts in it that have no verdict yet.
        earlier: The segment before it that is not settled, if any.
        later: The segment after it; `None` while it has no STATE yet.
        state: Its STATE.
    """

    __slots__ = ("earlier", "later", "state", "unsettled")

    def __init__(self, earlier: Segment | None = None) -> None:
        """Start without contacts and without a STATE."""
        self.unsettled = 0
        self.earlier = earlier
        self.later: Segment | None = None
        self.state: t.Any = _NONE


_NONE: t.Any = object()


class StateTracker:
    """Keeps the STATEs of a run in order with the contacts before them.

    A segment that is settled hands its STATE to the one before it, so that there are never more segments
    than unsettled contacts, and the one that is being read.
    """

    def __init__(self) -> None:
        self._current = Segment()
        self._settled: t.Any = _NONE
        self._is_blocked = False

    def add_pending(self, contacts: int = 1) -> Segment:
        """Count more contacts without a verdict; hand the segment to `settle` when they have one."""
        self._current.unsettled += contacts
        return self._current

    def settle(self, segment: Segment, contacts: int = 1) -> None:
        """Count verdicts of contacts, and settle the STATEs that waited for them."""
        segment.unsettled -= contacts
        if segment.later is not None and not segment.unsettled:
            self._hand_down(segment.earlier, segment.state)
            segment.later.earlier = segment.earlier
            if segment.earlier is not None:
                segment.earlier.later = segment.later

    def block(self) -> None:
        """Never settle a STATE that comes from here on: a record was held back."""
        if not self._is_blocked:
            self._is_blocked = True
            self.add_pending()

    def add_state(self, value: t.Any) -> None:  # noqa: ANN401 - whatever the tap chose
        """Take a STATE that covers everything before it."""
        segment = self._current
        if segment.unsettled:
            segment.state = value
            segment.later = self._current = Segment(segment)
        else:
            self._hand_down(segment.earlier, value)

    def take_settled(self) -> tuple[t.Any] | None:
        """The newest settled STATE that was not taken yet, in a tuple of one, or `None`."""
        if self._settled is _NONE:
            return None
        value, self._settled = self._settled, _NONE
        return (value,)

    @property
    def has_settled(self) -> bool:
        """Whether `take_settled` would give a STATE."""
        return self._settled is not _NONE

    def _hand_down(self, earlier: Segment | None, state: t.Any) -> None:  # noqa: ANN401 - likewise
        """A STATE waits for nothing but an earlier segment any more, or for nothing at all."""
        if earlier is None:
            self._settled = state
        else:
            earlier.state = state
