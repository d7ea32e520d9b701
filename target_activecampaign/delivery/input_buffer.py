"""Contacts and STATEs that were read and not compared yet, in order.

Asking what is known of contacts one by one is slow: they are gathered by the thousand, or for a second.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.delivery.batch import PendingContact

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.clock import Clock

MOST_CONTACTS = 2_500
MOST_KEPT_BYTES = 8 * 1024**2
LONGEST_SECONDS = 1.0


class State(t.NamedTuple):
    """A STATE of the input."""

    value: t.Any


class InputBuffer:
    """Takes contacts and STATEs in, and hands them out in the same order. Not locked: its owner is."""

    def __init__(self) -> None:
        self._items: list[PendingContact | State] = []
        self._since = 0.0
        self.is_full = False
        """Whether enough is there to compare."""
        self.kept_bytes = 0
        """Bytes of input that are kept of the records that wait."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._items

    @property
    def contacts(self) -> list[PendingContact]:
        """The contacts that wait."""
        return [item for item in self._items if isinstance(item, PendingContact)]

    def is_due(self, now: float) -> bool:
        """Whether enough is there, or something has waited long enough."""
        return self.is_full or (bool(self._items) and now - self._since >= LONGEST_SECONDS)

    def add_contacts(self, some: Sequence[PendingContact], clock: Clock) -> None:
        """Take contacts in."""
        items = self._items
        if not items:
            self._since = clock.now()
        items.extend(some)
        self.kept_bytes += sum([p.origin.kept_bytes for p in some if p.origin.source is not None])
        self.is_full = len(items) >= MOST_CONTACTS or self.kept_bytes >= MOST_KEPT_BYTES

    def add_state(self, value: t.Any) -> None:  # noqa: ANN401 - whatever the tap chose
        """Take a STATE in, behind the contacts before it."""
        if isinstance(self._items[-1], State):
            self._items.pop()  # nothing stands between the two
        self._items.append(State(value))

    def empty(self) -> list[PendingContact | State]:
        """Hand everything out."""
        items = self._items
        self._items, self.kept_bytes, self.is_full = [], 0, False
        return items
