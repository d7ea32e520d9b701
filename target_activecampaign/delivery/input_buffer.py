"""The input buffer: contacts and STATEs that were read, until they are classified, in order.

Asking the ledger about contacts one by one is slow: they are gathered by the thousand, or for a second.
"""

from __future__ import annotations

import threading
import typing as t

from target_activecampaign.batched import batched
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.state_tracker import State

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_activecampaign.delivery.bounds import Bounds
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.delivery.monitor import Monitor
    from target_activecampaign.delivery.outcomes import Outcomes
    from target_activecampaign.delivery.state_tracker import CoveredState, StatePassing
    from target_activecampaign.delivery.submitting import PartialBatches


class InputBuffer:
    """Takes contacts and STATEs, and hands them out in the same order.

    Attributes:
        lock: Held by the thread that puts something in or takes it out, also while it asks the ledger about
            it, so that contacts are classified in order.
    """

    def __init__(self, most_contacts: int, longest_seconds: float, most_state_bytes: int) -> None:
        """Start empty.

        Args:
            most_contacts: With so many, it is full.
            longest_seconds: A contact waits no longer.
            most_state_bytes: With STATEs of so many bytes, it is full, too.
        """
        self.lock = threading.Lock()
        self._items: list[PendingContact | State] = []
        self._since = 0.0
        self._most_contacts = most_contacts
        self._longest_seconds = longest_seconds
        self._most_state_bytes = most_state_bytes
        self._state_bytes = 0

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
        return len(self._items) >= self._most_contacts or self._state_bytes >= self._most_state_bytes

    def is_due(self, now: float) -> bool:
        """Return whether enough waits, or something has waited long enough."""
        return self.is_full or (bool(self._items) and now - self._since >= self._longest_seconds)

    def add_contacts(self, some: Sequence[PendingContact], now: float) -> None:
        """Put contacts last."""
        if not self._items:
            self._since = now
        self._items.extend(some)

    def add_state(self, state: CoveredState) -> None:
        """Put a STATE behind the contacts before it; there is at least one."""
        last = self._items[-1]
        if isinstance(last, State):  # nothing stands between the two
            self._items.pop()
            self._state_bytes -= last.value.size
        self._items.append(State(state))
        self._state_bytes += state.size

    def take_all(self) -> list[PendingContact | State]:
        """Take everything out."""
        items, self._items, self._state_bytes = self._items, [], 0
        return items


class Classifying:
    """The way of contacts and STATEs up to the send queue.

    The reader's thread puts them in, and classifies them when the buffer is full. The worker that submits
    next classifies them when they have waited long enough.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        monitor: Monitor,
        outcomes: Outcomes,
        states: StatePassing,
        changes: ChangeDetection,
        partial_batches: PartialBatches,
        bounds: Bounds,
    ) -> None:
        """Prepare.

        Args:
            monitor: The lock of outcomes, states and partial batches.
            outcomes: Decides what becomes of each contact.
            states: Passes on the STATEs that are done.
            changes: Is asked what is known of contacts.
            partial_batches: Learns which streams bring contacts.
            bounds: How much is buffered, and how much is classified at once.
        """
        self._monitor = monitor
        self._outcomes = outcomes
        self._states = states
        self._changes = changes
        self._partial_batches = partial_batches
        self._classified_at_once = bounds.classified_at_once
        self._input = InputBuffer(
            bounds.buffered_contacts, bounds.buffered_seconds, bounds.buffered_state_bytes
        )

    @property
    def is_full(self) -> bool:
        """Whether enough is buffered to be classified."""
        return self._input.is_full

    def add_contacts(self, some: Sequence[PendingContact]) -> None:
        """Buffer contacts."""
        with self._input.lock:
            self._input.add_contacts(some, self._monitor.clock.now())

    def add_state(self, state: CoveredState) -> None:
        """Buffer a STATE behind contacts, or take it at once where there are none.

        Raises:
            TargetError: What stopped the delivery.
        """
        with self._input.lock:
            if self._input.is_empty:
                with self._monitor:
                    self._monitor.raise_failure()
                    self._states.add(state)
                    self._states.pass_on()
            else:
                self._input.add_state(state)

    def classify_if_due(self) -> None:
        """Classify the buffered contacts where some have waited long enough.

        Raises:
            TargetError: As `classify`.
        """
        if self._input.is_due(self._monitor.clock.now()):
            self.classify()

    def classify(self) -> None:
        """Compare the buffered contacts with the ledger, and decide in order what becomes of each.

        Raises:
            TargetError: What stopped the delivery, or if the ledger can't be read.
        """
        with self._input.lock:
            contacts = list(self._input)
            known = self._changes.compare(contacts)
            with self._monitor:
                self._monitor.raise_failure()
                streams = {pending.origin.stream for pending in contacts}
                self._partial_batches.note_contacts(streams, self._monitor.clock.now())
            items = self._input.take_all()
            try:
                for some in batched(items, self._classified_at_once):
                    with self._monitor:
                        self._monitor.raise_failure()
                        self._outcomes.classify_all(some, known)
                        self._states.pass_on()
                        if self._outcomes.has_to_send:
                            # Else workers would be woken for nothing throughout a run without changes.
                            self._monitor.notify()
            except BaseException as error:
                # No segment counts contacts that were not classified: no STATE may follow them.
                with self._monitor:
                    self._monitor.fail(error)
                raise
