"""Near the contract's limit: whether contacts that may be new are sent, wait, are looked up or held back.

Pure. A contact that may be new is sent only into headroom that is there. With less headroom than a batch
wants, the batches in flight are awaited first, since they may leave some. After that contacts are looked up,
where that takes fewer requests than to send them by small batches, and always where no headroom is left.
"""

from __future__ import annotations

import math
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.delivery.batch import PendingContact

_REQUESTS_PER_ROUND = 25
"""Requests in the time that one small batch takes, until the contract was read again after it."""


class NearLimit:
    """The contacts that may leave now, sorted by their claims on the headroom.

    Attributes:
        unchecked: Those that may be new and were not looked up.
        missing: Those that the account has not.
        others: How many need no headroom.
    """

    def __init__(self, takeable: Sequence[PendingContact]) -> None:
        """Sort contacts.

        Args:
            takeable: All that may leave, as far as the queue is concerned.
        """
        needing = [pending for pending in takeable if pending.needs_headroom()]
        self.missing = [pending for pending in needing if pending.is_missing]
        self.unchecked = [pending for pending in needing if not pending.is_missing]
        self.others = len(takeable) - len(needing)

    @property
    def needing(self) -> int:
        """How many need headroom."""
        return len(self.missing) + len(self.unchecked)

    def is_worth_looking_up(self, left: float, requests: int) -> bool:
        """Return whether contacts are looked up before they are sent.

        Args:
            left: The headroom, less than they need.
            requests: How many requests that takes.
        """
        if not self.unchecked:
            return False
        return not left or requests <= _REQUESTS_PER_ROUND * math.ceil(self.needing / left)
