"""Others' use: how a run makes room for programs that use the account's limits without sharing them. Pure.

A refusal for a rate while this run was well below the limit is not of its making. From the second one on the
run sends more evenly and less, and comes back to its pace while none follows.
"""

from __future__ import annotations

import math
import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.shared_limits.timetable import Window

What = t.Literal["requests", "imports"]

_OWN_SHARE = 0.9  # of the limit; with more of its own a run may have caused the refusal itself
_FIRST_THAT_COUNTS = 2
_SLOWER = 0.7
_LEAST_SHARE = 0.1
_SECONDS_TO_RECOVER = 60.0
_RECOVERED = 0.1


class OthersUse:
    """What others seem to leave of the limits.

    Attributes:
        is_noticed: Whether others were seen to use the account.
    """

    def __init__(self) -> None:
        """Start as the only one."""
        self.is_noticed = False
        self._share = {"requests": 1.0, "imports": 1.0}
        self._refusals = {"requests": 0, "imports": 0}
        self._changed_at = -math.inf

    def note_refusal(self, what: What, own: int, limit: int, now: float) -> bool:
        """Take that the service refused a request for its rate; returns whether others are noticed by it.

        Args:
            what: The limit that was reached.
            own: Requests of this run in the limit's window, the refused one included.
            limit: Requests that it allows.
            now: The present moment.
        """
        if own > max(1, math.floor(_OWN_SHARE * limit)):
            return False
        self._refusals[what] += 1
        if self._refusals[what] < _FIRST_THAT_COUNTS:
            return False
        self._share[what] = max(_LEAST_SHARE, self._share[what] * _SLOWER)
        self._changed_at = now
        was_noticed, self.is_noticed = self.is_noticed, True
        return not was_noticed

    def pace(self, what: What, window: Window, now: float) -> float:
        """Return how many seconds to leave between two requests; 0 where others leave all.

        Args:
            what: The limit.
            window: As the settings have it.
            now: The present moment.
        """
        if now - self._changed_at >= _SECONDS_TO_RECOVER and min(self._share.values()) < 1:
            self._changed_at = now
            self._share = {one: min(1.0, share + _RECOVERED) for one, share in self._share.items()}
        share = self._share[what]
        return 0.0 if share >= 1 else window.seconds / (window.permits * share)
