"""The input buffer: contacts and STATEs that were read and not classified yet, in order.

Asking the ledger about contacts one by one is slow: they are gathered by the thousand, or for a second.
"""

from __future__ import annotations

import threading
import typing as t

from target_activecampaign.delivery.pending_contact import PendingContact

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class State(t.NamedTuple):
    """A STATE of the input."""

    value: t.Any


class InputBuffer:
    """Takes contacts and STATEs, and hands them out in the same order.

    Attributes:
        lock: Held by the thread that puts something in or takes it out, also while it asks the ledger about
            it, so that contacts are classified in order.
    """

    def __init__(self, most_contacts: int, longest_seconds: float) -> None:
        """Start empty.

        Args:
            most_contacts: With so many, it is full.
            longest_seconds: A contact waits no longer.
        """
        self.lock = threading.Lock()
        self._items: list[PendingContact | State] = []
        self._since = 0.0
        self._most_contacts = most_contacts
        self._longest_seconds = longest_seconds

    def __iter__(self) -> Iterator[PendingContact]:
        """Return the contacts."""
        return (item for item in self._items if isinstance(item, PendingContact))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._items

    @property
    def is_full(self) -> bool:
        """Whether enough waits to be classified."""
        return len(self._items) >= self._most_contacts

    def is_due(self, now: float) -> bool:
        """Return whether enough waits, or something has waited long enough."""
        return self.is_full or (bool(self._items) and now - self._since >= self._longest_seconds)

    def add_contacts(self, some: Sequence[PendingContact], now: float) -> None:
        """Put contacts last."""
        if not self._items:
            self._since = now
        self._items.extend(some)

    def add_state(self, value: t.Any) -> None:  # noqa: ANN401 - any JSON value that the tap chose
        """Put a STATE behind the contacts before it; there is at least one."""
        if isinstance(self._items[-1], State):
            self._items.pop()  # nothing stands between the two
        self._items.append(State(value))

    def take_all(self) -> list[PendingContact | State]:
        """Take everything out."""
        items, self._items = self._items, []
        return items
