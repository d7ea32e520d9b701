"""Classifying: takes contacts and STATEs that were read through the input buffer to their next state."""

from __future__ import annotations

import typing as t

from target_activecampaign.batched import batched
from target_activecampaign.delivery.input_buffer import InputBuffer

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.delivery.bounds import Bounds
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.delivery.monitor import Monitor
    from target_activecampaign.delivery.outcomes import Outcomes
    from target_activecampaign.delivery.partial_batches import PartialBatches
    from target_activecampaign.delivery.pending_contact import PendingContact
    from target_activecampaign.delivery.state_passing import StatePassing


class Classifying:
    """The way of contacts and STATEs up to the send queue.

    The reader's thread puts them in. It classifies them when the buffer is full, and a worker that has
    nothing to submit does when they have waited long enough.
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
        self._input = InputBuffer(bounds.buffered_contacts, bounds.buffered_seconds)

    @property
    def is_full(self) -> bool:
        """Whether enough is buffered to be classified."""
        return self._input.is_full

    def add_contacts(self, some: Sequence[PendingContact]) -> None:
        """Buffer contacts."""
        with self._input.lock:
            self._input.add_contacts(some, self._monitor.clock.now())

    def add_state(self, state: t.Any) -> None:  # noqa: ANN401 - any JSON value that the tap chose
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
